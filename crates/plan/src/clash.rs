//! Demands that cannot all be kept: the smallest set of promises and locks that exclude each other.

use crate::VisitId;
use crate::state::State;

/// Orders of up to so many visits are all tried.
const MOST_TRIED: usize = 8;

/// The smallest set of promised or locked visits, `visit` among them, that cannot stand in the plan together even if everything else goes:
/// without any one of the others, the rest fits. `None` if that cannot be shown: the visit is possible in more than one slot, or more
/// promises are involved than can be tried in every order.
pub(crate) fn smallest_clash(state: &State, visit: u32) -> Option<Vec<VisitId>> {
    let problem = state.problem;
    let possible = |v: u32| (0..state.routes.len()).filter(move |&s| problem.may_be(v, s) && state.open[s]);
    let slots: Vec<usize> = possible(visit).collect();
    let [slot] = slots[..] else { return None };
    if !problem.kind(visit).is_once() || problem.partner(visit).is_some() {
        return None;
    }
    // Whoever could go elsewhere is no part of a clash.
    let bound = |v: u32| {
        let details = &problem.visits()[v as usize];
        let held = details.tier == 0 || details.locks != crate::Locks::default();
        held && possible(v).eq([slot]) && problem.kind(v).is_once() && problem.partner(v).is_none()
    };
    let stops = state.routes[slot].stops.iter().map(|&c| problem.visit_of(c));
    let mut set: Vec<u32> = stops.filter(|&v| bound(v)).collect();
    if set.len() > MOST_TRIED || fits_somehow(state, slot, visit, &set) {
        return None;
    }
    // Whoever can be left off with the clash still there is no part of it.
    let mut index = 0;
    while index < set.len() {
        let gone = set.remove(index);
        if fits_somehow(state, slot, visit, &set) {
            set.insert(index, gone);
            index += 1;
        }
    }
    set.push(visit);
    set.sort_unstable();
    Some(set.into_iter().map(VisitId).collect())
}

/// Whether some order of these visits fits the slot.
fn fits_somehow(state: &State, slot: usize, visit: u32, others: &[u32]) -> bool {
    let mut left: Vec<u32> = others.to_vec();
    left.push(visit);
    let calls: Vec<u32> = left.iter().map(|&v| state.problem.calls_of(v).start).collect();
    extend(state, slot, &mut Vec::new(), &calls)
}

fn extend(state: &State, slot: usize, order: &mut Vec<u32>, calls: &[u32]) -> bool {
    let day = &state.days[slot];
    if order.len() == calls.len() {
        let route = crate::route::Route::new(state.problem, day, order.clone());
        return route.fits(day) && crate::orders::order_holds(state.problem, order);
    }
    for &call in calls {
        if !order.contains(&call) {
            order.push(call);
            if extend(state, slot, order, calls) {
                return true;
            }
            order.pop();
        }
    }
    false
}
