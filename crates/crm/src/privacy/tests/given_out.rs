//! What a person gets, and who is proposed for erasure.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{EVIDENCE, both, create, erika, everything, holding};
use crate::privacy::zip::unpack;
use crate::test_world::{DAY, MONDAY};

#[tokio::test]
async fn a_person_gets_all_that_is_on_record_of_them() {
    for world in both().await {
        let (_, id) = erika(&world).await;
        let path = format!("/api/v1/privacy/people/contact/{id}/export");
        assert_eq!(
            world.ask("rita", "GET", &path, Value::Null).await.0,
            StatusCode::FORBIDDEN
        );
        let (status, headers, bytes) = world.raw("max", "GET", &path, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], "application/zip");
        let files = unpack(&bytes);
        let file = |name: &str| {
            let found = files.iter().find(|f| f.0 == name);
            let text = found.map(|f| String::from_utf8(f.1.clone()).unwrap());
            text.unwrap_or_else(|| {
                panic!(
                    "{name} is in {:?}",
                    files.iter().map(|f| &f.0).collect::<Vec<_>>()
                )
            })
        };
        assert_eq!(file("files/Vertrag Erika.txt"), "signed: Erika");
        let page = file("index.html");
        for part in [
            "Erika Müller-Wald",
            "It peels",
            "My own words",
            EVIDENCE,
            "Malerbetrieb Nord",
            "Likes blue.",
        ] {
            assert!(page.contains(part), "{part}");
        }
        let all: Value = serde_json::from_str(&file("person.json")).unwrap();
        assert_eq!(
            all["records"]["contact"][0]["fields"]["email"],
            "New.Address@example.org"
        );
        let versions = all["history"]
            .as_array()
            .unwrap()
            .iter()
            .find(|h| h["type"] == "contact")
            .unwrap();
        assert!(
            versions["versions"]
                .to_string()
                .contains("old.address@example.org"),
            "what was on record before too"
        );
        assert!(file("csv/contacts.csv").contains("Müller-Wald"));
        assert!(file("csv/cases.csv").contains("It peels"));
        assert!(
            !page.contains("Met Müller-Wald"),
            "what others noted of the customer is not hers to have"
        );
    }
}

#[tokio::test]
async fn a_rule_proposes_and_a_person_decides() {
    for world in both().await {
        let (account, erika) = erika(&world).await;
        world
            .write(vec![create(
                "contact",
                "fresh",
                json!({ "name": "Frieda Frisch", "account_id": account }),
            )])
            .await;
        let list = "/api/v1/privacy/retention";
        assert_eq!(
            world.ask("rita", "GET", list, Value::Null).await.0,
            StatusCode::FORBIDDEN
        );
        let rule = json!({ "fields": { "name": "Two years", "subject": "contact", "days": 730 } });
        let rule = world.post("ada", "/api/v1/retention-rules", rule).await;
        world.set_time(MONDAY + 800 * DAY);
        assert_eq!(
            world.get("max", list).await,
            json!({ "proposals": [], "rules": 0, "more": false }),
            "off until switched on"
        );
        let rule_path = format!(
            "/api/v1/retention-rules/{}",
            rule["record"]["id"].as_str().unwrap()
        );
        let on = json!({ "fields": { "active": true } });
        assert_eq!(world.ask("ada", "PATCH", &rule_path, on).await.0, StatusCode::OK);
        world
            .write(vec![create(
                "activity",
                "call1",
                json!({ "kind": "call", "subject": "Rang", "contact_id": "fresh", "account_id": account,
                "happened_at": MONDAY + 700 * DAY }),
            )])
            .await;
        let found = world.get("max", list).await;
        let ids: Vec<&str> = found["proposals"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|p| p["id"].as_str())
            .collect();
        assert_eq!(ids, [erika.as_str()], "Frieda rang a hundred days ago");
        let fresh = json!({ "people": [{ "type": "contact", "id": "fresh" }] });
        let (status, refused) = world.ask("max", "POST", &format!("{list}/erase"), fresh).await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::CONFLICT, &json!("not-proposed"))
        );
        let keep = json!({ "type": "contact", "id": erika, "until": MONDAY + 900 * DAY });
        assert_eq!(
            world.ask("max", "POST", &format!("{list}/keep"), keep).await.0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(world.get("max", list).await["proposals"], json!([]));
        world.set_time(MONDAY + 901 * DAY);
        let narrowed = json!({ "fields": { "filter": "language = 'fr'" } });
        assert_eq!(
            world.ask("ada", "PATCH", &rule_path, narrowed).await.0,
            StatusCode::OK
        );
        assert_eq!(world.get("max", list).await["proposals"], json!([]));
        let wide = json!({ "fields": { "filter": null } });
        assert_eq!(
            world.ask("ada", "PATCH", &rule_path, wide).await.0,
            StatusCode::OK
        );
        let both = json!({ "people": [{ "type": "contact", "id": erika }] });
        let done = world.post("max", &format!("{list}/erase"), both).await;
        assert_eq!(done["erased"], 1);
        assert_eq!(
            world.get("max", list).await["proposals"],
            json!([]),
            "the erased are not proposed again"
        );
        assert_eq!(
            holding(&everything(&world).await, &["old.address@example.org"]),
            Vec::<String>::new()
        );
    }
}
