//! Types and fields that an administrator declares while the program runs. They are declared like the program's own
//! and kept in tables and columns like the program's own, so that nothing else has to know the difference.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::catalog::{Catalog, ColumnType, DeclarationError, Field, RecordType};
use crate::chain::hex;
use crate::db::Db;
use crate::declare::is_name;
use crate::schema::{columns, columns_in};
use crate::statement::{Statement, Transaction};
use crate::store::Store;
use crate::{Error, Kind};

/// What every added name begins with, so that no later version of the program can want the same one.
pub const ADDED: &str = "custom_";
/// Longest name of an added type or field, with what it begins with.
const LONGEST_NAME: usize = 40;
/// The table of what was adopted.
const NOTED: &str = "additions";
/// PostgreSQL cuts longer names off without a word.
const LONGEST_INDEX: usize = 63;

/// A field added to a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddedField {
    /// Name of the type.
    pub to_type: String,
    /// The field; its name begins with [`ADDED`].
    pub field: Field,
}

/// Everything that is declared beside the program's own types.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Additions {
    /// Declarations in TOML, as the program's own are; names and tables begin with [`ADDED`].
    pub types: Vec<String>,
    /// Fields, also of added types.
    pub fields: Vec<AddedField>,
}

impl Catalog {
    /// The program's own types with these additions in the place of any made before.
    ///
    /// # Errors
    /// [`DeclarationError`] naming the type and the field: a name that does not begin with [`ADDED`] or is taken, a
    /// type that does not exist, or what a declaration of the program could not say either.
    pub fn with(&self, additions: Additions) -> Result<Self, DeclarationError> {
        let wrong = |type_name: &str, reason: String| DeclarationError::Wrong {
            type_name: type_name.to_owned(),
            reason,
        };
        let mut types: Vec<RecordType> = self.iter().filter(|t| !t.custom).cloned().collect();
        for own in &mut types {
            own.list
                .retain(|name| own.fields.iter().any(|f| f.name == *name && !f.custom));
            own.fields.retain(|f| !f.custom);
        }
        let texts: Vec<&str> = additions.types.iter().map(String::as_str).collect();
        for mut added in crate::declare::built_types(&texts)? {
            for name in [&added.name, &added.table] {
                if !is_added_name(name) {
                    return Err(wrong(
                        name,
                        format!(
                            "the name of an added type begins with {ADDED} and has at most {LONGEST_NAME} characters"
                        ),
                    ));
                }
            }
            added.custom = true;
            types.push(added);
        }
        for AddedField { to_type, field } in &additions.fields {
            let Some(record_type) = types.iter_mut().find(|t| t.name == *to_type) else {
                return Err(wrong(
                    to_type,
                    format!("field {}: there is no such type", field.name),
                ));
            };
            if !is_added_name(&field.name) {
                return Err(wrong(
                    to_type,
                    format!(
                        "field {}: the name of an added field begins with {ADDED} and has at most {LONGEST_NAME} characters",
                        field.name
                    ),
                ));
            }
            if record_type.field(&field.name).is_some() {
                return Err(wrong(to_type, format!("field {} is there already", field.name)));
            }
            // Records made before it have no value, and the database keeps no rule for it.
            if field.required || field.unique || field.copy.is_some() || field.sequence.is_some() {
                return Err(wrong(
                    to_type,
                    format!(
                        "field {}: an added field is not required, unique, copied or numbered",
                        field.name
                    ),
                ));
            }
            let mut field = field.clone();
            field.custom = true;
            field.read_only |= field.retired;
            crate::declare::check_field(&field)
                .map_err(|reason| wrong(to_type, format!("field {}: {reason}", field.name)))?;
            // Where a declaration says which fields a list shows, an added one is among them.
            if !record_type.list.is_empty() && !field.retired && field.kind != Kind::LongText {
                record_type.list.push(field.name.clone());
            }
            record_type.fields.push(field);
        }
        crate::declare::check(&types)?;
        for t in types.iter() {
            for field in t.fields.iter().filter(|f| f.custom && f.kind == Kind::Link) {
                if !types.iter().any(|other| Some(&other.name) == field.to.as_ref()) {
                    return Err(wrong(
                        &t.name,
                        format!("field {}: there is no type {:?} to link to", field.name, field.to),
                    ));
                }
            }
        }
        Ok(Self::of(types, additions))
    }
}

