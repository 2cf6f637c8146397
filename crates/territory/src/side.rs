//! On which side of an edge a point lies, exactly.

use geo::kernels::RobustKernel;
use geo::{Coord, Kernel, Orientation};

/// An edge with its lower end first, so that two polygons that share it see it alike whatever way round they go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Edge {
    pub(crate) low: [f64; 2],
    pub(crate) high: [f64; 2],
}

impl Edge {
    pub(crate) fn new(a: Coord, b: Coord) -> Self {
        let (a, b) = ([a.x, a.y], [b.x, b.y]);
        if (a[1], a[0]) <= (b[1], b[0]) {
            Self { low: a, high: b }
        } else {
            Self { low: b, high: a }
        }
    }

    /// A ray from the point towards greater longitude crosses the edge. Half-open: the lower end belongs to the edge and the upper one
    /// does not, and a point on the edge lies to its right. So of all polygons around a shared edge or corner exactly one has it.
    #[inline]
    pub(crate) fn crossed_from(&self, [x, y]: [f64; 2]) -> bool {
        if y < self.low[1] || y >= self.high[1] {
            return false;
        }
        if x < self.low[0] && x < self.high[0] {
            return true;
        }
        if x > self.low[0] && x > self.high[0] {
            return false;
        }
        turn(self.low, self.high, [x, y]) == Orientation::CounterClockwise
    }

    /// The point is on the edge, ends included.
    pub(crate) fn touches(&self, [x, y]: [f64; 2]) -> bool {
        y >= self.low[1]
            && y <= self.high[1]
            && x >= self.low[0].min(self.high[0])
            && x <= self.low[0].max(self.high[0])
            && turn(self.low, self.high, [x, y]) == Orientation::Collinear
    }
}

/// Where `c` lies as seen from `a` towards `b`: counter-clockwise is left. Exact.
#[inline]
pub(crate) fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> Orientation {
    let at = |p: [f64; 2]| Coord { x: p[0], y: p[1] };
    RobustKernel::orient2d(at(a), at(b), at(c))
}
