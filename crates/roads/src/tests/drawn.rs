//! Drawn maps, one idea each.

use geom::{Fixed, Meters, Seconds};
use osm::{Builder, NodeId, WayId};
use testkit::Sketch;

use super::*;

fn square() -> Sketch {
    let drawing = "
        a   b   c
        d       e
    ";
    Sketch::new(Meters(100.0), drawing)
}

fn crossing() -> Sketch {
    let drawing = "
            n
        w   x   o
            s
    ";
    Sketch::new(Meters(100.0), drawing).roads("wx xo nx xs")
}

#[test]
fn one_way_roads_are_driven_one_way() {
    let map = square().roads("a>b>c ad de ec");
    check(&map, "a -> c", "abc 400m");
    check(&map, "c -> a", "ceda 600m");
    // Against the drawing.
    let map = square().roads("a<b<c ad de ec");
    check(&map, "c -> a", "cba 400m");
    check(&map, "a -> c", "adec 600m");
}

#[test]
fn times_are_lengths_over_speeds() {
    let map = square().roads("abc");
    // Residential: 25 km/h, and where two roads meet a bend is free. 400 m / (25 / 3.6 m/s) = 57.6 s
    assert!((seconds(&map, "a -> c") - 57.6).abs() < 0.05);
    let map = map.way("abc", &[("maxspeed", "50")]);
    // 50 km/h × 0.8 = 40 km/h; 400 / (40 / 3.6) = 36 s
    assert!((seconds(&map, "a -> c") - 36.0).abs() < 0.05);
}

#[test]
fn the_faster_way_wins_over_the_shorter() {
    let map = square()
        .roads("abc ad de ec")
        .way("de", &[("highway", "primary")]);
    // 400 m at 25 km/h take 57.6 s; around it is 200 m at 25 and 400 m at 65 km/h, 28.8 + 22.2 = 51.0 s.
    check(&map, "a -> c", "adec 600m");
    assert!((seconds(&map, "a -> c") - 51.0).abs() < 0.1);
}

#[test]
fn forbidden_turns_are_driven_around() {
    let map = crossing();
    check(&map, "s -> w", "sxw 300m");
    let map = map.restriction("no_left_turn", "xs", "x", "wx");
    check(&map, "s -> w", "sxnxw 500m");
    check(&map, "n -> w", "nxw 300m");
    check(&map, "w -> s", "wxs 300m");
    // 500 m at 25 km/h are 72 s; straight on 0.007, turning back at the dead end 20 + 7.455, right 2.105
    assert!((seconds(&map, "s -> w") - 101.567).abs() < 0.1);
    let map = map.restriction("no_u_turn", "nx", "n", "nx");
    check(&map, "s -> w", "sxoxw 700m");
}

#[test]
fn only_turns_leave_nothing_else() {
    let map = crossing().restriction("only_straight_on", "xs", "x", "nx");
    check(&map, "s -> o", "sxnxo 500m");
    check(&map, "n -> o", "nxo 300m");
    // A restriction whose only way is not there cannot mean what it says.
    let map = crossing()
        .roads("x<o")
        .restriction("only_right_turn", "xs", "x", "nx")
        .way("nx", &[("access", "no")]);
    check(&map, "s -> w", "sxw 300m");
}

#[test]
fn restrictions_may_spare_cars() {
    let map = crossing().restriction_with("no_left_turn", "xs", "x", "wx", &[("except", "bus;motorcar")]);
    check(&map, "s -> w", "sxw 300m");
    let map = crossing().relation(
        &[("from", "xs"), ("via", "x"), ("to", "wx")],
        &[("type", "restriction"), ("restriction:motorcar", "no_left_turn")],
    );
    check(&map, "s -> w", "sxnxw 500m");
}

/// Two carriageways and a link between them.
fn carriageways() -> Sketch {
    let drawing = "
        a   b   c
        d   e   f
            g
    ";
    Sketch::new(Meters(100.0), drawing).roads("a>b b>c c>f f>e e>d be eg")
}

