//! Where are these words? Every text of every version of every record, and every other table of the database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Error;
use crate::catalog::{Field, Kind, RecordType};
use crate::db::{Db, Dialect};
use crate::declare::is_name;
use crate::erase::Words;
use crate::statement::{Bind, Row, Statement, Transaction};
use crate::store::Store;

/// Rows read at a time.
const PAGE: i64 = 1000;
/// How long the log is asked to go, and how often.
const FORGETTING: Duration = Duration::from_secs(10);
const FORGET_AGAIN: Duration = Duration::from_millis(100);

/// A record in which the words are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The record type.
    pub type_name: String,
    /// The record.
    pub id: String,
    /// In which fields; `custom` for values nobody declared.
    pub fields: BTreeSet<String>,
    /// The record is there; otherwise it was deleted, and its past holds the words.
    pub present: bool,
}

/// A record that links somewhere, or once did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The record.
    pub id: String,
    /// It does so now.
    pub now: bool,
    /// It was deleted.
    pub gone: bool,
}

/// A field's text without the words; `None` when they are not in it or the field holds no words of people.
pub(crate) fn without(field: &Field, words: &dyn Words, text: &str) -> Option<String> {
    match field.kind {
        Kind::Text | Kind::LongText | Kind::Email | Kind::Phone | Kind::Url => words.without(text),
        Kind::Json => json_without(words, text),
        _ => None,
    }
}

/// JSON whose strings lose the words; text that is no JSON is taken as it is.
pub(crate) fn json_without(words: &dyn Words, text: &str) -> Option<String> {
    // Words with a letter that JSON may escape are found in the strings only; most texts hold none of either.
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        return words.without(text);
    };
    take_out(words, &mut value).then(|| value.to_string())
}

fn take_out(words: &dyn Words, value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            // JSON is kept as a string in places: what a job was told, what was answered.
            let inner = text.starts_with(['{', '[']);
            let left = if inner {
                json_without(words, text)
            } else {
                words.without(text)
            };
            let found = left.is_some();
            if let Some(left) = left {
                *text = left;
            }
            found
        }
        // Each is looked at, also after one was found.
        Value::Array(values) => {
            values
                .iter_mut()
                .map(|v| usize::from(take_out(words, v)))
                .sum::<usize>()
                > 0
        }
        Value::Object(values) => {
            values
                .values_mut()
                .map(|v| usize::from(take_out(words, v)))
                .sum::<usize>()
                > 0
        }
        _ => false,
    }
}

