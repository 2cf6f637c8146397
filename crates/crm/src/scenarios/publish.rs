//! A scenario becomes true, now or from a date; and is taken back.

use geom::Timestamp;
use records::{At, Op, Viewer, fields};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::branch::{self, Branch};
use super::commit::{Commit, Plan};
use super::compare::is_same;
use super::heirs;
use super::life::author;
use super::merge::{self, conflicts_problem};
use super::review;
use crate::App;
use crate::problem::Problem;
use crate::territories::{Layout, Standing, WorkedOut, present, settled, worked_off};

/// The cause of the change sets written here.
pub(crate) const CAUSE: &str = "publication";
/// Tries against somebody who changes territories at the same time.
const TRIES: usize = 3;

/// How to publish.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Options {
    /// `None`: open deals are left alone; 0: they pass on with the customer; more: after so many days.
    pub holdover_days: Option<u32>,
    /// Owners of accounts stay, whoever gets the place.
    pub keep_account_owners: bool,
    pub message: Option<String>,
    /// Who decided it.
    pub by: String,
}

/// What was published or taken back.
#[derive(Clone, Debug)]
pub(super) struct Published {
    pub change_set: String,
    /// Places that changed hands.
    pub moved: u64,
    pub at: Timestamp,
}

/// A scenario that says nothing is not published.
pub(super) fn empty() -> Problem {
    Problem::conflict(
        "empty-scenario",
        "This scenario changes nothing, so there is nothing to publish.",
    )
}

/// Publishes a scenario. `from`: the moment it was queued for; `None` is now.
pub(super) async fn publish(
    app: &App,
    scenario: &str,
    options: &Options,
    from: Option<Timestamp>,
) -> Result<Published, Problem> {
    let _one = app.scenarios.publishing.lock().await;
    let mut tries = 0;
    loop {
        tries += 1;
        match publish_once(app, scenario, options, from).await {
            // Somebody changed a territory between the look and the write: look again, and see what collides.
            Err(problem) if problem.code == "version-conflict" && tries < TRIES => {}
            Err(problem) if problem.code == "version-conflict" => {
                return Err(superseded("published"));
            }
            done => return done,
        }
    }
}

async fn publish_once(
    app: &App,
    scenario: &str,
    options: &Options,
    from: Option<Timestamp>,
) -> Result<Published, Problem> {
    settled(app).await;
    let seen = worked_off(&app.store).await?;
    let branch = branch::load(app, &records::Viewer::system(), scenario).await?;
    let expected: &[&str] = if from.is_some() {
        &["queued"]
    } else {
        &["draft", "review", "approved"]
    };
    if !expected.contains(&branch.state()) {
        return Err(Problem::conflict(
            "not-a-draft",
            format!("The scenario is {} already.", branch.state()),
        ));
    }
    let now = present(&app.store).await?;
    let layout = app.territories.layout.get(&app.store).await?;
    let target = target(app, &branch, &layout).await?;
    let at = from.map_or(now, |from| from.min(now));
    let message = options
        .message
        .clone()
        .unwrap_or_else(|| branch.name().to_owned());
    let author = author(&options.by, CAUSE, format!("Publish {}", branch.name()));
    let commit = Commit {
        app,
        author: &author,
        present: &layout,
        target,
        at,
        message: &message.chars().take(400).collect::<String>(),
        change_set: records::new_id(),
        seen,
    };
    let plan = commit.plan().await?;
    let result = json!({ "moved": plan.places(), "at": at.0, "message": options.message, "holdover_days": options.holdover_days });
    let mut more = vec![
        Op::Update {
            type_name: "territory_scenario".into(),
            id: branch.id().to_owned(),
            version: Some(branch.scenario.version),
            patch: fields([
                ("state", "published".into()),
                ("published_at", at.0.into()),
                ("publication", commit.change_set.as_str().into()),
                (
                    "publish_options",
                    serde_json::to_value(options).map_err(Problem::unexpected)?,
                ),
                ("publish_at", Value::Null),
                ("blocked", Value::Null),
                ("result", result),
            ]),
        },
        review::event(
            app,
            branch.id(),
            "publish",
            options.message.as_deref(),
            &options.by,
        ),
    ];
    let wanted = Layout::of(commit.target.clone());
    let passing = async {
        if options.keep_account_owners {
            return Ok(Vec::new());
        }
        heirs::of_plan(app, &plan, &layout, &wanted).await
    };
    let deals = super::deals::ops(app, &plan, &layout, &commit, options);
    let (deals, passing) = tokio::try_join!(deals, passing)?;
    more.extend(deals);
    more.extend(heirs::ops(&passing));
    carry_out(commit, plan, more).await
}

