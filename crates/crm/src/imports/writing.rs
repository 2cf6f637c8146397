//! Writing what rows come to: many at once, and one by one where the database refuses; meanwhile the next rows are read.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::StreamExt as _;
use records::{At, ChangeSet, Filter, Op, Query, Viewer};
use serde_json::{Map, Value};

use tokio::task::JoinHandle;

use super::Duplicates;
use super::fate::{Change, Written, faults};
use super::walk::Outcome;
use crate::App;
use crate::problem::Problem;

/// Types whose records others of the same row link to, in that order; what is not named comes behind them.
const ORDER: [&str; 6] = ["account", "location", "contact", "lead", "opportunity", "case"];

/// Leads looked at at the same time: fewer than SQLite has readers, so that people are answered too.
const LEADS_AT_ONCE: usize = 6;

/// Who writes the rows of one table, one chunk after another.
pub(super) struct Writing<'a> {
    writer: Option<Writer>,
    part: usize,
    /// The chunk that is being written. A fault and a cancellation wait for it; a program that stops does not, and whoever
    /// goes on with the import knows its records by their ids.
    pending: Option<JoinHandle<Result<Vec<Written>, Problem>>>,
    outcome: &'a mut Outcome,
}

impl<'a> Writing<'a> {
    /// Without a writer, as in a dry run, nothing is written.
    pub fn new(writer: Option<Writer>, part: usize, outcome: &'a mut Outcome) -> Self {
        Self {
            writer,
            part,
            pending: None,
            outcome,
        }
    }

    /// What was found so far.
    pub fn outcome(&mut self) -> &mut Outcome {
        self.outcome
    }

    /// Begins to write rows as soon as those before are written; waits for those that change what is there.
    pub async fn write(&mut self, rows: Vec<Written>) -> Result<(), Problem> {
        self.finish().await?;
        let Some(writer) = &self.writer else {
            return Ok(());
        };
        // What is made is in memory for the next rows; what is changed they find on record only.
        let only_makes = rows.iter().all(|row| row.is_new && row.changes.is_empty());
        self.pending = Some(tokio::spawn(writer.clone().write(rows)));
        if only_makes { Ok(()) } else { self.finish().await }
    }

    /// Waits for what is being written.
    pub async fn finish(&mut self) -> Result<(), Problem> {
        let Some(pending) = self.pending.take() else {
            return Ok(());
        };
        for row in pending.await.map_err(Problem::unexpected)?? {
            self.outcome.refused(self.part, row);
        }
        Ok(())
    }
}

/// What writing needs to know of an import.
#[derive(Clone)]
pub(super) struct Writer {
    pub app: Arc<App>,
    pub set: ChangeSet,
    /// What each row is.
    pub object: String,
    /// A worker before this one may have written some of it.
    pub resumed: bool,
}

impl Writer {
    /// Writes rows; gives back those that the database refused, with the reasons.
    async fn write(self, mut rows: Vec<Written>) -> Result<Vec<Written>, Problem> {
        if self.resumed {
            self.leave_out_written(&mut rows).await?;
        }
        if self.object == "lead" {
            self.look_at_leads(&mut rows).await?;
        }
        let mut ops: Vec<Op> = Vec::new();
        for row in &rows {
            ops.extend(self.ops(row).await?);
        }
        if ops.is_empty() {
            return Ok(Vec::new());
        }
        ops.sort_by_key(|op| (rank(op), matches!(op, Op::Update { .. })));
        match self.set.write(ops).await {
            Ok(_) => Ok(Vec::new()),
            Err(error @ (records::Error::DiskFull | records::Error::Database(_))) => Err(error.into()),
            // One row is at fault: each is written on its own, and the faulty ones are listed.
            Err(_) => self.write_one_by_one(rows).await,
        }
    }

    async fn ops(&self, row: &Written) -> Result<Vec<Op>, Problem> {
        let mut ops = row.creates.clone();
        for change in &row.changes {
            ops.extend(self.patch(change).await?);
        }
        Ok(ops)
    }

    async fn write_one_by_one(&self, rows: Vec<Written>) -> Result<Vec<Written>, Problem> {
        let mut refused = Vec::new();
        for mut row in rows {
            let ops = self.ops(&row).await?;
            if ops.is_empty() {
                continue;
            }
            match self.set.write(ops).await {
                Ok(_) => {}
                Err(error @ (records::Error::DiskFull | records::Error::Database(_))) => {
                    return Err(error.into());
                }
                Err(error) => {
                    let faults = faults(&row.draft, &error);
                    row.draft.errors.extend(faults);
                    refused.push(row);
                }
            }
        }
        Ok(refused)
    }