impl Store {
    /// Every record that has the words in a text of any of its versions; reads every row there is.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_words(&self, words: &dyn Words) -> Result<Vec<Found>, Error> {
        let mut found: BTreeMap<(String, String), Found> = BTreeMap::new();
        for record_type in self.catalog().iter() {
            for (table, present) in [
                (record_type.table.clone(), true),
                (record_type.history_table(), false),
            ] {
                self.find_in_table(words, record_type, &table, present, &mut found)
                    .await?;
            }
        }
        Ok(found.into_values().collect())
    }

    async fn find_in_table(
        &self,
        words: &dyn Words,
        record_type: &RecordType,
        table: &str,
        present: bool,
        found: &mut BTreeMap<(String, String), Found>,
    ) -> Result<(), Error> {
        let fields: Vec<&Field> = record_type
            .fields
            .iter()
            .filter(|f| {
                matches!(
                    f.kind,
                    Kind::Text | Kind::LongText | Kind::Email | Kind::Phone | Kind::Url | Kind::Json
                )
            })
            .collect();
        let columns: Vec<&str> = fields.iter().map(|f| f.name.as_str()).chain(["custom"]).collect();
        let (mut id, mut version) = (String::new(), 0);
        loop {
            let mut statement = Statement::new(
                self.db().dialect(),
                format!(
                    "select id, version, {} from {table} where (id, version) > (",
                    columns.join(", ")
                ),
            );
            statement.bind(&id).push(", ").bind(version);
            statement.push(") order by id, version limit ").bind(PAGE);
            let rows = statement.fetch(self.db()).await?;
            for row in &rows {
                (id, version) = (row.require_text(0)?, row.require_integer(1)?);
                let mut hit = BTreeSet::new();
                for (index, column) in columns.iter().enumerate() {
                    let Some(text) = row.text(2 + index)? else {
                        continue;
                    };
                    let left = match fields.get(index) {
                        Some(field) => without(field, words, &text),
                        None => json_without(words, &text),
                    };
                    if left.is_some() {
                        hit.insert((*column).to_owned());
                    }
                }
                if !hit.is_empty() {
                    let key = (record_type.name.clone(), id.clone());
                    let entry = found.entry(key).or_insert_with(|| Found {
                        type_name: record_type.name.clone(),
                        id: id.clone(),
                        fields: BTreeSet::new(),
                        present,
                    });
                    entry.present |= present;
                    entry.fields.extend(hit);
                }
            }
            if (rows.len() as i64) < PAGE {
                return Ok(());
            }
        }
    }

    /// Every record of a type that holds one of these values in a field, or did in any version, deleted ones too; by id.
    ///
    /// # Errors
    /// [`Error::UnknownType`], [`Error::BadField`] for a field that is no text, [`Error::Database`].
    pub async fn linked_ever(
        &self,
        type_name: &str,
        field: &str,
        values: &[String],
    ) -> Result<Vec<Linked>, Error> {
        let record_type = self.record_type(type_name)?;
        if record_type.field(field).is_none_or(|f| !f.kind.is_text()) {
            return Err(Error::BadField(format!(
                "{} has no text field {field}",
                record_type.name
            )));
        }
        let (table, twin) = (&record_type.table, record_type.history_table());
        let mut statement = Statement::new(
            self.db().dialect(),
            format!("select t.id, cast(1 as bigint) from {table} t where t.{field} in "),
        );
        statement
            .bind_list(values.iter().map(String::as_str))
            .push(&format!(
                " union select h.id, case when exists (select 1 from {table} p where p.id = h.id) then cast(0 as bigint) else cast(2 as bigint) end \
                 from {twin} h where h.{field} in "
            ))
            .bind_list(values.iter().map(String::as_str))
            .push(" order by 1, 2 desc");
        let mut linked: Vec<Linked> = Vec::new();
        for row in statement.fetch(self.db()).await? {
            let (id, how) = (row.require_text(0)?, row.require_integer(1)?);
            // A record that links now comes with 1 and perhaps with 0; the greater comes first.
            if linked.last().is_none_or(|l| l.id != id) {
                let (now, gone) = (how == 1, how == 2);
                linked.push(Linked { id, now, gone });
            }
        }
        Ok(linked)
    }

    /// Rows with the words in every table that holds no records and is not in `skip`, by table. With `write` the words
    /// are taken out of them. The feed itself holds no values and is left out.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn sweep_words(
        &self,
        words: &dyn Words,
        skip: &[&str],
        write: bool,
    ) -> Result<BTreeMap<String, u64>, Error> {
        let mut swept = BTreeMap::new();
        for (table, columns) in self.tables_beside(skip).await? {
            let rows = self.sweep_table(words, &table, &columns, write).await?;
            if rows > 0 {
                swept.insert(table, rows);
            }
        }
        if write {
            self.forget_log().await?;
        }
        Ok(swept)
    }

    /// Tables that belong to no record type, with their columns of text.
    async fn tables_beside(&self, skip: &[&str]) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let sql = match self.db() {
            Db::Sqlite { .. } => {
                "select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c \
                 where m.type = 'table' and lower(c.type) = 'text'"
            }
            Db::Postgres(_) => {
                "select table_name::text, column_name::text from information_schema.columns \
                 where table_schema = current_schema() and data_type = 'text'"
            }
        };
        let mut owned: BTreeSet<String> = ["changes", "feed_head"].map(str::to_owned).into();
        owned.extend(skip.iter().map(|table| (*table).to_owned()));
        for record_type in self.catalog().iter() {
            owned.insert(record_type.table.clone());
            owned.insert(record_type.history_table());
        }
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in Statement::new(self.db().dialect(), sql).fetch(self.db()).await? {
            let (table, column) = (row.require_text(0)?, row.require_text(1)?);
            // Names go into the text of a statement; those of other programs' tables may be anything.
            if is_name(&table) && is_name(&column) && !owned.contains(&table) {
                tables.entry(table).or_default().push(column);
            }
        }
        Ok(tables)
    }

    async fn sweep_table(
        &self,
        words: &dyn Words,
        table: &str,
        columns: &[String],
        write: bool,
    ) -> Result<u64, Error> {
        let list = columns.join(", ");
        let mut count = 0;
        let mut after: Option<Place> = None;
        loop {
            let mut tx = if write {
                Transaction::begin(self.db()).await?
            } else {
                Transaction::snapshot(self.db()).await?
            };
            let rows = page(&mut tx, table, &list, after.as_ref(), write).await?;
            for row in &rows {
                let at = place(tx.dialect(), row)?;
                let mut left = Vec::new();
                for (index, column) in columns.iter().enumerate() {
                    if let Some(text) = row.text(1 + index)?
                        && let Some(text) = json_without(words, &text)
                    {
                        left.push((column, text));
                    }
                }
                count += u64::from(!left.is_empty());
                if write && !left.is_empty() {
                    put(&mut tx, table, &at, left).await?;
                }
                after = Some(at);
            }
            if write {
                tx.commit().await?;
            } else {
                tx.rollback().await?;
            }
            if (rows.len() as i64) < PAGE {
                return Ok(count);
            }
        }
    }

    /// Lets no file of the database hold on to what was overwritten: SQLite's log goes into the file and is emptied. What
    /// PostgreSQL keeps in dead rows goes with its own vacuum.
    async fn forget_log(&self) -> Result<(), Error> {
        let Db::Sqlite { write, .. } = self.db() else {
            return Ok(());
        };
        // It does not wait for somebody else who copies the log, nor long for readers of what is in it: it says so.
        let began = Instant::now();
        loop {
            let (busy, ..): (i64, i64, i64) = sqlx::query_as("pragma wal_checkpoint(truncate)")
                .fetch_one(write)
                .await?;
            if busy == 0 {
                return Ok(());
            }
            if began.elapsed() > FORGETTING {
                tracing::warn!(
                    "the database's log holds what was overwritten until it is next begun anew: somebody reads"
                );
                return Ok(());
            }
            tokio::time::sleep(FORGET_AGAIN).await;
        }
    }
}

