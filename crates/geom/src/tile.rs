//! Web-Mercator tiles: z/x/y with y growing southwards, as every web map counts them.

use crate::{BBox, LngLat};

/// Units along one side of a vector tile (MVT's usual extent).
pub const EXTENT: i32 = 4096;

/// Where the square Mercator world ends.
pub const MAX_MERCATOR_LAT: f64 = 85.051_128_779_806_59;

/// One tile: zoom 0..=24, x and y in `0..2^z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// Zoom.
    pub z: u8,
    /// Column from the west.
    pub x: u32,
    /// Row from the north.
    pub y: u32,
}

/// A point in the plane of a tile: 0..[`EXTENT`] inside it, y growing southwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TilePoint {
    /// East.
    pub x: f64,
    /// South.
    pub y: f64,
}

impl TileId {
    /// `None` where zoom, column or row do not exist.
    #[must_use]
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= 24 && x < (1 << z) && y < (1 << z)).then_some(Self { z, x, y })
    }

    /// The tile of a zoom that holds a point. Beyond Mercator's end it is the last row.
    #[must_use]
    pub fn at(p: LngLat, z: u8) -> Self {
        let n = f64::from(1u32 << z);
        let [x, y] = mercator(p);
        let last = (1u32 << z) - 1;
        Self {
            z,
            x: ((x * n) as u32).min(last),
            y: ((y * n) as u32).min(last),
        }
    }

    /// The tile's box.
    #[must_use]
    pub fn bbox(self) -> BBox {
        let n = f64::from(1u32 << self.z);
        let lat = |y: f64| {
            (std::f64::consts::PI * (1.0 - 2.0 * y / n))
                .sinh()
                .atan()
                .to_degrees()
        };
        BBox {
            west: f64::from(self.x) / n * 360.0 - 180.0,
            east: f64::from(self.x + 1) / n * 360.0 - 180.0,
            north: lat(f64::from(self.y)),
            south: lat(f64::from(self.y + 1)),
        }
    }

    /// A point in this tile's plane; outside 0..[`EXTENT`] when it lies in a neighbour.
    #[must_use]
    pub fn project(self, p: LngLat) -> TilePoint {
        let n = f64::from(1u32 << self.z);
        let [x, y] = mercator(p);
        let e = f64::from(EXTENT);
        TilePoint {
            x: (x * n - f64::from(self.x)) * e,
            y: (y * n - f64::from(self.y)) * e,
        }
    }

    /// The parent at the next smaller zoom.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        (self.z > 0).then(|| Self {
            z: self.z - 1,
            x: self.x / 2,
            y: self.y / 2,
        })
    }

    /// All tiles of a zoom that touch a box, row by row.
    pub fn covering(bbox: BBox, z: u8) -> impl Iterator<Item = Self> {
        let corner = |lng: f64, lat: f64| {
            let p = LngLat::new(lng.clamp(-180.0, 180.0), lat.clamp(-90.0, 90.0));
            Self::at(p.unwrap_or_else(|_| bbox.center()), z)
        };
        let (nw, se) = (corner(bbox.west, bbox.north), corner(bbox.east, bbox.south));
        (nw.y..=se.y).flat_map(move |y| (nw.x..=se.x).map(move |x| Self { z, x, y }))
    }

    /// Position along the Hilbert curve of all tiles, zooms first (as PMTiles v3 numbers them).
    #[must_use]
    pub fn hilbert(self) -> u64 {
        let base: u64 = (0..self.z).map(|z| 1u64 << (2 * u32::from(z))).sum();
        let (mut x, mut y, mut d) = (u64::from(self.x), u64::from(self.y), 0u64);
        let mut s = (1u64 << self.z) / 2;
        while s > 0 {
            let (rx, ry) = (u64::from(x & s > 0), u64::from(y & s > 0));
            d += s * s * ((3 * rx) ^ ry);
            if ry == 0 {
                if rx == 1 {
                    x = (s - 1).wrapping_sub(x) & (2 * s - 1).max(1);
                    y = (s - 1).wrapping_sub(y) & (2 * s - 1).max(1);
                }
                std::mem::swap(&mut x, &mut y);
            }
            x &= s - 1;
            y &= s - 1;
            s /= 2;
        }
        base + d
    }
}

/// Web-Mercator of the whole world as the unit square, y growing southwards.
fn mercator(p: LngLat) -> [f64; 2] {
    let lat = p.lat().clamp(-MAX_MERCATOR_LAT, MAX_MERCATOR_LAT).to_radians();
    let y = (1.0 - lat.tan().asinh() / std::f64::consts::PI) / 2.0;
    [p.lng() / 360.0 + 0.5, y.clamp(0.0, 1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_in_the_box_of_its_tile() {
        let p = LngLat::new(13.2606, 53.5561).unwrap();
        for z in 0..=18 {
            let t = TileId::at(p, z);
            assert!(t.bbox().contains(p), "{t:?}");
            let q = t.project(p);
            let inside = 0.0..=f64::from(EXTENT);
            assert!(inside.contains(&q.x) && inside.contains(&q.y), "{q:?}");
        }
    }

    #[test]
    fn hilbert_numbers_every_tile_once_and_steps_by_one() {
        for z in 0..=5u8 {
            let n = 1u32 << z;
            let mut tiles: Vec<TileId> = (0..n)
                .flat_map(|y| (0..n).map(move |x| TileId { z, x, y }))
                .collect();
            tiles.sort_by_key(|t| t.hilbert());
            for pair in tiles.windows(2) {
                assert_eq!(pair[0].hilbert() + 1, pair[1].hilbert());
                // Neighbours along the curve share an edge.
                assert_eq!(pair[0].x.abs_diff(pair[1].x) + pair[0].y.abs_diff(pair[1].y), 1);
            }
        }
        // PMTiles v3's own example: 0/0/0 is 0, and zoom 1 runs 1..=4.
        assert_eq!(TileId { z: 0, x: 0, y: 0 }.hilbert(), 0);
        assert_eq!(TileId { z: 1, x: 0, y: 0 }.hilbert(), 1);
    }

    #[test]
    fn covering_holds_the_corners() {
        let bbox = BBox {
            west: 13.0,
            south: 53.4,
            east: 13.5,
            north: 53.7,
        };
        let tiles: Vec<_> = TileId::covering(bbox, 12).collect();
        for (lng, lat) in [(13.0, 53.4), (13.5, 53.7), (13.2, 53.5)] {
            assert!(tiles.contains(&TileId::at(LngLat::new(lng, lat).unwrap(), 12)));
        }
    }
}
