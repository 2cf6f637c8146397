//! OGC CQL2, text or JSON, becomes a [`Filter`]. The crate `cql2` reads both; here its tree is checked
//! against a record type and bounded.

use cql2::Expr;
use serde_json::Value;

use crate::FilterError;
use crate::catalog::{Kind, RecordType};
use crate::cql_bounds::check_bounds;
use crate::cql_shape::spatial;
use crate::filter::{Comparison, Filter, Property};

/// Longest filter as text; JSON may be longer because shapes in it are.
const MAX_TEXT: usize = 1_000_000;
const MAX_JSON: usize = 8_000_000;

impl Filter {
    /// Reads CQL2, as JSON if it begins with `{` and as text otherwise, and checks every property of the
    /// record type. `link.field` asks for a field of the record that a link points to. Supported: `and or not`,
    /// comparisons, `like`, `between`, `in`, `is null`, `casei`, `accenti`, `s_intersects`, `s_within`,
    /// `s_disjoint` on `geometry` (a place on the border is inside), `t_after t_before t_during t_equals
    /// t_intersects t_disjoint`.
    ///
    /// # Errors
    /// [`FilterError`] naming the property and the known ones, or what cannot be read.
    pub fn parse_cql2(source: &str, record_type: &RecordType) -> Result<Self, FilterError> {
        let source = source.trim();
        let is_json = source.starts_with('{');
        let longest = if is_json { MAX_JSON } else { MAX_TEXT };
        if source.len() > longest {
            return Err(refuse(format!(
                "the filter has {} bytes, at most {longest} are read",
                source.len()
            )));
        }
        let expression = if is_json {
            cql2::parse_json(source).map_err(|e| refuse(format!("the filter is not CQL2 JSON: {e}")))?
        } else {
            check_bounds(source)?;
            cql2::parse_text(source).map_err(|e| refuse(format!("the filter is not CQL2 text: {e}")))?
        };
        predicate(record_type, &expression, 0)
    }
}

pub(crate) fn refuse(message: String) -> FilterError {
    FilterError {
        message,
        property: None,
    }
}

/// A condition.
fn predicate(record_type: &RecordType, expression: &Expr, depth: usize) -> Result<Filter, FilterError> {
    if depth > 100 {
        return Err(refuse(format!(
            "the filter is nested deeper than {}",
            Filter::MAX_DEPTH
        )));
    }
    match expression {
        Expr::Bool(true) => Ok(Filter::all()),
        Expr::Bool(false) => Ok(Filter::Or(Vec::new())),
        Expr::Property { property } => on_property(record_type, property, |name, kind| match kind {
            Some(Kind::Boolean) | None => Ok(Filter::eq(name, true)),
            Some(_) => Err(about(
                property,
                format!("{property} is not a condition by itself; compare it with something"),
            )),
        }),
        Expr::Operation { op, args } => operation(record_type, op, args, depth),
        other => Err(refuse(format!("{} is not a condition", describe(other)))),
    }
}

fn operation(
    record_type: &RecordType,
    op: &str,
    args: &[Box<Expr>],
    depth: usize,
) -> Result<Filter, FilterError> {
    let wrong_count =
        |wanted: usize| refuse(format!("{op} takes {wanted} operands, {} were given", args.len()));
    let all = || {
        args.iter()
            .map(|a| predicate(record_type, a, depth + 1))
            .collect::<Result<Vec<_>, _>>()
    };
    match op {
        "and" => Ok(Filter::And(all()?)),
        "or" => Ok(Filter::Or(all()?)),
        "not" => match args {
            [one] => Ok(predicate(record_type, one, depth + 1)?.negated()),
            _ => Err(wrong_count(1)),
        },
        "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" => match args {
            [left, right] => compare(record_type, comparison(op), left, right),
            _ => Err(wrong_count(2)),
        },
        "like" => match args {
            [left, right] => like(record_type, left, right),
            _ => Err(wrong_count(2)),
        },
        "between" => match args {
            [value, low, high] => {
                let (low, high) = (scalar(low)?, scalar(high)?);
                on_property(record_type, &property(value)?.0, |field, _| {
                    Ok(Filter::Between {
                        field,
                        low: low.clone(),
                        high: high.clone(),
                    })
                })
            }
            _ => Err(wrong_count(3)),
        },
        "in" => match args {
            [value, list] => within_list(record_type, value, list),
            _ => Err(wrong_count(2)),
        },
        "isNull" => match args {
            [value] => on_property(record_type, &property(value)?.0, |field, _| {
                Ok(Filter::IsNull { field })
            }),
            _ => Err(wrong_count(1)),
        },
        "s_intersects" | "s_within" | "s_disjoint" => match args {
            [left, right] => spatial(record_type, op, left, right),
            _ => Err(wrong_count(2)),
        },
        _ if op.starts_with("t_") => match args {
            [left, right] => temporal(record_type, op, left, right),
            _ => Err(wrong_count(2)),
        },
        _ => Err(refuse(format!(
            "{op} is not supported; supported are and, or, not, = <> < <= > >=, like, between, in, is null, casei, \
             accenti, s_intersects, s_within, s_disjoint, t_after, t_before, t_during, t_equals, t_intersects, t_disjoint"
        ))),
    }
}

