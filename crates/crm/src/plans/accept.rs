//! Accepting a plan: its visits, stops and visits left out are written as one change set.

use std::collections::{HashMap, HashSet};

use records::{Op, Record, fields};
use serde_json::{Map, Value};

use super::store::{self, Stored};
use super::{DayPlan, Stop};
use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::visits;

/// Takes a proposal over: it is the day's draft from now on.
pub(super) async fn take(app: &App, signed: &Signed, id: &str) -> Result<DayPlan, Problem> {
    let Stored { record, plan, .. } = store::load(app, signed, id).await?;
    match record.text("status") {
        Some("draft") => return Ok(plan),
        Some("proposed") => {}
        _ => return Err(no_longer(&record)),
    }
    let author = signed.author("plan", format!("Plan {}", plan.date));
    let taken = Op::Update {
        type_name: "plan".into(),
        id: id.into(),
        version: Some(record.version),
        patch: fields([("status", "draft".into())]),
    };
    let written = app.store.write(&author, vec![taken]).await;
    if !matches!(written, Err(records::Error::VersionConflict { .. })) {
        written?;
    }
    // Somebody may have taken or accepted it in the same moment: what holds is answered.
    let Stored { record, plan, .. } = store::load(app, signed, id).await?;
    match record.text("status") {
        Some("draft") => Ok(plan),
        _ => Err(no_longer(&record)),
    }
}

/// Why a plan can be neither taken over nor accepted.
fn no_longer(record: &Record) -> Problem {
    if record.text("status") == Some("accepted") {
        return Problem::conflict("already-accepted", "This plan is accepted already.");
    }
    Problem::conflict(
        "superseded",
        "A newer plan took this one's place. Plan the day anew.",
    )
}

/// Accepts a draft or a proposal. Visits get their times, an earlier plan of the day is superseded, and what it had planned and
/// this one does not goes back to waiting.
pub(super) async fn accept(app: &App, signed: &Signed, id: &str) -> Result<(DayPlan, String), Problem> {
    let Stored { record, plan, .. } = store::load(app, signed, id).await?;
    if !matches!(record.text("status"), Some("draft" | "proposed")) {
        return Err(no_longer(&record));
    }
    let day = plan.date.parse().map_err(Problem::unexpected)?;
    if day < app.settings.zone.date(app.store.now()) {
        return Err(Problem::conflict(
            "past-day",
            format!("{day} is past; only plans from today on are accepted."),
        ));
    }
    let earlier = store::accepted(app, &plan.user_id, day).await?;
    let mut ops = operations(app, std::slice::from_ref(&plan), &earlier).await?;
    ops.push(status(id, "accepted"));
    let author = signed.author(
        "plan",
        format!("Accept the plan of {day}, {} visits", plan.stops.len()),
    );
    let written = app.store.write(&author, ops).await?;
    app.live.wait_for(written.last_seq).await;
    let accepted = store::load(app, signed, id).await?;
    Ok((accepted.plan, written.change_set))
}

fn status(id: &str, status: &str) -> Op {
    Op::update("plan", id, fields([("status", status.into())]))
}

/// What accepting plans of days writes besides their own records: visits get their times, `earlier` accepted
/// plans are superseded, and what those had planned and none of these does goes back to waiting.
pub(crate) async fn operations(app: &App, plans: &[DayPlan], earlier: &[Record]) -> Result<Vec<Op>, Problem> {
    let stops = || plans.iter().flat_map(|plan| &plan.stops);
    let ids: Vec<String> = stops().map(|s| s.visit_id.clone()).collect();
    let known = visits::by_ids(&app.store, "visit", &ids).await?;
    let mut created = Vec::new();
    let mut updated = Vec::new();
    for plan in plans {
        check(app, plan, &known, earlier)?;
        for stop in &plan.stops {
            match known.get(&stop.visit_id) {
                None => created.push(new_visit(plan, stop)),
                Some(visit) => updated.push(planned_visit(plan, stop, visit)),
            }
        }
    }
    let kept: HashSet<&String> = ids.iter().collect();
    for old in earlier {
        for visit in visits::of_plan(&app.store, &old.id).await? {
            if !kept.contains(&visit.id) {
                updated.extend(released(&visit));
            }
        }
    }
    let mut ops: Vec<Op> = created.into_iter().chain(updated).collect();
    ops.extend(earlier.iter().map(|p| status(&p.id, "superseded")));
    for plan in plans {
        ops.extend(plan.stops.iter().map(|stop| stop_record(&plan.id, stop)));
        ops.extend(plan.left_out.iter().map(|left| {
            Op::create(
                "left_out_visit",
                fields([
                    ("plan_id", plan.id.clone().into()),
                    ("location_id", left.location_id.clone().into()),
                    ("reasons", serde_json::to_value(&left.reasons).unwrap_or_default()),
                    ("price_seconds", left.price_minutes.map(|m| m * 60).into()),
                ]),
            )
        }));
    }
    Ok(ops)
}

