//! What overtime and lateness cost where visits may begin late: every place of the pause is tried, each visit as early as it can be.
//!
//! With lateness one number a state is no longer enough (an earlier pause may make one visit late and another not), so the order is
//! gone through once for each place of the pause. A day is short.

use crate::compiled::{NEVER, Problem};
use crate::day::{Day, next_start};

/// Overtime and lateness at their prices, and the overtime in seconds, for an order that fits; the cheaper place of the pause, the earlier
/// end, the earlier place.
pub(crate) fn soft_cost(problem: &Problem, day: &Day, stops: &[u32]) -> (i64, i32) {
    let mut best = (i64::MAX / 4, NEVER);
    if day.lunch == 0 {
        return run(problem, day, stops, None).unwrap_or(best);
    }
    for after in 0..=stops.len() {
        for on_arrival in [false, true] {
            if let Some(found) = run(problem, day, stops, Some((after, on_arrival))) {
                best = best.min(found);
            }
        }
    }
    best
}

/// Seconds after the end of the window in which, or after which, a visit begins.
pub(crate) fn late_at(windows: &[(i32, i32)], dues: &[i32], start: i32) -> i32 {
    let passed = windows
        .iter()
        .zip(dues)
        .rev()
        .find(|(window, _)| window.0 <= start);
    passed.map_or(0, |(_, due)| (start - due).max(0))
}

fn run(problem: &Problem, day: &Day, stops: &[u32], pause: Option<(usize, bool)>) -> Option<(i64, i32)> {
    let mut time = day.from;
    let mut here = day.start;
    let mut cost = 0;
    for at in 0..=stops.len() {
        if pause == Some((at, false)) {
            time = day.eat(time);
        }
        let there = stops.get(at).map_or(day.end, |&call| problem.place(call));
        time += problem.drive(here, there);
        here = there;
        if pause == Some((at, true)) {
            time = day.eat(time);
        }
        if let Some(&call) = stops.get(at) {
            let windows = problem.windows(call, day.slot);
            let start = next_start(windows, time);
            if start >= NEVER {
                return None;
            }
            if let Some(lateness) = problem.visits()[problem.visit_of(call) as usize].lateness {
                let late = late_at(windows, problem.dues(call, day.slot), start);
                cost += i64::from(late) * i64::from(lateness.price);
            }
            time = start + problem.service(call);
        }
        if time >= NEVER {
            return None;
        }
    }
    let overtime = (time - day.to).max(0);
    (time <= day.last).then_some((cost + i64::from(overtime) * day.overtime_price, overtime))
}
