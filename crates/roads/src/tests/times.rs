//! Roads and turns that are open, closed or slow at some times of the week.

use geom::Meters;
use proptest::prelude::*;
use testkit::Sketch;

use super::oracle::{places, snaps, twin};
use super::random::{Via, random_map};
use super::*;
use crate::cost::Cost;
use crate::search::Net;
use crate::{Avoid, Metrics, WeekTime, Wishes};

fn at(time: &str) -> Wishes {
    Wishes {
        time: Some(time.parse().expect("a time of the week")),
        ..Wishes::default()
    }
}

/// What is told at each of some times; without one what holds usually.
fn check_at(map: &Sketch, trip: &str, told: &[(&str, &str)]) {
    let roads = open(&map.extract());
    let (from, to) = trip.split_once(" -> ").expect("`from -> to`");
    let [from, to] = [from, to].map(|word| snap(&roads, place(map, word)));
    for (time, expected) in told {
        let wishes = match *time {
            "" => Wishes::default(),
            time => at(time),
        };
        let metric = roads.wished(&wishes);
        let net = Net {
            roads: &roads,
            metric: &metric,
        };
        let costed = roads.with(&metric);
        let mut query = costed.query();
        let route = query.route(&from, &to);
        let trip_told = route.as_ref().map(|route| route.trip);
        assert_eq!(query.trip(&from, &to), trip_told);
        assert_eq!(costed.matrix(&[from], &[to]).trip(0, 0), trip_told);
        assert_eq!(twin(net, &from, &to).map(Cost::trip), trip_told);
        assert_eq!(passed(map, route), *expected, "{trip} at {time:?}");
    }
}

/// A street from b to c, and a way around it.
fn street() -> Sketch {
    let drawing = "
        a   b   c   d
            e   f
    ";
    Sketch::new(Meters(100.0), drawing).roads("ab bc cd be ef fc")
}

#[test]
fn a_street_is_closed_at_some_times() {
    let map = street().way("bc", &[("motor_vehicle:conditional", "no @ (Mo-Fr 07:00-09:00)")]);
    check_at(
        &map,
        "a -> d",
        &[
            ("", "abcd 600m"),
            ("Mo 06:59", "abcd 600m"),
            ("Mo 07:00", "abefcd 800m"),
            ("Fr 08:59", "abefcd 800m"),
            ("Fr 09:00", "abcd 600m"),
            ("Sa 08:00", "abcd 600m"),
        ],
    );
    // For buses only, and for vehicles heavier than a car, it stays open.
    for (key, value) in [
        ("bus:conditional", "no @ (Mo-Fr 07:00-09:00)"),
        ("access:conditional", "no @ (Mo-Fr 07:00-09:00 AND weight>7.5)"),
        ("access:conditional", "no @ (Mar 15 - Sep 15)"),
    ] {
        let map = street().way("bc", &[(key, value)]);
        check_at(&map, "a -> d", &[("Mo 08:00", "abcd 600m")]);
    }
}

#[test]
fn a_closed_street_is_open_at_some_times_and_nobody_starts_there() {
    let map = street().way(
        "bc",
        &[
            ("access", "no"),
            ("access:conditional", "yes @ (Mo-Fr 16:00-11:00;Sa 00:00-11:00)"),
        ],
    );
    check_at(
        &map,
        "a -> d",
        &[
            ("", "abefcd 800m"),
            ("Mo 16:00", "abcd 600m"),
            ("Tu 10:59", "abcd 600m"),
            ("Tu 11:00", "abefcd 800m"),
            ("Sa 10:59", "abcd 600m"),
            ("Su 10:59", "abefcd 800m"),
        ],
    );
    let roads = open(&map.extract());
    let near = snap(&roads, place(&map, "bc"));
    assert!(
        near.distance > Meters(50.0),
        "snapped to a street that is usually closed: {near:?}"
    );
}

#[test]
fn one_way_streets_and_limits_change() {
    let map = street().way(
        "bc",
        &[("oneway", "yes"), ("oneway:conditional", "no @ (20:00-06:00)")],
    );
    check_at(
        &map,
        "d -> a",
        &[
            ("", "dcfeba 800m"),
            ("We 12:00", "dcfeba 800m"),
            ("We 23:00", "dcba 600m"),
            ("We 05:59", "dcba 600m"),
        ],
    );
    let map = street().way(
        "bc",
        &[("maxspeed", "50"), ("maxspeed:conditional", "5 @ (22:00-06:00)")],
    );
    check_at(
        &map,
        "a -> d",
        &[
            ("", "abcd 600m"),
            ("Su 22:30", "abefcd 800m"),
            ("Su 21:00", "abcd 600m"),
        ],
    );
}

#[test]
fn a_street_for_residents_at_some_times_is_not_passed_through_then() {
    let map = street().way(
        "bc",
        &[(
            "motor_vehicle:conditional",
            "destination @ (06:30-08:30);destination @ (16:30-18:30)",
        )],
    );
    check_at(
        &map,
        "a -> d",
        &[
            ("", "abcd 600m"),
            ("Mo 07:00", "abefcd 800m"),
            ("Mo 12:00", "abcd 600m"),
            ("Mo 17:00", "abefcd 800m"),
        ],
    );
    check_at(&map, "a -> bc", &[("Mo 07:00", "ab 300m")]);
    // The other way round: residents only, but free at night.
    let map = street().way(
        "bc",
        &[
            ("access", "destination"),
            ("access:conditional", "yes @ (22:00-06:00)"),
        ],
    );
    check_at(
        &map,
        "a -> d",
        &[
            ("", "abefcd 800m"),
            ("Mo 12:00", "abefcd 800m"),
            ("Mo 23:00", "abcd 600m"),
        ],
    );
}

