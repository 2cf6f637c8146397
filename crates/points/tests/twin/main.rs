//! The index against its slow twin, over random histories of upserts, deletions and merges.

mod generate;
mod plain;

use std::collections::BTreeMap;

use fast_mvt::{MvtGeometry, MvtReaderRef, MvtValue};
use generate::{Step, condition, history, place, query, region, rows, schema};
use geom::{LngLat, TileId};
use plain::{Condition, Plain, Region};
use points::{Columns, Compaction, Index, Row, RowId, SnapshotSpec, TileStyle};
use proptest::prelude::*;

/// An index and its twin after the same history.
fn grow(start: Vec<Row>, steps: &[Step]) -> (Index, Plain) {
    let mut plain = Plain {
        schema: schema(),
        rows: start.iter().map(|row| (row.id, row.clone())).collect(),
    };
    let mut index = Index::build(schema(), start).expect("rows fit the schema");
    let mut running: Option<Compaction> = None;
    for step in steps {
        match step {
            Step::Apply(changes) => {
                let before = (index.clone(), index.len());
                index.apply(changes.clone()).expect("rows fit the schema");
                changes.iter().for_each(|change| plain.apply(change));
                assert_eq!(before.0.len(), before.1, "a clone never changes");
            }
            Step::Compact => running = Some(index.clone().compact().expect("few rows")),
            Step::Install => {
                if let Some(compaction) = running.take() {
                    assert!(index.install(compaction));
                }
            }
        }
        assert_eq!(index.faults(), Vec::<String>::new());
    }
    (index, plain)
}

fn ids<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<RowId> {
    rows.into_iter().map(|row| row.id).collect()
}

