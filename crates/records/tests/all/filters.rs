//! Filters: the SQL of both engines against the slow twin in Rust.

use geo::{Intersects, LineString, MultiPolygon, Point, Polygon};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use records::{At, Comparison, Error, Filter, Op, Query, Record, Shape, Viewer};
use serde_json::{Value, json};

use crate::toy::{HOUR, World, map, on_both, postgres, sqlite, system};

const NAMES: [&str; 8] = [
    "Bäckerei",
    "bäckerei",
    "BACKEREI",
    "100%",
    "a_b",
    "a\\b",
    "*[x]?",
    "",
];

fn some_firm(i: usize) -> Op {
    let name = NAMES[i % 8];
    let pick = |every: usize, value: Value| {
        if i.is_multiple_of(every) {
            Value::Null
        } else {
            value
        }
    };
    Op::create(
        "firm",
        map(json!({
            "name": format!("{name}{}", if i.is_multiple_of(3) { "x" } else { " y" }),
            "email": pick(3, format!("{i}@example.com").into()),
            "class": pick(4, ["A", "B", "C"][i % 3].into()),
            "revenue": pick(5, (i as i64 - 20).into()),
            "score": pick(6, (i as f64 / 8.0).into()),
            "active": pick(7, i.is_multiple_of(2).into()),
            "founded": pick(8, format!("20{:02}-03-01", i % 30).into()),
            "called_at": pick(9, (i as i64 * 1000).into()),
            "lng": pick(2, (13.0 + i as f64 / 50.0).into()),
            "lat": pick(2, (53.0 + (i * 7 % 40) as f64 / 50.0).into()),
            "custom": {"colour": (["red", "Red", "blue"][i % 3]), "size": i % 4, "flag": i.is_multiple_of(2)},
        })),
    )
}

async fn many(world: &World) -> Vec<Record> {
    let records = world
        .store
        .write(&system(), (0..48).map(some_firm).collect())
        .await
        .unwrap()
        .records;
    let mut changed = Vec::new();
    for r in records {
        changed.push(world.update(&system(), &r, json!({"staff": 1})).await);
    }
    changed
}

/// What the filter finds is what the slow twin finds, in the present and in the past.
async fn check(world: &World, all: &[Record], filter: &Filter) {
    let record_type = world.store.record_type("firm").unwrap();
    let mut expected: Vec<&str> = all
        .iter()
        .filter(|r| filter.matches(record_type, r) == Some(true))
        .map(|r| r.id.as_str())
        .collect();
    expected.sort_unstable();
    for at in [At::PRESENT, At::as_of(world.store.now() + geom::Millis(HOUR))] {
        let query = Query::of("firm").filter(filter.clone()).limit(1000).at(at);
        let found = world.store.list(&Viewer::system(), &query).await.unwrap().records;
        let mut found: Vec<&str> = found.iter().map(|r| r.id.as_str()).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            expected,
            "{filter:?} {at:?} on {}",
            world.store.db().engine()
        );
    }
}

