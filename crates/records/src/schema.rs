//! What tables and columns are really there?

use crate::Error;
use crate::catalog::ColumnType;
use crate::db::{Db, Dialect};
use crate::statement::{Statement, Transaction};

/// A column as the database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    /// As declared, in lower case.
    pub declared: String,
    pub nullable: bool,
    /// Only PostgreSQL says.
    pub collation: Option<String>,
}

impl Column {
    /// The type, if it is one of the four that mean the same on both engines.
    pub fn column_type(&self) -> Option<ColumnType> {
        match self.declared.as_str() {
            "text" => Some(ColumnType::Text),
            "bigint" => Some(ColumnType::Bigint),
            "double precision" => Some(ColumnType::Double),
            "boolean" => Some(ColumnType::Boolean),
            _ => None,
        }
    }
}

/// All tables but the migrator's own, by name.
pub(crate) async fn tables(tx: &mut Transaction) -> Result<Vec<String>, Error> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name"
        }
        Dialect::Postgres => {
            "select table_name::text from information_schema.tables \
             where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1"
        }
    };
    let rows = Statement::new(tx.dialect(), sql).fetch_in(tx).await?;
    let mut names = Vec::with_capacity(rows.len());
    for row in rows {
        let name = row.require_text(0)?;
        if name != "_sqlx_migrations" {
            names.push(name);
        }
    }
    Ok(names)
}

fn columns_statement(dialect: Dialect, table: &str) -> Statement {
    match dialect {
        Dialect::Sqlite => {
            let mut s = Statement::new(
                dialect,
                "select name, type, \"notnull\" = 0, null from pragma_table_info(",
            );
            s.bind(table).push(") order by cid");
            s
        }
        Dialect::Postgres => {
            let mut s = Statement::new(
                dialect,
                "select column_name::text, data_type::text, is_nullable = 'YES', collation_name::text \
                 from information_schema.columns where table_schema = current_schema() and table_name = ",
            );
            s.bind(table).push(" order by ordinal_position");
            s
        }
    }
}

fn column(row: &crate::statement::Row) -> Result<Column, Error> {
    Ok(Column {
        name: row.require_text(0)?,
        declared: row.require_text(1)?.to_lowercase(),
        nullable: row.boolean(2)?.unwrap_or(true),
        collation: row.text(3)?,
    })
}

/// A table's columns, in their order; none when there is no such table.
pub(crate) async fn columns(db: &Db, table: &str) -> Result<Vec<Column>, Error> {
    let rows = columns_statement(db.dialect(), table).fetch(db).await?;
    rows.iter().map(column).collect()
}

/// The same inside a transaction.
pub(crate) async fn columns_in(tx: &mut Transaction, table: &str) -> Result<Vec<Column>, Error> {
    let rows = columns_statement(tx.dialect(), table).fetch_in(tx).await?;
    rows.iter().map(column).collect()
}

/// The columns of every unique index of a table, joined by commas.
pub(crate) async fn unique_indexes(db: &Db, table: &str) -> Result<Vec<String>, Error> {
    let mut statement;
    match db.dialect() {
        Dialect::Sqlite => {
            statement = Statement::new(
                db.dialect(),
                "select (select group_concat(c.name) from pragma_index_info(i.name) c) from pragma_index_list(",
            );
            statement.bind(table).push(") i where i.\"unique\" = 1");
        }
        Dialect::Postgres => {
            statement = Statement::new(
                db.dialect(),
                "select (select string_agg(a.attname::text, ',' order by array_position(i.indkey::int2[], a.attnum)) \
                 from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any (i.indkey::int2[])) \
                 from pg_index i where i.indisunique and i.indrelid = to_regclass(",
            );
            statement.bind(table).push(")");
        }
    }
    let rows = statement.fetch(db).await?;
    rows.iter().filter_map(|row| row.text(0).transpose()).collect()
}

/// How many foreign keys a table has.
pub(crate) async fn foreign_keys(db: &Db, table: &str) -> Result<i64, Error> {
    let mut statement;
    match db.dialect() {
        Dialect::Sqlite => {
            statement = Statement::new(db.dialect(), "select count(*) from pragma_foreign_key_list(");
            statement.bind(table).push(")");
        }
        Dialect::Postgres => {
            statement = Statement::new(
                db.dialect(),
                "select count(*) from pg_constraint where contype = 'f' and conrelid = to_regclass(",
            );
            statement.bind(table).push(")");
        }
    }
    statement
        .fetch(db)
        .await?
        .first()
        .map_or(Ok(0), |row| row.require_integer(0))
}
