//! How many records a second are written, and how long do a page, a count as of a date and a shape take?
//! On SQLite in a temporary file, with full synchronisation. Each answer is asserted.

use std::sync::Arc;

use divan::Bencher;
use geom::Timestamp;
use records::{
    At, Author, Catalog, Filter, ManualClock, Op, Query, Rules, Shape, Store, Viewer, fields, own_migration,
};
use serde_json::Value;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const ROWS: usize = 100_000;
const CHUNK: usize = 1000;

const FIRM: &str = r#"
name = "firm"
table = "firms"
[fields.name]
kind = "text"
required = true
search = true
sort = true
[fields.email]
kind = "email"
[fields.class]
kind = "choice"
choices = ["A", "B", "C"]
[fields.revenue]
kind = "money"
[fields.city]
kind = "text"
[place]
"#;

const TABLES: &str = "
create table firms (
    id text not null primary key, version bigint not null, recorded_at bigint not null, changed_by text,
    change_set text not null, salt text not null, custom text,
    name text not null, name_folded text collate \"C\", email text, class text, revenue bigint, city text,
    lng double precision, lat double precision, cell bigint
);
create index firms_name on firms (name_folded, id);
create index firms_cell on firms (cell);
create table firms_history (
    id text not null, version bigint not null, recorded_at bigint not null, changed_by text,
    change_set text not null, salt text not null, custom text,
    name text not null, name_folded text collate \"C\", email text, class text, revenue bigint, city text,
    lng double precision, lat double precision, cell bigint,
    superseded_at bigint not null, superseded_by text not null, removed boolean not null, primary key (id, version)
);
create index firms_history_superseded on firms_history (superseded_at);
";

struct World {
    runtime: Runtime,
    store: Store,
    _folder: TempDir,
}

fn empty() -> World {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = folder.path().join("bench.db").display().to_string();
    let tables = Migration::new(
        2,
        "firms".into(),
        MigrationType::Simple,
        TABLES.into_sql_str(),
        false,
    );
    let migrator = Migrator::with_migrations(vec![own_migration(), tables]);
    let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
    let catalog = Catalog::parse(&[FIRM]).expect("the declaration is right");
    let store = runtime
        .block_on(Store::open_with(&url, catalog, clock, Rules::new(), &migrator))
        .expect("a fresh database opens");
    World {
        runtime,
        store,
        _folder: folder,
    }
}

/// A firm of a fixed sequence: places spread evenly over a square degree.
fn firm(i: usize) -> Op {
    let fraction = |prime: f64| (i as f64 * prime).fract();
    Op::create(
        "firm",
        fields([
            (
                "name",
                format!("Bäckerei Müller & Söhne {}", i * 7919 % ROWS).into(),
            ),
            ("email", format!("post{i}@example.com").into()),
            ("class", ["A", "B", "C"][i % 3].into()),
            ("revenue", Value::from(i as i64 * 100)),
            ("city", "Neubrandenburg".into()),
            ("lng", (13.0 + fraction(0.754_877_666)).into()),
            ("lat", (53.0 + fraction(0.569_840_290)).into()),
        ]),
    )
}

fn fill(world: &World, rows: usize) {
    world.runtime.block_on(async {
        let author = Author::system("import", "Import");
        let set = world.store.change_set(&author).await.expect("a change set");
        for start in (0..rows).step_by(CHUNK) {
            let ops = (start..start + CHUNK).map(firm).collect();
            set.write(ops).await.expect("a chunk");
        }
        assert_eq!(set.close().await.expect("the end").entries, rows as i64);
    });
}

/// An import of 20,000 rows in chunks of 1,000.
#[divan::bench(sample_count = 3)]
fn import_20_000(bencher: Bencher) {
    bencher
        .counter(divan::counter::ItemsCount::new(20_000usize))
        .with_inputs(empty)
        .bench_local_values(|world| {
            fill(&world, 20_000);
            world
        });
}

/// A thousand records changed in one transaction.
#[divan::bench(sample_count = 5)]
fn update_1000(bencher: Bencher) {
    let world = empty();
    fill(&world, CHUNK);
    let ids: Vec<String> = world.runtime.block_on(async {
        let page = world
            .store
            .list(&Viewer::system(), &Query::of("firm").limit(1000))
            .await;
        page.expect("a page").records.into_iter().map(|r| r.id).collect()
    });
    let mut round = 0;
    bencher
        .counter(divan::counter::ItemsCount::new(1000usize))
        .bench_local(|| {
            round += 1;
            let ops = ids
                .iter()
                .map(|id| Op::update("firm", id, fields([("revenue", Value::from(-round))])))
                .collect();
            let author = Author::system("api", "By hand");
            let written = world
                .runtime
                .block_on(world.store.write(&author, ops))
                .expect("a write");
            assert_eq!(written.records[999].version, 1 + round);
        });
}

mod at_100_000 {
    use super::*;
    use std::sync::LazyLock;

    static WORLD: LazyLock<World> = LazyLock::new(|| {
        let world = empty();
        fill(&world, ROWS);
        world
    });

