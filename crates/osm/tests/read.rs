//! Reading files: real extracts, files from two sources, and files that are none.

use std::path::{Path, PathBuf};

use geom::{BBox, Fixed, LngLat, Meters, Timestamp};
use osm::{Extract, NodeId, ReadError, WayId};
use proptest::prelude::*;
use testkit::{Element, PbfFile, Sketch};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../data")
        .join(name)
}

fn read(paths: &[&Path]) -> Result<Extract, ReadError> {
    osm::read(paths, &mut |_| {})
}

/// Writes the bytes to a file of their own and reads that.
fn read_bytes(bytes: &[u8]) -> Result<Extract, ReadError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.osm.pbf");
    std::fs::write(&path, bytes).unwrap();
    read(&[&path])
}

fn reason(bytes: &[u8]) -> String {
    let error = read_bytes(bytes)
        .expect_err("the file should be refused")
        .to_string();
    assert!(error.contains("test.osm.pbf"), "{error} does not name the file");
    error
}

fn sketch() -> Sketch {
    Sketch::new(
        Meters(100.0),
        "
        a  b  c
        d  e
        ",
    )
    .roads("ab>c ad de")
    .restriction("no_left_turn", "ab", "b", "bc")
    .address("e", "Große Straße", "5")
    .date(Timestamp(1_467_000_000_000))
}

/// Everything an extract holds, as text.
fn dump(extract: &Extract) -> String {
    let mut text = format!("{:?} {:?}\n", extract.bounds(), extract.date());
    for node in extract.tagged_nodes() {
        text += &format!("{node:?}\n");
    }
    for way in extract.ways() {
        let nodes: Vec<_> = way.nodes().collect();
        text += &format!("{} {nodes:?} {:?} {:?}\n", way.id, way.tags, extract.line(&way));
    }
    for relation in extract.relations() {
        let members: Vec<_> = relation.members().collect();
        text += &format!("{} {members:?} {:?}\n", relation.id, relation.tags);
    }
    text
}

#[test]
fn the_demo_extract_holds_what_is_known_of_it() {
    let mut steps = Vec::new();
    let extract = osm::read(&[&data("neubrandenburg.osm.pbf")], &mut |p| steps.push(p)).unwrap();
    let tags = (extract.tagged_nodes().map(|n| n.tags))
        .chain(extract.ways().map(|w| w.tags))
        .chain(extract.relations().map(|r| r.tags));
    let addresses = tags.filter(|t| t.get("addr:housenumber").is_some()).count();
    let restrictions = extract
        .relations()
        .filter(|r| r.tags.is("type", "restriction"))
        .count();
    assert_eq!((addresses, restrictions), (10_262, 19));
    let bounds = extract.bounds().unwrap();
    assert!(bounds.contains(LngLat::new(13.26, 53.555).unwrap()), "{bounds:?}");
    // The header's box, not that of the nodes, some of which lie far outside.
    assert!(bounds.east - bounds.west < 0.3, "{bounds:?}");
    let last = steps.last().unwrap();
    assert_eq!(last.bytes, last.total);
    assert!(steps.is_sorted_by_key(|p| p.bytes));
}

#[test]
fn a_file_gives_the_same_extract_as_the_drawing() {
    let map = sketch();
    let file = PbfFile {
        date: Some(Timestamp(1_467_000_000_000)),
        elements: map.elements(),
        ..PbfFile::default()
    };
    let drawn = dump(&map.extract());
    assert!(drawn.contains("Große Straße"));
    for (block, dense) in [(8000, true), (1, true), (3, false)] {
        assert_eq!(dump(&read_bytes(&file.bytes(block, dense)).unwrap()), drawn);
    }
    let unsorted = PbfFile {
        elements: map.elements().into_iter().rev().collect(),
        ..file
    };
    assert_eq!(dump(&read_bytes(&unsorted.bytes(2, true)).unwrap()), drawn);
}

#[test]
fn what_two_files_share_is_kept_once_and_the_last_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (west, east) = (folder.path().join("west.pbf"), folder.path().join("east.pbf"));
    sketch().write_pbf(&west);
    sketch()
        .way("ad", &[("name", "Neue Straße")])
        .date(Timestamp(1_466_000_000_000))
        .write_pbf(&east);
    let both = read(&[&west, &east]).unwrap();
    assert_eq!(both.counts(), sketch().extract().counts());
    let name = |extract: &Extract| {
        let way = extract.way(sketch().way_id("ad")).unwrap();
        way.tags.get("name").map(str::to_owned)
    };
    assert_eq!(name(&both).as_deref(), Some("Neue Straße"));
    assert_eq!(name(&read(&[&east, &west]).unwrap()), None);
    let sizes: Vec<u64> = both.sources().iter().map(|s| s.bytes).collect();
    assert_eq!(
        sizes,
        [&west, &east].map(|path| std::fs::metadata(path).unwrap().len())
    );
    assert_ne!(both.sources()[0].sha256, both.sources()[1].sha256);
    // No part is newer than the older of the two.
    assert_eq!(both.date(), Some(Timestamp(1_466_000_000_000)));
}

