//! The layout: names of sections and records as stored.

use bytemuck::{Pod, Zeroable};
use geom::Fixed;

/// The layout's number; raised by any change of it.
pub(crate) const LAYOUT: u32 = 4;

pub(crate) mod section {
    pub const META: &str = "geocode/meta";
    pub const TEXT: &str = "geocode/text";
    pub const TEXT_AT: &str = "geocode/text_at";
    pub const NAMES: &str = "geocode/names";
    pub const NAME_DOCS: &str = "geocode/name_docs";
    pub const BEGINNINGS: &str = "geocode/beginnings";
    pub const BEGINNING_DOCS: &str = "geocode/beginning_docs";
    pub const WORDS: &str = "geocode/words";
    pub const WORD_DOCS: &str = "geocode/word_docs";
    pub const DOCS: &str = "geocode/docs";
    pub const LISTS: &str = "geocode/lists";
    pub const HOUSES: &str = "geocode/houses";
    pub const HOUSE_FLAGS: &str = "geocode/house_flags";
    pub const EXTRA_HOUSES: &str = "geocode/extra_houses";
    pub const SOURCES: &str = "geocode/sources";
    pub const HOUSE_GROUPS: &str = "geocode/house_groups";
    pub const ENDINGS: &str = "geocode/endings";
    pub const RARE_ENDINGS: &str = "geocode/rare_endings";
    pub const LINES: &str = "geocode/lines";
    pub const LINE_POINTS: &str = "geocode/line_points";
    pub const FREE: &str = "geocode/free_buildings";
    pub const FREE_SQUARES: &str = "geocode/free_building_squares";
    pub const OUTLINES: &str = "geocode/outlines";
    pub const CORNERS: &str = "geocode/corners";
    pub const PIECES_BY_CELL: &str = "geocode/pieces_by_cell";
}

/// An index into the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct DocId(pub u32);

/// What a document is; also the first byte of its keys in the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Street,
    Place,
    Poi,
    Postcode,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Street, Self::Place, Self::Poi, Self::Postcode];

    pub fn byte(self) -> u8 {
        match self {
            Self::Street => b's',
            Self::Place => b'p',
            Self::Poi => b'i',
            Self::Postcode => b'z',
        }
    }

    /// A key of the names for this kind.
    pub fn key(self, name: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(name.len() + 1);
        bytes.push(self.byte());
        bytes.extend(name.as_bytes());
        bytes
    }

    pub(super) fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.byte() == byte)
    }
}

/// A document as stored: 48 bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Doc {
    /// Its name, a text.
    pub name: u32,
    /// A list of texts: other names.
    pub other_names: u32,
    /// A list of documents: the town first, then other places around it, small to large.
    pub around: u32,
    /// A list of documents: its postcodes, the most frequent first.
    pub postcodes: u32,
    /// Where it is shown.
    pub point: Fixed,
    /// Streets: first house. Places of interest: text of the street.
    pub first: u32,
    /// Streets: houses. Places of interest: text of the house number.
    pub count: u32,
    /// Streets: first line.
    pub line: u32,
    /// Streets: lines.
    pub lines: u16,
    /// How far it reaches from its point.
    pub reach: Tens,
    /// Sorts equals, higher first.
    pub importance: u32,
    /// [`Kind::byte`].
    pub kind: u8,
    /// Places: [`crate::build::places::Rank`] as a number, 0 the largest. Streets: see [`StoredHouse::off`].
    pub rank: u8,
    /// Its country, two capitals; zeros where unknown.
    pub country: [u8; 2],
}

/// Metres in tens, rounded up: to 655 km.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Tens(u16);

impl Tens {
    pub fn of(metres: f64) -> Self {
        Self((metres / 10.0).ceil() as u16)
    }

    pub fn metres(self) -> f64 {
        f64::from(self.0) * 10.0
    }
}

/// A house as stored: 8 bytes. What the street knows already is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct StoredHouse {
    /// Its number without what [`Ending::high`] adds.
    pub number: u16,
    /// Which ending; [`RARE`] stands for one of the rare ones.
    pub ending: u16,
    /// From the street's point, in steps of `1 << rank` ten-millionths of a degree: east and north.
    pub off: [i16; 2],
}

/// The ending is looked up by house.
pub(crate) const RARE: u16 = u16::MAX;

/// What is behind the low part of a house number: few are needed, so that a house names one in two bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Ending {
    /// Text of the suffix; 0 is empty.
    pub suffix: u32,
    /// Added 65,536 times to the number; the highest bit says that the village gave it and not the street.
    pub high: u32,
}

impl Ending {
    /// The bit of `high`.
    pub const BY_VILLAGE: u32 = 1 << 31;
}

/// A house whose ending has no number of its own.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct RareEnding {
    pub house: u32,
    pub ending: Ending,
}

/// A run of houses of one street that lie together, sorted by the cell of their middle.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct HouseGroup {
    /// The middle of the box around them.
    pub middle: Fixed,
    /// The first of them.
    pub first: u32,
    /// How many there are.
    pub count: u32,
}

/// The houses of a group lie at most this far from its middle, metres.
pub(crate) const GROUP_REACH: f64 = 120.0;
/// Houses in a group.
pub(crate) const GROUP_SIZE: usize = 32;

/// The outline of a building, sorted by the cell of its middle.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Outline {
    /// The middle of its box; corners are counted from it in ten-millionths of a degree.
    pub middle: Fixed,
    /// The house it is, or [`Outline::INSIDE`].
    pub house: u32,
    /// Its first corner.
    pub first: u32,
}

impl Outline {
    /// The houses are those that lie inside.
    pub const INSIDE: u32 = u32::MAX;
}

/// Corners of an outline lie at most this far from its middle, metres.
pub(crate) const OUTLINE_REACH: f64 = 300.0;

/// How a house is known, beside the number, in the same order as the houses: postcode and source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct HouseFlags(pub u8);

impl HouseFlags {
    /// The number lies in a range that is written, or on an interpolation line.
    pub const IMPLIED: u8 = 0x80;
    /// The number was placed along an interpolation line.
    pub const LINE: u8 = 0x40;
    /// Which of the street's postcodes, counted from 1; 0 is unknown.
    pub fn postcode(self) -> usize {
        usize::from(self.0 & 0x3f)
    }
}

/// Facts about the whole.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Meta {
    pub layout: u32,
    pub docs: u32,
    pub houses: u32,
    /// The country everything lies in, two capitals; zeros where unknown or several.
    pub country: [u8; 2],
    /// Hyphens join house numbers (`34-10`).
    pub hyphens_join: u8,
    /// Zero.
    pub unused: u8,
    /// Bounds: west, south, east, north.
    pub bounds: [i32; 4],
    /// Postcode shapes, texts, `9` for a digit and `a` for a letter; 0 ends.
    pub shapes: [u32; 8],
}
