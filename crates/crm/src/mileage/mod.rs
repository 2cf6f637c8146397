//! Mileage: what a rep drove, from where they checked in, over real roads; nobody has to start or end a day.
//!
//! A day is home, the places of its visits in the order of checking in, home. No position is kept but the one of a
//! check-in, so what was driven between is worked out ("derived"), and what lies beside the visits is private and
//! not in it.

mod http;

pub(crate) use http::router;

use std::collections::{BTreeMap, HashMap};

use geom::{LngLat, Timestamp};
use jiff::ToSpan as _;
use jiff::civil::Date;
use records::Record;
use roads::{Query, Snap, SnapOptions};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::calendars::calendar_of;
use crate::plans::store::accepted_between;
use crate::problem::Problem;
use crate::visits;

/// One drive. Names of customers, or of home.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DrivenLeg {
    pub from: String,
    pub to: String,
    pub meters: i64,
    pub seconds: i64,
}

/// A rep's day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DrivenDay {
    pub user_id: String,
    pub user_name: String,
    /// Local day.
    pub day: String,
    /// Of the accepted plan; 0 without one.
    pub planned_m: i64,
    pub planned_drive_s: i64,
    /// Over the roads between check-ins.
    pub driven_m: i64,
    pub driven_s: i64,
    /// Between checking in and out; planned length where nobody checked out.
    pub visit_s: i64,
    pub visits: i64,
    pub legs: Vec<DrivenLeg>,
    /// Always true: worked out, not recorded.
    pub derived: bool,
    /// What is missing in it, such as a home; null when nothing is.
    pub note: Option<String>,
}

/// A rep's sums.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct DrivenTotal {
    pub user_id: String,
    pub user_name: String,
    pub planned_m: i64,
    pub planned_drive_s: i64,
    pub driven_m: i64,
    pub driven_s: i64,
    pub visit_s: i64,
    pub visits: i64,
    pub days: i64,
}

