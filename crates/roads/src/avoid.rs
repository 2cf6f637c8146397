//! What a request would rather not use, as costs of its own, kept for the next such request.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use geo::{Intersects, LineString};
use geo_types::{Coord, Polygon};
use geom::{BBox, LngLat};

use crate::hierarchy::Metric;
use crate::index::RoadIndex;
use crate::road::{Road, RoadClass};
use crate::wishes::Wishes;

/// What a request would rather not use. Nothing by default. Roads that are avoided are closed: where no other leads to
/// a place, there is no route.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Avoid {
    /// Kinds of road.
    pub classes: Vec<RoadClass>,
    /// Roads one pays for.
    pub toll: bool,
    /// Tunnels.
    pub tunnels: bool,
    /// Roads that are not paved.
    pub unpaved: bool,
    /// Roads that touch one of these areas.
    pub areas: Vec<Polygon<f64>>,
}

impl Avoid {
    /// A road is one of those to avoid; of areas it is not known.
    pub(crate) fn applies(&self, road: Road<'_>) -> bool {
        self.classes.contains(&road.class)
            || self.toll && road.toll
            || self.tunnels && road.tunnel
            || self.unpaved && road.unpaved
    }

    /// Equal for what avoids the same: a name for its metric in [`Metrics`].
    #[must_use]
    pub fn key(&self) -> String {
        let mut classes: Vec<&str> = self.classes.iter().map(|class| class.name()).collect();
        classes.sort_unstable();
        classes.dedup();
        let flags = [self.toll, self.tunnels, self.unpaved];
        let mut key = format!("avoid {classes:?} {flags:?}");
        for area in &self.areas {
            for ring in std::iter::once(area.exterior()).chain(area.interiors()) {
                for corner in ring.coords() {
                    // Writing to a text cannot fail.
                    let _ = write!(key, " {:x},{:x}", corner.x.to_bits(), corner.y.to_bits());
                }
                key.push(';');
            }
        }
        key
    }
}

impl RoadIndex {
    /// What the roads cost for those who avoid some of them.
    #[must_use]
    pub fn avoiding(&self, avoid: &Avoid) -> Metric {
        self.wished(&Wishes {
            avoid: avoid.clone(),
            time: None,
        })
    }
}

/// The metrics asked for last, by name: customizing takes a moment, asking again takes none.
#[derive(Debug)]
pub struct Metrics {
    room: usize,
    /// The one asked for last comes last.
    kept: Mutex<Vec<(String, Arc<Metric>)>>,
}

impl Metrics {
    /// Room for so many; each takes about as much memory as [`Metric::bytes`] says.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self {
            room,
            kept: Mutex::new(Vec::new()),
        }
    }

    /// The metric of that name, made if it is not there. Two who ask at once may both make it.
    pub fn get_or(&self, name: &str, make: impl FnOnce() -> Metric) -> Arc<Metric> {
        // Nothing can be half done under this lock.
        let lock = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |kept: &mut Vec<(String, Arc<Metric>)>| {
            let at = kept.iter().position(|(known, _)| known == name)?;
            let found = kept.remove(at);
            kept.push(found);
            kept.last().map(|(_, metric)| Arc::clone(metric))
        };
        if let Some(metric) = known(&mut lock()) {
            return metric;
        }
        let made = Arc::new(make());
        let mut kept = lock();
        if let Some(metric) = known(&mut kept) {
            return metric;
        }
        if kept.len() >= self.room.max(1) {
            kept.remove(0);
        }
        kept.push((name.to_owned(), Arc::clone(&made)));
        made
    }
}

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

#[cfg(test)]
mod tests {
    use geo_types::polygon;

    use super::*;

    fn metric() -> Metric {
        let map = testkit::Sketch::new(geom::Meters(100.0), "a b").roads("ab");
        crate::tests::open(&map.extract()).metric().clone()
    }

    #[test]
    fn the_metrics_asked_for_last_are_kept() {
        let metrics = Metrics::new(2);
        let mut made = Vec::new();
        for name in ["one", "two", "one", "three", "one", "two"] {
            metrics.get_or(name, || {
                made.push(name);
                metric()
            });
        }
        // When three came, two had been asked for longest ago.
        assert_eq!(made, ["one", "two", "three", "two"]);
    }

    #[test]
    fn keys_differ_where_what_is_avoided_does() {
        let area = |x: f64| polygon![(x: x, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0)];
        let all = [
            Avoid::default(),
            Avoid {
                toll: true,
                ..Avoid::default()
            },
            Avoid {
                classes: vec![RoadClass::Ferry],
                ..Avoid::default()
            },
            Avoid {
                areas: vec![area(0.0)],
                ..Avoid::default()
            },
            Avoid {
                areas: vec![area(0.1)],
                ..Avoid::default()
            },
        ];
        let mut keys: Vec<String> = all.iter().map(Avoid::key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all.len());
        let both = |classes: [RoadClass; 2]| {
            Avoid {
                classes: classes.to_vec(),
                ..Avoid::default()
            }
            .key()
        };
        assert_eq!(
            both([RoadClass::Ferry, RoadClass::Motorway]),
            both([RoadClass::Motorway, RoadClass::Ferry])
        );
    }
}
