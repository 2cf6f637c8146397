//! The list's filter, put to the live index: the same tree that becomes SQL, walked into `points`.
//!
//! SQL's `not` leaves out rows whose value is missing; the index is two-valued. The walk therefore
//! carries the negation down to the comparisons and adds "and not missing" there.

use points::Filter as Points;
use records::{Comparison, Filter, FilterError};
use serde_json::Value;

use crate::territories::Branches;

use super::added::Added;
use super::columns::{self, ColumnKind};

/// A territory stands for itself and everything below it.
pub(super) fn spread(filter: &mut Filter, branches: &Branches) {
    let of = |values: &[Value]| -> Vec<Value> {
        let all = values
            .iter()
            .flat_map(|value| match value.as_str().and_then(|id| branches.below(id)) {
                Some(below) => below.iter().map(|id| Value::from(id.as_str())).collect(),
                None => vec![value.clone()],
            });
        all.collect()
    };
    match filter {
        Filter::And(all) | Filter::Or(all) => all.iter_mut().for_each(|one| spread(one, branches)),
        Filter::Not(one) => spread(one, branches),
        Filter::In { field, values } if field == "territory_id" => *values = of(values),
        Filter::Compare { field, op, value, .. } if field == "territory_id" => {
            let within = Filter::In {
                field: field.clone(),
                values: of(std::slice::from_ref(value)),
            };
            match op {
                Comparison::Equal => *filter = within,
                Comparison::NotEqual => *filter = Filter::Not(Box::new(within)),
                _ => {}
            }
        }
        _ => {}
    }
}

/// Translates a checked filter on customers.
pub(super) fn to_points(filter: &Filter, added: &[Added]) -> Result<Points, FilterError> {
    walk(filter, added, false)
}

fn walk(filter: &Filter, added: &[Added], negated: bool) -> Result<Points, FilterError> {
    Ok(match filter {
        Filter::And(all) | Filter::Or(all) => {
            let parts = all
                .iter()
                .map(|f| walk(f, added, negated))
                .collect::<Result<Vec<_>, _>>()?;
            // De Morgan: the negation turns one into the other.
            let conjunction = matches!(filter, Filter::And(_)) != negated;
            if conjunction {
                Points::And(parts)
            } else {
                Points::Or(parts)
            }
        }
        Filter::Not(inner) => walk(inner, added, !negated)?,
        Filter::Compare { field, op, value, .. } => comparison(field, *op, value, added, negated)?,
        Filter::In { field, values } => any_of(field, values, added, negated)?,
        Filter::Between { field, low, high } => {
            let range = Points::Range {
                column: number_column(field, added)?,
                from: Some(number(field, low, added)?),
                to: Some(number(field, high, added)?),
            };
            known_and(field, range, negated)
        }
        Filter::Like { field, pattern, .. } => like(field, pattern, added, negated)?,
        Filter::IsNull { field } => {
            columns::kind_of(field, added)?;
            signed(
                Points::Missing {
                    column: field.clone(),
                },
                negated,
            )
        }
        Filter::Ids(ids) => signed(
            Points::Ids(ids.iter().filter_map(|id| columns::row_id(id)).collect()),
            negated,
        ),
        Filter::Within(shape) => {
            let inside = Points::Within(columns::shape_of(shape.polygons().clone())?);
            if negated {
                Points::And(vec![Points::Placed, Points::Not(Box::new(inside))])
            } else {
                inside
            }
        }
        Filter::Linked { field, .. } | Filter::Linking { field, .. } => {
            return Err(refuse(field, "links cannot be followed in a filter on customers"));
        }
    })
}

