//! The door: one [`Store`] reads and writes every record type.

use std::sync::Arc;

use geom::Timestamp;
use serde_json::{Map, Value};
use sqlx::migrate::Migrator;
use tokio::sync::watch;

use crate::additions::Catalogs;
use crate::catalog::{Catalog, RecordType};
use crate::db::Db;
use crate::feed::{Types, Watcher};
use crate::filter::Filter;
use crate::links::Links;
use crate::read::DerivedKey;
use crate::rules::Rules;
use crate::{
    At, Author, Change, ChangeSetFilter, ChangeSetInfo, Clock, Error, Op, Record, Revision, UndoReport,
    VerifyReport, Viewer, Written,
};

/// Every migration of the program, embedded.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The database, the declared types, the clock and the rules. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub db: Db,
    pub catalogs: Catalogs,
    pub clock: Arc<dyn Clock>,
    pub rules: Rules,
    pub watcher: Watcher,
}

/// Which records of one type, in which order, as of when.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The record type.
    pub type_name: String,
    /// Which; `None` for all.
    pub filter: Option<Filter>,
    /// By which fields; `true` is descending. Empty fields come last ascending and first descending.
    /// The id decides between equals.
    pub sort: Vec<(String, bool)>,
    /// At most so many, 1..=[`Query::MAX_LIMIT`]; 0 means 100.
    pub limit: u32,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// As of when.
    pub at: At,
}

impl Query {
    /// Largest page.
    pub const MAX_LIMIT: u32 = 1000;

    /// All records of a type, at present, by id, 100 a page.
    #[must_use]
    pub fn of(type_name: impl Into<String>) -> Self {
        Self {
            type_name: type_name.into(),
            ..Self::default()
        }
    }

    /// Only those that meet a condition, besides what was asked before.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter.take() {
            Some(before) => before.and(filter),
            None => filter,
        });
        self
    }

    /// Then by this field.
    #[must_use]
    pub fn sort(mut self, field: impl Into<String>, descending: bool) -> Self {
        self.sort.push((field.into(), descending));
        self
    }

    /// At most so many a page.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// The page after this cursor.
    #[must_use]
    pub fn cursor(mut self, cursor: Option<String>) -> Self {
        self.cursor = cursor;
        self
    }

    /// As of a moment.
    #[must_use]
    pub fn at(mut self, at: At) -> Self {
        self.at = at;
        self
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// For the next page; `None` on the last one.
    pub next_cursor: Option<String>,
}

/// One line of grouped sums.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Values of the grouping fields, in their order.
    pub key: Vec<Value>,
    /// How many records.
    pub count: u64,
    /// Sums of the summed fields, in their order; null when every value was empty.
    pub sums: Vec<Value>,
}

impl Store {
    /// Opens a database and brings its tables up to date. `url` is `postgres://…`, `sqlite://PATH` or a
    /// plain path, whose file is made when missing.
    ///
    /// # Errors
    /// [`Error::Database`] when it is out of reach, [`Error::Migration`], [`Error::Schema`].
    pub async fn open(
        url: &str,
        catalog: Catalog,
        clock: Arc<dyn Clock>,
        rules: Rules,
    ) -> Result<Self, Error> {
        Self::open_with(url, catalog, clock, rules, &MIGRATIONS).await
    }

