//! Ground: earth, cover, use.

use osm::Tags;

use super::one_of;
use crate::feature::{Feature, Layer, Rings, Shape, zoom_showing};
use crate::world::Point;

/// The land itself.
pub(super) fn earth(land: Vec<Rings>) -> Option<Feature<'static>> {
    (!land.is_empty()).then(|| Feature::new(Layer::Earth, "earth", 0, Shape::Areas(land)))
}

pub(super) fn is_island(tags: &Tags) -> bool {
    matches!(tags.get("place"), Some("island" | "islet")) && tags.get("name").is_some()
}

/// An island's name. Without a size (a node) it is taken as small.
pub(super) fn island_label<'a>(tags: &Tags<'a>, point: Point, size: f64) -> Option<Feature<'a>> {
    if !is_island(tags) {
        return None;
    }
    let min_zoom = zoom_showing(size, 30_000.0).clamp(6, 15);
    let feature = Feature::new(Layer::Earth, "island", min_zoom.min(14), Shape::Point(point));
    Some(
        feature
            .whole("min_zoom", min_zoom.into())
            .names(tags)
            .order(min_zoom.into()),
    )
}

/// What an area of ground is used as.
pub(super) fn kind(tags: &Tags) -> Option<&'static str> {
    let get = |key| tags.get(key).unwrap_or("");
    let area = tags.is("area", "yes") || tags.is("type", "multipolygon");
    if let Some(kind) = one_of(get("aeroway"), &["aerodrome", "runway", "taxiway"]) {
        // A closed taxiway is a loop, not a place.
        return (kind == "aerodrome" || area).then_some(kind);
    }
    if tags.get("highway").is_some() {
        let walked = matches!(
            get("highway"),
            "pedestrian" | "footway" | "service" | "living_street"
        );
        return (walked && area).then_some("pedestrian");
    }
    if get("railway") == "platform" || get("public_transport") == "platform" {
        return Some("platform");
    }
    if matches!(get("man_made"), "pier" | "breakwater" | "groyne") {
        return Some("pier");
    }
    if get("waterway") == "dam" {
        return Some("dam");
    }
    if get("place") == "square" {
        return Some("pedestrian");
    }
    let boundary = match (get("boundary"), get("leisure")) {
        ("national_park", _) => Some("national_park"),
        (_, "nature_reserve") => Some("nature_reserve"),
        ("protected_area", _) => Some("protected_area"),
        _ => None,
    };
    if tags.get("military").is_some() || get("landuse") == "military" {
        return Some("military");
    }
    amenity(get("amenity"), get("tourism"))
        .or_else(|| leisure(get("leisure")))
        .or_else(|| landuse(get("landuse")))
        .or_else(|| natural(get("natural")))
        .or(boundary)
}

fn amenity(amenity: &str, tourism: &str) -> Option<&'static str> {
    if tourism == "zoo" {
        return Some("zoo");
    }
    match amenity {
        "grave_yard" => Some("cemetery"),
        _ => one_of(
            amenity,
            &[
                "hospital",
                "school",
                "kindergarten",
                "university",
                "college",
                "parking",
            ],
        ),
    }
}

fn leisure(leisure: &str) -> Option<&'static str> {
    match leisure {
        "common" | "dog_park" => Some("park"),
        "track" | "sports_centre" => Some("pitch"),
        _ => one_of(
            leisure,
            &["park", "garden", "golf_course", "playground", "pitch", "stadium"],
        ),
    }
}

fn landuse(landuse: &str) -> Option<&'static str> {
    match landuse {
        "greenfield" | "flowerbed" => Some("grass"),
        "brownfield" => Some("construction"),
        "greenhouse_horticulture" | "plant_nursery" => Some("orchard"),
        "garages" => Some("residential"),
        _ => one_of(
            landuse,
            &[
                "residential",
                "industrial",
                "commercial",
                "retail",
                "railway",
                "farmyard",
                "construction",
                "landfill",
                "quarry",
                "forest",
                "grass",
                "meadow",
                "farmland",
                "orchard",
                "vineyard",
                "cemetery",
                "allotments",
                "village_green",
                "recreation_ground",
            ],
        ),
    }
}

fn natural(natural: &str) -> Option<&'static str> {
    match natural {
        "fell" | "tundra" => Some("grassland"),
        "scree" | "rock" => Some("bare_rock"),
        "shingle" => Some("sand"),
        _ => one_of(
            natural,
            &[
                "wood",
                "scrub",
                "heath",
                "grassland",
                "wetland",
                "beach",
                "sand",
                "bare_rock",
                "glacier",
            ],
        ),
    }
}

/// What the area is in the coarse cover of small zooms.
fn cover(kind: &str) -> Option<&'static str> {
    match kind {
        "wood" | "forest" => Some("forest"),
        "farmland" | "orchard" | "vineyard" => Some("farmland"),
        "grass" | "grassland" | "meadow" | "heath" | "wetland" => Some("grassland"),
        "scrub" => Some("scrub"),
        "sand" | "bare_rock" | "beach" | "quarry" => Some("barren"),
        "residential" | "industrial" | "commercial" | "retail" => Some("urban_area"),
        "glacier" => Some("glacier"),
        _ => None,
    }
}

/// The area as use, and as cover. Larger areas lie below smaller ones.
pub(super) fn areas<'a>(tags: &Tags<'a>, shape: Vec<Rings>, size: f64) -> Vec<Feature<'a>> {
    let Some(kind) = kind(tags) else {
        return Vec::new();
    };
    let order = -(size.max(1.0).log2() as i32);
    let mut features = Vec::new();
    if let Some(cover) = cover(kind) {
        let feature = Feature::new(Layer::Landcover, cover, 0, Shape::Areas(shape.clone()));
        features.push(feature.order(order));
    }
    // Small things are looked for only where streets are.
    let min_zoom = match kind {
        "pitch" | "playground" | "platform" | "pier" | "dam" | "pedestrian" | "garden" | "taxiway" => 13,
        "parking" | "school" | "kindergarten" | "college" | "hospital" | "grass" => 11,
        _ => 4,
    };
    features.push(Feature::new(Layer::Landuse, kind, min_zoom, Shape::Areas(shape)).order(order));
    features
}
