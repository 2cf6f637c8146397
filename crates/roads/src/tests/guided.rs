//! What to do along the way, in words; and which roads a recorded drive followed.

use geom::{LocalMeters, Meters};
use testkit::Sketch;

use super::*;
use crate::{Language, Maneuver, TraceOptions, Turn};

fn texts(map: &Sketch, trip: &str, language: &Language) -> Vec<String> {
    let roads = open(&map.extract());
    let route = drive(&roads, map, trip).expect("a road leads there");
    let said = route.instructions(language);
    let total: geom::Millis = said.iter().map(|i| i.duration).sum();
    assert_eq!(
        total, route.trip.duration,
        "every second belongs to one instruction"
    );
    said.into_iter().map(|i| i.text).collect()
}

fn crossing() -> Sketch {
    let drawing = "
            b
        a   c   d
            e
    ";
    Sketch::new(Meters(100.0), drawing)
        .roads("ac cd cb ce")
        .way("ac", &[("name", "West Street"), ("ref", "B 1")])
        .way("cb", &[("name", "North Street")])
        .way("ce", &[("name", "South Street")])
}

#[test]
fn turns_are_said_in_english_and_german() {
    let map = crossing();
    assert_eq!(
        texts(&map, "a -> b", &Language::english()),
        [
            "Head east on West Street (B 1)",
            "Turn left onto North Street",
            "You have arrived"
        ]
    );
    assert_eq!(
        texts(&map, "a -> e", &Language::german()),
        [
            "Nach Osten auf West Street (B 1) starten",
            "Rechts abbiegen auf South Street",
            "Sie haben Ihr Ziel erreicht"
        ]
    );
    // The road straight on has no name: nothing is said of it.
    assert_eq!(texts(&map, "a -> d", &Language::english()).len(), 2);
}

#[test]
fn exits_of_a_roundabout_are_counted() {
    let drawing = "
              n
              b
        w   a   c   e
              d
              s
    ";
    let map = Sketch::new(Meters(50.0), drawing)
        .roads("a>d d>c c>b b>a wa ce bn ds")
        .way("wa", &[("name", "West Street")])
        .way("ce", &[("name", "East Street")])
        .way("bn", &[("name", "North Street")])
        .way("ds", &[("name", "South Street")]);
    let map = ["a>d", "d>c", "c>b", "b>a"]
        .into_iter()
        .fold(map, |map, way| map.way(way, &[("junction", "roundabout")]));
    for (trip, exit, street) in [
        ("w -> s", "first", "South"),
        ("w -> e", "second", "East"),
        ("w -> n", "third", "North"),
    ] {
        let told = texts(&map, trip, &Language::english());
        assert_eq!(
            told[1],
            format!("At the roundabout, take the {exit} exit onto {street} Street"),
            "{told:?}"
        );
        assert_eq!(told.len(), 3);
    }
}

#[test]
fn angles_have_names() {
    for (degrees, turn) in [
        (0.0, Turn::Straight),
        (-15.0, Turn::Straight),
        (30.0, Turn::SlightRight),
        (90.0, Turn::Right),
        (140.0, Turn::SharpRight),
        (-90.0, Turn::Left),
        (-150.0, Turn::SharpLeft),
        (-45.0, Turn::SlightLeft),
        (180.0, Turn::Back),
        (-170.0, Turn::Back),
    ] {
        assert_eq!(Turn::of(degrees), turn, "{degrees}");
    }
}

#[test]
fn the_ferry_and_the_motorway_are_told() {
    let map = Sketch::new(Meters(200.0), "a   b   c   d")
        .roads("ab bc cd")
        .way(
            "ab",
            &[("highway", "motorway"), ("ref", "A 20"), ("oneway", "no")],
        )
        .way("cd", &[("highway", ""), ("route", "ferry"), ("name", "Warnow")]);
    let roads = open(&map.extract());
    let told = |trip: &str| -> Vec<Maneuver> {
        let route = drive(&roads, &map, trip).expect("a road leads there");
        route
            .instructions(&Language::english())
            .iter()
            .map(|i| i.maneuver)
            .collect()
    };
    assert_eq!(
        told("a -> c"),
        [Maneuver::Depart, Maneuver::LeaveMotorway, Maneuver::Arrive]
    );
    assert_eq!(
        told("c -> a"),
        [Maneuver::Depart, Maneuver::Motorway, Maneuver::Arrive]
    );
}

/// Two parallel streets 40 m apart, joined at both ends, where others meet them.
fn parallel() -> Sketch {
    let drawing = "
      e a                   b f
        c                   d
    ";
    Sketch::new(Meters(40.0), drawing).roads("ea ab bf cd ac bd")
}

fn trace(map: &Sketch, offsets: &[[f64; 2]]) -> (RoadIndex, crate::Trace) {
    let roads = open(&map.extract());
    let plane = LocalMeters::at(map.place('a'));
    let places: Vec<LngLat> = offsets.iter().map(|at| plane.unproject(*at)).collect();
    let trace = roads.query().follow(&places, &TraceOptions::default());
    (roads, trace)
}

