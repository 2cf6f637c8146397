//! From the first stroke to the revert, and who may do it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Firm;
use crate::test_world::{MONDAY, square};

#[tokio::test]
async fn a_lasso_is_previewed_published_and_taken_back() {
    let firm = Firm::new().await;
    let before = firm.hash().await;
    let id = firm.scenario("mia").await;
    let made = firm.world.get("mia", &format!("/api/v1/scenarios/{id}")).await;
    assert!(
        made["name"].as_str().unwrap().starts_with("Draft of "),
        "{made:#}"
    );
    assert_eq!(made["state"], "draft");

    let path = format!("/api/v1/scenarios/{id}/preview");
    let card = firm.world.post("mia", &path, firm.strip()).await;
    assert_eq!(card["moved_count"], 1, "{card:#}");
    assert_eq!(card["selection"]["revenue"], 100_000);
    let side = |card: &Value, name: &str| -> (Value, Value) {
        let sides = card["sides"].as_array().unwrap();
        let side = sides.iter().find(|s| s["name"] == name).unwrap();
        (
            side["before"]["accounts"].clone(),
            side["after"]["accounts"].clone(),
        )
    };
    assert_eq!(side(&card, "West"), (json!(3), json!(2)));
    assert_eq!(side(&card, "East"), (json!(2), json!(3)));

    let done = firm.operate(&id, firm.strip()).await;
    assert_eq!(done["operation"]["title"], "1 place: West → East", "{done:#}");
    // Nothing is true yet.
    assert_eq!(firm.hash().await, before);
    let totals = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{id}/totals"))
        .await;
    let row = |name: &str| {
        totals["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(row("East")["after"]["accounts"], 3);
    assert_eq!(row("East")["before"]["accounts"], 2);
    assert_eq!(row("No territory")["after"]["places"], 1);
    assert_eq!(totals["summary"]["after"]["places_moved"], 1);
    assert_eq!(totals["summary"]["after"]["reps_changed"], 2);
    let diff = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{id}/diff"))
        .await;
    assert_eq!(diff["groups"][0]["from"]["name"], "West");
    assert_eq!(diff["groups"][0]["to"]["name"], "East");
    assert_eq!(diff["groups"][0]["places"], 1);
    assert_eq!(diff["territories"].as_array().unwrap().len(), 2);
    let places = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{id}/diff/places"))
        .await;
    assert_eq!(places["rows"][0]["name"], "W3");
    assert_eq!(places["rows"][0]["reason"], "Inside the area of East");

    let told = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{id}/consequences"))
        .await;
    assert_eq!(
        told["text"], "1 place changes owner now. 2 reps get a list with reasons.",
        "{told:#}"
    );
    let at_before = MONDAY + 60_000;
    firm.world.set_time(MONDAY + 3_600_000);
    let published = firm.publish("mia", &id).await;
    assert_eq!(published["moved"], 1, "{published:#}");
    assert_eq!(published["scenario"]["state"], "published");
    assert_eq!(firm.owner(2).await, "East");
    assert_eq!(firm.owner(1).await, "West");
    let after = firm.hash().await;
    assert_ne!(after, before);
    // One change set, and it is not undone behind the scenario's back.
    let set = published["change_set"].as_str().unwrap();
    let (status, code, _) = firm
        .refused(
            "mia",
            "POST",
            &format!("/api/v1/change-sets/{set}/undo"),
            json!({}),
        )
        .await;
    assert_eq!((status, code.as_str()), (409, "revert-instead"));

    firm.world.set_time(MONDAY + 7_200_000);
    let reverted = firm
        .world
        .post("mia", &format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await;
    assert_eq!(reverted["moved"], 1, "{reverted:#}");
    assert_eq!(firm.hash().await, before, "as it was");
    assert_eq!(firm.owner(2).await, "West");
    // What was in between stays in between.
    let then = |at: i64| format!("/api/v1/territories/hash?as_of={at}");
    let between = firm.world.get("mia", &then(MONDAY + 5_400_000)).await;
    assert_eq!(between["hash"], after);
    assert_eq!(firm.world.get("mia", &then(at_before)).await["hash"], before);
    let verified = firm.world.app.store.verify().await.unwrap();
    assert!(verified.broken.is_none());
}

/// The follower passes a publication by; what it would have found is nothing.
#[tokio::test]
async fn a_publication_brings_all_that_follows_along() {
    let firm = Firm::new().await;
    let store = &firm.world.app.store;
    let look_again = async || {
        let records::Db::Sqlite { write, .. } = store.db() else {
            panic!("this world is a file");
        };
        let mark = r#"update settings set value = '{"seq":0,"holder":null,"until":0}' where name = 'territories.assigned'"#;
        let reset = sqlx::query(mark).execute(write).await.unwrap();
        assert_eq!(reset.rows_affected(), 1);
        let last = store.last_seq().await.unwrap();
        crate::territories::settle(store).await.unwrap();
        assert_eq!(
            store.last_seq().await.unwrap(),
            last,
            "there was nothing left to do"
        );
    };
    let brought_along = async |change_set: &str| {
        let worked_out = firm.world.app.territories.worked_out();
        let worked_out = worked_out.expect("nobody else wrote");
        let set = store.find_change_set(change_set).await.unwrap().unwrap();
        assert_eq!(worked_out.change_set, change_set);
        assert_eq!(set.first_seq, Some(worked_out.seen + 1));
    };
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    // A territory comes, and takes the other two of West.
    let middle = json!({ "kind": "add", "name": "Middle", "geometry": square(13.2, 53.5, 13.235, 53.6) });
    firm.operate(&id, middle).await;
    let published = firm.publish("mia", &id).await;
    assert_eq!(published["moved"], 3, "{published:#}");
    brought_along(published["change_set"].as_str().unwrap()).await;
    look_again().await;
    assert_eq!(firm.owner(0).await, "Middle");
    let reverted = firm
        .world
        .post("mia", &format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await;
    assert_eq!(reverted["moved"], 3, "{reverted:#}");
    brought_along(reverted["change_set"].as_str().unwrap()).await;
    look_again().await;
    assert_eq!(firm.owner(0).await, "West");
}

#[tokio::test]
async fn everybody_else_is_kept_out() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    for who in ["ben", "ola"] {
        for (method, path) in [
            ("GET", "/api/v1/scenarios".to_owned()),
            ("GET", format!("/api/v1/scenarios/{id}")),
            ("GET", format!("/api/v1/scenarios/{id}/totals")),
            ("GET", "/api/v1/territories/hash".to_owned()),
            ("POST", format!("/api/v1/scenarios/{id}/publish")),
        ] {
            let (status, code, _) = firm.refused(who, method, &path, json!({})).await;
            assert_eq!((status, code.as_str()), (403, "forbidden"), "{who} {path}");
        }
        let (status, answer) = firm
            .world
            .ask(who, "GET", "/api/v1/territory-scenarios", Value::Null)
            .await;
        let found = answer["records"].as_array().map_or(0, Vec::len);
        assert!(
            status == StatusCode::NOT_FOUND || found == 0,
            "{who}: {status} {answer}"
        );
    }
    // Not even a manager writes a scenario as a plain record.
    let (status, _) = firm
        .world
        .ask(
            "mia",
            "PATCH",
            &format!("/api/v1/territory-scenarios/{id}"),
            json!({ "fields": { "state": "published" } }),
        )
        .await;
    assert!(status.is_client_error(), "{status}");
}

#[tokio::test]
async fn a_killed_or_empty_scenario_is_not_published() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    let publish = format!("/api/v1/scenarios/{id}/publish");
    let (status, code, _) = firm.refused("mia", "POST", &publish, json!({})).await;
    assert_eq!((status, code.as_str()), (409, "empty-scenario"));
    // A step and its opposite change nothing either.
    firm.operate(&id, firm.strip()).await;
    firm.operate(
        &id,
        json!({ "kind": "move", "to": firm.west, "geometry": square(13.24, 53.5, 13.25, 53.6) }),
    )
    .await;
    let diff = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{id}/diff"))
        .await;
    assert_eq!(diff["groups"], json!([]));
    let (status, answer) = firm
        .world
        .ask("mia", "POST", &publish, json!({ "from": "2026-02-01" }))
        .await;
    assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("in-the-past")));
    let gone = firm
        .world
        .ask("mia", "DELETE", &format!("/api/v1/scenarios/{id}"), Value::Null)
        .await;
    assert_eq!(gone.1["state"], "discarded");
    let (status, code, _) = firm.refused("mia", "POST", &publish, json!({})).await;
    assert_eq!((status, code.as_str()), (409, "not-a-draft"));
    let list = firm.world.get("mia", "/api/v1/scenarios").await;
    assert_eq!(list["scenarios"], json!([]));
}

