//! Empty indexes, odd shapes, the ends of the world, errors, and tiles that would be too large.

use fast_mvt::MvtReaderRef;
use geo_types::{LineString, MultiPolygon, Polygon};
use geom::{BBox, LngLat, TileId};
use points::{
    Category, Change, Error, Filter, HitRank, Index, LONGEST_TEXT, Row, RowId, Schema, Shape, SnapshotSpec,
    Text, TileStyle,
};

fn schema() -> Schema {
    Schema {
        categories: vec![Category::named("class")],
        amounts: vec!["revenue".into()],
        times: vec![],
        texts: vec![Text::words("name"), Text::digits("phone")],
    }
}

fn row(number: u32, place: Option<(f64, f64)>, name: &str) -> Row {
    Row {
        id: RowId(u128::from(number).to_be_bytes()),
        place: place.map(|(lng, lat)| LngLat::new(lng, lat).unwrap()),
        categories: vec![Some(if number.is_multiple_of(3) { "A" } else { "B" }.into())],
        amounts: vec![Some(i64::from(number))],
        times: vec![],
        texts: vec![name.into(), String::new()],
    }
}

fn style() -> TileStyle {
    TileStyle {
        shown: vec!["name".into(), "class".into()],
        sums: vec!["revenue".into()],
        ..TileStyle::layer("customers")
    }
}

#[test]
fn an_index_without_rows_answers_everything_with_nothing() {
    let mut index = Index::build(schema(), []).unwrap();
    for _ in 0..2 {
        let view = index.view(&Filter::All).unwrap();
        assert_eq!((view.count(), view.placed()), (0, 0));
        let tile = view.tile(TileId { z: 0, x: 0, y: 0 }, &style()).unwrap();
        assert_eq!((tile.bytes.len(), tile.rows), (0, 0));
        assert!(view.nearest(LngLat::new(0.0, 0.0).unwrap(), 3).is_empty());
        assert!(view.search("a", 3).is_empty());
        assert!(view.rows_in(&Shape::everywhere()).is_empty());
        let spec = SnapshotSpec {
            sums: vec!["revenue".into()],
            group_by: vec!["class".into()],
        };
        let snapshot = view.snapshot(&Shape::everywhere(), &spec).unwrap();
        assert_eq!(
            (snapshot.count, snapshot.sums, snapshot.groups[0].values.len()),
            (0, vec![0], 0)
        );
        // The second time around with rows that came and went.
        index
            .apply([Change::Upsert(row(1, Some((1.0, 1.0)), "x"))])
            .unwrap();
        index.apply([Change::Delete(row(1, None, "").id)]).unwrap();
        let compaction = index.compact().unwrap();
        assert!(index.install(compaction));
    }
    let nothing = Index::build(Schema::default(), []).unwrap();
    assert!(
        nothing
            .view(&Filter::Text("a".into()))
            .unwrap()
            .search("a", 1)
            .is_empty()
    );
}

#[test]
fn empty_and_broken_shapes_hold_nothing_and_do_not_fail() {
    let index = Index::build(
        schema(),
        (0..200).map(|i| row(i, Some((f64::from(i % 20), f64::from(i / 20))), "x")),
    )
    .unwrap();
    let view = index.view(&Filter::All).unwrap();
    let polygon =
        |corners: Vec<(f64, f64)>| Shape::polygon(Polygon::new(LineString::from(corners), vec![])).unwrap();
    let empty = [
        Shape::polygons(MultiPolygon(vec![])).unwrap(),
        polygon(vec![]),
        polygon(vec![(5.0, 5.0)]),
        polygon(vec![(1.0, 1.0), (9.0, 9.0)]),
        polygon(vec![(1.0, 1.0), (9.0, 9.0), (5.0, 5.0)]),
        Shape::bbox(BBox::EMPTY),
        Shape::bbox(BBox {
            west: f64::NAN,
            south: 0.0,
            east: 10.0,
            north: 10.0,
        }),
    ];
    for shape in empty {
        assert_eq!(view.count_in(&shape), 0, "{shape:?}");
    }
    let refused = Shape::polygon(Polygon::new(
        LineString::from(vec![(0.0, f64::INFINITY), (1.0, 0.0), (2.0, 2.0)]),
        vec![],
    ));
    assert_eq!(refused, Err(Error::BadCorner(0.0, f64::INFINITY)));
    // Far outside of the world, and larger than it.
    assert_eq!(
        view.count_in(&polygon(vec![(-1e300, -1e300), (1e300, -1e300), (0.0, 1e300)])),
        200
    );
    // A bow tie, even-odd: both wings, x < y < 9 - x and x > y > 9 - x, with x, y in 0..20 and 0..10.
    let tie = polygon(vec![(0.0, 0.0), (9.0, 9.0), (9.0, 0.0), (0.0, 9.0)]);
    let expected = (0..200)
        .filter(|i| tie.contains(LngLat::new(f64::from(i % 20), f64::from(i / 20)).ok()))
        .count();
    assert_eq!(view.count_in(&tie), expected as u64);
    assert!(expected > 30);
}

