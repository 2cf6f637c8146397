//! What lies in this tile, in this shape, near here; and what does it sum to?
//!
//! An [`Index`] holds rows: an id, perhaps a place, and the typed columns of a [`Schema`]. It knows
//! nothing of accounts, SQL, HTTP or clocks. A reader keeps an `Arc<Index>`; a writer clones it (a few
//! pointers), [applies](Index::apply) changes and publishes the clone.
//!
//! ```
//! use points::{Category, Filter, Index, Row, RowId, Schema, Shape, SnapshotSpec, Text};
//! use geom::LngLat;
//!
//! let schema = Schema {
//!     categories: vec![Category::named("class")],
//!     amounts: vec!["revenue".into()],
//!     times: vec![],
//!     texts: vec![Text::words("name")],
//! };
//! let row = Row {
//!     id: RowId([7; 16]),
//!     place: LngLat::new(13.26, 53.55).ok(),
//!     categories: vec![Some("A".into())],
//!     amounts: vec![Some(125_000)],
//!     times: vec![],
//!     texts: vec!["Bäckerei Müller".into()],
//! };
//! let index = Index::build(schema, [row])?;
//! let view = index.view(&Filter::category("class", ["A"]))?;
//! let spec = SnapshotSpec { sums: vec!["revenue".into()], group_by: vec!["class".into()] };
//! assert_eq!(view.snapshot(&Shape::everywhere(), &spec)?.sums, [125_000]);
//! assert_eq!(view.search("backerei mull", 10)[0].found.text("name"), Some("Bäckerei Müller"));
//! # Ok::<(), points::Error>(())
//! ```

// What rows are, and what is asked of them.
mod error;
mod filter;
mod fold;
mod half_open;
mod schema;
mod search;
mod shape;
mod snapshot;
mod tile;

// The index, from the outside in.
mod bytes;
mod compaction;
mod evaluate;
mod found;
mod index;
mod revision;
mod segment;
mod staging;
mod view;

// The answers.
mod cover;
mod draw;
mod mvt;
mod nearest;
mod summary;
mod text_match;
mod totals;

// What everything stands on.
mod boxes;
mod buffer;
mod column;
mod curve;
mod dictionary;
mod text_index;

pub use bytes::checksum;
pub use compaction::Compaction;
pub use error::Error;
pub use filter::Filter;
pub use fold::{fold_digits, fold_words};
pub use found::{Found, Hit, Near};
pub use half_open::{contains_half_open, ring_contains_half_open};
pub use index::Index;
pub use revision::Columns;
pub use schema::{Category, Change, LONGEST_TEXT, Row, RowId, Schema, Text, TextKind};
pub use search::HitRank;
pub use shape::Shape;
pub use snapshot::{Group, Snapshot, SnapshotSpec, Totals};
pub use tile::{Tile, TileStyle};
pub use view::View;
