//! A statement that is given up after so much work: SQLite keeps no account of how many rows meet a condition, and may
//! walk a million in the order of a list to find the two that do. PostgreSQL keeps one, but not of what somebody sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Error;
use crate::db::Db;
use crate::statement::{Row, Statement, Transaction, sqlite};

/// Steps of SQLite's machine between two looks at what is left.
const EVERY: i32 = 10_000;

/// How many steps are left. Dropped, nothing is interrupted any more, whatever the connection does next.
struct Left(Arc<AtomicI64>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.store(i64::MAX, Ordering::Relaxed);
    }
}

impl Statement {
    /// All rows, or nothing if that takes PostgreSQL longer than it has `patience`.
    pub async fn fetch_soon(self, db: &Db, patience: Patience) -> Result<Option<Vec<Row>>, Error> {
        let mut tx = Transaction::snapshot(db).await?;
        tx.run(match patience {
            Patience::Little => "set local statement_timeout = 300",
            Patience::Some => "set local statement_timeout = 1000",
        })
        .await?;
        let rows = self.fetch_in(&mut tx).await;
        tx.rollback().await?;
        match rows {
            Ok(rows) => Ok(Some(rows)),
            Err(Error::Database(sqlx::Error::Database(e))) if e.code().as_deref() == Some(CANCELED) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// All rows, or nothing if that takes SQLite more than `steps` of its machine, of which a row that is looked at and
    /// left out takes about ten. PostgreSQL is not asked to hurry.
    pub async fn fetch_within(self, db: &Db, steps: i64) -> Result<Option<Vec<Row>>, Error> {
        let Db::Sqlite { read, .. } = db else {
            return Ok(Some(self.fetch(db).await?));
        };
        let mut connection = read.acquire().await?;
        let left = Left(Arc::new(AtomicI64::new(steps)));
        let counted = Arc::clone(&left.0);
        connection
            .lock_handle()
            .await?
            .set_progress_handler(EVERY, move || {
                counted.fetch_sub(i64::from(EVERY), Ordering::Relaxed) > 0
            });
        let rows = sqlite(self).fetch_all(&mut *connection).await;
        let given_up = left.0.load(Ordering::Relaxed) < 0;
        connection.lock_handle().await?.remove_progress_handler();
        match rows {
            Ok(rows) => Ok(Some(rows.into_iter().map(Row::Sqlite).collect())),
            Err(sqlx::Error::Database(e)) if given_up && e.code().as_deref() == Some(INTERRUPTED) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// How long PostgreSQL may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// 300 ms: a page that is found on the way comes within half of that, also where the tables are not in memory.
    Little,
    /// A second.
    Some,
}

/// PostgreSQL's code for a statement that took too long.
const CANCELED: &str = "57014";
/// SQLite's code for an interrupted statement.
const INTERRUPTED: &str = "9";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Dialect;

    fn counting_to(most: i64) -> Statement {
        let mut statement = Statement::new(
            Dialect::Sqlite,
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < ",
        );
        statement.bind(most).push(") select max(i) from n");
        statement
    }

    #[tokio::test]
    async fn too_much_work_is_given_up_and_the_connection_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("toy.sqlite").display());
        let db = Db::open(&url).await.unwrap();
        for _ in 0..20 {
            assert!(
                counting_to(1_000_000)
                    .fetch_within(&db, 100_000)
                    .await
                    .unwrap()
                    .is_none()
            );
            let rows = counting_to(100)
                .fetch_within(&db, 100_000)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(rows[0].integer(0).unwrap(), Some(100));
            // Whoever asked is gone in the middle: nobody else is interrupted for it.
            let left = tokio::time::timeout(
                std::time::Duration::from_millis(5),
                counting_to(300_000).fetch_within(&db, 2_000_000),
            );
            drop(left.await);
            let rows = counting_to(300_000).fetch(&db).await.unwrap();
            assert_eq!(rows[0].integer(0).unwrap(), Some(300_000));
        }
        // What is wrong is said, not taken for too much.
        let wrong = Statement::new(Dialect::Sqlite, "select nothing from nowhere");
        assert!(wrong.fetch_within(&db, 100_000).await.is_err());
    }

    #[tokio::test]
    async fn postgresql_gives_up_in_time_and_the_connection_goes_on() {
        let Some(cluster) = testkit::postgres::cluster() else {
            return;
        };
        let db = Db::open(&cluster.database()).await.unwrap();
        let asked = |sql: &str| Statement::new(Dialect::Postgres, sql);
        for _ in 0..30 {
            let slept = asked("select pg_sleep(60)").fetch_soon(&db, Patience::Little);
            assert!(slept.await.unwrap().is_none());
            let rows = asked("select cast(7 as bigint)").fetch_soon(&db, Patience::Some);
            assert_eq!(rows.await.unwrap().unwrap()[0].integer(0).unwrap(), Some(7));
            // No connection keeps the limit.
            let rows = asked("show statement_timeout").fetch(&db).await.unwrap();
            assert_eq!(rows[0].text(0).unwrap().as_deref(), Some("0"));
        }
        let wrong = asked("select nothing from nowhere");
        assert!(wrong.fetch_soon(&db, Patience::Some).await.is_err());
        db.close().await;
    }
}
