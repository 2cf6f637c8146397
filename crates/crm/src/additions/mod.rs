//! Fields and record types that an administrator adds without code. Each is a record like any other, with history and
//! undo; what they say together is what the store adopts ([`records::Additions`]).

mod follow;
mod names;
mod read;
mod rules;
#[cfg(test)]
mod tests;

use records::{Op, Store};
use serde_json::{Map, Value};

use crate::App;
use crate::problem::Problem;

pub(crate) use follow::follow;
pub(crate) use rules::rules;

pub(crate) const FIELD: &str = "custom_field";
pub(crate) const TYPE: &str = "custom_type";

/// A record of this type says what other records consist of.
pub(crate) fn is_declaration(type_name: &str) -> bool {
    type_name == FIELD || type_name == TYPE
}

/// Lets the store know what is declared on record.
///
/// # Errors
/// What the database says, and [`records::Error::Schema`] where a declaration cannot be used.
pub(crate) async fn adopt_declared(store: &Store) -> Result<(), records::Error> {
    store.adopt(read::additions(store, None).await?).await
}

/// Before a declaration is written: makes room for it, so that one that cannot be used is refused and not written.
pub(crate) async fn make_room(app: &App, op: &Op) -> Result<(), Problem> {
    if !is_declaration(op.type_name()) {
        return Ok(());
    }
    let additions = read::additions(&app.store, Some(op)).await?;
    app.store.adopt(additions).await.map_err(|error| match error {
        records::Error::Schema(reason) => Problem::bad("/fields", "unusable", reason),
        other => other.into(),
    })
}

/// After a write that may have concerned declarations, or failed to: what is on record counts.
pub(crate) async fn settled(app: &App, type_name: &str) {
    if is_declaration(type_name) {
        catch_up(app).await;
    }
}

pub(crate) async fn catch_up(app: &App) {
    if let Err(error) = adopt_declared(&app.store).await {
        tracing::error!(%error, "added fields and types could not be taken up");
    }
    app.live.look_at_fields();
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|t| !t.is_empty())
}