fn history_of_rows() -> impl Strategy<Value = (Vec<Row>, Vec<Step>)> {
    (rows(), history())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn filters_and_shapes_find_the_same_rows((start, steps) in history_of_rows(), c in condition(), r in region()) {
        let (index, plain) = grow(start, &steps);
        let view = index.view(&c.filter()).unwrap();
        let expected = plain.passing(&c);
        prop_assert_eq!(view.count(), expected.len() as u64);
        prop_assert_eq!(view.placed(), expected.iter().filter(|row| row.place.is_some()).count() as u64);
        let inside: Vec<&Row> = expected.into_iter().filter(|row| r.contains(row.place)).collect();
        let mut found = view.rows_in(&r.shape());
        found.sort_by_key(|f| f.id());
        prop_assert_eq!(found.iter().map(|f| f.id()).collect::<Vec<_>>(), ids(inside.iter().copied()));
        prop_assert_eq!(view.count_in(&r.shape()), inside.len() as u64);
        for (found, row) in found.iter().zip(&inside) {
            prop_assert_eq!(&found.to_row(), *row);
            prop_assert!(view.contains(row.id));
        }
        // A second view comes from the cache.
        prop_assert_eq!(index.view(&c.filter()).unwrap().count(), view.count());
    }

    #[test]
    fn snapshots_sum_the_same((start, steps) in history_of_rows(), c in condition(), r in region()) {
        let (index, plain) = grow(start, &steps);
        let spec = SnapshotSpec {
            sums: vec!["visits".into(), "revenue".into()],
            group_by: vec!["due".into(), "class".into(), "due".into()],
        };
        let snapshot = index.view(&c.filter()).unwrap().snapshot(&r.shape(), &spec).unwrap();
        let inside: Vec<&Row> = plain.passing(&c).into_iter().filter(|row| r.contains(row.place)).collect();
        let sums = |rows: &[&Row]| -> Vec<i128> {
            [1, 0].map(|a| rows.iter().filter_map(|row| row.amounts[a]).map(i128::from).sum()).to_vec()
        };
        prop_assert_eq!(snapshot.count, inside.len() as u64);
        prop_assert_eq!(snapshot.sums, sums(&inside));
        for (group, column) in snapshot.groups.iter().zip([1, 0, 1]) {
            let order = if column == 1 { ["overdue", "today", "soon", "odd"] } else { ["A", "B", "C", ""] };
            let values = order.iter().map(|v| Some(*v)).chain([None]);
            let expected: Vec<_> = values
                .map(|value| {
                    let of = inside.iter().copied().filter(|row| row.categories[column].as_deref() == value);
                    (value.map(String::from), of.collect::<Vec<_>>())
                })
                .filter(|(_, rows)| !rows.is_empty())
                .map(|(value, rows)| (value, rows.len() as u64, sums(&rows)))
                .collect();
            let given: Vec<_> = group.values.iter().map(|t| (t.value.clone(), t.count, t.sums.clone())).collect();
            prop_assert_eq!(given, expected);
        }
    }

    #[test]
    fn searches_find_the_same_in_the_same_order(
        (start, steps) in history_of_rows(), c in condition(), text in query(), limit in 0usize..12,
    ) {
        let (index, plain) = grow(start, &steps);
        let view = index.view(&c.filter()).unwrap();
        for limit in [limit, usize::MAX] {
            let hits: Vec<_> = view.search(&text, limit).iter().map(|hit| (hit.rank, hit.found.id())).collect();
            prop_assert_eq!(hits, plain.search(&c, &text, limit));
        }
    }

    #[test]
    fn the_nearest_are_the_same((start, steps) in history_of_rows(), c in condition(), from in place(), limit in 0usize..30) {
        let (index, plain) = grow(start, &steps);
        let near = index.view(&c.filter()).unwrap().nearest(from, limit);
        let near: Vec<_> = near.iter().map(|n| (n.distance.0, n.found.id())).collect();
        prop_assert_eq!(near, plain.nearest(&c, from, limit));
    }

    #[test]
    fn tiles_show_the_same((start, steps) in history_of_rows(), c in condition(), at in place(), z in 0u8..=24,
        single_rows in prop::sample::select(vec![0usize, 3, 1000]), across in prop::sample::select(vec![1u32, 2, 32, 256]),
    ) {
        let (index, plain) = grow(start, &steps);
        let tile = TileId::at(at, z);
        let style = TileStyle { single_rows, cells_across: across, ..style() };
        let drawn = index.view(&c.filter()).unwrap().tile(tile, &style).unwrap();
        let rows: usize = plain.cells(&c, tile, 1).values().map(Vec::len).sum();
        prop_assert_eq!(drawn.rows, rows as u64);
        prop_assert_eq!(drawn.clustered, rows > single_rows);
        let points = decode(&drawn.bytes);
        prop_assert_eq!(points.len(), drawn.points);
        // The finest grid a place can be told apart by: more than the twin's places ever need.
        let across = if drawn.clustered { across } else { 1 << 30 >> z.max(6) };
        let cells = plain.cells(&c, tile, across);
        let mut given: Vec<Shown> = points;
        given.sort();
        let mut expected: Vec<Shown> = cells.values().map(|rows| show(tile, rows)).collect();
        expected.sort();
        prop_assert_eq!(given, expected);
    }

    #[test]
    fn equal_rows_make_equal_tiles_whatever_their_history((start, steps) in history_of_rows(), c in condition(), at in place()) {
        let (index, plain) = grow(start, &steps);
        let fresh = Index::build(schema(), plain.rows.into_values().rev()).unwrap();
        let mut merged = index.clone();
        prop_assert!(merged.install(index.compact().unwrap()));
        for z in [0, 5, 12] {
            let tile = TileId::at(at, z);
            for single_rows in [0, 1000] {
                let style = TileStyle { single_rows, ..style() };
                let draw = |index: &Index| index.view(&c.filter()).unwrap().tile(tile, &style).unwrap();
                prop_assert_eq!(draw(&index), draw(&fresh));
                prop_assert_eq!(draw(&merged), draw(&fresh));
            }
        }
    }

    #[test]
    fn every_row_is_in_one_tile_of_each_zoom((start, steps) in history_of_rows(), z in 0u8..=4, single_rows in prop::sample::select(vec![0usize, 5])) {
        let (index, plain) = grow(start, &steps);
        let all = Condition::Plain(points::Filter::All);
        let view = index.view(&all.filter()).unwrap();
        let style = TileStyle { single_rows, ..style() };
        let (mut count, mut revenue) = (0i128, 0i128);
        for (x, y) in (0..1u32 << z).flat_map(|x| (0..1u32 << z).map(move |y| (x, y))) {
            for point in decode(&view.tile(TileId { z, x, y }, &style).unwrap().bytes) {
                count += i128::from(whole(&point.properties["count"]));
                revenue += point.properties.get("visits").map_or(0, |v| i128::from(whole(v)));
            }
        }
        let placed: Vec<&Row> = plain.rows.values().filter(|row| row.place.is_some()).collect();
        prop_assert_eq!(count, placed.len() as i128);
        // Single points leave out missing amounts, which are 0; extremes do not fit a tile's whole numbers.
        if placed.iter().all(|row| row.amounts[1].is_none_or(|a| (-1000..1000).contains(&a))) {
            prop_assert_eq!(revenue, placed.iter().filter_map(|row| row.amounts[1]).map(i128::from).sum::<i128>());
        }
    }

    #[test]
    fn regions_that_share_borders_share_no_row((start, steps) in history_of_rows(), corners in prop::collection::vec((-7i32..=7, -7i32..=7), 3..9)) {
        let (index, _) = grow(start, &steps);
        let view = index.view(&points::Filter::All).unwrap();
        let at = |(x, y): (i32, i32)| geo_types::coord! { x: f64::from(x) / 1024.0, y: f64::from(y) / 1024.0 };
        let square = vec![at((-7, -7)), at((7, -7)), at((7, 7)), at((-7, 7))];
        let hole: Vec<_> = corners.into_iter().map(at).collect();
        let count = |rings: Vec<Vec<geo_types::Coord>>| view.count_in(&Region::Polygons(vec![rings]).shape());
        // A ring and the square without it: every row of the square is in exactly one of them.
        prop_assert_eq!(count(vec![square.clone(), hole.clone()]) + count(vec![hole]), count(vec![square]));
    }
}

