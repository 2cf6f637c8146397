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

#[cfg(test)]
mod tests {
    use super::*;
    use geom::{Fixed, cell_of};
    use proptest::prelude::*;

    proptest! {
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