/// Writes a commit and what goes with it as one set of changes, and waits until it holds.
pub(super) async fn carry_out(commit: Commit<'_>, plan: Plan, more: Vec<Op>) -> Result<Published, Problem> {
    let published = Published {
        change_set: commit.change_set.clone(),
        moved: plan.places(),
        at: commit.at,
    };
    let known = commit.seen.filter(|_| plan.is_whole).map(|seen| WorkedOut {
        change_set: commit.change_set.clone(),
        seen,
    });
    commit.app.territories.set_worked_out(known);
    let written = commit.write(plan, more).await?;
    follow_up(commit.app, written.last_seq).await?;
    Ok(published)
}

/// A race was lost; `what` did not happen.
pub(super) fn superseded(what: &str) -> Problem {
    Problem::conflict(
        "superseded-by-another",
        format!("Territories are being changed at the same moment. Nothing was {what}; try again."),
    )
}

/// What the scenario wants of the territories as they are now.
async fn target(app: &App, branch: &Branch, layout: &Layout) -> Result<Vec<Standing>, Problem> {
    let wanted = if merge::is_superseded(&branch.base, layout) {
        let merged = merge::merge(app, branch, layout).await?;
        if !merged.conflicts.is_empty() {
            return Err(conflicts_problem(&merged.conflicts));
        }
        merged.drafted.draft.territories.clone()
    } else {
        branch.draft().territories.clone()
    };
    if is_same(layout, &Layout::of(wanted.clone())) {
        return Err(empty());
    }
    Ok(wanted)
}

/// What follows a publication: the follower looks it over, the index takes it up.
async fn follow_up(app: &App, seq: i64) -> Result<(), Problem> {
    tokio::join!(settled(app), app.live.wait_for(seq));
    // That the follower, or somebody else, wrote more meanwhile is rare.
    let last = app.store.last_seq().await?;
    if last > seq {
        app.live.wait_for(last).await;
    }
    app.scenarios.wake.notify_one();
    Ok(())
}

/// A step of a scenario is written with a handful of records.
const STEP_CHANGES: u32 = 50;

/// A publication is taken back by its scenario, not record by record; and what was published says what it said.
pub(crate) async fn may_be_undone(app: &App, change_set: &str) -> Result<(), Problem> {
    let set = app.store.find_change_set(change_set).await?;
    let first = set.as_ref().and_then(|s| s.first_seq);
    let changes = match first {
        Some(first) => app.store.changes(first - 1, STEP_CHANGES).await?,
        None => Vec::new(),
    };
    let step = changes
        .iter()
        .find(|c| c.change_set == change_set && c.type_name == "scenario_operation");
    let step = match step {
        Some(step) => {
            app.store
                .get(
                    &Viewer::system(),
                    "scenario_operation",
                    &step.record_id,
                    At::PRESENT,
                )
                .await?
        }
        None => None,
    };
    if let Some(scenario) = step.as_ref().and_then(|s| s.text("scenario_id")) {
        let scenario = app
            .store
            .get(&Viewer::system(), "territory_scenario", scenario, At::PRESENT)
            .await?;
        let state = scenario
            .as_ref()
            .and_then(|s| s.text("state"))
            .unwrap_or_default();
        if ["queued", "published", "reverted"].contains(&state) {
            return Err(Problem::conflict(
                "not-a-draft",
                format!(
                    "This step belongs to a scenario that is {state}. Take the scenario back with Revert, or withdraw it."
                ),
            ));
        }
    }
    match set.filter(|s| s.cause == CAUSE) {
        None => Ok(()),
        Some(set) => Err(Problem::conflict(
            "revert-instead",
            format!(
                "\u{201c}{}\u{201d} is taken back with Revert on its scenario, which keeps the history right. Nothing was changed.",
                set.label
            ),
        )),
    }
}
