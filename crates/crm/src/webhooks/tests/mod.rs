//! A real receiver hears what changes, signed, as often as it takes and no more than it may.

mod limits;
mod shared;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use records::Op;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{deliver, follow, store};
use crate::Channels;
use crate::test_world::{World, made};

/// What a receiver got, and what it answers next.
#[derive(Clone, Default)]
struct Inbox {
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Inbox {
    fn events(&self) -> Vec<Value> {
        self.got
            .lock()
            .unwrap()
            .iter()
            .map(|(_, body)| serde_json::from_str(body).unwrap())
            .collect()
    }

    fn ids(&self) -> Vec<String> {
        let got = self.got.lock().unwrap();
        got.iter()
            .map(|(headers, _)| headers["webhook-id"].to_str().unwrap().to_owned())
            .collect()
    }
}

async fn receive(
    State(inbox): State<Inbox>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1]) {
    inbox.got.lock().unwrap().push((headers, body));
    let mut answers = inbox.answers.lock().unwrap();
    let status = if answers.is_empty() {
        204
    } else {
        answers.remove(0)
    };
    // Wherever it points: nobody goes there.
    (
        StatusCode::from_u16(status).unwrap(),
        [("location", "/elsewhere")],
    )
}

/// A receiver on a free port: what it got, and its address.
async fn receiver() -> (Inbox, String) {
    let inbox = Inbox::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://127.0.0.1:{}/hook?who=erp",
        listener.local_addr().unwrap().port()
    );
    let router = Router::new()
        .route("/hook", post(receive))
        .route("/elsewhere", post(receive))
        .with_state(inbox.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (inbox, url)
}

async fn worlds() -> Vec<World> {
    let open = |_: &std::path::Path| Channels {
        private_webhooks: vec!["127.0.0.1".into()],
        ..Channels::default()
    };
    World::with_channels(open).await
}

/// A webhook with a key: its id and its key.
async fn subscribe(world: &World, url: &str, events: Value, user: &str) -> (String, String) {
    let fields = json!({ "name": "ERP", "url": url, "events": events, "user_id": user });
    let made = world
        .post("ada", "/api/v1/webhooks", json!({ "fields": fields }))
        .await;
    let id = made["record"]["id"].as_str().unwrap().to_owned();
    let key = world
        .post("ada", &format!("/api/v1/webhooks/{id}/key"), json!({}))
        .await;
    // The clock stands still: what comes next is later.
    world.set_time(world.app.store.now().0 + 1);
    (id, key["secret"].as_str().unwrap().to_owned())
}

/// Lets everything that happened go out; gives how many messages were tried.
async fn run(world: &World) -> usize {
    follow::take_up(&world.app).await.unwrap();
    deliver::work_off(&world.app, "w").await.unwrap()
}

