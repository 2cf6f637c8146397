//! Service: cases with their clocks, calls that open the caller's page, and what becomes late.

mod calls;
mod clock;
mod escalate;
mod http;
mod nearest;
mod open;
mod rules;
#[cfg(test)]
mod tests;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

pub(crate) use calls::IncomingCall;
pub(crate) use escalate::follow;
pub(crate) use open::{Sender, filled_in, open};
pub(crate) use rules::rules;

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(http::router())
        .merge(calls::router())
        .merge(nearest::router())
}
