//! Local search between two routes of one day: stretches change places, and so do whole tails (2-opt*). Relocating a stretch is an exchange
//! with nothing. Only exchanges that bring two near visits next to each other are looked at.

use std::ops::Range;

use crate::neighbours::Neighbours;
use crate::state::{ABSENT, State};

/// The longest stretch that is exchanged, tails apart.
const STRETCH: usize = 3;
/// How many near visits are tried beside each.
const NEAR: usize = 16;

/// A range of stops of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stretch {
    slot: usize,
    range: Range<usize>,
}

/// Exchanges until none makes the plan better. `patience` bounds the exchanges that are done in full.
pub(crate) fn exchange(state: &mut State, neighbours: &Neighbours, patience: &mut usize) {
    let problem = state.problem;
    if problem.has().shipments || problem.has().nights || state.driven < 1 {
        return;
    }
    loop {
        let before = state.cost;
        for call in 0..problem.calls() as u32 {
            while *patience > 0 && improve_at(state, neighbours, call, patience) {}
        }
        if state.cost >= before || *patience == 0 {
            return;
        }
    }
}

/// Does the first exchange that puts the call's stretch after a near visit, or its tail, and makes the plan better.
fn improve_at(state: &mut State, neighbours: &Neighbours, call: u32, patience: &mut usize) -> bool {
    let problem = state.problem;
    let visit = problem.visit_of(call);
    for &other in neighbours.beside(visit).iter().take(NEAR) {
        for other in problem.calls_of(other) {
            let (here, there) = (state.slot_of[call as usize], state.slot_of[other as usize]);
            if here == ABSENT || there == ABSENT || here == there {
                continue;
            }
            let (here, there) = (here as usize, there as usize);
            if problem.day_of(here) != problem.day_of(there) || !state.open[here] || !state.open[there] {
                continue;
            }
            let from = state.at_of[call as usize] as usize;
            let after = state.at_of[other as usize] as usize + 1;
            let (mine, theirs) = (state.routes[here].stops.len(), state.routes[there].stops.len());
            let lengths = (1..=STRETCH.min(mine - from))
                .flat_map(|one| (0..=STRETCH.min(theirs - after)).map(move |two| (one, two)));
            let tails = std::iter::once((mine - from, theirs - after));
            for (one, two) in lengths.chain(tails) {
                let first = Stretch {
                    slot: here,
                    range: from..from + one,
                };
                let second = Stretch {
                    slot: there,
                    range: after..after + two,
                };
                if saved(state, &first, &second) > 0 {
                    *patience = patience.saturating_sub(1);
                    if swap(state, &first, &second) {
                        return true;
                    }
                }
            }
        }
    }
    false
}

/// Seconds of driving that an exchange saves.
fn saved(state: &State, one: &Stretch, other: &Stretch) -> i64 {
    let drive = |from: u32, to: u32| i64::from(state.problem.drive(from as usize, to as usize));
    let now = |s: &Stretch| {
        let nodes = &state.routes[s.slot].nodes;
        i64::from(nodes[s.range.start].leg)
            + if s.range.is_empty() {
                0
            } else {
                i64::from(nodes[s.range.end].leg)
            }
    };
    // The nodes around `place`'s range with `stops` between.
    let then = |place: &Stretch, stops: &Stretch| {
        let around = &state.routes[place.slot].nodes;
        let (before, after) = (around[place.range.start].place, around[place.range.end + 1].place);
        if stops.range.is_empty() {
            // An emptied day is not driven at all.
            let alone = place.range.len() == state.routes[place.slot].stops.len();
            return if alone { 0 } else { drive(before, after) };
        }
        let nodes = &state.routes[stops.slot].nodes;
        let (first, last) = (nodes[stops.range.start + 1].place, nodes[stops.range.end].place);
        drive(before, first) + drive(last, after)
    };
    now(one) + now(other) - then(one, other) - then(other, one)
}

/// Exchanges two stretches; undone, and `false`, where something does not fit or the plan is no better.
fn swap(state: &mut State, one: &Stretch, other: &Stretch) -> bool {
    let before = state.cost;
    let calls = |s: &Stretch| state.routes[s.slot].stops[s.range.clone()].to_vec();
    let (mine, theirs) = (calls(one), calls(other));
    state.begin();
    for stretch in [one, other] {
        if !stretch.range.is_empty() {
            state.remove(stretch.slot, stretch.range.clone());
        }
    }
    let done = put(state, one, &theirs) && put(state, other, &mine);
    if done && state.fits() && state.cost < before {
        return true;
    }
    state.undo();
    false
}

/// Puts calls where a stretch was taken out; `false` if one of them may not be there.
fn put(state: &mut State, place: &Stretch, calls: &[u32]) -> bool {
    for (index, &call) in calls.iter().enumerate() {
        let visit = state.problem.visit_of(call);
        let at = place.range.start + index;
        if state.forbids(visit, place.slot) || !state.order_allows(place.slot, call, at) {
            return false;
        }
        state.put_one(visit, place.slot, at);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{Stretch, saved, swap};
    use crate::random::Random;
    use crate::state::State;
    use crate::{DenseTimes, PlaceId, Problem, Slot, Span, TimeOfDay, Visit, Window};

    /// What an exchange is said to save is what it saves, stretches, tails and nothing alike.
    #[test]
    fn savings_are_true() {
        let mut random = Random::new(11);
        let places = 14;
        let table: Vec<u32> = (0..places * places)
            .map(|at| {
                if at % (places + 1) == 0 {
                    0
                } else {
                    1_000 + random.below(900) as u32
                }
            })
            .collect();
        let times = DenseTimes::new(places, table.clone(), table).expect("square tables");
        let shift = Window::new(TimeOfDay::hm(0, 0), TimeOfDay::hm(24, 0));
        let mut slots = vec![
            Slot::new(1, 0, PlaceId(0), shift),
            Slot::new(2, 0, PlaceId(1), shift),
        ];
        slots[1].end = PlaceId(2);
        let visits = (3..places as u32).map(|place| Visit::new(PlaceId(place), Span(60)));
        let problem = Problem::new(slots, visits.collect(), &times).expect("two days that can be planned");
        let mut done = 0;
        for _ in 0..2_000 {
            let mut state = State::empty(&problem, None);
            let cut = 1 + random.below(places - 5);
            let calls: Vec<u32> = (0..places as u32 - 3).collect();
            state.set_orders(&[calls[..cut].to_vec(), calls[cut..].to_vec()]);
            let mut stretch = |slot: usize, least: usize| {
                let stops = state.routes[slot].stops.len();
                let from = random.below(stops + 1 - least);
                let to = from + least + random.below(stops + 1 - least - from);
                Stretch {
                    slot,
                    range: from..to,
                }
            };
            let (one, other) = (stretch(0, 1), stretch(1, 0));
            let (before, promised) = (state.cost.travel, saved(&state, &one, &other));
            assert_eq!(swap(&mut state, &one, &other), promised > 0);
            let after = if promised > 0 { before - promised } else { before };
            assert_eq!(state.cost.travel, after, "{one:?} with {other:?}");
            done += usize::from(promised > 0);
        }
        assert!(done > 500, "only {done} exchanges saved anything");
    }
}
