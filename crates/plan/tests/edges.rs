//! Days by hand: what each rule does and which reason is given.

mod by_hand;
mod checker;

use std::ops::ControlFlow;

use by_hand::{check, day, hours, refused, told, visit, world};
use checker::{World, faults};
use plan::{
    DenseTimes, Lunch, Options, PlaceId, Skills, SlotId, Span, TimeOfDay, UNREACHABLE, Visit, VisitId,
    Windows, evaluate, solve,
};

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
