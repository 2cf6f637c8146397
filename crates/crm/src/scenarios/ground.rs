//! Ground that changes hands: unions and differences of drawn areas, cleaned of the slivers that arithmetic leaves.

use std::collections::HashMap;

use geo::{Area as _, BooleanOps, CoordsIter as _, GeodesicArea as _, MapCoords as _, unary_union};
use geo_types::{Coord, MultiPolygon, Polygon};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use territory::Shape;

use crate::problem::Problem;
use crate::territories::{parse_area, to_geojson};

/// Ground of less than so many square metres is rounding along a border.
const LEAST: f64 = 1.0;

/// An area as it is written, and as it is then read: what is previewed is what is published.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    /// GeoJSON MultiPolygon.
    pub geometry: Value,
    pub shape: Shape,
}

impl Ground {
    /// Tidies polygons; `None` if nothing is left of them.
    pub fn tidy(polygons: MultiPolygon) -> Result<Option<Self>, Problem> {
        let polygons = without_slivers(polygons);
        if polygons.0.is_empty() {
            return Ok(None);
        }
        let mended = |p: MultiPolygon| {
            Shape::mended(p).map_err(|error| {
                Problem::bad(
                    "/geometry",
                    "cannot-be-cut",
                    format!("What would be left of an area cannot be used: {error}."),
                )
            })
        };
        let shape = match Shape::parse(polygons.clone()) {
            Ok(shape) => shape,
            Err(_) => mended(polygons)?,
        };
        let geometry = serde_json::to_value(to_geojson(shape.polygons())).map_err(Problem::unexpected)?;
        let shape = parse_area(&geometry).map_err(|bad| bad.problem("/geometry"))?;
        Ok(Some(Self { geometry, shape }))
    }
}

/// Polygons of GeoJSON that this program wrote.
pub(super) fn polygons_of(geometry: &Value) -> Result<MultiPolygon, Problem> {
    Ok(parse_area(geometry)
        .map_err(|bad| bad.problem("/geometry"))?
        .polygons()
        .clone())
}

pub(super) fn to_value(polygons: &MultiPolygon) -> Result<Value, Problem> {
    serde_json::to_value(to_geojson(polygons)).map_err(Problem::unexpected)
}

/// Both together.
pub(super) fn together(a: &MultiPolygon, b: &MultiPolygon) -> MultiPolygon {
    if a.0.is_empty() {
        return b.clone();
    }
    if b.0.is_empty() {
        return a.clone();
    }
    with_vertices_of(a.union(b), &[a, b])
}

/// All of these together.
pub(super) fn all_together(polygons: Vec<Polygon>) -> MultiPolygon {
    let given = MultiPolygon::new(polygons);
    if given.0.len() < 2 {
        return given;
    }
    without_slivers(with_vertices_of(unary_union(&given), &[&given]))
}

/// The first without the second.
pub(super) fn without(a: &MultiPolygon, b: &MultiPolygon) -> MultiPolygon {
    if a.0.is_empty() || b.0.is_empty() {
        return a.clone();
    }
    with_vertices_of(a.difference(b), &[a, b])
}

/// What both have.
pub(super) fn shared(a: &MultiPolygon, b: &MultiPolygon) -> MultiPolygon {
    without_slivers(with_vertices_of(a.intersection(b), &[a, b]))
}

/// Arithmetic on areas works on a grid and shifts every vertex by less than its step: those that were given are put
/// back to the last digit, so that a border that nobody touched stays where it is and with it whoever lies on it.
fn with_vertices_of(made: MultiPolygon, given: &[&MultiPolygon]) -> MultiPolygon {
    // The grid has 2^30 steps over all that is given; a vertex may be shifted by one.
    let all = given.iter().flat_map(|polygons| polygons.coords_iter());
    let [west, south, east, north] = all.fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |[w, s, e, n], c| {
        [w.min(c.x), s.min(c.y), e.max(c.x), n.max(c.y)]
    });
    let step = ((east - west).max(north - south) / f64::from(1 << 29)).max(1e-12);
    let key = |c: Coord<f64>| ((c.x / step).round() as i64, (c.y / step).round() as i64);
    let given: HashMap<(i64, i64), Coord<f64>> = given
        .iter()
        .flat_map(|polygons| polygons.coords_iter())
        .map(|c| (key(c), c))
        .collect();
    made.map_coords(|c| {
        let (x, y) = key(c);
        let near = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy)));
        near.filter_map(|k| given.get(&k))
            .copied()
            .filter(|g| (g.x - c.x).abs() <= step && (g.y - c.y).abs() <= step)
            .min_by(|a, b| {
                let apart = |g: &Coord<f64>| (g.x - c.x).abs() + (g.y - c.y).abs();
                apart(a).total_cmp(&apart(b))
            })
            .unwrap_or(c)
    })
}

