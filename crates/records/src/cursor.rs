//! Where does the next page begin? The last record's sort keys and id, as opaque text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::{ColumnType, Kind, RecordType};
use crate::db::Dialect;
use crate::filter::Property;
use crate::rights::Among;
use crate::statement::{Bind, Statement};
use crate::values::{fold, to_bind};
use crate::{Error, Query, Record};

/// One key of an order.
pub(crate) struct SortKey {
    /// The field as it was asked for.
    field: String,
    /// Its column: the folded one for text.
    column: String,
    kind: Kind,
    folded: bool,
    pub descending: bool,
    nullable: bool,
}

impl SortKey {
    /// What its column holds.
    pub fn column_type(&self) -> ColumnType {
        self.kind.column_type()
    }

    /// Its column of a table.
    pub fn of(&self, alias: &str) -> String {
        format!("{alias}.{}", self.column)
    }
}

/// Most keys in one order.
const MAX_KEYS: usize = 5;

/// The keys of a query, the id excepted, which always comes last.
pub(crate) fn sort_keys(record_type: &RecordType, query: &Query) -> Result<Vec<SortKey>, Error> {
    if query.sort.len() > MAX_KEYS {
        return Err(Error::BadField(format!("at most {MAX_KEYS} fields to sort by")));
    }
    let mut keys = Vec::new();
    for (field, descending) in &query.sort {
        let Property::Column { kind, folded } = record_type.property(field)? else {
            return Err(Error::BadField(format!(
                "lists cannot be sorted by the custom field {field}"
            )));
        };
        let declared = record_type.field(field);
        if !kind.is_sortable() || declared.is_some_and(|f| f.kind.is_foldable() && !f.sort) {
            let sortable: Vec<&str> = record_type
                .fields
                .iter()
                .filter(|f| f.sort || (f.kind.is_sortable() && !f.kind.is_foldable()))
                .map(|f| f.name.as_str())
                .collect();
            return Err(Error::BadField(format!(
                "{} cannot be sorted by {field}; it can by: id, recorded_at, version, {}",
                record_type.name,
                sortable.join(", ")
            )));
        }
        keys.push(SortKey {
            field: field.clone(),
            column: if folded {
                format!("{field}_folded")
            } else {
                field.clone()
            },
            kind,
            folded,
            descending: *descending,
            nullable: match declared {
                Some(f) => !(f.required || (record_type.validity && field.starts_with("valid_"))),
                None => field == "changed_by",
            },
        });
        if field == "id" {
            break;
        }
    }
    Ok(keys)
}

/// The id, which comes last, goes the way of the key before it: an index by key and id is then read from end to end in either
/// direction, where the records without a value, often most of all, would have to be sorted by id first.
pub(crate) fn id_descends(keys: &[SortKey]) -> bool {
    keys.last().is_some_and(|key| key.descending)
}

/// ` order by …`: empty values are the greatest, on both engines. A few records are sorted after they were found: SQLite,
/// which does not know that they are few, would rather walk all of the type in their order.
pub(crate) fn push_order(statement: &mut Statement, keys: &[SortKey], among: Among, alias: &str) {
    let by_value = among == Among::Few && statement.dialect == Dialect::Sqlite;
    // No index is in the order of an expression.
    let sign = if by_value { "+" } else { "" };
    push_order_of(statement, keys, |key| match key {
        Some(index) => format!("{sign}{}", keys[index].of(alias)),
        None => format!("{sign}{alias}.id"),
    });
}

/// The same by other names of the keys, by their numbers, and of the id, which has none.
pub(crate) fn push_order_of(
    statement: &mut Statement,
    keys: &[SortKey],
    name: impl Fn(Option<usize>) -> String,
) {
    statement.push(" order by ");
    for (index, key) in keys.iter().enumerate() {
        let direction = match (key.descending, key.nullable) {
            (false, false) => "",
            (false, true) => " nulls last",
            (true, false) => " desc",
            (true, true) => " desc nulls first",
        };
        statement.push(&format!("{}{direction}, ", name(Some(index))));
    }
    let direction = if id_descends(keys) { " desc" } else { "" };
    statement.push(&format!("{}{direction}", name(None)));
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    /// The list it was made by: type and order.
    list: String,
    keys: Vec<Value>,
    id: String,
}

fn list_name(record_type: &RecordType, sort: &[SortKey]) -> String {
    let keys: Vec<String> = sort
        .iter()
        .map(|k| format!("{}{}", if k.descending { "-" } else { "" }, k.field))
        .collect();
    // Ids went up in every order once: where they go down now, a cursor of then would pass records by.
    let ids = if id_descends(sort) { ",-id" } else { "" };
    format!("{}:{}{ids}", record_type.name, keys.join(","))
}

/// The cursor after a record.
pub(crate) fn after(record_type: &RecordType, keys: &[SortKey], record: &Record) -> String {
    let values = keys
        .iter()
        .map(|key| match key.field.as_str() {
            "id" => record.id.clone().into(),
            "version" => record.version.into(),
            "recorded_at" => record.recorded_at.0.into(),
            "changed_by" => record.changed_by.clone().into(),
            "change_set" => record.change_set.clone().into(),
            field => match record.fields.get(field) {
                Some(Value::String(text)) if key.folded => fold(text).into(),
                Some(Value::Null) | None if record_type.validity && field == "valid_to" => {
                    geom::Timestamp::FOREVER.0.into()
                }
                Some(value) => value.clone(),
                None => Value::Null,
            },
        })
        .collect();
    let cursor = Cursor {
        list: list_name(record_type, keys),
        keys: values,
        id: record.id.clone(),
    };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).expect("texts and numbers are JSON"))
}

