//! Whatever carries people along a line: roads, paths, rails, runways, ferries, cableways.

use osm::{Tags, Way};

use super::{Source, one_of};
use crate::feature::{Feature, Layer, Shape, Value};

/// How a line is drawn: class, subclass, first zoom, and its rank among the lines of a layer (a
/// motorway covers a track).
struct Class {
    kind: &'static str,
    detail: Option<&'static str>,
    min_zoom: u8,
    rank: i32,
}

fn class(kind: &'static str, detail: Option<&'static str>, min_zoom: u8, rank: i32) -> Option<Class> {
    Some(Class {
        kind,
        detail,
        min_zoom,
        rank,
    })
}

pub(super) fn of_way<'a>(map: &Source<'a>, way: &Way<'a>) -> Option<Feature<'a>> {
    let tags = &way.tags;
    if way.is_closed() && is_area(tags) {
        return None;
    }
    let class = highway(tags).or_else(|| other(tags))?;
    let lines = map.lines(way);
    if lines.is_empty() {
        return None;
    }
    let is = |key: &str| tags.get(key).is_some_and(|v| v != "no");
    let tunnel = is("tunnel") || tags.is("location", "underground");
    let level: i32 = tags.get("layer").and_then(|l| l.parse().ok()).unwrap_or(0);
    // What lies on the ground comes first, and each bridge above what it crosses.
    let level = match (tunnel, is("bridge")) {
        (true, _) => level.clamp(-5, -1),
        (_, true) => level.clamp(1, 5),
        _ => 0,
    };
    let link = class.detail.is_some_and(|d| d.ends_with("_link"));
    let mut feature = Feature::new(Layer::Roads, class.kind, class.min_zoom, Shape::Lines(lines))
        .order(level * 100 + class.rank)
        .maybe_text("kind_detail", class.detail)
        .whole("min_zoom", class.min_zoom.into())
        .flag("is_link", link);
    if tunnel {
        feature = feature.with_from(12, "is_tunnel", Value::Flag);
    } else if is("bridge") {
        feature = feature.with_from(12, "is_bridge", Value::Flag);
    }
    Some(describe(feature, tags, &class))
}

/// Names and rules, each from the zoom at which somebody could read it.
fn describe<'a>(mut feature: Feature<'a>, tags: &Tags<'a>, class: &Class) -> Feature<'a> {
    let text = |value: &'a str| Value::Text(value.into());
    let major = matches!(class.kind, "highway" | "major_road");
    let named_from = match class.kind {
        "highway" | "major_road" => 11,
        "rail" | "path" | "aeroway" => 14,
        _ => 13,
    };
    if let Some(name) = tags.get("name") {
        feature = feature.with_from(named_from, "name", text(name));
    }
    if let Some(refs) = tags
        .get("ref")
        .filter(|_| matches!(class.kind, "highway" | "major_road" | "minor_road"))
    {
        feature = feature.with_from(if major { 8 } else { 14 }, "ref", text(refs));
        if major {
            let first = refs.split(';').next().unwrap_or(refs);
            let shield: String = first.chars().filter(|c| !c.is_whitespace()).collect();
            feature = feature.with_from(8, "shield_text", Value::Text(shield.into()));
        }
    }
    if matches!(class.kind, "highway" | "major_road" | "minor_road" | "path") {
        let roundabout = matches!(tags.get("junction"), Some("roundabout" | "circular"));
        let oneway = match tags.get("oneway") {
            Some("yes" | "true" | "1" | "-1" | "reverse") => true,
            Some(_) => false,
            None => roundabout || tags.is("highway", "motorway"),
        };
        if oneway {
            feature = feature.with_from(14, "oneway", text("yes"));
        }
        if matches!(tags.get("oneway"), Some("-1" | "reverse"))
            && let Shape::Lines(lines) = &mut feature.shape
        {
            lines.iter_mut().for_each(|line| line.reverse());
        }
        let access = tags.get("access").and_then(|a| one_of(a, &["no", "private"]));
        if let Some(access) = access {
            feature = feature.with_from(14, "access", text(access));
        }
    }
    let services = [
        "spur",
        "yard",
        "siding",
        "crossover",
        "driveway",
        "parking_aisle",
        "alley",
    ];
    if let Some(service) = tags.get("service").and_then(|s| one_of(s, &services)) {
        feature = feature.with_from(13, "service", text(service));
    }
    feature
}

