//! Declarations that another process wrote are taken up here as well.

use std::sync::Arc;

use super::{FIELD, TYPE, catch_up};
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
            let declarations = records::Types::Only(&[FIELD, TYPE]);
            let (upto, changes) = match app.store.changes_of(seq, BATCH, declarations).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::error!(%error, "the feed could not be read for added fields; trying again at the next change");
                    break;
                }
            };
            if !changes.is_empty() {
                catch_up(&app).await;
            }
            if upto == seq {
                break;
            }
            seq = upto;
        }
    }
}
