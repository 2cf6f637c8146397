//! Rings to polygons: which hole lies in which outer ring.

use geo_types::{LineString, MultiPolygon, Polygon};

use super::contour::{GridPoint, is_inside, signed_area};
use super::frame::Frame;
use super::simplify::simplify;

/// Rings are simplified by this much of a square's side.
const SIMPLIFY: f64 = 0.05;

/// A ring with the box around it.
struct Boxed {
    ring: Vec<GridPoint>,
    /// With fewer points; empty where nothing is left of it.
    simple: Vec<GridPoint>,
    area: f64,
    low: GridPoint,
    high: GridPoint,
}

impl Boxed {
    fn new((ring, simple): (Vec<GridPoint>, Vec<GridPoint>)) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for p in &ring {
            for axis in 0..2 {
                low[axis] = low[axis].min(p[axis]);
                high[axis] = high[axis].max(p[axis]);
            }
        }
        let area = signed_area(&ring);
        Self {
            ring,
            simple,
            area,
            low,
            high,
        }
    }

    fn may_hold(&self, p: GridPoint) -> bool {
        (0..2).all(|axis| (self.low[axis]..=self.high[axis]).contains(&p[axis]))
    }
}

/// Puts holes into the smallest outer ring around them.
pub(super) fn nest(rings: Vec<Vec<GridPoint>>, frame: &Frame) -> MultiPolygon<f64> {
    let simple = simplify(&rings, SIMPLIFY);
    let rings = rings.into_iter().zip(simple).map(Boxed::new);
    let (mut outer, holes): (Vec<_>, Vec<_>) = rings.partition(|ring| ring.area > 0.0);
    outer.sort_by(|a, b| a.area.total_cmp(&b.area));
    let mut holes_of: Vec<Vec<LineString<f64>>> = vec![Vec::new(); outer.len()];
    for hole in holes {
        let around = (0..outer.len()).filter(|at| outer[*at].may_hold(hole.ring[0]));
        // Every hole lies in some outer ring, so the last that may hold it need not be asked; it is commonly the largest.
        let mut around = around.peekable();
        while let Some(at) = around.next() {
            if around.peek().is_none() || is_inside(&outer[at].ring, hole.ring[0]) {
                holes_of[at].extend(drawn(&hole.simple, frame));
                break;
            }
        }
    }
    // A speck that simplifies to nothing holds no reached road: those fill whole squares.
    let rings = outer.iter().map(|outer| drawn(&outer.simple, frame));
    let polygons = rings.zip(holes_of);
    MultiPolygon(
        polygons
            .filter_map(|(ring, holes)| Some(Polygon::new(ring?, holes)))
            .collect(),
    )
}

/// A ring on the earth, its first point again at the end; `None` where nothing is left of it.
fn drawn(ring: &[GridPoint], frame: &Frame) -> Option<LineString<f64>> {
    let closed = ring.iter().chain(ring.first());
    (!ring.is_empty()).then(|| LineString(closed.map(|point| frame.place(*point)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square ring, counter-clockwise or else clockwise.
    fn square(low: GridPoint, side: f64, outer: bool) -> Vec<GridPoint> {
        let [x, y] = low;
        let mut ring = vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
        if !outer {
            ring.reverse();
        }
        ring
    }

    #[test]
    fn holes_come_into_the_ring_around_them() {
        let rings = vec![
            square([0.0, 0.0], 20.0, true),
            square([3.0, 3.0], 10.0, false),
            square([5.0, 5.0], 6.0, true),
            square([6.0, 6.0], 2.0, false),
            square([15.0, 15.0], 2.0, false),
            square([30.0, 0.0], 5.0, true),
        ];
        let frame = Frame::new([0.0; 2], [1.0; 2], 1.0);
        let holes: Vec<usize> = nest(rings, &frame).iter().map(|p| p.interiors().len()).collect();
        // By size: the one apart, the one in a hole, the largest.
        assert_eq!(holes, [0, 1, 2]);
    }
}
