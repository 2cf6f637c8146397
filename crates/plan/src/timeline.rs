//! An order with its times: leave, arrive, wait, pause, start, depart, back; lateness where a person's order asks for the impossible.

use crate::compiled::{NEVER, Problem};
use crate::day::{Day, next_start};
use crate::plan::{Drive, LunchBreak, Route as Timed, Stop};
use crate::route::Route;
use crate::soft::late_at;
use crate::{PlaceId, Span, TimeOfDay, VisitId};

/// Where the pause is taken: after this many stops, before the drive or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pause {
    after: usize,
    on_arrival: bool,
}

/// Times of an order in one slot. Where it fits, it is as early as possible with the day begun as late as that allows; where it does
/// not, visits begin late and the pause is taken where it does the least harm.
pub(crate) fn timed(problem: &Problem, day: &Day, order: &[u32]) -> Timed {
    if order.is_empty() {
        return Timed {
            leave: TimeOfDay(day.from),
            back: TimeOfDay(day.from),
            start: PlaceId(day.start as u32),
            end: PlaceId(day.end as u32),
            ..Timed::default()
        };
    }
    let pauses: Vec<Option<Pause>> = if day.lunch == 0 {
        vec![None]
    } else {
        (0..=order.len())
            .flat_map(|after| [false, true].map(|on_arrival| Some(Pause { after, on_arrival })))
            .collect()
    };
    let mut best: Option<([i64; 4], Timed)> = None;
    for pause in pauses {
        let (harm, route) = run(problem, day, order, pause);
        if best.as_ref().is_none_or(|(least, _)| harm < *least) {
            best = Some((harm, route));
        }
    }
    let (_, mut route) = best.expect("there is at least one way to place the pause, or none to place");
    slack(problem, day, order, &mut route);
    route
}

/// One pass with the pause at a given place. The harm: seconds too late anywhere, what overtime and lateness cost, the
/// end of the day, idle time.
fn run(problem: &Problem, day: &Day, order: &[u32], pause: Option<Pause>) -> ([i64; 4], Timed) {
    let mut route = Timed {
        leave: TimeOfDay(day.from),
        start: PlaceId(day.start as u32),
        end: PlaceId(day.end as u32),
        ..Timed::default()
    };
    let mut harm = 0i64;
    let mut price = 0i64;
    let mut time = day.from;
    let mut here = day.start;
    let n = order.len();
    let eat = |time: i32, after: usize, on_arrival: bool, harm: &mut i64, route: &mut Timed| -> i32 {
        let (from, to) = day.pause_from(time);
        *harm += i64::from(day.pause_late(to));
        route.lunch = Some(LunchBreak {
            from: TimeOfDay(from),
            to: TimeOfDay(to),
            after_stops: after as u32,
            on_arrival,
        });
        to
    };
    for at in 0..=n {
        if pause
            == Some(Pause {
                after: at,
                on_arrival: false,
            })
        {
            time = eat(time, at, false, &mut harm, &mut route);
        }
        let there = order.get(at).map_or(day.end, |&v| problem.place(v));
        let drive = drive_between(problem, here, there);
        let left = time;
        time += drive.time.0;
        here = there;
        route.drive.time += drive.time;
        route.drive.meters += drive.meters;
        let mut arrive = time;
        if pause
            == Some(Pause {
                after: at,
                on_arrival: true,
            })
        {
            time = eat(time, at, true, &mut harm, &mut route);
        }
        let Some(&visit) = order.get(at) else {
            route.drive_back = drive;
            route.back = TimeOfDay(time);
            break;
        };
        let windows = problem.windows(visit, day.slot);
        let (start, too_late) = start_or_late(windows, time);
        harm += i64::from(too_late);
        let details = &problem.visits()[problem.visit_of(visit) as usize];
        let late = late_at(windows, problem.dues(visit, day.slot), start);
        price += i64::from(late) * details.lateness.map_or(0, |l| i64::from(l.price));
        if at == 0 {
            // Nothing is gained by waiting at the first door: leave home later instead.
            let eaten_here = route.lunch.is_some_and(|l| l.on_arrival);
            let idle = if eaten_here { 0 } else { start - time };
            route.leave = TimeOfDay(left + idle);
            arrive += idle;
            time += idle;
        }
        let depart = start + details.service.0;
        route.stops.push(Stop {
            visit: VisitId(problem.visit_of(visit)),
            drive,
            arrive: TimeOfDay(arrive),
            wait: Span(start - time),
            start: TimeOfDay(start),
            depart: TimeOfDay(depart),
            late: Span(late),
            slack: Span::ZERO,
            why: Vec::new(),
            label: details.label.clone(),
        });
        time = depart;
    }
    route.overtime = Span((route.back.0 - day.to).max(0));
    harm +=
        i64::from((route.back.0 - day.last).max(0)) + (i64::from(route.drive.time.0) - day.max_drive).max(0);
    let idle: i64 = route.stops.iter().map(|s| i64::from(s.wait.0)).sum();
    price += i64::from(route.overtime.0) * day.overtime_price;
    ([harm, price, i64::from(route.back.0), idle], route)
}

/// When the visit begins if the rep is there at `time`, and how long after its last window that is.
fn start_or_late(windows: &[(i32, i32)], time: i32) -> (i32, i32) {
    match next_start(windows, time) {
        NEVER => (time, windows.last().map_or(0, |&(_, to)| time - to)),
        start => (start, 0),
    }
}

/// A drive; one that does not exist counts as nothing, callers have refused it.
pub(crate) fn drive_between(problem: &Problem, from: usize, to: usize) -> Drive {
    match problem.drive(from, to) {
        NEVER => Drive::default(),
        seconds => Drive {
            time: Span(seconds),
            meters: problem.meters(from, to),
        },
    }
}

/// How much later each stop could begin, from the latest times of the route.
fn slack(problem: &Problem, day: &Day, order: &[u32], timed: &mut Timed) {
    let route = Route::new(problem, day, order.to_vec());
    if !route.fits(day) {
        return;
    }
    let lunch = timed.lunch;
    for (at, stop) in timed.stops.iter_mut().enumerate() {
        let eaten = lunch.is_none_or(|l| l.after_stops as usize <= at);
        stop.slack = Span((route.latest_start(at, eaten) - stop.start.0).max(0));
    }
}
