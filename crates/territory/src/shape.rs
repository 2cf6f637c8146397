//! A drawn area that has been looked over: on the earth, no border crossing itself, outer rings counter-clockwise. Prepared for fast
//! point in polygon.

use geo::{
    Coord, GeodesicArea, LineString, MultiPolygon, Orient, Polygon, Winding, orient::Direction, unary_union,
};
use geom::{BBox, LngLat};

use crate::crossing::first_crossing;
use crate::side::Edge;

/// An area that cannot be used as it was drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ShapeError {
    /// No polygon, or none with an area.
    #[error("the shape is empty; draw at least three corners that are not in one line")]
    Empty,
    /// A ring with fewer than three different corners.
    #[error("ring {ring} of polygon {polygon} has {corners} different corners; a ring needs three")]
    TooFewCorners {
        /// The polygon, from 0.
        polygon: usize,
        /// The ring, 0 for the outer one.
        ring: usize,
        /// How many there are.
        corners: usize,
    },
    /// A corner that is not on the earth.
    #[error("the corner {lng}, {lat} is not on the earth; coordinates are [longitude, latitude]")]
    OutOfRange {
        /// What was given.
        lng: f64,
        /// What was given.
        lat: f64,
    },
    /// A border that crosses or runs along itself or another border of the shape.
    #[error("the border crosses itself near {lng:.6}, {lat:.6}")]
    CrossesItself {
        /// Where.
        lng: f64,
        /// Where.
        lat: f64,
    },
    /// A hole outside its polygon.
    #[error("hole {ring} of polygon {polygon}, near {lng:.6}, {lat:.6}, is not inside it")]
    HoleOutside {
        /// The polygon, from 0.
        polygon: usize,
        /// The ring, from 1.
        ring: usize,
        /// A corner of the hole.
        lng: f64,
        /// A corner of the hole.
        lat: f64,
    },
    /// One polygon of the shape inside another.
    #[error(
        "polygons {0} and {1} of the shape lie one in the other; leave the inner one out, or cut it out as a hole"
    )]
    Nested(usize, usize),
    /// An edge of more than 180 degrees.
    #[error(
        "the border jumps from {from} to {to} degrees of longitude; cut areas across the antimeridian in two at 180"
    )]
    Antimeridian {
        /// One end.
        from: f64,
        /// The other.
        to: f64,
    },
}

/// An area: polygons that do not overlap, with holes. Made by [`Shape::parse`] or [`Shape::mended`].
#[derive(Clone, Debug)]
pub struct Shape {
    polygons: MultiPolygon,
    bbox: BBox,
    square_meters: f64,
    slabs: Slabs,
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.polygons == other.polygons
    }
}

impl Shape {
    /// Looks a drawn area over. Repeated corners go, rings are closed, windings put right; all else that is wrong is refused with the
    /// place where it is wrong. Polygons and rings may touch in single points.
    pub fn parse(drawn: MultiPolygon) -> Result<Self, ShapeError> {
        let polygons = tidy(drawn)?;
        if let Some([lng, lat]) = first_crossing(&polygons) {
            return Err(ShapeError::CrossesItself { lng, lat });
        }
        check_nesting(&polygons)?;
        Self::prepared(polygons)
    }

    /// Like [`Shape::parse`], but makes the best of borders that cross, nest or overlap: what is inside an even number of times is a
    /// hole, as drawing programs fill it.
    pub fn mended(drawn: MultiPolygon) -> Result<Self, ShapeError> {
        let polygons = tidy(drawn)?;
        if first_crossing(&polygons).is_none() && check_nesting(&polygons).is_ok() {
            return Self::prepared(polygons);
        }
        let one_by_one: Vec<MultiPolygon> = polygons
            .iter()
            .map(|p| geo::BooleanOps::union(p, &MultiPolygon::new(Vec::new())))
            .collect();
        Self::prepared(tidy(unary_union(&one_by_one))?)
    }