#[test]
fn a_restriction_over_a_way_concerns_those_who_came_that_way() {
    let map = carriageways();
    check(&map, "a -> d", "abed 500m");
    let map = map.restriction("no_u_turn", "ab", "be", "ed");
    check(&map, "a -> d", "abcfed 900m");
    check(&map, "a -> g", "abeg 400m");
    check(&map, "be -> d", "ed 250m");
    check(&map, "g -> d", "ged 300m");
    let map = carriageways().restriction("only_straight_on", "ab", "be", "eg");
    check(&map, "a -> d", "abcfed 900m");
    check(&map, "a -> g", "abeg 400m");
    check(&map, "be -> d", "ed 250m");
}

#[test]
fn a_restriction_may_run_over_two_ways() {
    let drawing = "
        a   b   c
            e   f
        g   h   i
    ";
    let map = Sketch::new(Meters(100.0), drawing).roads("a>b b>c cfi ih be ef eh h>g");
    check(&map, "a -> g", "abehg 600m");
    let map = map.restriction("no_u_turn", "ab", "be eh", "hg");
    // Over f it is as short as over c, and nothing is forbidden there.
    let roads = open(&map.extract());
    assert!(told(&roads, &map, "a -> g").ends_with("1000m"));
    check(&map, "be -> g", "ehg 350m");
    check(&map, "ef -> g", "ehg 400m");
    check(&map, "a -> eh", "abe 350m");
}

#[test]
fn overlapping_restrictions_over_ways_all_hold() {
    let map = carriageways()
        .restriction("no_u_turn", "ab", "be", "ed")
        .restriction("no_entry", "ab", "be", "eg");
    check(&map, "a -> d", "abcfed 900m");
    check(&map, "a -> g", "abcfeg 800m");
    check(&map, "be -> g", "eg 150m");
}

/// A short cut between two roads, and the way around it.
fn short_cut(access: &str) -> Sketch {
    let drawing = "
        x   a   b   y
            d   e
    ";
    Sketch::new(Meters(100.0), drawing)
        .roads("xa ab by ad de eb")
        .way("ab", &[("access", access)])
}

#[test]
fn private_roads_are_for_the_ends_of_a_trip() {
    check(&short_cut("yes"), "x -> y", "xaby 600m");
    check(&short_cut("no"), "x -> y", "xadeby 800m");
    for access in ["private", "destination", "customers", "delivery"] {
        let map = short_cut(access);
        check(&map, "x -> y", "xadeby 800m");
        check(&map, "x -> ab", "xa 300m");
        check(&map, "ab -> y", "by 300m");
    }
    // Where there is no other way, one has to.
    let map = short_cut("private").way("de", &[("highway", "footway")]);
    check(&map, "x -> y", "xaby 600m");
    // The time is that of driving: 600 m at 25 km/h = 86.4 s and two nearly straight junctions.
    assert!((seconds(&map, "x -> y") - 86.4).abs() < 0.1);
}

#[test]
fn bollards_close_a_road_and_gates_take_a_minute() {
    let map = square().roads("abc");
    check(
        &map.clone().node("b", &[("barrier", "bollard")]),
        "a -> c",
        "none",
    );
    // The road up to a bollard can be used, and left again.
    let blocked = square()
        .roads("abc ad de ec")
        .node("b", &[("barrier", "bollard")]);
    check(&blocked, "ab -> bc", "adec 800m");
    // 57.6 s and a minute
    let gate = map.node("b", &[("barrier", "gate")]);
    assert!((seconds(&gate, "a -> c") - 117.6).abs() < 0.05);
}

#[test]
fn signals_cost_those_they_face() {
    let signals = |direction: &str| {
        square()
            .roads("abc")
            .node("b", &[("highway", "traffic_signals"), ("direction", direction)])
    };
    for (direction, there, back) in [
        ("both", 59.6, 59.6),
        ("forward", 59.6, 57.6),
        ("backward", 57.6, 59.6),
    ] {
        let map = signals(direction);
        assert!((seconds(&map, "a -> c") - there).abs() < 0.05, "{direction}");
        assert!((seconds(&map, "c -> a") - back).abs() < 0.05, "{direction}");
    }
}

