//! Days by hand: what a person has fixed, what is planned again, what is refused.

mod by_hand;
mod checker;

use std::ops::ControlFlow;

use by_hand::{check, day, hours, refused, visit, world};
use checker::faults;
use plan::{
    DenseTimes, Locks, Options, Order, PlaceId, Slot, SlotId, Span, TimeOfDay, Visit, VisitId, Windows,
    evaluate, resolve, solve,
};

#[test]
fn locks_hold() {
    let locked = |place, locks| Visit {
        locks,
        ..visit(place)
    };
    let visits = vec![
        locked(
            1,
            Locks {
                order: Some(Order::Last),
                ..Locks::default()
            },
        ),
        locked(
            3,
            Locks {
                order: Some(Order::First),
                ..Locks::default()
            },
        ),
        locked(
            1,
            Locks {
                order: Some(Order::Rank(2)),
                ..Locks::default()
            },
        ),
        locked(
            2,
            Locks {
                order: Some(Order::Rank(1)),
                ..Locks::default()
            },
        ),
    ];
    check(&world(vec![day()], visits), "1@08:30 3@09:40 2@10:50 0@11:50");
    let visits = vec![
        visit(1),
        locked(
            1,
            Locks {
                slot: Some(SlotId(1)),
                start: Some(TimeOfDay::hm(9, 0)),
                ..Locks::default()
            },
        ),
    ];
    let tomorrow = Slot { day: 1, ..day() };
    // The free one joins the locked one: no extra driving there, twenty minutes in the empty slot.
    check(&world(vec![day(), tomorrow], visits), "\n1@09:00 0@10:00");
}

#[test]
fn a_running_day_is_planned_again_and_keeps_its_promises() {
    let mut promise = visit(4);
    promise.tier = 0;
    promise.locks.start = Some(TimeOfDay::hm(13, 0));
    let mut w = world(vec![day()], vec![visit(1), visit(2), visit(3), promise]);
    check(&w, "0@08:10 1@09:20 2@10:30 3@13:00");
    // At eleven the rep is still at place 1 and has to be back at 15:00: 40 + 60 + 40 minutes for the promise, one more visit fits before it.
    w.slots[0].start = PlaceId(1);
    w.slots[0].shift = hours(11, 15);
    let problem = w.problem();
    let earlier = vec![vec![VisitId(0), VisitId(1), VisitId(2), VisitId(3)]];
    let plan = resolve(
        &problem,
        &earlier,
        &Options {
            seed: 1,
            steps: 200,
            ..Options::default()
        },
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    assert_eq!(faults(&w, &plan), Vec::<String>::new());
    assert!(plan.find(VisitId(3)).is_some());
    assert_eq!(plan.left_out.len(), 2);
}

#[test]
fn an_order_made_by_hand_shows_what_is_late() {
    let mut morning = visit(1);
    morning.windows = Windows::Daily(vec![hours(8, 9)]);
    let w = world(
        vec![Slot {
            shift: hours(8, 11),
            ..day()
        }],
        vec![morning, visit(3)],
    );
    let problem = w.problem();
    let day = evaluate(&problem, SlotId(0), &[VisitId(1), VisitId(0)]).unwrap();
    // 8:30 to 9:30 at place 3, then 20 minutes to place 1, which closed at nine.
    assert_eq!(day.stops[1].start, TimeOfDay::hm(9, 50));
    assert_eq!(day.stops[1].late, Span::minutes(50));
    assert_eq!(day.back, TimeOfDay::hm(11, 0));
    assert_eq!(day.overtime, Span::ZERO);
    let fine = evaluate(&problem, SlotId(0), &[VisitId(0), VisitId(1)]).unwrap();
    assert!(fine.stops.iter().all(|s| s.late == Span::ZERO));
    // 8:10, could begin at 8:10 + slack: back at 11:00 exactly, so none.
    assert_eq!(fine.stops[0].slack, Span::ZERO);

    let ask = |slot, order: &[VisitId]| evaluate(&problem, SlotId(slot), order).unwrap_err().to_string();
    assert_eq!(ask(0, &[VisitId(9)]), "visit 9 is not one of the problem's 2");
    assert_eq!(ask(0, &[VisitId(1), VisitId(1)]), "visit 1 is in the order twice");
    assert_eq!(ask(3, &[]), "slot 3 is not one of the problem's 1");
}

#[test]
fn stopping_early_still_gives_a_whole_plan() {
    let w = world(vec![day()], (1..8).map(visit).collect());
    let mut seen = Vec::new();
    let plan = solve(
        &w.problem(),
        &Options {
            seed: 1,
            steps: 1_000_000,
            ..Options::default()
        },
        &mut |progress| {
            seen.push((progress.step, progress.plan()));
            ControlFlow::Break(())
        },
    );
    assert_eq!(faults(&w, &plan), Vec::<String>::new());
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].0, 0);
    assert_eq!(faults(&w, &seen[0].1), Vec::<String>::new());
}

