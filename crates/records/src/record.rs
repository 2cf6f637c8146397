//! A record, its past, and those who look at it and change it: the words everyone speaks.

use std::collections::BTreeMap;

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

/// How far a right reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Nothing.
    #[default]
    None,
    /// One's own records.
    Own,
    /// The records of one's team.
    Team,
    /// The records in one's territories.
    Territory,
    /// Every record.
    All,
}

/// What a viewer may do with one record type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Which records they see.
    pub read: Scope,
    /// Which they may change.
    pub write: Scope,
    /// Whether they may make new ones.
    pub create: bool,
    /// Which they may delete.
    pub delete: Scope,
}

impl Grant {
    /// Everything.
    pub const ALL: Self = Self {
        read: Scope::All,
        write: Scope::All,
        create: true,
        delete: Scope::All,
    };
}

/// Who looks, and what may they see?
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    /// The user's id; `None` for the program itself.
    pub user_id: Option<String>,
    /// By record type; a type that is not here is hidden.
    pub grants: BTreeMap<String, Grant>,
    /// The program acting by its own rules: sees and may do everything, may set read-only fields.
    pub is_system: bool,
}

impl Viewer {
    /// The program itself.
    #[must_use]
    pub fn system() -> Self {
        Self {
            is_system: true,
            ..Self::default()
        }
    }

    /// The program, acting in a user's name: every right, and the user's id in the history.
    #[must_use]
    pub fn system_for(user_id: impl Into<String>) -> Self {
        Self {
            user_id: Some(user_id.into()),
            ..Self::system()
        }
    }

    /// A user with grants.
    #[must_use]
    pub fn user(user_id: impl Into<String>, grants: impl IntoIterator<Item = (String, Grant)>) -> Self {
        Self {
            user_id: Some(user_id.into()),
            grants: grants.into_iter().collect(),
            is_system: false,
        }
    }

    /// What they may do with a type.
    #[must_use]
    pub fn grant(&self, type_name: &str) -> Grant {
        if self.is_system {
            return Grant::ALL;
        }
        self.grants.get(type_name).copied().unwrap_or_default()
    }
}

/// Who changes something, and why.
#[derive(Clone, Debug)]
pub struct Author {
    /// The rights, and the name in the history.
    pub viewer: Viewer,
    /// One word for the feed: api, import, geocode, plan, demo, …
    pub cause: String,
    /// What a person reads in the list of changes: "Import customers.csv".
    pub label: String,
    /// The change set this is a consequence of; it is undone with it and never blocks its undo.
    pub caused_by: Option<String>,
}

impl Author {
    /// An author with a cause and a label.
    #[must_use]
    pub fn new(viewer: Viewer, cause: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            viewer,
            cause: cause.into(),
            label: label.into(),
            caused_by: None,
        }
    }

    /// The program itself.
    #[must_use]
    pub fn system(cause: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Viewer::system(), cause, label)
    }

    /// As a consequence of another change set.
    #[must_use]
    pub fn caused_by(mut self, change_set: impl Into<String>) -> Self {
        self.caused_by = Some(change_set.into());
        self
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

/// One entry of the change feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// 1, 2, 3 … without gaps, in commit order.
    pub seq: i64,
    /// When; the entries of one transaction share it, the next transaction is later.
    pub at: Timestamp,
    /// Who; `None` for the program itself.
    pub author: Option<String>,
    /// One word: api, import, undo, …
    pub cause: String,
    /// create, update, delete, erase; begin, end when a validity starts or ends.
    pub operation: String,
    /// The record type.
    pub type_name: String,
    /// The record.
    pub record_id: String,
    /// The version written; a deletion uses up a number.
    pub version: i64,
    /// The change set.
    pub change_set: String,
    /// The change set it is a consequence of.
    pub caused_by: Option<String>,
    /// Salted digest of the row, hex.
    pub digest: String,
    /// Chained hash, hex.
    pub hash: String,
}

/// One line of the list of changes a person can take back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSetInfo {
    /// Its id.
    pub id: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it was finished; `None` while it is being written, or for ever if the writer died.
    pub closed_at: Option<Timestamp>,
    /// Who.
    pub author: Option<String>,
    /// One word.
    pub cause: String,
    /// What a person reads.
    pub label: String,
    /// The set it is a consequence of.
    pub caused_by: Option<String>,
    /// The set it took back.
    pub undoes: Option<String>,
    /// The set that took it back.
    pub undone_by: Option<String>,
    /// Entries in the feed.
    pub entries: i64,
    /// First entry.
    pub first_seq: Option<i64>,
    /// Last entry.
    pub last_seq: Option<i64>,
}

/// Which change sets to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct ChangeSetFilter {
    /// By this user.
    pub author: Option<String>,
    /// With this cause.
    pub cause: Option<String>,
    /// With an entry about this record.
    pub record: Option<String>,
    /// Leave out consequences of other sets.
    pub without_consequences: bool,
    /// Opened before this time, for the next page.
    pub before: Option<Timestamp>,
    /// At most so many, 1..=1000; 0 means 100.
    pub limit: u32,
}

/// What an undo did and what it had to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndoReport {
    /// The new change set that holds the undo.
    pub change_set: String,
    /// How many records went back to what they were.
    pub undone: u64,
    /// Those that did not, at most [`UndoReport::LISTED`] of them.
    pub blocked: Vec<Blocked>,
    /// How many did not.
    pub blocked_count: u64,
}

impl UndoReport {
    /// How many blocked records are listed.
    pub const LISTED: usize = 1000;
}

/// A record that an undo left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// The record type.
    pub type_name: String,
    /// The record.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Who changed it since; `None` for the program itself or when nobody did.
    pub by: Option<String>,
}

/// Whether history is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Entries of the feed that were checked.
    pub entries: u64,
    /// Versions whose digests were checked.
    pub versions: u64,
    /// Versions whose values were replaced by an erasure on record.
    pub redacted: u64,
    /// The first thing that is not as it was written; `None` when all is whole.
    pub broken: Option<Broken>,
}

/// The first broken place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Entry of the feed; `None` for a row that no entry speaks of.
    pub seq: Option<i64>,
    /// The record type.
    pub type_name: String,
    /// The record.
    pub id: String,
    /// What does not fit.
    pub reason: String,
}
