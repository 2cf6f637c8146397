//! What a declaration must say, and what stays as it was once there may be values.

use geom::Timestamp;
use records::{Fault, Field, Record, Rules};
use serde_json::{Map, Value, json};

use super::names::name_of;
use super::{FIELD, TYPE, text};

/// Longest list of choices.
const MOST_CHOICES: usize = 200;

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on(FIELD, field).on(TYPE, record_type)
}

/// What may not change later, because values of the old kind may be on record.
pub(super) const STAYS: [&str; 4] = ["to_type", "kind", "to_link", "place"];

fn stays(before: Option<&Record>, after: &Map<String, Value>) -> Vec<Fault> {
    let Some(before) = before else {
        return Vec::new();
    };
    let changed = STAYS
        .iter()
        .filter(|name| before.fields.get(**name) != after.get(**name));
    changed
        .map(|name| {
            Fault::of(
                name,
                "stays",
                "cannot be changed any more, because records may have values already; add another field instead",
            )
        })
        .collect()
}

/// Names it, and gives every label its words in both languages.
pub(super) fn field(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    let mut faults = stays(before, after);
    if before.is_none() {
        match text(after, "label_en").and_then(name_of) {
            Some(name) => {
                let key = format!("{}.{name}", text(after, "to_type").unwrap_or_default());
                after.insert("name".into(), name.into());
                after.insert("key".into(), key.into());
            }
            None => faults.push(Fault::of(
                "label_en",
                "no-name",
                "needs letters or digits to make a name of",
            )),
        }
    }
    if text(after, "label_de").is_none() {
        after.insert(
            "label_de".into(),
            after.get("label_en").cloned().unwrap_or_default(),
        );
    }
    match text(after, "kind") {
        Some("choice") => faults.extend(check_choices(after)),
        _ => {
            after.insert("choices".into(), Value::Null);
        }
    }
    match (text(after, "kind") == Some("link"), text(after, "to_link")) {
        (true, None) => faults.push(Fault::of(
            "to_link",
            "required",
            "say which records a link points to",
        )),
        (false, Some(_)) => {
            after.insert("to_link".into(), Value::Null);
        }
        _ => {}
    }
    if let (Some(min), Some(max)) = (
        after.get("min").and_then(Value::as_i64),
        after.get("max").and_then(Value::as_i64),
    ) && min > max
    {
        faults.push(Fault::of(
            "max",
            "too-small",
            "the largest value must not be below the smallest",
        ));
    }
    if !after
        .get("import")
        .is_none_or(|import| import.is_null() || words(import).is_some())
    {
        faults.push(Fault::of("import", "not-words", "must be a list of column names"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    // What the record engine would not take is said here, with the field it is about.
    match declared(after) {
        Ok(_) => Ok(()),
        Err(reason) => Err(vec![Fault::of("kind", "unusable", reason)]),
    }
}

fn words(value: &Value) -> Option<Vec<&str>> {
    let words = value.as_array()?.iter().map(Value::as_str);
    words.collect::<Option<Vec<&str>>>()
}

fn check_choices(after: &Map<String, Value>) -> Option<Fault> {
    let choices = after.get("choices").and_then(words).unwrap_or_default();
    let fault = |reason: &str| Some(Fault::of("choices", "bad-choices", reason.to_owned()));
    if choices.is_empty() || choices.len() > MOST_CHOICES {
        return fault("must be a list of 1 to 200 different words to choose from");
    }
    for (at, choice) in choices.iter().enumerate() {
        if choice.trim().is_empty() || choice.chars().count() > 80 {
            return fault("each choice has 1 to 80 characters");
        }
        if choices[..at].contains(choice) {
            return fault(&format!("{choice:?} stands there twice"));
        }
    }
    None
}

/// The declaration that a record of a field makes.
pub(super) fn declared(fields: &Map<String, Value>) -> Result<Field, String> {
    let kind = text(fields, "kind").unwrap_or_default();
    let is_text = ["text", "email", "phone", "url"].contains(&kind);
    let is_number = ["integer", "number", "money"].contains(&kind);
    let mut declaration = json!({
        "name": fields.get("name"),
        "kind": kind,
        "label": { "en": fields.get("label_en"), "de": fields.get("label_de") },
        "choices": fields.get("choices").filter(|c| !c.is_null()).unwrap_or(&json!([])),
        "to": fields.get("to_link"),
        "unit": fields.get("unit"),
        "personal": fields.get("personal").and_then(Value::as_bool).unwrap_or(false),
        "search": is_text,
        "sort": kind != "long_text",
        "import": fields.get("import").filter(|i| !i.is_null()).unwrap_or(&json!([])),
    });
    if kind == "link" {
        // A deleted record leaves an empty place behind, and forbids nothing to who deletes it.
        declaration["on_delete"] = "clear".into();
    }
    if is_number {
        declaration["min"] = fields.get("min").cloned().unwrap_or_default();
        declaration["max"] = fields.get("max").cloned().unwrap_or_default();
    }
    serde_json::from_value(declaration).map_err(|e| e.to_string())
}

/// Names it, and gives it its words in both languages.
pub(super) fn record_type(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    let mut faults = stays(before, after);
    for (word, other) in [("label_de", "label_en"), ("plural_de", "plural_en")] {
        if text(after, word).is_none() {
            after.insert(word.into(), after.get(other).cloned().unwrap_or_default());
        }
    }
    if before.is_none() {
        for (label, name) in [("label_en", "name"), ("plural_en", "table_name")] {
            match text(after, label).and_then(name_of) {
                Some(made) => {
                    after.insert(name.into(), made.into());
                }
                None => faults.push(Fault::of(
                    label,
                    "no-name",
                    "needs letters or digits to make a name of",
                )),
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// The declaration that a record of a type makes. Every added type has a name, an owner and a customer, and is seen by
/// who owns it or the customer.
pub(super) fn declaration(fields: &Map<String, Value>, retired: bool) -> Result<String, String> {
    const OWN: &str = "r.owner_id = $viewer or exists (select 1 from accounts a where a.id = r.account_id and a.owner_id = $viewer)";
    const IN_TERRITORY: &str = "exists (select 1 from locations l join assignments s on s.location_id = l.id join territory_members m on m.territory_id = s.territory_id where l.account_id = r.account_id and m.user_id = $viewer and s.valid_to = 9223372036854775807 and m.valid_to = 9223372036854775807)";
    const IN_TEAM: &str = "r.owner_id in (select u.id from users u where u.team_id = (select v.team_id from users v where v.id = $viewer))";
    let label = |en: &str, de: &str| json!({ "en": en, "de": de });
    let of = |name: &str| text(fields, name).unwrap_or_default();
    let mut all = json!({
        "name": of("name"),
        "table": of("table_name"),
        "label": label(of("label_en"), of("label_de")),
        "plural": label(of("plural_en"), of("plural_de")),
        "title": "name",
        "list": ["name", "account_id", "owner_id"],
        "retired": retired,
        "fields": {
            "name": { "kind": "text", "required": true, "max": 200, "search": true, "sort": true, "label": label("Name", "Name") },
            "account_id": { "kind": "link", "to": "account", "on_delete": "cascade", "label": label("Customer", "Kunde") },
            "owner_id": { "kind": "link", "to": "user", "on_delete": "clear", "label": label("Owner", "Betreuer") },
            "description": { "kind": "long_text", "label": label("Description", "Beschreibung") },
        },
        "rights": { "own": OWN, "territory": format!("{OWN} or {IN_TERRITORY}"), "team": IN_TEAM },
        "area": text(fields, "area").unwrap_or("sales"),
    });
    if fields.get("place").and_then(Value::as_bool) == Some(true) {
        all["place"] = json!({});
    }
    toml::to_string(&all).map_err(|e| e.to_string())
}
