//! An order goes out once, as message and as file, and what the ERP says comes back once.

use axum::http::StatusCode;
use records::Op;
use serde_json::{Value, json};

use super::folder::lay_down;
use crate::Channels;
use crate::test_world::World;

async fn worlds() -> Vec<World> {
    let open = |folder: &std::path::Path| Channels {
        erp_folder: Some(folder.to_owned()),
        ..Channels::default()
    };
    World::with_channels(open).await
}

fn files(world: &World) -> Vec<String> {
    let entries = std::fs::read_dir(world.folder()).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names
        .filter(|n| n.ends_with(".xml") || n.ends_with(".part"))
        .collect();
    names.sort();
    names
}

/// A confirmed order of Rita's: its id, its number, and whose it is.
async fn ordered(world: &World) -> (String, String, String) {
    let (account, _) = world
        .customer("Müller & Söhne", None, json!({ "owner_id": "rita" }))
        .await;
    let lines = json!([{ "text": "Pump <big>", "quantity": 2, "unit_price": 10_000, "tax_rate": 1_900 }]);
    let order = json!({ "account_id": account, "owner_id": "rita", "status": "draft", "currency": "EUR", "lines": lines });
    let made = world
        .post("rita", "/api/v1/orders", json!({ "fields": order }))
        .await;
    let id = made["record"]["id"].as_str().unwrap().to_owned();
    let number = made["record"]["fields"]["number"].as_str().unwrap().to_owned();
    world
        .ask(
            "rita",
            "PATCH",
            &format!("/api/v1/orders/{id}"),
            json!({ "fields": { "status": "confirmed" } }),
        )
        .await;
    (id, number, account)
}

