//! House numbers: missing ones, lists and ranges, those that a village gives.

use geocode::{Level, Match, Request};

use crate::common::{Town, open};
use crate::{check, found, towns};

#[test]
fn missing_numbers_lie_between_their_neighbours() {
    let (map, town) = (open(&towns().finish()), towns());
    check(
        &map,
        &town,
        &[
            // 6 between 4 at 40 m and 8 at 80 m: 60 m; 7 between 5 (40 m) and 9 (80 m): 60 m on the other side.
            found("Lange Straße 6, Altdorf", Level::Interpolated, [60.0, -15.0]),
            found("Lange Straße 7, Altdorf", Level::Interpolated, [60.0, 15.0]),
            // One step beyond 12 at 120 m, 20 m a step: 140 m.
            found("Lange Straße 14, Altdorf", Level::Interpolated, [140.0, -15.0]),
        ],
    );
    // Far beyond: the street, never a house.
    let far = map.search(&Request::text("Lange Straße 512, 12345 Altdorf"));
    assert_eq!(far.hits[0].level, Level::Street);
    assert_eq!(far.hits[0].fields.house_number, Match::Contradicts);
    assert!(far.hits[0].house_number.is_empty());
}

#[test]
fn a_building_without_address_is_the_missing_house() {
    let mut town = towns();
    // 12 m × 12 m around 66 m east, where 6 is expected at 60 m; a garage nearer to it does not count.
    let around = |x: f64, y: f64, r: f64| [[x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]];
    for (x, r, kind) in [(66.0, 6.0, "yes"), (60.0, 5.0, "garage")] {
        let mut nodes: Vec<osm::NodeId> = Vec::new();
        for [x, y] in around(x, -20.0, r) {
            nodes.push(town.node(x, y, &[]));
        }
        nodes.push(nodes[0]);
        town.way_of(&nodes, &[("building", kind)]);
    }
    let map = open(&town.finish());
    check(
        &map,
        &towns(),
        &[found(
            "Lange Straße 6, Altdorf",
            Level::Interpolated,
            [66.0, -20.0],
        )],
    );
}

#[test]
fn a_building_far_from_where_the_number_is_expected_is_another() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    // 6 is expected at 100 m; a barn stands between there and 8, 45 m off.
    for (number, along) in [("2", -100.0), ("4", 0.0), ("8", 200.0), ("10", 300.0)] {
        town.house(along, 0.0, "Am Tor", number, "", "Altdorf");
    }
    let corners = [[140.0, -5.0], [150.0, -5.0], [150.0, 5.0], [140.0, 5.0]];
    let mut nodes: Vec<osm::NodeId> = corners.iter().map(|[x, y]| town.node(*x, *y, &[])).collect();
    nodes.push(nodes[0]);
    town.way_of(&nodes, &[("building", "yes")]);
    let map = open(&town.finish());
    let six = found("Am Tor 6, Altdorf", Level::Interpolated, [100.0, 0.0]);
    check(&map, &Town::new(), &[six]);
}

#[test]
fn numbers_are_lists_ranges_and_letters() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "village", "Altdorf");
    town.house(0.0, 0.0, "Am Tor", "2;4", "", "Altdorf");
    town.house(60.0, 0.0, "Am Tor", "6-10", "", "Altdorf");
    town.house(120.0, 0.0, "Am Tor", "12 A", "", "Altdorf");
    town.house(140.0, 0.0, "Am Tor", "12b", "", "Altdorf");
    let map = open(&town.finish());
    let town = Town::new();
    check(
        &map,
        &town,
        &[
            found("Am Tor 4, Altdorf", Level::House, [0.0, 0.0]),
            // In a range, so not surely a house of its own.
            found("Am Tor 8, Altdorf", Level::Interpolated, [60.0, 0.0]),
            found("Am Tor 10, Altdorf", Level::Interpolated, [60.0, 0.0]),
            found("Am Tor 6-10, Altdorf", Level::House, [60.0, 0.0]),
            found("Am Tor 12a, Altdorf", Level::House, [120.0, 0.0]),
            found("Am Tor 12-B, Altdorf", Level::House, [140.0, 0.0]),
            // Only with letters: not this house, but here.
            found("Am Tor 12, Altdorf", Level::Interpolated, [120.0, 0.0]),
        ],
    );
    let answer = map.search(&Request::text("Am Tor 12a, Altdorf"));
    assert_eq!(answer.hits[0].house_number, "12 A");
}

