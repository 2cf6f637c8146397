//! Possible sales. A closed opportunity keeps what it was closed with.

mod board;
mod forecast;
mod page;
mod stages;
mod territory;
#[cfg(test)]
mod tests;

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

pub(crate) use stages::win;
pub(crate) use territory::account_territory;

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(board::router())
        .merge(stages::router())
        .merge(forecast::router())
        .merge(page::router())
}

pub(crate) fn rules(rules: Rules) -> Rules {
    rules
        .on("opportunity", closed_keeps_its_credit)
        .on("opportunity", stages_are_dated)
        .on("stage", an_end_stays_an_end)
}

/// Since when it is in its stage, and when it was closed.
fn stages_are_dated(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<(), Vec<Fault>> {
    let was = before.and_then(|b| b.fields.get("stage_id"));
    if was != after.get("stage_id") {
        after.insert("stage_since".into(), now.0.into());
    }
    let closed = after.get("is_closed").and_then(Value::as_bool) == Some(true);
    if !closed {
        after.insert("closed_at".into(), Value::Null);
    } else if before.and_then(|b| b.boolean("is_closed")) != Some(true) {
        after.insert("closed_at".into(), now.0.into());
    }
    Ok(())
}

/// Opportunities keep by themselves whether their stage is an end; a stage that became one later would make them lie.
fn an_end_stays_an_end(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    for name in ["is_closed", "is_won"] {
        if after.get(name).is_none_or(Value::is_null) {
            after.insert(name.into(), false.into());
        }
        if let Some(before) = before
            && before.boolean(name).unwrap_or(false) != (after.get(name) == Some(&Value::Bool(true)))
        {
            return Err(vec![Fault::of(
                name,
                "fixed",
                "Whether a stage ends a sale is said when it is made. Make another stage and move the opportunities.",
            )]);
        }
    }
    Ok(())
}

/// `credited_territory_id` is fixed once the opportunity is closed: a realignment never moves credit.
fn closed_keeps_its_credit(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    let Some(before) = before else { return Ok(()) };
    let was_closed = before.boolean("is_closed") == Some(true);
    let still_closed = after.get("is_closed").and_then(Value::as_bool) == Some(true);
    if was_closed && still_closed {
        let credit = before
            .fields
            .get("credited_territory_id")
            .cloned()
            .unwrap_or(Value::Null);
        if !credit.is_null() && after.get("credited_territory_id") != Some(&credit) {
            return Err(vec![Fault::of(
                "credited_territory_id",
                "fixed",
                "A closed opportunity keeps the territory it was closed in. Reopen it first.",
            )]);
        }
    }
    Ok(())
}
