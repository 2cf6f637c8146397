//! From orders to a plan that explains itself: times, why each stop is there, and for each visit left out the rule it meets in every
//! slot, by how much, and the price of having it after all.

use crate::clash::smallest_clash;
use crate::compiled::{Problem, bits};
use crate::construct::fill;
use crate::displace::{Displacement, Displacer};
use crate::finder::Finder;
use crate::hindrance::{Hindrance, hindrance};
use crate::near::Earlier;
use crate::plan::{LeftOut, Parts, Plan, Reason, SlotReasons};
use crate::polish::polish;
use crate::state::State;
use crate::timeline::timed;
use crate::ways::{Way, addition, apply};
use crate::why::why_planned;
use crate::{SlotId, VisitId};

/// A visit's displacements are worked out in at most this many slots, those that it misses by least.
const SLOTS_PRICED: usize = 5;
/// Up to this many stops in all everyone left out is tried in place of someone planned.
const EXCHANGED_STOPS: usize = 400;
/// Up to this many visits left out, reasons are complete; beyond it, what they displace is not worked out.
const MOST_PRICED: usize = 1_000;

/// Ends the search: no plain insertion fits any more, and, in plans that are not too large, nobody is left out in favour of visits that
/// are worth less.
pub(crate) fn settle(state: &mut State, finder: &mut Finder) {
    loop {
        polish(state, finder.neighbours);
        fill(state, finder);
        if state.planned > EXCHANGED_STOPS || !better_exchange(state) {
            return;
        }
    }
}

/// The finished plan of these orders of calls, which must fit.
pub(crate) fn finish(
    problem: &Problem,
    orders: &[Vec<u32>],
    earlier: Option<&Earlier>,
    with_reasons: bool,
) -> Plan {
    let mut state = State::empty(problem, earlier);
    state.set_orders(orders);
    let mut routes = Vec::with_capacity(orders.len());
    for slot in 0..state.routes.len() {
        let mut route = timed(problem, &state.days[slot], &state.routes[slot].stops);
        route.night_away = state.nights[slot] > 0;
        for at in 0..route.stops.len() {
            if with_reasons {
                route.stops[at].why = why_planned(&mut state, slot, at);
            }
        }
        routes.push(route);
    }
    let mut absent = state.absent.clone();
    absent.extend((0..problem.visits().len() as u32).filter(|&v| {
        problem.is_delivery(v) && problem.partner(v).is_some_and(|pickup| state.is_missing(pickup))
    }));
    absent.sort_unstable();
    let left_out = if with_reasons {
        explained(&state, &absent)
    } else {
        absent.iter().map(|&visit| named(&state, visit)).collect()
    };
    Plan {
        routes,
        left_out,
        cost: state.cost,
        parts: parts(&state),
    }
}

fn parts(state: &State) -> Parts {
    let routes = || state.routes.iter();
    let changes = state.routes.iter().enumerate().flat_map(|(slot, route)| {
        let visits = route.stops.iter().map(|&call| state.problem.visit_of(call));
        visits.map(move |visit| state.change_cost(visit, slot))
    });
    let drive = routes().map(|r| r.drive).sum();
    let soft = routes().map(|r| r.travel() - r.drive).sum();
    let changes = changes.sum();
    Parts {
        drive,
        overtime_and_lateness: soft,
        nights: state.cost.travel - drive - soft - changes - state.imbalance,
        changes,
        balance: state.imbalance,
    }
}

/// Everything there is to say about visits that are not planned.
pub(crate) fn explained(state: &State, visits: &[u32]) -> Vec<LeftOut> {
    let problem = state.problem;
    let mut all: Vec<(LeftOut, Vec<usize>, Vec<Displacement>)> = visits
        .iter()
        .map(|&visit| {
            let mut found: Vec<Option<Hindrance>> = (0..state.routes.len())
                .map(|slot| hindrance(state, visit, slot))
                .collect();
            let priced = if visits.len() <= MOST_PRICED {
                priced_slots(&found)
            } else {
                Vec::new()
            };
            say_what_days_lack(state, visit, &mut found);
            let reasons = found.into_iter().enumerate().map(|(slot, found)| SlotReasons {
                slot: SlotId(slot as u32),
                reasons: found.into_iter().map(|h| h.reason).collect(),
            });
            let reasons = reasons.collect();
            (
                LeftOut {
                    reasons,
                    ..named(state, visit)
                },
                priced,
                Vec::new(),
            )
        })
        .collect();
    for slot in 0..state.routes.len() {
        let mut displacer = Displacer::new(state, slot);
        for (left, _, ways) in all.iter_mut().filter(|(_, priced, _)| priced.contains(&slot)) {
            let reasons = &mut left.reasons[slot].reasons;
            if let Some(found) = displacer.smallest(left.visit.0, true) {
                let visits = dropped(state, &found);
                // Of an unfinished plan this may be untrue; then it is not said.
                if !visits.is_empty() && found.cost >= state.cost {
                    reasons.push(Reason::LowerPriorityThan { visits });
                }
                ways.push(found);
            } else if let Some(found) = displacer.smallest(left.visit.0, false) {
                reasons.push(Reason::BlockedByLock {
                    visits: dropped(state, &found),
                });
            }
        }
    }
    let mut scratch = state.clone();
    all.into_iter()
        .map(|(mut left, _, ways)| {
            let visit = left.visit.0;
            let way = Way::cheapest(state, visit, &ways);
            left.cheapest = way.and_then(|way| addition(&mut scratch, visit, &way));
            if problem.visits()[visit as usize].tier == 0 && left.cheapest.is_none() {
                add_clash(state, &mut left);
            }
            left
        })
        .collect()
}

