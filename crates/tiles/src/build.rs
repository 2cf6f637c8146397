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
                let bytes = encode::tile(&groups, &pieces[start..end], grid.z, LARGEST_TILE);
                (grid.tile(slot), bytes)
            }));
            let done = tiles.len();
            progress(BuildProgress { done, total });
        }
    }
    index::to_sections(bounds, coast, tiles)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read;

    use geom::{LngLat, TileId};
    use osm::{Builder, NodeId, WayId};

    use super::*;

    /// `layer/kind` of what is on the zoom-14 tile of a dense quarter when tiles may have that many bytes.
    fn on_tile(largest: usize) -> (BTreeSet<String>, usize) {
        let bounds = TileId::at(LngLat::new(13.26, 53.55).unwrap(), 14).bbox();
        let place = |i: i64| {
            let (east, north) = (f64::from(i as i32 % 40) / 41.0, f64::from(i as i32 / 40) / 41.0);
            let lng = bounds.west + (bounds.east - bounds.west) * (east + 0.01);
            let lat = bounds.south + (bounds.north - bounds.south) * (north + 0.01);
            geom::Fixed::from(LngLat::new(lng, lat).unwrap())
        };
        let mut builder = Builder::default();
        builder.bounds(bounds);
        for i in 0..1600 {
            let number = i.to_string();
            let tags = [
                ("addr:housenumber", number.as_str()),
                ("shop", "bakery"),
                ("name", number.as_str()),
            ];
            builder.node(NodeId(i), place(i), tags);
        }
        for i in (0..1500).step_by(2) {
            let ring = [i, i + 1, i + 41, i + 40, i].map(NodeId);
            builder.way(WayId(i), ring, [("building", "yes")]);
            builder.way(
                WayId(10_000 + i),
                [NodeId(i), NodeId(i + 40)],
                [("highway", "footway")],
            );
        }
        builder.way(WayId(90_000), [NodeId(0), NodeId(1599)], [("highway", "primary")]);
        let extract = builder.finish();
        let (features, _) = kinds::features(&extract);
        let grid = Grid::new(bounds, 14);
        let groups = groups(&features, 14);
        let mut pieces = cut(&features, &groups, &grid);
        pieces.retain(|p| grid.tile(p.slot as usize).bbox().center() == bounds.center());
        let mut bytes = Vec::new();
        let stored = encode::tile(&groups, &pieces, 14, largest);
        flate2::read::GzDecoder::new(&stored[..])
            .read_to_end(&mut bytes)
            .unwrap();
        let reader = fast_mvt::MvtReaderRef::new(&bytes).unwrap();
        let mut kinds = BTreeSet::new();
        for layer in reader.layers() {
            for feature in layer.features() {
                let kind = feature.properties_vec().unwrap()[0].1.into_owned();
                let fast_mvt::MvtValue::String(kind) = kind else {
                    panic!("a kind is a text");
                };
                kinds.insert(format!("{}/{kind}", layer.name()));
            }
        }
        (kinds, bytes.len())
    }

    #[test]
    fn a_tile_too_large_loses_the_least_useful_first() {
        let (all, size) = on_tile(LARGEST_TILE);
        let words = |kinds: &BTreeSet<String>| kinds.iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(
            words(&all),
            "buildings/address buildings/building earth/earth pois/bakery roads/major_road roads/path"
        );
        let (fewer, smaller) = on_tile(size - 1);
        assert!(smaller < size);
        assert_eq!(
            words(&fewer),
            "buildings/building earth/earth pois/bakery roads/major_road roads/path"
        );
        let (fewer, smaller) = on_tile(smaller - 1);
        assert_eq!(
            words(&fewer),
            "buildings/building earth/earth roads/major_road roads/path"
        );
        let (fewer, smaller) = on_tile(smaller - 1);
        assert_eq!(words(&fewer), "buildings/building earth/earth roads/major_road");
        let (fewer, _) = on_tile(smaller - 1);
        assert_eq!(words(&fewer), "earth/earth roads/major_road");
        // What is left is never dropped, however small the limit.
        assert_eq!(on_tile(0).0, fewer);
    }
}
