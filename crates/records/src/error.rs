//! What can go wrong, with the offending value in the words.

/// One fault in what was sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// JSON pointer into the record: `/fields/email`, `/fields/custom/colour`.
    pub pointer: String,
    /// Stable word for programs: `required`, `too-long`, `not-a-number`, …
    pub code: String,
    /// What a person reads.
    pub message: String,
}

impl Fault {
    /// A fault of one field.
    #[must_use]
    pub fn of(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            pointer: format!("/fields/{field}"),
            code: code.into(),
            message: message.into(),
        }
    }
}

/// Why a filter was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// What is wrong and what would be right.
    pub message: String,
    /// The property concerned, if it is one.
    pub property: Option<String>,
}

/// What the record engine can refuse or fail at.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such record, or none the viewer may see.
    #[error("there is no {type_name} {id}")]
    NotFound {
        /// The record type.
        type_name: String,
        /// The id asked for.
        id: String,
    },
    /// Somebody changed the record since it was read.
    #[error(
        "{type_name} {id} is at version {current} by now, the change was made on version {given}; read it again"
    )]
    VersionConflict {
        /// The record type.
        type_name: String,
        /// The record.
        id: String,
        /// The version the caller had.
        given: i64,
        /// The version on record.
        current: i64,
    },
    /// The viewer may see the record but not do this.
    #[error("you may not {operation} {type_name} {id}")]
    Forbidden {
        /// create, update, delete, erase, undo.
        operation: &'static str,
        /// The record type.
        type_name: String,
        /// The record; empty for a new one.
        id: String,
    },
    /// The values are not acceptable: every fault found, not only the first.
    #[error("{} of the {type_name} {} not acceptable: {}", if .faults.len() == 1 { "a value" } else { "values" }, if .faults.len() == 1 { "is" } else { "are" }, list(.faults))]
    Invalid {
        /// Position of the operation in the list that was written, from 0.
        operation: usize,
        /// The record type.
        type_name: String,
        /// What is wrong.
        faults: Vec<Fault>,
    },
    /// Another record has this value, and no two may.
    #[error("another {type_name} has {field} {value:?} already")]
    UniqueTaken {
        /// Position of the operation in the list that was written, from 0.
        operation: usize,
        /// The record type.
        type_name: String,
        /// The field; a combination of fields is called so.
        field: String,
        /// The value that is taken.
        value: String,
    },
    /// A link points nowhere, or something still points to a record that should go.
    #[error("{type_name}: {reason}")]
    Linked {
        /// The record type that was written.
        type_name: String,
        /// What points where.
        reason: String,
    },
    /// A record with this id is there already.
    #[error("there is a {type_name} {id} already")]
    IdTaken {
        /// The record type.
        type_name: String,
        /// The id.
        id: String,
    },
    /// No such record type.
    #[error("there is no record type {0:?}")]
    UnknownType(String),
    /// A field that the type does not have, or that cannot be used like this.
    #[error("{0}")]
    BadField(String),
    /// The filter cannot be used on this type.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The cursor was not made by this list.
    #[error("this cursor does not belong to this list; start again without it")]
    BadCursor,
    /// No such change set, or one that cannot take more.
    #[error("change set {id}: {reason}")]
    ChangeSet {
        /// Its id.
        id: String,
        /// Why not.
        reason: String,
    },
    /// The request is larger than what is taken at once.
    #[error("{0}")]
    TooMuch(String),
    /// The disk is full; nothing was written.
    #[error(
        "the disk of the database is full: nothing of this change was written; free some space and try again"
    )]
    DiskFull,
    /// The declarations and the tables do not fit, or a stored value is not what its column says.
    #[error("{0}")]
    Schema(String),
    /// A backup that cannot be read.
    #[error("backup line {line}: {reason}")]
    Backup {
        /// Line in the file, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Reading or writing a file.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database refused or is out of reach.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

fn list(faults: &[Fault]) -> String {
    let texts: Vec<_> = faults
        .iter()
        .map(|f| format!("{}: {}", f.pointer, f.message))
        .collect();
    texts.join("; ")
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(refusal) = &error {
            // SQLITE_FULL is 13, and 778 is what SQLite says where a quota or a limit on the size of files, and
            // not the disk itself, refuses a write; PostgreSQL's disk_full is class 53100.
            if matches!(refusal.code().as_deref(), Some("13" | "778" | "53100")) {
                return Self::DiskFull;
            }
        }
        Self::Database(error)
    }
}
