//! One portable form of a whole database, for both engines: JSON Lines.
//!
//! The first line names the form and the migrations; then, for each table, a line with its name and columns
//! and a line an array for each row; the last line has the number of rows and a checksum of all lines before.
//! Read and written as a stream, in one transaction each.

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};

use crate::Error;
use crate::additions::{Additions, make_room, unusable};
use crate::catalog::ColumnType;
use crate::db::Dialect;
use crate::rows::{RawRow, raw_value};
use crate::schema::{columns_in, tables};
use crate::statement::{Bind, Row, Statement, Transaction};
use crate::store::Store;
use crate::transaction::insert;

/// Number of this form.
const FORM: u32 = 1;
/// Rows written to the database at a time.
const CHUNK: usize = 512;
/// Longest line that is read: a row holds at most a few values of 1 MB.
const MAX_LINE: u64 = 64 << 20;

#[derive(Serialize, Deserialize)]
struct Header {
    bailiwick_backup: u32,
    migrations: Vec<i64>,
    /// What was declared beside the program's own types; backups made before there was such a thing do not say.
    #[serde(default)]
    additions: Additions,
}

#[derive(Serialize, Deserialize)]
struct TableLine {
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct End {
    rows: u64,
    sha256: String,
}

impl Store {
    /// Writes every table, twin and the feed, as of one moment, in a form that [`Store::restore`] reads on either
    /// database. Gives the number of rows.
    ///
    /// # Errors
    /// [`Error::File`] when the writer fails, [`Error::Database`].
    pub async fn backup(&self, to: impl AsyncWrite + Unpin) -> Result<u64, Error> {
        let mut out = Lines {
            to: BufWriter::new(to),
            sha: Sha256::new(),
        };
        let mut tx = Transaction::snapshot(self.db()).await?;
        let migrations = applied(&mut tx).await?;
        out.line(&Header {
            bailiwick_backup: FORM,
            migrations,
            additions: self.catalog().additions().clone(),
        })
        .await?;
        let mut rows = 0;
        for table in tables(&mut tx).await? {
            rows += write_table(&mut tx, &table, &mut out).await?;
        }
        let end = End {
            rows,
            sha256: format!("{:x}", Hex(&out.sha.clone().finalize())),
        };
        out.line(&end).await?;
        out.to.flush().await.map_err(file)?;
        tx.rollback().await?;
        Ok(rows)
    }

