//! Planted doubles are found, merged with everything that hangs on them, and taken apart again.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::test_world::{World, made, worlds};

/// Everything on record, without versions and times.
async fn state(world: &World) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for type_name in [
        "account",
        "location",
        "contact",
        "opportunity",
        "activity",
        "stage",
    ] {
        let query = records::Query::of(type_name).limit(1_000);
        let records = world
            .store()
            .list(&records::Viewer::system(), &query)
            .await
            .unwrap()
            .records;
        all.extend(
            records
                .into_iter()
                .map(|r| (type_name.to_owned(), r.id, Value::Object(r.fields))),
        );
    }
    all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    all
}

#[tokio::test]
async fn a_merge_moves_everything_and_its_undo_brings_it_back() {
    for world in worlds().await {
        let (kept, _) = world
            .customer(
                "Müller Bau",
                Some((13.2, 53.5)),
                json!({ "owner_id": "rita", "phone": "0395 111222" }),
            )
            .await;
        let (other, place) = world
            .customer("Mueller Bau GmbH", Some((13.3, 53.6)), json!({ "owner_id": "rita", "phone": "0395 999", "email": "info@mueller.example", "employees": 7 }))
            .await;
        world
            .write(vec![
                made("stage", "open", json!({ "name": "Open", "position": 1 })),
                made("contact", "eva", json!({ "name": "Eva", "account_id": other })),
                made(
                    "opportunity",
                    "deal",
                    json!({ "name": "Roof", "account_id": other, "location_id": place, "stage_id": "open" }),
                ),
                made(
                    "activity",
                    "note",
                    json!({ "kind": "note", "subject": "Note", "account_id": other, "contact_id": "eva" }),
                ),
                made(
                    "account",
                    "child",
                    json!({ "name": "Child", "type": "customer", "parent_id": other }),
                ),
                made(
                    "quote",
                    "offer",
                    json!({ "account_id": other, "currency": "EUR", "owner_id": "rita", "status": "draft", "lines": [
                        { "text": "Roof", "quantity": 1, "unit_price": 50_000, "tax_rate": 1_900 }
                    ] }),
                ),
            ])
            .await;
        // What is accepted is nobody else's, but for a merge.
        let set = json!({ "fields": { "status": "sent" } });
        let (answer, body) = world.ask("max", "PATCH", "/api/v1/quotes/offer", set).await;
        assert_eq!(answer, StatusCode::OK, "{body}");
        let (answer, body) = world
            .ask("max", "POST", "/api/v1/quotes/offer/accept", json!({}))
            .await;
        assert_eq!(answer, StatusCode::OK, "{body}");
        let order = body["order"]["id"].as_str().unwrap().to_owned();
        let given_away = json!({ "fields": { "account_id": kept } });
        let (answer, _) = world
            .ask("max", "PATCH", "/api/v1/quotes/offer", given_away)
            .await;
        assert_eq!(answer, StatusCode::BAD_REQUEST);
        let before = state(&world).await;
        let path = format!("/api/v1/accounts/{kept}/merge");
        let (_, differ) = world
            .ask("max", "GET", &format!("{path}/{other}"), Value::Null)
            .await;
        let fields: Vec<&str> = differ["differences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields, ["name", "phone", "email", "employees"]);
        // A stranger sees neither; an analyst may look and not merge.
        for (who, expected) in [("rolf", StatusCode::NOT_FOUND), ("anna", StatusCode::FORBIDDEN)] {
            let (status, _) = world.ask(who, "POST", &path, json!({ "other_id": other })).await;
            assert_eq!(status, expected, "{who}");
        }
        let (status, _) = world.ask("max", "POST", &path, json!({ "other_id": kept })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let (status, merged) = world
            .ask(
                "max",
                "POST",
                &path,
                json!({ "other_id": other, "take": ["name"] }),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{merged}");
        world.settle().await;
        let now = &merged["record"]["fields"];
        assert_eq!(
            (&now["name"], &now["phone"], &now["email"], &now["employees"]),
            (
                &json!("Mueller Bau GmbH"),
                &json!("0395 111222"),
                &json!("info@mueller.example"),
                &json!(7)
            )
        );
        let read = async |plural: &str, id: &str| {
            world
                .ask("max", "GET", &format!("/api/v1/{plural}/{id}"), Value::Null)
                .await
        };
        assert_eq!(read("accounts", &other).await.0, StatusCode::NOT_FOUND);
        for (plural, id, field) in [
            ("contacts", "eva", "account_id"),
            ("opportunities", "deal", "account_id"),
            ("activities", "note", "account_id"),
            ("accounts", "child", "parent_id"),
            ("quotes", "offer", "account_id"),
            ("orders", order.as_str(), "account_id"),
            ("locations", place.as_str(), "account_id"),
        ] {
            assert_eq!(read(plural, id).await.1["fields"][field], json!(kept), "{plural}");
        }
        let undo = format!(
            "/api/v1/change-sets/{}/undo",
            merged["change_set"].as_str().unwrap()
        );
        let (status, undone) = world.ask("max", "POST", &undo, Value::Null).await;
        assert_eq!(
            (status, &undone["blocked"]),
            (StatusCode::OK, &json!([])),
            "{undone}"
        );
        assert_eq!(
            state(&world).await,
            before,
            "both are back with all that hung on them"
        );
    }
}

#[tokio::test]
async fn planted_doubles_are_found_and_few_others() {
    for world in worlds().await {
        let names = [
            "Bäckerei",
            "Apotheke",
            "Fahrrad",
            "Blumen",
            "Schuhe",
            "Optik",
            "Buchladen",
            "Metzgerei",
        ];
        let streets = [
            "Nord", "Markt", "Anker", "Linden", "Schloss", "Hafen", "Wall", "Krone", "Adler", "Rathaus",
            "Park", "Sonne",
        ];
        let mut ops = Vec::new();
        let mut planted = Vec::new();
        for (n, (name, street)) in names
            .iter()
            .flat_map(|n| streets.iter().map(move |s| (n, s)))
            .enumerate()
        {
            let place = (13.0 + 0.002 * (n % 16) as f64, 53.0 + 0.003 * (n / 16) as f64);
            let mut one = |id: String, name: String, more: Value, place: (f64, f64)| {
                let mut fields = json!({ "name": name, "type": "customer" });
                fields
                    .as_object_mut()
                    .unwrap()
                    .extend(more.as_object().unwrap().clone());
                ops.push(made("account", &id, fields));
                ops.push(made(
                    "location",
                    &format!("l-{id}"),
                    json!({ "account_id": id, "lng": place.0, "lat": place.1, "geocode_status": "imported" }),
                ));
            };
            let phone = format!("+49 395 {}", 100_000 + 37 * n);
            one(
                format!("a{n}"),
                format!("{name} {street}"),
                json!({ "phone": phone, "website": format!("www.{n}.example") }),
                place,
            );
            if n % 5 == 0 {
                let (twin, more) = match n % 4 {
                    0 => (format!("{name} {street} GmbH"), json!({})),
                    1 => (
                        "Filiale".to_owned(),
                        json!({ "phone": format!("0395/{}", 100_000 + 37 * n) }),
                    ),
                    2 => (
                        "Zweigstelle".to_owned(),
                        json!({ "email": format!("info@{n}.example") }),
                    ),
                    _ => (format!("{} {street}", name.to_uppercase()), json!({})),
                };
                let apart = if n % 4 == 1 || n % 4 == 2 { 0.5 } else { 0.000_4 };
                one(format!("b{n}"), twin, more, (place.0 + apart, place.1));
                planted.push((format!("a{n}"), format!("b{n}")));
            }
        }
        world.write(ops).await;
        let (status, sweep) = world
            .ask("max", "GET", "/api/v1/duplicates?limit=1000", Value::Null)
            .await;
        assert_eq!(status, StatusCode::OK, "{sweep}");
        let found: Vec<(String, String)> = sweep["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| {
                (
                    p["a"]["id"].as_str().unwrap().to_owned(),
                    p["b"]["id"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        let missed: Vec<_> = planted.iter().filter(|p| !found.contains(p)).collect();
        let wrong: Vec<_> = found.iter().filter(|p| !planted.contains(p)).collect();
        assert!(missed.is_empty(), "missed {missed:?}");
        assert!(wrong.is_empty(), "wrong {wrong:?}");
        // A rep is told of pairs both of which the rep may see: none here.
        let (_, none) = world.ask("rita", "GET", "/api/v1/duplicates", Value::Null).await;
        assert_eq!((&none["count"], &none["pairs"]), (&json!(0), &json!([])));
        // While somebody is entered.
        world.customer("Uhren Ost", None, json!({})).await;
        let (_, known) = world
            .ask(
                "max",
                "POST",
                "/api/v1/duplicates/check",
                json!({ "fields": { "name": "UHREN OST GmbH" } }),
            )
            .await;
        assert!(
            known["duplicates"]
                .as_array()
                .unwrap()
                .iter()
                .any(|d| d["title"] == "Uhren Ost"),
            "{known}"
        );
    }
}
