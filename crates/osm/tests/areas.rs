//! Areas assembled from drawn rings, from random pieces, and from the demo extract.

use std::path::Path;

use geo::{Area as _, Contains, Winding};
use geom::{Fixed, LngLat, Meters};
use osm::{Area, AreaSource, Builder, Extract, MemberKind, NodeId, RelationId, WayId};
use proptest::prelude::*;
use testkit::Sketch;

const WATER: (&str, &str) = ("natural", "water");

/// Two lakes: one with an island with a pond, one beside it.
fn lakes() -> Sketch {
    Sketch::new(
        Meters(100.0),
        "
        a                   b     m  n
            e           f
                i   j
                l   k
            h           g
        d                   c     p  o
        ",
    )
}

fn check(extract: &Extract, expected: &[&str]) {
    let areas = extract.areas(|tags| tags.is(WATER.0, WATER.1));
    let found: Vec<String> = areas.iter().map(describe).collect();
    assert_eq!(found, expected);
}

/// Source, hectares of each polygon with its number of holes, and whether anything was missing.
fn describe(area: &Area<'_>) -> String {
    assert_winding(&area.shape);
    let plane = geom::LocalMeters::at(LngLat::new(13.26, 53.55).unwrap());
    let hectares = |polygon: &geo_types::Polygon| {
        use geo::MapCoords;
        let flat = polygon.map_coords(|c| {
            let [x, y] = plane.project(LngLat::new(c.x, c.y).unwrap());
            geo_types::Coord { x, y }
        });
        (flat.unsigned_area() / 1e3).round() / 10.0
    };
    let polygons: Vec<String> = (area.shape.iter())
        .map(|p| format!("{}-{}", hectares(p), p.interiors().len()))
        .collect();
    let source = match area.source {
        AreaSource::Way(id) => id.to_string(),
        AreaSource::Relation(id) => id.to_string(),
    };
    let rest = if area.complete { "" } else { " incomplete" };
    format!("{source}: {}{rest}", polygons.join(" "))
}

fn assert_winding(shape: &geo_types::MultiPolygon) {
    for polygon in shape {
        assert!(polygon.exterior().is_ccw());
        assert!(polygon.interiors().iter().all(|ring| ring.is_cw()));
    }
}

#[test]
fn a_closed_way_is_an_area_and_an_open_one_is_not() {
    let map = lakes().area("abcd", &[WATER]).way("efgh", &[WATER]);
    // 10 × 5 steps of 100 m
    check(&map.extract(), &["way 1: 50-0"]);
}

#[test]
fn pieces_in_any_order_and_direction_make_rings_within_rings() {
    let map = lakes()
        .way("cb", &[])
        .way("gh", &[])
        .way("ijkli", &[])
        .way("ab", &[])
        .way("adc", &[])
        .way("eh", &[])
        .way("gfe", &[])
        .way("mnopm", &[]);
    let members = [
        ("outer", "cb"),
        ("inner", "gh"),
        ("outer", "ijkli"),
        ("outer", "ab"),
        ("outer", "adc"),
        ("inner", "eh"),
        ("inner", "gfe"),
        ("outer", "mnopm"),
    ];
    let relation = |map: Sketch, members: &[(&str, &str)]| {
        map.relation(members, &[("type", "multipolygon"), WATER])
            .extract()
    };
    // 10 × 5 − 6 × 3 = 32; beside it 1.5 × 5 = 7.5; the pond is 2 × 1.
    check(&relation(map.clone(), &members), &["relation 1: 32-1 7.5-0 2-0"]);
    // Roles do not matter, how the rings lie does.
    let no_roles = members.map(|(_, way)| ("", way));
    check(&relation(map, &no_roles), &["relation 1: 32-1 7.5-0 2-0"]);
}

