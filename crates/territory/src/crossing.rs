//! Where borders cross or run along each other.

use geo::{MultiPolygon, Orientation};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::side::turn;

type Segment = [[f64; 2]; 2];

/// A place at which two edges cross or run along each other; `None` if borders at most touch in points.
pub(crate) fn first_crossing(polygons: &MultiPolygon) -> Option<[f64; 2]> {
    let mut segments: Vec<Segment> = Vec::new();
    for polygon in polygons {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            segments.extend(ring.lines().map(|l| [[l.start.x, l.start.y], [l.end.x, l.end.y]]));
        }
    }
    let boxes = segments
        .iter()
        .enumerate()
        .map(|(i, s)| GeomWithData::new(Rectangle::from_corners(s[0], s[1]), i))
        .collect();
    let tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>> = RTree::bulk_load(boxes);
    segments.iter().enumerate().find_map(|(i, a)| {
        let near = tree.locate_in_envelope_intersecting(AABB::from_corners(a[0], a[1]));
        // The smallest partner, so that the same shape always names the same place.
        let mut partners: Vec<usize> = near.map(|b| b.data).filter(|&j| j > i).collect();
        partners.sort_unstable();
        partners.into_iter().find_map(|j| crossing(*a, segments[j]))
    })
}

/// Where two edges cross in their insides, or the middle of what they share if they run along each other. An end that touches is fine.
pub(crate) fn crossing(a: Segment, b: Segment) -> Option<[f64; 2]> {
    use Orientation::Collinear;
    let (b0, b1) = (turn(a[0], a[1], b[0]), turn(a[0], a[1], b[1]));
    let (a0, a1) = (turn(b[0], b[1], a[0]), turn(b[0], b[1], a[1]));
    if b0 == Collinear && b1 == Collinear {
        return along(a, b);
    }
    if [a0, a1, b0, b1].contains(&Collinear) || b0 == b1 || a0 == a1 {
        return None;
    }
    let (dx, dy) = (a[1][0] - a[0][0], a[1][1] - a[0][1]);
    let (ex, ey) = (b[1][0] - b[0][0], b[1][1] - b[0][1]);
    let across = dx * ey - dy * ex;
    if across == 0.0 {
        return Some(a[0]);
    }
    let t = ((b[0][0] - a[0][0]) * ey - (b[0][1] - a[0][1]) * ex) / across;
    Some([a[0][0] + t * dx, a[0][1] + t * dy])
}

/// The middle of what two edges in one line share, if that is more than a point.
fn along(a: Segment, b: Segment) -> Option<[f64; 2]> {
    let sorted = |s: Segment| if s[0] <= s[1] { s } else { [s[1], s[0]] };
    let (a, b) = (sorted(a), sorted(b));
    let from = if a[0] >= b[0] { a[0] } else { b[0] };
    let to = if a[1] <= b[1] { a[1] } else { b[1] };
    (from < to).then(|| [f64::midpoint(from[0], to[0]), f64::midpoint(from[1], to[1])])
}
