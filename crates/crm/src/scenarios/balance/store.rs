//! Searches for a balance on record: the only writer of their table.

use records::{Db, Error, on_db};

use super::{Body, Question};
use crate::App;
use crate::problem::Problem;

/// So many are listed.
const LISTED: i64 = 30;

/// A row of the table.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::scenarios) struct Stored {
    pub id: String,
    pub scenario_id: String,
    pub user_id: String,
    pub created_at: i64,
    /// running, ready, failed, kept
    pub state: String,
    pub job_id: Option<String>,
    question: String,
    /// The operations it rests on.
    pub basis: String,
    body: Option<String>,
}

impl Stored {
    pub fn question(&self) -> Result<Question, Problem> {
        serde_json::from_str(&self.question).map_err(Problem::unexpected)
    }

    pub fn body(&self) -> Result<Body, Problem> {
        let body = self.body.as_deref();
        body.map_or_else(|| Ok(Body::default()), serde_json::from_str)
            .map_err(Problem::unexpected)
    }
}

macro_rules! columns {
    () => {
        "id, scenario_id, user_id, created_at, state, job_id, question, basis, body"
    };
}

pub(in crate::scenarios) async fn insert(
    app: &App,
    scenario: &str,
    user_id: &str,
    basis: &str,
    question: &Question,
) -> Result<String, Problem> {
    const SQL: &str = "insert into scenario_balances (id, scenario_id, user_id, created_at, state, question, basis) \
                       values ($1, $2, $3, $4, 'running', $5, $6)";
    let id = records::new_id();
    let question = serde_json::to_string(question).map_err(Problem::unexpected)?;
    on_db!(write app.store.db(), pool => sqlx::query(SQL).bind(&id).bind(scenario).bind(user_id).bind(app.store.now().0)
        .bind(&question).bind(basis).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(id)
}

pub(in crate::scenarios) async fn find(db: &Db, id: &str) -> Result<Stored, Problem> {
    const SQL: &str = concat!("select ", columns!(), " from scenario_balances where id = $1");
    let found: Option<Stored> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await)
            .map_err(Error::from)?;
    found.ok_or_else(|| Problem::not_found(format!("Balance {id}")))
}

pub(in crate::scenarios) async fn list(db: &Db, scenario: &str) -> Result<Vec<Stored>, Problem> {
    const SQL: &str = concat!(
        "select ",
        columns!(),
        " from scenario_balances where scenario_id = $1 order by created_at desc, id desc limit $2"
    );
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(scenario).bind(LISTED).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

pub(in crate::scenarios) async fn set_job(db: &Db, id: &str, job: &str) -> Result<(), Problem> {
    const SQL: &str = "update scenario_balances set job_id = $2 where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(job).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// The best so far, and how it stands.
pub(super) async fn set_body(db: &Db, id: &str, state: &str, body: &Body) -> Result<(), Problem> {
    const SQL: &str = "update scenario_balances set state = $2, body = $3 where id = $1 and state <> 'kept'";
    let body = serde_json::to_string(body).map_err(Problem::unexpected)?;
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(state).bind(&body).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

pub(in crate::scenarios) async fn set_state(db: &Db, id: &str, state: &str) -> Result<(), Problem> {
    const SQL: &str = "update scenario_balances set state = $2 where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(state).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

pub(in crate::scenarios) async fn delete(db: &Db, id: &str) -> Result<(), Problem> {
    const SQL: &str = "delete from scenario_balances where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}
