//! What an operation does to the territories: worked out once, when it is made, and done again whenever the scenario
//! is looked at, also on another base.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One thing done. An operation is a list of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Effect {
    Transfer(Transfer),
    Areas(Areas),
    Add(Add),
    Set(Set),
    Remove(Remove),
    Members(Members),
    Lock(Lock),
}

/// Ground and places go to a territory, or to nobody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Transfer {
    /// `None`: nobody.
    pub to: Option<String>,
    pub line: Option<String>,
    /// GeoJSON; without what locked territories have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<Value>,
    /// Only out of these; all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// Held by name from now on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub take: Vec<String>,
    /// Held by name by nobody any more: areas decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub release: Vec<String>,
    /// Left out by these territories, whose areas hold them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<(String, Vec<String>)>,
}

/// New areas for some territories.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Areas {
    pub patches: Vec<Patch>,
    /// What they gain is cut out of all others.
    pub cut: bool,
    /// They only share out anew what they have together: nobody else is touched.
    pub within: bool,
}

/// A new area for one territory: as it is to be, and as a change that can be made on another area too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Patch {
    pub territory_id: String,
    /// The mark of the area that it had.
    pub before: String,
    /// GeoJSON; `None`: no area.
    pub geometry: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gained: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<Value>,
}

/// A territory more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Add {
    pub territory_id: String,
    /// name, colour, parent_id, line, priority, capacity_hours
    pub fields: Map<String, Value>,
    pub members: Vec<Member>,
}

/// Other values for fields of a territory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Set {
    pub territory_id: String,
    pub fields: Map<String, Value>,
}

/// A territory less.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Remove {
    pub territory_id: String,
    /// Who gets its ground and names.
    pub to: Option<String>,
}

/// Who works a territory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Members {
    pub territory_id: String,
    pub members: Vec<Member>,
}

/// Somebody who works a territory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = EffectMember)]
pub(crate) struct Member {
    pub user_id: String,
    /// owner, overlay, backup, manager; owner unless said.
    pub role: String,
    /// Per cent of the work, more than 0 and up to 100; null: what the others leave.
    pub share: Option<f64>,
}

/// A territory that neither gives nor takes, or does again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Lock {
    pub territory_id: String,
    pub locked: bool,
}

impl Effect {
    /// Territories that it names.
    pub fn territories(&self) -> Vec<&str> {
        match self {
            Self::Transfer(t) => {
                t.to.iter()
                    .chain(&t.from)
                    .chain(t.exclude.iter().map(|e| &e.0))
                    .map(String::as_str)
                    .collect()
            }
            Self::Areas(a) => a.patches.iter().map(|p| p.territory_id.as_str()).collect(),
            Self::Add(a) => vec![&a.territory_id],
            Self::Set(s) => vec![&s.territory_id],
            Self::Remove(r) => std::iter::once(&r.territory_id)
                .chain(&r.to)
                .map(String::as_str)
                .collect(),
            Self::Members(m) => vec![&m.territory_id],
            Self::Lock(l) => vec![&l.territory_id],
        }
    }
}
