//! Updates of many records that set plain fields only: rows go from table to table as they are stored, and no record is
//! made of them on the way. What is written is the same, to the last byte but the salt, as [`Store::write`] would write.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use crate::catalog::{Kind, RecordType};
use crate::chain::salts;
use crate::present::{check_wanted, invalid, not_found};
use crate::rights::{Among, push_scope};
use crate::rows::{
    CHANGE_SET, CHANGED_BY, FIRST_FIELD, RECORDED_AT, RawRow, SALT, VERSION, derive, raw_columns, raw_row,
    stored,
};
use crate::sharing::Right;
use crate::statement::{Bind, Statement};
use crate::store::Store;
use crate::transaction::Writing;
use crate::validate::ends_before_start;
use crate::values::normalize;
use crate::write::Failure;
use crate::{Fault, Viewer};

/// An update: id, version it was read at, fields to set.
pub(crate) type Update = (String, Option<i64>, Map<String, Value>);

impl Store {
    /// Whether rows say all that these updates need: nobody's rules look at the type, and what is set is neither a link nor
    /// anything that other fields follow.
    pub(crate) fn goes_by_rows(&self, viewer: &Viewer, record_type: &RecordType, items: &[Update]) -> bool {
        let is_plain = |name: &String| {
            record_type.field(name).is_some_and(|field| {
                let has_more_to_it = matches!(field.kind, Kind::Link | Kind::Json);
                let is_fixed = field.read_only && !viewer.is_system;
                let is_place = record_type.place && matches!(name.as_str(), "lng" | "lat");
                !(has_more_to_it || is_fixed || is_place)
            })
        };
        !self.inner.rules.look_at(&record_type.name)
            && items.iter().flat_map(|(_, _, patch)| patch.keys()).all(is_plain)
    }

    /// Updates records for which [`Store::goes_by_rows`] holds. Fields that are not set are not looked at again.
    pub(crate) async fn update_rows(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        record_type: &RecordType,
        first: usize,
        items: Vec<Update>,
    ) -> Result<(), Failure> {
        let mut present = self.load_rows(writing, viewer, record_type, &items).await?;
        let salts = salts(items.len())?;
        let names: BTreeSet<&str> = items
            .iter()
            .flat_map(|(_, _, p)| p.keys())
            .map(String::as_str)
            .collect();
        let set: Vec<usize> = (0..record_type.fields.len())
            .filter(|i| names.contains(record_type.fields[*i].name.as_str()))
            .map(|i| FIRST_FIELD + i)
            .collect();
        let (mut ids, mut rows) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        for ((index, (id, _, patch)), salt) in items.iter().enumerate().zip(salts) {
            let mut row = present
                .remove(id.as_str())
                .ok_or_else(|| Failure::Found(not_found(record_type, id)))?;
            let is_changed = patched(record_type, &mut row, patch)
                .map_err(|faults| invalid(record_type, first + index, faults))?;
            if !is_changed {
                continue;
            }
            let version = match row[VERSION] {
                Bind::Integer(Some(version)) => version + 1,
                _ => return Err(Failure::Found(not_found(record_type, id))),
            };
            row[VERSION] = version.into();
            row[RECORDED_AT] = writing.at.0.into();
            row[CHANGED_BY] = Bind::Text(viewer.user_id.clone());
            row[CHANGE_SET] = Bind::text(&writing.change_set);
            row[SALT] = Bind::text(salt);
            derive(record_type, &mut row);
            ids.push(id.as_str());
            rows.push(row);
        }
        if rows.is_empty() {
            return Ok(());
        }
        writing.close(record_type, &ids, false).await?;
        let revised = writing.revise_entered(record_type, &set, &rows).await;
        revised.map_err(|error| self.refused(error, record_type, first, rows))
    }

    /// The present rows, if the viewer may see and change them and they are at the versions wanted.
    async fn load_rows(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        record_type: &RecordType,
        items: &[Update],
    ) -> Result<HashMap<String, RawRow>, Failure> {
        let grant = viewer.grant(&record_type.name);
        let mut statement = Statement::new(
            writing.dialect(),
            format!("select {}, ", raw_columns(record_type, "row0")),
        );
        push_scope(
            &mut statement,
            record_type,
            grant.write,
            viewer,
            Right::Write,
            Among::Many,
            "row0",
        );
        statement.push(&format!(" from {} row0 where row0.id in ", record_type.table));
        statement
            .bind_list(items.iter().map(|(id, ..)| id.as_str()))
            .push(" and ");
        push_scope(
            &mut statement,
            record_type,
            grant.read,
            viewer,
            Right::Read,
            Among::Many,
            "row0",
        );
        let columns = record_type.columns();
        let mut present = HashMap::with_capacity(items.len());
        let mut forbidden = HashSet::new();
        for row in statement.fetch_in(&mut writing.tx).await? {
            let id = row.require_text(0)?;
            if row.boolean(columns.len())? != Some(true) {
                forbidden.insert(id.clone());
            }
            present.insert(id, raw_row(&columns, &row, 0)?);
        }
        let version = |id: &str| match present.get(id)?[VERSION] {
            Bind::Integer(version) => version,
            _ => None,
        };
        for (id, wanted, _) in items {
            check_wanted(
                record_type,
                (id, *wanted),
                version(id),
                forbidden.contains(id),
                "update",
            )?;
        }
        Ok(present)
    }
}

/// Sets fields of a row; whether that changed anything.
fn patched(
    record_type: &RecordType,
    row: &mut RawRow,
    patch: &Map<String, Value>,
) -> Result<bool, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut is_changed = false;
    for (at, field) in record_type.fields.iter().enumerate() {
        let Some(value) = patch.get(&field.name) else {
            continue;
        };
        let mut value = value.clone();
        if let Err((code, message)) = normalize(field, &mut value) {
            faults.push(Fault::of(&field.name, code, message));
            continue;
        }
        let bind = stored(record_type, field, &value);
        is_changed |= row[FIRST_FIELD + at] != bind;
        row[FIRST_FIELD + at] = bind;
    }
    if record_type.validity {
        let bound = |name: &str| {
            let at = record_type.fields.iter().position(|f| f.name == name)?;
            match row[FIRST_FIELD + at] {
                Bind::Integer(bound) => bound,
                _ => None,
            }
        };
        if let (Some(from), Some(to)) = (bound("valid_from"), bound("valid_to"))
            && to < from
        {
            faults.push(ends_before_start());
        }
    }
    if faults.is_empty() {
        Ok(is_changed)
    } else {
        Err(faults)
    }
}