    /// What a worker that died wrote already is not written again.
    async fn leave_out_written(&self, rows: &mut [Written]) -> Result<(), Problem> {
        let types: BTreeSet<String> = rows
            .iter()
            .flat_map(|r| &r.creates)
            .map(|op| op.type_name().to_owned())
            .collect();
        for type_name in types {
            let ids: Vec<String> = rows
                .iter()
                .flat_map(|row| &row.creates)
                .filter(|op| op.type_name() == type_name)
                .filter_map(id_of)
                .collect();
            let query = Query::of(type_name.as_str())
                .filter(Filter::Ids(ids))
                .limit(Query::MAX_LIMIT);
            let there = self.app.store.list(&Viewer::system(), &query).await?.records;
            let there: BTreeSet<String> = there.into_iter().map(|r| r.id).collect();
            for row in rows.iter_mut() {
                row.creates
                    .retain(|op| id_of(op).is_none_or(|id| !there.contains(&id)));
            }
        }
        Ok(())
    }

    /// Leads of a file are looked at, scored and given to somebody as those of a form are: several at a time, because none
    /// of them is written before all were looked at, so that none can depend on another.
    async fn look_at_leads(&self, rows: &mut [Written]) -> Result<(), Problem> {
        let mut leads: Vec<&mut Map<String, Value>> = Vec::new();
        let mut asked = Vec::new();
        for op in rows.iter_mut().flat_map(|row| &mut row.creates) {
            if let Op::Create {
                type_name,
                id: Some(id),
                fields,
            } = op
                && type_name == "lead"
            {
                asked.push((id.clone(), fields.clone()));
                leads.push(fields);
            }
        }
        let looked = futures::stream::iter(asked).map(|(id, fields)| {
            let app = self.app.clone();
            tokio::spawn(async move {
                let owner_named = fields.get("owner_id").is_some_and(|o| !o.is_null());
                crate::leads::worked_out(&app, &id, &fields, owner_named).await
            })
        });
        let looked: Vec<_> = looked.buffered(LEADS_AT_ONCE).collect().await;
        for (fields, more) in leads.into_iter().zip(looked) {
            fields.extend(more.map_err(Problem::unexpected)??);
        }
        Ok(())
    }

    /// What a change writes: everything the row has, or only what is empty on record.
    async fn patch(&self, change: &Change) -> Result<Option<Op>, Problem> {
        let found = self
            .app
            .store
            .get(&Viewer::system(), &change.type_name, &change.id, At::PRESENT)
            .await?;
        let Some(record) = found else {
            return Ok(None);
        };
        let is_empty = |name: &str| record.fields.get(name).is_none_or(Value::is_null);
        let mut patch: Map<String, Value> = Map::new();
        for (name, value) in &change.fields {
            if name == "custom" {
                patch.extend(self.kept(record.fields.get("custom"), value, change.rule));
            } else if record.fields.get(name) != Some(value)
                && (change.rule == Duplicates::Update || is_empty(name))
            {
                patch.insert(name.clone(), value.clone());
            }
        }
        Ok((!patch.is_empty()).then(|| Op::update(change.type_name.as_str(), change.id.as_str(), patch)))
    }

    /// Custom values beside those that are there.
    fn kept(&self, there: Option<&Value>, given: &Value, rule: Duplicates) -> Option<(String, Value)> {
        let there = there.and_then(Value::as_object).cloned().unwrap_or_default();
        let mut all = there.clone();
        for (name, value) in given.as_object()? {
            if rule == Duplicates::Update || all.get(name).is_none_or(Value::is_null) {
                all.insert(name.clone(), value.clone());
            }
        }
        (all != there).then(|| ("custom".to_owned(), all.into()))
    }
}

fn id_of(op: &Op) -> Option<String> {
    match op {
        Op::Create { id, .. } => id.clone(),
        _ => None,
    }
}

fn rank(op: &Op) -> usize {
    match op.type_name() {
        "external_id" => ORDER.len() + 1,
        name => ORDER.iter().position(|n| *n == name).unwrap_or(ORDER.len()),
    }
}