    fn prepared(polygons: MultiPolygon) -> Result<Self, ShapeError> {
        let corners = polygons.iter().flat_map(|p| p.exterior().coords());
        let places = corners.filter_map(|c| LngLat::new(c.x, c.y).ok());
        let bbox = BBox::around(places).ok_or(ShapeError::Empty)?;
        let square_meters = polygons.geodesic_area_signed().abs();
        if square_meters <= 0.0 {
            return Err(ShapeError::Empty);
        }
        let slabs = Slabs::new(&polygons, &bbox);
        Ok(Self {
            polygons,
            bbox,
            square_meters,
            slabs,
        })
    }

    /// The corners: outer rings counter-clockwise, holes clockwise, degrees.
    #[must_use]
    pub fn polygons(&self) -> &MultiPolygon {
        &self.polygons
    }

    /// The box around it.
    #[must_use]
    pub fn bbox(&self) -> &BBox {
        &self.bbox
    }

    /// Its area on the WGS 84 ellipsoid, more than 0.
    #[must_use]
    pub fn square_meters(&self) -> f64 {
        self.square_meters
    }

    /// Whether the point is inside. Half-open on borders: the left and lower border belong to the area, the right and upper do not,
    /// so of areas that share a border exactly one has each of its points.
    #[must_use]
    #[inline]
    pub fn contains(&self, place: LngLat) -> bool {
        self.bbox.contains(place) && self.slabs.crossings([place.lng(), place.lat()]) % 2 == 1
    }

    /// Whether the point is exactly on a border.
    #[must_use]
    pub fn on_border(&self, place: LngLat) -> bool {
        self.bbox.contains(place) && self.slabs.touches([place.lng(), place.lat()])
    }
}

/// Closes rings, drops repeated corners, puts windings right; refuses what is not on the earth.
fn tidy(drawn: MultiPolygon) -> Result<MultiPolygon, ShapeError> {
    let mut polygons = Vec::with_capacity(drawn.0.len());
    for (index, polygon) in drawn.into_iter().enumerate() {
        let (outer, holes) = polygon.into_inner();
        if outer.0.is_empty() && holes.is_empty() {
            continue;
        }
        let outer = tidy_ring(outer, index, 0)?;
        let holes: Result<Vec<LineString>, ShapeError> = holes
            .into_iter()
            .enumerate()
            .filter(|(_, hole)| !hole.0.is_empty())
            .map(|(hole_index, hole)| tidy_ring(hole, index, hole_index + 1))
            .collect();
        polygons.push(Polygon::new(outer, holes?).orient(Direction::Default));
    }
    if polygons.is_empty() {
        return Err(ShapeError::Empty);
    }
    Ok(MultiPolygon::new(polygons))
}

fn tidy_ring(mut line: LineString, polygon: usize, ring: usize) -> Result<LineString, ShapeError> {
    for &Coord { x, y } in &line.0 {
        if LngLat::new(x, y).is_err() {
            return Err(ShapeError::OutOfRange { lng: x, lat: y });
        }
    }
    // Minus zero and zero are one place; edges are compared by value later.
    line.0
        .iter_mut()
        .for_each(|c| (c.x, c.y) = (c.x + 0.0, c.y + 0.0));
    line.0.dedup();
    line.close();
    let corners = line.0.len().saturating_sub(1);
    if corners < 3 {
        return Err(ShapeError::TooFewCorners {
            polygon,
            ring,
            corners,
        });
    }
    if let Some(jump) = line
        .lines()
        .find(|edge| (edge.end.x - edge.start.x).abs() > 180.0)
    {
        return Err(ShapeError::Antimeridian {
            from: jump.start.x,
            to: jump.end.x,
        });
    }
    if line.winding_order().is_none() {
        return Err(ShapeError::Empty);
    }
    Ok(line)
}

