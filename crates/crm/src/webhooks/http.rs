//! Webhooks over HTTP: keys, deliveries, replay. The subscriptions themselves are records.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use base64::Engine as _;
use records::{At, Record};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::deliver::KEY_PREFIX;
use super::event;
use super::store::{self, AttemptInfo, Delivery, DeliveryInfo};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;
use crate::{App, Shared};

/// The kind of a message that only tries whether anybody is there.
pub(super) const TEST: &str = "webhook.test";

async fn webhook(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    signed.needs(&[Role::Admin], "Webhooks")?;
    let found = app.store.get(&signed.viewer, "webhook", id, At::PRESENT).await?;
    found.ok_or_else(|| Problem::not_found(format!("Webhook {id}")))
}

/// A webhook's key.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookKey {
    /// Shown this once: with it the receiver checks `webhook-signature` (Standard Webhooks).
    secret: String,
}

/// Give a webhook a new key; from the first one on it is told what changes
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/key", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 200, body = WebhookKey), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn new_key(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WebhookKey>, Problem> {
    let webhook = webhook(&app, &signed, &id).await?;
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(Problem::unexpected)?;
    let secret = format!(
        "{KEY_PREFIX}{}",
        base64::engine::general_purpose::STANDARD.encode(bytes)
    );
    let db = app.store.db();
    let last = app.store.last_seq().await?;
    store::begin(db, last).await?;
    store::set_key(db, &webhook.id, &secret, last).await?;
    Ok(Json(WebhookKey { secret }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeliveryParams {
    /// waiting, sending, delivered or dead; all unless said.
    state: Option<String>,
}

/// A message and every time it was sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryWithAttempts {
    #[serde(flatten)]
    delivery: DeliveryInfo,
    tried: Vec<AttemptInfo>,
}

/// A webhook's newest messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deliveries {
    /// It has a key; without one nothing is told.
    has_key: bool,
    deliveries: Vec<DeliveryWithAttempts>,
}

/// The newest 100 messages to a webhook, and what came of them
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", tag = "webhooks", params(("id" = String, Path), DeliveryParams),
    responses((status = 200, body = Deliveries), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn deliveries(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<DeliveryParams>,
) -> Result<Json<Deliveries>, Problem> {
    let webhook = webhook(&app, &signed, &id).await?;
    let db = app.store.db();
    let state = params.state.as_deref().filter(|s| !s.is_empty());
    let attempts = store::attempts(db, &webhook.id).await?;
    let list = store::deliveries(db, &webhook.id, state).await?;
    Ok(Json(Deliveries {
        has_key: store::key(db, &webhook.id).await?.is_some(),
        deliveries: list
            .into_iter()
            .map(|delivery| DeliveryWithAttempts {
                tried: attempts
                    .iter()
                    .filter(|a| a.delivery_id == delivery.id)
                    .cloned()
                    .collect(),
                delivery,
            })
            .collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
struct ReplayBody {
    /// One event.
    event_id: Option<String>,
    /// Only those in this state: delivered or dead.
    state: Option<String>,
    /// Only those written since then, milliseconds since 1970.
    since: Option<i64>,
}

/// What was laid into the queue again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    count: u64,
}

/// Send messages once more, with the same ids
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/replay", tag = "webhooks", params(("id" = String, Path)), request_body = ReplayBody,
    responses((status = 200, body = Replayed), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn replay(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<ReplayBody>,
) -> Result<Json<Replayed>, Problem> {
    let webhook = webhook(&app, &signed, &id).await?;
    let count = store::replay(
        app.store.db(),
        &webhook.id,
        body.event_id.as_deref(),
        body.state.as_deref(),
        body.since.unwrap_or(0),
        app.store.now(),
    )
    .await?;
    app.doors.webhooks.notify_one();
    Ok(Json(Replayed { count }))
}

/// Send a message that only tries whether anybody is there
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 202, description = "it waits"), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn test(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let webhook = webhook(&app, &signed, &id).await?;
    let db = app.store.db();
    if store::key(db, &webhook.id).await?.is_none() {
        return Err(Problem::conflict(
            "no-key",
            "The webhook has no key yet, so nothing is sent to it. Make one.",
        ));
    }
    let now = app.store.now();
    let event_id = format!("test-{}", records::new_id());
    let data = json!({ "type": "webhook", "id": webhook.id, "operation": "test" });
    let subject = format!("/api/v1/webhooks/{}", webhook.id);
    let body = event::envelope(&app, &event_id, TEST, now.0, &subject, 0, data);
    let delivery = Delivery {
        id: records::new_id(),
        webhook_id: webhook.id,
        event_id,
        event_type: TEST.into(),
        body: body.to_string(),
        attempts: 0,
    };
    store::enqueue(db, &delivery, 0, now).await?;
    app.doors.webhooks.notify_one();
    Ok(StatusCode::ACCEPTED)
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(new_key))
        .routes(routes!(deliveries))
        .routes(routes!(replay))
        .routes(routes!(test))
}
