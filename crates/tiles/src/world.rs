//! The plane everything is drawn in: Web Mercator in whole units, 2³⁰ to the side of the world.
//!
//! Whole units make drawing repeatable: neighbours that share an edge share it exactly, and a zoom's
//! pixels are a shift of the same numbers in every tile. One unit is 3.7 cm at the equator; zoom 14 sees 16.

use geom::{BBox, EXTENT, LngLat, TileId};

/// log₂ of the side of the world.
pub(crate) const WORLD_BITS: u32 = 30;

/// log₂ of a tile's extent.
const EXTENT_BITS: u32 = EXTENT.ilog2();

/// A place in the plane, or one in a zoom's or a tile's units; y grows southwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Point {
    pub x: i32,
    pub y: i32,
}

/// A closed rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub min: Point,
    pub max: Point,
}

/// Shorthand for a point.
pub(crate) const fn at(x: i32, y: i32) -> Point {
    Point { x, y }
}

/// Where a place lies in the plane.
pub(crate) fn to_world(p: LngLat) -> Point {
    let world = TileId { z: 0, x: 0, y: 0 }.project(p);
    let scale = f64::from(1 << (WORLD_BITS - EXTENT_BITS));
    // The eastern and southern end of the world would be one unit too far for its last tile.
    let unit = |v: f64| ((v * scale).round() as i32).clamp(0, (1 << WORLD_BITS) - 1);
    at(unit(world.x), unit(world.y))
}

/// The box of the plane that a box of degrees covers.
pub(crate) fn world_rect(bbox: BBox) -> Rect {
    let corner = |lng: f64, lat: f64| {
        let place = LngLat::new(lng.clamp(-180.0, 180.0), lat.clamp(-90.0, 90.0));
        to_world(place.unwrap_or_else(|_| bbox.center()))
    };
    Rect {
        min: corner(bbox.west, bbox.north),
        max: corner(bbox.east, bbox.south),
    }
}

/// How many bits of the plane's units one unit of a zoom covers.
pub(crate) fn zoom_shift(z: u8) -> u32 {
    WORLD_BITS - EXTENT_BITS - u32::from(z)
}

/// A point of the plane in a zoom's units, rounded.
pub(crate) fn to_zoom(p: Point, z: u8) -> Point {
    let shift = zoom_shift(z);
    let half = if shift == 0 { 0 } else { 1 << (shift - 1) };
    at((p.x + half) >> shift, (p.y + half) >> shift)
}

impl Rect {
    /// The smallest rectangle around some points; `None` without points.
    pub fn around(points: impl IntoIterator<Item = Point>) -> Option<Self> {
        let mut points = points.into_iter();
        let first = points.next()?;
        let mut rect = Self {
            min: first,
            max: first,
        };
        for p in points {
            rect.min = at(rect.min.x.min(p.x), rect.min.y.min(p.y));
            rect.max = at(rect.max.x.max(p.x), rect.max.y.max(p.y));
        }
        Some(rect)
    }

    /// The point lies inside or on the edge.
    pub fn contains(&self, p: Point) -> bool {
        (self.min.x..=self.max.x).contains(&p.x) && (self.min.y..=self.max.y).contains(&p.y)
    }

    /// They share at least a point.
    pub fn meets(&self, other: &Self) -> bool {
        self.min.x <= other.max.x
            && other.min.x <= self.max.x
            && self.min.y <= other.max.y
            && other.min.y <= self.max.y
    }

    /// The longer side.
    pub fn side(&self) -> i32 {
        (self.max.x - self.min.x).max(self.max.y - self.min.y)
    }

    /// The four corners as an open ring.
    pub fn corners(&self) -> [Point; 4] {
        let (a, b) = (self.min, self.max);
        [a, at(b.x, a.y), b, at(a.x, b.y)]
    }
}

/// Twice the signed area of an open ring, by the shoelace formula in y-down coordinates.
pub(crate) fn doubled_area(ring: &[Point]) -> i64 {
    let Some(&origin) = ring.first() else {
        return 0;
    };
    // Relative to the first point, so that products stay within 2⁶².
    let relative = |p: Point| (i64::from(p.x - origin.x), i64::from(p.y - origin.y));
    ring.iter()
        .zip(ring.iter().skip(1))
        .map(|(&a, &b)| {
            let ((ax, ay), (bx, by)) = (relative(a), relative(b));
            ax * by - bx * ay
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_rounds_into_its_tile() {
        let p = LngLat::new(13.2606, 53.5561).unwrap();
        for z in 0..=14 {
            let (tile, p) = (TileId::at(p, z), to_zoom(to_world(p), z));
            assert_eq!(
                (tile.x as i32, tile.y as i32),
                (p.x / EXTENT, p.y / EXTENT),
                "zoom {z}"
            );
        }
    }

    #[test]
    fn the_ends_of_the_world_stay_in_it() {
        let last = (1 << WORLD_BITS) - 1;
        assert_eq!(to_world(LngLat::new(180.0, -90.0).unwrap()), at(last, last));
        assert_eq!(to_world(LngLat::new(-180.0, 90.0).unwrap()), at(0, 0));
    }

    #[test]
    fn the_area_of_a_square() {
        let square = Rect {
            min: at(10, 10),
            max: at(13, 14),
        };
        // 3 × 4 = 12, doubled 24; clockwise on the screen is positive with y down.
        assert_eq!(doubled_area(&square.corners()), 24);
    }
}
