//! The changes of a scenario that can be asked for.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::effect::Member;

/// A change of a scenario, by its `kind`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Change {
    /// Ground, places or blocks go to a territory or to nobody.
    Move(MoveTo),
    /// Another border.
    Reshape(Reshape),
    /// A territory more.
    Add(NewTerritory),
    /// Another name, colour, parent, priority or capacity.
    Set(SetFields),
    /// A territory less.
    Remove(Gone),
    /// Who works it.
    Members(People),
    /// It neither gives nor takes; or does again.
    Lock(Locked),
    /// Its rep leaves: the customers go to the neighbours, evenly.
    Leave(Leaving),
    /// One territory more, taken from its surroundings.
    Join(Joining),
    /// A balance that was found is kept.
    Balance(Kept),
}

/// What goes where. One of geometry, location_ids, boundary_ids and codes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct MoveTo {
    /// Null: nobody.
    pub to: Option<String>,
    /// GeoJSON Polygon or MultiPolygon, longitude first; it may cross itself.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Value>,
    /// At most 20,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_ids: Option<Vec<String>>,
    /// Blocks of the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary_ids: Option<Vec<String>>,
    /// Postcodes of the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<String>>,
    /// Only out of these territories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// Product line; that of `to` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Neighbours {
    /// What an area gains is cut out of the others.
    #[default]
    Cut,
    /// Areas may overlap; the order of rules decides.
    Keep,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Reshape {
    pub territory_id: String,
    /// GeoJSON Polygon or MultiPolygon, longitude first.
    #[schema(value_type = Object)]
    pub geometry: Value,
    #[serde(default)]
    pub neighbours: Neighbours,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct NewTerritory {
    pub name: String,
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub location_ids: Vec<String>,
    pub owner_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// 1..=12; chosen so that neighbours differ unless said.
    pub colour: Option<i64>,
    pub parent_id: Option<String>,
    pub line: Option<String>,
    pub capacity_hours: Option<f64>,
    pub priority: Option<i64>,
    pub neighbours: Neighbours,
    /// Set by the program.
    pub territory_id: Option<String>,
}

/// Fields that are not sent stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct SetFields {
    pub territory_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<i64>,
    /// Null: at the top.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    pub priority: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    pub capacity_hours: Option<Option<f64>>,
}

/// Tells a null from what was not sent.
fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Gone {
    pub territory_id: String,
    /// Who gets its ground and names; null: nobody.
    #[serde(default)]
    pub to: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PeopleChange)]
pub(crate) struct People {
    pub territory_id: String,
    /// The whole list.
    pub members: Vec<Member>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LockChange)]
pub(crate) struct Locked {
    pub territory_id: String,
    pub locked: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Leaving {
    pub territory_id: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Joining {
    pub name: String,
    pub owner_id: Option<String>,
    /// Where the new one's middle is to be; found unless said.
    pub lng: Option<f64>,
    pub lat: Option<f64>,
    /// Only out of these; all of the common line unless said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<String>,
    /// Set by the program.
    pub territory_id: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Kept {
    pub balance_id: String,
}

impl Change {
    /// Its word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Move(_) => "move",
            Self::Reshape(_) => "reshape",
            Self::Add(_) => "add",
            Self::Set(_) => "set",
            Self::Remove(_) => "remove",
            Self::Members(_) => "members",
            Self::Lock(_) => "lock",
            Self::Leave(_) => "leave",
            Self::Join(_) => "join",
            Self::Balance(_) => "balance",
        }
    }
}
