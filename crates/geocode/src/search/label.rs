//! An address in one line, in the order its country writes it.

/// Countries that write the number before the street.
const NUMBER_FIRST: [&str; 17] = [
    "US", "GB", "CA", "AU", "NZ", "IE", "FR", "LU", "MC", "ZA", "IN", "SG", "MY", "HK", "PH", "TH", "EG",
];
/// Countries that write the postcode behind the town.
const CODE_LAST: [&str; 14] = [
    "US", "GB", "CA", "AU", "NZ", "IE", "ZA", "IN", "SG", "HK", "PH", "TH", "TW", "EG",
];

/// The parts of an address; each may be empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts<'a> {
    pub name: &'a str,
    pub street: &'a str,
    pub house_number: &'a str,
    pub postcode: &'a str,
    pub city: &'a str,
}

/// Joins the parts.
pub(crate) fn label(parts: Parts<'_>, country: &str) -> String {
    let pair = |a: &str, b: &str| {
        [a, b]
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let street = if NUMBER_FIRST.contains(&country) && !parts.street.is_empty() {
        pair(parts.house_number, parts.street)
    } else {
        pair(parts.street, parts.house_number)
    };
    let town = if CODE_LAST.contains(&country) {
        pair(parts.city, parts.postcode)
    } else {
        pair(parts.postcode, parts.city)
    };
    let mut out: Vec<&str> = Vec::new();
    for part in [parts.name, &street, &town] {
        if !part.is_empty() && out.last() != Some(&part) {
            out.push(part);
        }
    }
    out.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_country_in_its_order() {
        let parts = Parts {
            street: "Oak",
            house_number: "7",
            postcode: "12345",
            city: "Town",
            name: "",
        };
        assert_eq!(label(parts, "DE"), "Oak 7, 12345 Town");
        assert_eq!(label(parts, "US"), "7 Oak, Town 12345");
        assert_eq!(
            label(
                Parts {
                    city: "Town",
                    ..Parts::default()
                },
                "DE"
            ),
            "Town"
        );
        assert_eq!(
            label(
                Parts {
                    name: "Town",
                    city: "Town",
                    ..Parts::default()
                },
                ""
            ),
            "Town"
        );
    }
}
