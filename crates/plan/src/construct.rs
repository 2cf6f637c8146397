//! The first plan: tier by tier, always the visit that would suffer most from waiting (regret), suggestions by worth per second. Where
//! that would take too long, and for visits that come again and again, in that order of tiers and worth, one after the other.

use crate::finder::Finder;
use crate::random::Random;
use crate::recreate::Recreate;
use crate::state::{Place, State};

/// Up to this many pairs of visit and slot are compared with each other.
const FEW_PAIRS: usize = 20_000;

/// Inserts absent visits until none fits anywhere: no visit is left out that a plain insertion would fit. Promises and important visits
/// first; among suggestions, those that give most for their time.
pub(crate) fn construct(state: &mut State, finder: &mut Finder, recreate: &Recreate) {
    let pairs = state.absent.len() * state.routes.len();
    for tier in 0..=4u8 {
        let mut waiting: Vec<u32> = state.absent.clone();
        waiting.retain(|&v| state.problem.visits()[v as usize].tier == tier && !state.problem.is_delivery(v));
        waiting.sort_unstable();
        if pairs <= FEW_PAIRS && !state.problem.has().recurrences && !state.problem.has().shipments {
            insert_by_regret(state, &waiting, tier == 4);
        } else {
            insert_in_order(state, finder, recreate, &mut waiting);
        }
    }
}

/// Tries every absent visit in every place of every slot, until nothing fits.
pub(crate) fn fill(state: &mut State, finder: &mut Finder) {
    // No blinks, so no luck is needed.
    let mut random = Random::new(0);
    let (blink, thorough) = (
        std::mem::replace(&mut finder.blink, 0),
        std::mem::replace(&mut finder.thorough, true),
    );
    loop {
        let mut absent = state.absent.clone();
        let visits = state.problem.visits();
        absent.sort_unstable_by_key(|&v| {
            (
                visits[v as usize].tier,
                std::cmp::Reverse(visits[v as usize].prize),
                v,
            )
        });
        finder.list_empty(state);
        let before = state.cost;
        for visit in absent {
            finder.insert(state, visit, &mut random);
        }
        if state.cost >= before {
            break;
        }
    }
    (finder.blink, finder.thorough) = (blink, thorough);
}

fn insert_in_order(state: &mut State, finder: &mut Finder, recreate: &Recreate, waiting: &mut [u32]) {
    let calls = |v: u32| std::cmp::Reverse(state.problem.calls_of(v).len());
    waiting.sort_by(|&a, &b| {
        let worth = |v: u32| recreate.worth[v as usize];
        worth(b)
            .total_cmp(&worth(a))
            .then_with(|| (calls(a), a).cmp(&(calls(b), b)))
    });
    let mut random = Random::new(0);
    let blink = std::mem::replace(&mut finder.blink, 0);
    finder.list_empty(state);
    for &visit in waiting.iter() {
        finder.insert(state, visit, &mut random);
    }
    finder.blink = blink;
}

fn insert_by_regret(state: &mut State, waiting: &[u32], by_density: bool) {
    let slots = state.routes.len();
    let mut places: Vec<Option<Place>> = Vec::with_capacity(waiting.len() * slots);
    for &visit in waiting {
        places.extend((0..slots).map(|slot| state.cheapest_in(slot, visit)));
    }
    loop {
        let mut best: Option<(i64, usize, Place)> = None;
        for (index, &visit) in waiting.iter().enumerate() {
            if !state.is_missing(visit) {
                continue;
            }
            let row = &places[index * slots..(index + 1) * slots];
            let Some(place) = row.iter().flatten().min_by_key(|p| (p.travel, p.slot)) else {
                continue;
            };
            let urgency = if by_density {
                density(state, visit, place)
            } else {
                regret(row, place)
            };
            if best.as_ref().is_none_or(|(most, _, _)| urgency > *most) {
                best = Some((urgency, index, *place));
            }
        }
        let Some((_, index, place)) = best else { return };
        state.put(waiting[index], place);
        for (index, &visit) in waiting.iter().enumerate() {
            if state.is_missing(visit) {
                places[index * slots + place.slot] = state.cheapest_in(place.slot, visit);
                if state.problem.has().conflicts {
                    for slot in 0..slots {
                        places[index * slots + slot] = state.cheapest_in(slot, visit);
                    }
                }
            }
        }
    }
}

/// What the second best slot costs more; without a second one, more than anything that has one. The dearer of two equal ones first.
fn regret(row: &[Option<Place>], best: &Place) -> i64 {
    let second = row
        .iter()
        .flatten()
        .filter(|p| p.slot != best.slot)
        .map(|p| p.travel)
        .min();
    second.map_or((1 << 40) + best.travel, |travel| travel - best.travel)
}

/// Prize per second that the visit takes, in millionths.
fn density(state: &State, visit: u32, place: &Place) -> i64 {
    let details = &state.problem.visits()[visit as usize];
    let seconds = (place.travel + i64::from(details.service.0)).max(0) + 60;
    i64::from(details.prize) * 1_000_000 / seconds
}
