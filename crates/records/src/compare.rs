//! One field against values, as SQL: what each kind takes, and where the two engines differ.

use serde_json::Value;

use crate::FilterError;
use crate::catalog::{Kind, RecordType};
use crate::condition::balanced;
use crate::db::Dialect;
use crate::filter::{Comparison, Filter, Property};
use crate::statement::{Bind, Statement};
use crate::values::{fold, instant, whole_number};

/// The end of a validity is null in JSON and the largest integer in the table.
fn is_open_end(record_type: &RecordType, field: &str) -> bool {
    record_type.validity && field == "valid_to"
}

fn wrong_value(record_type: &RecordType, field: &str, value: &Value, wanted: &str) -> FilterError {
    FilterError {
        message: format!(
            "{}.{field} cannot be compared with {value}; it takes {wanted}",
            record_type.name
        ),
        property: Some(field.to_string()),
    }
}

/// A literal of a filter as the column wants it.
pub(crate) fn literal(
    record_type: &RecordType,
    field: &str,
    kind: Kind,
    value: &Value,
) -> Result<Bind, FilterError> {
    let wrong = |wanted: &str| wrong_value(record_type, field, value, wanted);
    match kind {
        Kind::Json => Err(FilterError {
            message: format!(
                "{}.{field} holds JSON and can only be tested for being empty",
                record_type.name
            ),
            property: Some(field.to_string()),
        }),
        Kind::Boolean => value
            .as_bool()
            .map(|b| Bind::Boolean(Some(b)))
            .ok_or_else(|| wrong("true or false")),
        Kind::Integer | Kind::Money => match (whole_number(value), value.as_f64()) {
            (Some(whole), _) => Ok(whole.into()),
            (None, Some(number)) => Ok(Bind::Number(Some(number))),
            _ => Err(wrong("a number")),
        },
        Kind::Number => value
            .as_f64()
            .map(|n| Bind::Number(Some(n)))
            .ok_or_else(|| wrong("a number")),
        Kind::Instant => instant_literal(value).map(Bind::from).ok_or_else(|| {
            wrong("TIMESTAMP('2026-07-01T09:30:00Z'), DATE('2026-07-01') or milliseconds since 1970")
        }),
        Kind::Date => value
            .as_str()
            .and_then(|t| t.parse::<jiff::civil::Date>().ok())
            .map(|d| Bind::text(d.to_string()))
            .ok_or_else(|| wrong("DATE('2026-07-01')")),
        _ => match value.as_str() {
            Some(text) if !text.contains('\0') => Ok(Bind::text(text)),
            _ => Err(wrong("a text")),
        },
    }
}

/// As [`instant`], and a bare day means its first moment in UTC.
fn instant_literal(value: &Value) -> Option<i64> {
    instant(value).map(|t| t.0).or_else(|| {
        let day = value.as_str()?.parse::<jiff::civil::Date>().ok()?;
        let start = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(start.timestamp().as_millisecond())
    })
}

pub(crate) fn push_compare(
    statement: &mut Statement,
    record_type: &RecordType,
    alias: &str,
    field: &str,
    op: Comparison,
    value: &Value,
    folded: bool,
) -> Result<(), FilterError> {
    if value.is_null() {
        return Err(wrong_value(record_type, field, value, "a value, or IS NULL"));
    }
    let sign = op.sign();
    match record_type.property(field)? {
        Property::Column {
            kind,
            folded: has_folded,
        } => {
            if folded {
                let text = foldable(record_type, field, has_folded, value)?;
                statement
                    .push(&format!("{alias}.{field}_folded {sign} "))
                    .bind(Bind::text(text));
                return Ok(());
            }
            if kind == Kind::Boolean && !matches!(op, Comparison::Equal | Comparison::NotEqual) {
                return Err(wrong_value(record_type, field, value, "only = and <>"));
            }
            let bind = literal(record_type, field, kind, value)?;
            // Order by bytes on both engines; equality is by bytes anyway and keeps its index.
            let is_order = !matches!(op, Comparison::Equal | Comparison::NotEqual);
            let collation = if kind.is_text() && is_order {
                " collate \"C\""
            } else {
                ""
            };
            statement
                .push(&format!("{alias}.{field}{collation} {sign} "))
                .bind(bind);
            Ok(())
        }
        Property::Custom(key) => {
            let (column, bind) = custom(statement.dialect, alias, key, value)
                .ok_or_else(|| wrong_value(record_type, field, value, "a text, a number, true or false"))?;
            let collation = if matches!(bind, Bind::Text(_)) {
                " collate \"C\""
            } else {
                ""
            };
            statement.push(&format!("{column}{collation} {sign} ")).bind(bind);
            Ok(())
        }
    }
}

