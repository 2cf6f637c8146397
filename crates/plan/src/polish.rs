//! Local search on travel: turn a stretch round, move a stretch, move a visit to another slot, exchange one for an absent one. Each
//! change keeps everything that fitted and makes the plan strictly better, so it ends.

use crate::route::Route;
use crate::state::{State, order_holds};

/// Longest stretch that is moved in one piece.
const STRETCH: usize = 3;

/// Improves until no single change helps.
pub(crate) fn polish(state: &mut State) {
    loop {
        let before = state.cost;
        for slot in 0..state.routes.len() {
            while improve_order(state, slot) {}
        }
        relocate(state);
        exchange_with_absent(state);
        if state.cost == before {
            return;
        }
    }
}

/// The best turn or move within one slot; `false` if none helps.
fn improve_order(state: &mut State, slot: usize) -> bool {
    let (problem, day) = (state.problem, state.days[slot]);
    let stops = state.routes[slot].stops.clone();
    let n = stops.len();
    let mut least = state.routes[slot].travel(&day);
    let mut best: Option<Vec<u32>> = None;
    let mut consider = |order: Vec<u32>| {
        let candidate = Route::new(problem, &day, order);
        let travel = candidate.travel(&day);
        if travel < least
            && candidate.fits(&day)
            && (!problem.orders_locked() || order_holds(problem, &candidate.stops))
        {
            least = travel;
            best = Some(candidate.stops);
        }
    };
    for from in 0..n {
        for to in from + 2..=n {
            let mut order = stops.clone();
            order[from..to].reverse();
            consider(order);
        }
        for to in from + 1..=(from + STRETCH).min(n) {
            for at in (0..=n - (to - from)).filter(|&at| at != from) {
                let mut order = stops.clone();
                let stretch: Vec<u32> = order.drain(from..to).collect();
                order.splice(at..at, stretch);
                consider(order);
            }
        }
    }
    let Some(order) = best else { return false };
    state.reorder(slot, &order);
    true
}

/// Moves single visits to cheaper places in any slot.
fn relocate(state: &mut State) {
    if state.routes.len() < 2 {
        return;
    }
    for slot in 0..state.routes.len() {
        let mut at = 0;
        while at < state.routes[slot].stops.len() {
            let visit = state.routes[slot].stops[at];
            let before = state.cost;
            state.begin();
            state.remove(slot, at..at + 1);
            if let Some(place) = state.cheapest(visit) {
                state.insert(visit, place.slot, place.at);
            }
            // After a success, the stop that is now at this position has not been tried.
            if state.cost >= before || !state.fits() {
                state.undo();
                at += 1;
            }
        }
    }
}

/// Puts absent visits in place of planned ones that are worth less, or worth the same and dearer.
fn exchange_with_absent(state: &mut State) {
    for slot in 0..state.routes.len() {
        let mut at = 0;
        while at < state.routes[slot].stops.len() {
            let before = state.cost;
            let mut candidates = state.absent.clone();
            candidates.sort_unstable();
            let mut best: Option<(crate::plan::Cost, u32, usize, usize)> = None;
            state.begin();
            state.remove(slot, at..at + 1);
            for visit in candidates {
                if let Some(place) = state.cheapest(visit) {
                    let mut cost = state.cost;
                    crate::state::leave_out(&mut cost, &state.problem.visits()[visit as usize], -1);
                    cost.travel += place.travel;
                    if cost < before && best.is_none_or(|(least, ..)| cost < least) {
                        best = Some((cost, visit, place.slot, place.at));
                    }
                }
            }
            if let Some((_, visit, slot, at)) = best {
                state.insert(visit, slot, at);
            }
            if best.is_none() || !state.fits() {
                state.undo();
                at += 1;
            }
        }
    }
}
