//! Buildings, their parts, and house numbers.

use osm::Tags;

use super::{meters, tenths};
use crate::feature::{Feature, Layer, Rings, Shape, Value};
use crate::world::Point;

/// Metres of an upper floor, for heights that are only counted in floors.
const FLOOR: f64 = 3.0;

pub(super) fn kind(tags: &Tags) -> Option<&'static str> {
    let is = |key: &str| {
        tags.get(key)
            .is_some_and(|v| !matches!(v, "no" | "razed" | "demolished"))
    };
    let below = tags.is("location", "underground");
    if is("building") && !below {
        return Some("building");
    }
    (is("building:part") && !below).then_some("building_part")
}

pub(super) fn area<'a>(kind: &'static str, tags: &Tags<'a>, shape: Vec<Rings>) -> Feature<'a> {
    let floors = |key: &str| {
        let floors: f64 = tags.get(key)?.trim().parse().ok()?;
        (0.0..200.0)
            .contains(&floors)
            .then(|| (floors * FLOOR * 10.0).round() as i64)
    };
    let height = tags
        .get("height")
        .and_then(tenths)
        .or_else(|| floors("building:levels"));
    let from = tags
        .get("min_height")
        .and_then(tenths)
        .or_else(|| floors("building:min_level"));
    let mut feature = Feature::new(Layer::Buildings, kind, 13, Shape::Areas(shape));
    for (key, tenths) in [("height", height), ("min_height", from)] {
        if let Some(tenths) = tenths.filter(|t| *t > 0) {
            feature = feature.with_from(14, key, meters(tenths));
        }
    }
    feature
}

/// A house number, as point.
pub(super) fn address<'a>(tags: &Tags<'a>, point: Point) -> Option<Feature<'a>> {
    let number = tags.get("addr:housenumber")?.trim();
    if number.is_empty() {
        return None;
    }
    let feature = Feature::new(Layer::Buildings, "address", 14, Shape::Point(point));
    Some(
        feature
            .with("addr_housenumber", Value::Text(number.into()))
            .order(1),
    )
}
