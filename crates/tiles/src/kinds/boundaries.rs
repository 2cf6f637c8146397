//! Administrative boundaries: each line once, at the highest level it bounds.

use std::collections::BTreeMap;

use osm::{MemberKind, Tags, WayId};

use super::Source;
use crate::feature::{Feature, Layer, Shape};

pub(super) fn of_extract<'a>(map: &Source<'a>) -> Vec<Feature<'a>> {
    let mut lines: BTreeMap<WayId, (u8, bool)> = BTreeMap::new();
    let mut add = |way: WayId, level: u8, disputed: bool| {
        let line = lines.entry(way).or_insert((level, disputed));
        *line = (line.0.min(level), line.1 || disputed);
    };
    for relation in map.extract.relations() {
        let Some(level) = admin_level(&relation.tags) else {
            continue;
        };
        for member in relation.members() {
            let bounds = member.kind == MemberKind::Way && matches!(member.role, "" | "outer" | "inner");
            if bounds {
                add(WayId(member.id), level, relation.tags.is("disputed", "yes"));
            }
        }
    }
    for way in map.extract.ways() {
        if let Some(level) = admin_level(&way.tags) {
            add(way.id, level, false);
        }
    }
    lines
        .into_iter()
        .filter_map(|(way, (level, disputed))| line(map, way, level, disputed))
        .collect()
}

fn line<'a>(map: &Source<'a>, way: WayId, level: u8, disputed: bool) -> Option<Feature<'a>> {
    let way = map.extract.way(way)?;
    // At sea a boundary is not seen, and along a coast the coast is.
    if way.tags.is("maritime", "yes") || way.tags.is("natural", "coastline") {
        return None;
    }
    let lines = map.lines(&way);
    if lines.is_empty() {
        return None;
    }
    let (kind, min_zoom) = match level {
        2 => ("country", 0),
        3 | 4 => ("region", 3),
        5 | 6 => ("county", 8),
        7 | 8 => ("locality", 10),
        _ => return None,
    };
    let disputed = disputed || way.tags.is("disputed", "yes") || way.tags.is("boundary", "disputed");
    let feature = Feature::new(Layer::Boundaries, kind, min_zoom, Shape::Lines(lines))
        .order(-i32::from(level))
        .whole("kind_detail", level.into());
    Some(feature.flag("disputed", disputed))
}

fn admin_level(tags: &Tags) -> Option<u8> {
    let level: u8 = tags.get("admin_level")?.trim().parse().ok()?;
    let drawn = tags.is("boundary", "administrative") && (2..=8).contains(&level);
    drawn.then_some(level)
}
