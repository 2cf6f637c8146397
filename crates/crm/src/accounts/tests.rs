//! A customer's timeline as it reads now and as it read then; what the program keeps for itself is shown nowhere.

use records::{Op, fields};
use serde_json::{Value, json};

use crate::test_world::{DAY, MONDAY, World, made, worlds};

async fn entries(world: &World, who: &str, more: &str) -> Vec<(String, String, bool)> {
    let found = world
        .get(who, &format!("/api/v1/accounts/alpha/timeline?limit=200{more}"))
        .await;
    let item = |i: &Value| {
        let text = |name: &str| i[name].as_str().unwrap_or_default().to_owned();
        (text("kind"), text("title"), i["planned"] == true)
    };
    found["items"].as_array().unwrap().iter().map(item).collect()
}

#[tokio::test]
async fn the_timeline_reads_as_it_did_at_a_moment() {
    for world in worlds().await {
        world
            .write(crate::test_world::customer(
                "alpha",
                &records::new_id(),
                "Alpha",
                Some((13.2, 53.5)),
                json!({ "owner_id": "rita", "phone": "+49 395 1234567" }),
            ))
            .await;
        let task = json!({ "kind": "task", "subject": "Ring up", "account_id": "alpha", "owner_id": "rita", "due_at": MONDAY + 2 * DAY, "status": "open" });
        world.write(vec![made("activity", "task", task)]).await;
        world.set_time(MONDAY + DAY);
        // A day later: the task is renamed, a mail waits, the customer changes.
        let mail = json!({ "kind": "email", "subject": "Offer", "account_id": "alpha", "owner_id": "rita", "direction": "out", "happened_at": MONDAY + DAY, "mail_state": "queued" });
        world
            .write(vec![
                Op::update("activity", "task", fields([("subject", "Ring up soon".into())])),
                made("activity", "mail", mail),
                Op::update("account", "alpha", fields([("phone", "+49 395 7654321".into())])),
            ])
            .await;
        world.set_time(MONDAY + 3 * DAY);
        let all = world.get("rita", "/api/v1/accounts/alpha/timeline").await;
        let items = all["items"].as_array().unwrap();
        let mail = items.iter().find(|i| i["kind"] == "email").unwrap();
        assert_eq!(mail["mail_state"], "queued");
        assert!(
            items
                .iter()
                .filter(|i| i["kind"] != "email")
                .all(|i| i["mail_state"].is_null())
        );
        // Of a telephone number that changes the key we find it by is not said.
        let changed = items
            .iter()
            .find(|i| i["kind"] == "change" && i["title"] == "changed")
            .unwrap();
        assert_eq!(changed["text"], "phone");
        let now = entries(&world, "rita", "").await;
        assert!(
            now.contains(&("task".into(), "Ring up soon".into(), false)),
            "{now:?}"
        );
        // On Monday evening the task was still to come, under its first name, and there was no mail.
        let then = entries(&world, "rita", "&as_of=2026-03-02").await;
        assert!(
            then.contains(&("task".into(), "Ring up".into(), true)),
            "{then:?}"
        );
        assert!(
            then.iter()
                .all(|(kind, title, _)| kind != "email" && title != "changed"),
            "{then:?}"
        );
        assert_eq!(
            world
                .ask(
                    "rita",
                    "GET",
                    "/api/v1/accounts/alpha/timeline?as_of=soon",
                    Value::Null
                )
                .await
                .0
                .as_u16(),
            400
        );
        assert_eq!(
            world
                .ask(
                    "rolf",
                    "GET",
                    "/api/v1/accounts/alpha/timeline?as_of=2026-03-02",
                    Value::Null
                )
                .await
                .0
                .as_u16(),
            404
        );

        let types = world.get("rita", "/api/v1/types").await.to_string();
        assert!(!types.contains("phone_key"));
        let (_, _, file) = world
            .raw("rita", "GET", "/api/v1/accounts/export?format=csv", Value::Null)
            .await;
        assert!(!String::from_utf8(file).unwrap().contains("phone_key"));
    }
}
