//! The operations that make a territory on record what a file says of it.

use std::collections::{BTreeSet, HashMap};

use geom::Timestamp;
use records::{Author, Op, Store, fields};
use serde_json::{Map, Value};

use super::super::edit::{NextVersion, begin_next, first_version, free_colour, geometry_value, staffing};
use super::super::layout::{Layout, Standing};
use super::take_in::{Understood, key};
use crate::problem::Problem;

/// The plain fields of a territory's record.
fn plain(one: &Understood<'_>, ids: &HashMap<String, String>) -> Map<String, Value> {
    let from = one.from;
    let parent = from.parent.as_ref().and_then(|p| ids.get(&key(p)));
    let line = from.line.as_deref().map(str::trim).filter(|l| !l.is_empty());
    fields([
        ("name", from.name.trim().into()),
        ("parent_id", parent.map_or(Value::Null, |p| p.as_str().into())),
        ("line", line.map_or(Value::Null, Value::from)),
        ("priority", from.priority.map_or(Value::Null, Value::from)),
        (
            "capacity_hours",
            from.capacity_hours.map_or(Value::Null, Value::from),
        ),
    ])
}

fn geometry(one: &Understood<'_>) -> Result<Value, Problem> {
    one.shape
        .as_ref()
        .map(geometry_value)
        .transpose()
        .map(|g| g.unwrap_or(Value::Null))
}

pub(super) async fn create(
    store: &Store,
    author: &Author,
    layout: &Layout,
    one: &Understood<'_>,
    ids: &HashMap<String, String>,
    at: Timestamp,
) -> Result<Vec<Op>, Problem> {
    let mut values = plain(one, ids);
    values.retain(|_, value| !value.is_null());
    let colour = one.from.colour;
    let colour = colour.unwrap_or_else(|| free_colour(layout, one.shape.as_ref().map(|s| *s.bbox())));
    values.insert("colour".into(), colour.into());
    let mut ops = vec![Op::Create {
        type_name: "territory".into(),
        id: Some(one.id.clone()),
        fields: values,
    }];
    let first = first_version(
        &one.id,
        author,
        "Taken in from a file",
        geometry(one)?,
        &one.claims,
        &one.named,
        at,
    )?;
    ops.push(first);
    ops.extend(staffing(store, &one.id, &one.members, at).await?);
    Ok(ops)
}

pub(super) async fn change(
    store: &Store,
    author: &Author,
    one: &Understood<'_>,
    before: &Standing,
    ids: &HashMap<String, String>,
    what: &mut Vec<&'static str>,
    at: Timestamp,
) -> Result<Vec<Op>, Problem> {
    let mut ops = Vec::new();
    let mut patch = plain(one, ids);
    if let Some(colour) = one.from.colour {
        patch.insert("colour".into(), colour.into());
    }
    let nothing = Value::Null;
    patch.retain(|field, value| before.record.fields.get(field).unwrap_or(&nothing) != value);
    if !patch.is_empty() {
        what.push("settings");
        ops.push(Op::Update {
            type_name: "territory".into(),
            id: before.id().to_owned(),
            version: Some(before.record.version),
            patch,
        });
    }
    let same_ground = before.shape == one.shape
        && before.claims.blocks == one.claims.blocks
        && before.claims.reach == one.claims.reach;
    let same_rules = before.claims.rules == one.claims.rules;
    let same_names =
        before.named.iter().collect::<BTreeSet<_>>() == one.named.iter().collect::<BTreeSet<_>>();
    for (same, word) in [
        (same_ground, "extent"),
        (same_rules, "rules"),
        (same_names, "names"),
    ] {
        if !same {
            what.push(word);
        }
    }
    if !(same_ground && same_rules && same_names) {
        let next = NextVersion {
            geometry: Some(geometry(one)?),
            named: Some(one.named.clone()),
            claims: Some(one.claims.clone()),
        };
        ops.extend(begin_next(store, before, author, "Taken in from a file", next, at).await?);
    }
    let people = staffing(store, before.id(), &one.members, at).await?;
    if !people.is_empty() {
        what.push("people");
        ops.extend(people);
    }
    Ok(ops)
}
