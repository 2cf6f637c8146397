//! Scenarios of territories: branched, looked at, published in one piece however hard the server dies, and taken back
//! to the very same state.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, World, customer, list, number, scenario, text, wait};

scenario!(
    a_scenario_is_published_and_taken_back_to_the_very_same_state,
    a_publication_is_whole_or_not_at_all_when_the_server_is_killed,
    what_waits_for_its_date_survives_a_restart
);

/// A rectangle from west to east, over the latitudes of the town.
fn area(west: f64, east: f64) -> Value {
    json!({"type": "Polygon", "coordinates": [[[west, 53.5], [east, 53.5], [east, 53.6], [west, 53.6], [west, 53.5]]]})
}

async fn draw(client: &Client, name: &str, west: f64, east: f64, owner: &str) -> String {
    let body = json!({"name": name, "geometry": area(west, east), "owner_id": owner});
    let drawn = client.post("/api/v1/territories/draw", body).await.ok();
    text(&drawn["territory"]["id"])
}

async fn hash(client: &Client, query: &str) -> String {
    text(&client.get(&format!("/api/v1/territories/hash{query}")).await.ok()["hash"])
}

async fn a_scenario_is_published_and_taken_back_to_the_very_same_state(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let (colleague, admin) = (world.sign_in("colleague").await, world.sign_in("admin").await);
    let mut places = Vec::new();
    for (name, lng) in [("West", 13.22), ("Middle", 13.26), ("East", 13.29)] {
        let fields = json!({"name": name, "type": "customer", "annual_revenue": 100});
        places.push(
            customer(&manager, fields, json!({"lng": lng, "lat": 53.55}))
                .await
                .1,
        );
    }
    let left = draw(&manager, "Left", 13.2, 13.28, &rep.user()).await;
    let right = draw(&manager, "Right", 13.28, 13.3, &colleague.user()).await;
    let before = hash(&manager, "").await;
    let began = number(&manager.get("/api/v1/session").await.ok()["now"]);

    let made = manager.post("/api/v1/scenarios", json!({})).await.ok();
    let id = text(&made["id"]);
    let path = |what: &str| format!("/api/v1/scenarios/{id}/{what}");
    let strip = json!({"kind": "move", "to": right, "geometry": area(13.25, 13.28)});
    let card = manager.post(&path("preview"), strip.clone()).await.ok();
    assert_eq!(card["moved_count"], 1, "{card:#}");
    let done = manager.post(&path("operations"), strip).await.ok();
    assert_eq!(done["operation"]["title"], "1 place: Left → Right");
    let totals = manager.get(&path("totals")).await.ok();
    let row = list(&totals["rows"])
        .iter()
        .find(|r| r["territory_id"] == right.as_str())
        .unwrap()
        .clone();
    assert_eq!(
        (&row["before"]["accounts"], &row["after"]["accounts"]),
        (&json!(1), &json!(2))
    );
    let diff = manager.get(&path("diff")).await.ok();
    assert_eq!(diff["groups"][0]["revenue"], 100);
    assert_eq!(hash(&manager, "").await, before, "so far it is only a thought");

    let published = manager.post(&path("publish"), json!({})).await.ok();
    assert_eq!(published["moved"], 1);
    let after = hash(&manager, "").await;
    assert_ne!(after, before);
    // The colleague sees the customer, the rep no longer; and each has a list with the reason.
    colleague
        .get(&format!("/api/v1/customers/{}", places[1]))
        .await
        .ok();
    rep.get(&format!("/api/v1/customers/{}", places[1]))
        .await
        .refused(404, "not-found");
    let moves = rep.get("/api/v1/moves").await.ok();
    assert_eq!(moves["publications"][0]["lost"][0]["name"], "Middle");
    // One change set holds all of it.
    let set = text(&published["change_set"]);
    let sets = manager.get("/api/v1/change-sets?limit=5").await.ok();
    let listed = list(&sets["change_sets"])
        .iter()
        .find(|s| s["id"] == set.as_str())
        .unwrap()
        .clone();
    // 2 versions end and 2 begin, 1 assignment ends and 1 begins, the scenario and its history: 8.
    assert_eq!(listed["changes"], 8, "{listed:#}");
    manager
        .post(&format!("/api/v1/change-sets/{set}/undo"), json!({}))
        .await
        .refused(409, "revert-instead");

    let reverted = manager.post(&path("revert"), json!({})).await.ok();
    assert_eq!(reverted["scenario"]["state"], "reverted");
    assert_eq!(hash(&manager, "").await, before);
    assert_eq!(hash(&manager, &format!("?as_of={began}")).await, before);
    let owner = manager
        .get(&format!("/api/v1/locations/{}/ownership", places[1]))
        .await
        .ok();
    assert_eq!(owner["territory_id"], left.as_str());
    // The history has all three spans, the revert among them.
    assert_eq!(list(&owner["history"]).len(), 3, "{owner:#}");
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);
    for (who, client) in [("rep", &rep), ("analyst", &world.sign_in("analyst").await)] {
        let refused = client.get("/api/v1/scenarios").await;
        assert_eq!(refused.status.as_u16(), 403, "{who}");
    }
}

/// Customers of the publication that is killed: enough for it to take a while.
const ROWS: usize = 2_000;

