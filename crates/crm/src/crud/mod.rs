//! Create, read, update, delete, filter, sort, page, history, undo: the same for every declared type.

mod asking;
mod change_sets;
mod history;
mod http;
mod idempotency;
mod may;
#[cfg(test)]
mod may_tests;
mod types;

pub(crate) use asking::{ListParams, as_of_of, query_of, read_at, type_of};
pub(crate) use change_sets::user_names;
pub(crate) use http::{RecordJson, WrittenRecord, if_match, router};
pub(crate) use may::{may_each, one_with_may, with_may};

pub(crate) use idempotency::http_once;

use serde::Deserialize;
use utoipa::IntoParams;

/// As of when to read.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct When {
    /// What was true then: milliseconds since 1970, RFC 3339, or a local day (its end).
    pub as_of: Option<String>,
    /// As believed then; the present unless said.
    pub known_at: Option<String>,
}
