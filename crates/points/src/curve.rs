//! Places as whole numbers on the Mercator square, and their order along a Hilbert curve.
//!
//! The world is cut into 2³² × 2³² steps (0.9 cm at the equator), so that the tile of any zoom up to 24, a
//! cluster cell, and a position inside a tile are shifts of the same two numbers: neighbours agree to the
//! bit. Along the curve every tile and every cell is one unbroken range of keys, and rows that are near
//! each other along it are near each other on the map.

use std::ops::Range;

use geom::{EXTENT, LngLat, TileId};

/// A place on the Mercator square: steps from the west and from the north.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorldPoint {
    pub x: u32,
    pub y: u32,
}

/// The whole world as one tile.
const WORLD: TileId = TileId { z: 0, x: 0, y: 0 };

impl WorldPoint {
    /// Beyond Mercator's end it is the last row. Agrees with [`TileId::at`] at every zoom, since all
    /// scaling is by powers of two.
    pub fn of(place: LngLat) -> Self {
        let p = WORLD.project(place);
        let scale = (1u64 << 32) as f64 / f64::from(EXTENT);
        // Float to integer conversion saturates, and the last step is kept inside.
        let step = |v: f64| ((v * scale) as u64).min(u64::from(u32::MAX)) as u32;
        Self {
            x: step(p.x),
            y: step(p.y),
        }
    }

    /// Position along the Hilbert curve.
    pub fn key(self) -> u64 {
        let (mut x, mut y, mut key) = (self.x, self.y, 0u64);
        for bit in (0..32).rev() {
            let (rx, ry) = ((x >> bit) & 1, (y >> bit) & 1);
            key = (key << 2) | u64::from((3 * rx) ^ ry);
            if ry == 0 {
                if rx == 1 {
                    (x, y) = (!x, !y);
                }
                (x, y) = (y, x);
            }
        }
        key
    }

    /// Position inside a tile that holds it: 0..4096.
    pub fn in_tile(self, tile: TileId) -> (i32, i32) {
        let steps = tile_steps(tile.z);
        let inside =
            |v: u32, t: u32| (((u64::from(v) - u64::from(t) * steps) * EXTENT as u64) / steps) as i32;
        (inside(self.x, tile.x), inside(self.y, tile.y))
    }
}

/// Steps along one side of a tile.
pub(crate) fn tile_steps(zoom: u8) -> u64 {
    1 << (32 - u32::from(zoom))
}

/// A tile that exists: zoom up to 24, column and row inside the world.
pub(crate) fn exists(tile: TileId) -> bool {
    TileId::new(tile.z, tile.x, tile.y).is_some()
}

/// First and last key of a tile that [`exists`].
pub(crate) fn tile_keys(tile: TileId) -> (u64, u64) {
    let steps = tile_steps(tile.z);
    let corner = WorldPoint {
        x: (u64::from(tile.x) * steps) as u32,
        y: (u64::from(tile.y) * steps) as u32,
    };
    // All keys of a tile share their upper 2 z bits.
    let inner = (u128::from(steps) * u128::from(steps) - 1) as u64;
    (corner.key() & !inner, corner.key() | inner)
}

/// The rows of a range of keys, where rows are in order of their keys.
pub(crate) fn rows_of_keys(xs: &[u32], ys: &[u32], (first, last): (u64, u64)) -> Range<usize> {
    let position = |before: &dyn Fn(u64) -> bool| {
        let (mut low, mut high) = (0, xs.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let point = WorldPoint {
                x: xs[middle],
                y: ys[middle],
            };
            if before(point.key()) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    };
    position(&|key| key < first)..position(&|key| key <= last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_is_in_the_key_range_of_its_tile(lng in -180.0..=180.0f64, lat in -90.0..=90.0f64, z in 0u8..=24) {
            let place = LngLat::new(lng, lat).unwrap();
            let tile = TileId::at(place, z);
            let point = WorldPoint::of(place);
            let (first, last) = tile_keys(tile);
            prop_assert!((first..=last).contains(&point.key()));
            // All keys of the tile and of no other one: 4^(32 - z) of them.
            prop_assert_eq!(u128::from(last - first) + 1, 1u128 << (64 - 2 * u32::from(z)));
            let (x, y) = point.in_tile(tile);
            prop_assert!((0..EXTENT).contains(&x) && (0..EXTENT).contains(&y));
        }
    }

    #[test]
    fn neighbours_along_the_curve_are_neighbours_on_the_map() {
        // The sixteen squares of zoom 2 in order of their keys: each shares a side with the next.
        let mut tiles: Vec<TileId> = (0..16)
            .map(|i| TileId {
                z: 2,
                x: i % 4,
                y: i / 4,
            })
            .collect();
        tiles.sort_by_key(|&tile| tile_keys(tile).0);
        for pair in tiles.windows(2) {
            assert_eq!(pair[0].x.abs_diff(pair[1].x) + pair[0].y.abs_diff(pair[1].y), 1);
        }
    }

    #[test]
    fn the_ends_of_the_world_are_in_its_last_tiles() {
        for (lng, lat) in [(180.0, 90.0), (-180.0, -90.0), (180.0, -90.0), (-180.0, 90.0)] {
            let point = WorldPoint::of(LngLat::new(lng, lat).unwrap());
            assert_eq!(point.x, if lng > 0.0 { u32::MAX } else { 0 });
            assert_eq!(point.y, if lat > 0.0 { 0 } else { u32::MAX });
        }
    }
}