#[test]
fn a_hole_may_touch_the_ring_around_it() {
    // The hole a-i-k-l shares the corner a, where four ends meet.
    let map = lakes()
        .way("ai", &[])
        .way("ab", &[])
        .way("la", &[])
        .way("bcda", &[])
        .way("ikl", &[]);
    let members = [
        ("inner", "ai"),
        ("outer", "ab"),
        ("inner", "la"),
        ("outer", "bcda"),
        ("inner", "ikl"),
    ];
    let map = map.relation(&members, &[("type", "multipolygon"), WATER]);
    let extract = map.extract();
    let areas = extract.areas(|tags| tags.is(WATER.0, WATER.1));
    // a(0,0) i(4,2) k(6,3) l(4,3): the cross products are 0, 0, 6, 0, so 3 of 50 are gone.
    assert_eq!(describe(&areas[0]), "relation 1: 47-1");
    assert!(areas[0].complete);
}

#[test]
fn two_rings_drawn_as_one_line_come_apart() {
    // A figure of eight through k: i-j-k and k-g-c.
    let map = lakes().area("jikcg", &[WATER]).area("kjiklhk", &[WATER]);
    let extract = map.extract();
    let second = extract.areas(|tags| tags.is(WATER.0, WATER.1)).pop().unwrap();
    assert_eq!(second.shape.0.len(), 2);
    assert_winding(&second.shape);
}

#[test]
fn an_old_multipolygon_has_the_tags_of_its_outer_way() {
    let map = lakes()
        .area("abcd", &[WATER, ("name", "Tollensesee")])
        .multipolygon("abcd", "efgh", &[("source", "survey")]);
    check(&map.extract(), &["relation 1: 32-1"]);
    let extract = map.extract();
    let areas = extract.areas(|_| true);
    assert_eq!(areas[0].tags.get("name"), None); // the island's ring itself, without tags
    assert_eq!(areas[1].tags.get("name"), Some("Tollensesee"));
}

#[test]
fn what_cannot_be_closed_is_left_out_and_told() {
    let map = lakes()
        .way("abc", &[])
        .way("cda", &[])
        .way("efg", &[])
        .way("gh", &[])
        .relation(
            &[
                ("outer", "abc"),
                ("outer", "cda"),
                ("inner", "efg"),
                ("inner", "gh"),
            ],
            &[("type", "multipolygon"), WATER],
        );
    check(&map.extract(), &["relation 1: 50-0 incomplete"]);
    // Cut so that one half of the outer ring is missing: no ring is left.
    let mut cut = Builder::default();
    for element in map.part("bfh") {
        element.add_to(&mut cut);
    }
    let cut = cut.finish();
    assert!(cut.way(map.way_id("abc")).is_some() && cut.way(map.way_id("cda")).is_none());
    check(&cut, &[]);
}

#[test]
fn what_was_cut_away_outside_the_bounds_does_not_open_an_area() {
    let map = lakes().way("adc", &[]).way("cb", &[]).way("ba", &[]).relation(
        &[("outer", "adc"), ("outer", "cb"), ("outer", "ba")],
        &[("type", "boundary"), WATER],
    );
    // Bounds from d to a corner, and one way gone.
    let cut = |north_east: char, missing: &str| {
        let (low, high) = (map.place('d'), map.place(north_east));
        let mut builder = Builder::default();
        builder.bounds(geom::BBox {
            west: low.lng(),
            south: low.lat(),
            east: high.lng(),
            north: high.lat(),
        });
        for element in map.elements() {
            if !matches!(&element, testkit::Element::Way { id, .. } if *id == map.way_id(missing)) {
                element.add_to(&mut builder);
            }
        }
        builder.finish()
    };
    // From c to b it is 5 of 10 + 5 + 10 + 5, less than a quarter, and outside the bounds that end at f.
    check(&cut('f', "cb"), &["relation 1: 50-0 incomplete"]);
    // Inside bounds that end at m, something is missing that should be there.
    check(&cut('m', "cb"), &[]);
    // From a to b it is 10 of 30, more than a quarter: which side is inside cannot be told.
    check(&cut('f', "ba"), &[]);
}