    /// Fills a database that has no history yet from a backup. All or nothing. Gives the number of rows.
    ///
    /// # Errors
    /// [`Error::Backup`] with the line, [`Error::File`] when the reader fails, [`Error::TooMuch`] when the database is
    /// not empty.
    pub async fn restore(&self, from: impl AsyncRead + Unpin) -> Result<u64, Error> {
        let mut source = Source {
            from: BufReader::with_capacity(1 << 20, from),
            line: 0,
            sha: Sha256::new(),
        };
        let header: Header = source.json("the first line of a backup").await?;
        if header.bailiwick_backup != FORM {
            return Err(source.fault(format!(
                "form {} is not known, only {FORM}",
                header.bailiwick_backup
            )));
        }
        let mut tx = Transaction::begin(self.db()).await?;
        let migrations = applied(&mut tx).await?;
        if header.migrations != migrations {
            return Err(source.fault(format!(
                "the backup was made with migrations {:?}, this program has {migrations:?}; use the version that made it",
                header.migrations
            )));
        }
        let foreign_keys = empty_everything(&mut tx).await?;
        let catalog = self.catalog().with(header.additions).map_err(unusable)?;
        make_room(&mut tx, &catalog).await?;
        let rows = read_tables(&mut tx, &mut source).await?;
        add_foreign_keys(&mut tx, foreign_keys).await?;
        tx.commit().await?;
        self.inner.catalogs.publish(catalog);
        let seq = self.last_seq().await?;
        self.inner.watcher.tell(seq);
        Ok(rows)
    }
}

async fn applied(tx: &mut Transaction) -> Result<Vec<i64>, Error> {
    let statement = Statement::new(
        tx.dialect(),
        "select version from _sqlx_migrations order by version",
    );
    statement
        .fetch_in(tx)
        .await?
        .iter()
        .map(|row| row.require_integer(0))
        .collect()
}

async fn write_table(
    tx: &mut Transaction,
    table: &str,
    out: &mut Lines<impl AsyncWrite + Unpin>,
) -> Result<u64, Error> {
    let (names, kinds) = described(tx, table).await?;
    out.line(&TableLine {
        table: table.to_string(),
        columns: names.clone(),
    })
    .await?;
    let sql = format!("select {} from {table}", names.join(", "));
    let mut rows = 0;
    // Both drivers hand rows over as they come, so memory does not grow with the table.
    macro_rules! stream {
        ($tx:expr, $wrap:path) => {{
            let mut stream = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch(&mut **$tx);
            while let Some(row) = stream.try_next().await? {
                out.row(&kinds, &$wrap(row)).await?;
                rows += 1;
            }
        }};
    }
    match tx {
        Transaction::Sqlite(tx) => stream!(tx, Row::Sqlite),
        Transaction::Postgres(tx) => stream!(tx, Row::Postgres),
    }
    Ok(rows)
}

async fn described(tx: &mut Transaction, table: &str) -> Result<(Vec<String>, Vec<ColumnType>), Error> {
    let mut names = Vec::new();
    let mut kinds = Vec::new();
    for column in columns_in(tx, table).await? {
        kinds.push(column.column_type().ok_or_else(|| {
            Error::Schema(format!(
                "{table}.{} is {}, which does not mean the same on both databases",
                column.name, column.declared
            ))
        })?);
        names.push(column.name);
    }
    Ok((names, kinds))
}

/// Takes away what migrations put there, and PostgreSQL's foreign keys, which come back at the end. Refuses a
/// database with a history.
async fn empty_everything(tx: &mut Transaction) -> Result<Vec<(String, String, String)>, Error> {
    let head = Statement::new(tx.dialect(), "select seq from feed_head")
        .fetch_in(tx)
        .await?;
    if head.first().map_or(Ok(0), |row| row.require_integer(0))? > 0 {
        return Err(Error::TooMuch(
            "the database has records already; restore into a new one".into(),
        ));
    }
    let mut foreign_keys = Vec::new();
    match tx.dialect() {
        Dialect::Sqlite => tx.run("pragma defer_foreign_keys = on").await?,
        Dialect::Postgres => {
            let statement = Statement::new(
                tx.dialect(),
                "select c.conrelid::regclass::text, c.conname::text, pg_get_constraintdef(c.oid) from pg_constraint c \
                 join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace \
                 where c.contype = 'f' and n.nspname = current_schema()",
            );
            for row in statement.fetch_in(tx).await? {
                let (table, name) = (row.require_text(0)?, row.require_text(1)?);
                let sql = format!("alter table {table} drop constraint \"{name}\"");
                Statement::new(Dialect::Postgres, sql).execute_in(tx).await?;
                foreign_keys.push((table, name, row.require_text(2)?));
            }
        }
    }
    for table in tables(tx).await? {
        Statement::new(tx.dialect(), format!("delete from {table}"))
            .execute_in(tx)
            .await?;
    }
    Ok(foreign_keys)
}

async fn add_foreign_keys(
    tx: &mut Transaction,
    foreign_keys: Vec<(String, String, String)>,
) -> Result<(), Error> {
    for (table, name, definition) in foreign_keys {
        let sql = format!("alter table {table} add constraint \"{name}\" {definition}");
        Statement::new(Dialect::Postgres, sql).execute_in(tx).await?;
    }
    Ok(())
}

/// A table being filled.
struct Filling {
    head: String,
    /// For each value of a line its type, in the order of the line.
    kinds: Vec<ColumnType>,
    rows: Vec<RawRow>,
}

async fn read_tables(
    tx: &mut Transaction,
    source: &mut Source<impl AsyncRead + Unpin>,
) -> Result<u64, Error> {
    let known = tables(tx).await?;
    let mut filling: Option<Filling> = None;
    let mut count = 0;
    loop {
        let checksum = format!("{:x}", Hex(&source.sha.clone().finalize()));
        let line: Value = source.json("a table, a row or the end").await?;
        match line {
            Value::Array(values) => {
                let Some(current) = &mut filling else {
                    return Err(source.fault("a row stands before any table".into()));
                };
                let row = read_row(&current.kinds, &values).map_err(|reason| source.fault(reason))?;
                current.rows.push(row);
                count += 1;
                if current.rows.len() == CHUNK {
                    pour(tx, current).await?;
                }
            }
            Value::Object(_) => {
                if let Some(current) = &mut filling {
                    pour(tx, current).await?;
                }
                if let Ok(end) = serde_json::from_value::<End>(line.clone()) {
                    if end.rows != count {
                        return Err(source.fault(format!("{} rows were written, {count} are here", end.rows)));
                    }
                    if end.sha256 != checksum {
                        return Err(source.fault("the checksum does not fit: a line was changed".into()));
                    }
                    return Ok(count);
                }
                let table: TableLine = serde_json::from_value(line)
                    .map_err(|_| source.fault("is neither a table, a row nor the end".into()))?;
                if !known.contains(&table.table) {
                    return Err(source.fault(format!("there is no table {:?}", table.table)));
                }
                filling = Some(
                    begin_table(tx, table)
                        .await?
                        .map_err(|reason| source.fault(reason))?,
                );
            }
            _ => return Err(source.fault("is neither a table, a row nor the end".into())),
        }
    }
}

async fn begin_table(tx: &mut Transaction, line: TableLine) -> Result<Result<Filling, String>, Error> {
    let (names, kinds) = described(tx, &line.table).await?;
    let mut in_order = Vec::new();
    for column in &line.columns {
        match names.iter().position(|name| name == column) {
            Some(position) => in_order.push(kinds[position]),
            None => return Ok(Err(format!("table {} has no column {column:?}", line.table))),
        }
    }
    Ok(Ok(Filling {
        head: format!("insert into {} ({}) values ", line.table, line.columns.join(", ")),
        kinds: in_order,
        rows: Vec::with_capacity(CHUNK),
    }))
}

async fn pour(tx: &mut Transaction, filling: &mut Filling) -> Result<(), Error> {
    let rows = std::mem::take(&mut filling.rows);
    Ok(insert(tx, &filling.head, "", filling.kinds.len(), rows.into_iter()).await?)
}

fn read_row(kinds: &[ColumnType], values: &[Value]) -> Result<RawRow, String> {
    if kinds.len() != values.len() {
        return Err(format!(
            "a row has {} values, {} columns were announced",
            values.len(),
            kinds.len()
        ));
    }
    kinds
        .iter()
        .zip(values)
        .map(|(kind, value)| {
            let bind = match (kind, value) {
                (_, Value::Null) => Some(Bind::null(*kind)),
                (ColumnType::Text, Value::String(text)) => Some(Bind::text(text)),
                (ColumnType::Bigint, value) => value.as_i64().map(Bind::from),
                (ColumnType::Double, value) => value.as_f64().map(|n| Bind::Number(Some(n))),
                (ColumnType::Boolean, value) => value.as_bool().map(|b| Bind::Boolean(Some(b))),
                _ => None,
            };
            bind.ok_or_else(|| format!("{value} is no value for a column of type {kind:?}"))
        })
        .collect()
}

/// Lines on their way out.
struct Lines<W> {
    to: BufWriter<W>,
    sha: Sha256,
}

impl<W: AsyncWrite + Unpin> Lines<W> {
    async fn line(&mut self, value: &impl Serialize) -> Result<(), Error> {
        let mut text = serde_json::to_vec(value)
            .map_err(|e| Error::Schema(format!("cannot be written as JSON: {e}")))?;
        text.push(b'\n');
        self.sha.update(&text);
        self.to.write_all(&text).await.map_err(file)
    }

