//! Whose area is this? Drawn areas, blocks, reach, rules and lists of accounts in one index that says who has a candidate and why, where
//! areas overlap or leave gaps, and what each territory holds.
//!
//! Asked with [`TerritoryIndex::decide`]; areas come in through [`Shape::parse`]; [`Holdings`] keeps sums while borders move.

pub mod design;

mod area;
mod shape;

mod index;
mod overlap;
mod totals;

mod crossing;
mod side;

pub use area::{Area, Candidate, CandidateId, Cause, Extent, LineId, Rule, TerritoryId, Unit, Value};
pub use index::{Claim, DecidedBy, Decision, TerritoryIndex};
pub use overlap::Overlap;
pub use shape::{Shape, ShapeError};
pub use totals::{Change, Holdings, MeasureCount, Measures, Moved, Totals, Weighted};