#[tokio::test]
async fn cql2_finds_what_the_slow_twin_finds() {
    on_both(|world| async move {
        let all = many(&world).await;
        let record_type = world.store.record_type("firm").unwrap();
        let mut some = 0;
        for text in [
            "name = 'Bäckereix'",
            "name < 'a'",
            "casei(name) = casei('BÄCKEREIx')",
            "casei(name) = casei('BÄCKEREIx') OR casei(name) = casei('backereiX') OR casei(name) = casei('nobody')",
            "NOT (casei(name) = casei('BÄCKEREIx') OR casei(name) = casei('nobody'))",
            "casei(name) = casei('BÄCKEREIx') OR name = 'nobody'",
            "accenti(casei(name)) LIKE 'backerei%'",
            "name LIKE 'B%'",
            "name LIKE '100\\%%'",
            "name LIKE '%a_b%'",
            "name LIKE 'a\\\\b%'",
            "name LIKE '*[x]%'",
            "NOT name LIKE '%y'",
            "class IN ('A', 'C')",
            "class NOT IN ('A', 'C')",
            "class <> 'A'",
            "class IS NULL",
            "class IS NOT NULL AND NOT (class = 'B' OR revenue > 3)",
            "revenue BETWEEN -3 AND 4",
            "revenue > 2.5",
            "revenue IN (1, 2, 3)",
            "7 <= revenue",
            "score >= 1.125",
            "score IN (0.125, 0.25)",
            "active",
            "NOT active",
            "active = FALSE OR class = 'A'",
            "founded >= DATE('2010-03-01')",
            "T_BEFORE(founded, DATE('2010-03-01'))",
            "called_at < TIMESTAMP('1970-01-01T00:00:20Z')",
            "T_AFTER(called_at, TIMESTAMP('1970-01-01T00:00:20Z'))",
            "T_DURING(called_at, INTERVAL('1970-01-01T00:00:05Z', '..'))",
            "T_INTERSECTS(called_at, INTERVAL('1970-01-01T00:00:05Z', '1970-01-01T00:00:15Z'))",
            "custom.colour = 'red'",
            "custom.colour > 'Z'",
            "custom.colour LIKE '%e%'",
            "custom.size >= 2",
            "custom.size IN (1, 3)",
            "custom.flag = TRUE",
            "custom.nothing IS NULL",
            "custom.colour IS NULL OR custom.size <> 0",
            "S_INTERSECTS(geometry, BBOX(13.1, 53.1, 13.6, 53.5))",
            "NOT S_INTERSECTS(geometry, BBOX(13.1, 53.1, 13.6, 53.5))",
            "S_DISJOINT(geometry, POLYGON((13 53, 14 53, 14 54, 13 53)))",
            "S_WITHIN(geometry, POLYGON((13 53, 14 53, 14 54, 13 54, 13 53), (13.2 53.2, 13.5 53.2, 13.5 53.6, 13.2 53.2)))",
            "S_INTERSECTS(geometry, BBOX(100, 1, 101, 2))",
            "NOT S_INTERSECTS(geometry, BBOX(100, 1, 101, 2))",
            "TRUE",
            "FALSE",
            "version = 2",
            "recorded_at > TIMESTAMP('2000-01-01T00:00:00Z')",
        ] {
            let filter = Filter::parse_cql2(text, record_type).unwrap_or_else(|e| panic!("{text}: {e}"));
            some += usize::from(all.iter().any(|r| filter.matches(record_type, r) == Some(true)));
            check(&world, &all, &filter).await;
        }
        assert!(some > 40, "the filters find something: {some}");
        check(&world, &all, &Filter::one_of("name", ["100%x", "'; drop table firms; --"])).await;
        check(&world, &all, &Filter::in_ids([all[3].id.clone(), all[5].id.clone()])).await;
        check(&world, &all, &Filter::in_ids([all[3].id.clone()])).await;
        check(&world, &all, &Filter::In { field: "class".into(), values: vec![] }.negated()).await;
        check(&world, &all, &Filter::Or((0..450).map(|i| Filter::eq("revenue", i)).collect())).await;
    })
    .await;
}

