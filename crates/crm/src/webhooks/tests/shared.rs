//! A webhook tells what its person may see, whatever they are; what only a rule shows them is told as long as it does.

use records::{Op, fields};
use serde_json::{Value, json};

use super::{Inbox, receiver, run, subscribe, worlds};
use crate::test_world::{World, customer, made};

const PEOPLE: [&str; 5] = ["max", "rita", "rolf", "anna", "ada"];
const ALPHA_PLACE: &str = "019cae9a-3f00-7000-8000-00000000000a";

/// What each of the five was told since they were asked last: `type.operation id`.
async fn told(world: &World, inboxes: &[Inbox]) -> Vec<Vec<String>> {
    run(world).await;
    let each = inboxes.iter().map(|inbox| {
        let mut told: Vec<String> = inbox
            .events()
            .iter()
            .map(|event| {
                let kind = event["type"].as_str().unwrap().trim_start_matches("bailiwick.");
                format!("{kind} {}", event["data"]["id"].as_str().unwrap())
            })
            .collect();
        told.sort();
        inbox.got.lock().unwrap().clear();
        told
    });
    each.collect()
}

/// Everything is told of that may change: the customer, its place and contact, and a note that no rule names.
async fn change_everything(world: &World, industry: &str) {
    let set = |type_name: &str, id: &str, field: &str| {
        Op::update(type_name, id, fields([(field, industry.into())]))
    };
    world
        .write(vec![
            set("account", "alpha", "industry"),
            set("account", "beta", "industry"),
            set("location", ALPHA_PLACE, "access_note"),
            set("contact", "alpha-person", "title"),
            set("activity", "alpha-note", "subject"),
        ])
        .await;
}

#[tokio::test]
async fn what_a_rule_shares_is_told_to_a_webhook_until_it_is_taken_back() {
    for world in worlds().await {
        world
            .write(customer(
                "alpha",
                ALPHA_PLACE,
                "Alphawerk",
                Some((13.2, 53.5)),
                json!({ "owner_id": "rolf", "class": "A" }),
            ))
            .await;
        world
            .write(vec![
                made(
                    "account",
                    "beta",
                    json!({ "name": "Betawerk", "type": "customer", "owner_id": "rolf", "class": "B" }),
                ),
                made(
                    "contact",
                    "alpha-person",
                    json!({ "name": "Person", "account_id": "alpha" }),
                ),
                made(
                    "activity",
                    "alpha-note",
                    json!({ "kind": "note", "subject": "Note", "account_id": "alpha", "owner_id": "rolf" }),
                ),
            ])
            .await;
        let mut inboxes = Vec::new();
        let mut rita = String::new();
        for who in PEOPLE {
            let (inbox, url) = receiver().await;
            inboxes.push(inbox);
            let (id, _) = subscribe(
                &world,
                &url,
                json!(["account.*", "location.*", "contact.*", "activity.*"]),
                who,
            )
            .await;
            if who == "rita" {
                rita = id;
            }
        }
        let all = [
            "account.update alpha",
            "account.update beta",
            "activity.update alpha-note",
            "contact.update alpha-person",
            &format!("location.update {ALPHA_PLACE}"),
        ];
        let shared = ["account.update alpha", all[3], all[4]];
        let nothing: [&str; 0] = [];

        change_everything(&world, "Mills").await;
        let heard = told(&world, &inboxes).await;
        for (who, heard) in PEOPLE.iter().zip(&heard) {
            let expected: &[&str] = if *who == "rita" { &nothing } else { &all };
            assert_eq!(heard, expected, "{who} without a rule");
        }

        let rule = json!({ "fields": { "name": "A for Rita", "record_type": "account", "condition": "class = 'A'",
            "along": ["location", "contact"], "access": "read", "user_id": "rita" } });
        let rule = world.post("ada", "/api/v1/sharing-rules", rule).await["record"]["id"].clone();
        let address = format!("/api/v1/sharing-rules/{}", rule.as_str().unwrap());
        change_everything(&world, "Bakers").await;
        let heard = told(&world, &inboxes).await;
        for (who, heard) in PEOPLE.iter().zip(&heard) {
            let expected: &[&str] = if *who == "rita" { &shared } else { &all };
            assert_eq!(heard, expected, "{who} with a rule");
        }
        // A record that leaves the condition is not told of, neither that it left.
        world
            .write(vec![Op::update(
                "account",
                "alpha",
                fields([("class", "C".into())]),
            )])
            .await;
        assert_eq!(told(&world, &inboxes).await[1], nothing);
        world
            .write(vec![Op::update(
                "account",
                "alpha",
                fields([("class", "A".into())]),
            )])
            .await;
        assert_eq!(told(&world, &inboxes).await[1], ["account.update alpha"]);

        // Messages that wait when the rule goes are not sent any more, those of deleted records neither.
        world
            .write(vec![made(
                "contact",
                "second",
                json!({ "name": "Second", "account_id": "alpha" }),
            )])
            .await;
        assert_eq!(told(&world, &inboxes).await[1], ["contact.create second"]);
        world.set_time(world.app.store.now().0 + 1_000);
        change_everything(&world, "Masons").await;
        world.write(vec![Op::delete("contact", "second")]).await;
        super::follow::take_up(&world.app).await.unwrap();
        let (status, answer) = world.ask("ada", "DELETE", &address, Value::Null).await;
        assert!(status.is_success(), "{answer}");
        assert_eq!(told(&world, &inboxes).await[1], nothing);
        // Nor what comes later, nor what was told before and is to be sent once more.
        change_everything(&world, "Smiths").await;
        world
            .post("ada", &format!("/api/v1/webhooks/{rita}/replay"), json!({}))
            .await;
        assert_eq!(told(&world, &inboxes).await[1], nothing);
        let log = world
            .get("ada", &format!("/api/v1/webhooks/{rita}/deliveries"))
            .await;
        let notes = log.to_string();
        assert!(notes.contains("not theirs to see any more"), "{notes}");

        // Back with the rule, from then on.
        world.undo("ada", &answer["change_set"]).await;
        world.set_time(world.app.store.now().0 + 1_000);
        change_everything(&world, "Brewers").await;
        assert_eq!(told(&world, &inboxes).await[1], shared);
    }
}
