//! How fast are the screens of a million customers? One question each, with its answer checked against a
//! plain scan of all rows before the clock starts.
//!
//!     cargo bench -p points

mod world;

use std::collections::HashMap;
use std::sync::LazyLock;

use divan::{Bencher, black_box};
use geom::{BBox, LngLat, TileId};
use points::{Change, Filter, Index, Row, Shape, SnapshotSpec, TileStyle, fold_words};
use world::Random;

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(world::rows);
static INDEX: LazyLock<Index> =
    LazyLock::new(|| Index::build(world::schema(), ROWS.iter().cloned()).expect("the rows fit"));

fn main() {
    divan::main();
}

fn place(row: &Row) -> LngLat {
    row.place.expect("every customer has a place")
}

/// The tile of a zoom with the most rows that count, and how many these are.
fn densest(zoom: u8, counts: impl Fn(&Row) -> bool) -> (TileId, u64) {
    let mut rows: HashMap<TileId, u64> = HashMap::new();
    for row in ROWS.iter().filter(|row| counts(row)) {
        *rows.entry(TileId::at(place(row), zoom)).or_default() += 1;
    }
    rows.into_iter()
        .max_by_key(|&(tile, rows)| (rows, tile))
        .expect("there are rows")
}

fn style() -> TileStyle {
    TileStyle {
        shown: vec!["name".into(), "class".into()],
        sums: vec!["revenue".into()],
        most_urgent: vec!["due".into()],
        commonest: vec!["territory".into()],
        ..TileStyle::layer("customers")
    }
}

/// What a person with some rights and a filter sees.
fn filter() -> Filter {
    let territories = (0..120).map(|t| format!("Territory {t}"));
    Filter::category("territory", territories).and(Filter::category("class", ["A", "B"]))
}

fn passes(row: &Row) -> bool {
    let territory = row.categories[2]
        .as_deref()
        .and_then(|t| t.strip_prefix("Territory "));
    let territory: u32 = territory.and_then(|t| t.parse().ok()).expect("a territory");
    territory < 120 && matches!(row.categories[0].as_deref(), Some("A" | "B"))
}

#[divan::bench(sample_count = 3)]
fn build(bencher: Bencher<'_, '_>) {
    let build = || Index::build(world::schema(), ROWS.iter().cloned()).expect("the rows fit");
    assert_eq!(build().len(), world::ROWS);
    println!("\n{} MB", INDEX.owned_bytes() / 1_000_000);
    bencher.bench(build);
}

/// The densest tile, drawn as it is served: cells, or places from the zoom at which it holds few.
#[divan::bench(args = [5, 8, 10, 12, 14])]
fn tile(bencher: Bencher<'_, '_>, zoom: u8) {
    let (tile, rows) = densest(zoom, |_| true);
    let view = INDEX.view(&Filter::All).expect("a filter");
    let drawn = view.tile(tile, &style()).expect("a style");
    assert_eq!(drawn.rows, rows);
    assert!(drawn.bytes.len() <= 500_000);
    bencher.bench(|| view.tile(black_box(tile), &style()));
}

#[divan::bench(args = [5, 8, 10, 12, 14])]
fn tile_with_rights_and_filter(bencher: Bencher<'_, '_>, zoom: u8) {
    let (tile, rows) = densest(zoom, passes);
    let view = INDEX.view(&filter()).expect("a filter");
    assert_eq!(view.tile(tile, &style()).expect("a style").rows, rows);
    bencher.bench(|| view.tile(black_box(tile), &style()));
}

/// Every place of a tile, as a yardstick of encoding; nobody is served this.
#[divan::bench(args = [10, 12])]
fn tile_raw(bencher: Bencher<'_, '_>, zoom: u8) {
    let (tile, rows) = densest(zoom, |_| true);
    let view = INDEX.view(&Filter::All).expect("a filter");
    let style = TileStyle {
        single_rows: usize::MAX,
        max_bytes: usize::MAX,
        ..style()
    };
    assert_eq!(view.tile(tile, &style).expect("a style").rows, rows);
    bencher.bench(|| view.tile(black_box(tile), &style));
}

/// A new filter, evaluated, and the six densest tiles of zoom 7 under it.
#[divan::bench]
fn change_of_filter_to_full_view(bencher: Bencher<'_, '_>) {
    let mut rows: HashMap<TileId, u64> = HashMap::new();
    for row in ROWS.iter() {
        *rows.entry(TileId::at(place(row), 7)).or_default() += 1;
    }
    let mut tiles: Vec<(u64, TileId)> = rows.into_iter().map(|(tile, rows)| (rows, tile)).collect();
    tiles.sort_unstable();
    let tiles: Vec<TileId> = tiles.iter().rev().take(6).map(|t| t.1).collect();
    let look = |from: i64| -> u64 {
        let revenue = Filter::Range {
            column: "revenue".into(),
            from: Some(from),
            to: None,
        };
        let view = INDEX.view(&filter().and(revenue)).expect("a filter");
        tiles
            .iter()
            .map(|&tile| view.tile(tile, &style()).expect("a style").rows)
            .sum()
    };
    let expected = ROWS
        .iter()
        .filter(|row| passes(row) && row.amounts[0] >= Some(0) && tiles.contains(&TileId::at(place(row), 7)));
    assert_eq!(look(0), expected.count() as u64);
    let mut from = 0;
    bencher.bench_local(|| {
        from += 1;
        look(black_box(from))
    });
}

