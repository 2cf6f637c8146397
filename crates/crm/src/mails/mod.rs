//! Mail in and out: every message is an activity of whomever it belongs to.
//!
//! A message of ours carries an id that only this program can make, so an answer finds its way by it and a forged one
//! does not. Incoming mail is taken once, whatever way and however often it comes; outgoing mail is composed once, waits
//! in a queue, and is handed to the server at most once.

mod belongs;
mod bounced;
mod bulk;
mod consent;
mod entry;
mod fetch;
mod http;
mod incoming;
mod outgoing;
mod send;
mod store;
#[cfg(test)]
mod tests;

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

pub(crate) use bulk::{Bulk, Laid, lay_in, let_go, take_back};
pub(crate) use fetch::follow as fetch;
pub(crate) use http::router;
pub(crate) use send::follow as send;

pub(crate) fn rules(rules: Rules) -> Rules {
    rules
        .on("contact", another_address)
        .on("account", another_address)
        .on("lead", another_address)
}

/// What came back from one address says nothing about another.
fn another_address(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    let marked = after.get("email_bounced_at").is_some_and(|at| !at.is_null());
    if marked && before.is_some_and(|b| b.fields.get("email") != after.get("email")) {
        after.insert("email_bounced_at".into(), Value::Null);
        after.insert("email_bounce".into(), Value::Null);
    }
    Ok(())
}
