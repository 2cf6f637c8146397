//! Dates that were wrong, what-ifs, fairness.

use serde_json::{Value, json};

use super::*;
use crate::test_world::{DAY, MONDAY, square};

async fn a_wrong_date(world: World) {
    let (account, location) = world.customer("Acme", Some((13.25, 53.55)), json!({})).await;
    let area = square(13.2, 53.5, 13.3, 53.6);
    let body = json!({ "name": "South", "geometry": area, "owner_id": "rolf" });
    world.post("max", "/api/v1/territories/draw", body).await;
    // On day 30 North takes over; that it did so on day 20 is known only on day 40.
    world.set_time(MONDAY + 30 * DAY);
    let body = json!({ "name": "North", "geometry": area, "owner_id": "rita", "location_ids": [location] });
    let north = id_of(&world.post("max", "/api/v1/territories/draw", body).await);
    world.set_time(MONDAY + 40 * DAY);
    let who = async |at: i64, known_at: Option<i64>| {
        let known = known_at
            .map(|k| format!("&known_at={}", MONDAY + k * DAY + DAY / 2))
            .unwrap_or_default();
        let path = format!(
            "/api/v1/accounts/{account}/ownership?as_of={}{known}",
            MONDAY + at * DAY + DAY / 2
        );
        let answer = world.get("max", &path).await;
        (
            answer["territory_name"].as_str().unwrap_or("none").to_owned(),
            answer["owner_name"].as_str().unwrap_or("none").to_owned(),
        )
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(who(25, None).await, pair("South", "Rolf"));
    let path = format!("/api/v1/territories/{north}/began");
    let corrected = world.post("max", &path, json!({ "from": "2026-03-22" })).await;
    assert_eq!(corrected["territory"]["version"]["number"], 1);
    // As we know now; and as we believed before the correction.
    let staffed = json!({ "members": [{ "user_id": "rita", "role": "owner" }], "from": "2026-03-22" });
    put(&world, &format!("/api/v1/territories/{north}/members"), staffed).await;
    world.set_time(MONDAY + 50 * DAY);
    assert_eq!(who(25, None).await, pair("North", "Rita"));
    assert_eq!(who(25, Some(45)).await, pair("North", "Rita"));
    assert_eq!(
        who(25, Some(35)).await,
        pair("South", "Rolf"),
        "what was believed then stays"
    );
    assert_eq!(who(35, Some(35)).await, pair("North", "Rita"));
    assert_eq!(who(10, None).await, pair("South", "Rolf"));
    assert_eq!(who(10, Some(35)).await, pair("South", "Rolf"));
    let history = world
        .get("max", &format!("/api/v1/accounts/{account}/ownership"))
        .await["history"]
        .clone();
    let now: Vec<&Value> = history
        .as_array()
        .unwrap()
        .iter()
        .filter(|h| h["superseded_at"].is_null())
        .collect();
    assert_eq!(now.len(), 2, "{history:#}");
    assert_eq!(
        (&now[0]["territory_name"], &now[0]["from"]),
        (&json!("North"), &now[1]["to"])
    );
    assert!(
        history
            .as_array()
            .unwrap()
            .iter()
            .any(|h| h["text"] == "Corrected"),
        "{history:#}"
    );
    // Nothing is assigned twice, and what the rules say is what is on record.
    assert_eq!(holders(&world).await[&location], "North");
    let (status, problem) = world
        .ask("max", "POST", &path, json!({ "from": "2027-01-01" }))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["code"]),
        (400, &json!("in-the-future"))
    );
    // Later than it was believed: South had it for longer.
    let later = world.post("max", &path, json!({ "from": "2026-03-27" })).await;
    assert_eq!(who(23, None).await, pair("South", "Rolf"));
    assert_eq!(who(26, None).await.0, "North");
    // Each correction is taken back as a whole.
    world.undo("max", &later["change_set"]).await;
    assert_eq!(who(23, None).await.0, "North");
    world.undo("max", &corrected["change_set"]).await;
    assert_eq!(who(25, None).await, pair("South", "Rolf"));
    assert_eq!(who(35, None).await.0, "North");
}

#[tokio::test]
async fn a_wrong_date_in_the_past_is_corrected_and_both_views_are_kept_apart() {
    a_wrong_date(World::new().await).await;
}

#[tokio::test]
async fn a_wrong_date_in_the_past_is_corrected_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        a_wrong_date(world).await;
    }
}

