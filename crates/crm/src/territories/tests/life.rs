//! Drawing, pins that move, and the owner of a past day.

use serde_json::{Value, json};

use super::*;
use crate::test_world::{DAY, MONDAY, square};

async fn draws_and_undoes(world: World) {
    let (account, inside) = world
        .customer(
            "Bäckerei X",
            Some((13.25, 53.55)),
            json!({ "annual_revenue": 120_000 }),
        )
        .await;
    let (_, outside) = world.customer("Far away", Some((14.0, 54.0)), json!({})).await;
    let before = open_assignments(&world).await;
    let body = json!({ "name": "North", "geometry": square(13.2, 53.5, 13.3, 53.6), "owner_id": "rita" });
    let drawn = world.post("max", "/api/v1/territories/draw", body).await;
    assert_eq!(drawn["moved"], 1);
    assert_eq!(drawn["territory"]["owner_name"], "Rita");
    assert_eq!(drawn["territory"]["version"]["number"], 1);
    assert_eq!(drawn["territory"]["version"]["author_name"], "Max");
    assert_eq!(drawn["territory"]["totals"]["accounts"], 1);
    assert_eq!(drawn["territory"]["totals"]["revenue"], 120_000);
    assert_eq!(drawn["territory"]["geometry"]["type"], "MultiPolygon");

    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"].as_array().unwrap().len(), 1);
    assert_eq!(overview["without"]["locations"], 1);
    // One gap: the place far away.
    assert_eq!(overview["issues"], 1);
    assert_eq!(overview["people"][0]["name"], "Rita");

    let why = world
        .get("max", &format!("/api/v1/accounts/{account}/ownership"))
        .await;
    assert_eq!(why["location_id"], inside.as_str());
    assert_eq!(why["territory_name"], "North");
    assert_eq!(why["owner_name"], "Rita");
    assert_eq!(why["cause"], "polygon");
    assert_eq!(why["version_number"], 1);
    assert_eq!(why["author_name"], "Max");
    let decides: Vec<&Value> = why["ladder"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["decides"] == true)
        .collect();
    assert_eq!(decides.len(), 1);
    assert_eq!(decides[0]["rule"], "polygon");
    assert_eq!(decides[0]["text"], "Inside the drawn area of North");
    assert!(
        why["text"]
            .as_str()
            .unwrap()
            .starts_with("North, Rita, since 2026-03-02."),
        "{}",
        why["text"]
    );

    let nobody = world
        .get("max", &format!("/api/v1/locations/{outside}/ownership"))
        .await;
    assert_eq!(nobody["territory_id"], Value::Null);
    assert_eq!(nobody["since"], Value::Null);
    assert!(
        nobody["ladder"]
            .as_array()
            .unwrap()
            .iter()
            .all(|r| r["decides"] == false)
    );

    let undone = world.undo("max", &drawn["change_set"]).await;
    assert_eq!(undone["blocked_count"], 0);
    assert_eq!(open_assignments(&world).await, before);
    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"], json!([]));
    // The map shows it too.
    let rows = world
        .get(
            "max",
            "/api/v1/customers?filter=territory_id IS NULL"
                .replace(' ', "%20")
                .as_str(),
        )
        .await;
    assert_eq!(rows["count"], 2);
}

#[tokio::test]
async fn drawing_assigns_and_one_undo_takes_all_of_it_back() {
    draws_and_undoes(World::new().await).await;
}

#[tokio::test]
async fn drawing_assigns_and_one_undo_takes_all_of_it_back_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        draws_and_undoes(world).await;
    }
}

#[tokio::test]
async fn a_border_that_crosses_itself_is_refused_and_nothing_is_written() {
    let world = World::new().await;
    let bow = json!({ "type": "Polygon", "coordinates": [[[13.0, 53.0], [13.2, 53.2], [13.2, 53.0], [13.0, 53.2], [13.0, 53.0]]] });
    let before = world.store().last_seq().await.unwrap();
    let (status, problem) = world
        .ask(
            "max",
            "POST",
            "/api/v1/territories/draw",
            json!({ "name": "Bow", "geometry": bow }),
        )
        .await;
    assert_eq!(status, 400);
    assert_eq!(problem["faults"][0]["pointer"], "/geometry");
    assert_eq!(problem["faults"][0]["code"], "crosses-itself");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("13.100000, 53.100000"),
        "{problem}"
    );
    assert_eq!(world.store().last_seq().await.unwrap(), before);
    // In a preview it is an answer with the place to show.
    let preview = world
        .post(
            "max",
            "/api/v1/territories/preview",
            json!({ "territory_id": null, "geometry": bow }),
        )
        .await;
    let near = |value: &Value, to: f64| (value.as_f64().unwrap() - to).abs() < 1e-9;
    assert!(
        near(&preview["problem"]["lng"], 13.1) && near(&preview["problem"]["lat"], 53.1),
        "{preview}"
    );
    assert_eq!(preview["sides"], json!([]));
}

