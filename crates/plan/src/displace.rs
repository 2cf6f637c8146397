//! What would have to go so that a visit fits: the smallest set of a slot's stops.

use crate::plan::Cost;
use crate::route::Route;
use crate::state::{State, leave_out, order_allows, order_holds};

/// A way in: these stops out, the visit before stop `at` of what is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Displacement {
    pub(crate) slot: usize,
    pub(crate) at: usize,
    /// Positions in the present order, ascending.
    pub(crate) out: Vec<usize>,
    /// What the whole plan then costs.
    pub(crate) cost: Cost,
}

/// Up to this many sets of a size are tried; above it, only stretches of neighbouring stops, made as small as they can be.
const MOST_SETS: usize = 1_000;

/// The smallest set of stops without which the visit fits; among sets of a size, the one that costs the plan least. Only stops for which
/// `may_go` holds are taken. The size is the smallest there is as long as there are at most 1,000 sets of that size.
pub(crate) fn smallest(
    state: &State,
    visit: u32,
    slot: usize,
    may_go: &dyn Fn(u32) -> bool,
) -> Option<Displacement> {
    let stops = &state.routes[slot].stops;
    let movable: Vec<usize> = (0..stops.len()).filter(|&at| may_go(stops[at])).collect();
    for size in 0..=movable.len() {
        if sets(movable.len(), size) > MOST_SETS {
            return by_stretch(state, visit, slot, &movable);
        }
        let mut best: Option<Displacement> = None;
        for_each_set(movable.len(), size, &mut |set| {
            let out: Vec<usize> = set.iter().map(|&i| movable[i]).collect();
            if let Some(found) = without(state, visit, slot, &out)
                && best.as_ref().is_none_or(|b| found.cost < b.cost)
            {
                best = Some(found);
            }
        });
        if best.is_some() {
            return best;
        }
    }
    None
}

/// The cheapest place of the visit with those stops out.
pub(crate) fn without(state: &State, visit: u32, slot: usize, out: &[usize]) -> Option<Displacement> {
    let (problem, day) = (state.problem, &state.days[slot]);
    if problem.windows(visit, slot).is_empty() {
        return None;
    }
    let stops = &state.routes[slot].stops;
    let kept: Vec<u32> = (0..stops.len())
        .filter(|at| !out.contains(at))
        .map(|at| stops[at])
        .collect();
    let mut cost = state.cost;
    for &at in out {
        leave_out(&mut cost, &problem.visits()[stops[at] as usize], 1);
    }
    leave_out(&mut cost, &problem.visits()[visit as usize], -1);
    cost.travel -= state.routes[slot].travel(day);
    let route = Route::new(problem, day, kept);
    let mut best: Option<(i64, usize)> = None;
    for at in 0..=route.stops.len() {
        let Some(extra) = route.insertion(problem, day, visit, at) else {
            continue;
        };
        let mut travel = route.drive + i64::from(extra);
        if day.overtime_price != 0 {
            travel += i64::from(route.overtime_with(problem, day, visit, at)) * day.overtime_price;
        }
        if best.is_none_or(|(least, _)| travel < least) && order_allows(problem, &route.stops, visit, at) {
            best = Some((travel, at));
        }
    }
    let (travel, at) = best?;
    cost.travel += travel;
    // Removing a stop can break a rule only where drive times break the triangle inequality; the insertion test then says no, as
    // the forward times are those of the order that is left.
    debug_assert!(order_holds(problem, &route.stops) || !problem.orders_locked());
    Some(Displacement {
        slot,
        at,
        out: out.to_vec(),
        cost,
    })
}

fn by_stretch(state: &State, visit: u32, slot: usize, movable: &[usize]) -> Option<Displacement> {
    for size in 1..=movable.len() {
        let mut best: Option<Displacement> = None;
        for stretch in movable.windows(size) {
            if let Some(found) = without(state, visit, slot, stretch)
                && best.as_ref().is_none_or(|b| found.cost < b.cost)
            {
                best = Some(found);
            }
        }
        if let Some(mut found) = best {
            let mut index = 0;
            while index < found.out.len() {
                let mut fewer = found.out.clone();
                fewer.remove(index);
                match without(state, visit, slot, &fewer) {
                    Some(smaller) => found = smaller,
                    None => index += 1,
                }
            }
            return Some(found);
        }
    }
    None
}

/// How many sets of that size there are, or a number above `MOST_SETS`.
fn sets(of: usize, size: usize) -> usize {
    let mut count = 1usize;
    for i in 0..size.min(of - size) {
        count = count * (of - i) / (i + 1);
        if count > MOST_SETS {
            return count;
        }
    }
    count
}

fn for_each_set(of: usize, size: usize, visit: &mut dyn FnMut(&[usize])) {
    let mut set: Vec<usize> = (0..size).collect();
    loop {
        visit(&set);
        let Some(i) = (0..size).rev().find(|&i| set[i] < of - size + i) else {
            return;
        };
        set[i] += 1;
        for j in i + 1..size {
            set[j] = set[j - 1] + 1;
        }
    }
}