/// A visit left out, without reasons.
fn named(state: &State, visit: u32) -> LeftOut {
    let problem = state.problem;
    LeftOut {
        visit: VisitId(visit),
        missing: problem.lost(visit, state.days_of[visit as usize]).missing as u32,
        planned: state.slots_of(visit),
        reasons: Vec::new(),
        cheapest: None,
        label: problem.visits()[visit as usize].label.clone(),
    }
}

/// Promises that exclude each other are named.
fn add_clash(state: &State, left: &mut LeftOut) {
    let Some(visits) = smallest_clash(state, left.visit.0) else {
        return;
    };
    for slot in &mut left.reasons {
        if slot
            .reasons
            .iter()
            .any(|r| matches!(r, Reason::BlockedByLock { .. }))
        {
            slot.reasons.push(Reason::Clash {
                visits: visits.clone(),
            });
        }
    }
}

/// One call more fits in some slots: then it is the rule for its days that stands against it.
fn say_what_days_lack(state: &State, visit: u32, found: &mut [Option<Hindrance>]) {
    let problem = state.problem;
    let kind = problem.kind(visit);
    if kind.is_once() {
        return;
    }
    let days = state.days_of[visit as usize];
    let room = found
        .iter()
        .enumerate()
        .filter(|(_, h)| h.is_none())
        .fold(days, |mask, (slot, _)| mask | 1 << problem.day_of(slot));
    for (slot, found) in found.iter_mut().enumerate().filter(|(_, h)| h.is_none()) {
        let day = 1u128 << problem.day_of(slot);
        let reason = match (kind.patterns(), kind.gap()) {
            (Some(patterns), _) => {
                let lacking = patterns
                    .iter()
                    .filter(|&&p| p & day != 0 && p & days == days)
                    .map(|&p| p & !room);
                let least = lacking.min_by_key(|lack| (lack.count_ones(), *lack)).unwrap_or(0);
                Reason::PatternIncomplete {
                    days: bits(least).map(|d| d as u16).collect(),
                }
            }
            (None, gap) => Reason::GapBroken {
                min: gap.map_or(0, |g| g.min),
            },
        };
        *found = Some(Hindrance {
            reason,
            amount: 0,
            even_alone: true,
        });
    }
}

pub(crate) fn dropped(state: &State, displacement: &Displacement) -> Vec<VisitId> {
    let stops = &state.routes[displacement.slot].stops;
    let mut visits: Vec<VisitId> = displacement
        .out
        .iter()
        .map(|&at| VisitId(state.problem.visit_of(stops[at])))
        .collect();
    visits.sort_unstable();
    visits
}

/// Puts an absent visit in place of planned ones if that makes the plan better; `false` if none should.
fn better_exchange(state: &mut State) -> bool {
    let mut absent = state.absent.clone();
    absent.retain(|&v| state.problem.kind(v).is_once());
    absent.sort_unstable();
    for slot in 0..state.routes.len() {
        let found = {
            let mut displacer = Displacer::new(state, slot);
            absent.iter().find_map(|&visit| {
                let found = displacer.smallest(visit, true)?;
                (found.cost < state.cost).then_some((visit, found))
            })
        };
        let Some((visit, found)) = found else { continue };
        let before = state.cost;
        state.begin();
        let way = Way::of(state, &found);
        if apply(state, visit, &way).is_some() && state.cost < before && state.fits() {
            return true;
        }
        state.undo();
    }
    false
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
