//! Ways to have a visit that is left out: who goes, where it stands, and what that changes, found by doing it.

use crate::displace::Displacement;
use crate::plan::Addition;
use crate::state::State;
use crate::timeline::timed;
use crate::{SlotId, Span, VisitId};

/// Slots that the visit joins, and stops that go first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    pub(crate) slots: Vec<usize>,
    /// Calls.
    pub(crate) out: Vec<u32>,
}

impl Way {
    pub(crate) fn of(state: &State, found: &Displacement) -> Self {
        let stops = &state.routes[found.slot].stops;
        Self {
            slots: vec![found.slot],
            out: found.out.iter().map(|&at| stops[at]).collect(),
        }
    }

    /// The cheapest of these ways; for a visit that comes on the days of a pattern, the cheapest pattern whose days all have one.
    pub(crate) fn cheapest(state: &State, visit: u32, found: &[Displacement]) -> Option<Self> {
        let problem = state.problem;
        let Some(patterns) = problem.kind(visit).patterns() else {
            let best = found.iter().min_by_key(|f| f.cost)?;
            return Some(Self::of(state, best));
        };
        let days = state.days_of[visit as usize];
        let plain = |day: usize| {
            let slots = (0..state.routes.len()).filter(|&s| problem.day_of(s) == day);
            let places = slots.filter_map(|s| state.cheapest_in(s, visit));
            places.min_by_key(|p| (p.travel, p.slot)).map(|p| p.slot)
        };
        let mut best: Option<(usize, i64, Self)> = None;
        for pattern in patterns.iter().filter(|&&p| p & days == days) {
            let mut way = Self::default();
            let mut lost = 0;
            let complete = crate::compiled::bits(pattern & !days).all(|day| {
                let day = day as usize;
                if let Some(slot) = plain(day) {
                    way.slots.push(slot);
                    return true;
                }
                let here = found.iter().filter(|f| problem.day_of(f.slot) == day);
                let Some(least) = here.min_by_key(|f| (f.out.len(), f.cost)) else {
                    return false;
                };
                lost += least.cost.prize_lost - state.cost.prize_lost;
                let one = Self::of(state, least);
                way.slots.extend(one.slots);
                way.out.extend(one.out);
                true
            });
            if complete
                && best
                    .as_ref()
                    .is_none_or(|(n, l, _)| (way.out.len(), lost) < (*n, *l))
            {
                best = Some((way.out.len(), lost, way));
            }
        }
        best.map(|(_, _, way)| way)
    }
}

/// Where a visit was put: slot, position, and its delivery's position.
pub(crate) type Put = (usize, usize, Option<usize>);

/// Takes out whom a way names (visits with patterns from all their slots) and puts the visit in; `None` if it does not fit after all.
pub(crate) fn apply(state: &mut State, visit: u32, way: &Way) -> Option<Vec<Put>> {
    for &call in &way.out {
        drop_call(state, call);
    }
    let mut put = Vec::new();
    for &slot in &way.slots {
        let place = state.cheapest_in(slot, visit)?;
        state.put(visit, place);
        put.push((slot, place.at, place.second));
    }
    Some(put)
}

/// Takes a call out, and with it what cannot stay without it.
pub(crate) fn drop_call(state: &mut State, call: u32) {
    let visit = state.problem.visit_of(call);
    if state.problem.kind(visit).patterns().is_some() || state.problem.partner(visit).is_some() {
        return state.remove_visit(visit);
    }
    let slot = state.slot_of[call as usize];
    if slot != crate::state::ABSENT {
        let at = state.at_of[call as usize] as usize;
        state.remove(slot as usize, at..at + 1);
    }
}

/// The price of a way: exactly what doing it changes. The state is as before afterwards.
pub(crate) fn addition(state: &mut State, visit: u32, way: &Way) -> Option<Addition> {
    let mut drops: Vec<VisitId> = way
        .out
        .iter()
        .map(|&c| VisitId(state.problem.visit_of(c)))
        .collect();
    drops.sort_unstable();
    drops.dedup();
    state.begin();
    let put = apply(state, visit, way).filter(|_| state.fits());
    let slots: Vec<usize> = state.touched().to_vec();
    let after: Vec<(Span, Span)> = slots.iter().map(|&s| length(state, s)).collect();
    state.undo();
    let put = put?;
    let before: Vec<(Span, Span)> = slots.iter().map(|&s| length(state, s)).collect();
    let sum = |part: fn(&(Span, Span)) -> Span| {
        after.iter().map(part).sum::<Span>() - before.iter().map(part).sum::<Span>()
    };
    let (slot, at, second) = put[0];
    Some(Addition {
        slot: SlotId(slot as u32),
        position: at as u32,
        extra_drive: sum(|l| l.0),
        extra_time: sum(|l| l.1),
        drops,
        delivery: second.map(|at| at as u32),
        also: put[1..]
            .iter()
            .map(|&(s, at, _)| (SlotId(s as u32), at as u32))
            .collect(),
    })
}

/// Driving and length of a slot's day.
fn length(state: &State, slot: usize) -> (Span, Span) {
    let day = timed(state.problem, &state.days[slot], &state.routes[slot].stops);
    (day.drive.time, day.back - day.leave)
}
