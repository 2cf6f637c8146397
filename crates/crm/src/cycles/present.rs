//! A plan of weeks as people see it: a row for each rep, a cell for each day, and who gets too few visits.

use std::collections::HashMap;

use ::plan::{Route, Stop};
use jiff::civil::Date;

use super::facts::{Rep, Workday};
use super::{Cell, CycleHome, CycleStop, Row, Sums};
use crate::Zone;
use crate::calendars::instant_of;
use crate::plans::{Language, Reason, words};
use crate::visits::Candidate;

/// Adds a day to sums.
pub(super) fn add(sums: &mut Sums, cell: &Cell) {
    sums.drive_s += cell.drive_s;
    sums.visit_s += cell.visit_s;
    sums.wait_s += cell.wait_s;
    sums.meters += cell.meters;
    sums.overtime_s += cell.overtime_s;
}

/// Sums of all days of these rows.
pub(super) fn sums_of(rows: &[Row]) -> Sums {
    let mut sums = Sums::default();
    for cell in rows.iter().flat_map(|row| &row.cells) {
        add(&mut sums, cell);
    }
    sums
}

/// A row without any plan.
pub(super) fn row_of(rep: &Rep, zone: &Zone, days: &[Date]) -> Row {
    Row {
        user_id: rep.user_id.clone(),
        name: rep.name.clone(),
        message: rep.message.clone(),
        home: rep.home.as_ref().map(|home| CycleHome {
            lng: home.place.lng(),
            lat: home.place.lat(),
            label: home.label.clone(),
        }),
        cells: days.iter().map(|day| empty(rep, zone, *day)).collect(),
        ..Row::default()
    }
}

/// A day without visits.
pub(super) fn empty(rep: &Rep, zone: &Zone, day: Date) -> Cell {
    let (state, shift) = match rep.on(day) {
        Workday::Work { shift, .. } => ("work", Some(shift)),
        Workday::Absent { shift } => ("absent", Some(shift)),
        Workday::Off => ("off", None),
        Workday::Past => ("past", None),
        Workday::Today => ("today", None),
    };
    let at = |time| instant_of(zone, day, time).0;
    Cell {
        day: day.to_string(),
        state: state.into(),
        shift: shift.map(|s| [at(s.from), at(s.to)]),
        start: shift.map_or(0, |s| at(s.from)),
        end: shift.map_or(0, |s| at(s.from)),
        ..Cell::default()
    }
}

/// What a cell says of a visit besides its times.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub due_days: Option<i64>,
    pub promised: bool,
    pub fixed: bool,
    pub stood: bool,
    /// Why it stands there and not elsewhere.
    pub why: Vec<Reason>,
}

/// A day as it is driven. `told` gives what is known of each stop; stops it does not know are left out.
pub(super) fn cell<'a>(
    rep: &Rep,
    zone: &Zone,
    day: Date,
    language: Language,
    route: &Route,
    told: impl Fn(&Stop) -> Option<(&'a Candidate, Marks)>,
) -> Cell {
    let mut cell = empty(rep, zone, day);
    if route.stops.is_empty() {
        return cell;
    }
    let at = |time| instant_of(zone, day, time).0;
    for stop in &route.stops {
        let Some((candidate, marks)) = told(stop) else {
            continue;
        };
        cell.wait_s += i64::from(stop.wait.0);
        cell.visit_s += i64::from((stop.depart - stop.start).0);
        cell.stops.push(CycleStop {
            location_id: candidate.location_id.clone(),
            account_id: candidate.account_id.clone(),
            name: candidate.name.clone(),
            address: candidate.address.clone(),
            lng: candidate.place.map_or(0.0, geom::LngLat::lng),
            lat: candidate.place.map_or(0.0, geom::LngLat::lat),
            class: candidate.class.clone(),
            arrive: at(stop.arrive),
            start: at(stop.start),
            depart: at(stop.depart),
            due_days: marks.due_days,
            promised: marks.promised,
            fixed: marks.fixed,
            stood: marks.stood,
            reasons: marks
                .due_days
                .map(|d| words::due(language, d))
                .into_iter()
                .chain(marks.why)
                .collect(),
            visit_id: candidate.on_record.then(|| candidate.visit_id.clone()),
        });
    }
    cell.drive_s = i64::from(route.drive.time.0);
    cell.meters = i64::try_from(route.drive.meters).unwrap_or(i64::MAX);
    cell.overtime_s = i64::from(route.overtime.0);
    cell.start = at(route.leave);
    cell.end = at(route.back);
    cell
}

/// Days from `day` until a visit is due, by what came before it.
pub(super) struct Rhythms {
    /// By place: days of the rhythm, and the day of the last visit or the day it is due.
    last: HashMap<String, (i64, i64)>,
}

impl Rhythms {
    /// At the beginning: from the visits that were made.
    pub fn of(reps: &[Rep]) -> Self {
        let mut last = HashMap::new();
        for wanted in reps.iter().flat_map(|r| &r.wanted) {
            if let (Some(rhythm), Some(due)) = (wanted.rhythm, wanted.candidate.due_days) {
                last.insert(wanted.candidate.location_id.clone(), (rhythm, due - rhythm));
            }
        }
        Self { last }
    }

    /// Days until the visit on day `number` is due, and from now on it counts as made.
    pub fn visit(&mut self, location: &str, number: usize) -> Option<i64> {
        let day = i64::try_from(number).ok()?;
        let (rhythm, last) = self.last.get_mut(location)?;
        let due = *last + *rhythm - day;
        *last = day;
        Some(due)
    }
}
