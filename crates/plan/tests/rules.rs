//! Each rule of a cycle by hand: patterns, gaps, urgency, goods, shipments, conflicts, lateness, nights, balance, clashes.

mod checker;

use std::ops::ControlFlow;

use checker::{World, faults};
use plan::{
    Conflict, DenseTimes, Gap, Lateness, Loads, Locks, Options, Overnight, PlaceId, Plan, Reason, Recurrence,
    Rules, Shipment, Slot, SlotId, Span, TimeOfDay, Urgency, Visit, VisitId, WhyPlanned, Window, Windows,
    Within, add_anyway, solve,
};

/// Home is place 0; place `i` lies `i` times ten minutes along one road.
fn road(places: usize) -> DenseTimes {
    let table = |unit: usize| {
        (0..places * places)
            .map(|i| ((i / places).abs_diff(i % places) * unit) as u32)
            .collect()
    };
    DenseTimes::new(places, table(600), table(10_000)).unwrap()
}

fn hours(from: i32, to: i32) -> Window {
    Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0))
}

fn days(count: u16) -> Vec<Slot> {
    (0..count)
        .map(|day| Slot::new(1, day, PlaceId(0), hours(8, 12)))
        .collect()
}

fn visit(place: u32) -> Visit {
    Visit::new(PlaceId(place), Span::minutes(60))
}

fn planned(slots: Vec<Slot>, visits: Vec<Visit>, rules: Rules) -> (World, Plan) {
    let world = World {
        slots,
        visits,
        rules,
        times: road(20),
    };
    let options = Options {
        seed: 3,
        steps: 400,
        ..Options::default()
    };
    let plan = solve(&world.problem(), &options, &mut |_| ControlFlow::Continue(()));
    assert_eq!(faults(&world, &plan), Vec::<String>::new());
    (world, plan)
}

/// The visits of each slot.
fn told(plan: &Plan) -> String {
    let order = |o: &Vec<VisitId>| o.iter().map(|v| v.0.to_string()).collect::<Vec<_>>().join(",");
    plan.orders().iter().map(order).collect::<Vec<_>>().join(" | ")
}

#[test]
fn a_pattern_is_kept_whole() {
    let twice = Visit {
        recurrence: Recurrence::Patterns(vec![vec![0, 2], vec![1, 3]]),
        ..visit(1)
    };
    // Someone far away is promised on day 0: 100 minutes out, an hour, 100 back is more than four hours with another visit.
    let far = Visit {
        tier: 0,
        locks: Locks {
            day: Some(0),
            ..Locks::default()
        },
        ..visit(9)
    };
    let (_, plan) = planned(days(4), vec![twice.clone(), far.clone()], Rules::default());
    assert_eq!(told(&plan), "1 | 0 |  | 0");
    let why = &plan.routes[1].stops[0].why;
    assert!(why.contains(&WhyPlanned::Days { days: vec![1, 3] }), "{why:?}");
    // With day 3 gone too, no pattern is left: nothing of it is planned, and the days are named.
    let mut slots = days(4);
    slots[3].absent = true;
    let (world, plan) = planned(slots, vec![twice, far], Rules::default());
    assert_eq!(told(&plan), "1 |  |  | ");
    let left = &plan.left_out[0];
    assert_eq!((left.visit, left.missing, left.planned.len()), (VisitId(0), 2, 0));
    assert_eq!(
        left.reasons[1].reasons,
        [Reason::PatternIncomplete { days: vec![3] }]
    );
    assert_eq!(
        left.reasons[2].reasons,
        [Reason::PatternIncomplete { days: vec![0] }]
    );
    assert_eq!(left.reasons[3].reasons, [Reason::RepAbsent]);
    assert_eq!(left.cheapest, None, "the promise stays");
    drop(world);
}

#[test]
fn a_pattern_has_a_price_in_every_slot() {
    let twice = Visit {
        recurrence: Recurrence::Patterns(vec![vec![0, 1]]),
        ..visit(1)
    };
    let dear = Visit {
        prize: 9,
        locks: Locks::default(),
        windows: Windows::ByDay(vec![(0, vec![hours(9, 9)])]),
        service: Span::minutes(150),
        ..visit(1)
    };
    // 10 + 150 + 10 minutes from nine: 8:50 to 11:40, and an hour more does not fit by noon nor before.
    let (world, plan) = planned(days(2), vec![twice, dear], Rules::default());
    assert_eq!(told(&plan), "1 | ");
    let price = plan.left_out[0].cheapest.clone().unwrap();
    assert_eq!(price.drops, [VisitId(1)]);
    assert_eq!(
        (price.slot, price.also.clone()),
        (SlotId(0), vec![(SlotId(1), 0)])
    );
    // The way to place 1 and back on day 1; on day 0 it was driven before.
    assert_eq!(price.extra_drive, Span::minutes(20));
    let after = add_anyway(&world.problem(), &plan.orders(), VisitId(0), &price).unwrap();
    assert_eq!(told(&after), "0 | 0");
}

