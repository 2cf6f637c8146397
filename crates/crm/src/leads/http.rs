//! Leads over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use records::{At, Op, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::convert::{ConvertBody, Converted, convert};
use super::{LeadCard, capture, card, worked_out};
use crate::crud::RecordJson;
use crate::plans::day::language_of;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

#[derive(Deserialize, ToSchema)]
struct CaptureBody {
    /// Fields of a lead.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

/// A lead as it was written, with what was found out.
#[derive(Serialize, ToSchema)]
struct Captured {
    record: RecordJson,
    card: LeadCard,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    change_set: String,
}

/// Take a lead in: checked, scored and assigned
#[utoipa::path(post, path = "/api/v1/leads/capture", tag = "sales", request_body = CaptureBody,
    responses((status = 201, body = Captured), (status = 400, body = Problem)))]
async fn capture_lead(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<CaptureBody>,
) -> Result<(StatusCode, Json<Captured>), Problem> {
    if !signed.viewer.grant("lead").create {
        return Err(Problem::forbidden("You may not enter leads."));
    }
    let author = signed.author("api", "New lead");
    let (record, written) = capture(&app, &author, body.fields).await?;
    answer(&app, &signed, record, written.change_set)
        .await
        .map(|c| (StatusCode::CREATED, Json(c)))
}

async fn answer(app: &App, signed: &Signed, record: Record, change_set: String) -> Result<Captured, Problem> {
    let language = language_of(app, &signed.user_id).await?;
    Ok(Captured {
        card: card(app, &signed.viewer, record.clone(), language).await?,
        record: record.into(),
        change_set,
    })
}

async fn lead(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    let found = app.store.get(&signed.viewer, "lead", id, At::PRESENT).await?;
    found.ok_or_else(|| Problem::not_found(format!("Lead {id}")))
}

/// A lead with its checks, its points, why it is whose, and who it may be already
#[utoipa::path(get, path = "/api/v1/leads/{id}/card", tag = "sales", params(("id" = String, Path)),
    responses((status = 200, body = LeadCard), (status = 404, body = Problem)))]
async fn lead_card(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<LeadCard>, Problem> {
    let language = language_of(&app, &signed.user_id).await?;
    let lead = lead(&app, &signed, &id).await?;
    Ok(Json(card(&app, &signed.viewer, lead, language).await?))
}

/// Look at a lead again, after it was changed
#[utoipa::path(post, path = "/api/v1/leads/{id}/check", tag = "sales", params(("id" = String, Path)),
    responses((status = 200, body = Captured), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn check_lead(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Captured>, Problem> {
    let lead = lead(&app, &signed, &id).await?;
    if lead.text("status") == Some("converted") {
        return Err(Problem::conflict(
            "converted",
            "This lead has been converted; there is nothing left to check.",
        ));
    }
    let author = signed
        .program_on(&app, "lead", &id, "check", "Checked a lead")
        .await?;
    // Whoever works on it keeps it.
    let keep = !matches!(lead.text("status"), Some("new" | "to_verify")) && lead.text("owner_id").is_some();
    let fields = worked_out(&app, &lead.id, &lead.fields, keep).await?;
    let op = Op::Update {
        type_name: "lead".into(),
        id,
        version: Some(lead.version),
        patch: fields,
    };
    let mut written = app.store.write(&author, vec![op]).await?;
    let record = written.records.swap_remove(0);
    answer(&app, &signed, record, written.change_set).await.map(Json)
}

/// Make a lead a customer, a contact and an opportunity
#[utoipa::path(post, path = "/api/v1/leads/{id}/convert", tag = "sales", params(("id" = String, Path)),
    request_body = ConvertBody,
    responses((status = 200, body = Converted), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn convert_lead(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<ConvertBody>,
) -> Result<Json<Converted>, Problem> {
    let lead = lead(&app, &signed, &id).await?;
    let (converted, written) = convert(&app, &signed, &lead, body).await?;
    app.live.wait_for(written.last_seq).await;
    Ok(Json(converted))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(capture_lead))
        .routes(routes!(lead_card))
        .routes(routes!(check_lead))
        .routes(routes!(convert_lead))
}