#[test]
fn a_hole_that_lost_its_surroundings_is_no_area() {
    let map = lakes().multipolygon("abcd mnop", "efgh", &[WATER]);
    let mut cut = Builder::default();
    for element in map.part("efghmnop") {
        element.add_to(&mut cut);
    }
    check(&map.extract(), &["relation 1: 32-1 7.5-0"]);
    check(&cut.finish(), &["relation 1: 7.5-0 incomplete"]);
}

#[test]
fn a_closed_way_with_missing_nodes_is_closed_and_told() {
    let map = lakes().area("abcd", &[WATER]);
    let mut cut = Builder::default();
    for element in map.elements() {
        let missing = matches!(&element, testkit::Element::Node { id, .. } if *id == map.node_id('d'));
        if !missing {
            element.add_to(&mut cut);
        }
    }
    check(&cut.finish(), &["way 1: 25-0 incomplete"]);
}

#[test]
fn a_spur_does_not_hide_the_ring_it_hangs_on() {
    let map = lakes()
        .way("bm", &[])
        .way("ab", &[])
        .way("bcd", &[])
        .way("da", &[]);
    let members = [
        ("outer", "ab"),
        ("outer", "bm"),
        ("outer", "bcd"),
        ("outer", "da"),
    ];
    let map = map.relation(&members, &[("type", "boundary"), WATER]);
    check(&map.extract(), &["relation 1: 50-0 incomplete"]);
}

#[test]
fn the_demo_extract_s_areas_are_sound() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf");
    let extract = osm::read(&[&path], &mut |_| {}).unwrap();
    let areas = extract.areas(|tags| tags.get("building").is_none());
    assert!(areas.is_sorted_by_key(|a| a.source));
    for area in &areas {
        assert_winding(&area.shape);
        for ring in area
            .shape
            .iter()
            .flat_map(|p| p.interiors().iter().chain([p.exterior()]))
        {
            assert!(ring.0.len() >= 4 && ring.is_closed(), "{:?}", area.source);
        }
    }
    // The Tollensesee lies south-west of the town: water is found on it and not in the town.
    let lake = geo_types::Point::new(13.21, 53.52);
    let town = geo_types::Point::new(13.2606, 53.5561);
    // One way of the town's boundary, north of the extract, was cut away. The town has 85.65 km².
    let boundary = areas
        .iter()
        .find(|a| a.source == AreaSource::Relation(RelationId(62705)));
    let boundary = boundary.unwrap();
    assert!(!boundary.complete && boundary.shape.contains(&town));
    assert!((geo::GeodesicArea::geodesic_area_unsigned(&boundary.shape) / 1e6 - 85.65).abs() < 0.3);
    let water = |point| {
        let water = areas.iter().filter(|a| a.tags.is(WATER.0, WATER.1));
        water.filter(|a| a.shape.contains(&point)).count()
    };
    assert!(water(lake) > 0 && water(town) == 0);
}

/// Rings as lists of places, cut into ways at random, shuffled, each turned or not.
fn scattered(
    rings: &[Vec<Fixed>],
    cuts: &[prop::sample::Index],
    order: &[u64],
    turned: &[bool],
    lost: Option<usize>,
) -> Extract {
    let mut builder = Builder::default();
    let mut pieces: Vec<Vec<NodeId>> = Vec::new();
    let mut next = 1;
    for ring in rings {
        let ids: Vec<NodeId> = (next..).take(ring.len()).map(NodeId).collect();
        next += ring.len() as i64;
        for (id, place) in ids.iter().zip(ring) {
            builder.node(*id, *place, []);
        }
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(ring.len())).collect();
        at.sort_unstable();
        at.dedup();
        for (i, from) in at.iter().enumerate() {
            let to = at.get(i + 1).map_or(at[0] + ring.len(), |to| *to);
            pieces.push((*from..=to).map(|n| ids[n % ring.len()]).collect());
        }
    }
    let count = pieces.len();
    let mut shuffled: Vec<usize> = (0..count).collect();
    shuffled.sort_by_key(|i| order[i % order.len()].rotate_left(*i as u32));
    for (i, piece) in pieces.iter_mut().enumerate() {
        if turned[i % turned.len()] {
            piece.reverse();
        }
        if lost.map(|lost| lost % count) != Some(i) {
            builder.way(WayId(i as i64), piece.iter().copied(), []);
        }
    }
    let members = shuffled.iter().map(|i| (MemberKind::Way, *i as i64, ""));
    builder.relation(RelationId(1), members, [("type", "multipolygon"), WATER]);
    builder.finish()
}

