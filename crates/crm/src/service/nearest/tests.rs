//! Who is there first, by road and by the day so far.

use serde_json::{Value, json};

use crate::testing::TestApp;

/// Three reps with homes further and further from the case, and one who is away.
async fn team(world: &TestApp) -> Vec<(String, String)> {
    let mut reps = Vec::new();
    for (n, name) in ["Near", "Middle", "Far", "Away"].into_iter().enumerate() {
        let (id, token) = world.user("rep", name).await;
        let shifts = json!({ "mo": ["08:00", "16:30"] });
        world
            .create(
                "rep_calendar",
                json!({ "user_id": id, "home_label": "Home", "lng": 13.262 + 0.006 * n as f64, "lat": 53.557, "shifts": shifts }),
            )
            .await;
        reps.push((id, token));
    }
    world
        .create(
            "absence",
            json!({ "user_id": reps[3].0, "first_day": "2026-11-20", "last_day": "2026-11-27", "reason": "vacation" }),
        )
        .await;
    reps
}

fn names(found: &Value) -> Vec<&str> {
    let reps = found["reps"].as_array().into_iter().flatten();
    reps.filter_map(|rep| rep["name"].as_str()).collect()
}

async fn who_is_there_first(world: TestApp) {
    let (_, manager) = world.user("manager", "Maria").await;
    let reps = team(&world).await;
    let account = world
        .create("account", json!({ "name": "Firm", "type": "customer" }))
        .await;
    let place =
        json!({ "account_id": account, "lng": 13.2606, "lat": 53.5561, "geocode_status": "imported" });
    let place = world.create("location", place).await;
    let case = world
        .create(
            "case",
            json!({ "subject": "Leak", "kind": "request", "status": "new", "account_id": account }),
        )
        .await;
    let path = format!("/api/v1/cases/{case}/nearest");

    let found = world.ok("GET", &path, &manager, None).await;
    assert_eq!(names(&found), ["Near", "Middle", "Far"], "{found:#}");
    assert_eq!(found["not_sent"][0]["reason"], "absent", "{found:#}");
    for rep in found["reps"].as_array().unwrap() {
        let [sets_out, drive] = ["sets_out", "drive_seconds"].map(|name| rep[name].as_i64().unwrap());
        assert_eq!(sets_out, world.at("2026-11-23 09:00"), "{rep:#}");
        let late = rep["arrives"].as_i64().unwrap() - sets_out - drive * 1000;
        assert!(drive > 0 && late.abs() <= 500 && rep["from"] == "home", "{rep:#}");
    }

    // Far is at the place already, for half an hour, and promised somebody the next one.
    let there = world.at("2026-11-23 08:50");
    let visit = json!({ "account_id": account, "location_id": place, "owner_id": reps[2].0, "status": "in_progress",
        "planned_start": there, "check_in_at": there, "duration_minutes": 30 });
    let visit = world.create("visit", visit).await;
    let promised = world.at("2026-11-23 09:40");
    let next = json!({ "account_id": account, "location_id": place, "owner_id": reps[2].0, "status": "planned",
        "planned_start": promised, "promised_at": promised, "duration_minutes": 30 });
    world.create("visit", next).await;
    let found = world.ok("GET", &path, &manager, None).await;
    let far = found["reps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rep| rep["name"] == "Far")
        .unwrap();
    assert_eq!(far["from"], "visit", "{far:#}");
    assert_eq!(far["sets_out"].as_i64(), Some(there + 30 * 60_000), "{far:#}");
    assert_eq!(
        (far["next_visit_at"].as_i64(), &far["breaks_promise"]),
        (Some(promised), &json!(true))
    );

    // Checked out, Far sets out at once, and is there.
    let out = json!({ "status": "done", "check_out_at": world.at("2026-11-23 08:58") });
    let out = out.as_object().cloned().unwrap();
    world.write(vec![records::Op::update("visit", visit, out)]).await;
    let found = world.ok("GET", &format!("{path}?limit=1"), &manager, None).await;
    assert_eq!(names(&found), ["Far"], "{found:#}");
    assert_eq!(
        (&found["reps"][0]["from"], &found["reps"][0]["breaks_promise"]),
        (&json!("last_visit"), &json!(false))
    );

    // When the day is over nobody is sent; reps do not look where the others are; a case nowhere has no nearest.
    world.set_clock("2026-11-23 17:00");
    let found = world.ok("GET", &path, &manager, None).await;
    assert!(
        names(&found).is_empty() && found["not_sent"].as_array().map(Vec::len) == Some(4),
        "{found:#}"
    );
    assert_eq!(world.refused("GET", &path, &reps[0].1, None).await.0, 403);
    assert_eq!(
        world
            .refused("GET", "/api/v1/cases/none/nearest", &manager, None)
            .await
            .0,
        404
    );
    assert_eq!(
        world
            .refused("GET", &format!("{path}?limit=0"), &manager, None)
            .await
            .0,
        400
    );
    let nowhere = world
        .create(
            "case",
            json!({ "subject": "Nowhere", "kind": "request", "status": "new" }),
        )
        .await;
    let refused = world
        .refused("GET", &format!("/api/v1/cases/{nowhere}/nearest"), &manager, None)
        .await;
    assert_eq!(refused, (409, "no-place".to_owned()));
}

#[tokio::test]
async fn who_is_there_first_comes_first() {
    who_is_there_first(TestApp::new("2026-11-23 09:00").await).await;
}

#[tokio::test]
async fn who_is_there_first_comes_first_on_postgres() {
    if let Some(world) = TestApp::on_postgres("2026-11-23 09:00").await {
        who_is_there_first(world).await;
    }
}