#[test]
fn refusals_name_the_thing() {
    let slot = |shift| Slot { shift, ..day() };
    refused(
        vec![slot(hours(9, 9))],
        vec![],
        "rep 1 has no working hours on day 0: 09:00 to 09:00; give a shift that ends after it begins, or mark the rep absent",
    );
    refused(
        vec![slot(hours(9, 9999))],
        vec![],
        "slot 0: shift 9999:00 is not within a day before and a year after midnight",
    );
    refused(
        vec![Slot {
            start: PlaceId(8),
            ..day()
        }],
        vec![],
        "slot 0: start: place 8, but the drive times have 8 places",
    );
    refused(
        vec![],
        vec![visit(9)],
        "visit 0: place 9, but the drive times have 8 places",
    );
    refused(
        vec![],
        vec![Visit { tier: 5, ..visit(1) }],
        "visit 0: tier 5 is not between 0 and 4",
    );
    refused(
        vec![],
        vec![Visit { prize: 0, ..visit(1) }],
        "visit 0: prize 0 is not between 1 and 1000000",
    );
    refused(
        vec![],
        vec![Visit {
            service: Span(-1),
            ..visit(1)
        }],
        "visit 0: service -1 s is not between 0 s and 365 days",
    );
    refused(
        vec![],
        vec![Visit {
            windows: Windows::Daily(vec![hours(9, 8)]),
            ..visit(1)
        }],
        "visit 0: window 09:00 to 08:00 ends before it begins",
    );
    refused(
        vec![],
        vec![Visit {
            allowed: Some(vec![SlotId(0)]),
            ..visit(1)
        }],
        "visit 0: slot 0, but there are 0 slots",
    );
    let locked = |locks| vec![Visit { locks, ..visit(1) }];
    refused(
        vec![day()],
        locked(Locks {
            start: Some(TimeOfDay::hm(9, 0)),
            not_before: Some(TimeOfDay::hm(10, 0)),
            ..Locks::default()
        }),
        "visit 0: its locks contradict each other: it begins at 09:00, but not before 10:00",
    );
    refused(
        vec![day()],
        locked(Locks {
            slot: Some(SlotId(0)),
            start: Some(TimeOfDay::hm(15, 30)),
            ..Locks::default()
        }),
        "visit 0: its locks contradict each other: it begins at 15:30 and takes 60 min, but the shift of slot 0 is 08:00 to 16:00",
    );
    let first = Locks {
        slot: Some(SlotId(0)),
        order: Some(Order::First),
        ..Locks::default()
    };
    refused(
        vec![day()],
        vec![
            Visit {
                locks: first,
                ..visit(1)
            },
            Visit {
                locks: first,
                ..visit(2)
            },
        ],
        "visits 0 and 1 are both locked as First of slot 0",
    );
    assert_eq!(
        DenseTimes::new(2, vec![0; 3], vec![0; 4])
            .unwrap_err()
            .to_string(),
        "the table of seconds has 3 values, but 2 places need 4"
    );
}
