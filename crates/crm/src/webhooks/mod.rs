//! Other programs are told what changes: CloudEvents 1.0 over HTTP, signed, tried again, recognised when they come twice.
//!
//! The change feed is the source: [`take_up`](follow) turns changes into deliveries of whoever subscribed and may see them, and
//! [`deliver`] sends these. An event's id is the number of its change, so it is the same each time it is sent.

mod address;
mod client;
mod deliver;
mod event;
mod follow;
mod http;
mod store;
#[cfg(test)]
mod tests;

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

pub(crate) use deliver::follow as deliver;
pub(crate) use follow::follow;
pub(crate) use http::router;

/// Most patterns of one subscription.
const MOST_PATTERNS: usize = 50;

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("webhook", holds)
}

/// The hosts that webhooks call, each once.
pub(crate) async fn hosts(
    app: &crate::App,
) -> Result<std::collections::BTreeSet<String>, crate::problem::Problem> {
    let active = records::Query::of("webhook")
        .filter(records::Filter::eq("active", true))
        .limit(1_000);
    let webhooks = app.store.list(&records::Viewer::system(), &active).await?.records;
    let targets = webhooks
        .iter()
        .filter_map(|w| client::Target::parse(w.text("url")?).ok());
    Ok(targets.map(|t| t.host().to_owned()).collect())
}

fn holds(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    if after.get("active").is_none_or(Value::is_null) {
        after.insert("active".into(), true.into());
    }
    let mut faults = Vec::new();
    let url = after.get("url").and_then(Value::as_str).unwrap_or_default();
    if let Err(why) = client::Target::parse(url) {
        faults.push(Fault::of("url", "not-callable", why));
    }
    let patterns = after.get("events").and_then(Value::as_array);
    let readable = patterns.is_some_and(|list| {
        (1..=MOST_PATTERNS).contains(&list.len())
            && list.iter().all(|p| p.as_str().is_some_and(event::is_pattern))
    });
    if !readable {
        faults.push(Fault::of(
            "events",
            "not-events",
            "Events are a list like [\"order.handed_over\", \"lead.create\", \"case.*\"], or [\"*\"] for all.",
        ));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
