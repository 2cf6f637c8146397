//! What a territory is called, where it stands in the tree, and how it is told from others.

use records::{At, Author, Op, Store, Written};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::layout::Layout;
use super::seen;
use crate::problem::Problem;

/// What is to be otherwise; what is left out stays. Null takes a value away.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<Option<String>>,
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub line: Option<Option<String>>,
    /// 1..=12
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Hours a week.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub capacity_hours: Option<Option<f64>>,
}

/// Tells null from nothing.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Changes them.
///
/// # Errors
/// No name, a colour outside the palette, a parent that is below the territory, capacity below 0; not found.
pub(crate) async fn set_up(
    store: &Store,
    author: &Author,
    id: &str,
    settings: Settings,
) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    let mut patch: Map<String, Value> = Map::new();
    if let Some(name) = settings.name.as_deref().map(str::trim) {
        if name.is_empty() {
            return Err(Problem::bad("/name", "required", "Give the territory a name."));
        }
        patch.insert("name".into(), name.into());
    }
    if let Some(parent) = settings.parent_id {
        if let Some(parent) = &parent {
            seen(store, author, &layout, parent).await.map_err(|_| {
                Problem::bad(
                    "/parent_id",
                    "no-such-record",
                    "The territory above was not found.",
                )
            })?;
            if layout.is_within(parent, id) {
                return Err(Problem::bad(
                    "/parent_id",
                    "circle",
                    format!("{} would stand below itself.", territory.name()),
                ));
            }
        }
        patch.insert("parent_id".into(), parent.map_or(Value::Null, Value::from));
    }
    if let Some(line) = settings.line {
        let line = line.map(|l| l.trim().to_owned()).filter(|l| !l.is_empty());
        patch.insert("line".into(), line.map_or(Value::Null, Value::from));
    }
    if let Some(colour) = settings.colour {
        if !(1..=super::COLOURS).contains(&colour) {
            return Err(Problem::bad(
                "/colour",
                "out-of-range",
                "A colour is a slot of the palette, 1 to 12.",
            ));
        }
        patch.insert("colour".into(), colour.into());
    }
    if let Some(priority) = settings.priority {
        patch.insert("priority".into(), priority.into());
    }
    if let Some(hours) = settings.capacity_hours {
        if hours.is_some_and(|h| !(h.is_finite() && h >= 0.0)) {
            return Err(Problem::bad(
                "/capacity_hours",
                "out-of-range",
                "Hours a week are 0 or more.",
            ));
        }
        patch.insert("capacity_hours".into(), hours.map_or(Value::Null, Value::from));
    }
    let nothing = Value::Null;
    patch.retain(|field, value| territory.record.fields.get(field).unwrap_or(&nothing) != value);
    if patch.is_empty() {
        return Ok(store.write(author, Vec::new()).await?);
    }
    let op = Op::Update {
        type_name: "territory".into(),
        id: id.to_owned(),
        version: None,
        patch,
    };
    Ok(store.write(author, vec![op]).await?)
}
