//! Drawn boundaries, and those of the demo extract.

use std::path::Path;
use std::sync::Arc;

use geo::Contains;
use geom::{Fixed, LngLat, Meters};
use osm::Extract;
use pack::{OpenError, Pack, Section, Writer};
use proptest::prelude::*;
use testkit::Sketch;

use super::format::{POINTS, POLYGONS, RECORDS, RINGS, Record, TEXT};
use super::{Boundaries, BoundaryId, BoundaryKind, build};

fn packed(sections: &[Section]) -> Result<Boundaries, OpenError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.pack");
    let mut writer = Writer::create(&path).unwrap();
    for section in sections {
        writer.section(section).unwrap();
    }
    writer.finish().unwrap();
    Boundaries::open(Arc::new(Pack::open(&path)?))
}

fn open(extract: &Extract) -> Boundaries {
    packed(&build(extract)).unwrap()
}

fn demo() -> Boundaries {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf");
    open(&osm::read(&[&path], &mut |_| {}).unwrap())
}

/// Two municipalities that share the slanted border b-e-h, one with a hole that is the other's exclave,
/// in one postcode.
fn neighbours() -> Sketch {
    let municipality = |name, key| {
        [
            ("type", "boundary"),
            ("boundary", "administrative"),
            ("admin_level", "8"),
            ("name", name),
            ("de:amtlicher_gemeindeschluessel", key),
        ]
    };
    Sketch::new(
        Meters(100.0),
        "
        a       b           c
          i   j
          l   k     e
        d             h     f
        ",
    )
    .way("beh", &[])
    .way("hdab", &[])
    .way("hfcb", &[])
    .way("ijkli", &[])
    .relation(
        &[("outer", "beh"), ("outer", "hdab"), ("inner", "ijkli")],
        &municipality("Groß Müritz", "13000001"),
    )
    .relation(
        &[("outer", "beh"), ("outer", "hfcb"), ("outer", "ijkli")],
        &municipality("Neu Müritz", "13000002"),
    )
    .relation(
        &[("outer", "hdab"), ("outer", "hfcb")],
        &[
            ("type", "boundary"),
            ("boundary", "postal_code"),
            ("postal_code", "17099"),
        ],
    )
}

fn names_at(boundaries: &Boundaries, point: LngLat) -> Vec<&str> {
    boundaries.at(point).iter().map(|b| b.name()).collect()
}

fn names_of<'a>(boundaries: &'a Boundaries, text: &str) -> Vec<&'a str> {
    boundaries.search(text, 10).iter().map(|b| b.name()).collect()
}

/// The middle of two letters.
fn between(map: &Sketch, a: char, b: char) -> LngLat {
    let (a, b) = (map.place(a), map.place(b));
    LngLat::new((a.lng() + b.lng()) / 2.0, (a.lat() + b.lat()) / 2.0).unwrap()
}

#[test]
fn a_point_is_in_its_municipality_and_postcode() {
    let map = neighbours();
    let boundaries = open(&map.extract());
    assert_eq!(
        names_at(&boundaries, between(&map, 'j', 'b')),
        ["Groß Müritz", "17099"]
    );
    assert_eq!(
        names_at(&boundaries, between(&map, 'e', 'f')),
        ["Neu Müritz", "17099"]
    );
    // The exclave is a hole in the other.
    assert_eq!(
        names_at(&boundaries, between(&map, 'i', 'k')),
        ["Neu Müritz", "17099"]
    );
    assert!(boundaries.at(LngLat::new(13.0, 53.0).unwrap()).is_empty());
}

#[test]
fn a_boundary_says_what_it_is() {
    let map = neighbours();
    let boundaries = open(&map.extract());
    assert_eq!((boundaries.len(), boundaries.is_empty()), (3, false));
    let new = boundaries.get(BoundaryId(2)).unwrap();
    assert_eq!(new.id().to_string(), "boundary 2");
    assert_eq!(new.kind(), BoundaryKind::Administrative { level: 8 });
    assert_eq!((new.name(), new.reference()), ("Neu Müritz", Some("13000002")));
    assert_eq!((new.postcode(), new.clipped()), (None, false));
    let shape = new.shape();
    assert_eq!((shape.0.len(), shape.0[0].interiors().len()), (2, 0));
    assert!((new.bbox().east - map.place('f').lng()).abs() < 1e-9);
    let postcode = boundaries.get(BoundaryId(3)).unwrap();
    assert_eq!(postcode.kind(), BoundaryKind::Postcode);
    assert_eq!((postcode.postcode(), postcode.reference()), (Some("17099"), None));
    assert!(boundaries.get(BoundaryId(4)).is_none());
}

#[test]
fn names_are_found_as_people_type_them() {
    let boundaries = open(&neighbours().extract());
    assert_eq!(names_of(&boundaries, "mueritz"), ["Groß Müritz", "Neu Müritz"]);
    assert_eq!(names_of(&boundaries, "GROSS MÜR"), ["Groß Müritz"]);
    assert_eq!(names_of(&boundaries, "170"), ["17099"]);
    assert_eq!(names_of(&boundaries, "Schwerin"), [""; 0]);
    assert_eq!(boundaries.search("m", 1).len(), 1);
}

