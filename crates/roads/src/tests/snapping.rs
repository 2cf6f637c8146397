//! Which road a place is put on.

use geom::{LocalMeters, Meters};
use proptest::prelude::*;
use testkit::Sketch;

use super::random::{RandomMap, random_map};
use super::*;
use crate::{Approach, Bearing, Candidate, ComponentRule, Note, Skipped, Verdict};

fn parallel_streets() -> Sketch {
    let drawing = "
        a       b
        c       d
    ";
    Sketch::new(Meters(40.0), drawing)
        .roads("ab cd ac bd")
        .way("ab", &[("name", "Lange Straße")])
        .way("cd", &[("name", "Badstüberstraße")])
}

/// Ten metres north of the lower street, thirty south of the upper.
fn between(map: &Sketch) -> LngLat {
    LocalMeters::at(place(map, "cd")).unproject([0.0, 10.0])
}

#[test]
fn the_nearest_road_is_taken_and_the_nearest_point_on_it() {
    let map = parallel_streets();
    let roads = open(&map.extract());
    let found = snap(&roads, between(&map));
    assert_eq!(roads.road(&found).name, Some("Badstüberstraße"));
    assert!((found.distance.0 - 10.0).abs() < 0.05 && found.point.distance(place(&map, "cd")).0 < 0.05);
    assert!(!found.street_matches);
}

#[test]
fn the_street_of_the_address_wins_over_a_nearer_one() {
    let map = parallel_streets();
    let roads = open(&map.extract());
    let options = SnapOptions::default();
    let found = roads
        .snap(between(&map), &options.on_street("Lange Str."))
        .unwrap();
    assert_eq!(roads.road(&found).name, Some("Lange Straße"));
    assert!(found.street_matches && (found.distance.0 - 30.0).abs() < 0.05);
    // No such street: the nearest.
    let found = roads
        .snap(between(&map), &options.on_street("Kurze Str."))
        .unwrap();
    assert_eq!(roads.road(&found).name, Some("Badstüberstraße"));
    // A name is worth a few steps, not a walk.
    let near = SnapOptions {
        street_detour: Meters(15.0),
        ..options
    };
    let found = roads.snap(between(&map), &near.on_street("Lange Str.")).unwrap();
    assert_eq!(roads.road(&found).name, Some("Badstüberstraße"));
}

#[test]
fn private_driveways_are_not_started_from() {
    let map = parallel_streets().way("cd", &[("highway", "service"), ("access", "private")]);
    let roads = open(&map.extract());
    assert_eq!(
        roads.road(&snap(&roads, between(&map))).name,
        Some("Lange Straße")
    );
}

#[test]
fn the_radius_is_a_limit() {
    let map = parallel_streets();
    let roads = open(&map.extract());
    let options = |radius| SnapOptions {
        radius: Meters(radius),
        ..SnapOptions::default()
    };
    assert!(roads.snap(between(&map), &options(9.5)).is_err());
    assert!(roads.snap(between(&map), &options(10.5)).is_ok());
    for odd in [0.0, -1.0, f64::NAN] {
        assert!(roads.snap(between(&map), &options(odd)).is_err(), "{odd}");
    }
    assert!(roads.snap(between(&map), &options(f64::INFINITY)).is_ok());
}

#[test]
fn candidates_say_what_speaks_for_and_against_them() {
    let map = parallel_streets();
    let roads = open(&map.extract());
    let options = SnapOptions::default().on_street("Lange Straße");
    let found = roads.candidates(between(&map), &options, 4);
    let named = |candidate: &Candidate| roads.road(&candidate.snap).name.map(str::to_owned);
    assert_eq!(named(&found[0]).as_deref(), Some("Lange Straße"));
    let Verdict::Usable { score, notes } = &found[0].verdict else {
        panic!("{found:?}")
    };
    // 30 m away, less 60 m for the name.
    assert!(
        (score.0 + 30.0).abs() < 0.05 && *notes == [Note::StreetMatches(Meters(60.0))],
        "{found:?}"
    );
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].snap, roads.snap(between(&map), &options).unwrap());
    let elsewhere = SnapOptions {
        component: ComponentRule::Only(crate::ComponentId(77)),
        ..options
    };
    let found = roads.candidates(between(&map), &elsewhere, 1);
    assert_eq!(found[0].verdict, Verdict::Skipped(Skipped::NotConnected));
}

/// A ring of four streets.
fn ring() -> Sketch {
    let drawing = "
        a       b
        c       d
    ";
    Sketch::new(Meters(100.0), drawing).roads("ab bd dc ca")
}

