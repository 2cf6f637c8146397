//! Do declarations and tables agree?

use crate::catalog::{ColumnType, Kind, RecordType};
use crate::db::Dialect;
use crate::schema::{Column, columns, foreign_keys, unique_indexes};
use crate::{Error, Store};

/// Compares every declared type with its table and its twin. Gives one sentence a difference; none is right.
/// For a test on both engines.
///
/// # Errors
/// [`Error::Database`].
pub async fn check_tables(store: &Store) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for record_type in store.catalog().iter() {
        check_type(store, record_type, &mut problems).await?;
    }
    Ok(problems)
}

async fn check_type(
    store: &Store,
    record_type: &RecordType,
    problems: &mut Vec<String>,
) -> Result<(), Error> {
    let db = store.db();
    let expected = record_type.columns();
    let ended = [
        ("superseded_at".to_string(), ColumnType::Bigint),
        ("superseded_by".to_string(), ColumnType::Text),
        ("removed".to_string(), ColumnType::Boolean),
    ];
    let (table, twin) = (record_type.table.clone(), record_type.history_table());
    for (name, expected) in [
        (&table, expected.clone()),
        (&twin, expected.iter().chain(&ended).cloned().collect()),
    ] {
        let found = columns(db, name).await?;
        if found.is_empty() {
            problems.push(format!("{}: there is no table {name}", record_type.name));
            continue;
        }
        for (column, kind) in &expected {
            match found.iter().find(|c| &c.name == column) {
                None => problems.push(format!("{name}.{column} is declared but not in the table")),
                Some(c) if c.column_type() != Some(*kind) => {
                    problems.push(format!(
                        "{name}.{column} is {} but should be {kind:?}",
                        c.declared
                    ));
                }
                Some(c) => check_column(record_type, name, c, db.dialect(), problems),
            }
        }
        for c in &found {
            if !expected.iter().any(|(column, _)| column == &c.name) {
                problems.push(format!("{name}.{} is in the table but not declared", c.name));
            }
        }
    }
    let indexes = unique_indexes(db, &table).await?;
    for field in record_type.fields.iter().filter(|f| f.unique) {
        if !indexes.contains(&field.name) {
            problems.push(format!(
                "{table}.{} is declared unique but has no unique index",
                field.name
            ));
        }
    }
    let twin_indexes = unique_indexes(db, &twin).await?;
    if twin_indexes != ["id,version"] {
        problems.push(format!(
            "{twin} should be unique by id,version only, but is by {twin_indexes:?}"
        ));
    }
    if foreign_keys(db, &twin).await? > 0 {
        problems.push(format!("{twin} has foreign keys, which a twin must not have"));
    }
    Ok(())
}

fn check_column(
    record_type: &RecordType,
    table: &str,
    column: &Column,
    dialect: Dialect,
    problems: &mut Vec<String>,
) {
    let field = record_type.field(&column.name);
    let is_common = [
        "id",
        "version",
        "recorded_at",
        "change_set",
        "salt",
        "superseded_at",
        "superseded_by",
        "removed",
    ]
    .contains(&column.name.as_str());
    let is_validity = record_type.validity && column.name.starts_with("valid_");
    let may_be_required = is_common || is_validity || field.is_some_and(|f| f.required);
    if !column.nullable && !may_be_required {
        problems.push(format!(
            "{table}.{} is not null in the table but not required",
            column.name
        ));
    }
    if column.nullable && (is_common || is_validity) {
        problems.push(format!("{table}.{} must be not null", column.name));
    }
    let is_sorted = column.name.ends_with("_folded")
        || field.is_some_and(|f| {
            f.kind == Kind::Date || f.sequence.is_some() || (f.sort && f.kind.is_text() && !f.is_folded())
        });
    // SQLite's own order is by bytes already; on PostgreSQL it has to be said.
    if dialect == Dialect::Postgres && is_sorted && column.collation.as_deref() != Some("C") {
        problems.push(format!(
            "{table}.{} is sorted by and must be text collate \"C\"",
            column.name
        ));
    }
}