#[test]
fn the_ends_of_the_world_are_on_the_map_and_near_each_other() {
    let corners = [
        (180.0, 0.0),
        (-180.0, 0.0),
        (179.9, 90.0),
        (-10.0, 90.0),
        (0.0, -90.0),
        (180.0, -90.0),
    ];
    let rows = corners
        .iter()
        .zip(0..)
        .map(|(&place, i)| row(i, Some(place), "x"));
    let index = Index::build(schema(), rows).unwrap();
    let view = index.view(&Filter::All).unwrap();
    for z in [0u8, 1, 7, 24] {
        let tiles: std::collections::BTreeSet<TileId> = corners
            .iter()
            .map(|&(lng, lat)| TileId::at(LngLat::new(lng, lat).unwrap(), z))
            .collect();
        let rows: u64 = tiles
            .iter()
            .map(|&tile| view.tile(tile, &style()).unwrap().rows)
            .sum();
        assert_eq!(rows, 6);
    }
    let near = |lng, lat| -> Vec<u8> {
        let near = view.nearest(LngLat::new(lng, lat).unwrap(), 2);
        let mut ids: Vec<u8> = near.iter().map(|n| n.found.id().0[15]).collect();
        // Both are equally near but for rounding.
        ids.sort_unstable();
        ids
    };
    // The antimeridian is one line, and each pole one point.
    assert_eq!(near(179.0, 0.0), [0, 1]);
    assert_eq!(near(-179.0, 0.0), [0, 1]);
    assert_eq!(near(77.0, 89.0), [2, 3]);
    assert_eq!(near(77.0, -89.0), [4, 5]);
    for tile in [
        TileId { z: 30, x: 0, y: 0 },
        TileId { z: 3, x: 8, y: 0 },
        TileId {
            z: 255,
            x: u32::MAX,
            y: u32::MAX,
        },
    ] {
        assert_eq!(view.tile(tile, &style()).unwrap().rows, 0);
    }
}

#[test]
fn no_tile_is_larger_than_the_limit_and_nothing_is_lost_in_it() {
    // 1,900 single places with names of 1,000 letters: 1.9 MB as they are.
    let name = "n".repeat(1000);
    let place = |i: u32| Some((13.0 + f64::from(i % 50) * 0.001, 53.0 + f64::from(i / 50) * 0.001));
    let index = Index::build(schema(), (0..1900).map(|i| row(i, place(i), &name))).unwrap();
    let view = index.view(&Filter::All).unwrap();
    for z in 0..=14 {
        let tile = TileId::at(LngLat::new(13.001, 53.001).unwrap(), z);
        for max_bytes in [500_000, 20_000, 300, 0] {
            let drawn = view.tile(tile, &TileStyle { max_bytes, ..style() }).unwrap();
            // One bare point and the layer around it take fewer than 300 bytes.
            assert!(
                drawn.bytes.len() <= max_bytes.max(300),
                "{} bytes at zoom {z}",
                drawn.bytes.len()
            );
            assert_eq!(counts(&drawn.bytes), drawn.rows);
        }
    }
    let whole = TileId::at(LngLat::new(13.001, 53.001).unwrap(), 5);
    let roomy = view
        .tile(
            whole,
            &TileStyle {
                max_bytes: usize::MAX,
                ..style()
            },
        )
        .unwrap();
    assert!(
        !roomy.clustered && roomy.points == 1900 && roomy.bytes.len() < 500_000,
        "equal names are stored once"
    );
}

#[test]
fn different_long_names_make_clusters_of_a_crowded_tile() {
    let name = |i: u32| format!("{i} {}", "n".repeat(1000));
    let place = |i: u32| Some((13.0 + f64::from(i % 50) * 0.001, 53.0 + f64::from(i / 50) * 0.001));
    let index = Index::build(schema(), (0..1900).map(|i| row(i, place(i), &name(i)))).unwrap();
    let tile = TileId::at(LngLat::new(13.001, 53.001).unwrap(), 5);
    let drawn = index.view(&Filter::All).unwrap().tile(tile, &style()).unwrap();
    assert!(drawn.clustered && drawn.bytes.len() <= 500_000);
    assert_eq!(counts(&drawn.bytes), 1900);
}

fn counts(tile: &[u8]) -> u64 {
    let reader = MvtReaderRef::new(tile).unwrap();
    let features = reader.layers().flat_map(|layer| {
        let counts = layer.features().map(|feature| {
            let count = feature.properties().map(|p| p.unwrap()).find(|p| p.0 == "count");
            match count.expect("every point has a count").1.into_owned() {
                fast_mvt::MvtValue::UInt(count) => count,
                other => panic!("{other:?}"),
            }
        });
        counts.collect::<Vec<_>>()
    });
    features.sum()
}

#[test]
fn a_gzipped_tile_is_the_tile() {
    let index = Index::build(schema(), [row(1, Some((1.0, 1.0)), "x")]).unwrap();
    let tile = index
        .view(&Filter::All)
        .unwrap()
        .tile(TileId { z: 0, x: 0, y: 0 }, &style())
        .unwrap();
    let mut plain = Vec::new();
    let gzip = tile.gzip();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&gzip[..]), &mut plain).unwrap();
    assert_eq!(plain, tile.bytes);
}

