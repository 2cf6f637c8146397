//! Which elements of an extract are drawn, as what, and from which zoom on. One file a layer.

mod boundaries;
mod buildings;
mod land;
mod places;
mod pois;
mod roads;
mod water;

use geo::InteriorPoint;
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use osm::{Area, Extract, Tags, Way};
use rayon::prelude::*;

use crate::clip::{clip_line, clip_ring};
use crate::coast;
use crate::feature::{Feature, Ring, Rings, Shape, Value};
use crate::index::Coast;
use crate::simplify::junctions;
use crate::world::{Point, Rect, at, doubled_area, to_world, world_rect};

/// Everything there is to draw within the extract's bounds. What lies outside is cut off: there the
/// extract promises nothing.
pub(crate) fn features(extract: &Extract) -> (Vec<Feature<'_>>, Coast) {
    let Some(bounds) = extract.bounds() else {
        return (Vec::new(), Coast::None);
    };
    let map = Source {
        extract,
        frame: world_rect(bounds),
    };
    let (ground, coast) = coast::ground(&map);
    let mut features: Vec<Feature> = Vec::new();
    features.extend(land::earth(ground.land));
    features.extend(water::ocean(ground.sea));

    let areas = extract.areas(is_drawn_area);
    features.par_extend(areas.par_iter().flat_map_iter(|area| of_area(&map, area)));
    features.extend(extract.tagged_nodes().flat_map(|node| {
        let point = to_world(node.place);
        let inside = map.frame.contains(point);
        let seen = inside.then(|| of_point(&node.tags, point, None));
        seen.into_iter().flatten()
    }));
    features.extend(extract.ways().flat_map(|way| {
        let kinds = [roads::of_way, water::of_way];
        let map = &map;
        kinds.into_iter().filter_map(move |of_way| of_way(map, &way))
    }));
    features.extend(boundaries::of_extract(&map));
    mark_anchors(&mut features);
    (features, coast)
}

/// An extract and the part of the world to draw.
pub(crate) struct Source<'a> {
    pub extract: &'a Extract,
    pub frame: Rect,
}

impl<'a> Source<'a> {
    /// The parts of a way inside the frame. A way is broken where the extract misses one of its nodes.
    pub fn lines(&self, way: &Way<'a>) -> Vec<Vec<Point>> {
        let mut parts = vec![Vec::new()];
        for node in way.nodes() {
            match (self.extract.place(node), parts.last_mut()) {
                (Some(place), Some(part)) => part.push(to_world(place)),
                _ => parts.push(Vec::new()),
            }
        }
        parts
            .iter()
            .flat_map(|part| clip_line(part, &self.frame))
            .collect()
    }

    /// The part of an area inside the frame.
    pub fn area(&self, shape: &MultiPolygon<f64>) -> Vec<Rings> {
        shape.iter().filter_map(|polygon| self.polygon(polygon)).collect()
    }

    fn polygon(&self, polygon: &Polygon<f64>) -> Option<Rings> {
        let outer = self.ring(polygon.exterior())?;
        let holes = polygon.interiors().iter().filter_map(|ring| self.ring(ring));
        Some(std::iter::once(outer).chain(holes).collect())
    }

    fn ring(&self, ring: &LineString<f64>) -> Option<Ring> {
        let place = |c: &Coord<f64>| geom::LngLat::new(c.x, c.y).ok().map(to_world);
        let mut points: Vec<Point> = ring.0.iter().filter_map(place).collect();
        points.dedup();
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        let points = clip_ring(&points, &self.frame);
        (doubled_area(&points) != 0).then_some(Ring {
            points,
            anchors: Vec::new(),
        })
    }
}

/// Squared world units.
pub(crate) fn area_of(areas: &[Rings]) -> f64 {
    let ring = |ring: &Ring| doubled_area(&ring.points).abs() as f64 / 2.0;
    let polygon = |rings: &Rings| match rings.split_first() {
        Some((outer, holes)) => ring(outer) - holes.iter().map(ring).sum::<f64>(),
        None => 0.0,
    };
    areas.iter().map(polygon).sum::<f64>().max(0.0)
}

