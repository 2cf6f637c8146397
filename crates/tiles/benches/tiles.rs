//! How long do the demo's tiles take to build, and one of them to find? Each answer is checked.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use geom::{LngLat, TileId};
use tiles::TileIndex;

fn main() {
    divan::main();
}

fn demo() -> osm::Extract {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf");
    osm::read(&[&path], &mut |_| {}).expect("the demo's extract can be read")
}

/// The whole demo, all zooms.
#[divan::bench(sample_count = 10)]
fn build(bencher: Bencher) {
    let extract = demo();
    bencher.bench_local(|| {
        let mut last = None;
        let sections = tiles::build(black_box(&extract), &mut |p| last = Some(p));
        let bytes: usize = sections.iter().map(|s| s.bytes.len()).sum();
        assert!(last.is_some_and(|p| p.done == p.total && p.total > 250));
        assert!((500_000..3_000_000).contains(&bytes), "{bytes} bytes");
        sections
    });
}

/// One tile of zoom 14 out of the pack, as it is served.
#[divan::bench]
fn find(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("demo.pack");
    let mut writer = pack::Writer::create(&path).expect("a pack can be begun");
    for section in tiles::build(&demo(), &mut |_| {}) {
        writer.section(&section).expect("a section can be written");
    }
    writer.finish().expect("a pack can be finished");
    let pack = pack::Pack::open(&path).expect("a pack just written");
    let index = TileIndex::open(Arc::new(pack)).expect("tiles just built");
    let town = LngLat::new(13.2606, 53.5561).expect("Neubrandenburg");
    let id = TileId::at(town, 14);
    bencher.bench_local(|| {
        let tile = index.tile(black_box(id)).expect("the town has a tile");
        assert!(tile.len() > 10_000 && tile[..2] == [0x1f, 0x8b]);
        tile.len()
    });
}