#[test]
fn gaps_are_kept() {
    let gap = |min, ideal, max, since_last| Visit {
        recurrence: Recurrence::Gap(Gap {
            min,
            ideal,
            max,
            since_last,
            price: 1,
        }),
        tier: 1,
        prize: 10,
        ..visit(1)
    };
    // Last seen two days before, every three days at best: days 1, 4, 7.
    let (_, plan) = planned(days(9), vec![gap(2, 3, 4, Some(2))], Rules::default());
    assert_eq!(told(&plan), " | 0 |  |  | 0 |  |  | 0 | ");
    assert_eq!(plan.cost.prize_lost, 0);
    // The rep is away on days 3 to 6: 1 and 7 are six days apart where four are allowed, so one visit is missing; day 2 gives a gap of 5,
    // which lacks one as well, and days 0 to 2 cannot hold two visits two days apart but 0 and 2: 2 + 2 and 2 off their ideal of 3.
    let mut slots = days(9);
    slots[3..7].iter_mut().for_each(|s| s.absent = true);
    let (_, plan) = planned(slots, vec![gap(2, 3, 4, Some(2))], Rules::default());
    assert_eq!(plan.cost.unserved, [0, 1, 0, 0]);
    assert_eq!(plan.left_out[0].missing, 1);
    assert!(!plan.left_out[0].planned.is_empty());
    // Long overdue: at once.
    let (_, plan) = planned(days(4), vec![gap(1, 9, 9, Some(30))], Rules::default());
    assert_eq!(told(&plan), "0 |  |  | ");
}

#[test]
fn the_urgent_come_first() {
    let urgent = Visit {
        prize: 30,
        urgency: Some(Urgency { due: 0, per_day: 5 }),
        service: Span::minutes(180),
        ..visit(1)
    };
    let patient = Visit {
        urgency: None,
        ..urgent.clone()
    };
    let (_, plan) = planned(days(2), vec![patient, urgent], Rules::default());
    assert_eq!(told(&plan), "1 | 0");
    assert_eq!(plan.cost.prize_lost, 0);
}

#[test]
fn goods_fill_the_car() {
    let bring = |boxes, place| Visit {
        loads: Loads {
            delivered: vec![0, boxes],
            ..Loads::default()
        },
        service: Span::minutes(10),
        ..visit(place)
    };
    let mut slots = days(1);
    slots[0].capacity = vec![100, 5];
    let (_, plan) = planned(
        slots.clone(),
        vec![bring(3, 1), bring(4, 2), bring(2, 3)],
        Rules::default(),
    );
    assert_eq!(plan.left_out.len(), 1);
    let reasons = &plan.left_out[0].reasons[0].reasons;
    assert!(
        matches!(reasons[0], Reason::CarFull { dimension: 1, .. }),
        "{reasons:?}"
    );
    // What is taken along can only be loaded once something was left: five out, five back.
    let collect = Visit {
        loads: Loads {
            collected: vec![0, 5],
            ..Loads::default()
        },
        ..bring(0, 1)
    };
    let (_, plan) = planned(slots, vec![collect, bring(5, 3)], Rules::default());
    assert_eq!(told(&plan), "1,0");
}

#[test]
fn shipments_go_together() {
    let end = |place| Visit {
        service: Span::minutes(10),
        ..visit(place)
    };
    let ship = |pickup, delivery| Shipment {
        pickup: VisitId(pickup),
        delivery: VisitId(delivery),
        amount: vec![2],
    };
    let rules = Rules {
        shipments: vec![ship(0, 1), ship(2, 3)],
        ..Rules::default()
    };
    let mut slots = days(1);
    slots[0].capacity = vec![2];
    // Fetched far out and brought near: one after the other, as the car holds only one of them.
    let (_, plan) = planned(slots.clone(), vec![end(5), end(3), end(2), end(1)], rules.clone());
    assert_eq!(told(&plan), "0,1,2,3");
    let mut closed = end(1);
    closed.windows = Windows::Daily(vec![]);
    let (_, plan) = planned(slots, vec![end(5), end(3), end(2), closed], rules);
    assert_eq!(told(&plan), "0,1");
    let reasons = |at: usize| &plan.left_out[at].reasons[0].reasons;
    assert_eq!(reasons(0), &[Reason::NotAllowed]);
    assert_eq!(reasons(1), &[Reason::ClosedThatDay]);
}

