//! The one write path: validate, rules, write, close the old version, append to the feed, in one transaction.

use serde_json::{Map, Value};

use crate::catalog::RecordType;
use crate::chain::salts;
use crate::copies::linked_values;
use crate::present::{invalid, not_found, past_versions};
use crate::refusal::Refused;
use crate::rows::{RawRow, to_raw};
use crate::run::{Run, What};
use crate::sequence::give_numbers;
use crate::store::Store;
use crate::transaction::Writing;
use crate::validate::validate;
use crate::values::{is_id, new_id};
use crate::{Author, Error, Fault, Op, Record, Viewer, Written};

/// Most operations of one transaction.
const MAX_OPS: usize = 20_000;

/// Why a write stopped: found out here, or refused by the database, which is explained afterwards.
pub(crate) enum Failure {
    Found(Error),
    Refused(Box<Refused>),
}

/// What is to be given back of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Records,
    Nothing,
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Found(error.into())
    }
}

impl Store {
    pub(crate) async fn write_once(&self, author: &Author, ops: Vec<Op>) -> Result<Written, Error> {
        let mut writing = Writing::begin(self, author, new_id()).await?;
        let records = match self.apply(&mut writing, &author.viewer, ops, Want::Records).await {
            Ok(records) => records,
            Err(failure) => return self.give_up(writing, failure).await,
        };
        if writing.entry_count() == 0 {
            let last_seq = writing.roll_back().await?;
            return Ok(Written {
                change_set: String::new(),
                records,
                last_seq,
                at: self.now(),
            });
        }
        writing.insert_change_set(author, None, true).await?;
        self.finish(writing, records).await
    }

    pub(crate) async fn write_batches(
        &self,
        author: &Author,
        change_set: String,
        mut batches: impl Iterator<Item = Vec<Op>> + Send,
    ) -> Result<Written, Error> {
        let mut writing = Writing::begin(self, author, change_set).await?;
        let mut next = batches.next();
        while let Some(ops) = next {
            let work = self.apply(&mut writing, &author.viewer, ops, Want::Nothing);
            // The next batch is put together while the database has this one.
            let (done, following) = tokio::join!(work, async { batches.next() });
            if let Err(failure) = done {
                return self.give_up(writing, failure).await;
            }
            next = following;
            // SQLite's thread may have answered each time before it was waited for: without this the whole of a publication
            // could pass without anybody else's turn on this thread, and without a moment at which it can be given up.
            tokio::task::yield_now().await;
        }
        if writing.entry_count() == 0 {
            let last_seq = writing.roll_back().await?;
            return Ok(Written {
                change_set: String::new(),
                records: Vec::new(),
                last_seq,
                at: self.now(),
            });
        }
        writing.insert_change_set(author, None, true).await?;
        self.finish(writing, Vec::new()).await
    }

    pub(crate) async fn write_chunk(
        &self,
        author: &Author,
        change_set: &str,
        ops: Vec<Op>,
    ) -> Result<Written, Error> {
        let mut writing = Writing::begin(self, author, change_set.to_string()).await?;
        writing.require_open().await?;
        match self.apply(&mut writing, &author.viewer, ops, Want::Records).await {
            Ok(records) => self.finish(writing, records).await,
            Err(failure) => self.give_up(writing, failure).await,
        }
    }

    async fn finish(&self, writing: Writing, records: Vec<Record>) -> Result<Written, Error> {
        let (change_set, at) = (writing.change_set.clone(), writing.at);
        let last_seq = writing.commit(self).await?;
        Ok(Written {
            change_set,
            records,
            last_seq,
            at,
        })
    }

    async fn give_up<T>(&self, writing: Writing, failure: Failure) -> Result<T, Error> {
        writing.roll_back().await?;
        Err(match failure {
            Failure::Found(error) => error,
            Failure::Refused(refused) => refused.explain(self).await,
        })
    }

