//! Which visit on record each stop of a cycle is, so that visits keep their names in calendars.

use std::collections::{BTreeMap, HashMap};

use geom::Timestamp;
use jiff::ToSpan as _;
use records::Record;

use super::accept::day_of;
use super::store::Stored;
use super::{Body, HELPER};
use crate::App;
use crate::plans::store::accepted_between;
use crate::problem::Problem;
use crate::visits;

/// What stands on record for the days of a cycle.
pub(super) struct Standing {
    /// Open visits by place, in the order of their times.
    pub by_place: BTreeMap<String, Vec<Record>>,
    /// Accepted plans of days to come.
    pub plans: Vec<Record>,
}

pub(super) async fn standing(app: &App, stored: &Stored, body: &Body) -> Result<Standing, Problem> {
    let zone = &app.settings.zone;
    let first = day_of(&stored.first_day)?.max(zone.date(app.store.now()).saturating_add(1.day()));
    let last = day_of(&stored.last_day)?;
    let mut by_place: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    let mut plans = Vec::new();
    for row in body.people.iter().filter(|r| r.user_id != HELPER) {
        let (from, to) = (zone.start_of(first), zone.start_of(last.saturating_add(1.day())));
        for visit in visits::planned_between(&app.store, &row.user_id, from, to).await? {
            let open = matches!(visit.text("status"), Some("planned" | "confirmed" | "en_route"));
            if let Some(place) = visit.text("location_id").map(str::to_owned).filter(|_| open) {
                by_place.entry(place).or_default().push(visit);
            }
        }
        plans.extend(accepted_between(app, &row.user_id, first, last).await?);
    }
    for visits in by_place.values_mut() {
        visits.sort_by_key(|v| (v.integer("planned_start"), v.id.clone()));
    }
    Ok(Standing { by_place, plans })
}

/// Which visit on record each stop of the cycle is, by rep, day and place, and the visits that no stop is.
pub(super) struct Matched {
    pub ids: HashMap<(String, String, String), Record>,
    pub left: Vec<Record>,
}

/// A visit that stands on a stop's own day is that stop; the other stops take the other visits in order.
pub(super) fn matched(app: &App, body: &Body, standing: &Standing) -> Matched {
    let zone = &app.settings.zone;
    let mut stops: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for row in &body.people {
        for cell in &row.cells {
            for stop in &cell.stops {
                stops
                    .entry(&stop.location_id)
                    .or_default()
                    .push((&cell.day, &row.user_id));
            }
        }
    }
    let mut ids = HashMap::new();
    let mut left = Vec::new();
    for (place, visits) in &standing.by_place {
        let mut visits = visits.clone();
        let mut open = stops.get(place.as_str()).cloned().unwrap_or_default();
        open.sort_unstable();
        let day = |v: &Record| {
            v.integer("planned_start")
                .map(|at| zone.date(Timestamp(at)).to_string())
        };
        open.retain(|(on, user)| {
            let at = visits.iter().position(|v| day(v).as_deref() == Some(*on));
            if let Some(at) = at {
                let key = ((*user).to_owned(), (*on).to_owned(), place.clone());
                ids.insert(key, visits.remove(at));
            }
            at.is_none()
        });
        let mut rest = visits.into_iter();
        for ((on, user), visit) in open.into_iter().zip(&mut rest) {
            ids.insert((user.to_owned(), on.to_owned(), place.clone()), visit);
        }
        left.extend(rest);
    }
    Matched { ids, left }
}
