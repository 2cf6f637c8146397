//! What is on record, since when, by whom, and who may see it?
//!
//! Record types are declared as data ([`Catalog`]); one [`Store`] reads and writes them all, on SQLite and
//! PostgreSQL, with history, rights, a change feed, undo, erasure and backup. It does not know what an
//! account or a territory is.

mod backup;
mod catalog;
mod chain;
mod change_sets;
mod check;
mod clock;
mod condition;
mod cql;
mod cursor;
mod db;
mod erase;
mod error;
mod feed;
mod filter;
mod matches;
mod read;
mod record;
mod refusal;
mod rights;
mod rows;
mod rules;
mod schema;
mod shape;
mod statement;
mod store;
mod transaction;
mod undo;
mod validate;
mod validity;
mod values;
mod verify;
mod write;

pub use catalog::{
    Catalog, ColumnType, DeclarationError, Duplicates, Field, Kind, Label, RecordType, Rights,
};
pub use check::check_tables;
pub use clock::{Clock, ManualClock, SystemClock};
pub use db::{Db, own_migration};
pub use error::{Error, Fault, FilterError};
pub use filter::{Comparison, Filter};
pub use record::{
    At, Author, Blocked, Broken, Change, ChangeSetFilter, ChangeSetInfo, Grant, Op, Record, Revision, Scope,
    UndoReport, VerifyReport, Viewer, Written,
};
pub use rules::{Rule, Rules};
pub use shape::Shape;
pub use store::{ChangeSet, Group, MIGRATIONS, Page, Query, Store, fields};
pub use values::{fold, new_id};
