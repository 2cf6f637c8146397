//! One customer, one record: who is on record already, what stands there twice, and merging with a way back.

mod http;
mod known;
mod merge;
mod names;
mod sweep;
#[cfg(test)]
mod tests;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

pub(crate) use known::{Duplicate, NEAR_METERS, Newcomer, duplicates};
pub(crate) use names::{ALIKE, Names, likeness};

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    http::router()
}
