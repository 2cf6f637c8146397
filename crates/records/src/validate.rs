//! Are these values acceptable? All faults at once, each with its pointer.

use geom::{LngLat, Timestamp};
use serde_json::{Map, Value};

use crate::catalog::{Kind, RecordType};
use crate::rules::Rules;
use crate::values::{is_custom_key, normalize};
use crate::{Fault, Record};

/// Most custom fields of one record, and their size as JSON.
const MAX_CUSTOM: usize = 200;
const MAX_CUSTOM_BYTES: usize = 100_000;

/// What the values of a record become: the ones before with the patch merged in, checked, with the
/// feature's rules applied, every declared field present (null where empty). `copied` are fields that follow links.
pub(crate) fn validate(
    record_type: &RecordType,
    rules: &Rules,
    before: Option<&Record>,
    patch: Map<String, Value>,
    copied: Map<String, Value>,
    is_system: bool,
    now: Timestamp,
) -> Result<Map<String, Value>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut after = merge(record_type, before, patch, is_system, &mut faults);
    after.extend(copied);
    check(record_type, &mut after, now, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    if !rules.look_at(&record_type.name) {
        return Ok(complete(record_type, after, &mut faults));
    }
    rules.apply(&record_type.name, before, &mut after, is_system, now)?;
    // Rules may have set anything, so their result is held to the same declaration.
    let mut after = complete(record_type, after, &mut faults);
    check(record_type, &mut after, now, &mut faults);
    if faults.is_empty() { Ok(after) } else { Err(faults) }
}

fn merge(
    record_type: &RecordType,
    before: Option<&Record>,
    patch: Map<String, Value>,
    is_system: bool,
    faults: &mut Vec<Fault>,
) -> Map<String, Value> {
    let mut after = match before {
        Some(record) => record.fields.clone(),
        None => complete(record_type, Map::new(), faults),
    };
    for (name, value) in patch {
        if name == "custom" {
            merge_custom(&mut after, value, faults);
            continue;
        }
        let Some(field) = record_type.field(&name) else {
            faults.push(unknown(record_type, &name));
            continue;
        };
        // A form that sends back what it was given changes nothing.
        if field.read_only && !is_system && after.get(&name) != Some(&value) {
            faults.push(Fault::of(&name, "read-only", "is set by the program only"));
            continue;
        }
        after.insert(name, value);
    }
    after
}

fn merge_custom(after: &mut Map<String, Value>, patch: Value, faults: &mut Vec<Fault>) {
    let mut custom = match after.remove("custom") {
        Some(Value::Object(custom)) => custom,
        _ => Map::new(),
    };
    match patch {
        Value::Null => custom.clear(),
        Value::Object(patch) => {
            for (key, value) in patch {
                if value.is_null() {
                    custom.shift_remove(&key);
                } else {
                    custom.insert(key, value);
                }
            }
        }
        _ => faults.push(Fault::of(
            "custom",
            "not-an-object",
            "must be an object of custom fields",
        )),
    }
    after.insert("custom".into(), Value::Object(custom));
}

fn unknown(record_type: &RecordType, name: &str) -> Fault {
    let known: Vec<&str> = record_type.fields.iter().map(|f| f.name.as_str()).collect();
    let name = name.replace('~', "~0").replace('/', "~1");
    Fault::of(
        &name,
        "unknown-field",
        format!(
            "{} has no such field; it has {}, custom",
            record_type.name,
            known.join(", ")
        ),
    )
}

/// Exactly the declared fields, in their order, and `custom`.
fn complete(
    record_type: &RecordType,
    mut values: Map<String, Value>,
    faults: &mut Vec<Fault>,
) -> Map<String, Value> {
    let mut all = Map::with_capacity(record_type.fields.len() + 1);
    for field in &record_type.fields {
        all.insert(
            field.name.clone(),
            values.shift_remove(&field.name).unwrap_or(Value::Null),
        );
    }
    let custom = values
        .shift_remove("custom")
        .unwrap_or_else(|| Value::Object(Map::new()));
    all.insert("custom".into(), custom);
    faults.extend(values.keys().map(|name| unknown(record_type, name)));
    all
}

