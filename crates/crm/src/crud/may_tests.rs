//! What a record's answer says of what may be done is what happens when it is tried: for everybody, by every way.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::test_world::{MONDAY, World, customer, made, worlds};

const PLACES: [&str; 3] = [
    "019cae9a-3f00-7000-8000-00000000000a",
    "019cae9a-3f00-7000-8000-00000000000b",
    "019cae9a-3f00-7000-8000-00000000000c",
];
/// Lists, and a field of each that is harmless to change.
const LISTS: [(&str, &str); 6] = [
    ("accounts", "industry"),
    ("locations", "access_note"),
    ("contacts", "title"),
    ("activities", "body"),
    ("opportunities", "next_step"),
    ("users", "language"),
];

/// Three customers of Rolf's, by class; and rules: Rita reads what is of class A and changes what is of class B.
async fn furnish(world: &World) {
    world
        .write(vec![made(
            "stage",
            "open",
            json!({ "name": "Open", "position": 1 }),
        )])
        .await;
    for (class, place) in ["A", "B", "C"].into_iter().zip(PLACES) {
        let id = format!("customer-{class}");
        let more = json!({ "owner_id": "rolf", "class": class });
        world
            .write(customer(&id, place, class, Some((13.2, 53.5)), more))
            .await;
        world
            .write(vec![
                made(
                    "contact",
                    &format!("person-{class}"),
                    json!({ "name": "Person", "account_id": id }),
                ),
                made(
                    "activity",
                    &format!("note-{class}"),
                    json!({ "kind": "note", "subject": "Note", "account_id": id, "owner_id": "rolf" }),
                ),
                made(
                    "opportunity",
                    &format!("deal-{class}"),
                    json!({ "name": "Deal", "account_id": id, "stage_id": "open", "owner_id": "rolf" }),
                ),
            ])
            .await;
    }
    for (class, access) in [("A", "read"), ("B", "write")] {
        let rule = json!({ "fields": { "name": class, "record_type": "account", "condition": format!("class = '{class}'"),
            "along": ["location", "contact", "opportunity"], "access": access, "user_id": "rita" } });
        world.post("ada", "/api/v1/sharing-rules", rule).await;
    }
    world.settle().await;
}

/// Tries at a version that never was: whoever may is told that it is another one, whoever may not is refused before that.
async fn allowed(world: &World, who: &str, method: &str, path: &str, body: Value) -> bool {
    let (status, answer) = world.ask_at(who, method, path, 999, body).await;
    match status {
        StatusCode::PRECONDITION_FAILED => true,
        StatusCode::FORBIDDEN => false,
        other => panic!("{who} {method} {path}: {other} {answer}"),
    }
}

#[tokio::test]
async fn an_answer_says_what_may_be_done_and_that_is_what_may_be_done() {
    for mut world in worlds().await {
        furnish(&world).await;
        world.reader("max", "max who only looks").await;
        let mut differ = 0;
        for who in ["max", "rita", "rolf", "anna", "ada", "max who only looks"] {
            for (plural, field) in LISTS {
                let listed = world.get(who, &format!("/api/v1/{plural}?limit=100")).await;
                for record in listed["records"].as_array().unwrap() {
                    let id = record["id"].as_str().unwrap();
                    let path = format!("/api/v1/{plural}/{id}");
                    let patch = json!({ "fields": { field: if field == "language" { "de" } else { "x" } } });
                    let tried = json!({
                        "write": allowed(&world, who, "PATCH", &path, patch).await,
                        "delete": allowed(&world, who, "DELETE", &path, Value::Null).await,
                    });
                    assert_eq!(record["may"], tried, "{who} {path} in a list");
                    assert_eq!(world.get(who, &path).await["may"], tried, "{who} {path}");
                    differ += usize::from(who == "rita" && tried["write"] == true && plural == "accounts");
                }
            }
        }
        assert_eq!(differ, 1, "of two customers Rita may change one");

        // The customer's page says it of everything on it.
        let card = world.get("rita", "/api/v1/accounts/customer-A/card").await;
        let no = json!({ "write": false, "delete": false });
        for record in [
            &card["account"],
            &card["locations"][0]["record"],
            &card["contacts"][0],
            &card["opportunities"][0],
        ] {
            assert_eq!(record["may"], no, "{record}");
        }
        let board = world.get("rita", "/api/v1/pipelines/board").await;
        let cards = board["stages"][0]["cards"].as_array().unwrap();
        let mut moves: Vec<(&str, bool)> = cards
            .iter()
            .map(|c| (c["id"].as_str().unwrap(), c["may_write"] == true))
            .collect();
        moves.sort_unstable();
        assert_eq!(moves, [("deal-A", false), ("deal-B", true)]);
        // The past is only looked at: nothing is said of it.
        world.set_time(MONDAY + 60_000);
        let past = world
            .get("max", "/api/v1/accounts/customer-A?as_of=2026-03-02T08:00:30Z")
            .await;
        assert_eq!(past.get("may"), None, "{past}");
    }
}