/// Where a row lies, as the database itself counts: no column has to be a key.
enum Place {
    Sqlite(i64),
    Postgres(String),
}

fn place(dialect: Dialect, row: &Row) -> Result<Place, Error> {
    Ok(match dialect {
        Dialect::Sqlite => Place::Sqlite(row.require_integer(0)?),
        Dialect::Postgres => Place::Postgres(row.require_text(0)?),
    })
}

async fn page(
    tx: &mut Transaction,
    table: &str,
    columns: &str,
    after: Option<&Place>,
    write: bool,
) -> Result<Vec<Row>, Error> {
    let row = match tx.dialect() {
        Dialect::Sqlite => "rowid",
        Dialect::Postgres => "ctid::text",
    };
    let mut statement = Statement::new(tx.dialect(), format!("select {row}, {columns} from {table}"));
    match after {
        None => {}
        Some(Place::Sqlite(at)) => {
            statement.push(" where rowid > ").bind(*at);
        }
        Some(Place::Postgres(at)) => {
            statement.push(" where ctid > ").bind(at).push("::tid");
        }
    }
    statement.push(match tx.dialect() {
        Dialect::Sqlite => " order by rowid limit ",
        Dialect::Postgres => " order by ctid limit ",
    });
    statement.bind(PAGE);
    if write && tx.dialect() == Dialect::Postgres {
        // A row that somebody changes meanwhile would lie elsewhere afterwards.
        statement.push(" for update");
    }
    statement.fetch_in(tx).await
}

async fn put(
    tx: &mut Transaction,
    table: &str,
    at: &Place,
    left: Vec<(&String, String)>,
) -> Result<(), Error> {
    let mut statement = Statement::new(tx.dialect(), format!("update {table} set "));
    for (index, (column, text)) in left.into_iter().enumerate() {
        statement.push(if index > 0 { ", " } else { "" });
        statement.push(column).push(" = ").bind(Bind::text(text));
    }
    match at {
        Place::Sqlite(at) => statement.push(" where rowid = ").bind(*at),
        Place::Postgres(at) => statement.push(" where ctid = ").bind(at).push("::tid"),
    };
    statement.execute_in(tx).await?;
    Ok(())
}