fn style() -> TileStyle {
    TileStyle {
        shown: vec!["name".into(), "class".into(), "last visit".into()],
        sums: vec!["visits".into()],
        most_urgent: vec!["due".into()],
        commonest: vec!["territory".into()],
        ..TileStyle::layer("customers")
    }
}

/// A point of a tile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    x: i32,
    y: i32,
    properties: BTreeMap<String, String>,
}

fn whole(value: &str) -> i64 {
    value.parse().expect("a whole number")
}

fn decode(bytes: &[u8]) -> Vec<Shown> {
    let reader = MvtReaderRef::new(bytes).expect("a tile");
    let mut points = Vec::new();
    for layer in reader.layers() {
        assert_eq!((layer.name(), layer.extent()), ("customers", 4096));
        for feature in layer.features() {
            let MvtGeometry::Point(point) = feature.geometry().expect("a geometry") else {
                panic!("not a point")
            };
            assert!(
                feature.id().is_some_and(|id| id < 1 << 53),
                "ids fit a browser's numbers"
            );
            let properties = feature.properties().map(|p| {
                let (key, value) = p.expect("a property");
                let text = match value.into_owned() {
                    MvtValue::String(text) => text,
                    MvtValue::UInt(v) => v.to_string(),
                    MvtValue::SInt(v) => v.to_string(),
                    MvtValue::Bool(v) => v.to_string(),
                    other => panic!("{other:?}"),
                };
                (key.to_owned(), text)
            });
            points.push(Shown {
                x: point.x(),
                y: point.y(),
                properties: properties.collect(),
            });
        }
    }
    points
}

/// What a point of these rows shows.
fn show(tile: TileId, rows: &[&Row]) -> Shown {
    let places: Vec<LngLat> = rows.iter().filter_map(|row| row.place).collect();
    // The mean of the rows' whole steps on the Mercator square of 2^32.
    let world = TileId { z: 0, x: 0, y: 0 };
    let steps = |v: f64| ((v * f64::from(1 << 20)) as u64).min(u64::from(u32::MAX));
    let mean =
        |of: &dyn Fn(LngLat) -> f64| places.iter().map(|&p| steps(of(p))).sum::<u64>() / places.len() as u64;
    let in_tile = |v: u64, t: u32| ((v - (u64::from(t) << (32 - tile.z))) << 12 >> (32 - tile.z)) as i32;
    let x = in_tile(mean(&|p| world.project(p).x), tile.x);
    let y = in_tile(mean(&|p| world.project(p).y), tile.y);
    let mut properties = BTreeMap::from([("count".to_owned(), rows.len().to_string())]);
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            properties.insert(key.to_owned(), value);
        }
    };
    if let [row] = rows {
        put("id", Some(row.id.to_string()));
        put("name", Some(row.texts[1].clone()).filter(|name| !name.is_empty()));
        put("class", row.categories[0].clone());
        put("due", row.categories[1].clone());
        put("territory", row.categories[2].clone());
        put("last visit", row.times[0].map(|t| t.0.to_string()));
        put("visits", row.amounts[1].map(|a| a.to_string()));
    } else {
        let place = |p: LngLat| (steps(world.project(p).x), steps(world.project(p).y));
        if places.iter().all(|&p| place(p) == place(places[0])) {
            put("stack", Some("true".into()));
        }
        let sum: i128 = rows.iter().filter_map(|row| row.amounts[1]).map(i128::from).sum();
        put(
            "visits",
            Some(sum.clamp(i64::MIN.into(), i64::MAX.into()).to_string()),
        );
        let order = ["overdue", "today", "soon", "odd"];
        let urgent = rows.iter().filter_map(|row| row.categories[1].as_deref());
        put(
            "due",
            urgent
                .min_by_key(|v| order.iter().position(|o| o == v))
                .map(String::from),
        );
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for territory in rows.iter().filter_map(|row| row.categories[2].as_deref()) {
            *votes.entry(territory).or_default() += 1;
        }
        // Of equally frequent ones the first in the alphabet.
        let most = votes.values().max().copied();
        put(
            "territory",
            votes
                .into_iter()
                .find(|v| Some(v.1) == most)
                .map(|v| v.0.to_owned()),
        );
    }
    Shown { x, y, properties }
}

