//! A webhook does not reach into the house, and orders are told with their document.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{receiver, run, subscribe, worlds};
use crate::Channels;
use crate::test_world::{MONDAY, World};

#[tokio::test]
async fn a_webhook_does_not_reach_into_the_house_and_is_the_administrators_alone() {
    for world in World::with_channels(|_| Channels::default()).await {
        let (inbox, url) = receiver().await;
        let port = url
            .split(':')
            .nth(2)
            .unwrap()
            .split('/')
            .next()
            .unwrap()
            .to_owned();
        for (address, word) in [
            (url.clone(), "without https"),
            (format!("https://127.0.0.1:{port}/hook"), "inside the house"),
            (format!("https://localhost:{port}/hook"), "inside the house"),
            (format!("https://[::1]:{port}/hook"), "inside the house"),
            (
                format!("https://[::ffff:127.0.0.1]:{port}/hook"),
                "inside the house",
            ),
            (
                "https://169.254.169.254/latest/meta-data".into(),
                "inside the house",
            ),
        ] {
            let (id, _) = subscribe(&world, &address, json!(["none.create"]), "ada").await;
            world
                .raw("ada", "POST", &format!("/api/v1/webhooks/{id}/test"), json!({}))
                .await;
            assert_eq!(run(&world).await, 1);
            let log = world
                .get("ada", &format!("/api/v1/webhooks/{id}/deliveries"))
                .await;
            let note = log["deliveries"][0]["tried"][0]["note"].as_str().unwrap();
            assert!(note.contains(word), "{address}: {note}");
            // Out of the way of the next one.
            assert!(
                world
                    .ask("ada", "DELETE", &format!("/api/v1/webhooks/{id}"), Value::Null)
                    .await
                    .0
                    .is_success()
            );
        }
        assert!(inbox.ids().is_empty());
        for fields in [
            json!({ "name": "W", "url": "ftp://x.example/", "events": ["*"], "user_id": "ada" }),
            json!({ "name": "W", "url": "https://u:p@x.example/", "events": ["*"], "user_id": "ada" }),
            json!({ "name": "W", "url": "https://x.example/", "events": ["everything"], "user_id": "ada" }),
            json!({ "name": "W", "url": "https://x.example/", "events": [], "user_id": "ada" }),
        ] {
            let (status, _) = world
                .ask("ada", "POST", "/api/v1/webhooks", json!({ "fields": fields }))
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{fields}");
        }
        let (id, _) = subscribe(&world, "https://erp.example/hook", json!(["*"]), "ada").await;
        let outbound = world.get("max", "/api/v1/outbound").await;
        assert_eq!(outbound["targets"], json!(["webhook at erp.example"]));
        for who in ["max", "rita", "anna", ""] {
            for (method, path, body) in [
                ("GET", format!("/api/v1/webhooks/{id}"), Value::Null),
                ("GET", format!("/api/v1/webhooks/{id}/deliveries"), Value::Null),
                ("POST", format!("/api/v1/webhooks/{id}/key"), json!({})),
                ("POST", format!("/api/v1/webhooks/{id}/test"), json!({})),
                ("POST", format!("/api/v1/webhooks/{id}/replay"), json!({})),
            ] {
                let (status, _) = world.ask(who, method, &path, body).await;
                assert!(
                    [401, 403, 404].contains(&status.as_u16()),
                    "{who} {method} {path}: {status}"
                );
            }
            let body = json!({ "fields": { "name": "W", "url": "https://x.example/", "events": ["*"], "user_id": "max" } });
            let (status, _) = world.ask(who, "POST", "/api/v1/webhooks", body).await;
            assert!([401, 403].contains(&status.as_u16()), "{who}: {status}");
        }
        // Without a key nothing is told.
        let fields =
            json!({ "name": "Silent", "url": "https://x.example/", "events": ["*"], "user_id": "ada" });
        let silent = world
            .post("ada", "/api/v1/webhooks", json!({ "fields": fields }))
            .await;
        let path = format!(
            "/api/v1/webhooks/{}/test",
            silent["record"]["id"].as_str().unwrap()
        );
        assert_eq!(
            world.ask("ada", "POST", &path, json!({})).await.0,
            StatusCode::CONFLICT
        );
        assert!(world.app.store.now().0 > MONDAY);
    }
}

