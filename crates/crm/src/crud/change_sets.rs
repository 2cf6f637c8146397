//! What was done, by whom, and taking it back; the audit log and its proof.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use geom::Timestamp;
use records::{At, ChangeSetFilter, Error};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::app::App;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::{self, Role};

/// Names of all users by id.
pub(crate) async fn user_names(app: &App) -> Result<HashMap<String, String>, Problem> {
    let users = users::all(app).await?;
    Ok(users
        .into_iter()
        .map(|u| (u.id.clone(), u.text("name").unwrap_or_default().to_owned()))
        .collect())
}

/// A set of changes that can be undone as one.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeSetJson {
    id: String,
    label: String,
    cause: String,
    author: Option<String>,
    author_name: Option<String>,
    at: i64,
    changes: i64,
    /// The set that took it back.
    undone_by: Option<String>,
    /// The set it took back.
    undoes: Option<String>,
    caused_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeSets {
    change_sets: Vec<ChangeSetJson>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChangeSetParams {
    /// At most so many, 1..=200; 50 unless said.
    limit: Option<u32>,
    /// Only those that touch this record.
    record: Option<String>,
    /// Before this moment, milliseconds since 1970.
    before: Option<i64>,
    /// Only mine.
    #[serde(default)]
    mine: bool,
}

/// The history: change sets, newest first; managers and admins see everybody's
#[utoipa::path(get, path = "/api/v1/change-sets", tag = "history", params(ChangeSetParams),
    responses((status = 200, body = ChangeSets)))]
async fn change_sets(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<ChangeSetParams>,
) -> Result<Json<ChangeSets>, Problem> {
    let sees_all = matches!(signed.role, Role::Admin | Role::Manager);
    let filter = ChangeSetFilter {
        author: (params.mine || !sees_all).then(|| signed.user_id.clone()),
        cause: None,
        record: params.record,
        without_consequences: true,
        before: params.before.map(Timestamp),
        limit: params.limit.unwrap_or(50).clamp(1, 200),
    };
    let names = user_names(&app).await?;
    let sets = app.store.change_sets(&filter).await?;
    let change_sets = sets
        .into_iter()
        // Bookkeeping of an upload is no change of anybody's records.
        .filter(|set| set.cause != "import-state")
        .map(|set| ChangeSetJson {
            author_name: set.author.as_ref().and_then(|a| names.get(a)).cloned(),
            id: set.id,
            label: set.label,
            cause: set.cause,
            author: set.author,
            at: set.opened_at.0,
            changes: set.entries,
            undone_by: set.undone_by,
            undoes: set.undoes,
            caused_by: set.caused_by,
        })
        .collect();
    Ok(Json(ChangeSets { change_sets }))
}

/// What an undo did.
#[derive(Serialize, ToSchema)]
pub(crate) struct UndoJson {
    /// The new change set, which can itself be undone.
    change_set: String,
    undone: u64,
    /// What somebody changed since, and so stays.
    blocked: Vec<BlockedJson>,
    blocked_count: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BlockedJson {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    title: String,
    reason: String,
    by: Option<String>,
}

/// Take a change set back
#[utoipa::path(post, path = "/api/v1/change-sets/{id}/undo", tag = "history",
    responses((status = 200, body = UndoJson), (status = 409, body = Problem)))]