/// A star around a middle: corners at growing angles, `radius` between two bounds.
fn star(radii: &[f64], low: f64, high: f64) -> Vec<Fixed> {
    let step = std::f64::consts::TAU / radii.len() as f64;
    (radii.iter().enumerate())
        .map(|(i, r)| {
            let (sin, cos) = (step * i as f64).sin_cos();
            let r = (low + (high - low) * r) * 1e6;
            Fixed {
                lng: 132_000_000 + (r * cos) as i32,
                lat: 535_000_000 + (r * sin) as i32,
            }
        })
        .collect()
}

fn shoelace(ring: &[Fixed]) -> f64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    let at = |f: &Fixed| (f64::from(f.lng) / 1e7 - 13.2, f64::from(f.lat) / 1e7 - 53.5);
    let doubled: f64 = pairs.map(|(a, b)| at(a).0 * at(b).1 - at(b).0 * at(a).1).sum();
    doubled / 2.0
}

proptest! {
    #[test]
    fn random_pieces_of_rings_become_the_same_area(
        outer in prop::collection::vec(0.0..1.0f64, 12..40),
        hole in prop::collection::vec(0.0..1.0f64, 12..30),
        island in prop::collection::vec(0.0..1.0f64, 3..10),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..9),
        order in prop::collection::vec(any::<u64>(), 8),
        turned in prop::collection::vec(any::<bool>(), 8),
        lost in any::<prop::sample::Index>(),
    ) {
        let rings = [star(&outer, 1.5, 3.0), star(&hole, 0.7, 1.2), star(&island, 0.1, 0.5)];
        let whole = scattered(&rings, &cuts, &order, &turned, None);
        let areas = whole.areas(|_| true);
        let area = areas.iter().find(|a| matches!(a.source, AreaSource::Relation(_))).unwrap();
        prop_assert!(area.complete);
        assert_winding(&area.shape);
        prop_assert_eq!(area.shape.0.len(), 2);
        let expected = shoelace(&rings[0]) - shoelace(&rings[1]) + shoelace(&rings[2]);
        let found = area.shape.unsigned_area();
        prop_assert!((found - expected).abs() < 1e-9, "{} {}", found, expected);

        let lost = scattered(&rings, &cuts, &order, &turned, Some(lost.index(1000)));
        let areas = lost.areas(|tags| tags.is(WATER.0, WATER.1));
        prop_assert!(areas.iter().all(|a| !a.complete));
    }

    /// Ways at random between few nodes, as no mapper draws them: no panic, every ring well formed,
    /// and the same answer twice.
    #[test]
    fn nonsense_is_survived(
        ways in prop::collection::vec(prop::collection::vec(1..12i64, 0..8), 0..12),
        roles in prop::collection::vec(prop::sample::select(vec!["outer", "inner", "", "label"]), 12),
    ) {
        let mut builder = Builder::default();
        for id in 1..11 {
            // Node 11 is missing.
            let place = Fixed { lng: (id * 7 % 10) as i32 * 1000, lat: (id * 3 % 10) as i32 * 1000 };
            builder.node(NodeId(id), place, []);
        }
        for (id, nodes) in (1..).zip(&ways) {
            builder.way(WayId(id), nodes.iter().map(|n| NodeId(*n)), []);
        }
        let members = (1..13).zip(&roles).map(|(id, role)| (MemberKind::Way, id, *role));
        builder.relation(RelationId(1), members, [("type", "multipolygon"), WATER]);
        let extract = builder.finish();
        let areas = extract.areas(|_| true);
        for area in &areas {
            assert_winding(&area.shape);
            prop_assert!(!area.shape.0.is_empty());
        }
        prop_assert_eq!(format!("{areas:?}"), format!("{:?}", extract.areas(|_| true)));
    }
}
