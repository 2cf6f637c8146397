//! What happens, as it happens: server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures::{Stream, StreamExt as _};
use records::At;
use serde_json::json;
use tokio::sync::{broadcast, mpsc};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::app::Event;
use crate::problem::Problem;
use crate::sessions::{self, Signed};
use crate::users::Role;

/// Changes told one by one; of a larger batch only the number is told, and the page reads anew.
const TOLD_AT_ONCE: u32 = 50;

/// Changes I may see, my jobs, and new data versions, as they happen
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    responses((status = 200, description = "text/event-stream: `change` {seq,type,id,operation,author}, `version` {data_version}, `job` Job, `call` IncomingCall, `notification`: something new under /api/v1/collaboration/notifications")))]
async fn events(
    State(app): State<Shared>,
    mut signed: Signed,
) -> Result<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>, Problem> {
    let (sender, receiver) = mpsc::channel::<SseEvent>(64);
    let mut published = app.live.published();
    let mut happened = app.events.subscribe();
    let mut seq = app.live.present().seq;
    tokio::spawn(async move {
        loop {
            let told = tokio::select! {
                changed = published.changed() => {
                    if changed.is_err() { return }
                    tell_changes(&app, &mut signed, &mut seq, &sender).await
                }
                event = happened.recv() => match event {
                    Ok(Event::Job(job)) if signed.role == Role::Admin || job.user_id.as_deref() == Some(&signed.user_id) => {
                        let event = SseEvent::default().event("job").json_data(&job);
                        send(&sender, event).await
                    }
                    Ok(Event::Call { user_id, call }) if user_id == signed.user_id => {
                        send(&sender, SseEvent::default().event("call").json_data(&call)).await
                    }
                    Ok(Event::Notified { user_id }) if user_id == signed.user_id => {
                        send(&sender, Ok(SseEvent::default().event("notification").data("{}"))).await
                    }
                    Ok(Event::Job(_) | Event::Call { .. } | Event::Notified { .. }) | Err(broadcast::error::RecvError::Lagged(_)) => Ok(()),
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                () = sender.closed() => return,
            };
            if told.is_err() {
                return;
            }
        }
    });
    let stream = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|event| (Ok(event), receiver))
    })
    .fuse();
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))))
}

/// The page went away.
struct Gone;

async fn send(sender: &mpsc::Sender<SseEvent>, event: Result<SseEvent, axum::Error>) -> Result<(), Gone> {
    match event {
        Ok(event) => sender.send(event).await.map_err(|_| Gone),
        Err(error) => {
            tracing::error!(%error, "an event could not be written");
            Ok(())
        }
    }
}

async fn tell_changes(
    app: &Shared,
    signed: &mut Signed,
    seq: &mut i64,
    sender: &mpsc::Sender<SseEvent>,
) -> Result<(), Gone> {
    let upto = app.live.present().seq;
    // What somebody may see can have changed with it: a role, a rule, a person who left.
    match sessions::load(app, &signed.user_id).await {
        Ok(Some(now)) => *signed = now,
        Ok(None) => return Err(Gone),
        Err(error) => {
            tracing::error!(%error, "rights could not be read; nothing is told");
            return Ok(());
        }
    }
    match app.store.changes(*seq, TOLD_AT_ONCE + 1).await {
        Ok(changes) if changes.len() <= TOLD_AT_ONCE as usize => {
            for change in changes {
                // Rights: what a person may not see is not told to have changed either.
                let seen = app
                    .store
                    .get(&signed.viewer, &change.type_name, &change.record_id, At::PRESENT)
                    .await;
                let visible = match seen {
                    Ok(record) => record.is_some(),
                    Err(error) => {
                        tracing::error!(%error, "a change could not be checked and is not told");
                        false
                    }
                };
                if visible {
                    let data = json!({
                        "seq": change.seq, "type": change.type_name, "id": change.record_id,
                        "operation": change.operation, "author": change.author,
                    });
                    send(sender, SseEvent::default().event("change").json_data(data)).await?;
                }
            }
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "the change feed could not be read"),
    }
    *seq = upto;
    send(
        sender,
        SseEvent::default()
            .event("version")
            .json_data(json!({ "data_version": upto })),
    )
    .await
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(events))
}
