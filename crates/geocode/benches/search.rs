//! How long is one answer, exact, misspelt and refused; a keystroke; a point; a batch; the build?

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use divan::{Bencher, counter::ItemsCount};
use geocode::{Geocoder, Level, Request, Status};
use geom::LngLat;

fn main() {
    divan::main();
}

static EXTRACT: LazyLock<osm::Extract> = LazyLock::new(|| {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf");
    osm::read(&[&path], &mut |_| {}).expect("the demo extract is readable")
});

static GEOCODER: LazyLock<Geocoder> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bench.pack");
    let mut writer = pack::Writer::create(&path).expect("a writable folder");
    for section in geocode::build(&EXTRACT, &mut |_| {}) {
        writer.section(&section).expect("a new section");
    }
    writer.finish().expect("a writable folder");
    Geocoder::open(Arc::new(pack::Pack::open(&path).expect("a whole pack"))).expect("good sections")
});

/// Some addresses of the map, as a linear scan finds them: text and place.
static ADDRESSES: LazyLock<Vec<(String, LngLat)>> = LazyLock::new(|| {
    let all = EXTRACT.tagged_nodes().filter_map(|n| {
        let get = |key| n.tags.get(key);
        let (street, number) = (get("addr:street")?, get("addr:housenumber")?);
        let (postcode, city) = (get("addr:postcode")?, get("addr:city")?);
        (!number.contains([';', ','])).then(|| (format!("{street} {number}, {postcode} {city}"), n.place))
    });
    all.step_by(7).take(500).collect()
});

fn houses(queries: &[String]) -> usize {
    let found = |q: &String| GEOCODER.search(&Request::text(q)).hits.first().map(|h| h.level);
    queries.iter().filter(|q| found(q) == Some(Level::House)).count()
}

#[divan::bench]
fn exact(bencher: Bencher<'_, '_>) {
    let queries: Vec<String> = ADDRESSES.iter().map(|a| a.0.clone()).collect();
    bencher.counter(ItemsCount::new(queries.len())).bench(|| {
        assert_eq!(houses(&queries), queries.len());
    });
}

#[divan::bench]
fn misspelt(bencher: Bencher<'_, '_>) {
    // The third and fourth letter swapped, where that changes anything.
    let queries: Vec<String> = ADDRESSES
        .iter()
        .filter_map(|(text, _)| {
            let mut letters: Vec<char> = text.chars().collect();
            let plain = letters[..10].iter().all(|c| c.is_lowercase() || c.is_uppercase());
            letters.swap(2, 3);
            (plain && letters[2] != letters[3]).then(|| letters.into_iter().collect())
        })
        .collect();
    assert!(queries.len() > 100);
    bencher.counter(ItemsCount::new(queries.len())).bench(|| {
        // A swapped name may be nearer to another street: nine of ten must still be houses.
        assert!(houses(&queries) * 10 >= queries.len() * 9);
    });
}

#[divan::bench]
fn refused(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let answer = GEOCODER.search(&Request::text("Rue de Rivoli 12, 75004 Paris"));
        assert!(answer.hits.is_empty() && answer.status != Status::Auto);
    });
}

#[divan::bench]
fn keystroke(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        assert_eq!(GEOCODER.autocomplete("neust", None, 5).len().min(1), 1);
    });
}

#[divan::bench]
fn reverse(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ADDRESSES.len())).bench(|| {
        let near = ADDRESSES.iter().filter(|(_, at)| {
            GEOCODER
                .reverse(*at)
                .is_some_and(|r| // One number within 30 m is one house.
            r.level == Level::House && r.distance.0 < 30.0)
        });
        assert_eq!(near.count(), ADDRESSES.len());
    });
}

#[divan::bench(sample_count = 10)]
fn batch(bencher: Bencher<'_, '_>) {
    let requests: Vec<Request<'_>> = ADDRESSES
        .iter()
        .map(|a| Request::text(&a.0))
        .cycle()
        .take(5_000)
        .collect();
    bencher.counter(ItemsCount::new(requests.len())).bench(|| {
        let answers = GEOCODER.batch(&requests);
        assert!(answers.iter().all(|a| a.hits[0].level == Level::House));
    });
}

#[divan::bench(sample_count = 10)]
fn build(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let sections = geocode::build(&EXTRACT, &mut |_| {});
        assert!(sections.iter().map(|s| s.bytes.len()).sum::<usize>() > 100_000);
    });
}
