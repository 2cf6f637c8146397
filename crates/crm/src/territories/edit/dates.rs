//! A date on record was wrong: since when a version really holds. What was believed until now stays on record.

use std::collections::{BTreeMap, BTreeSet};

use geom::Timestamp;
use records::{At, Author, Filter, Op, Query, Record, Store, Viewer, fields};

use super::super::layout::Layout;
use super::super::present::present;
use super::super::store;
use super::seen;
use crate::problem::Problem;

/// Records written in one transaction.
const CHUNK: usize = 500;

/// Sets since when the present version of a territory holds, and with it whose its places were in between.
///
/// # Errors
/// The territory does not exist or has no version; the date is in the future.
pub(crate) async fn correct_begin(
    records: &Store,
    author: &Author,
    id: &str,
    from: Timestamp,
) -> Result<Option<String>, Problem> {
    let layout = Layout::load(records, At::PRESENT).await?;
    let territory = seen(records, author, &layout, id).await?;
    let version = territory
        .version
        .as_ref()
        .ok_or_else(|| Problem::conflict("no-version", format!("{} has no extent yet.", territory.name())))?;
    if from > present(records).await? {
        return Err(Problem::bad(
            "/from",
            "in-the-future",
            "A correction is about the past; changes from a later date are published.",
        ));
    }
    let began = version.integer("valid_from").unwrap_or(0);
    if began == from.0 {
        return Ok(None);
    }
    let mut ops = Vec::new();
    // The versions: what held in between is cut, or goes on longer.
    let all = of(records, "territory_version", "territory_id", id).await?;
    let number = |v: &Record| v.integer("number");
    for other in all.iter().filter(|v| number(v) < number(version)) {
        ops.extend(cut(other, from.0, began));
    }
    ops.push(set(version, "valid_from", from.0));
    // The assignments that came with it.
    let touched = store::assignments_caused_by(records.db(), &version_set(records, version).await?).await?;
    let mut assignments: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    let mut locations = BTreeSet::new();
    for id in touched {
        if let Some(record) = records
            .get(&Viewer::system(), "assignment", &id, At::PRESENT)
            .await?
        {
            locations.extend(record.text("location_id").map(str::to_owned));
        }
    }
    for location in locations {
        let rows = of(records, "assignment", "location_id", &location).await?;
        assignments.insert(location, rows);
    }
    for rows in assignments.values() {
        let mine = rows
            .iter()
            .find(|r| r.text("version_id") == Some(&version.id) && r.text("territory_id") == Some(id));
        let moment = match mine {
            Some(mine) => mine.integer("valid_from"),
            // It gave this place up.
            None => rows
                .iter()
                .find(|r| r.text("territory_id") == Some(id))
                .and_then(|r| r.integer("valid_to")),
        };
        let Some(moment) = moment else { continue };
        for row in rows {
            if mine.is_some_and(|m| m.id == row.id) {
                ops.push(set(row, "valid_from", from.0));
            } else if mine.is_none_or(|m| m.text("line") == row.text("line")) {
                if row.integer("valid_from") == Some(moment) {
                    ops.push(set(row, "valid_from", from.0));
                } else {
                    ops.extend(cut(row, from.0, moment));
                }
            }
        }
    }
    if ops.len() <= CHUNK {
        return Ok(Some(records.write(author, ops).await?.change_set));
    }
    let change = records.change_set(author).await?;
    let id = change.id().to_owned();
    let mut rest = ops.into_iter().peekable();
    while rest.peek().is_some() {
        change.write(rest.by_ref().take(CHUNK).collect()).await?;
    }
    change.close().await?;
    Ok(Some(id))
}

/// The change set in which a version was written first.
async fn version_set(records: &Store, version: &Record) -> Result<String, Problem> {
    let history = records
        .history(&Viewer::system(), "territory_version", &version.id)
        .await?;
    let first = history.into_iter().map(|r| r.record).min_by_key(|r| r.version);
    Ok(first.map_or_else(|| version.change_set.clone(), |r| r.change_set))
}

async fn of(records: &Store, type_name: &str, field: &str, id: &str) -> Result<Vec<Record>, Problem> {
    let query = Query::of(type_name)
        .filter(Filter::eq(field, id))
        .limit(Query::MAX_LIMIT);
    Ok(records.list(&Viewer::system(), &query).await?.records)
}

fn set(record: &Record, field: &str, value: i64) -> Op {
    Op::Update {
        type_name: record.type_name.clone(),
        id: record.id.clone(),
        version: Some(record.version),
        patch: fields([(field, value.into())]),
    }
}

/// What held before: until `from` instead of `began`, and not at all if it began after `from`.
fn cut(record: &Record, from: i64, began: i64) -> Option<Op> {
    let ends = record.integer("valid_to")?;
    let begins = record.integer("valid_from").unwrap_or(0);
    if ends == began && from > began {
        return Some(set(record, "valid_to", from));
    }
    if ends <= from {
        return None;
    }
    if begins >= from {
        return (begins < began).then(|| Op::delete(&record.type_name, record.id.clone()));
    }
    Some(set(record, "valid_to", from))
}
