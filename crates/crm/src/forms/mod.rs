//! Web forms: a page of ours on which anybody leaves an enquiry, with no script and no sign-in.
//!
//! What is sent becomes a lead, looked at like every other, or a case; beside it stands what was sent word for word and what
//! its sender agreed to. Robots meet a field that people do not see, a page that is only good after some seconds and
//! once, and limits by address and by form.

mod http;
mod limits;
mod page;
mod take;
#[cfg(test)]
mod tests;

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

pub(crate) use http::router;
pub(crate) use limits::Limits;

/// Most fields of a form.
const MOST_FIELDS: usize = 30;
/// Fields of a lead that may be asked for.
const OF_LEAD: [&str; 15] = [
    "name",
    "given_name",
    "family_name",
    "company",
    "title",
    "email",
    "phone",
    "website",
    "industry",
    "employees",
    "street",
    "house_number",
    "postal_code",
    "city",
    "message",
];
/// Fields of a case that may be asked for, and who asks.
const OF_CASE: [&str; 6] = ["name", "email", "phone", "kind", "subject", "description"];

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    /// As in the record; `custom.NAME` for one of the organisation's own.
    name: String,
    /// Instead of the declared one.
    label: Option<String>,
    required: bool,
}

/// Whether a form of this target may ask for a field.
fn may_ask(target: &str, name: &str) -> bool {
    if let Some(own) = name.strip_prefix("custom.") {
        let plain = own
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        return target == "lead" && plain && (1..=60).contains(&own.len());
    }
    let known: &[&str] = if target == "case" { &OF_CASE } else { &OF_LEAD };
    known.contains(&name)
}

/// The fields of a form; the fault says what cannot be read.
fn asked(target: &str, fields: Option<&Value>) -> Result<Vec<Asked>, String> {
    let list = fields
        .and_then(Value::as_array)
        .filter(|l| (1..=MOST_FIELDS).contains(&l.len()));
    let list = list.ok_or_else(|| {
        format!("A form has 1 to {MOST_FIELDS} fields, like [{{\"name\": \"email\", \"required\": true}}].")
    })?;
    let mut found: Vec<Asked> = Vec::new();
    for field in list {
        let name = field.get("name").and_then(Value::as_str).unwrap_or_default();
        if !may_ask(target, name) {
            let known: &[&str] = if target == "case" { &OF_CASE } else { &OF_LEAD };
            return Err(format!(
                "A form for a {target} cannot ask for {name:?}; it can for {}.",
                known.join(", ")
            ));
        }
        if found.iter().any(|f| f.name == name) {
            return Err(format!("{name} stands in the form twice."));
        }
        let label = field
            .get("label")
            .and_then(Value::as_str)
            .map(|l| mail::header_text(l, 200));
        found.push(Asked {
            name: name.to_owned(),
            label: label.filter(|l| !l.is_empty()),
            required: field.get("required").and_then(Value::as_bool).unwrap_or(false),
        });
    }
    Ok(found)
}

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("form", holds)
}

fn holds(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    let text = |after: &Map<String, Value>, name: &str| {
        after
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    if after.get("active").is_none_or(Value::is_null) {
        after.insert("active".into(), true.into());
    }
    if text(after, "language").is_empty() {
        after.insert("language".into(), "en".into());
    }
    if text(after, "key").is_empty() {
        // The random end of an id: short enough to be read out, and nobody's neighbour.
        let id = records::new_id().replace('-', "");
        after.insert("key".into(), id[id.len() - 12..].to_owned().into());
    }
    let mut faults = Vec::new();
    let key = text(after, "key");
    let plain = key
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !plain || !(3..=60).contains(&key.len()) {
        faults.push(Fault::of(
            "key",
            "not-a-key",
            "The address is 3 to 60 small letters, digits and hyphens.",
        ));
    }
    if let Err(why) = asked(&text(after, "target"), after.get("fields")) {
        faults.push(Fault::of("fields", "not-fields", why));
    }
    let consent = after
        .get("consent_required")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    if consent && text(after, "consent_text").trim().is_empty() {
        faults.push(Fault::of("consent_text", "missing", "Say what is agreed to."));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