fn check(record_type: &RecordType, after: &mut Map<String, Value>, now: Timestamp, faults: &mut Vec<Fault>) {
    for field in &record_type.fields {
        if let Some(value) = after.get_mut(&field.name)
            && let Err((code, message)) = normalize(field, value)
        {
            faults.push(Fault::of(&field.name, code, message));
        }
    }
    if record_type.place {
        check_place(after, faults);
    }
    if record_type.validity {
        check_validity(after, now, faults);
    }
    check_custom(after, faults);
    debug_assert!(
        record_type
            .fields
            .iter()
            .all(|f| f.kind != Kind::Link || f.to.is_some())
    );
}

fn check_place(after: &Map<String, Value>, faults: &mut Vec<Fault>) {
    let number = |name: &str| after.get(name).and_then(Value::as_f64);
    match (number("lng"), number("lat")) {
        (None, None) => {}
        (Some(_), None) => faults.push(Fault::of("lat", "required", "a longitude needs a latitude")),
        (None, Some(_)) => faults.push(Fault::of("lng", "required", "a latitude needs a longitude")),
        (Some(lng), Some(lat)) => {
            // The range was checked with the fields; this says in words which is which.
            if let Err(error) = LngLat::new(lng, lat) {
                faults.retain(|f| f.pointer != "/fields/lng" && f.pointer != "/fields/lat");
                let field = if matches!(error, geom::BadPlace::Longitude(_)) {
                    "lng"
                } else {
                    "lat"
                };
                faults.push(Fault::of(field, "not-on-earth", error.to_string()));
            }
        }
    }
}

fn check_validity(after: &mut Map<String, Value>, now: Timestamp, faults: &mut Vec<Fault>) {
    if after.get("valid_from").is_none_or(Value::is_null) {
        after.insert("valid_from".into(), now.0.into());
    }
    if after.get("valid_to").and_then(Value::as_i64) == Some(Timestamp::FOREVER.0) {
        after.insert("valid_to".into(), Value::Null);
    }
    let number = |name: &str| after.get(name).and_then(Value::as_i64);
    if let (Some(from), Some(to)) = (number("valid_from"), number("valid_to"))
        && to < from
    {
        faults.push(ends_before_start());
    }
}

pub(crate) fn ends_before_start() -> Fault {
    Fault::of(
        "valid_to",
        "ends-before-start",
        "the end must not be before the start",
    )
}

fn check_custom(after: &Map<String, Value>, faults: &mut Vec<Fault>) {
    let Some(Value::Object(custom)) = after.get("custom") else {
        faults.push(Fault::of(
            "custom",
            "not-an-object",
            "must be an object of custom fields",
        ));
        return;
    };
    if custom.len() > MAX_CUSTOM {
        faults.push(Fault::of(
            "custom",
            "too-many",
            format!(
                "has {} custom fields, at most {MAX_CUSTOM} are kept",
                custom.len()
            ),
        ));
    }
    for key in custom.keys().filter(|key| !is_custom_key(key)) {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        faults.push(Fault::of(
            &format!("custom/{escaped}"),
            "bad-name",
            format!("{key:?} is not a name of lower-case letters, digits and _"),
        ));
    }
    if !custom.is_empty() {
        let text = serde_json::to_string(custom).unwrap_or_default();
        if text.len() > MAX_CUSTOM_BYTES {
            faults.push(Fault::of(
                "custom",
                "too-long",
                format!(
                    "custom fields have {} bytes, at most {MAX_CUSTOM_BYTES} are kept",
                    text.len()
                ),
            ));
        }
        if text.contains("\\u0000") {
            faults.push(Fault::of(
                "custom",
                "nul-character",
                "must not contain a NUL character",
            ));
        }
    }
}
