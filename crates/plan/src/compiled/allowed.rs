//! Where a visit may be at all, and when it may begin there.

use super::check::LONGEST_SPAN;
use crate::{Recurrence, Slot, SlotId, TimeOfDay, Visit, Window, Windows};

/// Why a visit may not be in a slot at all, before any driving is thought of.
pub(crate) fn forbidden(visit: &Visit, id: SlotId, slot: &Slot) -> Option<crate::Reason> {
    use crate::Reason;
    if visit.place.is_none() {
        return Some(Reason::NoCoordinates);
    }
    let locks = &visit.locks;
    if locks.slot.is_some_and(|locked| locked != id)
        || locks.rep.is_some_and(|rep| rep != slot.rep)
        || locks.day.is_some_and(|day| day != slot.day)
        || visit.allowed.as_ref().is_some_and(|list| !list.contains(&id))
        || visit.reps.as_ref().is_some_and(|list| !list.contains(&slot.rep))
        || !recurs_on(visit, slot.day)
    {
        return Some(Reason::NotAllowed);
    }
    if slot.absent {
        return Some(Reason::RepAbsent);
    }
    let missing = visit.skills.missing_from(slot.skills);
    if missing.0 != 0 {
        return Some(Reason::NeedsSkill { missing });
    }
    let open = open_on(visit, slot.day);
    if visit.locks.start.is_none() && open.is_empty() {
        return Some(Reason::ClosedThatDay);
    }
    if starts(visit, slot).is_empty() {
        return visit.locks.not_before.map(|time| Reason::NotBefore { time });
    }
    None
}

/// Whether some pattern has this day.
fn recurs_on(visit: &Visit, day: u16) -> bool {
    match &visit.recurrence {
        Recurrence::Patterns(sets) => sets.iter().any(|set| set.contains(&day)),
        Recurrence::Once | Recurrence::Gap(_) => true,
    }
}

fn open_on(visit: &Visit, day: u16) -> Vec<Window> {
    match &visit.windows {
        Windows::Any => vec![Window::new(TimeOfDay(-86_400), TimeOfDay(LONGEST_SPAN))],
        Windows::Daily(list) => list.clone(),
        Windows::ByDay(days) => days
            .iter()
            .filter(|(d, _)| *d == day)
            .flat_map(|(_, list)| list.iter().copied())
            .collect(),
    }
}

/// The visit's start windows on the slot's day with locks worked in, merged and ascending.
pub(super) fn starts(visit: &Visit, slot: &Slot) -> Vec<Window> {
    if let Some(time) = visit.locks.start {
        return vec![Window::new(time, time)];
    }
    let mut open = open_on(visit, slot.day);
    if let Some(time) = visit.locks.not_before {
        open.retain_mut(|w| {
            w.from = w.from.max(time);
            w.from <= w.to
        });
    }
    open.sort();
    let mut merged: Vec<Window> = Vec::with_capacity(open.len());
    for w in open {
        match merged.last_mut() {
            Some(last) if w.from <= last.to => last.to = last.to.max(w.to),
            _ => merged.push(w),
        }
    }
    merged
}
