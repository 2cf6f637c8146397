//! My day: which customers a rep visits on a day, in which order, when, and why not the others.
//!
//! A plan begins as a draft. Accepting it writes the visits, the stops and the visits left out as one change
//! set; moving, locking and being late make a new draft beside the accepted plan.

pub(crate) mod accept;
mod best_day;
mod changes;
pub(crate) mod day;
mod feed;
mod gpx;
mod http;
mod ical;
mod links;
pub(crate) mod prepare;
pub(crate) mod present;
mod replan;
pub(crate) mod run;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;
mod text;
pub(crate) mod why;
pub(crate) mod words;

pub(crate) use http::router;
pub use text::plan_text;
pub(crate) use words::Language;

use std::collections::{BTreeMap, BTreeSet};

use geojson::Geometry;
use geom::{LngLat, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rep's planned day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct DayPlan {
    /// Of its record.
    pub id: String,
    /// Local day.
    pub date: String,
    pub user_id: String,
    /// draft, accepted, superseded
    pub status: String,
    /// With the map's hash and the problem on record it gives this plan again.
    pub seed: i64,
    /// The map it was computed on.
    pub map_hash: String,
    /// Candidates, drive times, solving, reasons and roads together.
    pub computing_ms: i64,
    pub totals: Totals,
    pub start: End,
    pub end: End,
    /// In driving order.
    pub stops: Vec<Stop>,
    /// From the last stop home; null on a day without stops.
    pub home_leg: Option<Leg>,
    pub lunch: Option<LunchBreak>,
    /// Due and not planned, the most urgent first.
    pub left_out: Vec<LeftOut>,
    /// Of accepting it.
    pub change_set: Option<String>,
    /// What there is to say of the whole day, such as that only its rest is planned. In the language of whoever planned.
    #[serde(default)]
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanTotals)]
pub(crate) struct Totals {
    pub meters: i64,
    pub drive_s: i64,
    pub visit_s: i64,
    pub wait_s: i64,
    /// Leaving, milliseconds since 1970.
    pub start: i64,
    /// Being back.
    pub end: i64,
    /// Past the end of the shift.
    pub overtime_s: i64,
}

/// Where the day begins or ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct End {
    pub label: String,
    pub lng: f64,
    pub lat: f64,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// One visit of the day. Times are milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Stop {
    /// From 1.
    pub seq: u32,
    /// Of the visit's record, which a draft may not have made yet.
    pub visit_id: String,
    pub location_id: String,
    pub account_id: String,
    pub name: String,
    pub address: String,
    pub phone: Option<String>,
    pub lng: f64,
    pub lat: f64,
    /// appointment, overdue, due, later, none
    pub due_state: String,
    /// Days until it is due; negative when overdue.
    pub due_days: Option<i64>,
    pub class: Option<String>,
    pub arrive: i64,
    pub start: i64,
    pub depart: i64,
    /// Between arriving and beginning, lunch not counted.
    pub wait_s: i64,
    pub service_s: i64,
    /// The drive to it.
    pub leg: Leg,
    pub locked: Locked,
    pub promised_at: Option<i64>,
    /// When the place is open on that day; empty where that is not known.
    pub hours_today: Vec<[i64; 2]>,
    pub reasons: Vec<Reason>,
    pub last_note: Option<String>,
    pub links: HandOff,
    /// After closing, or after the time promised or fixed.
    pub late_s: i64,
    pub check_in: Option<CheckIn>,
    /// Of the visit: due, planned, confirmed, en_route, in_progress, done, missed, cancelled
    pub status: String,
}

/// A drive along real roads.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Leg {
    pub seconds: i64,
    pub meters: i64,
    /// A GeoJSON LineString.
    #[schema(value_type = Object)]
    pub geometry: Geometry,
    /// Names or numbers of the roads, in order.
    pub streets: Vec<String>,
}

/// What a person has fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Locked {
    pub time: bool,
    pub order: bool,
    pub day: bool,
}

/// Why a visit is where it is, or why it is nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Reason {
    /// OVERDUE, KEPT_PROMISE, ON_THE_WAY, CLOSED_THAT_DAY, NO_TIME_LEFT, …
    pub code: String,
    /// In the language of whoever planned.
    pub text: String,
    /// Days or minutes, by code.
    pub amount: Option<i64>,
}

/// Addresses that open a navigation app with the stop as its goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct HandOff {
    pub google: String,
    pub apple: String,
    pub waze: String,
    pub osmand: String,
    pub geo: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CheckIn {
    /// Milliseconds since 1970.
    pub at: i64,
    /// From the pin; null when no position was sent.
    pub distance_m: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LunchBreak {
    pub start: i64,
    pub end: i64,
    /// After this stop; 0 before the first.
    pub after_seq: u32,
}

/// A visit that is due and not planned.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct LeftOut {
    pub visit_id: String,
    pub location_id: String,
    pub account_id: String,
    pub name: String,
    pub lng: Option<f64>,
    pub lat: Option<f64>,
    pub due_state: String,
    pub due_days: Option<i64>,
    pub reasons: Vec<Reason>,
    /// Minutes of driving that taking it in would add (negative: save); null where it is not possible at all.
    pub price_minutes: Option<i64>,
    /// Who would have to go for it.
    pub displaces: Vec<String>,
    /// Among the next working days the one where it adds the least driving.
    pub best_day: Option<BestDay>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct BestDay {
    /// Local day.
    pub date: String,
    /// Of driving.
    pub minutes: i64,
}

/// What a person has asked of a day so far: goes from plan to plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Wishes {
    /// Visits that begin exactly then.
    pub time: BTreeMap<String, Timestamp>,
    /// Visits that keep their place in the order.
    pub order: BTreeSet<String>,
    /// Visits taken in by hand: they stay.
    pub added: BTreeSet<String>,
    /// Visits left out by hand.
    pub dropped: BTreeSet<String>,
    /// Where and from when the rest of the day is planned, if not from home at the beginning of the shift.
    pub begin: Option<Begin>,
}

/// Where the part of the day that is still open begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub place: LngLat,
    pub at: Timestamp,
    pub label: String,
}

/// What a plan was computed from; on record with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub wishes: Wishes,
    /// By place: what the plan depends on, shortened. Tells whether the plan is out of date.
    pub facts: BTreeMap<String, String>,
    /// The calendar's version.
    pub calendar: String,
    /// Slots and visits as the solver got them.
    pub slots: Vec<::plan::Slot>,
    pub visits: Vec<::plan::Visit>,
    /// Longitude and latitude of the places that slots and visits name by number.
    pub places: Vec<LngLat>,
    pub steps: u64,
    /// Stops of the plan that were over or begun, by visit.
    pub frozen: Vec<String>,
    /// It is a day of an accepted cycle: `facts` are those of its own stops, without what is due.
    pub of_cycle: bool,
}
