//! Other costs on the same roads: customized again, changed, closed, avoided.

use geo_types::polygon;
use geom::{LocalMeters, Meters};
use proptest::prelude::*;
use testkit::Sketch;

use super::oracle::{places, snaps, twin};
use super::random::random_map;
use super::*;
use crate::cost::Cost;
use crate::hierarchy::Customizer;
use crate::search::Net;
use crate::{Avoid, Change, RoadClass, Wishes};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Which arcs there are does not depend on speeds, so one profile's hierarchy with another's costs is the other's.
    #[test]
    fn customized_again_is_built_afresh(map in random_map()) {
        prop_assume!(!map.ways.is_empty());
        let one = open(&map.extract());
        let other = open_with(&map.extract(), &Profile::car().by_duration());
        prop_assert!(one.hierarchy.sections() == other.hierarchy.sections());
        let again = Customizer::new(&one.hierarchy).metric(other.graph(), other.metric.edges.clone(), other.turns());
        prop_assert!(again.sections() == other.metric.sections());
        prop_assert!(one.customize(|_| Change::Keep).sections() == one.metric.sections());
    }

    /// Changed in a few places and again, the costs are those of customizing everything, byte by byte.
    #[test]
    fn updated_in_places_is_customized_afresh(
        map in random_map(),
        rounds in prop::collection::vec(prop::collection::vec((any::<u16>(), 0u8..10), 1..6), 1..5),
    ) {
        prop_assume!(!map.ways.is_empty());
        let roads = open(&map.extract());
        let count = roads.statistics().edges as u32;
        let mut live = roads.live(&Wishes::default());
        prop_assert!(roads.metric_now(&live).sections() == roads.metric.sections());
        let mut all = vec![Change::Keep; count as usize];
        for round in rounds {
            let changes: Vec<(u32, Change)> = round
                .into_iter()
                .map(|(edge, what)| {
                    let change = match what {
                        0 => Change::Close,
                        1 => Change::Keep,
                        n => Change::Times(f64::from(n) / 4.0),
                    };
                    (u32::from(edge) % count, change)
                })
                .collect();
            for (edge, change) in &changes {
                all[*edge as usize] = *change;
            }
            roads.update(&mut live, &changes);
            let afresh = roads.customize(|drive| all[drive.number() as usize]);
            let updated = roads.metric_now(&live);
            prop_assert!(updated.sections() == afresh.sections());
            prop_assert!(updated.edges[..] == afresh.edges[..]);
        }
    }

    #[test]
    fn changed_costs_agree_with_petgraph(
        map in random_map(),
        at in places(5),
        changes in prop::collection::vec(0u8..10, 1..40),
    ) {
        prop_assume!(!map.ways.is_empty());
        let roads = open(&map.extract());
        let metric = roads.customize(|drive| match changes[drive.number() as usize % changes.len()] {
            0 => Change::Close,
            1..5 => Change::Keep,
            n => Change::Times(f64::from(n) / 4.0),
        });
        let net = Net { roads: &roads, metric: &metric };
        let snaps = snaps(&roads, &map, &at);
        let costed = roads.with(&metric);
        let matrix = costed.matrix(&snaps, &snaps);
        let mut query = costed.query();
        for (i, from) in snaps.iter().enumerate() {
            let trips = query.trips(from, &snaps);
            for (j, to) in snaps.iter().enumerate() {
                let expected = twin(net, from, to).map(Cost::trip);
                prop_assert_eq!(query.trip(from, to), expected);
                prop_assert_eq!(query.route(from, to).map(|r| r.trip), expected);
                prop_assert_eq!(matrix.trip(i, j), expected);
                prop_assert_eq!(trips[j], expected);
                let limit = expected.map_or(100.0, |trip| trip.duration.to_seconds().0);
                let reached = query.reach(from, geom::Seconds(limit)).contains(to);
                prop_assert_eq!(reached, expected.is_some());
            }
        }
    }
}

/// A short way over a toll bridge and through a park, and a long one around both.
fn two_ways() -> Sketch {
    let drawing = "
        a   b   c   d
        e           f
    ";
    Sketch::new(Meters(100.0), drawing)
        .roads("ab bc cd ae ef fd")
        .way(
            "bc",
            &[
                ("highway", "primary"),
                ("toll", "yes"),
                ("surface", "gravel"),
                ("tunnel", "yes"),
            ],
        )
}

fn told_avoiding(roads: &RoadIndex, map: &Sketch, avoid: &Avoid) -> Option<f64> {
    let metric = roads.avoiding(avoid);
    let [from, to] = ["a", "d"].map(|at| snap(roads, place(map, at)));
    let trip = roads.with(&metric).query().trip(&from, &to);
    trip.map(|trip| (trip.distance.0 / 100.0).round() * 100.0)
}

#[test]
fn what_is_avoided_is_driven_around() {
    let map = two_ways();
    let roads = open(&map.extract());
    let nothing = Avoid::default();
    // 3 × 200 m straight on; 100 + 600 + 100 m around.
    assert_eq!(told_avoiding(&roads, &map, &nothing), Some(600.0));
    let plane = LocalMeters::at(place(&map, "bc"));
    let corner = |x: f64, y: f64| geo_types::Coord::from(plane.unproject([x, y]));
    let area = polygon![
        corner(-20.0, -20.0),
        corner(20.0, -20.0),
        corner(20.0, 20.0),
        corner(-20.0, 20.0)
    ];
    for avoid in [
        Avoid {
            classes: vec![RoadClass::Primary],
            ..nothing.clone()
        },
        Avoid {
            toll: true,
            ..nothing.clone()
        },
        Avoid {
            tunnels: true,
            ..nothing.clone()
        },
        Avoid {
            unpaved: true,
            ..nothing.clone()
        },
        Avoid {
            areas: vec![area],
            ..nothing.clone()
        },
    ] {
        assert_eq!(told_avoiding(&roads, &map, &avoid), Some(800.0), "{avoid:?}");
    }
    let all = Avoid {
        classes: vec![RoadClass::Primary, RoadClass::Residential],
        ..nothing
    };
    assert_eq!(told_avoiding(&roads, &map, &all), None);
}

#[test]
fn a_place_on_a_closed_road_is_not_left() {
    let map = two_ways();
    let roads = open(&map.extract());
    let toll = roads.avoiding(&Avoid {
        toll: true,
        ..Avoid::default()
    });
    let [inside, out] = ["bc", "a"].map(|at| snap(&roads, place(&map, at)));
    let mut query = roads.with(&toll).query();
    assert_eq!(
        (query.trip(&inside, &out), query.trip(&out, &inside)),
        (None, None)
    );
    assert!(query.route(&inside, &inside).is_none());
    assert!(roads.query().trip(&inside, &out).is_some());
}
