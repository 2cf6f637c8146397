//! Two small towns, drawn: what is found, how finely, and what is refused.

mod common;

use common::{Opened, Town, metres, open};
use geocode::{Level, Match, Request, Status};
use geom::LngLat;

/// Altdorf (12345) around the origin and Neudorf (12399) 12 km to the east share a street name.
fn towns() -> Town {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    town.place(12_000.0, 0.0, "town", "Neudorf");
    // 6 and 7 are missing between their neighbours; 1 to 12.
    town.street(
        [0.0, 0.0],
        "Lange Straße",
        &[1, 2, 3, 4, 5, 8, 9, 10, 11, 12],
        "12345",
        "Altdorf",
    );
    town.street(
        [0.0, 300.0],
        "Große Mühlengasse",
        &[1, 2, 3, 4],
        "12345",
        "Altdorf",
    );
    town.street(
        [0.0, 600.0],
        "Sankt-Georg-Ring",
        &[1, 2, 3, 4],
        "12345",
        "Altdorf",
    );
    town.street(
        [12_000.0, 0.0],
        "Lange Straße",
        &[1, 2, 3, 4, 20],
        "12399",
        "Neudorf",
    );
    town.street([12_000.0, 300.0], "Am Wehr", &[1, 2], "12399", "Neudorf");
    town.node(
        200.0,
        100.0,
        &[
            ("amenity", "cafe"),
            ("name", "Zur Alten Mühle"),
            ("addr:city", "Altdorf"),
        ],
    );
    town
}

struct Case {
    query: &'static str,
    level: Option<Level>,
    /// Metres east and north of the origin.
    near: [f64; 2],
}

fn check(map: &Opened, town: &Town, cases: &[Case]) {
    for case in cases {
        let answer = map.search(&Request::text(case.query));
        let level = answer.hits.first().map(|h| h.level);
        assert_eq!(level, case.level, "{}: {answer:#?}", case.query);
        if let (Some(hit), Some(_)) = (answer.hits.first(), case.level) {
            let far = metres(hit.point, town.at(case.near[0], case.near[1]));
            assert!(far < 5.0, "{}: {far:.0} m off: {hit:#?}", case.query);
        }
    }
}

fn found(query: &'static str, level: Level, near: [f64; 2]) -> Case {
    Case {
        query,
        level: Some(level),
        near,
    }
}

fn refused(query: &'static str) -> Case {
    Case {
        query,
        level: None,
        near: [0.0, 0.0],
    }
}

#[test]
fn one_house_in_many_spellings() {
    let (map, town) = (open(&towns().finish()), towns());
    // Number 4 stands at 4 / 2 × 20 = 40 m, on the south side.
    let house = [40.0, -15.0];
    check(
        &map,
        &town,
        &[
            found("Lange Straße 4, 12345 Altdorf", Level::House, house),
            found("lange strasse 4 altdorf", Level::House, house),
            found("LANGE STR. 4, ALTDORF", Level::House, house),
            found("12345 Altdorf, Langestr. 4", Level::House, house),
            found("4 Lange Straße, Altdorf", Level::House, house),
            found("Altdorf Lange Straße 4", Level::House, house),
            found("Lnage Straße 4, Altdorf", Level::House, house),
            found("Lange Straße 4, 12345", Level::House, house),
            found("Lange Straße 4, 12345 Altdrof", Level::House, house),
            found(
                "Acme GmbH, Lange Straße 4, 2. OG, 12345 Altdorf",
                Level::House,
                house,
            ),
            found("c/o Meier, Lange Straße 4, 12345 Altdorf", Level::House, house),
        ],
    );
    let mill = [40.0, 285.0];
    check(
        &map,
        &town,
        &[
            found("Grosse Muehlengasse 4, Altdorf", Level::House, mill),
            found("Gr. Mühlengasse 4, Altdorf", Level::House, mill),
            found("Mühlengasse 4, Altdorf", Level::House, mill),
            found("St. Georg Ring 4, Altdorf", Level::House, [40.0, 585.0]),
        ],
    );
}

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
fn equal_places_are_flagged_and_not_guessed() {
    let map = open(&towns().finish());
    let answer = map.search(&Request::text("Lange Straße 2"));
    assert!(answer.ambiguous, "{answer:#?}");
    assert_eq!(answer.status, Status::Review);
    assert_eq!(answer.hits.len(), 2);
    // The view's middle orders them, but does not decide.
    let biased = map.search(&Request {
        text: "Lange Straße 2",
        bias: Some(towns().at(12_000.0, 0.0)),
        ..Request::default()
    });
    assert_eq!(biased.hits[0].city, "Neudorf");
    assert!(biased.ambiguous);
    // Town and postcode that point to different ones decide nothing either.
    let torn = map.search(&Request::text("Lange Straße 2, 12399 Altdorf"));
    assert!(torn.ambiguous && torn.status == Status::Review, "{torn:#?}");
    // With the town it is one place.
    let named = map.search(&Request::text("Lange Straße 2, Neudorf"));
    assert!(!named.ambiguous);
    assert_eq!(named.status, Status::Auto, "{named:#?}");
    assert_eq!(named.hits[0].city, "Neudorf");
}

