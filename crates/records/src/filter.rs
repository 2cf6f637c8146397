//! Which records? One tree, whether it came from CQL2 or from a feature: it becomes SQL here, and other
//! crates walk it to ask their own indexes the same question.
//!
//! Truth has three values, as in SQL: a comparison with an empty field is neither true nor false, and
//! `not` of it is neither as well.

use serde_json::Value;

use crate::Record;
use crate::catalog::{Kind, RecordType};
use crate::shape::Shape;

/// A condition on records of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these; none given is true.
    And(Vec<Filter>),
    /// Any of these; none given is false.
    Or(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// A field against a value. Text is compared byte by byte; with `folded`, without case and accents
    /// (fields with `search` or `sort`).
    Compare {
        /// A declared field, `id`, `version`, `recorded_at`, `changed_by`, or `custom.NAME`.
        field: String,
        /// How.
        op: Comparison,
        /// As in JSON: text, number, boolean; instants in milliseconds or as RFC 3339 text.
        value: Value,
        /// Without case and accents.
        folded: bool,
    },
    /// The field has one of the values.
    In {
        /// As in `Compare`.
        field: String,
        /// At most [`Filter::MAX_LIST`].
        values: Vec<Value>,
    },
    /// `low <= field <= high`.
    Between {
        /// As in `Compare`.
        field: String,
        /// Included.
        low: Value,
        /// Included.
        high: Value,
    },
    /// Text with `%` for anything and `_` for one character; `\` takes the next character as it is.
    Like {
        /// A text field.
        field: String,
        /// The pattern.
        pattern: String,
        /// Without case and accents.
        folded: bool,
    },
    /// The field is empty.
    IsNull {
        /// As in `Compare`.
        field: String,
    },
    /// One of these records.
    Ids(Vec<String>),
    /// The place lies in the shape or on its border; types with `[place]`.
    Within(Shape),
    /// The record that the link `field` points to is seen by the viewer and meets the condition.
    Linked {
        /// A link field of this type.
        field: String,
        /// About the record it points to.
        filter: Box<Filter>,
    },
    /// A record of another type that the viewer sees points here and meets the condition.
    Linking {
        /// The other type.
        type_name: String,
        /// Its link field.
        field: String,
        /// About the record that points here.
        filter: Box<Filter>,
    },
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// The sign in SQL and CQL2.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Whether it holds for an order of left to right.
    #[must_use]
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

impl Filter {
    /// Most conditions in one filter.
    pub const MAX_CONDITIONS: usize = 500;
    /// Deepest nesting.
    pub const MAX_DEPTH: usize = 16;
    /// Most values in one list.
    pub const MAX_LIST: usize = 100_000;

    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::And(Vec::new())
    }

    /// The field has this value; null asks for emptiness.
    #[must_use]
    pub fn eq(field: impl Into<String>, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => Self::IsNull { field: field.into() },
            value => Self::compare(field, Comparison::Equal, value),
        }
    }

    /// The field compares so with a value, byte by byte.
    #[must_use]
    pub fn compare(field: impl Into<String>, op: Comparison, value: impl Into<Value>) -> Self {
        Self::Compare {
            field: field.into(),
            op,
            value: value.into(),
            folded: false,
        }
    }

    /// The field has one of the values.
    #[must_use]
    pub fn one_of<V: Into<Value>>(field: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self::In {
            field: field.into(),
            values: values.into_iter().map(Into::into).collect(),
        }
    }

    /// One of these records.
    #[must_use]
    pub fn in_ids<I: Into<String>>(ids: impl IntoIterator<Item = I>) -> Self {
        Self::Ids(ids.into_iter().map(Into::into).collect())
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::And(mut all), Self::And(more)) => {
                all.extend(more);
                Self::And(all)
            }
            (Self::And(mut all), one) => {
                all.push(one);
                Self::And(all)
            }
            (one, Self::And(mut all)) => {
                all.insert(0, one);
                Self::And(all)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::Or(vec![self, other])
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Whether a record meets the condition; `None` is neither (an empty field was compared).
    /// The slow twin of the SQL, and what in-memory indexes may use. Links to other records cannot be
    /// followed here and give `None`.
    #[must_use]
    pub fn matches(&self, record_type: &RecordType, record: &Record) -> Option<bool> {
        crate::matches::matches(self, record_type, record)
    }

    /// Calls a function for this condition and every one in it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Filter)) {
        visit(self);
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|f| f.walk(visit)),
            Self::Not(f) => f.walk(visit),
            Self::Linked { filter, .. } | Self::Linking { filter, .. } => filter.walk(visit),
            _ => {}
        }
    }
}

/// What a property name means on a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property<'a> {
    /// A column.
    Column { kind: Kind, folded: bool },
    /// A key in the custom fields.
    Custom(&'a str),
}

impl RecordType {
    /// What a property name in a filter or a sort means; the message names it and lists the known ones.
    pub(crate) fn property<'a>(&self, name: &'a str) -> Result<Property<'a>, crate::FilterError> {
        if let Some(field) = self.field(name) {
            return Ok(Property::Column {
                kind: field.kind,
                folded: field.is_folded(),
            });
        }
        let kind = match name {
            "id" | "changed_by" | "change_set" => Some(Kind::Text),
            "version" => Some(Kind::Integer),
            "recorded_at" => Some(Kind::Instant),
            _ => None,
        };
        if let Some(kind) = kind {
            return Ok(Property::Column { kind, folded: false });
        }
        if let Some(key) = name.strip_prefix("custom.")
            && crate::values::is_custom_key(key)
        {
            return Ok(Property::Custom(key));
        }
        let known: Vec<&str> = self.fields.iter().map(|f| f.name.as_str()).collect();
        Err(crate::FilterError {
            message: format!(
                "{} has no property {name:?}; it has: id, {}, version, recorded_at, changed_by, custom.NAME",
                self.name,
                known.join(", ")
            ),
            property: Some(name.to_string()),
        })
    }
}
