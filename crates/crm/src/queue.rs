//! Rows that wait in a table until one of several workers takes them.

use geom::Timestamp;
use records::{Db, Error};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow};

use crate::problem::Problem;

/// A table that work waits in. It has the columns `worker`, `lease_until` (milliseconds since 1970) and `attempts`.
pub(crate) struct Queue {
    pub table: &'static str,
    /// What else becomes of a row that is taken, in SQL.
    pub set: &'static str,
    /// Selects the id of the row to take, now being `$3`.
    pub pick: &'static str,
    /// The columns a worker is given.
    pub columns: &'static str,
}

impl Queue {
    /// Takes a row for `lease` milliseconds, and counts the attempt; `None` where nothing waits.
    pub async fn claim<Row>(
        &self,
        db: &Db,
        worker: &str,
        now: Timestamp,
        lease: i64,
    ) -> Result<Option<Row>, Problem>
    where
        Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let Self {
            table,
            set,
            pick,
            columns,
        } = self;
        // SQLite has one writer, so only PostgreSQL has to lock the row it picks.
        let lock = match db {
            Db::Sqlite { .. } => "",
            Db::Postgres(_) => " for update skip locked",
        };
        let sql = AssertSqlSafe(format!(
            "update {table} set {set}, worker = $1, lease_until = $2, attempts = attempts + 1 \
             where id = ({pick}{lock}) returning {columns}"
        ));
        let until = now.0 + lease;
        let found = match db {
            Db::Sqlite { write, .. } => {
                sqlx::query_as(sql)
                    .bind(worker)
                    .bind(until)
                    .bind(now.0)
                    .fetch_optional(write)
                    .await
            }
            Db::Postgres(pool) => {
                sqlx::query_as(sql)
                    .bind(worker)
                    .bind(until)
                    .bind(now.0)
                    .fetch_optional(pool)
                    .await
            }
        };
        Ok(found.map_err(Error::from)?)
    }
}