fn comparison(
    field: &str,
    op: Comparison,
    value: &Value,
    added: &[Added],
    negated: bool,
) -> Result<Points, FilterError> {
    if field == "id" {
        let ids = value.as_str().and_then(columns::row_id).into_iter().collect();
        return Ok(signed(Points::Ids(ids), negated != (op == Comparison::NotEqual)));
    }
    match columns::kind_of(field, added)? {
        ColumnKind::Category | ColumnKind::Text => match op {
            Comparison::Equal => any_of(field, std::slice::from_ref(value), added, negated),
            Comparison::NotEqual => any_of(field, std::slice::from_ref(value), added, !negated),
            _ => Err(refuse(
                field,
                "only =, <>, in, like and is null can be asked of it",
            )),
        },
        ColumnKind::Number => {
            let n = number(field, value, added)?;
            let (from, to) = match op {
                Comparison::Equal | Comparison::NotEqual => (Some(n), Some(n)),
                Comparison::Less => (None, Some(n.saturating_sub(1))),
                Comparison::AtMost => (None, Some(n)),
                Comparison::Greater => (Some(n.saturating_add(1)), None),
                Comparison::AtLeast => (Some(n), None),
            };
            let range = Points::Range {
                column: field.to_owned(),
                from,
                to,
            };
            Ok(known_and(field, range, negated != (op == Comparison::NotEqual)))
        }
    }
}

fn any_of(field: &str, values: &[Value], added: &[Added], negated: bool) -> Result<Points, FilterError> {
    match columns::kind_of(field, added)? {
        ColumnKind::Number => {
            let ranges = values
                .iter()
                .map(|v| {
                    let n = number(field, v, added)?;
                    Ok(Points::Range {
                        column: field.to_owned(),
                        from: Some(n),
                        to: Some(n),
                    })
                })
                .collect::<Result<Vec<_>, FilterError>>()?;
            Ok(known_and(field, Points::Or(ranges), negated))
        }
        ColumnKind::Category => {
            // Yes and no are words in the index.
            let words = values.iter().filter_map(|value| match value {
                Value::Bool(yes) => Some(if *yes { "true" } else { "false" }),
                other => other.as_str(),
            });
            Ok(known_and(field, Points::category(field, words), negated))
        }
        ColumnKind::Text => {
            let texts = values
                .iter()
                .filter_map(Value::as_str)
                .map(|t| Points::Text(t.to_owned()))
                .collect();
            Ok(known_and(field, Points::Or(texts), negated))
        }
    }
}

/// Patterns are asked of the text index: the letters between the wildcards, all of them.
fn like(field: &str, pattern: &str, added: &[Added], negated: bool) -> Result<Points, FilterError> {
    if columns::kind_of(field, added)? != ColumnKind::Text {
        return Err(refuse(field, "like can only be asked of name, street and phone"));
    }
    let parts: Vec<Points> = pattern
        .split(['%', '_'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| Points::Text(part.replace('\\', "")))
        .collect();
    Ok(known_and(field, Points::And(parts), negated))
}

/// Rows without a value are neither in a comparison nor in its negation.
fn known_and(field: &str, condition: Points, negated: bool) -> Points {
    if !negated {
        return condition;
    }
    let known = Points::Not(Box::new(Points::Missing {
        column: field.to_owned(),
    }));
    Points::And(vec![known, Points::Not(Box::new(condition))])
}

fn signed(condition: Points, negated: bool) -> Points {
    if negated {
        Points::Not(Box::new(condition))
    } else {
        condition
    }
}

fn number_column(field: &str, added: &[Added]) -> Result<String, FilterError> {
    match columns::kind_of(field, added)? {
        ColumnKind::Number => Ok(field.to_owned()),
        _ => Err(refuse(field, "between can only be asked of amounts and times")),
    }
}

fn number(field: &str, value: &Value, added: &[Added]) -> Result<i64, FilterError> {
    let field_added = added.iter().find(|a| a.name == field);
    if let (Some(added), Some(number)) = (field_added, value.as_f64()) {
        return Ok(added.scaled(number));
    }
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|n| n.round() as i64))
        .or_else(|| {
            let text = value.as_str()?;
            let instant = text.parse::<jiff::Timestamp>().ok();
            let day = || {
                text.parse::<jiff::civil::Date>()
                    .ok()?
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .ok()
            };
            instant
                .or_else(|| day().map(|z| z.timestamp()))
                .map(jiff::Timestamp::as_millisecond)
        })
        .ok_or_else(|| refuse(field, "is compared with a number or a time"))
}

fn refuse(field: &str, why: &str) -> FilterError {
    FilterError {
        message: format!("{field}: {why}"),
        property: Some(field.to_owned()),
    }
}
