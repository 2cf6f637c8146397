//! Questions about a plan: what if I drove in this order, where would this visit fit, do it.

use crate::compiled::{NEVER, Problem};
use crate::displace::{Displacement, plain};
use crate::explain::{addition, explained, finish};
use crate::plan::{Addition, LeftOut, Plan, Route as Timed};
use crate::route::Day;
use crate::state::State;
use crate::timeline::timed;
use crate::{OrderError, SlotId, VisitId};

/// The times of an order as a person made it. Nothing is refused for being late: [`crate::Stop::late`] and [`Timed::overtime`] say by how much.
///
/// Refuses visits that are not in the problem, come twice, have no place or no way to them. A visit on a day on which it has no window
/// is not late; its `why_not` is asked for with [`explain`].
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
        let there = problem.place(visit.0);
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
    let order: Vec<u32> = order.iter().map(|v| v.0).collect();
    Ok(timed(problem, &day, &order))
}

/// All places where a visit fits without anything having to go, the cheapest of each slot, cheapest slot first. A planned visit is
/// looked at as if it were not.
pub fn insertions(
    problem: &Problem,
    orders: &[Vec<VisitId>],
    visit: VisitId,
) -> Result<Vec<Addition>, OrderError> {
    let state = state_without(problem, orders, visit)?;
    let mut found: Vec<Displacement> = (0..state.routes.len())
        .filter_map(|slot| plain(&state, visit.0, slot))
        .collect();
    found.sort_by_key(|d| (d.cost, d.slot));
    Ok(found.iter().map(|d| addition(&state, visit.0, d)).collect())
}

/// What stands against a visit, slot by slot, and the cheapest way in. A planned visit is looked at as if it were not.
pub fn explain(problem: &Problem, orders: &[Vec<VisitId>], visit: VisitId) -> Result<LeftOut, OrderError> {
    let state = state_without(problem, orders, visit)?;
    Ok(explained(&state, &[visit.0]).remove(0))
}

/// Does exactly what an addition says, nothing else: the visits it drops go, the visit stands where it says. The price is then true.
pub fn add_anyway(
    problem: &Problem,
    orders: &[Vec<VisitId>],
    visit: VisitId,
    addition: &Addition,
) -> Result<Plan, OrderError> {
    let state = state_without(problem, orders, visit)?;
    let stale = OrderError::Stale {
        visit,
        slot: addition.slot,
    };
    let slot = addition.slot.at();
    let stops = &state.routes.get(slot).ok_or(stale.clone())?.stops;
    let mut out = Vec::with_capacity(addition.drops.len());
    for dropped in &addition.drops {
        out.push(stops.iter().position(|&v| v == dropped.0).ok_or(stale.clone())?);
    }
    let mut orders = state.orders();
    orders[slot].retain(|&v| !addition.drops.contains(&VisitId(v)));
    let at = addition.position as usize;
    if at > orders[slot].len() || problem.windows(visit.0, slot).is_empty() {
        return Err(stale);
    }
    orders[slot].insert(at, visit.0);
    let route = crate::route::Route::new(problem, &state.days[slot], orders[slot].clone());
    if !route.fits(&state.days[slot]) || !crate::state::order_holds(problem, &orders[slot]) {
        return Err(stale);
    }
    Ok(finish(problem, &orders))
}

/// Refuses visits that do not exist or come twice, and too many slots.
pub(crate) fn check_orders(problem: &Problem, orders: &[Vec<VisitId>]) -> Result<(), OrderError> {
    let (visits, slots) = (problem.visits().len(), problem.slots().len());
    if orders.len() > slots {
        return Err(OrderError::NoSuchSlot {
            slot: orders.len() - 1,
            slots,
        });
    }
    let mut seen = vec![false; visits];
    for &visit in orders.iter().flatten() {
        let known = seen
            .get_mut(visit.at())
            .ok_or(OrderError::NoSuchVisit { visit, visits })?;
        if std::mem::replace(known, true) {
            return Err(OrderError::Twice { visit });
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
    let mut state = State::empty(problem);
    let kept: Vec<Vec<u32>> = orders
        .iter()
        .map(|order| order.iter().map(|v| v.0).filter(|&v| v != visit.0).collect())
        .collect();
    state.load(&kept);
    Ok(state)
}
