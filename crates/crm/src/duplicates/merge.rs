//! Two records of one and the same become one: everything that pointed to either points to the one that stays.

use records::{At, Author, Filter, Kind, Op, Query, Record, Viewer, Written, fields};
use serde_json::{Map, Value};

use crate::App;
use crate::problem::Problem;

/// Most records that are moved with one merge.
const MOST: usize = 15_000;

/// Merges `other` into `kept`: empty fields are filled, those in `take` are taken from the other, links are moved,
/// and the other is deleted; in one change set, so that an undo brings both back with everything that hung on them.
///
/// # Errors
/// A field that is not there or not to be set, more than 15,000 records that would move, whatever the engine says.
pub(super) async fn merge(
    app: &App,
    author: &Author,
    kept: &Record,
    other: &Record,
    take: &[String],
) -> Result<Written, Problem> {
    let record_type = app.store.record_type(&kept.type_name)?;
    let mut patch = Map::new();
    for name in take {
        let field = record_type.field(name).filter(|f| !f.read_only);
        if field.is_none() {
            return Err(Problem::bad(
                "/take",
                "unknown-field",
                format!("{name} is no field that can be taken over."),
            ));
        }
    }
    for field in record_type.fields.iter().filter(|f| !f.read_only) {
        let (own, theirs) = (kept.fields.get(&field.name), other.fields.get(&field.name));
        let is_empty = own.is_none_or(Value::is_null);
        let points_at_pair = theirs
            .and_then(Value::as_str)
            .is_some_and(|id| id == kept.id || id == other.id);
        let wanted = is_empty || take.contains(&field.name);
        if wanted
            && !points_at_pair
            && let Some(value) = theirs.filter(|v| !v.is_null())
        {
            patch.insert(field.name.clone(), value.clone());
        }
    }
    if let Some(Value::Object(theirs)) = other.fields.get("custom") {
        let own = kept.fields.get("custom").and_then(Value::as_object);
        let missing: Map<String, Value> = theirs
            .iter()
            .filter(|(key, _)| own.is_none_or(|own| !own.contains_key(*key)))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !missing.is_empty() {
            patch.insert("custom".into(), missing.into());
        }
    }
    let mut ops = moved(app, kept, other).await?;
    // The one that goes goes before its unique values are taken over.
    ops.push(Op::Delete {
        type_name: other.type_name.clone(),
        id: other.id.clone(),
        version: Some(other.version),
    });
    if !patch.is_empty() {
        ops.push(Op::Update {
            type_name: kept.type_name.clone(),
            id: kept.id.clone(),
            version: Some(kept.version),
            patch,
        });
    }
    Ok(app.store.write(author, ops).await?)
}

/// Every link to the one that goes, set to the one that stays.
async fn moved(app: &App, kept: &Record, other: &Record) -> Result<Vec<Op>, Problem> {
    let links: Vec<(String, String)> = app
        .store
        .catalog()
        .links_to(&other.type_name)
        .map(|(owner, field)| (owner.name.clone(), field.name.clone()))
        // What an import knows a record by is a plain id.
        .chain([("external_id".to_owned(), "record_id".to_owned())])
        .collect();
    let mut ops = Vec::new();
    for (type_name, field) in links {
        let mut cursor = None;
        loop {
            let filter = Filter::eq(field.as_str(), other.id.as_str());
            let query = Query::of(type_name.as_str())
                .filter(filter)
                .limit(Query::MAX_LIMIT)
                .cursor(cursor);
            let page = app.store.list(&Viewer::system(), &query).await?;
            for record in page.records {
                let own = record.id == kept.id || record.id == other.id;
                // The one that goes needs no new link, and the one that stays none to itself.
                let to: Value = if own { Value::Null } else { kept.id.as_str().into() };
                ops.push(Op::update(
                    type_name.as_str(),
                    record.id,
                    fields([(field.as_str(), to)]),
                ));
            }
            if ops.len() > MOST {
                return Err(Problem::conflict(
                    "too-much",
                    format!(
                        "More than {MOST} records hang on this {}; merge the other way round.",
                        other.type_name
                    ),
                ));
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    ops.retain(|op| !matches!(op, Op::Update { id, .. } if *id == other.id));
    Ok(ops)
}

/// A record of one of the types that can be merged.
pub(super) async fn record(app: &App, viewer: &Viewer, type_name: &str, id: &str) -> Result<Record, Problem> {
    let found = app.store.get(viewer, type_name, id, At::PRESENT).await?;
    found.ok_or_else(|| Problem::not_found(format!("{type_name} {id}")))
}

/// The fields in which two records differ, for the choice which to keep: (field, kept, other).
pub(super) fn differences(
    app: &App,
    kept: &Record,
    other: &Record,
) -> Result<Vec<(String, Value, Value)>, Problem> {
    let record_type = app.store.record_type(&kept.type_name)?;
    let value = |record: &Record, name: &str| record.fields.get(name).cloned().unwrap_or(Value::Null);
    Ok(record_type
        .fields
        .iter()
        .filter(|f| !f.read_only && f.kind != Kind::Json)
        .map(|f| (f.name.clone(), value(kept, &f.name), value(other, &f.name)))
        .filter(|(_, own, theirs)| own != theirs)
        .collect())
}
