//! What does the demo map's road network answer, how fast? Each answer is checked, against another way of asking or
//! a sum noted when the two agreed.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use geom::{LngLat, Seconds};
use roads::{AreaOptions, Profile, RoadIndex, Snap, SnapOptions, build};

fn main() {
    divan::main();
}

struct Demo {
    extract: osm::Extract,
    roads: RoadIndex,
    addresses: Vec<LngLat>,
}

fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf");
        let extract = osm::read(&[&path], &mut |_| ()).expect("the demo extract");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("roads.pack");
        let mut writer = pack::Writer::create(&file).expect("a pack is begun");
        for section in build(&extract, &Profile::car(), &mut |_| ()) {
            writer.section(&section).expect("a section is written");
        }
        writer.finish().expect("a pack is finished");
        let pack = pack::Pack::open(&file).expect("a pack is opened");
        let addresses = extract
            .tagged_nodes()
            .filter(|n| n.tags.get("addr:housenumber").is_some());
        Demo {
            addresses: addresses.map(|n| n.place).collect(),
            roads: RoadIndex::open(Arc::new(pack)).expect("whole sections"),
            extract,
        }
    })
}

/// As many addresses, spread over the list, on roads.
fn sample(count: usize) -> Vec<Snap> {
    let demo = demo();
    let places = demo
        .addresses
        .iter()
        .step_by(demo.addresses.len() / count)
        .take(count);
    places
        .map(|p| {
            demo.roads
                .snap(*p, &SnapOptions::default())
                .expect("a road is near")
        })
        .collect()
}

fn matrix(bencher: divan::Bencher<'_, '_>, count: usize) {
    let roads = &demo().roads;
    let places = sample(count);
    let expected: Vec<_> = places
        .iter()
        .map(|from| {
            places
                .iter()
                .map(|to| roads.query().trip(from, to))
                .collect::<Vec<_>>()
        })
        .collect();
    bencher.bench_local(|| {
        let matrix = roads.matrix(&places, &places);
        for (i, row) in expected.iter().enumerate().step_by(7) {
            for (j, trip) in row.iter().enumerate() {
                assert_eq!(matrix.trip(i, j), *trip);
            }
        }
        matrix
    });
}

/// A rep's day: home and forty candidates.
#[divan::bench]
fn matrix_41(bencher: divan::Bencher<'_, '_>) {
    matrix(bencher, 41);
}

#[divan::bench]
fn matrix_100(bencher: divan::Bencher<'_, '_>) {
    matrix(bencher, 100);
}

/// A hundred routes with lines and steps, one after the other.
#[divan::bench]
fn hundred_routes(bencher: divan::Bencher<'_, '_>) {
    let roads = &demo().roads;
    let places = sample(100);
    let matrix = roads.matrix(&places, &places);
    let mut query = roads.query();
    bencher.bench_local(|| {
        for (i, from) in places.iter().enumerate() {
            let j = (i + 50) % 100;
            let route = query.route(from, &places[j]);
            assert_eq!(route.map(|r| r.trip), matrix.trip(i, j));
        }
    });
}

/// A thousand addresses put on roads.
#[divan::bench]
fn thousand_snaps(bencher: divan::Bencher<'_, '_>) {
    let demo = demo();
    let nearest: Vec<_> = sample(1000).iter().map(|s| s.point).collect();
    bencher.bench_local(|| {
        let points: Vec<_> = sample(1000).iter().map(|s| s.point).collect();
        assert_eq!(points, nearest);
        demo.roads.statistics().segments
    });
}

/// The area ten minutes away.
#[divan::bench]
fn ten_minutes(bencher: divan::Bencher<'_, '_>) {
    let roads = &demo().roads;
    let places = sample(300);
    let limit = Seconds(600.0);
    let mut query = roads.query();
    let trips = query.trips(&places[0], &places);
    bencher.bench_local(|| {
        let reach = query.reach(&places[0], limit);
        for (place, trip) in places.iter().zip(&trips) {
            assert_eq!(
                reach.contains(place),
                trip.is_some_and(|t| t.duration <= limit.to_millis())
            );
        }
        reach.area(&AreaOptions::default())
    });
}

/// From the extract to the sections of a pack.
#[divan::bench]
fn build_sections(bencher: divan::Bencher<'_, '_>) {
    let demo = demo();
    let expected = build(&demo.extract, &Profile::car(), &mut |_| ());
    bencher.bench_local(|| {
        let sections = build(&demo.extract, &Profile::car(), &mut |_| ());
        assert!(sections == expected);
        sections
    });
}
