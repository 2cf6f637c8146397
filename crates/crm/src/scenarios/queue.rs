//! What waits for its date: published when it comes, also after a restart, and counted by questions of the future.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use geom::Timestamp;
use points::{Filter as Rows, Shape};
use records::{Filter, Record, Viewer, fields};

use super::branch;
use super::deals;
use super::hash::Held;
use super::life::author;
use super::merge::{is_superseded, merge};
use super::publish::{CAUSE, Options, publish};
use crate::App;
use crate::live::{id_text, index_problem};
use crate::problem::Problem;
use crate::territories::{Known, Layout, Open, plan_moves};

/// The clock is looked at this often, whatever is queued.
const TICK: Duration = Duration::from_secs(20);
/// Never sooner than this, for a failure that stays.
const SHORTEST: Duration = Duration::from_millis(200);

/// Everything queued, the next date first.
pub(super) async fn queued(app: &App) -> Result<Vec<Record>, Problem> {
    let filter = Filter::eq("state", "queued");
    let mut queued = branch::all(app, &Viewer::system(), "territory_scenario", filter, "id").await?;
    queued.sort_by_key(|s| (s.integer("publish_at"), s.id.clone()));
    Ok(queued)
}

pub(super) fn options_of(scenario: &Record) -> Options {
    let options = scenario
        .fields
        .get("publish_options")
        .cloned()
        .unwrap_or_default();
    serde_json::from_value(options).unwrap_or_default()
}

/// Publishes what is due and ends holdovers that are over. Gives when something is due next, ms since 1970.
pub(crate) async fn run_due(app: &App) -> Result<Option<i64>, Problem> {
    let now = app.store.now().0;
    let mut next: Option<i64> = None;
    for scenario in queued(app).await? {
        let at = scenario.integer("publish_at").unwrap_or(i64::MAX);
        if at > now {
            next = Some(next.map_or(at, |n| n.min(at)));
            continue;
        }
        if scenario.text("blocked").is_some() {
            continue;
        }
        let done = publish(app, &scenario.id, &options_of(&scenario), Some(Timestamp(at))).await;
        match done {
            Ok(published) => tracing::info!(
                scenario = scenario.id,
                moved = published.moved,
                "published on its date"
            ),
            // Another server was quicker.
            Err(problem) if problem.code == "not-a-draft" => {}
            Err(problem) if problem.status < 500 => block(app, &scenario, &problem).await?,
            Err(problem) => return Err(problem),
        }
    }
    let over = deals::end_due(app).await?;
    Ok(next.into_iter().chain(over).min())
}

/// Its date came and it could not be published: that is said, and it waits for a person.
async fn block(app: &App, scenario: &Record, problem: &Problem) -> Result<(), Problem> {
    let name = scenario.text("name").unwrap_or_default();
    tracing::warn!(
        scenario = scenario.id,
        why = problem.detail,
        "not published on its date"
    );
    let author = author(
        &options_of(scenario).by,
        CAUSE,
        format!("{name} could not be published on its date"),
    );
    let op = records::Op::Update {
        type_name: "territory_scenario".into(),
        id: scenario.id.clone(),
        version: Some(scenario.version),
        patch: fields([("blocked", problem.detail.as_str().into())]),
    };
    app.store.write(&author, vec![op]).await?;
    Ok(())
}

/// Follows the clock until the task is dropped.
pub(crate) async fn follow(app: Arc<App>) {
    loop {
        let nap = match run_due(&app).await {
            Ok(Some(next)) => {
                let wait = u64::try_from(next - app.store.now().0).unwrap_or(0);
                Duration::from_millis(wait).clamp(SHORTEST, TICK)
            }
            Ok(None) => TICK,
            Err(problem) => {
                tracing::error!(
                    error = problem.detail,
                    "what is due could not be published; trying again"
                );
                TICK
            }
        };
        let woken = app.scenarios.wake.notified();
        tokio::select! { () = woken => {}, () = tokio::time::sleep(nap) => {} }
    }
}