#[tokio::test]
async fn what_if_it_went_to_the_neighbour_is_what_then_happens() {
    let world = World::new().await;
    let mut border = String::new();
    for i in 0..24 {
        let lng = 13.205 + 0.005 * f64::from(i);
        let facts = json!({ "annual_revenue": 100 * (i + 1) });
        let (_, location) = world
            .customer(
                &format!("C{i}"),
                Some((lng, 53.55 + 0.001 * f64::from(i % 5))),
                facts,
            )
            .await;
        if i == 11 {
            border = location;
        }
    }
    draw(&world, "West", square(13.2, 53.5, 13.2625, 53.6)).await;
    let east = id_of(&draw(&world, "East", square(13.2625, 53.5, 13.33, 53.6)).await);
    draw(&world, "Far", square(14.0, 53.5, 14.1, 53.6)).await;
    let path = format!("/api/v1/locations/{border}/alternatives");
    let asked = world.get("max", &path).await;
    assert_eq!(asked["territory"]["name"], "West");
    let first = &asked["alternatives"][0];
    assert_eq!(
        (&first["territory"]["name"], &first["is_beside"]),
        (&json!("East"), &json!(true)),
        "{asked:#}"
    );
    assert!(first["distance_km"].as_f64().unwrap() > 0.0);
    let far = asked["alternatives"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["territory"]["name"] == "Far")
        .unwrap();
    assert_eq!(far["is_beside"], false);
    let sides = first["sides"].as_array().unwrap();
    let side = |name: &str| sides.iter().find(|s| s["name"] == name).unwrap();
    // The twelfth customer has 1,200 of revenue.
    let change = |name: &str| {
        side(name)["after"]["revenue"].as_i64().unwrap() - side(name)["before"]["revenue"].as_i64().unwrap()
    };
    assert_eq!((change("East"), change("West")), (1200, -1200));
    // Doing it gives just these figures.
    world
        .post(
            "max",
            &format!("/api/v1/territories/{east}/take"),
            json!({ "location_ids": [border] }),
        )
        .await;
    let overview = world.get("max", "/api/v1/territories/overview").await;
    for name in ["East", "West"] {
        let now = overview["territories"]
            .as_array()
            .unwrap()
            .iter()
            .find(|t| t["name"] == name)
            .unwrap();
        assert_eq!(now["totals"], side(name)["after"], "{name}");
    }
    // A place that nobody has.
    let (_, nobody) = world.customer("Nobody's", Some((13.4, 53.55)), json!({})).await;
    let asked = world
        .get("max", &format!("/api/v1/locations/{nobody}/alternatives"))
        .await;
    assert_eq!(asked["territory"], Value::Null);
    assert_eq!(asked["alternatives"][0]["territory"]["name"], "East");
}

#[tokio::test]
async fn the_fairness_page_says_who_changed_hands_and_shows_a_rep_the_own_row() {
    let world = World::new().await;
    for i in 0..4 {
        let lng = 13.22 + 0.02 * f64::from(i);
        world
            .customer(
                &format!("C{i}"),
                Some((lng, 53.55)),
                json!({ "annual_revenue": 100 }),
            )
            .await;
    }
    let draw_for = async |name: &str, area: Value, user: &str| {
        let body = json!({ "name": name, "geometry": area, "owner_id": user });
        id_of(&world.post("max", "/api/v1/territories/draw", body).await)
    };
    // C0 and C1 lie west, C2 and C3 east.
    draw_for("West", square(13.2, 53.5, 13.25, 53.6), "rita").await;
    let east = draw_for("East", square(13.25, 53.5, 13.3, 53.6), "rolf").await;
    world.set_time(MONDAY + 10 * DAY);
    // Rolf's border moves west: it takes C1.
    let area = square(13.23, 53.5, 13.3, 53.6);
    let west = world.get("max", "/api/v1/territories/overview").await["territories"][1]["id"].clone();
    put(
        &world,
        &format!("/api/v1/territories/{}/geometry", west.as_str().unwrap()),
        json!({ "geometry": square(13.2, 53.5, 13.23, 53.6) }),
    )
    .await;
    put(
        &world,
        &format!("/api/v1/territories/{east}/geometry"),
        json!({ "geometry": area }),
    )
    .await;
    let page = world
        .get(
            "max",
            &format!("/api/v1/territories/fairness?since={}", MONDAY + 5 * DAY),
        )
        .await;
    let rows = page["people"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|r| r["name"] == name).unwrap();
    assert_eq!(
        (&row("Rita")["gained"], &row("Rita")["lost"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(
        (&row("Rolf")["gained"], &row("Rolf")["lost"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        (&page["disrupted"], &page["continuity"]),
        (&json!(1), &json!(0.75))
    );
    assert_eq!(
        (&row("Rolf")["customers"], &row("Rolf")["revenue"]),
        (&json!(3.0), &json!(300))
    );
    assert_eq!(row("Rolf")["drive_is_estimate"], true);
    // 1 and 3: the most is 1.5 times the mean.
    assert_eq!(page["distribution"][0]["max_to_mean"], 1.5);

    let own = world.get("rita", "/api/v1/territories/fairness").await;
    assert_eq!(own["people"].as_array().unwrap().len(), 1);
    assert_eq!(own["people"][0]["name"], "Rita");
    assert_eq!(
        (&own["distribution"], &own["continuity"]),
        (&json!([]), &Value::Null)
    );

    // An accepted cycle replaces the estimate: 7 hours in two weeks.
    let body = json!({ "people": [{ "user_id": "rolf", "met": 3, "asked": 3, "drive_s": 25_200 }] });
    const SQL: &str = "insert into cycles (id, user_id, created_at, first_day, last_day, state, question, body) \
                       values ('c', 'max', 1, '2026-03-02', '2026-03-15', 'accepted', '{}', $1)";
    let db = world.store().db();
    records::on_db!(write db, pool => sqlx::query(SQL).bind(body.to_string()).execute(pool).await.map(|_| ())).unwrap();
    let page = world.get("max", "/api/v1/territories/fairness").await;
    let rolf = page["people"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["name"] == "Rolf")
        .unwrap()
        .clone();
    assert_eq!(
        (&rolf["drive_hours"], &rolf["drive_is_estimate"]),
        (&json!(3.5), &json!(false))
    );
    assert_eq!(page["cycle"], json!(["2026-03-02", "2026-03-15"]));
}
