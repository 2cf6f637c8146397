//! One telephone number in its many spellings.

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

/// Country calling codes of two digits (ITU-T E.164, list of assigned country codes); 1 and 7 have one, all others three.
const TWO_DIGITS: [&str; 47] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
    "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81",
    "82", "84", "86", "90", "91", "92", "93", "94", "95", "98", "28", "83", "89",
];

/// A field that the program keeps for itself, to find people by; nobody reads it.
pub(crate) fn is_internal(field: &str) -> bool {
    field == "phone_key"
}

/// The digits by which two spellings of a number are the same: without country, trunk noughts and punctuation; `None`
/// for fewer than five.
pub(crate) fn phone_key(phone: &str) -> Option<String> {
    // The nought that is only dialled inside the country: +49 (0)30.
    let phone = phone.replace("(0)", "");
    let trimmed = phone.trim();
    // An extension is not part of the number.
    let lower = trimmed.to_lowercase();
    let end = ["ext", "x", "app", "durchwahl"]
        .iter()
        .filter_map(|w| lower.find(w))
        .min()
        .unwrap_or(lower.len());
    let digits: String = lower[..end].chars().filter(char::is_ascii_digit).collect();
    let international = trimmed.starts_with('+');
    let abroad = if international {
        Some(digits.as_str())
    } else {
        digits.strip_prefix("00")
    };
    let national = match abroad {
        None => &digits,
        Some(whole) => {
            let code = match whole.as_bytes() {
                [b'1' | b'7', ..] => 1,
                _ if whole.len() >= 2 && TWO_DIGITS.contains(&&whole[..2]) => 2,
                _ => 3,
            };
            whole.get(code..).unwrap_or_default()
        }
    };
    let key = national.trim_start_matches('0');
    (key.len() >= 5).then(|| key.to_owned())
}

pub(super) fn rules(rules: Rules) -> Rules {
    ["account", "contact", "lead"]
        .into_iter()
        .fold(rules, |rules, type_name| rules.on(type_name, has_a_key))
}

fn has_a_key(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    let key = after.get("phone").and_then(Value::as_str).and_then(phone_key);
    after.insert("phone_key".into(), key.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::phone_key;

    #[test]
    fn every_spelling_of_a_number_is_the_same_number() {
        for (spellings, key) in [
            (
                &[
                    "+49 30 12345",
                    "0049 30 12345",
                    "030/12345",
                    "+49 (0)30 12345",
                    "(030) 123-45",
                    "+493012345",
                ][..],
                "3012345",
            ),
            (
                &[
                    "+1 212 555 1234",
                    "(212) 555-1234",
                    "212.555.1234",
                    "+1-212-555-1234 ext. 7",
                ][..],
                "2125551234",
            ),
            (&["+423 232 12 34", "00423 2321234", "232 12 34"][..], "2321234"),
            (&["+44 20 7946 0018", "020 7946 0018"][..], "2079460018"),
        ] {
            for spelling in spellings {
                assert_eq!(phone_key(spelling).as_deref(), Some(key), "{spelling}");
            }
        }
        for none in ["", "110", "call me", "+49", "00", "ext 12345"] {
            assert_eq!(phone_key(none), None, "{none}");
        }
    }
}
