//! The rows of jobs. The only writer of their table.

use geom::Timestamp;
use records::{Db, Error, on_db};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::queue::Queue;
use crate::{App, app::Event};

/// A piece of long work and how far it is.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// `import-check`, `import-run`, `geocode`, `cycle-plan`, `cycle-accept`, `scenario-balance`.
    pub kind: String,
    /// `queued`, `running`, `done`, `failed`, `cancelled`.
    pub state: String,
    /// Units done.
    pub done: i64,
    /// Units in all; 0 while unknown.
    pub total: i64,
    /// What is counted: `rows`, `places`, `steps`, `days`, `rounds`.
    pub unit: String,
    /// What it is doing, or why it failed.
    pub message: String,
    /// What came of it, as JSON; null until done.
    #[schema(value_type = Option<Object>)]
    #[serde(serialize_with = "as_json")]
    pub result: Option<String>,
    /// Who asked for it.
    pub user_id: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub started_at: Option<i64>,
    /// Milliseconds since 1970.
    pub finished_at: Option<i64>,
    /// What the work is about.
    #[serde(skip)]
    pub payload: String,
    /// How often a worker took it up.
    #[serde(skip)]
    pub attempts: i64,
}

fn as_json<S: serde::Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let value: Option<Value> = text.as_deref().and_then(|t| serde_json::from_str(t).ok());
    value.serialize(serializer)
}

macro_rules! columns {
    () => {
        "id, kind, state, done, total, unit, message, result, user_id, created_at, started_at, finished_at, payload, attempts"
    };
}

/// Puts a job into the queue and wakes a worker.
pub(crate) async fn enqueue(
    app: &App,
    kind: &str,
    unit: &str,
    payload: &Value,
    user_id: Option<&str>,
) -> Result<Job, Problem> {
    let id = records::new_id();
    const SQL: &str = "insert into jobs (id, kind, payload, state, done, total, unit, message, user_id, created_at, attempts, cancel_requested) \
                       values ($1, $2, $3, 'queued', 0, 0, $4, '', $5, $6, 0, false)";
    on_db!(write app.store.db(), pool => sqlx::query(SQL).bind(&id).bind(kind).bind(payload.to_string()).bind(unit)
        .bind(user_id).bind(app.store.now().0).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    app.jobs.wake.notify_one();
    find(app.store.db(), &id)
        .await?
        .ok_or_else(|| Problem::unexpected("a queued job is gone"))
}

/// One job.
pub(crate) async fn find(db: &Db, id: &str) -> Result<Option<Job>, Problem> {
    const SQL: &str = concat!("select ", columns!(), " from jobs where id = $1");
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await)
            .map_err(Error::from)?,
    )
}

/// The newest jobs: of one user, or of all.
pub(super) async fn list(db: &Db, user_id: Option<&str>) -> Result<Vec<Job>, Problem> {
    const SQL: &str = concat!(
        "select ",
        columns!(),
        " from jobs where $1 is null or user_id = $1 order by created_at desc, id desc limit 100"
    );
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(user_id).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

/// Claims the oldest job that waits, or whose worker's lease ran out.
pub(super) async fn claim(db: &Db, worker: &str, now: Timestamp, lease: i64) -> Result<Option<Job>, Problem> {
    let queue = Queue {
        table: "jobs",
        set: "state = 'running', started_at = coalesce(started_at, $3)",
        pick: "select id from jobs where state = 'queued' or (state = 'running' and lease_until < $3) order by created_at, id limit 1",
        columns: columns!(),
    };
    queue.claim(db, worker, now, lease).await
}

/// Writes progress down and renews the lease; tells whether the job should stop: it was cancelled, or
/// another worker has it.
pub(super) async fn report(db: &Db, job: &Job, worker: &str, lease_until: i64) -> Result<bool, Problem> {
    const SQL: &str = "update jobs set done = $3, total = $4, message = $5, lease_until = $6 \
                       where id = $1 and worker = $2 and state = 'running' returning cancel_requested";
    let row: Option<(bool,)> =
        on_db!(write db, pool => sqlx::query_as(SQL).bind(&job.id).bind(worker).bind(job.done)
        .bind(job.total).bind(&job.message).bind(lease_until).fetch_optional(pool).await)
        .map_err(Error::from)?;
    Ok(row.is_none_or(|r| r.0))
}

/// Ends a job.
pub(super) async fn finish(db: &Db, job: &Job, worker: &str, now: Timestamp) -> Result<(), Problem> {
    const SQL: &str = "update jobs set state = $3, message = $4, result = $5, finished_at = $6, done = $7, total = $8, lease_until = null \
                       where id = $1 and worker = $2 and state = 'running'";
    on_db!(write db, pool => sqlx::query(SQL).bind(&job.id).bind(worker).bind(&job.state).bind(&job.message)
        .bind(&job.result).bind(now.0).bind(job.done).bind(job.total).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(())
}

/// Asks a job to stop; one that nobody works on stops at once.
pub(crate) async fn cancel(db: &Db, id: &str, now: Timestamp) -> Result<(), Problem> {
    const SQL: &str = "update jobs set cancel_requested = true, \
                       finished_at = case when state = 'queued' then $2 else finished_at end, \
                       state = case when state = 'queued' then 'cancelled' else state end where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(now.0).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Tells browsers that a job's row changed.
pub(super) fn tell(app: &App, job: &Job) {
    // Without anybody listening there is nobody to tell.
    let _ = app.events.send(Event::Job(job.clone()));
}
