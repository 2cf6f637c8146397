//! Accepting a cycle: a plan for each day, and the visits of them all, as one change set.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use geom::Timestamp;
use jiff::civil::Date;
use records::{Op, Record};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::facts::{Rep, Workday, rep_on};
use super::matched::{Matched, matched, standing};
use super::store::{self, Stored};
use super::{Cell, Question};
use crate::App;
use crate::jobs::Progress;
use crate::plans::prepare::{How, Task};
use crate::plans::store::record_of;
use crate::plans::{Asked, DayPlan, Language, accept::operations, run, words};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::visits::{self, Candidate, DueState, visit_id};

/// Most moves that are listed by name.
const LISTED: usize = 200;

/// What accepting would change.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Changes {
    /// Visits that no plan had.
    pub new: i64,
    /// Visits that change their day or rep.
    pub moved: i64,
    /// Visits that keep their day; their time may change.
    pub kept: i64,
    /// Planned visits that go back to waiting.
    pub released: i64,
    /// Promised visits, all of which keep their time.
    pub promises: i64,
    /// Days that get a plan.
    pub plans: i64,
    pub sentence: String,
    /// By day; the first of them.
    pub moves: Vec<CycleChange>,
}

/// A visit that comes, goes or moves.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CycleChange {
    pub name: String,
    /// Null for a new visit.
    pub from_day: Option<String>,
    /// Null for one that goes back to waiting.
    pub to_day: Option<String>,
    pub user_id: String,
}

/// What accepting would change.
pub(super) async fn changes(app: &App, stored: &Stored) -> Result<Changes, Problem> {
    let body = stored.body()?;
    let language = Language::of(Some(&stored.question()?.language));
    let standing = standing(app, stored, &body).await?;
    let matched = matched(app, &body, &standing);
    let zone = &app.settings.zone;
    let mut changes = Changes::default();
    let day_of_visit = |v: &Record| {
        v.integer("planned_start")
            .map(|at| zone.date(Timestamp(at)).to_string())
    };
    for row in &body.people {
        for cell in row.cells.iter().filter(|c| !c.stops.is_empty()) {
            changes.plans += 1;
            for stop in &cell.stops {
                changes.promises += i64::from(stop.promised);
                let key = (row.user_id.clone(), cell.day.clone(), stop.location_id.clone());
                let before = matched.ids.get(&key);
                let from = before.and_then(day_of_visit);
                let stays = from.as_deref() == Some(cell.day.as_str())
                    && before.and_then(|v| v.text("owner_id")) == Some(row.user_id.as_str());
                match &from {
                    None => changes.new += 1,
                    Some(_) if stays => changes.kept += 1,
                    Some(_) => changes.moved += 1,
                }
                if !stays && changes.moves.len() < LISTED {
                    changes.moves.push(CycleChange {
                        name: stop.name.clone(),
                        from_day: from,
                        to_day: Some(cell.day.clone()),
                        user_id: row.user_id.clone(),
                    });
                }
            }
        }
    }
    let plans: BTreeSet<&str> = standing.plans.iter().map(|p| p.id.as_str()).collect();
    let released: Vec<&Record> = matched
        .left
        .iter()
        .filter(|v| v.integer("promised_at").is_none())
        .filter(|v| v.text("plan_id").is_some_and(|p| plans.contains(p)))
        .collect();
    changes.released = i64::try_from(released.len()).unwrap_or(i64::MAX);
    let places: Vec<String> = released
        .iter()
        .filter_map(|v| v.text("location_id").map(str::to_owned))
        .collect();
    let known = visits::described(app, &places, day_of(&stored.first_day)?).await?;
    for visit in released.into_iter().take(LISTED) {
        let place = visit.text("location_id").unwrap_or_default();
        changes.moves.push(CycleChange {
            name: known.get(place).map(|c| c.name.clone()).unwrap_or_default(),
            from_day: day_of_visit(visit),
            to_day: None,
            user_id: visit.text("owner_id").unwrap_or_default().to_owned(),
        });
    }
    changes.moves.sort_by(|a, b| {
        let when = |c: &CycleChange| c.to_day.clone().or_else(|| c.from_day.clone());
        (when(a), &a.name).cmp(&(when(b), &b.name))
    });
    changes.sentence = words::cycle_changes(
        language,
        changes.new,
        changes.moved,
        changes.released,
        changes.promises,
    );
    Ok(changes)
}

