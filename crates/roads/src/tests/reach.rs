//! Drive-time areas: exact along roads, and around them what lies near.

use geo::{Contains, Validation};
use geom::{LocalMeters, Meters, Seconds};
use proptest::prelude::*;
use testkit::Sketch;

use super::random::random_map;
use super::*;
use crate::{AreaOptions, ComponentRule};

fn inside(area: &geo_types::MultiPolygon<f64>, place: LngLat) -> bool {
    area.contains(&geo_types::Point::from(place))
}

#[test]
fn a_road_is_reached_as_far_as_the_time_lasts() {
    let map = Sketch::new(Meters(100.0), "a                   b").roads("ab");
    let roads = open(&map.extract());
    let from = snap(&roads, place(&map, "a"));
    let mut query = roads.query();
    // 25 km/h for 72 s: 500 m of 1000
    let reach = query.reach(&from, Seconds(72.0));
    let reached: Vec<_> = reach.roads().collect();
    assert_eq!(reached.len(), 1);
    let length = reached[0].line[0].distance(reached[0].line[1]).0;
    assert!((length - 500.0).abs() < 0.1, "{length}");
    let area = reach.area(&AreaOptions::default());
    area.check_validation().expect("a valid area");
    let at = |meters: f64| LocalMeters::at(from.point).unproject([meters, 0.0]);
    assert!(inside(&area, at(499.0)) && !inside(&area, at(540.0)));
    assert!(
        query
            .reach(&from, Seconds(-1.0))
            .area(&AreaOptions::default())
            .0
            .len()
            <= 1
    );
}

#[test]
fn a_block_too_large_to_be_near_a_road_is_a_hole() {
    let drawing = "
        a                   b
        .
    "
    .replace('.', " ");
    let mut rows: Vec<String> = vec![drawing.lines().nth(1).unwrap_or_default().to_owned()];
    rows.extend((0..9).map(|_| String::new()));
    rows.push("        d                   c".to_owned());
    let map = Sketch::new(Meters(100.0), &rows.join("\n")).roads("abcda");
    let roads = open(&map.extract());
    let from = snap(&roads, place(&map, "a"));
    let area = roads
        .query()
        .reach(&from, Seconds(3600.0))
        .area(&AreaOptions::default());
    area.check_validation().expect("a valid area");
    // A kilometre a side, 150 m from the road are inside: a hole of 700 m a side.
    assert_eq!((area.0.len(), area.0[0].interiors().len()), (1, 1));
    let middle = place(&map, "ac");
    assert!(!inside(&area, middle) && inside(&area, place(&map, "ab")));
    let at = |south: f64| LocalMeters::at(place(&map, "ab")).unproject([0.0, -south]);
    assert!(inside(&area, at(140.0)) && !inside(&area, at(160.0)));
}

#[test]
fn what_is_nearer_to_a_road_not_reached_is_outside() {
    // The upper road is reached at once; the lower one only by way of y, 2.5 km away.
    let drawing = "
        a               b                                                  y
        c               d
    ";
    let map = Sketch::new(Meters(100.0), drawing).roads("ab cd by yd");
    let roads = open(&map.extract());
    let any = SnapOptions {
        component: ComponentRule::Any,
        ..SnapOptions::default()
    };
    let from = roads.snap(place(&map, "a"), &any).unwrap();
    let area = roads
        .query()
        .reach(&from, Seconds(300.0))
        .area(&AreaOptions::default());
    let south = |meters: f64| LocalMeters::at(place(&map, "ab")).unproject([0.0, -meters]);
    // The border runs halfway, give or take a grid square and a half.
    assert!(inside(&area, south(45.0)) && !inside(&area, south(85.0)));
}

#[test]
fn ferries_and_restricted_roads_do_not_stop_the_search() {
    let drawing = "
        x   a   b   y
            d   e
    ";
    let map = Sketch::new(Meters(100.0), drawing)
        .roads("xa ab by ad de eb")
        .way("ab", &[("access", "private")]);
    let roads = open(&map.extract());
    let from = snap(&roads, place(&map, "x"));
    let mut query = roads.query();
    for limit in [30.0, 60.0, 90.0, 120.0] {
        let reach = query.reach(&from, Seconds(limit));
        for at in ["x", "xa", "ad", "ab", "de", "by", "y"] {
            let to = snap(&roads, place(&map, at));
            let trip = roads.query().trip(&from, &to).expect("all are connected");
            let in_time = trip.duration.to_seconds().0 <= limit;
            assert_eq!(reach.contains(&to), in_time, "{at} in {limit} s: {trip:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn reached_is_what_a_trip_reaches_in_time(
        map in random_map(),
        start in (any::<u16>(), 0.0..1.0f64),
        at in prop::collection::vec((any::<u16>(), 0.0..1.0f64), 12),
        limit in 0.0..150.0f64,
    ) {
        prop_assume!(!map.ways.is_empty());
        let roads = open(&map.extract());
        let any = SnapOptions { component: ComponentRule::Any, ..SnapOptions::default() };
        let on = |(way, share): (u16, f64)| roads.snap(map.place_on(way as usize % map.ways.len(), share), &any);
        let Ok(from) = on(start) else { return Ok(()) };
        let mut query = roads.query();
        let reach = query.reach(&from, Seconds(limit));
        let area = reach.area(&AreaOptions::default());
        prop_assert!(area.check_validation().is_ok(), "{:?}", area.check_validation());
        for to in at.into_iter().filter_map(|at| on(at).ok()) {
            let trip = roads.query().trip(&from, &to);
            let in_time = trip.is_some_and(|t| t.duration.0 <= (limit * 1000.0).round() as i64);
            prop_assert_eq!(reach.contains(&to), in_time, "{:?} in {} s", trip, limit);
            prop_assert!(!in_time || inside(&area, to.point), "a reached point of a road lies outside");
        }
    }
}
