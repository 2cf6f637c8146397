//! Names that many places share: the right one is found, and found among as many.

use geocode::{Level, Match, Request, Status};

use crate::common::{Town, open};

const TOWNS: usize = 60;

/// Where a town lies: eight in a row, 6 km apart.
fn place_of(town: usize) -> [f64; 2] {
    [(town % 8) as f64 * 6_000.0, (town / 8) as f64 * 6_000.0]
}

/// Names in letters alone: digits would read as house numbers.
fn name_of(town: usize) -> String {
    let letter = |n: usize| char::from(b'a' + n as u8);
    format!(
        "{}{}dorf",
        ["Bar", "Kel", "Mos", "Tum"][town % 4],
        letter(town / 4)
    )
}

fn code_of(town: usize) -> String {
    format!("{}", 30_000 + town * 11)
}

/// Many towns with one street each, all called alike; number `2 k` stands only in every `k`-th. Each has an inn
/// called like the first town.
fn many_towns() -> Town {
    let mut map = Town::new();
    for town in 0..TOWNS {
        let [x, y] = place_of(town);
        let name = name_of(town);
        map.place(x, y, "town", &name);
        map.street([x, y], "Lange Straße", &[1, 2, 3, 4, 5], &code_of(town), &name);
        let inn = name_of(0);
        map.node(x + 90.0, y + 40.0, &[("amenity", "restaurant"), ("name", &inn)]);
    }
    map
}

#[test]
fn town_or_postcode_chooses_among_streets_of_one_name() {
    let map = open(&many_towns().finish());
    for town in 0..TOWNS {
        let (name, code) = (name_of(town), code_of(town));
        for query in [
            format!("Lange Straße 4, {code} {name}"),
            format!("Lange Straße 4, {name}"),
            format!("Lange Straße 4, {code}"),
            format!("Lange Strase 4, {code} {name}"),
        ] {
            let answer = map.search(&Request::text(&query));
            assert_eq!(answer.hits[0].city, name, "{query}: {answer:#?}");
            assert_eq!(answer.hits[0].level, Level::House, "{query}");
            assert!(!answer.ambiguous, "{query}: {}", answer.why);
        }
    }
    let anywhere = map.search(&Request::text("Lange Straße 4"));
    assert!(anywhere.ambiguous && anywhere.status == Status::Review);
}

#[test]
fn town_and_postcode_that_point_apart_decide_nothing_among_many() {
    let map = open(&many_towns().finish());
    let query = format!("Lange Straße 4, {} {}", code_of(40), name_of(3));
    let answer = map.search(&Request::text(&query));
    assert!(answer.ambiguous && answer.status == Status::Review, "{answer:#?}");
    let cities: Vec<&str> = answer.hits.iter().map(|h| h.city.as_str()).collect();
    assert!(
        cities.contains(&name_of(40).as_str()) && cities.contains(&name_of(3).as_str()),
        "{cities:?}"
    );
}

#[test]
fn inns_called_like_the_town_hide_no_street_of_it() {
    let map = open(&many_towns().finish());
    let query = format!("Lange Straße 4, {}", name_of(0));
    let street = map.search(&Request::text(&query));
    assert_eq!(
        (street.hits[0].level, street.hits[0].city.as_str()),
        (Level::House, name_of(0).as_str())
    );
    assert_eq!(street.hits[0].fields.city, Match::Exact);
}
