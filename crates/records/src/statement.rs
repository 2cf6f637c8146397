//! SQL text that grows together with its bound values, and rows of either database. No value is ever
//! pasted into the text.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Row as _, Sqlite};

use crate::Error;
use crate::catalog::ColumnType;
use crate::db::{Db, Dialect};

/// A value on its way to a column. The type is known for null as well, because PostgreSQL asks for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bind {
    Text(Option<String>),
    Integer(Option<i64>),
    Number(Option<f64>),
    Boolean(Option<bool>),
}

impl Bind {
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(Some(value.into()))
    }

    pub fn null(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text => Self::Text(None),
            ColumnType::Bigint => Self::Integer(None),
            ColumnType::Double => Self::Number(None),
            ColumnType::Boolean => Self::Boolean(None),
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(
            self,
            Self::Text(None) | Self::Integer(None) | Self::Number(None) | Self::Boolean(None)
        )
    }
}

impl From<i64> for Bind {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<&str> for Bind {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<&String> for Bind {
    fn from(value: &String) -> Self {
        Self::text(value)
    }
}

impl From<Option<String>> for Bind {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

/// One statement being written.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub dialect: Dialect,
    sql: String,
    binds: Vec<Bind>,
}

/// PostgreSQL numbers parameters in 16 bits; SQLite stops at 32,766.
pub(crate) const MAX_BINDS: usize = 30_000;

impl Statement {
    pub fn new(dialect: Dialect, sql: impl Into<String>) -> Self {
        Self {
            dialect,
            sql: sql.into(),
            binds: Vec::new(),
        }
    }

    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Writes a placeholder and keeps the value.
    pub fn bind(&mut self, value: impl Into<Bind>) -> &mut Self {
        self.binds.push(value.into());
        match self.dialect {
            // Without a number: SQLite looks numbered ones up by name, one after another, which makes
            // a statement of thousands of values quadratic.
            Dialect::Sqlite => self.sql.push('?'),
            Dialect::Postgres => {
                self.sql.push('$');
                self.sql.push_str(&self.binds.len().to_string());
            }
        }
        self
    }

    /// Writes `(a list of ids or texts)` for use after `in`, as one parameter whatever its length.
    pub fn bind_list<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> &mut Self {
        let list = serde_json::Value::from(texts.into_iter().collect::<Vec<_>>()).to_string();
        match self.dialect {
            Dialect::Sqlite => self
                .push("(select value from json_each(")
                .bind(Bind::text(list))
                .push("))"),
            Dialect::Postgres => self
                .push("(select jsonb_array_elements_text(")
                .bind(Bind::text(list))
                .push("::jsonb))"),
        }
    }

    /// The same for whole numbers.
    pub fn bind_integers(&mut self, numbers: &[i64]) -> &mut Self {
        let list = serde_json::Value::from(numbers).to_string();
        match self.dialect {
            Dialect::Sqlite => self
                .push("(select value from json_each(")
                .bind(Bind::text(list))
                .push("))"),
            Dialect::Postgres => self
                .push("(select jsonb_array_elements_text(")
                .bind(Bind::text(list))
                .push("::jsonb)::bigint)"),
        }
    }

    /// Asks SQLite how it would go about it; the fourth column says it in words.
    pub fn explained(&self) -> Self {
        Self {
            dialect: self.dialect,
            sql: format!("explain query plan {}", self.sql),
            binds: self.binds.clone(),
        }
    }

    #[cfg(test)]
    pub fn bind_count(&self) -> usize {
        self.binds.len()
    }

    #[cfg(test)]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// All rows, outside a transaction.
    pub async fn fetch(self, db: &Db) -> Result<Vec<Row>, Error> {
        match db {
            Db::Sqlite { read, .. } => Ok(sqlite(self)
                .fetch_all(read)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect()),
            Db::Postgres(pool) => Ok(postgres(self)
                .fetch_all(pool)
                .await?
                .into_iter()
                .map(Row::Postgres)
                .collect()),
        }
    }

    /// All rows, inside a transaction.
    pub async fn fetch_in(self, tx: &mut Transaction) -> Result<Vec<Row>, Error> {
        match tx {
            Transaction::Sqlite(tx) => Ok(sqlite(self)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect()),
            Transaction::Postgres(tx) => Ok(postgres(self)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Postgres)
                .collect()),
        }
    }

    /// Runs it inside a transaction; gives the number of rows changed.
    pub async fn execute_in(self, tx: &mut Transaction) -> Result<u64, sqlx::Error> {
        self.ready().execute_in(tx).await
    }

