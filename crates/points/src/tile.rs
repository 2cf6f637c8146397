//! A vector tile of rows: how it is asked for and what it is.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// How a tile shows rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileStyle {
    /// Name of the tile's only layer.
    pub layer: String,
    /// A tile with at most this many rows shows each place; one with more shows clusters. 2,000 as a rule.
    pub single_rows: usize,
    /// Into how many cells a cluster tile is cut, from west to east and from north to south: a power of
    /// two up to 256. 32 as a rule (16 pixels of a 512-pixel tile). Cells lie on the world grid of the zoom.
    pub cells_across: u32,
    /// Columns of any kind that a point of one row carries under their own names.
    pub shown: Vec<String>,
    /// Amounts that every point carries, summed over its rows, under their own names.
    pub sums: Vec<String>,
    /// Categories of which every point carries the most urgent value of its rows (see
    /// [`Category::urgency`](crate::Category::urgency)).
    pub most_urgent: Vec<String>,
    /// Categories of which every point carries the value that most of its rows have (of equally frequent
    /// ones the first in order of urgency, then alphabetically). Rows without a value are left out.
    pub commonest: Vec<String>,
    /// No tile is larger, uncompressed: texts are left out first, then cells are joined. 500,000 as a rule.
    pub max_bytes: usize,
}

impl TileStyle {
    /// The usual style: 2,000 single rows, 32 cells across, at most 500,000 bytes, and no columns yet.
    #[must_use]
    pub fn layer(name: impl Into<String>) -> Self {
        Self {
            layer: name.into(),
            single_rows: 2_000,
            cells_across: 32,
            shown: Vec::new(),
            sums: Vec::new(),
            most_urgent: Vec::new(),
            commonest: Vec::new(),
            max_bytes: 500_000,
        }
    }
}

/// A finished tile.
///
/// Its points carry `count` (rows), and what the style asks for. A point of one row also carries `id`
/// ([`RowId`](crate::RowId) as a UUID's text). A point of several rows carries `stack` = true if all are
/// at the very same place, so that zooming in would not part them. Feature ids are
/// [`RowId::feature_number`](crate::RowId::feature_number) for one row, else the number of the cell on the
/// grid of the zoom. There is no buffer around the tile: each row is in exactly one tile of a zoom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tile {
    /// Mapbox Vector Tile 2.1, uncompressed; empty where there are no rows.
    pub bytes: Vec<u8>,
    /// How many rows the tile stands for.
    pub rows: u64,
    /// How many points it holds.
    pub points: usize,
    /// Whether points are cells rather than places.
    pub clustered: bool,
}

impl Tile {
    /// The tile compressed for the wire, quickly rather than well.
    #[must_use]
    pub fn gzip(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::with_capacity(self.bytes.len() / 3 + 64), Compression::fast());
        // Writing into memory fails only for want of memory, which aborts.
        encoder
            .write_all(&self.bytes)
            .and_then(|()| encoder.finish())
            .expect("writing into a vector never fails")
    }
}
