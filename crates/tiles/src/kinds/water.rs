//! Water: ocean, lakes and rivers as areas, waterways as lines, and their names.

use osm::{Tags, Way};

use super::{Source, one_of};
use crate::feature::{Feature, Layer, Rings, Shape, zoom_showing};
use crate::world::Point;

/// The sea.
pub(super) fn ocean(sea: Vec<Rings>) -> Option<Feature<'static>> {
    (!sea.is_empty()).then(|| Feature::new(Layer::Water, "ocean", 0, Shape::Areas(sea)))
}

/// What an area of water is, and what more is known of it.
pub(super) fn area_kind<'a>(tags: &Tags<'a>) -> Option<(&'static str, Option<&'a str>)> {
    let detail = || tags.get("water").and_then(super::plain_word);
    match tags.get("waterway") {
        Some("riverbank") => return Some(("water", Some("river"))),
        Some("dock") => return Some(("water", Some("dock"))),
        _ => {}
    }
    match tags.get("landuse") {
        Some("reservoir") => return Some(("water", Some("reservoir"))),
        Some("basin") => return Some(("water", Some("basin"))),
        _ => {}
    }
    if tags.is("natural", "water") {
        return Some(match detail() {
            Some("lake") => ("lake", None),
            other => ("water", other),
        });
    }
    // Indoor pools are part of their building.
    let outdoors = !tags.is("indoor", "yes") && tags.get("building").is_none();
    (outdoors && tags.is("leisure", "swimming_pool")).then_some(("swimming_pool", None))
}

/// An area of water.
pub(super) fn area<'a>(tags: &Tags<'a>, shape: Vec<Rings>) -> Option<Feature<'a>> {
    let (kind, detail) = area_kind(tags)?;
    let min_zoom = if kind == "swimming_pool" { 14 } else { 0 };
    let feature = Feature::new(Layer::Water, kind, min_zoom, Shape::Areas(shape));
    Some(
        feature
            .maybe_text("kind_detail", detail)
            .flag("intermittent", tags.is("intermittent", "yes")),
    )
}

/// The name of a water. Waters given only as a node (bays, straits) have no size.
pub(super) fn label<'a>(tags: &Tags<'a>, point: Point, size: f64) -> Option<Feature<'a>> {
    tags.get("name")?;
    let open = one_of(tags.get("natural").unwrap_or(""), &["bay", "strait"]);
    let sea = matches!(tags.get("place"), Some("sea" | "ocean")).then_some("sea");
    let (kind, detail) = match open.or(sea) {
        Some(kind) => (kind, None),
        None if size > 0.0 => area_kind(tags).filter(|(kind, _)| *kind != "swimming_pool")?,
        None => return None,
    };
    // A river's name runs along its line.
    if matches!(detail, Some("river" | "stream" | "canal" | "ditch" | "drain")) {
        return None;
    }
    let min_zoom = match kind {
        "sea" => 6,
        "bay" | "strait" if size == 0.0 => 12,
        _ => zoom_showing(size, 30_000.0).clamp(6, 16),
    };
    let feature = Feature::new(Layer::Water, kind, min_zoom.min(14), Shape::Point(point));
    let feature = feature
        .maybe_text("kind_detail", detail)
        .whole("min_zoom", min_zoom.into());
    Some(feature.names(tags).order(min_zoom.into()))
}

/// A waterway's line. Where it runs in a pipe it is not seen.
pub(super) fn of_way<'a>(map: &Source<'a>, way: &Way<'a>) -> Option<Feature<'a>> {
    let tags = &way.tags;
    let (kind, min_zoom, named_from) = match tags.get("waterway")? {
        "river" => ("river", 8, 10),
        "canal" => ("canal", 10, 12),
        "stream" => ("stream", 12, 13),
        "ditch" => ("ditch", 13, 14),
        "drain" => ("drain", 13, 14),
        _ => return None,
    };
    if matches!(tags.get("tunnel"), Some("yes" | "culvert" | "flooded")) {
        return None;
    }
    let lines = map.lines(way);
    if lines.is_empty() {
        return None;
    }
    let mut feature = Feature::new(Layer::Water, kind, min_zoom, Shape::Lines(lines))
        .whole("min_zoom", min_zoom.into())
        .flag("intermittent", tags.is("intermittent", "yes"));
    let unnamed = feature.attributes.len();
    feature = feature.names(tags);
    for name in &mut feature.attributes[unnamed..] {
        name.from = named_from;
    }
    Some(feature)
}
