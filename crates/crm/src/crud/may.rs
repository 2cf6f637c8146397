//! Records as they are shown, with what whoever asks may do with each, so that a page offers nothing that would be refused.

use records::{At, May, Record};
use serde::Serialize;
use utoipa::ToSchema;

use super::http::RecordJson;
use crate::app::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// What whoever asks may do with a record.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = May)]
pub(crate) struct MayJson {
    /// Change its fields.
    pub(crate) write: bool,
    /// Delete it.
    pub(crate) delete: bool,
}

impl From<May> for MayJson {
    fn from(may: May) -> Self {
        Self {
            write: may.write,
            delete: may.delete,
        }
    }
}

/// Records that were read for somebody, with what they may do with each. The past is only looked at.
pub(crate) async fn with_may(
    app: &App,
    signed: &Signed,
    records: Vec<Record>,
    at: At,
) -> Result<Vec<RecordJson>, Problem> {
    let mut shown = Vec::with_capacity(records.len());
    let may = match records.first() {
        Some(first) if at == At::PRESENT => {
            let ids: Vec<&str> = records.iter().map(|r| r.id.as_str()).collect();
            may_each(app, signed, &first.type_name, &ids).await?
        }
        _ => Vec::new(),
    };
    for (place, record) in records.into_iter().enumerate() {
        shown.push(RecordJson {
            may: may.get(place).copied(),
            ..record.into()
        });
    }
    Ok(shown)
}

/// The same of one record.
pub(crate) async fn one_with_may(
    app: &App,
    signed: &Signed,
    record: Record,
    at: At,
) -> Result<RecordJson, Problem> {
    let shown = with_may(app, signed, vec![record], at).await?.pop();
    shown.ok_or_else(|| Problem::unexpected("one record is one record"))
}

/// What somebody may do with records of a type that they see, in the order of their ids.
pub(crate) async fn may_each(
    app: &App,
    signed: &Signed,
    type_name: &str,
    ids: &[&str],
) -> Result<Vec<MayJson>, Problem> {
    let nothing = May::default();
    if signed.reads_only {
        return Ok(vec![nothing.into(); ids.len()]);
    }
    if let Some(all) = app.store.may_all(&signed.viewer, type_name) {
        return Ok(vec![all.into(); ids.len()]);
    }
    let found = app.store.may(&signed.viewer, type_name, ids).await?;
    // What went out of sight meanwhile may not be touched.
    let each = ids.iter().map(|id| found.get(*id).copied().unwrap_or(nothing));
    Ok(each.map(MayJson::from).collect())
}