#[test]
fn what_is_cut_open_is_left_out_and_what_lost_a_part_says_so() {
    let map = neighbours();
    let mut cut = osm::Builder::default();
    // Without the outer ring of the one, its exclave remains of the other.
    for element in map.part("ijkl") {
        element.add_to(&mut cut);
    }
    let boundaries = open(&cut.finish());
    let found: Vec<_> = boundaries.iter().map(|b| (b.name(), b.clipped())).collect();
    assert_eq!(found, [("Neu Müritz", true)]);
    let nothing = open(&Sketch::new(Meters(1.0), "a b").roads("ab").extract());
    assert!(nothing.is_empty());
}

#[test]
fn the_demo_map_knows_its_municipalities() {
    let boundaries = demo();
    let market_place = LngLat::new(13.2606, 53.5561).unwrap();
    assert_eq!(names_at(&boundaries, market_place), ["Neubrandenburg", "17033"]);
    let town = boundaries.search("neubrandenburg", 5)[0];
    assert_eq!(town.reference(), Some("13071107"));
    assert!(town.clipped());
    let complete: Vec<_> = (boundaries.iter())
        .filter(|b| !b.clipped() && b.kind() == BoundaryKind::Administrative { level: 8 })
        .map(|b| b.name())
        .collect();
    assert_eq!(
        complete,
        [
            "Zirzow",
            "Blankenhof",
            "Wulkenzin",
            "Pragsdorf",
            "Groß Nemerow",
            "Holldorf"
        ]
    );
}

#[test]
fn sections_that_do_not_fit_are_refused_by_name() {
    let sections = build(&neighbours().extract());
    packed(&sections).unwrap();
    let damaged = |name: &str, damage: &dyn Fn(&mut Vec<u8>)| {
        let mut sections = sections.clone();
        let section = sections.iter_mut().find(|s| s.name == name).unwrap();
        damage(&mut section.bytes);
        packed(&sections).expect_err(name).to_string()
    };
    let record = size_of::<Record>();
    for (name, damage) in [
        (
            RECORDS,
            &(|b: &mut Vec<u8>| b.truncate(record - 1)) as &dyn Fn(&mut Vec<u8>),
        ),
        (RECORDS, &|b| b[36] = 99),            // one more polygon than there are
        (RECORDS, &|b| b[12] = 0xff),          // a name beyond the text
        (RECORDS, &|b| b.rotate_left(record)), // out of order
        (RINGS, &|b| b.clear()),
        (RINGS, &|b| b[4] = 0xff),
        (POLYGONS, &|b| b[0] = 1),
        (TEXT, &|b| b[0] = 0xff),
    ] {
        let error = damaged(name, damage);
        assert!(error.contains(&format!("`{name}`")), "{error}");
    }
    // Points are places whatever they hold, but there must be as many as the rings say.
    let error = damaged(POINTS, &|b| b.truncate(8));
    assert!(error.contains(&format!("`{RINGS}`")), "{error}");
}

proptest! {
    /// Of neighbours exactly one holds a point, on the border, too; off the border, geo agrees.
    #[test]
    fn neighbours_leave_no_gap_and_no_overlap(along in 0.0..=1.0f64, lat in 0..12i32, corner in prop::sample::select(vec!['b', 'e', 'h'])) {
        let map = neighbours();
        let boundaries = open(&map.extract());
        let (a, f) = (Fixed::from(map.place('a')), Fixed::from(map.place('f')));
        let random = Fixed {
            lng: a.lng + 1 + ((f64::from(f.lng - a.lng - 2)) * along) as i32,
            lat: f.lat + 1 + (a.lat - f.lat - 2) / 12 * lat,
        };
        // On the slanted border as nearly as whole numbers allow, and on its middle corner.
        let (b, e) = (Fixed::from(map.place('b')), Fixed::from(map.place('e')));
        let steps = f64::from(e.lng - b.lng) * along;
        let slanted = Fixed {
            lng: b.lng + steps as i32,
            lat: b.lat - 1 - (f64::from(b.lat - e.lat - 2) * along) as i32,
        };
        let on_corner = Fixed { lat: Fixed::from(map.place(corner)).lat.clamp(f.lat + 1, a.lat - 1), ..map.place(corner).into() };
        for point in [random, slanted, on_corner].map(LngLat::from) {
            let holding: Vec<_> = boundaries.at(point).into_iter().filter(|b| b.kind() != BoundaryKind::Postcode).collect();
            prop_assert_eq!(holding.len(), 1, "{:?}", point);
            for boundary in boundaries.iter() {
                let shape = boundary.shape();
                let inside = shape.contains(&geo_types::Point::from(point));
                let on_border = geo::Intersects::intersects(&shape, &geo_types::Point::from(point)) && !inside;
                prop_assert!(on_border || inside == boundary.contains(point));
            }
        }
    }
}
