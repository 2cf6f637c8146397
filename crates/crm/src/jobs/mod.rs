//! Long work as rows: claimed by a worker with a lease, reported, cancellable, taken over when a worker dies.

mod http;
mod store;
mod worker;

pub(crate) use http::router;
pub(crate) use store::{Job, cancel, enqueue, find};
pub(crate) use worker::{Progress, work};

use tokio::sync::Notify;

/// Wakes this process's workers when it queued something.
pub(crate) struct Jobs {
    pub(crate) wake: Notify,
}

impl Jobs {
    pub(crate) fn new() -> Self {
        Self { wake: Notify::new() }
    }
}