#[test]
fn mistakes_are_named() {
    let mut index = Index::build(schema(), [row(1, None, "x")]).unwrap();
    let unknown = index.view(&Filter::category("colour", ["red"])).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no category column \"colour\"; there are: class"
    );
    let unknown = index
        .view(&Filter::Range {
            column: "class".into(),
            from: None,
            to: None,
        })
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no amount or time column \"class\"; there are: revenue"
    );
    let view = index.view(&Filter::All).unwrap();
    let tile = TileId { z: 0, x: 0, y: 0 };
    let drawn = |style: TileStyle| view.tile(tile, &style).unwrap_err().to_string();
    assert_eq!(drawn(TileStyle::layer("")), "a tile layer needs a name");
    assert_eq!(
        drawn(TileStyle {
            cells_across: 33,
            ..style()
        }),
        "a tile is cut into 1, 2, 4, … 256 cells across, not 33"
    );
    assert_eq!(
        drawn(TileStyle {
            shown: vec!["nmae".into()],
            ..style()
        }),
        "there is no such column \"nmae\"; there are: class, revenue, name, phone"
    );
    let narrow = Row {
        amounts: vec![],
        ..row(2, None, "y")
    };
    let refused = index
        .apply([Change::Delete(row(1, None, "").id), Change::Upsert(narrow)])
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "row 00000000-0000-0000-0000-000000000002 has 0 amount values, the schema has 1 such columns"
    );
    assert_eq!(
        (index.len(), index.version()),
        (1, 0),
        "a refused batch changes nothing"
    );
    let long = row(2, None, &"n".repeat(LONGEST_TEXT + 1));
    assert!(matches!(
        index.apply([Change::Upsert(long)]),
        Err(Error::TextTooLong { .. })
    ));
    let twice = Schema {
        amounts: vec!["class".into()],
        ..schema()
    };
    assert_eq!(
        Index::build(twice, []).unwrap_err(),
        Error::DuplicateColumn("class".into())
    );
}

#[test]
fn merged_parts_of_another_index_are_refused() {
    let mut index = Index::build(schema(), [row(1, None, "x")]).unwrap();
    let other = Index::build(schema(), [row(2, None, "y")]).unwrap();
    assert!(!index.install(other.compact().unwrap()));
    // A clone that forgot row 1 would lose it.
    let mut forgetful = index.clone();
    forgetful
        .apply([
            Change::Delete(row(1, None, "").id),
            Change::Upsert(row(3, None, "z")),
        ])
        .unwrap();
    let compaction = forgetful.compact().unwrap();
    index.apply([Change::Upsert(row(2, None, "y"))]).unwrap();
    let before = index.len();
    let installed = index.install(compaction);
    assert_eq!(index.len(), before, "installed: {installed}");
    assert!(index.get(row(1, None, "").id).is_some());
}

#[test]
fn many_changes_ask_for_a_merge_and_the_merge_quiets_them() {
    let mut index = Index::build(schema(), (0..1000).map(|i| row(i, Some((1.0, 1.0)), "x"))).unwrap();
    assert!(!index.wants_compaction());
    for batch in 0..100 {
        index
            .apply((0..100).map(|i| Change::Upsert(row(2000 + batch * 100 + i, Some((2.0, 2.0)), "y"))))
            .unwrap();
    }
    assert!(index.wants_compaction());
    let compaction = index.compact().unwrap();
    index
        .apply([
            Change::Upsert(row(1, Some((3.0, 3.0)), "moved")),
            Change::Delete(row(2, None, "").id),
        ])
        .unwrap();
    assert!(index.install(compaction));
    assert!(!index.wants_compaction());
    assert_eq!(index.len(), 10_999);
    let moved = index.get(row(1, None, "").id).unwrap();
    assert_eq!(
        (moved.text("name"), moved.place().map(|p| p.lng())),
        (Some("moved"), Some(3.0))
    );
    assert_eq!(index.faults(), Vec::<String>::new());
}

#[test]
fn telephone_numbers_are_found_however_they_are_written() {
    let with_phone = |number: u32, phone: &str| Row {
        texts: vec!["x".into(), phone.into()],
        ..row(number, None, "")
    };
    let index = Index::build(
        schema(),
        [
            with_phone(1, "+49 (0)395 / 12-34"),
            with_phone(2, "0395 1234"),
            with_phone(3, "777"),
        ],
    )
    .unwrap();
    let view = index.view(&Filter::All).unwrap();
    let found = |text: &str| -> Vec<u8> {
        view.search(text, 9)
            .iter()
            .map(|hit| hit.found.id().0[15])
            .collect()
    };
    for query in ["0395 1234", "(0395) 12-34", "3951234", "395/1234"] {
        assert_eq!(found(query), [1, 2], "{query}");
    }
    assert_eq!(found("0049 395 1234"), [1]);
    assert_eq!(found("+49 395 123"), [1]);
    assert_eq!(
        found("12"),
        [0u8; 0],
        "two digits are too few to look for inside of numbers"
    );
    assert_eq!(view.search("777", 1)[0].rank, HitRank::Elsewhere);
}
