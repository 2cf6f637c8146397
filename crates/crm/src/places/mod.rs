//! Where customers are: looking addresses up, the status of every place, the repair queue, and the look-up
//! itself over HTTP.
//!
//! A place's status is `pending` until the background look-up reaches it, then `auto`, `review`, `failed` or
//! `outside`; `pinned` was set by hand and `imported` came with the data, and neither is ever looked up again
//! by itself.

mod accuracy;
mod alike;
mod follow;
mod http;
mod lookup;
mod repair;
mod services;

pub(crate) use follow::follow;
pub(crate) use lookup::{geocode_all, request_fields};
pub(crate) use services::{Reaches, drive_time_area};

use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(http::router())
        .merge(repair::router())
        .merge(alike::router())
        .merge(accuracy::router())
        .merge(services::router())
}
