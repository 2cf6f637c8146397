//! What is on record, since when, by whom, and who may see it?
//!
//! Record types are declared as data ([`Catalog`]); one [`Store`] reads and writes them all, on SQLite and
//! PostgreSQL, with history, rights, a change feed, undo, erasure and backup. It does not know what an
//! account or a territory is.

mod store;

mod additions;
mod bulk;
mod catalog;
mod declare;

mod author;
mod change;
mod clock;
mod error;
mod record;
mod rules;

mod cql;
mod cql_bounds;
mod cql_shape;
mod filter;
mod later;
mod matches;
mod shape;

mod compare;
mod condition;
mod copies;
mod cover;
mod cursor;
mod links;
mod may;
mod read;
mod rights;
mod sharing;

mod chain;
mod deletion;
mod parts;
mod patience;
mod present;
mod refusal;
mod run;
mod transaction;
mod validate;
mod values;
mod write;

mod backup;
mod change_sets;
mod erase;
mod feed;
mod sweep;
mod take_back;
mod undo;
mod validity;
mod verify;

mod check;
mod db;
mod rows;
mod schema;
mod sequence;
mod statement;

pub use additions::{ADDED, AddedField, Additions};
pub use author::{Author, Grant, Scope, Viewer};
pub use catalog::{
    Catalog, ColumnType, DeclarationError, Duplicates, Field, Kind, Label, OnDelete, OnErase, RecordType,
    Rights,
};
pub use change::{Blocked, Broken, Change, ChangeSetFilter, ChangeSetInfo, UndoReport, VerifyReport};
pub use check::check_tables;
pub use clock::{Clock, ManualClock, SystemClock};
pub use db::{Db, own_migration};
pub use erase::{Erased, Erasure, Words};
pub use error::{Error, Fault, FilterError};
pub use feed::Types;
pub use filter::{Comparison, Filter};
pub use links::Links;
pub use may::May;
pub use read::DerivedKey;
pub use record::{At, Op, Record, Revision, Written};
pub use rules::{Rule, Rules};
pub use shape::Shape;
pub use sharing::Share;
pub use store::{ChangeSet, Group, MIGRATIONS, Page, Query, Store, fields};
pub use sweep::{Found, Linked};
pub use values::{fold, new_id};
