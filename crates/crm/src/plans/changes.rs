//! What a new plan changes against the one before, stop by stop.

use std::collections::HashMap;

use geom::Timestamp;
use jiff::civil::Time;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{self, Language};
use super::{DayPlan, Stop};
use crate::Zone;

/// What becomes of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeKind {
    Moved,
    Added,
    Dropped,
    Kept,
}

/// One line of the difference between two plans.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PlanChange {
    pub visit_id: String,
    pub name: String,
    pub kind: ChangeKind,
    /// When the visit began before, milliseconds since 1970; null if it was not planned.
    pub before: Option<i64>,
    /// When it begins now; null if it is not planned.
    pub after: Option<i64>,
    /// In words.
    pub text: String,
}

/// Less than that is the same time to a person, in milliseconds.
const SAME_TIME: i64 = 60_000;

/// The difference, in the new order, then what is dropped. Stops that were over are not in it.
pub(super) fn between(
    old: &DayPlan,
    new: &DayPlan,
    frozen: &[String],
    zone: &Zone,
    lang: Language,
) -> Vec<PlanChange> {
    let before: HashMap<&str, &Stop> = old.stops.iter().map(|s| (s.visit_id.as_str(), s)).collect();
    let after: HashMap<&str, &Stop> = new.stops.iter().map(|s| (s.visit_id.as_str(), s)).collect();
    let clock = |at: i64| -> Time { zone.time(Timestamp(at)) };
    let change = |stop: &Stop, kind, before, after, text| PlanChange {
        visit_id: stop.visit_id.clone(),
        name: stop.name.clone(),
        kind,
        before,
        after,
        text,
    };
    let mut changes = Vec::new();
    for stop in new.stops.iter().filter(|s| !frozen.contains(&s.visit_id)) {
        let now = stop.start;
        changes.push(match before.get(stop.visit_id.as_str()).map(|s| s.start) {
            None => change(
                stop,
                ChangeKind::Added,
                None,
                Some(now),
                words::comes_in(lang, clock(now)),
            ),
            Some(was) if (was - now).abs() < SAME_TIME => {
                let text = words::kept(lang, clock(now), stop.promised_at.is_some());
                change(stop, ChangeKind::Kept, Some(was), Some(now), text)
            }
            Some(was) => change(
                stop,
                ChangeKind::Moved,
                Some(was),
                Some(now),
                words::moved(lang, clock(was), clock(now)),
            ),
        });
    }
    for stop in old
        .stops
        .iter()
        .filter(|s| !after.contains_key(s.visit_id.as_str()))
    {
        let left = new.left_out.iter().find(|l| l.visit_id == stop.visit_id);
        let why = left.and_then(|l| l.reasons.first()).map(|r| r.text.as_str());
        let best = left
            .and_then(|l| l.best_day.as_ref())
            .and_then(|b| Some((b.date.parse().ok()?, b.minutes)));
        changes.push(change(
            stop,
            ChangeKind::Dropped,
            Some(stop.start),
            None,
            words::leaves(lang, why, best),
        ));
    }
    changes
}
