//! Own, team, territory, all: the same answer by get, list, count, sums, history and as of any date.

use records::{At, Error, Filter, Grant, Op, Query, Scope, Viewer};
use serde_json::json;

use crate::toy::{HOUR, map, on_both, system, user};

#[tokio::test]
async fn a_viewer_sees_what_their_scope_holds_and_nothing_else() {
    on_both(|world| async move {
        for owner in ["anna", "anna", "ben", "cleo", "cleo", "cleo"] {
            world
                .create(
                    &system(),
                    "firm",
                    json!({"name": owner, "owner_id": owner, "revenue": 10}),
                )
                .await;
        }
        world
            .create(&system(), "firm", json!({"name": "nobody's", "revenue": 10}))
            .await;
        let then = world.pass(HOUR);
        // Anna's and Ben's team is north; a scope without a predicate (territory) gives nothing.
        for (who, scope, expected) in [
            ("anna", Scope::None, 0),
            ("anna", Scope::Own, 2),
            ("anna", Scope::Team, 3),
            ("anna", Scope::Territory, 0),
            ("anna", Scope::All, 7),
            ("cleo", Scope::Team, 3),
            ("stranger", Scope::Own, 0),
            ("stranger", Scope::Team, 0),
            ("' or '1'='1", Scope::Own, 0),
        ] {
            let viewer = user(who, scope, Scope::None).viewer;
            for at in [At::PRESENT, At::as_of(then)] {
                let query = Query::of("firm").at(at);
                let count = world.store.count(&viewer, &query).await.unwrap();
                assert_eq!(count, expected, "{who} {scope:?} {at:?}");
                let listed = world.store.list(&viewer, &query).await.unwrap().records;
                assert_eq!(listed.len() as u64, expected);
                let sums = world.store.sum(&viewer, &query, &["revenue"], &[]).await.unwrap();
                let expected_sum = if expected == 0 {
                    json!(null)
                } else {
                    json!(expected * 10)
                };
                assert_eq!(sums[0].sums, [expected_sum]);
                for record in world.store.list(&Viewer::system(), &query).await.unwrap().records {
                    let is_listed = listed.iter().any(|r| r.id == record.id);
                    let got = world.store.get(&viewer, "firm", &record.id, at).await.unwrap();
                    assert_eq!(got.is_some(), is_listed);
                    let history = world.store.history(&viewer, "firm", &record.id).await.unwrap();
                    assert_eq!(!history.is_empty(), is_listed);
                }
            }
        }
        // No grant for a type, no record of it, whatever the type is.
        let viewer = Viewer::user("anna", [("person".to_string(), Grant::ALL)]);
        assert_eq!(world.store.count(&viewer, &Query::of("firm")).await.unwrap(), 0);
        let error = world.store.count(&viewer, &Query::of("frim")).await.unwrap_err();
        assert!(matches!(error, Error::UnknownType(name) if name == "frim"));
    })
    .await;
}

#[tokio::test]
async fn todays_rights_decide_about_the_past() {
    on_both(|world| async move {
        let (anna, cleo) = (
            user("anna", Scope::Own, Scope::Own).viewer,
            user("cleo", Scope::Own, Scope::Own).viewer,
        );
        let firm = world
            .create(&system(), "firm", json!({"name": "F", "owner_id": "anna"}))
            .await;
        let before = world.pass(HOUR);
        world.pass(HOUR);
        world.update(&system(), &firm, json!({"owner_id": "cleo"})).await;
        // It is Cleo's now, so Cleo sees its past and Anna does not, although it was hers.
        for at in [At::PRESENT, At::as_of(before)] {
            assert!(
                world
                    .store
                    .get(&cleo, "firm", &firm.id, at)
                    .await
                    .unwrap()
                    .is_some()
            );
            assert!(
                world
                    .store
                    .get(&anna, "firm", &firm.id, at)
                    .await
                    .unwrap()
                    .is_none()
            );
        }
        world.pass(HOUR);
        world
            .store
            .write(&system(), vec![Op::delete("firm", &firm.id)])
            .await
            .unwrap();
        // It is gone: its last state decides.
        assert!(
            world
                .store
                .get(&cleo, "firm", &firm.id, At::PRESENT)
                .await
                .unwrap()
                .is_none()
        );
        assert!(
            world
                .store
                .get(&cleo, "firm", &firm.id, At::as_of(before))
                .await
                .unwrap()
                .is_some()
        );
        assert!(
            world
                .store
                .get(&anna, "firm", &firm.id, At::as_of(before))
                .await
                .unwrap()
                .is_none()
        );
        assert_eq!(
            world.store.history(&cleo, "firm", &firm.id).await.unwrap().len(),
            2
        );
        assert_eq!(
            world.store.history(&anna, "firm", &firm.id).await.unwrap().len(),
            0
        );
    })
    .await;
}

