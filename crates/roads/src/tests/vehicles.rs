//! The same drawn map by van, by bicycle and on foot.

use geom::Meters;
use testkit::Sketch;

use super::*;
use crate::build_all;

/// A one-way street from a to b, and a long way back around; other ways across.
fn streets() -> Sketch {
    let drawing = "
        a   b


        c   d
        e   f
    ";
    Sketch::new(Meters(100.0), drawing).roads("a>b ac bd cd ce df ef")
}

#[test]
fn one_way_roads_bind_wheels_and_not_feet() {
    let map = streets();
    check_with(&map, &Profile::van(), "b -> a", "bdca 800m");
    check_with(&map, &Profile::bicycle(), "b -> a", "bdca 800m");
    check_with(&map, &Profile::foot(), "b -> a", "ba 200m");
    let contraflow = streets().way("a>b", &[("cycleway", "opposite_lane")]);
    check_with(&contraflow, &Profile::bicycle(), "b -> a", "ba 200m");
    check_with(&contraflow, &Profile::car(), "b -> a", "bdca 800m");
}

#[test]
fn each_keeps_to_the_ways_that_are_for_it() {
    let map = streets().way("cd", &[("highway", "footway")]);
    check_with(&map, &Profile::foot(), "c -> d", "cd 200m");
    check_with(&map, &Profile::bicycle(), "c -> d", "cefd 400m");
    let map = streets().way("cd", &[("highway", "cycleway")]);
    check_with(&map, &Profile::bicycle(), "c -> d", "cd 200m");
    check_with(&map, &Profile::car(), "c -> d", "cefd 400m");
    let low = streets().way("cd", &[("maxheight", "2.2")]);
    check_with(&low, &Profile::car(), "c -> d", "cd 200m");
    check_with(&low, &Profile::van(), "c -> d", "cefd 400m");
}

#[test]
fn walkers_need_not_heed_turn_restrictions() {
    let map = streets().restriction("no_left_turn", "ac", "c", "cd");
    check_with(&map, &Profile::foot(), "ac -> cd", "c 250m");
    // 150 + 100 + 200 + 100 + 100
    check_with(&map, &Profile::bicycle(), "ac -> cd", "cefd 650m");
}

#[test]
fn a_pack_holds_the_roads_of_several_vehicles() {
    let map = streets();
    let profiles = [
        Profile::car(),
        Profile::foot(),
        Profile::car(),
        Profile::bicycle(),
    ];
    let mut numbers = Vec::new();
    let sections = build_all(&map.extract(), &profiles, &mut |step| {
        numbers.push((step.number, step.of))
    });
    assert_eq!(numbers, (0..24).map(|number| (number, 24)).collect::<Vec<_>>());
    let pack = written(&sections);
    let all = RoadIndex::open_all(&pack).expect("all are whole");
    assert_eq!(
        all.iter().map(RoadIndex::profile).collect::<Vec<_>>(),
        ["car", "bicycle", "foot"]
    );
    let told_by: Vec<String> = all.iter().map(|roads| told(roads, &map, "b -> a")).collect();
    assert_eq!(told_by, ["bdca 800m", "bdca 800m", "ba 200m"]);
    // Each is what it is alone.
    for (roads, profile) in all
        .iter()
        .zip([Profile::car(), Profile::bicycle(), Profile::foot()])
    {
        let alone = open_with(&map.extract(), &profile);
        assert!(roads.metric().sections() == alone.metric().sections());
    }
    assert_eq!(
        RoadIndex::open(pack).expect("the first is whole").profile(),
        "car"
    );
}

#[test]
fn what_is_wrong_with_further_roads_is_named() {
    let mut sections = build_all(
        &streets().extract(),
        &[Profile::car(), Profile::foot()],
        &mut |_| (),
    );
    let foot = sections
        .iter_mut()
        .find(|section| section.name == "roads:foot/segments")
        .expect("the walker's segments");
    foot.bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let refused = RoadIndex::open_all(&written(&sections))
        .expect_err("damaged")
        .to_string();
    assert!(refused.contains("roads:foot/segments"), "{refused}");
}

#[test]
fn a_class_of_roads_may_be_slower_than_its_speeds_say() {
    let car = include_str!("../../profiles/car.toml");
    let slow = car.replace("[calibration]\n", "[calibration]\nresidential = 1.5\n");
    let trip = |profile: &Profile| {
        let roads = open_with(&streets().extract(), profile);
        drive(&roads, &streets(), "e -> f")
            .expect("a road leads there")
            .trip
            .duration
            .0 as f64
    };
    let slow = Profile::from_toml(&slow).expect("a profile with a factor");
    let ratio = trip(&slow) / trip(&Profile::car());
    assert!((ratio - 1.5).abs() < 0.001, "{ratio}");
    let wrong = car.replace("[calibration]\n", "[calibration]\nboulevard = 1.5\n");
    let refused = Profile::from_toml(&wrong).expect_err("no such class").to_string();
    assert!(refused.contains("calibration.boulevard"), "{refused}");
}
