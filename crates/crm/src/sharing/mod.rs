//! Departments share by rule: "cases where priority is high may be seen by the team Product".
//!
//! A rule is a record that an administrator writes. Whoever it is for gets what meets its condition added to their sight,
//! in the queries themselves (`records::Share`), from the next question on; a rule that is taken away takes it back at once.

mod http;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use geom::Timestamp;
use records::{Catalog, Fault, Filter, Query, Record, RecordType, Rules, Share, Viewer};
use serde_json::{Map, Value};

use crate::App;
use crate::problem::Problem;

pub(crate) use http::router;

/// Most rules that count.
const MOST: u32 = 500;

/// What is nobody's to share by a rule: who may do what, keys and logs, and what is shown where it belongs.
const KEPT: [&str; 12] = [
    "user",
    "role",
    "sharing_rule",
    "webhook",
    "comment",
    "erasure",
    "retention_rule",
    "import_job",
    "custom_field",
    "custom_type",
    "rep_calendar",
    "absence",
];

/// Whether records of a type may be shared by a rule.
pub(crate) fn may_be_shared(record_type: &RecordType) -> bool {
    !record_type.retired && !KEPT.contains(&record_type.name.as_str())
}

/// A rule's condition.
fn condition(record_type: &RecordType, text: &str) -> Result<Filter, records::FilterError> {
    if text.trim().is_empty() {
        return Ok(Filter::all());
    }
    Filter::parse_cql2(text, record_type)
}

/// The field by which a type hangs on another.
fn link<'a>(record_type: &'a RecordType, to: &str) -> Option<&'a str> {
    let mut links = record_type.fields.iter();
    links
        .find(|f| f.to.as_deref() == Some(to))
        .map(|f| f.name.as_str())
}

fn along(rule: &Map<String, Value>) -> Vec<String> {
    let listed = rule.get("along").and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(|t| t.as_str().map(str::to_owned))
        .collect()
}

/// What one rule shares, by type.
///
/// # Errors
/// The condition does not fit the records, or a type hangs on them by nothing.
fn shares_of_rule(
    app: &App,
    name: &str,
    fields: &Map<String, Value>,
) -> Result<Vec<(String, Share)>, Problem> {
    let text = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default();
    let shared = app.store.record_type(text("record_type"))?;
    if !may_be_shared(shared) {
        return Err(Problem::bad(
            "/record_type",
            "not-shared",
            format!("{} is not shared by rules.", shared.name),
        ));
    }
    let filter = condition(shared, text("condition")).map_err(records::Error::from)?;
    let write = text("access") == "write";
    let mut shares = vec![(
        shared.name.clone(),
        app.store.share(&shared.name, None, filter.clone(), name, write)?,
    )];
    for type_name in along(fields) {
        let other = app.store.record_type(&type_name)?;
        let field = link(other, &shared.name)
            .filter(|_| may_be_shared(other))
            .ok_or_else(|| {
                Problem::bad(
                    "/along",
                    "no-link",
                    format!("{type_name} does not belong to {}.", shared.name),
                )
            })?;
        let share = app
            .store
            .share(&type_name, Some(field), filter.clone(), name, write)?;
        shares.push((type_name, share));
    }
    Ok(shares)
}

/// The rules that are in force, by name.
async fn in_force(app: &App) -> Result<Vec<Record>, Problem> {
    let query = Query::of("sharing_rule").sort("name", false).limit(MOST);
    let rules = app.store.list(&Viewer::system(), &query).await?.records;
    Ok(rules
        .into_iter()
        .filter(|r| r.boolean("active") != Some(false))
        .collect())
}

/// What is shared with somebody, by type.
///
/// # Errors
/// The database's.
pub(crate) async fn shared_with(app: &App, user: &Record) -> Result<BTreeMap<String, Vec<Share>>, Problem> {
    let mut shared: BTreeMap<String, Vec<Share>> = BTreeMap::new();
    for rule in in_force(app).await? {
        let is = |field: &str, own: Option<&str>| own.is_some() && rule.text(field) == own;
        let meant = is("user_id", Some(&user.id))
            || is("team_id", user.text("team_id"))
            || is("role", user.text("role"));
        if !meant {
            continue;
        }
        take(app, &rule, &mut shared);
    }
    Ok(shared)
}

/// Adds what a rule shares; one that no longer fits what is on record shares nothing.
fn take(app: &App, rule: &Record, shared: &mut BTreeMap<String, Vec<Share>>) {
    match shares_of_rule(app, &rule.id, &rule.fields) {
        Ok(shares) => {
            for (type_name, share) in shares {
                shared.entry(type_name).or_default().push(share);
            }
        }
        Err(problem) => tracing::warn!(rule = rule.id, %problem, "a sharing rule shares nothing"),
    }
}

/// A rule is for one team, one role or one person, about records that exist.
pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("sharing_rule", sensible)
}

/// The program's own types; those that an administrator adds are checked where the rule is used.
fn own_types() -> Option<&'static Catalog> {
    static TYPES: OnceLock<Option<Catalog>> = OnceLock::new();
    TYPES.get_or_init(|| crate::catalog().ok()).as_ref()
}

fn sensible(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    if after.get("active").is_none_or(Value::is_null) {
        after.insert("active".into(), true.into());
    }
    let whom = ["team_id", "role", "user_id"]
        .into_iter()
        .filter(|name| after.get(*name).is_some_and(|v| !v.is_null()))
        .count();
    if whom != 1 {
        return Err(vec![Fault::of(
            "team_id",
            "one-reader",
            "A rule is for one team, one role or one person.",
        )]);
    }
    let listed = after.get("along").filter(|v| !v.is_null());
    let is_list = |v: &Value| {
        v.as_array()
            .is_some_and(|list| list.len() <= 20 && list.iter().all(Value::is_string))
    };
    if listed.is_some_and(|v| !is_list(v)) {
        return Err(vec![Fault::of(
            "along",
            "not-types",
            "A list of at most 20 names of types.",
        )]);
    }
    let text = |name: &str| after.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = text("record_type");
    if name.is_empty() || name.starts_with(records::ADDED) {
        return Ok(());
    }
    let Some(shared) = own_types()
        .and_then(|types| types.get(name))
        .filter(|t| may_be_shared(t))
    else {
        return Err(vec![Fault::of(
            "record_type",
            "not-shared",
            format!("{name} is not shared by rules."),
        )]);
    };
    for type_name in along(after) {
        let own = own_types().and_then(|types| types.get(&type_name));
        let hangs = own.is_some_and(|t| may_be_shared(t) && link(t, name).is_some());
        if !hangs && !type_name.starts_with(records::ADDED) {
            return Err(vec![Fault::of(
                "along",
                "no-link",
                format!("{type_name} does not belong to {name}."),
            )]);
        }
    }
    // Fields that an administrator added are known to the store alone.
    let condition_text = text("condition");
    if !condition_text.contains(records::ADDED)
        && let Err(error) = condition(shared, condition_text)
    {
        return Err(vec![Fault::of("condition", "not-a-condition", error.to_string())]);
    }
    Ok(())
}
