//! Cases over HTTP.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use records::{At, Filter, Query as RecordQuery, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
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

/// Customers named in one question.
const MOST_NAMES: usize = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CustomersParams {
    /// Ids of customers by comma, at most 100.
    ids: String,
}

/// What a customer is called.
#[derive(Serialize, ToSchema)]
struct CaseCustomer {
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct CaseCustomers {
    customers: Vec<CaseCustomer>,
}

/// What the customers of cases are called that one may see, also where the customer itself is not to be seen
#[utoipa::path(get, path = "/api/v1/cases/customers", tag = "service", params(CustomersParams),
    responses((status = 200, body = CaseCustomers), (status = 400, body = Problem)))]
async fn customers(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<CustomersParams>,
) -> Result<Json<CaseCustomers>, Problem> {
    let ids: BTreeSet<&str> = params
        .ids
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .collect();
    if ids.len() > MOST_NAMES {
        let words = format!(
            "Ask for at most {MOST_NAMES} customers at once; this names {}.",
            ids.len()
        );
        return Err(Problem::bad("?ids", "out-of-range", words));
    }
    let mut customers = Vec::new();
    for id in ids {
        let cases = RecordQuery::of("case")
            .filter(Filter::eq("account_id", id))
            .limit(1);
        if app.store.list(&signed.viewer, &cases).await?.records.is_empty() {
            continue;
        }
        let account = app
            .store
            .get(&Viewer::system(), "account", id, At::PRESENT)
            .await?;
        if let Some(name) = account.as_ref().and_then(|a| a.text("name")) {
            customers.push(CaseCustomer {
                id: id.to_owned(),
                name: name.to_owned(),
            });
        }
    }
    Ok(Json(CaseCustomers { customers }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(open_case))
        .routes(routes!(customers))
}
