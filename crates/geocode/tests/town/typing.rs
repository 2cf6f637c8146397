//! What is offered while a name is typed.

use geom::LngLat;

use crate::common::open;
use crate::towns;

#[test]
fn typing_offers_streets_then_houses() {
    let map = open(&towns().finish());
    let first = |text: &str, bias: Option<LngLat>| {
        map.autocomplete(text, bias, 5)
            .into_iter()
            .map(|h| h.label)
            .collect::<Vec<_>>()
    };
    assert_eq!(first("gr", None)[..1], ["Große Mühlengasse, 12345 Altdorf"]);
    assert_eq!(
        first("große müh", None)[..1],
        ["Große Mühlengasse, 12345 Altdorf"]
    );
    let near_new_town = towns().at(12_000.0, 0.0);
    assert_eq!(
        first("lan", Some(near_new_town))[0],
        "Lange Straße, 12399 Neudorf"
    );
    assert_eq!(first("lange str 20", None)[0], "Lange Straße 20, 12399 Neudorf");
    assert_eq!(
        first("Lange Straße 2, Alt", None)[0],
        "Lange Straße 2, 12345 Altdorf"
    );
    assert_eq!(first("altd", None)[0], "Altdorf");
    assert!(first("zzz", None).is_empty());
    assert!(first("", None).is_empty());
    assert_eq!(map.autocomplete("l", None, 1).len(), 1);
}

#[test]
fn a_town_or_postcode_may_be_typed_first() {
    let map = open(&towns().finish());
    for (typed, city, number) in [
        ("Altdorf, Lange", "Altdorf", ""),
        ("Neudorf Lange Straße 20", "Neudorf", "20"),
        ("12399 Neudorf, lange str", "Neudorf", ""),
        ("12345, Lange Straße 8", "Altdorf", "8"),
    ] {
        let hits = map.autocomplete(typed, None, 5);
        let first = hits.first().unwrap_or_else(|| panic!("{typed}: nothing"));
        assert_eq!(
            (
                first.street.as_str(),
                first.city.as_str(),
                first.house_number.as_str()
            ),
            ("Lange Straße", city, number),
            "{typed}"
        );
    }
    assert!(
        map.autocomplete("Altdorf, Am Wehr", None, 5).is_empty(),
        "it is in Neudorf"
    );
}

#[test]
fn houses_are_offered_as_soon_as_few_streets_are_left() {
    let map = open(&towns().finish());
    let offered = |text: &str, bias: Option<LngLat>| {
        map.autocomplete(text, bias, 5)
            .into_iter()
            .map(|h| h.house_number)
            .collect::<Vec<_>>()
    };
    assert_eq!(offered("große müh", None), ["", "1", "2", "3", "4"]);
    // Two streets of this name; of the first ten houses three, from one end to the other.
    assert_eq!(offered("lange str", None), ["", "", "2", "8", "11"]);
    // Near the view those beside it: 11 stands 100 m to the east.
    let view = towns().at(100.0, 15.0);
    assert_eq!(offered("lange str", Some(view))[2..], ["11", "9", "10"]);
    // A digit may be the first of several.
    assert_eq!(offered("lange str 1, altd", None), ["1"]);
    assert_eq!(offered("Altdorf, lange str 1", None), ["1", "10", "11", "12"]);
    assert!(offered("gr", None).iter().filter(|n| n.is_empty()).count() >= 1);
}

#[test]
fn a_number_typed_first_may_have_a_letter_apart() {
    let mut town = towns();
    town.house(220.0, 315.0, "Große Mühlengasse", "23 B", "12345", "Altdorf");
    let map = open(&town.finish());
    for typed in ["23 B Große M", "23 b große mühleng", "23B Gr"] {
        let hits = map.autocomplete(typed, None, 5);
        let first = hits.first().unwrap_or_else(|| panic!("{typed}: nothing"));
        assert_eq!(first.house_number, "23 B", "{typed}");
    }
}