#[tokio::test]
async fn values_are_never_sql() {
    on_both(|world| async move {
        let nasty = [
            "'; drop table firms; --",
            "' or '1'='1",
            "\" or \"\"=\"",
            "$1",
            "?1",
            "%",
            "\\",
            "\u{202e}'\u{0301}",
            "1); delete from firms where (1=1",
        ];
        for text in nasty {
            let values =
                json!({"name": text, "tags": [text], "custom": {"a": text}, "status": text, "email": null});
            let firm = world.create(&system(), "firm", values).await;
            let filters = [
                Filter::eq("name", text),
                Filter::eq("custom.a", text),
                Filter::one_of("name", [text]),
                Filter::compare("name", Comparison::AtLeast, text).and(Filter::compare(
                    "name",
                    Comparison::AtMost,
                    text,
                )),
            ];
            for filter in filters {
                let query = Query::of("firm").filter(filter.clone());
                let found = world.store.list(&Viewer::system(), &query).await.unwrap().records;
                assert_eq!(found.len(), 1, "{filter:?}");
                assert_eq!(found[0], firm);
            }
            let record_type = world.store.record_type("firm").unwrap();
            let quoted = format!("name = '{}'", text.replace('\'', "''"));
            let filter = Filter::parse_cql2(&quoted, record_type).unwrap();
            assert_eq!(
                world
                    .store
                    .count(&Viewer::system(), &Query::of("firm").filter(filter))
                    .await
                    .unwrap(),
                1
            );
            assert!(
                world
                    .store
                    .get(&Viewer::system(), "firm", text, At::PRESENT)
                    .await
                    .unwrap()
                    .is_none()
            );
            assert!(Filter::parse_cql2(&format!("\"{text}\" = 1"), record_type).is_err());
        }
        for field in ["custom.a' or 1=1", "custom.A", "name; drop", "custom."] {
            let query = Query::of("firm").filter(Filter::eq(field, 1));
            let error = world.store.count(&Viewer::system(), &query).await.unwrap_err();
            assert!(
                matches!(&error, Error::Filter(e) if e.property.as_deref() == Some(field)),
                "{field}: {error}"
            );
        }
        assert_eq!(
            world
                .store
                .count(&Viewer::system(), &Query::of("firm"))
                .await
                .unwrap(),
            nasty.len() as u64
        );
    })
    .await;
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_refused_with_the_property() {
    on_both(|world| async move {
        for filter in [
            Filter::eq("revenue", "much"),
            Filter::eq("active", 1),
            Filter::compare("active", Comparison::Less, true),
            Filter::eq("founded", "yesterday"),
            Filter::eq("tags", "x"),
            Filter::eq("called_at", "noon"),
            Filter::eq("name", "a\u{0}b"),
            Filter::Like {
                field: "revenue".into(),
                pattern: "1%".into(),
                folded: false,
            },
            Filter::Like {
                field: "status".into(),
                pattern: "1%".into(),
                folded: true,
            },
            Filter::Like {
                field: "name".into(),
                pattern: "%_".repeat(30),
                folded: true,
            },
            Filter::Linked {
                field: "name".into(),
                filter: Box::new(Filter::all()),
            },
            Filter::Linking {
                type_name: "user".into(),
                field: "name".into(),
                filter: Box::new(Filter::all()),
            },
        ] {
            let query = Query::of("firm").filter(filter.clone());
            let error = world.store.count(&Viewer::system(), &query).await.unwrap_err();
            assert!(
                matches!(&error, Error::Filter(e) if e.property.is_some()),
                "{filter:?}: {error}"
            );
        }
        for filter in [
            (0..20).fold(Filter::all(), |f, _| f.negated()),
            Filter::And(vec![Filter::eq("revenue", 1); 501]),
            Filter::one_of("revenue", 0..100_001),
        ] {
            let query = Query::of("firm").filter(filter);
            let error = world.store.count(&Viewer::system(), &query).await.unwrap_err();
            assert!(matches!(&error, Error::Filter(_)), "{error}");
        }
        let person = Query::of("person").filter(Filter::Within(Shape::from_box(1.0, 1.0, 2.0, 2.0).unwrap()));
        let error = world.store.count(&Viewer::system(), &person).await.unwrap_err();
        assert!(
            matches!(&error, Error::Filter(e) if e.message.contains("no place")),
            "{error}"
        );
    })
    .await;
}

fn any_value() -> impl Strategy<Value = (String, Value)> {
    prop_oneof![
        (0..8usize, any::<bool>()).prop_map(|(n, x)| (
            "name".to_string(),
            json!(format!("{}{}", NAMES[n], if x { "x" } else { " y" }))
        )),
        prop::sample::select(vec!["A", "B", "C"]).prop_map(|c| ("class".to_string(), json!(c))),
        (-25..30i64).prop_map(|v| ("revenue".to_string(), json!(v))),
        (0..50i32).prop_map(|v| ("score".to_string(), json!(f64::from(v) / 8.0))),
        (0..30u32).prop_map(|v| ("founded".to_string(), json!(format!("20{v:02}-03-01")))),
        (0..50i64).prop_map(|v| ("called_at".to_string(), json!(v * 1000))),
        prop::sample::select(vec!["red", "Red", "blue"])
            .prop_map(|c| ("custom.colour".to_string(), json!(c))),
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let op = prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::AtMost,
        Comparison::Greater,
        Comparison::AtLeast,
    ]);
    let leaf = prop_oneof![
        (any_value(), op).prop_map(|((field, value), op)| Filter::compare(field, op, value)),
        (any_value(), any_value()).prop_map(|((field, a), (other, b))| {
            let values = if field == other { vec![a, b] } else { vec![a] };
            Filter::In { field, values }
        }),
        (any_value(), any_value()).prop_map(|((field, low), (other, high))| {
            let high = if field == other { high } else { low.clone() };
            Filter::Between { field, low, high }
        }),
        any_value().prop_map(|(field, _)| Filter::IsNull { field }),
        "[Bbä%_x]{0,4}".prop_map(|pattern| Filter::Like {
            field: "name".into(),
            pattern,
            folded: false
        }),
        "[Bbä%_x]{0,4}".prop_map(|pattern| Filter::Like {
            field: "name".into(),
            pattern,
            folded: true
        }),
        (0..50u32, 0..40u32, 1..30u32, 1..30u32).prop_map(|(x, y, w, h)| {
            let at = |v: u32, from: f64| from + f64::from(v) / 50.0;
            Filter::Within(
                Shape::from_box(at(x, 13.0), at(y, 53.0), at(x + w, 13.0), at(y + h, 53.0)).unwrap(),
            )
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(Filter::negated),
        ]
    })
}

