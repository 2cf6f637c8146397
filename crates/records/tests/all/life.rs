//! The life of a record: made, changed, looked at as it was, deleted.

use geom::Timestamp;
use records::{At, Db, Error, Filter, Op, Query, Viewer, check_tables};
use serde_json::json;

use crate::toy::{HOUR, START, assert_whole, firm, map, on_both, system, user};

#[tokio::test]
async fn a_record_is_made_changed_deleted_and_seen_as_it_was() {
    on_both(|world| async move {
        let (store, viewer) = (&world.store, Viewer::system());
        let made_at = world.pass(HOUR);
        let firm = world
            .create(
                &system(),
                "firm",
                json!({
                    "name": " Bäckerei X ", "email": "x@example.com", "class": "B", "revenue": 123_456, "staff": 7,
                    "score": 0.1, "active": true, "founded": "1999-12-31", "called_at": "2023-11-14T22:13:20Z",
                    "owner_id": "anna", "tags": ["a", {"b": 1.5}], "lng": 13.26, "lat": 53.55,
                    "custom": {"colour": "red", "size": 3}
                }),
            )
            .await;
        assert_eq!((firm.version, firm.recorded_at), (1, made_at));
        // White space around is cut, the instant is a number, the rule set the status.
        assert_eq!(firm.text("name"), Some("Bäckerei X"));
        assert_eq!(firm.integer("called_at"), Some(START));
        assert_eq!(firm.text("status"), Some("new"));
        let read = store.get(&viewer, "firm", &firm.id, At::PRESENT).await.unwrap();
        assert_eq!(read.as_ref(), Some(&firm), "what is read is what was written");

        let changed_at = world.pass(HOUR);
        let changed = world
            .update(&system(), &firm, json!({"revenue": null, "class": "A", "custom": {"size": null, "n": 1}}))
            .await;
        assert_eq!((changed.version, changed.recorded_at), (2, changed_at));
        assert_eq!(changed.fields["custom"], json!({"colour": "red", "n": 1}));
        assert!(changed.fields["revenue"].is_null());

        // The same again changes nothing and makes no version.
        let again = world.update(&system(), &changed, json!({"class": "A"})).await;
        assert_eq!(again, changed);

        let gone_at = world.pass(HOUR);
        store.write(&system(), vec![Op::delete("firm", &firm.id)]).await.unwrap();
        assert_eq!(store.get(&viewer, "firm", &firm.id, At::PRESENT).await.unwrap(), None);

        let at = |t: i64| At::as_of(Timestamp(t));
        for (time, expected) in [
            (made_at.0 - 1, None),
            (made_at.0, Some(&firm)),
            (changed_at.0 - 1, Some(&firm)),
            (changed_at.0, Some(&changed)),
            (gone_at.0 - 1, Some(&changed)),
            (gone_at.0, None),
            (gone_at.0 + HOUR, None),
        ] {
            let seen = store.get(&viewer, "firm", &firm.id, at(time)).await.unwrap();
            assert_eq!(seen.as_ref(), expected, "as of {time}");
            let query = Query::of("firm").at(at(time));
            assert_eq!(store.count(&viewer, &query).await.unwrap(), u64::from(expected.is_some()));
            let past = Query::of("firm")
                .filter(Filter::eq("class", "B"))
                .at(at(time));
            let is_b = expected.is_some_and(|r| r.version == 1);
            assert_eq!(store.count(&viewer, &past).await.unwrap(), u64::from(is_b));
        }
        // What we believed at a time is as of the earlier of both.
        let both = At {
            as_of: Some(Timestamp(gone_at.0 + HOUR)),
            known_at: Some(made_at),
        };
        assert_eq!(store.get(&viewer, "firm", &firm.id, both).await.unwrap().as_ref(), Some(&firm));

        let history = store.history(&viewer, "firm", &firm.id).await.unwrap();
        let line: Vec<_> = history
            .iter()
            .map(|r| (r.record.version, r.operation.as_str(), r.superseded_at, r.removed))
            .collect();
        assert_eq!(
            line,
            [
                (2, "update", Some(gone_at), true),
                (1, "create", Some(changed_at), false)
            ]
        );

        // A new record may take the id again; its versions go on: the deletion used up 3.
        let op = Op::Create {
            type_name: "firm".into(),
            id: Some(firm.id.clone()),
            fields: map(crate::toy::firm("Again")),
        };
        let again = store.write(&system(), vec![op]).await.unwrap().records.remove(0);
        assert_eq!(again.version, 4);
        assert_whole(store).await;
    })
    .await;
}