    /// As [`Store::open`] with other migrations; [`crate::own_migration`] has to be among them.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_with(
        url: &str,
        catalog: Catalog,
        clock: Arc<dyn Clock>,
        rules: Rules,
        migrations: &Migrator,
    ) -> Result<Self, Error> {
        let db = Db::open(url).await?;
        db.migrate(migrations).await?;
        let catalog = crate::additions::with_adopted(&db, catalog).await?;
        let watcher = Watcher::start(&db, url).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                db,
                catalogs: Catalogs::new(catalog),
                clock,
                rules,
                watcher,
            }),
        })
    }

    /// The database, for a feature's own SQL (see [`crate::on_db!`]). Writes to record tables go through
    /// [`Store::write`] only.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// The declared types, as they are now.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.inner.catalogs.current()
    }

    /// The clock that dates every write.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The type of a name.
    ///
    /// # Errors
    /// [`Error::UnknownType`].
    pub fn record_type(&self, name: &str) -> Result<&RecordType, Error> {
        self.catalog()
            .get(name)
            .ok_or_else(|| Error::UnknownType(name.to_string()))
    }

    /// One record, if there is one that the viewer may see.
    ///
    /// # Errors
    /// [`Error::UnknownType`], [`Error::Database`].
    pub async fn get(
        &self,
        viewer: &Viewer,
        type_name: &str,
        id: &str,
        at: At,
    ) -> Result<Option<Record>, Error> {
        self.read_one(viewer, type_name, id, at).await
    }

    /// One page of records.
    ///
    /// # Errors
    /// [`Error::UnknownType`], [`Error::BadField`], [`Error::Filter`], [`Error::BadCursor`], [`Error::Database`].
    pub async fn list(&self, viewer: &Viewer, query: &Query) -> Result<Page, Error> {
        self.read_page(viewer, query).await
    }

    /// How many records meet the query; its sort, limit and cursor do not matter.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn count(&self, viewer: &Viewer, query: &Query) -> Result<u64, Error> {
        self.read_count(viewer, query).await
    }

    /// Counts and sums by group, ordered by the groups' keys. Without `group_by` one group, even if it is empty.
    ///
    /// # Errors
    /// As [`Store::list`]; [`Error::BadField`] for a field that is no number; [`Error::TooMuch`] over 200,000 groups.
    pub async fn sum(
        &self,
        viewer: &Viewer,
        query: &Query,
        fields: &[&str],
        group_by: &[&str],
    ) -> Result<Vec<Group>, Error> {
        self.read_sums(viewer, query, fields, group_by, None).await
    }

    /// As [`Store::sum`], by something that is no field of the record and, behind it, by fields.
    ///
    /// # Errors
    /// As [`Store::sum`].
    pub async fn sum_by(
        &self,
        viewer: &Viewer,
        query: &Query,
        fields: &[&str],
        key: DerivedKey,
        group_by: &[&str],
    ) -> Result<Vec<Group>, Error> {
        self.read_sums(viewer, query, fields, group_by, Some(key)).await
    }

    /// The different values of a text field (or of `id`) among all records that pass, in no order; empty ones left out.
    /// One statement, however many there are.
    ///
    /// # Errors
    /// As [`Store::list`]; [`Error::BadField`] for a field that is no text.
    pub async fn texts(&self, viewer: &Viewer, query: &Query, field: &str) -> Result<Vec<String>, Error> {
        self.read_texts(viewer, query, field).await
    }

    /// Of all records that pass, the id and what a field of links names: for questions that look at most records of a type,
    /// where [`Store::texts`] would hand over a million rows one by one. SQLite reads a large table in parts side by side.
    ///
    /// # Errors
    /// As [`Store::list`]; [`Error::BadField`] for a field that is no link.
    pub async fn links(&self, viewer: &Viewer, query: &Query, field: &str) -> Result<Links, Error> {
        self.read_links(viewer, query, field).await
    }

    /// Every version of a record, newest first (at most 1,000), if the viewer may see it.
    ///
    /// # Errors
    /// [`Error::UnknownType`], [`Error::Database`].
    pub async fn history(&self, viewer: &Viewer, type_name: &str, id: &str) -> Result<Vec<Revision>, Error> {
        self.read_history(viewer, type_name, id).await
    }

    /// Does all operations in one transaction and one change set, or none of them. Runs of operations
    /// on the same type and of the same sort are written together: group a batch by type.
    ///
    /// # Errors
    /// Everything in [`Error`] but reading ones; nothing is written then.
    pub async fn write(&self, author: &Author, ops: Vec<Op>) -> Result<Written, Error> {
        self.write_once(author, ops).await
    }

    /// Does all operations of all batches in one transaction and one change set, or none of them, however many
    /// there are: what has to become true in one moment. Everybody else who writes waits meanwhile, so this is for
    /// what people decide, a publication, not for what programs do every minute. `change_set` is a [`crate::new_id`];
    /// the records written are not given back.
    ///
    /// # Errors
    /// As [`Store::write`]; the number of an operation is that in its batch, which holds at most 20,000.
    pub async fn write_whole(
        &self,
        author: &Author,
        change_set: String,
        batches: impl Iterator<Item = Vec<Op>> + Send,
    ) -> Result<Written, Error> {
        self.write_batches(author, change_set, batches).await
    }

    /// Opens a change set that is written in several chunks: imports, publishes, anything over 50 ms.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn change_set(&self, author: &Author) -> Result<ChangeSet, Error> {
        let id = self.open_change_set(author, None).await?;
        Ok(ChangeSet {
            store: self.clone(),
            author: author.clone(),
            id,
        })
    }

    /// Takes an open change set up again, after its writer died.
    ///
    /// # Errors
    /// [`Error::ChangeSet`] when there is none or it is closed.
    pub async fn resume_change_set(&self, author: &Author, id: &str) -> Result<ChangeSet, Error> {
        self.require_open_change_set(id).await?;
        Ok(ChangeSet {
            store: self.clone(),
            author: author.clone(),
            id: id.to_string(),
        })
    }

    /// Takes a change set and its consequences back, as a new change set. What somebody else changed
    /// since stays and is listed.
    ///
    /// # Errors
    /// [`Error::ChangeSet`] when there is none or it was undone already; [`Error::Forbidden`].
    pub async fn undo(&self, author: &Author, change_set: &str) -> Result<UndoReport, Error> {
        self.undo_change_set(author, change_set).await
    }

    /// Change sets, newest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn change_sets(&self, filter: &ChangeSetFilter) -> Result<Vec<ChangeSetInfo>, Error> {
        self.list_change_sets(filter).await
    }

    /// Entries of the feed after a number, oldest first, at most `limit` (1..=10,000).
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn changes(&self, after_seq: i64, limit: u32) -> Result<Vec<Change>, Error> {
        self.read_changes(after_seq, limit).await
    }

    /// As [`Store::changes`], only entries of some record types; and the number up to which there are no others of them.
    /// For whoever follows the feed and cares for a few types: what many others write costs next to nothing.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn changes_of(
        &self,
        after_seq: i64,
        limit: u32,
        types: Types<'_>,
    ) -> Result<(i64, Vec<Change>), Error> {
        self.read_changes_of(after_seq, limit, types).await
    }

    /// Which records of some types the next `most` entries of the feed after a number are about, as (type, id), repeated
    /// and in no order; and the number of the last of these entries.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn changed(
        &self,
        after_seq: i64,
        most: u32,
        types: Types<'_>,
    ) -> Result<(i64, Vec<(String, String)>), Error> {
        self.read_changed(after_seq, most, types).await
    }

    /// Number of the last entry in the feed.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn last_seq(&self) -> Result<i64, Error> {
        crate::feed::last_seq(&self.inner.db).await
    }

    /// Tells of every commit, of this process and of others: the number of the last entry.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.inner.watcher.subscribe()
    }

    /// Whether the feed's chain is whole and every version is as it was written.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn verify(&self) -> Result<VerifyReport, Error> {
        self.verify_all().await
    }

    /// Replaces the personal fields of a record in every version, for good.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] (it takes the right to delete), [`Error::BadField`] when the
    /// type has no personal fields.
    pub async fn erase(&self, author: &Author, type_name: &str, id: &str) -> Result<Written, Error> {
        self.erase_record(author, type_name, id).await
    }

    /// Appends an entry for every validity that began or ended since the last call. Returns how many.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn note_validities(&self) -> Result<u64, Error> {
        self.append_validity_changes().await
    }
}

/// A change set that takes chunk after chunk.
#[derive(Clone)]
pub struct ChangeSet {
    store: Store,
    author: Author,
    id: String,
}

impl ChangeSet {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// One chunk: one transaction. Aim at 500 to 2,000 operations, which take under 50 ms.
    ///
    /// # Errors
    /// As [`Store::write`]; the chunks before stay.
    pub async fn write(&self, ops: Vec<Op>) -> Result<Written, Error> {
        self.store.write_chunk(&self.author, &self.id, ops).await
    }

    /// No more chunks.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn close(self) -> Result<ChangeSetInfo, Error> {
        self.store.close_change_set(&self.id).await
    }
}

/// Fields from pairs: `fields([("name", "Bäckerei".into())])`.
#[must_use]
pub fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
}