    async fn row(&mut self, kinds: &[ColumnType], row: &Row) -> Result<(), Error> {
        let values = kinds
            .iter()
            .enumerate()
            .map(|(index, kind)| {
                Ok(match raw_value(*kind, row, index)? {
                    Bind::Text(v) => v.into(),
                    Bind::Integer(v) => v.into(),
                    Bind::Number(v) => v.into(),
                    Bind::Boolean(v) => v.into(),
                })
            })
            .collect::<Result<Vec<Value>, Error>>()?;
        self.line(&values).await
    }
}

/// Lines on their way in.
struct Source<R> {
    from: BufReader<R>,
    line: usize,
    sha: Sha256,
}

impl<R: AsyncRead + Unpin> Source<R> {
    async fn json<T: serde::de::DeserializeOwned>(&mut self, wanted: &str) -> Result<T, Error> {
        use tokio::io::AsyncReadExt;
        self.line += 1;
        let mut text = Vec::new();
        let mut limited = (&mut self.from).take(MAX_LINE);
        limited.read_until(b'\n', &mut text).await.map_err(file)?;
        if text.last() != Some(&b'\n') {
            return Err(self.fault(format!("the file ends here, {wanted} is missing")));
        }
        self.sha.update(&text);
        serde_json::from_slice(&text).map_err(|e| self.fault(format!("is not {wanted}: {e}")))
    }

    fn fault(&self, reason: String) -> Error {
        Error::Backup {
            line: self.line,
            reason,
        }
    }
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::LowerHex for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn file(source: std::io::Error) -> Error {
    Error::File {
        path: "backup".into(),
        source,
    }
}
