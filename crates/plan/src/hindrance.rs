//! What keeps a visit out of a slot as the plan stands: the first rule it meets, by how much at least, wherever in the order it is put.

use crate::compiled::{NEVER, forbidden};
use crate::orders::order_holds;
use crate::plan::Reason;
use crate::route::Route;
use crate::state::State;
use crate::timeline::timed;
use crate::{SlotId, Span, VisitId};

/// What keeps a visit out of a slot, and by how many seconds at least.
pub(crate) struct Hindrance {
    pub(crate) reason: Reason,
    pub(crate) amount: i32,
    /// It would not fit an empty day either.
    pub(crate) even_alone: bool,
}

/// The rule that a visit misses by least over all positions; `None` if one call more fits.
pub(crate) fn hindrance(state: &State, visit: u32, slot: usize) -> Option<Hindrance> {
    let (problem, day) = (state.problem, &state.days[slot]);
    let never = |reason| {
        Some(Hindrance {
            reason,
            amount: NEVER,
            even_alone: true,
        })
    };
    let id = SlotId(slot as u32);
    if let Some(reason) = forbidden(&problem.visits()[visit as usize], id, problem.slot(id)) {
        return never(reason);
    }
    if problem.is_delivery(visit) {
        let pickup = problem.partner(visit).unwrap_or(visit);
        return never(Reason::WithPickup {
            visit: VisitId(pickup),
        });
    }
    if !state.open[slot] {
        return never(Reason::Frozen);
    }
    let call = problem.calls_of(visit).start;
    let calls: Vec<u32> = std::iter::once(call)
        .chain(problem.partner(visit).map(|v| problem.calls_of(v).start))
        .collect();
    for &call in &calls {
        let place = problem.place(call);
        if !problem.may_be(problem.visit_of(call), slot) {
            return never(Reason::NotAllowed);
        }
        if problem.drive(day.start, place) >= NEVER || problem.drive(place, day.end) >= NEVER {
            return never(Reason::Unreachable);
        }
    }
    if state.days_of[visit as usize] >> problem.day_of(slot) & 1 == 1 {
        return never(Reason::ComesThatDay);
    }
    if let Some((reason, amount)) = violated(state, slot, &calls) {
        let driving: i32 = if calls.len() == 1 {
            let place = problem.place(call);
            problem.drive(day.start, place) + problem.drive(place, day.end)
        } else {
            0
        };
        let reason = match reason {
            Reason::NoTimeLeft { short: over } if over.0 > driving => Reason::TooLong { over },
            Reason::NoTimeLeft { short: over } | Reason::DriveLimit { over } => Reason::TooFar { over },
            other => other,
        };
        return Some(Hindrance {
            reason,
            amount,
            even_alone: true,
        });
    }
    if let Some(other) = problem
        .has()
        .conflicts
        .then(|| state.conflict(visit, slot))
        .flatten()
    {
        return Some(Hindrance {
            reason: Reason::ConflictsWith {
                visit: VisitId(other),
            },
            amount: NEVER,
            even_alone: false,
        });
    }
    let mut least: Option<(Reason, i32)> = None;
    let mut allowed = false;
    for order in orders_with(&state.routes[slot].stops, &calls) {
        if !order_holds(problem, &order) {
            continue;
        }
        allowed = true;
        let found = violated(state, slot, &order)?;
        if least.as_ref().is_none_or(|(_, amount)| found.1 < *amount) {
            least = Some(found);
        }
    }
    let (reason, amount) = if allowed {
        least?
    } else {
        (Reason::OrderLocked, NEVER)
    };
    Some(Hindrance {
        reason,
        amount,
        even_alone: false,
    })
}

/// The order with these calls put in, in every way that keeps them in this order.
fn orders_with(stops: &[u32], calls: &[u32]) -> Vec<Vec<u32>> {
    let Some((&first, rest)) = calls.split_first() else {
        return vec![stops.to_vec()];
    };
    let mut all = Vec::new();
    for at in 0..=stops.len() {
        for tail in orders_with(&stops[at..], rest) {
            let mut order = stops[..at].to_vec();
            order.push(first);
            order.extend(tail);
            all.push(order);
        }
    }
    all
}

/// The first rule that an order breaks, with the amount in seconds; `None` if it fits.
fn violated(state: &State, slot: usize, order: &[u32]) -> Option<(Reason, i32)> {
    let (problem, day) = (state.problem, &state.days[slot]);
    let route = Route::new(problem, day, order.to_vec());
    if route.fits(day) {
        return None;
    }
    if route.drive >= i64::from(NEVER) {
        return Some((Reason::Unreachable, NEVER));
    }
    // With no end to the day: if that fits, the end, the driving limit or the car is what is in the way, by exactly this much.
    let endless = day.endless();
    let longer = Route::new(problem, &endless, order.to_vec());
    if longer.fits_in_time(&endless) {
        let (short, over) = (longer.finish() - day.last, (longer.drive - day.max_drive) as i32);
        if short <= 0 && over <= 0 {
            let (dimension, over) = longer.overload(problem, day);
            return Some((Reason::CarFull { dimension, over }, NEVER / 2));
        }
        return Some(if short >= over {
            (Reason::NoTimeLeft { short: Span(short) }, short)
        } else {
            (Reason::DriveLimit { over: Span(over) }, over)
        });
    }
    let late = timed(problem, &endless, order);
    let beyond = |stop: &&crate::Stop| {
        let lateness = problem.visits()[stop.visit.at()].lateness;
        let locked = problem.visits()[stop.visit.at()].locks.start.is_some();
        stop.late > lateness.filter(|_| !locked).map_or(Span::ZERO, |l| l.at_most)
    };
    match late.stops.iter().find(beyond) {
        Some(stop) => Some((
            Reason::WindowMissed {
                of: stop.visit,
                late: stop.late,
            },
            stop.late.0,
        )),
        None => Some((Reason::NoRoomForLunch, NEVER)),
    }
}