/// A rep's days from `first` to `last` on which there was a visit or a plan.
pub(super) async fn of_rep(
    app: &App,
    (user, name): (&str, &str),
    first: Date,
    last: Date,
) -> Result<Vec<DrivenDay>, Problem> {
    let zone = &app.settings.zone;
    let (from, to) = (zone.start_of(first), zone.start_of(last.saturating_add(1.day())));
    let mut by_day: BTreeMap<Date, (Vec<Record>, Option<Record>)> = BTreeMap::new();
    for visit in visits::planned_between(&app.store, user, from, to).await? {
        let begun = visit
            .integer("check_in_at")
            .filter(|at| (from.0..to.0).contains(at));
        if let Some(at) = begun {
            by_day.entry(zone.date(Timestamp(at))).or_default().0.push(visit);
        }
    }
    for plan in accepted_between(app, user, first, last).await? {
        if let Some(day) = plan.text("day").and_then(|d| d.parse().ok()) {
            by_day.entry(day).or_default().1 = Some(plan);
        }
    }
    let places: Vec<String> = by_day
        .values()
        .flat_map(|(visits, _)| visits)
        .filter_map(|v| v.text("location_id").map(str::to_owned))
        .collect();
    let known = visits::described(app, &places, last).await?;
    let home = calendar_of(&app.store, user).await?.and_then(|c| c.home);
    let atlas = app.map()?;
    let roads = atlas.roads();
    let mut query = roads.query();
    let mut snapped: HashMap<String, Option<Snap>> = HashMap::new();
    let mut snap = |key: &str, place: Option<LngLat>, street: &str| {
        let find = || {
            let options = SnapOptions::default();
            let options = if street.is_empty() {
                options
            } else {
                options.on_street(street)
            };
            roads.snap(place?, &options).ok()
        };
        *snapped.entry(key.to_owned()).or_insert_with(find)
    };
    let mut days = Vec::with_capacity(by_day.len());
    for (day, (mut visits, plan)) in by_day {
        visits.sort_by_key(|v| (v.integer("check_in_at"), v.id.clone()));
        let mut stops: Vec<(String, Option<Snap>)> = Vec::with_capacity(visits.len() + 2);
        let home_stop = home
            .as_ref()
            .map(|home| (home.label.clone(), snap("home", Some(home.place), "")));
        let mut visit_s = 0;
        for visit in &visits {
            let place = visit.text("location_id").unwrap_or_default();
            let candidate = known.get(place);
            // Who is somewhere else than the pin drove there.
            let here = visit
                .number("check_in_lng")
                .zip(visit.number("check_in_lat"))
                .and_then(|(lng, lat)| LngLat::new(lng, lat).ok());
            let far = visit.number("check_in_distance_m").is_some_and(|m| m > 500.0);
            let (at, street) = match candidate {
                Some(c) if !far || here.is_none() => (c.place, c.street.as_str()),
                _ => (here, ""),
            };
            let key = if far { visit.id.as_str() } else { place };
            stops.push((
                candidate.map(|c| c.name.clone()).unwrap_or_default(),
                snap(key, at.or(here), street),
            ));
            let planned = visit.integer("duration_minutes").unwrap_or(visits::USUAL_MINUTES) * 60;
            let began = visit.integer("check_in_at").unwrap_or(0);
            visit_s += visit
                .integer("check_out_at")
                .filter(|out| *out >= began)
                .map_or(planned, |out| (out - began) / 1000);
        }
        if let Some(home) = home_stop.filter(|_| !stops.is_empty()) {
            stops.insert(0, home.clone());
            stops.push(home);
        }
        let legs = legs_of(&mut query, &stops);
        let without = stops.iter().filter(|(_, snap)| snap.is_none()).count();
        days.push(DrivenDay {
            user_id: user.to_owned(),
            user_name: name.to_owned(),
            day: day.to_string(),
            planned_m: plan.as_ref().and_then(|p| p.integer("drive_meters")).unwrap_or(0),
            planned_drive_s: plan
                .as_ref()
                .and_then(|p| p.integer("drive_seconds"))
                .unwrap_or(0),
            driven_m: legs.iter().map(|l| l.meters).sum(),
            driven_s: legs.iter().map(|l| l.seconds).sum(),
            visit_s,
            visits: i64::try_from(visits.len()).unwrap_or(i64::MAX),
            legs,
            derived: true,
            note: if home.is_none() && !visits.is_empty() {
                Some("no-home".into())
            } else {
                (without > 0).then(|| "place-without-road".into())
            },
        });
    }
    Ok(days)
}

/// The drives between stops; one that no road leads to is driven past.
fn legs_of(query: &mut Query<'_>, stops: &[(String, Option<Snap>)]) -> Vec<DrivenLeg> {
    let on_roads: Vec<(&str, Snap)> = stops
        .iter()
        .filter_map(|(name, snap)| Some((name.as_str(), (*snap)?)))
        .collect();
    let mut legs = Vec::new();
    for pair in on_roads.windows(2) {
        let [(from, a), (to, b)] = pair else { continue };
        if let Some(trip) = query.trip(a, b) {
            legs.push(DrivenLeg {
                from: (*from).to_owned(),
                to: (*to).to_owned(),
                meters: trip.distance.0.round() as i64,
                seconds: (trip.duration.0 + 500) / 1000,
            });
        }
    }
    legs
}

/// Sums by rep, in the order of the days.
pub(super) fn totals(days: &[DrivenDay]) -> Vec<DrivenTotal> {
    let mut totals: Vec<DrivenTotal> = Vec::new();
    for day in days {
        if totals.last().is_none_or(|t| t.user_id != day.user_id) {
            totals.push(DrivenTotal {
                user_id: day.user_id.clone(),
                user_name: day.user_name.clone(),
                ..DrivenTotal::default()
            });
        }
        if let Some(total) = totals.last_mut() {
            total.planned_m += day.planned_m;
            total.planned_drive_s += day.planned_drive_s;
            total.driven_m += day.driven_m;
            total.driven_s += day.driven_s;
            total.visit_s += day.visit_s;
            total.visits += day.visits;
            total.days += i64::from(day.visits > 0);
        }
    }
    totals
}
