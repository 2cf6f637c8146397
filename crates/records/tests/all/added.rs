//! Types and fields that are declared while the program runs.

use records::{AddedField, Additions, At, Comparison, Error, Field, Filter, Op, Query, Viewer, check_tables};
use serde_json::{Value, json};

use crate::toy::{HOUR, World, assert_whole, firm, map, on_both, system};

const MACHINE: &str = r#"
name = "custom_machine"
table = "custom_machines"
title = "name"
[fields.name]
kind = "text"
required = true
search = true
sort = true
[fields.firm_id]
kind = "link"
to = "firm"
on_delete = "cascade"
[fields.built]
kind = "date"
sort = true
[place]
[rights]
own = "exists (select 1 from firms f where f.id = r.firm_id and f.owner_id = $viewer)"
"#;

fn field(to_type: &str, name: &str, declaration: Value) -> AddedField {
    let mut field: Field = serde_json::from_value(declaration).unwrap();
    name.clone_into(&mut field.name);
    AddedField {
        to_type: to_type.into(),
        field,
    }
}

pub fn areas() -> Additions {
    Additions {
        types: Vec::new(),
        fields: vec![
            field(
                "firm",
                "custom_area",
                json!({ "kind": "number", "min": 0, "sort": true }),
            ),
            field(
                "firm",
                "custom_trade",
                json!({ "kind": "choice", "choices": ["wood", "metal"] }),
            ),
            field(
                "firm",
                "custom_note",
                json!({ "kind": "text", "search": true, "sort": true, "personal": true }),
            ),
        ],
    }
}

