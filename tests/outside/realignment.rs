//! Changing who has what, line by line as it is promised: two managers at once, a scenario on territories that are no longer,
//! objections, and what a scenario costs.

use serde_json::{Value, json};

use crate::harness::{Client, World, customer, list, number, scenario, text, wait};

scenario!(
    of_two_managers_who_publish_at_once_one_wins_and_the_other_decides,
    of_three_objections_one_is_accepted,
    what_a_scenario_costs_and_how_many_reps_it_takes
);

/// A Monday far enough ahead that nothing is over.
const MONDAY: &str = "2099-01-05";

pub fn area(west: f64, east: f64) -> Value {
    json!({"type": "Polygon", "coordinates": [[[west, 53.5], [east, 53.5], [east, 53.6], [west, 53.6], [west, 53.5]]]})
}

pub async fn place(client: &Client, name: &str, lng: f64, lat: f64, code: &str) -> String {
    let fields = json!({"name": name, "type": "customer", "annual_revenue": 100});
    let at = json!({"lng": lng, "lat": lat, "postal_code": code});
    customer(client, fields, at).await.1
}

pub async fn draw(client: &Client, body: Value) -> (String, Value) {
    let drawn = client.post("/api/v1/territories/draw", body).await.ok();
    (text(&drawn["territory"]["id"]), drawn["territory"].clone())
}

async fn operate(client: &Client, scenario: &str, change: Value) -> Value {
    let path = format!("/api/v1/scenarios/{scenario}/operations");
    client.post(&path, change).await.ok()
}

async fn begin(client: &Client) -> String {
    text(&client.post("/api/v1/scenarios", json!({})).await.ok()["id"])
}

pub async fn owner(client: &Client, place: &str, query: &str) -> Value {
    let path = format!("/api/v1/locations/{place}/ownership{query}");
    client.get(&path).await.ok()["territory_name"].clone()
}

async fn of_two_managers_who_publish_at_once_one_wins_and_the_other_decides(world: World) {
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    let middle = place(&manager, "Middle", 13.26, 53.55, "17033").await;
    let far = place(&manager, "Far", 13.21, 53.55, "17033").await;
    for (name, west, east) in [
        ("Left", 13.2, 13.28),
        ("Right", 13.28, 13.3),
        ("Third", 13.3, 13.32),
    ] {
        draw(&manager, json!({"name": name, "geometry": area(west, east)})).await;
    }
    let overview = manager.get("/api/v1/territories/overview").await.ok();
    let id_of = |name: &str| {
        let all = list(&overview["territories"]);
        text(&all.iter().find(|t| t["name"] == name).expect("it is there")["id"])
    };
    let strip = |to: &str| json!({"kind": "move", "to": id_of(to), "geometry": area(13.25, 13.28)});
    // Both move the same customer, each elsewhere; the second moves another one besides.
    let (first, second) = (begin(&manager).await, begin(&admin).await);
    operate(&manager, &first, strip("Right")).await;
    operate(&admin, &second, strip("Third")).await;
    operate(
        &admin,
        &second,
        json!({"kind": "move", "to": id_of("Third"), "location_ids": [far]}),
    )
    .await;
    let publish = |id: &str| format!("/api/v1/scenarios/{id}/publish");
    let (path_a, path_b) = (publish(&first), publish(&second));
    let (a, b) = tokio::join!(manager.post(&path_a, json!({})), admin.post(&path_b, json!({})));
    let statuses = [a.status.as_u16(), b.status.as_u16()];
    assert_eq!(
        statuses.iter().filter(|s| **s == 200).count(),
        1,
        "{} {}",
        a.text(),
        b.text()
    );
    let (winner, loser, refused) = if statuses[0] == 200 {
        ("Right", &second, b)
    } else {
        ("Third", &first, a)
    };
    assert_eq!(refused.status.as_u16(), 409);
    assert!(["conflicts", "superseded-by-another"].contains(&text(&refused.json()["code"]).as_str()));
    assert_eq!(owner(&manager, &middle, "").await, winner);
    assert_eq!(
        owner(&manager, &far, "").await,
        if winner == "Third" { "Third" } else { "Left" }
    );
    // The loser's base was superseded: what collides is named, what does not goes along.
    let merge = manager
        .get(&format!("/api/v1/scenarios/{loser}/merge"))
        .await
        .ok();
    assert_eq!(
        (&merge["superseded"], number(&merge["conflict_count"])),
        (&json!(true), 1),
        "{merge:#}"
    );
    assert_eq!(merge["conflicts"][0]["title"], "Middle");
    let update = format!("/api/v1/scenarios/{loser}/update");
    manager
        .post(&update, json!({"resolutions": []}))
        .await
        .refused(409, "conflicts");
    let decided = json!({"resolutions": [{"unit": merge["conflicts"][0]["unit"], "take": "yours"}]});
    manager.post(&update, decided).await.ok();
    manager.post(&publish(loser), json!({})).await.ok();
    let other = if winner == "Right" { "Third" } else { "Right" };
    assert_eq!(owner(&manager, &middle, "").await, other);
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);
}