#[tokio::test]
async fn an_order_is_handed_over_once_and_its_status_comes_back() {
    for world in worlds().await {
        // What was handed over before the folder was named is not sent after.
        let (old, _, _) = ordered(&world).await;
        let path = |id: &str, what: &str| format!("/api/v1/orders/{id}/{what}");
        world.post("rita", &path(&old, "hand-over"), json!({})).await;
        world.set_time(world.app.store.now().0 + 1_000);
        assert_eq!(lay_down(&world.app, world.folder()).await.unwrap(), 0);

        let (id, number, account) = ordered(&world).await;
        let first = world.post("rita", &path(&id, "hand-over"), json!({})).await;
        let second = world.post("rita", &path(&id, "hand-over"), json!({})).await;
        assert_eq!(first["record"]["fields"]["status"], "handed_over");
        assert!(first["change_set"].is_string() && second["change_set"].is_null());
        assert_eq!(first["message_id"], second["message_id"]);
        assert_eq!(lay_down(&world.app, world.folder()).await.unwrap(), 1);
        assert_eq!(files(&world), [format!("{number}.xml")]);
        let xml = std::fs::read_to_string(world.folder().join(format!("{number}.xml"))).unwrap();
        assert!(
            xml.contains("Müller &amp; Söhne") && xml.contains("238.00") && xml.contains(&number),
            "{xml}"
        );
        // The ERP takes it away; nothing lays it down again, not even an undo and a second hand-over.
        std::fs::remove_file(world.folder().join(format!("{number}.xml"))).unwrap();
        world.undo("rita", &first["change_set"]).await;
        world.set_time(world.app.store.now().0 + 1_000);
        let third = world.post("rita", &path(&id, "hand-over"), json!({})).await;
        assert!(third["change_set"].is_string());
        assert_eq!(lay_down(&world.app, world.folder()).await.unwrap(), 0);
        assert_eq!(files(&world), Vec::<String>::new());

        let shipped = json!({ "status": "shipped", "erp_reference": "SAP-77", "message_id": "m-1" });
        let taken = world.post("rita", &path(&id, "status"), shipped.clone()).await;
        assert_eq!(
            (&taken["record"]["fields"]["erp_reference"], &taken["seen_before"]),
            (&json!("SAP-77"), &json!(false))
        );
        let again = world.post("rita", &path(&id, "status"), shipped).await;
        assert_eq!(
            (&again["seen_before"], &again["change_set"]),
            (&json!(true), &Value::Null)
        );
        assert_eq!(again["record"]["version"], taken["record"]["version"]);
        let ask = async |who: &str, body: Value| world.ask(who, "POST", &path(&id, "status"), body).await;
        let (status, answer) = ask("rita", json!({ "status": "invoiced", "message_id": "m-1" })).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::CONFLICT, &json!("another-message"))
        );
        // What cannot follow is refused, and the same message may come again when it can.
        let back = json!({ "status": "cancelled", "message_id": "m-2" });
        assert_eq!(ask("rita", back.clone()).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(ask("rita", back).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(
            ask("rita", json!({ "status": "draft", "message_id": "m-3" }))
                .await
                .0,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            ask("rita", json!({ "status": "invoiced", "message_id": "" }))
                .await
                .0,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            ask("rolf", json!({ "status": "invoiced", "message_id": "m-4" }))
                .await
                .0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            ask("anna", json!({ "status": "invoiced", "message_id": "m-4" }))
                .await
                .0,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            world
                .ask("anna", "POST", &path(&id, "hand-over"), json!({}))
                .await
                .0,
            StatusCode::FORBIDDEN
        );
        assert!(
            ask("rita", json!({ "status": "invoiced", "message_id": "m-5" }))
                .await
                .0
                .is_success()
        );
        let timeline = world
            .get("rita", &format!("/api/v1/accounts/{account}/timeline"))
            .await;
        let steps: Vec<&str> = timeline["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|i| i["kind"] == "order")
            .map(|i| i["text"].as_str().unwrap())
            .collect();
        assert_eq!(steps[..2], ["invoiced SAP-77", "shipped SAP-77"], "{timeline}");
        assert!(steps.contains(&"confirmed"), "{timeline}");
        // A draft is not handed over.
        let draft = json!({ "account_id": account, "status": "draft", "currency": "EUR" });
        let draft = world
            .post("rita", "/api/v1/orders", json!({ "fields": draft }))
            .await;
        let (status, _) = world
            .ask(
                "rita",
                "POST",
                &path(draft["record"]["id"].as_str().unwrap(), "hand-over"),
                json!({}),
            )
            .await;
        assert_eq!(status, StatusCode::CONFLICT);
    }
}

#[tokio::test]
async fn a_program_that_stops_in_between_lays_an_order_down_once() {
    for world in worlds().await {
        lay_down(&world.app, world.folder()).await.unwrap();
        let (id, number, _) = ordered(&world).await;
        world
            .post("rita", &format!("/api/v1/orders/{id}/hand-over"), json!({}))
            .await;
        let name = format!("{number}.xml");
        // It stopped after it was decided and before the file had its name.
        std::fs::write(world.folder().join(".a.part"), "<Order/>").unwrap();
        super::store::decide(world.app.store.db(), &id, &name, ".a.part", world.app.store.now())
            .await
            .unwrap();
        assert_eq!(lay_down(&world.app, world.folder()).await.unwrap(), 0);
        assert_eq!(files(&world), [name.clone()]);
        assert_eq!(
            std::fs::read_to_string(world.folder().join(&name)).unwrap(),
            "<Order/>"
        );
        // A second process that wanted to do the same is told that it is done.
        let first = super::store::decide(world.app.store.db(), &id, &name, ".b.part", world.app.store.now())
            .await
            .unwrap();
        assert!(!first);
        std::fs::remove_file(world.folder().join(&name)).unwrap();
        let patch = serde_json::from_value(json!({ "erp_reference": "X" })).unwrap();
        world.write(vec![Op::update("order", id.as_str(), patch)]).await;
        assert_eq!(lay_down(&world.app, world.folder()).await.unwrap(), 0);
        assert_eq!(files(&world), Vec::<String>::new());
    }
}
