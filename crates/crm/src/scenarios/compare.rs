//! What differs between two layouts, territory by territory: for lists of changes, for conflicts, and for what a
//! publication has to write.

use records::Record;
use serde_json::Value;

use crate::territories::{Layout, Standing};

/// Fields of a territory's record that a scenario may change.
pub(super) const FIELDS: [&str; 6] = [
    "name",
    "colour",
    "parent_id",
    "line",
    "priority",
    "capacity_hours",
];
/// Fields of a version that say how far it reaches; others are about the version itself.
const ABOUT: [&str; 7] = [
    "territory_id",
    "number",
    "author_id",
    "message",
    "valid_from",
    "valid_to",
    "custom",
];

/// A field's value; null where there is none.
pub(super) fn value<'a>(record: &'a Record, field: &str) -> &'a Value {
    record.fields.get(field).unwrap_or(&Value::Null)
}

/// Both reach equally far: area, names, and whatever else a version holds.
pub(super) fn same_extent(a: &Standing, b: &Standing) -> bool {
    let extent = |t: &Standing| -> Vec<(String, Value)> {
        let fields = t.version.iter().flat_map(|v| &v.fields);
        let mut said: Vec<(String, Value)> = fields
            .filter(|(name, value)| !ABOUT.contains(&name.as_str()) && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        said.sort_by(|a, b| a.0.cmp(&b.0));
        said
    };
    match (&a.version, &b.version) {
        // Most territories are the very same.
        (Some(a), Some(b)) if a.id == b.id && a.fields == b.fields => true,
        _ => extent(a) == extent(b),
    }
}

/// Fields of the record that differ.
pub(super) fn changed_fields(a: &Standing, b: &Standing) -> Vec<&'static str> {
    let differs = |field: &&str| value(&a.record, field) != value(&b.record, field);
    FIELDS.into_iter().filter(|f| differs(f)).collect()
}

/// Who, in which role, with which share.
pub(super) fn people(standing: &Standing) -> Vec<(String, String, Option<u64>)> {
    let mut people: Vec<_> = standing
        .members
        .iter()
        .map(|m| {
            let text = |field: &str| m.text(field).unwrap_or_default().to_owned();
            (text("user_id"), text("role"), m.number("share").map(f64::to_bits))
        })
        .collect();
    people.sort();
    people
}

pub(super) fn same_people(a: &Standing, b: &Standing) -> bool {
    people(a) == people(b)
}

pub(super) fn same(a: &Standing, b: &Standing) -> bool {
    changed_fields(a, b).is_empty() && same_extent(a, b) && same_people(a, b)
}

/// What became of a territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Same,
    Changed,
    Added,
    Removed,
}

impl Fate {
    pub fn of(before: Option<&Standing>, after: Option<&Standing>) -> Self {
        match (before, after) {
            (Some(a), Some(b)) if same(a, b) => Self::Same,
            (None, None) => Self::Same,
            (Some(_), Some(_)) => Self::Changed,
            (None, Some(_)) => Self::Added,
            (Some(_), None) => Self::Removed,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// Territories of either layout: those of the second in its order, then those that are only in the first.
pub(super) fn pairs<'a>(
    before: &'a Layout,
    after: &'a Layout,
) -> Vec<(Option<&'a Standing>, Option<&'a Standing>)> {
    let both = after
        .territories
        .iter()
        .map(|standing| (before.get(standing.id()), Some(standing)));
    let gone = before
        .territories
        .iter()
        .filter(|t| after.get(t.id()).is_none())
        .map(|t| (Some(t), None));
    both.chain(gone).collect()
}

/// Both layouts say the same.
pub(super) fn is_same(before: &Layout, after: &Layout) -> bool {
    pairs(before, after)
        .into_iter()
        .all(|(a, b)| Fate::of(a, b) == Fate::Same)
}

/// What changed about a territory, in words.
pub(super) fn words(
    before: &Standing,
    after: &Standing,
    name_of: impl Fn(&str) -> String,
    territory_of: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut words = Vec::new();
    let shape = |t: &Standing| {
        t.version
            .as_ref()
            .map(|v| value(v, "area").clone())
            .unwrap_or_default()
    };
    if shape(before) != shape(after) {
        words.push("border".to_owned());
    }
    if before.named != after.named {
        words.push(format!(
            "held by name: {} → {}",
            before.named.len(),
            after.named.len()
        ));
    }
    let (out, out_after) = (before.excluded().len(), after.excluded().len());
    if before.excluded() != after.excluded() {
        words.push(format!("left out by name: {out} → {out_after}"));
    }
    let text = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for field in changed_fields(before, after) {
        let (a, b) = (value(&before.record, field), value(&after.record, field));
        let (a, b) = match field {
            "parent_id" => {
                let above = |v: &Value| v.as_str().map_or_else(|| "the top".to_owned(), &territory_of);
                (above(a), above(b))
            }
            _ => (text(a), text(b)),
        };
        let label = match field {
            "parent_id" => "belongs to",
            "capacity_hours" => "capacity",
            "line" => "product line",
            other => other,
        };
        words.push(format!("{label}: {a} → {b}"));
    }
    if !same_people(before, after) {
        let list = |standing: &Standing| {
            let people = standing.members.iter().map(|m| {
                let name = name_of(m.text("user_id").unwrap_or_default());
                let share = m.number("share").map(|s| format!(" {s} %")).unwrap_or_default();
                match m.text("role") {
                    Some("owner") | None => format!("{name}{share}"),
                    Some(role) => format!("{name}{share} ({role})"),
                }
            });
            let people: Vec<String> = people.collect();
            if people.is_empty() {
                "nobody".to_owned()
            } else {
                people.join(", ")
            }
        };
        words.push(format!("worked by: {} → {}", list(before), list(after)));
    }
    words
}