#[test]
fn what_is_not_there_is_refused() {
    let (map, town) = (open(&towns().finish()), towns());
    check(
        &map,
        &town,
        &[
            refused("asdf qwertz"),
            refused("see notes"),
            refused("+49 395 1234567"),
            refused("Rue de Rivoli 12, 75004 Paris"),
            refused(""),
            refused(" ,;- "),
        ],
    );
    // An unknown street in a known town is the town at best.
    let unknown = map.search(&Request::text("Quastelpfad 3, 12345 Altdorf"));
    assert!(unknown.hits.iter().all(|h| !h.level.is_fine()), "{unknown:#?}");
    assert_eq!(unknown.hits[0].level, Level::Area);
    assert_ne!(unknown.status, Status::Auto);
    // Another country is outside.
    let mut abroad = towns();
    abroad.node(
        0.0,
        50.0,
        &[
            ("addr:housenumber", "1"),
            ("addr:street", "Grenzweg"),
            ("addr:country", "DE"),
        ],
    );
    let abroad = open(&abroad.finish());
    let answer = abroad.search(&Request::text("Quastelpfad 3, Wien, Österreich"));
    assert_eq!(answer.status, Status::Outside, "{answer:#?}");
}

#[test]
fn wrong_town_or_postcode_costs_but_does_not_kill() {
    let map = open(&towns().finish());
    let right = map.search(&Request::text("Große Mühlengasse 4, 12345 Altdorf"));
    let wrong_code = map.search(&Request::text("Große Mühlengasse 4, 12399 Altdorf"));
    let wrong_town = map.search(&Request::text("Große Mühlengasse 4, 12345 Neudorf"));
    for answer in [&wrong_code, &wrong_town] {
        assert_eq!(answer.hits[0].label, right.hits[0].label);
        assert!(answer.hits[0].confidence < right.hits[0].confidence);
    }
    assert_eq!(wrong_code.hits[0].fields.postcode, Match::Contradicts);
    assert_eq!(wrong_town.hits[0].fields.city, Match::Contradicts);
    assert_eq!(right.hits[0].fields.city, Match::Exact);
    assert_eq!(right.hits[0].fields.postcode, Match::Exact);
}

#[test]
fn fields_and_free_text_agree() {
    let map = open(&towns().finish());
    let free = map.search(&Request::text("Lange Straße 4, 12345 Altdorf"));
    let fields = map.search(&Request {
        street: "Lange Straße",
        house_number: "4",
        postcode: "12345",
        city: "Altdorf",
        country: "Germany",
        ..Request::default()
    });
    assert_eq!(free.hits[0].label, fields.hits[0].label);
    assert_eq!(fields.hits[0].level, Level::House);
    assert_eq!(fields.status, Status::Auto);
    let in_street = map.search(&Request {
        street: "Lange Str. 4",
        city: "Altdorf",
        ..Request::default()
    });
    assert_eq!(in_street.hits[0].label, free.hits[0].label);
}

