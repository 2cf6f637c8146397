//! Order, pages and sums, against a plain computation over all records.

use std::collections::BTreeMap;

use geom::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use records::{At, Comparison, Db, Error, Filter, Op, Query, Record, Scope, Viewer, fold, on_db};
use serde_json::{Value, json};

use crate::toy::{World, firm, map, on_both, postgres, sqlite, system, user};

async fn many(world: &World, count: usize) -> Vec<Record> {
    let ops = (0..count)
        .map(|i| {
            Op::create(
                "firm",
                map(json!({
                    "name": format!("{} {}", ["Ärzte", "aerzte", "Zoo", "zoo", "Ölmühle"][i % 5], i % 7),
                    "class": ([Value::from("A"), Value::from("B"), Value::Null][i % 3]),
                    "revenue": if i.is_multiple_of(4) { Value::Null } else { Value::from(i % 6) },
                    "score": if i.is_multiple_of(5) { Value::Null } else { Value::from(1.0 / (1 + i % 9) as f64) },
                    "founded": format!("20{:02}-01-01", i % 11),
                    "active": i.is_multiple_of(2),
                })),
            )
        })
        .collect();
    world.store.write(&system(), ops).await.unwrap().records
}

/// The order as documented: empty last, text folded and by bytes, the id between equals, the way of the last field.
fn expected_order(mut records: Vec<Record>, sort: &[(String, bool)]) -> Vec<String> {
    records.sort_by(|a, b| {
        for (field, descending) in sort {
            let order = match (&a.fields[field], &b.fields[field]) {
                (Value::Null, Value::Null) => std::cmp::Ordering::Equal,
                (Value::Null, _) => std::cmp::Ordering::Greater,
                (_, Value::Null) => std::cmp::Ordering::Less,
                (Value::String(x), Value::String(y)) if field == "name" => fold(x).cmp(&fold(y)),
                (Value::String(x), Value::String(y)) => x.cmp(y),
                (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
                (x, y) => x.as_f64().partial_cmp(&y.as_f64()).unwrap(),
            };
            let order = if *descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        let descends = sort.last().is_some_and(|(_, descending)| *descending);
        if descends {
            b.id.cmp(&a.id)
        } else {
            a.id.cmp(&b.id)
        }
    });
    records.into_iter().map(|r| r.id).collect()
}

async fn page_through(world: &World, mut query: Query) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let page = world.store.list(&Viewer::system(), &query).await.unwrap();
        assert!(page.records.len() <= query.limit as usize);
        ids.extend(page.records.into_iter().map(|r| r.id));
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn pages_are_the_sorted_list_cut_into_pieces() {
    on_both(|world| async move {
        let all = many(&world, 60).await;
        for sort in [
            vec![],
            vec![("name", false)],
            vec![("name", true)],
            vec![("class", false), ("revenue", true)],
            vec![("class", true), ("revenue", false), ("name", true)],
            vec![("score", false)],
            vec![("score", true), ("founded", false)],
        ] {
            let sort: Vec<(String, bool)> = sort.into_iter().map(|(f, d)| (f.to_string(), d)).collect();
            let expected = expected_order(all.clone(), &sort);
            for limit in [1, 7, 60, 1000] {
                let mut query = Query::of("firm").limit(limit);
                query.sort.clone_from(&sort);
                assert_eq!(page_through(&world, query).await, expected, "{sort:?} {limit}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_stays_where_it_is_while_others_write() {
    on_both(|world| async move {
        let all = many(&world, 30).await;
        let query = Query::of("firm").sort("name", false).limit(10);
        let first = world.store.list(&Viewer::system(), &query).await.unwrap();
        // Somebody deletes the last one seen and adds one before it: the rest comes once and whole.
        let last = first.records.last().unwrap();
        let ops = vec![
            Op::delete("firm", &last.id),
            Op::create("firm", map(firm("0 first of all"))),
        ];
        world.store.write(&system(), ops).await.unwrap();
        let rest = page_through(&world, query.cursor(first.next_cursor)).await;
        let seen: Vec<String> = first.records.into_iter().map(|r| r.id).chain(rest).collect();
        assert_eq!(seen, expected_order(all, &[("name".into(), false)]));
    })
    .await;
}

/// So many firms more, each the copy of one but for what `value` says of a column, where `$n` stands for its number.
async fn copies(world: &World, count: usize, value: impl Fn(&str) -> Option<&'static str>) {
    let seed = world.create(&system(), "firm", firm("seed")).await;
    let (columns, number) = match world.store.db() {
        Db::Sqlite { .. } => ("select name from pragma_table_info('firms')", "n.i"),
        Db::Postgres(_) => (
            "select column_name::text from information_schema.columns \
             where table_name = 'firms' and table_schema = current_schema()",
            "n.i::bigint",
        ),
    };
    let db = world.store.db();
    let columns: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(columns).fetch_all(pool).await).unwrap();
    let columns: Vec<String> = columns.into_iter().map(|c| c.0).collect();
    let value = |column: &String| match value(column) {
        Some(expression) => expression.replace("$n", number),
        None => format!("f.{column}"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let sql = format!(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < {count}) \
         insert into firms ({}) select {} from firms f cross join n where f.id = '{}'",
        columns.join(", "),
        values.join(", "),
        seed.id
    );
    let sql = sqlx::AssertSqlSafe(sql);
    on_db!(write db, pool => sqlx::query(sql).execute(pool).await.map(drop)).unwrap();
}

/// 40,000 firms of Anna's, but for each 4,000th, which is Cleo's: far more than is walked for a page of hers.
async fn crowd(world: &World) {
    copies(world, 40_000, |column| match column {
        "id" => Some("'many-' || cast(100000 + $n as text)"),
        "name" | "name_folded" => Some("'firm ' || cast(100000 + $n as text)"),
        "owner_id" => Some("case when $n % 4000 = 0 then 'cleo' else 'anna' end"),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn few_that_no_index_finds_come_in_order_from_all_over_a_large_table() {
    on_both(|world| async move {
        copies(&world, 130_000, |column| match column {
            // In another order than the rows were made.
            "id" => Some("'many-' || cast(200000 + $n * 7919 % 130000 as text)"),
            "name" => Some("case when $n % 997 = 0 then 'Rare ' else 'firm ' end || cast($n % 7 as text)"),
            "name_folded" => {
                Some("case when $n % 997 = 0 then 'rare ' else 'firm ' end || cast($n % 7 as text)")
            }
            "class" => Some("case $n % 3 when 0 then 'A' when 1 then 'B' end"),
            "revenue" => Some("case when $n % 4 > 0 then $n % 6 end"),
            "score" => Some("case when $n % 5 > 0 then 1.0 / (1 + $n % 9) end"),
            "active" => Some("$n % 2 = 0"),
            "founded" => Some("'20' || cast(10 + $n % 11 as text) || '-01-01'"),
            _ => None,
        })
        .await;
        let ids = (1..=130).map(|i| format!("many-{}", 200_000 + 997 * i * 7919 % 130_000));
        let query = Query::of("firm").filter(Filter::in_ids(ids)).limit(1_000);
        let rare = world.store.list(&Viewer::system(), &query).await.unwrap().records;
        assert_eq!(rare.len(), 130);
        let filter = Filter::Like {
            field: "name".into(),
            pattern: "%are%".into(),
            folded: false,
        };
        for sort in [
            vec![],
            vec![("name", true)],
            vec![("class", false), ("revenue", true)],
            vec![("class", true), ("score", false), ("name", true)],
            vec![("score", true), ("founded", false)],
            vec![("active", true), ("revenue", false)],
        ] {
            let sort: Vec<(String, bool)> = sort.into_iter().map(|(f, d)| (f.to_string(), d)).collect();
            let expected = expected_order(rare.clone(), &sort);
            for limit in [23, 1_000] {
                let mut query = Query::of("firm").filter(filter.clone()).limit(limit);
                query.sort.clone_from(&sort);
                assert_eq!(page_through(&world, query).await, expected, "{sort:?} {limit}");
            }
        }
        let nobody = Query::of("firm").filter(Filter::eq("status", "nobody's"));
        assert_eq!(
            world
                .store
                .list(&Viewer::system(), &nobody)
                .await
                .unwrap()
                .records,
            []
        );
    })
    .await;
}

#[tokio::test]
async fn links_of_a_large_table_are_those_of_its_records() {
    on_both(|world| async move {
        copies(&world, 90_000, |column| match column {
            "id" => Some("'many-' || cast(100000 + $n as text)"),
            "owner_id" => Some("case $n % 3 when 0 then 'anna' when 1 then 'cleo' end"),
            "name" | "name_folded" => Some("case when $n % 100 = 99 then 'rare' else 'firm' end"),
            "class" => Some("case when $n % 10 = 0 then 'A' else 'B' end"),
            _ => None,
        })
        .await;
        let expected = |keep: &dyn Fn(usize) -> bool| {
            let owner = |n: usize| [Some("anna"), Some("cleo"), None][n % 3];
            let kept = (1..=90_000).filter(|n| keep(*n));
            let links = kept.filter_map(|n| Some((format!("many-{}", 100_000 + n), owner(n)?.to_owned())));
            links.collect::<Vec<(String, String)>>()
        };
        let links = async |viewer: &Viewer, query: &Query| {
            let found = world.store.links(viewer, query, "owner_id").await.unwrap();
            let copies = found.iter().filter(|(id, _)| id.starts_with("many-"));
            let mut found: Vec<(String, String)> =
                copies.map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
            found.sort();
            found
        };
        let all = Query::of("firm");
        let of_class = Query::of("firm").filter(Filter::eq("class", "A"));
        let nobody = Query::of("firm").filter(Filter::eq("status", "nobody's"));
        let (everybody, cleo) = (Viewer::system(), user("cleo", Scope::Own, Scope::None).viewer);
        assert_eq!(links(&everybody, &all).await, expected(&|_| true));
        assert_eq!(links(&everybody, &of_class).await, expected(&|n| n % 10 == 0));
        assert_eq!(links(&cleo, &all).await, expected(&|n| n % 3 == 1));
        assert_eq!(
            links(&cleo, &of_class).await,
            expected(&|n| n % 3 == 1 && n % 10 == 0)
        );
        assert_eq!(links(&everybody, &nobody).await, []);
        let count = async |viewer: &Viewer, query: Query| world.store.count(viewer, &query).await.unwrap();
        let rare = Filter::Like {
            field: "name".into(),
            pattern: "%are%".into(),
            folded: false,
        };
        assert_eq!(count(&everybody, all.clone()).await, 90_001);
        assert_eq!(
            count(&everybody, Query::of("firm").filter(rare.clone())).await,
            900
        );
        assert_eq!(count(&cleo, Query::of("firm").filter(rare)).await, 300);
        assert_eq!(count(&everybody, nobody).await, 0);
        // Long ago there was none of them.
        let past = Query::of("firm").at(At::as_of(Timestamp(1)));
        assert_eq!(links(&everybody, &past).await, []);
        let refused = world.store.links(&everybody, &all, "name").await.unwrap_err();
        assert!(matches!(refused, Error::BadField(_)), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn few_of_very_many_are_listed_like_any_others() {
    on_both(|world| async move {
        crowd(&world).await;
        let id = |n: usize| format!("many-{}", 100_000 + n);
        let hers: Vec<String> = (1..=10).map(|n| id(4_000 * n)).collect();
        let cleo = user("cleo", Scope::Team, Scope::None).viewer;
        let pages = async |viewer: &Viewer, sort: &str, descending: bool, filter: Option<Filter>| {
            let mut query = Query::of("firm").limit(3).sort(sort, descending);
            query.filter = filter;
            let mut ids = Vec::new();
            loop {
                let page = world.store.list(viewer, &query).await.unwrap();
                ids.extend(page.records.into_iter().map(|r| r.id));
                match page.next_cursor {
                    Some(cursor) => query.cursor = Some(cursor),
                    None => return ids,
                }
            }
        };
        let falling: Vec<String> = hers.iter().rev().cloned().collect();
        for (sort, descending, expected) in [
            ("name", false, &hers),
            ("name", true, &falling),
            ("founded", false, &hers),
            ("revenue", true, &falling),
        ] {
            assert_eq!(&pages(&cleo, sort, descending, None).await, expected, "{sort}");
        }
        let rare = || Some(Filter::compare("name", Comparison::AtLeast, "firm 136000"));
        assert_eq!(pages(&cleo, "founded", false, rare()).await, hers[8..]);
        // The same for whoever sees all: the filter makes them few.
        let of_cleo = Some(Filter::eq("owner_id", "cleo"));
        assert_eq!(pages(&Viewer::system(), "name", true, of_cleo).await, falling);
        let anna = user("anna", Scope::Own, Scope::None).viewer;
        let first = Query::of("firm").limit(5).sort("name", false);
        let first = world.store.list(&anna, &first).await.unwrap();
        let first: Vec<String> = first.records.into_iter().map(|r| r.id).collect();
        assert_eq!(first, (1..=5).map(id).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_foreign_or_broken_cursor_is_refused() {
    on_both(|world| async move {
        many(&world, 5).await;
        let by_name = Query::of("firm").sort("name", false).limit(2);
        let cursor = world
            .store
            .list(&Viewer::system(), &by_name)
            .await
            .unwrap()
            .next_cursor
            .unwrap();
        let refused = |query: Query| {
            let store = world.store.clone();
            async move { matches!(store.list(&Viewer::system(), &query).await, Err(Error::BadCursor)) }
        };
        assert!(
            refused(
                Query::of("firm")
                    .sort("class", false)
                    .cursor(Some(cursor.clone()))
            )
            .await
        );
        assert!(refused(Query::of("firm").cursor(Some(cursor.clone()))).await);
        assert!(refused(Query::of("person").cursor(Some(cursor.clone()))).await);
        for text in [
            "",
            "x",
            "' or 1=1",
            &cursor[1..],
            "eyJsaXN0IjoiZmlybToiLCJrZXlzIjpbMV0sImlkIjoiIn0",
        ] {
            assert!(refused(by_name.clone().cursor(Some(text.into()))).await, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn sums_are_what_adding_up_gives() {
    on_both(|world| async move {
        let all = many(&world, 60).await;
        let groups = world
            .store
            .sum(
                &Viewer::system(),
                &Query::of("firm"),
                &["revenue", "score"],
                &["class", "active"],
            )
            .await
            .unwrap();
        // By class and activity: count, revenue, score.
        type Sums = BTreeMap<(Option<String>, bool), (u64, Option<i64>, f64)>;
        let mut expected = Sums::new();
        for r in &all {
            let key = (r.text("class").map(str::to_string), r.boolean("active").unwrap());
            let entry = expected.entry(key).or_default();
            entry.0 += 1;
            if let Some(revenue) = r.integer("revenue") {
                *entry.1.get_or_insert(0) += revenue;
            }
            entry.2 += r.number("score").unwrap_or(0.0);
        }
        assert_eq!(groups.len(), expected.len());
        for group in groups {
            let key = (
                group.key[0].as_str().map(str::to_string),
                group.key[1].as_bool().unwrap(),
            );
            let (count, revenue, score) = expected[&key];
            assert_eq!(group.count, count);
            assert_eq!(group.sums[0], revenue.map_or(Value::Null, Value::from));
            assert!((group.sums[1].as_f64().unwrap() - score).abs() < 1e-9);
        }
        let error = world
            .store
            .sum(&Viewer::system(), &Query::of("firm"), &["name"], &[])
            .await
            .unwrap_err();
        assert!(matches!(error, Error::BadField(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_list_cannot_be_sorted_by_what_has_no_order() {
    on_both(|world| async move {
        for field in ["tags", "email", "custom.x", "nme", "id; drop table firms"] {
            let query = Query::of("firm").sort(field, false);
            let error = world.store.list(&Viewer::system(), &query).await.unwrap_err();
            assert!(
                matches!(error, Error::BadField(_) | Error::Filter(_)),
                "{field}: {error}"
            );
        }
    })
    .await;
}

/// Random orders and pages over random filters, one database for all cases.
#[test]
fn any_filter_and_any_order_page_alike_on_both_engines() {
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
    let all: Vec<Vec<Record>> = worlds.iter().map(|w| runtime.block_on(many(w, 40))).collect();
    let field = prop::sample::select(vec!["name", "class", "revenue", "score", "founded", "active"]);
    let sort = prop::collection::vec((field, any::<bool>()), 0..3);
    let strategy = (sort, 1..15u32, 0..7i64);
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&strategy, |(sort, limit, floor)| {
            let sort: Vec<(String, bool)> = sort.into_iter().map(|(f, d)| (f.to_string(), d)).collect();
            for (world, all) in worlds.iter().zip(&all) {
                let kept = all
                    .iter()
                    .filter(|r| r.integer("revenue").is_some_and(|v| v >= floor));
                let expected = expected_order(kept.cloned().collect(), &sort);
                let mut query = Query::of("firm").limit(limit).filter(Filter::compare(
                    "revenue",
                    records::Comparison::AtLeast,
                    floor,
                ));
                query.sort.clone_from(&sort);
                prop_assert_eq!(runtime.block_on(page_through(world, query)), expected);
            }
            Ok(())
        })
        .unwrap();
}
