//! Who follows what, and what each person was told. The only writer of these tables.

use records::{Db, Error, on_db};

use crate::problem::Problem;

/// Something a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub user_id: String,
    /// mention, comment, change
    pub kind: &'static str,
    /// What it is about.
    pub record: (String, String),
    /// What changed there, when that is another record; the comment.
    pub by: Option<(String, String)>,
    pub operation: String,
    pub actor_id: Option<String>,
    pub at: i64,
    /// It is told once.
    pub once: String,
}

/// A notice on record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Told {
    pub id: String,
    pub kind: String,
    pub record_type: String,
    pub record_id: String,
    pub by_type: Option<String>,
    pub by_id: Option<String>,
    pub operation: Option<String>,
    pub actor_id: Option<String>,
    pub at: i64,
    pub read_at: Option<i64>,
}

/// Whether there is one more thing to tell.
pub(super) async fn tell(db: &Db, notice: &Notice) -> Result<bool, Problem> {
    const SQL: &str = "insert into notifications (id, user_id, kind, record_type, record_id, by_type, by_id, operation, actor_id, at, once) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (user_id, once) do nothing";
    let (by_type, by_id) = notice.by.clone().unzip();
    let rows = on_db!(write db, pool => sqlx::query(SQL).bind(records::new_id()).bind(&notice.user_id).bind(notice.kind)
        .bind(&notice.record.0).bind(&notice.record.1).bind(&by_type).bind(&by_id).bind(&notice.operation)
        .bind(&notice.actor_id).bind(notice.at).bind(&notice.once).execute(pool).await.map(|r| r.rows_affected()))
    .map_err(Error::from)?;
    Ok(rows > 0)
}

/// What a person was told, newest first.
pub(super) async fn told(db: &Db, user: &str, most: i64) -> Result<Vec<Told>, Problem> {
    const SQL: &str = "select id, kind, record_type, record_id, by_type, by_id, operation, actor_id, at, read_at \
                       from notifications where user_id = $1 order by at desc, id desc limit $2";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(user).bind(most).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

/// Marks as read: one, or all up to now.
pub(super) async fn read(db: &Db, user: &str, id: Option<&str>, now: i64) -> Result<(), Problem> {
    const SQL: &str = "update notifications set read_at = $3 where user_id = $1 and read_at is null and ($2 is null or id = $2)";
    const POSTGRES: &str = "update notifications set read_at = $3 where user_id = $1 and read_at is null and ($2::text is null or id = $2)";
    match db {
        Db::Sqlite { write, .. } => sqlx::query(SQL)
            .bind(user)
            .bind(id)
            .bind(now)
            .execute(write)
            .await
            .map(|_| ()),
        Db::Postgres(pool) => sqlx::query(POSTGRES)
            .bind(user)
            .bind(id)
            .bind(now)
            .execute(pool)
            .await
            .map(|_| ()),
    }
    .map_err(Error::from)?;
    Ok(())
}

/// Forgets what is older than a time.
pub(super) async fn sweep(db: &Db, before: i64) -> Result<(), Problem> {
    const SQL: &str = "delete from notifications where at < $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(before).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Begins to follow.
pub(super) async fn follow(db: &Db, user: &str, type_name: &str, id: &str, now: i64) -> Result<(), Problem> {
    const SQL: &str = "insert into follows (user_id, record_type, record_id, created_at) values ($1, $2, $3, $4) \
                       on conflict (user_id, record_id) do nothing";
    on_db!(write db, pool => sqlx::query(SQL).bind(user).bind(type_name).bind(id).bind(now).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Ends it.
pub(super) async fn unfollow(db: &Db, user: &str, id: &str) -> Result<(), Problem> {
    const SQL: &str = "delete from follows where user_id = $1 and record_id = $2";
    on_db!(write db, pool => sqlx::query(SQL).bind(user).bind(id).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Whether somebody follows, and how many do.
pub(super) async fn following(db: &Db, user: &str, id: &str) -> Result<(bool, i64), Problem> {
    const SQL: &str = "select count(*), coalesce(sum(case when user_id = $1 then 1 else 0 end), 0) from follows where record_id = $2";
    const POSTGRES: &str = "select count(*), coalesce(sum(case when user_id = $1 then 1 else 0 end), 0)::bigint from follows where record_id = $2";
    // Asked where it was written: a reader beside the writer may be a moment behind.
    let (count, own): (i64, i64) = match db {
        Db::Sqlite { write, .. } => sqlx::query_as(SQL).bind(user).bind(id).fetch_one(write).await,
        Db::Postgres(pool) => sqlx::query_as(POSTGRES).bind(user).bind(id).fetch_one(pool).await,
    }
    .map_err(Error::from)?;
    Ok((own > 0, count))
}

/// What a person follows, newest first: type and id.
pub(super) async fn followed(db: &Db, user: &str) -> Result<Vec<(String, String)>, Problem> {
    const SQL: &str = "select record_type, record_id from follows where user_id = $1 order by created_at desc, record_id limit 500";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).bind(user).fetch_all(pool).await).map_err(Error::from)?)
}

/// Every record that somebody follows: user, type and id.
pub(super) async fn all(db: &Db) -> Result<Vec<(String, String, String)>, Problem> {
    const SQL: &str = "select user_id, record_type, record_id from follows";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(Error::from)?)
}

/// The number of the last change that everybody was told of; before the first look it is the given one.
pub(super) async fn cursor(db: &Db, first: i64) -> Result<i64, Problem> {
    const MAKE: &str =
        "insert into feed_cursors (name, seq) values ('notifications', $1) on conflict (name) do nothing";
    on_db!(write db, pool => sqlx::query(MAKE).bind(first).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    const READ: &str = "select seq from feed_cursors where name = 'notifications'";
    let (seq,): (i64,) =
        on_db!(write db, pool => sqlx::query_as(READ).fetch_one(pool).await).map_err(Error::from)?;
    Ok(seq)
}

/// Everybody was told up to a number.
pub(super) async fn advance(db: &Db, seq: i64) -> Result<(), Problem> {
    const SQL: &str = "update feed_cursors set seq = $1 where name = 'notifications' and seq < $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(seq).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}