/// Many texts that one field may have, each without case and accents, as one list: a statement of its own for each number
/// of them would be prepared anew each time. `false`, and nothing written, where the conditions are of another kind.
pub(crate) fn push_any_folded(
    statement: &mut Statement,
    record_type: &RecordType,
    alias: &str,
    any: &[Filter],
) -> Result<bool, FilterError> {
    let Some(Filter::Compare { field: first, .. }) = any.first() else {
        return Ok(false);
    };
    let mut texts = Vec::with_capacity(any.len());
    for one in any {
        match one {
            Filter::Compare {
                field,
                op: Comparison::Equal,
                value,
                folded: true,
            } if field == first => {
                let Property::Column { folded, .. } = record_type.property(field)? else {
                    return Ok(false);
                };
                texts.push(foldable(record_type, field, folded, value)?);
            }
            _ => return Ok(false),
        }
    }
    statement
        .push(&format!("({alias}.{first}_folded in "))
        .bind_list(texts.iter().map(String::as_str))
        .push(")");
    Ok(true)
}

/// The text to compare a folded column with.
fn foldable(
    record_type: &RecordType,
    field: &str,
    has_folded: bool,
    value: &Value,
) -> Result<String, FilterError> {
    if !has_folded {
        return Err(FilterError {
            message: format!(
                "{}.{field} cannot be compared without case and accents; only fields declared with search or sort can",
                record_type.name
            ),
            property: Some(field.to_string()),
        });
    }
    match value.as_str() {
        Some(text) if !text.contains('\0') => Ok(fold(text)),
        _ => Err(wrong_value(record_type, field, value, "a text")),
    }
}

/// A custom field as a column of the literal's type; null when it holds another type.
fn custom(dialect: Dialect, alias: &str, key: &str, value: &Value) -> Option<(String, Bind)> {
    let (kind_sqlite, kind_postgres, cast, bind) = match value {
        Value::String(text) if !text.contains('\0') => ("('text')", "string", "text", Bind::text(text)),
        Value::Number(n) => (
            "('integer', 'real')",
            "number",
            "double precision",
            Bind::Number(n.as_f64()),
        ),
        Value::Bool(b) => ("('true', 'false')", "boolean", "boolean", Bind::Boolean(Some(*b))),
        _ => return None,
    };
    let column = match dialect {
        Dialect::Sqlite => format!(
            "(case when json_type({alias}.custom, '$.{key}') in {kind_sqlite} then {alias}.custom ->> '$.{key}' end)"
        ),
        Dialect::Postgres => format!(
            "(case when jsonb_typeof({alias}.custom::jsonb -> '{key}') = '{kind_postgres}' \
             then ({alias}.custom::jsonb ->> '{key}')::{cast} end)"
        ),
    };
    Some((column, bind))
}

pub(crate) fn push_in(
    statement: &mut Statement,
    record_type: &RecordType,
    alias: &str,
    field: &str,
    values: &[Value],
) -> Result<(), FilterError> {
    let property = record_type.property(field)?;
    if values.is_empty() {
        statement.push("false");
        return Ok(());
    }
    if let Property::Column { kind, .. } = property {
        let binds = values
            .iter()
            .map(|v| literal(record_type, field, kind, v))
            .collect::<Result<Vec<_>, _>>()?;
        if kind.is_text() {
            let texts = binds.iter().filter_map(|b| match b {
                Bind::Text(Some(text)) => Some(text.as_str()),
                _ => None,
            });
            statement
                .push(&format!("({alias}.{field} in "))
                .bind_list(texts)
                .push(")");
            return Ok(());
        }
        let integers: Option<Vec<i64>> = binds
            .iter()
            .map(|b| if let Bind::Integer(i) = b { *i } else { None })
            .collect();
        if let Some(integers) = integers {
            statement
                .push(&format!("({alias}.{field} in "))
                .bind_integers(&integers)
                .push(")");
            return Ok(());
        }
    }
    if values.len() > Filter::MAX_CONDITIONS {
        return Err(FilterError {
            message: format!(
                "{}.{field}: at most {} values of this kind in a list",
                record_type.name,
                Filter::MAX_CONDITIONS
            ),
            property: Some(field.to_string()),
        });
    }
    balanced(statement, values.len(), " or ", &mut |s, i| {
        push_compare(s, record_type, alias, field, Comparison::Equal, &values[i], false)
    })
}

