//! Cases find their customer, keep their clocks and are told when they are late; a call opens the caller's page.

use axum::http::StatusCode;
use geom::Timestamp;
use serde_json::{Value, json};

use super::escalate::escalate;
use crate::app::Event;
use crate::test_world::{DAY, World, made, worlds};

/// Friday 6 March 2026, 16:50 in Berlin.
const FRIDAY: i64 = 1_772_812_200_000;
const HOUR: i64 = 3_600_000;

async fn office(world: &World) -> String {
    world.clock.set(Timestamp(FRIDAY));
    let level = |name: &str, more: Value| {
        let mut level = json!({
            "name": name, "response_minutes": 60, "resolve_minutes": 240, "hours": "Mo-Fr 09:00-17:00; PH off", "country": "DE",
            "time_zone": "Europe/Berlin", "penalty": 5_000,
        });
        level
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        level
    };
    world
        .write(vec![
            made("sla_policy", "usual", level("Usual", json!({}))),
            made(
                "sla_policy",
                "best",
                level("Best", json!({ "class": "A", "response_minutes": 30 })),
            ),
            made(
                "queue",
                "q1",
                json!({ "name": "Complaints", "kind": "complaint" }),
            ),
            made("queue", "q2", json!({ "name": "All else" })),
        ])
        .await;
    let (account, _) = world
        .customer(
            "Firm",
            Some((13.2, 53.5)),
            json!({ "owner_id": "rita", "class": "A", "phone": "+49 30 12345" }),
        )
        .await;
    world
        .write(vec![made("contact", "eva", json!({ "name": "Eva", "account_id": account, "email": "Eva@firm.example", "phone": "030/777 888" }))])
        .await;
    account
}