#[test]
fn any_filter_means_the_same_on_both_engines_and_in_rust() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let worlds: Vec<(World, Vec<Record>)> = runtime.block_on(async {
        let mut worlds = vec![sqlite(&folder).await];
        worlds.extend(postgres().await);
        let mut filled = Vec::new();
        for world in worlds {
            let all = many(&world).await;
            filled.push((world, all));
        }
        filled
    });
    let config = Config {
        cases: 150,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&any_filter(), |filter| {
            for (world, all) in &worlds {
                runtime.block_on(check(world, all, &filter));
            }
            Ok(())
        })
        .unwrap();
}

/// A star around a point: rings never cross themselves, but are as jagged as the radii say.
fn star(center: (f64, f64), radii: &[f64]) -> LineString {
    let corners = radii.iter().enumerate().map(|(i, r)| {
        let angle = i as f64 / radii.len() as f64 * std::f64::consts::TAU;
        (center.0 + r * angle.cos(), center.1 + r * angle.sin())
    });
    let mut ring: Vec<(f64, f64)> = corners.collect();
    ring.push(ring[0]);
    LineString::from(ring)
}

#[test]
fn shapes_hold_the_places_that_a_scan_finds() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let worlds: Vec<World> = runtime.block_on(async {
        let mut worlds = vec![sqlite(&folder).await];
        worlds.extend(postgres().await);
        worlds
    });
    // A grid, so that many places lie exactly on borders, and some at the ends of the earth.
    let mut places: Vec<(f64, f64)> = (0..400).map(|i| (f64::from(i % 20), f64::from(i / 20))).collect();
    places.extend([(180.0, 90.0), (-180.0, -90.0), (180.0, 0.0), (-180.0, 0.0)]);
    let mut ids = Vec::new();
    for world in &worlds {
        let ops = places
            .iter()
            .enumerate()
            .map(|(i, (lng, lat))| Op::Create {
                type_name: "firm".into(),
                id: Some(format!("f{i:03}")),
                fields: map(json!({"name": "F", "lng": lng, "lat": lat})),
            })
            .collect();
        ids = runtime
            .block_on(world.store.write(&system(), ops))
            .unwrap()
            .records
            .into_iter()
            .map(|r| r.id)
            .collect();
    }
    let whole = (
        0..20i32,
        0..20i32,
        prop::collection::vec(1.0..9.0f64, 3..14),
        any::<bool>(),
    );
    let strategy = (whole, 0..20i32, 0..20i32, 1..12i32);
    let config = Config {
        cases: 40,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&strategy, |((x, y, radii, has_hole), bx, by, side)| {
            let center = (f64::from(x), f64::from(y));
            let hole = radii.iter().map(|r| r * 0.4).collect::<Vec<_>>();
            let holes = if has_hole {
                vec![star(center, &hole)]
            } else {
                vec![]
            };
            // A box on the grid: its border runs through places.
            let far = (f64::from(bx) + 40.0, f64::from(by) + 40.0);
            let (west, south, side) = (far.0, far.1, f64::from(side));
            let ring = vec![
                (west, south),
                (west + side, south),
                (west + side, south + side),
                (west, south + side),
            ];
            let shape = MultiPolygon(vec![
                Polygon::new(star(center, &radii), holes),
                Polygon::new(LineString::from(ring), vec![]),
            ]);
            let on_grid = Polygon::new(
                LineString::from(vec![
                    (f64::from(bx), f64::from(by)),
                    (f64::from(bx) + side, f64::from(by)),
                    (f64::from(bx) + side, f64::from(by) + side),
                    (f64::from(bx), f64::from(by) + side),
                ]),
                vec![],
            );
            for shape in [shape, MultiPolygon(vec![on_grid])] {
                let expected: Vec<&String> = places
                    .iter()
                    .zip(&ids)
                    .filter(|((lng, lat), _)| shape.intersects(&Point::new(*lng, *lat)))
                    .map(|(_, id)| id)
                    .collect();
                let filter = Filter::Within(Shape::new(shape).unwrap());
                for world in &worlds {
                    let query = Query::of("firm").filter(filter.clone()).limit(1000);
                    let found = runtime
                        .block_on(world.store.list(&Viewer::system(), &query))
                        .unwrap()
                        .records;
                    let found: Vec<&String> = found.iter().map(|r| &r.id).collect();
                    prop_assert_eq!(&found, &expected);
                    let count = runtime
                        .block_on(world.store.count(&Viewer::system(), &query))
                        .unwrap();
                    prop_assert_eq!(count, expected.len() as u64);
                }
            }
            Ok(())
        })
        .unwrap();
}
