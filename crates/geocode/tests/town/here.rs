//! From a point to an address.

use geocode::{Level, Request};

use crate::common::{Town, metres, open};
use crate::towns;

#[test]
fn here_is_the_house_the_street_or_the_town() {
    let (map, town) = (open(&towns().finish()), towns());
    let here = |east, north| map.reverse(town.at(east, north));
    let house = here(42.0, -17.0).expect("a house is near");
    assert_eq!(
        (house.level, house.street.as_str(), house.house_number.as_str()),
        (Level::House, "Lange Straße", "4")
    );
    assert_eq!(
        (house.postcode.as_str(), house.city.as_str()),
        ("12345", "Altdorf")
    );
    // √(2² + 2²) = 2.8 m
    assert!((house.distance.0 - 2.83).abs() < 0.1, "{house:?}");
    let street = here(380.0, 20.0).expect("the street is near");
    assert_eq!(
        (street.level, street.street.as_str()),
        (Level::Street, "Lange Straße")
    );
    assert!((street.distance.0 - 20.0).abs() < 0.5);
    let area = here(-2_000.0, -1_000.0).expect("the town is near");
    assert_eq!(
        (area.level, area.city.as_str(), area.street.as_str()),
        (Level::Area, "Altdorf", "")
    );
    assert_eq!(here(-50_000.0, 0.0), None);
}

#[test]
fn a_point_in_a_building_is_at_its_address() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    town.way(
        &[[-100.0, 0.0], [300.0, 0.0]],
        &[("highway", "residential"), ("name", "Lange Straße")],
    );
    let ring = |west: f64, east: f64| {
        [
            [west, 10.0],
            [east, 10.0],
            [east, 60.0],
            [west, 60.0],
            [west, 10.0],
        ]
    };
    let mut building = |ring: [[f64; 2]; 5], tags: &[(&str, &str)]| {
        let mut nodes: Vec<_> = ring[..4].iter().map(|[x, y]| town.node(*x, *y, &[])).collect();
        nodes.push(nodes[0]);
        town.way_of(&nodes, tags);
    };
    // A hall of 120 m that carries its address, and one with a node at its western door.
    let hall = [
        ("building", "retail"),
        ("addr:street", "Lange Straße"),
        ("addr:housenumber", "1"),
        ("addr:city", "Altdorf"),
    ];
    building(ring(0.0, 120.0), &hall);
    building(ring(140.0, 260.0), &[("building", "industrial")]);
    town.house(142.0, 12.0, "Lange Straße", "3", "", "Altdorf");
    // Small houses right beside them.
    town.house(123.0, 40.0, "Lange Straße", "1a", "", "Altdorf");
    town.house(264.0, 40.0, "Lange Straße", "5", "", "Altdorf");
    let map = open(&town.finish());
    let at = |east, north| {
        let found = map.reverse(Town::new().at(east, north)).expect("a house is near");
        (found.level, found.house_number)
    };
    assert_eq!(at(117.0, 40.0), (Level::House, "1".into()));
    assert_eq!(at(250.0, 50.0), (Level::House, "3".into()));
    // Outside, the nearest counts.
    assert_eq!(at(122.0, 40.0), (Level::House, "1a".into()));
    assert_eq!(at(262.0, 40.0), (Level::House, "5".into()));
}

#[test]
fn beside_a_gap_the_missing_number_is_told() {
    let mut town = towns();
    town.street([0.0, 900.0], "Am Hang", &[1, 2, 3, 4, 14, 16], "12345", "Altdorf");
    let map = open(&town.finish());
    // 14 stands 140 m along and 4 at 40: 90 m are half way, number 9 would be on the other side.
    let here = map
        .reverse(Town::new().at(88.0, 885.0))
        .expect("a street is near");
    assert_eq!(
        (here.level, here.house_number.as_str(), here.street.as_str()),
        (Level::Interpolated, "8", "Am Hang")
    );
    // The same as when it is asked for.
    let asked = map.search(&Request::text("Am Hang 8, Altdorf"));
    assert!(metres(asked.hits[0].point, here.point) < 0.1);
    // Behind the last house and on the side without numbers nothing is between.
    let street = map
        .reverse(Town::new().at(270.0, 915.0))
        .expect("a street is near");
    assert_eq!(street.level, Level::Street);
}

#[test]
fn a_shop_door_is_at_its_address() {
    let mut town = towns();
    // A long house whose address stands 24 m from its shop's door, and the neighbour's 14 m from it.
    town.house(0.0, 1_015.0, "Am Markt", "1", "12345", "Altdorf");
    town.house(38.0, 1_015.0, "Am Markt", "3", "12345", "Altdorf");
    town.node(
        24.0,
        1_015.0,
        &[
            ("shop", "books"),
            ("name", "Bücherstube"),
            ("addr:street", "Am Markt"),
            ("addr:housenumber", "1"),
            ("addr:city", "Altdorf"),
        ],
    );
    let map = open(&town.finish());
    let here = map.reverse(towns().at(24.0, 1_014.0)).expect("a house is near");
    assert_eq!(here.house_number, "1", "{here:?}");
    let there = map.reverse(towns().at(38.0, 1_014.0)).expect("a house is near");
    assert_eq!(there.house_number, "3", "{there:?}");
    // Asked for by address, the house is between its doors.
    let asked = map.search(&Request::text("Am Markt 1, Altdorf"));
    assert!(
        metres(asked.hits[0].point, towns().at(12.0, 1_015.0)) < 1.0,
        "{asked:#?}"
    );
}