    static VIEWER: LazyLock<Viewer> = LazyLock::new(Viewer::system);

    fn past() -> At {
        At::as_of(Timestamp(i64::MAX - 1))
    }

    #[divan::bench]
    fn one_record(bencher: Bencher) {
        let first = Query::of("firm").limit(1);
        let page = WORLD.runtime.block_on(WORLD.store.list(&VIEWER, &first));
        let id = page.expect("a page").records[0].id.clone();
        bencher.bench_local(|| {
            let got = WORLD.store.get(&VIEWER, "firm", &id, At::PRESENT);
            assert!(WORLD.runtime.block_on(got).expect("an answer").is_some());
        });
    }

    #[divan::bench]
    fn page_of_50_by_name(bencher: Bencher) {
        let first = Query::of("firm").sort("name", false).limit(50);
        let page = WORLD.runtime.block_on(WORLD.store.list(&VIEWER, &first));
        let second = first.cursor(page.expect("a page").next_cursor);
        bencher.bench_local(|| {
            let page = WORLD.runtime.block_on(WORLD.store.list(&VIEWER, &second));
            assert_eq!(page.expect("a page").records.len(), 50);
        });
    }

    #[divan::bench(sample_count = 20)]
    fn sums_by_class_as_of_a_date(bencher: Bencher) {
        let query = Query::of("firm").at(past());
        bencher.bench_local(|| {
            let sums = WORLD.store.sum(&VIEWER, &query, &["revenue"], &["class"]);
            let groups = WORLD.runtime.block_on(sums).expect("sums");
            assert_eq!(groups.iter().map(|g| g.count).sum::<u64>(), ROWS as u64);
        });
    }

    #[divan::bench(sample_count = 20)]
    fn count_in_a_shape_that_holds_half(bencher: Bencher) {
        // A triangle over half of the square; the sequence is even, so it holds half within 1 %.
        let record_type = WORLD.store.record_type("firm").expect("the type");
        let text = "s_intersects(geometry, POLYGON((13 53, 14 53, 14 54, 13 53)))";
        let filter = Filter::parse_cql2(text, record_type).expect("a filter");
        let query = Query::of("firm").filter(filter);
        bencher.bench_local(|| {
            let count = WORLD.runtime.block_on(WORLD.store.count(&VIEWER, &query));
            let count = count.expect("a count");
            assert!(count.abs_diff(ROWS as u64 / 2) < ROWS as u64 / 100, "{count}");
        });
    }

    #[divan::bench(sample_count = 20)]
    fn count_in_a_small_box(bencher: Bencher) {
        let filter = Filter::Within(Shape::from_box(13.5, 53.5, 13.6, 53.6).expect("a box"));
        let query = Query::of("firm").filter(filter);
        bencher.bench_local(|| {
            let count = WORLD.runtime.block_on(WORLD.store.count(&VIEWER, &query));
            // A hundredth of the square degree.
            assert!(count.expect("a count").abs_diff(ROWS as u64 / 100) < 30);
        });
    }

    #[divan::bench(sample_count = 2)]
    fn verify(bencher: Bencher) {
        bencher.bench_local(|| {
            let report = WORLD.runtime.block_on(WORLD.store.verify()).expect("a report");
            assert_eq!((report.broken, report.versions), (None, ROWS as u64));
        });
    }
}

mod at_1_000_000 {
    use super::*;
    use std::sync::LazyLock;

    /// Ten of each firm; every 50,000th has a name of its own.
    static WORLD: LazyLock<World> = LazyLock::new(|| {
        let world = empty();
        fill(&world, ROWS);
        let columns = "version, recorded_at, changed_by, change_set, salt, custom, email, class, revenue, city, lng, lat, cell";
        let name = |name: &str| {
            format!(
                "{name} || case when f.rowid % 50000 = 0 then ' {}' else '' end",
                "zyx"
            )
        };
        let sql = format!(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 9) \
             insert into firms (id, name, name_folded, {columns}) \
             select id || '-' || i, {}, {}, {columns} from firms f cross join n",
            name("name"),
            name("name_folded")
        );
        let db = world.store.db();
        world
            .runtime
            .block_on(async {
                let sql = sqlx::AssertSqlSafe(sql);
                records::on_db!(write db, pool => sqlx::query(sql).execute(pool).await.map(drop))
            })
            .expect("copies");
        world
    });

    /// Nothing but reading all of them finds the eighteen.
    #[divan::bench(sample_count = 20)]
    fn a_rare_text(bencher: Bencher) {
        let record_type = WORLD.store.record_type("firm").expect("the type");
        let filter = Filter::parse_cql2("name LIKE '%zyx%'", record_type).expect("a filter");
        let query = Query::of("firm").filter(filter).sort("revenue", true).limit(50);
        let viewer = Viewer::system();
        bencher.bench_local(|| {
            let page = WORLD.runtime.block_on(WORLD.store.list(&viewer, &query));
            assert_eq!(page.expect("a page").records.len(), 18);
        });
    }
}

fn main() {
    divan::main();
}