#[test]
fn a_number_at_two_doors_is_between_them() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    // Two doors of a block, three shops in a row, two houses too far apart for one block.
    for (number, east) in [("1", 0.0), ("1", 60.0), ("3", 200.0), ("3", 240.0), ("3", 290.0)] {
        town.house(east, 0.0, "Am Tor", number, "", "Altdorf");
    }
    for east in [400.0, 560.0] {
        town.house(east, 0.0, "Am Tor", "5", "", "Altdorf");
    }
    let map = open(&town.finish());
    check(
        &map,
        &Town::new(),
        &[
            found("Am Tor 1, Altdorf", Level::House, [30.0, 0.0]),
            found("Am Tor 3, Altdorf", Level::House, [245.0, 0.0]),
            found("Am Tor 5, Altdorf", Level::House, [400.0, 0.0]),
        ],
    );
}

#[test]
fn a_range_names_no_house_where_its_numbers_stand_elsewhere() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "village", "Altdorf");
    // A shop in a block that says it has 14 to 20, of which 18 is known 80 m away.
    town.house(0.0, 0.0, "Am Tor", "14-20", "", "Altdorf");
    for (number, along) in [("12", -60.0), ("14", 20.0), ("18", 80.0), ("20", 110.0)] {
        town.house(along, 0.0, "Am Tor", number, "", "Altdorf");
    }
    let map = open(&town.finish());
    let sixteen = found("Am Tor 16, Altdorf", Level::Interpolated, [50.0, 0.0]);
    check(&map, &Town::new(), &[sixteen]);
}

/// A Czech town with a street and a village part without: the village's numbers follow the order of building.
fn czech(tagged: bool) -> Town {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Hradec");
    town.way(
        &[[0.0, 0.0], [600.0, 0.0]],
        &[("highway", "residential"), ("name", "Dlouhá")],
    );
    for (at, village) in [412, 17, 905, 88, 230, 641, 53, 377, 129, 766, 701, 318]
        .into_iter()
        .enumerate()
    {
        for (side, street) in [(15.0, 2 * at + 1), (-15.0, 2 * at + 2)] {
            // Number 8 of the street is missing.
            if street == 8 {
                continue;
            }
            let village = (village + if side < 0.0 { 1_000 } else { 0 }).to_string();
            let (number, street) = (format!("{village}/{street}"), street.to_string());
            let mut tags = vec![
                ("addr:street", "Dlouhá"),
                ("addr:city", "Hradec"),
                ("addr:housenumber", number.as_str()),
            ];
            if tagged {
                tags.push(("addr:conscriptionnumber", &village));
                tags.push(("addr:streetnumber", &street));
            }
            town.node(at as f64 * 20.0, side, &tags);
        }
    }
    town
}

#[test]
fn conscription_numbers_are_the_villages_and_street_numbers_the_streets() {
    for tagged in [true, false] {
        let map = open(&czech(tagged).finish());
        check(
            &map,
            &Town::new(),
            &[
                found("Dlouhá 905/5, Hradec", Level::House, [40.0, 15.0]),
                found("Dlouhá 5, Hradec", Level::House, [40.0, 15.0]),
                found("Dlouhá 905, Hradec", Level::House, [40.0, 15.0]),
                found("Dlouhá č.p. 905, Hradec", Level::House, [40.0, 15.0]),
                // Between 6 and 10, and not between 1008 and anything.
                found("Dlouhá 8, Hradec", Level::Interpolated, [60.0, -15.0]),
                // The village's number is mistaken, the street's is known.
                found("Dlouhá 9999/5, Hradec", Level::Interpolated, [40.0, 15.0]),
            ],
        );
        // A number of the village says nothing about its neighbours.
        let unknown = map.search(&Request::text("Dlouhá 906, Hradec"));
        assert_eq!(unknown.hits[0].level, Level::Street, "{unknown:#?}");
    }
}

#[test]
fn a_villages_numbers_need_no_street() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "village", "Lhota");
    town.place(4_000.0, 0.0, "hamlet", "Podhradí");
    // A named road leads past all houses; they are numbered as they were built.
    town.way(
        &[[0.0, 0.0], [300.0, 0.0]],
        &[("highway", "residential"), ("name", "Polní")],
    );
    for (at, number) in ["7", "31", "2", "18", "44", "5", "23"].into_iter().enumerate() {
        let east = at as f64 * 40.0;
        // Lhota says nothing but the number, Podhradí has the tags.
        town.node(east, 10.0, &[("building", "yes"), ("addr:housenumber", number)]);
        let tags = [("addr:place", "Podhradí"), ("addr:conscriptionnumber", number)];
        town.node(4_000.0 + east, 10.0, &tags);
    }
    let map = open(&town.finish());
    check(
        &map,
        &Town::new(),
        &[
            found("Lhota 18", Level::House, [120.0, 10.0]),
            found("Lhota č. p. 44", Level::House, [160.0, 10.0]),
            found("č.p. 2, Lhota", Level::House, [80.0, 10.0]),
            found("Podhradí 31", Level::House, [4_040.0, 10.0]),
            found("Podhradí 7", Level::House, [4_000.0, 10.0]),
        ],
    );
}

