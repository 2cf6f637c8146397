//! The demo's extract, whole.

use std::path::Path;

use geom::{LngLat, TileId};

use crate::map::{Map, Seen};
use crate::valid::check_map;

fn demo() -> Map {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf");
    let extract = osm::read(&[&path], &mut |_| {}).expect("the demo's extract can be read");
    Map::of(&extract)
}

#[test]
fn every_tile_of_the_demo_is_valid_and_holds_what_the_town_is_known_for() {
    let map = demo();
    let features = check_map(&map);
    assert!(features > 15_000, "{features} features");

    // In the Tollensesee, a multipolygon south of the town, and on its label at a middle zoom.
    let lake = LngLat::new(13.222, 53.515).unwrap();
    for z in [9, 11, 13, 14] {
        let over = map.areas_over(lake, z);
        assert!(
            over.iter().any(|a| a == "water/lake" || a == "water/water"),
            "zoom {z}: {over:?}"
        );
    }
    let bounds = map.index.bounds().unwrap();
    let named = |z: u8, layer: &str, name: &str| {
        let tiles = TileId::covering(bounds, z);
        let seen: Vec<Seen> = tiles.flat_map(|id| map.tile(id)).collect();
        seen.into_iter()
            .filter(|s| s.layer == layer && s.text("name") == name)
            .count()
    };
    assert_eq!(named(11, "water", "Tollensesee"), 1);
    assert_eq!(named(8, "places", "Neubrandenburg"), 1);
    assert!(named(14, "roads", "Friedrich-Engels-Ring") >= 1);
    // The Marienkirche, as a place to visit and as a building.
    let church = LngLat::new(13.2617, 53.5573).unwrap();
    let tile = map.tile(TileId::at(church, 14));
    assert!(
        tile.iter()
            .filter(|s| s.layer == "buildings" && s.point().is_none())
            .count()
            > 0
    );
    assert!(tile.iter().filter(|s| s.text("kind") == "address").count() > 100);
}