#[tokio::test]
async fn two_editors_of_one_record_do_not_overwrite_each_other() {
    on_both(|world| async move {
        let firm = world.create(&system(), "firm", firm("A")).await;
        let update = |version, name: &str| Op::Update {
            type_name: "firm".into(),
            id: firm.id.clone(),
            version: Some(version),
            patch: map(json!({ "name": name })),
        };
        world
            .store
            .write(&system(), vec![update(1, "First")])
            .await
            .unwrap();
        let error = world
            .store
            .write(&system(), vec![update(1, "Second")])
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::VersionConflict {
                    given: 1,
                    current: 2,
                    ..
                }
            ),
            "{error}"
        );
        let deletion = Op::Delete {
            type_name: "firm".into(),
            id: firm.id.clone(),
            version: Some(1),
        };
        let error = world.store.write(&system(), vec![deletion]).await.unwrap_err();
        assert!(matches!(error, Error::VersionConflict { .. }), "{error}");
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn a_write_happens_wholly_or_not_at_all() {
    on_both(|world| async move {
        let store = &world.store;
        let before = store.last_seq().await.unwrap();
        let error = store
            .write(
                &system(),
                vec![
                    Op::create("firm", map(firm("Good"))),
                    Op::create("person", map(json!({"family_name": "Good"}))),
                    Op::create("firm", map(json!({"name": "", "staff": -1, "class": "D", "nme": 1, "lng": 1, "custom": {"X": 1}}))),
                ],
            )
            .await
            .unwrap_err();
        let Error::Invalid { operation: 2, faults, .. } = error else {
            panic!("{error}");
        };
        let mut pointers: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.code.as_str())).collect();
        pointers.sort_unstable();
        assert_eq!(
            pointers,
            [
                ("/fields/class", "not-a-choice"),
                ("/fields/custom/X", "bad-name"),
                ("/fields/lat", "required"),
                ("/fields/name", "required"),
                ("/fields/nme", "unknown-field"),
                ("/fields/staff", "too-small"),
            ]
        );
        assert_eq!(store.last_seq().await.unwrap(), before);
        assert_eq!(store.count(&Viewer::system(), &Query::of("firm")).await.unwrap(), 0);

        let error = store
            .write(&system(), vec![Op::create("firm", map(firm("Forbidden")))])
            .await
            .unwrap_err();
        assert!(matches!(&error, Error::Invalid { faults, .. } if faults[0].code == "forbidden-name"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn bad_places_and_values_are_the_callers_error() {
    on_both(|world| async move {
        for (values, pointer) in [
            (json!({"name": "x", "lng": 13, "lat": 700}), "/fields/lat"),
            (json!({"name": "x", "lng": 700, "lat": 13}), "/fields/lng"),
            (json!({"name": "x", "lng": "13", "lat": 53}), "/fields/lng"),
            (json!({"name": "a\u{0}b"}), "/fields/name"),
            (json!({"name": "x".repeat(501)}), "/fields/name"),
            (json!({"name": "x", "email": "nobody"}), "/fields/email"),
            (json!({"name": "x", "founded": "2023-02-30"}), "/fields/founded"),
            (json!({"name": "x", "called_at": "yesterday"}), "/fields/called_at"),
            (json!({"name": "x", "staff": 1.5}), "/fields/staff"),
            (json!({"name": "x", "active": "yes"}), "/fields/active"),
            (json!({"name": "x", "owner_id": "nobody"}), "/fields/owner_id"),
            (json!({"name": "x", "tags": "\u{0}"}), "/fields/tags"),
            (json!({"name": "x", "custom": {"a": "\u{0}"}}), "/fields/custom"),
            (json!({"name": "x", "custom": 3}), "/fields/custom"),
        ] {
            let op = Op::create("firm", map(values.clone()));
            let error = world.store.write(&system(), vec![op]).await.unwrap_err();
            assert!(
                matches!(&error, Error::Invalid { faults, .. } if faults.iter().any(|f| f.pointer == pointer)),
                "{values}: {error}"
            );
        }
        // A user may not set what only the program sets; sending it back unchanged is fine.
        let anna = user("anna", records::Scope::All, records::Scope::All);
        let firm = world.create(&anna, "firm", firm("A")).await;
        world.update(&anna, &firm, json!({"status": "new", "name": "B"})).await;
        let op = Op::update("firm", &firm.id, map(json!({"status": "old"})));
        let error = world.store.write(&anna, vec![op]).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid { faults, .. } if faults[0].code == "read-only"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn no_two_firms_have_one_address() {
    on_both(|world| async move {
        let email = |e: &str| Op::create("firm", map(json!({"name": e, "email": e})));
        world
            .store
            .write(&system(), vec![email("a@example.com")])
            .await
            .unwrap();
        for ops in [
            vec![email("b@example.com"), email("a@example.com")],
            vec![email("c@example.com"), email("c@example.com")],
        ] {
            let error = world.store.write(&system(), ops).await.unwrap_err();
            assert!(
                matches!(&error, Error::UniqueTaken { operation: 1, field, .. } if field == "email"),
                "{error}"
            );
        }
        let same = Op::Create {
            type_name: "user".into(),
            id: Some("anna".into()),
            fields: map(json!({})),
        };
        let error = world.store.write(&system(), vec![same]).await.unwrap_err();
        assert!(
            matches!(&error, Error::IdTaken { id, .. } if id == "anna"),
            "{error}"
        );
        assert_eq!(
            world
                .store
                .count(&Viewer::system(), &Query::of("firm"))
                .await
                .unwrap(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_pointed_to_stays() {
    on_both(|world| async move {
        let firm = world.create(&system(), "firm", firm("A")).await;
        let person = world
            .create(
                &system(),
                "person",
                json!({"family_name": "Maier", "firm_id": firm.id}),
            )
            .await;
        let error = world
            .store
            .write(&system(), vec![Op::delete("firm", &firm.id)])
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Linked { reason, .. } if reason.contains(&person.id)),
            "{error}"
        );
        // In one write, the one that points first.
        let ops = vec![Op::delete("person", &person.id), Op::delete("firm", &firm.id)];
        world.store.write(&system(), ops).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_deletion_takes_along_empties_or_stops_as_the_links_say() {
    on_both(|world| async move {
        let store = &world.store;
        let doomed = world.create(&system(), "firm", firm("Doomed")).await;
        let other = world.create(&system(), "firm", firm("Other")).await;
        let memo = world
            .create(&system(), "memo", json!({"text": "a", "firm_id": doomed.id}))
            .await;
        // Hangs on the memo, not on the firm, and goes all the same.
        let answer = world
            .create(&system(), "memo", json!({"text": "b", "memo_id": memo.id}))
            .await;
        let kept = world
            .create(&system(), "memo", json!({"text": "c", "firm_id": other.id}))
            .await;
        let boss = world
            .create(
                &system(),
                "person",
                json!({"family_name": "Boss", "firm_id": doomed.id}),
            )
            .await;
        let staff = json!({"family_name": "Staff", "firm_id": other.id, "manager_id": boss.id});
        let staff = world.create(&system(), "person", staff).await;
        let before = crate::toy::state(store).await;

        // A person links to the firm, and that link says refuse: nothing at all happens.
        let error = store
            .write(&system(), vec![Op::delete("firm", &doomed.id)])
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Linked { reason, .. } if reason.contains(&boss.id)),
            "{error}"
        );
        assert_eq!(crate::toy::state(store).await, before);

        let ops = vec![Op::delete("person", &boss.id), Op::delete("firm", &doomed.id)];
        let written = store.write(&system(), ops).await.unwrap();
        let there = async |type_name: &str, id: &str| {
            store
                .get(&Viewer::system(), type_name, id, At::PRESENT)
                .await
                .unwrap()
        };
        for (type_name, id) in [
            ("firm", &doomed.id),
            ("memo", &memo.id),
            ("memo", &answer.id),
            ("person", &boss.id),
        ] {
            assert_eq!(there(type_name, id).await, None, "{type_name}");
        }
        assert_eq!(there("memo", &kept.id).await, Some(kept));
        let staff = there("person", &staff.id).await.unwrap();
        assert!(staff.fields["manager_id"].is_null());
        assert_eq!((staff.version, staff.text("family_name")), (2, Some("Staff")));
        assert_whole(store).await;

        // One change set, so one undo brings all of it back.
        let report = store.undo(&system(), &written.change_set).await.unwrap();
        assert_eq!((report.undone, report.blocked), (5, vec![]));
        assert_eq!(crate::toy::state(store).await, before);
        assert_whole(store).await;
    })
    .await;
}

#[tokio::test]
async fn declarations_and_tables_agree() {
    on_both(|world| async move {
        assert_eq!(check_tables(&world.store).await.unwrap(), Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let world = crate::toy::sqlite(&folder).await;
    let kept = world.create(&system(), "firm", firm("Kept")).await;
    let seq = world.store.last_seq().await.unwrap();
    let Db::Sqlite { write, .. } = world.store.db() else {
        panic!("a file path opens SQLite");
    };
    // SQLite answers a full disk and a full quota of pages alike.
    let pages: i64 = sqlx::query_scalar("pragma page_count")
        .fetch_one(write)
        .await
        .unwrap();
    let limit = sqlx::AssertSqlSafe(format!("pragma max_page_count = {}", pages + 2));
    sqlx::query(limit).execute(write).await.unwrap();
    let many = || {
        (0..500)
            .map(|i| Op::create("firm", map(firm(&format!("{i}")))))
            .collect::<Vec<_>>()
    };
    let error = world.store.write(&system(), many()).await.unwrap_err();
    assert!(matches!(error, Error::DiskFull), "{error}");
    assert_eq!(world.store.last_seq().await.unwrap(), seq);
    let all = world
        .store
        .list(&Viewer::system(), &Query::of("firm"))
        .await
        .unwrap()
        .records;
    assert_eq!(all, [kept]);
    // Space again: work goes on.
    sqlx::query("pragma max_page_count = 1000000")
        .execute(write)
        .await
        .unwrap();
    world.store.write(&system(), many()).await.unwrap();
    assert_whole(&world.store).await;
}
