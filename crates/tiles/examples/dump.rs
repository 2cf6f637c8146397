//! Writes the tiles of a map pack as plain files, `z-x-y.mvt`, uncompressed, for other programs to read.
//!
//! `cargo run -p tiles --example dump -- map.pack out/ [largest zoom]`; in place of a pack it also takes
//! an extract (`.osm.pbf`) and builds its tiles first, into `out/tiles.pack`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use geom::TileId;
use tiles::TileIndex;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [map, out, ..] = &args[..] else {
        return Err("usage: dump MAP.pack|EXTRACT.osm.pbf FOLDER [LARGEST_ZOOM]".into());
    };
    let (map, out) = (Path::new(map), Path::new(out));
    let last: u8 = args.get(2).map_or(Ok(tiles::MAX_ZOOM), |z| z.parse())?;
    std::fs::create_dir_all(out)?;
    let pack = if map.extension().is_some_and(|e| e == "pbf") {
        let pack = out.join("tiles.pack");
        build(map, &pack)?;
        pack::Pack::open(&pack)?
    } else {
        pack::Pack::open(map)?
    };
    let index = TileIndex::open(Arc::new(pack))?;
    let bounds = index.bounds().ok_or("the map holds nothing")?;
    println!("{} tiles, {:?}, coast {:?}", index.len(), bounds, index.coast());
    println!("zoom  tiles  raw kB  gzip kB  largest raw kB");
    for z in index.min_zoom()..=last.min(index.max_zoom()) {
        let (mut count, mut raw, mut packed, mut largest) = (0, 0, 0, 0);
        for id in TileId::covering(bounds, z) {
            let stored = index
                .tile(id)
                .ok_or_else(|| format!("no tile {z}/{}/{}", id.x, id.y))?;
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(stored).read_to_end(&mut bytes)?;
            (count, raw, packed) = (count + 1, raw + bytes.len(), packed + stored.len());
            largest = largest.max(bytes.len());
            std::fs::write(out.join(format!("{z}-{}-{}.mvt", id.x, id.y)), &bytes)?;
        }
        println!(
            "{z:4} {count:6} {:7} {:8} {:15}",
            raw / 1000,
            packed / 1000,
            largest / 1000
        );
    }
    Ok(())
}

fn build(extract: &Path, pack: &Path) -> Result<(), Failure> {
    let started = Instant::now();
    let extract = osm::read(&[extract], &mut |_| {})?;
    println!(
        "read {:?} elements in {:.2?}",
        extract.counts(),
        started.elapsed()
    );
    let started = Instant::now();
    let sections = tiles::build(&extract, &mut |_| {});
    println!("built tiles in {:.2?}", started.elapsed());
    let mut writer = pack::Writer::create(pack)?;
    for section in &sections {
        println!("{:12} {:9} bytes", section.name, section.bytes.len());
        writer.section(section)?;
    }
    writer.finish()?;
    Ok(())
}
