//! Prices, quotes and orders over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use records::{At, Op, Record, fields};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::document::Document;
use super::paper;
use super::prices::{AskedPrices, PriceBody, ask};
use super::ubl;
use crate::crud::{RecordJson, WrittenRecord};
use crate::opportunities::win;
use crate::plans::Language;
use crate::plans::day::language_of;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::time::parse_day;
use crate::{App, Shared};

/// What a customer pays for products, and why
#[utoipa::path(post, path = "/api/v1/prices/ask", tag = "sales", request_body = PriceBody,
    responses((status = 200, body = AskedPrices), (status = 400, body = Problem)))]
async fn ask_prices(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<PriceBody>,
) -> Result<Json<AskedPrices>, Problem> {
    let day = match body.day.as_deref().filter(|d| !d.is_empty()) {
        Some(day) => parse_day(day, "/day")?,
        None => app.settings.zone.date(app.store.now()),
    };
    let language = language_of(&app, &signed.user_id).await?;
    Ok(Json(ask(&app, &signed, &body, day, language).await?))
}

async fn seen(app: &App, signed: &Signed, type_name: &str, id: &str) -> Result<Record, Problem> {
    let found = app.store.get(&signed.viewer, type_name, id, At::PRESENT).await?;
    found.ok_or_else(|| Problem::not_found(format!("{type_name} {id}")))
}

/// What a new document takes over from another.
fn taken_over(from: &Record, names: &[&str]) -> Map<String, Value> {
    names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                from.fields.get(*name).cloned().unwrap_or(Value::Null),
            )
        })
        .collect()
}

