//! One transaction that writes: it holds the feed's head, changes rows, and appends the entries at its end.

use geom::Timestamp;

use crate::catalog::{ColumnType, RecordType};
use crate::chain::{Digester, chained};
use crate::db::{Dialect, KEEP_LOG};
use crate::feed::CHANNEL;
use crate::rows::{CHANGE_SET, CHANGED_BY, ID, RECORDED_AT, RawRow, SALT, VERSION};
use crate::statement::{Bind, MAX_BINDS, Statement, Transaction};
use crate::store::Store;
use crate::{Author, Change, Error};

/// A write transaction. Dropped without [`Writing::commit`] it changes nothing.
pub(crate) struct Writing {
    pub tx: Transaction,
    /// Time of every entry.
    pub at: Timestamp,
    pub change_set: String,
    author: Option<String>,
    cause: String,
    caused_by: Option<String>,
    seq: i64,
    hash: String,
    entries: Vec<Entry>,
}

/// What an entry of the feed says that others of the same transaction do not.
struct Entry {
    operation: &'static str,
    type_name: String,
    record_id: String,
    version: i64,
    digest: String,
}

/// Rows a statement writes at most; fewer come in 64, 16, 4 and 1, so that few texts are prepared.
const ROWS: [usize; 5] = [256, 64, 16, 4, 1];
/// Rows of the first of several statements: the database does not wait long for it.
const FIRST_ROWS: usize = 64;
/// From so many entries on, what SQLite has written to its log is copied into its file beside the answer, not before it.
const LONG: i64 = 20_000;

impl Writing {
    /// Takes the feed's head: from here on nobody else writes.
    pub async fn begin(store: &Store, author: &Author, change_set: String) -> Result<Self, Error> {
        let mut tx = Transaction::begin(store.db()).await?;
        let lock = Statement::new(
            tx.dialect(),
            "update feed_head set seq = seq where one = 1 returning seq, at, hash",
        );
        let rows = lock.fetch_in(&mut tx).await?;
        let head = rows
            .first()
            .ok_or_else(|| Error::Schema("feed_head has no row".into()))?;
        let (seq, last, hash) = (
            head.require_integer(0)?,
            head.require_integer(1)?,
            head.require_text(2)?,
        );
        Ok(Self {
            tx,
            at: Timestamp(store.now().0.max(last + 1)),
            change_set,
            author: author.viewer.user_id.clone(),
            cause: author.cause.clone(),
            caused_by: author.caused_by.clone(),
            seq,
            hash,
            entries: Vec::new(),
        })
    }

    pub fn dialect(&self) -> Dialect {
        self.tx.dialect()
    }

    /// Notes an entry for the feed; it is chained and written at the commit.
    pub fn enter(
        &mut self,
        operation: &'static str,
        type_name: &str,
        id: &str,
        version: i64,
        digest: String,
    ) {
        self.entries.push(Entry {
            operation,
            type_name: type_name.into(),
            record_id: id.into(),
            version,
            digest,
        });
    }

    /// Who writes.
    pub fn author(&self) -> Option<&str> {
        self.author.as_deref()
    }

    pub fn entry_count(&self) -> usize {
        self.entries.len()
    }

    /// Forgets the entries after a savepoint that was rolled back.
    pub fn forget_entries_after(&mut self, count: usize) {
        self.entries.truncate(count);
    }

    /// Copies the present versions into the twin, as ended now.
    pub async fn close(
        &mut self,
        record_type: &RecordType,
        ids: &[&str],
        removed: bool,
    ) -> Result<(), sqlx::Error> {
        let columns = names(&record_type.columns());
        let mut statement = Statement::new(
            self.dialect(),
            format!(
                "insert into {} ({columns}, superseded_at, superseded_by, removed) select {columns}, ",
                record_type.history_table()
            ),
        );
        statement
            .bind(self.at.0)
            .push(", ")
            .bind(&self.change_set)
            .push(if removed { ", true" } else { ", false" })
            .push(&format!(" from {} where id in ", record_type.table))
            .bind_list(ids.iter().copied());
        statement.execute_in(&mut self.tx).await?;
        Ok(())
    }

    /// Takes present rows away.
    pub async fn remove(&mut self, record_type: &RecordType, ids: &[&str]) -> Result<(), sqlx::Error> {
        let mut statement = Statement::new(
            self.dialect(),
            format!("delete from {} where id in ", record_type.table),
        );
        statement.bind_list(ids.iter().copied());
        statement.execute_in(&mut self.tx).await?;
        Ok(())
    }

