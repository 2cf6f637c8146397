//! Following the feed: each change becomes a message to every webhook that wants it and may see it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use records::{Filter, Query, Viewer};

use super::event;
use super::store::{self, Delivery};
use crate::App;
use crate::problem::Problem;
use crate::sessions;

/// Changes read at once.
const BATCH: u32 = 500;
/// The feed is looked at this often, and at once when it grows.
const EVERY: Duration = Duration::from_secs(10);

/// Follows until the task is dropped.
pub(crate) async fn follow(app: Arc<App>) {
    let mut grown = app.store.watch();
    loop {
        if let Err(error) = take_up(&app).await {
            tracing::error!(%error, "changes could not be made messages to webhooks; trying again");
        }
        let nap = tokio::time::sleep(EVERY);
        tokio::select! { _ = grown.changed() => {}, () = nap => {} }
    }
}

/// A subscription, with its user's rights.
struct Subscription {
    id: String,
    patterns: Vec<String>,
    viewer: Viewer,
    /// The last change that is not told.
    after: i64,
}

/// Who wants to be told, and may be.
async fn subscriptions(app: &App) -> Result<Vec<Subscription>, Problem> {
    let active = Query::of("webhook")
        .filter(Filter::eq("active", true))
        .limit(Query::MAX_LIMIT);
    let mut found = Vec::new();
    let mut viewers: HashMap<String, Option<Viewer>> = HashMap::new();
    for webhook in app.store.list(&Viewer::system(), &active).await?.records {
        let Some((_, after)) = store::key(app.store.db(), &webhook.id).await? else {
            continue;
        };
        let user = webhook.text("user_id").unwrap_or_default().to_owned();
        if !viewers.contains_key(&user) {
            let viewer = sessions::load(app, &user).await?.map(|s| s.viewer);
            viewers.insert(user.clone(), viewer);
        }
        let Some(viewer) = viewers.get(&user).cloned().flatten() else {
            continue;
        };
        let patterns = webhook.fields.get("events").and_then(serde_json::Value::as_array);
        found.push(Subscription {
            patterns: patterns
                .into_iter()
                .flatten()
                .filter_map(|p| p.as_str().map(str::to_owned))
                .collect(),
            id: webhook.id,
            viewer,
            after,
        });
    }
    Ok(found)
}

/// Makes messages of everything that is new in the feed; gives how many.
pub(super) async fn take_up(app: &App) -> Result<usize, Problem> {
    let db = app.store.db();
    // Before the first webhook nothing is read.
    let Some(mut cursor) = store::cursor(db).await? else {
        return Ok(0);
    };
    let mut count = 0;
    loop {
        let last = app.store.last_seq().await?;
        if cursor >= last {
            return Ok(count);
        }
        let subscriptions = subscriptions(app).await?;
        if subscriptions.is_empty() {
            store::advance(db, last).await?;
            return Ok(count);
        }
        let changes = app.store.changes(cursor, BATCH).await?;
        let Some(end) = changes.last().map(|c| c.seq) else {
            return Ok(count);
        };
        let told = count;
        for change in &changes {
            if change.operation == "erase" {
                store::forget(db, &change.record_id).await?;
            }
            for subscription in &subscriptions {
                count += usize::from(tell(app, subscription, change).await?);
            }
        }
        cursor = end;
        store::advance(db, cursor).await?;
        if count > told {
            app.doors.webhooks.notify_one();
        }
    }
}

async fn tell(app: &App, to: &Subscription, change: &records::Change) -> Result<bool, Problem> {
    // A type that nobody declares any more is nobody's to see.
    if change.seq <= to.after || app.store.record_type(&change.type_name).is_err() {
        return Ok(false);
    }
    // Most changes are of no interest; only an order can be of two kinds.
    let plain = format!("{}.{}", change.type_name, change.operation);
    let may_be = event::is_meant(&to.patterns, &plain)
        || (change.type_name == "order" && event::is_meant(&to.patterns, "order.handed_over"));
    if !may_be {
        return Ok(false);
    }
    let Some(record) = event::subject_of(app, &to.viewer, change).await? else {
        return Ok(false);
    };
    let kinds = event::kinds(change, &record);
    let Some(kind) = kinds.iter().find(|k| event::is_meant(&to.patterns, k)) else {
        return Ok(false);
    };
    let body = event::message(app, &to.viewer, kind, change, &record).await?;
    let delivery = Delivery {
        id: records::new_id(),
        webhook_id: to.id.clone(),
        event_id: event::id_of(change),
        event_type: kind.clone(),
        body: body.to_string(),
        attempts: 0,
    };
    store::enqueue(app.store.db(), &delivery, change.seq, app.store.now()).await
}