#[test]
fn a_recorded_drive_keeps_to_its_road_although_one_place_is_nearer_to_another() {
    let map = parallel();
    // Along ab, 5 m off; the third place is 22 m off and nearer to cd.
    let (roads, trace) = trace(
        &map,
        &[
            [20.0, -5.0],
            [100.0, 4.0],
            [180.0, -22.0],
            [260.0, 5.0],
            [340.0, -4.0],
        ],
    );
    assert_eq!(trace.parts.len(), 1);
    let part = &trace.parts[0];
    assert_eq!((part.points.len(), part.legs.len()), (5, 4));
    let first = part.points[0].1.segment;
    assert!(
        part.points.iter().all(|(_, snap)| snap.segment == first),
        "{part:?}"
    );
    let length: f64 = part.legs.iter().map(|leg| leg.trip.distance.0).sum();
    assert!((length - 320.0).abs() < 0.5, "{length} m, {part:?}");
    assert!(roads.road(&part.points[0].1).name.is_none());
}

#[test]
fn standing_still_and_jumping_are_not_driven() {
    let map = parallel();
    // The third place lies 12 m behind the second; the last one has no road near it.
    let (_, trace) = trace(
        &map,
        &[
            [20.0, 0.0],
            [100.0, 0.0],
            [88.0, 1.0],
            [150.0, 0.0],
            [150.0, 500.0],
        ],
    );
    let part = &trace.parts[0];
    assert_eq!(
        part.points.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    let length: f64 = part.legs.iter().map(|leg| leg.trip.distance.0).sum();
    assert!((length - 130.0).abs() < 0.5, "{length}");
    let nothing = trace_of_nothing(&map);
    assert!(nothing.parts.is_empty());
}

fn trace_of_nothing(map: &Sketch) -> crate::Trace {
    trace(map, &[[5000.0, 5000.0]]).1
}

#[test]
fn where_no_way_leads_on_a_new_part_begins() {
    let map = Sketch::new(Meters(100.0), "a   b       c   d").roads("ab cd");
    let (_, trace) = trace(&map, &[[20.0, 0.0], [180.0, 0.0], [620.0, 0.0], [780.0, 0.0]]);
    assert_eq!(
        trace.parts.iter().map(|p| p.points.len()).collect::<Vec<_>>(),
        [2, 2]
    );
}

/// A motorway from a to d; an exit at b that divides at x, a road from y, and a slip road back on at c.
fn interchange() -> Sketch {
    let drawing = "
        a       b                       c       d
                      x           v
                            y     z
                                  w
    ";
    Sketch::new(Meters(100.0), drawing)
        .roads("a>b b>c c>d b>x x>y x>z zw v>c zv")
        .way("ab", &[("highway", "motorway"), ("ref", "A 20")])
        .way("bc", &[("highway", "motorway"), ("ref", "A 20")])
        .way("cd", &[("highway", "motorway"), ("ref", "A 20")])
        .node("b", &[("highway", "motorway_junction"), ("ref", "32")])
        .way(
            "bx",
            &[
                ("highway", "motorway_link"),
                ("destination", "Neubrandenburg;Burg Stargard"),
                ("destination:ref", "B 96"),
            ],
        )
        .way(
            "xy",
            &[("highway", "motorway_link"), ("destination", "Burg Stargard")],
        )
        .way(
            "xz",
            &[("highway", "motorway_link"), ("destination", "Neubrandenburg")],
        )
        .way("zw", &[("name", "Long Street")])
        .way("zv", &[("name", "Long Street")])
        .way("vc", &[("highway", "motorway_link"), ("destination", "Rostock")])
}

#[test]
fn exits_forks_ramps_and_signposts_are_told() {
    let map = interchange();
    assert_eq!(
        texts(&map, "a -> w", &Language::english()),
        [
            "Head east on A 20",
            "Take exit 32 on the right towards B 96, Neubrandenburg, Burg Stargard",
            "Keep left at the fork towards Neubrandenburg",
            "Turn right onto Long Street",
            "You have arrived"
        ]
    );
    assert_eq!(
        texts(&map, "a -> y", &Language::german())[1..3],
        [
            "Rechts die Ausfahrt 32 nehmen Richtung B 96, Neubrandenburg, Burg Stargard",
            "An der Gabelung rechts halten Richtung Burg Stargard"
        ]
    );
    assert_eq!(
        texts(&map, "w -> d", &Language::english()),
        [
            "Head north on Long Street",
            "Take the ramp on the right towards Rostock",
            "Merge onto A 20",
            "You have arrived"
        ]
    );
    // Passing an exit is nothing to tell.
    assert_eq!(texts(&map, "a -> d", &Language::english()).len(), 2);
}

#[test]
fn streets_part_where_neither_goes_on() {
    let drawing = "
                        p
        a       b
                        q
    ";
    let map = Sketch::new(Meters(100.0), drawing).roads("ab bp bq");
    let told = |map: &Sketch, trip: &str| texts(map, trip, &Language::english())[1].clone();
    assert_eq!(told(&map, "a -> p"), "Keep left at the fork");
    assert_eq!(told(&map, "a -> q"), "Keep right at the fork");
    // Who goes on along the street by its name is told nothing.
    let named = ["ab", "bp"]
        .into_iter()
        .fold(map, |map, way| map.way(way, &[("name", "Long Street")]));
    assert_eq!(told(&named, "a -> p"), "You have arrived");
    assert_eq!(told(&named, "a -> q"), "Keep right at the fork");
}
