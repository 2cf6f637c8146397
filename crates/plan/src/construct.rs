//! The first plan: tier by tier, always the visit that would suffer most from waiting (regret), suggestions by worth per second.

use crate::state::{ABSENT, Place, State};

/// Inserts absent visits until none fits anywhere: no visit is left out that a plain insertion would fit. Promises and important visits first; among suggestions, those that give most for their time.
pub(crate) fn construct(state: &mut State) {
    for tier in 0..=4u8 {
        let mut waiting: Vec<u32> = state.absent.clone();
        waiting.retain(|&v| state.problem.visits()[v as usize].tier == tier);
        waiting.sort_unstable();
        insert_all(state, &waiting, tier == 4);
    }
}

fn insert_all(state: &mut State, waiting: &[u32], by_density: bool) {
    let slots = state.routes.len();
    let mut places: Vec<Option<Place>> = Vec::with_capacity(waiting.len() * slots);
    for &visit in waiting {
        places.extend((0..slots).map(|slot| state.cheapest_in(slot, visit)));
    }
    loop {
        let mut best: Option<(i64, usize, Place)> = None;
        for (index, &visit) in waiting.iter().enumerate() {
            if state.slot_of[visit as usize] != ABSENT {
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
        state.insert(waiting[index], place.slot, place.at);
        for (index, &visit) in waiting.iter().enumerate() {
            if state.slot_of[visit as usize] == ABSENT {
                places[index * slots + place.slot] = state.cheapest_in(place.slot, visit);
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