fn crossing() -> Sketch {
    let drawing = "
            n
        w   x   o
            s
    ";
    Sketch::new(Meters(100.0), drawing).roads("wx xo nx xs")
}

fn at_times(map: Sketch, via: &[&str], to: &str, kind: &str) -> Sketch {
    let mut members = vec![("from", "xs")];
    members.extend(via.iter().map(|via| ("via", *via)));
    members.push(("to", to));
    let value = format!("{kind} @ (Mo-Fr 07:00-09:00)");
    map.relation(
        &members,
        &[("type", "restriction"), ("restriction:conditional", &value)],
    )
}

#[test]
fn turns_are_forbidden_at_some_times() {
    let map = at_times(crossing(), &["x"], "wx", "no_left_turn");
    check_at(
        &map,
        "s -> w",
        &[
            ("", "sxw 300m"),
            ("Mo 08:00", "sxnxw 500m"),
            ("Mo 10:00", "sxw 300m"),
        ],
    );
    check_at(&map, "n -> w", &[("Mo 08:00", "nxw 300m")]);
    let map = at_times(crossing(), &["x"], "nx", "only_straight_on");
    check_at(
        &map,
        "s -> o",
        &[
            ("", "sxo 300m"),
            ("Mo 08:00", "sxnxo 500m"),
            ("Sa 08:00", "sxo 300m"),
        ],
    );
}

#[test]
fn turns_over_a_way_are_forbidden_at_some_times() {
    let drawing = "
        a   b   c
        d   x   o
            s
    ";
    let map = Sketch::new(Meters(100.0), drawing).roads("xs bx ab bc co da");
    let map = at_times(map, &["bx"], "bc", "no_right_turn");
    // Turning back at d costs 800 m.
    check_at(
        &map,
        "s -> c",
        &[
            ("", "sxbc 400m"),
            ("Mo 08:00", "sxbadabc 1000m"),
            ("Su 08:00", "sxbc 400m"),
        ],
    );
    check_at(&map, "bx -> c", &[("Mo 08:00", "bc 250m")]);
}

#[test]
fn times_at_which_the_same_holds_share_their_costs() {
    let map = street().way("bc", &[("motor_vehicle:conditional", "no @ (Mo-Fr 07:00-09:00)")]);
    let roads = open(&map.extract());
    let key = |time: &str| roads.wishes_key(&at(time));
    assert_eq!(key("Mo 07:00"), key("Th 08:30"));
    assert_eq!(key("Mo 06:00"), roads.wishes_key(&Wishes::default()));
    assert_ne!(key("Mo 07:00"), key("Mo 09:00"));
    let both = Wishes {
        avoid: Avoid {
            toll: true,
            ..Avoid::default()
        },
        ..at("Mo 07:00")
    };
    assert_ne!(key("Mo 07:00"), roads.wishes_key(&both));
    let metrics = Metrics::new(4);
    let mut made = 0;
    for time in ["Mo 07:00", "Tu 07:30", "Mo 12:00"] {
        metrics.get_or(&key(time), || {
            made += 1;
            roads.wished(&at(time))
        });
    }
    assert_eq!(made, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A map with conditions at a time is the map of that time: restrictions at junctions hold or are not there.
    #[test]
    fn a_time_is_a_map_of_that_time(map in random_map(), spots in places(5), when in prop::collection::vec(any::<u8>(), 8), minute in 0u16..10_080) {
        prop_assume!(!map.ways.is_empty());
        // What is the only way always counts before what is forbidden at times, so both are not mixed at a junction.
        let mut map = map;
        map.restrictions.retain(|r| !r.only || matches!(r.via, Via::Way(_)));
        let day = minute / 1440;
        let hours = |number: usize| -> (u16, u16) {
            let hour = u16::from(when[number % when.len()] % 23);
            (hour, hour + 1)
        };
        let holds = |number: usize| {
            let (from, to) = hours(number);
            (from * 60..to * 60).contains(&(minute % 1440))
        };
        let conditional = map.extract_with(|number| {
            let (from, to) = hours(number);
            Some(format!("({from:02}:00-{to:02}:00)"))
        });
        let mut then = map.clone();
        let mut number = 0;
        then.restrictions.retain(|_| {
            number += 1;
            holds(number - 1)
        });
        let (roads, then) = (open(&conditional), open(&then.extract()));
        let time = WeekTime::new(day as u8, (minute % 1440 / 60) as u8, (minute % 60) as u8);
        let metric = roads.wished(&Wishes { time, ..Wishes::default() });
        let (ours, theirs) = (snaps(&roads, &map, &spots), snaps(&then, &map, &spots));
        let mut query = roads.with(&metric).query();
        for (i, from) in ours.iter().enumerate() {
            for (j, to) in ours.iter().enumerate() {
                let trip = query.trip(from, to);
                prop_assert_eq!(trip, twin(Net { roads: &roads, metric: &metric }, from, to).map(Cost::trip));
                // Roads are joined where no restriction is, and each joined road is rounded by itself.
                let expected = then.query().trip(&theirs[i], &theirs[j]);
                prop_assert_eq!(trip.is_some(), expected.is_some());
                if let (Some(trip), Some(expected)) = (trip, expected) {
                    prop_assert!((trip.duration.0 - expected.duration.0).abs() < 40, "{:?}, then {:?}", trip, expected);
                }
            }
        }
    }
}
