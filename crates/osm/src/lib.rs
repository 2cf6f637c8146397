//! What is in this PBF?
//!
//! Reads one or more OpenStreetMap extracts into one [`Extract`]: flat, sorted, in memory, every
//! string stored once. It knows elements and tags, lines and areas; it does not know roads or
//! addresses. Tests build the same [`Extract`] by [`Builder`], so that they exercise the same code.

mod areas;
mod extract;
mod read;

pub use areas::{Area, AreaSource};
pub use extract::{
    Builder, Extract, Member, MemberKind, Node, NodeId, Relation, RelationId, Tags, Way, WayId,
};
pub use read::{ReadError, ReadProgress, read};
