//! Undo: exactly back, except where somebody else has been since.

use records::{At, Author, Error, Filter, Op, Query, Scope, Viewer};
use serde_json::json;

use crate::toy::{HOUR, World, assert_whole, firm, map, on_both, state, system, user};

async fn some_firms(world: &World) -> Vec<records::Record> {
    let mut firms = Vec::new();
    for (name, email) in [
        ("A", Some("a@example.com")),
        ("B", Some("b@example.com")),
        ("C", None),
    ] {
        let values = json!({"name": name, "email": email, "class": "C", "revenue": 100, "score": 0.3, "lng": 13.1, "lat": 53.2});
        firms.push(world.create(&system(), "firm", values).await);
    }
    firms
}

#[tokio::test]
async fn a_write_of_every_sort_is_taken_back_and_the_state_is_the_same() {
    on_both(|world| async move {
        let firms = some_firms(&world).await;
        let person = world
            .create(
                &system(),
                "person",
                json!({"family_name": "Maier", "firm_id": firms[2].id}),
            )
            .await;
        let before = state(&world.store).await;
        world.pass(HOUR);
        // Moves an e-mail address, deletes what pointed and what was pointed to, makes new ones of both.
        let ops = vec![
            Op::update(
                "firm",
                &firms[0].id,
                map(json!({"email": "new@example.com", "custom": {"x": 1}})),
            ),
            Op::update(
                "firm",
                &firms[1].id,
                map(json!({"email": "a@example.com", "revenue": 7})),
            ),
            Op::delete("person", &person.id),
            Op::delete("firm", &firms[2].id),
            Op::Create {
                type_name: "firm".into(),
                id: Some("new-firm".into()),
                fields: map(json!({"name": "New", "email": "b@example.com"})),
            },
            Op::create(
                "person",
                map(json!({"family_name": "New", "firm_id": "new-firm"})),
            ),
            Op::update("firm", "new-firm", map(json!({"class": "A"}))),
        ];
        let written = world.store.write(&system(), ops).await.unwrap();
        let after = state(&world.store).await;
        assert_ne!(before, after);

        world.pass(HOUR);
        let report = world.store.undo(&system(), &written.change_set).await.unwrap();
        assert_eq!(report.blocked, []);
        // Two updates, two deletions, two creations; the new firm's update goes with it.
        assert_eq!(report.undone, 6);
        assert_eq!(state(&world.store).await, before);
        assert_whole(&world.store).await;

        // Not twice; but the undo itself can be undone.
        let error = world
            .store
            .undo(&system(), &written.change_set)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::ChangeSet { .. }), "{error}");
        let report = world.store.undo(&system(), &report.change_set).await.unwrap();
        assert_eq!((report.undone, report.blocked), (6, vec![]));
        assert_eq!(state(&world.store).await, after);
        assert_whole(&world.store).await;

        // What was true in between is still known.
        let then = At::as_of(written.at);
        assert_eq!(
            world
                .store
                .count(&Viewer::system(), &Query::of("firm").at(then))
                .await
                .unwrap(),
            3
        );
    })
    .await;
}

