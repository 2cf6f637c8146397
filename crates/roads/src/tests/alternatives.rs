//! Other ways than the best one.

use std::collections::BTreeSet;

use geom::Meters;
use proptest::prelude::*;
use testkit::Sketch;

use super::oracle::{places, snaps};
use super::random::random_map;
use super::*;
use crate::AlternativeOptions;

/// Three streets side by side, 2 km long; and a block beside the first.
fn streets() -> Sketch {
    let drawing = "
                            p q
        a   b                                           c   d
        .   e                                           f
        .   g                                           h
    "
    .replace('.', " ");
    Sketch::new(Meters(100.0), &drawing).roads("ab bpqc cd be eg ef fc gh hf")
}

fn told_ways(options: &AlternativeOptions) -> Vec<String> {
    let map = streets();
    let roads = open(&map.extract());
    let [from, to] = ["a", "d"].map(|at| snap(&roads, place(&map, at)));
    let routes = roads.query().alternatives(&from, &to, options);
    for route in &routes {
        let total: geom::Millis = route.steps.iter().map(|step| step.duration).sum();
        assert_eq!(total, route.trip.duration);
    }
    routes
        .into_iter()
        .map(|route| passed(&map, Some(route)))
        .collect()
}

#[test]
fn another_street_is_told_after_the_best() {
    let usual = AlternativeOptions::default();
    let told = told_ways(&usual);
    let letters: Vec<&str> = told.iter().filter_map(|way| way.split(' ').next()).collect();
    assert_eq!(letters[..2], ["abpqcd", "abefcd"], "{told:?}");
    assert_eq!(told_ways(&AlternativeOptions { count: 1, ..usual }), told[..2]);
    assert_eq!(told_ways(&AlternativeOptions { count: 0, ..usual }).len(), 1);
}

#[test]
fn ways_that_are_too_long_or_mostly_the_same_are_not_told() {
    let usual = AlternativeOptions::default();
    // The second street is a tenth longer and has more turns, the third a fifth longer.
    assert_eq!(told_ways(&AlternativeOptions { longer: 0.0, ..usual }).len(), 1);
    // All of them begin with ab and end with cd: 400 of 2,500 metres.
    assert_eq!(
        told_ways(&AlternativeOptions {
            shared: 0.05,
            ..usual
        })
        .len(),
        1
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn alternatives_are_what_they_promise(map in random_map(), spots in places(5)) {
        prop_assume!(!map.ways.is_empty());
        let roads = open(&map.extract());
        let snaps = snaps(&roads, &map, &spots);
        let options = AlternativeOptions { count: 3, ..AlternativeOptions::default() };
        let mut query = roads.query();
        for from in &snaps {
            for to in &snaps {
                let found = query.alternatives(from, to, &options);
                let best = query.route(from, to);
                prop_assert_eq!(found.first(), best.as_ref());
                prop_assert_eq!(&found, &roads.query().alternatives(from, to, &options));
                prop_assert!(found.len() <= 4);
                let lines: BTreeSet<String> = found.iter().map(|route| format!("{:?}", route.line)).collect();
                prop_assert_eq!(lines.len(), found.len(), "two ways are one");
                for route in found.iter().skip(1) {
                    assert_consistent_line(route);
                }
            }
        }
    }
}

fn assert_consistent_line(route: &Route) {
    let drawn: f64 = route.line.windows(2).map(|w| w[0].distance(w[1]).0).sum();
    let slack = 0.05 + 0.02 * route.line.len() as f64;
    assert!(
        (drawn - route.trip.distance.0).abs() < slack,
        "drawn {drawn} m, told {} m",
        route.trip.distance.0
    );
}
