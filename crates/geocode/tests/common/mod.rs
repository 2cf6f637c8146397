//! What the tests share: from an extract to an open geocoder.

#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use geocode::Geocoder;
use geom::{Fixed, LngLat, LocalMeters};
use osm::{Builder, Extract, NodeId, WayId};

/// An open geocoder and the folder its pack lies in.
pub struct Opened {
    pub geocoder: Geocoder,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for Opened {
    type Target = Geocoder;
    fn deref(&self) -> &Geocoder {
        &self.geocoder
    }
}

/// Builds, writes, opens.
pub fn open(extract: &Extract) -> Opened {
    open_with(extract, &[])
}

/// The same with address points of other sources.
pub fn open_with(extract: &Extract, extra: &[geocode::ExtraPoints]) -> Opened {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("map.pack");
    write(&geocode::build_with(extract, extra, &mut |_| {}), &path);
    let pack = pack::Pack::open(&path).expect("a whole pack");
    let geocoder = Geocoder::open(Arc::new(pack)).expect("good sections");
    Opened {
        geocoder,
        _folder: folder,
    }
}

pub fn write(sections: &[pack::Section], path: &Path) {
    let mut writer = pack::Writer::create(path).expect("a writable folder");
    for section in sections {
        writer.section(section).expect("a new section");
    }
    writer.finish().expect("a writable folder");
}

/// The demo extract that comes with the repository.
pub fn demo_extract() -> Extract {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf");
    osm::read(&[&path], &mut |_| {}).expect("the demo extract is readable")
}

/// Draws places by metres east and north of 13.26 °E 53.55 °N.
pub struct Town {
    builder: Builder,
    plane: LocalMeters,
    next: i64,
}

impl Town {
    pub fn new() -> Self {
        let origin = LngLat::new(13.26, 53.55).expect("on earth");
        Self {
            builder: Builder::default(),
            plane: LocalMeters::at(origin),
            next: 1,
        }
    }

    pub fn at(&self, east: f64, north: f64) -> LngLat {
        self.plane.unproject([east, north])
    }

    fn id(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    pub fn node(&mut self, east: f64, north: f64, tags: &[(&str, &str)]) -> NodeId {
        let id = NodeId(self.id());
        let place = Fixed::from(self.at(east, north));
        self.builder.node(id, place, tags.iter().copied());
        id
    }

    pub fn way(&mut self, points: &[[f64; 2]], tags: &[(&str, &str)]) -> WayId {
        let nodes: Vec<NodeId> = points.iter().map(|[x, y]| self.node(*x, *y, &[])).collect();
        self.way_of(&nodes, tags)
    }

    pub fn way_of(&mut self, nodes: &[NodeId], tags: &[(&str, &str)]) -> WayId {
        let id = WayId(self.id());
        self.builder.way(id, nodes.iter().copied(), tags.iter().copied());
        id
    }

    pub fn relation(&mut self, members: &[(osm::MemberKind, i64, &str)], tags: &[(&str, &str)]) {
        let id = osm::RelationId(self.id());
        self.builder
            .relation(id, members.iter().copied(), tags.iter().copied());
    }

    pub fn place(&mut self, east: f64, north: f64, kind: &str, name: &str) {
        self.node(east, north, &[("place", kind), ("name", name)]);
    }

    pub fn house(&mut self, east: f64, north: f64, street: &str, number: &str, postcode: &str, city: &str) {
        let mut tags = vec![("addr:street", street), ("addr:housenumber", number)];
        if !postcode.is_empty() {
            tags.push(("addr:postcode", postcode));
        }
        if !city.is_empty() {
            tags.push(("addr:city", city));
        }
        self.node(east, north, &tags);
    }

    /// A straight street to the east with houses every 20 m: odd numbers 15 m north, even ones 15 m south.
    pub fn street(&mut self, from: [f64; 2], name: &str, numbers: &[u32], postcode: &str, city: &str) {
        let [x, y] = from;
        self.way(
            &[[x, y], [x + 400.0, y]],
            &[("highway", "residential"), ("name", name)],
        );
        for number in numbers {
            let side = if number % 2 == 1 { 15.0 } else { -15.0 };
            let along = f64::from(number / 2) * 20.0;
            self.house(x + along, y + side, name, &number.to_string(), postcode, city);
        }
    }

    pub fn finish(self) -> Extract {
        self.builder.finish()
    }
}

/// Metres between two places.
pub fn metres(a: LngLat, b: LngLat) -> f64 {
    a.distance(b).0
}