fn comparison(op: &str) -> Comparison {
    match op {
        "=" => Comparison::Equal,
        "<" => Comparison::Less,
        "<=" => Comparison::AtMost,
        ">" => Comparison::Greater,
        ">=" => Comparison::AtLeast,
        _ => Comparison::NotEqual,
    }
}

fn compare(
    record_type: &RecordType,
    op: Comparison,
    left: &Expr,
    right: &Expr,
) -> Result<Filter, FilterError> {
    // `5 < width` is `width > 5`.
    let (subject, object, op) = if property(left).is_ok() {
        (left, right, op)
    } else {
        let turned = match op {
            Comparison::Less => Comparison::Greater,
            Comparison::AtMost => Comparison::AtLeast,
            Comparison::Greater => Comparison::Less,
            Comparison::AtLeast => Comparison::AtMost,
            same => same,
        };
        (right, left, turned)
    };
    let (name, folded) = property(subject)?;
    let (value, also_folded) = unfold(object);
    let value = scalar(value)?;
    on_property(record_type, &name, |field, _| {
        Ok(Filter::Compare {
            field,
            op,
            value: value.clone(),
            folded: folded || also_folded,
        })
    })
}

fn like(record_type: &RecordType, left: &Expr, right: &Expr) -> Result<Filter, FilterError> {
    let (name, folded) = property(left)?;
    let (pattern, also_folded) = unfold(right);
    let Expr::Literal(pattern) = pattern else {
        return Err(about(&name, format!("{name} like: the pattern must be a text")));
    };
    on_property(record_type, &name, |field, _| {
        Ok(Filter::Like {
            field,
            pattern: pattern.clone(),
            folded: folded || also_folded,
        })
    })
}

fn within_list(record_type: &RecordType, value: &Expr, list: &Expr) -> Result<Filter, FilterError> {
    let (name, folded) = property(value)?;
    let Expr::Array(items) = list else {
        return Err(about(&name, format!("{name} in: a list in brackets is needed")));
    };
    let mut any_folded = folded;
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let (item, item_folded) = unfold(item);
        any_folded |= item_folded;
        values.push(scalar(item)?);
    }
    on_property(record_type, &name, |field, _| {
        if !any_folded {
            return Ok(Filter::In {
                field,
                values: values.clone(),
            });
        }
        let each = values.iter().map(|value| Filter::Compare {
            field: field.clone(),
            op: Comparison::Equal,
            value: value.clone(),
            folded: true,
        });
        Ok(Filter::Or(each.collect()))
    })
}

fn temporal(record_type: &RecordType, op: &str, left: &Expr, right: &Expr) -> Result<Filter, FilterError> {
    let Ok((name, _)) = property(left) else {
        return Err(refuse(format!("{op} takes a property first, then a time")));
    };
    let (first, last) = span(right)?;
    on_property(record_type, &name, |field, kind| {
        if !matches!(kind, Some(Kind::Instant | Kind::Date)) {
            return Err(about(
                &name,
                format!("{name} is neither a moment nor a day, so {op} does not apply"),
            ));
        }
        let side = |op: Comparison, bound: &Option<Value>, if_open: bool| match bound {
            Some(value) => Filter::compare(field.clone(), op, value.clone()),
            None if if_open => Filter::IsNull { field: field.clone() }.negated(),
            None => Filter::Or(Vec::new()),
        };
        let between =
            |low: Comparison, high: Comparison| side(low, &first, true).and(side(high, &last, true));
        Ok(match op {
            "t_after" => side(Comparison::Greater, &last, false),
            "t_before" => side(Comparison::Less, &first, false),
            "t_during" => between(Comparison::Greater, Comparison::Less),
            "t_intersects" | "t_equals" => between(Comparison::AtLeast, Comparison::AtMost),
            "t_disjoint" => between(Comparison::AtLeast, Comparison::AtMost).negated(),
            _ => return Err(refuse(format!("{op} is not supported"))),
        })
    })
}

