//! The database said no: which value, whose record? Found by asking again, because SQLite names no constraint.

use crate::Error;
use crate::catalog::{ColumnType, RecordType};
use crate::rows::{FIRST_FIELD, ID, RawRow};
use crate::statement::{Bind, Statement};
use crate::store::Store;

/// A refusal, and what was being written.
pub(crate) struct Refused {
    pub error: sqlx::Error,
    pub type_name: String,
    /// Position of the first row's operation.
    pub first: usize,
    pub rows: Vec<RawRow>,
    pub deleted: Vec<String>,
}

impl Refused {
    /// The refusal in our words. The transaction is over by now, so the answer is about what is there.
    pub async fn explain(self, store: &Store) -> Error {
        match self.find(store).await {
            Ok(Some(error)) => error,
            Ok(None) => self.error.into(),
            Err(error) => error,
        }
    }

    async fn find(&self, store: &Store) -> Result<Option<Error>, Error> {
        let sqlx::Error::Database(refusal) = &self.error else {
            return Ok(None);
        };
        let record_type = store.record_type(&self.type_name)?;
        if refusal.is_unique_violation() {
            return self.find_taken(store, record_type).await.map(Some);
        }
        if refusal.is_foreign_key_violation() {
            return self.find_link(store, record_type).await.map(Some);
        }
        Ok(None)
    }

    async fn find_taken(&self, store: &Store, record_type: &RecordType) -> Result<Error, Error> {
        let ids: Vec<&str> = self.rows.iter().filter_map(|row| text(&row[ID])).collect();
        for (index, field) in record_type.fields.iter().enumerate().filter(|(_, f)| f.unique) {
            let column = FIRST_FIELD + index;
            let mut statement = Statement::new(
                store.db().dialect(),
                format!(
                    "select {} from {} where {} in ",
                    field.name, record_type.table, field.name
                ),
            );
            let is_text = field.kind.column_type() == ColumnType::Text;
            if is_text {
                statement.bind_list(self.rows.iter().filter_map(|row| text(&row[column])));
            } else {
                let numbers: Vec<i64> = self
                    .rows
                    .iter()
                    .filter_map(|row| {
                        if let Bind::Integer(i) = row[column] {
                            i
                        } else {
                            None
                        }
                    })
                    .collect();
                statement.bind_integers(&numbers);
            }
            statement
                .push(" and id not in ")
                .bind_list(ids.iter().copied())
                .push(" limit 1");
            let taken = match statement.fetch(store.db()).await?.first() {
                Some(row) if is_text => row.text(0)?,
                Some(row) => row.integer(0)?.map(|i| i.to_string()),
                None => None,
            };
            let value_of = |row: &RawRow| match &row[column] {
                Bind::Text(value) => value.clone(),
                Bind::Integer(value) => value.map(|i| i.to_string()),
                _ => None,
            };
            // Taken by a record that is there, or twice in what was written.
            let mut seen = std::collections::HashSet::new();
            let position = self.rows.iter().position(|row| {
                let value = value_of(row);
                value.is_some() && (value == taken || !seen.insert(value))
            });
            if let Some(position) = position {
                return Ok(Error::UniqueTaken {
                    operation: self.first + position,
                    type_name: self.type_name.clone(),
                    field: field.name.clone(),
                    value: value_of(&self.rows[position]).unwrap_or_default(),
                });
            }
        }
        let mut statement = Statement::new(
            store.db().dialect(),
            format!("select id from {} where id in ", record_type.table),
        );
        statement.bind_list(ids.iter().copied()).push(" limit 1");
        if let Some(row) = statement.fetch(store.db()).await?.first() {
            let id = row.require_text(0)?;
            let is_new = self
                .rows
                .iter()
                .any(|row| text(&row[ID]) == Some(&id) && row[1] == Bind::from(1));
            if is_new {
                return Ok(Error::IdTaken {
                    type_name: self.type_name.clone(),
                    id,
                });
            }
        }
        Ok(Error::UniqueTaken {
            operation: self.first,
            type_name: self.type_name.clone(),
            field: "combination of fields".into(),
            value: "that must differ between any two".into(),
        })
    }

    async fn find_link(&self, store: &Store, record_type: &RecordType) -> Result<Error, Error> {
        if let Some((other, field, id)) = link_to(store, record_type, &self.deleted).await? {
            return Ok(Error::Linked {
                type_name: self.type_name.clone(),
                reason: format!("{other} {id} still points to it by {field}; delete or change that first"),
            });
        }
        Ok(Error::Linked {
            type_name: self.type_name.clone(),
            reason: "a link points to a record that is not there, or something still points to a deleted one"
                .into(),
        })
    }
}

/// A record that points to one of these: (its type, its field, its id).
pub(crate) async fn link_to(
    store: &Store,
    record_type: &RecordType,
    ids: &[String],
) -> Result<Option<(String, String, String)>, Error> {
    for (other, field) in store.catalog().links_to(&record_type.name) {
        let mut statement = Statement::new(
            store.db().dialect(),
            format!("select id from {} where {} in ", other.table, field.name),
        );
        statement
            .bind_list(ids.iter().map(String::as_str))
            .push(" limit 1");
        if let Some(row) = statement.fetch(store.db()).await?.first() {
            return Ok(Some((
                other.name.clone(),
                field.name.clone(),
                row.require_text(0)?,
            )));
        }
    }
    Ok(None)
}

fn text(bind: &Bind) -> Option<&str> {
    match bind {
        Bind::Text(text) => text.as_deref(),
        _ => None,
    }
}
