//! What the program owes a person: all that is on record of them as a file, erasure everywhere that keeps the amounts, and
//! an end to keeping whom nobody deals with any more.
//!
//! Which fields are personal stands in the declarations (`personal = true`, also on fields that an administrator adds).
//! An erasure replaces them in every version of what is the person's own; from all other texts of every record, its past
//! and every other table it takes the words by which the person is known (`words`). Each record's entry in the feed
//! vouches for what is left, so the chain still verifies.

mod beside;
mod erase;
mod export;
mod http;
mod person;
mod plan;
mod retention;
#[cfg(test)]
mod tests;
mod words;
mod zip;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    http::router()
}