#[test]
fn a_bearing_and_a_side_of_the_road_decide_how_one_leaves() {
    let map = ring();
    let roads = open(&map.extract());
    let plane = LocalMeters::at(place(&map, "ab"));
    let [north, south] = [8.0, -8.0].map(|metres| plane.unproject([0.0, metres]));
    let to = snap(&roads, place(&map, "cd"));
    let meters = |options: &SnapOptions, at: LngLat| {
        let from = roads.snap(at, options).unwrap();
        roads.query().trip(&from, &to).unwrap().distance.0.round()
    };
    // 200 m along ab, 100 m down, 200 m along cd; eastward or westward it is the same on this ring.
    assert_eq!(meters(&SnapOptions::default(), north), 500.0);
    let start = |options: &SnapOptions, at: LngLat| {
        let from = roads.snap(at, options).unwrap();
        let route = roads.query().route(&from, &to).unwrap();
        if route.line[1].lng() > route.line[0].lng() {
            "east"
        } else {
            "west"
        }
    };
    let side = |approach| SnapOptions {
        approach,
        ..SnapOptions::default()
    };
    // Who keeps to the right has the houses north of the street on the right when driving west.
    assert_eq!(start(&side(Approach::Curb), north), "west");
    assert_eq!(start(&side(Approach::Curb), south), "east");
    assert_eq!(start(&side(Approach::Opposite), north), "east");
    let heading = |degrees| SnapOptions {
        bearing: Some(Bearing {
            degrees,
            tolerance: 20.0,
        }),
        ..SnapOptions::default()
    };
    assert_eq!(start(&heading(80.0), north), "east");
    assert_eq!(start(&heading(275.0), north), "west");
    // Northward only the streets beside are driven.
    let beside = roads.snap(north, &heading(0.0)).unwrap();
    assert!((beside.distance.0 - 200.0).abs() < 1.0, "{beside:?}");
}

#[test]
fn a_place_just_behind_on_a_two_way_road_may_have_to_be_driven_to_around() {
    let map = ring();
    let roads = open(&map.extract());
    let plane = LocalMeters::at(place(&map, "ab"));
    let at = |east: f64| plane.unproject([east, -8.0]);
    let curb = SnapOptions {
        approach: Approach::Curb,
        ..SnapOptions::default()
    };
    let [ahead, behind] = [50.0, -50.0].map(|east| roads.snap(at(east), &curb).unwrap());
    let mut query = roads.query();
    let forth = query.trip(&behind, &ahead).unwrap().distance.0;
    let back = query.trip(&ahead, &behind).unwrap().distance.0;
    assert!((forth - 100.0).abs() < 0.1, "{forth}");
    // Once around the ring of 1,000 m, less what lies between.
    assert!((back - 900.0).abs() < 0.2, "{back}");
    let matrix = roads.matrix(&[ahead], &[behind, ahead]);
    assert_eq!(matrix.trip(0, 0), query.trip(&ahead, &behind));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The tree gives every segment within the radius once, in order of distance: as a scan over all would.
    #[test]
    fn the_tree_agrees_with_a_scan(map in random_map(), x in -400.0..400.0f64, y in -400.0..400.0f64, radius in 0.0..600.0f64) {
        let roads = open(&map.extract());
        let place = LocalMeters::at(RandomMap::middle()).unproject([x, y]);
        let plane = LocalMeters::at(place);
        let mut expected: Vec<f64> = (0..roads.segments.len())
            .filter(|segment| roads.may_snap(*segment))
            .map(|segment| {
                let line: Vec<[f64; 2]> = roads.places(segment).map(|p| plane.project(p)).collect();
                let pieces = line.windows(2).map(|w| crate::nearby::nearest_on_line(w[0], w[1]).0.sqrt());
                pieces.fold(f64::INFINITY, f64::min)
            })
            .filter(|d| *d <= radius)
            .collect();
        expected.sort_by(f64::total_cmp);
        let found: Vec<Snap> = roads.roads_near(place, Meters(radius)).collect();
        let distances: Vec<f64> = found.iter().map(|s| s.distance.0).collect();
        prop_assert_eq!(distances.len(), expected.len());
        for (found, expected) in distances.iter().zip(&expected) {
            prop_assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
        for snap in &found {
            // The point is as far away as said, and as far along the segment as said.
            prop_assert!((snap.point.distance(place).0 - snap.distance.0).abs() < 0.05);
            prop_assert!(snap.along <= roads.segments[snap.segment as usize].length);
        }
        let any = SnapOptions { radius: Meters(radius), component: ComponentRule::Any, ..SnapOptions::default() };
        let nearest = roads.snap(place, &any).ok();
        prop_assert_eq!(nearest.map(|s| s.distance), found.first().map(|s| s.distance));
    }
}
