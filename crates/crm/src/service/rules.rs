//! A case and its clocks: both follow from its own fields, in every write.

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

use super::clock::WorkingTime;
use crate::Zone;

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("case", runs).on("sla_policy", readable)
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

fn moment(fields: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    fields.get(name).and_then(Value::as_i64).map(Timestamp)
}

/// Hours and zones that nobody can read would silently be all hours.
fn readable(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    if let Some(hours) = text(after, "hours")
        && crate::visits::hours::is_unreadable(hours)
    {
        faults.push(Fault::of(
            "hours",
            "not-hours",
            format!("{hours:?} cannot be read. Write hours like Mo-Fr 09:00-17:00; PH off."),
        ));
    }
    if let Some(zone) = text(after, "time_zone")
        && Zone::named(zone).is_err()
    {
        faults.push(Fault::of(
            "time_zone",
            "not-a-zone",
            format!("{zone:?} is no time zone like Europe/Berlin."),
        ));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// `None` without a service level, which always says its zone.
fn working_time(fields: &Map<String, Value>) -> Option<WorkingTime> {
    let zone = Zone::named(text(fields, "time_zone")?).ok()?;
    Some(WorkingTime {
        hours: text(fields, "hours").map(str::to_owned),
        country: text(fields, "country").map(str::to_owned),
        zone,
    })
}

const OVER: [&str; 2] = ["resolved", "closed"];

fn runs(before: Option<&Record>, after: &mut Map<String, Value>, now: Timestamp) -> Result<(), Vec<Fault>> {
    for (name, usual) in [("priority", "normal"), ("channel", "api")] {
        if after.get(name).is_none_or(Value::is_null) {
            after.insert(name.into(), usual.into());
        }
    }
    let status = text(after, "status").unwrap_or("new").to_owned();
    let was = before.and_then(|b| b.text("status")).unwrap_or("new").to_owned();
    if moment(after, "opened_at").is_none() {
        after.insert("opened_at".into(), now.0.into());
    }
    let opened = moment(after, "opened_at").unwrap_or(now);
    let time = working_time(after);
    let new_policy = before.is_none_or(|b| b.fields.get("policy_id") != after.get("policy_id"));
    if new_policy {
        for (due, minutes) in [
            ("respond_due", "response_minutes"),
            ("resolve_due", "resolve_minutes"),
        ] {
            let due_at = after
                .get(minutes)
                .and_then(Value::as_i64)
                .zip(time.as_ref())
                .and_then(|(m, time)| time.after(opened, m));
            after.insert(due.into(), due_at.map(|d| d.0).into());
        }
        after.insert("escalated_at".into(), Value::Null);
    }
    // The first thing that is done about it is its answer.
    if status != "new" && moment(after, "responded_at").is_none() {
        after.insert("responded_at".into(), now.0.into());
        let late = moment(after, "respond_due").map(|due| now.0 > due.0);
        after.insert("response_late".into(), late.into());
    }
    if status == "waiting" && was != "waiting" {
        after.insert("paused_at".into(), now.0.into());
    }
    if status != "waiting"
        && let Some(paused) = moment(after, "paused_at")
    {
        if let Some((due, time)) = moment(after, "resolve_due").zip(time.as_ref()) {
            after.insert("resolve_due".into(), time.shifted(due, paused, now).0.into());
        }
        after.insert("paused_at".into(), Value::Null);
    }
    let (over, was_over) = (OVER.contains(&status.as_str()), OVER.contains(&was.as_str()));
    if over && !was_over {
        if text(after, "resolution").is_none_or(|r| r.trim().is_empty()) {
            return Err(vec![Fault::of(
                "resolution",
                "missing",
                "Say how it was solved, in a few words.",
            )]);
        }
        after.insert("resolved_at".into(), now.0.into());
        let late = moment(after, "resolve_due").map(|due| now.0 > due.0);
        after.insert("resolution_late".into(), late.into());
        let penalty = after.get("penalty").cloned().filter(|_| late == Some(true));
        after.insert("penalty_due".into(), penalty.unwrap_or(Value::Null));
    } else if !over && was_over {
        for name in ["resolved_at", "resolution_late", "penalty_due"] {
            after.insert(name.into(), Value::Null);
        }
    }
    Ok(())
}