/// First and last moment of a time; `None` is open.
fn span(expression: &Expr) -> Result<(Option<Value>, Option<Value>), FilterError> {
    match expression {
        Expr::Interval { interval } => match &interval[..] {
            [from, to] => Ok((bound(from)?, bound(to)?)),
            _ => Err(refuse("an INTERVAL has a start and an end".into())),
        },
        other => {
            let moment = Some(scalar(other)?);
            Ok((moment.clone(), moment))
        }
    }
}

fn bound(expression: &Expr) -> Result<Option<Value>, FilterError> {
    match expression {
        Expr::Literal(text) if text == ".." => Ok(None),
        other => scalar(other).map(Some),
    }
}

/// Finds out what a name means and builds the condition on it, behind a link if the name has a dot.
fn on_property(
    record_type: &RecordType,
    name: &str,
    build: impl Fn(String, Option<Kind>) -> Result<Filter, FilterError>,
) -> Result<Filter, FilterError> {
    if let Some((link, rest)) = name.split_once('.')
        && record_type.field(link).is_some_and(|f| f.kind == Kind::Link)
    {
        // The other type's fields are checked when the filter is used, where all types are known.
        let filter = build(rest.to_string(), None)?;
        return Ok(Filter::Linked {
            field: link.to_string(),
            filter: Box::new(filter),
        });
    }
    match record_type.property(name)? {
        Property::Column { kind, .. } => build(name.to_string(), Some(kind)),
        Property::Custom(_) => build(name.to_string(), None),
    }
}

/// The name of a property and whether it is to be compared without case and accents.
fn property(expression: &Expr) -> Result<(String, bool), FilterError> {
    match unfold(expression) {
        (Expr::Property { property }, folded) => Ok((property.clone(), folded)),
        (other, _) => Err(refuse(format!(
            "{} stands where a property is needed",
            describe(other)
        ))),
    }
}

/// Looks inside `casei` and `accenti`.
fn unfold(expression: &Expr) -> (&Expr, bool) {
    match expression {
        Expr::Operation { op, args } if (op == "casei" || op == "accenti") && args.len() == 1 => {
            (unfold(&args[0]).0, true)
        }
        other => (other, false),
    }
}

/// A literal as JSON.
fn scalar(expression: &Expr) -> Result<Value, FilterError> {
    match expression {
        Expr::Literal(text) => Ok(Value::String(text.clone())),
        Expr::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            Ok(Value::from(*number as i64))
        }
        Expr::Float(number) => Ok(Value::from(*number)),
        Expr::Bool(truth) => Ok(Value::Bool(*truth)),
        Expr::Date { date } => scalar(date),
        Expr::Timestamp { timestamp } => scalar(timestamp),
        Expr::Null => Err(refuse("nothing is = null; write `property IS NULL`".into())),
        other => Err(refuse(format!(
            "{} stands where a value is needed",
            describe(other)
        ))),
    }
}

pub(crate) fn about(property: &str, message: String) -> FilterError {
    FilterError {
        message,
        property: Some(property.to_string()),
    }
}