#[test]
fn a_header_s_box_counts_only_when_it_can_be_meant() {
    let nodes = sketch().extract().bounds().unwrap();
    let bounds_with = |west, south, east, north| {
        let said = BBox {
            west,
            south,
            east,
            north,
        };
        let file = PbfFile {
            bounds: Some(said),
            elements: sketch().elements(),
            ..PbfFile::default()
        };
        (said, read_bytes(&file.to_bytes()).unwrap().bounds().unwrap())
    };
    let (said, believed) = bounds_with(13.0, 53.0, 14.0, 54.0);
    let close = |a: BBox, b: BBox| (a.west - b.west).abs() + (a.north - b.north).abs() < 1e-6;
    assert!(close(said, believed));
    for (west, south, east, north) in [
        (0.0, 0.0, 180.0, 90.0),      // written for "unknown"
        (-180.0, -90.0, 180.0, 90.0), // the whole world
        (14.0, 54.0, 13.0, 53.0),     // upside down
        (13.0, 53.0, 13.0, 53.0),     // a point
        (-20.0, 10.0, -10.0, 20.0),   // elsewhere
        (13.0, 53.0, 1400.0, 5400.0), // not on the earth
    ] {
        assert_eq!(
            bounds_with(west, south, east, north).1,
            nodes,
            "{west} {south} {east} {north}"
        );
    }
}

#[test]
fn files_that_are_none_are_refused_by_name() {
    assert!(reason(b"").contains("empty"));
    assert!(reason(b"PK").contains("does not begin as one"));
    assert!(reason(b"<?xml version='1.0'?><osm>").contains("XML"));
    assert!(reason(b"id;name\n1;Anna\n").contains("does not begin as one"));
    assert!(reason(&[0; 4096]).contains("does not begin as one"));
    let header_only = PbfFile::default().to_bytes();
    assert!(reason(&header_only).contains("no elements"));
    let missing = read(&[Path::new("no/such.pbf")]).unwrap_err();
    assert!(matches!(&missing, ReadError::Open { .. }) && missing.to_string().contains("no/such.pbf"));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let map = sketch();
    let whole = PbfFile {
        elements: map.elements(),
        ..PbfFile::default()
    }
    .bytes(4, true);
    // Between two blocks a cut cannot be seen: nothing in the format says how many there are.
    let block_ends: Vec<usize> = (1..=map.elements().len() / 4)
        .map(|blocks| {
            let part = PbfFile {
                elements: map.elements()[..blocks * 4].to_vec(),
                ..PbfFile::default()
            };
            part.bytes(4, true).len()
        })
        .collect();
    for length in 0..whole.len() {
        let outcome = read_bytes(&whole[..length]);
        assert_eq!(
            outcome.is_ok(),
            block_ends.contains(&length),
            "cut at byte {length}"
        );
    }
    let cut = reason(&whole[..whole.len() - 3]);
    assert!(
        cut.contains(&format!("cut short at byte {}", whole.len() - 3)),
        "{cut}"
    );
}

#[test]
fn the_demo_extract_cut_short_is_refused() {
    let whole = std::fs::read(data("neubrandenburg.osm.pbf")).unwrap();
    for length in [whole.len() - 1, whole.len() / 2, 70_000, 100, 3] {
        let error = reason(&whole[..length]);
        assert!(error.contains("cut short") || error.contains("begin"), "{error}");
    }
}

#[test]
fn a_node_off_the_earth_is_refused() {
    let elements = vec![Element::Node {
        id: NodeId(7),
        place: Fixed {
            lng: 130_000_000,
            lat: 2_000_000_000,
        },
        tags: Vec::new(),
    }];
    let file = PbfFile {
        elements,
        ..PbfFile::default()
    };
    let why = reason(&file.to_bytes());
    assert!(why.contains("node 7") && why.contains("latitude 200"), "{why}");
}

#[test]
fn a_way_whose_nodes_were_cut_away_survives() {
    let elements = vec![Element::Way {
        id: WayId(1),
        nodes: vec![NodeId(1), NodeId(2)],
        tags: Vec::new(),
    }];
    let file = PbfFile {
        elements,
        ..PbfFile::default()
    };
    let extract = read_bytes(&file.to_bytes()).unwrap();
    assert_eq!(extract.counts(), [0, 1, 0]);
    assert_eq!(extract.bounds(), None);
    assert!(extract.line(&extract.way(WayId(1)).unwrap()).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Contents carry no checksum, so a changed byte may pass; but it never panics.
    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255u8), 1..4)) {
        let file = PbfFile { elements: sketch().elements(), ..PbfFile::default() };
        let mut bytes = file.bytes(5, true);
        for (at, change) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= change;
        }
        if let Ok(extract) = read_bytes(&bytes) {
            prop_assert!(!dump(&extract).is_empty());
        }
    }
}
