//! One integer per place: a Z-order key, so that a square of the world is a range of integers.
//!
//! Longitude and latitude are cut into 2³⁰ steps each and their bits interleaved, which fits a signed
//! 64-bit column on every database. A polygon becomes a few ranges of keys ([`cell_ranges`]).

use crate::{BBox, LngLat};

/// Bits a side: 2³⁰ steps of longitude are 3.7 cm at the equator.
pub const CELL_BITS: u32 = 30;

/// A square of the grid: `level` 0 is the world, each level halves the side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellSquare {
    /// 0..=[`CELL_BITS`].
    pub level: u32,
    /// Column from the west, in `0..2^level`.
    pub x: u32,
    /// Row from the south, in `0..2^level`.
    pub y: u32,
}

impl CellSquare {
    /// The square's box in degrees (closed).
    #[must_use]
    pub fn bbox(self) -> BBox {
        let side = f64::from(1u32 << self.level);
        BBox {
            west: f64::from(self.x) / side * 360.0 - 180.0,
            east: f64::from(self.x + 1) / side * 360.0 - 180.0,
            south: f64::from(self.y) / side * 180.0 - 90.0,
            north: f64::from(self.y + 1) / side * 180.0 - 90.0,
        }
    }

    /// First and last key inside.
    #[must_use]
    pub fn keys(self) -> (i64, i64) {
        let shift = 2 * (CELL_BITS - self.level);
        let first = interleave(self.x, self.y) << shift;
        (first, first + ((1i64 << shift) - 1))
    }

    /// The four halves.
    #[must_use]
    pub fn children(self) -> [Self; 4] {
        let (level, x, y) = (self.level + 1, self.x * 2, self.y * 2);
        [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| Self {
            level,
            x: x + dx,
            y: y + dy,
        })
    }
}

/// Ranges of keys, first and last included, in order.
pub type KeyRanges = Vec<(i64, i64)>;

/// The key of a place: 0..2⁶⁰.
#[must_use]
pub fn cell_of(p: LngLat) -> i64 {
    let side = f64::from(1u32 << CELL_BITS);
    let last = (1u32 << CELL_BITS) - 1;
    let x = (((p.lng() + 180.0) / 360.0 * side) as u32).min(last);
    let y = (((p.lat() + 90.0) / 180.0 * side) as u32).min(last);
    interleave(x, y)
}

/// The square of a level that holds a place.
#[must_use]
pub fn cell_square(p: LngLat, level: u32) -> CellSquare {
    let side = f64::from(1u32 << level);
    let last = (1u32 << level) - 1;
    CellSquare {
        level,
        x: (((p.lng() + 180.0) / 360.0 * side) as u32).min(last),
        y: (((p.lat() + 90.0) / 180.0 * side) as u32).min(last),
    }
}

/// How a square lies to a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Inside,
    Border,
}

/// Covers a shape by at most about `budget` squares. `relation` says of a box whether it is wholly
/// inside (`Some(true)`), touches the border (`Some(false)`), or is wholly outside (`None`).
/// Returns the key ranges (first, last) of inside squares and of border squares, each sorted and
/// joined where they meet: inside keys need no further test, border keys the exact one.
pub fn cell_ranges(budget: usize, mut relation: impl FnMut(BBox) -> Option<bool>) -> (KeyRanges, KeyRanges) {
    let mut done: Vec<(CellSquare, Side)> = Vec::new();
    // Breadth first, so that the budget is spent evenly along the border.
    let mut open = vec![CellSquare { level: 0, x: 0, y: 0 }];
    while !open.is_empty() {
        let mut next = Vec::new();
        for square in open {
            match relation(square.bbox()) {
                None => {}
                Some(true) => done.push((square, Side::Inside)),
                Some(false) => next.push(square),
            }
        }
        let finest = next.first().is_none_or(|s| s.level == CELL_BITS);
        if finest || done.len() + next.len() * 3 > budget.max(4) {
            done.extend(next.into_iter().map(|s| (s, Side::Border)));
            break;
        }
        open = next.into_iter().flat_map(CellSquare::children).collect();
    }
    let ranges = |side: Side| {
        let mut keys: Vec<_> = done.iter().filter(|d| d.1 == side).map(|d| d.0.keys()).collect();
        keys.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::new();
        for (first, last) in keys {
            match joined.last_mut() {
                Some(before) if before.1 + 1 == first => before.1 = last,
                _ => joined.push((first, last)),
            }
        }
        joined
    };
    (ranges(Side::Inside), ranges(Side::Border))
}

fn interleave(x: u32, y: u32) -> i64 {
    (spread(x) | (spread(y) << 1)) as i64
}

/// Puts a zero between all bits.
fn spread(v: u32) -> u64 {
    let mut v = u64::from(v);
    v = (v | (v << 16)) & 0x0000_FFFF_0000_FFFF;
    v = (v | (v << 8)) & 0x00FF_00FF_00FF_00FF;
    v = (v | (v << 4)) & 0x0F0F_0F0F_0F0F_0F0F;
    v = (v | (v << 2)) & 0x3333_3333_3333_3333;
    (v | (v << 1)) & 0x5555_5555_5555_5555
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_is_in_the_range_of_its_square(lng in -180.0..=180.0f64, lat in -90.0..=90.0f64, level in 0..=CELL_BITS) {
            let p = LngLat::new(lng, lat).unwrap();
            let (first, last) = cell_square(p, level).keys();
            prop_assert!((first..=last).contains(&cell_of(p)));
        }

        #[test]
        fn ranges_of_a_box_hold_every_place_in_it(
            w in -180.0..179.0f64, s in -90.0..89.0f64, dw in 0.001..1.0f64, ds in 0.001..1.0f64,
            fx in 0.0..=1.0f64, fy in 0.0..=1.0f64,
        ) {
            let shape = BBox { west: w, south: s, east: w + dw, north: s + ds };
            let (inside, border) = cell_ranges(64, |b| {
                if !b.intersects(&shape) { return None; }
                Some(b.west >= shape.west && b.east <= shape.east && b.south >= shape.south && b.north <= shape.north)
            });
            let key = cell_of(LngLat::new(w + dw * fx, s + ds * fy).unwrap());
            let found = inside.iter().chain(&border).any(|r| (r.0..=r.1).contains(&key));
            prop_assert!(found);
        }
    }
}
