//! Backup and restore, on one engine and from one to the other.

use std::sync::Arc;

use geom::Timestamp;
use records::{At, Error, ManualClock, Op, Query, Store, Viewer};
use serde_json::json;

use crate::toy::{
    HOUR, START, World, assert_whole, firm, map, migrator, open, postgres, sqlite, state, system,
};

async fn busy(world: &World) {
    world.store.adopt(crate::added::areas()).await.unwrap();
    world
        .create(
            &system(),
            "firm",
            json!({ "name": "Added", "custom_area": 12.5, "custom_trade": "wood" }),
        )
        .await;
    let mut last = None;
    for i in 0..30 {
        world.pass(HOUR);
        let firm = world
            .create(
                &system(),
                "firm",
                json!({
                    "name": format!("Bäckerei \"{i}\"\n"), "email": format!("{i}@example.com"), "score": f64::from(i) / 3.0,
                    "active": i % 2 == 0, "revenue": 9_007_199_254_740_991i64 - i64::from(i), "tags": {"π": [1.1, null]},
                    "lng": 13.0 + f64::from(i) / 7.0, "lat": 53.1, "custom": {"x": 0.1}
                }),
            )
            .await;
        world
            .create(
                &system(),
                "person",
                json!({"family_name": "P", "firm_id": firm.id}),
            )
            .await;
        if let Some(before) = last.replace(firm) {
            world.update(&system(), &before, json!({"class": "A"})).await;
        }
    }
    let gone = world.create(&system(), "firm", firm("Gone")).await;
    world
        .store
        .write(&system(), vec![Op::delete("firm", &gone.id)])
        .await
        .unwrap();
    let person = world
        .create(&system(), "person", json!({"family_name": "Secret"}))
        .await;
    world.store.erase(&system(), "person", &person.id).await.unwrap();
}

/// A store on an empty database: migrated, without a record.
async fn empty(url: &str) -> Store {
    let catalog = records::Catalog::parse(&[
        crate::toy::USER,
        crate::toy::FIRM,
        crate::toy::PERSON,
        crate::toy::POST,
        crate::toy::MEMO,
    ]);
    let clock = Arc::new(ManualClock::at(Timestamp(START)));
    Store::open_with(url, catalog.unwrap(), clock, records::Rules::new(), &migrator())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_backup_restores_on_either_engine() {
    let folder = tempfile::tempdir().unwrap();
    let mut worlds = vec![sqlite(&folder).await];
    worlds.extend(postgres().await);
    for (from, world) in worlds.iter().enumerate() {
        busy(world).await;
        let mut bytes = Vec::new();
        let rows = world.store.backup(&mut bytes).await.unwrap();
        assert!(rows > 200, "{rows}");
        let mut urls = vec![folder.path().join(format!("to-{from}.db")).display().to_string()];
        urls.extend(testkit::postgres::cluster().map(|c| c.database()));
        for url in &urls {
            let copy = empty(url).await;
            let watcher = copy.watch();
            assert_eq!(copy.restore(&bytes[..]).await.unwrap(), rows);
            assert_eq!(state(&copy).await, state(&world.store).await);
            assert_eq!(
                copy.changes(0, 10_000).await.unwrap(),
                world.store.changes(0, 10_000).await.unwrap()
            );
            assert_eq!(copy.verify().await.unwrap(), world.store.verify().await.unwrap());
            // Looked at when nothing is waited for: while it is borrowed nobody can tell the watcher anything.
            let last = copy.last_seq().await.unwrap();
            assert_eq!(*watcher.borrow(), last);
            let then = At::as_of(Timestamp(START + 10 * HOUR));
            let query = Query::of("firm").at(then);
            let (was, is) = (
                world.store.list(&Viewer::system(), &query).await.unwrap(),
                copy.list(&Viewer::system(), &query).await.unwrap(),
            );
            assert!(!was.records.is_empty());
            assert_eq!(was, is, "the past is the same");
            // Foreign keys are back, and life goes on.
            let person = copy
                .list(&Viewer::system(), &Query::of("person").limit(1))
                .await
                .unwrap()
                .records
                .remove(0);
            let firm_id = person.text("firm_id").unwrap();
            let error = copy
                .write(&system(), vec![Op::delete("firm", firm_id)])
                .await
                .unwrap_err();
            assert!(matches!(error, Error::Linked { .. }), "{error}");
            copy.write(&system(), vec![Op::create("firm", map(firm("After")))])
                .await
                .unwrap();
            assert_whole(&copy).await;
            let error = copy.restore(&bytes[..]).await.unwrap_err();
            assert!(matches!(error, Error::TooMuch(_)), "{error}");
        }
    }
}

#[tokio::test]
async fn a_damaged_backup_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = sqlite(&folder).await;
    busy(&world).await;
    let mut bytes = Vec::new();
    world.store.backup(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let last_line = text.trim_end().rfind('\n').unwrap();
    for (name, damaged) in [
        ("empty", String::new()),
        ("not a backup", "hello\n".into()),
        ("cut short", text[..text.len() / 2].into()),
        ("without its end", text[..=last_line].into()),
        ("a changed value", text.replacen("Bäckerei", "Backerei", 1)),
        (
            "another form",
            text.replacen("\"bailiwick_backup\":1", "\"bailiwick_backup\":2", 1),
        ),
        ("other migrations", text.replacen("[1,2]", "[1,2,3]", 1)),
        (
            "an unknown table",
            text.replacen("\"table\":\"firms\"", "\"table\":\"frims\"", 1),
        ),
        ("an unknown column", text.replacen("\"revenue\"", "\"revnue\"", 1)),
    ] {
        assert_ne!(damaged, text, "{name}");
        let copy = empty(
            &folder
                .path()
                .join(format!("{}.db", name.replace(' ', "-")))
                .display()
                .to_string(),
        )
        .await;
        let error = copy.restore(damaged.as_bytes()).await.unwrap_err();
        assert!(matches!(error, Error::Backup { .. }), "{name}: {error}");
        assert_eq!(copy.last_seq().await.unwrap(), 0, "{name}");
        assert!(state(&copy).await.is_empty(), "{name}");
    }
    // Opening again finds the same database.
    let again = open(&world.url, world.clock.clone()).await.unwrap();
    assert_whole(&again).await;
}
