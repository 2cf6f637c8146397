//! Fields that follow a link: taken from the record that the link points to, whenever the link is set.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::catalog::RecordType;
use crate::rows::{record, record_columns};
use crate::statement::Statement;
use crate::store::Store;
use crate::transaction::Writing;
use crate::write::Failure;
use crate::{Error, Record};

/// For each item (the record before, what is to be set) the values of fields that follow a link which is set anew;
/// null where a link is emptied or points to nothing, which the check of links refuses afterwards.
pub(crate) async fn linked_values(
    store: &Store,
    writing: &mut Writing,
    record_type: &RecordType,
    items: &[(Option<&Record>, &Map<String, Value>)],
) -> Result<Vec<Map<String, Value>>, Failure> {
    let mut values = vec![Map::new(); items.len()];
    let links: BTreeSet<&str> = record_type.copies().map(|(_, link, _)| link).collect();
    for link in links {
        let set: Vec<(usize, &str)> = items
            .iter()
            .enumerate()
            .filter_map(|(index, (before, patch))| {
                let new = patch.get(link)?;
                let same = before.is_some_and(|b| b.fields.get(link) == Some(new));
                (!same).then(|| (index, new.as_str().unwrap_or_default()))
            })
            .collect();
        let Some(to) = record_type
            .field(link)
            .and_then(|f| f.to.as_deref())
            .filter(|_| !set.is_empty())
        else {
            continue;
        };
        let there = linked(store, writing, to, set.iter().map(|s| s.1)).await?;
        for (index, id) in set {
            for (field, _, source) in record_type.copies().filter(|c| c.1 == link) {
                let value = there.get(id).and_then(|r| r.fields.get(source));
                values[index].insert(field.name.clone(), value.cloned().unwrap_or(Value::Null));
            }
        }
    }
    Ok(values)
}

async fn linked<'a>(
    store: &Store,
    writing: &mut Writing,
    type_name: &str,
    ids: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, Record>, Error> {
    let to = store.record_type(type_name)?;
    let ids: BTreeSet<&str> = ids.collect();
    let columns = record_columns(to, "row0");
    let mut statement = Statement::new(
        writing.dialect(),
        format!("select {columns} from {} row0 where row0.id in ", to.table),
    );
    statement.bind_list(ids);
    let mut found = BTreeMap::new();
    for row in statement.fetch_in(&mut writing.tx).await? {
        let record = record(to, &row)?;
        found.insert(record.id.clone(), record);
    }
    Ok(found)
}
