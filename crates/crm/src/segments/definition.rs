//! What a segment's conditions are, and that they can be read before they are kept.

use std::sync::OnceLock;

use geom::Timestamp;
use records::{Catalog, Fault, Filter, Record, Rules};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::regions::ShapeBody;

/// Most shapes, and most related conditions, in one segment.
const MOST_PARTS: usize = 8;
/// Most bytes of one definition.
const LARGEST: usize = 200_000;

/// What a segment is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SegmentSubject)]
pub(crate) enum Subject {
    Account,
    Contact,
    Lead,
}

impl Subject {
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Account, Self::Contact, Self::Lead]
            .into_iter()
            .find(|s| s.as_str() == word)
    }

    /// The record type's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Contact => "contact",
            Self::Lead => "lead",
        }
    }
}

/// Something on record elsewhere about a customer.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = RelatedCondition)]
pub(crate) enum Related {
    /// A record of another type that belongs to the customer; with `none`, that there is none of the kind.
    Records {
        /// A type with the link `account_id`: case, opportunity, order, …
        #[serde(rename = "type")]
        type_name: String,
        /// CQL2 text or JSON on that type.
        #[serde(default)]
        #[schema(value_type = Option<Object>)]
        filter: Option<Value>,
        #[serde(default)]
        none: bool,
    },
    /// A product is on one of the customer's orders that were not cancelled, or stands there; with `none`: it is not.
    Bought {
        product_id: String,
        #[serde(default)]
        none: bool,
    },
    /// Not visited for so many days, or never.
    NotVisited {
        /// 1..=3650.
        days: i64,
    },
}

/// A segment's conditions; all of them have to hold.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SegmentDefinition)]
pub(crate) struct Definition {
    /// CQL2, text or JSON: on customers as in the list of customers, on contacts, or on leads.
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
    /// CQL2 on the contacts' customers; only of a segment of contacts.
    #[schema(value_type = Option<Object>)]
    pub customers: Option<Value>,
    /// Inside every one of these.
    pub within: Vec<ShapeBody>,
    /// Only of customers and contacts.
    pub related: Vec<Related>,
}

/// CQL2 as text: JSON stands as its own text.
pub(crate) fn cql2(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(json) => json.to_string(),
    }
}

impl Definition {
    /// Reads what is on record or was sent.
    ///
    /// # Errors
    /// What cannot be understood, with a pointer below `pointer`.
    pub fn read(value: &Value, subject: Subject, pointer: &str) -> Result<Self, Problem> {
        Self::checked(value, subject).map_err(|(at, code, message)| {
            let at = if at.is_empty() {
                String::new()
            } else {
                format!("/{at}")
            };
            Problem::bad(&format!("{pointer}{at}"), code, message)
        })
    }

    fn checked(value: &Value, subject: Subject) -> Result<Self, (&'static str, &'static str, String)> {
        let size = value.to_string().len();
        if size > LARGEST {
            return Err((
                "",
                "too-large",
                format!("The conditions have {size} bytes, at most {LARGEST} are kept."),
            ));
        }
        let definition: Self =
            serde_json::from_value(value.clone()).map_err(|e| ("", "not-conditions", format!("{e}.")))?;
        for (name, count) in [
            ("within", definition.within.len()),
            ("related", definition.related.len()),
        ] {
            if count > MOST_PARTS {
                return Err((
                    name,
                    "too-many",
                    format!("At most {MOST_PARTS} of these in one segment."),
                ));
            }
        }
        if subject == Subject::Lead && !(definition.related.is_empty() && definition.customers.is_none()) {
            return Err((
                "related",
                "not-of-leads",
                "A lead is no customer yet: nothing is on record about one elsewhere.".into(),
            ));
        }
        if subject != Subject::Contact && definition.customers.is_some() {
            return Err((
                "customers",
                "not-here",
                "Conditions on customers stand in filter; this is for segments of contacts.".into(),
            ));
        }
        for related in &definition.related {
            if let Related::NotVisited { days } = related
                && !(1..=3650).contains(days)
            {
                return Err((
                    "related",
                    "out-of-range",
                    format!("Days are 1 to 3650, not {days}."),
                ));
            }
        }
        if let Some(types) = known_types() {
            let own = match subject {
                Subject::Account => "customer",
                other => other.as_str(),
            };
            let mut asked = vec![
                ("filter", own, &definition.filter),
                ("customers", "customer", &definition.customers),
            ];
            for related in &definition.related {
                if let Related::Records {
                    type_name, filter, ..
                } = related
                {
                    let linked = types
                        .get(type_name)
                        .is_some_and(|t| t.field("account_id").is_some());
                    if !linked {
                        return Err((
                            "related",
                            "unknown-type",
                            format!("{type_name:?} is no type of records that belong to customers."),
                        ));
                    }
                    asked.push(("related", type_name, filter));
                }
            }
            for (name, type_name, filter) in asked {
                let text = cql2(filter.as_ref());
                if let Some(record_type) = types.get(type_name).filter(|_| !text.is_empty()) {
                    Filter::parse_cql2(&text, record_type)
                        .map_err(|e| (name, "not-a-filter", format!("{}.", e.message)))?;
                }
            }
        }
        Ok(definition)
    }
}

/// The record types and the type of the customers' list, to read filters against.
fn known_types() -> Option<&'static Catalog> {
    static TYPES: OnceLock<Option<Catalog>> = OnceLock::new();
    let all = || {
        let mut declared = crate::catalog::DECLARATIONS.to_vec();
        declared.push(include_str!("../live/customer.toml"));
        Catalog::parse(&declared).ok()
    };
    TYPES.get_or_init(all).as_ref()
}

/// Conditions that nobody can read would be a segment of nobody, silently.
pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("segment", readable)
}

fn readable(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    let subject = after
        .get("subject")
        .and_then(Value::as_str)
        .and_then(Subject::parse);
    let (Some(subject), Some(definition)) = (subject, after.get("definition")) else {
        // The declaration says what is missing.
        return Ok(());
    };
    match Definition::checked(definition, subject) {
        Ok(_) => Ok(()),
        Err((at, code, message)) => {
            let field = if at.is_empty() {
                "definition".to_owned()
            } else {
                format!("definition/{at}")
            };
            Err(vec![Fault::of(&field, code, message)])
        }
    }
}
