//! vCards 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350) as a table: a card is a row, its properties are columns.

use std::collections::BTreeMap;

use super::properties::{Property, logical_lines, parts};
use super::sniff::{decode, refuse};
use super::table::{Keeper, Table};
use crate::problem::Problem;

/// Columns in the order in which they stand; others come behind them.
const ORDER: [&str; 24] = [
    "UID",
    "Full Name",
    "First Name",
    "Last Name",
    "Job Title",
    "Organization",
    "Department",
    "Email",
    "Phone",
    "Mobile",
    "Fax",
    "Street",
    "Address line 2",
    "City",
    "State",
    "Postal Code",
    "Country",
    "Latitude",
    "Longitude",
    "Website",
    "Birthday",
    "Categories",
    "Note",
    "Nickname",
];
/// Values of one property that get columns of their own.
const MOST_ALIKE: usize = 5;

/// Begins like a card.
pub(super) fn is_vcard(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = bytes
        .iter()
        .position(|b| !b.is_ascii_whitespace())
        .unwrap_or(bytes.len());
    bytes[start..]
        .get(..11)
        .is_some_and(|head| head.eq_ignore_ascii_case(b"BEGIN:VCARD"))
}

/// The cards of a file.
pub(super) fn table(bytes: &[u8]) -> Result<Table, Problem> {
    let (text, _) = decode(bytes)?;
    let cards = cards(&text);
    let mut headers: Vec<String> = Vec::new();
    for wanted in ORDER {
        for header in alike(wanted) {
            if cards.iter().any(|card| card.values.contains_key(&header)) {
                headers.push(header);
            }
        }
    }
    let mut others: Vec<&String> = cards
        .iter()
        .flat_map(|c| c.values.keys())
        .filter(|k| !headers.contains(k))
        .collect();
    others.sort_unstable();
    others.dedup();
    let others: Vec<String> = others.into_iter().cloned().collect();
    headers.extend(others);
    let mut keeper = Keeper::new(headers.clone())?;
    for card in cards {
        let cell = |header: &String| card.values.get(header).cloned().unwrap_or_default();
        keeper.row(card.line, headers.iter().map(cell).collect())?;
    }
    let table = keeper.table("vcard", None)?;
    table.ok_or_else(|| {
        refuse(
            "no-rows",
            "The file holds no whole card. There is nothing to import.",
        )
    })
}

/// `Email`, `Email 2`, …
fn alike(header: &str) -> impl Iterator<Item = String> {
    let header = header.to_owned();
    (1..=MOST_ALIKE).map(move |n| {
        if n == 1 {
            header.clone()
        } else {
            format!("{header} {n}")
        }
    })
}

struct Card {
    /// Where it begins.
    line: u64,
    values: BTreeMap<String, String>,
}

impl Card {
    /// Keeps a value in the first column of that name that is free.
    fn put(&mut self, header: &str, value: String) {
        let value = value.trim();
        if value.is_empty()
            || self
                .values
                .iter()
                .any(|(k, v)| k.starts_with(header) && v == value)
        {
            return;
        }
        let free = alike(header).find(|h| !self.values.contains_key(h));
        match free {
            Some(free) => drop(self.values.insert(free, value.to_owned())),
            None => {
                let last = self.values.entry(format!("{header} {MOST_ALIKE}")).or_default();
                last.push_str(", ");
                last.push_str(value);
            }
        }
    }
}

/// The cards of a text. Lines that make no sense are passed over; a card without an end ends where the next begins.
fn cards(text: &str) -> Vec<Card> {
    let mut cards: Vec<Card> = Vec::new();
    let mut open: Option<Card> = None;
    for (line, logical) in logical_lines(text) {
        let Some(property) = Property::of(&logical) else {
            continue;
        };
        match (property.name.as_str(), &mut open) {
            ("BEGIN", _) if property.value.trim().eq_ignore_ascii_case("VCARD") => {
                cards.extend(open.take().filter(|card| !card.values.is_empty()));
                open = Some(Card {
                    line,
                    values: BTreeMap::new(),
                });
            }
            ("END", _) => cards.extend(open.take().filter(|card| !card.values.is_empty())),
            (_, Some(card)) => take(card, &property),
            (_, None) => {}
        }
    }
    cards.extend(open.filter(|card| !card.values.is_empty()));
    cards
}

