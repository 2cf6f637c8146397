//! The record engine from outside, on SQLite and on PostgreSQL.

#[path = "all/toy.rs"]
mod toy;

#[path = "all/life.rs"]
mod life;