#[tokio::test]
async fn one_may_change_only_what_the_write_scope_holds() {
    on_both(|world| async move {
        let own = world
            .create(&system(), "firm", json!({"name": "own", "owner_id": "anna"}))
            .await;
        let others = world
            .create(&system(), "firm", json!({"name": "other", "owner_id": "cleo"}))
            .await;
        let rename = |id: &str| Op::update("firm", id, map(json!({"name": "new"})));

        // Reads all, writes own.
        let anna = user("anna", Scope::All, Scope::Own);
        world.store.write(&anna, vec![rename(&own.id)]).await.unwrap();
        let error = world
            .store
            .write(&anna, vec![rename(&others.id)])
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::Forbidden {
                    operation: "update",
                    ..
                }
            ),
            "{error}"
        );
        let error = world
            .store
            .write(&anna, vec![Op::delete("firm", &others.id)])
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::Forbidden {
                    operation: "delete",
                    ..
                }
            ),
            "{error}"
        );

        // Reads own: another's record is not forbidden, it is not there.
        let anna = user("anna", Scope::Own, Scope::Own);
        let error = world
            .store
            .write(&anna, vec![rename(&others.id)])
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
        // Nor can one link to it to find out.
        let op = Op::create("person", map(json!({"family_name": "P", "firm_id": others.id})));
        let error = world.store.write(&anna, vec![op]).await.unwrap_err();
        assert!(
            matches!(&error, Error::Invalid { faults, .. } if faults[0].code == "no-such-record"),
            "{error}"
        );
        let error = world.store.erase(&anna, "firm", &own.id).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Forbidden {
                    operation: "erase",
                    ..
                }
            ),
            "{error}"
        );

        let mut reader = user("anna", Scope::All, Scope::None);
        reader.viewer.grants.get_mut("firm").unwrap().create = false;
        let error = world
            .store
            .write(&reader, vec![Op::create("firm", map(json!({"name": "x"})))])
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::Forbidden {
                    operation: "create",
                    ..
                }
            ),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_filter_across_links_shows_nothing_hidden() {
    on_both(|world| async move {
        let hidden = world
            .create(
                &system(),
                "firm",
                json!({"name": "Hidden", "owner_id": "cleo", "class": "A"}),
            )
            .await;
        let seen = world
            .create(
                &system(),
                "firm",
                json!({"name": "Seen", "owner_id": "anna", "class": "A"}),
            )
            .await;
        for firm in [&hidden, &seen] {
            world
                .create(
                    &system(),
                    "person",
                    json!({"family_name": "P", "firm_id": firm.id}),
                )
                .await;
        }
        let mut anna = user("anna", Scope::All, Scope::None).viewer;
        anna.grants.get_mut("firm").unwrap().read = Scope::Own;
        for at in [At::PRESENT, At::as_of(world.pass(HOUR))] {
            let people = Query::of("person").at(at).filter(Filter::Linked {
                field: "firm_id".into(),
                filter: Box::new(Filter::eq("class", "A")),
            });
            assert_eq!(world.store.count(&anna, &people).await.unwrap(), 1);
            assert_eq!(world.store.count(&Viewer::system(), &people).await.unwrap(), 2);
            let firms = Query::of("firm").at(at).filter(Filter::Linking {
                type_name: "person".into(),
                field: "firm_id".into(),
                filter: Box::new(Filter::eq("family_name", "P")),
            });
            assert_eq!(world.store.count(&anna, &firms).await.unwrap(), 1);
            assert_eq!(world.store.count(&Viewer::system(), &firms).await.unwrap(), 2);
        }
    })
    .await;
}