/// Where the records after a cursor stand by their first key, so that an index is entered there and not walked from its
/// beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// All of them.
    All,
    /// Those with a value; others, which come last, may follow.
    Valued,
    /// Those without one.
    Empty,
}

/// The stretches to be read one after another for a page after the cursor.
pub(crate) fn stretches(
    record_type: &RecordType,
    keys: &[SortKey],
    cursor: Option<&str>,
) -> Result<&'static [Stretch], Error> {
    let (Some(cursor), Some(first)) = (cursor, keys.first()) else {
        return Ok(&[Stretch::All]);
    };
    let cursor = read(record_type, keys, cursor)?;
    Ok(match cursor.keys.first() {
        // Ascending, what is empty comes last; the other way round it was passed already.
        Some(value) if first.nullable && !first.descending && !value.is_null() => {
            &[Stretch::Valued, Stretch::Empty]
        }
        Some(value) if first.nullable && !first.descending && value.is_null() => &[Stretch::Empty],
        _ => &[Stretch::All],
    })
}

fn read(record_type: &RecordType, keys: &[SortKey], cursor: &str) -> Result<Cursor, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Error::BadCursor)?;
    let cursor: Cursor = serde_json::from_slice(&bytes).map_err(|_| Error::BadCursor)?;
    if cursor.list != list_name(record_type, keys)
        || cursor.keys.len() != keys.len()
        || cursor.id.contains('\0')
    {
        return Err(Error::BadCursor);
    }
    Ok(cursor)
}

/// ` and (…)`: only what comes after the cursor, of one stretch. Where few records are sorted after they were found, no
/// index of the order is entered either.
pub(crate) fn push_after(
    statement: &mut Statement,
    record_type: &RecordType,
    keys: &[SortKey],
    alias: &str,
    cursor: &str,
    (stretch, among): (Stretch, Among),
) -> Result<(), Error> {
    let cursor = read(record_type, keys, cursor)?;
    // In the order of ids alone there is one condition, and the index is entered by it. Of several,
    // SQLite would gather the alternatives below one by one from the index and sort what it gathered: half of all records
    // for a page in the middle. It looks at expressions only row by row.
    let is_sqlite = statement.dialect == Dialect::Sqlite;
    let sign = if is_sqlite && !keys.is_empty() { "+" } else { "" };
    let bound_sign = if is_sqlite && among == Among::Few { "+" } else { "" };
    let mut binds = Vec::new();
    for (key, value) in keys.iter().zip(&cursor.keys) {
        let bind = to_bind(key.kind, value);
        let is_wrong = bind.is_null() && !(value.is_null() && key.nullable);
        if is_wrong || matches!(&bind, Bind::Text(Some(text)) if text.contains('\0')) {
            return Err(Error::BadCursor);
        }
        binds.push(bind);
    }
    statement.push(" and ");
    // The first key alone bounds the index scan, unless empty values stand on both sides of the bound.
    if let (Some(first), Some(bind)) = (keys.first(), binds.first()) {
        let column = format!("{bound_sign}{alias}.{}", first.column);
        let bounds = !first.nullable || first.descending || stretch == Stretch::Valued;
        if stretch == Stretch::Empty {
            statement.push(&format!("{column} is null and "));
        } else if bounds && !bind.is_null() {
            let side = if first.descending { "<=" } else { ">=" };
            statement
                .push(&format!("{column} {side} "))
                .bind(bind.clone())
                .push(" and ");
        }
    }
    statement.push("(");
    for depth in 0..=keys.len() {
        if depth > 0 {
            statement.push(" or ");
        }
        statement.push("(");
        for (key, bind) in keys.iter().zip(&binds).take(depth) {
            if bind.is_null() {
                statement.push(&format!("{sign}{alias}.{} is null and ", key.column));
            } else {
                statement
                    .push(&format!("{sign}{alias}.{} = ", key.column))
                    .bind(bind.clone())
                    .push(" and ");
            }
        }
        match keys.get(depth) {
            None => {
                let side = if id_descends(keys) { '<' } else { '>' };
                statement
                    .push(&format!("{sign}{alias}.id {side} "))
                    .bind(&cursor.id);
            }
            Some(key) => push_beyond(statement, &format!("{sign}{alias}"), key, &binds[depth]),
        }
        statement.push(")");
    }
    statement.push(")");
    Ok(())
}

/// The key is strictly after a value; empty is the greatest.
fn push_beyond(statement: &mut Statement, alias: &str, key: &SortKey, bind: &Bind) {
    let column = format!("{alias}.{}", key.column);
    match (bind.is_null(), key.descending) {
        (true, false) => {
            statement.push("false");
        }
        (true, true) => {
            statement.push(&format!("{column} is not null"));
        }
        (false, true) => {
            statement.push(&format!("{column} < ")).bind(bind.clone());
        }
        (false, false) if key.nullable => {
            statement
                .push(&format!("({column} > "))
                .bind(bind.clone())
                .push(&format!(" or {column} is null)"));
        }
        (false, false) => {
            statement.push(&format!("{column} > ")).bind(bind.clone());
        }
    }
}
