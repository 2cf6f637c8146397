//! Days by hand: what each rule does, which reason is given, what is refused.

mod checker;

use std::ops::ControlFlow;

use checker::{World, faults};
use plan::{
    DenseTimes, Locks, Lunch, Options, Order, PlaceId, Plan, Problem, Skills, Slot, SlotId, Span, TimeOfDay,
    UNREACHABLE, Visit, VisitId, Window, Windows, evaluate, resolve, solve,
};

/// Home is place 0; place `i` lies `i` times ten minutes and ten kilometres along one road.
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

fn day() -> Slot {
    Slot::new(1, 0, PlaceId(0), hours(8, 16))
}

/// An hour's visit.
fn visit(place: u32) -> Visit {
    Visit::new(PlaceId(place), Span::minutes(60))
}

fn world(slots: Vec<Slot>, visits: Vec<Visit>) -> World {
    World {
        slots,
        visits,
        rules: plan::Rules::default(),
        times: road(8),
    }
}

/// The stops with their beginnings, the pause in brackets; then each visit left out with its reasons and price.
fn told(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for route in &plan.routes {
        let mut line = Vec::new();
        for index in 0..=route.stops.len() {
            if let Some(lunch) = route.lunch.filter(|l| l.after_stops as usize == index) {
                line.push(format!("[{}]", lunch.from));
            }
            if let Some(stop) = route.stops.get(index) {
                line.push(format!("{}@{}", stop.visit.0, stop.start));
            }
        }
        lines.push(line.join(" "));
    }
    for left in &plan.left_out {
        let reasons: Vec<String> = left
            .reasons
            .iter()
            .map(|s| {
                s.reasons
                    .iter()
                    .map(|r| format!("{r:?}"))
                    .collect::<Vec<_>>()
                    .join(" + ")
            })
            .collect();
        let price = left.cheapest.as_ref().map_or("no way".to_owned(), |p| {
            let drops: Vec<u32> = p.drops.iter().map(|v| v.0).collect();
            format!(
                "slot {} at {}: {} of driving, drops {drops:?}",
                p.slot.0, p.position, p.extra_drive
            )
        });
        lines.push(format!("not {}: {} ({price})", left.visit.0, reasons.join("; ")));
    }
    lines.join("\n")
}

fn check(world: &World, expected: &str) {
    let problem = Problem::new(world.slots.clone(), world.visits.clone(), &world.times).unwrap();
    let plan = solve(
        &problem,
        &Options {
            seed: 7,
            steps: 300,
            ..Options::default()
        },
        &mut |_| ControlFlow::Continue(()),
    );
    assert_eq!(faults(world, &plan), Vec::<String>::new());
    assert_eq!(told(&plan), expected);
}