pub(super) fn day_of(text: &str) -> Result<Date, Problem> {
    text.parse().map_err(Problem::unexpected)
}

/// What one day of one rep is computed from.
struct DayTask {
    rep: Rep,
    day: Date,
    stops: Vec<Candidate>,
}

/// The stops of a cell as candidates of that day.
fn candidates_of(
    cell: &Cell,
    user: &str,
    day: Date,
    known: &HashMap<String, Candidate>,
    matched: &Matched,
) -> Vec<Candidate> {
    let stops = cell.stops.iter().filter_map(|stop| {
        let candidate = known.get(&stop.location_id)?;
        let key = (user.to_owned(), cell.day.clone(), stop.location_id.clone());
        let record = matched.ids.get(&key);
        Some(Candidate {
            visit_id: record.map_or_else(|| visit_id(&stop.location_id, day), |v| v.id.clone()),
            on_record: record.is_some(),
            due_state: match stop.due_days {
                _ if stop.promised => DueState::Appointment,
                Some(days) if days < 0 => DueState::Overdue,
                Some(_) => DueState::Due,
                None => DueState::None,
            },
            due_days: stop.due_days,
            tier: if stop.promised { 0 } else { 4 },
            service_minutes: ((stop.depart - stop.start) / 60_000).max(1),
            promised_at: stop.promised.then_some(Timestamp(stop.start)),
            ..candidate.clone()
        })
    });
    stops.collect()
}

/// A day as a day plan, with roads and reasons.
fn compute(app: &App, task: DayTask, question: &Question) -> Result<(DayPlan, Asked), Problem> {
    let DayTask { rep, day, stops } = task;
    let Workday::Work { shift, lunch } = rep.on(day) else {
        return Err(Problem::conflict(
            "no-working-day",
            format!("{} does not work on {day} any more. Plan on from here.", rep.name),
        ));
    };
    let Some(home) = rep.home.clone() else {
        return Err(Problem::conflict(
            "no-home",
            format!("{} has no home place.", rep.name),
        ));
    };
    let order: Vec<String> = stops.iter().map(|c| c.visit_id.clone()).collect();
    let facts: BTreeMap<String, String> = stops
        .iter()
        .map(|c| (c.location_id.clone(), c.standing_facts()))
        .collect();
    let task = Task {
        atlas: app.map()?,
        zone: app.settings.zone.clone(),
        day,
        language: Language::of(Some(&question.language)),
        home,
        shift,
        lunch,
        lunch_taken: None,
        max_drive: rep.max_drive,
        candidates: stops,
        beyond: Vec::new(),
        frozen: Vec::new(),
        begin: None,
        wishes: crate::plans::Wishes::default(),
        earlier: order.clone(),
        how: How::AsOrdered(order),
        ahead: Vec::new(),
        seed: question.seed,
        steps: question.steps,
    };
    let computed = run::run(&task)?;
    let mut plan = computed.plan;
    plan.id = records::new_id();
    plan.user_id.clone_from(&rep.user_id);
    let asked = Asked {
        facts,
        calendar: rep.calendar_version.clone(),
        of_cycle: true,
        ..computed.asked
    };
    Ok((plan, asked))
}

/// One cell as a day plan, for looking at.
pub(super) async fn day_plan(
    app: &Arc<App>,
    stored: &Stored,
    user: &str,
    day: &str,
) -> Result<DayPlan, Problem> {
    let body = stored.body()?;
    let question = stored.question()?;
    let cell = body
        .people
        .iter()
        .filter(|row| row.user_id == user)
        .flat_map(|row| &row.cells)
        .find(|cell| cell.day == day)
        .ok_or_else(|| Problem::not_found(format!("The day {day} of that person in this cycle")))?;
    let day = day_of(day)?;
    let language = Language::of(Some(&question.language));
    let rep = rep_on(app, &question, user, &[day], language).await?;
    let places: Vec<String> = cell.stops.iter().map(|s| s.location_id.clone()).collect();
    let known = visits::described(app, &places, day).await?;
    let standing = standing(app, stored, &body).await?;
    let matched = matched(app, &body, &standing);
    let stops = candidates_of(cell, user, day, &known, &matched);
    let app = app.clone();
    let task = DayTask { rep, day, stops };
    let plan = tokio::task::spawn_blocking(move || compute(&app, task, &question))
        .await
        .map_err(Problem::unexpected)??;
    Ok(plan.0)
}

