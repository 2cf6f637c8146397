//! Leads come in, are somebody's, are known already, and become customers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::test_world::{World, worlds};

async fn stages(world: &World) {
    for (name, position, closed, won) in [
        ("Open", 1, false, false),
        ("Won", 2, true, true),
        ("Lost", 3, true, false),
    ] {
        let body =
            json!({ "fields": { "name": name, "position": position, "is_closed": closed, "is_won": won } });
        let (status, answer) = world.ask("ada", "POST", "/api/v1/stages", body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
}

async fn capture(world: &World, who: &str, fields: Value) -> Value {
    let (status, answer) = world
        .ask(who, "POST", "/api/v1/leads/capture", json!({ "fields": fields }))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    world.settle().await;
    answer
}

#[tokio::test]
async fn a_lead_is_checked_scored_and_given_to_whoever_has_least_to_do() {
    for world in worlds().await {
        let first = capture(&world, "max", json!({
            "given_name": "Eva", "family_name": "Lind", "company": "Lind Bau GmbH", "email": "eva@lind.example",
            "phone": "+49 395 555123", "source": "fair",
        }))
        .await;
        let lead = &first["record"]["fields"];
        assert_eq!(
            (&lead["name"], &lead["status"]),
            (&json!("Eva Lind"), &json!("new"))
        );
        let points: i64 = first["card"]["score_reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["points"].as_i64().unwrap())
            .sum();
        assert_eq!(
            lead["score"],
            json!(points),
            "the score is the sum of its reasons"
        );
        let second = capture(&world, "max", json!({ "name": "Ida", "phone": "call" })).await;
        assert_eq!(second["record"]["fields"]["status"], "to_verify");
        let doubtful = &second["card"]["checks"][0];
        assert_eq!(
            (&doubtful["code"], &doubtful["ok"]),
            (&json!("phone"), &json!(false))
        );
        // Two reps, two leads: one each, and the reason says how many were open.
        let owners =
            [&first, &second].map(|l| l["record"]["fields"]["owner_id"].as_str().unwrap().to_owned());
        assert_eq!(owners, ["rita", "rolf"]);
        assert!(
            second["card"]["assignment"]["text"]
                .as_str()
                .unwrap()
                .contains("fewest open leads (0)")
        );
        // Somebody was named.
        let third = capture(
            &world,
            "max",
            json!({ "name": "Ole", "email": "ole@x.example", "owner_id": "max" }),
        )
        .await;
        assert_eq!(third["record"]["fields"]["owner_id"], "max");
        // Only the program says what a lead scores.
        let (status, _) = world
            .ask(
                "max",
                "POST",
                "/api/v1/leads",
                json!({ "fields": { "name": "X", "status": "new", "score": 99 } }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        // An analyst enters none.
        let (status, _) = world
            .ask(
                "anna",
                "POST",
                "/api/v1/leads/capture",
                json!({ "fields": { "name": "X" } }),
            )
            .await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_place_in_a_territory_is_its_owners_and_the_reason_names_it() {
    for world in worlds().await {
        let area = json!({ "type": "Polygon", "coordinates": [[[13.0, 53.0], [13.5, 53.0], [13.5, 53.5], [13.0, 53.5], [13.0, 53.0]]] });
        let body = json!({ "name": "South", "geometry": area, "owner_id": "rolf" });
        let (status, answer) = world.ask("max", "POST", "/api/v1/territories/draw", body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        world.settle().await;
        let inside = capture(
            &world,
            "max",
            json!({ "name": "In", "email": "a@in.example", "lng": 13.2, "lat": 53.2 }),
        )
        .await;
        assert_eq!(inside["record"]["fields"]["owner_id"], "rolf");
        let why = inside["card"]["assignment"]["text"].as_str().unwrap();
        assert!(why.contains("South") && why.contains("version 1"), "{why}");
        // The other rep neither lists nor counts it, nor sees its card.
        let id = inside["record"]["id"].as_str().unwrap();
        let (status, _) = world
            .ask("rita", "GET", &format!("/api/v1/leads/{id}/card"), Value::Null)
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (_, count) = world.ask("rita", "GET", "/api/v1/leads/count", Value::Null).await;
        assert_eq!(count["count"], 0);
    }
}

#[tokio::test]
async fn who_is_on_record_is_found_and_told_without_a_name_to_whom_may_not_see_it() {
    for world in worlds().await {
        let place = Some((13.26, 53.55));
        let (known, _) = world
            .customer("Bäckerei Müller GmbH", place, json!({ "owner_id": "rita", "phone": "0395 555 777", "website": "https://www.mueller.example" }))
            .await;
        world
            .customer("Fleischerei Schulz", place, json!({ "owner_id": "rita" }))
            .await;
        for (given, reason) in [
            (
                json!({ "name": "A", "phone": "+49 (395) 555777" }),
                "same telephone number",
            ),
            (
                json!({ "name": "A", "email": "eva@mueller.example" }),
                "e-mail of this firm's domain",
            ),
            (
                json!({ "name": "A", "company": "Backerei Muller", "phone": "1234567", "lng": 13.2601, "lat": 53.5501 }),
                "like name in the same place",
            ),
            (
                json!({ "name": "A", "company": "BÄCKEREI MÜLLER", "email": "x@y.example" }),
                "same name",
            ),
        ] {
            let lead = capture(&world, "max", given.clone()).await;
            let found = lead["card"]["duplicates"].as_array().unwrap();
            let account = found
                .iter()
                .find(|d| d["type"] == "account")
                .unwrap_or_else(|| panic!("{given}: {lead}"));
            assert_eq!(account["id"], json!(known), "{given}");
            assert!(
                account["reasons"].as_array().unwrap().contains(&json!(reason)),
                "{given}: {account}"
            );
            // Whoever knows the customer goes on with it.
            assert_eq!(lead["record"]["fields"]["owner_id"], "rita", "{given}");
        }
        let blind = capture(
            &world,
            "rolf",
            json!({ "name": "B", "email": "eva@mueller.example", "owner_id": "rolf" }),
        )
        .await;
        let told = &blind["card"]["duplicates"]
            .as_array()
            .unwrap()
            .iter()
            .find(|d| d["type"] == "account")
            .unwrap()
            .clone();
        assert_eq!(
            (&told["hidden"], &told["id"], &told["title"]),
            (&json!(true), &Value::Null, &json!("exists, ask Rita"))
        );
        assert!(!blind.to_string().contains("Bäckerei"), "{blind}");
    }
}

#[tokio::test]
async fn a_lead_becomes_a_customer_and_one_undo_takes_it_back() {
    for world in worlds().await {
        stages(&world).await;
        let lead = capture(&world, "rita", json!({
            "given_name": "Eva", "family_name": "Lind", "company": "Lind Bau", "email": "eva@lind.example", "owner_id": "rita",
            "street": "Turmstraße", "house_number": "1", "postal_code": "17033", "city": "Neubrandenburg", "message": "Please call",
        }))
        .await;
        let id = lead["record"]["id"].as_str().unwrap().to_owned();
        let before = lead["record"]["fields"].clone();
        // It is not done by setting a word.
        let (status, _) = world
            .ask(
                "rita",
                "PATCH",
                &format!("/api/v1/leads/{id}"),
                json!({ "fields": { "status": "converted" } }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let body = json!({ "account_id": null, "contact_id": null, "opportunity": { "name": "New roof", "amount": 1_200_000 } });
        let (status, converted) = world
            .ask(
                "rita",
                "POST",
                &format!("/api/v1/leads/{id}/convert"),
                body.clone(),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{converted}");
        world.settle().await;
        let read = async |plural: &str, id: &Value| {
            world
                .ask(
                    "rita",
                    "GET",
                    &format!("/api/v1/{plural}/{}", id.as_str().unwrap()),
                    Value::Null,
                )
                .await
                .1["fields"]
                .clone()
        };
        let account = read("accounts", &converted["account_id"]).await;
        assert_eq!(
            (&account["name"], &account["owner_id"], &account["domain"]),
            (&json!("Lind Bau"), &json!("rita"), &json!("lind.example"))
        );
        assert_eq!(
            read("contacts", &converted["contact_id"]).await["account_id"],
            converted["account_id"]
        );
        let deal = read("opportunities", &converted["opportunity_id"]).await;
        assert_eq!(
            (&deal["amount"], &deal["lead_id"], &deal["is_closed"]),
            (&json!(1_200_000), &json!(id), &json!(false))
        );
        assert!(deal["stage_since"].is_i64());
        assert_eq!(
            read("locations", &converted["location_id"]).await["city"],
            "Neubrandenburg"
        );
        assert_eq!(
            read("leads", &json!(id)).await["account_id"],
            converted["account_id"]
        );
        // A second time is refused, and makes nothing.
        let (status, _) = world
            .ask("rita", "POST", &format!("/api/v1/leads/{id}/convert"), body)
            .await;
        assert_eq!(status, StatusCode::CONFLICT);
        let (_, count) = world
            .ask("max", "GET", "/api/v1/accounts/count", Value::Null)
            .await;
        assert_eq!(count["count"], 1);
        let undo = format!(
            "/api/v1/change-sets/{}/undo",
            converted["change_set"].as_str().unwrap()
        );
        let (status, undone) = world.ask("rita", "POST", &undo, Value::Null).await;
        assert_eq!(
            (status, &undone["blocked"]),
            (StatusCode::OK, &json!([])),
            "{undone}"
        );
        assert_eq!(read("leads", &json!(id)).await, before);
        for plural in ["accounts", "contacts", "opportunities", "activities", "locations"] {
            let (_, count) = world
                .ask("max", "GET", &format!("/api/v1/{plural}/count"), Value::Null)
                .await;
            assert_eq!(count["count"], 0, "{plural}");
        }
        // Into a customer who is on record, without a sale; not into one the rep may not see.
        let (theirs, _) = world
            .customer("Others", None, json!({ "owner_id": "rolf" }))
            .await;
        let path = format!("/api/v1/leads/{id}/convert");
        let (status, _) = world
            .ask("rita", "POST", &path, json!({ "account_id": theirs }))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let (own, _) = world.customer("Lind", None, json!({ "owner_id": "rita" })).await;
        let (status, converted) = world
            .ask("rita", "POST", &path, json!({ "account_id": own }))
            .await;
        assert_eq!(
            (status, &converted["opportunity_id"]),
            (StatusCode::OK, &Value::Null),
            "{converted}"
        );
    }
}