async fn undo(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<UndoJson>, Problem> {
    // Without words of its own the new change set is named after the one that it takes back.
    let author = signed.author("undo", "");
    crate::territories::may_be_undone(&app.store, &id).await?;
    crate::scenarios::may_be_undone(&app, &id).await?;
    crate::campaigns::may_be_undone(&app, &id).await?;
    let report = match app.store.undo(&author, &id).await {
        Err(Error::Forbidden {
            type_name,
            id: record,
            ..
        }) if app
            .store
            .get(&signed.viewer, &type_name, &record, At::PRESENT)
            .await?
            .is_none() =>
        {
            // What a person may not see is not told to have changed either.
            return Err(Error::ChangeSet {
                id,
                reason: "there is none with this id".into(),
            }
            .into());
        }
        report => report?,
    };
    // What could not be taken back may leave places assigned otherwise than the territories say.
    crate::territories::settled(&app).await;
    crate::additions::catch_up(&app).await;
    let seq = app.store.last_seq().await?;
    app.live.wait_for(seq).await;
    let names = user_names(&app).await?;
    let mut blocked = Vec::new();
    for entry in report.blocked.into_iter().take(100) {
        let record = app
            .store
            .get(&signed.viewer, &entry.type_name, &entry.id, At::PRESENT)
            .await?;
        let title = app
            .store
            .catalog()
            .get(&entry.type_name)
            .and_then(|t| t.title.clone());
        let title = record.zip(title).and_then(|(r, t)| r.text(&t).map(str::to_owned));
        blocked.push(BlockedJson {
            type_name: entry.type_name,
            id: entry.id,
            title: title.unwrap_or_default(),
            reason: entry.reason,
            by: entry.by.map(|by| names.get(&by).cloned().unwrap_or(by)),
        });
    }
    Ok(Json(UndoJson {
        change_set: report.change_set,
        undone: report.undone,
        blocked,
        blocked_count: report.blocked_count,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FeedParams {
    /// Entries after this number; 0 unless said.
    after: Option<i64>,
    /// At most so many, 1..=1000; 200 unless said.
    limit: Option<u32>,
}

/// An entry of the change feed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeJson {
    seq: i64,
    at: i64,
    author: Option<String>,
    cause: String,
    operation: String,
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    version: i64,
    change_set: String,
    caused_by: Option<String>,
    hash: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Feed {
    changes: Vec<ChangeJson>,
    last_seq: i64,
}

/// The audit log: every change in order, without values
#[utoipa::path(get, path = "/api/v1/changes", tag = "history", params(FeedParams), responses((status = 200, body = Feed)))]
async fn changes(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<FeedParams>,
) -> Result<Json<Feed>, Problem> {
    signed.needs(&[Role::Admin], "The audit log")?;
    let limit = params.limit.unwrap_or(200).clamp(1, 1000);
    let changes = app.store.changes(params.after.unwrap_or(0), limit).await?;
    let changes = changes
        .into_iter()
        .map(|c| ChangeJson {
            seq: c.seq,
            at: c.at.0,
            author: c.author,
            cause: c.cause,
            operation: c.operation,
            type_name: c.type_name,
            id: c.record_id,
            version: c.version,
            change_set: c.change_set,
            caused_by: c.caused_by,
            hash: c.hash,
        })
        .collect();
    Ok(Json(Feed {
        changes,
        last_seq: app.store.last_seq().await?,
    }))
}

/// Whether log and records fit together.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerifyJson {
    ok: bool,
    entries: u64,
    versions: u64,
    /// Versions whose values were erased on request.
    redacted: u64,
    first_broken: Option<BrokenJson>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BrokenJson {
    seq: Option<i64>,
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    reason: String,
}

/// Check the whole audit log against the records
#[utoipa::path(post, path = "/api/v1/verify", tag = "history", responses((status = 200, body = VerifyJson)))]
async fn verify(State(app): State<Shared>, signed: Signed) -> Result<Json<VerifyJson>, Problem> {
    signed.needs(&[Role::Admin], "Verifying")?;
    let report = app.store.verify().await?;
    Ok(Json(VerifyJson {
        ok: report.broken.is_none(),
        entries: report.entries,
        versions: report.versions,
        redacted: report.redacted,
        first_broken: report.broken.map(|b| BrokenJson {
            seq: b.seq,
            type_name: b.type_name,
            id: b.id,
            reason: b.reason,
        }),
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(change_sets))
        .routes(routes!(undo))
        .routes(routes!(changes))
        .routes(routes!(verify))
}
