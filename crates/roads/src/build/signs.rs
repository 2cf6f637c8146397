//! What signposts say.

use osm::{Extract, Tags, Way};

use crate::profile::WayRule;

/// Where signposts say a way leads; in its direction, so of one-way roads only.
pub(super) fn destination(tags: &Tags<'_>, rule: &WayRule) -> String {
    if rule.forward.is_some() == rule.backward.is_some() {
        return String::new();
    }
    let signs = ["destination:ref", "destination"];
    let names = signs.into_iter().filter_map(|key| tags.get(key));
    let names = names.flat_map(|text| text.split(';')).map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The number of the exit a slip road begins at: its own, or that of the junction's node.
pub(super) fn exit(extract: &Extract, way: &Way<'_>) -> Option<String> {
    way.tags
        .get("highway")
        .filter(|highway| highway.ends_with("_link"))?;
    let of_node = || {
        let tags = extract.node_tags(way.nodes().next()?)?;
        tags.get("ref")
            .filter(|_| tags.is("highway", "motorway_junction"))
    };
    way.tags.get("junction:ref").or_else(of_node).map(str::to_owned)
}
