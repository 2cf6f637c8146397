//! From the facts of some weeks to a problem for the solver.

use std::collections::{BTreeMap, HashMap};

use ::plan::{
    BlockTimes, Gap, Locks, PlaceId, Recurrence, Skills, Slot, SlotId, Span, TimeOfDay, Urgency, Visit,
    Window, Windows,
};
use atlas::Atlas;
use jiff::civil::Date;
use records::Record;
use roads::Snap;
use serde::Serialize;

use super::facts::{Facts, Rep, Workday, time_of};
use super::{HELPER, Question};
use crate::Zone;
use crate::plans::prepare::{Connected, table, windows_of};
use crate::problem::Problem;
use crate::visits::hours::open_on;
use crate::visits::{Candidate, Wanted};

/// Prize of a visit by class; a deal about to close adds to it.
const WORTH: [(Option<&str>, u32); 3] = [(Some("A"), 300), (Some("B"), 200), (None, 100)];
const CLOSING_WORTH: u32 = 150;

/// What a visit of the problem stands for.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Rep and place in [`Facts`].
    pub wanted: (usize, usize),
    /// Promised to the customer for that day and time.
    pub promised: bool,
    /// A person put it on that day.
    pub fixed: bool,
}

/// The problem with what its numbers stand for.
pub(super) struct Layout {
    pub slots: Vec<Slot>,
    /// Rep and day of each slot, in [`Facts`].
    pub slot_of: Vec<(usize, usize)>,
    pub visits: Vec<Visit>,
    pub origins: Vec<Origin>,
    pub times: BlockTimes,
}

/// What is kept of a problem, so that the same plan can be computed again.
#[derive(Serialize)]
pub(super) struct Kept<'a> {
    slots: &'a [Slot],
    visits: &'a [Visit],
}

impl Layout {
    /// As it is kept.
    pub fn kept(&self) -> Kept<'_> {
        Kept {
            slots: &self.slots,
            visits: &self.visits,
        }
    }
}

/// A day on which a visit has to be, besides those of the rhythm.
#[derive(Clone, Debug)]
struct Anchor {
    day: u16,
    /// Exactly then.
    at: Option<TimeOfDay>,
    rep: usize,
    promised: bool,
    fixed: bool,
}