    /// With its values bound: what is left to do is the database's.
    pub fn ready(self) -> Ready {
        match self.dialect {
            Dialect::Sqlite => Ready::Sqlite(sqlite(self)),
            Dialect::Postgres => Ready::Postgres(postgres(self)),
        }
    }
}

/// A statement with its values bound.
pub(crate) enum Ready {
    Sqlite(sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>),
    Postgres(sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments>),
}

impl Ready {
    /// Runs it inside a transaction of the same database; gives the number of rows changed.
    pub async fn execute_in(self, tx: &mut Transaction) -> Result<u64, sqlx::Error> {
        Ok(match (self, tx) {
            (Self::Sqlite(query), Transaction::Sqlite(tx)) => query.execute(&mut **tx).await?.rows_affected(),
            (Self::Postgres(query), Transaction::Postgres(tx)) => {
                query.execute(&mut **tx).await?.rows_affected()
            }
            _ => {
                return Err(sqlx::Error::Configuration(
                    "a statement for another database".into(),
                ));
            }
        })
    }
}

macro_rules! with_binds {
    ($statement:expr) => {{
        // Safe: the text comes from declarations whose names were checked and from this crate; every
        // value is in `binds`.
        let mut query = sqlx::query(AssertSqlSafe($statement.sql));
        for bind in $statement.binds {
            query = match bind {
                Bind::Text(v) => query.bind(v),
                Bind::Integer(v) => query.bind(v),
                Bind::Number(v) => query.bind(v),
                Bind::Boolean(v) => query.bind(v),
            };
        }
        query
    }};
}

pub(crate) fn sqlite(
    statement: Statement,
) -> sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments> {
    with_binds!(statement)
}

fn postgres(statement: Statement) -> sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments> {
    with_binds!(statement)
}

/// A transaction on either database.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    /// Begins to write: SQLite takes its one writer and the file's write lock at once.
    pub async fn begin(db: &Db) -> Result<Self, Error> {
        Ok(match db {
            Db::Sqlite { write, .. } => Self::Sqlite(write.begin_with("begin immediate").await?),
            Db::Postgres(pool) => Self::Postgres(begun(pool, "begin").await?),
        })
    }

    /// Begins to read one moment of the database, whatever others write meanwhile.
    pub async fn snapshot(db: &Db) -> Result<Self, Error> {
        Ok(match db {
            Db::Sqlite { read, .. } => Self::Sqlite(read.begin().await?),
            Db::Postgres(pool) => {
                let sql = "begin isolation level repeatable read read only";
                Self::Postgres(begun(pool, sql).await?)
            }
        })
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    pub async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Runs a text without values.
    pub async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        Statement::new(self.dialect(), sql)
            .execute_in(self)
            .await
            .map(|_| ())
    }
}

/// Begins on PostgreSQL by a task of its own, which goes on when whoever asked goes away. sqlx 0.9.0 counts a transaction
/// when `begin` is answered: given up before, the connection would go back to the pool with a transaction open that nobody
/// ends, and what others write on it next would be said to be written and be lost (its issues 4385 and 4393).
async fn begun(
    pool: &PgPool,
    sql: &'static str,
) -> Result<sqlx::Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let task = tokio::spawn(async move { pool.begin_with(sql).await });
    task.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed))
}

/// A row of either database; columns by position.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! getter {
    ($name:ident, $kind:ty) => {
        pub fn $name(&self, column: usize) -> Result<Option<$kind>, Error> {
            // Unchecked: SQLite forgets a column's declared type in a union; the value's own type decides.
            Ok(match self {
                Self::Sqlite(row) => row.try_get_unchecked::<Option<$kind>, _>(column)?,
                Self::Postgres(row) => row.try_get_unchecked::<Option<$kind>, _>(column)?,
            })
        }
    };
}

impl Row {
    getter!(text, String);
    getter!(integer, i64);
    getter!(number, f64);
    getter!(boolean, bool);

    /// A value of a column of this type, as it is bound.
    pub fn value(&self, kind: ColumnType, column: usize) -> Result<Bind, Error> {
        Ok(match kind {
            ColumnType::Text => Bind::Text(self.text(column)?),
            ColumnType::Bigint => Bind::Integer(self.integer(column)?),
            ColumnType::Double => Bind::Number(self.number(column)?),
            ColumnType::Boolean => Bind::Boolean(self.boolean(column)?),
        })
    }

    /// A text that the schema says is there.
    pub fn require_text(&self, column: usize) -> Result<String, Error> {
        self.text(column)?.ok_or_else(|| missing(column))
    }

    /// A whole number that the schema says is there.
    pub fn require_integer(&self, column: usize) -> Result<i64, Error> {
        self.integer(column)?.ok_or_else(|| missing(column))
    }
}

fn missing(column: usize) -> Error {
    Error::Schema(format!(
        "column {column} of a row is null although the schema says it never is"
    ))
}
