//! Places of the map: areas, nodes, and what holds everything because its border lies outside.

use std::collections::{BTreeMap, HashMap};

use geo::Centroid;
use geom::{BBox, LngLat};
use osm::{AreaSource, Extract, Tags};

use super::places::{Extent, Place};
use super::rank::Rank;
use super::shape::Shape;
use super::tags::names;
use crate::words::Words;

pub(super) fn from_areas(extract: &Extract, region: BBox) -> (Vec<Place>, Vec<(String, Shape)>) {
    let wanted = |tags: &Tags<'_>| {
        tags.is("boundary", "postal_code")
            || tags.is("boundary", "administrative") && tags.get("name").is_some()
            || tags.get("place").and_then(Rank::of_tag).is_some() && tags.get("name").is_some()
    };
    let mut list = Vec::new();
    let mut postal = Vec::new();
    for area in extract.areas(wanted) {
        let tags = &area.tags;
        let Some(shape) = Shape::new(&area.shape).filter(|s| s.bbox.intersects(&region)) else {
            continue;
        };
        if tags.is("boundary", "postal_code") {
            let code = tags
                .get("postal_code")
                .or_else(|| tags.get("ref"))
                .or_else(|| tags.get("name"));
            if let Some(code) = code {
                postal.push((code.trim().to_owned(), shape));
            }
            continue;
        }
        // An area cut by the extract's edge is closed outside of it: right for every point inside.
        let Some(rank) = rank_of(tags) else { continue };
        if is_line_only(area.source, tags) {
            continue;
        }
        let code = tags
            .get("postal_code")
            .filter(|code| rank >= Rank::Municipality && !code.contains([';', ',', '-']));
        if let (Some(code), Some(own)) = (code, Shape::new(&area.shape)) {
            postal.push((code.trim().to_owned(), own));
        }
        let Some(center) = area.shape.centroid() else {
            continue;
        };
        let Ok(point) = LngLat::new(center.x(), center.y()) else {
            continue;
        };
        let corner = LngLat::new(shape.bbox.west, shape.bbox.south).unwrap_or(point);
        list.push(Place {
            names: names_of_area(tags).into_iter().map(str::to_owned).collect(),
            rank,
            point,
            reach: corner.distance(shape.bbox.center()),
            population: population(tags),
            extent: Extent::Within(shape),
            addresses: 0,
            with_street: 0,
            distinct_numbers: 0,
            country: country_code(tags),
        });
    }
    list.retain(|p: &Place| !p.names.is_empty());
    // The smallest postal area wins where they overlap.
    postal.sort_by(|a, b| {
        let size = |s: &Shape| (s.bbox.east - s.bbox.west) * (s.bbox.north - s.bbox.south);
        size(&a.1).total_cmp(&size(&b.1)).then_with(|| a.0.cmp(&b.0))
    });
    (list, postal)
}

/// Names, and of a state or province its code: `IL` of `ref` or of `ISO3166-2`.
fn names_of_area<'a>(tags: &Tags<'a>) -> Vec<&'a str> {
    let mut out = names(tags);
    let is_state = tags.is("boundary", "administrative") && tags.is("admin_level", "4");
    let iso = tags.get("ISO3166-2").and_then(|code| code.split('-').nth(1));
    for code in [tags.get("ref"), iso].into_iter().flatten() {
        let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase());
        if is_state && is_code && !out.is_empty() && !out.contains(&code) {
            out.push(code);
        }
    }
    out
}

fn rank_of(tags: &Tags<'_>) -> Option<Rank> {
    let place = tags.get("place").and_then(Rank::of_tag);
    if tags.is("boundary", "administrative") {
        return place.or_else(|| tags.get("admin_level").and_then(Rank::of_level));
    }
    place
}

