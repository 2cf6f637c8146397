//! From a day's facts and wishes to a problem for the solver: places on roads, drive times, windows, locks.

mod ways;

use std::collections::HashMap;
use std::sync::Arc;

use ::plan::{
    DenseTimes, Locks, Lunch, Order, PlaceId, Problem as Puzzle, Slot, Span, TimeOfDay, Visit, VisitId,
    Window, Windows,
};
use atlas::Atlas;
use geom::{LngLat, Timestamp};
use jiff::civil::{Date, Time};
use roads::Snap;

use super::words::Language;
use super::{Begin, CheckIn, LunchBreak, Wishes};
use crate::Zone;
use crate::calendars::{Home, instant_of, seconds_of, time_of_day};
use crate::problem::Problem;
use crate::visits::Candidate;
use crate::visits::hours::{DayHours, open_on};

use ways::drive_times;
pub(crate) use ways::{Connected, table};

/// Place 0 is home, place 1 where the open part of the day begins; candidates follow.
const HOME: usize = 0;
const BEGIN: usize = 1;

/// How the order of the stops is found.
#[derive(Clone, Debug)]
pub(crate) enum How {
    /// From nothing.
    Fresh,
    /// Near the order there was.
    Near,
    /// Exactly so.
    AsOrdered(Vec<String>),
    /// The order there was, with these taken in.
    Add(Vec<String>),
}

/// A stop that is over, or that has begun.
#[derive(Clone, Debug)]
pub(crate) struct Frozen {
    pub candidate: Candidate,
    pub arrive: Timestamp,
    pub start: Timestamp,
    pub depart: Timestamp,
    pub status: String,
    pub check_in: Option<CheckIn>,
}

/// A working day after the one that is planned, with what stands on it.
#[derive(Clone, Debug)]
pub(crate) struct Ahead {
    pub day: Date,
    pub shift: Window,
    pub lunch: Option<Lunch>,
    /// In driving order: place, seconds of service, time promised.
    pub stops: Vec<(LngLat, i32, Option<TimeOfDay>)>,
}

/// Everything that a plan is computed from; owns it all, so that it can be computed on another thread.
#[derive(Clone)]
pub(crate) struct Task {
    pub atlas: Arc<Atlas>,
    pub zone: Zone,
    pub day: Date,
    pub language: Language,
    pub home: Home,
    pub shift: Window,
    pub lunch: Option<Lunch>,
    /// The pause, if it was taken in the part of the day that is over.
    pub lunch_taken: Option<LunchBreak>,
    pub max_drive: Option<Span>,
    pub candidates: Vec<Candidate>,
    pub beyond: Vec<Candidate>,
    pub frozen: Vec<Frozen>,
    /// Where the open part of the day begins; home at the beginning of the shift, if nothing else is said.
    pub begin: Option<Begin>,
    pub wishes: Wishes,
    /// Visits of the order there was, begun ones left out.
    pub earlier: Vec<String>,
    pub how: How,
    pub ahead: Vec<Ahead>,
    pub seed: u64,
    pub steps: u64,
}

/// A task with its places on roads and its problem laid out.
pub(crate) struct Prepared<'a> {
    pub task: &'a Task,
    /// By place number; `None` where no road is near.
    pub snaps: Vec<Option<Snap>>,
    /// Place numbers of the stops of the days ahead.
    pub ahead_places: Vec<Vec<Option<PlaceId>>>,
    pub times: DenseTimes,
    pub slots: Vec<Slot>,
    pub visits: Vec<Visit>,
    /// What is solved: visits left out by hand may not come in.
    pub puzzle: Puzzle,
    /// The same with those allowed, for prices.
    pub priced: Puzzle,
    /// Number of a candidate by its visit.
    pub numbers: HashMap<String, VisitId>,
    /// Open times of each candidate on the day.
    pub hours: Vec<DayHours>,
}

impl Task {
    /// When the open part of the day begins.
    pub fn begin_at(&self) -> TimeOfDay {
        match &self.begin {
            Some(begin) => self.seconds(begin.at),
            None => self.shift.from,
        }
    }

