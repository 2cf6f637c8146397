//! Versions: the one that holds ends, the next begins.

use std::collections::BTreeSet;

use geom::Timestamp;
use records::{Author, Op, Store, fields};
use serde_json::{Map, Value};
use territory::Shape;

use super::super::claims::Claims;
use super::super::layout::Standing;
use super::super::{area, store};
use crate::problem::Problem;

/// What the next version of a territory says otherwise; what is `None` stays as it is.
#[derive(Debug, Default)]
pub(in super::super) struct Next {
    /// The drawn area; `Some(Null)` for none.
    pub geometry: Option<Value>,
    pub named: Option<BTreeSet<String>>,
    pub claims: Option<Claims>,
}

/// Ends the version that holds and begins the next.
pub(in super::super) async fn next_version(
    store: &Store,
    territory: &Standing,
    author: &Author,
    message: &str,
    next: Next,
    at: Timestamp,
) -> Result<Vec<Op>, Problem> {
    let geometry = next.geometry.unwrap_or_else(|| {
        let kept = territory.version.as_ref().and_then(|v| v.fields.get("area"));
        kept.cloned().unwrap_or(Value::Null)
    });
    let named = next
        .named
        .unwrap_or_else(|| territory.named.iter().cloned().collect());
    let claims = next.claims.unwrap_or_else(|| territory.claims.clone());
    let number = store::last_number(store.db(), territory.id()).await? + 1;
    let mut ops: Vec<Op> = Vec::new();
    ops.extend(territory.version.as_ref().map(|v| end(v, at)));
    let mut begin = version(
        territory.id(),
        number,
        author,
        message,
        Extent {
            geometry,
            claims: &claims,
            named: named.iter().map(String::as_str),
        },
        at,
    )?;
    if let (Op::Create { fields, .. }, excluded @ [_, ..]) = (&mut begin, &territory.excluded()[..]) {
        fields.insert("excluded_locations".into(), excluded.into());
    }
    ops.push(begin);
    Ok(ops)
}

/// Ends a validity. The version read goes along, so of two who change at once the second is told.
pub(in super::super) fn end(record: &records::Record, at: Timestamp) -> Op {
    let from = record.integer("valid_from").unwrap_or(at.0);
    Op::Update {
        type_name: record.type_name.clone(),
        id: record.id.clone(),
        version: Some(record.version),
        patch: fields([("valid_to", at.0.max(from).into())]),
    }
}

/// The first version of a territory.
pub(in super::super) fn first_version(
    territory: &str,
    author: &Author,
    message: &str,
    geometry: Value,
    claims: &Claims,
    named: &BTreeSet<String>,
    at: Timestamp,
) -> Result<Op, Problem> {
    let extent = Extent {
        geometry,
        claims,
        named: named.iter().map(String::as_str),
    };
    version(territory, 1, author, message, extent, at)
}

/// All that a version says.
pub(super) struct Extent<'a, N: Iterator<Item = &'a str>> {
    pub geometry: Value,
    pub claims: &'a Claims,
    pub named: N,
}

pub(super) fn version<'a, N: Iterator<Item = &'a str>>(
    territory: &str,
    number: i64,
    author: &Author,
    message: &str,
    extent: Extent<'a, N>,
    at: Timestamp,
) -> Result<Op, Problem> {
    let named: Vec<&str> = extent.named.collect();
    let mut values: Map<String, Value> = fields([
        ("territory_id", territory.into()),
        ("number", number.into()),
        ("message", message.into()),
        ("area", extent.geometry),
        ("valid_from", at.0.into()),
    ]);
    if !named.is_empty() {
        values.insert("named_locations".into(), named.into());
    }
    for (field, value) in extent.claims.fields()? {
        if !value.is_null() {
            values.insert(field.into(), value);
        }
    }
    if let Some(user) = &author.viewer.user_id {
        values.insert("author_id".into(), user.as_str().into());
    }
    Ok(Op::create("territory_version", values))
}

pub(super) fn owner(territory: &str, user: &str, at: Timestamp) -> Op {
    Op::create(
        "territory_member",
        fields([
            ("territory_id", territory.into()),
            ("user_id", user.into()),
            ("role", "owner".into()),
            ("valid_from", at.0.into()),
        ]),
    )
}

pub(in super::super) fn geometry_value(shape: &Shape) -> Result<Value, Problem> {
    serde_json::to_value(area::to_geojson(shape.polygons())).map_err(Problem::unexpected)
}