/// An expression in a message, cut short.
pub(crate) fn describe(expression: &Expr) -> String {
    let text = expression.to_text().unwrap_or_else(|_| "an expression".into());
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;
    use crate::cql_bounds::{MAX_BRACKETS, MAX_NOTS, MAX_SIGNS, MAX_WORDS};

    const THING: &str = r#"
        name = "thing"
        table = "things"
        [fields.name]
        kind = "text"
        search = true
        [fields.size]
        kind = "integer"
        [fields.made]
        kind = "instant"
        [fields.whole]
        kind = "boolean"
        [fields.owner_id]
        kind = "link"
        to = "user"
        [place]
    "#;

    fn parse(text: &str) -> Result<Filter, FilterError> {
        let catalog = Catalog::parse(&[THING]).unwrap();
        Filter::parse_cql2(text, catalog.get("thing").unwrap())
    }

    #[test]
    fn text_and_json_are_the_same_filter() {
        let text = parse(
            "name LIKE 'B%' AND (size > 3 OR NOT whole) AND casei(name) = casei('x') AND size IN (1, 2)",
        );
        let json = parse(
            r#"{"op":"and","args":[
                {"op":"like","args":[{"property":"name"},"B%"]},
                {"op":"or","args":[{"op":">","args":[{"property":"size"},3]},{"op":"not","args":[{"property":"whole"}]}]},
                {"op":"=","args":[{"op":"casei","args":[{"property":"name"}]},{"op":"casei","args":["x"]}]},
                {"op":"in","args":[{"property":"size"},[1,2]]}
            ]}"#,
        );
        assert_eq!(text.unwrap(), json.unwrap());
    }

    #[test]
    fn an_unknown_property_is_named_with_the_known_ones() {
        let error = parse("nme = 'x'").unwrap_err();
        assert_eq!(error.property.as_deref(), Some("nme"));
        assert!(
            error.message.contains("nme") && error.message.contains("size"),
            "{error}"
        );
    }

    #[test]
    fn a_link_is_followed() {
        assert_eq!(
            parse("owner_id.name = 'Anna'").unwrap(),
            Filter::Linked {
                field: "owner_id".into(),
                filter: Box::new(Filter::eq("name", "Anna")),
            }
        );
    }

    #[test]
    fn shapes_are_checked() {
        assert!(matches!(
            parse("s_intersects(geometry, POLYGON((13 53, 14 53, 14 54, 13 53)))").unwrap(),
            Filter::Within(_)
        ));
        assert!(matches!(
            parse("S_WITHIN(geometry, BBOX(170, -10, -170, 10))").unwrap(),
            Filter::Within(shape) if shape.polygons().0.len() == 2
        ));
        for (text, part) in [
            (
                "s_intersects(geometry, POLYGON((13 53, 14 54, 14 53, 13 54, 13 53)))",
                "polygon 1",
            ),
            ("s_intersects(geometry, POLYGON EMPTY)", "empty"),
            (
                "s_intersects(geometry, POLYGON((53 113, 54 113, 54 114, 53 113)))",
                "latitude 113",
            ),
            ("s_intersects(geometry, POINT(13 53))", "Polygon"),
            ("s_intersects(name, BBOX(1,2,3,4))", "geometry"),
            ("s_intersects(geometry, BBOX(1,2,1,4))", "no area"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn hostile_text_is_refused_quickly_and_without_a_deep_stack() {
        for text in [
            "(".repeat(30) + "a b" + &")".repeat(30),
            "(".repeat(100_000),
            "not ".repeat(100_000) + "whole",
            "-".repeat(100_000) + "1 = size",
            "- ".repeat(100_000) + "1 = size",
            "size = ".repeat(100_000) + "1",
            "size=1 and ".repeat(100_000) + "size=1",
            "f(".repeat(100_000),
            "'".into(),
            "\"".into(),
            String::new(),
            r#"{"op":"not","args":["#.repeat(10_000),
        ] {
            assert!(parse(&text).is_err(), "{}", &text[..text.len().min(40)]);
        }
        // The deepest that is let through.
        for text in [
            "not ".repeat(MAX_NOTS) + "whole",
            "size = ".repeat(MAX_SIGNS) + "1",
            "- ".repeat(MAX_SIGNS) + "1",
            "size + ".repeat(MAX_SIGNS) + "1",
            "size ^ - ".repeat(MAX_SIGNS / 2) + "1",
            "size=1 and ".repeat(MAX_SIGNS - 1) + "size=1",
            "whole and ".repeat(MAX_WORDS / 2 - 1) + "whole",
            "(".repeat(MAX_BRACKETS) + "size = 1" + &")".repeat(MAX_BRACKETS),
        ] {
            // Whether it means something does not matter here; that it returns does.
            let _ = parse(&text);
        }
    }
}
