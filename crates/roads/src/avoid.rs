//! Which roads touch an area.

use geo::{Intersects, LineString};
use geo_types::{Coord, Polygon};
use geom::{BBox, LngLat};

use crate::index::RoadIndex;

/// The segments that touch one of the areas, rising.
pub(crate) fn segments_in(roads: &RoadIndex, areas: &[Polygon<f64>]) -> Vec<u32> {
    let mut found = Vec::new();
    for area in areas {
        let corners = area.exterior().coords();
        let Some(bbox) = BBox::around(corners.filter_map(|c| LngLat::new(c.x, c.y).ok())) else {
            continue;
        };
        // Ferries and private driveways are not in the tree of places to start from, so every segment is looked at.
        found.extend(
            (0..roads.segments.len())
                .filter(|segment| touches(roads, *segment, bbox, area))
                .map(|s| s as u32),
        );
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn touches(roads: &RoadIndex, segment: usize, bbox: BBox, area: &Polygon<f64>) -> bool {
    let line: LineString<f64> = roads.places(segment).map(Coord::from).collect();
    let around = BBox::around(roads.places(segment));
    around.is_some_and(|around| around.intersects(&bbox)) && line.intersects(area)
}
