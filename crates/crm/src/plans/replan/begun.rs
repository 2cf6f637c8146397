//! What of a day is over, and where and when its rest begins.

use geom::{LngLat, Timestamp};

use super::Wish;
use crate::App;
use crate::calendars::instant_of;
use crate::plans::day::Facts;
use crate::plans::prepare::Frozen;
use crate::plans::store::Stored;
use crate::plans::{Begin, CheckIn, words};
use crate::problem::Problem;

/// For so long after its last stop a plan counts as being driven, in milliseconds.
const STILL_DRIVEN: i64 = 2 * 3_600_000;
/// What is planned from now on begins at a whole five minutes, in milliseconds.
const ROUNDED_TO: i64 = 5 * 60_000;

/// Visits that were begun on the day, as they were.
pub(super) fn started(app: &App, facts: &Facts) -> Vec<Frozen> {
    let now = app.store.now();
    let is_today = facts.day == app.settings.zone.date(now);
    let frozen = facts.gathered.started.iter().map(|(candidate, visit)| {
        let start = Timestamp(visit.integer("check_in_at").unwrap_or(0));
        let usual = start.0 + candidate.service_minutes * 60_000;
        let depart = visit
            .integer("check_out_at")
            .unwrap_or(if is_today { usual.max(now.0) } else { usual });
        Frozen {
            candidate: candidate.clone(),
            arrive: start,
            start,
            depart: Timestamp(depart.max(start.0)),
            status: visit.text("status").unwrap_or("in_progress").to_owned(),
            check_in: Some(CheckIn {
                at: start.0,
                distance_m: visit.number("check_in_distance_m"),
            }),
        }
    });
    frozen.collect()
}

/// What is over: visits that were begun, and, while an accepted plan is being driven, stops whose time is past.
pub(super) fn frozen(app: &App, old: &Stored, facts: &mut Facts, wish: &Wish, now: Timestamp) -> Vec<Frozen> {
    let mut frozen = started(app, facts);
    let is_today = facts.day == app.settings.zone.date(now);
    let moment = wish.from.and_then(|f| f.at).unwrap_or(now.0);
    let driven = old.plan.totals.start <= moment && moment <= old.plan.totals.end + STILL_DRIVEN;
    if !old.is_accepted() || !is_today || !driven {
        return frozen;
    }
    let late = wish.late_minutes.unwrap_or(0) * 60_000;
    let past = old
        .plan
        .stops
        .iter()
        .take_while(|s| s.check_in.is_some() || s.depart + late <= moment);
    for stop in past.filter(|s| s.check_in.is_none()) {
        let Some(at) = facts
            .gathered
            .candidates
            .iter()
            .position(|c| c.visit_id == stop.visit_id)
        else {
            continue;
        };
        frozen.push(Frozen {
            candidate: facts.gathered.candidates.remove(at),
            arrive: Timestamp(stop.arrive),
            start: Timestamp(stop.start),
            depart: Timestamp(stop.depart),
            status: stop.status.clone(),
            check_in: None,
        });
    }
    frozen.sort_by_key(|f| f.start);
    frozen
}

/// Of today only what is still to come is planned: from now, rounded up, where the day would have begun before.
pub(super) fn not_before_now(app: &App, facts: &Facts, begin: Option<Begin>) -> Option<Begin> {
    let zone = &app.settings.zone;
    let now = app.store.now();
    if facts.day != zone.date(now) {
        return begin;
    }
    let now = Timestamp((now.0 + ROUNDED_TO - 1).div_euclid(ROUNDED_TO) * ROUNDED_TO);
    let usual = facts.shift.map(|shift| instant_of(zone, facts.day, shift.from));
    let at = begin.as_ref().map(|begin| begin.at).or(usual)?;
    if at >= now {
        return begin;
    }
    let home = || {
        let home = facts.calendar.as_ref()?.home.as_ref()?;
        Some(Begin {
            place: home.place,
            at: now,
            label: home.label.clone(),
        })
    };
    begin.map(|begin| Begin { at: now, ..begin }).or_else(home)
}

pub(super) fn begin_after(last: &Frozen, at: Timestamp, late: i64) -> Option<Begin> {
    let place = last.candidate.place?;
    Some(Begin {
        place,
        at: Timestamp(at.0 + late),
        label: last.candidate.name.clone(),
    })
}

/// Where and when the open part of the day begins.
pub(super) fn begin(
    old: &Stored,
    frozen: &[Frozen],
    wish: &Wish,
    facts: &Facts,
    now: Timestamp,
) -> Result<Option<Begin>, Problem> {
    if let Some(from) = wish.from {
        let place = LngLat::new(from.lng, from.lat)
            .map_err(|e| Problem::bad("/from", "off-the-earth", format!("{e}.")))?;
        let at = Timestamp(from.at.unwrap_or(now.0));
        let label = words::from_here(facts.language);
        return Ok(Some(Begin { place, at, label }));
    }
    let late = wish.late_minutes.unwrap_or(0) * 60_000;
    if let Some(last) = frozen.last() {
        return Ok(begin_after(last, last.depart, late));
    }
    let stored = old.asked.wishes.begin.clone();
    if late == 0 {
        return Ok(stored);
    }
    // Nothing is over yet: the day begins that much after it would have begun.
    let at = Timestamp(old.plan.totals.start + late);
    let begin = match stored {
        Some(begin) => Some(Begin { at, ..begin }),
        None => facts.workday()?.calendar.home.as_ref().map(|home| Begin {
            place: home.place,
            at,
            label: home.label.clone(),
        }),
    };
    Ok(begin)
}
