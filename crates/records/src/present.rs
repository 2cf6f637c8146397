//! What a write finds: the present records with their rights and versions, and what links point to.

use std::collections::{BTreeMap, HashSet};

use crate::catalog::{Kind, RecordType};
use crate::rights::{Among, push_scope};
use crate::rows::{record, record_columns, record_width};
use crate::sharing::Right;
use crate::statement::Statement;
use crate::store::Store;
use crate::transaction::Writing;
use crate::write::Failure;
use crate::{Error, Fault, Record, Viewer};

impl Store {
    /// The present records, if the viewer may see and change them and they are at the versions wanted.
    pub(crate) async fn load(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        record_type: &RecordType,
        wanted: &[(&str, Option<i64>)],
        operation: &'static str,
    ) -> Result<BTreeMap<String, Record>, Failure> {
        let grant = viewer.grant(&record_type.name);
        let (scope, right) = if operation == "delete" {
            (grant.delete, Right::Delete)
        } else {
            (grant.write, Right::Write)
        };
        let mut statement = Statement::new(
            writing.dialect(),
            format!("select {}, ", record_columns(record_type, "row0")),
        );
        push_scope(
            &mut statement,
            record_type,
            scope,
            viewer,
            right,
            Among::Few,
            "row0",
        );
        statement.push(&format!(" from {} row0 where row0.id in ", record_type.table));
        statement.bind_list(wanted.iter().map(|w| w.0)).push(" and ");
        push_scope(
            &mut statement,
            record_type,
            grant.read,
            viewer,
            Right::Read,
            Among::Few,
            "row0",
        );
        let mut present = BTreeMap::new();
        let mut forbidden = HashSet::new();
        for row in statement.fetch_in(&mut writing.tx).await? {
            let record = record(record_type, &row)?;
            if row.boolean(record_width(record_type))? != Some(true) {
                forbidden.insert(record.id.clone());
            }
            present.insert(record.id.clone(), record);
        }
        for (id, version) in wanted {
            let current = present.get(*id).map(|r| r.version);
            check_wanted(
                record_type,
                (id, *version),
                current,
                forbidden.contains(*id),
                operation,
            )?;
        }
        Ok(present)
    }

    /// New links point to records that the viewer may see.
    pub(crate) async fn check_links(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        record_type: &RecordType,
        records: &[(usize, Option<&Record>, &Record)],
    ) -> Result<(), Failure> {
        for field in record_type.fields.iter().filter(|f| f.kind == Kind::Link) {
            let Some(target) = field.to.as_deref().and_then(|to| self.catalog().get(to)) else {
                continue;
            };
            let mut new: BTreeMap<&str, usize> = BTreeMap::new();
            for (position, before, after) in records {
                let link = after.text(&field.name);
                if let Some(link) = link
                    && before.and_then(|b| b.text(&field.name)) != Some(link)
                {
                    new.entry(link).or_insert(*position);
                }
            }
            if target.name == record_type.name {
                for (_, _, record) in records {
                    new.remove(record.id.as_str());
                }
            }
            if new.is_empty() {
                continue;
            }
            let mut statement = Statement::new(
                writing.dialect(),
                format!("select row0.id from {} row0 where row0.id in ", target.table),
            );
            statement.bind_list(new.keys().copied()).push(" and ");
            push_scope(
                &mut statement,
                target,
                viewer.grant(&target.name).read,
                viewer,
                Right::Read,
                Among::Few,
                "row0",
            );
            for row in statement.fetch_in(&mut writing.tx).await? {
                new.remove(row.require_text(0)?.as_str());
            }
            if let Some((id, position)) = new.into_iter().next() {
                let fault = Fault::of(
                    &field.name,
                    "no-such-record",
                    format!("there is no {} {id}", target.name),
                );
                return Err(invalid(record_type, position, vec![fault]));
            }
        }
        Ok(())
    }
}

/// A record is there, may be changed, and is at the version wanted. `current`: its version, if it is seen.
pub(crate) fn check_wanted(
    record_type: &RecordType,
    (id, wanted): (&str, Option<i64>),
    current: Option<i64>,
    is_forbidden: bool,
    operation: &'static str,
) -> Result<(), Failure> {
    let Some(current) = current else {
        return Err(Failure::Found(not_found(record_type, id)));
    };
    if is_forbidden {
        return Err(Failure::Found(Error::Forbidden {
            operation,
            type_name: record_type.name.clone(),
            id: id.to_string(),
        }));
    }
    match wanted.filter(|given| *given != current) {
        None => Ok(()),
        Some(given) => Err(Failure::Found(Error::VersionConflict {
            type_name: record_type.name.clone(),
            id: id.to_string(),
            given,
            current,
        })),
    }
}

/// Last versions in the twin, of ids that a caller chose.
pub(crate) async fn past_versions(
    writing: &mut Writing,
    record_type: &RecordType,
    ids: &[&str],
) -> Result<BTreeMap<String, i64>, Failure> {
    let mut versions = BTreeMap::new();
    if ids.is_empty() {
        return Ok(versions);
    }
    let mut statement = Statement::new(
        writing.dialect(),
        format!(
            "select id, max(version) from {} where id in ",
            record_type.history_table()
        ),
    );
    statement.bind_list(ids.iter().copied()).push(" group by id");
    for row in statement.fetch_in(&mut writing.tx).await? {
        versions.insert(row.require_text(0)?, row.require_integer(1)?);
    }
    Ok(versions)
}

pub(crate) fn not_found(record_type: &RecordType, id: &str) -> Error {
    Error::NotFound {
        type_name: record_type.name.clone(),
        id: id.to_string(),
    }
}

pub(crate) fn invalid(record_type: &RecordType, operation: usize, faults: Vec<Fault>) -> Failure {
    Failure::Found(Error::Invalid {
        operation,
        type_name: record_type.name.clone(),
        faults,
    })
}
