//! Possible sales. A closed opportunity keeps what it was closed with.

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("opportunity", closed_keeps_its_credit)
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
