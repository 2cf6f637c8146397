//! Who gets a candidate, and what decided; overlaps, gaps, totals and their changes against plain scans.

use std::collections::BTreeMap;
use std::sync::Arc;

use geo::{LineString, MultiPolygon, Polygon};
use geom::{LngLat, Meters};
use proptest::prelude::*;
use territory::{
    Area, Candidate, CandidateId, Extent, Holdings, LineId, Rule, Shape, TerritoryId, TerritoryIndex, Unit,
    Value, Weighted,
};

fn at(lng: f64, lat: f64) -> LngLat {
    LngLat::new(lng, lat).unwrap()
}

fn square(west: f64, south: f64, size: f64) -> Shape {
    let (east, north) = (west + size, south + size);
    let ring: LineString = vec![(west, south), (east, south), (east, north), (west, north)].into();
    Shape::parse(MultiPolygon::new(vec![Polygon::new(ring, vec![])])).unwrap()
}

fn area(territory: u128, extent: Extent) -> Area {
    Area {
        territory: TerritoryId(territory),
        line: None,
        extent: Arc::new(extent),
        priority: 0,
    }
}

fn named(ids: &[u128]) -> std::collections::BTreeSet<CandidateId> {
    ids.iter().map(|&id| CandidateId(id)).collect()
}

fn baker(id: u128, lng: f64, lat: f64) -> Candidate {
    let attributes = BTreeMap::from([
        ("industry".to_owned(), Value::Text("bakery".to_owned())),
        ("employees".to_owned(), Value::Number(12.0)),
    ]);
    Candidate {
        id: CandidateId(id),
        place: Some(at(lng, lat)),
        attributes,
    }
}

/// `territory cause decided_by | competing | excluded`.
fn check(areas: &[Area], candidate: &Candidate, expected: &str) {
    let decision = TerritoryIndex::build(areas.to_vec()).decide(candidate, None);
    let winner = decision.winner.as_ref().map_or("nobody".to_owned(), |w| {
        let border = if w.on_border { " on border" } else { "" };
        format!(
            "{} {:?}{border} {:?}",
            w.territory.0,
            w.cause,
            decision.decided_by.unwrap()
        )
    });
    let others: Vec<String> = decision
        .competing
        .iter()
        .map(|c| format!("{} {:?}", c.territory.0, c.cause))
        .collect();
    let excluded: Vec<String> = decision.excluded.iter().map(|t| t.0.to_string()).collect();
    assert_eq!(
        format!("{winner} | {} | {}", others.join(", "), excluded.join(", ")),
        expected
    );
}

#[test]
fn the_order_of_claims() {
    let bakeries = Rule::All(vec![
        Rule::OneOf {
            attribute: "industry".to_owned(),
            values: vec![Value::Text("bakery".to_owned())],
        },
        Rule::Between {
            attribute: "employees".to_owned(),
            from: Some(10.0),
            to: None,
        },
    ]);
    let unit = Unit {
        code: "17033".to_owned(),
        shape: square(0.0, 0.0, 10.0),
    };
    let mut areas = vec![
        area(
            8,
            Extent::Nearest {
                from: at(1.0, 1.0),
                within: None,
            },
        ),
        area(7, Extent::Cell(square(0.0, 0.0, 10.0))),
        area(6, Extent::Reach(square(0.0, 0.0, 10.0))),
        area(5, Extent::Units(vec![unit])),
        area(4, Extent::Drawn(square(0.0, 0.0, 10.0))),
        area(3, Extent::Rule(bakeries)),
        area(2, Extent::Required(named(&[1]))),
        area(1, Extent::Named(named(&[1]))),
    ];
    let customer = baker(1, 2.0, 2.0);
    let expected = [
        "1 Named Cause | 2 Required, 3 Rule, 4 Polygon, 5 Unit, 6 Reach, 7 Cell, 8 Nearest | ",
        "2 Required Cause | 3 Rule, 4 Polygon, 5 Unit, 6 Reach, 7 Cell, 8 Nearest | ",
        "3 Rule Cause | 4 Polygon, 5 Unit, 6 Reach, 7 Cell, 8 Nearest | ",
        "4 Polygon Cause | 5 Unit, 6 Reach, 7 Cell, 8 Nearest | ",
        "5 Unit Cause | 6 Reach, 7 Cell, 8 Nearest | ",
        "6 Reach Cause | 7 Cell, 8 Nearest | ",
        "7 Cell Cause | 8 Nearest | ",
        "8 Nearest OnlyClaim |  | ",
    ];
    for line in expected {
        check(&areas, &customer, line);
        areas.pop();
    }
    check(&areas, &customer, "nobody |  | ");
}