async fn names(world: &World, query: Query) -> Vec<String> {
    let page = world.store.list(&Viewer::system(), &query).await.unwrap();
    page.records
        .iter()
        .map(|r| r.text("name").unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn an_added_field_is_a_field_like_any_other() {
    on_both(|world| async move {
        let before = world.create(&system(), "firm", firm("Before")).await;
        world.store.adopt(areas()).await.unwrap();
        assert_eq!(check_tables(&world.store).await.unwrap(), Vec::<String>::new());
        world.pass(HOUR);
        let wood = json!({ "name": "Wood", "custom_area": 12.5, "custom_trade": "wood", "custom_note": "Ärger im Hof" });
        let wood = world.create(&system(), "firm", wood).await;
        world.create(&system(), "firm", json!({ "name": "Metal", "custom_area": 7 })).await;
        assert_eq!(wood.fields["custom_area"], json!(12.5));

        // Checked like any other.
        for wrong in [json!({ "custom_area": -1 }), json!({ "custom_trade": "glass" }), json!({ "custom_area": "large" })] {
            let error = world.store.write(&system(), vec![Op::update("firm", &wood.id, map(wrong.clone()))]).await;
            assert!(matches!(error, Err(Error::Invalid { .. })), "{wrong}");
        }
        // Sorted, filtered, searched and summed like any other.
        let sorted = names(&world, Query::of("firm").sort("custom_area", true)).await;
        assert_eq!(sorted, ["Before", "Wood", "Metal"]);
        let large = Filter::Compare {
            field: "custom_area".into(),
            op: Comparison::AtLeast,
            value: 10.into(),
            folded: false,
        };
        assert_eq!(names(&world, Query::of("firm").filter(large)).await, ["Wood"]);
        let record_type = world.store.record_type("firm").unwrap();
        let noted = Filter::parse_cql2("casei(custom_note) like casei('%arger%')", record_type).unwrap();
        assert_eq!(names(&world, Query::of("firm").filter(noted)).await, ["Wood"]);
        let sums = world.store.sum(&Viewer::system(), &Query::of("firm"), &["custom_area"], &["custom_trade"]).await.unwrap();
        let total: f64 = sums.iter().filter_map(|g| g.sums[0].as_f64()).sum();
        assert!((total - 19.5).abs() < 1e-9, "{sums:?}");

        // Its past is kept, an undo brings it back, an erasure takes what is personal and leaves the rest.
        let first = world.store.now();
        world.pass(HOUR);
        let change = world.store.write(&system(), vec![Op::update("firm", &wood.id, map(json!({ "custom_area": 99 })))]).await.unwrap();
        let then = world.store.get(&Viewer::system(), "firm", &wood.id, At::as_of(first)).await.unwrap().unwrap();
        assert_eq!(then.fields["custom_area"], json!(12.5));
        world.store.undo(&system(), &change.change_set).await.unwrap();
        world.store.erase(&system(), "firm", &wood.id).await.unwrap();
        let now = world.store.get(&Viewer::system(), "firm", &wood.id, At::PRESENT).await.unwrap().unwrap();
        assert_eq!(now.fields["custom_area"], json!(12.5));
        assert_ne!(now.fields["custom_note"], json!("Ärger im Hof"));
        // Rows from before the field keep their digests.
        assert_eq!(world.store.get(&Viewer::system(), "firm", &before.id, At::PRESENT).await.unwrap().unwrap().version, 1);
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn a_retired_field_keeps_its_values_and_takes_no_more() {
    on_both(|world| async move {
        world.store.adopt(areas()).await.unwrap();
        let wood = world
            .create(&system(), "firm", json!({ "name": "Wood", "custom_area": 12 }))
            .await;
        let mut retired = areas();
        retired.fields[0].field.retired = true;
        world.store.adopt(retired).await.unwrap();
        let person = crate::toy::user("anna", records::Scope::All, records::Scope::All);
        let error = world
            .store
            .write(
                &person,
                vec![Op::update("firm", &wood.id, map(json!({ "custom_area": 13 })))],
            )
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Invalid { faults, .. } if faults[0].code == "read-only"),
            "{error}"
        );
        world
            .store
            .write(
                &person,
                vec![Op::update("firm", &wood.id, map(json!({ "name": "Timber" })))],
            )
            .await
            .unwrap();
        assert_whole(&world.store).await;
        // Back again: the value is still there.
        world.store.adopt(areas()).await.unwrap();
        let back = world
            .store
            .get(&Viewer::system(), "firm", &wood.id, At::PRESENT)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(back.fields["custom_area"], json!(12.0));
        // A column that holds numbers does not begin to hold texts.
        let mut other = areas();
        other.fields[0] = field("firm", "custom_area", json!({ "kind": "text" }));
        let error = world.store.adopt(other).await.unwrap_err().to_string();
        assert!(
            error.contains("custom_area") && error.contains("another name"),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_added_type_is_a_type_like_any_other() {
    on_both(|world| async move {
        let with_machines = Additions {
            types: vec![MACHINE.into()],
            fields: vec![field("custom_machine", "custom_power", json!({ "kind": "integer" }))],
        };
        world.store.adopt(with_machines.clone()).await.unwrap();
        // Once more changes nothing.
        world.store.adopt(with_machines).await.unwrap();
        assert_eq!(check_tables(&world.store).await.unwrap(), Vec::<String>::new());
        let firm = world.create(&system(), "firm", json!({ "name": "Owner", "owner_id": "anna" })).await;
        let saw = json!({ "name": "Saw", "firm_id": firm.id, "built": "2020-05-01", "custom_power": 3, "lng": 13.0, "lat": 53.0 });
        let saw = world.create(&system(), "custom_machine", saw).await;
        world.create(&system(), "custom_machine", json!({ "name": "Lathe" })).await;
        assert_eq!(names(&world, Query::of("custom_machine").sort("name", false)).await, ["Lathe", "Saw"]);
        // Rights, links and deletions hold.
        let mut anna = crate::toy::user("anna", records::Scope::Own, records::Scope::Own);
        let own = anna.viewer.grants["firm"];
        anna.viewer.grants.insert("custom_machine".into(), own);
        let seen = world.store.list(&anna.viewer, &Query::of("custom_machine")).await.unwrap();
        assert_eq!(seen.records.len(), 1);
        world.store.write(&system(), vec![Op::delete("firm", &firm.id)]).await.unwrap();
        assert!(world.store.get(&Viewer::system(), "custom_machine", &saw.id, At::PRESENT).await.unwrap().is_none());
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_added_is_refused_with_its_name_and_changes_nothing() {
    on_both(|world| async move {
        let many = |fields| Additions {
            types: Vec::new(),
            fields,
        };
        for (additions, part) in [
            (
                many(vec![field("firm", "area", json!({ "kind": "number" }))]),
                "custom_",
            ),
            (
                many(vec![field("ship", "custom_area", json!({ "kind": "number" }))]),
                "ship",
            ),
            (
                many(vec![field(
                    "firm",
                    "custom_a",
                    json!({ "kind": "text", "required": true }),
                )]),
                "not required",
            ),
            (
                many(vec![field(
                    "firm",
                    "custom_a",
                    json!({ "kind": "link", "to": "ship" }),
                )]),
                "link to",
            ),
            (
                many(vec![field("firm", "custom_a; drop", json!({ "kind": "text" }))]),
                "custom_a; drop",
            ),
            (
                many(vec![field("firm", "custom_a", json!({ "kind": "text" })); 2]),
                "already",
            ),
            (
                Additions {
                    types: vec![MACHINE.replace("custom_machine", "machine")],
                    fields: Vec::new(),
                },
                "machine",
            ),
            (
                Additions {
                    types: vec![MACHINE.into(), MACHINE.into()],
                    fields: Vec::new(),
                },
                "twice",
            ),
        ] {
            let error = world.store.adopt(additions).await.unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(world.store.catalog().additions(), &Additions::default());
        assert_eq!(check_tables(&world.store).await.unwrap(), Vec::<String>::new());
    })
    .await;
}
