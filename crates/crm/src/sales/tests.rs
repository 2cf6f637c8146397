//! From a price to a quote, to its revision, to an order, to paper.

use axum::http::StatusCode;
use records::{Op, fields};
use serde_json::{Value, json};

use crate::test_world::{World, made, worlds};

async fn shop(world: &World) -> String {
    world
        .write(vec![
            made("stage", "open", json!({ "name": "Open", "position": 1, "probability": 20 })),
            made("stage", "won", json!({ "name": "Won", "position": 2, "probability": 100, "is_closed": true, "is_won": true })),
            made("product", "p1", json!({ "name": "Pump", "code": "P-1", "unit": "piece", "tax_rate": 1900, "life_cycle": "active" })),
            made("product", "p2", json!({ "name": "Hose", "code": "H-1", "unit": "m", "tax_rate": 700, "life_cycle": "active" })),
            made("price_book", "all", json!({ "name": "List", "currency": "EUR" })),
            made("price_book", "best", json!({ "name": "Best", "currency": "EUR", "class": "A" })),
            made("price_book", "old", json!({ "name": "Old", "currency": "EUR", "priority": 9, "to_day": "2026-01-31" })),
            made("price", "e1", json!({ "price_book_id": "all", "product_id": "p1", "amount": 10_000 })),
            made("price", "e2", json!({ "price_book_id": "all", "product_id": "p2", "amount": 333 })),
            made("price", "e3", json!({ "price_book_id": "best", "product_id": "p1", "amount": 9_000 })),
            made("price", "e4", json!({ "price_book_id": "best", "product_id": "p1", "amount": 8_000, "min_quantity": 10 })),
            made("price", "e5", json!({ "price_book_id": "old", "product_id": "p1", "amount": 1 })),
        ])
        .await;
    let (account, _) = world
        .customer(
            "Łódź & Söhne",
            Some((13.2, 53.5)),
            json!({ "class": "A", "owner_id": "rita" }),
        )
        .await;
    let deal = fields([
        ("name", "Pumps".into()),
        ("account_id", account.as_str().into()),
        ("stage_id", "open".into()),
        ("amount", 90_000.into()),
        ("owner_id", "rita".into()),
    ]);
    world
        .write(vec![Op::Create {
            type_name: "opportunity".into(),
            id: Some("deal".into()),
            fields: deal,
        }])
        .await;
    account
}

