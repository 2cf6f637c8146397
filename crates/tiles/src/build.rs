//! From an extract to the sections of a pack.

use pack::Section;
use rayon::prelude::*;

use crate::cut::{Grid, cut, groups};
use crate::encode::{self, LARGEST_TILE};
use crate::index;
use crate::kinds;
use crate::{MAX_ZOOM, MIN_ZOOM};

/// Tiles between two reports of progress.
const STEP: usize = 512;

/// How far building is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildProgress {
    /// Tiles made so far.
    pub done: usize,
    /// Tiles there will be.
    pub total: usize,
}

/// Makes every tile of zoom 0 to 14 that touches the extract's bounds. The same extract gives the same
/// bytes, whatever the number of threads. Runs on rayon's current pool; `progress` is called on the
/// caller's thread.
pub fn build(extract: &osm::Extract, progress: &mut dyn FnMut(BuildProgress)) -> Vec<Section> {
    build_with(extract, LARGEST_TILE, progress)
}

/// [`build`] with another limit for a tile's bytes before compression.
pub(crate) fn build_with(
    extract: &osm::Extract,
    largest: usize,
    progress: &mut dyn FnMut(BuildProgress),
) -> Vec<Section> {
    let bounds = extract.bounds();
    let zooms = MIN_ZOOM..=MAX_ZOOM;
    let grids: Vec<Grid> = bounds
        .into_iter()
        .flat_map(|b| zooms.clone().map(move |z| Grid::new(b, z)))
        .collect();
    let total = grids.iter().map(Grid::len).sum();
    progress(BuildProgress { done: 0, total });
    let (features, coast) = kinds::features(extract);
    let mut tiles = Vec::with_capacity(total);
    for grid in grids {
        let groups = groups(&features, grid.z);
        let pieces = cut(&features, &groups, &grid);
        for first in (0..grid.len()).step_by(STEP) {
            let slots = first..(first + STEP).min(grid.len());
            tiles.par_extend(slots.into_par_iter().map(|slot| {
                let start = pieces.partition_point(|p| (p.slot as usize) < slot);
                let end = pieces.partition_point(|p| p.slot as usize <= slot);
                let bytes = encode::tile(&groups, &pieces[start..end], grid.z, largest);
                (grid.tile(slot), bytes)
            }));
            let done = tiles.len();
            progress(BuildProgress { done, total });
        }
    }
    index::to_sections(bounds, coast, tiles)
}