    /// Checks values as a write would, without rights and without the database: for forms and dry runs. Gives
    /// the values as they would be stored, but for fields that follow a link.
    ///
    /// # Errors
    /// [`Error::UnknownType`], [`Error::Invalid`] with every fault.
    pub fn validate(
        &self,
        viewer: &Viewer,
        type_name: &str,
        before: Option<&Record>,
        patch: Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        let record_type = self.record_type(type_name)?;
        validate(
            record_type,
            &self.inner.rules,
            before,
            patch,
            Map::new(),
            viewer.is_system,
            self.now(),
        )
        .map_err(|faults| Error::Invalid {
            operation: 0,
            type_name: type_name.to_string(),
            faults,
        })
    }

    /// Runs operations in a transaction, in their order, runs of like ones together.
    async fn apply(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        ops: Vec<Op>,
        want: Want,
    ) -> Result<Vec<Record>, Failure> {
        if ops.len() > MAX_OPS {
            return Err(Failure::Found(Error::TooMuch(format!(
                "{} operations in one write, at most {MAX_OPS} are taken; use a change set and chunks",
                ops.len()
            ))));
        }
        let mut records = Vec::with_capacity(ops.len());
        let mut ops = ops.into_iter().enumerate().peekable();
        while let Some((first, op)) = ops.next() {
            let mut run = Run::new(self, &op)?;
            run.add(op);
            while let Some((_, op)) = ops.next_if(|(_, op)| run.takes(op)) {
                run.add(op);
            }
            let Run {
                record_type, what, ..
            } = run;
            records.extend(match what {
                What::Create(items) => {
                    self.create_run(writing, viewer, record_type, first, items)
                        .await?
                }
                What::Update(items)
                    if want == Want::Nothing && self.goes_by_rows(viewer, record_type, &items) =>
                {
                    self.update_rows(writing, viewer, record_type, first, items)
                        .await?;
                    Vec::new()
                }
                What::Update(items) => {
                    self.update_run(writing, viewer, record_type, first, items)
                        .await?
                }
                What::Delete(items) => {
                    self.delete_run(writing, viewer, record_type, first, items)
                        .await?
                }
            });
        }
        Ok(records)
    }

    async fn create_run(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        record_type: &RecordType,
        first: usize,
        items: Vec<(Option<String>, Map<String, Value>)>,
    ) -> Result<Vec<Record>, Failure> {
        if !viewer.grant(&record_type.name).create {
            return Err(Failure::Found(Error::Forbidden {
                operation: "create",
                type_name: record_type.name.clone(),
                id: String::new(),
            }));
        }
        let given: Vec<&str> = items.iter().filter_map(|(id, _)| id.as_deref()).collect();
        let versions = past_versions(writing, record_type, &given).await?;
        let set: Vec<(Option<&Record>, &Map<String, Value>)> = items.iter().map(|(_, v)| (None, v)).collect();
        let mut copied = linked_values(self, writing, record_type, &set).await?;
        give_numbers(writing, record_type, &set, &mut copied).await?;
        let mut records = Vec::with_capacity(items.len());
        for (index, ((id, values), copied)) in items.into_iter().zip(copied).enumerate() {
            if let Some(id) = &id
                && !is_id(id)
            {
                let fault = Fault {
                    pointer: "/id".into(),
                    code: "not-an-id".into(),
                    message: format!("{id:?} is not an id of 1 to 64 letters, digits, - and _"),
                };
                return Err(invalid(record_type, first + index, vec![fault]));
            }
            let fields = validate(
                record_type,
                &self.inner.rules,
                None,
                values,
                copied,
                viewer.is_system,
                writing.at,
            )
            .map_err(|faults| invalid(record_type, first + index, faults))?;
            let id = id.unwrap_or_else(new_id);
            records.push(Record {
                type_name: record_type.name.clone(),
                // An id that was used and deleted goes on where it stopped.
                version: versions.get(&id).map_or(1, |last| last + 2),
                id,
                recorded_at: writing.at,
                changed_by: viewer.user_id.clone(),
                change_set: writing.change_set.clone(),
                fields,
            });
        }
        let pairs: Vec<(usize, Option<&Record>, &Record)> = records
            .iter()
            .enumerate()
            .map(|(i, r)| (first + i, None, r))
            .collect();
        self.check_links(writing, viewer, record_type, &pairs).await?;
        self.store_run(writing, record_type, first, &records, "create")
            .await?;
        Ok(records)
    }

