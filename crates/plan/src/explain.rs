//! From orders to a plan that explains itself: times, why each stop is there, and for each visit left out the rule it meets in every
//! slot, by how much, and the price of having it after all.

use crate::compiled::{NEVER, Problem, forbidden};
use crate::construct::construct;
use crate::displace::{Displacement, Displacer};
use crate::plan::{Addition, LeftOut, Plan, Reason, SlotReasons, WhyPlanned};
use crate::polish::polish;
use crate::route::Route;
use crate::state::State;
use crate::timeline::timed;
use crate::{SlotId, Span, VisitId};

/// A visit's displacements are worked out in at most this many slots, those that it misses by least.
const SLOTS_PRICED: usize = 5;

/// Ends the search: no plain insertion fits any more, and nobody is left out in favour of visits that are worth less.
pub(crate) fn settle(state: &mut State) {
    loop {
        polish(state);
        construct(state);
        let mut absent = state.absent.clone();
        absent.sort_unstable();
        let better = better_exchange(state, &absent);
        let Some((visit, found)) = better else { return };
        apply(state, visit, &found);
    }
}

/// Does what a displacement says.
pub(crate) fn apply(state: &mut State, visit: u32, found: &Displacement) {
    for &at in found.out.iter().rev() {
        state.remove(found.slot, at..at + 1);
    }
    state.insert(visit, found.slot, found.at);
}

/// The finished plan of these orders, which must fit.
pub(crate) fn finish(problem: &Problem, orders: &[Vec<u32>]) -> Plan {
    let mut state = State::empty(problem);
    state.set_orders(orders);
    let routes = (0..orders.len())
        .map(|slot| {
            let mut route = timed(problem, &state.days[slot], &orders[slot]);
            for at in 0..route.stops.len() {
                route.stops[at].why = why_planned(&state, slot, at);
            }
            route
        })
        .collect();
    let mut absent = state.absent.clone();
    absent.sort_unstable();
    let left_out = explained(&state, &absent);
    Plan {
        routes,
        left_out,
        cost: state.cost,
    }
}

fn why_planned(state: &State, slot: usize, at: usize) -> Vec<WhyPlanned> {
    let (problem, day) = (state.problem, &state.days[slot]);
    let stops = &state.routes[slot].stops;
    let visit = &problem.visits()[stops[at] as usize];
    let mut why = Vec::new();
    if visit.tier == 0 {
        why.push(WhyPlanned::KeptPromise);
    }
    if visit.locks.slot.is_some() || visit.locks.start.is_some() || visit.locks.order.is_some() {
        why.push(WhyPlanned::Locked);
    }
    let mut others = stops.clone();
    others.remove(at);
    let without = Route::new(problem, day, others);
    why.push(WhyPlanned::OnTheWay {
        extra: Span((state.routes[slot].drive - without.drive) as i32),
    });
    why
}

/// Everything there is to say about visits that are not planned.
pub(crate) fn explained(state: &State, visits: &[u32]) -> Vec<LeftOut> {
    let problem = state.problem;
    let mut all: Vec<(LeftOut, Vec<usize>, Option<Displacement>)> = visits
        .iter()
        .map(|&visit| {
            let found: Vec<Option<Hindrance>> = (0..state.routes.len())
                .map(|slot| hindrance(state, visit, slot))
                .collect();
            let priced = priced_slots(&found);
            let reasons = found.into_iter().enumerate().map(|(slot, found)| SlotReasons {
                slot: SlotId(slot as u32),
                reasons: found.into_iter().map(|h| h.reason).collect(),
            });
            let label = problem.visits()[visit as usize].label.clone();
            (
                LeftOut {
                    visit: VisitId(visit),
                    reasons: reasons.collect(),
                    cheapest: None,
                    label,
                },
                priced,
                None,
            )
        })
        .collect();
    for slot in 0..state.routes.len() {
        let mut displacer = Displacer::new(state, slot);
        for (left, _, cheapest) in all.iter_mut().filter(|(_, priced, _)| priced.contains(&slot)) {
            let reasons = &mut left.reasons[slot].reasons;
            if let Some(found) = displacer.smallest(left.visit.0, true) {
                let visits = dropped(state, &found);
                // Of an unfinished plan this may be untrue; then it is not said.
                if !visits.is_empty() && found.cost >= state.cost {
                    reasons.push(Reason::LowerPriorityThan { visits });
                }
                if cheapest.as_ref().is_none_or(|c| found.cost < c.cost) {
                    *cheapest = Some(found);
                }
            } else if let Some(found) = displacer.smallest(left.visit.0, false) {
                reasons.push(Reason::BlockedByLock {
                    visits: dropped(state, &found),
                });
            }
        }
    }
    all.into_iter()
        .map(|(left, _, cheapest)| {
            let cheapest = cheapest.map(|found| addition(state, left.visit.0, &found));
            LeftOut { cheapest, ..left }
        })
        .collect()
}