#[tokio::test]
async fn a_later_change_by_somebody_else_stays_and_is_listed() {
    on_both(|world| async move {
        let firms = some_firms(&world).await;
        let ops = firms
            .iter()
            .map(|f| Op::update("firm", &f.id, map(json!({"revenue": 999}))))
            .collect();
        let written = world.store.write(&system(), ops).await.unwrap();
        let anna = user("anna", Scope::All, Scope::All);
        world.update(&anna, &firms[1], json!({"class": "A"})).await;
        let report = world.store.undo(&system(), &written.change_set).await.unwrap();
        assert_eq!(report.undone, 2);
        assert_eq!(report.blocked_count, 1);
        let blocked = &report.blocked[0];
        assert_eq!(
            (blocked.id.as_str(), blocked.by.as_deref()),
            (firms[1].id.as_str(), Some("anna"))
        );
        let revenue = |id: String| {
            let world = &world;
            async move {
                let record = world
                    .store
                    .get(&Viewer::system(), "firm", &id, At::PRESENT)
                    .await
                    .unwrap();
                record.unwrap().integer("revenue")
            }
        };
        assert_eq!(revenue(firms[0].id.clone()).await, Some(100));
        assert_eq!(revenue(firms[1].id.clone()).await, Some(999));
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn consequences_go_with_their_cause_and_never_block_it() {
    on_both(|world| async move {
        let set = world
            .store
            .change_set(&Author::new(Viewer::system(), "import", "Import"))
            .await
            .unwrap();
        let first = set
            .write(vec![Op::create("firm", map(firm("Imported")))])
            .await
            .unwrap();
        let id = first.records[0].id.clone();
        let set_id = set.id().to_string();
        set.close().await.unwrap();
        // The geocoder finds the place, and a post comes of that.
        let geocoder = Author::system("geocode", "Geocoded").caused_by(&set_id);
        let geocoded = world
            .store
            .write(
                &geocoder,
                vec![Op::update("firm", &id, map(json!({"lng": 13, "lat": 53})))],
            )
            .await
            .unwrap();
        let assigner = Author::system("assign", "Assigned").caused_by(&geocoded.change_set);
        world
            .store
            .write(
                &assigner,
                vec![Op::create("post", map(json!({"firm_id": id, "user_id": "anna"})))],
            )
            .await
            .unwrap();
        let report = world.store.undo(&system(), &set_id).await.unwrap();
        assert_eq!((report.undone, report.blocked), (2, vec![]));
        for type_name in ["firm", "post"] {
            let left = world
                .store
                .count(&Viewer::system(), &Query::of(type_name))
                .await
                .unwrap();
            assert_eq!(left, 0, "{type_name}");
        }
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn what_was_changed_and_changed_back_does_not_block() {
    on_both(|world| async move {
        let store = &world.store;
        let made = store
            .write(&system(), vec![Op::create("firm", map(firm("Toing")))])
            .await
            .unwrap();
        let id = made.records[0].id.clone();
        let write = async |patch: serde_json::Value| {
            store
                .write(&system(), vec![Op::update("firm", &id, map(patch))])
                .await
                .unwrap()
                .change_set
        };
        let first = write(json!({"class": "B"})).await;
        let second = write(json!({"class": "C"})).await;
        assert!(store.undo(&system(), &second).await.unwrap().blocked.is_empty());
        // The record is as the first left it, though two sets wrote it since.
        let report = store.undo(&system(), &first).await.unwrap();
        assert_eq!((report.undone, report.blocked), (1, vec![]));
        // By hand and back counts as well; another value blocks.
        let third = write(json!({"class": "B"})).await;
        write(json!({"class": "C"})).await;
        write(json!({"class": "B"})).await;
        assert!(store.undo(&system(), &third).await.unwrap().blocked.is_empty());
        let fourth = write(json!({"class": "C"})).await;
        write(json!({"staff": 7})).await;
        let report = store.undo(&system(), &fourth).await.unwrap();
        assert_eq!((report.undone, report.blocked_count), (0, 1));
        // Deleted and brought back by an undo, it can still be taken away by its maker's.
        let other = store
            .write(&system(), vec![Op::create("firm", map(firm("Froing")))])
            .await
            .unwrap();
        let gone = store
            .write(&system(), vec![Op::delete("firm", &other.records[0].id)])
            .await
            .unwrap();
        store.undo(&system(), &gone.change_set).await.unwrap();
        let report = store.undo(&system(), &other.change_set).await.unwrap();
        assert_eq!((report.undone, report.blocked), (1, vec![]));
        assert_whole(store).await;
    })
    .await;
}

#[tokio::test]
async fn what_follows_from_other_records_never_blocks() {
    on_both(|world| async move {
        let store = &world.store;
        let made = store
            .write(&system(), vec![Op::create("firm", map(firm("Cause")))])
            .await
            .unwrap();
        let firm_id = made.records[0].id.clone();
        let follows = Author::system("assign", "Assigned").caused_by(&made.change_set);
        let post = Op::create("post", map(json!({"firm_id": firm_id, "user_id": "anna"})));
        let post = store.write(&follows, vec![post]).await.unwrap().records[0]
            .id
            .clone();
        // Something else ends that post and begins another, which points to the firm as well.
        let next = vec![
            Op::update("post", &post, map(json!({"valid_to": 9_000_000_000_000_i64}))),
            Op::create("post", map(json!({"firm_id": firm_id, "user_id": "ben"}))),
        ];
        store.write(&system(), next).await.unwrap();
        let report = store.undo(&system(), &made.change_set).await.unwrap();
        assert_eq!((report.undone, report.blocked), (1, vec![]));
        assert!(
            store
                .get(&Viewer::system(), "firm", &firm_id, records::At::PRESENT)
                .await
                .unwrap()
                .is_none()
        );
        // The posts stay as they were left: whoever derives them puts them right.
        assert_eq!(
            store.count(&Viewer::system(), &Query::of("post")).await.unwrap(),
            2
        );
        assert_whole(store).await;
    })
    .await;
}

#[tokio::test]
async fn what_somebody_linked_to_since_cannot_be_taken_away() {
    on_both(|world| async move {
        let written = world
            .store
            .write(
                &system(),
                vec![
                    Op::create("firm", map(firm("A"))),
                    Op::create("firm", map(firm("B"))),
                ],
            )
            .await
            .unwrap();
        let (a, b) = (&written.records[0].id, &written.records[1].id);
        let anna = user("anna", Scope::All, Scope::All);
        let person = world
            .create(&anna, "person", json!({"family_name": "Maier", "firm_id": a}))
            .await;
        let report = world.store.undo(&system(), &written.change_set).await.unwrap();
        assert_eq!(report.undone, 1);
        assert_eq!(report.blocked[0].id, *a);
        assert!(
            report.blocked[0].reason.contains(&person.id),
            "{:?}",
            report.blocked
        );
        let left = world
            .store
            .list(&Viewer::system(), &Query::of("firm"))
            .await
            .unwrap()
            .records;
        assert_eq!(left.len(), 1);
        assert_ne!(&left[0].id, b);
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn a_value_taken_since_blocks_one_record_only() {
    on_both(|world| async move {
        let firms = some_firms(&world).await;
        let ops = firms
            .iter()
            .enumerate()
            .map(|(i, f)| {
                Op::update(
                    "firm",
                    &f.id,
                    map(json!({"email": format!("moved{i}@example.com")})),
                )
            })
            .collect();
        let written = world.store.write(&system(), ops).await.unwrap();
        // Somebody new has the first one's old address by now.
        world
            .create(&system(), "firm", json!({"name": "D", "email": "a@example.com"}))
            .await;
        let report = world.store.undo(&system(), &written.change_set).await.unwrap();
        assert_eq!(report.undone, 2);
        assert_eq!(report.blocked.len(), 1);
        assert_eq!(report.blocked[0].id, firms[0].id);
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn a_whole_import_in_chunks_is_undone_as_one() {
    on_both(|world| async move {
        some_firms(&world).await;
        let before = state(&world.store).await;
        let import = Author::system("import", "Import customers.csv");
        let set = world.store.change_set(&import).await.unwrap();
        for chunk in 0..3 {
            // Firms and their people in turn, as they stand in a file.
            let ops = (0..400).flat_map(|row| {
                let id = format!("firm-{chunk}-{row}");
                [
                    Op::Create {
                        type_name: "firm".into(),
                        id: Some(id.clone()),
                        fields: map(firm("F")),
                    },
                    Op::create("person", map(json!({"family_name": "P", "firm_id": id}))),
                ]
            });
            // Sorted by type, so that runs are long.
            let (firms, people): (Vec<Op>, Vec<Op>) = ops.partition(|op| op.type_name() == "firm");
            set.write(firms.into_iter().chain(people).collect())
                .await
                .unwrap();
        }
        let id = set.id().to_string();
        // A killed import goes on where it stopped.
        let again = world.store.resume_change_set(&import, &id).await.unwrap();
        again
            .write(vec![Op::create("firm", map(firm("Last")))])
            .await
            .unwrap();
        let info = again.close().await.unwrap();
        assert_eq!(info.entries, 2401);
        assert!(
            set.write(vec![Op::create("firm", map(firm("Late")))])
                .await
                .is_err(),
            "closed"
        );
        let listed = world
            .store
            .change_sets(&records::ChangeSetFilter::default())
            .await
            .unwrap();
        assert_eq!(listed[0].label, "Import customers.csv");

        let report = world.store.undo(&system(), &id).await.unwrap();
        assert_eq!((report.undone, report.blocked_count), (2401, 0));
        assert_eq!(state(&world.store).await, before);
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn one_may_take_back_ones_own_and_others_only_with_every_right() {
    on_both(|world| async move {
        let anna = user("anna", Scope::All, Scope::Own);
        let ben = user("ben", Scope::All, Scope::Own);
        let written = world
            .store
            .write(
                &anna,
                vec![Op::create("firm", map(json!({"name": "A", "owner_id": "anna"})))],
            )
            .await
            .unwrap();
        let error = world.store.undo(&ben, &written.change_set).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Forbidden {
                    operation: "undo",
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(
            world.store.undo(&anna, &written.change_set).await.unwrap().undone,
            1
        );
        let query = Query::of("firm").filter(Filter::all());
        assert_eq!(world.store.count(&Viewer::system(), &query).await.unwrap(), 0);
    })
    .await;
}
