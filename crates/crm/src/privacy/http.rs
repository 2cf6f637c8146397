//! Privacy over HTTP: what is on record of a person, as a file; what an erasure would do, and doing it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use records::{At, Filter, Query as RecordQuery, Record, Scope, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::erase::{Erasing, Request, erase};
use super::person::PEOPLE;
use super::plan::{Bearer, Plan, plan};
use super::{export, retention};
use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;

/// The person, if the one who asks may see and erase them.
pub(super) async fn subject(
    app: &Shared,
    signed: &Signed,
    type_name: &str,
    id: &str,
) -> Result<Record, Problem> {
    let missing = || Problem::not_found(format!("{type_name} {id}"));
    if !PEOPLE.contains(&type_name) {
        return Err(missing());
    }
    let record = app.store.get(&signed.viewer, type_name, id, At::PRESENT).await?;
    let record = record.ok_or_else(missing)?;
    // Everything about a person leaves, or goes: that takes the right to delete anybody.
    if signed.viewer.grant(type_name).delete != Scope::All {
        return Err(Problem::forbidden(
            "Giving out or erasing all that is on record of a person takes the right to delete people. Ask a manager or an administrator.",
        ));
    }
    Ok(record)
}

/// Somebody or something else that bears the same name, address or number.
#[derive(Serialize, ToSchema)]
struct BearerJson {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    title: String,
    /// name, email, phone.
    kinds: Vec<&'static str>,
}

impl From<Bearer> for BearerJson {
    fn from(bearer: Bearer) -> Self {
        Self {
            type_name: bearer.type_name,
            id: bearer.id,
            title: bearer.title,
            kinds: bearer.kinds.into_iter().collect(),
        }
    }
}

/// A record elsewhere whose texts name the person.
#[derive(Serialize, ToSchema)]
struct Naming {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    title: String,
    fields: Vec<String>,
    /// It was deleted; its past names them.
    deleted: bool,
}