#[test]
fn ties() {
    let big = area(1, Extent::Drawn(square(0.0, 0.0, 10.0)));
    let small = area(2, Extent::Drawn(square(0.0, 0.0, 5.0)));
    let mut first = area(3, Extent::Drawn(square(0.0, 0.0, 10.0)));
    let customer = baker(1, 2.0, 2.0);
    check(
        &[big.clone(), small.clone()],
        &customer,
        "2 Polygon SmallerArea | 1 Polygon | ",
    );
    check(
        &[first.clone(), big.clone()],
        &customer,
        "1 Polygon OlderTerritory | 3 Polygon | ",
    );
    first.priority = 1;
    check(
        &[big.clone(), small, first],
        &customer,
        "3 Polygon Priority | 2 Polygon, 1 Polygon | ",
    );
    let near = area(
        9,
        Extent::Nearest {
            from: at(2.1, 2.0),
            within: None,
        },
    );
    let far = area(
        5,
        Extent::Nearest {
            from: at(4.0, 2.0),
            within: None,
        },
    );
    check(&[far, near], &customer, "9 Nearest Distance | 5 Nearest | ");
    let too_far = area(
        5,
        Extent::Nearest {
            from: at(4.0, 2.0),
            within: Some(Meters(1000.0)),
        },
    );
    check(&[too_far], &customer, "nobody |  | ");
}

#[test]
fn exclusions_lines_and_places() {
    let drawn = area(1, Extent::Drawn(square(0.0, 0.0, 10.0)));
    let out = area(1, Extent::Excluded(named(&[7])));
    let other = area(2, Extent::Drawn(square(0.0, 0.0, 20.0)));
    check(
        &[drawn.clone(), out.clone(), other.clone()],
        &baker(7, 2.0, 2.0),
        "2 Polygon OnlyClaim |  | 1",
    );
    check(
        &[drawn.clone(), out.clone(), other],
        &baker(8, 2.0, 2.0),
        "1 Polygon SmallerArea | 2 Polygon | ",
    );
    let held = area(1, Extent::Named(named(&[7])));
    check(
        &[drawn.clone(), out, held],
        &baker(7, 2.0, 2.0),
        "1 Named OnlyClaim |  | ",
    );
    // Without a place only lists and rules can claim.
    let nowhere = Candidate {
        place: None,
        ..baker(7, 0.0, 0.0)
    };
    check(std::slice::from_ref(&drawn), &nowhere, "nobody |  | ");
    // Another line is another world.
    let index = TerritoryIndex::build(vec![drawn]);
    assert_eq!(
        index.decide(&baker(7, 2.0, 2.0), Some(LineId(4))).territory(),
        None
    );
}

#[test]
fn an_outer_border_belongs_to_the_area_if_nobody_else_has_it() {
    let west = area(1, Extent::Drawn(square(0.0, 0.0, 10.0)));
    let east = area(2, Extent::Drawn(square(10.0, 0.0, 10.0)));
    // The shared border is the right one's, the outer right border nobody's by half-open rule and the right one's here.
    check(
        &[west.clone(), east.clone()],
        &baker(1, 10.0, 5.0),
        "2 Polygon OnlyClaim |  | ",
    );
    check(
        &[west.clone(), east.clone()],
        &baker(1, 20.0, 5.0),
        "2 Polygon on border OnlyClaim |  | ",
    );
    let index = TerritoryIndex::build(vec![west, east]);
    assert_eq!(index.owner_at(at(20.0, 5.0), None), Some(TerritoryId(2)));
    assert_eq!(index.owner_at(at(20.1, 5.0), None), None);
}