/// Holes lie in their polygon and polygons beside each other. Borders are known not to cross, so one corner that is not on the other
/// border tells for the whole ring.
fn check_nesting(polygons: &MultiPolygon) -> Result<(), ShapeError> {
    let rings: Vec<Vec<Edge>> = polygons.iter().map(|p| edges_of(p.exterior())).collect();
    for (index, polygon) in polygons.iter().enumerate() {
        for (hole_index, hole) in polygon.interiors().iter().enumerate() {
            if inside(hole, &rings[index]) == Some(false) {
                let Coord { x, y } = hole.0[0];
                return Err(ShapeError::HoleOutside {
                    polygon: index,
                    ring: hole_index + 1,
                    lng: x,
                    lat: y,
                });
            }
        }
    }
    for (inner, polygon) in polygons.iter().enumerate() {
        for (outer, ring) in rings.iter().enumerate() {
            if inner == outer || inside(polygon.exterior(), ring) != Some(true) {
                continue;
            }
            // An island in a hole of the other is fine.
            let holes = polygons.0[outer].interiors();
            if !holes
                .iter()
                .any(|hole| inside(polygon.exterior(), &edges_of(hole)) == Some(true))
            {
                return Err(ShapeError::Nested(outer.min(inner), outer.max(inner)));
            }
        }
    }
    Ok(())
}

/// Whether a ring is inside another one that it does not cross; `None` if all its corners are on the other.
fn inside(ring: &LineString, other: &[Edge]) -> Option<bool> {
    let corner = ring
        .coords()
        .map(|c| [c.x, c.y])
        .find(|&c| !other.iter().any(|edge| edge.touches(c)))?;
    Some(other.iter().filter(|edge| edge.crossed_from(corner)).count() % 2 == 1)
}

fn edges_of(ring: &LineString) -> Vec<Edge> {
    ring.lines().map(|line| Edge::new(line.start, line.end)).collect()
}

/// Edges sorted into strips of equal height, so that a point is tested against the few in its strip.
#[derive(Clone, Debug)]
struct Slabs {
    south: f64,
    per_degree: f64,
    /// Strip `i` holds `edges[bounds[i]..bounds[i + 1]]`.
    bounds: Vec<u32>,
    edges: Vec<Edge>,
}

impl Slabs {
    fn new(polygons: &MultiPolygon, bbox: &BBox) -> Self {
        let all: Vec<Edge> = polygons
            .iter()
            .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
            .flat_map(edges_of)
            .collect();
        // One strip an edge, but no more than a shape of 2¹⁶ corners would have.
        let count = all.len().clamp(1, 1 << 16);
        let mut this = Self {
            south: bbox.south,
            per_degree: count as f64 / (bbox.north - bbox.south).max(f64::MIN_POSITIVE),
            bounds: Vec::new(),
            edges: Vec::new(),
        };
        let mut strips: Vec<u32> = vec![0; count + 1];
        let span = |edge: &Edge| this.strip(edge.low[1], count)..=this.strip(edge.high[1], count);
        for edge in &all {
            span(edge).for_each(|strip| strips[strip + 1] += 1);
        }
        for strip in 0..count {
            strips[strip + 1] += strips[strip];
        }
        let total = strips[count] as usize;
        let mut next = strips.clone();
        let mut edges = vec![
            Edge {
                low: [0.0; 2],
                high: [0.0; 2]
            };
            total
        ];
        for edge in &all {
            for strip in span(edge) {
                edges[next[strip] as usize] = *edge;
                next[strip] += 1;
            }
        }
        this.bounds = strips;
        this.edges = edges;
        this
    }

    /// Rises with latitude, so an edge is in the strip of every point between its ends.
    #[inline]
    fn strip(&self, lat: f64, count: usize) -> usize {
        (((lat - self.south) * self.per_degree) as usize).min(count - 1)
    }

    #[inline]
    fn near(&self, lat: f64) -> &[Edge] {
        let strip = self.strip(lat, self.bounds.len() - 1);
        &self.edges[self.bounds[strip] as usize..self.bounds[strip + 1] as usize]
    }

    #[inline]
    fn crossings(&self, p: [f64; 2]) -> usize {
        self.near(p[1]).iter().filter(|edge| edge.crossed_from(p)).count()
    }

    fn touches(&self, p: [f64; 2]) -> bool {
        self.near(p[1]).iter().any(|edge| edge.touches(p))
    }
}