fn is_added_name(name: &str) -> bool {
    is_name(name) && name.starts_with(ADDED) && name.len() > ADDED.len() && name.len() <= LONGEST_NAME
}

impl Store {
    /// Adds types and fields to the program's own, in the place of any added before: makes the tables and columns that
    /// are not there yet, and from then on knows them. What is no longer added loses its place in the catalog; its
    /// columns and values stay. To hide a field whose values are on record, keep it here and say `retired`.
    ///
    /// # Errors
    /// [`Error::Schema`] for a declaration that cannot be used, and for a column that is there with another type.
    pub async fn adopt(&self, additions: Additions) -> Result<(), Error> {
        if *self.catalog().additions() == additions {
            return Ok(());
        }
        let catalog = self.catalog().with(additions).map_err(unusable)?;
        let mut tx = Transaction::begin(self.db()).await?;
        // Nobody writes meanwhile, and the later of two administrators waits.
        Statement::new(tx.dialect(), "update feed_head set seq = seq where one = 1")
            .execute_in(&mut tx)
            .await?;
        make_room(&mut tx, &catalog).await?;
        note(&mut tx, catalog.additions()).await?;
        tx.commit().await?;
        self.inner.catalogs.publish(catalog);
        Ok(())
    }
}

/// Keeps what was adopted beside the tables it made, so that whoever opens the database knows them.
async fn note(tx: &mut Transaction, additions: &Additions) -> Result<(), Error> {
    let text = serde_json::to_string(additions).map_err(|e| Error::Schema(e.to_string()))?;
    let dialect = tx.dialect();
    Statement::new(dialect, format!("delete from {NOTED}"))
        .execute_in(tx)
        .await?;
    let mut insert = Statement::new(
        dialect,
        format!("insert into {NOTED} (one, declared) values (1, "),
    );
    insert.bind(text.as_str()).push(")");
    insert.execute_in(tx).await?;
    Ok(())
}

/// The program's types with what was adopted before this database was opened.
pub(crate) async fn with_adopted(db: &Db, catalog: Catalog) -> Result<Catalog, Error> {
    if columns(db, NOTED).await?.is_empty() {
        return Ok(catalog);
    }
    let rows = Statement::new(db.dialect(), format!("select declared from {NOTED}"))
        .fetch(db)
        .await?;
    let Some(row) = rows.first() else {
        return Ok(catalog);
    };
    let additions = serde_json::from_str(&row.require_text(0)?)
        .map_err(|e| Error::Schema(format!("table {NOTED} cannot be read: {e}")))?;
    catalog.with(additions).map_err(unusable)
}

pub(crate) fn unusable(error: DeclarationError) -> Error {
    Error::Schema(error.to_string())
}

/// Tables and columns for everything added that has none yet.
pub(crate) async fn make_room(tx: &mut Transaction, catalog: &Catalog) -> Result<(), Error> {
    let sql = format!(
        "create table if not exists {NOTED} (one bigint not null primary key, declared text not null)"
    );
    Statement::new(tx.dialect(), sql).execute_in(tx).await?;
    for record_type in catalog.iter() {
        let added: Vec<&Field> = record_type.fields.iter().filter(|f| f.custom).collect();
        if !record_type.custom && added.is_empty() {
            continue;
        }
        for (table, is_twin) in [
            (record_type.table.clone(), false),
            (record_type.history_table(), true),
        ] {
            let present = columns_in(tx, &table).await?;
            if present.is_empty() {
                make_table(tx, record_type, &table, is_twin).await?;
                continue;
            }
            for (column, kind) in record_type.columns() {
                match present.iter().find(|c| c.name == column) {
                    Some(there) if there.column_type() != Some(kind) => {
                        return Err(Error::Schema(format!(
                            "{table}.{column} is there already and holds {}; give the new field another name",
                            there.declared
                        )));
                    }
                    Some(_) => {}
                    None => {
                        let sql = format!("alter table {table} add column {column} {}", sql_type(kind));
                        Statement::new(tx.dialect(), sql).execute_in(tx).await?;
                    }
                }
            }
        }
        for field in &record_type.fields {
            if record_type.custom || field.custom {
                make_index(tx, record_type, field).await?;
            }
        }
    }
    Ok(())
}

