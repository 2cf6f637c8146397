//! A field is added and is everywhere at once; a type is added and is a type like any other.

use axum::http::StatusCode;
use records::check_tables;
use serde_json::{Value, json};

use crate::test_world::{World, worlds};

async fn field(world: &World, declaration: Value) -> Value {
    world
        .post("ada", "/api/v1/custom-fields", json!({ "fields": declaration }))
        .await
}

fn floor_area() -> Value {
    json!({ "to_type": "account", "label_en": "Floor area", "label_de": "Ladenfläche", "kind": "integer", "min": 0, "unit": "m²", "import": ["Sales floor"] })
}

async fn account_fields(world: &World) -> Vec<String> {
    let types = world.get("rita", "/api/v1/types").await;
    let account = types["types"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["name"] == "account")
        .unwrap()
        .clone();
    let names = account["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[tokio::test]
async fn a_field_added_is_in_form_list_filter_import_and_history_at_once() {
    for world in worlds().await {
        let (account, _) = world
            .customer("Bakery", None, json!({ "owner_id": "rita" }))
            .await;
        let (small, _) = world.customer("Small", None, json!({ "owner_id": "rita" })).await;
        let added = field(&world, floor_area()).await;
        assert_eq!(added["record"]["fields"]["name"], "custom_floor_area");
        assert!(
            account_fields(&world)
                .await
                .contains(&"custom_floor_area".to_owned())
        );

        // The rep writes it, and is told when it cannot be.
        let path = format!("/api/v1/accounts/{account}");
        let (status, _) = world
            .ask(
                "rita",
                "PATCH",
                &path,
                json!({ "fields": { "custom_floor_area": 120 } }),
            )
            .await;
        assert_eq!(status, StatusCode::OK);
        let (status, problem) = world
            .ask(
                "rita",
                "PATCH",
                &path,
                json!({ "fields": { "custom_floor_area": -3 } }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        world
            .ask(
                "rita",
                "PATCH",
                &format!("/api/v1/accounts/{small}"),
                json!({ "fields": { "custom_floor_area": 12 } }),
            )
            .await;

        let listed = world
            .get("rita", "/api/v1/accounts?filter=custom_floor_area%20%3E%2050")
            .await;
        assert_eq!(listed["records"].as_array().unwrap().len(), 1, "{listed}");
        let sorted = world.get("rita", "/api/v1/accounts?sort=custom_floor_area").await;
        assert_eq!(sorted["records"][0]["fields"]["name"], "Small");
        let history = world.get("rita", &format!("{path}/history")).await;
        assert_eq!(history["revisions"].as_array().unwrap().len(), 2);

        // A column of a file that is called so goes there, by its own name or by one that was given.
        let targets = crate::imports::proposed(world.store().catalog(), &["Sales floor", "Firma"]);
        assert_eq!(
            targets,
            [
                Some("account.custom_floor_area".to_owned()),
                Some("account.name".to_owned())
            ]
        );
        assert_eq!(check_tables(world.store()).await.unwrap(), Vec::<String>::new());
        let verified = world.store().verify().await.unwrap();
        assert!(verified.broken.is_none(), "{verified:?}");
    }
}

#[tokio::test]
async fn only_an_administrator_adds_and_what_cannot_be_is_refused_with_the_reason() {
    for world in worlds().await {
        for who in ["max", "rita", "anna"] {
            let (status, _) = world
                .ask(
                    who,
                    "POST",
                    "/api/v1/custom-fields",
                    json!({ "fields": floor_area() }),
                )
                .await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{who}");
            let seen = world.get(who, "/api/v1/custom-fields").await;
            assert_eq!(seen["records"], json!([]), "{who}");
        }
        for (change, part) in [
            (json!({ "to_type": "ship" }), "ship"),
            (json!({ "label_en": "!" }), "letters"),
            (json!({ "kind": "choice" }), "list of"),
            (json!({ "kind": "choice", "choices": ["a", "a"] }), "twice"),
            (json!({ "kind": "link" }), "points to"),
            (json!({ "kind": "link", "to_link": "ship" }), "ship"),
            (json!({ "min": 5, "max": 2 }), "smallest"),
            (json!({ "import": "Area" }), "list of column names"),
        ] {
            let mut wrong = floor_area();
            wrong
                .as_object_mut()
                .unwrap()
                .extend(change.as_object().unwrap().clone());
            let (status, problem) = world
                .ask("ada", "POST", "/api/v1/custom-fields", json!({ "fields": wrong }))
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{change} {problem}");
            assert!(problem.to_string().contains(part), "{change} {problem}");
        }
        assert!(
            !account_fields(&world)
                .await
                .iter()
                .any(|f| f.starts_with("custom_"))
        );
    }
}

#[tokio::test]
async fn a_field_taken_back_hides_its_values_and_brings_them_back() {
    for world in worlds().await {
        let (account, _) = world.customer("Bakery", None, json!({})).await;
        let added = field(&world, floor_area()).await;
        let path = format!("/api/v1/accounts/{account}");
        world
            .ask(
                "max",
                "PATCH",
                &path,
                json!({ "fields": { "custom_floor_area": 120 } }),
            )
            .await;
        world.undo("ada", &added["change_set"]).await;
        assert!(
            !account_fields(&world)
                .await
                .contains(&"custom_floor_area".to_owned())
        );
        let (status, _) = world
            .ask(
                "max",
                "PATCH",
                &path,
                json!({ "fields": { "custom_floor_area": 1 } }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(world.store().verify().await.unwrap().broken.is_none());

        // The same again is the same field; another kind needs another name.
        let mut as_text = floor_area();
        as_text["kind"] = "text".into();
        let (status, problem) = world
            .ask(
                "ada",
                "POST",
                "/api/v1/custom-fields",
                json!({ "fields": as_text }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            problem["detail"].as_str().unwrap().contains("another name"),
            "{problem}"
        );
        let again = field(&world, floor_area()).await;
        let record = world.get("max", &path).await;
        assert_eq!(record["fields"]["custom_floor_area"], 120);
        let id = again["record"]["id"].as_str().unwrap();
        let patch = json!({ "fields": { "kind": "text" } });
        let (status, problem) = world
            .ask("ada", "PATCH", &format!("/api/v1/custom-fields/{id}"), patch)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(problem.to_string().contains("another field"), "{problem}");
        let renamed = json!({ "fields": { "label_en": "Sales area" } });
        let (status, _) = world
            .ask("ada", "PATCH", &format!("/api/v1/custom-fields/{id}"), renamed)
            .await;
        assert_eq!(status, StatusCode::OK);
        let label = world
            .store()
            .record_type("account")
            .unwrap()
            .field("custom_floor_area")
            .unwrap()
            .label
            .en
            .clone();
        assert_eq!(label, "Sales area");
    }
}

#[tokio::test]
async fn a_type_added_has_lists_rights_links_and_fields_of_its_own() {
    for world in worlds().await {
        let machine = json!({ "label_en": "Machine", "label_de": "Maschine", "plural_en": "Machines", "area": "service", "place": true });
        world
            .post("ada", "/api/v1/custom-types", json!({ "fields": machine }))
            .await;
        field(
            &world,
            json!({ "to_type": "custom_machine", "label_en": "Built", "kind": "date" }),
        )
        .await;
        let (ritas, _) = world
            .customer("Rita's", None, json!({ "owner_id": "rita" }))
            .await;
        let (rolfs, _) = world
            .customer("Rolf's", None, json!({ "owner_id": "rolf" }))
            .await;
        for (name, account) in [("Saw", &ritas), ("Lathe", &rolfs)] {
            let fields = json!({ "name": name, "account_id": account, "custom_built": "2020-05-01", "lng": 13.2, "lat": 53.5 });
            world
                .post("max", "/api/v1/custom-machines", json!({ "fields": fields }))
                .await;
        }
        let names = async |who: &str| {
            let seen = world.get(who, "/api/v1/custom-machines?sort=name").await;
            let names = seen["records"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r["fields"]["name"].as_str().unwrap().to_owned());
            names.collect::<Vec<String>>()
        };
        assert_eq!(names("max").await, ["Lathe", "Saw"]);
        assert_eq!(names("rita").await, ["Saw"]);
        assert_eq!(names("anna").await, ["Lathe", "Saw"]);
        let types = world.get("max", "/api/v1/types").await;
        let types = types["types"].as_array().unwrap();
        let machine = types.iter().find(|t| t["name"] == "custom_machine").unwrap();
        assert_eq!(
            machine["list"],
            json!(["name", "account_id", "owner_id", "custom_built"])
        );
        // Another process, or this one started again, knows the same.
        let again = crate::catalog()
            .unwrap()
            .with(world.store().catalog().additions().clone())
            .unwrap();
        assert!(
            again
                .get("custom_machine")
                .is_some_and(|t| t.field("custom_built").is_some())
        );
        assert!(world.store().verify().await.unwrap().broken.is_none());
    }
}

#[tokio::test]
async fn what_another_process_adds_is_known_here_by_the_feed() {
    let Some(world) = World::on_postgres().await else {
        return;
    };
    let other = records::Store::open(
        &world.url,
        crate::catalog().unwrap(),
        world.clock.clone(),
        crate::rules(),
    )
    .await
    .unwrap();
    let follower = tokio::spawn(super::follow(world.app.clone()));
    let fields = floor_area().as_object().unwrap().clone();
    let author = records::Author::system("test", "Test");
    other
        .write(&author, vec![records::Op::create(super::FIELD, fields)])
        .await
        .unwrap();
    let known = async {
        while world
            .store()
            .record_type("account")
            .unwrap()
            .field("custom_floor_area")
            .is_none()
        {
            tokio::task::yield_now().await;
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::testing::PATIENCE, known)
        .await
        .expect("the field is known");
    follower.abort();
}