/// Whether both have more in common than a border.
pub(super) fn meet(a: &Shape, b: &Shape) -> bool {
    a.bbox().intersects(b.bbox()) && !shared(a.polygons(), b.polygons()).0.is_empty()
}

/// Polygons and holes that are more than rounding.
pub(super) fn without_slivers(polygons: MultiPolygon) -> MultiPolygon {
    let large =
        |polygon: &Polygon| polygon.unsigned_area() > 0.0 && polygon.geodesic_area_signed().abs() >= LEAST;
    let kept = polygons.into_iter().filter_map(|polygon| {
        let (outer, holes) = polygon.into_inner();
        let holes = holes
            .into_iter()
            .filter(|hole| large(&Polygon::new(hole.clone(), Vec::new())))
            .collect();
        let polygon = Polygon::new(outer, holes);
        large(&polygon).then_some(polygon)
    });
    MultiPolygon::new(kept.collect())
}

/// Tells one area from another, `-` where there is none.
pub(super) fn mark(geometry: Option<&Value>) -> String {
    match geometry.filter(|g| !g.is_null()) {
        None => "-".to_owned(),
        Some(geometry) => {
            let digest = Sha256::digest(geometry.to_string().as_bytes());
            digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
        }
    }
}

/// 4π·area ÷ border², 1 for a disc (Polsby and Popper 1991), on the ellipsoid; all parts and holes together.
pub(super) fn compactness(shape: &Shape) -> f64 {
    let border: f64 = shape
        .polygons()
        .iter()
        .map(|p| p.geodesic_perimeter() + holes_border(p))
        .sum();
    if border <= 0.0 {
        return 0.0;
    }
    4.0 * std::f64::consts::PI * shape.square_meters() / (border * border)
}

fn holes_border(polygon: &Polygon) -> f64 {
    let around = |ring: &geo_types::LineString| Polygon::new(ring.clone(), Vec::new()).geodesic_perimeter();
    polygon.interiors().iter().map(around).sum()
}

#[cfg(test)]
mod tests {
    use geo_types::polygon;

    use super::*;

    fn square(west: f64, south: f64, side: f64) -> MultiPolygon {
        let (east, north) = (west + side, south + side);
        MultiPolygon::new(vec![
            polygon![(x: west, y: south), (x: east, y: south), (x: east, y: north), (x: west, y: north)],
        ])
    }

    #[test]
    fn a_border_that_nobody_touched_stays_to_the_last_digit() {
        let mut dice = testkit::Dice::seeded(11);
        let mut random = move || dice.between(0.0, 1.0);
        // A round area with many odd vertices, and a bite out of one side.
        let ring: Vec<(f64, f64)> = (0..200)
            .map(|n| {
                let (turn, far) = (
                    f64::from(n) / 200.0 * std::f64::consts::TAU,
                    0.1 + random() * 0.01,
                );
                (13.26 + far * turn.cos(), 53.55 + far * turn.sin())
            })
            .collect();
        let area = MultiPolygon::new(vec![Polygon::new(ring.clone().into(), Vec::new())]);
        let bite = square(13.33, 53.54, 0.05);
        for made in [without(&area, &bite), together(&area, &bite)] {
            let vertices: Vec<Coord<f64>> = made.coords_iter().collect();
            let away = ring.iter().filter(|(lng, _)| *lng < 13.3);
            let lost: Vec<_> = away
                .filter(|(x, y)| !vertices.contains(&Coord { x: *x, y: *y }))
                .collect();
            assert!(lost.is_empty(), "{} vertices moved", lost.len());
        }
    }

    #[test]
    fn a_square_is_as_compact_as_a_square() {
        // π/4 = 0.785 for a square; at the equator degrees are nearly equal in both directions.
        let shape = Shape::parse(square(13.0, 0.0, 0.01)).unwrap();
        assert!(
            (compactness(&shape) - 0.785).abs() < 0.002,
            "{}",
            compactness(&shape)
        );
    }

    #[test]
    fn what_is_cut_and_given_back_leaves_nothing_over() {
        let whole = square(13.0, 53.0, 0.1);
        let part = square(13.03, 53.02, 0.033);
        let rest = without(&whole, &part);
        let again = together(&rest, &shared(&whole, &part));
        assert!(Ground::tidy(without(&whole, &again)).unwrap().is_none());
        assert!(Ground::tidy(without(&again, &whole)).unwrap().is_none());
        // A neighbour along a border shares no ground.
        let beside = Shape::parse(square(13.1, 53.0, 0.1)).unwrap();
        assert!(!meet(&Shape::parse(whole).unwrap(), &beside));
    }

    #[test]
    fn an_area_reads_as_it_was_written() {
        let ground = Ground::tidy(without(&square(13.0, 53.0, 0.1), &square(13.05, 53.05, 0.2)))
            .unwrap()
            .unwrap();
        assert_eq!(parse_area(&ground.geometry).unwrap(), ground.shape);
        assert_ne!(mark(Some(&ground.geometry)), mark(None));
    }
}