pub(crate) fn push_like(
    statement: &mut Statement,
    record_type: &RecordType,
    alias: &str,
    field: &str,
    pattern: &str,
    folded: bool,
) -> Result<(), FilterError> {
    let refuse = |message: String| FilterError {
        message,
        property: Some(field.to_string()),
    };
    let wildcards = pattern.chars().filter(|c| matches!(c, '%' | '_')).count();
    if pattern.len() > 1000 || wildcards > 20 || pattern.contains('\0') {
        return Err(refuse(format!(
            "the pattern for {}.{field} is too long or has more than 20 wildcards",
            record_type.name
        )));
    }
    match record_type.property(field)? {
        Property::Column {
            kind,
            folded: has_folded,
        } if kind.is_text() => {
            if folded {
                let pattern = foldable(record_type, field, has_folded, &pattern.into())?;
                statement
                    .push(&format!("{alias}.{field}_folded like "))
                    .bind(Bind::text(complete_escape(pattern)))
                    .push(" escape '\\'");
                return Ok(());
            }
            push_exact_like(statement, &format!("{alias}.{field}"), pattern);
            Ok(())
        }
        Property::Custom(key) if !folded => {
            let column = custom(statement.dialect, alias, key, &Value::from("")).map(|c| c.0);
            push_exact_like(statement, &column.unwrap_or_default(), pattern);
            Ok(())
        }
        _ => Err(refuse(format!(
            "{}.{field} is not text that LIKE can search",
            record_type.name
        ))),
    }
}

/// SQLite's `like` forgets the case of ASCII letters, so exact patterns are `glob` there.
fn push_exact_like(statement: &mut Statement, column: &str, pattern: &str) {
    match statement.dialect {
        Dialect::Sqlite => statement
            .push(&format!("{column} glob "))
            .bind(Bind::text(to_glob(pattern))),
        Dialect::Postgres => statement
            .push(&format!("{column} like "))
            .bind(Bind::text(complete_escape(pattern.to_string())))
            .push(" escape '\\'"),
    };
}

/// A pattern that ends in a lone `\` means the character itself.
fn complete_escape(mut pattern: String) -> String {
    let trailing = pattern.chars().rev().take_while(|c| *c == '\\').count();
    if trailing % 2 == 1 {
        pattern.push('\\');
    }
    pattern
}

fn to_glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '%' => {
                glob.push('*');
                continue;
            }
            '_' => {
                glob.push('?');
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        if matches!(literal, '*' | '?' | '[') {
            glob.push('[');
            glob.push(literal);
            glob.push(']');
        } else {
            glob.push(literal);
        }
    }
    glob
}

pub(crate) fn push_is_null(
    statement: &mut Statement,
    record_type: &RecordType,
    alias: &str,
    field: &str,
) -> Result<(), FilterError> {
    let text = match (record_type.property(field)?, statement.dialect) {
        (Property::Column { .. }, _) if is_open_end(record_type, field) => {
            format!("({alias}.{field} = {})", geom::Timestamp::FOREVER.0)
        }
        (Property::Column { .. }, _) => format!("({alias}.{field} is null)"),
        (Property::Custom(key), Dialect::Sqlite) => format!("(({alias}.custom ->> '$.{key}') is null)"),
        (Property::Custom(key), Dialect::Postgres) => {
            format!("(({alias}.custom::jsonb ->> '{key}') is null)")
        }
    };
    statement.push(&text);
    Ok(())
}
