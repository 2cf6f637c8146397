//! Writing what rows come to: many at once, and one by one where the database refuses.

use std::collections::BTreeSet;

use records::{At, ChangeSet, Filter, Op, Query, Viewer};
use serde_json::{Map, Value};

use super::Duplicates;
use super::chunk::Importer;
use super::fate::{Change, Written, faults};
use super::walk::Outcome;
use crate::problem::Problem;

/// Types whose records others of the same row link to, in that order; what is not named comes behind them.
const ORDER: [&str; 6] = ["account", "location", "contact", "lead", "opportunity", "case"];

impl Importer<'_> {
    pub async fn write(
        &self,
        set: &ChangeSet,
        mut rows: Vec<Written>,
        outcome: &mut Outcome,
    ) -> Result<(), Problem> {
        if self.resumed {
            self.leave_out_written(&mut rows).await?;
        }
        if self.object == "lead" {
            self.look_at_leads(&mut rows).await?;
        }
        let mut of_rows: Vec<Vec<Op>> = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut ops = row.creates.clone();
            for change in &row.changes {
                ops.extend(self.patch(change).await?);
            }
            of_rows.push(ops);
        }
        let mut ops: Vec<Op> = of_rows.iter().flatten().cloned().collect();
        if ops.is_empty() {
            return Ok(());
        }
        ops.sort_by_key(|op| (rank(op), matches!(op, Op::Update { .. })));
        match set.write(ops).await {
            Ok(_) => Ok(()),
            Err(error @ (records::Error::DiskFull | records::Error::Database(_))) => Err(error.into()),
            // One row is at fault: each is written on its own, and the faulty ones are listed.
            Err(_) => self.write_one_by_one(set, rows, of_rows, outcome).await,
        }
    }

    async fn write_one_by_one(
        &self,
        set: &ChangeSet,
        rows: Vec<Written>,
        of_rows: Vec<Vec<Op>>,
        outcome: &mut Outcome,
    ) -> Result<(), Problem> {
        for (mut row, ops) in rows.into_iter().zip(of_rows) {
            if ops.is_empty() {
                continue;
            }
            match set.write(ops).await {
                Ok(_) => {}
                Err(error @ (records::Error::DiskFull | records::Error::Database(_))) => {
                    return Err(error.into());
                }
                Err(error) => {
                    let summary = outcome.part(self.part);
                    let counted = if row.is_new {
                        &mut summary.created
                    } else {
                        &mut summary.updated
                    };
                    *counted = counted.saturating_sub(1);
                    for op in row.creates.iter().filter(|op| op.type_name() != "external_id") {
                        if let Some(count) = summary.records.get_mut(op.type_name()) {
                            *count = count.saturating_sub(1);
                        }
                    }
                    let faults = faults(&row.draft, &error);
                    row.draft.errors.extend(faults);
                    outcome.fail(row.draft);
                }
            }
        }
        Ok(())
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

    /// Leads of a file are looked at, scored and given to somebody as those of a form are.
    async fn look_at_leads(&self, rows: &mut [Written]) -> Result<(), Problem> {
        for op in rows.iter_mut().flat_map(|row| &mut row.creates) {
            if let Op::Create {
                type_name,
                id: Some(id),
                fields,
            } = op
                && type_name == "lead"
            {
                let owner_named = fields.get("owner_id").is_some_and(|o| !o.is_null());
                let more = crate::leads::worked_out(self.app, id, fields, owner_named).await?;
                fields.extend(more);
            }
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
