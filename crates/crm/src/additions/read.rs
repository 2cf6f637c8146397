//! What is declared on record: the present declarations, and those that were and may have left values.

use std::collections::BTreeMap;

use records::{AddedField, Additions, Error, Op, Query, Record, Store, Viewer, on_db};
use serde_json::{Map, Value};

use super::{FIELD, TYPE, rules, text};

/// A declaration with what is known of its beginning.
struct Declared {
    fields: Map<String, Value>,
    retired: bool,
}

/// Everything that was ever declared, in the order in which it was: what is there no more is retired. `op` is a write
/// that is about to happen.
pub(super) async fn additions(store: &Store, op: Option<&Op>) -> Result<Additions, Error> {
    let mut types = Vec::new();
    for declared in all(store, TYPE, "name", op).await? {
        types.push(rules::declaration(&declared.fields, declared.retired).map_err(Error::Schema)?);
    }
    let mut fields = Vec::new();
    for declared in all(store, FIELD, "key", op).await? {
        let mut field = rules::declared(&declared.fields).map_err(Error::Schema)?;
        field.retired = declared.retired;
        let to_type = text(&declared.fields, "to_type").unwrap_or_default().to_owned();
        fields.push(AddedField { to_type, field });
    }
    Ok(Additions { types, fields })
}

async fn all(store: &Store, type_name: &str, key: &str, op: Option<&Op>) -> Result<Vec<Declared>, Error> {
    // By the ids, which are in order of time: a digest of a record depends on the order of its fields.
    let mut by_id: BTreeMap<String, Declared> = BTreeMap::new();
    for record in removed(store, type_name).await? {
        let retired = true;
        by_id.insert(
            record.id,
            Declared {
                fields: record.fields,
                retired,
            },
        );
    }
    for record in present(store, type_name).await? {
        let retired = false;
        by_id.insert(
            record.id,
            Declared {
                fields: record.fields,
                retired,
            },
        );
    }
    match op.filter(|op| op.type_name() == type_name) {
        Some(Op::Create { id, fields, .. }) => {
            let mut fields = fields.clone();
            let apply = if type_name == FIELD {
                rules::field
            } else {
                rules::record_type
            };
            // What the rule refuses is refused by the write itself, with every fault named.
            if apply(None, &mut fields, store.now()).is_ok() {
                let id = id.clone().unwrap_or_else(records::new_id);
                by_id.insert(
                    id,
                    Declared {
                        fields,
                        retired: false,
                    },
                );
            }
        }
        Some(Op::Update { id, patch, .. }) => {
            if let Some(declared) = by_id.get_mut(id) {
                // What stays is refused by the rule, in its own words.
                let changing = patch
                    .iter()
                    .filter(|(name, _)| !rules::STAYS.contains(&name.as_str()));
                declared
                    .fields
                    .extend(changing.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        Some(Op::Delete { id, .. }) => {
            if let Some(declared) = by_id.get_mut(id) {
                declared.retired = true;
            }
        }
        None => {}
    }
    Ok(latest_of_each(by_id, key))
}

/// One declaration for each name, at the place of its first: the one that is there now, or else the last there was.
fn latest_of_each(by_id: BTreeMap<String, Declared>, key: &str) -> Vec<Declared> {
    let mut order: Vec<String> = Vec::new();
    let mut by_key: BTreeMap<String, Declared> = BTreeMap::new();
    for declared in by_id.into_values() {
        let name = text(&declared.fields, key).unwrap_or_default().to_owned();
        match by_key.get(&name) {
            Some(known) if !known.retired && declared.retired => {}
            Some(_) => {
                by_key.insert(name, declared);
            }
            None => {
                order.push(name.clone());
                by_key.insert(name, declared);
            }
        }
    }
    order.iter().filter_map(|name| by_key.remove(name)).collect()
}

async fn present(store: &Store, type_name: &str) -> Result<Vec<Record>, Error> {
    let mut records = Vec::new();
    let mut query = Query::of(type_name).limit(Query::MAX_LIMIT);
    loop {
        let page = store.list(&Viewer::system(), &query).await?;
        records.extend(page.records);
        match page.next_cursor {
            Some(next) => query = query.cursor(Some(next)),
            None => return Ok(records),
        }
    }
}

/// The last version of each that was deleted.
async fn removed(store: &Store, type_name: &str) -> Result<Vec<Record>, Error> {
    let record_type = store.record_type(type_name)?;
    let sql = format!(
        "select id from {} where removed order by id",
        record_type.history_table()
    );
    let sql = sqlx::AssertSqlSafe(sql);
    let ids: Vec<(String,)> = on_db!(read store.db(), pool => sqlx::query_as(sql).fetch_all(pool).await)?;
    let mut records = Vec::new();
    for (id,) in ids {
        let versions = store.history(&Viewer::system(), type_name, &id).await?;
        records.extend(versions.into_iter().map(|r| r.record).next());
    }
    Ok(records)
}