/// Refuses what cannot be accepted.
pub(super) fn check(app: &App, stored: &Stored) -> Result<(), Problem> {
    let question = stored.question()?;
    if question.helper.is_some() {
        return Err(Problem::conflict(
            "rep-is-not-real",
            "This cycle plans with a rep who is not on record. Add the person with working hours and a home, then plan anew.",
        ));
    }
    match stored.state.as_str() {
        "ready" => {}
        "accepted" => {
            return Err(Problem::conflict(
                "already-accepted",
                "This cycle is accepted already.",
            ));
        }
        "planning" => {
            return Err(Problem::conflict(
                "still-planning",
                "This cycle is still being planned. Stop it or wait, then accept it.",
            ));
        }
        _ => return Err(Problem::conflict("no-plan", "This cycle has no plan to accept.")),
    }
    let today = app.settings.zone.date(app.store.now());
    if day_of(&stored.last_day)? <= today {
        return Err(Problem::conflict("past-days", "All days of this cycle are past."));
    }
    Ok(())
}

/// Computes all days and writes them.
pub(super) async fn accept(
    app: &Arc<App>,
    signed: &Signed,
    id: &str,
    progress: &mut Progress,
) -> Result<Value, Problem> {
    let stored = store::find(app.store.db(), id).await?;
    check(app, &stored)?;
    let body = stored.body()?;
    let question = stored.question()?;
    let language = Language::of(Some(&question.language));
    let found = standing(app, &stored, &body).await?;
    let matched = matched(app, &body, &found);
    let today = app.settings.zone.date(app.store.now());
    let cells: i64 = body
        .people
        .iter()
        .flat_map(|r| &r.cells)
        .map(|c| i64::from(!c.stops.is_empty()))
        .sum();
    let mut plans: Vec<DayPlan> = Vec::new();
    let mut ops: Vec<Op> = Vec::new();
    for row in &body.people {
        let places: BTreeSet<String> = row
            .cells
            .iter()
            .flat_map(|c| c.stops.iter().map(|s| s.location_id.clone()))
            .collect();
        let places: Vec<String> = places.into_iter().collect();
        let known = visits::described(app, &places, today).await?;
        for cell in row.cells.iter().filter(|c| !c.stops.is_empty()) {
            let day = day_of(&cell.day)?;
            if day <= today {
                continue;
            }
            let rep = rep_on(app, &question, &row.user_id, &[day], language).await?;
            let stops = candidates_of(cell, &row.user_id, day, &known, &matched);
            let task = DayTask { rep, day, stops };
            let (worker, asked) = (app.clone(), question.clone());
            let (plan, asked) = tokio::task::spawn_blocking(move || compute(&worker, task, &asked))
                .await
                .map_err(Problem::unexpected)??;
            ops.push(record_of(&plan, &asked, "accepted")?);
            plans.push(plan);
            let done = i64::try_from(plans.len()).unwrap_or(i64::MAX);
            progress.report(done, cells, "Driving each day once").await?;
        }
    }
    let visits: usize = plans.iter().map(|p| p.stops.len()).sum();
    ops.extend(operations(app, &plans, &found.plans).await?);
    let label = words::cycle_label(language, &stored.first_day, &stored.last_day, visits);
    let written = app.store.write(&signed.author("plan", label), ops).await?;
    app.live.wait_for(written.last_seq).await;
    store::set_accepted(app.store.db(), id, Some(&written.change_set)).await?;
    Ok(json!({
        "cycle": id,
        "change_set": written.change_set,
        "visits": visits,
        "plans": plans.len(),
    }))
}
