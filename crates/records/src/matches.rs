//! Does a record meet a filter? In Rust, three-valued as SQL is: the slow twin of `condition.rs`.

use std::cmp::Ordering;

use serde_json::Value;

use crate::Record;
use crate::catalog::RecordType;
use crate::compare::literal;
use crate::filter::{Comparison, Filter, Property};
use crate::statement::Bind;
use crate::values::{fold, to_bind};

pub(crate) fn matches(filter: &Filter, record_type: &RecordType, record: &Record) -> Option<bool> {
    match filter {
        Filter::And(all) => all_of(all.iter().map(|f| matches(f, record_type, record))),
        Filter::Or(all) => {
            let none = all_of(all.iter().map(|f| matches(f, record_type, record).map(|b| !b)));
            none.map(|b| !b)
        }
        Filter::Not(f) => matches(f, record_type, record).map(|b| !b),
        Filter::Compare {
            field,
            op,
            value,
            folded,
        } => compare(record_type, record, field, value, *folded).map(|order| op.holds(order)),
        Filter::In { field, values } => {
            if values.is_empty() {
                return Some(false);
            }
            let mut found = Some(false);
            for value in values {
                match compare(record_type, record, field, value, false) {
                    Some(Ordering::Equal) => return Some(true),
                    Some(_) => {}
                    None => found = None,
                }
            }
            found
        }
        Filter::Between { field, low, high } => and(
            compare(record_type, record, field, low, false).map(|o| Comparison::AtLeast.holds(o)),
            compare(record_type, record, field, high, false).map(|o| Comparison::AtMost.holds(o)),
        ),
        Filter::Like {
            field,
            pattern,
            folded,
        } => {
            let Value::String(text) = value_of(record_type, record, field)? else {
                return None;
            };
            Some(if *folded {
                like(&fold(&text), &fold(pattern))
            } else {
                like(&text, pattern)
            })
        }
        Filter::IsNull { field } => Some(value_of(record_type, record, field).is_none()),
        Filter::Ids(ids) => Some(ids.contains(&record.id)),
        Filter::Within(shape) => record.place().map(|place| shape.contains(place)),
        Filter::Linked { .. } | Filter::Linking { .. } => None,
    }
}

/// False if any is false, unknown if any other is unknown.
fn all_of(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut so_far = Some(true);
    for truth in truths {
        so_far = and(so_far, truth);
    }
    so_far
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// The value of a property; `None` when it is empty or not a property.
fn value_of(record_type: &RecordType, record: &Record, field: &str) -> Option<Value> {
    let value = match record_type.property(field).ok()? {
        Property::Custom(key) => record.fields.get("custom")?.get(key).cloned(),
        Property::Column { .. } => match field {
            "id" => Some(record.id.clone().into()),
            "version" => Some(record.version.into()),
            "recorded_at" => Some(record.recorded_at.0.into()),
            "changed_by" => record.changed_by.clone().map(Value::from),
            "change_set" => Some(record.change_set.clone().into()),
            _ => record.fields.get(field).cloned(),
        },
    };
    value.filter(|v| !v.is_null())
}

fn compare(
    record_type: &RecordType,
    record: &Record,
    field: &str,
    other: &Value,
    folded: bool,
) -> Option<Ordering> {
    let Some(value) = value_of(record_type, record, field) else {
        // The open end of a validity is later than every instant.
        let is_open_end = record_type.validity && field == "valid_to";
        return is_open_end.then_some(Ordering::Greater);
    };
    if folded {
        return Some(fold(value.as_str()?).cmp(&fold(other.as_str()?)));
    }
    match record_type.property(field).ok()? {
        Property::Custom(_) => match (&value, other) {
            (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
            (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            _ => None,
        },
        Property::Column { kind, .. } => {
            let right = literal(record_type, field, kind, other).ok()?;
            match (to_bind(kind, &value), right) {
                (Bind::Text(a), Bind::Text(b)) => a.partial_cmp(&b),
                (Bind::Integer(a), Bind::Integer(b)) => a.partial_cmp(&b),
                (Bind::Number(a), Bind::Number(b)) => a?.partial_cmp(&b?),
                (Bind::Integer(a), Bind::Number(b)) => (a? as f64).partial_cmp(&b?),
                (Bind::Boolean(a), Bind::Boolean(b)) => a.partial_cmp(&b),
                _ => None,
            }
        }
    }
}

/// SQL's `like` with `\` before a character that stands for itself.
fn like(text: &str, pattern: &str) -> bool {
    #[derive(Clone, Copy)]
    enum Part {
        Any,
        One,
        Just(char),
    }
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::Just(chars.next().unwrap_or('\\')),
            c => Part::Just(c),
        });
    }
    // reachable[i]: the parts so far can have used up the first i characters.
    let text: Vec<char> = text.chars().collect();
    let mut reachable = vec![false; text.len() + 1];
    reachable[0] = true;
    for part in parts {
        match part {
            Part::Any => {
                let first = reachable.iter().position(|r| *r).unwrap_or(text.len() + 1);
                reachable.iter_mut().skip(first).for_each(|r| *r = true);
            }
            Part::One | Part::Just(_) => {
                for i in (0..text.len()).rev() {
                    let fits = match part {
                        Part::Just(c) => text[i] == c,
                        _ => true,
                    };
                    reachable[i + 1] = reachable[i] && fits;
                }
                reachable[0] = false;
            }
        }
    }
    reachable[text.len()]
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn patterns() {
        for (text, pattern, expected) in [
            ("Bäckerei", "B%", true),
            ("Bäckerei", "b%", false),
            ("Bäckerei", "%ck_rei", true),
            ("100%", "100\\%", true),
            ("1000", "100\\%", false),
            ("a\\", "a\\", true),
            ("", "%", true),
            ("", "_", false),
        ] {
            assert_eq!(like(text, pattern), expected, "{text} like {pattern}");
        }
    }
}
