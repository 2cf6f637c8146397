//! Declarations that another process wrote are taken up here as well.

use std::sync::Arc;

use super::{catch_up, is_declaration};
use crate::App;

/// Changes read at once.
const BATCH: u32 = 5_000;

/// Follows the feed until the task is dropped.
pub(crate) async fn follow(app: Arc<App>) {
    let mut feed = app.store.watch();
    let mut seq = *feed.borrow_and_update();
    // What was written between the start and here.
    catch_up(&app).await;
    while feed.changed().await.is_ok() {
        feed.borrow_and_update();
        loop {
            let changes = match app.store.changes(seq, BATCH).await {
                Ok(changes) => changes,
                Err(error) => {
                    tracing::error!(%error, "the feed could not be read for added fields; trying again at the next change");
                    break;
                }
            };
            let Some(last) = changes.last() else { break };
            seq = last.seq;
            if changes.iter().any(|c| is_declaration(&c.type_name)) {
                catch_up(&app).await;
            }
        }
    }
}
