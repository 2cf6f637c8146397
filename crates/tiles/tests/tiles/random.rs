//! Random maps: what goes in comes out again, once, and always valid.

use geo::{Area, BooleanOps};
use geo_types::{Coord, LineString, Polygon, Rect};
use geom::{BBox, Fixed, LngLat, TileId};
use osm::{Builder, NodeId, WayId};
use proptest::prelude::*;

use crate::map::{Map, doubles};
use crate::valid::check_map;

const BOUNDS: BBox = BBox {
    west: 13.20,
    south: 53.50,
    east: 13.26,
    north: 53.53,
};

/// A ring around a place, one corner in each direction: it never crosses itself. Degrees.
fn star() -> impl Strategy<Value = Vec<LngLat>> {
    let radius = prop::collection::vec(0.0005..0.02f64, 3..14);
    (radius, 13.19..13.27f64, 53.49..53.54f64).prop_map(|(radius, lng, lat)| {
        let step = std::f64::consts::TAU / radius.len() as f64;
        let corner = |(i, r): (usize, &f64)| {
            let (sin, cos) = (step * i as f64).sin_cos();
            LngLat::new(lng + r * cos, lat + r * sin).expect("a place on the earth")
        };
        radius.iter().enumerate().map(corner).collect()
    })
}

fn add_ring(builder: &mut Builder, way: i64, ring: &[LngLat], tags: &[(&str, &str)]) {
    let ids: Vec<NodeId> = (0..ring.len() as i64).map(|i| NodeId(way * 1000 + i)).collect();
    for (id, p) in ids.iter().zip(ring) {
        builder.node(*id, Fixed::from(*p), []);
    }
    builder.way(
        WayId(way),
        ids.iter().chain(&ids[..1]).copied(),
        tags.iter().copied(),
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_map_makes_valid_tiles(rings in prop::collection::vec((star(), 0..5usize), 1..8)) {
        let kinds: [&[(&str, &str)]; 5] = [
            &[("natural", "water"), ("name", "See")],
            &[("landuse", "forest")],
            &[("building", "yes"), ("addr:housenumber", "1")],
            &[("highway", "secondary"), ("junction", "roundabout")],
            &[("leisure", "park"), ("name", "Park")],
        ];
        let mut builder = Builder::default();
        builder.bounds(BOUNDS);
        for (way, (ring, kind)) in (1..).zip(&rings) {
            add_ring(&mut builder, way, ring, kinds[*kind]);
        }
        prop_assert!(check_map(&Map::of(&builder.finish())) > 0);
    }

    /// The parts of an area in all tiles of a zoom add up to the area within the bounds.
    #[test]
    fn the_tiles_of_a_zoom_share_an_area_without_gap_or_overlap(ring in star(), z in 12..=14u8) {
        let mut builder = Builder::default();
        builder.bounds(BOUNDS);
        add_ring(&mut builder, 1, &ring, &[("natural", "water")]);
        let map = Map::of(&builder.finish());
        let origin = TileId::at(LngLat::new(BOUNDS.west, BOUNDS.north).unwrap(), z);
        let plane = |p: LngLat| {
            let at = origin.project(p);
            Coord { x: at.x, y: at.y }
        };
        let corner = |lng, lat| plane(LngLat::new(lng, lat).unwrap());
        let bounds =
            Rect::new(corner(BOUNDS.west, BOUNDS.north), corner(BOUNDS.east, BOUNDS.south)).to_polygon();
        let drawn: LineString<f64> = ring.iter().map(|p| plane(*p)).collect();
        let drawn = Polygon::new(drawn, vec![]).intersection(&bounds);
        let tile = Rect::new(Coord { x: 0.0, y: 0.0 }, Coord { x: 4096.0, y: 4096.0 }).to_polygon();
        let mut found = 0.0;
        for id in TileId::covering(BOUNDS, z) {
            for water in map.tile(id).iter().filter(|s| s.layer == "water") {
                found += doubles(&water.polygons()).intersection(&tile).unsigned_area();
            }
        }
        // Every edge may move by the tolerance of its zoom and by rounding, once here and once at a cut.
        let tolerance = if z == 14 { 1.0 } else { 4.0 };
        let edge = geo::Length::length(&geo::Euclidean, &lines_of(&drawn));
        let allowed = edge * (tolerance + 1.0) + 600.0;
        let exact = drawn.unsigned_area();
        prop_assert!((exact - found).abs() <= allowed, "{found} instead of {exact}, allowed {allowed}");
    }

    #[test]
    fn a_point_is_on_one_tile_of_a_zoom(
        points in prop::collection::vec((13.2..=13.26f64, 53.5..=53.53f64), 1..12),
    ) {
        let mut builder = Builder::default();
        builder.bounds(BOUNDS);
        for (id, (lng, lat)) in (1..).zip(&points) {
            let place = Fixed::from(LngLat::new(*lng, *lat).unwrap());
            builder.node(NodeId(id), place, [("addr:housenumber", "7")]);
        }
        let map = Map::of(&builder.finish());
        let seen = TileId::covering(BOUNDS, 14).flat_map(|id| map.tile(id));
        prop_assert_eq!(seen.filter(|s| s.text("kind") == "address").count(), points.len());
    }
}

fn lines_of(polygons: &geo_types::MultiPolygon<f64>) -> geo_types::MultiLineString<f64> {
    polygons.iter().map(|p| p.exterior().clone()).collect()
}
