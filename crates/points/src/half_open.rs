//! Whose is a point on a border? The half-open rule, computed exactly.
//!
//! The rule: a point belongs to a polygon if a ray from it towards the east crosses the polygon's edges
//! an odd number of times, where the point is thought to lie infinitely little to the north-east of
//! where it is (first a little east, then, much less, north). So a point on a western or southern border
//! is inside, a point on an eastern or northern border is outside, and of two polygons that share an edge
//! (with the same two corners) exactly one holds each of its points. Written out, for an edge from
//! `(x1, y1)` to `(x2, y2)` and a point `(x, y)`:
//!
//! - the edge counts only if exactly one of `y1 > y`, `y2 > y` holds (a horizontal edge never does);
//! - then it counts if the point lies strictly to the west of the edge, which is the sign of an exact
//!   orientation test (Shewchuk's adaptive predicate, as in `geo`'s robust kernel) of the edge taken from
//!   its southern to its northern end. A point exactly on the edge is not strictly west of it.
//!
//! The plane is that of longitude and latitude, as GeoJSON has it: edges are straight there.

use geo::Orientation;
use geo::kernels::{Kernel, RobustKernel};
use geo_types::{Coord, MultiPolygon, Polygon};

/// Whether an edge is crossed by the ray towards the east (see the module's words; either direction of
/// the edge gives the same answer).
pub(crate) fn crosses(a: Coord, b: Coord, p: Coord) -> bool {
    let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
    if low.y > p.y || high.y <= p.y {
        return false;
    }
    // Far from the edge its box decides, and the exact test is not needed.
    if p.x < low.x.min(high.x) {
        return true;
    }
    if p.x >= low.x.max(high.x) {
        return false;
    }
    RobustKernel::orient2d(low, high, p) == Orientation::CounterClockwise
}

/// The half-open rule for one ring. Open or closed, of either direction; fewer than three corners hold
/// nothing.
#[must_use]
pub fn ring_contains_half_open(ring: &[Coord], p: Coord) -> bool {
    let Some(&last) = ring.last() else { return false };
    let mut from = last;
    let mut inside = false;
    for &to in ring {
        inside ^= crosses(from, to, p);
        from = to;
    }
    inside
}

/// The half-open rule for polygons with holes: in the outer ring and in none of the holes of at least one
/// of them. A point on the border belongs to exactly one of two polygons that share that border, also
/// where one fills the hole of the other.
#[must_use]
pub fn contains_half_open(polygons: &MultiPolygon, p: Coord) -> bool {
    polygons.iter().any(|polygon| polygon_contains(polygon, p))
}

fn polygon_contains(polygon: &Polygon, p: Coord) -> bool {
    let holes = polygon.interiors().iter();
    // Even-odd over all rings, so that the prepared shape and this one count the same edges.
    std::iter::once(polygon.exterior())
        .chain(holes)
        .fold(false, |inside, ring| inside ^ ring_contains_half_open(&ring.0, p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{coord, polygon};
    use proptest::prelude::*;

    #[test]
    fn west_and_south_are_in_and_east_and_north_are_out() {
        let unit = MultiPolygon(vec![
            polygon![(x: 0., y: 0.), (x: 1., y: 0.), (x: 1., y: 1.), (x: 0., y: 1.)],
        ]);
        let holds = |x: f64, y: f64| contains_half_open(&unit, coord! { x: x, y: y });
        assert!(holds(0.5, 0.5));
        assert!(holds(0.0, 0.5) && holds(0.5, 0.0) && holds(0.0, 0.0));
        assert!(!holds(1.0, 0.5) && !holds(0.5, 1.0) && !holds(1.0, 1.0));
        assert!(!holds(1.0, 0.0) && !holds(0.0, 1.0));
    }

    #[test]
    fn a_hole_is_out_and_what_fills_it_holds_its_border() {
        let outer = vec![(0., 0.), (9., 0.), (9., 9.), (0., 9.)];
        let hole = vec![(3., 3.), (6., 4.), (5., 6.)];
        let with_hole = MultiPolygon(vec![Polygon::new(outer.into(), vec![hole.clone().into()])]);
        let filling = MultiPolygon(vec![Polygon::new(hole.into(), vec![])]);
        // Corners, middles of the hole's edges and its inside: each in exactly one.
        for (x, y) in [
            (3., 3.),
            (6., 4.),
            (5., 6.),
            (4.5, 3.5),
            (5.5, 5.),
            (4., 4.5),
            (4.5, 4.2),
        ] {
            let p = coord! { x: x, y: y };
            assert!(
                contains_half_open(&with_hole, p) ^ contains_half_open(&filling, p),
                "{p:?}"
            );
        }
    }

    proptest! {
        /// A fan of triangles around a middle tiles a polygon: whatever the corners, each point of a
        /// small grid (so that many fall on borders) is in as many triangles as the outline says.
        #[test]
        fn a_fan_holds_each_point_once(
            corners in prop::collection::vec((-4i32..=4, -4i32..=4), 3..8), px in -5i32..=5, py in -5i32..=5,
        ) {
            let at = |(x, y): (i32, i32)| coord! { x: f64::from(x) * 0.1, y: f64::from(y) * 0.1 };
            let ring: Vec<Coord> = corners.iter().copied().map(at).collect();
            let p = at((px, py));
            let mut parity = false;
            for i in 0..ring.len() {
                let triangle = [at((0, 0)), ring[i], ring[(i + 1) % ring.len()]];
                parity ^= ring_contains_half_open(&triangle, p);
            }
            // Inner edges are counted twice and cancel, exactly, on the border too.
            prop_assert_eq!(parity, ring_contains_half_open(&ring, p));
        }
    }
}