/// The same rows as columns, with a word that no row has and the rows backwards.
fn columns(rows: &[Row]) -> Columns<'_> {
    let schema = schema();
    let rows: Vec<&Row> = rows.iter().rev().collect();
    let number = |value: Option<i64>| value.unwrap_or(Columns::MISSING);
    let words = |column: usize| {
        let (mut words, mut codes) = (vec!["a word that nobody has"], Vec::new());
        for row in &rows {
            let Some(word) = row.categories[column].as_deref() else {
                codes.push(0);
                continue;
            };
            if !words.contains(&word) {
                words.push(word);
            }
            codes.push(1 + words.iter().position(|w| *w == word).unwrap_or(0) as u32);
        }
        (words, codes)
    };
    Columns {
        ids: rows.iter().map(|row| row.id).collect(),
        places: rows.iter().map(|row| row.place).collect(),
        categories: (0..schema.categories.len()).map(words).collect(),
        amounts: (0..schema.amounts.len())
            .map(|a| rows.iter().map(|row| number(row.amounts[a])).collect())
            .collect(),
        times: (0..schema.times.len())
            .map(|t| rows.iter().map(|row| number(row.times[t].map(|t| t.0))).collect())
            .collect(),
        texts: (0..schema.texts.len())
            .map(|t| rows.iter().map(|row| row.texts[t].as_str()).collect())
            .collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_revision_is_the_index_of_its_rows(
        (start, steps) in history_of_rows(), (then, earlier) in history_of_rows(), c in condition(), text in query(),
    ) {
        let (index, _) = grow(start.clone(), &steps);
        // Some rows as they began, some as they are, some that were never there.
        let (_, mut plain) = grow(then, &earlier);
        for row in start.into_iter().step_by(2) {
            plain.rows.insert(row.id, row);
        }
        for row in index.view(&points::Filter::All).unwrap().rows_in(&points::Shape::everywhere()).iter().step_by(3) {
            plain.rows.insert(row.id(), row.to_row());
        }
        let mut rows: Vec<Row> = plain.rows.values().cloned().collect();
        // The one number that a column cannot hold.
        let numbers = rows.iter_mut().flat_map(|row| row.amounts.iter_mut().flatten());
        numbers.for_each(|n| *n = (*n).max(Columns::MISSING + 1));
        let times = rows.iter_mut().flat_map(|row| row.times.iter_mut().flatten());
        times.for_each(|t| t.0 = t.0.max(Columns::MISSING + 1));
        let before = index.len();
        let revised = index.revised(columns(&rows)).unwrap();
        let of_columns = Index::of_columns(schema(), &columns(&rows)).unwrap();
        prop_assert_eq!(revised.faults(), Vec::<String>::new());
        prop_assert_eq!((revised.len(), index.len()), (rows.len(), before));
        let built = Index::build(schema(), rows.clone()).unwrap();
        for row in &rows {
            prop_assert_eq!(&revised.get(row.id).unwrap().to_row(), row);
            prop_assert_eq!(&of_columns.get(row.id).unwrap().to_row(), row);
        }
        let (a, b) = (revised.view(&c.filter()).unwrap(), built.view(&c.filter()).unwrap());
        prop_assert_eq!(a.count(), b.count());
        let hits = |view: &points::View<'_>| view.search(&text, 9).iter().map(|h| h.found.id()).collect::<Vec<_>>();
        prop_assert_eq!(hits(&a), hits(&b));
        let mut names: Vec<&Row> = rows.iter().filter(|row| b.contains(row.id)).collect();
        names.sort_by_key(|row| (points::fold_words(&row.texts[1]), row.id));
        let listed = |backwards, skip| a.by_name(backwards, skip, 5).iter().map(|f| f.id()).collect::<Vec<_>>();
        prop_assert_eq!(listed(false, 2), ids(names.iter().copied().skip(2).take(5)));
        prop_assert_eq!(listed(true, 3), ids(names.iter().rev().copied().skip(3).take(5)));
        let style = TileStyle::layer("rows");
        for tile in [TileId::new(0, 0, 0).unwrap(), TileId::new(1, 1, 0).unwrap()] {
            prop_assert_eq!(a.tile(tile, &style).unwrap().bytes, b.tile(tile, &style).unwrap().bytes);
        }
    }
}
