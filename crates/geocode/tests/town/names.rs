//! Names and codes that stand beside the usual ones: fields, estates, states, postcodes without houses.

use geocode::{Level, Request};

use crate::common::{Town, metres, open};
use crate::{check, found, towns};

#[test]
fn fields_estates_and_named_houses_are_found() {
    let mut town = towns();
    town.place(700.0, 900.0, "locality", "Лесное поле");
    town.node(
        900.0,
        900.0,
        &[("landuse", "industrial"), ("name", "Gewerbepark Nord")],
    );
    town.node(800.0, 700.0, &[("place", "house"), ("name", "Haus Sonneck")]);
    let map = open(&town.finish());
    check(
        &map,
        &towns(),
        &[
            found("лесное поле", Level::Poi, [700.0, 900.0]),
            found("Gewerbepark Nord, Altdorf", Level::Poi, [900.0, 900.0]),
            found("Haus Sonneck, Altdorf", Level::Poi, [800.0, 700.0]),
        ],
    );
}

#[test]
fn a_name_without_its_brackets_is_a_name() {
    let mut town = towns();
    town.place(0.0, 9_000.0, "city", "Burg (Spree)");
    let map = open(&town.finish());
    for query in ["Burg", "Burg (Spree)"] {
        let answer = map.search(&Request::text(query));
        assert_eq!(answer.hits[0].city, "Burg (Spree)", "{query}: {answer:#?}");
    }
}

#[test]
fn the_code_of_a_state_tells_towns_apart() {
    let mut town = Town::new();
    for (east, name, code) in [(0.0, "Illinois", "US-IL"), (60_000.0, "Oregon", "US-OR")] {
        let corners = [
            [east - 9_000.0, -9_000.0],
            [east + 9_000.0, -9_000.0],
            [east + 9_000.0, 9_000.0],
            [east - 9_000.0, 9_000.0],
        ];
        let mut nodes: Vec<osm::NodeId> = corners.iter().map(|[x, y]| town.node(*x, *y, &[])).collect();
        nodes.push(nodes[0]);
        let border = town.way_of(&nodes, &[]);
        town.relation(
            &[(osm::MemberKind::Way, border.0, "outer")],
            &[
                ("type", "boundary"),
                ("boundary", "administrative"),
                ("admin_level", "4"),
                ("name", name),
                ("ISO3166-2", code),
            ],
        );
        town.place(east, 0.0, "town", "Springfield");
    }
    let drawn = Town::new();
    let map = open(&town.finish());
    for (query, east) in [
        ("Springfield, IL", 0.0),
        ("Springfield, OR", 60_000.0),
        ("Springfield, Oregon", 60_000.0),
    ] {
        let answer = map.search(&Request::text(query));
        assert_eq!(answer.hits[0].city, "Springfield", "{query}: {answer:#?}");
        let far = metres(answer.hits[0].point, drawn.at(east, 0.0));
        assert!(far < 5.0, "{query}: {far:.0} m off: {answer:#?}");
    }
    // In small letters and at the beginning it is another word.
    let answer = map.search(&Request::text("or"));
    assert!(answer.hits.is_empty(), "{answer:#?}");
}

#[test]
fn postcodes_without_houses_are_found() {
    let mut town = towns();
    town.way(
        &[[3_000.0, 0.0], [3_200.0, 0.0]],
        &[
            ("highway", "residential"),
            ("name", "Het Veld"),
            ("addr:postcode", "1234 AB"),
        ],
    );
    let mut nodes: Vec<osm::NodeId> = [
        [6_000.0, 0.0],
        [7_000.0, 0.0],
        [7_000.0, 1_000.0],
        [6_000.0, 1_000.0],
    ]
    .iter()
    .map(|[x, y]| town.node(*x, *y, &[]))
    .collect();
    nodes.push(nodes[0]);
    town.way_of(&nodes, &[("boundary", "postal_code"), ("postal_code", "54321")]);
    let map = open(&town.finish());
    for (query, near) in [
        ("1234 AB", [3_100.0, 0.0]),
        ("1234ab", [3_100.0, 0.0]),
        ("54321", [6_500.0, 500.0]),
    ] {
        let answer = map.search(&Request::text(query));
        let hit = answer.hits.first().unwrap_or_else(|| panic!("{query}: nothing"));
        assert_eq!(hit.level, Level::Postcode, "{query}: {answer:#?}");
        let far = metres(hit.point, towns().at(near[0], near[1]));
        assert!(far < 150.0, "{query}: {far:.0} m off");
    }
}