/// A way that is a piece of an administrative border carries its tags but is no area.
fn is_line_only(source: AreaSource, tags: &Tags<'_>) -> bool {
    matches!(source, AreaSource::Way(_))
        && tags.is("boundary", "administrative")
        && tags.get("place").is_none()
}

/// A country's code, of its border.
fn country_code(tags: &Tags<'_>) -> Option<[u8; 2]> {
    let code = tags.get("ISO3166-1:alpha2").or_else(|| tags.get("ISO3166-1"))?;
    super::countries::code_of(code).filter(|_| tags.is("admin_level", "2"))
}

fn population(tags: &Tags<'_>) -> u32 {
    let digits: String = tags
        .get("population")
        .unwrap_or("")
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or(0)
}

/// Place nodes: the centre and rank of an area of the same name, or a place of their own.
pub(super) fn add_nodes(extract: &Extract, region: BBox, list: &mut Vec<Place>, words: &Words) {
    let mut areas: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, place) in list.iter().enumerate() {
        for key in place.names.iter().flat_map(|n| words.keys(n)) {
            areas.entry(key).or_default().push(at);
        }
    }
    for node in extract.tagged_nodes() {
        let Some(rank) = node.tags.get("place").and_then(Rank::of_tag) else {
            continue;
        };
        if !region.contains(node.place) {
            continue;
        }
        let names = names(&node.tags);
        let Some(main) = names.first() else { continue };
        let same = words
            .keys(main)
            .into_iter()
            .filter_map(|k| areas.get(&k))
            .flatten()
            .copied();
        // The smallest area of that name around the node that could be it.
        let area = same
            .filter(|at| matches!(&list[*at].extent, Extent::Within(s) if s.contains(node.place)))
            .filter(|at| (list[*at].rank as i8 - rank as i8).abs() <= 4)
            .min_by_key(|at| (list[*at].reach.0 as u64, *at));
        if let Some(at) = area {
            let place = &mut list[at];
            place.point = node.place;
            if rank.is_town() || !place.rank.is_town() {
                place.rank = rank;
            }
            place.population = place.population.max(population(&node.tags));
            for name in names {
                if !place.names.iter().any(|n| n == name) {
                    place.names.push(name.to_owned());
                }
            }
            continue;
        }
        list.push(Place {
            names: names.into_iter().map(str::to_owned).collect(),
            rank,
            point: node.place,
            reach: rank.reach(),
            population: population(&node.tags),
            extent: Extent::Around,
            addresses: 0,
            with_street: 0,
            distinct_numbers: 0,
            country: None,
        });
    }
}

/// Countries, states and counties whose border lies outside: the only one of its level holds everything.
pub(super) fn add_borderless(extract: &Extract, region: BBox, list: &mut Vec<Place>) {
    type Border<'t> = (Vec<&'t str>, Option<[u8; 2]>);
    let mut levels: BTreeMap<&str, Vec<Border<'_>>> = BTreeMap::new();
    for relation in extract.relations() {
        let tags = relation.tags;
        let level = tags
            .get("admin_level")
            .filter(|l| matches!(*l, "2" | "3" | "4" | "5" | "6"));
        if let (true, Some(level)) = (tags.is("boundary", "administrative"), level) {
            let names = names_of_area(&tags);
            if !names.is_empty() {
                levels
                    .entry(level)
                    .or_default()
                    .push((names, country_code(&tags)));
            }
        }
    }
    for (level, all) in levels {
        let (Some(rank), [(only, country)]) = (Rank::of_level(level), &all[..]) else {
            continue;
        };
        if list.iter().any(|p| p.names[0] == only[0] && p.rank <= Rank::City) {
            continue;
        }
        list.push(Place {
            names: only.iter().map(|n| (*n).to_owned()).collect(),
            rank,
            point: region.center(),
            reach: rank.reach(),
            population: 0,
            extent: Extent::Everywhere,
            addresses: 0,
            with_street: 0,
            distinct_numbers: 0,
            country: *country,
        });
    }
}
