//! What must hold of every tile, whatever is on it.

use fast_mvt::MvtValue;
use geo_types::{Coord, LineString};
use geom::TileId;
use tiles::{FieldKind, LAYERS};

use crate::map::{Map, Seen, read};

const LARGEST: usize = 500_000;

/// Checks every tile of a map; returns how many features there are in all.
pub fn check_map(map: &Map) -> usize {
    let mut features = 0;
    for id in map.ids() {
        let bytes = map
            .raw(id)
            .unwrap_or_else(|| panic!("no tile {id:?} within the bounds"));
        features += check_tile(id, &bytes);
    }
    features
}

fn check_tile(id: TileId, bytes: &[u8]) -> usize {
    assert!(bytes.len() <= LARGEST, "{id:?} has {} bytes", bytes.len());
    let seen = read(bytes);
    let order: Vec<usize> = seen.iter().map(layer_number).collect();
    assert!(order.is_sorted(), "{id:?}: layers in another order than listed");
    for feature in &seen {
        check_attributes(id, feature);
        check_shape(id, feature);
    }
    seen.len()
}

fn layer_number(seen: &Seen) -> usize {
    let number = LAYERS.iter().position(|l| l.id == seen.layer);
    number.unwrap_or_else(|| panic!("unlisted layer `{}`", seen.layer))
}

fn check_attributes(id: TileId, seen: &Seen) {
    let layer = &LAYERS[layer_number(seen)];
    assert!(
        (layer.min_zoom..=layer.max_zoom).contains(&id.z),
        "{id:?} holds `{}`",
        layer.id
    );
    assert!(!seen.text("kind").is_empty(), "{id:?}: no kind: {seen:?}");
    for (key, value) in &seen.attributes {
        let field = layer.fields.iter().find(|f| f.name == key);
        let field = field.unwrap_or_else(|| panic!("unlisted attribute `{key}` of `{}`", layer.id));
        let right = match field.kind {
            FieldKind::String => matches!(value, MvtValue::String(_)),
            FieldKind::Number => seen.number(key).is_some(),
            FieldKind::Boolean => *value == MvtValue::Bool(true),
        };
        assert!(right, "`{}`.`{key}` is {value:?}", layer.id);
    }
    if let Some(min_zoom) = seen.number("min_zoom") {
        assert!(
            min_zoom.min(14.0) <= f64::from(id.z),
            "{id:?} shows {seen:?} too early"
        );
    }
    // An area's name stands on its label point.
    assert!(
        seen.polygons().is_empty() || seen.text("name").is_empty(),
        "{id:?}: a named area, {seen:?}"
    );
}

fn check_shape(id: TileId, seen: &Seen) {
    let (polygons, lines) = (seen.polygons(), seen.lines());
    let points = seen.point();
    assert!(
        !polygons.is_empty() || !lines.is_empty() || points.is_some(),
        "{id:?}: nothing in {seen:?}"
    );
    // Rounding takes a point at the tile's far edge to the first unit of its neighbour.
    let on_tile = |c: &Coord<i32>| (0..=4096).contains(&c.x) && (0..=4096).contains(&c.y);
    assert!(
        points.iter().all(on_tile),
        "{id:?}: a point beside its tile, {seen:?}"
    );
    for line in &lines {
        check_points(id, line);
        assert!(line.0.len() >= 2, "{id:?}: a line of one point");
    }
    for polygon in &polygons {
        check_ring(id, polygon.exterior(), true);
        polygon
            .interiors()
            .iter()
            .for_each(|hole| check_ring(id, hole, false));
        let holes: i64 = polygon.interiors().iter().map(|h| doubled_area(h).abs()).sum();
        assert!(
            holes < doubled_area(polygon.exterior()),
            "{id:?}: holes take all of an area"
        );
    }
}

/// Closed, of at least three different points, and turning the right way: with y down an outer ring's
/// area is positive and a hole's negative.
fn check_ring(id: TileId, ring: &LineString<i32>, outer: bool) {
    check_points(id, ring);
    assert!(ring.0.len() >= 4, "{id:?}: a ring of {} points", ring.0.len());
    assert_eq!(ring.0.first(), ring.0.last(), "{id:?}: an open ring");
    let area = doubled_area(ring);
    assert!(
        if outer { area > 0 } else { area < 0 },
        "{id:?}: area {area}, outer {outer}: {ring:?}"
    );
}

fn check_points(id: TileId, line: &LineString<i32>) {
    let near = |c: &Coord<i32>| (-64..=4160).contains(&c.x) && (-64..=4160).contains(&c.y);
    assert!(line.0.iter().all(near), "{id:?}: beyond the buffer, {line:?}");
    assert!(
        line.0.windows(2).all(|p| p[0] != p[1]),
        "{id:?}: the same point twice, {line:?}"
    );
}

fn doubled_area(ring: &LineString<i32>) -> i64 {
    let cross =
        |p: &[Coord<i32>]| i64::from(p[0].x) * i64::from(p[1].y) - i64::from(p[1].x) * i64::from(p[0].y);
    ring.0.windows(2).map(cross).sum()
}