fn dropped(state: &State, displacement: &Displacement) -> Vec<VisitId> {
    let stops = &state.routes[displacement.slot].stops;
    let mut visits: Vec<VisitId> = displacement.out.iter().map(|&at| VisitId(stops[at])).collect();
    visits.sort_unstable();
    visits
}

/// An absent visit that should replace planned ones, and how; `None` if none should.
fn better_exchange(state: &State, absent: &[u32]) -> Option<(u32, Displacement)> {
    (0..state.routes.len()).find_map(|slot| {
        let mut displacer = Displacer::new(state, slot);
        absent.iter().find_map(|&visit| {
            let found = displacer.smallest(visit, true)?;
            (found.cost < state.cost).then_some((visit, found))
        })
    })
}

/// Slots in which the visit is possible on an empty day, those that it misses by least.
fn priced_slots(found: &[Option<Hindrance>]) -> Vec<usize> {
    let mut slots: Vec<(i32, usize)> = found
        .iter()
        .enumerate()
        .filter_map(|(slot, hindrance)| match hindrance {
            None => Some((0, slot)),
            Some(h) if h.even_alone => None,
            Some(h) => Some((h.amount, slot)),
        })
        .collect();
    slots.sort_unstable();
    slots
        .into_iter()
        .take(SLOTS_PRICED)
        .map(|(_, slot)| slot)
        .collect()
}

/// The price of a displacement: exactly what applying it changes.
pub(crate) fn addition(state: &State, visit: u32, found: &Displacement) -> Addition {
    let (problem, day) = (state.problem, &state.days[found.slot]);
    let old = &state.routes[found.slot].stops;
    let mut new: Vec<u32> = (0..old.len())
        .filter(|at| !found.out.contains(at))
        .map(|at| old[at])
        .collect();
    new.insert(found.at, visit);
    let (before, after) = (timed(problem, day, old), timed(problem, day, &new));
    Addition {
        slot: SlotId(found.slot as u32),
        position: found.at as u32,
        extra_drive: after.drive.time - before.drive.time,
        extra_time: (after.back - after.leave) - (before.back - before.leave),
        drops: dropped(state, found),
    }
}

/// What keeps a visit out of a slot, and by how many seconds at least.
struct Hindrance {
    reason: Reason,
    amount: i32,
    even_alone: bool,
}

/// The rule that a visit misses by least over all positions; `None` if it fits.
fn hindrance(state: &State, visit: u32, slot: usize) -> Option<Hindrance> {
    let (problem, day) = (state.problem, &state.days[slot]);
    let id = SlotId(slot as u32);
    if let Some(reason) = forbidden(&problem.visits()[visit as usize], id, problem.slot(id)) {
        return Some(Hindrance {
            reason,
            amount: NEVER,
            even_alone: true,
        });
    }
    let place = problem.place(visit);
    if problem.drive(day.start, place) >= NEVER || problem.drive(place, day.end) >= NEVER {
        return Some(Hindrance {
            reason: Reason::Unreachable,
            amount: NEVER,
            even_alone: true,
        });
    }
    if let Some((reason, amount)) = violated(state, slot, &[visit]) {
        let driving = problem.drive(day.start, place) + problem.drive(place, day.end);
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
    let stops = &state.routes[slot].stops;
    let mut least: Option<(Reason, i32)> = None;
    let mut allowed = false;
    for at in 0..=stops.len() {
        if !state.order_allows(slot, visit, at) {
            continue;
        }
        allowed = true;
        let mut order = stops.clone();
        order.insert(at, visit);
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
    // With no end to the day: if that fits, the end or the driving limit is what is in the way, by exactly this much.
    let endless = day.endless();
    let longer = Route::new(problem, &endless, order.to_vec());
    if longer.fits(&endless) {
        let (short, over) = (longer.finish() - day.last, (longer.drive - day.max_drive) as i32);
        return Some(if short >= over {
            (Reason::NoTimeLeft { short: Span(short) }, short)
        } else {
            (Reason::DriveLimit { over: Span(over) }, over)
        });
    }
    let late = timed(problem, &endless, order);
    match late.stops.iter().find(|stop| stop.late > Span::ZERO) {
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
