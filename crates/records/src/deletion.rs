//! A deletion and what hangs on it: records that go along, links that are emptied, links that forbid it.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{OnDelete, RecordType};
use crate::chain::salt;
use crate::refusal::Refused;
use crate::rows::{
    CHANGE_SET, CHANGED_BY, FIRST_FIELD, RECORDED_AT, RawRow, SALT, VERSION, raw_columns, raw_row,
};
use crate::statement::{Bind, Statement};
use crate::store::Store;
use crate::transaction::Writing;
use crate::write::Failure;
use crate::{Error, Viewer};

/// Most records one deletion takes along.
const MAX_CLOSURE: usize = 20_000;
/// Records read and written together.
const CHUNK: usize = 500;

/// Everything that goes: ids by type.
type Closure<'a> = BTreeMap<&'a str, BTreeSet<String>>;

impl Store {
    /// Deletes records that the viewer may delete, with everything their type's links say. The right to delete a
    /// record covers what goes with it.
    pub(crate) async fn delete_with_links(
        &self,
        writing: &mut Writing,
        viewer: &Viewer,
        record_type: &RecordType,
        first: usize,
        ids: &[&str],
    ) -> Result<(), Failure> {
        let closure = self.closure(writing, record_type, ids).await?;
        for (type_name, going) in &closure {
            let gone = self.record_type(type_name)?;
            for (other, field) in self.catalog().links_to(&gone.name) {
                // What follows from other records is put right by its feature afterwards.
                if matches!(field.on_delete, OnDelete::Cascade | OnDelete::Keep)
                    || (other.derived && field.on_delete == OnDelete::Refuse)
                {
                    continue;
                }
                let staying = closure.get(other.name.as_str());
                let at_most = if field.on_delete == OnDelete::Refuse {
                    1
                } else {
                    MAX_CLOSURE + 1
                };
                let links = links(writing, other, &field.name, going, staying, at_most).await?;
                if links.is_empty() {
                    continue;
                }
                if field.on_delete == OnDelete::Refuse {
                    return Err(Failure::Found(Error::Linked {
                        type_name: gone.name.clone(),
                        reason: format!(
                            "{} {} still points to it by {}; delete or change that first",
                            other.name, links[0], field.name
                        ),
                    }));
                }
                if links.len() > MAX_CLOSURE {
                    return Err(Failure::Found(too_much()));
                }
                clear(writing, viewer, other, &field.name, &links).await?;
            }
        }
        // What links goes before what it links to.
        let mut types: Vec<&str> = closure.keys().copied().collect();
        types.sort_by_key(|name| {
            let depth = self.catalog().get(name).map_or(0, |t| self.link_depth(t, 0));
            std::cmp::Reverse(depth)
        });
        for type_name in types {
            let gone = self.record_type(type_name)?;
            let all: Vec<&str> = closure[type_name].iter().map(String::as_str).collect();
            for chunk in all.chunks(CHUNK) {
                self.remove(writing, gone, first, chunk).await?;
            }
        }
        Ok(())
    }

