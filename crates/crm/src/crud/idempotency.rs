//! A post that is sent twice is done once: `Idempotency-Key`.

use std::future::Future;

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use records::{Error, on_db};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Answers are kept for a day.
const KEPT: i64 = 86_400_000;
/// A first request that has no answer after this long died on the way.
const GIVEN_UP_AFTER: i64 = 60_000;

/// Runs `work` unless the same user sent the same key with the same body before; then gives that answer.
pub(crate) async fn http_once<T, F>(
    app: &App,
    signed: &Signed,
    headers: &HeaderMap,
    request: &[u8],
    work: impl FnOnce() -> F,
) -> Result<Response, Problem>
where
    T: Serialize,
    F: Future<Output = Result<(StatusCode, T), Problem>>,
{
    let Some(key) = headers.get("idempotency-key") else {
        let (status, body) = work().await?;
        return Ok((status, Json(body)).into_response());
    };
    let key = key
        .to_str()
        .ok()
        .filter(|k| (1..=200).contains(&k.len()))
        .ok_or_else(|| {
            Problem::bad(
                "Idempotency-Key",
                "bad-key",
                "Idempotency-Key is 1 to 200 visible characters.",
            )
        })?;
    let digest: String = Sha256::digest(request)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let db = app.store.db();
    let now = app.store.now().0;

    const SWEEP: &str =
        "delete from idempotency_keys where created_at < $1 or (status is null and created_at < $2)";
    on_db!(write db, pool => sqlx::query(SWEEP).bind(now - KEPT).bind(now - GIVEN_UP_AFTER).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    const TAKE: &str = "insert into idempotency_keys (user_id, idempotency_key, request_digest, created_at) \
                        values ($1, $2, $3, $4) on conflict (user_id, idempotency_key) do nothing";
    let taken =
        on_db!(write db, pool => sqlx::query(TAKE).bind(&signed.user_id).bind(key).bind(&digest).bind(now)
        .execute(pool).await.map(|r| r.rows_affected()))
        .map_err(Error::from)?;
    if taken == 0 {
        const KNOWN: &str = "select request_digest, status, response from idempotency_keys \
                             where user_id = $1 and idempotency_key = $2";
        let row: Option<(String, Option<i64>, Option<String>)> = on_db!(read db, pool =>
            sqlx::query_as(KNOWN).bind(&signed.user_id).bind(key).fetch_optional(pool).await)
        .map_err(Error::from)?;
        return match row {
            Some((known, _, _)) if known != digest => Err(Problem::conflict(
                "key-used",
                "This Idempotency-Key was sent with another request. Use a new key for a new request.",
            )),
            Some((_, Some(status), Some(body))) => {
                let status = u16::try_from(status)
                    .ok()
                    .and_then(|s| StatusCode::from_u16(s).ok());
                let body: serde_json::Value = serde_json::from_str(&body).map_err(Problem::unexpected)?;
                Ok((status.unwrap_or(StatusCode::OK), Json(body)).into_response())
            }
            _ => Err(Problem::conflict(
                "still-at-it",
                "The first request with this key is still being answered.",
            )),
        };
    }
    match work().await {
        Ok((status, body)) => {
            let body = serde_json::to_value(body).map_err(Problem::unexpected)?;
            const DONE: &str = "update idempotency_keys set status = $3, response = $4 \
                                where user_id = $1 and idempotency_key = $2";
            on_db!(write db, pool => sqlx::query(DONE).bind(&signed.user_id).bind(key)
                .bind(i64::from(status.as_u16())).bind(body.to_string()).execute(pool).await.map(|_| ()))
            .map_err(Error::from)?;
            Ok((status, Json(body)).into_response())
        }
        Err(problem) => {
            // Nothing was written, so the same key may be tried again.
            const FREE: &str = "delete from idempotency_keys where user_id = $1 and idempotency_key = $2";
            on_db!(write db, pool => sqlx::query(FREE).bind(&signed.user_id).bind(key).execute(pool).await.map(|_| ()))
                .map_err(Error::from)?;
            Err(problem)
        }
    }
}