#[tokio::test]
async fn the_most_particular_price_book_that_holds_decides() {
    for world in worlds().await {
        let account = shop(&world).await;
        let ask = json!({ "account_id": account, "products": [
            { "product_id": "p1" }, { "product_id": "p1", "quantity": 10 }, { "product_id": "p2" },
        ] });
        let (status, answer) = world.ask("rita", "POST", "/api/v1/prices/ask", ask).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let told: Vec<(i64, &str)> = answer["prices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (p["unit_price"].as_i64().unwrap(), p["why"].as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                (9_000, "Price book Best: class A"),
                (8_000, "Price book Best: class A, from 10"),
                (333, "Price book List, for everybody"),
            ]
        );
        let january =
            json!({ "account_id": account, "day": "2026-01-31", "products": [{ "product_id": "p1" }] });
        let (_, answer) = world.ask("rita", "POST", "/api/v1/prices/ask", january).await;
        assert_eq!(answer["prices"][0]["unit_price"], 1);
        // Whoever may not see the customer learns no prices of theirs.
        let (status, _) = world
            .ask(
                "rolf",
                "POST",
                "/api/v1/prices/ask",
                json!({ "account_id": account, "products": [] }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_quote_is_sent_revised_accepted_and_becomes_an_order_once() {
    for world in worlds().await {
        let account = shop(&world).await;
        let lines = json!([
            { "product_id": "p1", "text": "Pump", "quantity": 3, "unit": "piece", "unit_price": 9_000, "discount": 500, "tax_rate": 1900 },
            { "product_id": "p2", "text": "Hose", "quantity": 2.5, "unit": "m", "unit_price": 333, "tax_rate": 700 },
        ]);
        let values = json!({ "account_id": account, "opportunity_id": "deal", "owner_id": "rita", "status": "draft", "currency": "EUR", "lines": lines });
        let (status, quote) = world
            .ask("rita", "POST", "/api/v1/quotes", json!({ "fields": values }))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{quote}");
        let (id, sums) = (
            quote["record"]["id"].as_str().unwrap().to_owned(),
            quote["record"]["fields"].clone(),
        );
        // 3 × 90.00 − 5 % = 256.50; 2.5 × 3.33 = 8.325 → 8.33; 19 % = 48.735 → 48.74; 7 % = 0.58.
        assert_eq!(
            (&sums["net"], &sums["tax"], &sums["total"]),
            (&json!(26_483), &json!(4_932), &json!(31_415))
        );
        assert_eq!(
            (&sums["number"], &sums["revision"]),
            (&json!("Q-2026-00001"), &json!(1))
        );
        let path = |rest: &str| format!("/api/v1/quotes/{id}{rest}");
        // A draft can be neither revised nor accepted; what was sent is not changed.
        for step in ["/revise", "/accept"] {
            assert_eq!(
                world.ask("rita", "POST", &path(step), json!({})).await.0,
                StatusCode::CONFLICT,
                "{step}"
            );
        }
        let (status, _) = world
            .ask(
                "rita",
                "PATCH",
                &path(""),
                json!({ "fields": { "status": "sent" } }),
            )
            .await;
        assert_eq!(status, StatusCode::OK);
        let (status, answer) = world
            .ask("rita", "PATCH", &path(""), json!({ "fields": { "lines": [] } }))
            .await;
        assert_eq!(
            (status, &answer["faults"][0]["code"]),
            (StatusCode::BAD_REQUEST, &json!("fixed")),
            "{answer}"
        );
        let (status, next) = world.ask("rita", "POST", &path("/revise"), json!({})).await;
        assert_eq!(status, StatusCode::OK, "{next}");
        let fields = &next["record"]["fields"];
        assert_eq!(
            (
                &fields["number"],
                &fields["revision"],
                &fields["status"],
                &fields["total"]
            ),
            (&json!("Q-2026-00001"), &json!(2), &json!("draft"), &json!(31_415))
        );
        let second = next["record"]["id"].as_str().unwrap().to_owned();
        let path = |rest: &str| format!("/api/v1/quotes/{second}{rest}");
        let (status, _) = world
            .ask(
                "rita",
                "PATCH",
                &path(""),
                json!({ "fields": { "discount": 1000 } }),
            )
            .await;
        assert_eq!(status, StatusCode::OK);
        world
            .ask(
                "rita",
                "PATCH",
                &path(""),
                json!({ "fields": { "status": "sent" } }),
            )
            .await;
        assert_eq!(
            world.ask("rolf", "POST", &path("/accept"), json!({})).await.0,
            StatusCode::NOT_FOUND
        );
        let (status, accepted) = world.ask("rita", "POST", &path("/accept"), json!({})).await;
        assert_eq!(status, StatusCode::OK, "{accepted}");
        let order = accepted["order"]["fields"].clone();
        // 230.85 and 7.4925 → 7.49.
        assert_eq!(
            (&order["net"], &order["number"], &order["status"]),
            (&json!(23_085 + 749), &json!("O-2026-00001"), &json!("confirmed"))
        );
        assert_eq!(accepted["quote"]["fields"]["status"], "accepted");
        let (_, deal) = world
            .ask("rita", "GET", "/api/v1/opportunities/deal", Value::Null)
            .await;
        assert_eq!(
            (&deal["fields"]["is_won"], &deal["fields"]["stage_id"]),
            (&json!(true), &json!("won"))
        );
        assert_eq!(
            world.ask("rita", "POST", &path("/accept"), json!({})).await.0,
            StatusCode::CONFLICT,
            "once"
        );
        // One undo takes order, quote and sale back.
        let undo = format!(
            "/api/v1/change-sets/{}/undo",
            accepted["change_set"].as_str().unwrap()
        );
        let (status, undone) = world.ask("rita", "POST", &undo, Value::Null).await;
        assert_eq!(
            (status, &undone["blocked"]),
            (StatusCode::OK, &json!([])),
            "{undone}"
        );
        let (_, count) = world
            .ask("rita", "GET", "/api/v1/orders/count", Value::Null)
            .await;
        assert_eq!(count["count"], 0);
    }
}

#[tokio::test]
async fn documents_say_what_is_on_record() {
    let world = World::new().await;
    let account = shop(&world).await;
    let lines: Vec<Value> = (1..=80)
        .map(|n| json!({ "text": format!("Line {n} with Ünicode łąka Ελλάδα <&>"), "quantity": n, "unit_price": 100 * n, "tax_rate": 1900 }))
        .collect();
    let values = json!({ "account_id": account, "status": "confirmed", "currency": "EUR", "lines": lines, "ordered_on": "2026-03-02", "owner_id": "rita" });
    let (status, order) = world
        .ask("rita", "POST", "/api/v1/orders", json!({ "fields": values }))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{order}");
    let id = order["record"]["id"].as_str().unwrap();
    let (status, headers, bytes) = world
        .raw(
            "rita",
            "GET",
            &format!("/api/v1/orders/{id}/document?language=de"),
            Value::Null,
        )
        .await;
    assert_eq!(
        (status, headers["content-type"].to_str().unwrap()),
        (StatusCode::OK, "application/pdf")
    );
    assert!(
        bytes.starts_with(b"%PDF-") && bytes.len() > 10_000,
        "{} bytes",
        bytes.len()
    );
    let (status, headers, xml) = world
        .raw("rita", "GET", &format!("/api/v1/orders/{id}/ubl"), Value::Null)
        .await;
    assert_eq!(
        (status, headers["content-disposition"].to_str().unwrap()),
        (StatusCode::OK, "attachment; filename=\"O-2026-00001.xml\"")
    );
    let xml = String::from_utf8(xml).unwrap();
    let net = order["record"]["fields"]["net"].as_i64().unwrap();
    assert!(xml.contains(&format!(
        "<cbc:TaxExclusiveAmount currencyID=\"EUR\">{}.{:02}</cbc:TaxExclusiveAmount>",
        net / 100,
        net % 100
    )));
    assert!(
        xml.contains("Łódź &amp; Söhne") && xml.contains("&lt;&amp;&gt;"),
        "{xml}"
    );
    assert_eq!(xml.matches("<cac:OrderLine>").count(), 80);
    for who in ["rolf", "anna"] {
        let (status, _, _) = world
            .raw(who, "GET", &format!("/api/v1/orders/{id}/ubl"), Value::Null)
            .await;
        let seen = who == "anna";
        assert_eq!(status == StatusCode::OK, seen, "{who}");
    }
}
