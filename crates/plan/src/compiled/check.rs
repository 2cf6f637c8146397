//! What cannot be planned as it was asked is refused here, with the thing named.

use crate::{
    Lunch, Order, ProblemError, Recurrence, Rules, Slot, SlotId, Span, TimeOfDay, Visit, VisitId, Window,
    Windows,
};

/// A year.
pub(super) const LONGEST_SPAN: i32 = 365 * 86_400;
/// Days that fit the set of a visit's days.
pub(super) const MOST_DAYS: u16 = 128;

fn check_time(what: impl FnOnce() -> String, time: TimeOfDay) -> Result<(), ProblemError> {
    if (-86_400..=LONGEST_SPAN).contains(&time.0) {
        Ok(())
    } else {
        Err(ProblemError::TimeOutOfRange { what: what(), time })
    }
}

fn check_span(what: impl FnOnce() -> String, length: Span) -> Result<(), ProblemError> {
    if (0..=LONGEST_SPAN).contains(&length.0) {
        Ok(())
    } else {
        Err(ProblemError::SpanOutOfRange { what: what(), length })
    }
}

pub(super) fn check_slot(id: SlotId, slot: &Slot, places: usize) -> Result<(), ProblemError> {
    if slot.absent {
        return Ok(());
    }
    for (name, place) in [("start", slot.start), ("end", slot.end)] {
        if place.0 as usize >= places {
            return Err(ProblemError::NoSuchPlace {
                what: format!("slot {}: {name}", id.0),
                place: place.0,
                places,
            });
        }
    }
    for time in [slot.shift.from, slot.shift.to] {
        check_time(|| format!("slot {}: shift", id.0), time)?;
    }
    if slot.shift.from >= slot.shift.to {
        return Err(ProblemError::NoWorkingHours {
            slot: id,
            rep: slot.rep,
            day: slot.day,
            shift: slot.shift,
        });
    }
    if let Some(limit) = slot.max_drive {
        check_span(|| format!("slot {}: most driving", id.0), limit)?;
    }
    for place in slot.overnight.iter().flat_map(|night| &night.places) {
        if place.0 as usize >= places {
            return Err(ProblemError::NoSuchPlace {
                what: format!("slot {}: overnight", id.0),
                place: place.0,
                places,
            });
        }
    }
    let mut end = slot.shift.to;
    if let Some(overtime) = slot.overtime {
        check_span(|| format!("slot {}: overtime", id.0), overtime.at_most)?;
        end = end + overtime.at_most;
    }
    if let Some(Lunch { length, within }) = slot.lunch {
        check_span(|| format!("slot {}: lunch", id.0), length)?;
        for time in [within.from, within.to] {
            check_time(|| format!("slot {}: lunch", id.0), time)?;
        }
        if length.0 == 0 || within.from.max(slot.shift.from) + length > within.to.min(end) {
            return Err(ProblemError::LunchImpossible {
                slot: id,
                rep: slot.rep,
                day: slot.day,
                length,
                within,
            });
        }
    }
    Ok(())
}

pub(super) fn check_visit(
    id: VisitId,
    visit: &Visit,
    slots: &[Slot],
    places: usize,
) -> Result<(), ProblemError> {
    if let Some(place) = visit.place.filter(|p| p.0 as usize >= places) {
        return Err(ProblemError::NoSuchPlace {
            what: format!("visit {}", id.0),
            place: place.0,
            places,
        });
    }
    check_span(|| format!("visit {}: service", id.0), visit.service)?;
    for (what, value, least, most) in [
        ("tier", u32::from(visit.tier), 0, 4),
        ("prize", visit.prize, 1, 1_000_000),
    ] {
        if !(least..=most).contains(&value) {
            return Err(ProblemError::OutOfRange {
                visit: id,
                what,
                value,
                least,
                most,
            });
        }
    }
    check_recurrence(id, visit)?;
    if let Some(lateness) = visit.lateness {
        check_span(|| format!("visit {}: lateness", id.0), lateness.at_most)?;
    }
    let lists: Vec<&Vec<Window>> = match &visit.windows {
        Windows::Any => Vec::new(),
        Windows::Daily(list) => vec![list],
        Windows::ByDay(days) => days.iter().map(|(_, list)| list).collect(),
    };
    for window in lists.into_iter().flatten() {
        check_time(|| format!("visit {}: window", id.0), window.from)?;
        check_time(|| format!("visit {}: window", id.0), window.to)?;
        if window.from > window.to {
            return Err(ProblemError::WindowBackwards {
                visit: id,
                window: *window,
            });
        }
    }
    for slot in visit.allowed.iter().flatten().chain(&visit.locks.slot) {
        if slot.at() >= slots.len() {
            return Err(ProblemError::NoSuchSlot {
                visit: id,
                slot: *slot,
                slots: slots.len(),
            });
        }
    }
    for time in visit.locks.start.iter().chain(&visit.locks.not_before) {
        check_time(|| format!("visit {}: lock", id.0), *time)?;
    }
    let contradiction = |why| Err(ProblemError::LocksContradict { visit: id, why });
    if let (Some(start), Some(not_before)) = (visit.locks.start, visit.locks.not_before)
        && start < not_before
    {
        return contradiction(format!("it begins at {start}, but not before {not_before}"));
    }
    if let (Some(slot), Some(allowed)) = (visit.locks.slot, &visit.allowed)
        && !allowed.contains(&slot)
    {
        return contradiction(format!(
            "it is locked to slot {}, which is not among those allowed",
            slot.0
        ));
    }
    if let (Some(slot), Some(start)) = (visit.locks.slot, visit.locks.start) {
        let at = &slots[slot.at()];
        let end = at.shift.to + at.overtime.map_or(Span::ZERO, |o| o.at_most);
        if !at.absent && (start < at.shift.from || start + visit.service > end) {
            return contradiction(format!(
                "it begins at {start} and takes {}, but the shift of slot {} is {} to {}",
                visit.service, slot.0, at.shift.from, at.shift.to
            ));
        }
    }
    Ok(())
}

