//! `@Anna Keller` in a text: who is meant?

use records::Record;

/// Somebody who can be mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub id: String,
    pub name: String,
}

/// Everybody who signs in.
pub(super) fn people(users: &[Record]) -> Vec<Person> {
    let active = users.iter().filter(|u| u.boolean("active") != Some(false));
    active
        .filter_map(|u| {
            let name = u.text("name")?.trim();
            (!name.is_empty()).then(|| Person {
                id: u.id.clone(),
                name: name.to_owned(),
            })
        })
        .collect()
}

/// Whom a text mentions, in the order of the mentions. The longest name that fits is meant; of two people of one name both
/// are.
pub(super) fn mentioned<'a>(text: &str, people: &'a [Person]) -> Vec<&'a Person> {
    let mut found: Vec<&Person> = Vec::new();
    for (at, _) in text.match_indices('@') {
        // An address is no mention.
        if text[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
            continue;
        }
        let rest = &text[at + 1..];
        let fits = |person: &&Person| begins_with(rest, &person.name);
        let longest = people.iter().filter(fits).map(|p| p.name.chars().count()).max();
        for person in people.iter().filter(fits) {
            if Some(person.name.chars().count()) == longest && !found.iter().any(|f| f.id == person.id) {
                found.push(person);
            }
        }
    }
    found
}

/// Without case and accents, and not in the middle of a longer word.
fn begins_with(text: &str, name: &str) -> bool {
    let count = name.chars().count();
    let head: String = text.chars().take(count).collect();
    let goes_on = text.chars().nth(count).is_some_and(char::is_alphanumeric);
    !goes_on && records::fold(&head) == records::fold(name)
}

#[cfg(test)]
mod tests {
    use super::{Person, mentioned};

    #[test]
    fn the_longest_name_that_fits_is_meant() {
        let people = [
            ("1", "Anna"),
            ("2", "Anna Keller"),
            ("3", "Jörg Süß"),
            ("4", "Jörg Süß"),
        ]
        .map(|(id, name)| Person {
            id: id.into(),
            name: name.into(),
        });
        for (text, ids) in [
            ("@Anna, look", &["1"][..]),
            ("for @anna keller and @Anna", &["2", "1"]),
            ("(@JORG SUß)", &["3", "4"]),
            ("@Annabel", &[]),
            ("mail anna@Anna.example", &[]),
            ("Anna @ Anna @", &[]),
        ] {
            let found: Vec<&str> = mentioned(text, &people).iter().map(|p| p.id.as_str()).collect();
            assert_eq!(found, ids, "{text}");
        }
    }
}
