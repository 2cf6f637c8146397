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
    assert_eq!(first("große müh", None), ["Große Mühlengasse, 12345 Altdorf"]);
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