#[test]
fn towns_postcodes_and_places_of_interest() {
    let (map, town) = (open(&towns().finish()), towns());
    check(
        &map,
        &town,
        &[
            found("Altdorf", Level::Area, [0.0, 0.0]),
            found("Zur alten Mühle, Altdorf", Level::Poi, [200.0, 100.0]),
            found("Zur alten Mühel, Altdorf", Level::Poi, [200.0, 100.0]),
        ],
    );
    let code = map.search(&Request::text("12399"));
    assert_eq!(code.hits[0].level, Level::Postcode);
    assert_eq!(code.hits[0].postcode, "12399");
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
fn other_scripts_are_found_in_their_own_and_in_latin_letters() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "city", "Калининск");
    town.street([0.0, 0.0], "улица Садовая", &[1, 2, 3, 4], "238000", "Калининск");
    let map = open(&town.finish());
    check(
        &map,
        &Town::new(),
        &[
            found("238000, Калининск, улица Садовая, 4", Level::House, [40.0, -15.0]),
            found("ул. Садовая 4, Калининск", Level::House, [40.0, -15.0]),
            found("Садовая 4, Калининск", Level::House, [40.0, -15.0]),
            found("ulitsa Sadovaya 4, Kalininsk", Level::House, [40.0, -15.0]),
        ],
    );
}

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

#[test]
fn a_name_written_exactly_so_comes_before_its_like() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    town.street([0.0, 0.0], "Polna", &[1, 2, 3, 4], "12345", "Altdorf");
    town.street([0.0, 900.0], "ulica Polna", &[1, 2, 3, 4], "12345", "Altdorf");
    town.street([5_000.0, 0.0], "Haus am Teich", &[1, 2, 3], "12345", "Altdorf");
    let map = open(&town.finish());
    for (query, street) in [
        ("Polna 3, Altdorf", "Polna"),
        ("ulica Polna 3, Altdorf", "ulica Polna"),
        // A word for a part of a building begins a name, with a letter wrong behind it.
        ("Haus am Teihc 3, Altdorf", "Haus am Teich"),
    ] {
        let answer = map.search(&Request::text(query));
        assert_eq!(answer.hits[0].street, street, "{query}: {}", answer.why);
        assert!(!answer.ambiguous, "{query}: {}", answer.why);
    }
    // Without the town either may be meant.
    assert!(map.search(&Request::text("ulica Polna 3")).hits.len() > 1);
}

#[test]
fn of_a_streets_two_parts_the_one_with_houses_stands_for_it() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    town.street([0.0, 0.0], "Lange Gasse", &[1, 2, 3, 4], "12345", "Altdorf");
    // 1.6 km long, without a house.
    town.way(
        &[[2_000.0, 0.0], [3_600.0, 0.0]],
        &[("highway", "residential"), ("name", "Lange Gasse")],
    );
    let drawn = town.at(200.0, 0.0);
    let map = open(&town.finish());
    let hit = &map.search(&Request::text("Lange Gasse 900, 12345 Altdorf")).hits[0];
    assert_eq!(hit.level, Level::Street);
    assert!(metres(hit.point, drawn) < 300.0, "{}", hit.why);
}

#[test]
fn every_answer_says_why_and_batches_say_the_same() {
    let map = open(&towns().finish());
    let queries = [
        "Lange Straße 4, 12345 Altdorf",
        "Lange Straße 6",
        "nichts davon",
        "",
        "Altdorf",
        "99999 Nirgendwo",
        "'; drop table accounts; --",
        "<script>alert(1)</script>",
        "🦀🦀🦀",
        "\u{0}\u{1}\u{2}",
        "١٢ Lange Straße Altdorf",
    ];
    let requests: Vec<Request<'_>> = queries.iter().map(|q| Request::text(q)).collect();
    let batch = map.batch(&requests);
    for (request, answer) in requests.iter().zip(&batch) {
        assert_eq!(&map.search(request), answer, "{}", request.text);
        assert!(!answer.why.is_empty(), "{}", request.text);
        assert!(answer.hits.len() <= 5);
        assert!(
            answer
                .hits
                .iter()
                .all(|h| (0.0..=1.0).contains(&h.confidence) && !h.why.is_empty())
        );
        assert_eq!(
            answer.hits.is_empty(),
            matches!(answer.status, Status::Failed | Status::Outside)
        );
    }
}