async fn a_publication_is_whole_or_not_at_all_when_the_server_is_killed(mut world: World) {
    let manager = world.sign_in("manager").await;
    let rows: String = (1..=ROWS)
        .map(|i| format!("C-{i},Firm {i},13.{:05},53.55\n", 20_000 + i))
        .collect();
    let table = format!("Kundennummer,Name,lng,lat\n{rows}");
    let import = manager.upload("many.csv", table.into_bytes()).await.ok();
    let job = manager
        .post(&format!("/api/v1/imports/{}/run", text(&import["id"])), json!({}))
        .await
        .ok();
    wait::job_done(&manager, &job).await;
    let owner = manager.user();
    let all = draw(&manager, "All", 13.2, 13.3, &owner).await;
    let none = draw(&manager, "Elsewhere", 13.3, 13.4, &owner).await;
    let before = hash(&manager, "").await;
    let made = manager
        .post("/api/v1/scenarios", json!({"name": "Everybody moves"}))
        .await
        .ok();
    let id = text(&made["id"]);
    let change = json!({"kind": "remove", "territory_id": all, "to": none});
    manager
        .post(&format!("/api/v1/scenarios/{id}/operations"), change)
        .await
        .ok();

    // Killed sooner and later, until once it was through.
    let mut after: Option<String> = None;
    let mut killed_before_the_end = 0;
    for attempt in 1..=24_u32 {
        let manager = world.sign_in("manager").await;
        let request = manager
            .request(Method::POST, &format!("/api/v1/scenarios/{id}/publish"))
            .json(&json!({}));
        let publishing = manager.try_send(request);
        // Half as long again each time, so that the end is reached on any machine.
        let pause = Duration::from_millis(20).mul_f64(1.5_f64.powf(f64::from(attempt - 1)));
        let pause = tokio::time::sleep(pause);
        tokio::select! { _ = publishing => {}, () = pause => {} }
        world.kill_and_restart().await;
        let manager = world.sign_in("manager").await;
        let (now, state) = (
            hash(&manager, "").await,
            text(&manager.get(&format!("/api/v1/scenarios/{id}")).await.ok()["state"]),
        );
        if state == "published" {
            after = Some(now);
            break;
        }
        killed_before_the_end += 1;
        assert_eq!(state, "draft", "attempt {attempt}");
        assert_eq!(now, before, "attempt {attempt}: nothing half done");
    }
    println!("killed {killed_before_the_end} times before it was through");
    let after = after.expect("it is through in the end");
    assert!(
        killed_before_the_end > 0,
        "the first kill comes long before the end"
    );
    assert_ne!(after, before);
    let manager = world.sign_in("manager").await;
    let overview = manager.get("/api/v1/territories/overview").await.ok();
    assert_eq!(overview["territories"][0]["totals"]["accounts"], ROWS);
    assert_eq!(overview["without"]["locations"], 0);
    let reverted = manager
        .post(&format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await
        .ok();
    assert_eq!(reverted["moved"], ROWS);
    assert_eq!(hash(&manager, "").await, before);
    let admin = world.sign_in("admin").await;
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);
}

async fn what_waits_for_its_date_survives_a_restart(mut world: World) {
    let manager = world.sign_in("manager").await;
    let fields = json!({"name": "Middle", "type": "customer"});
    let (_, place) = customer(&manager, fields, json!({"lng": 13.26, "lat": 53.55})).await;
    let owner = manager.user();
    draw(&manager, "Left", 13.2, 13.28, &owner).await;
    let right = draw(&manager, "Right", 13.28, 13.3, &owner).await;
    let made = manager.post("/api/v1/scenarios", json!({})).await.ok();
    let id = text(&made["id"]);
    let strip = json!({"kind": "move", "to": right, "geometry": area(13.25, 13.28)});
    manager
        .post(&format!("/api/v1/scenarios/{id}/operations"), strip)
        .await
        .ok();
    let today: jiff::civil::Date = text(&manager.get("/api/v1/session").await.ok()["today"])
        .parse()
        .unwrap();
    let day = today.checked_add(jiff::Span::new().days(20)).unwrap();
    let queued = manager
        .post(
            &format!("/api/v1/scenarios/{id}/publish"),
            json!({"from": day.to_string()}),
        )
        .await
        .ok();
    assert_eq!(queued["scenario"]["state"], "queued");
    let at = number(&queued["at"]);
    world.kill_and_restart().await;
    let manager = world.sign_in("manager").await;
    let queue = manager.get("/api/v1/territories/queue").await.ok();
    assert_eq!(queue["queue"][0]["at"], at, "it waits after a restart too");
    let owner = async |moment: i64| {
        let path = format!("/api/v1/locations/{place}/ownership?as_of={moment}");
        manager.get(&path).await.ok()["territory_name"].clone()
    };
    assert_eq!(owner(at - 1).await, "Left");
    assert_eq!(owner(at).await, "Right");
    manager
        .post(&format!("/api/v1/scenarios/{id}/withdraw"), json!({}))
        .await
        .ok();
    assert_eq!(
        manager
            .get(&format!("/api/v1/locations/{place}/ownership?as_of={at}"))
            .await
            .ok()["territory_name"],
        "Left"
    );
}
