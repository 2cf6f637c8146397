//! Requests and maps that nobody should send: each gets a status and a reason, none a panic or an invented place.

mod common;

use common::{Opened, Town, open};
use geocode::{Answer, Request, Status};
use proptest::prelude::*;

fn town() -> Town {
    let mut town = Town::new();
    town.place(200.0, 0.0, "town", "Altdorf");
    let numbers: Vec<u32> = (1..=20).collect();
    town.street([0.0, 0.0], "Lange Gasse", &numbers, "12345", "Altdorf");
    town.street([0.0, 300.0], "улица Мира", &numbers, "12345", "Altdorf");
    town
}

fn map() -> Opened {
    open(&town().finish())
}

/// Every answer has a reason, and whatever it points at lies on this map.
fn sound(answer: &Answer, asked: &str) {
    let told = || asked.chars().take(60).collect::<String>();
    assert!(answer.why.len() > 5, "{:?}: no reason", told());
    assert!(answer.hits.len() <= 5, "{:?}", told());
    let found = matches!(answer.status, Status::Auto | Status::Review);
    assert_eq!(
        found,
        !answer.hits.is_empty(),
        "{:?}: {:?}",
        told(),
        answer.status
    );
    for hit in &answer.hits {
        assert!((0.0..=1.0).contains(&hit.confidence), "{:?}", told());
        assert!((hit.point.lng() - 13.26).abs() < 0.1, "{:?}", told());
        assert!(!hit.label.is_empty() && !hit.why.is_empty(), "{:?}", told());
    }
}

#[test]
fn what_is_no_address_is_refused_with_a_reason() {
    let map = map();
    let long = "Gasse ".repeat(1_700);
    let digits = "7".repeat(10_000);
    for text in [
        "",
        " \t\n ",
        ",,,;;;",
        "\u{0}\u{1}\u{7}\u{1b}[31m",
        "🏠🏠 🚀",
        "👩‍👩‍👧‍👦",
        "'; drop table customers; --",
        "1 or 1=1",
        "<script>alert(1)</script>",
        "<b>bold</b>&nbsp;",
        "../../etc/passwd",
        "%00%ff",
        "\u{202e}\u{200b}\u{feff}",
        "0000000000000000000000",
        "-1",
        "12 34 56 78 90",
        &digits,
        &long,
    ] {
        let answer = map.search(&Request::text(text));
        sound(&answer, text);
        let pins = answer.hits.iter().filter(|h| h.level.is_fine()).count();
        assert_eq!(
            pins,
            0,
            "{:?}: {:?}",
            text.chars().take(60).collect::<String>(),
            answer.hits[0]
        );
        assert_ne!(answer.status, Status::Auto);
        assert!(map.autocomplete(text, None, 5).len() <= 5);
    }
}

#[test]
fn an_address_is_found_through_the_dirt_around_it() {
    let map = map();
    for text in [
        "\u{feff}Lange Gasse 5, 12345 Altdorf\u{0}",
        "🏠 Lange Gasse 5, 12345 Altdorf 🚀",
        "Lange\u{a0}Gasse\u{2003}5,\r\n12345\tAltdorf",
        "Ｌａｎｇｅ　Ｇａｓｓｅ　５, Altdorf",
        "Lange Gasse ٥, 12345 Altdorf",
        "ул. Мира 5, Altdorf",
        "ulitsa Mira 5, 12345 ALTDORF",
    ] {
        let answer = map.search(&Request::text(text));
        sound(&answer, text);
        assert_eq!(answer.hits[0].house_number, "5", "{text:?}: {}", answer.why);
    }
    // 10 kB behind it are not read, but do not hide it either.
    let long = format!("Lange Gasse 5, 12345 Altdorf{}", ", ".repeat(5_000));
    assert_eq!(map.search(&Request::text(&long)).hits[0].house_number, "5");
}

#[test]
fn fields_may_hold_anything() {
    let map = map();
    let bad = [
        "",
        "\u{0}",
        "🏠",
        "<td>",
        "'; --",
        "99999999999999999999",
        "Lange Gasse",
    ];
    for a in bad {
        for b in bad {
            for request in [
                Request {
                    street: a,
                    house_number: b,
                    city: "Altdorf",
                    ..Request::default()
                },
                Request {
                    street: "Lange Gasse",
                    house_number: a,
                    postcode: b,
                    ..Request::default()
                },
                Request {
                    street: "Lange Gasse 5",
                    city: a,
                    country: b,
                    ..Request::default()
                },
                Request {
                    text: a,
                    city: b,
                    limit: usize::MAX,
                    ..Request::default()
                },
            ] {
                sound(&map.search(&request), &format!("{request:?}"));
            }
        }
    }
}

#[test]
fn maps_with_little_in_them_answer_what_they_can() {
    // Streets, no address.
    let mut streets = Town::new();
    streets.place(0.0, 0.0, "town", "Altdorf");
    streets.way(
        &[[0.0, 0.0], [400.0, 0.0]],
        &[("highway", "residential"), ("name", "Lange Gasse")],
    );
    let map = open(&streets.finish());
    let answer = map.search(&Request::text("Lange Gasse 5, Altdorf"));
    sound(&answer, "streets only");
    assert_eq!(answer.hits[0].level, geocode::Level::Street);
    assert!(map.reverse(answer.hits[0].point).is_some());

    // Addresses, no street and no town.
    let mut houses = Town::new();
    houses.node(0.0, 0.0, &[("addr:housenumber", "5")]);
    houses.node(50.0, 0.0, &[("addr:housenumber", "7"), ("addr:city", "Altdorf")]);
    houses.node(100.0, 0.0, &[("addr:housenumber", ""), ("addr:street", " ")]);
    let map = open(&houses.finish());
    for text in ["5", "Altdorf 7", "Altdorf", "Lange Gasse 5, Altdorf"] {
        sound(&map.search(&Request::text(text)), text);
    }

    // Tags of nonsense.
    let mut odd = Town::new();
    let long = "x".repeat(5_000);
    odd.house(0.0, 0.0, &long, &long, &long, &long);
    odd.house(10.0, 0.0, "🏠", "½", "\u{0}", "---");
    odd.house(20.0, 0.0, "Lange Gasse", "4294967295", "12345", "Altdorf");
    odd.house(
        30.0,
        0.0,
        "Lange Gasse",
        "1-999999999;2;;3-1;a-z",
        "12345",
        "Altdorf",
    );
    let map = open(&odd.finish());
    for text in [
        "Lange Gasse 2, Altdorf",
        "Lange Gasse 4294967295",
        "🏠 ½",
        "Lange Gasse 999999999",
    ] {
        sound(&map.search(&Request::text(text)), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is typed: a status, a reason, and the same in a batch.
    #[test]
    fn nothing_typed_panics(text in "\\PC{0,60}", city in "\\PC{0,20}", cut in 0usize..40) {
        thread_local!(static MAP: Opened = map());
        MAP.with(|map| {
            let dirty: String = "Lange Gasse 5, 12345 Altdorf".chars().take(cut).chain(text.chars()).collect();
            for request in [Request::text(&text), Request::text(&dirty), Request { street: &text, city: &city, ..Request::default() }] {
                let answer = map.search(&request);
                sound(&answer, &text);
                assert_eq!(map.batch(&[request]), [answer]);
            }
            assert!(map.autocomplete(&dirty, None, 5).len() <= 5);
        });
    }
}
