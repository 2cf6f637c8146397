//! Passwords, sessions and API tokens in the database. The only writer of their tables.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use geom::Timestamp;
use records::{Db, Error, on_db};

use super::{SESSION_MILLIS, hash_secret, new_secret};
use crate::problem::Problem;

/// Shortest password taken.
const SHORTEST_PASSWORD: usize = 8;
/// Longest password taken: hashing is linear in it.
const LONGEST_PASSWORD: usize = 512;
/// A session's last use is written down at most this often.
const SEEN_EVERY: i64 = 60_000;

/// Sets a user's password, as argon2id with a fresh salt. Ends the user's sessions.
pub async fn set_password(db: &Db, user_id: &str, password: &str, now: Timestamp) -> Result<(), Problem> {
    if password.chars().count() < SHORTEST_PASSWORD || password.len() > LONGEST_PASSWORD {
        return Err(Problem::bad(
            "/password",
            "password-length",
            format!("A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."),
        ));
    }
    let password = password.to_owned();
    let hash = tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(Problem::unexpected)?;
    const SQL: &str = "insert into credentials (user_id, password_hash, changed_at) values ($1, $2, $3) \
                       on conflict (user_id) do update set password_hash = $2, changed_at = $3";
    on_db!(write db, pool => sqlx::query(SQL).bind(user_id).bind(&hash).bind(now.0).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    const END: &str = "delete from sessions where user_id = $1";
    on_db!(write db, pool => sqlx::query(END).bind(user_id).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// The user behind an e-mail address and password, if both are right and the user may sign in. Takes as
/// long for an unknown address as for a wrong password.
pub(super) async fn check_password(db: &Db, email: &str, password: &str) -> Result<Option<String>, Problem> {
    const SQL: &str = "select u.id, c.password_hash from users u join credentials c on c.user_id = u.id \
                       where u.email = $1 and (u.active is null or u.active = true)";
    let row: Option<(String, String)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(email).fetch_optional(pool).await)
            .map_err(Error::from)?;
    let (user, hash) = row.map_or((None, None), |(user, hash)| (Some(user), Some(hash)));
    if password.len() > LONGEST_PASSWORD {
        return Ok(None);
    }
    let password = password.to_owned();
    let right = tokio::task::spawn_blocking(move || match hash {
        Some(hash) => PasswordHash::new(&hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        }),
        None => {
            // The same work, so that the time does not tell which addresses exist.
            let _ = Argon2::default().hash_password(password.as_bytes());
            false
        }
    })
    .await
    .map_err(Problem::unexpected)?;
    Ok(user.filter(|_| right))
}

/// Begins a session; gives the secret for the cookie.
pub(super) async fn begin(db: &Db, user_id: &str, now: Timestamp) -> Result<String, Problem> {
    let secret = new_secret().map_err(Problem::unexpected)?;
    const SQL: &str = "insert into sessions (token_hash, user_id, created_at, seen_at, expires_at) values ($1, $2, $3, $3, $4)";
    on_db!(write db, pool => sqlx::query(SQL).bind(hash_secret(&secret)).bind(user_id).bind(now.0)
        .bind(now.0 + SESSION_MILLIS).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    const OLD: &str = "delete from sessions where expires_at < $1";
    on_db!(write db, pool => sqlx::query(OLD).bind(now.0).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(secret)
}

/// Ends a session.
pub(super) async fn end(db: &Db, secret: &str) -> Result<(), Problem> {
    const SQL: &str = "delete from sessions where token_hash = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(hash_secret(secret)).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// The user of a living session; slides its end.
pub(super) async fn user_of_session(
    db: &Db,
    secret: &str,
    now: Timestamp,
) -> Result<Option<String>, Problem> {
    let hash = hash_secret(secret);
    const SQL: &str = "select user_id, seen_at from sessions where token_hash = $1 and expires_at > $2";
    let row: Option<(String, i64)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(&hash).bind(now.0).fetch_optional(pool).await)
            .map_err(Error::from)?;
    let Some((user, seen)) = row else { return Ok(None) };
    if now.0 - seen > SEEN_EVERY {
        const SEEN: &str = "update sessions set seen_at = $2, expires_at = $3 where token_hash = $1";
        on_db!(write db, pool => sqlx::query(SEEN).bind(&hash).bind(now.0).bind(now.0 + SESSION_MILLIS)
            .execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    }
    Ok(Some(user))
}

/// An API token as it is listed: never its secret.
#[derive(Debug, serde::Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub(super) struct TokenInfo {
    pub id: String,
    pub name: String,
    /// `read` or `read write`.
    pub scopes: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub seen_at: Option<i64>,
}

/// Makes an API token for a user; gives its secret, which is shown once and stored hashed.
pub async fn create_token(
    db: &Db,
    user_id: &str,
    name: &str,
    may_write: bool,
    days: i64,
    now: Timestamp,
) -> Result<String, Problem> {
    if !(1..=3650).contains(&days) {
        return Err(Problem::bad(
            "/days",
            "out-of-range",
            "A token lives for 1 to 3650 days.",
        ));
    }
    let secret = format!("bw_{}", new_secret().map_err(Problem::unexpected)?);
    const SQL: &str = "insert into api_tokens (id, token_hash, user_id, name, scopes, created_at, expires_at) \
                       values ($1, $2, $3, $4, $5, $6, $7)";
    let scopes = if may_write { "read write" } else { "read" };
    on_db!(write db, pool => sqlx::query(SQL).bind(records::new_id()).bind(hash_secret(&secret)).bind(user_id).bind(name)
        .bind(scopes).bind(now.0).bind(now.0 + days * 86_400_000).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(secret)
}

/// The user of a living token, and whether it may write.
pub(super) async fn user_of_token(
    db: &Db,
    secret: &str,
    now: Timestamp,
) -> Result<Option<(String, bool)>, Problem> {
    let hash = hash_secret(secret);
    const SQL: &str = "select user_id, scopes from api_tokens where token_hash = $1 and expires_at > $2";
    let row: Option<(String, String)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(&hash).bind(now.0).fetch_optional(pool).await)
            .map_err(Error::from)?;
    Ok(row.map(|(user, scopes)| (user, scopes.contains("write"))))
}

/// A user's tokens.
pub(super) async fn tokens(db: &Db, user_id: &str) -> Result<Vec<TokenInfo>, Problem> {
    const SQL: &str = "select id, name, scopes, created_at, expires_at, seen_at from api_tokens \
                       where user_id = $1 order by created_at desc";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(user_id).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

/// Takes one of a user's tokens back; false if there was none.
pub(super) async fn delete_token(db: &Db, user_id: &str, id: &str) -> Result<bool, Problem> {
    const SQL: &str = "delete from api_tokens where id = $1 and user_id = $2";
    let deleted = on_db!(write db, pool =>
        sqlx::query(SQL).bind(id).bind(user_id).execute(pool).await.map(|r| r.rows_affected()))
    .map_err(Error::from)?;
    Ok(deleted > 0)
}
