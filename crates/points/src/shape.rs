//! Part of the world that a question is about.

use std::sync::Arc;

use geo_types::{Coord, MultiPolygon, Polygon};
use geom::{BBox, LngLat};

use crate::{Error, contains_half_open};

/// Everywhere, a box, or polygons with holes. Cheap to clone.
///
/// A box holds its whole edge. Polygons follow the half-open rule of [`crate::contains_half_open`].
/// Nothing crosses the antimeridian: a caller cuts such a shape in two. Rows without a place are
/// [everywhere](Shape::everywhere) and in no other shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape(pub(crate) Kind);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Everywhere,
    Box(BBox),
    Polygons(Arc<MultiPolygon>),
}

impl Shape {
    /// All rows, also those without a place.
    #[must_use]
    pub fn everywhere() -> Self {
        Self(Kind::Everywhere)
    }

    /// A box with its edge. An empty box holds nothing.
    #[must_use]
    pub fn bbox(bbox: BBox) -> Self {
        Self(Kind::Box(bbox))
    }

    /// Polygons with holes; where they overlap a row counts once. Refuses corners that are not finite.
    /// Empty rings, rings of either direction and rings that cross themselves (even-odd) are taken.
    pub fn polygons(polygons: MultiPolygon) -> Result<Self, Error> {
        let rings = polygons
            .iter()
            .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        for corner in rings.flat_map(|ring| &ring.0) {
            if !(corner.x.is_finite() && corner.y.is_finite()) {
                return Err(Error::BadCorner(corner.x, corner.y));
            }
        }
        Ok(Self(Kind::Polygons(Arc::new(polygons))))
    }

    /// One polygon; see [`Shape::polygons`].
    pub fn polygon(polygon: Polygon) -> Result<Self, Error> {
        Self::polygons(MultiPolygon(vec![polygon]))
    }

    /// Whether a row at this place, or without one, lies in the shape. One by one; an
    /// [`Index`](crate::Index) does the same for many at a time.
    #[must_use]
    pub fn contains(&self, place: Option<LngLat>) -> bool {
        match (&self.0, place) {
            (Kind::Everywhere, _) => true,
            (_, None) => false,
            (Kind::Box(bbox), Some(p)) => bbox.contains(p),
            (Kind::Polygons(polygons), Some(p)) => contains_half_open(polygons, Coord::from(p)),
        }
    }
}