fn take(card: &mut Card, property: &Property) {
    let value = property.decoded();
    // No sign divides a simple text.
    let whole = || parts(&value, '\0').concat();
    let list = || parts(&value, ';');
    match property.name.as_str() {
        "VERSION" | "PRODID" | "REV" | "PHOTO" | "LOGO" | "SOUND" | "KEY" | "MAILER" | "CLASS"
        | "SORT-STRING" | "LABEL" | "KIND" | "X-ABLABEL" | "PROFILE" | "SOURCE" | "NAME" | "CLIENTPIDMAP" => {
        }
        "FN" => card.put("Full Name", whole()),
        "N" => {
            let names = list();
            let part = |i: usize| names.get(i).cloned().unwrap_or_default();
            card.put("Last Name", part(0));
            card.put("First Name", format!("{} {}", part(1), part(2)));
        }
        "ORG" => {
            let units = list();
            card.put("Organization", units.first().cloned().unwrap_or_default());
            card.put("Department", units.get(1..).unwrap_or_default().join(", "));
        }
        "TITLE" => card.put("Job Title", whole()),
        "EMAIL" => card.put("Email", whole()),
        "TEL" => {
            let number = whole();
            let number = number.strip_prefix("tel:").unwrap_or(&number).to_owned();
            let header = if property.says("FAX") {
                "Fax"
            } else if property.says("CELL") {
                "Mobile"
            } else {
                "Phone"
            };
            card.put(header, number);
        }
        // A card's first address is its place; others would be mixed with it part by part.
        "ADR" if !card.values.contains_key("Street") && !card.values.contains_key("City") => {
            let address = list();
            let names = [
                (2, "Street"),
                (1, "Address line 2"),
                (3, "City"),
                (4, "State"),
                (5, "Postal Code"),
                (6, "Country"),
            ];
            for (at, header) in names {
                card.put(
                    header,
                    address.get(at).cloned().unwrap_or_default().replace('\n', ", "),
                );
            }
        }
        "ADR" => card.put(
            "Other address",
            list()
                .into_iter()
                .filter(|p| !p.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
        ),
        "GEO" => {
            let place = whole();
            let place = place.strip_prefix("geo:").unwrap_or(&place);
            if let Some((lat, lng)) = place.split_once([',', ';']) {
                card.put("Latitude", lat.to_owned());
                card.put(
                    "Longitude",
                    lng.split([';', ',']).next().unwrap_or_default().to_owned(),
                );
            }
        }
        "URL" => card.put("Website", whole()),
        "BDAY" => card.put("Birthday", whole()),
        "CATEGORIES" => card.put("Categories", parts(&value, ',').join(", ")),
        "NOTE" => card.put("Note", whole()),
        "NICKNAME" => card.put("Nickname", whole()),
        "UID" => card.put("UID", whole()),
        other => card.put(other, whole()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::quoted_printable;
    use super::*;

    fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
        let table = table(text.as_bytes()).unwrap();
        (table.headers, table.first_rows)
    }

    #[test]
    fn cards_of_every_version_are_rows() {
        let text = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Bj=C3=\r\n=B6rn\r\n\
                    TEL;CELL;WORK:0171 123456\r\nNOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo =3D 2\r\nEND:VCARD\r\n\
                    BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nORG:Engines\\, Ltd;Sums\r\nitem1.EMAIL;TYPE=\"INTERNET,WORK\":ada@exam\r\n ple.org\r\n\
                    EMAIL:second@example.org\r\nADR;TYPE=WORK:;;Ring 1;Neubrandenburg;;17033;Germany\r\nNOTE:a\\nb\\;c\r\nEND:VCARD\r\n\
                    begin:vcard\nVERSION:4.0\nFN:No End\nTEL;VALUE=uri;TYPE=\"voice,home\":tel:+49-395-1\nGEO:geo:53.55,13.26\nX-SKYPE:noend\n";
        let (headers, rows) = rows(text);
        let cell = |row: usize, header: &str| {
            let at = headers
                .iter()
                .position(|h| h == header)
                .unwrap_or_else(|| panic!("{header} in {headers:?}"));
            rows[row][at].clone()
        };
        assert_eq!(rows.len(), 3);
        assert_eq!(
            (cell(0, "First Name"), cell(0, "Last Name")),
            ("Björn".into(), "Müller".into())
        );
        assert_eq!(cell(0, "Mobile"), "0171 123456");
        assert_eq!(cell(0, "Note"), "one\r\ntwo = 2");
        assert_eq!(cell(1, "Organization"), "Engines, Ltd");
        assert_eq!(cell(1, "Department"), "Sums");
        assert_eq!(cell(1, "Email"), "ada@example.org");
        assert_eq!(cell(1, "Email 2"), "second@example.org");
        assert_eq!(
            (cell(1, "Street"), cell(1, "Postal Code")),
            ("Ring 1".into(), "17033".into())
        );
        assert_eq!(cell(1, "Note"), "a\nb;c");
        assert_eq!(cell(2, "Phone"), "+49-395-1");
        assert_eq!(
            (cell(2, "Latitude"), cell(2, "Longitude")),
            ("53.55".into(), "13.26".into())
        );
        assert_eq!(cell(2, "X-SKYPE"), "noend");
    }

    #[test]
    fn what_is_no_card_harms_nothing() {
        for text in [
            "BEGIN:VCARD",
            "BEGIN:VCARD\nEND:VCARD\n",
            "BEGIN:VCARD\nVERSION:3.0\nnonsense\n:\n;;;\nEND:VCARD",
        ] {
            assert!(is_vcard(text.as_bytes()));
            assert!(table(text.as_bytes()).is_err(), "{text}");
        }
        assert!(!is_vcard(b"Name,City\n"));
        assert_eq!(quoted_printable("a=4"), b"a4");
        assert_eq!(quoted_printable("=C3=BC="), "ü".as_bytes());
    }
}
