//! The change feed: no gaps under concurrency, woken watchers, and a chain that shows every tampering.

use std::time::Duration;

use records::{Db, Error, Op, Query, Viewer, on_db};
use serde_json::json;

use crate::toy::{World, assert_whole, firm, map, on_both, open, system};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_feed_has_no_gaps_and_its_order_is_the_order_of_commits() {
    on_both(|world| async move {
        // Two stores on one database, as two processes would have, each with several writers.
        let other = open(&world.url, world.clock.clone()).await.unwrap();
        let first = world.store.last_seq().await.unwrap();
        let mut writers = Vec::new();
        for writer in 0..8 {
            let store = if writer % 2 == 0 {
                world.store.clone()
            } else {
                other.clone()
            };
            writers.push(tokio::spawn(async move {
                let mut seqs = Vec::new();
                for n in 0..10 {
                    let ops = vec![
                        Op::create("firm", map(firm(&format!("{writer}-{n}")))),
                        Op::create("firm", map(firm(&format!("{writer}-{n}-b")))),
                    ];
                    let written = store.write(&system(), ops).await.unwrap();
                    // What a commit acknowledged can be read at once.
                    let seen = store
                        .get(
                            &Viewer::system(),
                            "firm",
                            &written.records[1].id,
                            records::At::PRESENT,
                        )
                        .await
                        .unwrap();
                    assert_eq!(seen.as_ref(), Some(&written.records[1]));
                    seqs.push((written.last_seq, written.at));
                }
                seqs
            }));
        }
        let mut acknowledged = Vec::new();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
        acknowledged.sort_unstable_by_key(|a| a.0);
        assert!(
            acknowledged
                .windows(2)
                .all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1),
            "later numbers, later times"
        );
        let changes = world.store.changes(first, 10_000).await.unwrap();
        assert_eq!(changes.len(), 160);
        for (index, change) in changes.iter().enumerate() {
            assert_eq!(change.seq, first + 1 + index as i64);
        }
        assert_eq!(
            world
                .store
                .count(&Viewer::system(), &Query::of("firm"))
                .await
                .unwrap(),
            160
        );
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watchers_hear_of_their_own_and_of_other_processes_commits() {
    on_both(|world| async move {
        let other = open(&world.url, world.clock.clone()).await.unwrap();
        let mut own = world.store.watch();
        let mut remote = other.watch();
        let written = world
            .store
            .write(&system(), vec![Op::create("firm", map(firm("A")))])
            .await
            .unwrap();
        assert_eq!(
            *own.borrow_and_update(),
            written.last_seq,
            "own commits are told at once"
        );
        let heard = tokio::time::timeout(
            Duration::from_secs(300),
            remote.wait_for(|seq| *seq >= written.last_seq),
        );
        heard
            .await
            .expect("the other store hears within five minutes")
            .unwrap();
    })
    .await;
}

/// Changes the database behind the engine's back.
pub async fn tamper(world: &World, sql: &'static str) {
    let done = on_db!(write world.store.db(), pool => sqlx::query(sql).execute(pool).await.map(|d| d.rows_affected()));
    assert!(done.unwrap() > 0, "{sql} changed nothing");
}

#[tokio::test]
async fn every_tampering_is_found_and_named() {
    for (sql, part) in [
        (
            "update firms set revenue = revenue + 1 where name = 'B'",
            "values of version 2",
        ),
        (
            "update firms_history set name = 'X' where name = 'B'",
            "values of version 1",
        ),
        (
            "update firms set name = 'b' where name = 'B'",
            "values of version 2",
        ),
        (
            "update firms set custom = '{\"x\":2}' where name = 'B'",
            "values of version 2",
        ),
        (
            "update changes set author = 'cleo' where operation = 'update'",
            "not as it was written",
        ),
        (
            "update changes set digest = '00' where operation = 'update'",
            "not as it was written",
        ),
        (
            "delete from changes where operation = 'update'",
            "is missing before",
        ),
        (
            "delete from changes where seq = (select max(seq) from changes)",
            "head",
        ),
        (
            "delete from firms_history where name = 'B'",
            "version 1 is missing",
        ),
        ("delete from firms where name = 'B'", "version 2 is missing"),
        (
            "insert into firms select 'smuggled', version, recorded_at, changed_by, change_set, salt, custom, name, \
             name_folded, null, class, revenue, staff, score, active, founded, called_at, owner_id, tags, status, lng, \
             lat, cell from firms where name = 'B'",
            "no entry",
        ),
        (
            "update firms_history set superseded_at = superseded_at + 1",
            "ended at a time",
        ),
        ("update firms_history set removed = true", "ended at a time"),
    ] {
        on_both(|world| async move {
            let firm = world
                .create(
                    &system(),
                    "firm",
                    json!({"name": "B", "email": "b@example.com", "score": 0.1, "revenue": 5}),
                )
                .await;
            world
                .update(&system(), &firm, json!({"revenue": 6, "custom": {"x": 1}}))
                .await;
            world.create(&system(), "firm", crate::toy::firm("C")).await;
            assert_whole(&world.store).await;
            tamper(&world, sql).await;
            let broken = world.store.verify().await.unwrap().broken.expect(sql);
            assert!(broken.reason.contains(part), "{sql}: {broken:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_flipped_byte_is_found_at_its_entry() {
    on_both(|world| async move {
        for name in ["A", "B", "C", "D"] {
            world.create(&system(), "firm", firm(name)).await;
        }
        let changes = world.store.changes(0, 100).await.unwrap();
        let third = changes.iter().filter(|c| c.type_name == "firm").nth(2).unwrap();
        tamper(&world, "update firms set name = 'c' where name = 'C'").await;
        let broken = world.store.verify().await.unwrap().broken.unwrap();
        assert_eq!((broken.seq, &broken.id), (Some(third.seq), &third.record_id));
    })
    .await;
}

#[tokio::test]
async fn an_erasure_leaves_no_value_and_history_stays_whole() {
    on_both(|world| async move {
        let secret = "Geheimrat";
        let person = world
            .create(&system(), "person", json!({"family_name": secret, "phone": "+49 395 1", "custom": {"a": secret}}))
            .await;
        world.update(&system(), &person, json!({"note": "kept", "phone": "+49 395 2"})).await;
        let gone = world.create(&system(), "person", json!({"family_name": secret, "note": "left"})).await;
        world.store.write(&system(), vec![Op::delete("person", &gone.id)]).await.unwrap();
        let firm = world.create(&system(), "firm", json!({"name": "F", "email": "secret@example.com"})).await;

        for (type_name, id) in [("person", &person.id), ("person", &gone.id), ("firm", &firm.id)] {
            world.store.erase(&system(), type_name, id).await.unwrap();
        }
        for id in [&person.id, &gone.id] {
            let history = world.store.history(&Viewer::system(), "person", id).await.unwrap();
            assert!(!history.is_empty());
            let text = serde_json::to_string(&history).unwrap();
            assert!(!text.contains(secret) && !text.contains("+49"), "{text}");
            assert!(text.contains("kept") || text.contains("left"), "{text}");
        }
        let raw = "select count(*) from people_history where family_name_folded like '%geheim%' or custom is not null";
        let left: i64 =
            on_db!(read world.store.db(), pool => sqlx::query_scalar(raw).fetch_one(pool).await).unwrap();
        assert_eq!(left, 0);

        let report = world.store.verify().await.unwrap();
        assert_eq!(report.broken, None);
        // Two versions of the first person, one of the second, one of the firm.
        assert_eq!(report.redacted, 4);
        // Life goes on, and an erased version is guarded like any other.
        let person = world.store.get(&Viewer::system(), "person", &person.id, records::At::PRESENT).await.unwrap();
        world.update(&system(), &person.unwrap(), json!({"note": "more"})).await;
        assert_whole(&world.store).await;
        tamper(&world, "update people_history set note = 'changed' where note = 'kept'").await;
        assert!(world.store.verify().await.unwrap().broken.is_some());
    })
    .await;
}

#[tokio::test]
async fn an_erasure_cannot_be_undone() {
    on_both(|world| async move {
        let person = world
            .create(&system(), "person", json!({"family_name": "X"}))
            .await;
        let erased = world.store.erase(&system(), "person", &person.id).await.unwrap();
        let error = world.store.undo(&system(), &erased.change_set).await.unwrap_err();
        assert!(matches!(error, Error::ChangeSet { .. }), "{error}");
        assert!(matches!(world.store.db(), Db::Sqlite { .. } | Db::Postgres(_)));
    })
    .await;
}