    /// Seconds of the day at an instant.
    pub fn seconds(&self, at: Timestamp) -> TimeOfDay {
        time_of_day(&self.zone, self.day, at)
    }

    /// The instant of a second of the day.
    pub fn instant(&self, at: TimeOfDay) -> Timestamp {
        instant_of(&self.zone, self.day, at)
    }

    /// The clock at an instant.
    pub fn clock(&self, at: Timestamp) -> Time {
        self.zone.time(at)
    }

    /// The working day as the solver takes it. Whoever begins after the end of the shift has no time left, but a
    /// day all the same.
    fn slot(&self) -> Slot {
        let from = self.begin_at();
        let to = self.shift.to.max(from + Span::minutes(1));
        let start = if self.begin.is_some() { BEGIN } else { HOME };
        Slot {
            end: PlaceId(HOME as u32),
            lunch: self
                .lunch
                .filter(|l| l.within.from.max(from) + l.length <= l.within.to.min(to)),
            max_drive: self.max_drive,
            ..Slot::new(0, 0, PlaceId(start as u32), Window::new(from, to))
        }
    }

    /// Places in the order of the visits there was that keep a locked one where it is: those before it stay
    /// before it, those after it after.
    fn ranks(&self) -> HashMap<&str, u16> {
        let mut ranks = HashMap::new();
        if self.earlier.iter().any(|v| self.wishes.order.contains(v)) {
            let mut rank = 1;
            for visit in &self.earlier {
                let locked = self.wishes.order.contains(visit);
                rank += u16::from(locked);
                ranks.insert(visit.as_str(), rank);
                rank += u16::from(locked);
            }
        }
        ranks
    }

    fn visit(
        &self,
        candidate: &Candidate,
        hours: &DayHours,
        place: Option<PlaceId>,
        rank: Option<u16>,
    ) -> Visit {
        let id = &candidate.visit_id;
        let wishes = &self.wishes;
        let held = wishes.time.contains_key(id) || wishes.order.contains(id) || wishes.added.contains(id);
        let start = wishes
            .time
            .get(id)
            .copied()
            .or(candidate.promised_at)
            .map(|at| self.seconds(at));
        let service = Span::minutes(i32::try_from(candidate.service_minutes).unwrap_or(600));
        Visit {
            place,
            service,
            windows: windows_of(hours, &self.zone, self.day, service),
            tier: if held { 0 } else { candidate.tier },
            prize: candidate.prize,
            locks: Locks {
                start: start.filter(|s| (0..=86_400).contains(&s.0)),
                order: rank.map(Order::Rank),
                ..Locks::default()
            },
            ..Visit::new(PlaceId(0), service)
        }
    }
}

/// Times at which a visit may begin so that it lies inside the open hours.
pub(crate) fn windows_of(hours: &DayHours, zone: &Zone, day: Date, service: Span) -> Windows {
    match hours {
        DayHours::NotGiven | DayHours::Unreadable(_) => Windows::Any,
        DayHours::Open(open) => {
            let spans = open.iter().map(|span| open_window(zone, day, *span));
            Windows::Daily(spans.filter_map(|window| window.starts_of(service)).collect())
        }
    }
}

/// An open time in seconds of the day; one that ends at midnight ends with the day.
pub(crate) fn open_window(zone: &Zone, day: Date, (from, to): (Time, Time)) -> Window {
    let end = if to == Time::midnight() {
        let next = day.tomorrow().unwrap_or(day);
        TimeOfDay(i32::try_from((zone.start_of(next).0 - zone.start_of(day).0) / 1000).unwrap_or(86_400))
    } else {
        seconds_of(zone, day, to)
    };
    Window::new(seconds_of(zone, day, from), end)
}

