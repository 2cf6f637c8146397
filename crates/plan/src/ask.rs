//! Questions about a plan: what if I drove in this order, where would this visit fit, do it.

use serde::{Deserialize, Serialize};

use crate::compiled::{NEVER, Problem};
use crate::day::Day;
use crate::explain::{explained, finish};
use crate::orders::as_calls;
use crate::plan::{Addition, LeftOut, Plan, Route as Timed};
use crate::state::{Place, State};
use crate::timeline::timed;
use crate::ways::{Way, addition, drop_call};
use crate::{OrderError, SlotId, TimeOfDay, VisitId};

/// The times of an order as a person made it. Nothing is refused for being late: [`crate::Stop::late`] and [`Timed::overtime`] say by how much.
///
/// Refuses visits that are not in the problem, come twice, have no place or no way to them. A visit on a day on which it has no window
/// is not late; what stands against it is asked for with [`explain`]. The day begins and ends where the slot says, nights away not thought of.
pub fn evaluate(problem: &Problem, slot: SlotId, order: &[VisitId]) -> Result<Timed, OrderError> {
    if slot.at() >= problem.slots().len() {
        return Err(OrderError::NoSuchSlot {
            slot: slot.at(),
            slots: problem.slots().len(),
        });
    }
    check_orders(problem, &[order.to_vec()])?;
    let day = Day::new(problem, slot.at());
    let mut here = day.start;
    for &visit in order {
        if problem.visit(visit).place.is_none() {
            return Err(OrderError::NoPlace { visit });
        }
        let there = problem.place(problem.calls_of(visit.0).start);
        if problem.drive(here, there) >= NEVER {
            return Err(OrderError::Unreachable { visit });
        }
        here = there;
    }
    if let Some(&visit) = order.last()
        && problem.drive(here, day.end) >= NEVER
    {
        return Err(OrderError::Unreachable { visit });
    }
    let order: Vec<u32> = order.iter().map(|&v| problem.calls_of(v.0).start).collect();
    Ok(timed(problem, &day, &order))
}

/// All places where one call of a visit fits without anything having to go, the cheapest of each slot, cheapest slot first. A planned
/// visit is looked at as if it were not.
pub fn insertions(
    problem: &Problem,
    orders: &[Vec<VisitId>],
    visit: VisitId,
) -> Result<Vec<Addition>, OrderError> {
    let mut state = state_without(problem, orders, visit)?;
    let found = plain_places(&state, visit);
    let ways = found.iter().map(|place| Way {
        slots: vec![place.slot],
        out: Vec::new(),
    });
    let ways: Vec<Way> = ways.collect();
    Ok(ways
        .iter()
        .filter_map(|way| addition(&mut state, visit.0, way))
        .collect())
}

fn plain_places(state: &State, visit: VisitId) -> Vec<Place> {
    let mut found: Vec<Place> = (0..state.routes.len())
        .filter_map(|slot| state.cheapest_in(slot, visit.0))
        .collect();
    found.sort_by_key(|place| (place.travel, place.slot));
    found
}

/// A slot that can be offered to a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Where it would stand and what it costs.
    pub addition: Addition,
    /// The visit could begin at any time from here …
    pub earliest: TimeOfDay,
    /// … to here at this place in the order, with all others still in time.
    pub latest: TimeOfDay,
    /// What it adds to [`crate::Cost::travel`].
    pub travel: i64,
}

/// The best slots for a new appointment: at most `most`, cheapest first, no two in the same slot, nothing having to go. A planned visit is
/// looked at as if it were not. Promise the whole stretch from `earliest` to `latest`, or a part of it, and the price holds.
pub fn offers(
    problem: &Problem,
    orders: &[Vec<VisitId>],
    visit: VisitId,
    most: usize,
) -> Result<Vec<Offer>, OrderError> {
    let mut state = state_without(problem, orders, visit)?;
    let mut found = Vec::new();
    for place in plain_places(&state, visit).into_iter().take(most) {
        let way = Way {
            slots: vec![place.slot],
            out: Vec::new(),
        };
        let Some(addition) = addition(&mut state, visit.0, &way) else {
            continue;
        };
        state.begin();
        state.put(visit.0, place);
        let day = timed(problem, &state.days[place.slot], &state.routes[place.slot].stops);
        state.undo();
        let stop = &day.stops[place.at];
        found.push(Offer {
            addition,
            earliest: stop.start,
            latest: stop.start + stop.slack,
            travel: place.travel,
        });
    }
    Ok(found)
}

/// What stands against a visit, slot by slot, and the cheapest way in. A planned visit is looked at as if it were not.
pub fn explain(problem: &Problem, orders: &[Vec<VisitId>], visit: VisitId) -> Result<LeftOut, OrderError> {
    let state = state_without(problem, orders, visit)?;
    Ok(explained(&state, &[visit.0]).remove(0))
}