fn refused(slots: Vec<Slot>, visits: Vec<Visit>, expected: &str) {
    let error = Problem::new(slots, visits, &road(8)).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn nothing_to_do() {
    check(&world(vec![day()], vec![]), "");
    check(&world(vec![], vec![visit(1)]), "not 0:  (no way)");
    check(&world(vec![], vec![]), "");
}

#[test]
fn times_of_a_day() {
    // 10 min out, an hour, 20 min on: 8:00 + 0:10 = 8:10, + 1:00 + 0:20 = 9:30.
    let mut early = visit(1);
    early.windows = Windows::Daily(vec![hours(8, 9)]);
    check(&world(vec![day()], vec![early, visit(3)]), "0@08:10 1@09:30");
    // No waiting at the first door: it opens at nine, and the rep leaves at 8:50.
    let mut late = visit(1);
    late.windows = Windows::Daily(vec![hours(9, 10)]);
    let w = world(vec![day()], vec![late]);
    check(&w, "0@09:00");
    let plan = solve(&w.problem(), &Options::default(), &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(plan.routes[0].leave, TimeOfDay::hm(8, 50));
    assert_eq!(plan.routes[0].back, TimeOfDay::hm(10, 10));
}

#[test]
fn visits_of_no_length_and_overlapping_windows() {
    let mut short = Visit::new(PlaceId(1), Span::ZERO);
    short.windows = Windows::Daily(vec![hours(9, 12), hours(10, 11), hours(11, 13)]);
    check(&world(vec![day()], vec![short]), "0@09:00");
}

#[test]
fn lunch_is_placed() {
    let mut slot = day();
    slot.lunch = Some(Lunch {
        length: Span::minutes(30),
        within: hours(12, 13),
    });
    // 8:10 to 11:30, then a drive of ten minutes. An hour from 11:40 would leave no time for lunch by 13:00, so it comes first; and the long
    // visit cannot come second, it would take until 12:50.
    let mut long = visit(1);
    long.service = Span::minutes(200);
    check(
        &world(vec![slot.clone()], vec![long, visit(2)]),
        "0@08:10 [12:00] 1@12:30",
    );
    slot.lunch = Some(Lunch {
        length: Span::minutes(90),
        within: hours(12, 13),
    });
    refused(
        vec![slot.clone()],
        vec![],
        "the lunch of rep 1 on day 0 (90 min between 12:00 and 13:00) does not fit the shift",
    );
    slot.lunch = Some(Lunch {
        length: Span::minutes(30),
        within: hours(18, 20),
    });
    refused(
        vec![slot],
        vec![],
        "the lunch of rep 1 on day 0 (30 min between 18:00 and 20:00) does not fit the shift",
    );
}

#[test]
fn no_room_for_lunch() {
    let mut slot = day();
    slot.lunch = Some(Lunch {
        length: Span::minutes(30),
        within: hours(12, 13),
    });
    // From 11:00 to 14:00 at the customer's.
    let mut long = visit(1);
    long.service = Span::minutes(180);
    long.locks.start = Some(TimeOfDay::hm(11, 0));
    check(&world(vec![slot], vec![long]), "\nnot 0: NoRoomForLunch (no way)");
}

#[test]
fn reasons() {
    let mut slot = day();
    slot.shift = hours(8, 10);
    let reason = |change: &dyn Fn(&mut Visit), expected: &str| {
        let mut asked = visit(1);
        change(&mut asked);
        check(&world(vec![slot.clone()], vec![asked]), expected);
    };
    reason(&|v| v.place = None, "\nnot 0: NoCoordinates (no way)");
    reason(&|v| v.allowed = Some(vec![]), "\nnot 0: NotAllowed (no way)");
    reason(
        &|v| v.skills = Skills(4),
        "\nnot 0: NeedsSkill { missing: Skills(4) } (no way)",
    );
    reason(
        &|v| v.windows = Windows::Daily(vec![]),
        "\nnot 0: ClosedThatDay (no way)",
    );
    reason(
        &|v| v.windows = Windows::ByDay(vec![(1, vec![hours(8, 9)])]),
        "\nnot 0: ClosedThatDay (no way)",
    );
    reason(
        &|v| {
            v.windows = Windows::Daily(vec![hours(8, 9)]);
            v.locks.not_before = Some(TimeOfDay::hm(9, 30));
        },
        "\nnot 0: NotBefore { time: TimeOfDay(34200) } (no way)",
    );
    // There at 8:10 at the earliest, ten minutes after it closed.
    reason(
        &|v| v.windows = Windows::Daily(vec![hours(7, 8)]),
        "\nnot 0: WindowMissed { of: VisitId(0), late: Span(600) } (no way)",
    );
    // An hour there, an hour's visit, an hour back: an hour too much.
    reason(
        &|v| v.place = Some(PlaceId(6)),
        "\nnot 0: TooFar { over: Span(3600) } (no way)",
    );
    // Three hours and 20 minutes of driving in a shift of two.
    reason(
        &|v| v.service = Span::minutes(180),
        "\nnot 0: TooLong { over: Span(4800) } (no way)",
    );
    slot.absent = true;
    check(
        &world(vec![slot.clone()], vec![visit(1)]),
        "\nnot 0: RepAbsent (no way)",
    );
}

#[test]
fn driving_limit() {
    let mut slot = day();
    slot.max_drive = Some(Span::minutes(60));
    // Out to place 3 and back are 60 minutes; place 4 needs 80.
    check(
        &world(vec![slot], vec![visit(3), visit(4)]),
        "0@08:30\nnot 1: TooFar { over: Span(1200) } (no way)",
    );
}

#[test]
fn someone_has_to_go() {
    let mut slot = day();
    slot.shift = hours(8, 10);
    let mut dear = visit(2);
    dear.prize = 5;
    // Two hours hold one of them: 20 + 60 + 20 minutes. With both, 20 + 60 + 60 + 20 = 160 minutes, 40 too many; instead, 20 less driving.
    check(
        &world(vec![slot.clone()], vec![visit(1), dear.clone()]),
        "1@08:20\nnot 0: NoTimeLeft { short: Span(2400) } + LowerPriorityThan { visits: [VisitId(1)] } (slot 0 at 0: -20 min of driving, drops [1])",
    );
    dear.tier = 0;
    check(
        &world(vec![slot.clone()], vec![visit(1), dear.clone()]),
        "1@08:20\nnot 0: NoTimeLeft { short: Span(2400) } + BlockedByLock { visits: [VisitId(1)] } (no way)",
    );
    // Two promises at the same time: one is kept, the other names it.
    let promise = |place| {
        let mut v = visit(place);
        v.tier = 0;
        v.locks.start = Some(TimeOfDay::hm(8, 30));
        v
    };
    check(
        &world(vec![slot], vec![promise(1), promise(2)]),
        "0@08:30\nnot 1: WindowMissed { of: VisitId(0), late: Span(4200) } + BlockedByLock { visits: [VisitId(0)] } + Clash { visits: [VisitId(0), VisitId(1)] } (no way)",
    );
}

#[test]
fn no_way_there() {
    let mut seconds = vec![600; 9];
    (seconds[1], seconds[3 + 1]) = (UNREACHABLE, 0);
    let times = DenseTimes::new(3, seconds, vec![1; 9]).unwrap();
    let w = World {
        slots: vec![day()],
        visits: vec![visit(1), visit(2)],
        rules: plan::Rules::default(),
        times,
    };
    let plan = solve(&w.problem(), &Options::default(), &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(faults(&w, &plan), Vec::<String>::new());
    // Home to 1 has no way, but 2 to 1 has.
    assert_eq!(told(&plan), "1@08:10 0@09:20");
    let w = World {
        visits: vec![visit(1)],
        ..w
    };
    let plan = solve(&w.problem(), &Options::default(), &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(told(&plan), "\nnot 0: Unreachable (no way)");
    assert_eq!(
        evaluate(&w.problem(), SlotId(0), &[VisitId(0)])
            .unwrap_err()
            .to_string(),
        "there is no way to or from visit 0"
    );
}

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
