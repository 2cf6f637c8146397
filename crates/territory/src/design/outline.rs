//! The ground where customers are, to which territories can be cut.

use geo::{Buffer, ConcaveHull};
use geo_types::{Coord, LineString, MultiPoint, MultiPolygon, Polygon};
use geom::LngLat;

use super::projection::EqualArea;

/// The ground where customers are: their concave hull, grown by a margin in km (at least a metre), in degrees. Empty without places.
#[must_use]
pub fn service_area(places: &[LngLat], margin: f64) -> MultiPolygon {
    let map = EqualArea::around(places.iter().copied());
    let points: MultiPoint = places
        .iter()
        .map(|p| geo_types::Point::from(map.project(*p)))
        .collect();
    if places.is_empty() {
        return MultiPolygon::new(Vec::new());
    }
    let grown = points.concave_hull().buffer(margin.max(1e-3));
    // Whoever stands alone, or in a line, has a hull without an area.
    let grown = if grown.0.is_empty() {
        points.buffer(margin.max(1e-3))
    } else {
        grown
    };
    let degrees = |ring: &LineString| -> LineString {
        ring.coords()
            .map(|c| {
                let p = map.unproject([c.x, c.y]);
                Coord {
                    x: p.lng(),
                    y: p.lat(),
                }
            })
            .collect()
    };
    grown
        .iter()
        .map(|p| Polygon::new(degrees(p.exterior()), p.interiors().iter().map(degrees).collect()))
        .collect()
}
