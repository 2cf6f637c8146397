//! From the facts of some weeks to a problem for the solver.

use std::collections::{BTreeMap, HashMap};

use ::plan::{
    BlockTimes, PlaceId, Problem as Puzzle, Rules, Skills, Slot, Span, TimeOfDay, Visit, Window, Windows,
};
use atlas::Atlas;
use jiff::civil::Date;
use roads::Snap;
use serde::Serialize;

use super::anchors::{anchors_of, visits_of};
use super::facts::{Facts, Workday};
use super::{HELPER, Question};
use crate::Zone;
use crate::plans::prepare::{Connected, table, windows_of};
use crate::problem::Problem;
use crate::visits::Candidate;
use crate::visits::hours::open_on;

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

/// Each second that a rep works above the mean weighs as much as so many hundredths of a second of driving.
const BALANCE: u32 = 5;

impl Layout {
    /// As the planner takes it.
    pub fn puzzle(&self) -> Result<Puzzle, Problem> {
        let rules = Rules {
            balance: BALANCE,
            ..Rules::default()
        };
        let puzzle = Puzzle::with_rules(self.slots.clone(), self.visits.clone(), rules, &self.times);
        puzzle.map_err(|e| {
            Problem::conflict(
                "cannot-be-planned",
                format!("These weeks cannot be planned: {e}."),
            )
        })
    }

    /// As it is kept.
    pub fn kept(&self) -> Kept<'_> {
        Kept {
            slots: &self.slots,
            visits: &self.visits,
        }
    }
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

pub(super) fn number(at: usize) -> u32 {
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
                Workday::Off | Workday::Past | Workday::Today => continue,
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
