//! What is in this PBF?
//!
//! Reads one or more OpenStreetMap extracts into one [`Extract`]: flat, sorted, in memory, every
//! string stored once. It knows elements and tags, lines and areas; it does not know roads or
//! addresses. Tests build the same [`Extract`] by [`Builder`], so that they exercise the same code.

mod extract;

mod builder;
mod decode;
mod read;

mod areas;
mod clipped;
mod nest;
mod rings;

pub use areas::{Area, AreaSource};
pub use builder::Builder;
pub use extract::{
    Extract, Member, MemberKind, Node, NodeId, Relation, RelationId, Source, Tags, Way, WayId,
};
pub use read::{ReadError, ReadProgress, read};
