//! The record engine from outside, on SQLite and on PostgreSQL.

#[path = "all/toy.rs"]
mod toy;

#[path = "all/added.rs"]
mod added;
#[path = "all/backup.rs"]
mod backup;
#[path = "all/bulk.rs"]
mod bulk;
#[path = "all/feed.rs"]
mod feed;
#[path = "all/filters.rs"]
mod filters;
#[path = "all/given.rs"]
mod given;
#[path = "all/halfway.rs"]
mod halfway;
#[path = "all/life.rs"]
mod life;
#[path = "all/lists.rs"]
mod lists;
#[path = "all/rights.rs"]
mod rights;
#[path = "all/undo.rs"]
mod undo;
#[path = "all/validity.rs"]
mod validity;
#[path = "all/words.rs"]
mod words;