#[test]
fn overlaps_and_gaps() {
    let areas = vec![
        area(1, Extent::Drawn(square(0.0, 0.0, 2.0))),
        area(2, Extent::Drawn(square(1.0, 0.0, 2.0))),
        // Shares a border with the second, no ground.
        area(3, Extent::Drawn(square(3.0, 0.0, 1.0))),
        // Of another kind: precedence decides, no overlap.
        area(4, Extent::Cell(square(0.0, 0.0, 2.0))),
    ];
    let index = TerritoryIndex::build(areas);
    let found = index.overlaps(1.0);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].territories, (TerritoryId(1), TerritoryId(2)));
    // 1° of longitude by 2° of latitude at the equator of WGS 84: 111.32 km · 2 · 110.57 km.
    assert!(
        (found[0].square_meters / 24_617e6 - 1.0).abs() < 0.001,
        "{}",
        found[0].square_meters
    );
    assert_eq!(
        index.uncovered(&[at(0.5, 0.5), at(3.5, 1.5), at(9.0, 9.0)], None),
        vec![1, 2]
    );
    // Service area 0..4 by 0..4: the upper half and the right upper quarter of the lower are free. 16 − (3·2 + 1·1) = 9 square degrees.
    let gaps = index.gaps(&square(0.0, 0.0, 4.0), None);
    assert!((geo::Area::unsigned_area(&gaps) - 9.0).abs() < 1e-6);
}

/// Squares on whole tenths, so that points share borders and corners with them now and then.
fn worlds() -> impl Strategy<Value = Vec<(u128, Area)>> {
    let one = (0..40i32, 0..40i32, 1..20i32, 1..6u128, -1..2i32, 0..3u8).prop_map(
        |(x, y, size, id, priority, kind)| {
            let shape = square(f64::from(x) / 10.0, f64::from(y) / 10.0, f64::from(size) / 10.0);
            let extent = match kind {
                0 => Extent::Drawn(shape),
                1 => Extent::Units(vec![Unit {
                    code: format!("{x}/{y}"),
                    shape,
                }]),
                _ => Extent::Reach(shape),
            };
            (
                id,
                Area {
                    priority,
                    ..area(id, extent)
                },
            )
        },
    );
    prop::collection::vec(one, 0..25)
}

fn points() -> impl Strategy<Value = Vec<LngLat>> {
    prop::collection::vec(
        (0..60i32, 0..60i32).prop_map(|(x, y)| at(f64::from(x) / 10.0, f64::from(y) / 10.0)),
        1..60,
    )
}

