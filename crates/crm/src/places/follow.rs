//! Looks up, in the background, every place that says `pending`: new ones, and those whose address changed.

use std::sync::Arc;
use std::time::Duration;

use records::{Author, Filter, Query, Record, Viewer};

use super::lookup::look_up_and_write;
use crate::App;
use crate::problem::Problem;

/// Places taken at once.
const CHUNK: u32 = 200;
/// A place is left alone for a moment, so that an address typed field by field is looked up once.
const SETTLED_AFTER: i64 = 300;

/// Follows the change feed until the task is dropped. Without a map it has nothing to do.
pub(crate) async fn follow(app: Arc<App>) {
    let mut feed = app.store.watch();
    loop {
        let outcome = look_up_pending(&app).await;
        if let Err(error) = &outcome {
            tracing::error!(%error, "pending addresses could not be looked up; trying again");
            tokio::time::sleep(Duration::from_secs(5)).await;
            continue;
        }
        let pause = match outcome {
            // Some are too fresh: look again when they have settled.
            Ok(true) => Duration::from_millis(200),
            _ => Duration::from_secs(30),
        };
        tokio::select! {
            changed = feed.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Looks up what waits; tells whether something is left that is too fresh.
async fn look_up_pending(app: &App) -> Result<bool, Problem> {
    let Some(atlas) = app.atlas() else {
        return Ok(false);
    };
    loop {
        let waiting = Query::of("location")
            .filter(Filter::eq("geocode_status", "pending"))
            .limit(CHUNK);
        let places = app.store.list(&Viewer::system(), &waiting).await?.records;
        let now = app.store.now().0;
        let total = places.len();
        let settled: Vec<Record> = places
            .into_iter()
            .filter(|p| p.recorded_at.0 + SETTLED_AFTER <= now)
            .collect();
        if settled.is_empty() {
            return Ok(total > 0);
        }
        // The look-up is a consequence of the write that left the place pending: it is undone with it.
        for group in by_change_set(settled) {
            let author =
                Author::system("geocode", "Look up addresses").caused_by(group[0].change_set.clone());
            look_up_and_write(app, &atlas, &author, group).await?;
        }
    }
}

fn by_change_set(mut places: Vec<Record>) -> Vec<Vec<Record>> {
    places.sort_by(|a, b| a.change_set.cmp(&b.change_set));
    places
        .chunk_by(|a, b| a.change_set == b.change_set)
        .map(<[Record]>::to_vec)
        .collect()
}