#[test]
fn ferries_take_the_time_they_say() {
    let map = Sketch::new(Meters(100.0), "a   b       c   d")
        .roads("ab cd")
        .way("bc", &[("route", "ferry"), ("duration", "00:10")]);
    check(&map, "a -> d", "abcd 800m");
    // 400 m at 25 km/h are 57.6 s, and ten minutes on the water
    assert!((seconds(&map, "a -> d") - 657.6).abs() < 0.1);
    let roads = open(&map.extract());
    let on_water = snap(&roads, place(&map, "bc"));
    assert!(
        (on_water.distance.0 - 200.0).abs() < 1.0,
        "nobody starts in mid water"
    );
}

#[test]
fn roundabouts_are_driven_counter_clockwise() {
    let drawing = "
              1
              n
        2   w   o   3
              s
              4
    ";
    let map = Sketch::new(Meters(100.0), drawing)
        .roads("1n 2w 3o 4s")
        .way("nwson", &[("highway", "residential"), ("junction", "roundabout")]);
    // A quarter is √2 × 100 m
    check(&map, "4 -> 3", "4so3 441m");
    check(&map, "3 -> 4", "3onws4 724m");
    let roads = open(&map.extract());
    let route = drive(&roads, &map, "3 -> 4").unwrap();
    let roundabouts: Vec<bool> = route.steps.iter().map(|s| s.roundabout).collect();
    assert_eq!(roundabouts, [false, true, false]);
}

#[test]
fn places_behind_one_on_a_one_way_road_are_driven_around_to() {
    // A ring without any junction: 400 + 100 + 400 + 100 m.
    let map = square().roads("a>b>c c>e e>d d>a");
    check(&map, "ab -> bc", "b 200m");
    check(&map, "bc -> ab", "ceda 800m");
    let map = square().roads("a>b>c");
    check(&map, "ab -> bc", "b 200m");
    check(&map, "bc -> ab", "none");
    // On a two-way road one just drives there.
    check(&square().roads("abc"), "bc -> ab", "b 200m");
}

#[test]
fn the_same_place_is_no_trip() {
    for map in [square().roads("abc"), square().roads("a>b>c")] {
        let roads = open(&map.extract());
        let route = drive(&roads, &map, "ab -> ab").unwrap();
        assert_eq!((route.trip.duration.0, route.trip.distance.0), (0, 0.0));
        assert_eq!((route.line.len(), route.steps.len()), (2, 1));
    }
}

#[test]
fn steps_change_with_the_name_of_the_road() {
    let map = Sketch::new(Meters(100.0), "a   b   c   d   e")
        .roads("ab bc cd de")
        .way("ab", &[("name", "Lange Straße")])
        .way("bc", &[("name", "Lange Straße"), ("maxspeed", "30")])
        .way("cd", &[("name", "Ringstraße"), ("ref", "B 96")]);
    let roads = open(&map.extract());
    let route = drive(&roads, &map, "a -> e").unwrap();
    let steps: Vec<_> = route
        .steps
        .iter()
        .map(|s| (s.name.as_deref(), s.reference.as_deref(), s.distance.0.round()))
        .collect();
    let expected = [
        (Some("Lange Straße"), None, 400.0),
        (Some("Ringstraße"), Some("B 96"), 200.0),
        (None, None, 200.0),
    ];
    assert_eq!(steps, expected);
    // 200 m at 25 km/h = 28.8 s, 200 m at 30 × 0.8 = 24 km/h = 30 s
    assert!((route.steps[0].duration.to_seconds().0 - 58.8).abs() < 0.05);
}