/// Two visits cannot both be the first, or both the last, of one slot they are locked to.
pub(super) fn check_ends(visits: &[Visit]) -> Result<(), ProblemError> {
    let mut ends: Vec<(SlotId, Order, VisitId)> = Vec::new();
    for (index, visit) in visits.iter().enumerate() {
        let (Some(slot), Some(order @ (Order::First | Order::Last))) = (visit.locks.slot, visit.locks.order)
        else {
            continue;
        };
        let id = VisitId(index as u32);
        if let Some(&(_, _, other)) = ends.iter().find(|(s, o, _)| *s == slot && *o == order) {
            return Err(ProblemError::SameOrder {
                visits: (other, id),
                order,
                slot,
            });
        }
        ends.push((slot, order, id));
    }
    Ok(())
}

fn check_recurrence(id: VisitId, visit: &Visit) -> Result<(), ProblemError> {
    let wrong = |why: String| Err(ProblemError::RecurrenceImpossible { visit: id, why });
    match &visit.recurrence {
        Recurrence::Once => Ok(()),
        Recurrence::Patterns(sets) => {
            if sets.iter().any(Vec::is_empty) {
                return wrong("a pattern has no day".to_owned());
            }
            match sets.iter().flatten().find(|day| **day >= MOST_DAYS) {
                Some(day) => wrong(format!("day {day} is not below {MOST_DAYS}")),
                None => Ok(()),
            }
        }
        Recurrence::Gap(gap) => {
            if gap.min < 1 || gap.min > gap.ideal || gap.ideal > gap.max || gap.since_last == Some(0) {
                return wrong(format!(
                    "gaps of {} to {} days, ideally {}, the last visit {} days ago; give 1 <= min <= ideal <= max, and a last visit before day 0",
                    gap.min,
                    gap.max,
                    gap.ideal,
                    gap.since_last.map_or("no".to_owned(), |d| d.to_string())
                ));
            }
            Ok(())
        }
    }
}

/// Rules name visits that exist; a visit is in at most one shipment, once and without goods of its own.
pub(super) fn check_rules(rules: &Rules, visits: &[Visit]) -> Result<(), ProblemError> {
    let known = |visit: VisitId| {
        if visit.at() < visits.len() {
            Ok(())
        } else {
            Err(ProblemError::RuleImpossible {
                why: format!("visit {} is not one of the {}", visit.0, visits.len()),
            })
        }
    };
    for conflict in &rules.conflicts {
        known(conflict.visits.0)?;
        known(conflict.visits.1)?;
        if conflict.visits.0 == conflict.visits.1 {
            return Err(ProblemError::RuleImpossible {
                why: format!("visit {} conflicts with itself", conflict.visits.0.0),
            });
        }
    }
    let mut shipped = vec![false; visits.len()];
    for shipment in &rules.shipments {
        for visit in [shipment.pickup, shipment.delivery] {
            known(visit)?;
            let details = &visits[visit.at()];
            if std::mem::replace(&mut shipped[visit.at()], true) {
                return Err(ProblemError::RuleImpossible {
                    why: format!("visit {} is in two shipments", visit.0),
                });
            }
            if details.recurrence != Recurrence::Once {
                return Err(ProblemError::RuleImpossible {
                    why: format!(
                        "visit {} is shipped to or from and comes again and again",
                        visit.0
                    ),
                });
            }
        }
    }
    if rules.balance > 10_000 {
        return Err(ProblemError::RuleImpossible {
            why: format!("balance {} is above 10000 hundredths", rules.balance),
        });
    }
    Ok(())
}
