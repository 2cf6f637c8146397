//! Cases over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::open::{Sender, open};
use crate::Shared;
use crate::crud::WrittenRecord;
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Deserialize, ToSchema)]
struct OpenBody {
    /// Fields of a case; customer, queue and service level are found where they are not said.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
    /// Who wrote.
    email: Option<String>,
    /// Who called.
    phone: Option<String>,
}

/// Open a case: customer, queue and service level are found, the clocks start
#[utoipa::path(post, path = "/api/v1/cases/open", tag = "service", request_body = OpenBody,
    responses((status = 201, body = WrittenRecord), (status = 400, body = Problem)))]
async fn open_case(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<OpenBody>,
) -> Result<(StatusCode, Json<WrittenRecord>), Problem> {
    let sender = Sender {
        email: body.email,
        phone: body.phone,
    };
    let author = signed.author("api", "New case");
    let (record, written) = open(&app, &author, &sender, body.fields).await?;
    Ok((
        StatusCode::CREATED,
        Json(WrittenRecord {
            record: record.into(),
            change_set: written.change_set,
        }),
    ))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(open_case))
}