#[test]
fn ways_of_no_length_lead_on() {
    let place = |lng: f64| Fixed::from(LngLat::new(lng, 53.0).unwrap());
    let mut builder = Builder::default();
    for (id, lng) in [(1, 13.0), (2, 13.0), (3, 13.01), (4, 12.98)] {
        builder.node(NodeId(id), place(lng), []);
    }
    let road = [("highway", "residential")];
    builder.way(WayId(1), [1, 2].map(NodeId), [("highway", "service")]);
    builder.way(WayId(2), [2, 3].map(NodeId), road);
    builder.way(WayId(3), [1, 1].map(NodeId), road);
    builder.way(WayId(4), [4].map(NodeId), road);
    builder.way(WayId(5), [1, 4].map(NodeId), road);
    let roads = open(&builder.finish());
    let (from, to) = (
        snap(&roads, place(13.005).into()),
        snap(&roads, place(12.99).into()),
    );
    let route = roads.query().route(&from, &to);
    assert_consistent(&roads, &from, &to, route.as_ref());
    let meters = LngLat::from(place(13.005)).distance(place(12.99).into()).0;
    assert!((route.unwrap().trip.distance.0 - meters).abs() < 0.1);
}

#[test]
fn ways_are_cut_where_an_extract_lacks_their_nodes() {
    let place = |lng: f64| Fixed::from(LngLat::new(lng, 53.0).unwrap());
    let mut builder = Builder::default();
    for (id, lng) in [(1, 13.0), (2, 13.01), (4, 13.03), (5, 13.04)] {
        builder.node(NodeId(id), place(lng), []);
    }
    builder.way(
        WayId(1),
        [1, 2, 3, 4, 5].map(NodeId),
        [("highway", "residential")],
    );
    let roads = open(&builder.finish());
    let (from, to) = (
        snap(&roads, place(13.001).into()),
        snap(&roads, place(13.039).into()),
    );
    assert_eq!(roads.query().trip(&from, &to), None);
    assert_eq!(roads.statistics().segments, 2);
}

#[test]
fn the_antimeridian_is_crossed() {
    let place = |lng: f64| Fixed::from(LngLat::new(lng, 53.0).unwrap());
    let mut builder = Builder::default();
    let lngs = [179.98, 179.999, -179.999, -179.98];
    for (id, lng) in (1..).zip(lngs) {
        builder.node(NodeId(id), place(lng), []);
    }
    for (id, highway) in [(1, "residential"), (2, "primary"), (3, "residential")] {
        builder.way(WayId(id), [NodeId(id), NodeId(id + 1)], [("highway", highway)]);
    }
    let roads = open(&builder.finish());
    let (from, to) = (
        snap(&roads, place(lngs[0]).into()),
        snap(&roads, place(lngs[3]).into()),
    );
    let route = roads.query().route(&from, &to);
    assert_consistent(&roads, &from, &to, route.as_ref());
    // 0.04° of longitude at 53° north: 0.04 × 111,195 × cos 53° = 2,676.8 m
    assert!((route.unwrap().trip.distance.0 - 2676.8).abs() < 1.0);
    let area = roads
        .query()
        .reach(&from, Seconds(3600.0))
        .area(&crate::AreaOptions::default());
    assert!(!area.0.is_empty());
}

#[test]
fn an_extract_without_roads_has_no_answers_but_opens() {
    let roads = open(&Builder::default().finish());
    let somewhere = LngLat::new(13.0, 53.0).unwrap();
    assert!(roads.snap(somewhere, &SnapOptions::default()).is_err());
    assert_eq!(roads.matrix(&[], &[]).durations().len(), 0);
    assert_eq!(roads.statistics().segments, 0);
}

#[test]
fn chains_become_one_segment() {
    // Three ways in a row, one drawn the other way round, and a node with a name only.
    let map = Sketch::new(Meters(100.0), "a b c d")
        .roads("ab cb cd")
        .node("b", &[("name", "Milestone")]);
    assert_eq!(open(&map.extract()).statistics().segments, 1);
    check(&map, "a -> d", "abcd 300m");
    let map = Sketch::new(Meters(100.0), "a b c d").roads("a>b c<b c>d");
    assert_eq!(open(&map.extract()).statistics().segments, 1);
    check(&map, "a -> d", "abcd 300m");
    check(&map, "d -> a", "none");
}
