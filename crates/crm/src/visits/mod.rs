//! Visits: who is due and how urgent that is; checking in and out, and the report.
//!
//! A visit is a record only when somebody planned, promised or did it. What is merely due is worked out from
//! frequencies and past visits when asked.

mod details;
mod due;
mod horizon;
pub(crate) mod hours;
mod http;
mod store;

pub(crate) use details::described;
pub(crate) use due::{Gathered, gather};
pub(crate) use horizon::{Wanted, horizon, horizon_at, owners_of, wanted_at};
pub(crate) use http::router;
pub(crate) use store::{by_ids, of_plan, planned_between};

use geom::{LngLat, Timestamp};
use jiff::civil::Date;
use records::{Fault, Record, Rules};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Most candidates that a day is planned from; the less urgent are reported as left out for that reason.
pub(crate) const MOST_CANDIDATES: usize = 60;
/// A visit is due when its day is at most so many days away; as in the live index.
pub(crate) const DUE_WITHIN_DAYS: i64 = 7;
/// How long a visit takes where nothing says.
pub(crate) const USUAL_MINUTES: i64 = 30;

/// How urgent a visit is, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DueState {
    /// The customer was promised a day, or a day and a time.
    Appointment,
    /// Its day is past.
    Overdue,
    /// Its day is at most a week away.
    Due,
    /// Its day is further away, but near enough to be worth a stop on the way.
    Later,
    /// It is not asked for by any rhythm.
    None,
}

impl DueState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appointment => "appointment",
            Self::Overdue => "overdue",
            Self::Due => "due",
            Self::Later => "later",
            Self::None => "none",
        }
    }
}

/// Somebody who could be visited on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Candidate {
    /// Of the visit's record if there is one, else of the one that accepting a plan makes.
    pub visit_id: String,
    /// The visit is on record.
    pub on_record: bool,
    pub location_id: String,
    pub account_id: String,
    pub name: String,
    /// Street with number, postcode and town.
    pub address: String,
    /// The street's name alone, to put the place on the right road.
    pub street: String,
    pub phone: Option<String>,
    pub class: Option<String>,
    pub place: Option<LngLat>,
    pub due_state: DueState,
    /// Days from the day to be planned until it is due; negative when overdue.
    pub due_days: Option<i64>,
    /// 0 a promise, 1 to 3 in falling importance, 4 a suggestion.
    pub tier: u8,
    /// Worth within its tier.
    pub prize: u32,
    pub service_minutes: i64,
    pub opening_hours: Option<String>,
    pub country: Option<String>,
    pub promised_at: Option<Timestamp>,
    pub last_note: Option<String>,
    /// An open opportunity whose close date is near.
    pub closing: Option<Date>,
    /// What a campaign asks for here, and until when.
    #[serde(default)]
    pub campaign: Option<CampaignWish>,
}

/// A visit that a campaign asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CampaignWish {
    /// The campaign and its offer.
    pub name: String,
    pub until: Option<Date>,
}

impl Candidate {
    /// A place of which nothing is known yet.
    pub fn at(location_id: String) -> Self {
        Self {
            visit_id: String::new(),
            on_record: false,
            location_id,
            account_id: String::new(),
            name: String::new(),
            address: String::new(),
            street: String::new(),
            phone: None,
            class: None,
            place: None,
            due_state: DueState::None,
            due_days: None,
            tier: 4,
            prize: 1,
            service_minutes: USUAL_MINUTES,
            opening_hours: None,
            country: None,
            promised_at: None,
            last_note: None,
            closing: None,
            campaign: None,
        }
    }

    /// Everything that a plan depends on, for telling whether a plan is out of date.
    pub fn facts(&self) -> String {
        digest(&format!("{} {} {:?}", self.standing(), self.tier, self.due_days))
    }

    /// The same without what makes it urgent: that of a visit which stands whatever else is due.
    pub fn standing_facts(&self) -> String {
        digest(&self.standing())
    }