/// Puts the places on roads, asks for drive times, and lays the problem out.
pub(crate) fn prepare(task: &Task) -> Result<Prepared<'_>, Problem> {
    let roads = task.atlas.roads();
    let (home, connected) = Connected::to_home(roads, task.home.place)?;
    let begin = match &task.begin {
        None => Some(home),
        Some(begin) => Some(connected.snap(begin.place, "").ok_or_else(|| {
            Problem::conflict(
                "no-road-here",
                "No road that leads home is near the place to begin from.",
            )
        })?),
    };
    let mut snaps = vec![Some(home), begin];
    snaps.extend(
        task.candidates
            .iter()
            .map(|c| c.place.and_then(|place| connected.snap(place, &c.street))),
    );
    let mut ahead_places = Vec::new();
    for day in &task.ahead {
        let mut places = Vec::new();
        for (place, ..) in &day.stops {
            let snap = connected.snap(*place, "");
            places.push(snap.map(|_| PlaceId(snaps.len() as u32)));
            snaps.push(snap);
        }
        ahead_places.push(places);
    }
    let times = drive_times(roads, &snaps)?;

    let slots = vec![task.slot()];
    let ranks = task.ranks();
    let hours: Vec<DayHours> = task
        .candidates
        .iter()
        .map(|c| open_on(c.opening_hours.as_deref(), c.country.as_deref(), task.day))
        .collect();
    let mut visits = Vec::with_capacity(task.candidates.len());
    for (number, (candidate, hours)) in task.candidates.iter().zip(&hours).enumerate() {
        let place = snaps[number + 2].map(|_| PlaceId((number + 2) as u32));
        visits.push(task.visit(
            candidate,
            hours,
            place,
            ranks.get(candidate.visit_id.as_str()).copied(),
        ));
    }
    let numbers: HashMap<String, VisitId> = task
        .candidates
        .iter()
        .zip(0..)
        .map(|(c, n)| (c.visit_id.clone(), VisitId(n)))
        .collect();
    let refused = |e: ::plan::ProblemError| {
        Problem::conflict("cannot-be-planned", format!("The day cannot be planned: {e}."))
    };
    let priced = Puzzle::new(slots.clone(), visits.clone(), &times).map_err(refused)?;
    for visit in task.wishes.dropped.iter().filter_map(|id| numbers.get(id)) {
        visits[visit.0 as usize].allowed = Some(Vec::new());
    }
    let puzzle = Puzzle::new(slots.clone(), visits.clone(), &times).map_err(refused)?;
    Ok(Prepared {
        task,
        snaps,
        ahead_places,
        times,
        slots,
        visits,
        puzzle,
        priced,
        numbers,
        hours,
    })
}

impl Prepared<'_> {
    /// The place that a visit is driven to.
    pub fn place_of(&self, visit: VisitId) -> usize {
        visit.0 as usize + 2
    }

    /// The place where the open part of the day begins.
    pub fn begin_place(&self) -> usize {
        if self.task.begin.is_some() { BEGIN } else { HOME }
    }

    pub fn home_place(&self) -> usize {
        HOME
    }

    /// A candidate that has a road.
    pub fn on_road(&self, visit: VisitId) -> bool {
        self.visits[visit.0 as usize].place.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_lies_inside_the_open_hours() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let day: Date = "2026-11-23".parse().unwrap();
        let check = |text: &str, minutes: i32, expected: &[(i32, i32)]| {
            let windows = windows_of(
                &open_on(Some(text), None, day),
                &zone,
                day,
                Span::minutes(minutes),
            );
            let expected = expected
                .iter()
                .map(|&(a, b)| Window::new(TimeOfDay(a * 60), TimeOfDay(b * 60)))
                .collect();
            assert_eq!(windows, Windows::Daily(expected), "{text}");
        };
        // Open 9 to 12 and 14 to 18: half an hour may begin until 11:30 and until 17:30.
        check("Mo 09:00-12:00,14:00-18:00", 30, &[(540, 690), (840, 1050)]);
        // A quarter of an hour is too short for half an hour.
        check("Mo 09:00-09:15,14:00-18:00", 30, &[(840, 1050)]);
        check("Mo off", 30, &[]);
        check("24/7", 30, &[(0, 1410)]);
    }
}