/// The slow twin: every area in turn, claims compared as the documentation says.
fn plain_owner(areas: &[Area], place: LngLat) -> Option<TerritoryId> {
    let claiming = |border: bool| {
        areas
            .iter()
            .filter(|a| {
                a.extent
                    .shapes()
                    .any(|s| s.contains(place) || (border && s.on_border(place)))
            })
            .min_by(|a, b| {
                let key = |x: &Area| (x.extent.cause(), -x.priority);
                key(a)
                    .cmp(&key(b))
                    .then(
                        a.extent
                            .square_meters()
                            .unwrap()
                            .total_cmp(&b.extent.square_meters().unwrap()),
                    )
                    .then(a.territory.cmp(&b.territory))
            })
            .map(|a| a.territory)
    };
    claiming(false).or_else(|| claiming(true))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_index_agrees_with_a_scan(world in worlds(), points in points()) {
        let areas: Vec<Area> = world.into_iter().map(|(_, area)| area).collect();
        let index = TerritoryIndex::build(areas.clone());
        for p in points {
            let expected = plain_owner(&areas, p);
            prop_assert_eq!(index.owner_at(p, None), expected, "{:?}", p);
            let decision = index.decide(&Candidate::at(CandidateId(1), p), None);
            prop_assert_eq!(decision.territory(), expected, "{:?}", p);
            for claim in &decision.competing {
                prop_assert_ne!(Some(claim.territory), expected);
                prop_assert!(claim.cause >= decision.winner.as_ref().unwrap().cause);
            }
        }
    }

    #[test]
    fn a_change_moves_what_deciding_everything_again_moves(
        world in worlds(), next in worlds(), points in points(), territory in 1..6u128,
    ) {
        let areas: Vec<Area> = world.into_iter().map(|(_, area)| area).collect();
        let new: Vec<Area> = next.into_iter().filter(|(id, _)| *id == territory).map(|(_, area)| area).take(2).collect();
        let weighted: Vec<(Candidate, Vec<i64>)> = points
            .iter()
            .enumerate()
            .map(|(i, &p)| (Candidate::at(CandidateId(i as u128), p), vec![1, i as i64 * 100]))
            .collect();
        let points = Weighted::new(2, weighted).unwrap();
        let mut holdings = Holdings::new(TerritoryIndex::build(areas), None, points.clone());
        let before = holdings.owners().to_vec();
        let preview = holdings.preview(TerritoryId(territory), new.clone());
        let change = holdings.replace(TerritoryId(territory), new.clone());
        prop_assert_eq!(&preview, &change);

        let fresh = Holdings::new(TerritoryIndex::build(holdings.index().areas().to_vec()), None, points.clone());
        prop_assert_eq!(holdings.owners(), fresh.owners());
        let moved = before.iter().zip(fresh.owners()).filter(|(a, b)| a != b).count();
        prop_assert_eq!(change.moved.len(), moved);
        // Sums: those left with nobody stay as zeros, so compare where either says something.
        for (owner, sums) in &holdings.totals().0 {
            let expected = fresh.totals().0.get(owner).cloned().unwrap_or(vec![0, 0]);
            prop_assert_eq!(sums, &expected);
        }
        let all: i64 = holdings.totals().0.values().map(|sums| sums[0]).sum();
        prop_assert_eq!(all as usize, points.len());
        let gained: i64 = change.difference.0.values().map(|sums| sums[0]).sum();
        prop_assert_eq!(gained, 0);
    }
}

#[test]
fn measures_must_match() {
    let one = Candidate::at(CandidateId(1), at(0.0, 0.0));
    let error = Weighted::new(2, vec![(one.clone(), vec![1, 2]), (one, vec![1])]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "candidate 1 has 1 measures, but 2 are expected"
    );
}

#[test]
fn a_rule_in_an_area_and_codes_without_one() {
    let health = Rule::OneOf {
        attribute: "industry".into(),
        values: vec![Value::Text("health".into())],
    };
    let index = TerritoryIndex::build(vec![
        area(1, Extent::Drawn(square(0.0, 0.0, 10.0))),
        area(
            2,
            Extent::RuleWithin {
                rule: health,
                shape: square(0.0, 0.0, 5.0),
            },
        ),
        area(
            3,
            Extent::Codes {
                attribute: "postal_code".into(),
                codes: ["17033".to_owned()].into(),
            },
        ),
    ]);
    let asked = |place: Option<LngLat>, attributes: &[(&str, &str)]| {
        let attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::Text((*value).to_owned())));
        let candidate = Candidate {
            id: CandidateId(1),
            place,
            attributes: attributes.collect(),
        };
        let decision = index.decide(&candidate, None);
        (
            decision.territory().map(|t| t.0),
            decision.winner.and_then(|w| w.unit),
        )
    };
    let inside = LngLat::new(2.0, 2.0).ok();
    let beside = LngLat::new(8.0, 8.0).ok();
    // The rule beats the drawn area where it holds, and only there.
    assert_eq!(asked(inside, &[("industry", "health")]).0, Some(2));
    assert_eq!(asked(beside, &[("industry", "health")]).0, Some(1));
    assert_eq!(asked(inside, &[("industry", "retail")]).0, Some(1));
    // A code needs no place, and is weaker than a drawn area.
    let code = [("postal_code", "17033")];
    assert_eq!(asked(None, &code), (Some(3), Some("17033".to_owned())));
    assert_eq!(asked(inside, &code).0, Some(1));
    assert_eq!(asked(None, &[("postal_code", "17034")]).0, None);
    // A bare place meets no rule; the rule's area is no overlap of ground.
    assert_eq!(index.owner_at(inside.unwrap(), None), Some(TerritoryId(1)));
    assert!(index.reads_attributes(None));
    assert!(index.overlaps(1.0).is_empty());
}
