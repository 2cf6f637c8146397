//! Which road a place is put on.

use geom::{LocalMeters, Meters};
use proptest::prelude::*;
use testkit::Sketch;

use super::random::{RandomMap, random_map};
use super::*;
use crate::ComponentRule;

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