async fn of_three_objections_one_is_accepted(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let colleague = world.sign_in("colleague").await;
    let mut places = Vec::new();
    for (name, lng) in [("One", 13.25), ("Two", 13.26), ("Three", 13.27)] {
        places.push(place(&manager, name, lng, 53.55, "17033").await);
    }
    let (left, _) = draw(
        &manager,
        json!({"name": "Left", "geometry": area(13.2, 13.28), "owner_id": rep.user()}),
    )
    .await;
    let (right, _) = draw(
        &manager,
        json!({"name": "Right", "geometry": area(13.28, 13.3), "owner_id": colleague.user()}),
    )
    .await;
    let id = begin(&manager).await;
    operate(
        &manager,
        &id,
        json!({"kind": "move", "to": right, "geometry": area(13.24, 13.28)}),
    )
    .await;
    let today: jiff::civil::Date = text(&manager.get("/api/v1/session").await.ok()["today"])
        .parse()
        .unwrap();
    let day = today.checked_add(jiff::Span::new().days(20)).unwrap();
    let path = |what: &str| format!("/api/v1/scenarios/{id}/{what}");
    manager
        .post(&path("publish"), json!({"from": day.to_string()}))
        .await
        .ok();
    let moves = rep.get("/api/v1/moves").await.ok();
    assert_eq!(moves["publications"][0]["lost_count"], 3, "{moves:#}");
    for one in &places {
        let body = json!({"location_id": one, "reason": "I have been there for ten years."});
        let answer = rep.post(&path("objections"), body).await;
        assert!(answer.status.is_success(), "{}", answer.text());
    }
    let open = manager.get(&path("objections")).await.ok();
    let open = list(&open["objections"]).clone();
    assert_eq!(open.len(), 3);
    let one = open
        .iter()
        .find(|o| o["location_id"] == places[1].as_str())
        .expect("Two is among them");
    let accepted = manager
        .post(
            &format!("/api/v1/objections/{}/accept", text(&one["id"])),
            json!({"answer": "Agreed."}),
        )
        .await;
    assert!(accepted.status.is_success(), "{}", accepted.text());
    // The diff is two now, and the rep keeps the third also when the day comes.
    let diff = manager.get(&path("diff")).await.ok();
    let moved: i64 = list(&diff["groups"]).iter().map(|g| number(&g["places"])).sum();
    assert_eq!(moved, 2, "{diff:#}");
    let at = number(&manager.get("/api/v1/territories/queue").await.ok()["queue"][0]["at"]);
    let query = format!("?as_of={at}");
    assert_eq!(owner(&manager, &places[1], &query).await, "Left");
    assert_eq!(owner(&manager, &places[0], &query).await, "Right");
    assert!(!left.is_empty());
}