    /// Writes rows, new ones or new versions of present ones.
    pub async fn put(
        &mut self,
        record_type: &RecordType,
        rows: Vec<RawRow>,
        replace: bool,
    ) -> Result<(), sqlx::Error> {
        put(&mut self.tx, record_type, rows.into_iter(), replace).await
    }

    /// Writes rows, new ones (`"create"`) or new versions of present ones, and enters each in the feed. Rows are asked for
    /// while the database has those before.
    pub async fn put_entered(
        &mut self,
        record_type: &RecordType,
        operation: &'static str,
        rows: impl ExactSizeIterator<Item = RawRow> + Send,
    ) -> Result<(), sqlx::Error> {
        let Self { tx, entries, .. } = self;
        let digester = Digester::new(record_type);
        let rows = rows.inspect(|row| entries.push(entry_of(&digester, operation, row)));
        put(tx, record_type, rows, operation != "create").await
    }

    /// Writes new versions of rows that are there, and enters them in the feed. Only `set` (places in
    /// [`RecordType::columns`]) and the columns that every version has anew are otherwise: indexes of other columns are left
    /// alone.
    pub async fn revise_entered(
        &mut self,
        record_type: &RecordType,
        set: &[usize],
        rows: &[RawRow],
    ) -> Result<(), sqlx::Error> {
        let columns = record_type.columns();
        let common = [VERSION, RECORDED_AT, CHANGED_BY, CHANGE_SET, SALT];
        let folded = (0..columns.len()).filter(|at| {
            let base = columns[*at].0.strip_suffix("_folded");
            base.is_some_and(|base| set.iter().any(|s| columns[*s].0 == base))
        });
        let taken: Vec<usize> = common
            .into_iter()
            .chain(set.iter().copied())
            .chain(folded)
            .collect();
        let names: Vec<&str> = taken.iter().map(|at| columns[*at].0.as_str()).collect();
        let sets: Vec<String> = names.iter().map(|n| format!("{n} = new_row.{n}")).collect();
        let head = format!("with new_row (id, {}) as (values ", names.join(", "));
        let tail = format!(
            ") update {table} set {} from new_row where {table}.id = new_row.id",
            sets.join(", "),
            table = record_type.table
        );
        let Self { tx, entries, .. } = self;
        let digester = Digester::new(record_type);
        let picked = rows.iter().map(|row| -> RawRow {
            entries.push(entry_of(&digester, "update", row));
            let places = std::iter::once(&ID).chain(&taken);
            places.map(|at| row[*at].clone()).collect()
        });
        insert(tx, &head, &tail, taken.len() + 1, picked).await
    }

    /// Changes nothing after all; gives the number of the last entry in the feed.
    pub async fn roll_back(self) -> Result<i64, Error> {
        self.tx.rollback().await?;
        Ok(self.seq)
    }

    /// Chains and writes the entries, moves the head, wakes listeners, and commits. Gives the number of the
    /// last entry.
    pub async fn commit(mut self, store: &Store) -> Result<i64, Error> {
        let first_seq = self.seq + 1;
        let entries = std::mem::take(&mut self.entries);
        let count = entries.len() as i64;
        if count > 0 {
            self.append(entries).await?;
            let mut head = Statement::new(self.dialect(), "update feed_head set seq = ");
            head.bind(self.seq)
                .push(", at = ")
                .bind(self.at.0)
                .push(", hash = ")
                .bind(&self.hash)
                .push(" where one = 1");
            head.execute_in(&mut self.tx).await?;
            let mut set = Statement::new(self.dialect(), "update change_sets set entries = entries + ");
            set.bind(count)
                .push(", first_seq = coalesce(first_seq, ")
                .bind(first_seq)
                .push("), last_seq = ")
                .bind(self.seq)
                .push(" where id = ")
                .bind(&self.change_set);
            set.execute_in(&mut self.tx).await?;
            if self.dialect() == Dialect::Postgres {
                let mut notify = Statement::new(self.dialect(), format!("select pg_notify('{CHANNEL}', "));
                notify.bind(Bind::text(self.seq.to_string())).push(")");
                notify.fetch_in(&mut self.tx).await?;
            }
        }
        let seq = self.seq;
        let is_long = self.dialect() == Dialect::Sqlite && count >= LONG;
        if is_long {
            self.tx.run(KEEP_LOG).await?;
        }
        let done = self.tx.commit().await;
        if is_long {
            let db = store.db().clone();
            tokio::spawn(async move { db.copy_log().await });
        }
        done?;
        store.inner.watcher.tell(seq);
        Ok(seq)
    }

