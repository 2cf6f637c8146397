//! Handing over and hearing back, over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use records::{At, Author, Op, Record, fields};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{message_id, store};
use crate::crud::RecordJson;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

async fn order(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    let found = app.store.get(&signed.viewer, "order", id, At::PRESENT).await?;
    found.ok_or_else(|| Problem::not_found(format!("Order {id}")))
}

/// An order and what was done with it.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandedOver {
    record: RecordJson,
    /// The same each time: by it the other side recognises what it has.
    message_id: String,
    /// Null when it had been handed over before.
    change_set: Option<String>,
}

/// Hand an order over to the ERP: webhooks are told `order.handed_over`, and the file is laid down, once
#[utoipa::path(post, path = "/api/v1/orders/{id}/hand-over", tag = "sales", params(("id" = String, Path)),
    responses((status = 200, body = HandedOver), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn hand_over(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<HandedOver>, Problem> {
    let order = order(&app, &signed, &id).await?;
    let author = signed
        .program_on(
            &app,
            "order",
            &id,
            "hand-over",
            &format!("Handed over {}", order.text("number").unwrap_or_default()),
        )
        .await?;
    let status = order.text("status").unwrap_or_default();
    if ["handed_over", "shipped", "invoiced"].contains(&status) {
        return Ok(Json(HandedOver {
            message_id: message_id(&id),
            record: order.into(),
            change_set: None,
        }));
    }
    if status != "confirmed" {
        return Err(Problem::conflict(
            "no-such-step",
            format!("The order is {status}. Only a confirmed one is handed over."),
        ));
    }
    let op = Op::Update {
        type_name: "order".into(),
        id: id.clone(),
        version: Some(order.version),
        patch: fields([("status", "handed_over".into())]),
    };
    let mut written = app.store.write(&author, vec![op]).await?;
    Ok(Json(HandedOver {
        record: written.records.swap_remove(0).into(),
        message_id: message_id(&id),
        change_set: Some(written.change_set),
    }))
}

#[derive(Deserialize, ToSchema)]
struct StatusBody {
    /// shipped, invoiced or cancelled
    status: String,
    /// The order's number over there.
    erp_reference: Option<String>,
    /// The message's own id, 1 to 200 characters: sent twice, it is done once.
    message_id: String,
}

/// An order after what the ERP said.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusTaken {
    record: RecordJson,
    /// Null when this message had come before, or nothing changed.
    change_set: Option<String>,
    /// This message had come before.
    seen_before: bool,
}

/// What the ERP says of an order; the same message twice is done once
#[utoipa::path(post, path = "/api/v1/orders/{id}/status", tag = "sales", params(("id" = String, Path)), request_body = StatusBody,
    responses((status = 200, body = StatusTaken), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "another-message: the id was used for something else")))]
async fn status(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<StatusBody>,
) -> Result<Json<StatusTaken>, Problem> {
    if !["shipped", "invoiced", "cancelled"].contains(&body.status.as_str()) {
        return Err(Problem::bad(
            "/status",
            "unknown",
            "status is shipped, invoiced or cancelled.",
        ));
    }
    let message = body.message_id.trim();
    if !(1..=200).contains(&message.len()) || message.chars().any(char::is_control) {
        return Err(Problem::bad(
            "/message_id",
            "length",
            "message_id has 1 to 200 characters.",
        ));
    }
    let order = order(&app, &signed, &id).await?;
    let label = format!("{} {}", order.text("number").unwrap_or_default(), body.status);
    let author = signed.program_on(&app, "order", &id, "erp", &label).await?;
    let db = app.store.db();
    if !store::take_reply(db, message, &id, &body.status, app.store.now()).await? {
        let before = store::reply(db, message).await?;
        let same = before
            .as_ref()
            .is_some_and(|(o, s, _)| *o == id && *s == body.status);
        if !same {
            return Err(Problem::conflict(
                "another-message",
                "This message_id was used for something else. Give every message its own.",
            ));
        }
        let done = before.is_some_and(|(_, _, set)| set.is_some());
        if done || order.text("status") == Some(body.status.as_str()) {
            return Ok(Json(StatusTaken {
                record: order.into(),
                change_set: None,
                seen_before: true,
            }));
        }
        // Its taker died before it was done: it is done now.
    }
    let written = write(&app, &author, &order, &body).await;
    let (record, change_set) = match written {
        Ok(written) => written,
        Err(problem) => {
            store::drop_reply(db, message).await?;
            return Err(problem);
        }
    };
    store::replied(db, message, change_set.as_deref().unwrap_or("-")).await?;
    Ok(Json(StatusTaken {
        record: record.into(),
        change_set,
        seen_before: false,
    }))
}

async fn write(
    app: &App,
    author: &Author,
    order: &Record,
    body: &StatusBody,
) -> Result<(Record, Option<String>), Problem> {
    let mut patch = fields([("status", body.status.as_str().into())]);
    if let Some(reference) = body
        .erp_reference
        .as_deref()
        .map(str::trim)
        .filter(|r| !r.is_empty())
    {
        patch.insert("erp_reference".into(), reference.into());
    }
    let op = Op::Update {
        type_name: "order".into(),
        id: order.id.clone(),
        version: Some(order.version),
        patch,
    };
    let mut written = app.store.write(author, vec![op]).await?;
    let record = written.records.swap_remove(0);
    // What changes nothing makes no version and no change set.
    let changed = record.version != order.version;
    Ok((record, changed.then_some(written.change_set)))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(hand_over))
        .routes(routes!(status))
}
