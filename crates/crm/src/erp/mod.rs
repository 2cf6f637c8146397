//! Orders go to the program that ships and bills them, once each, and their status comes back.
//!
//! Handing over is a status of the order. Whoever subscribed is told of it by a webhook with the order in UBL 2.1, and where a
//! folder is set, the same document is laid there. Both carry the same message id, which is the order's own, so that
//! the other side recognises what it has already.

mod folder;
mod http;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use folder::follow;
pub(crate) use http::router;

/// The id of an order's hand-over: the same however it is sent and however often.
pub(crate) fn message_id(order: &str) -> String {
    format!("order-{order}")
}
