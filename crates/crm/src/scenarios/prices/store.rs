//! Prices of scenarios: the only writer of their table. One answer is kept for each scenario.

use records::{Db, Error, on_db};

use super::{Body, Question};
use crate::App;
use crate::problem::Problem;

/// A row of the table.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::scenarios) struct Stored {
    pub scenario_id: String,
    pub user_id: String,
    pub created_at: i64,
    /// running, ready, failed
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

/// Begins anew; what was known before is forgotten.
pub(in crate::scenarios) async fn insert(
    app: &App,
    scenario: &str,
    user_id: &str,
    basis: &str,
    question: &Question,
) -> Result<(), Problem> {
    const SQL: &str = "insert into scenario_prices (scenario_id, user_id, created_at, state, question, basis) \
                       values ($1, $2, $3, 'running', $4, $5) on conflict (scenario_id) do update set \
                       user_id = excluded.user_id, created_at = excluded.created_at, state = excluded.state, \
                       question = excluded.question, basis = excluded.basis, job_id = null, body = null";
    let question = serde_json::to_string(question).map_err(Problem::unexpected)?;
    on_db!(write app.store.db(), pool => sqlx::query(SQL).bind(scenario).bind(user_id).bind(app.store.now().0)
        .bind(&question).bind(basis).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(())
}

pub(in crate::scenarios) async fn find(db: &Db, scenario: &str) -> Result<Option<Stored>, Problem> {
    const SQL: &str = "select scenario_id, user_id, created_at, state, job_id, question, basis, body \
                       from scenario_prices where scenario_id = $1";
    let found = on_db!(read db, pool => sqlx::query_as(SQL).bind(scenario).fetch_optional(pool).await)
        .map_err(Error::from)?;
    Ok(found)
}

pub(in crate::scenarios) async fn set_job(db: &Db, scenario: &str, job: &str) -> Result<(), Problem> {
    const SQL: &str = "update scenario_prices set job_id = $2 where scenario_id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(scenario).bind(job).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Unless it was asked again meanwhile.
pub(super) async fn set_body(db: &Db, stored: &Stored, state: &str, body: &Body) -> Result<(), Problem> {
    const SQL: &str = "update scenario_prices set state = $2, body = $3 where scenario_id = $1 and basis = $4 and created_at = $5";
    let body = serde_json::to_string(body).map_err(Problem::unexpected)?;
    on_db!(write db, pool => sqlx::query(SQL).bind(&stored.scenario_id).bind(state).bind(&body)
        .bind(&stored.basis).bind(stored.created_at).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(())
}