    fn standing(&self) -> String {
        let place = self.place.map(|p| format!("{:.6} {:.6}", p.lng(), p.lat()));
        format!(
            "{:?} {:?} {} {:?} {}",
            place, self.promised_at, self.service_minutes, self.opening_hours, self.name
        )
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// The id of the visit that a plan would make at a place on a day: the same however often it is planned.
pub(crate) fn visit_id(location: &str, day: Date) -> String {
    let digest = Sha256::digest(format!("visit/{location}/{day}"));
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// Tier and worth of a visit: promises first, then overdue A customers, overdue ones, due ones, suggestions;
/// within a tier by class and by how far it is over its rhythm.
pub(crate) fn urgency(
    state: DueState,
    class: Option<&str>,
    due_days: Option<i64>,
    rhythm: Option<i64>,
    closing: bool,
) -> (u8, u32) {
    let tier = match (state, class) {
        (DueState::Appointment, _) => 0,
        (DueState::Overdue, Some("A")) => 1,
        (DueState::Overdue, _) => 2,
        (DueState::Due, _) => 3,
        (DueState::Later | DueState::None, _) => 4,
    };
    let class_worth = match class {
        Some("A") => 300,
        Some("B") => 200,
        _ => 100,
    };
    // A visit that is one rhythm late is worth as much again as its class.
    let over = -due_days.unwrap_or(0);
    let share = over as f64 / rhythm.unwrap_or(28).max(1) as f64;
    let urgency = (share.clamp(-0.9, 2.0) * f64::from(class_worth)).round() as i64;
    let deal = if closing { 150 } else { 0 };
    let worth = i64::from(class_worth) + urgency + deal;
    (tier, u32::try_from(worth.clamp(1, 1_000_000)).unwrap_or(1))
}

/// A visit that gets another time gets another number in the calendar feed, so that calendars move it.
pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("visit", calendar_number)
}

fn calendar_number(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    let Some(before) = before else {
        if after.get("calendar_sequence").is_none_or(Value::is_null) {
            after.insert("calendar_sequence".into(), 0.into());
        }
        return Ok(());
    };
    let null = Value::Null;
    let same = |name: &str| before.fields.get(name).unwrap_or(&null) == after.get(name).unwrap_or(&null);
    if !["planned_start", "planned_end", "location_id"]
        .iter()
        .all(|f| same(f))
    {
        let next = before.integer("calendar_sequence").unwrap_or(0) + 1;
        after.insert("calendar_sequence".into(), next.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn class_a_on_day_fifteen_comes_before_due_ones() {
        // Class A every 14 days, day 15: one day over. B due in two days; C 30 days over.
        let a = urgency(DueState::Overdue, Some("A"), Some(-1), Some(14), false);
        let b = urgency(DueState::Due, Some("B"), Some(2), Some(28), false);
        let c = urgency(DueState::Overdue, Some("C"), Some(-30), Some(56), false);
        assert!(a.0 < c.0 && c.0 < b.0, "{a:?} {c:?} {b:?}");
        assert_eq!(urgency(DueState::Appointment, Some("C"), None, None, false).0, 0);
        // 300 + 300 * 1/14 = 321
        assert_eq!(a.1, 321);
        // A rhythm late doubles it: 100 + 100.
        assert_eq!(
            urgency(DueState::Overdue, Some("C"), Some(-56), Some(56), false).1,
            200
        );
        // Never worth nothing, however early.
        assert!(urgency(DueState::Later, None, Some(400), Some(7), false).1 >= 1);
    }

    #[test]
    fn ids_of_planned_visits_are_the_same_each_time_and_differ_by_day_and_place() {
        let day: Date = "2026-11-23".parse().unwrap();
        assert_eq!(visit_id("a", day), visit_id("a", day));
        assert_ne!(visit_id("a", day), visit_id("b", day));
        assert_ne!(visit_id("a", day), visit_id("a", day.tomorrow().unwrap()));
    }

    #[test]
    fn a_moved_visit_gets_the_next_number_and_others_keep_theirs() {
        let before = Record {
            type_name: "visit".into(),
            id: "v".into(),
            version: 3,
            recorded_at: Timestamp(0),
            changed_by: None,
            change_set: "s".into(),
            fields: json!({"planned_start": 1000, "planned_end": 2000, "calendar_sequence": 4})
                .as_object()
                .cloned()
                .unwrap(),
        };
        let mut same = before.fields.clone();
        same.insert("note".into(), "hello".into());
        calendar_number(Some(&before), &mut same, Timestamp(1)).unwrap();
        assert_eq!(same["calendar_sequence"], 4);
        let mut moved = before.fields.clone();
        moved.insert("planned_start".into(), 1500.into());
        calendar_number(Some(&before), &mut moved, Timestamp(1)).unwrap();
        assert_eq!(moved["calendar_sequence"], 5);
        let mut new = Map::new();
        calendar_number(None, &mut new, Timestamp(1)).unwrap();
        assert_eq!(new["calendar_sequence"], 0);
    }
}
