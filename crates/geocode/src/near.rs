//! Columns sorted by cell: what lies near a point.

use geom::{BBox, CELL_BITS, CellSquare, LngLat, Meters, cell_square};

/// Entries of a column sorted by cell that lie within `reach` metres of a point, and some more.
pub(crate) fn near<T: Copy>(column: &[T], key: impl Fn(T) -> i64, point: LngLat, reach: f64) -> Vec<T> {
    let mut out = Vec::new();
    for (first, last) in ranges(point, reach) {
        let from = column.partition_point(|at| key(*at) < first);
        out.extend(column[from..].iter().copied().take_while(|at| key(*at) <= last));
    }
    out
}

/// Keys of the nine finest squares around a point that hold everything within `reach` metres.
fn ranges(point: LngLat, reach: f64) -> Vec<(i64, i64)> {
    let around = BBox::around([point]).unwrap_or(BBox::EMPTY).grown(Meters(reach));
    let mut level = CELL_BITS;
    let square = loop {
        let square = cell_square(point, level);
        let bbox = square.bbox();
        let wide = bbox.east - bbox.west >= (around.east - around.west) / 2.0;
        let high = bbox.north - bbox.south >= (around.north - around.south) / 2.0;
        if wide && high || level == 0 {
            break square;
        }
        level -= 1;
    };
    let last = (1i64 << level) - 1;
    let mut out = Vec::with_capacity(9);
    for dx in -1..=1 {
        for dy in -1..=1 {
            let (x, y) = (i64::from(square.x) + dx, i64::from(square.y) + dy);
            if (0..=last).contains(&x) && (0..=last).contains(&y) {
                out.push(
                    CellSquare {
                        level,
                        x: x as u32,
                        y: y as u32,
                    }
                    .keys(),
                );
            }
        }
    }
    out
}

/// Points as cells alone, five bytes each and less: the lower half of each key, and where each upper half begins.
pub(crate) struct Packed {
    /// Upper half, first entry.
    pub squares: Vec<[u32; 2]>,
    pub low: Vec<u32>,
}

/// Packs keys in any order.
pub(crate) fn pack_cells(mut keys: Vec<i64>) -> Packed {
    keys.sort_unstable();
    let mut squares: Vec<[u32; 2]> = Vec::new();
    for (at, key) in (0u32..).zip(&keys) {
        let square = (*key >> 32) as u32;
        if squares.last().is_none_or(|s| s[0] != square) {
            squares.push([square, at]);
        }
    }
    let low = keys.into_iter().map(|key| key as u32).collect();
    Packed { squares, low }
}

/// Packed points within `reach` metres, and some more; each within 4 cm of what was packed.
pub(crate) fn near_packed(squares: &[[u32; 2]], low: &[u32], point: LngLat, reach: f64) -> Vec<LngLat> {
    let mut out = Vec::new();
    for (first, last) in ranges(point, reach) {
        let from = squares.partition_point(|s| i64::from(s[0]) < first >> 32);
        for (at, [square, start]) in squares.iter().enumerate().skip(from) {
            if i64::from(*square) > last >> 32 {
                break;
            }
            let end = squares.get(at + 1).map_or(low.len(), |next| next[1] as usize);
            let key = |low: u32| i64::from(*square) << 32 | i64::from(low);
            let here = low.get(*start as usize..end).unwrap_or(&[]);
            let here = &here[here.partition_point(|low| key(*low) < first)..];
            let inside = here.iter().map(|low| key(*low)).take_while(|key| *key <= last);
            out.extend(inside.filter_map(point_of));
        }
    }
    out
}

/// The south-western corner of a finest cell, or nothing for a damaged key.
fn point_of(key: i64) -> Option<LngLat> {
    let side = f64::from(1u32 << CELL_BITS);
    let (x, y) = (gather(key as u64), gather(key as u64 >> 1));
    LngLat::new(
        f64::from(x) / side * 360.0 - 180.0,
        f64::from(y) / side * 180.0 - 90.0,
    )
    .ok()
}

/// Every second bit.
fn gather(v: u64) -> u32 {
    let mut v = v & 0x5555_5555_5555_5555;
    v = (v | (v >> 1)) & 0x3333_3333_3333_3333;
    v = (v | (v >> 2)) & 0x0F0F_0F0F_0F0F_0F0F;
    v = (v | (v >> 4)) & 0x00FF_00FF_00FF_00FF;
    v = (v | (v >> 8)) & 0x0000_FFFF_0000_FFFF;
    (v | (v >> 16)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use geom::{Fixed, cell_of};
    use proptest::prelude::*;

    proptest! {
        /// Nothing near is missed among packed points, and each is where it was.
        #[test]
        fn packed_points_are_where_they_were(
            points in prop::collection::vec((13.0..13.2f64, 53.5..53.6f64), 1..80),
            at in 0usize..80,
            reach in 1.0..5_000.0f64,
        ) {
            let points: Vec<LngLat> = points.into_iter().map(|(x, y)| LngLat::new(x, y).unwrap()).collect();
            let packed = pack_cells(points.iter().map(|p| cell_of(*p)).collect());
            let here = points[at % points.len()];
            let found = near_packed(&packed.squares, &packed.low, here, reach);
            for p in points.iter().filter(|p| p.distance(here).0 <= reach) {
                prop_assert!(found.iter().any(|f| f.distance(*p).0 < 0.06));
            }
            for f in found {
                prop_assert!(points.iter().any(|p| f.distance(*p).0 < 0.06));
            }
        }

        /// A linear scan finds nothing that the cells miss.
        #[test]
        fn nothing_near_is_missed(
            points in prop::collection::vec((130_000_000i32..131_000_000, 535_000_000i32..536_000_000), 1..60),
            at in 0usize..60,
            reach in 1.0..3_000.0f64,
        ) {
            let mut column: Vec<Fixed> = points.into_iter().map(|(lng, lat)| Fixed { lng, lat }).collect();
            let key = |f: Fixed| cell_of(f.into());
            column.sort_by_key(|f| key(*f));
            let here: LngLat = column[at % column.len()].into();
            let found = near(&column, key, here, reach);
            for f in column.iter().filter(|f| LngLat::from(**f).distance(here).0 <= reach) {
                prop_assert!(found.contains(f));
            }
        }
    }
}