#[tokio::test]
async fn where_approval_is_needed_nobody_approves_their_own() {
    let firm = Firm::new().await;
    let settings = "/api/v1/scenarios/settings";
    let (status, _) = firm
        .world
        .ask("mia", "PUT", settings, json!({ "approval_needed": true }))
        .await;
    assert_eq!(status, StatusCode::OK);
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    let path = |what: &str| format!("/api/v1/scenarios/{id}/{what}");
    let (status, code, _) = firm.refused("mia", "POST", &path("publish"), json!({})).await;
    assert_eq!((status, code.as_str()), (409, "approval-needed"));
    firm.world
        .post("mia", &path("request"), json!({ "text": "Please look" }))
        .await;
    let (status, code, _) = firm.refused("mia", "POST", &path("approve"), json!({})).await;
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    let (status, code, _) = firm
        .refused("max", "POST", &path("request-changes"), json!({}))
        .await;
    assert_eq!((status, code.as_str()), (400, "required"));
    firm.world
        .post("max", &path("request-changes"), json!({ "text": "W2 too" }))
        .await;
    let w2 = firm.places[1].clone();
    firm.operate(
        &id,
        json!({ "kind": "move", "to": firm.east, "location_ids": [w2] }),
    )
    .await;
    firm.world.post("mia", &path("request"), json!({})).await;
    let approved = firm
        .world
        .post("max", &path("approve"), json!({ "text": "Good" }))
        .await;
    assert_eq!(approved["scenario"]["state"], "approved");
    assert_eq!(approved["scenario"]["approved_by"], "Max");
    // Whoever edits after that asks again.
    firm.world.post("mia", &path("undo"), Value::Null).await;
    let edited = firm.world.get("mia", &format!("/api/v1/scenarios/{id}")).await;
    assert_eq!(edited["state"], "draft");
    firm.world.post("max", &path("approve"), json!({})).await;
    let done = firm.publish("mia", &id).await;
    assert_eq!(done["moved"], 1);
    let said = firm.world.get("mia", &path("comments")).await;
    let kinds: Vec<&str> = said["comments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["request", "changes", "request", "approve", "approve", "publish"]
    );
}