fn sql_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "text collate \"C\"",
        ColumnType::Bigint => "bigint",
        ColumnType::Double => "double precision",
        ColumnType::Boolean => "boolean",
    }
}

async fn make_table(
    tx: &mut Transaction,
    record_type: &RecordType,
    table: &str,
    is_twin: bool,
) -> Result<(), Error> {
    const NEVER_EMPTY: [&str; 5] = ["id", "version", "recorded_at", "change_set", "salt"];
    let mut columns: Vec<String> = record_type
        .columns()
        .into_iter()
        .map(|(name, kind)| {
            let is_validity = record_type.validity && (name == "valid_from" || name == "valid_to");
            let rule = if NEVER_EMPTY.contains(&name.as_str()) || is_validity {
                " not null"
            } else {
                ""
            };
            let key = if name == "id" && !is_twin {
                " primary key"
            } else {
                ""
            };
            format!("{name} {}{rule}{key}", sql_type(kind))
        })
        .collect();
    if is_twin {
        columns.extend(
            [
                "superseded_at bigint not null",
                "superseded_by text not null",
                "removed boolean not null",
                "primary key (id, version)",
            ]
            .map(str::to_owned),
        );
    }
    let sql = format!("create table {table} ({})", columns.join(", "));
    Statement::new(tx.dialect(), sql).execute_in(tx).await?;
    let index = if is_twin {
        format!(
            "create index {} on {table} (superseded_at)",
            index_name(table, "superseded_at")
        )
    } else if record_type.place {
        format!("create index {} on {table} (cell)", index_name(table, "cell"))
    } else {
        return Ok(());
    };
    Statement::new(tx.dialect(), index).execute_in(tx).await?;
    Ok(())
}

/// Links are followed backwards and lists sorted, whoever declared them.
async fn make_index(tx: &mut Transaction, record_type: &RecordType, field: &Field) -> Result<(), Error> {
    let column = if field.is_folded() {
        field.folded_column()
    } else {
        field.name.clone()
    };
    let unique = if field.unique { "unique " } else { "" };
    let columns = match (field.kind, field.unique) {
        (_, true) => field.name.clone(),
        (Kind::Link, _) => column.clone(),
        _ if field.sort => format!("{column}, id"),
        _ => return Ok(()),
    };
    let table = &record_type.table;
    let sql = format!(
        "create {unique}index if not exists {} on {table} ({columns})",
        index_name(table, &column)
    );
    Statement::new(tx.dialect(), sql).execute_in(tx).await?;
    Ok(())
}

fn index_name(table: &str, column: &str) -> String {
    let name = format!("{table}_by_{column}");
    if name.len() <= LONGEST_INDEX {
        return name;
    }
    let digest = hex(&Sha256::digest(name.as_bytes()));
    format!("{}_{}", &name[..LONGEST_INDEX - 17], &digest[..16])
}

/// The catalogs of a store, the newest last. None is taken away while the store lives: what reads holds references
/// into the one it began with, and an administrator's change is a rare thing of some hundred kilobytes.
pub(crate) struct Catalogs {
    catalog: Catalog,
    next: OnceLock<Box<Catalogs>>,
}

impl Catalogs {
    pub fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            next: OnceLock::new(),
        }
    }

    fn newest(&self) -> &Self {
        let mut newest = self;
        while let Some(next) = newest.next.get() {
            newest = next;
        }
        newest
    }

    pub fn current(&self) -> &Catalog {
        &self.newest().catalog
    }

    pub fn publish(&self, catalog: Catalog) {
        let mut newer = Box::new(Self::new(catalog));
        while let Err(back) = self.newest().next.set(newer) {
            newer = back;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_indexes_are_never_cut_off() {
        assert_eq!(index_name("accounts", "custom_area"), "accounts_by_custom_area");
        let long = index_name(&"t".repeat(40), &"c".repeat(40));
        assert_eq!(long.len(), LONGEST_INDEX);
        assert_ne!(long, index_name(&"t".repeat(40), &format!("{}d", "c".repeat(39))));
    }
}
