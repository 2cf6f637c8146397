//! Files that lie with records: what came with a mail, what somebody attached.
//!
//! The record says name, kind and whom it belongs to; the bytes lie in a folder under their own digest, so the same
//! file is kept once, and what is read is what was written.

mod http;
#[cfg(test)]
mod tests;
mod vault;

use std::sync::Arc;

use geom::Timestamp;
use records::{Fault, Op, Record, Rules, fields};
use serde_json::{Map, Value};

use crate::App;
use crate::problem::Problem;

pub(crate) use http::router;
pub(crate) use vault::Vault;

/// Largest file taken, in bytes.
pub(crate) const LARGEST: usize = 30 * 1024 * 1024;

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("file", has_bytes)
}

/// A record without bytes would be a promise.
fn has_bytes(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    if after.get("digest").is_none_or(Value::is_null) {
        return Err(vec![Fault::of(
            "digest",
            "no-bytes",
            "A file is made by sending its bytes to /api/v1/files/upload.",
        )]);
    }
    let name = after.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = mail::file_name(name);
    after.insert("name".into(), name.into());
    Ok(())
}

/// What a file lies with.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub type_name: String,
    pub id: String,
    pub account_id: Option<String>,
    pub activity_id: Option<String>,
    pub owner_id: Option<String>,
}

/// Puts bytes away; gives the operation that puts them on record.
pub(crate) async fn kept(
    app: &App,
    name: &str,
    media_type: &str,
    bytes: Arc<Vec<u8>>,
    about: &About,
) -> Result<Op, Problem> {
    let size = bytes.len();
    let vault = Vault::of(app)?;
    let digest = tokio::task::spawn_blocking(move || vault.put(&bytes))
        .await
        .map_err(Problem::unexpected)?
        .map_err(Problem::unexpected)?;
    Ok(Op::create(
        "file",
        fields([
            ("name", mail::file_name(name).into()),
            ("media_type", mail::header_text(media_type, 120).into()),
            ("size", size.into()),
            ("digest", digest.into()),
            ("about_type", about.type_name.as_str().into()),
            ("about_id", about.id.as_str().into()),
            ("account_id", about.account_id.clone().into()),
            ("activity_id", about.activity_id.clone().into()),
            ("owner_id", about.owner_id.clone().into()),
        ]),
    ))
}