#[test]
fn villages_relations_and_interpolation_lines() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    // A village without street names.
    town.place(3_000.0, 0.0, "hamlet", "Hinterberg");
    town.node(
        3_010.0,
        0.0,
        &[
            ("addr:place", "Hinterberg"),
            ("addr:housenumber", "7"),
            ("addr:city", "Altdorf"),
        ],
    );
    // The street is only in the relation.
    let house = town.node(500.0, 0.0, &[("addr:housenumber", "3")]);
    let road = town.way(&[[480.0, 300.0], [580.0, 300.0]], &[("highway", "residential")]);
    town.relation(
        &[
            (osm::MemberKind::Node, house.0, "house"),
            (osm::MemberKind::Way, road.0, "street"),
        ],
        &[("type", "associatedStreet"), ("name", "Hofweg")],
    );
    // Odd numbers 1 to 9 along 80 m: 20 m a step.
    let ends = [("addr:street", "Zeile"), ("addr:city", "Altdorf")];
    let first = town.node(0.0, 900.0, &[ends[0], ends[1], ("addr:housenumber", "1")]);
    let last = town.node(80.0, 900.0, &[ends[0], ends[1], ("addr:housenumber", "9")]);
    town.way_of(&[first, last], &[("addr:interpolation", "odd")]);
    // No street at all, but a road beside it.
    town.way(
        &[[0.0, 1_500.0], [200.0, 1_500.0]],
        &[("highway", "residential"), ("name", "Feldrain")],
    );
    town.node(100.0, 1_520.0, &[("addr:housenumber", "5")]);
    let map = open(&town.finish());
    check(
        &map,
        &Town::new(),
        &[
            found("Hinterberg 7, Altdorf", Level::House, [3_010.0, 0.0]),
            found("Hofweg 3, Altdorf", Level::House, [500.0, 0.0]),
            found("Zeile 5, Altdorf", Level::Interpolated, [40.0, 900.0]),
            found("Feldrain 5, Altdorf", Level::House, [100.0, 1_520.0]),
        ],
    );
}

#[test]
fn a_number_that_looks_like_a_postcode_beside_the_postcode_is_a_number() {
    let map = open(&towns().finish());
    let answer = map.search(&Request::text("13621 Lange Straße, Altdorf 12345"));
    assert_eq!(answer.hits[0].level, Level::Street, "{answer:#?}");
    assert_eq!(answer.hits[0].fields.house_number, Match::Contradicts);
    assert!(answer.why.contains("house 13621 unknown"), "{}", answer.why);
}

#[test]
fn a_number_unknown_everywhere_is_no_reason_for_the_street_without_houses() {
    let mut town = towns();
    // Seen from the town, the other road of this name is as good, and it has no houses that could contradict.
    town.way(
        &[[2_000.0, 300.0], [2_300.0, 300.0]],
        &[("highway", "residential"), ("name", "Große Mühlengasse")],
    );
    let map = open(&town.finish());
    let answer = map.search(&Request::text("Große Mühlengasse 911, Altdorf"));
    assert_eq!(answer.hits[0].level, Level::Street, "{answer:#?}");
    let far = crate::common::metres(answer.hits[0].point, towns().at(40.0, 300.0));
    assert!(far < 100.0, "{far:.0} m off: {answer:#?}");
}

#[test]
fn an_interpolation_line_gives_its_street_to_its_nodes() {
    let mut town = towns();
    town.way(
        &[[0.0, 900.0], [200.0, 900.0]],
        &[("highway", "residential"), ("name", "Nahe Gasse")],
    );
    // Beside the nearer lane, but the line says whose numbers they are.
    let ends = [
        town.node(0.0, 910.0, &[("addr:housenumber", "22")]),
        town.node(120.0, 910.0, &[("addr:housenumber", "26")]),
    ];
    town.way_of(
        &ends,
        &[
            ("addr:interpolation", "even"),
            ("addr:street", "Sankt-Georg-Ring"),
        ],
    );
    let map = open(&town.finish());
    check(
        &map,
        &towns(),
        &[
            found("Sankt-Georg-Ring 26, Altdorf", Level::House, [120.0, 910.0]),
            found("Sankt-Georg-Ring 24, Altdorf", Level::Interpolated, [60.0, 910.0]),
        ],
    );
}

#[test]
fn a_single_house_without_street_belongs_to_the_road_beside_it() {
    let mut town = towns();
    town.way(
        &[[0.0, 3_000.0], [100.0, 3_000.0]],
        &[("highway", "residential"), ("name", "Rosenweg")],
    );
    town.node(
        50.0,
        3_010.0,
        &[("addr:housenumber", "23"), ("addr:city", "Neuheim")],
    );
    let map = open(&town.finish());
    check(
        &map,
        &towns(),
        &[found("Rosenweg 23, Neuheim", Level::House, [50.0, 3_010.0])],
    );
}
