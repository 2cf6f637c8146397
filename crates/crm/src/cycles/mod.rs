//! Cycles: the visits of several reps over some weeks, planned together, compared, changed by hand and accepted.
//!
//! A cycle is a draft beside the records: what was asked, the best plan so far, and what is left out and why.
//! Accepting it writes a plan for every day and the visits of them all as one change set.

mod accept;
mod anchors;
mod body;
mod bound;
mod change;
mod facts;
mod http;
mod layout;
mod matched;
mod planned;
mod present;
mod price;
mod slots;
mod small;
mod store;
#[cfg(test)]
mod tests;
mod work;

pub(crate) use http::router;
pub(crate) use planned::{PlannedHours, planned_hours};
pub(crate) use price::{KeptWeeks, Portfolio, Weeks, together as planned_together, weeks_of};
pub(crate) use work::{accept_job, plan_job};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::plans::Reason;

/// What was asked; on record with the cycle.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Question {
    /// Ids of the reps, in the order of their rows.
    pub people: Vec<String>,
    pub seed: u64,
    pub steps: u64,
    /// Of whoever asked: en, de.
    pub language: String,
    /// Begin near the plan there is instead of from nothing.
    pub near: bool,
    /// Visits that keep their day and rep.
    pub fixed: Vec<Fixed>,
    /// What if these were away.
    pub ill: Vec<Away>,
    /// What if there were one more.
    pub helper: Option<Helper>,
    /// What if this were promised.
    pub promises: Vec<Promise>,
    /// The question of a "what if" in words.
    pub what: Option<String>,
}

/// A visit that a person put on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fixed {
    pub location_id: String,
    pub user_id: String,
    pub day: Date,
}

/// A rep who is away from one day to another, both included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Away {
    pub user_id: String,
    pub from_day: Date,
    pub to_day: Date,
}

/// A rep there might be, who may visit everybody's customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Helper {
    pub name: String,
    pub lng: f64,
    pub lat: f64,
    /// Whose working hours they have.
    pub like_user_id: String,
}

/// A visit at a day and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Promise {
    pub location_id: String,
    pub day: Date,
    /// Local, `13:30`.
    pub time: String,
}

/// The user id of a [`Helper`].
pub(super) const HELPER: &str = "helper";

/// Sums over days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Sums {
    pub drive_s: i64,
    pub visit_s: i64,
    pub wait_s: i64,
    pub meters: i64,
    pub overtime_s: i64,
}

/// The plan as kept and shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub people: Vec<Row>,
    pub unmet: Vec<Unmet>,
    /// Visits planned of those that rhythms and promises ask for.
    pub met: i64,
    pub asked: i64,
    /// Visits left out that could still be met at most: no rule forbids them, and there is time for so many.
    pub open: i64,
    pub totals: Sums,
    pub steps_done: u64,
    pub computing_ms: i64,
    pub map_hash: String,
    /// Milliseconds of search, visits met and seconds of driving, each time the plan got better.
    pub curve: Vec<[i64; 3]>,
    /// Why there is no plan.
    pub message: Option<String>,
}

/// A rep's days.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Row {
    pub user_id: String,
    pub name: String,
    /// Why this person cannot be planned; null when they can.
    pub message: Option<String>,
    pub met: i64,
    pub asked: i64,
    pub drive_s: i64,
    pub visit_s: i64,
    pub meters: i64,
    pub home: Option<CycleHome>,
    /// One for each day of the cycle.
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CycleHome {
    pub lng: f64,
    pub lat: f64,
    pub label: String,
}

/// One rep on one day. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Cell {
    pub day: String,
    /// work, off, absent, past, today
    pub state: String,
    /// From and to; null on a day off.
    pub shift: Option<[i64; 2]>,
    pub drive_s: i64,
    pub visit_s: i64,
    pub wait_s: i64,
    pub overtime_s: i64,
    pub meters: i64,
    pub start: i64,
    pub end: i64,
    /// In driving order.
    pub stops: Vec<CycleStop>,
}

/// A visit of a cycle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct CycleStop {
    pub location_id: String,
    pub account_id: String,
    pub name: String,
    pub address: String,
    pub lng: f64,
    pub lat: f64,
    pub class: Option<String>,
    pub arrive: i64,
    pub start: i64,
    pub depart: i64,
    /// Days from this day until the visit is due; negative when overdue.
    pub due_days: Option<i64>,
    /// The customer was promised this day.
    pub promised: bool,
    /// A person put it on this day.
    pub fixed: bool,
    /// An accepted plan has it on this day already.
    pub stood: bool,
    pub reasons: Vec<Reason>,
    /// Of the visit's record, if there is one.
    pub visit_id: Option<String>,
}

/// A customer who gets fewer visits than asked for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Unmet {
    pub user_id: String,
    pub location_id: String,
    pub account_id: String,
    pub name: String,
    pub lng: Option<f64>,
    pub lat: Option<f64>,
    pub class: Option<String>,
    pub due_days: Option<i64>,
    /// So many visits too few.
    pub missing: i64,
    pub reasons: Vec<Reason>,
    /// Minutes of driving that one more visit would add; null where it is not possible at all.
    pub price_minutes: Option<i64>,
    /// Who would have to go for it.
    pub displaces: Vec<String>,
    /// The day on which it adds the least driving.
    pub best: Option<Best>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Best {
    pub day: String,
    pub minutes: i64,
}
