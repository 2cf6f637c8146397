//! The boundaries' sections as they lie in the pack.
//!
//! | section | what |
//! |---|---|
//! | `boundaries/records` | [`Record`]s in ascending order of id |
//! | `boundaries/polygons` | for each polygon its first ring, `u32`; one more at the end |
//! | `boundaries/rings` | for each ring its first point, `u32`; one more at the end |
//! | `boundaries/points` | [`geom::Fixed`]; of each polygon the outer ring first, closed |
//! | `boundaries/text` | UTF-8 that the records point into |

use bytemuck::{Pod, Zeroable};
use geom::Fixed;

pub const RECORDS: &str = "boundaries/records";
pub const POLYGONS: &str = "boundaries/polygons";
pub const RINGS: &str = "boundaries/rings";
pub const POINTS: &str = "boundaries/points";
pub const TEXT: &str = "boundaries/text";

/// One boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Record {
    /// OpenStreetMap's id of the relation.
    pub id: i64,
    /// Its name, else its postcode.
    pub name: Text,
    /// The official key; empty where there is none.
    pub reference: Text,
    /// Empty where there is none.
    pub postcode: Text,
    /// First polygon and the one after the last.
    pub polygons: [u32; 2],
    /// South-west and north-east corner.
    pub corners: [Fixed; 2],
    /// 1..=12, or 0 for a postcode.
    pub level: u8,
    /// 1 where a part of it is missing from the extract, else 0.
    pub clipped: u8,
    pub unused: [u8; 6],
}

/// A stretch of the text section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Text {
    pub start: u32,
    pub end: u32,
}
