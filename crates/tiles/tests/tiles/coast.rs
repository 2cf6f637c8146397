//! Land and sea at the edge of an extract.

use geom::{BBox, Fixed, LngLat};
use osm::{Builder, NodeId, WayId};
use proptest::prelude::*;
use tiles::Coast;

use crate::map::Map;
use crate::valid::check_map;

const BOUNDS: BBox = BBox {
    west: 13.20,
    south: 54.00,
    east: 13.30,
    north: 54.06,
};

fn place(lng: f64, lat: f64) -> LngLat {
    LngLat::new(lng, lat).expect("a place on the earth")
}

/// An extract with these coastlines; a line is a ring if it ends where it begins.
fn extract(lines: &[Vec<LngLat>]) -> osm::Extract {
    let mut builder = Builder::default();
    builder.bounds(BOUNDS);
    let mut next = 1;
    for (way, line) in (1..).zip(lines) {
        let first = next;
        let closed = line.first() == line.last();
        let mut ids = Vec::new();
        for (i, p) in line.iter().enumerate() {
            if closed && i + 1 == line.len() {
                ids.push(NodeId(first));
            } else {
                builder.node(NodeId(next), Fixed::from(*p), []);
                ids.push(NodeId(next));
                next += 1;
            }
        }
        builder.way(WayId(way), ids, [("natural", "coastline")]);
    }
    builder.finish()
}

fn is_sea(map: &Map, lng: f64, lat: f64) -> bool {
    let over = map.areas_over(place(lng, lat), 13);
    match over.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["water/ocean"] => true,
        ["earth/earth"] => false,
        _ => panic!("{lng}, {lat} is {over:?}"),
    }
}

#[test]
fn land_lies_left_of_a_coast_that_crosses_the_box() {
    // Eastwards through the middle: land in the north.
    let map = Map::of(&extract(&[vec![place(13.1, 54.03), place(13.4, 54.03)]]));
    check_map(&map);
    assert_eq!(map.index.coast(), Coast::Closed);
    assert!(is_sea(&map, 13.25, 54.01) && !is_sea(&map, 13.25, 54.05));
    // Westwards: land in the south.
    let map = Map::of(&extract(&[vec![place(13.4, 54.03), place(13.1, 54.03)]]));
    assert!(!is_sea(&map, 13.25, 54.01) && is_sea(&map, 13.25, 54.05));
}

#[test]
fn a_strait_has_two_shores() {
    let north = vec![place(13.1, 54.04), place(13.4, 54.04)];
    let south = vec![place(13.4, 54.02), place(13.1, 54.02)];
    let map = Map::of(&extract(&[north, south]));
    assert_eq!(map.index.coast(), Coast::Closed);
    let middle = [54.01, 54.03, 54.05].map(|lat| is_sea(&map, 13.25, lat));
    assert_eq!(middle, [false, true, false]);
}

#[test]
fn an_island_alone_lies_in_the_sea() {
    // Counter-clockwise: land inside.
    let ring = [
        (13.24, 54.02),
        (13.26, 54.02),
        (13.26, 54.04),
        (13.24, 54.04),
        (13.24, 54.02),
    ];
    let island: Vec<LngLat> = ring.iter().map(|(x, y)| place(*x, *y)).collect();
    let map = Map::of(&extract(std::slice::from_ref(&island)));
    check_map(&map);
    assert!(!is_sea(&map, 13.25, 54.03) && is_sea(&map, 13.21, 54.03));
    // Clockwise: water inside, as in a lagoon mapped as sea.
    let lagoon: Vec<LngLat> = island.into_iter().rev().collect();
    let map = Map::of(&extract(&[lagoon]));
    assert!(is_sea(&map, 13.25, 54.03) && !is_sea(&map, 13.21, 54.03));
}

#[test]
fn an_island_larger_than_the_box_is_all_land() {
    let ring = [
        (12.0, 53.0),
        (14.0, 53.0),
        (14.0, 55.0),
        (12.0, 55.0),
        (12.0, 53.0),
    ];
    let island: Vec<LngLat> = ring.iter().map(|(x, y)| place(*x, *y)).collect();
    let map = Map::of(&extract(&[island]));
    assert!(!is_sea(&map, 13.25, 54.03));
}

#[test]
fn a_coast_with_a_gap_is_reported_and_all_is_land() {
    let map = Map::of(&extract(&[vec![place(13.1, 54.03), place(13.25, 54.03)]]));
    assert_eq!(map.index.coast(), Coast::Broken);
    assert!(!is_sea(&map, 13.22, 54.01) && !is_sea(&map, 13.22, 54.05));
}

#[test]
fn a_coast_that_stops_just_before_the_box_is_led_on() {
    let map = Map::of(&extract(&[vec![place(13.203, 54.03), place(13.298, 54.03)]]));
    assert_eq!(map.index.coast(), Coast::Closed);
    assert!(is_sea(&map, 13.25, 54.01) && !is_sea(&map, 13.25, 54.05));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// A wiggling coast from west to east, cut into ways, some of them given late: a point above it is
    /// land, one below it sea.
    #[test]
    fn above_a_wiggling_coast_is_land(
        heights in prop::collection::vec(54.01..54.05f64, 12),
        cut in 1..11usize,
        probes in prop::collection::vec((13.21..13.29f64, 54.001..54.059f64), 20),
    ) {
        let step = 0.2 / (heights.len() - 1) as f64;
        let coast: Vec<LngLat> =
            heights.iter().enumerate().map(|(i, lat)| place(13.15 + step * i as f64, *lat)).collect();
        let mut builder = Builder::default();
        builder.bounds(BOUNDS);
        for (id, p) in (1..).zip(&coast) {
            builder.node(NodeId(id), Fixed::from(*p), []);
        }
        let (cut, last) = (cut as i64 + 1, coast.len() as i64);
        builder.way(WayId(2), (1..=cut).map(NodeId), [("natural", "coastline")]);
        builder.way(WayId(1), (cut..=last).map(NodeId), [("natural", "coastline")]);
        let map = Map::of(&builder.finish());
        prop_assert_eq!(map.index.coast(), Coast::Closed);
        for (lng, lat) in probes {
            let along = (lng - 13.15) / step;
            let i = along as usize;
            let shore = heights[i] + (heights[i + 1] - heights[i]) * along.fract();
            // Half a unit of rounding and two of simplification at zoom 13 are about 2 m, 0.00002°.
            if (lat - shore).abs() > 0.0005 {
                prop_assert_eq!(is_sea(&map, lng, lat), lat < shore, "{}, {} by {}", lng, lat, shore);
            }
        }
    }
}
