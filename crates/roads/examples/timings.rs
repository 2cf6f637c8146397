//! How long the steps take on a real extract: `cargo run --release -p roads --example timings -- region.osm.pbf`.
//!
//! Places to ask about are drawn from the extract's own addresses, always the same ones.

use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use geom::{LngLat, Seconds};
use roads::{AreaOptions, Profile, RoadIndex, Snap, SnapOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os()
        .nth(1)
        .ok_or("which extract? timings region.osm.pbf")?;
    let path = PathBuf::from(path);
    let clock = Instant::now();
    let extract = osm::read(&[&path], &mut |_| ())?;
    println!("read            {:8.1} ms", millis(clock));

    let clock = Instant::now();
    let sections = roads::build(&extract, &Profile::car(), &mut |_| ());
    println!("build           {:8.1} ms", millis(clock));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("roads.pack");
    let mut writer = pack::Writer::create(&file)?;
    for section in &sections {
        writer.section(section)?;
    }
    writer.finish()?;
    let clock = Instant::now();
    let roads = RoadIndex::open(Arc::new(pack::Pack::open(&file)?))?;
    println!(
        "open            {:8.1} ms   {:?}",
        millis(clock),
        roads.statistics()
    );

    let addresses: Vec<LngLat> = extract
        .tagged_nodes()
        .filter(|n| n.tags.get("addr:housenumber").is_some())
        .map(|n| n.place)
        .collect();
    let options = SnapOptions::default();
    let sample = |count: usize| -> Vec<Snap> {
        let places = addresses
            .iter()
            .step_by((addresses.len() / count).max(1))
            .take(count);
        places
            .filter_map(|place| roads.snap(*place, &options).ok())
            .collect()
    };
    let clock = Instant::now();
    let snaps = sample(1000);
    println!("snap            {:8.3} ms each", millis(clock) / 1000.0);

    let mut query = roads.query();
    let pairs = snaps
        .iter()
        .zip(snaps.iter().cycle().skip(snaps.len() / 2))
        .take(200);
    let clock = Instant::now();
    for (from, to) in pairs.clone() {
        black_box(query.trip(from, to));
    }
    println!("trip            {:8.3} ms each", millis(clock) / 200.0);
    let clock = Instant::now();
    for (from, to) in pairs {
        black_box(query.route(from, to));
    }
    println!("route           {:8.3} ms each", millis(clock) / 200.0);
    for count in [41, 100, 400] {
        let places = sample(count);
        let clock = Instant::now();
        black_box(roads.matrix(&places, &places));
        println!("matrix {count:4}     {:8.1} ms", millis(clock));
    }
    for minutes in [5.0, 10.0, 30.0] {
        let clock = Instant::now();
        let reach = query.reach(&snaps[0], Seconds(minutes * 60.0));
        let reached = millis(clock);
        let area = reach.area(&AreaOptions::default());
        let points: usize = area.0.iter().map(|p| p.exterior().0.len()).sum();
        println!(
            "reach {minutes:4} min  {reached:8.1} ms, area {:.1} ms, {points} points",
            millis(clock) - reached
        );
    }
    Ok(())
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
