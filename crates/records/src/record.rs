//! A record, its past, and what can be done to it.

use geom::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One version of one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its record type, `account`.
    pub type_name: String,
    /// UUIDv7 text.
    pub id: String,
    /// 1, 2, 3 …; the ETag.
    pub version: i64,
    /// When this version was written.
    pub recorded_at: Timestamp,
    /// Who wrote it; `None` for the program itself.
    pub changed_by: Option<String>,
    /// The change set it was written in.
    pub change_set: String,
    /// Every declared field (null where empty), with `[place]` `lng` and `lat`, with `[validity]`
    /// `valid_from` and `valid_to` (null = open end), and `custom` (an object).
    pub fields: Map<String, Value>,
}

impl Record {
    /// The text of a field; `None` if empty or not text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// The whole number in a field (integer, money, instant).
    #[must_use]
    pub fn integer(&self, field: &str) -> Option<i64> {
        self.fields.get(field).and_then(Value::as_i64)
    }

    /// The number in a field.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<f64> {
        self.fields.get(field).and_then(Value::as_f64)
    }

    /// The truth in a field.
    #[must_use]
    pub fn boolean(&self, field: &str) -> Option<bool> {
        self.fields.get(field).and_then(Value::as_bool)
    }

    /// The place, of types that have one.
    #[must_use]
    pub fn place(&self) -> Option<geom::LngLat> {
        geom::LngLat::new(self.number("lng")?, self.number("lat")?).ok()
    }
}

/// One version and how it came and went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Revision {
    /// The record as it was.
    pub record: Record,
    /// When the next version or the deletion was written; `None` for the present one.
    pub superseded_at: Option<Timestamp>,
    /// What made this version: create, update, erase.
    pub operation: String,
    /// What made it so: api, import, undo, …
    pub cause: String,
    /// Who.
    pub author: Option<String>,
    /// This version ended by a deletion.
    pub removed: bool,
}

/// Of which moment is the answer? `AT_PRESENT` for now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// What was true then. `None`: now; for types with a validity, every validity on record.
    pub as_of: Option<Timestamp>,
    /// What we believed then. `None`: now.
    pub known_at: Option<Timestamp>,
}

impl At {
    /// What is on record now.
    pub const PRESENT: Self = Self {
        as_of: None,
        known_at: None,
    };

    /// What was true at a moment, as we know today.
    #[must_use]
    pub fn as_of(time: Timestamp) -> Self {
        Self {
            as_of: Some(time),
            known_at: None,
        }
    }
}

/// One change to make.
#[derive(Clone, Debug)]
pub enum Op {
    /// A new record. `id`: `None` makes a UUIDv7; given ids are 1–64 of `A–Z a–z 0–9 - _`.
    Create {
        /// The record type.
        type_name: String,
        /// The id, if the caller chose one with [`crate::new_id`].
        id: Option<String>,
        /// Values by field name; `custom` is an object.
        fields: Map<String, Value>,
    },
    /// New values for some fields; null empties a field; `custom` is merged key by key.
    Update {
        /// The record type.
        type_name: String,
        /// The record.
        id: String,
        /// The version the change was made on (If-Match); `None` takes whatever is there.
        version: Option<i64>,
        /// Values by field name.
        patch: Map<String, Value>,
    },
    /// The record leaves the table; its versions stay in the twin.
    Delete {
        /// The record type.
        type_name: String,
        /// The record.
        id: String,
        /// As for an update.
        version: Option<i64>,
    },
}

impl Op {
    /// A new record with an id made here.
    #[must_use]
    pub fn create(type_name: impl Into<String>, fields: Map<String, Value>) -> Self {
        Self::Create {
            type_name: type_name.into(),
            id: None,
            fields,
        }
    }

    /// A change of whatever version is there.
    #[must_use]
    pub fn update(type_name: impl Into<String>, id: impl Into<String>, patch: Map<String, Value>) -> Self {
        Self::Update {
            type_name: type_name.into(),
            id: id.into(),
            version: None,
            patch,
        }
    }

    /// A deletion of whatever version is there.
    #[must_use]
    pub fn delete(type_name: impl Into<String>, id: impl Into<String>) -> Self {
        Self::Delete {
            type_name: type_name.into(),
            id: id.into(),
            version: None,
        }
    }

    /// The record type it is about.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::Create { type_name, .. }
            | Self::Update { type_name, .. }
            | Self::Delete { type_name, .. } => type_name,
        }
    }
}

/// What a write did.
#[derive(Clone, Debug)]
pub struct Written {
    /// The change set.
    pub change_set: String,
    /// The records after it, in the order of the operations; a deleted one as it last was.
    pub records: Vec<Record>,
    /// Number of the last entry in the feed.
    pub last_seq: i64,
    /// Its time.
    pub at: Timestamp,
}
