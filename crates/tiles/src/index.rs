//! The three sections of the tiles in a pack, and looking a tile up in them.
//!
//! `tiles/head` is one [`Head`], `tiles/index` a row of [`Entry`] sorted by the tile's Hilbert number,
//! `tiles/data` the gzipped tiles; tiles that are alike share their bytes.

use std::collections::HashMap;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use geom::{BBox, TileId};
use pack::{OpenError, Pack, Section};

use crate::layers::{LAYERS, LayerInfo};
use crate::{MAX_ZOOM, MIN_ZOOM};

const HEAD: &str = "tiles/head";
const INDEX: &str = "tiles/index";
const DATA: &str = "tiles/data";

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Head {
    /// West, south, east, north in degrees; all NaN where the extract held nothing.
    bounds: [f64; 4],
    min_zoom: u8,
    max_zoom: u8,
    coast: u8,
    unused: [u8; 5],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
struct Entry {
    hilbert: u64,
    offset: u64,
    length: u64,
}

/// How land and sea were told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coast {
    /// The extract has no coastline: its whole box is land.
    None,
    /// Its coastline was closed along the box.
    Closed,
    /// Its coastline has gaps and could not be closed: its whole box is drawn as land.
    Broken,
}

impl Coast {
    const ALL: [Self; 3] = [Self::None, Self::Closed, Self::Broken];
}

/// Lays tiles out as sections. Tiles may come in any order; the sections are the same for the same set.
pub(crate) fn to_sections(
    bounds: Option<BBox>,
    coast: Coast,
    mut tiles: Vec<(TileId, Vec<u8>)>,
) -> Vec<Section> {
    tiles.sort_unstable_by_key(|(id, _)| id.hilbert());
    let mut data = Vec::new();
    let mut known: HashMap<&[u8], u64> = HashMap::new();
    let mut entries = Vec::with_capacity(tiles.len());
    for (id, bytes) in &tiles {
        let offset = *known.entry(bytes).or_insert_with(|| {
            let offset = data.len() as u64;
            data.extend_from_slice(bytes);
            offset
        });
        entries.push(Entry {
            hilbert: id.hilbert(),
            offset,
            length: bytes.len() as u64,
        });
    }
    let head = Head {
        bounds: bounds.map_or([f64::NAN; 4], |b| [b.west, b.south, b.east, b.north]),
        min_zoom: MIN_ZOOM,
        max_zoom: MAX_ZOOM,
        coast: coast as u8,
        unused: [0; 5],
    };
    vec![
        Section::new(HEAD, &[head]),
        Section::new(INDEX, &entries),
        Section {
            name: DATA.into(),
            bytes: data,
        },
    ]
}

/// The tiles of an open pack. Cheap to share: it holds the pack and a few numbers.
#[derive(Clone, Debug)]
pub struct TileIndex {
    pack: Arc<Pack>,
    bounds: Option<BBox>,
    min_zoom: u8,
    max_zoom: u8,
    coast: Coast,
}

impl TileIndex {
    /// Checks the sections' lengths, order and ranges, so that no look-up can go astray. The tiles'
    /// own bytes are [`Pack::verify`]'s to check.
    pub fn open(pack: Arc<Pack>) -> Result<Self, OpenError> {
        let heads = pack.slice::<Head>(HEAD)?;
        let [head] = *heads else {
            return Err(refuse(
                HEAD,
                format!("holds {} heads instead of one", heads.len()),
            ));
        };
        let bounds = read_bounds(head.bounds)?;
        if head.min_zoom > head.max_zoom || head.max_zoom > MAX_ZOOM {
            let reason = format!("has zooms {} to {}", head.min_zoom, head.max_zoom);
            return Err(refuse(HEAD, reason));
        }
        let coast = *Coast::ALL
            .get(usize::from(head.coast))
            .ok_or_else(|| refuse(HEAD, format!("has an unknown kind of coast, {}", head.coast)))?;
        let data_len = pack.section(DATA)?.len() as u64;
        let entries = pack.slice::<Entry>(INDEX)?;
        if let Some(pair) = entries.windows(2).find(|p| p[0].hilbert >= p[1].hilbert) {
            let reason = format!("tile {} follows tile {}", pair[1].hilbert, pair[0].hilbert);
            return Err(refuse(INDEX, reason));
        }
        let fits = |e: &Entry| e.offset.checked_add(e.length).is_some_and(|end| end <= data_len);
        if let Some(entry) = entries.iter().find(|e| !fits(e)) {
            let reason = format!(
                "tile {} lies outside the {data_len} bytes of tiles",
                entry.hilbert
            );
            return Err(refuse(INDEX, reason));
        }
        Ok(Self {
            bounds,
            min_zoom: head.min_zoom,
            max_zoom: head.max_zoom,
            coast,
            pack,
        })
    }

    /// A tile as stored: Mapbox Vector Tile, gzipped, to be served with `Content-Encoding: gzip`.
    /// `None` for a tile that does not touch the bounds or is of a zoom that is not stored; a tile
    /// within the bounds on which there is nothing is a gzipped empty tile.
    #[must_use]
    pub fn tile(&self, id: TileId) -> Option<&[u8]> {
        const CHECKED: &str = "checked when the index was opened, and a pack does not change";
        let entries = self.pack.slice::<Entry>(INDEX).expect(CHECKED);
        let data = self.pack.section(DATA).expect(CHECKED);
        if id.z > MAX_ZOOM {
            return None;
        }
        let at = entries.binary_search_by_key(&id.hilbert(), |e| e.hilbert).ok()?;
        let Entry { offset, length, .. } = entries[at];
        Some(&data[offset as usize..(offset + length) as usize])
    }

    /// The region the tiles cover; `None` where the extract held nothing.
    #[must_use]
    pub fn bounds(&self) -> Option<BBox> {
        self.bounds
    }

    /// The smallest zoom stored.
    #[must_use]
    pub fn min_zoom(&self) -> u8 {
        self.min_zoom
    }

    /// The largest zoom stored.
    #[must_use]
    pub fn max_zoom(&self) -> u8 {
        self.max_zoom
    }

    /// How many tiles are stored.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pack
            .section(INDEX)
            .map_or(0, |s| s.len() / size_of::<Entry>())
    }

    /// No tile at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How land and sea were told apart.
    #[must_use]
    pub fn coast(&self) -> Coast {
        self.coast
    }

    /// Names, zooms and attributes of the layers, for TileJSON.
    #[must_use]
    pub fn layers(&self) -> &'static [LayerInfo] {
        LAYERS
    }
}

fn read_bounds([west, south, east, north]: [f64; 4]) -> Result<Option<BBox>, OpenError> {
    if [west, south, east, north].iter().all(|v| v.is_nan()) {
        return Ok(None);
    }
    let span = |low: f64, high: f64, end: f64| -end <= low && low <= high && high <= end;
    if !(span(west, east, 180.0) && span(south, north, 90.0)) {
        let reason = format!("has bounds {west}, {south}, {east}, {north}");
        return Err(refuse(HEAD, reason));
    }
    Ok(Some(BBox {
        west,
        south,
        east,
        north,
    }))
}

fn refuse(section: &str, reason: String) -> OpenError {
    OpenError::Section {
        section: section.to_owned(),
        reason,
    }
}