/// Lays the weeks out. CPU work of milliseconds for each rep.
pub(super) fn lay_out(
    atlas: &Atlas,
    zone: &Zone,
    facts: &Facts,
    question: &Question,
) -> Result<Layout, Problem> {
    let roads = atlas.roads();
    let (slots, slot_of) = slots_of(facts);
    let mut snaps: Vec<Option<Snap>> = Vec::new();
    let mut blocks: Vec<Vec<PlaceId>> = Vec::new();
    let mut place_of: HashMap<&str, PlaceId> = HashMap::new();
    let mut by_location: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut listed: Vec<(usize, usize)> = Vec::new();
    // Homes come first, one for each rep, so that slots can name them before any customer is known.
    let mut connected = Vec::new();
    for rep in &facts.reps {
        let ready = rep.home.as_ref().filter(|_| rep.message.is_none());
        let home = ready
            .map(|home| Connected::to_home(roads, home.place))
            .transpose()?;
        blocks.push(vec![PlaceId(number(snaps.len()))]);
        snaps.push(home.as_ref().map(|(snap, _)| *snap));
        connected.push(home.map(|(_, connected)| connected));
    }
    for (rep, row) in facts.reps.iter().enumerate() {
        let Some(connected) = &connected[rep] else {
            continue;
        };
        for (at, wanted) in row.wanted.iter().enumerate() {
            let candidate = &wanted.candidate;
            let place = *place_of.entry(&candidate.location_id).or_insert_with(|| {
                snaps.push(candidate.place.and_then(|p| connected.snap(p, &candidate.street)));
                PlaceId(number(snaps.len() - 1))
            });
            if snaps[place.0 as usize].is_some() {
                blocks[rep].push(place);
            }
            let reps = by_location.entry(&candidate.location_id).or_default();
            if reps.is_empty() {
                listed.push((rep, at));
            }
            reps.push(rep);
        }
    }
    let helper = facts.reps.iter().position(|r| r.user_id == HELPER);
    if let Some(helper) = helper {
        let all = (facts.reps.len()..snaps.len()).filter(|&p| snaps[p].is_some());
        blocks[helper].extend(all.map(|p| PlaceId(number(p))));
    }
    let mut hours = Hours {
        zone,
        facts,
        known: HashMap::new(),
    };
    let mut visits = Vec::new();
    let mut origins = Vec::new();
    for (rep, at) in listed {
        let wanted = &facts.reps[rep].wanted[at];
        let location = wanted.candidate.location_id.as_str();
        let place = place_of[location];
        let mut reps: Vec<u32> = by_location[location].iter().map(|&r| number(r)).collect();
        reps.extend(helper.map(number));
        let base = Visit {
            place: snaps[place.0 as usize].map(|_| place),
            windows: hours.of(&wanted.candidate),
            prize: worth(&wanted.candidate),
            reps: Some(reps),
            skills: Skills::default(),
            ..Visit::new(place, service(&wanted.candidate))
        };
        let anchors = anchors_of(facts, question, zone, rep, wanted);
        for (visit, promised, fixed) in visits_of(facts, wanted, base, &anchors, &slots) {
            visits.push(visit);
            origins.push(Origin {
                wanted: (rep, at),
                promised,
                fixed,
            });
        }
    }
    let mut times = BlockTimes::new(snaps.len());
    for mut block in blocks {
        block.sort_unstable();
        block.dedup();
        let members: Vec<Option<Snap>> = block.iter().map(|p| snaps[p.0 as usize]).collect();
        let cells = table(roads, &members);
        times.add(block, cells).map_err(Problem::unexpected)?;
    }
    Ok(Layout {
        slots,
        slot_of,
        visits,
        origins,
        times,
    })
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn service(candidate: &Candidate) -> Span {
    Span::minutes(i32::try_from(candidate.service_minutes).unwrap_or(600))
}

fn worth(candidate: &Candidate) -> u32 {
    let class = candidate.class.as_deref();
    let by_class = WORTH.iter().find(|(name, _)| *name == class || name.is_none());
    by_class.map_or(100, |(_, worth)| *worth) + candidate.closing.map_or(0, |_| CLOSING_WORTH)
}

/// A slot for each working day; place `n` is the home of rep `n`.
fn slots_of(facts: &Facts) -> (Vec<Slot>, Vec<(usize, usize)>) {
    let mut slots = Vec::new();
    let mut slot_of = Vec::new();
    for (rep, row) in facts.reps.iter().enumerate() {
        if row.message.is_some() {
            continue;
        }
        for (day, date) in facts.days.iter().enumerate() {
            let slot = |shift: Window| {
                Slot::new(
                    number(rep),
                    u16::try_from(day).unwrap_or(u16::MAX),
                    PlaceId(number(rep)),
                    shift,
                )
            };
            let slot = match row.on(*date) {
                Workday::Work { shift, lunch } => Slot {
                    lunch,
                    max_drive: row.max_drive,
                    ..slot(shift)
                },
                Workday::Absent { shift } => Slot {
                    absent: true,
                    ..slot(shift)
                },
                Workday::Off | Workday::Past => continue,
            };
            slots.push(slot);
            slot_of.push((rep, day));
        }
    }
    (slots, slot_of)
}

/// Opening hours as windows by day; many places share the same.
struct Hours<'a> {
    zone: &'a Zone,
    facts: &'a Facts,
    known: HashMap<(Option<String>, Option<String>, i64), Windows>,
}