    async fn update_run(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        record_type: &RecordType,
        first: usize,
        items: Vec<(String, Option<i64>, Map<String, Value>)>,
    ) -> Result<Vec<Record>, Failure> {
        let wanted: Vec<(&str, Option<i64>)> = items.iter().map(|(id, v, _)| (id.as_str(), *v)).collect();
        let mut present = self.load(writing, viewer, record_type, &wanted, "update").await?;
        let set: Vec<(Option<&Record>, &Map<String, Value>)> = items
            .iter()
            .map(|(id, _, patch)| (present.get(id), patch))
            .collect();
        let copied = linked_values(self, writing, record_type, &set).await?;
        let mut records = Vec::with_capacity(items.len());
        // (position of the operation, before, after), of those that change something.
        let mut changed: Vec<(usize, Record, Record)> = Vec::new();
        for (index, ((id, _, patch), copied)) in items.into_iter().zip(copied).enumerate() {
            let before = present
                .remove(&id)
                .ok_or_else(|| Failure::Found(not_found(record_type, &id)))?;
            let fields = validate(
                record_type,
                &self.inner.rules,
                Some(&before),
                patch,
                copied,
                viewer.is_system,
                writing.at,
            )
            .map_err(|faults| invalid(record_type, first + index, faults))?;
            if fields == before.fields {
                // Nothing to record: the same request twice makes one version.
                records.push(before);
                continue;
            }
            let after = Record {
                version: before.version + 1,
                recorded_at: writing.at,
                changed_by: viewer.user_id.clone(),
                change_set: writing.change_set.clone(),
                fields,
                ..before.clone()
            };
            records.push(after.clone());
            changed.push((first + index, before, after));
        }
        if changed.is_empty() {
            return Ok(records);
        }
        let pairs: Vec<(usize, Option<&Record>, &Record)> = changed
            .iter()
            .map(|(i, before, after)| (*i, Some(before), after))
            .collect();
        self.check_links(writing, viewer, record_type, &pairs).await?;
        let ids: Vec<&str> = changed.iter().map(|(_, _, after)| after.id.as_str()).collect();
        writing.close(record_type, &ids, false).await?;
        let after: Vec<Record> = changed.into_iter().map(|(_, _, after)| after).collect();
        self.store_run(writing, record_type, first, &after, "update")
            .await?;
        Ok(records)
    }

    async fn delete_run(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        record_type: &RecordType,
        first: usize,
        items: Vec<(String, Option<i64>)>,
    ) -> Result<Vec<Record>, Failure> {
        let wanted: Vec<(&str, Option<i64>)> = items.iter().map(|(id, v)| (id.as_str(), *v)).collect();
        let mut present = self.load(writing, viewer, record_type, &wanted, "delete").await?;
        let ids: Vec<&str> = wanted.iter().map(|w| w.0).collect();
        self.delete_with_links(writing, viewer, record_type, first, &ids)
            .await?;
        let mut records = Vec::with_capacity(items.len());
        for (id, _) in &items {
            let record = present
                .remove(id)
                .ok_or_else(|| Failure::Found(not_found(record_type, id)))?;
            records.push(record);
        }
        Ok(records)
    }

    /// Writes a run of new rows and enters them in the feed.
    async fn store_run(
        &self,
        writing: &mut Writing,
        record_type: &RecordType,
        first: usize,
        records: &[Record],
        operation: &'static str,
    ) -> Result<(), Failure> {
        let salts = salts(records.len())?;
        let rows = records
            .iter()
            .zip(salts)
            .map(|(record, salt)| to_raw(record_type, record, salt));
        let put = writing.put_entered(record_type, operation, rows).await;
        put.map_err(|error| {
            // Which of them it was is asked of their values; the salt does not matter.
            let rows = records
                .iter()
                .map(|record| to_raw(record_type, record, String::new()));
            self.refused(error, record_type, first, rows.collect())
        })
    }

    /// The database refused rows; why, is found out afterwards.
    pub(crate) fn refused(
        &self,
        error: sqlx::Error,
        record_type: &RecordType,
        first: usize,
        rows: Vec<RawRow>,
    ) -> Failure {
        Failure::Refused(Box::new(Refused {
            error,
            type_name: record_type.name.clone(),
            first,
            rows,
            deleted: Vec::new(),
        }))
    }
}
