//! Whose is this place, over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use records::At;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::ownership::{Ownership, main_location, ownership};
use super::layout_at;
use crate::Shared;
use crate::app::App;
use crate::crud::{When, read_at};
use crate::live::visible_location;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Whose a place is, since when, and why
#[utoipa::path(get, path = "/api/v1/locations/{id}/ownership", tag = "territories", params(When),
    responses((status = 200, body = Ownership), (status = 404, body = Problem)))]
async fn location_ownership(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(when): Query<When>,
) -> Result<Json<Ownership>, Problem> {
    let at = read_at(&app, &when)?;
    let location = visible_location(&app, &signed, &id, at).await?;
    let layout = layout_at(&app, at).await?;
    Ok(Json(
        ownership(&app, &signed.viewer, &location, at, &layout).await?,
    ))
}

/// Whose a customer's first place is, since when, and why
#[utoipa::path(get, path = "/api/v1/accounts/{id}/ownership", tag = "territories", params(When),
    responses((status = 200, body = Ownership), (status = 404, body = Problem)))]
async fn account_ownership(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(when): Query<When>,
) -> Result<Json<Ownership>, Problem> {
    let at = read_at(&app, &when)?;
    let location = main_location(&app, &signed.viewer, &id, at).await?;
    let location = location.ok_or_else(|| Problem::not_found(format!("A place of customer {id}")))?;
    let layout = layout_at(&app, at).await?;
    Ok(Json(
        ownership(&app, &signed.viewer, &location, at, &layout).await?,
    ))
}

/// Ownership of a place for the customer's card.
pub(crate) async fn ownership_for_card(
    app: &App,
    signed: &Signed,
    location: &records::Record,
    at: At,
) -> Result<Ownership, Problem> {
    let layout = layout_at(app, at).await?;
    ownership(app, &signed.viewer, location, at, &layout).await
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(location_ownership))
        .routes(routes!(account_ownership))
}