async fn open(world: &World, who: &str, body: Value) -> Value {
    let (status, answer) = world.ask(who, "POST", "/api/v1/cases/open", body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    answer["record"].clone()
}

async fn set(world: &World, id: &str, fields: Value) -> (StatusCode, Value) {
    world
        .ask(
            "max",
            "PATCH",
            &format!("/api/v1/cases/{id}"),
            json!({ "fields": fields }),
        )
        .await
}

#[tokio::test]
async fn a_case_finds_its_customer_and_its_clock_stands_still_at_night() {
    for world in worlds().await {
        let account = office(&world).await;
        let case = open(
            &world,
            "max",
            json!({ "fields": { "subject": "Broken", "kind": "complaint" }, "email": "eva@FIRM.example" }),
        )
        .await;
        let fields = &case["fields"];
        assert_eq!(fields["number"], "C-2026-00001");
        assert_eq!(
            (&fields["account_id"], &fields["contact_id"]),
            (&json!(account), &json!("eva"))
        );
        assert_eq!(
            (&fields["queue_id"], &fields["policy_id"]),
            (&json!("q1"), &json!("best"))
        );
        // Ten minutes are left on Friday: half an hour ends Monday 9:20, four hours end Monday 12:50.
        let monday = FRIDAY - 7 * HOUR - 50 * 60_000 + 3 * DAY;
        // To the second: each write moves the clock on by a millisecond.
        let seconds = |name: &str| fields[name].as_i64().unwrap() / 1_000;
        assert_eq!(
            (seconds("respond_due"), seconds("resolve_due")),
            (
                (monday + 20 * 60_000) / 1_000,
                (monday + 3 * HOUR + 50 * 60_000) / 1_000
            )
        );
        let id = case["id"].as_str().unwrap();
        // Answered on Monday at 9:10, waits for the customer from 10:00 to Tuesday 11:00.
        world.clock.set(Timestamp(monday + 10 * 60_000));
        let (_, answered) = set(&world, id, json!({ "status": "open", "owner_id": "rita" })).await;
        assert_eq!(answered["record"]["fields"]["response_late"], false);
        world.clock.set(Timestamp(monday + HOUR));
        set(&world, id, json!({ "status": "waiting" })).await;
        world.clock.set(Timestamp(monday + DAY + 2 * HOUR));
        let (_, resumed) = set(&world, id, json!({ "status": "open" })).await;
        // 2 h 50 min were left.
        let due = resumed["record"]["fields"]["resolve_due"].as_i64().unwrap();
        let expected = monday + DAY + 4 * HOUR + 50 * 60_000;
        assert!((due - expected).abs() < 1_000, "{due} and {expected}");
        // It is not solved without a word, and late costs what was agreed.
        world.clock.set(Timestamp(expected + HOUR));
        let (status, answer) = set(&world, id, json!({ "status": "resolved" })).await;
        assert_eq!(
            (status, &answer["faults"][0]["code"]),
            (StatusCode::BAD_REQUEST, &json!("missing"))
        );
        let (_, solved) = set(
            &world,
            id,
            json!({ "status": "resolved", "resolution": "Replaced" }),
        )
        .await;
        let fields = &solved["record"]["fields"];
        assert_eq!(
            (&fields["resolution_late"], &fields["penalty_due"]),
            (&json!(true), &json!(5_000))
        );
        let (_, again) = set(&world, id, json!({ "status": "open" })).await;
        assert_eq!(again["record"]["fields"]["penalty_due"], Value::Null);
        // Clocks are the program's.
        assert_eq!(
            set(&world, id, json!({ "resolve_due": 1 })).await.0,
            StatusCode::BAD_REQUEST
        );
        // Hours nobody can read are refused where they are written down.
        let bad = json!({ "fields": { "name": "X", "hours": "when we like", "time_zone": "Berlin" } });
        let (status, answer) = world.ask("ada", "POST", "/api/v1/sla-policies", bad).await;
        assert_eq!(
            (status, answer["faults"].as_array().unwrap().len()),
            (StatusCode::BAD_REQUEST, 2),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_is_late_is_told_once() {
    for world in worlds().await {
        office(&world).await;
        let fields = json!({ "subject": "Help", "owner_id": "rita" });
        let case = open(
            &world,
            "max",
            json!({ "fields": fields, "phone": "(030) 777-888" }),
        )
        .await;
        assert_eq!(
            (&case["fields"]["contact_id"], &case["fields"]["queue_id"]),
            (&json!("eva"), &json!("q2"))
        );
        assert_eq!(escalate(&world.app).await.unwrap(), 0);
        world.clock.set(Timestamp(FRIDAY + 4 * DAY));
        assert_eq!(escalate(&world.app).await.unwrap(), 1);
        assert_eq!(escalate(&world.app).await.unwrap(), 0, "once");
        let (_, tasks) = world
            .ask(
                "max",
                "GET",
                "/api/v1/activities?filter=kind%3D'task'&sort=subject",
                Value::Null,
            )
            .await;
        let owners: Vec<&str> = tasks["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["fields"]["owner_id"].as_str().unwrap())
            .collect();
        assert_eq!(owners.len(), 2);
        assert!(owners.contains(&"rita") && owners.contains(&"max"), "{owners:?}");
        // What waits for the customer is not late.
        let waits = open(
            &world,
            "max",
            json!({ "fields": { "subject": "Waits" }, "email": "eva@firm.example" }),
        )
        .await;
        set(
            &world,
            waits["id"].as_str().unwrap(),
            json!({ "status": "waiting" }),
        )
        .await;
        world.clock.set(Timestamp(FRIDAY + 30 * DAY));
        assert_eq!(escalate(&world.app).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_call_in_any_spelling_opens_the_customers_page_for_whom_it_is() {
    for world in worlds().await {
        let account = office(&world).await;
        open(
            &world,
            "max",
            json!({ "fields": { "subject": "Broken" }, "email": "eva@firm.example" }),
        )
        .await;
        let mut events = world.app.events.subscribe();
        for (number, found) in [
            ("0049 30 777888", "eva"),
            ("+49 (0)30 777 888", "eva"),
            ("030-12345", account.as_str()),
        ] {
            let body = json!({ "number": number, "user_id": "rita" });
            let (status, call) = world.ask("max", "POST", "/api/v1/calls", body).await;
            assert_eq!(status, StatusCode::CREATED, "{call}");
            assert_eq!(
                (&call["callers"][0]["id"], &call["open_cases"]),
                (&json!(found), &json!(1)),
                "{number}: {call}"
            );
            let Ok(Event::Call { user_id, .. }) = events.recv().await else {
                panic!("no call was told")
            };
            assert_eq!(user_id, "rita");
            // The wrap-up note goes to the call.
            let path = format!("/api/v1/activities/{}", call["activity_id"].as_str().unwrap());
            let (status, _) = world
                .ask(
                    "rita",
                    "PATCH",
                    &path,
                    json!({ "fields": { "body": "Wants a new one", "status": "done" } }),
                )
                .await;
            assert_eq!(status, StatusCode::OK);
        }
        // Whoever may not see the customer is not told who calls; a rep announces no calls for others.
        let (_, call) = world
            .ask("rolf", "POST", "/api/v1/calls", json!({ "number": "030 12345" }))
            .await;
        assert_eq!(
            (&call["callers"], &call["activity_id"]),
            (&json!([]), &Value::Null)
        );
        let (status, _) = world
            .ask(
                "rita",
                "POST",
                "/api/v1/calls",
                json!({ "number": "030 12345", "user_id": "rolf" }),
            )
            .await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        for bad in ["", "call me", "+", "🦊"] {
            let (status, call) = world
                .ask("rita", "POST", "/api/v1/calls", json!({ "number": bad }))
                .await;
            assert_eq!(
                (status, &call["callers"]),
                (StatusCode::CREATED, &json!([])),
                "{bad}"
            );
        }
    }
}

#[tokio::test]
async fn a_case_that_one_may_see_names_its_customer() {
    let world = World::new().await;
    let (account, _) = world
        .customer("Seen by few", Some((13.25, 53.55)), json!({}))
        .await;
    let (other, _) = world
        .customer("Seen by none", Some((13.26, 53.55)), json!({}))
        .await;
    let case = json!({ "subject": "Broken", "kind": "complaint", "account_id": account, "owner_id": "rolf", "status": "open" });
    world.write(vec![made("case", "one", case)]).await;
    let path = format!("/api/v1/cases/customers?ids={account},{other}");
    // Rolf's case, but not Rolf's customer.
    let (status, _) = world
        .ask("rolf", "GET", &format!("/api/v1/accounts/{account}"), Value::Null)
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(
        world.get("rolf", &path).await["customers"],
        json!([{ "id": account, "name": "Seen by few" }])
    );
    assert_eq!(world.get("rita", &path).await["customers"], json!([]));
}