    /// The records asked for, and those that cascading links take along.
    async fn closure<'a>(
        &'a self,
        writing: &mut Writing,
        record_type: &'a RecordType,
        ids: &[&str],
    ) -> Result<Closure<'a>, Failure> {
        let mut closure = Closure::new();
        let wanted: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
        closure.insert(&record_type.name, wanted.clone());
        let mut open = vec![(record_type, wanted)];
        let mut count = ids.len();
        while let Some((gone, going)) = open.pop() {
            for (other, field) in self.catalog().links_to(&gone.name) {
                if field.on_delete != OnDelete::Cascade {
                    continue;
                }
                let known = closure.get(other.name.as_str());
                let found: BTreeSet<String> =
                    links(writing, other, &field.name, &going, known, MAX_CLOSURE + 1)
                        .await?
                        .into_iter()
                        .collect();
                if found.is_empty() {
                    continue;
                }
                count += found.len();
                if count > MAX_CLOSURE {
                    return Err(Failure::Found(too_much()));
                }
                closure
                    .entry(&other.name)
                    .or_default()
                    .extend(found.iter().cloned());
                open.push((other, found));
            }
        }
        Ok(closure)
    }

    async fn remove(
        &self,
        writing: &mut Writing,
        record_type: &RecordType,
        first: usize,
        ids: &[&str],
    ) -> Result<(), Failure> {
        let mut statement = Statement::new(
            writing.dialect(),
            format!("select id, version from {} where id in ", record_type.table),
        );
        statement.bind_list(ids.iter().copied()).push(" order by id");
        let versions = statement.fetch_in(&mut writing.tx).await?;
        writing.close(record_type, ids, true).await?;
        if let Err(error) = writing.remove(record_type, ids).await {
            return Err(Failure::Refused(Box::new(Refused {
                error,
                type_name: record_type.name.clone(),
                first,
                rows: Vec::new(),
                deleted: ids.iter().map(ToString::to_string).collect(),
            })));
        }
        for row in versions {
            let (id, version) = (row.require_text(0)?, row.require_integer(1)?);
            writing.enter("delete", &record_type.name, &id, version + 1, String::new());
        }
        Ok(())
    }
}

fn too_much() -> Error {
    Error::TooMuch(format!(
        "more than {MAX_CLOSURE} records hang on this deletion; delete some of them first"
    ))
}

/// At most so many records of a type whose link points to one of these, but for those of its own that go as well.
async fn links(
    writing: &mut Writing,
    other: &RecordType,
    field: &str,
    targets: &BTreeSet<String>,
    going: Option<&BTreeSet<String>>,
    at_most: usize,
) -> Result<Vec<String>, Error> {
    let mut statement = Statement::new(
        writing.dialect(),
        format!("select id from {} where {field} in ", other.table),
    );
    let known = going.map_or(0, BTreeSet::len);
    statement
        .bind_list(targets.iter().map(String::as_str))
        .push(" order by id limit ")
        .bind((known + at_most) as i64);
    let mut found = Vec::new();
    for row in statement.fetch_in(&mut writing.tx).await? {
        let id = row.require_text(0)?;
        if !going.is_some_and(|going| going.contains(&id)) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Empties a link, as a new version of each record.
async fn clear(
    writing: &mut Writing,
    viewer: &Viewer,
    record_type: &RecordType,
    field: &str,
    ids: &[String],
) -> Result<(), Failure> {
    let columns = record_type.columns();
    let position = record_type
        .fields
        .iter()
        .position(|f| f.name == field)
        .map(|index| FIRST_FIELD + index);
    for chunk in ids.chunks(CHUNK) {
        let ids: Vec<&str> = chunk.iter().map(String::as_str).collect();
        let mut statement = Statement::new(
            writing.dialect(),
            format!(
                "select {} from {} t where t.id in ",
                raw_columns(record_type, "t"),
                record_type.table
            ),
        );
        statement.bind_list(ids.iter().copied());
        let mut rows: Vec<RawRow> = Vec::with_capacity(ids.len());
        for row in statement.fetch_in(&mut writing.tx).await? {
            let version = row.require_integer(VERSION)? + 1;
            let mut row = raw_row(&columns, &row, 0)?;
            if let Some(position) = position {
                row[position] = Bind::Text(None);
            }
            row[VERSION] = version.into();
            row[RECORDED_AT] = writing.at.0.into();
            row[CHANGED_BY] = Bind::Text(viewer.user_id.clone());
            row[CHANGE_SET] = Bind::text(&writing.change_set);
            row[SALT] = Bind::text(salt()?);
            rows.push(row);
        }
        writing.close(record_type, &ids, false).await?;
        writing
            .put_entered(record_type, "update", rows.into_iter())
            .await?;
    }
    Ok(())
}