#[tokio::test]
async fn an_order_that_is_handed_over_is_told_with_its_document() {
    for world in worlds().await {
        let ((erp, erp_url), (other, other_url)) = (receiver().await, receiver().await);
        subscribe(&world, &erp_url, json!(["order.handed_over"]), "ada").await;
        subscribe(&world, &other_url, json!(["order.update"]), "ada").await;
        let (account, _) = world
            .customer("Müller", None, json!({ "owner_id": "rita" }))
            .await;
        let lines = json!([{ "text": "Pump", "quantity": 2, "unit_price": 10_000, "tax_rate": 1_900 }]);
        let order = json!({ "account_id": account, "status": "draft", "currency": "EUR", "lines": lines });
        let made = world
            .post("max", "/api/v1/orders", json!({ "fields": order }))
            .await;
        let id = made["record"]["id"].as_str().unwrap().to_owned();
        world
            .ask(
                "max",
                "PATCH",
                &format!("/api/v1/orders/{id}"),
                json!({ "fields": { "status": "confirmed" } }),
            )
            .await;
        for _ in 0..2 {
            world
                .post("max", &format!("/api/v1/orders/{id}/hand-over"), json!({}))
                .await;
        }
        run(&world).await;
        let told = erp.events();
        assert_eq!(told.len(), 1, "once only: {told:?}");
        let data = &told[0]["data"];
        assert_eq!(
            (&told[0]["type"], &data["cause"], &data["author"]),
            (
                &json!("bailiwick.order.handed_over"),
                &json!("hand-over"),
                &json!("max")
            )
        );
        assert_eq!(data["message_id"], json!(format!("order-{id}")));
        let ubl = data["ubl"].as_str().unwrap();
        assert!(
            ubl.starts_with("<?xml")
                && ubl.contains(data["fields"]["number"].as_str().unwrap())
                && ubl.contains("238.00"),
            "{ubl}"
        );
        // For whoever wants changes of orders it is one of them.
        let kinds: Vec<Value> = other.events().iter().map(|e| e["type"].clone()).collect();
        assert_eq!(kinds, ["bailiwick.order.update", "bailiwick.order.update"]);
    }
}

#[tokio::test]
async fn what_is_erased_stands_in_no_message_either() {
    for world in worlds().await {
        let (inbox, url) = receiver().await;
        let (id, _) = subscribe(&world, &url, json!(["contact.*"]), "ada").await;
        let (account, _) = world
            .customer("Müller", None, json!({ "owner_id": "rita" }))
            .await;
        let eva = json!({ "name": "Eva Xylander", "account_id": account });
        let eva = world
            .post("max", "/api/v1/contacts", json!({ "fields": eva }))
            .await;
        run(&world).await;
        let author = records::Author::system("erase", "Eva asked for it");
        let eva = eva["record"]["id"].as_str().unwrap();
        world.store().erase(&author, "contact", eva).await.unwrap();
        run(&world).await;
        let kept = super::super::store::deliveries(world.app.store.db(), &id, None)
            .await
            .unwrap();
        assert_eq!(kept.len(), 1, "only that it was erased");
        let events = inbox.events();
        assert_eq!(events.len(), 2);
        assert_eq!(events[1]["type"], "bailiwick.contact.erase");
        assert!(!events[1].to_string().contains("Xylander"), "{}", events[1]);
        assert_eq!(
            world
                .post("ada", &format!("/api/v1/webhooks/{id}/replay"), json!({}))
                .await["count"],
            1
        );
        run(&world).await;
        assert!(!inbox.events()[2].to_string().contains("Xylander"));
    }
}