/// The territories of a moment to come: those of now with everything queued until then. `None` if nothing is.
pub(crate) async fn layout_at(app: &App, moment: Timestamp) -> Result<Option<Arc<Layout>>, Problem> {
    let mut layout = app.territories.layout.get(&app.store).await?;
    let mut any = false;
    for scenario in queued(app).await? {
        let due = scenario.integer("publish_at").is_some_and(|at| at <= moment.0);
        if !due || scenario.text("blocked").is_some() {
            continue;
        }
        let branch = branch::with_operations(app, scenario).await?;
        if is_superseded(&branch.base, &layout) {
            let merged = merge(app, &branch, &layout).await?;
            // What collides would not be published.
            if !merged.conflicts.is_empty() {
                continue;
            }
            layout = merged.drafted.layout;
        } else {
            layout = branch.layout().clone();
        }
        any = true;
    }
    Ok(any.then_some(layout))
}

/// Assignments as a layout would have them.
pub(super) async fn held_in(app: &App, layout: &Arc<Layout>) -> Result<Vec<Held>, Problem> {
    let state = app.live.present();
    let layout = layout.clone();
    let known = Known::load(app, layout.reads_facts()).await?;
    let work = move || {
        let view = state.index.view(&Rows::All).map_err(index_problem)?;
        let rows = view.rows_in(&Shape::everywhere());
        let asked: BTreeSet<String> = rows.iter().map(|row| id_text(row.id())).collect();
        let places = rows
            .iter()
            .map(|row| {
                let location = id_text(row.id());
                let facts = known.of(&location, row.place()).into_owned();
                (location, facts)
            })
            .collect();
        let moves = plan_moves(&layout, &asked, &places, Vec::<Open>::new());
        let held = moves.into_iter().filter_map(|m| {
            let begin = m.begin?;
            let line = m.line.unwrap_or_default();
            Some((m.location_id, line, begin.territory_id, begin.cause.to_owned()))
        });
        Ok(held.collect())
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)?
}

/// Puts a scenario into the queue.
pub(super) async fn enqueue(
    app: &App,
    user_id: &str,
    scenario: &Record,
    options: &Options,
    at: Timestamp,
) -> Result<String, Problem> {
    let name = scenario.text("name").unwrap_or_default();
    let day = app.settings.zone.date(at);
    let author = author(user_id, super::life::CAUSE, format!("Publish {name} from {day}"));
    let op = records::Op::Update {
        type_name: "territory_scenario".into(),
        id: scenario.id.clone(),
        version: Some(scenario.version),
        patch: fields([
            ("state", "queued".into()),
            ("publish_at", at.0.into()),
            (
                "publish_options",
                serde_json::to_value(options).map_err(Problem::unexpected)?,
            ),
            ("blocked", serde_json::Value::Null),
        ]),
    };
    let written = app.store.write(&author, vec![op]).await?;
    app.scenarios.wake.notify_one();
    Ok(written.change_set)
}

/// Takes a scenario out of the queue.
pub(super) async fn withdraw(app: &App, user_id: &str, scenario: &Record) -> Result<String, Problem> {
    if scenario.text("state") != Some("queued") {
        return Err(Problem::conflict(
            "not-queued",
            "Only what waits for its date can be withdrawn.",
        ));
    }
    let state = if scenario.text("approved_by").is_some() {
        "approved"
    } else {
        "draft"
    };
    let name = scenario.text("name").unwrap_or_default();
    let author = author(user_id, super::life::CAUSE, format!("Withdraw {name}"));
    let ops = vec![
        records::Op::Update {
            type_name: "territory_scenario".into(),
            id: scenario.id.clone(),
            version: Some(scenario.version),
            patch: fields([
                ("state", state.into()),
                ("publish_at", serde_json::Value::Null),
                ("publish_options", serde_json::Value::Null),
                ("blocked", serde_json::Value::Null),
            ]),
        },
        super::review::event(app, &scenario.id, "withdraw", None, user_id),
    ];
    Ok(app.store.write(&author, ops).await?.change_set)
}