impl Hours<'_> {
    fn of(&mut self, candidate: &Candidate) -> Windows {
        let key = (
            candidate.opening_hours.clone(),
            candidate.country.clone(),
            candidate.service_minutes,
        );
        if let Some(windows) = self.known.get(&key) {
            return windows.clone();
        }
        let any = vec![Window::new(TimeOfDay(0), TimeOfDay(86_400))];
        let by_day = |(day, date): (u16, &Date)| {
            let hours = open_on(key.0.as_deref(), key.1.as_deref(), *date);
            match windows_of(&hours, self.zone, *date, service(candidate)) {
                Windows::Daily(windows) => (day, windows),
                _ => (day, any.clone()),
            }
        };
        let windows = if key.0.is_none() {
            Windows::Any
        } else {
            Windows::ByDay((0u16..).zip(&self.facts.days).map(by_day).collect())
        };
        self.known.insert(key, windows.clone());
        windows
    }
}

/// Days that are fixed: promises on record, visits put there by hand, promises that are asked about.
fn anchors_of(facts: &Facts, question: &Question, zone: &Zone, rep: usize, wanted: &Wanted) -> Vec<Anchor> {
    let location = &wanted.candidate.location_id;
    let mut anchors: BTreeMap<u16, Anchor> = BTreeMap::new();
    let rep_number = |user: &str| facts.reps.iter().position(|r: &Rep| r.user_id == user);
    for fixed in question.fixed.iter().filter(|f| f.location_id == *location) {
        if let (Some(day), Some(rep)) = (facts.number_of(fixed.day), rep_number(&fixed.user_id)) {
            anchors.insert(
                day,
                Anchor {
                    day,
                    at: None,
                    rep,
                    promised: false,
                    fixed: true,
                },
            );
        }
    }
    let promised = wanted
        .booked
        .iter()
        .filter_map(|v: &Record| v.integer("promised_at"));
    for at in promised {
        let date = zone.date(geom::Timestamp(at));
        let seconds = (at - zone.start_of(date).0) / 1000;
        if let Some(day) = facts.number_of(date) {
            let at = Some(TimeOfDay(i32::try_from(seconds).unwrap_or(0)));
            anchors.insert(
                day,
                Anchor {
                    day,
                    at,
                    rep,
                    promised: true,
                    fixed: false,
                },
            );
        }
    }
    for promise in question.promises.iter().filter(|p| p.location_id == *location) {
        if let Some(day) = facts.number_of(promise.day) {
            let at = time_of(&promise.time);
            anchors.insert(
                day,
                Anchor {
                    day,
                    at,
                    rep,
                    promised: true,
                    fixed: false,
                },
            );
        }
    }
    // What stands on a day that is not planned any more stands.
    anchors
        .into_values()
        .filter(|a| {
            !matches!(
                facts.reps[a.rep].on(facts.days[usize::from(a.day)]),
                Workday::Off | Workday::Past
            )
        })
        .collect()
}

/// The visits that a place asks for: the anchors, and what the rhythm wants around them.
fn visits_of(
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
        let visit = Visit {
            tier: if anchor.promised { 0 } else { 1 },
            reps: anchor
                .fixed
                .then(|| vec![number(anchor.rep)])
                .or_else(|| base.reps.clone()),
            locks: Locks {
                day: Some(anchor.day),
                start: anchor.at,
                ..Locks::default()
            },
            ..base.clone()
        };
        visits.push((visit, anchor.promised, anchor.fixed));
    }
    let Some(rhythm) = wanted.rhythm else {
        return visits;
    };
    let least = wanted.least_gap.max(1);
    if anchors.is_empty() {
        let slack = (rhythm / 4).max(1);
        let of = |days: i64| u16::try_from(days).unwrap_or(u16::MAX);
        let due = since.map_or(0, |since| rhythm - since);
        let visit = Visit {
            recurrence: Recurrence::Gap(Gap {
                min: of(least),
                ideal: of(rhythm.max(least)),
                max: of((rhythm + slack).max(least)),
                since_last: since.filter(|d| *d >= 1).map(of),
                price: 1,
            }),
            urgency: Some(Urgency {
                due: i32::try_from(due).unwrap_or(0),
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