#[tokio::test]
async fn a_place_on_a_shared_border_has_exactly_one_territory() {
    let world = World::new().await;
    let (_, on_border) = world
        .customer("On the border", Some((13.25, 53.55)), json!({}))
        .await;
    let (_, corner) = world
        .customer("On the corner", Some((13.25, 53.6)), json!({}))
        .await;
    draw(&world, "West", square(13.2, 53.5, 13.25, 53.6)).await;
    // The western area had it while it was alone: nobody else claims the border.
    assert_eq!(holders(&world).await[&on_border], "West");
    draw(&world, "East", square(13.25, 53.5, 13.3, 53.6)).await;
    draw(&world, "North", square(13.2, 53.6, 13.3, 53.7)).await;
    let holders = holders(&world).await;
    // Left and lower borders belong to an area, right and upper ones do not.
    assert_eq!(holders[&on_border], "East");
    assert_eq!(holders[&corner], "North");
    let why = world
        .get("max", &format!("/api/v1/locations/{on_border}/ownership"))
        .await;
    assert_eq!(why["history"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_pin_that_moves_over_the_border_changes_hands_with_reason_and_history() {
    let world = World::new().await;
    let (_, location) = world
        .customer("Bäckerei X", Some((13.22, 53.55)), json!({}))
        .await;
    draw(&world, "West", square(13.2, 53.5, 13.25, 53.6)).await;
    draw(&world, "East", square(13.25, 53.5, 13.3, 53.6)).await;
    world.set_time(MONDAY + DAY);
    let path = format!("/api/v1/locations/{location}");
    let (status, moved) = world
        .ask(
            "max",
            "PATCH",
            &path,
            json!({ "fields": { "lng": 13.28, "lat": 53.55 } }),
        )
        .await;
    assert_eq!(status, 200, "{moved}");
    assert_eq!(holders(&world).await[&location], "East");
    let reason = &open_assignments(&world).await[&(location.clone(), String::new())]["reason"];
    assert_eq!(reason["winner"]["territory"], "East");
    assert_eq!(reason["decided_by"], "only_claim");
    assert_eq!(reason["place"], json!([13.28, 53.55]));

    let why = world.get("max", &format!("{path}/ownership")).await;
    let history = why["history"].as_array().unwrap();
    assert_eq!(history[0]["territory_name"], "East");
    assert_eq!(history[1]["territory_name"], "West");
    assert_eq!(history[1]["to"], history[0]["from"]);
    let past = world
        .get("max", &format!("{path}/ownership?as_of={}", MONDAY + DAY / 2))
        .await;
    assert_eq!(past["territory_name"], "West");
    assert!(
        past["ladder"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["decides"] == true && r["text"] == "Inside the drawn area of West")
    );

    // Undoing the move takes the assignment back, and says so.
    world.undo("max", &moved["change_set"]).await;
    assert_eq!(holders(&world).await[&location], "West");
    let why = world.get("max", &format!("{path}/ownership")).await;
    assert_eq!(why["history"][0]["territory_name"], "West");
    assert_eq!(why["history"][0]["to"], Value::Null);
    let taken_back = why["history"]
        .as_array()
        .unwrap()
        .iter()
        .find(|h| h["text"] == "Taken back")
        .unwrap();
    assert_eq!(taken_back["territory_name"], "East");
    // As we knew on the day in between, it was East.
    let known = world
        .get(
            "max",
            &format!("{path}/ownership?known_at={}", MONDAY + DAY + 500),
        )
        .await;
    let _ = known;
}

#[tokio::test]
async fn the_owner_of_a_past_day_is_who_it_was() {
    let world = World::new().await;
    let (_, location) = world.customer("Acme", Some((13.25, 53.55)), json!({})).await;
    let body = json!({ "name": "North", "geometry": square(13.2, 53.5, 13.3, 53.6), "owner_id": "rita" });
    let drawn = world.post("max", "/api/v1/territories/draw", body).await;
    let id = id_of(&drawn);
    world.set_time(MONDAY + 30 * DAY);
    let given = world
        .post(
            "max",
            &format!("/api/v1/territories/{id}/owner"),
            json!({ "user_id": "rolf" }),
        )
        .await;
    assert_eq!(given["territory"]["owner_name"], "Rolf");
    assert_eq!(given["moved"], 0);
    world.set_time(MONDAY + 60 * DAY);
    let reshaped = world
        .ask(
            "max",
            "PUT",
            &format!("/api/v1/territories/{id}/geometry"),
            json!({ "geometry": square(13.4, 53.5, 13.5, 53.6) }),
        )
        .await;
    assert_eq!(reshaped.0, 200);
    assert_eq!(reshaped.1["moved"], 1);
    assert_eq!(reshaped.1["territory"]["version"]["number"], 2);

    let at = async |day: i64| {
        world
            .get(
                "max",
                &format!(
                    "/api/v1/locations/{location}/ownership?as_of={}",
                    MONDAY + day * DAY
                ),
            )
            .await
    };
    assert_eq!(at(15).await["owner_name"], "Rita");
    assert_eq!(at(45).await["owner_name"], "Rolf");
    assert_eq!(at(75).await["territory_id"], Value::Null);
    let history = at(75).await["history"].clone();
    let spans: Vec<(&str, i64)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|h| {
            (
                h["owner_name"].as_str().unwrap(),
                (h["to"].as_i64().unwrap() - MONDAY) / DAY,
            )
        })
        .collect();
    assert_eq!(spans, [("Rolf", 60), ("Rita", 30)]);

    let overview = async |day: i64| {
        world
            .get(
                "max",
                &format!("/api/v1/territories/overview?as_of={}", MONDAY + day * DAY),
            )
            .await
    };
    let past = overview(15).await;
    assert_eq!(past["territories"][0]["owner_name"], "Rita");
    assert_eq!(past["territories"][0]["totals"]["accounts"], 1);
    assert_eq!(past["territories"][0]["version"]["number"], 1);
    let now = overview(75).await;
    assert_eq!(now["territories"][0]["owner_name"], "Rolf");
    assert_eq!(now["territories"][0]["totals"]["accounts"], 0);
    assert_eq!(overview(-1).await["territories"], json!([]));
}
