//! Cycles on record: the only writer of their table.

use records::{Db, Error, on_db};

use super::{Body, Question};
use crate::App;
use crate::problem::Problem;

/// So many cycles are listed.
const LISTED: i64 = 30;

/// A row of the table.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Stored {
    pub id: String,
    pub user_id: String,
    pub created_at: i64,
    pub first_day: String,
    pub last_day: String,
    /// planning, ready, failed, accepted
    pub state: String,
    pub job_id: Option<String>,
    pub parent_id: Option<String>,
    question: String,
    body: Option<String>,
    pub change_set: Option<String>,
}

impl Stored {
    /// What was asked.
    pub fn question(&self) -> Result<Question, Problem> {
        serde_json::from_str(&self.question).map_err(Problem::unexpected)
    }

    /// The plan so far; empty at the very beginning.
    pub fn body(&self) -> Result<Body, Problem> {
        self.body
            .as_deref()
            .map_or_else(|| Ok(Body::default()), serde_json::from_str)
            .map_err(Problem::unexpected)
    }
}

macro_rules! columns {
    () => {
        "id, user_id, created_at, first_day, last_day, state, job_id, parent_id, question, body, change_set"
    };
}

/// Keeps a new cycle, to be planned.
pub(super) async fn insert(
    app: &App,
    user_id: &str,
    days: (&str, &str),
    parent_id: Option<&str>,
    question: &Question,
) -> Result<String, Problem> {
    const SQL: &str = "insert into cycles (id, user_id, created_at, first_day, last_day, state, parent_id, question) \
                       values ($1, $2, $3, $4, $5, 'planning', $6, $7)";
    let id = records::new_id();
    let question = serde_json::to_string(question).map_err(Problem::unexpected)?;
    on_db!(write app.store.db(), pool => sqlx::query(SQL).bind(&id).bind(user_id).bind(app.store.now().0)
        .bind(days.0).bind(days.1).bind(parent_id).bind(&question).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(id)
}

/// One cycle.
pub(super) async fn find(db: &Db, id: &str) -> Result<Stored, Problem> {
    const SQL: &str = concat!("select ", columns!(), " from cycles where id = $1");
    let found: Option<Stored> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await)
            .map_err(Error::from)?;
    found.ok_or_else(|| Problem::not_found(format!("Cycle {id}")))
}

/// The newest.
pub(super) async fn list(db: &Db) -> Result<Vec<Stored>, Problem> {
    const SQL: &str = concat!(
        "select ",
        columns!(),
        " from cycles order by created_at desc, id desc limit $1"
    );
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(LISTED).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

/// The job that works on it.
pub(super) async fn set_job(db: &Db, id: &str, job: &str) -> Result<(), Problem> {
    const SQL: &str = "update cycles set job_id = $2 where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(job).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// What the solver got, with which the plan can be computed again.
pub(super) async fn set_problem(db: &Db, id: &str, problem: &str) -> Result<(), Problem> {
    const SQL: &str = "update cycles set problem = $2 where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(problem).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// The plan so far, and how it stands.
pub(super) async fn set_body(db: &Db, id: &str, state: &str, body: &Body) -> Result<(), Problem> {
    const SQL: &str = "update cycles set state = $2, body = $3 where id = $1 and state <> 'accepted'";
    let body = serde_json::to_string(body).map_err(Problem::unexpected)?;
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(state).bind(&body).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Another question about the same days, to be planned.
pub(super) async fn set_question(db: &Db, id: &str, state: &str, question: &Question) -> Result<(), Problem> {
    const SQL: &str = "update cycles set question = $2, state = $3 where id = $1 and state <> 'accepted'";
    let question = serde_json::to_string(question).map_err(Problem::unexpected)?;
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(&question).bind(state).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// It was accepted, or its acceptance was undone.
pub(super) async fn set_accepted(db: &Db, id: &str, change_set: Option<&str>) -> Result<(), Problem> {
    const SQL: &str = "update cycles set state = $2, change_set = $3 where id = $1";
    let state = if change_set.is_some() { "accepted" } else { "ready" };
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(state).bind(change_set).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Forgets a draft.
pub(super) async fn delete(db: &Db, id: &str) -> Result<(), Problem> {
    const SQL: &str = "delete from cycles where id = $1 and state <> 'accepted'";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}
