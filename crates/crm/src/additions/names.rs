//! What a label is called in SQL, JSON and addresses.

use records::ADDED;

/// Characters of a name, with what added names begin with.
const LONGEST: usize = 40;

/// `Floor area (m²)` becomes `custom_floor_area_m`; `None` for a label without a letter or digit.
pub(super) fn name_of(label: &str) -> Option<String> {
    let mut name = ADDED.to_owned();
    for part in records::fold(label)
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|p| !p.is_empty())
    {
        if name.len() > ADDED.len() {
            name.push('_');
        }
        name.push_str(part);
    }
    name.truncate(LONGEST);
    let name = name.trim_end_matches('_').to_owned();
    (name.len() >= ADDED.len())
        .then_some(name)
        .filter(|n| *n != ADDED.trim_end_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn a_name_is_made_of_the_letters_of_the_label() {
        assert_eq!(
            name_of("Floor area (m²)").as_deref(),
            Some("custom_floor_area_m2")
        );
        assert_eq!(name_of("  Größe  ").as_deref(), Some("custom_grosse"));
        assert_eq!(name_of("💥 !"), None);
        assert_eq!(
            name_of(&"ab ".repeat(40)).map(|n| n.len() <= 40 && !n.ends_with('_')),
            Some(true)
        );
    }
}
