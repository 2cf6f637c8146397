//! Fewer points at small zooms (Ramer, Douglas and Peucker), so that areas that shared an edge still do.
//!
//! A point where the edges of different areas part is an *anchor* and stays. Between two anchors an edge is
//! simplified from its smaller end, so both its areas get the same points, whichever way round they run.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::world::Point;

/// The line with the ends kept and every left-out point within `tolerance` of what remains.
pub(crate) fn simplify_line(line: &[Point], tolerance: f64) -> Vec<Point> {
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut keep = vec![false; line.len()];
    keep[0] = true;
    keep[line.len() - 1] = true;
    let mut open = vec![(0, line.len() - 1)];
    while let Some((first, last)) = open.pop() {
        let mut farthest = (tolerance, None);
        for i in first + 1..last {
            let distance = distance_to_segment(line[i], line[first], line[last]);
            if distance > farthest.0 {
                farthest = (distance, Some(i));
            }
        }
        if let (_, Some(i)) = farthest {
            keep[i] = true;
            open.extend([(first, i), (i, last)]);
        }
    }
    let kept = line.iter().zip(keep).filter(|(_, keep)| *keep);
    kept.map(|(p, _)| *p).collect()
}

/// An open ring, simplified between its anchors (their indices, ascending).
pub(crate) fn simplify_ring(ring: &[Point], anchors: &[u32], tolerance: f64) -> Vec<Point> {
    if ring.len() < 4 {
        return ring.to_vec();
    }
    // A ring that shares nothing, or is shared whole, begins at its smallest point in both areas.
    let smallest;
    let anchors = if anchors.is_empty() {
        let index = (0..ring.len()).min_by_key(|i| ring[*i]);
        smallest = [index.unwrap_or(0) as u32];
        &smallest
    } else {
        anchors
    };
    let mut out = Vec::new();
    for (i, &from) in anchors.iter().enumerate() {
        let from = from as usize;
        let to = anchors
            .get(i + 1)
            .map_or(anchors[0] as usize + ring.len(), |a| *a as usize);
        let mut chain: Vec<Point> = (from..=to).map(|j| ring[j % ring.len()]).collect();
        let n = chain.len();
        // Chains that end where they begin are told apart by their second points.
        let turned = (chain[0], chain[1]) > (chain[n - 1], chain[n - 2]);
        if turned {
            chain.reverse();
        }
        let mut simple = simplify_line(&chain, tolerance);
        if turned {
            simple.reverse();
        }
        simple.pop();
        out.extend(simple);
    }
    out
}

/// The points at which the edges of areas part: those met with different neighbours.
pub(crate) fn junctions<'r>(rings: impl IntoParallelIterator<Item = &'r [Point]>) -> HashSet<Point> {
    let mut seen: Vec<(Point, Point, Point)> = rings
        .into_par_iter()
        .flat_map_iter(|ring| {
            let n = ring.len();
            (0..n).map(move |i| {
                let (before, after) = (ring[(i + n - 1) % n], ring[(i + 1) % n]);
                (ring[i], before.min(after), before.max(after))
            })
        })
        .collect();
    seen.par_sort_unstable();
    seen.dedup();
    let parting = seen.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    parting.map(|pair| pair[0].0).collect()
}

fn distance_to_segment(p: Point, a: Point, b: Point) -> f64 {
    let offset = |to: Point| (f64::from(to.x - a.x), f64::from(to.y - a.y));
    let ((px, py), (bx, by)) = (offset(p), offset(b));
    let length2 = bx * bx + by * by;
    let along = if length2 > 0.0 {
        ((px * bx + py * by) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (px - along * bx).hypot(py - along * by)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::world::at;

    proptest! {
        #[test]
        fn no_point_is_farther_off_than_said(
            line in prop::collection::vec((0..1000i32, 0..1000i32), 2..60),
            tolerance in 0.0..200.0f64,
        ) {
            let line: Vec<Point> = line.into_iter().map(|(x, y)| at(x, y)).collect();
            let simple = simplify_line(&line, tolerance);
            prop_assert_eq!((simple.first(), simple.last()), (line.first(), line.last()));
            for p in &line {
                let nearest = simple.windows(2).map(|s| distance_to_segment(*p, s[0], s[1]));
                prop_assert!(nearest.fold(f64::INFINITY, f64::min) <= tolerance + 1e-9);
            }
        }

        /// Two areas left and right of a wiggling border: it must come out the same for both.
        #[test]
        fn a_shared_edge_stays_shared(
            border in prop::collection::vec(-40..40i32, 3..50),
            tolerance in 0.0..60.0f64,
        ) {
            let shared: Vec<Point> =
                (0i32..).zip(&border).map(|(i, dx)| at(1000 + dx, i * 20)).collect();
            let bottom = (border.len() as i32 - 1) * 20;
            let mut left = shared.clone();
            left.extend([at(0, bottom), at(0, 0)]);
            let mut right: Vec<Point> = shared.iter().rev().copied().collect();
            right.extend([at(2000, 0), at(2000, bottom)]);
            let known = junctions(vec![&left[..], &right[..]]);
            prop_assert_eq!(known.len(), 2);
            let simple = |ring: &[Point]| {
                let anchors: Vec<u32> =
                    (0u32..).zip(ring).filter(|(_, p)| known.contains(p)).map(|(i, _)| i).collect();
                let mut border = simplify_ring(ring, &anchors, tolerance);
                border.retain(|p| (900..=1100).contains(&p.x));
                border.sort_unstable_by_key(|p| p.y);
                border
            };
            prop_assert_eq!(simple(&left), simple(&right));
        }
    }

    #[test]
    fn a_lake_fills_the_hole_in_its_wood() {
        // The hole's ring is the lake's ring, begun elsewhere and run the other way.
        let lake: Vec<Point> = (0..60)
            .map(|i| {
                let angle = f64::from(i) / 60.0 * std::f64::consts::TAU;
                at(
                    500 + (300.0 * angle.cos()) as i32,
                    500 + (200.0 * angle.sin()) as i32,
                )
            })
            .collect();
        let mut hole = lake.clone();
        hole.rotate_left(17);
        hole.reverse();
        assert!(junctions(vec![&lake[..], &hole[..]]).is_empty());
        let sorted = |ring: &[Point]| {
            let mut points = simplify_ring(ring, &[], 25.0);
            points.sort_unstable();
            points
        };
        assert_eq!(sorted(&lake), sorted(&hole));
        assert!(sorted(&lake).len() < 20);
    }
}