#[tokio::test]
async fn a_receiver_gets_signed_events_of_what_it_wants_and_may_see() {
    for world in worlds().await {
        let (inbox, url) = receiver().await;
        let lead =
            |owner: &str| json!({ "name": format!("Lead of {owner}"), "status": "new", "owner_id": owner });
        world.write(vec![made("lead", "before", lead("rita"))]).await;
        let (id, key) = subscribe(&world, &url, json!(["lead.*", "region.create"]), "rita").await;
        world
            .write(vec![
                made("lead", "l1", lead("rita")),
                made("lead", "l2", lead("rolf")),
                made("queue", "q", json!({ "name": "Q" })),
            ])
            .await;
        let patch = serde_json::from_value(json!({ "company": "Bau" })).unwrap();
        world.write(vec![Op::update("lead", "l1", patch)]).await;
        world
            .write(vec![Op::delete("lead", "before"), Op::delete("lead", "l2")])
            .await;
        assert_eq!(run(&world).await, 3);
        assert_eq!(run(&world).await, 0);
        let mut events = inbox.events();
        events.sort_by_key(|e| e["sequence"].as_str().unwrap().to_owned());
        let kinds: Vec<(&str, &str)> = events
            .iter()
            .map(|e| (e["type"].as_str().unwrap(), e["data"]["id"].as_str().unwrap()))
            .collect();
        assert_eq!(
            kinds,
            [
                ("bailiwick.lead.create", "l1"),
                ("bailiwick.lead.update", "l1"),
                ("bailiwick.lead.delete", "before")
            ]
        );
        let update = &events[1];
        assert_eq!(
            (
                &update["specversion"],
                &update["subject"],
                &update["datacontenttype"]
            ),
            (
                &json!("1.0"),
                &json!("/api/v1/leads/l1"),
                &json!("application/json")
            )
        );
        assert_eq!(
            (&update["data"]["fields"]["company"], &update["data"]["cause"]),
            (&json!("Bau"), &json!("test"))
        );
        assert!(
            update["time"]
                .as_str()
                .unwrap()
                .starts_with("2026-03-02T08:00:00"),
            "{update}"
        );
        assert_eq!(
            events[2]["data"]["fields"],
            Value::Null,
            "what is gone is not told"
        );
        assert!(
            !inbox
                .got
                .lock()
                .unwrap()
                .iter()
                .any(|(_, body)| body.contains("rolf"))
        );
        for (headers, body) in inbox.got.lock().unwrap().iter() {
            let text = |name: &str| headers[name].to_str().unwrap().to_owned();
            assert_eq!(
                text("content-type"),
                "application/cloudevents+json; charset=utf-8"
            );
            let expected = deliver::signature(
                &key,
                &text("webhook-id"),
                text("webhook-timestamp").parse().unwrap(),
                body,
            );
            assert_eq!(Some(text("webhook-signature")), expected);
            assert_eq!(
                serde_json::from_str::<Value>(body).unwrap()["id"],
                json!(text("webhook-id"))
            );
        }
        // With another key another signature; what waited is signed with it.
        let renewed = world
            .post("ada", &format!("/api/v1/webhooks/{id}/key"), json!({}))
            .await;
        assert_ne!(renewed["secret"], json!(key));
        // Sent once more, everything has the ids it had.
        let before = inbox.ids();
        let replay = format!("/api/v1/webhooks/{id}/replay");
        let count = world.post("ada", &replay, json!({ "state": "delivered" })).await;
        assert_eq!((count["count"].as_u64(), run(&world).await), (Some(3), 3));
        let (mut first, mut second) = (before.clone(), inbox.ids().split_off(3));
        first.sort();
        second.sort();
        assert_eq!(first, second);
        // Rights are those of the moment: Rita's lead is Rolf's now, and nothing more is told of it.
        let patch = serde_json::from_value(json!({ "owner_id": "rolf" })).unwrap();
        world.write(vec![Op::update("lead", "l1", patch)]).await;
        world
            .post("ada", &replay, json!({ "event_id": events[0]["id"] }))
            .await;
        run(&world).await;
        assert_eq!(inbox.ids().len(), 6);
        let log = world
            .get("ada", &format!("/api/v1/webhooks/{id}/deliveries?state=dead"))
            .await;
        let last = log["deliveries"][0]["tried"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert!(
            last["note"].as_str().unwrap().contains("not theirs to see"),
            "{log}"
        );
    }
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_with_growing_pauses_until_it_is_dead() {
    for world in worlds().await {
        let (inbox, url) = receiver().await;
        let (id, _) = subscribe(&world, &url, json!(["*"]), "ada").await;
        *inbox.answers.lock().unwrap() = vec![500, 302];
        world
            .write(vec![made("queue", "q", json!({ "name": "Q" }))])
            .await;
        let start = world.app.store.now().0;
        let newest = async || {
            world
                .get("ada", &format!("/api/v1/webhooks/{id}/deliveries"))
                .await["deliveries"][0]
                .clone()
        };
        assert_eq!(run(&world).await, 1);
        assert_eq!(
            (&newest().await["state"], &newest().await["next_at"]),
            (&json!("waiting"), &json!(start + 10_000))
        );
        assert_eq!(run(&world).await, 0, "not before its time");
        world.set_time(start + 10_000);
        assert_eq!(run(&world).await, 1);
        assert_eq!(inbox.ids().len(), 2, "a redirection is not followed");
        world.set_time(start + 10_000 + 60_000);
        assert_eq!(run(&world).await, 1);
        let done = newest().await;
        assert_eq!(
            (&done["state"], &done["attempts"]),
            (&json!("delivered"), &json!(3))
        );
        let statuses: Vec<i64> = done["tried"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["status"].as_i64().unwrap())
            .collect();
        assert_eq!(statuses, [500, 302, 204]);
        let ids = inbox.ids();
        assert!(ids.iter().all(|i| *i == ids[0]), "one event, one id: {ids:?}");
        // Nobody is there any more: nine attempts, then it is dead, and it can be replayed.
        *inbox.answers.lock().unwrap() = vec![503; 9];
        assert_eq!(
            world
                .raw("ada", "POST", &format!("/api/v1/webhooks/{id}/test"), json!({}))
                .await
                .0,
            StatusCode::ACCEPTED
        );
        let mut tries = 0;
        for _ in 0..20 {
            tries += run(&world).await;
            world.set_time(world.app.store.now().0 + 86_400_000);
        }
        assert_eq!((tries, &newest().await["state"]), (9, &json!("dead")));
        assert_eq!(
            world
                .post(
                    "ada",
                    &format!("/api/v1/webhooks/{id}/replay"),
                    json!({ "state": "dead" })
                )
                .await["count"],
            1
        );
        assert_eq!(
            (run(&world).await, &newest().await["state"]),
            (1, &json!("delivered"))
        );
        // 410: gone for good. Switched off: nothing goes.
        *inbox.answers.lock().unwrap() = vec![410];
        world
            .raw("ada", "POST", &format!("/api/v1/webhooks/{id}/test"), json!({}))
            .await;
        assert_eq!((run(&world).await, &newest().await["state"]), (1, &json!("dead")));
        let off = json!({ "fields": { "active": false } });
        assert!(
            world
                .ask("ada", "PATCH", &format!("/api/v1/webhooks/{id}"), off)
                .await
                .0
                .is_success()
        );
        world
            .raw("ada", "POST", &format!("/api/v1/webhooks/{id}/test"), json!({}))
            .await;
        assert_eq!(run(&world).await, 0);
        // A worker that died: its message is taken over, with the same id.
        let on = json!({ "fields": { "active": true } });
        world
            .ask("ada", "PATCH", &format!("/api/v1/webhooks/{id}"), on)
            .await;
        let lost = store::claim(world.app.store.db(), "dead", world.app.store.now(), 60_000)
            .await
            .unwrap()
            .unwrap();
        world.set_time(world.app.store.now().0 + 60_001);
        run(&world).await;
        assert!(inbox.ids().contains(&lost.event_id));
    }
}
