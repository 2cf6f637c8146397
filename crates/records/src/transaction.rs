//! One transaction that writes: it holds the feed's head, changes rows, and appends the entries at its end.

use geom::Timestamp;

use crate::catalog::{ColumnType, RecordType};
use crate::chain::chained;
use crate::db::Dialect;
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
    entries: Vec<Change>,
}

/// Rows a statement writes at most; fewer come in 64, 16, 4 and 1, so that few texts are prepared.
const ROWS: [usize; 5] = [256, 64, 16, 4, 1];

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
    pub fn enter(&mut self, operation: &str, type_name: &str, id: &str, version: i64, digest: String) {
        self.entries.push(Change {
            seq: 0,
            at: self.at,
            author: self.author.clone(),
            cause: self.cause.clone(),
            operation: operation.into(),
            type_name: type_name.into(),
            record_id: id.into(),
            version,
            change_set: self.change_set.clone(),
            caused_by: self.caused_by.clone(),
            digest,
            hash: String::new(),
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
        insert(&mut self.tx, &head, &conflict, columns.len(), rows).await
    }

    /// Writes new versions of rows that are there, of which only `set` (places in [`RecordType::columns`]) and the columns
    /// that every version has anew are otherwise: indexes of other columns are left alone.
    pub async fn revise(
        &mut self,
        record_type: &RecordType,
        set: &[usize],
        rows: Vec<RawRow>,
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
        let pick = |mut row: RawRow| -> RawRow {
            let mut take = |at: usize| std::mem::replace(&mut row[at], Bind::Boolean(None));
            std::iter::once(ID)
                .chain(taken.iter().copied())
                .map(&mut take)
                .collect()
        };
        let rows = rows.into_iter().map(pick).collect();
        insert(&mut self.tx, &head, &tail, taken.len() + 1, rows).await
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
        let mut rows = Vec::with_capacity(entries.len());
        for mut change in entries {
            self.seq += 1;
            change.seq = self.seq;
            self.hash = chained(&self.hash, &change);
            change.hash.clone_from(&self.hash);
            rows.push(change_row(change));
        }
        if count > 0 {
            insert_changes(&mut self.tx, rows).await?;
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
        self.tx.commit().await?;
        store.inner.watcher.tell(seq);
        Ok(seq)
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

async fn insert_changes(tx: &mut Transaction, rows: Vec<RawRow>) -> Result<(), sqlx::Error> {
    let head = format!("insert into changes ({}) values ", crate::feed::CHANGE_COLUMNS);
    insert(tx, &head, "", 12, rows).await
}

/// A text with `(…), (…)` between its head and its tail, in statements of a few fixed sizes.
pub(crate) async fn insert(
    tx: &mut Transaction,
    head: &str,
    tail: &str,
    width: usize,
    rows: Vec<RawRow>,
) -> Result<(), sqlx::Error> {
    let dialect = tx.dialect();
    let mut rows = rows.into_iter();
    let mut next = || {
        let left = rows.len();
        let size = ROWS
            .into_iter()
            .find(|size| *size <= left && size * width <= MAX_BINDS)
            .unwrap_or(1)
            .min(left);
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
