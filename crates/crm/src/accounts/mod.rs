//! Customers as people meet them: the card, the timeline, the search box.

mod http;
mod search;
mod timeline;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(http::router())
        .merge(timeline::router())
        .merge(search::router())
}
