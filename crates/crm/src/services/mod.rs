//! The map's own services in the forms that existing programs speak: routes and tables as OSRM answers them,
//! addresses as Nominatim and Photon do, tours as VROOM does. They tell what is on the map and nothing about customers.
//!
//! Such programs cannot sign in. A server may therefore be started with these services open to everybody
//! who reaches it (the demo is); otherwise they take the same cookie or token as everything else.

mod found;
mod nominatim;
mod osrm;
mod photon;
mod vroom;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Somebody who may ask about the map: anybody signed in, or anybody at all where the services are open.
pub(crate) struct MapReader {
    /// Who it is, if signed in.
    pub user_id: Option<String>,
}

impl FromRequestParts<Shared> for MapReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let user_id = match Signed::from_request_parts(parts, app).await {
            Ok(signed) => Some(signed.user_id),
            Err(_) if app.settings.open_services => None,
            Err(refused) => return Err(refused),
        };
        Ok(Self { user_id })
    }
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(nominatim::router())
        .merge(photon::router())
        .merge(osrm::router())
        .merge(vroom::router())
}