/// A point well inside the area, for its label.
pub(crate) fn label_point(areas: &[Rings]) -> Option<Point> {
    let coords = |ring: &Ring| -> LineString<f64> {
        let coord = |p: &Point| Coord {
            x: f64::from(p.x),
            y: f64::from(p.y),
        };
        ring.points.iter().map(coord).collect()
    };
    // The largest part alone: a label stands on one of them.
    let part = |rings: &&Rings| doubled_area(&rings[0].points).abs();
    let largest = areas.iter().filter(|rings| !rings.is_empty()).max_by_key(part)?;
    let (outer, holes) = largest.split_first()?;
    let polygon = Polygon::new(coords(outer), holes.iter().map(coords).collect());
    let point = polygon.interior_point()?;
    Some(at(point.x().round() as i32, point.y().round() as i32))
}

/// Closed ways and multipolygons that may be drawn as areas.
fn is_drawn_area(tags: &Tags) -> bool {
    let drawn = land::kind(tags).is_some()
        || land::is_island(tags)
        || water::area_kind(tags).is_some()
        || buildings::kind(tags).is_some();
    if drawn {
        return true;
    }
    // A closed road or a fence around something is a line, whatever else it is.
    let line = tags.get("highway").is_some() && !tags.is("area", "yes");
    !line && (pois::kind(tags).is_some() || tags.get("addr:housenumber").is_some())
}

/// All that is drawn of an area: the area itself, and a point for its name or number.
fn of_area<'a>(map: &Source<'a>, area: &Area<'a>) -> Vec<Feature<'a>> {
    let tags = &area.tags;
    let shape = map.area(&area.shape);
    let size = area_of(&shape);
    if size <= 0.0 {
        return Vec::new();
    }
    let mut features = Vec::new();
    if let Some(point) = label_point(&shape) {
        features.extend(of_point(tags, point, Some(size)));
        features.extend(water::label(tags, point, size));
        features.extend(land::island_label(tags, point, size));
    }
    if let Some(kind) = buildings::kind(tags) {
        features.push(buildings::area(kind, tags, shape));
    } else if water::area_kind(tags).is_some() {
        features.extend(water::area(tags, shape));
    } else if land::kind(tags).is_some() {
        features.extend(land::areas(tags, shape, size));
    }
    features
}

/// What a node is drawn as, or the middle of an area of that size in squared world units.
fn of_point<'a>(tags: &Tags<'a>, point: Point, size: Option<f64>) -> Vec<Feature<'a>> {
    let mut features = Vec::new();
    features.extend(pois::point(tags, point, size));
    features.extend(buildings::address(tags, point));
    if size.is_none() {
        features.extend(places::point(tags, point));
        features.extend(water::label(tags, point, 0.0));
        features.extend(land::island_label(tags, point, 0.0));
    }
    features
}

/// Finds the points at which areas of ground and water part, so that common edges stay common.
fn mark_anchors(features: &mut [Feature]) {
    let mut rings: Vec<&mut Ring> = Vec::new();
    for feature in features {
        if let Shape::Areas(areas) = &mut feature.shape {
            rings.extend(areas.iter_mut().flatten());
        }
    }
    let points: Vec<&[Point]> = rings.iter().map(|ring| &ring.points[..]).collect();
    let known = junctions(points);
    rings.into_par_iter().for_each(|ring| {
        let indexed = (0u32..).zip(&ring.points);
        ring.anchors = indexed
            .filter(|(_, p)| known.contains(p))
            .map(|(i, _)| i)
            .collect();
    });
}

/// Metres in tenths, from texts such as `12`, `12.5 m` or `12,5`.
fn tenths(text: &str) -> Option<i64> {
    let number = text.trim().trim_end_matches('m').trim_end().replace(',', ".");
    let metres: f64 = number.parse().ok()?;
    (0.0..10_000.0)
        .contains(&metres)
        .then(|| (metres * 10.0).round() as i64)
}

/// A value that is a plain word of the tagging scheme, fit to be shown as a detail.
fn plain_word(value: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (value.len() <= 30 && value.chars().all(plain) && value != "yes").then_some(value)
}

/// The static word equal to a value, if it is one of these.
fn one_of(value: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().find(|word| **word == value).copied()
}

fn meters(tenths: i64) -> Value<'static> {
    Value::Tenths(tenths)
}
