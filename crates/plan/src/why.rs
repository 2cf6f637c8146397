//! Why a stop is where it is: what it costs there, and what the next best slot and position would cost.

use crate::compiled::bits;
use crate::plan::WhyPlanned;
use crate::state::{Place, State};
use crate::{Locks, SlotId, Span};

/// Other slots are compared only in plans of up to so many stops times slots; a reader of a larger one asks for the visit.
const COMPARED: usize = 1_000_000;

/// Takes the stop out, looks where else it could go, and puts it back.
pub(crate) fn why_planned(state: &mut State, slot: usize, at: usize) -> Vec<WhyPlanned> {
    let problem = state.problem;
    let call = state.routes[slot].stops[at];
    let visit = problem.visit_of(call);
    let details = &problem.visits()[visit as usize];
    let mut why = Vec::new();
    if details.tier == 0 {
        why.push(WhyPlanned::KeptPromise);
    }
    if details.locks != Locks::default() {
        why.push(WhyPlanned::Locked);
    }
    let days = state.days_of[visit as usize];
    let again = !problem.kind(visit).is_once();
    if again {
        why.push(WhyPlanned::Days {
            days: bits(days).map(|d| d as u16).collect(),
        });
    }
    let drive = state.routes[slot].drive;
    let travel = state.cost.travel;
    state.begin();
    state.remove(slot, at..at + 1);
    why.push(WhyPlanned::OnTheWay {
        extra: Span((drive - state.routes[slot].drive) as i32),
    });
    let own = travel - state.cost.travel;
    // A shipment's ends hold each other; there is no moving one of them.
    if problem.partner(visit).is_none() && state.open[slot] {
        if state.routes.len() > 1 && state.planned * state.routes.len() <= COMPARED {
            let day = problem.day_of(slot);
            let slots =
                (0..state.routes.len()).filter(|&s| s != slot && (!again || problem.day_of(s) == day));
            let next = slots
                .filter_map(|s| state.cheapest_in(s, visit))
                .min_by_key(|p| (p.travel, p.slot));
            why.push(
                next.map_or(WhyPlanned::OnlySlot, |place| WhyPlanned::NextBestSlot {
                    slot: SlotId(place.slot as u32),
                    dearer: Span((place.travel - own) as i32),
                }),
            );
        }
        why.push(match next_position(state, visit, slot, at) {
            Some(place) => WhyPlanned::NextBestPosition {
                position: place.at as u32,
                dearer: Span((place.travel - own) as i32),
            },
            None => WhyPlanned::OnlyPosition,
        });
    }
    state.undo();
    why
}

/// The cheapest position in a slot other than `at`.
fn next_position(state: &State, visit: u32, slot: usize, at: usize) -> Option<Place> {
    if state.forbids(visit, slot) {
        return None;
    }
    let call = state.problem.calls_of(visit).start;
    let route = &state.routes[slot];
    let may = |other| other != at && state.order_allows(slot, call, other);
    let (at, travel) = route.cheapest(state.problem, &state.days[slot], call, i64::MAX, may)?;
    Some(Place {
        slot,
        at,
        travel: travel + state.change_cost(visit, slot),
        second: None,
    })
}
