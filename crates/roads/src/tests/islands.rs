//! Roads that do not connect to the rest.

use geom::Meters;
use testkit::Sketch;

use super::*;
use crate::{ComponentRule, SnapError};

/// A mainland and two islands, one beside it and one far away.
fn sea() -> Sketch {
    let drawing = "
        a   b   c       y   z
        d       e
        m   n
    ";
    Sketch::new(Meters(100.0), drawing).roads("ab bc ad de ec be mn yz")
}

#[test]
fn no_road_leads_to_an_island() {
    let map = sea();
    check(&map, "y -> z", "yz 200m");
    let roads = open(&map.extract());
    let any = SnapOptions {
        component: ComponentRule::Any,
        ..SnapOptions::default()
    };
    let [shore, island] = ["a", "z"].map(|at| roads.snap(place(&map, at), &any).unwrap());
    assert_ne!(shore.component, island.component);
    assert!(shore.on_large_component && !island.on_large_component);
    assert_eq!(roads.query().route(&shore, &island), None);
    let matrix = roads.matrix(&[shore, island], &[shore, island]);
    assert_eq!((matrix.trip(0, 1), matrix.trip(1, 0)), (None, None));
    assert_eq!(matrix.durations()[1], crate::Matrix::UNREACHABLE);
    assert!(matrix.trip(0, 0).is_some() && matrix.trip(1, 1).is_some());
    assert_eq!((matrix.trip(0, 2), matrix.trip(2, 0)), (None, None));
}

#[test]
fn what_lies_beside_the_mainland_gives_way_and_a_real_island_does_not() {
    let map = sea();
    let roads = open(&map.extract());
    // 100 m from the mainland, a detour of up to 200 m is taken.
    let beside = snap(&roads, place(&map, "mn"));
    assert!(beside.on_large_component && (beside.distance.0 - 100.0).abs() < 0.5);
    // 400 m from the mainland it is not.
    let far = snap(&roads, place(&map, "y"));
    assert!(!far.on_large_component && far.distance.0 < 0.1);
}

#[test]
fn places_of_one_matrix_may_be_held_together() {
    let map = sea();
    let roads = open(&map.extract());
    let places: Vec<LngLat> = ["y", "z", "yz", "c"].map(|at| place(&map, at)).to_vec();
    let snaps = roads.snap_together(&places, &SnapOptions::default());
    let island = snaps[0].as_ref().unwrap().component;
    // Most lie on the island, and it is within reach of c.
    assert!(snaps.iter().all(|s| s.as_ref().unwrap().component == island));
    let narrow = SnapOptions {
        radius: Meters(300.0),
        ..SnapOptions::default()
    };
    let snaps = roads.snap_together(&places, &narrow);
    assert_ne!(
        snaps[3].as_ref().unwrap().component,
        island,
        "out of reach, so it keeps its own road"
    );
}

#[test]
fn an_error_says_what_was_asked_and_what_there_is() {
    let map = sea();
    let roads = open(&map.extract());
    let shore = snap(&roads, place(&map, "a"));
    let only = SnapOptions {
        radius: Meters(300.0),
        component: ComponentRule::Only(shore.component),
        ..SnapOptions::default()
    };
    let refused = roads.snap(place(&map, "z"), &only).unwrap_err();
    assert!(matches!(refused, SnapError::NotConnected { .. }), "{refused}");
    assert!(
        refused.to_string().contains("the nearest is 0 m away"),
        "{refused}"
    );
    let elsewhere = LngLat::new(2.35, 48.85).unwrap();
    let refused = roads.snap(elsewhere, &SnapOptions::default()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "no road within 1000 m of 2.35000, 48.85000 (longitude, latitude)"
    );
}
