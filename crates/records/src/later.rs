//! What others did to records since some change sets touched them.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::Error;
use crate::catalog::RecordType;
use crate::rows::{CHANGE_SET, CHANGED_BY, RECORDED_AT, RawRow, SALT, VERSION, raw_columns, raw_row};
use crate::statement::Statement;
use crate::take_back::{Block, Touched, block};
use crate::transaction::Writing;

/// What others wrote about one record.
struct Others {
    block: Block,
    /// Their first entry.
    first_seq: i64,
    was_erased: bool,
}

/// Blocks records that were changed by another set after the first entry of ours. What was changed and then
/// changed back is as ours left it: it does not block, and goes on from the version it has now. Records of a
/// derived type never block: what others brought about stays, and leaves `chunk`.
pub(crate) async fn find_later_changes(
    writing: &mut Writing,
    record_type: &RecordType,
    chunk: &mut Vec<Touched>,
    ours: &HashSet<&str>,
) -> Result<BTreeMap<String, Block>, Error> {
    let mut others = changes_of_others(writing, record_type, chunk, ours).await?;
    let same = changed_back(writing, record_type, chunk, &others).await?;
    for t in chunk.iter_mut() {
        if let Some(version) = same.get(&t.id) {
            t.last_version = *version;
            others.remove(&t.id);
        }
    }
    if record_type.derived {
        chunk.retain(|t| !others.contains_key(&t.id));
        others.clear();
    }
    Ok(others
        .into_iter()
        .map(|(id, others)| (id, others.block))
        .collect())
}

async fn changes_of_others(
    writing: &mut Writing,
    record_type: &RecordType,
    chunk: &[Touched],
    ours: &HashSet<&str>,
) -> Result<BTreeMap<String, Others>, Error> {
    let earliest = chunk.iter().map(|t| t.first_seq).min().unwrap_or(0);
    let mut statement = Statement::new(
        writing.dialect(),
        "select record_id, seq, change_set, author, operation from changes where record_type = ",
    );
    statement
        .bind(&record_type.name)
        .push(" and seq > ")
        .bind(earliest)
        .push(" and operation not in ('begin', 'end') and record_id in ")
        .bind_list(chunk.iter().map(|t| t.id.as_str()))
        .push(" order by seq");
    let by_id: HashMap<&str, &Touched> = chunk.iter().map(|t| (t.id.as_str(), t)).collect();
    let mut others: BTreeMap<String, Others> = BTreeMap::new();
    for row in statement.fetch_in(&mut writing.tx).await? {
        let (id, seq, set) = (
            row.require_text(0)?,
            row.require_integer(1)?,
            row.require_text(2)?,
        );
        let Some(t) = by_id.get(id.as_str()) else { continue };
        if seq > t.first_seq && !ours.contains(set.as_str()) {
            let operation = row.require_text(4)?;
            let what = match operation.as_str() {
                "delete" => "deleted",
                "erase" => "erased",
                "create" => "made again",
                _ => "changed",
            };
            let before = others.get(&id);
            let entry = Others {
                first_seq: before.map_or(seq, |o| o.first_seq),
                was_erased: operation == "erase" || before.is_some_and(|o| o.was_erased),
                // The last one wins: that is the person to ask.
                block: block(t, format!("was {what} since"), row.text(3)?),
            };
            others.insert(id, entry);
        }
    }
    Ok(others)
}

/// Records that others changed only after all of ours, and that hold the same values again: their present version.
async fn changed_back(
    writing: &mut Writing,
    record_type: &RecordType,
    chunk: &[Touched],
    others: &BTreeMap<String, Others>,
) -> Result<HashMap<String, i64>, Error> {
    let perhaps: HashMap<&str, i64> = chunk
        .iter()
        .filter(|t| t.last_operation != "delete")
        .filter(|t| {
            others
                .get(&t.id)
                .is_some_and(|o| o.first_seq > t.last_seq && !o.was_erased)
        })
        .map(|t| (t.id.as_str(), t.last_version))
        .collect();
    let mut same = HashMap::new();
    if perhaps.is_empty() {
        return Ok(same);
    }
    let ours = rows_of(writing, record_type, &record_type.history_table(), &perhaps).await?;
    let left: HashMap<&str, RawRow> = ours
        .into_iter()
        .filter_map(|(id, version, row)| {
            let (id, last) = perhaps.get_key_value(id.as_str())?;
            (version == *last).then_some((*id, row))
        })
        .collect();
    for (id, version, row) in rows_of(writing, record_type, &record_type.table, &perhaps).await? {
        if left
            .get(id.as_str())
            .is_some_and(|ours| values_of(ours).eq(values_of(&row)))
        {
            same.insert(id, version);
        }
    }
    Ok(same)
}

/// What a row says, without how it came about.
fn values_of(row: &RawRow) -> impl Iterator<Item = &crate::statement::Bind> {
    let common = [VERSION, RECORDED_AT, CHANGED_BY, CHANGE_SET, SALT];
    row.iter()
        .enumerate()
        .filter(move |(column, _)| !common.contains(column))
        .map(|(_, value)| value)
}

async fn rows_of(
    writing: &mut Writing,
    record_type: &RecordType,
    table: &str,
    ids: &HashMap<&str, i64>,
) -> Result<Vec<(String, i64, RawRow)>, Error> {
    let mut statement = Statement::new(
        writing.dialect(),
        format!(
            "select {} from {table} v where v.id in ",
            raw_columns(record_type, "v")
        ),
    );
    statement.bind_list(ids.keys().copied());
    let columns = record_type.columns();
    let mut rows = Vec::new();
    for row in statement.fetch_in(&mut writing.tx).await? {
        rows.push((
            row.require_text(0)?,
            row.require_integer(VERSION)?,
            raw_row(&columns, &row, 0)?,
        ));
    }
    Ok(rows)
}
