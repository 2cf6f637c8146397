//! Putting a scenario on the territories as they are now: what was published since, what collides, and deciding it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use records::{ChangeSetFilter, Op, fields};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::{ConflictJson, LISTED};
use super::super::branch;
use super::super::compare::is_same;
use super::super::life::{self, NewStep, author, must_be_editable, next_number};
use super::super::merge::{Take, conflicts_problem, is_superseded, merge, merge_with};
use super::super::{publish, review};
use super::edit::WrittenScenario;
use super::{may, shown};
use crate::Shared;
use crate::app::App;
use crate::crud::user_names;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Something that was changed since the scenario began.
#[derive(Serialize, ToSchema)]
struct SinceJson {
    change_set: String,
    label: String,
    author_name: Option<String>,
    at: i64,
}

#[derive(Serialize, ToSchema)]
struct MergeJson {
    superseded: bool,
    since: Vec<SinceJson>,
    /// Places that only one side moved.
    merged: u64,
    /// At most 500.
    conflicts: Vec<ConflictJson>,
    conflict_count: usize,
}

/// What was published since the scenario began, and what collides
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/merge", tag = "scenarios",
    responses((status = 200, body = MergeJson), (status = 404, body = Problem)))]
async fn look_at_merge(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<MergeJson>, Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let layout = app.territories.layout.get(&app.store).await?;
    if !is_superseded(&branch.base, &layout) {
        return Ok(Json(MergeJson {
            superseded: false,
            since: Vec::new(),
            merged: 0,
            conflicts: Vec::new(),
            conflict_count: 0,
        }));
    }
    let merged = merge(&app, &branch, &layout).await?;
    let users = user_names(&app).await?;
    let mut since = Vec::new();
    for set in app
        .store
        .change_sets(&ChangeSetFilter {
            without_consequences: true,
            limit: 200,
            ..ChangeSetFilter::default()
        })
        .await?
    {
        if set.opened_at.0 > branch.base_at() && ["territories", publish::CAUSE].contains(&set.cause.as_str())
        {
            since.push(SinceJson {
                change_set: set.id,
                label: set.label,
                author_name: set.author.and_then(|a| users.get(&a).cloned()),
                at: set.opened_at.0,
            });
        }
    }
    Ok(Json(MergeJson {
        superseded: true,
        since,
        merged: merged.clean,
        conflict_count: merged.conflicts.len(),
        conflicts: merged.conflicts.iter().take(LISTED).map(Into::into).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
struct Resolution {
    /// `place:ID`, `name:TERRITORY`, …; `places`: all places; `*`: everything that is not named.
    unit: String,
    /// yours, theirs
    take: String,
}

#[derive(Deserialize, ToSchema)]
struct UpdateBody {
    #[serde(default)]
    resolutions: Vec<Resolution>,
}

/// Put the scenario on the territories as they are now
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/update", tag = "scenarios", request_body = UpdateBody,
    responses((status = 200, body = WrittenScenario), (status = 409, body = Problem)))]
async fn update(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<UpdateBody>,
) -> Result<Json<WrittenScenario>, Problem> {
    may(&signed)?;
    let mut decisions = BTreeMap::new();
    for (i, resolution) in body.resolutions.iter().enumerate() {
        let take = match resolution.take.as_str() {
            "yours" => Take::Yours,
            "theirs" => Take::Theirs,
            other => {
                let words = format!("{other:?} is neither yours nor theirs.");
                return Err(Problem::bad(
                    &format!("/resolutions/{i}/take"),
                    "not-a-choice",
                    words,
                ));
            }
        };
        decisions.insert(resolution.unit.clone(), take);
    }
    let mut tries = 0;
    let change_set = loop {
        let done = updated(&app, &signed, &id, &decisions).await;
        if !life::try_again(&done, &mut tries) {
            break done?;
        }
    };
    Ok(Json(WrittenScenario {
        scenario: shown(&app, &signed, &id).await?,
        change_set,
    }))
}

async fn updated(
    app: &App,
    signed: &Signed,
    id: &str,
    decisions: &BTreeMap<String, Take>,
) -> Result<String, Problem> {
    let branch = branch::load(app, &signed.viewer, id).await?;
    must_be_editable(&branch.scenario)?;
    // The moment first: what is written after it supersedes this base again.
    let at = life::data_time(app).await?;
    let layout = app.territories.layout.get(&app.store).await?;
    let loaded = branch::base(app, at).await?;
    if !is_same(&loaded, &layout) {
        return Err(Problem::conflict(
            "superseded-by-another",
            "Territories are being changed at the same moment. Nothing was written; try again.",
        ));
    }
    let merged = merge_with(app, &branch, &layout, decisions).await?;
    if !merged.conflicts.is_empty() {
        return Err(conflicts_problem(&merged.conflicts));
    }
    let mut edited = life::edited(app, &branch.scenario);
    if let Op::Update { patch, .. } = &mut edited {
        patch.insert("base_at".into(), at.into());
    }
    let mut ops = vec![edited];
    for dropped in &merged.dropped {
        let now = app.store.now().0;
        let patch = fields([("undone_at", now.into())]);
        ops.push(Op::update("scenario_operation", dropped.as_str(), patch));
    }
    if !merged.fixes.is_empty() {
        let taken = decisions.values().filter(|t| **t == Take::Theirs).count();
        let step = NewStep {
            scenario: id,
            number: next_number(&branch.operations),
            kind: "update",
            title: "Brought up to date with what was published since",
            asked: json!({ "kind": "update", "from": branch.base_at(), "to": at, "theirs": taken }),
            effects: &merged.fixes,
            places: 0,
            user_id: &signed.user_id,
        };
        ops.push(step.op(app)?.1);
    }
    ops.push(review::event(app, id, "update", None, &signed.user_id));
    let author = author(
        &signed.user_id,
        life::CAUSE,
        format!("Update scenario {}", branch.name()),
    );
    Ok(app.store.write(&author, ops).await?.change_set)
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(look_at_merge))
        .routes(routes!(update))
}