/// About half, a twentieth and a thousandth of all customers inside 200 corners: count, two sums, by class
/// and by industry.
#[divan::bench(args = [0, 1, 2])]
fn snapshot(bencher: Bencher<'_, '_>, size: usize) {
    let radius = [280.0, 75.0, 9.0][size];
    let polygon = world::region((10.4, 51.2), radius, 7);
    let shape = Shape::polygon(polygon).expect("finite corners");
    let spec = SnapshotSpec {
        sums: vec!["revenue".into(), "pipeline".into()],
        group_by: vec!["class".into(), "industry".into()],
    };
    let view = INDEX.view(&Filter::All).expect("a filter");
    let given = view.snapshot(&shape, &spec).expect("columns");
    let inside: Vec<&Row> = ROWS.iter().filter(|row| shape.contains(row.place)).collect();
    assert_eq!(given.count, inside.len() as u64);
    assert_eq!(
        given.sums[0],
        inside
            .iter()
            .filter_map(|row| row.amounts[0])
            .map(i128::from)
            .sum::<i128>()
    );
    let class_a = inside
        .iter()
        .filter(|row| row.categories[0].as_deref() == Some("A"))
        .count();
    assert_eq!(given.groups[0].values[0].count, class_a as u64);
    println!("{} rows", given.count);
    bencher.bench(|| view.snapshot(black_box(&shape), &spec));
}

/// Which of 200 territories that tile the country holds each customer?
#[divan::bench]
fn rows_of_all_territories(bencher: Bencher<'_, '_>) {
    let shapes: Vec<Shape> = world::territories()
        .into_iter()
        .map(|t| Shape::polygon(t).expect("finite corners"))
        .collect();
    let view = INDEX.view(&Filter::All).expect("a filter");
    let assign = || {
        shapes
            .iter()
            .map(|shape| view.rows_in(black_box(shape)).len())
            .sum::<usize>()
    };
    assert_eq!(assign(), world::ROWS, "each customer lies in one of them");
    bencher.bench(assign);
}

#[divan::bench]
fn rows_of_one_territory(bencher: Bencher<'_, '_>) {
    let shape = Shape::polygon(world::territories().swap_remove(67)).expect("finite corners");
    let view = INDEX.view(&Filter::All).expect("a filter");
    let expected = ROWS.iter().filter(|row| shape.contains(row.place)).count();
    assert_eq!(view.rows_in(&shape).len(), expected);
    println!("{expected} rows");
    bencher.bench(|| view.rows_in(black_box(&shape)).len());
}

#[divan::bench(args = [1, 20])]
fn nearest(bencher: Bencher<'_, '_>, limit: usize) {
    let view = INDEX.view(&Filter::All).expect("a filter");
    let mut random = Random::seeded(3);
    let mut from = || place(&ROWS[random.below(world::ROWS)]);
    let origin = from();
    let mut distances: Vec<f64> = ROWS.iter().map(|row| origin.distance(place(row)).0).collect();
    distances.sort_unstable_by(f64::total_cmp);
    let given: Vec<f64> = view.nearest(origin, limit).iter().map(|n| n.distance.0).collect();
    assert_eq!(given, distances[..limit]);
    bencher
        .with_inputs(from)
        .bench_local_values(|from| view.nearest(from, limit).len());
}

/// The rows of a map of 1,280 by 800 pixels.
#[divan::bench(args = [8, 10, 12, 14])]
fn viewport(bencher: Bencher<'_, '_>, zoom: i32) {
    let view = INDEX.view(&Filter::All).expect("a filter");
    let mut random = Random::seeded(5);
    let mut map = || {
        let middle = place(&ROWS[random.below(world::ROWS)]);
        let (width, height) = (
            1280.0 / 512.0 / 2f64.powi(zoom) * 360.0,
            800.0 / 512.0 / 2f64.powi(zoom) * 230.0,
        );
        Shape::bbox(BBox {
            west: middle.lng() - width / 2.0,
            south: middle.lat() - height / 2.0,
            east: middle.lng() + width / 2.0,
            north: middle.lat() + height / 2.0,
        })
    };
    let first = map();
    assert_eq!(
        view.rows_in(&first).len(),
        ROWS.iter().filter(|row| first.contains(row.place)).count()
    );
    bencher
        .with_inputs(map)
        .bench_local_refs(|map| view.rows_in(map).len());
}

/// Twenty hits, or all.
#[divan::bench(args = ["kra", "maier", "autoh", "ellerm", "ostraße", "gmbh", "am", "heizung ohg", "49 1200 5", "xqz"])]
fn search(bencher: Bencher<'_, '_>, text: &str) {
    let view = INDEX.view(&Filter::All).expect("a filter");
    let part = fold_words(text);
    if part.len() >= 3 && part.bytes().all(|b| b.is_ascii_lowercase()) {
        // One word of three letters or more: a part of the folded name or street.
        let holds = |row: &&Row| row.texts[..2].iter().any(|text| fold_words(text).contains(&part));
        assert_eq!(
            view.search(text, usize::MAX).len(),
            ROWS.iter().filter(holds).count()
        );
    }
    bencher.bench(|| view.search(black_box(text), 20).len());
}

/// One changed row, until a reader could see it.
#[divan::bench]
fn edit(bencher: Bencher<'_, '_>) {
    let mut random = Random::seeded(9);
    let mut index = INDEX.clone();
    let mut turn = 0;
    bencher
        .with_inputs(|| {
            let mut row = ROWS[random.below(world::ROWS)].clone();
            turn += 1;
            row.amounts[0] = Some(turn);
            row
        })
        .bench_local_values(|row| {
            let (id, revenue) = (row.id, row.amounts[0]);
            let mut next = index.clone();
            next.apply([Change::Upsert(row)]).expect("the row fits");
            assert_eq!(next.get(id).and_then(|found| found.amount("revenue")), revenue);
            index = next;
        });
    assert_eq!(index.len(), world::ROWS);
}