fn is_area(tags: &Tags) -> bool {
    let pier = matches!(tags.get("man_made"), Some("pier" | "breakwater" | "groyne"));
    tags.is("area", "yes") || (pier && !tags.is("area", "no"))
}

fn highway(tags: &Tags) -> Option<Class> {
    let highway = tags.get("highway")?;
    let detail = one_of(
        highway,
        &[
            "motorway",
            "motorway_link",
            "trunk",
            "trunk_link",
            "primary",
            "primary_link",
            "secondary",
            "secondary_link",
            "tertiary",
            "tertiary_link",
            "residential",
            "unclassified",
            "living_street",
            "road",
            "raceway",
            "busway",
            "service",
            "track",
            "pedestrian",
            "cycleway",
            "footway",
            "path",
            "bridleway",
            "steps",
            "corridor",
        ],
    )?;
    let (kind, min_zoom, rank) = match detail {
        "motorway" => ("highway", 4, 60),
        "motorway_link" => ("highway", 10, 50),
        "trunk" => ("major_road", 6, 58),
        "primary" => ("major_road", 7, 56),
        "secondary" => ("major_road", 9, 54),
        "tertiary" => ("major_road", 10, 52),
        "trunk_link" | "primary_link" | "secondary_link" | "tertiary_link" => ("major_road", 11, 48),
        "residential" | "unclassified" | "living_street" | "road" | "raceway" | "busway" => {
            ("minor_road", 12, 40)
        }
        "service" => ("minor_road", 13, 30),
        "pedestrian" => ("path", 13, 25),
        "track" | "cycleway" => ("path", 13, 20),
        // Corridors run indoors.
        "corridor" => return None,
        _ => ("path", 14, 15),
    };
    class(kind, Some(detail), min_zoom, rank)
}

fn other(tags: &Tags) -> Option<Class> {
    if let Some(detail) = tags.get("railway").and_then(|r| {
        let rails = [
            "rail",
            "light_rail",
            "narrow_gauge",
            "subway",
            "tram",
            "monorail",
            "funicular",
            "disused",
            "preserved",
        ];
        one_of(r, &rails)
    }) {
        let min_zoom = match detail {
            "rail" if tags.get("service").is_some() => 13,
            "rail"
                if matches!(
                    tags.get("usage"),
                    Some("industrial" | "military" | "tourism" | "test")
                ) =>
            {
                12
            }
            "rail" => 8,
            "disused" => 13,
            "tram" => 12,
            _ => 11,
        };
        return class("rail", Some(detail), min_zoom, 45);
    }
    match tags.get("aeroway") {
        Some("runway") => return class("aeroway", Some("runway"), 11, 5),
        Some("taxiway") => return class("aeroway", Some("taxiway"), 13, 4),
        _ => {}
    }
    if matches!(tags.get("man_made"), Some("pier" | "breakwater" | "groyne")) {
        return class("path", Some("pier"), 13, 3);
    }
    if tags.is("route", "ferry") {
        return class("ferry", None, 8, 2);
    }
    let cableways = [
        "cable_car",
        "gondola",
        "chair_lift",
        "mixed_lift",
        "drag_lift",
        "t-bar",
        "platter",
    ];
    let cableway = tags.get("aerialway").and_then(|a| one_of(a, &cableways));
    cableway.and_then(|detail| class("aerialway", Some(detail), 12, 70))
}