/// Make a new revision of a quote, a draft; the one before is replaced
#[utoipa::path(post, path = "/api/v1/quotes/{id}/revise", tag = "sales", params(("id" = String, Path)),
    responses((status = 200, body = WrittenRecord), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn revise(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenRecord>, Problem> {
    let quote = seen(&app, &signed, "quote", &id).await?;
    let status = quote.text("status").unwrap_or_default();
    if !["sent", "expired"].contains(&status) {
        return Err(Problem::conflict(
            "no-such-step",
            format!("The quote is {status}. A draft is changed as it is; one that was sent can be revised."),
        ));
    }
    let number = quote.text("number").unwrap_or_default().to_owned();
    let author = signed
        .program_on(&app, "quote", &id, "api", &format!("New revision of {number}"))
        .await?;
    let mut next = taken_over(
        &quote,
        &[
            "number",
            "account_id",
            "opportunity_id",
            "contact_id",
            "owner_id",
            "valid_until",
            "terms",
            "discount",
            "lines",
            "currency",
        ],
    );
    next.insert(
        "revision".into(),
        (quote.integer("revision").unwrap_or(1) + 1).into(),
    );
    next.insert("status".into(), "draft".into());
    let replaced = Op::Update {
        type_name: "quote".into(),
        id,
        version: Some(quote.version),
        patch: fields([("status", "replaced".into())]),
    };
    let mut written = app
        .store
        .write(&author, vec![Op::create("quote", next), replaced])
        .await?;
    Ok(Json(WrittenRecord {
        record: written.records.swap_remove(0).into(),
        change_set: written.change_set,
    }))
}

/// An accepted quote and the order it became.
#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedQuote {
    quote: RecordJson,
    order: RecordJson,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    change_set: String,
}

/// Accept a quote: it becomes an order, and its opportunity is won
#[utoipa::path(post, path = "/api/v1/quotes/{id}/accept", tag = "sales", params(("id" = String, Path)),
    responses((status = 200, body = AcceptedQuote), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn accept(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<AcceptedQuote>, Problem> {
    let quote = seen(&app, &signed, "quote", &id).await?;
    let status = quote.text("status").unwrap_or_default();
    if !["sent", "expired"].contains(&status) {
        return Err(Problem::conflict(
            "no-such-step",
            format!("The quote is {status}. Only one that was sent can be accepted."),
        ));
    }
    let number = quote.text("number").unwrap_or_default().to_owned();
    let author = signed
        .program_on(&app, "quote", &id, "api", &format!("Accepted {number}"))
        .await?;
    let mut order = taken_over(
        &quote,
        &[
            "account_id",
            "opportunity_id",
            "owner_id",
            "discount",
            "lines",
            "currency",
        ],
    );
    order.insert("quote_id".into(), id.as_str().into());
    order.insert("status".into(), "confirmed".into());
    order.insert(
        "ordered_on".into(),
        app.settings.zone.date(app.store.now()).to_string().into(),
    );
    let mut ops = vec![
        Op::Update {
            type_name: "quote".into(),
            id,
            version: Some(quote.version),
            patch: fields([("status", "accepted".into())]),
        },
        Op::create("order", order),
    ];
    if let Some(deal) = quote.text("opportunity_id") {
        // A sale that the person may not change stays as it is; the order says what it is of.
        if let Ok(deal) = seen(&app, &signed, "opportunity", deal).await {
            ops.extend(win(&app, &deal).await?);
        }
    }
    let written = app.store.write(&author, ops).await?;
    app.live.wait_for(written.last_seq).await;
    let mut records = written.records.into_iter().map(RecordJson::from);
    match (records.next(), records.next()) {
        (Some(quote), Some(order)) => Ok(Json(AcceptedQuote {
            quote,
            order,
            change_set: written.change_set,
        })),
        _ => Err(Problem::unexpected(
            "a write gave fewer records than it was asked for",
        )),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InLanguage {
    /// en or de; the reader's own unless said.
    language: Option<String>,
}

async fn pdf_of(
    app: &Shared,
    signed: &Signed,
    type_name: &'static str,
    id: &str,
    params: InLanguage,
) -> Result<Response, Problem> {
    let record = seen(app, signed, type_name, id).await?;
    let language = match params.language.as_deref() {
        Some(code) => Language::of(Some(code)),
        None => language_of(app, &signed.user_id).await?,
    };
    let document = Document::load(app, &signed.viewer, &record, language).await?;
    let name = document.file_name();
    let made = tokio::task::spawn_blocking(move || paper::pdf(&document)).await;
    let bytes = made.map_err(Problem::unexpected)?.map_err(Problem::unexpected)?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{name}.pdf\""),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// A quote as PDF
#[utoipa::path(get, path = "/api/v1/quotes/{id}/document", tag = "sales", params(("id" = String, Path), InLanguage),
    responses((status = 200, description = "PDF", content_type = "application/pdf"), (status = 404, body = Problem)))]
async fn quote_document(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<InLanguage>,
) -> Result<Response, Problem> {
    pdf_of(&app, &signed, "quote", &id, params).await
}

/// An order as PDF
#[utoipa::path(get, path = "/api/v1/orders/{id}/document", tag = "sales", params(("id" = String, Path), InLanguage),
    responses((status = 200, description = "PDF", content_type = "application/pdf"), (status = 404, body = Problem)))]
async fn order_document(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<InLanguage>,
) -> Result<Response, Problem> {
    pdf_of(&app, &signed, "order", &id, params).await
}

/// An order as UBL 2.1
#[utoipa::path(get, path = "/api/v1/orders/{id}/ubl", tag = "sales", params(("id" = String, Path)),
    responses((status = 200, description = "UBL 2.1", content_type = "application/xml"), (status = 404, body = Problem)))]
async fn order_ubl(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let order = seen(&app, &signed, "order", &id).await?;
    let document = Document::load(&app, &signed.viewer, &order, Language::English).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/xml; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}.xml\"", document.file_name()),
        ),
    ];
    Ok((headers, ubl::order(&document)).into_response())
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(ask_prices))
        .routes(routes!(revise))
        .routes(routes!(accept))
        .routes(routes!(quote_document))
        .routes(routes!(order_document))
        .routes(routes!(order_ubl))
}
