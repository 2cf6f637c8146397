//! What is on record, since when, by whom, and who may see it?
//!
//! Record types are declared as data ([`Catalog`]); one [`Store`] reads and writes them all, on SQLite and
//! PostgreSQL, with history, rights, a change feed, undo, erasure and backup. It does not know what an
//! account or a territory is.

mod catalog;
mod record;
mod filter;
mod shape;
mod cql;
mod store;
mod rules;
mod error;
mod clock;
mod db;
mod statement;
mod values;
mod rows;
mod rights;
mod condition;
mod matches;
mod read;
mod cursor;
mod write;
mod feed;
mod change_sets;
mod undo;
mod erase;
mod validity;
mod verify;
mod backup;
mod check;

pub use catalog::{Catalog, ColumnType, DeclarationError, Duplicates, Field, Kind, Label, RecordType, Rights};
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