    /// Chains the entries after the feed's last one and writes them.
    async fn append(&mut self, entries: Vec<Entry>) -> Result<(), sqlx::Error> {
        let Self {
            tx,
            at,
            change_set,
            author,
            cause,
            caused_by,
            seq,
            hash,
            ..
        } = self;
        let rows = entries.into_iter().map(|entry| {
            *seq += 1;
            let mut change = Change {
                seq: *seq,
                at: *at,
                author: author.clone(),
                cause: cause.clone(),
                operation: entry.operation.into(),
                type_name: entry.type_name,
                record_id: entry.record_id,
                version: entry.version,
                change_set: change_set.clone(),
                caused_by: caused_by.clone(),
                digest: entry.digest,
                hash: String::new(),
            };
            *hash = chained(hash, &change);
            change.hash.clone_from(hash);
            change_row(change)
        });
        let head = format!("insert into changes ({}) values ", crate::feed::CHANGE_COLUMNS);
        insert(tx, &head, "", 12, rows).await
    }
}

/// What the feed says of a row that is written.
fn entry_of(digester: &Digester<'_>, operation: &'static str, row: &[Bind]) -> Entry {
    let id = match &row[ID] {
        Bind::Text(Some(id)) => id.clone(),
        _ => String::new(),
    };
    let version = match row[VERSION] {
        Bind::Integer(Some(version)) => version,
        _ => 0,
    };
    Entry {
        operation,
        type_name: digester.type_name().into(),
        record_id: id,
        version,
        digest: digester.digest(row),
    }
}

/// A change as a row of `changes`, in the order of its columns.
pub(crate) fn change_row(change: Change) -> RawRow {
    vec![
        change.seq.into(),
        change.at.0.into(),
        Bind::Text(change.author),
        Bind::Text(Some(change.cause)),
        Bind::Text(Some(change.operation)),
        Bind::Text(Some(change.type_name)),
        Bind::Text(Some(change.record_id)),
        change.version.into(),
        Bind::Text(Some(change.change_set)),
        Bind::Text(change.caused_by),
        Bind::Text(Some(change.digest)),
        Bind::Text(Some(change.hash)),
    ]
}

async fn put(
    tx: &mut Transaction,
    record_type: &RecordType,
    rows: impl ExactSizeIterator<Item = RawRow> + Send,
    replace: bool,
) -> Result<(), sqlx::Error> {
    let columns = record_type.columns();
    let conflict = if replace {
        let sets: Vec<String> = columns
            .iter()
            .skip(1)
            .map(|(name, _)| format!("{name} = excluded.{name}"))
            .collect();
        format!(" on conflict (id) do update set {}", sets.join(", "))
    } else {
        String::new()
    };
    let head = format!("insert into {} ({}) values ", record_type.table, names(&columns));
    insert(tx, &head, &conflict, columns.len(), rows).await
}

/// A text with `(…), (…)` between its head and its tail, in statements of a few fixed sizes. Rows are asked for while the
/// database has those before.
pub(crate) async fn insert(
    tx: &mut Transaction,
    head: &str,
    tail: &str,
    width: usize,
    mut rows: impl ExactSizeIterator<Item = RawRow> + Send,
) -> Result<(), sqlx::Error> {
    let dialect = tx.dialect();
    let mut most = FIRST_ROWS;
    let mut next = || {
        let left = rows.len();
        let size = ROWS
            .into_iter()
            .find(|size| *size <= left.min(most) && size * width <= MAX_BINDS)
            .unwrap_or(1)
            .min(left);
        most = usize::MAX;
        (size > 0).then(|| {
            let mut statement = Statement::new(dialect, head);
            for (index, row) in rows.by_ref().take(size).enumerate() {
                statement.push(if index == 0 { "(" } else { ", (" });
                for (column, value) in row.into_iter().enumerate() {
                    if column > 0 {
                        statement.push(", ");
                    }
                    statement.bind(value);
                }
                statement.push(")");
            }
            statement.push(tail);
            statement.ready()
        })
    };
    let mut ready = next();
    while let Some(statement) = ready {
        // The next one is put together while the database has this one.
        let (done, following) = tokio::join!(statement.execute_in(tx), async { next() });
        done?;
        ready = following;
    }
    Ok(())
}

pub(crate) fn names(columns: &[(String, ColumnType)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    names.join(", ")
}
