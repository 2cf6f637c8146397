//! Between rows and records: which columns, in which order, and what they are as JSON.

use geom::{LngLat, Timestamp, cell_of};
use serde_json::{Map, Value};

use crate::catalog::{ColumnType, Field, Kind, RecordType};
use crate::statement::{Bind, Row};
use crate::values::{fold, to_bind};
use crate::{Error, Record};

/// Places of the common columns in [`RecordType::columns`].
pub(crate) const ID: usize = 0;
pub(crate) const VERSION: usize = 1;
pub(crate) const RECORDED_AT: usize = 2;
pub(crate) const CHANGED_BY: usize = 3;
pub(crate) const CHANGE_SET: usize = 4;
pub(crate) const SALT: usize = 5;
pub(crate) const CUSTOM: usize = 6;
/// The first declared field.
pub(crate) const FIRST_FIELD: usize = 7;

/// `alias.id, alias.version, …`: what [`record`] reads, from `first` on.
pub(crate) fn record_columns(record_type: &RecordType, alias: &str) -> String {
    let common = [
        "id",
        "version",
        "recorded_at",
        "changed_by",
        "change_set",
        "custom",
    ];
    let names: Vec<String> = common
        .iter()
        .copied()
        .chain(record_type.fields.iter().map(|f| f.name.as_str()))
        .map(|name| format!("{alias}.{name}"))
        .collect();
    names.join(", ")
}

/// How many columns that is.
pub(crate) fn record_width(record_type: &RecordType) -> usize {
    6 + record_type.fields.len()
}

/// The record in a row that begins with [`record_columns`].
pub(crate) fn record(record_type: &RecordType, row: &Row) -> Result<Record, Error> {
    let mut fields = Map::with_capacity(record_type.fields.len() + 1);
    for (index, field) in record_type.fields.iter().enumerate() {
        fields.insert(field.name.clone(), field_value(field.kind, row, 6 + index)?);
    }
    open_end(record_type, &mut fields);
    fields.insert("custom".into(), custom_value(row.text(5)?)?);
    Ok(Record {
        type_name: record_type.name.clone(),
        id: row.require_text(0)?,
        version: row.require_integer(1)?,
        recorded_at: Timestamp(row.require_integer(2)?),
        changed_by: row.text(3)?,
        change_set: row.require_text(4)?,
        fields,
    })
}

/// The JSON value of a column that holds a field of a kind.
pub(crate) fn field_value(kind: Kind, row: &Row, column: usize) -> Result<Value, Error> {
    Ok(match kind.column_type() {
        ColumnType::Boolean => row.boolean(column)?.map_or(Value::Null, Value::Bool),
        ColumnType::Bigint => row.integer(column)?.map_or(Value::Null, Value::from),
        ColumnType::Double => row.number(column)?.map_or(Value::Null, Value::from),
        ColumnType::Text => match row.text(column)? {
            None => Value::Null,
            Some(text) if kind == Kind::Json => parse_json(&text)?,
            Some(text) => Value::String(text),
        },
    })
}

fn custom_value(text: Option<String>) -> Result<Value, Error> {
    text.map_or_else(|| Ok(Value::Object(Map::new())), |text| parse_json(&text))
}

fn parse_json(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|e| Error::Schema(format!("a stored JSON value cannot be read: {e}")))
}

/// The open end of a validity is null in JSON.
fn open_end(record_type: &RecordType, fields: &mut Map<String, Value>) {
    if record_type.validity
        && let Some(end) = fields.get_mut("valid_to")
        && end.as_i64() == Some(Timestamp::FOREVER.0)
    {
        *end = Value::Null;
    }
}

/// A whole row as it is stored, in the order of [`RecordType::columns`].
pub(crate) type RawRow = Vec<Bind>;

/// `alias.id, alias.version, …` for [`raw_row`].
pub(crate) fn raw_columns(record_type: &RecordType, alias: &str) -> String {
    let names: Vec<String> = record_type
        .columns()
        .iter()
        .map(|(name, _)| format!("{alias}.{name}"))
        .collect();
    names.join(", ")
}

/// The stored row that begins at a column.
pub(crate) fn raw_row(columns: &[(String, ColumnType)], row: &Row, first: usize) -> Result<RawRow, Error> {
    columns
        .iter()
        .enumerate()
        .map(|(index, (_, kind))| raw_value(*kind, row, first + index))
        .collect()
}

/// One stored value.
pub(crate) fn raw_value(kind: ColumnType, row: &Row, column: usize) -> Result<Bind, Error> {
    Ok(match kind {
        ColumnType::Text => Bind::Text(row.text(column)?),
        ColumnType::Bigint => Bind::Integer(row.integer(column)?),
        ColumnType::Double => Bind::Number(row.number(column)?),
        ColumnType::Boolean => Bind::Boolean(row.boolean(column)?),
    })
}

/// A field's value as it is stored.
pub(crate) fn stored(record_type: &RecordType, field: &Field, value: &Value) -> Bind {
    match to_bind(field.kind, value) {
        Bind::Integer(None) if record_type.validity && field.name == "valid_to" => {
            Timestamp::FOREVER.0.into()
        }
        // SQLite keeps whole reals as integers, which have no −0.
        Bind::Number(Some(0.0)) => Bind::Number(Some(0.0)),
        bind => bind,
    }
}

/// The row to store for a record; folded columns and the cell are derived here.
pub(crate) fn to_raw(record_type: &RecordType, record: &Record, salt: String) -> RawRow {
    let null = Value::Null;
    let custom = record.fields.get("custom").and_then(Value::as_object);
    let mut row: RawRow = vec![
        Bind::text(&record.id),
        record.version.into(),
        record.recorded_at.0.into(),
        record.changed_by.clone().into(),
        Bind::text(&record.change_set),
        Bind::text(salt),
        Bind::Text(
            custom
                .filter(|c| !c.is_empty())
                .map(|c| Value::Object(c.clone()).to_string()),
        ),
    ];
    for field in &record_type.fields {
        let value = record.fields.get(&field.name).unwrap_or(&null);
        row.push(stored(record_type, field, value));
    }
    if record_type.place {
        row.push(Bind::Integer(record.place().map(cell_of)));
    }
    for field in record_type.fields.iter().filter(|f| f.is_folded()) {
        row.push(Bind::Text(record.text(&field.name).map(fold)));
    }
    row
}

/// Brings the derived columns of a raw row in step after its fields were replaced.
pub(crate) fn derive(record_type: &RecordType, row: &mut RawRow) {
    let position = |name: &str| {
        record_type
            .fields
            .iter()
            .position(|f| f.name == name)
            .map(|i| FIRST_FIELD + i)
    };
    let mut next = FIRST_FIELD + record_type.fields.len();
    if record_type.place {
        let number = |name: &str| match position(name).map(|i| &row[i]) {
            Some(Bind::Number(n)) => *n,
            _ => None,
        };
        let place = number("lng")
            .zip(number("lat"))
            .and_then(|(lng, lat)| LngLat::new(lng, lat).ok());
        row[next] = Bind::Integer(place.map(cell_of));
        next += 1;
    }
    for (index, field) in record_type.fields.iter().enumerate() {
        if field.is_folded() {
            row[next] = match &row[FIRST_FIELD + index] {
                Bind::Text(text) => Bind::Text(text.as_deref().map(fold)),
                _ => Bind::Text(None),
            };
            next += 1;
        }
    }
}
