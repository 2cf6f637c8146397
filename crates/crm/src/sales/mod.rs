//! Selling: from a lead to an order.
//!
//! Quotes and orders keep their lines with them: a document is written whole, its sums follow from its lines inside
//! the same write ([`lines`]), and what was sent stays as it was sent.

mod document;
mod http;
mod lines;
pub(crate) mod paper;
mod prices;
#[cfg(test)]
mod tests;
mod ubl;

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

pub(crate) use document::Document;
pub(crate) use ubl::order as order_ubl;

/// The routes of this feature.
pub(crate) fn router() -> utoipa_axum::router::OpenApiRouter<crate::Shared> {
    http::router()
}

pub(crate) fn rules(rules: Rules) -> Rules {
    rules
        .on("quote", quote_holds)
        .on("order", order_holds)
        .on_people("quote", stays_with_its_customer)
        .on_people("order", stays_with_its_customer)
        .on("lead", lead_has_a_name)
}

/// What may follow a quote's status.
fn quote_may_become(status: &str) -> &'static [&'static str] {
    match status {
        "draft" => &["sent", "replaced"],
        "sent" => &["accepted", "rejected", "expired", "replaced"],
        // An offer that ran out may still be taken, if both want it.
        "expired" => &["accepted", "rejected", "replaced"],
        _ => &[],
    }
}

/// What may follow an order's status.
fn order_may_become(status: &str) -> &'static [&'static str] {
    match status {
        "draft" => &["confirmed", "cancelled"],
        "confirmed" => &["handed_over", "shipped", "invoiced", "cancelled"],
        "handed_over" => &["shipped", "invoiced", "cancelled"],
        "shipped" => &["invoiced"],
        _ => &[],
    }
}

/// Refuses a status that cannot follow, and a change of what is fixed once the status is no draft any more.
fn step(
    before: Option<&Record>,
    after: &Map<String, Value>,
    follows: fn(&str) -> &'static [&'static str],
    fixed: &[&str],
) -> Result<(), Vec<Fault>> {
    let Some(before) = before else { return Ok(()) };
    let was = before.text("status").unwrap_or_default();
    let is = after.get("status").and_then(Value::as_str).unwrap_or_default();
    if was != is && !follows(was).contains(&is) {
        let ways = follows(was).join(", ");
        let next = if ways.is_empty() {
            "Nothing follows it.".to_owned()
        } else {
            format!("It may become {ways}.")
        };
        return Err(vec![Fault::of(
            "status",
            "no-such-step",
            format!("It is {was}. {next}"),
        )]);
    }
    if was == "draft" {
        return Ok(());
    }
    match fixed
        .iter()
        .find(|name| after.get(**name) != before.fields.get(**name))
    {
        None => Ok(()),
        Some(name) => Err(vec![Fault::of(
            name,
            "fixed",
            format!("It is {was} and stays as it is. Make a new revision instead."),
        )]),
    }
}

/// What was sent or decided is of its customer; only when two customers are merged does it pass on.
fn stays_with_its_customer(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    let Some(before) = before else { return Ok(()) };
    let was = before.text("status").unwrap_or_default();
    if was == "draft" || after.get("account_id") == before.fields.get("account_id") {
        return Ok(());
    }
    Err(vec![Fault::of(
        "account_id",
        "fixed",
        format!("It is {was} and stays as it is. Make a new revision instead."),
    )])
}

const FIXED: [&str; 6] = ["lines", "discount", "currency", "terms", "valid_until", "number"];

fn quote_holds(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<(), Vec<Fault>> {
    after.entry("status").and_modify(|s| default(s, "draft"));
    if before.is_none() && after.get("revision").is_none_or(Value::is_null) {
        after.insert("revision".into(), 1.into());
    }
    step(before, after, quote_may_become, &FIXED)?;
    let totals = lines::settle(after)?;
    let is = after
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let was = before.and_then(|b| b.text("status")).unwrap_or("draft");
    if is != was {
        if is == "sent" && totals.net == 0 && after.get("lines").is_none_or(Value::is_null) {
            return Err(vec![Fault::of(
                "lines",
                "empty",
                "A quote without lines offers nothing. Add one first.",
            )]);
        }
        let stamp = if is == "sent" { "sent_at" } else { "decided_at" };
        after.insert(stamp.into(), now.0.into());
    }
    Ok(())
}

fn order_holds(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<(), Vec<Fault>> {
    step(
        before,
        after,
        order_may_become,
        &["lines", "discount", "currency", "number"],
    )?;
    lines::settle(after)?;
    let handed = after.get("status").and_then(Value::as_str) == Some("handed_over");
    if handed && before.and_then(|b| b.text("status")) != Some("handed_over") {
        after.insert("handed_over_at".into(), now.0.into());
    }
    Ok(())
}

fn default(value: &mut Value, word: &str) {
    if value.is_null() {
        *value = word.into();
    }
}

/// A lead is called by its person, else by its firm.
fn lead_has_a_name(
    _: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    let converted = after.get("status").and_then(Value::as_str) == Some("converted");
    if converted && after.get("account_id").is_none_or(Value::is_null) {
        return Err(vec![Fault::of(
            "status",
            "not-converted",
            "Converting a lead makes it a customer: press Convert.",
        )]);
    }
    Ok(())
}
