//! Cycles as they are told over HTTP.

use jiff::civil::Date;
use records::{At, Viewer};
use serde::Serialize;
use utoipa::ToSchema;

use super::settled;
use crate::App;
use crate::cycles::facts::days_of;
use crate::cycles::present::sums_of;
use crate::cycles::store::{self, Stored};
use crate::cycles::{Body, CycleStop, Question, Row, Sums, Unmet};
use crate::jobs::{self, Job};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::time::parse_day;
use crate::users::Role;

/// A cycle in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CycleHead {
    id: String,
    /// Local day.
    first_day: String,
    last_day: String,
    /// How many reps.
    people: usize,
    /// planning, ready, failed, accepted
    state: String,
    /// Visits planned of those asked for.
    met: i64,
    asked: i64,
    /// Milliseconds since 1970.
    created_at: i64,
    created_by: Creator,
    /// The cycle that this is a "what if" of.
    parent_id: Option<String>,
    /// That question in words.
    what: Option<String>,
    /// Of accepting it; goes to `/api/v1/change-sets/{id}/undo`.
    change_set: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct Creator {
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CycleList {
    pub cycles: Vec<CycleHead>,
}

/// A cycle with its days.
#[derive(Serialize, ToSchema)]
pub(crate) struct CycleJson {
    #[serde(flatten)]
    head: CycleHead,
    /// Why it failed.
    message: Option<String>,
    /// The work on it.
    job: Option<Job>,
    steps: u64,
    steps_done: u64,
    seed: u64,
    computing_ms: i64,
    map_hash: String,
    days: Vec<String>,
    /// Share of the visits asked for that could still be met at most: left out though no rule forbids them, and no
    /// more than there is time for with the shortest drives. Null at the beginning.
    gap: Option<f64>,
    /// Milliseconds of search, visits met and seconds of driving, each time the plan got better.
    curve: Vec<[i64; 3]>,
    totals: Sums,
    rows: Vec<Row>,
    unmet: Vec<Unmet>,
    unmet_by_reason: Vec<ByReason>,
    /// Against the cycle it is a "what if" of.
    compared: Option<Compared>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ByReason {
    code: String,
    text: String,
    /// Visits.
    count: i64,
}

/// A "what if" beside what it began from.
#[derive(Serialize, ToSchema)]
pub(crate) struct Compared {
    parent: ComparedSums,
    /// Visits that change their day or rep.
    moved: i64,
    /// Visits on the same day with the same rep.
    kept: i64,
    dropped: i64,
    added: i64,
    /// Promises that were asked about and cannot be kept, each with the reason.
    broken: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ComparedSums {
    met: i64,
    asked: i64,
    #[serde(flatten)]
    sums: Sums,
}

pub(super) async fn head(
    app: &App,
    stored: &Stored,
    body: &Body,
    question: &Question,
) -> Result<CycleHead, Problem> {
    let user = app
        .store
        .get(&Viewer::system(), "user", &stored.user_id, At::PRESENT)
        .await?;
    Ok(CycleHead {
        id: stored.id.clone(),
        first_day: stored.first_day.clone(),
        last_day: stored.last_day.clone(),
        people: question.people.len(),
        state: stored.state.clone(),
        met: body.met,
        asked: body.asked,
        created_at: stored.created_at,
        created_by: Creator {
            id: stored.user_id.clone(),
            name: user
                .and_then(|u| u.text("name").map(str::to_owned))
                .unwrap_or_default(),
        },
        parent_id: stored.parent_id.clone(),
        what: question.what.clone(),
        change_set: stored.change_set.clone(),
    })
}

/// A cycle as it is shown; to a rep only their own row.
pub(super) async fn shown(app: &App, signed: &Signed, stored: Stored) -> Result<CycleJson, Problem> {
    let stored = settled(app, stored).await?;
    let mut body = stored.body()?;
    let question = stored.question()?;
    if signed.role == Role::Rep {
        body.people.retain(|row| row.user_id == signed.user_id);
        body.unmet.retain(|unmet| unmet.user_id == signed.user_id);
        body.met = body.people.iter().map(|r| r.met).sum();
        body.asked = body.people.iter().map(|r| r.asked).sum();
        body.totals = sums_of(&body.people);
    }
    let job = match &stored.job_id {
        Some(job) => jobs::find(app.store.db(), job).await?,
        None => None,
    };
    let compared = match &stored.parent_id {
        Some(parent) => compare(app, parent, &body, &question).await?,
        None => None,
    };
    let (first, last) = (
        parse_day(&stored.first_day, "")?,
        parse_day(&stored.last_day, "")?,
    );
    Ok(CycleJson {
        head: head(app, &stored, &body, &question).await?,
        message: body.message,
        job,
        steps: question.steps,
        steps_done: body.steps_done,
        seed: question.seed,
        computing_ms: body.computing_ms,
        map_hash: body.map_hash,
        days: days_of(first, last).iter().map(Date::to_string).collect(),
        gap: (body.asked > 0).then(|| body.open as f64 / body.asked as f64),
        curve: body.curve,
        totals: body.totals,
        unmet_by_reason: by_reason(&body.unmet),
        rows: body.people,
        unmet: body.unmet,
        compared,
    })
}

/// Visits left out by their first reason, the most frequent first.
pub(super) fn by_reason(unmet: &[Unmet]) -> Vec<ByReason> {
    let mut found: Vec<ByReason> = Vec::new();
    for one in unmet {
        let Some(reason) = one.reasons.first() else {
            continue;
        };
        match found.iter_mut().find(|r| r.code == reason.code) {
            Some(known) => known.count += one.missing,
            None => found.push(ByReason {
                code: reason.code.clone(),
                text: reason.text.clone(),
                count: one.missing,
            }),
        }
    }
    found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
    found
}

async fn compare(
    app: &App,
    parent: &str,
    body: &Body,
    question: &Question,
) -> Result<Option<Compared>, Problem> {
    let Ok(parent) = store::find(app.store.db(), parent).await else {
        return Ok(None);
    };
    let before = parent.body()?;
    let visits = |body: &Body| -> Vec<(String, String, String)> {
        let mut all: Vec<_> = body
            .people
            .iter()
            .flat_map(|row| {
                row.cells.iter().flat_map(|cell| {
                    let visit =
                        |s: &CycleStop| (s.location_id.clone(), cell.day.clone(), row.user_id.clone());
                    cell.stops.iter().map(visit).collect::<Vec<_>>()
                })
            })
            .collect();
        all.sort_unstable();
        all
    };
    let (old, new) = (visits(&before), visits(body));
    let kept = new.iter().filter(|v| old.binary_search(v).is_ok()).count();
    let (gone, come) = (old.len() - kept, new.len() - kept);
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Some(Compared {
        parent: ComparedSums {
            met: before.met,
            asked: before.asked,
            sums: before.totals,
        },
        moved: count(gone.min(come)),
        kept: count(kept),
        dropped: count(gone.saturating_sub(come)),
        added: count(come.saturating_sub(gone)),
        broken: broken(body, question),
    }))
}

/// Promises of the question that the plan does not keep; none while there is no plan yet.
fn broken(body: &Body, question: &Question) -> Vec<String> {
    let is_kept = |location: &str, day: &str| {
        let cells = body.people.iter().flat_map(|row| &row.cells);
        let stops = cells.filter(|c| c.day == day).flat_map(|c| &c.stops);
        stops.filter(|s| s.promised).any(|s| s.location_id == location)
    };
    let left = question
        .promises
        .iter()
        .filter(|p| !is_kept(&p.location_id, &p.day.to_string()))
        .filter_map(|p| body.unmet.iter().find(|u| u.location_id == p.location_id));
    left.map(|unmet| match unmet.reasons.first() {
        Some(reason) => format!("{}: {}", unmet.name, reason.text),
        None => unmet.name.clone(),
    })
    .collect()
}