#[tokio::test]
async fn a_date_comes_also_after_a_restart_and_the_future_knows_it() {
    let firm = Firm::new().await;
    let before = firm.hash().await;
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    // MONDAY is 2 March 2026, 09:00 in Berlin; the 10th begins there at 23:00 UTC of the 9th.
    let publish = format!("/api/v1/scenarios/{id}/publish");
    let queued = firm
        .world
        .post("mia", &publish, json!({ "from": "2026-03-10" }))
        .await;
    assert_eq!(queued["scenario"]["state"], "queued");
    let midnight = 1_773_097_200_000_i64;
    assert_eq!(queued["at"], midnight);
    assert_eq!(firm.hash().await, before);
    let queue = firm.world.get("mia", "/api/v1/territories/queue").await;
    assert_eq!(queue["queue"][0]["at"], midnight);
    // Questions of the future count it, to the millisecond.
    let hash = async |at: i64| {
        let path = format!("/api/v1/territories/hash?as_of={at}");
        firm.world.get("mia", &path).await["hash"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(hash(midnight - 1).await, before);
    let then = hash(midnight).await;
    assert_ne!(then, before);
    let w3 = &firm.places[2];
    let owner = async |at: i64| {
        let path = format!("/api/v1/locations/{w3}/ownership?as_of={at}");
        firm.world.get("mia", &path).await
    };
    assert_eq!(owner(midnight - 1).await["territory_name"], "West");
    let to_come = owner(midnight).await;
    assert_eq!(
        (&to_come["territory_name"], &to_come["owner_name"]),
        (&json!("East"), &json!("Ann"))
    );
    let overview = firm
        .world
        .get("mia", &format!("/api/v1/territories/overview?as_of={midnight}"))
        .await;
    let east = overview["territories"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["name"] == "East")
        .unwrap();
    assert_eq!(east["totals"]["accounts"], 3);
    // A queued one is not edited; it can be withdrawn and queued again.
    let (status, code, _) = firm
        .refused(
            "mia",
            "POST",
            &format!("/api/v1/scenarios/{id}/operations"),
            firm.strip(),
        )
        .await;
    assert_eq!((status, code.as_str()), (409, "not-a-draft"));
    let withdrawn = firm
        .world
        .post("mia", &format!("/api/v1/scenarios/{id}/withdraw"), Value::Null)
        .await;
    assert_eq!(withdrawn["scenario"]["state"], "draft");
    firm.world
        .post("mia", &publish, json!({ "from": "2026-03-10" }))
        .await;
    // Nothing happens a moment before.
    firm.world.set_time(midnight - 1);
    crate::scenarios::queue::run_due(&firm.world.app).await.unwrap();
    assert_eq!(firm.hash().await, before);
    // The server was off at midnight; two hours later it does what was due, from midnight.
    firm.world.set_time(midnight + 7_200_000);
    crate::scenarios::queue::run_due(&firm.world.app).await.unwrap();
    firm.world.settle().await;
    assert_eq!(firm.hash().await, then, "as it was foretold");
    assert_eq!(hash(midnight - 1).await, before);
    assert_eq!(hash(midnight).await, then);
    let published = firm.world.get("mia", &format!("/api/v1/scenarios/{id}")).await;
    assert_eq!(
        (&published["state"], &published["published_at"]),
        (&json!("published"), &json!(midnight))
    );
    assert!(firm.world.app.store.verify().await.unwrap().broken.is_none());
}