async fn what_a_scenario_costs_and_how_many_reps_it_takes(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let colleague = world.sign_in("colleague").await;
    for (class, days) in [("A", 7), ("B", 14)] {
        let fields = json!({"class": class, "days": days, "duration_minutes": 45});
        manager.create("visit-frequencies", fields).await;
    }
    let hours = ["08:00", "16:30"];
    let shifts = json!({"mo": hours, "tu": hours, "we": hours, "th": hours, "fr": hours});
    for (who, lng) in [(&rep, 13.25), (&colleague, 13.29)] {
        let fields = json!({"user_id": who.user(), "home_label": "Home", "lng": lng, "lat": 53.5561, "shifts": shifts});
        manager.create("rep-calendars", fields).await;
    }
    for i in 0..24 {
        let (row, column) = (f64::from(i / 6), f64::from(i % 6));
        let class = if i % 2 == 0 { "A" } else { "B" };
        let fields = json!({"name": format!("C{i}"), "type": "customer", "class": class});
        let at = json!({"lng": 13.24 + column * 0.01, "lat": 53.55 + row * 0.004, "visit_minutes": 45});
        customer(&manager, fields, at).await;
    }
    let (left, _) = draw(
        &manager,
        json!({"name": "Left", "geometry": area(13.2, 13.285), "owner_id": rep.user()}),
    )
    .await;
    let (right, _) = draw(
        &manager,
        json!({"name": "Right", "geometry": area(13.285, 13.4), "owner_id": colleague.user()}),
    )
    .await;
    let id = begin(&manager).await;
    let path = |what: &str| format!("/api/v1/scenarios/{id}/{what}");
    assert_eq!(manager.get(&path("prices")).await.ok()["state"], "none");
    operate(
        &manager,
        &id,
        json!({"kind": "move", "to": right, "geometry": area(13.265, 13.285)}),
    )
    .await;
    let asked = manager
        .post(
            &path("prices"),
            json!({"weeks": 2, "first_day": MONDAY, "km_cost": 30, "hour_cost": 4000}),
        )
        .await
        .ok();
    wait::job_done(&manager, &asked["job"]).await;
    let priced = manager.get(&path("prices")).await.ok();
    assert_eq!(priced["state"], "ready", "{priced:#}");
    let rows = list(&priced["rows"]);
    assert_eq!(rows.len(), 2, "both whose customers change: {priced:#}");
    for row in rows {
        assert_eq!(row["message"], Value::Null, "{row:#}");
        assert!(row["before"]["visits"] != row["after"]["visits"], "{row:#}");
        assert!(row["after"]["cost"].is_number(), "{row:#}");
    }
    // The totals say so too, as planned and not as an estimate.
    let totals = manager.get(&path("totals")).await.ok();
    let row = list(&totals["rows"])
        .iter()
        .find(|r| r["territory_id"] == left.as_str())
        .expect("it is there")
        .clone();
    assert_eq!(row["after"]["drive_basis"], "plan", "{row:#}");
    let curve = manager
        .post(&path("sizes"), json!({"from": 1, "to": 4, "rep_cost": 100_000}))
        .await
        .ok();
    let points = list(&curve["points"]);
    assert_eq!(points.len(), 4);
    for (point, reps) in points.iter().zip(1..) {
        assert_eq!(point["reps"], reps);
        assert_eq!(list(&point["homes"]).len(), reps);
        let places: i64 = list(&point["homes"]).iter().map(|h| number(&h["places"])).sum();
        assert_eq!(
            (places, &point["cost"]),
            (24, &json!(100_000 * reps)),
            "{point:#}"
        );
    }
    let distance = |i: usize| points[i]["distance_km"].as_f64().expect("a distance");
    assert!(distance(3) < distance(0), "more reps live nearer: {curve:#}");
    // Nobody moves house: two live where their calendars say, of one the home that the work misses more, a third is new.
    let asked = json!({"from": 1, "to": 3, "homes": "pinned"});
    let curve = manager.post(&path("sizes"), asked).await.ok();
    let lives = |home: &Value| {
        let at = [&home["lng"], &home["lat"]].map(|v| (v.as_f64().expect("a place") * 1e6).round());
        (text(&home["user_id"]), at)
    };
    let mut two: Vec<_> = list(&curve["points"][1]["homes"]).iter().map(lives).collect();
    two.sort_by(|a, b| a.0.cmp(&b.0));
    let mut known = [(rep.user(), 13.25), (colleague.user(), 13.29)]
        .map(|(user, lng)| (user.to_owned(), [(lng * 1e6_f64).round(), 53.5561e6_f64.round()]));
    known.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(two, known, "{curve:#}");
    assert!(
        known.contains(&lives(&curve["points"][0]["homes"][0])),
        "{curve:#}"
    );
    let three = list(&curve["points"][2]["homes"]);
    assert_eq!(
        three.iter().filter(|h| h["user_id"].is_null()).count(),
        1,
        "{curve:#}"
    );
    manager
        .post(&path("sizes"), json!({"from": 5, "to": 4}))
        .await
        .refused(400, "out-of-range");

    // A step more, and the price is no longer this scenario's; the last one is asked again, published, and planned.
    operate(
        &manager,
        &id,
        json!({"kind": "set", "territory_id": left, "name": "West"}),
    )
    .await;
    assert_eq!(manager.get(&path("prices")).await.ok()["stale"], true);
    manager.post(&path("publish"), json!({})).await.ok();
    let asked = json!({"first_day": MONDAY, "weeks": 2, "users": [rep.user(), colleague.user()]});
    let cycle = manager.post("/api/v1/cycles", asked).await.ok();
    let address = format!("/api/v1/cycles/{}", text(&cycle["id"]));
    let cycle = wait::until("the end of planning a cycle", async || {
        let cycle = manager.get(&address).await.ok();
        (cycle["state"] != "planning").then_some(cycle)
    })
    .await;
    for row in rows {
        let planned = list(&cycle["rows"])
            .iter()
            .find(|r| r["user_id"] == row["user_id"])
            .expect("a row");
        let seconds = number(&planned["drive_s"]) + number(&planned["visit_s"]);
        let (is, predicted) = (
            seconds as f64 / 3600.0 / 2.0,
            row["after"]["hours"].as_f64().expect("hours"),
        );
        assert!(
            (is / predicted - 1.0).abs() <= 0.03,
            "predicted {predicted}, planned {is}: {row:#}"
        );
    }
}
