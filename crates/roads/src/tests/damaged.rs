//! Sections that were changed: refused, or at least never the cause of a panic.

use geom::{Meters, Seconds};
use pack::{OpenError, Section};
use proptest::prelude::*;
use testkit::Sketch;

use super::*;
use crate::{AreaOptions, ComponentRule};

fn sections() -> Vec<Section> {
    let drawing = "
        a   b   c
        d   e   f
            g
    ";
    let map = Sketch::new(Meters(100.0), drawing)
        .roads("a>b b>c c>f f>e e>d be eg ad")
        .restriction("no_u_turn", "ab", "be", "ed")
        .relation(
            &[("from", "eg"), ("via", "e"), ("to", "ed")],
            &[
                ("type", "restriction"),
                ("restriction:conditional", "no_left_turn @ (Mo 07:00-08:00)"),
            ],
        )
        .way(
            "ad",
            &[
                ("name", "Lange Straße"),
                ("maxspeed:conditional", "10 @ (22:00-06:00)"),
            ],
        );
    build(&map.extract(), &Profile::car(), &mut |_| ())
}

fn open_sections(sections: &[Section]) -> Result<RoadIndex, OpenError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("roads.pack");
    let mut writer = pack::Writer::create(&path).expect("a pack is begun");
    for section in sections {
        writer.section(section).expect("a section is written");
    }
    writer.finish().expect("a pack is finished");
    RoadIndex::open(Arc::new(pack::Pack::open(&path)?))
}

#[test]
fn each_missing_or_cut_section_is_named() {
    let whole = sections();
    assert!(open_sections(&whole).is_ok());
    for i in 0..whole.len() {
        let mut missing = whole.clone();
        let gone = missing.remove(i);
        let refused = open_sections(&missing)
            .expect_err("a section is missing")
            .to_string();
        assert!(refused.contains(&gone.name), "{refused}");
        // One byte less is not a whole number of entries; the texts alone are bytes.
        let mut cut = whole.clone();
        cut[i].bytes.pop();
        assert!(open_sections(&cut).is_err(), "{} was cut", gone.name);
    }
}

#[test]
fn another_layout_is_refused() {
    let mut other = sections();
    let header = other
        .iter_mut()
        .find(|s| s.name == crate::format::HEADER)
        .expect("a header");
    header.bytes[0] = 99;
    let refused = open_sections(&other).expect_err("another layout").to_string();
    assert!(
        refused.contains("layout 99") && refused.contains("rebuild"),
        "{refused}"
    );
}

#[test]
fn numbers_that_lead_nowhere_are_refused() {
    for (name, at) in [
        (crate::format::HEADER, 8),
        (crate::format::SEGMENTS, 0),
        (crate::format::SEGMENTS, 8),
        (crate::format::FIRST_POINT, 4),
        (crate::format::EDGES, 12),
        (crate::format::EDGES, 16),
        (crate::format::COPIES, 0),
        (crate::format::FIRST_ARC, 4),
        (crate::format::ARCS, 0),
        (crate::format::NODE_OF_RANK, 0),
        (crate::format::PARENT, 0),
        (crate::format::FIRST_OUT, 4),
        (crate::format::OUT_HEADS, 0),
        (crate::format::OUT_VIA, 0),
        (crate::format::FIRST_IN, 4),
        (crate::format::IN_HEADS, 0),
        (crate::format::IN_VIA, 0),
        (crate::format::FIRST_WAY_OUT, 4),
        (crate::format::WAYS_OUT, 0),
        (crate::format::FIRST_WAY_IN, 4),
        (crate::format::WAYS_IN, 4),
        (crate::format::ROADS, 0),
        (crate::format::FIRST_TEXT, 4),
        (crate::format::FIRST_TIME, 4),
        (crate::format::EDGE_CHANGES, 0),
        (crate::format::EDGE_CHANGES, 4),
        (crate::format::EDGE_CHANGES, 8),
        (crate::format::TURN_CHANGES, 0),
        (crate::format::TURN_CHANGES, 4),
        (crate::format::TURN_CHANGES, 8),
        (crate::format::PIECES, 0),
        (crate::format::PIECES, 4),
    ] {
        let mut damaged = sections();
        let section = damaged
            .iter_mut()
            .find(|s| s.name == name)
            .expect("a section of that name");
        section.bytes[at..at + 4].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
        let refused = open_sections(&damaged).expect_err(name).to_string();
        assert!(refused.contains(name), "{refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever bytes change: the pack is refused, or every question gets some answer.
    #[test]
    fn no_byte_makes_it_panic(changes in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u8>()), 1..4)) {
        let mut damaged = sections();
        for (section, at, value) in changes {
            let count = damaged.len();
            let bytes = &mut damaged[section as usize % count].bytes;
            let at = at as usize % bytes.len();
            bytes[at] = value;
        }
        let Ok(roads) = open_sections(&damaged) else { return Ok(()) };
        let middle = LngLat::new(13.262, 53.5495).expect("on the earth");
        let any = SnapOptions { component: ComponentRule::Any, radius: Meters(1e5), ..SnapOptions::default() };
        let snaps: Vec<Snap> = roads.roads_near(middle, Meters(500.0)).collect();
        let _ = roads.snap(middle, &any);
        let mut query = roads.query();
        for from in &snaps {
            for to in &snaps {
                let _ = query.route(from, to);
            }
        }
        let _ = roads.matrix(&snaps, &snaps);
        if let Some(from) = snaps.first() {
            let _ = query.reach(from, Seconds(60.0)).area(&AreaOptions { grid: Meters(500.0), ..AreaOptions::default() });
        }
    }
}