#[test]
fn conflicts_keep_apart() {
    let rules = |within| Rules {
        conflicts: vec![Conflict {
            visits: (VisitId(0), VisitId(1)),
            within,
        }],
        ..Rules::default()
    };
    let slots = vec![
        Slot::new(1, 0, PlaceId(0), hours(8, 12)),
        Slot::new(2, 0, PlaceId(0), hours(8, 12)),
    ];
    let (_, plan) = planned(slots.clone(), vec![visit(1), visit(1)], rules(Within::Slot));
    assert_eq!(plan.left_out.len(), 0);
    assert!(plan.routes.iter().all(|r| r.stops.len() == 1));
    let mut dear = visit(1);
    dear.prize = 2;
    let (_, plan) = planned(slots, vec![visit(1), dear], rules(Within::Day));
    assert_eq!(plan.left_out[0].visit, VisitId(0));
    let expected = Reason::ConflictsWith { visit: VisitId(1) };
    assert!(
        plan.left_out[0]
            .reasons
            .iter()
            .all(|s| s.reasons.contains(&expected))
    );
}

#[test]
fn a_little_late_has_a_price() {
    let late = |at_most, price| Visit {
        windows: Windows::Daily(vec![hours(8, 9)]),
        lateness: Some(Lateness {
            at_most: Span::minutes(at_most),
            price,
        }),
        tier: 0,
        ..visit(1)
    };
    let fixed = Visit {
        tier: 0,
        locks: Locks {
            start: Some(TimeOfDay::hm(8, 10)),
            ..Locks::default()
        },
        ..visit(1)
    };
    // The fixed one takes until 9:10, so the other begins ten minutes late.
    let (_, plan) = planned(days(1), vec![late(15, 3), fixed.clone()], Rules::default());
    assert_eq!(told(&plan), "1,0");
    assert_eq!(plan.routes[0].stops[1].late, Span::minutes(10));
    assert_eq!(plan.parts.overtime_and_lateness, 3 * 600);
    let (_, plan) = planned(days(1), vec![late(5, 3), fixed], Rules::default());
    assert_eq!(plan.left_out.len(), 1);
}

#[test]
fn a_night_away_saves_the_way() {
    let mut slots = days(2);
    let far = |day| Visit {
        locks: Locks {
            day: Some(day),
            ..Locks::default()
        },
        ..visit(8)
    };
    slots[0].overnight = Some(Overnight {
        places: vec![PlaceId(8), PlaceId(5)],
        price: 1800,
    });
    let (_, plan) = planned(slots.clone(), vec![far(0), far(1)], Rules::default());
    // 80 minutes out, 80 back the next day, instead of twice that.
    assert!(plan.routes[0].night_away);
    assert_eq!(
        (plan.routes[0].end, plan.routes[1].start),
        (PlaceId(8), PlaceId(8))
    );
    assert_eq!((plan.parts.drive, plan.parts.nights), (160 * 60, 1800));
    slots[0].overnight.as_mut().unwrap().price = 20_000;
    let (_, plan) = planned(slots, vec![far(0), far(1)], Rules::default());
    assert!(!plan.routes[0].night_away);
}

#[test]
fn work_is_shared_out() {
    let slots = vec![
        Slot::new(1, 0, PlaceId(0), hours(8, 18)),
        Slot::new(2, 0, PlaceId(0), hours(8, 18)),
    ];
    let visits: Vec<Visit> = (0..4).map(|_| visit(1)).collect();
    let (_, alone) = planned(slots.clone(), visits.clone(), Rules::default());
    assert!(
        alone.routes.iter().any(|r| r.stops.is_empty()),
        "one drives alone, as that is shorter"
    );
    let rules = Rules {
        balance: 100,
        ..Rules::default()
    };
    let (_, even) = planned(slots, visits, rules);
    assert!(even.routes.iter().all(|r| r.stops.len() == 2));
    assert_eq!(even.parts.balance, 0);
}

#[test]
fn promises_that_clash_are_named() {
    let at = |place, hour| Visit {
        tier: 0,
        locks: Locks {
            start: Some(TimeOfDay::hm(hour, 0)),
            ..Locks::default()
        },
        ..visit(place)
    };
    // Nine o'clock at place 1 and at place 4: not both. Ten thirty at place 1 has nothing to do with it.
    let mut third = at(1, 10);
    third.locks.start = Some(TimeOfDay::hm(10, 30));
    let (_, plan) = planned(days(1), vec![at(1, 9), third, at(4, 9)], Rules::default());
    assert_eq!(plan.left_out.len(), 1);
    let expected = Reason::Clash {
        visits: vec![VisitId(0), VisitId(2)],
    };
    let reasons = &plan.left_out[0].reasons[0].reasons;
    assert!(reasons.contains(&expected), "{reasons:?}");
}
