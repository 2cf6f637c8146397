//! What the engine itself gives to a record: values that follow a link, running numbers.

use records::{Error, Op, Scope, Viewer, fields};
use serde_json::{Value, json};

use crate::toy::{HOUR, assert_whole, map, on_both, system, user};

#[tokio::test]
async fn a_field_follows_its_link_whenever_the_link_is_set() {
    on_both(|world| async move {
        let large = world
            .create(
                &system(),
                "firm",
                json!({ "name": "Large", "staff": 900, "owner_id": "anna" }),
            )
            .await;
        let small = world
            .create(
                &system(),
                "firm",
                json!({ "name": "Small", "staff": 9, "owner_id": "anna" }),
            )
            .await;
        // By a person who may not set the field, as well.
        let anna = user("anna", Scope::All, Scope::All);
        let memo = world
            .create(&anna, "memo", json!({ "text": "a", "firm_id": large.id }))
            .await;
        assert_eq!(memo.integer("firm_staff"), Some(900));
        let error = world
            .store
            .write(
                &anna,
                vec![Op::update("memo", &memo.id, fields([("firm_staff", 5.into())]))],
            )
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Invalid { faults, .. } if faults[0].code == "read-only"),
            "{error}"
        );

        // It is what held when the link was set.
        world.update(&system(), &large, json!({ "staff": 901 })).await;
        let memo = world
            .update(&anna, &memo, json!({ "text": "b", "firm_id": large.id }))
            .await;
        assert_eq!(memo.integer("firm_staff"), Some(900));
        let memo = world.update(&anna, &memo, json!({ "firm_id": small.id })).await;
        assert_eq!(memo.integer("firm_staff"), Some(9));
        let memo = world.update(&anna, &memo, json!({ "firm_id": null })).await;
        assert_eq!(memo.fields["firm_staff"], Value::Null);
        // Many in one write, each by its own link.
        let ops = [Some(&large), None, Some(&small), Some(&large)]
            .map(|firm| Op::create("memo", map(json!({ "firm_id": firm.map(|f| &f.id) }))));
        let written = world.store.write(&system(), ops.to_vec()).await.unwrap();
        let staff: Vec<Option<i64>> = written.records.iter().map(|r| r.integer("firm_staff")).collect();
        assert_eq!(staff, [Some(901), None, Some(9), Some(901)]);
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn numbers_run_on_and_none_is_given_twice() {
    on_both(|world| async move {
        let three = || vec![Op::create("memo", map(json!({ "text": "a" }))); 3];
        let numbers = |records: &[records::Record]| -> Vec<String> {
            records
                .iter()
                .map(|r| r.text("number").unwrap_or_default().to_owned())
                .collect()
        };
        let first = world.store.write(&system(), three()).await.unwrap().records;
        assert_eq!(numbers(&first), ["M-2023-00001", "M-2023-00002", "M-2023-00003"]);
        // The number of what was deleted is not given again.
        world
            .store
            .write(&system(), vec![Op::delete("memo", &first[2].id)])
            .await
            .unwrap();
        let one = world
            .create(
                &user("anna", Scope::All, Scope::All),
                "memo",
                json!({ "text": "b" }),
            )
            .await;
        assert_eq!(one.text("number"), Some("M-2023-00004"));
        // What was refused used up none.
        let refused = vec![
            Op::create("memo", map(json!({ "text": "c" }))),
            Op::create("firm", map(json!({ "name": "Forbidden" }))),
        ];
        world.store.write(&system(), refused).await.unwrap_err();
        // A number brought along is kept, also beyond five digits.
        let brought = world
            .create(&system(), "memo", json!({ "number": "M-2023-123456" }))
            .await;
        assert_eq!(brought.text("number"), Some("M-2023-123456"));
        let next = world.create(&system(), "memo", json!({})).await;
        assert_eq!(next.text("number"), Some("M-2023-123457"));
        // Each year begins anew.
        world.pass(60 * 24 * HOUR);
        let next = world.create(&system(), "memo", json!({})).await;
        assert_eq!(next.text("number"), Some("M-2024-00001"));
        let read = world
            .store
            .get(&Viewer::system(), "memo", &next.id, records::At::PRESENT)
            .await
            .unwrap();
        assert_eq!(read, Some(next));
    })
    .await;
}
