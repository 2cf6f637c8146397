//! One customer, one record: who is on record already, what stands there twice, and merging with a way back.

mod http;
mod known;
mod merge;
mod sweep;
#[cfg(test)]
mod tests;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

pub(crate) use known::{ALIKE, Duplicate, NEAR_METERS, Newcomer, duplicates, likeness};

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    http::router()
}
