//! What happened: entries of the feed, change sets, and the reports of undo and verify.

use geom::Timestamp;
use serde::{Deserialize, Serialize};

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
