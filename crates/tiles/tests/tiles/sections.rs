//! The sections in the pack: the same from the same extract, and refused when they cannot be right.

use geom::{LngLat, Meters, TileId};
use pack::{OpenError, Section};
use testkit::Sketch;

use crate::map::Map;

fn sketch() -> Sketch {
    let drawing = "
        a   b   c
        d   e   f
        g   h   i
    ";
    Sketch::new(Meters(700.0), drawing)
        .roads("abc def ghi adg beh cfi")
        .area("abed", &[("natural", "water"), ("name", "See")])
        .area("efih", &[("landuse", "forest")])
        .node("e", &[("place", "town"), ("name", "Ort")])
}

fn sections() -> Vec<Section> {
    tiles::build(&sketch().extract(), &mut |_| {})
}

/// What opening says after one section was changed.
fn refused(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut sections = sections();
    let section = sections
        .iter_mut()
        .find(|s| s.name == name)
        .expect("a section of that name");
    change(&mut section.bytes);
    match Map::open(&sections) {
        Err(error @ OpenError::Section { .. }) => error.to_string(),
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("a damaged `{name}` was opened"),
    }
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let extract = sketch().extract();
    let build = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        pool.install(|| tiles::build(&extract, &mut |_| {}))
    };
    let one = build(1);
    assert!(one.iter().any(|s| s.bytes.len() > 1000));
    assert_eq!(one, build(2));
    assert_eq!(one, build(7));
}

#[test]
fn progress_goes_up_to_all_tiles() {
    let mut seen = Vec::new();
    let sections = tiles::build(&sketch().extract(), &mut |p| seen.push((p.done, p.total)));
    let tiles = Map::open(&sections).expect("tiles just built").index.len();
    assert!(seen.is_sorted() && seen.first().is_some_and(|p| p.0 == 0));
    assert_eq!(seen.last(), Some(&(tiles, tiles)));
}

#[test]
fn tiles_alike_are_stored_once() {
    // Nothing but land for 40 km: most tiles of a zoom are the same full square.
    let sketch = Sketch::new(Meters(20_000.0), "a   b\n\nc   d");
    let sections = tiles::build(&sketch.extract(), &mut |_| {});
    let size = |name: &str| {
        sections
            .iter()
            .find(|s| s.name == name)
            .map_or(0, |s| s.bytes.len())
    };
    let tiles = size("tiles/index") / 24;
    assert!(tiles > 1000, "{tiles} tiles");
    assert!(
        size("tiles/data") < 20_000,
        "{} bytes for {tiles} tiles",
        size("tiles/data")
    );
}

#[test]
fn inside_the_bounds_there_is_a_tile_and_outside_none() {
    let map = Map::open(&sections()).expect("tiles just built");
    let bounds = map.index.bounds().expect("a map with nodes has bounds");
    for z in 0..=14 {
        for id in TileId::covering(bounds, z) {
            assert!(map.index.tile(id).is_some(), "{id:?}");
        }
        let far = TileId::at(LngLat::new(-70.0, -30.0).unwrap(), z);
        assert_eq!(map.index.tile(far).is_some(), z == 0);
    }
    let deep = TileId::at(bounds.center(), 15);
    assert!(map.index.tile(deep).is_none());
}

#[test]
fn a_damaged_head_is_refused() {
    assert!(refused("tiles/head", Vec::clear).contains("tiles/head"));
    assert!(refused("tiles/head", |b| b.truncate(39)).contains("39 bytes"));
    let west = |b: &mut Vec<u8>| b[..8].copy_from_slice(&700f64.to_le_bytes());
    assert!(refused("tiles/head", west).contains("700"));
    let half = |b: &mut Vec<u8>| b[..8].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(refused("tiles/head", half).contains("NaN"));
    assert!(refused("tiles/head", |b| b[33] = 99).contains("zooms 0 to 99"));
    assert!(refused("tiles/head", |b| b[34] = 9).contains("coast, 9"));
}

#[test]
fn a_damaged_index_is_refused() {
    assert!(refused("tiles/index", |b| b.truncate(30)).contains("30 bytes"));
    let swap = |b: &mut Vec<u8>| {
        let (first, rest) = b.split_at_mut(24);
        first.swap_with_slice(&mut rest[..24]);
    };
    assert!(refused("tiles/index", swap).contains("follows tile"));
    let far = |b: &mut Vec<u8>| b[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(refused("tiles/index", far).contains("lies outside"));
    assert!(refused("tiles/data", |b| b.truncate(100)).contains("100 bytes of tiles"));
}

#[test]
fn a_missing_section_is_named() {
    for name in ["tiles/head", "tiles/index", "tiles/data"] {
        let mut sections = sections();
        sections.retain(|s| s.name != name);
        let Err(error) = Map::open(&sections) else {
            panic!("opened without `{name}`");
        };
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn the_page_lists_every_layer_and_attribute() {
    let page = include_str!("../../README.md");
    for layer in tiles::LAYERS {
        assert!(
            page.contains(&format!("`{}`", layer.id)),
            "README.md lacks layer `{}`",
            layer.id
        );
        for field in layer.fields {
            assert!(
                page.contains(&format!("`{}`", field.name)),
                "README.md lacks `{}`",
                field.name
            );
        }
    }
}
