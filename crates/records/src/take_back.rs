//! Bringing records back to what they were before some change sets, inside a transaction.

use std::collections::{HashMap, HashSet};

use crate::catalog::{Catalog, Kind, RecordType};
use crate::chain::{digest, salt};
use crate::rows::{
    CHANGE_SET, CHANGED_BY, FIRST_FIELD, ID, RECORDED_AT, RawRow, SALT, VERSION, raw_columns, raw_row,
};
use crate::statement::{Bind, Statement};
use crate::transaction::Writing;
use crate::{Blocked, Error};

/// One record that the sets touched.
#[derive(Clone, Debug)]
pub(crate) struct Touched {
    pub type_name: String,
    pub id: String,
    /// First entry of the sets about it, and last.
    pub first_seq: i64,
    pub last_seq: i64,
    /// First version the sets made; the one before it is to come back.
    pub first_version: i64,
    /// Last version the sets made, and by what.
    pub last_version: i64,
    pub last_operation: String,
    /// The first operation made it: undoing takes it away.
    pub was_created: bool,
}

/// Why a record stays as it is.
pub(crate) struct Block {
    pub blocked: Blocked,
    /// Another record is in the way, which may yet go.
    pub is_refusal: bool,
}

pub(crate) fn block(t: &Touched, reason: String, by: Option<String>) -> Block {
    Block {
        blocked: Blocked {
            type_name: t.type_name.clone(),
            id: t.id.clone(),
            reason,
            by,
        },
        is_refusal: false,
    }
}

/// Brings records of one type back to what they were before the sets.
pub(crate) async fn take_back(
    catalog: &Catalog,
    writing: &mut Writing,
    record_type: &RecordType,
    records: &[&Touched],
) -> Result<(), Error> {
    // Deleted at the end of the sets: nothing is there to close.
    let present: Vec<&str> = records
        .iter()
        .filter(|t| t.last_operation != "delete")
        .map(|t| t.id.as_str())
        .collect();
    let (gone, back): (Vec<&&Touched>, Vec<&&Touched>) = records.iter().partition(|t| t.was_created);
    let removed: Vec<&str> = gone
        .iter()
        .map(|t| t.id.as_str())
        .filter(|id| present.contains(id))
        .collect();
    if !removed.is_empty() {
        writing.close(record_type, &removed, true).await?;
        writing.remove(record_type, &removed).await?;
        for t in gone.iter().filter(|t| t.last_operation != "delete") {
            writing.enter("delete", &t.type_name, &t.id, t.last_version + 1, String::new());
        }
    }
    if back.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(back.len());
    let mut entries = Vec::with_capacity(back.len());
    let old = old_rows(writing, record_type, &back).await?;
    for t in &back {
        let Some(mut row) = old.get(&t.id).cloned() else {
            return Err(Error::Schema(format!(
                "version {} of {} {} is missing in the history",
                t.first_version - 1,
                t.type_name,
                t.id
            )));
        };
        let version = t.last_version + 1;
        row[VERSION] = version.into();
        row[RECORDED_AT] = writing.at.0.into();
        row[CHANGED_BY] = Bind::Text(writing.author().map(str::to_string));
        row[CHANGE_SET] = Bind::text(&writing.change_set);
        row[SALT] = Bind::text(salt()?);
        let operation = if t.last_operation == "delete" {
            "create"
        } else {
            "update"
        };
        entries.push((operation, *t, version, digest(&row, record_type)));
        rows.push(row);
    }
    check_targets(catalog, writing, record_type, &rows).await?;
    let closing: Vec<&str> = back
        .iter()
        .map(|t| t.id.as_str())
        .filter(|id| present.contains(id))
        .collect();
    if !closing.is_empty() {
        writing.close(record_type, &closing, false).await?;
    }
    writing.put(record_type, rows, true).await?;
    for (operation, t, version, digest) in entries {
        writing.enter(operation, &t.type_name, &t.id, version, digest);
    }
    Ok(())
}

/// What the restored records link to is there.
async fn check_targets(
    catalog: &Catalog,
    writing: &mut Writing,
    record_type: &RecordType,
    rows: &[RawRow],
) -> Result<(), Error> {
    let text = |bind: &Bind| match bind {
        Bind::Text(text) => text.clone(),
        _ => None,
    };
    for (index, field) in record_type
        .fields
        .iter()
        .enumerate()
        .filter(|(_, f)| f.kind == Kind::Link)
    {
        let Some(target) = field.to.as_deref().and_then(|to| catalog.get(to)) else {
            continue;
        };
        let mut wanted: HashSet<String> = rows
            .iter()
            .filter_map(|row| text(&row[FIRST_FIELD + index]))
            .collect();
        if target.name == record_type.name {
            for id in rows.iter().filter_map(|row| text(&row[ID])) {
                wanted.remove(&id);
            }
        }
        if wanted.is_empty() {
            continue;
        }
        let mut statement = Statement::new(
            writing.dialect(),
            format!("select id from {} where id in ", target.table),
        );
        statement.bind_list(wanted.iter().map(String::as_str));
        for row in statement.fetch_in(&mut writing.tx).await? {
            wanted.remove(&row.require_text(0)?);
        }
        if let Some(id) = wanted.into_iter().next() {
            return Err(Error::Linked {
                type_name: record_type.name.clone(),
                reason: format!("its {} points to {} {id}, which is gone", field.name, target.name),
            });
        }
    }
    Ok(())
}

/// The versions before the sets, from the twin.
async fn old_rows(
    writing: &mut Writing,
    record_type: &RecordType,
    records: &[&&Touched],
) -> Result<HashMap<String, RawRow>, Error> {
    let mut statement = Statement::new(
        writing.dialect(),
        format!(
            "select {} from {} h where h.id in ",
            raw_columns(record_type, "h"),
            record_type.history_table()
        ),
    );
    statement.bind_list(records.iter().map(|t| t.id.as_str()));
    // The last version before the sets' first: a deletion uses up a number, so it may be one less again.
    let firsts: HashMap<&str, i64> = records.iter().map(|t| (t.id.as_str(), t.first_version)).collect();
    let columns = record_type.columns();
    let mut best: HashMap<String, (i64, RawRow)> = HashMap::new();
    for row in statement.fetch_in(&mut writing.tx).await? {
        let (id, version) = (row.require_text(0)?, row.require_integer(VERSION)?);
        let is_before = firsts.get(id.as_str()).is_some_and(|first| version < *first);
        if is_before && best.get(&id).is_none_or(|(known, _)| *known < version) {
            best.insert(id, (version, raw_row(&columns, &row, 0)?));
        }
    }
    Ok(best.into_iter().map(|(id, (_, row))| (id, row)).collect())
}

/// The database refused because of another record, which blocks this one and nothing else.
pub(crate) fn is_refusal(error: &Error) -> bool {
    match error {
        Error::Linked { .. } => true,
        Error::Database(sqlx::Error::Database(e)) => e.is_unique_violation() || e.is_foreign_key_violation(),
        _ => false,
    }
}

pub(crate) fn refusal_in_words(error: &Error) -> String {
    match error {
        Error::Database(sqlx::Error::Database(e)) if e.is_unique_violation() => {
            "another record has taken a value that no two may have".into()
        }
        Error::Linked { reason, .. } => reason.clone(),
        _ => "another record points to it, or it points to one that is gone".into(),
    }
}