/// The plan of these orders, with times, cost, and reasons for what is not in them; nothing is searched. Stops that do not fit are left out.
pub fn review(problem: &Problem, orders: &[Vec<VisitId>]) -> Result<Plan, OrderError> {
    check_orders(problem, orders)?;
    let mut state = State::empty(problem, None);
    state.load(&as_calls(problem, orders));
    Ok(finish(problem, &state.orders(), None, true))
}

/// Does exactly what an addition says, nothing else: the visits it drops go, the visit stands where it says. The price is then true.
pub fn add_anyway(
    problem: &Problem,
    orders: &[Vec<VisitId>],
    visit: VisitId,
    addition: &Addition,
) -> Result<Plan, OrderError> {
    let mut state = state_without(problem, orders, visit)?;
    let stale = |slot| OrderError::Stale { visit, slot };
    let first = (addition.slot, addition.position);
    if addition.slot.at() >= state.routes.len() {
        return Err(stale(addition.slot));
    }
    state.begin();
    for dropped in &addition.drops {
        if dropped.at() >= problem.visits().len() {
            return Err(stale(addition.slot));
        }
        // A visit that comes again and again may go from one slot alone: from those that the addition goes to.
        let goes_to =
            |slot: u32| slot == addition.slot.0 || addition.also.iter().any(|(other, _)| other.0 == slot);
        let calls: Vec<u32> = problem
            .calls_of(dropped.0)
            .filter(|&c| {
                state.slot_of[c as usize] != crate::state::ABSENT && goes_to(state.slot_of[c as usize])
            })
            .collect();
        if calls.is_empty() {
            return Err(stale(addition.slot));
        }
        calls.into_iter().for_each(|call| drop_call(&mut state, call));
    }
    for &(slot, position) in std::iter::once(&first).chain(&addition.also) {
        let at = position as usize;
        if slot.at() >= state.routes.len()
            || at > state.routes[slot.at()].stops.len()
            || state.forbids(visit.0, slot.at())
        {
            return Err(stale(slot));
        }
        state.put_one(visit.0, slot.at(), at);
        if let (Some(delivery), Some(at)) = (problem.partner(visit.0), addition.delivery) {
            if at as usize > state.routes[slot.at()].stops.len() {
                return Err(stale(slot));
            }
            state.put_one(delivery, slot.at(), at as usize);
        }
        if !crate::orders::order_holds(problem, &state.routes[slot.at()].stops) {
            return Err(stale(slot));
        }
    }
    if !state.fits() {
        return Err(stale(addition.slot));
    }
    Ok(finish(problem, &state.orders(), None, true))
}

/// Refuses visits that do not exist, have no place or come too often, and too many slots.
pub(crate) fn check_orders(problem: &Problem, orders: &[Vec<VisitId>]) -> Result<(), OrderError> {
    let (visits, slots) = (problem.visits().len(), problem.slots().len());
    if orders.len() > slots {
        return Err(OrderError::NoSuchSlot {
            slot: orders.len() - 1,
            slots,
        });
    }
    let mut days = vec![0u128; visits];
    for (slot, order) in orders.iter().enumerate() {
        let day = 1 << problem.day_of(slot);
        for &visit in order {
            let seen = days
                .get_mut(visit.at())
                .ok_or(OrderError::NoSuchVisit { visit, visits })?;
            let often = seen.count_ones() as usize >= problem.calls_of(visit.0).len();
            if *seen & day != 0 || often {
                return Err(OrderError::Twice { visit });
            }
            if problem.slots()[slot].frozen && problem.visit(visit).place.is_none() {
                return Err(OrderError::NoPlace { visit });
            }
            *seen |= day;
        }
    }
    Ok(())
}

/// The plan as a state, `visit` taken out of it; stops that do not fit are left out.
fn state_without<'p>(
    problem: &'p Problem,
    orders: &[Vec<VisitId>],
    visit: VisitId,
) -> Result<State<'p>, OrderError> {
    check_orders(problem, orders)?;
    if visit.at() >= problem.visits().len() {
        return Err(OrderError::NoSuchVisit {
            visit,
            visits: problem.visits().len(),
        });
    }
    let mut state = State::empty(problem, None);
    let partner = problem.partner(visit.0).map(VisitId);
    let kept: Vec<Vec<VisitId>> = orders
        .iter()
        .enumerate()
        .map(|(slot, order)| {
            let frozen = problem.slots()[slot].frozen;
            let stays = |v: &VisitId| frozen || *v != visit && Some(*v) != partner;
            order.iter().copied().filter(stays).collect()
        })
        .collect();
    state.load(&as_calls(problem, &kept));
    Ok(state)
}