/// Refuses a plan whose visits were begun or planned elsewhere since it was made.
fn check(
    app: &App,
    plan: &DayPlan,
    known: &HashMap<String, Record>,
    earlier: &[Record],
) -> Result<(), Problem> {
    let outdated = |stop: &Stop, what: &str| {
        Err(Problem::conflict(
            "plan-outdated",
            format!("{} {what} since this was planned. Plan the day anew.", stop.name),
        ))
    };
    let earlier: HashSet<&str> = earlier.iter().map(|p| p.id.as_str()).collect();
    let is_other_day = |at: i64| app.settings.zone.date(geom::Timestamp(at)).to_string() != plan.date;
    for stop in &plan.stops {
        let Some(visit) = known.get(&stop.visit_id) else {
            continue;
        };
        let by_another = visit.text("owner_id").is_some_and(|o| o != plan.user_id);
        if by_another && visit.integer("check_in_at").is_some() {
            return outdated(stop, "was visited by somebody else");
        }
        if visit.integer("check_in_at").is_some_and(is_other_day) {
            return outdated(stop, "was visited on another day");
        }
        let planned = matches!(visit.text("status"), Some("planned" | "confirmed" | "en_route"));
        let elsewhere = visit
            .integer("planned_start")
            .filter(|_| planned)
            .is_some_and(|at| by_another || is_other_day(at));
        if elsewhere && !visit.text("plan_id").is_some_and(|p| earlier.contains(p)) {
            return outdated(stop, "was planned for another day");
        }
    }
    Ok(())
}

fn times(plan: &DayPlan, stop: &Stop) -> Map<String, Value> {
    fields([
        ("owner_id", plan.user_id.clone().into()),
        ("planned_start", stop.start.into()),
        ("planned_end", stop.depart.into()),
        ("duration_minutes", (stop.service_s / 60).into()),
        ("plan_id", plan.id.clone().into()),
    ])
}

fn new_visit(plan: &DayPlan, stop: &Stop) -> Op {
    let mut visit = times(plan, stop);
    let cause = if stop.due_state == "none" {
        "request"
    } else {
        "frequency"
    };
    visit.extend(fields([
        ("account_id", stop.account_id.clone().into()),
        ("location_id", stop.location_id.clone().into()),
        ("status", "planned".into()),
        ("cause", cause.into()),
    ]));
    Op::Create {
        type_name: "visit".into(),
        id: Some(stop.visit_id.clone()),
        fields: visit,
    }
}

/// A visit on record gets the plan's times; one that has begun only its plan.
fn planned_visit(plan: &DayPlan, stop: &Stop, visit: &Record) -> Op {
    if visit.integer("check_in_at").is_some() {
        return Op::update(
            "visit",
            visit.id.clone(),
            fields([("plan_id", plan.id.clone().into())]),
        );
    }
    let mut patch = times(plan, stop);
    if visit.text("status") != Some("confirmed") {
        patch.insert("status".into(), "planned".into());
    }
    Op::update("visit", visit.id.clone(), patch)
}

/// A visit that an earlier plan had and the new one has not: it waits again. A promise stays a promise.
fn released(visit: &Record) -> Option<Op> {
    if !matches!(visit.text("status"), Some("planned" | "confirmed" | "en_route")) {
        return None;
    }
    let patch = if visit.integer("promised_at").is_some() {
        fields([("plan_id", Value::Null)])
    } else {
        fields([
            ("status", "due".into()),
            ("planned_start", Value::Null),
            ("planned_end", Value::Null),
            ("plan_id", Value::Null),
        ])
    };
    Some(Op::update("visit", visit.id.clone(), patch))
}

fn stop_record(plan: &str, stop: &Stop) -> Op {
    Op::create(
        "stop",
        fields([
            ("plan_id", plan.into()),
            ("visit_id", stop.visit_id.clone().into()),
            ("sequence", stop.seq.into()),
            ("arrive_at", stop.arrive.into()),
            ("start_at", stop.start.into()),
            ("depart_at", stop.depart.into()),
            ("drive_seconds", stop.leg.seconds.into()),
            ("drive_meters", stop.leg.meters.into()),
            ("locked", serde_json::to_value(stop.locked).unwrap_or_default()),
            ("reasons", serde_json::to_value(&stop.reasons).unwrap_or_default()),
        ]),
    )
}
