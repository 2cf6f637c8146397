//! Customers as people meet them: the card, the timeline, the search box.

pub(crate) mod domain;
mod http;
pub(crate) mod phone;
mod search;
#[cfg(test)]
mod tests;
mod timeline;
mod titles;

pub(crate) use titles::Titles;

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

pub(crate) fn rules(rules: records::Rules) -> records::Rules {
    phone::rules(domain::rules(rules))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(http::router())
        .merge(timeline::router())
        .merge(search::router())
}

/// Reads the names that are searched, so that the first search need not.
pub(crate) async fn read_titles(app: std::sync::Arc<crate::App>) {
    if let Err(error) = app.titles.index(&app.store).await {
        tracing::warn!(%error, "names could not be read ahead; the first search reads them");
    }
}
