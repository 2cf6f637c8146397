//! Rings put into each other: which one bounds an area, which one is a hole in it.
//!
//! All tests are exact: coordinates are whole numbers of 10⁻⁷ degrees.

use geo_types::{Coord, LineString, Polygon};
use geom::{Fixed, LngLat};

/// A closed ring with an area, counter-clockwise.
pub(crate) struct Ring {
    points: Vec<Fixed>,
    inner: bool,
    double_area: i128,
    low: Fixed,
    high: Fixed,
}

impl Ring {
    /// `None` when fewer than three points or no area are left.
    pub fn new(mut points: Vec<Fixed>, inner: bool) -> Option<Self> {
        points.dedup();
        if points.first() != points.last() {
            points.push(*points.first()?);
        }
        if points.len() < 4 {
            return None;
        }
        let origin = points[0];
        let mut double_area: i128 = points
            .windows(2)
            .map(|edge| cross(origin, edge[0], edge[1]))
            .sum();
        if double_area < 0 {
            points.reverse();
            double_area = -double_area;
        }
        let each = |pick: fn(&Fixed) -> i32| points.iter().map(pick);
        let low = Fixed {
            lng: each(|p| p.lng).min()?,
            lat: each(|p| p.lat).min()?,
        };
        let high = Fixed {
            lng: each(|p| p.lng).max()?,
            lat: each(|p| p.lat).max()?,
        };
        (double_area > 0).then_some(Self {
            points,
            inner,
            double_area,
            low,
            high,
        })
    }

    fn is_within(&self, other: &Self) -> bool {
        let boxes_fit = self.low.lng >= other.low.lng
            && self.low.lat >= other.low.lat
            && self.high.lng <= other.high.lng
            && self.high.lat <= other.high.lat;
        // A ring that touches the other may have all its corners on it; then the middles of its
        // edges tell. Doubled coordinates keep these whole.
        let corners = self
            .points
            .iter()
            .map(|p| [2 * i64::from(p.lng), 2 * i64::from(p.lat)]);
        let middles = (self.points.windows(2)).map(|edge| {
            [
                i64::from(edge[0].lng) + i64::from(edge[1].lng),
                i64::from(edge[0].lat) + i64::from(edge[1].lat),
            ]
        });
        boxes_fit
            && self.double_area < other.double_area
            && corners
                .chain(middles)
                .find_map(|p| other.holds(p))
                .unwrap_or(true)
    }

    /// Whether a point in doubled coordinates lies inside; `None` on the ring itself.
    fn holds(&self, [x, y]: [i64; 2]) -> Option<bool> {
        let mut inside = false;
        for edge in self.points.windows(2) {
            let [ax, ay] = [2 * i64::from(edge[0].lng), 2 * i64::from(edge[0].lat)];
            let [bx, by] = [2 * i64::from(edge[1].lng), 2 * i64::from(edge[1].lat)];
            let side = i128::from(bx - ax) * i128::from(y - ay) - i128::from(x - ax) * i128::from(by - ay);
            let along = (ax.min(bx)..=ax.max(bx)).contains(&x) && (ay.min(by)..=ay.max(by)).contains(&y);
            if side == 0 && along {
                return None;
            }
            if (ay > y) != (by > y) && (side > 0) == (by > ay) {
                inside = !inside;
            }
        }
        Some(inside)
    }

    fn line(&self, reversed: bool) -> LineString<f64> {
        let mut line: Vec<Coord> = self.points.iter().map(|p| LngLat::from(*p).into()).collect();
        if reversed {
            line.reverse();
        }
        LineString(line)
    }
}

/// Twice the signed area of a triangle.
fn cross(origin: Fixed, a: Fixed, b: Fixed) -> i128 {
    let [ax, ay] = [
        i128::from(a.lng) - i128::from(origin.lng),
        i128::from(a.lat) - i128::from(origin.lat),
    ];
    let [bx, by] = [
        i128::from(b.lng) - i128::from(origin.lng),
        i128::from(b.lat) - i128::from(origin.lat),
    ];
    ax * by - bx * ay
}

/// What came of nesting.
pub(crate) struct Nested {
    pub polygons: Vec<Polygon<f64>>,
    /// Every ring found its place.
    pub all_placed: bool,
}

/// Rings in an even number of others bound areas, the rest are holes in the ring around them. A ring
/// that says it is a hole and lies in nothing has lost its surroundings and is left out.
pub(crate) fn nest(mut rings: Vec<Ring>) -> Nested {
    // Largest first, so that what surrounds a ring stands before it. Stable for equal areas.
    rings.sort_by_key(|ring| std::cmp::Reverse(ring.double_area));
    let mut depths: Vec<usize> = Vec::with_capacity(rings.len());
    let mut polygon_of: Vec<Option<usize>> = Vec::with_capacity(rings.len());
    let mut polygons: Vec<(&Ring, Vec<&Ring>)> = Vec::new();
    let mut all_placed = true;
    for (index, ring) in rings.iter().enumerate() {
        let around: Vec<usize> = (0..index).filter(|i| ring.is_within(&rings[*i])).collect();
        let depth = around.len();
        depths.push(depth);
        let mut polygon = None;
        if depth % 2 == 1 {
            // The smallest ring around it stands last.
            let parent = around.iter().rev().find(|i| depths[**i] == depth - 1);
            match parent.and_then(|i| polygon_of[*i]) {
                Some(parent) => polygons[parent].1.push(ring),
                None => all_placed = false,
            }
        } else if ring.inner && depth == 0 {
            all_placed = false;
        } else {
            polygon = Some(polygons.len());
            polygons.push((ring, Vec::new()));
        }
        polygon_of.push(polygon);
    }
    Nested {
        polygons: polygons
            .iter()
            .map(|(outer, holes)| {
                Polygon::new(outer.line(false), holes.iter().map(|h| h.line(true)).collect())
            })
            .collect(),
        all_placed,
    }
}
