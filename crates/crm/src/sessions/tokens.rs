//! API tokens: made, listed and taken back by whom they are of.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::Signed;
use super::store;
use crate::Shared;
use crate::problem::Problem;

/// A token to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewToken {
    /// What it is for.
    name: String,
    /// May it write? Reading only, unless said.
    #[serde(default)]
    write: bool,
    /// For how many days, 1..=3650; 90 unless said.
    days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// The secret: shown this once.
    token: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    tokens: Vec<store::TokenInfo>,
}

/// Make an API token
#[utoipa::path(post, path = "/api/v1/tokens", tag = "session", request_body = NewToken,
    responses((status = 201, body = MadeToken)))]
async fn make_token(
    State(app): State<Shared>,
    signed: Signed,
    Json(given): Json<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let name = given.name.trim();
    if name.is_empty() || name.len() > 120 {
        return Err(Problem::bad(
            "/name",
            "required",
            "Name the token, in at most 120 characters.",
        ));
    }
    let days = given.days.unwrap_or(90);
    let token = store::create_token(
        app.store.db(),
        &signed.user_id,
        name,
        given.write,
        days,
        app.store.now(),
    )
    .await?;
    Ok((StatusCode::CREATED, Json(MadeToken { token })))
}

/// List my API tokens
#[utoipa::path(get, path = "/api/v1/tokens", tag = "session", responses((status = 200, body = Tokens)))]
async fn tokens(State(app): State<Shared>, signed: Signed) -> Result<Json<Tokens>, Problem> {
    Ok(Json(Tokens {
        tokens: store::tokens(app.store.db(), &signed.user_id).await?,
    }))
}

/// Take an API token back
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "session", responses((status = 204)))]
async fn delete_token(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if !store::delete_token(app.store.db(), &signed.user_id, &id).await? {
        return Err(Problem::not_found(format!("API token {id}")));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of tokens.
pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(make_token, tokens))
        .routes(routes!(delete_token))
}
