//! Which database, and how is it opened? SQLite with one writer and readers apart, or PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{PgPool, SqlSafeStr};

use crate::Error;

/// An open database.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file in WAL mode.
    Sqlite {
        /// Connections that only read, beside the writer.
        read: SqlitePool,
        /// The one connection that writes.
        write: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

/// Runs the same code on whichever database is open, with `$pool` bound to its pool:
/// `on_db!(read store.db(), pool => sqlx::query_as(SQL).bind(id).fetch_all(pool).await)`. `write` picks
/// SQLite's single writer.
#[macro_export]
macro_rules! on_db {
    (read $db:expr, $pool:ident => $run:expr) => {
        match $db {
            $crate::Db::Sqlite { read: $pool, .. } => $run,
            $crate::Db::Postgres($pool) => $run,
        }
    };
    (write $db:expr, $pool:ident => $run:expr) => {
        match $db {
            $crate::Db::Sqlite { write: $pool, .. } => $run,
            $crate::Db::Postgres($pool) => $run,
        }
    };
}

/// Which SQL text, where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Db {
    /// Opens without migrating. See [`crate::Store::open`] for the forms of `url`.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        if is_postgres(url) {
            let options = PgConnectOptions::from_str(url)?.application_name("bailiwick");
            let pool = PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .after_connect(|connection, _| {
                    Box::pin(async move {
                        sqlx::raw_sql(POSTGRES_SETTINGS).execute(connection).await?;
                        Ok(())
                    })
                })
                .connect_with(options)
                .await?;
            return Ok(Self::Postgres(pool));
        }
        allocate_uncounted();
        let options = sqlite_options(url);
        // The writer first: it makes the file and turns WAL on.
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(WRITER_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.create_if_missing(false).pragma("query_only", "on"))
            .await?;
        Ok(Self::Sqlite { read, write })
    }

    pub(crate) async fn migrate(&self, migrations: &Migrator) -> Result<(), Error> {
        Ok(on_db!(write self, pool => migrations.run(pool).await)?)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// `sqlite` or `postgresql`, for people and metrics.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// Answers when the database answers.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        on_db!(read self, pool => sqlx::query("select 1").execute(pool).await.map(|_| ()))?;
        Ok(())
    }

    /// After a commit on a connection that was told to [`KEEP_LOG`]: it copies its log again from now on, and what is in it
    /// now is copied here. Neither readers nor the writer wait for that. Where other writers let it wait for too long it asks
    /// again: nobody else would.
    pub(crate) async fn copy_log(&self) {
        let Self::Sqlite { read, write } = self else {
            return;
        };
        loop {
            match sqlx::query(COPY_LOG).execute(write).await {
                Ok(_) => break,
                Err(sqlx::Error::PoolClosed) => return,
                Err(error) => {
                    tracing::warn!(%error, "the database's log is not copied into its file yet; asking again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
        if let Err(error) = sqlx::query("pragma wal_checkpoint(passive)").execute(read).await {
            tracing::warn!(%error, "the database's log could not be copied into its file; a later write does it");
        }
    }

    /// Finishes what runs and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// SQLite counts every allocation under one lock that all connections share, for figures that nobody asks for; reading
/// and writing many rows, that lock is among what costs most.
fn allocate_uncounted() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: it sets one number, before the first connection is opened. Where SQLite runs already it answers that it
        // is too late, and goes on counting.
        unsafe {
            libsqlite3_sys::sqlite3_config(libsqlite3_sys::SQLITE_CONFIG_MEMSTATUS, 0);
        }
    });
}

/// The url names a PostgreSQL server.
pub(crate) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// How every connection to an SQLite file is set.
pub(crate) fn sqlite_options(url: &str) -> SqliteConnectOptions {
    let path = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
        .unwrap_or(url);
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // WAL with `normal` would survive a killed process; `full` survives a power cut as well, for
        // one fsync a commit. Imports commit a chunk at a time, so they pay it once a thousand rows.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // As long as writers of this process wait for each other. SQLite's own waiting is a look now and then, so another
        // process that commits one small thing after another, each with its fsync, keeps it waiting for a while.
        .busy_timeout(WRITER_TIMEOUT)
        .pragma("cache_size", "-32768")
        .pragma("mmap_size", "268435456")
        // Rows come from another thread: the more of them it may read ahead, the less often the two wait for each other.
        .row_buffer_size(ROW_BUFFER)
        // What is overwritten or deleted leaves no bytes behind in the file: an erasure would not be one.
        .pragma("secure_delete", "on")
        // The name PostgreSQL has for byte order, so that both engines sort alike.
        .collation("C", |a: &str, b: &str| a.cmp(b))
}

/// The record engine's own tables, for tests that bring their own record tables.
#[must_use]
pub fn own_migration() -> Migration {
    Migration::new(
        1,
        "records".into(),
        MigrationType::Simple,
        include_str!("../../../migrations/0001_records.sql").into_sql_str(),
        false,
    )
}

/// Makes SQLite's connection leave its log alone at a commit.
pub(crate) const KEEP_LOG: &str = "pragma wal_autocheckpoint = 0";
/// As SQLite does unless told otherwise: a log of a thousand pages is copied into the file at a commit.
const COPY_LOG: &str = "pragma wal_autocheckpoint = 1000";
/// Between two attempts to have the log copied again.
const AGAIN: Duration = Duration::from_secs(1);
const POSTGRES_CONNECTIONS: u32 = 20;
/// How every connection to PostgreSQL is set. Its questions are short and many: compiling one takes longer than most
/// answers. What somebody sees is a set of tens of thousands of ids that each row is looked up in; where it does not fit into
/// `work_mem`, PostgreSQL goes through all of it for each row. A server that was given more keeps it. Values differ too much
/// for one plan to serve all: what a rep has is a fortieth, what an owner who left has is nothing.
const POSTGRES_SETTINGS: &str = "set jit = off; set plan_cache_mode = force_custom_plan; \
     select set_config('work_mem', '64MB', false) where pg_size_bytes(current_setting('work_mem')) < 67108864";
const SQLITE_READERS: u32 = 8;
/// Rows that may be read ahead of whoever asked.
const ROW_BUFFER: usize = 1_000;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
/// Writers queue in this process, behind chunks of 50 ms.
const WRITER_TIMEOUT: Duration = Duration::from_secs(60);