/// What an erasure would do.
#[derive(Serialize, ToSchema)]
struct ErasurePreview {
    name: String,
    /// Records that are the person's own, by type: their personal fields go whole.
    own: BTreeMap<String, u64>,
    /// Records that stay and lose the person's name, by type: deals, orders, visits, notes of others.
    named: BTreeMap<String, u64>,
    /// The first hundred of those that are not linked to the person.
    elsewhere: Vec<Naming>,
    /// Rows beside the records: messages to other programs, answers, jobs.
    rows: u64,
    mails: u64,
    uploads: u64,
    attachments: u64,
    /// Others that bear the same name, address or number. They keep it; so do texts that do not belong to the person.
    kept: Vec<BearerJson>,
    /// The person's customers that bear it: erased there too with `customers=true`.
    customers: Vec<BearerJson>,
    /// This person was erased already, milliseconds since 1970.
    erased_at: Option<i64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PreviewParams {
    /// The person's customer loses name, address and number too, where they are the person's.
    #[serde(default)]
    customers: bool,
}

/// What erasing a contact or a lead would do; nothing is done
#[utoipa::path(get, path = "/api/v1/privacy/people/{type}/{id}", tag = "privacy", params(PreviewParams),
    responses((status = 200, body = ErasurePreview), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn preview(
    State(app): State<Shared>,
    signed: Signed,
    Path((type_name, id)): Path<(String, String)>,
    Query(params): Query<PreviewParams>,
) -> Result<Json<ErasurePreview>, Problem> {
    let record = subject(&app, &signed, &type_name, &id).await?;
    let plan = plan(&app, &type_name, &id, params.customers).await?;
    let plan = plan.ok_or_else(|| Problem::not_found(format!("{type_name} {id}")))?;
    let erased = RecordQuery::of("erasure")
        .filter(Filter::eq("subject_id", id.as_str()))
        .sort("erased_at", true)
        .limit(1);
    let erased = app.store.list(&Viewer::system(), &erased).await?.records;
    let elsewhere = elsewhere(&app, &signed, &plan).await?;
    let keys = |whole: bool| {
        let own = plan.person.own.iter().filter(move |(_, w)| **w == whole);
        own.map(|(key, _)| key.clone())
    };
    let mut named = Plan::counted(keys(false));
    for (type_name, count) in Plan::counted(
        plan.elsewhere
            .iter()
            .map(|hit| (hit.type_name.clone(), hit.id.clone())),
    ) {
        *named.entry(type_name).or_default() += count;
    }
    Ok(Json(ErasurePreview {
        name: record.text("name").unwrap_or_default().to_owned(),
        own: Plan::counted(keys(true)),
        named,
        elsewhere,
        rows: plan.tables.values().sum(),
        mails: plan.mails.len() as u64,
        uploads: plan.uploads.len() as u64,
        attachments: plan.bytes.len() as u64,
        kept: plan.kept.into_iter().map(BearerJson::from).collect(),
        customers: plan.customers.into_iter().map(BearerJson::from).collect(),
        erased_at: erased.first().and_then(|e| e.integer("erased_at")),
    }))
}

/// The first hundred records elsewhere, as far as the one who asks may see them.
async fn elsewhere(app: &Shared, signed: &Signed, plan: &Plan) -> Result<Vec<Naming>, Problem> {
    let mut naming = Vec::new();
    for hit in plan.elsewhere.iter().take(100) {
        let record = app
            .store
            .get(&signed.viewer, &hit.type_name, &hit.id, At::PRESENT)
            .await?;
        if record.is_none() && hit.present {
            continue;
        }
        let title = app
            .store
            .catalog()
            .get(&hit.type_name)
            .and_then(|t| t.title.clone());
        let title = record.zip(title).and_then(|(r, t)| r.text(&t).map(str::to_owned));
        naming.push(Naming {
            type_name: hit.type_name.clone(),
            id: hit.id.clone(),
            title: title.unwrap_or_default(),
            fields: hit.fields.iter().cloned().collect(),
            deleted: !hit.present,
        });
    }
    Ok(naming)
}

/// That it is meant.
#[derive(Deserialize, ToSchema)]
struct EraseBody {
    /// The person's name as it is on record, so that nobody else is meant.
    confirm: String,
    /// Why, for the log.
    #[serde(default)]
    reason: String,
    /// The person's customer loses name, address and number too, where they are the person's.
    #[serde(default)]
    customers: bool,
}

/// Erase a contact or a lead everywhere, for good; amounts stay
#[utoipa::path(post, path = "/api/v1/privacy/people/{type}/{id}/erase", tag = "privacy", request_body = EraseBody,
    responses((status = 200, body = Erasing), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn erase_person(
    State(app): State<Shared>,
    signed: Signed,
    Path((type_name, id)): Path<(String, String)>,
    Json(body): Json<EraseBody>,
) -> Result<Json<Erasing>, Problem> {
    let record = subject(&app, &signed, &type_name, &id).await?;
    let name = record.text("name").unwrap_or_default();
    if body.confirm.trim() != name.trim() {
        return Err(Problem::bad(
            "/confirm",
            "not-confirmed",
            "An erasure cannot be undone: it is done only when the name is repeated as it is on record.",
        ));
    }
    if body.reason.chars().count() > 500 {
        return Err(Problem::bad(
            "/reason",
            "too-long",
            "A reason has at most 500 characters.",
        ));
    }
    let request = Request {
        type_name,
        id,
        user_id: signed.user_id,
        reason: body.reason,
        customers: body.customers,
    };
    Ok(Json(in_one_go(app, request).await?))
}

/// To its end, also when the one who asked goes away meanwhile.
pub(super) async fn in_one_go(app: Shared, request: Request) -> Result<Erasing, Problem> {
    let erasing = tokio::spawn(async move { erase(&app, request).await });
    erasing.await.map_err(Problem::unexpected)?
}

/// All that is on record of a contact or a lead, as a ZIP: a page to read, JSON, CSV and files
#[utoipa::path(get, path = "/api/v1/privacy/people/{type}/{id}/export", tag = "privacy",
    responses((status = 200, description = "the archive", content_type = "application/zip"), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn export_person(
    State(app): State<Shared>,
    signed: Signed,
    Path((type_name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    subject(&app, &signed, &type_name, &id).await?;
    let archive = export::archive(&app, &signed, &type_name, &id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{type_name}-{id}.zip\""),
        ),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, archive).into_response())
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(erase_person))
        .routes(routes!(export_person))
        .merge(retention::router())
}
