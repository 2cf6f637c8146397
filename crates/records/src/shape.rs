//! Is this place inside? A polygon made ready for many questions, and its cells.

use std::sync::Arc;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use geom::{BBox, LngLat, cell_ranges};
use rstar::{AABB, RTree, RTreeObject};

use crate::FilterError;

/// A checked area of the earth. Points on its border are inside.
#[derive(Clone, Debug)]
pub struct Shape(Arc<Prepared>);

#[derive(Debug)]
struct Prepared {
    polygons: MultiPolygon,
    edges: RTree<Edge>,
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.0.polygons == other.0.polygons
    }
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    from: Coord,
    to: Coord,
}

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners([self.from.x, self.from.y], [self.to.x, self.to.y])
    }
}

impl Shape {
    /// Most corners of one shape.
    pub const MAX_CORNERS: usize = 100_000;

    /// Checks and prepares polygons: longitude first, on the earth, three or more corners a ring, rings that
    /// do not cross themselves; holes and either direction of winding are fine.
    ///
    /// # Errors
    /// [`FilterError`] saying which polygon and why.
    pub fn new(polygons: MultiPolygon) -> Result<Self, FilterError> {
        use geo::{CoordsIter, Validation};
        let refuse = |message: String| FilterError {
            message,
            property: None,
        };
        let corners = polygons.coords_count();
        if corners == 0 {
            return Err(refuse(
                "the shape is empty; give at least one polygon of three corners".into(),
            ));
        }
        if corners > Self::MAX_CORNERS {
            return Err(refuse(format!(
                "the shape has {corners} corners, at most {} are taken",
                Self::MAX_CORNERS
            )));
        }
        for c in polygons.coords_iter() {
            LngLat::new(c.x, c.y)
                .map_err(|e| refuse(format!("the shape has a corner off the earth: {e}")))?;
        }
        for (index, polygon) in polygons.iter().enumerate() {
            if let Err(fault) = polygon.check_validation() {
                return Err(refuse(format!("polygon {} cannot be used: {fault}", index + 1)));
            }
        }
        let edges = polygons
            .iter()
            .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
            .flat_map(LineString::lines)
            .map(|line| Edge {
                from: line.start,
                to: line.end,
            })
            .collect();
        Ok(Self(Arc::new(Prepared {
            polygons,
            edges: RTree::bulk_load(edges),
        })))
    }

    /// A box. One whose west is greater than its east goes across the antimeridian.
    ///
    /// # Errors
    /// [`FilterError`] for numbers off the earth or a box without area.
    pub fn from_box(west: f64, south: f64, east: f64, north: f64) -> Result<Self, FilterError> {
        let polygon = |west: f64, east: f64| {
            Polygon::new(
                LineString::from(vec![
                    (west, south),
                    (east, south),
                    (east, north),
                    (west, north),
                    (west, south),
                ]),
                Vec::new(),
            )
        };
        if south >= north || west == east {
            return Err(FilterError {
                message: format!(
                    "the box {west},{south},{east},{north} has no area; give west, south, east, north"
                ),
                property: None,
            });
        }
        if west > east {
            return Self::new(MultiPolygon(vec![polygon(west, 180.0), polygon(-180.0, east)]));
        }
        Self::new(MultiPolygon(vec![polygon(west, east)]))
    }

    /// The polygons as they were given.
    #[must_use]
    pub fn polygons(&self) -> &MultiPolygon {
        &self.0.polygons
    }

    /// The place is inside or on the border.
    #[must_use]
    pub fn contains(&self, place: LngLat) -> bool {
        let (x, y) = (place.lng(), place.lat());
        // A ray to the east: an odd number of crossings is inside. Corners count for the edge above only.
        let ray = AABB::from_corners([x, y], [f64::MAX, y]);
        let mut inside = false;
        for edge in self.0.edges.locate_in_envelope_intersecting(ray) {
            let (a, b) = (edge.from, edge.to);
            let side = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
            let spans = |p: f64, q: f64, v: f64| p.min(q) <= v && v <= p.max(q);
            if side == 0.0 && spans(a.x, b.x, x) && spans(a.y, b.y, y) {
                return true;
            }
            if (a.y > y) != (b.y > y) && (side > 0.0) == (b.y > a.y) {
                inside = !inside;
            }
        }
        inside
    }

    /// Key ranges (first, last) of cells that are wholly inside, and of cells on the border.
    pub(crate) fn cells(&self) -> (CellRanges, CellRanges) {
        cell_ranges(CELL_BUDGET, |b| self.relation(b))
    }

    fn relation(&self, b: BBox) -> Option<bool> {
        let envelope = AABB::from_corners([b.west, b.south], [b.east, b.north]);
        let touched = self
            .0
            .edges
            .locate_in_envelope_intersecting(envelope)
            .any(|edge| crosses(edge, &b));
        if touched {
            return Some(false);
        }
        self.contains(b.center()).then_some(true)
    }
}

/// Keys of cells, first and last of each run.
pub(crate) type CellRanges = Vec<(i64, i64)>;

/// About so many squares describe a shape: more are fewer border rows to test, and a longer SQL text.
const CELL_BUDGET: usize = 128;

/// The edge has a point in the box. Exact but for rounding, and then it errs towards the border, which is
/// only slower.
fn crosses(edge: &Edge, b: &BBox) -> bool {
    // Liang–Barsky: the part of the edge that is left after each side of the box has cut it.
    let (dx, dy) = (edge.to.x - edge.from.x, edge.to.y - edge.from.y);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (p, q) in [
        (-dx, edge.from.x - b.west),
        (dx, b.east - edge.from.x),
        (-dy, edge.from.y - b.south),
        (dy, b.north - edge.from.y),
    ] {
        if p == 0.0 {
            if q < 0.0 {
                return false;
            }
        } else if p < 0.0 {
            enter = enter.max(q / p);
        } else {
            leave = leave.min(q / p);
        }
    }
    enter <= leave + 1e-12
}
