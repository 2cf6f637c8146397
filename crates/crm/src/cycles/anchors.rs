//! What a place asks for: visits on days that are fixed, and what its rhythm wants around them.

use std::collections::BTreeMap;

use ::plan::{Gap, Locks, Recurrence, Slot, SlotId, TimeOfDay, Urgency, Visit};
use geom::Timestamp;
use records::Record;

use super::Question;
use super::facts::{Facts, Rep, Workday, time_of};
use super::layout::number;
use crate::Zone;
use crate::calendars::time_of_day;
use crate::visits::Wanted;

/// For so many days after a visit is due, or after the first day if it is overdue, but at most a quarter of its
/// rhythm, the roads decide when it is made; from then on each day later costs some of its worth.
const GRACE: i64 = 6;

/// A day on which a visit has to be, besides those of the rhythm.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    day: u16,
    /// Exactly then: it was promised. Without a time it was put there by hand.
    at: Option<TimeOfDay>,
    rep: usize,
}

/// Days that are fixed: promises on record, visits put there by hand, promises that are asked about.
pub(super) fn anchors_of(
    facts: &Facts,
    question: &Question,
    zone: &Zone,
    rep: usize,
    wanted: &Wanted,
) -> Vec<Anchor> {
    let location = &wanted.candidate.location_id;
    let by_hand = question
        .fixed
        .iter()
        .filter(|f| f.location_id == *location)
        .filter_map(|f| {
            let rep = facts.reps.iter().position(|r: &Rep| r.user_id == f.user_id)?;
            Some((f.day, None, rep))
        });
    let on_record = wanted
        .booked
        .iter()
        .filter_map(|v: &Record| v.integer("promised_at"))
        .map(|at| {
            let day = zone.date(Timestamp(at));
            (day, Some(time_of_day(zone, day, Timestamp(at))), rep)
        });
    let asked_about = question
        .promises
        .iter()
        .filter(|p| p.location_id == *location)
        .map(|p| (p.day, time_of(&p.time), rep));
    // Of several on one day the later kind counts.
    let mut anchors: BTreeMap<u16, Anchor> = BTreeMap::new();
    for (date, at, rep) in by_hand.chain(on_record).chain(asked_about) {
        if let Some(day) = facts.number_of(date) {
            anchors.insert(day, Anchor { day, at, rep });
        }
    }
    // What stands on a day that is not planned any more stands.
    anchors
        .into_values()
        .filter(|a| {
            !matches!(
                facts.reps[a.rep].on(facts.days[usize::from(a.day)]),
                Workday::Off | Workday::Past | Workday::Today
            )
        })
        .collect()
}

/// The visits that a place asks for: the anchors, and what the rhythm wants around them.
pub(super) fn visits_of(
    facts: &Facts,
    wanted: &Wanted,
    base: Visit,
    anchors: &[Anchor],
    slots: &[Slot],
) -> Vec<(Visit, bool, bool)> {
    let days = i64::try_from(facts.days.len()).unwrap_or(0);
    let since = wanted
        .last
        .map(|last| i64::from(last.until(facts.first).map_or(0, |s| s.get_days())));
    let mut visits = Vec::new();
    for anchor in anchors {
        let promised = anchor.at.is_some();
        let visit = Visit {
            tier: if promised { 0 } else { 1 },
            reps: if promised {
                base.reps.clone()
            } else {
                Some(vec![number(anchor.rep)])
            },
            locks: Locks {
                day: Some(anchor.day),
                start: anchor.at,
                ..Locks::default()
            },
            ..base.clone()
        };
        visits.push((visit, promised, !promised));
    }
    let Some(rhythm) = wanted.rhythm else {
        if let Some((from, to)) = wanted.asked.filter(|_| anchors.is_empty()) {
            let inside = |slot: &Slot| {
                let day = facts.days[usize::from(slot.day)];
                from.is_none_or(|from| day >= from) && to.is_none_or(|to| day <= to)
            };
            let allowed = (0u32..)
                .zip(slots)
                .filter(|(_, s)| inside(s))
                .map(|(n, _)| SlotId(n));
            let visit = Visit {
                allowed: Some(allowed.collect()),
                ..base
            };
            visits.push((visit, false, false));
        }
        return visits;
    };
    let least = wanted.least_gap.max(1);
    if anchors.is_empty() {
        // More would make fourteen days seventeen: what need not be driven is not driven.
        let slack = (rhythm / 10).max(1);
        let of = |days: i64| u16::try_from(days).unwrap_or(u16::MAX);
        let due = since.map_or(0, |since| rhythm - since);
        let visit = Visit {
            recurrence: Recurrence::Gap(Gap {
                min: of(least),
                ideal: of(rhythm.max(least)),
                max: of((rhythm + slack).max(least)),
                since_last: since.filter(|d| *d >= 1).map(of),
                // Within the tolerance the roads decide.
                price: 0,
            }),
            urgency: Some(Urgency {
                due: i32::try_from(due.max(0) + GRACE.min(rhythm / 4)).unwrap_or(i32::MAX),
                per_day: (base.prize / u32::try_from(rhythm.max(1)).unwrap_or(1)).max(1),
            }),
            ..base
        };
        visits.push((visit, false, false));
        return visits;
    }
    let fixed: Vec<i64> = anchors.iter().map(|a| i64::from(a.day)).collect();
    for (from, to) in around(&fixed, since.map(|s| -s), rhythm, least, days) {
        let within = |slot: &Slot| (from..=to).contains(&i64::from(slot.day));
        let allowed = (0u32..)
            .zip(slots)
            .filter(|(_, s)| within(s))
            .map(|(n, _)| SlotId(n));
        let visit = Visit {
            allowed: Some(allowed.collect()),
            ..base.clone()
        };
        visits.push((visit, false, false));
    }
    visits
}

/// First and last day of the visits that a rhythm asks for around days that are fixed. Days count from the first
/// of the span; `last` is the day of the last visit, below 0.
fn around(fixed: &[i64], last: Option<i64>, rhythm: i64, least: i64, days: i64) -> Vec<(i64, i64)> {
    let slack = (rhythm / 4).max(1);
    let mut before = last;
    let mut found = Vec::new();
    for next in fixed.iter().copied().map(Some).chain([None]) {
        loop {
            let ideal = before.map_or(0, |b| b + rhythm).max(0);
            // What the fixed visit serves itself, or what comes after the span.
            if next.map_or(ideal >= days, |next| ideal + least > next) {
                break;
            }
            let from = (ideal - slack).max(before.map_or(0, |b| b + least)).max(0);
            let to = (ideal + slack).min(next.map_or(days - 1, |next| next - least));
            if from > to {
                break;
            }
            found.push((from, to));
            before = Some(ideal);
        }
        before = next.or(before);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_goes_around_days_that_are_fixed() {
        // Every 14 days, not sooner than 7, four weeks, last seen 14 days ago, promised on day 10: the promise comes
        // in place of the visit of day 0 only if that lies within the least gap.
        assert_eq!(around(&[10], Some(-14), 14, 7, 28), [(0, 3), (21, 27)]);
        assert_eq!(around(&[5], Some(-14), 14, 7, 28), [(16, 22)]);
        // Never seen, promised on the first day.
        assert_eq!(around(&[0], None, 7, 3, 21), [(6, 8), (13, 15)]);
        assert_eq!(around(&[], Some(-3), 10, 5, 5), []);
    }
}
