//! Accepting a day: visits, calendars, links, what is out of date.

use std::collections::BTreeMap;

use super::*;

on_both!(
    accepting_is_one_change_set_that_can_be_undone,
    30,
    accept_undo_accept
);

async fn accept_undo_accept(world: World) {
    let promised = world.promise(4, "11:00").await;
    let plan = world.plan().await;
    let answer = world.accept(&plan).await;
    assert_eq!(answer["plan"]["status"], "accepted");
    let change_set = text(&answer, "change_set");
    for stop in list(&plan, "stops") {
        let visit = world.visit(text(stop, "visit_id")).await;
        assert_eq!(visit["status"], "planned", "{visit:#}");
        assert_eq!(visit["planned_start"], stop["start"]);
        assert_eq!(visit["planned_end"], stop["depart"]);
        assert_eq!(visit["plan_id"], plan["id"]);
        assert_eq!(visit["owner_id"], world.rep.as_str());
    }
    let stops = world
        .t
        .ok("GET", "/api/v1/stops/count", &world.rep_token, None)
        .await;
    assert_eq!(number(&stops, "count"), list(&plan, "stops").len() as i64);
    let left = world
        .t
        .ok("GET", "/api/v1/left-out-visits/count", &world.rep_token, None)
        .await;
    assert_eq!(number(&left, "count"), list(&plan, "left_out").len() as i64);
    let day = world.day().await;
    assert_eq!(day["plan"]["status"], "accepted");
    assert_eq!(
        day["stale"], false,
        "accepting a plan does not make it out of date"
    );

    let undone = world
        .t
        .ok(
            "POST",
            &format!("/api/v1/change-sets/{change_set}/undo"),
            &world.rep_token,
            None,
        )
        .await;
    assert_eq!(list(&undone, "blocked").len(), 0);
    let day = world.day().await;
    assert_eq!(day["plan"]["status"], "draft");
    let visit = world.visit(&promised).await;
    assert_eq!(visit["plan_id"], Value::Null);
    for stop in list(&plan, "stops")
        .iter()
        .filter(|s| text(s, "visit_id") != promised)
    {
        let path = format!("/api/v1/visits/{}", text(stop, "visit_id"));
        assert_eq!(world.t.refused("GET", &path, &world.rep_token, None).await.0, 404);
    }
    // And it can be accepted again, with the same visits.
    let again = world.accept(&plan).await;
    assert_eq!(ids(&again["plan"]), ids(&plan));
}

on_both!(a_newer_plan_supersedes_and_moves_calendar_events, 30, supersede);

async fn supersede(world: World) {
    let first = world.plan().await;
    world.accept(&first).await;
    let dropped = ids(&first)[2].clone();
    let answer = world.replan(&first, json!({"drop": [dropped]})).await;
    let second = &answer["plan"];
    check(second);
    assert!(!ids(second).contains(&dropped));
    let left = list(second, "left_out")
        .iter()
        .find(|l| text(l, "visit_id") == dropped)
        .expect("it is left out");
    assert_eq!(codes(left)[0], "DROPPED");
    world.accept(second).await;
    let old = world
        .t
        .ok(
            "GET",
            &format!("/api/v1/plans/{}/day", text(&first, "id")),
            &world.rep_token,
            None,
        )
        .await;
    assert_eq!(old["status"], "superseded");
    let visit = world.visit(&dropped).await;
    assert_eq!(
        (&visit["status"], &visit["planned_start"]),
        (&json!("due"), &Value::Null)
    );
    let starts: BTreeMap<&str, i64> = list(&first, "stops")
        .iter()
        .map(|s| (text(s, "visit_id"), number(s, "start")))
        .collect();
    let mut moved = 0;
    for stop in list(second, "stops") {
        let sequence = number(&world.visit(text(stop, "visit_id")).await, "calendar_sequence");
        let Some(before) = starts.get(text(stop, "visit_id")) else {
            continue;
        };
        let expected = i64::from(*before != number(stop, "start"));
        moved += expected;
        assert_eq!(sequence, expected, "{stop:#}");
    }
    assert!(moved > 0, "leaving out a stop moves others");
}

on_both!(the_calendar_feed_keeps_identity, 20, subscribe);

async fn subscribe(world: World) {
    let plan = world.plan().await;
    let made = world
        .t
        .ok("POST", "/api/v1/calendar", &world.rep_token, None)
        .await;
    let url = text(&made, "url");
    let path = url
        .split_once("/calendar/")
        .map(|(_, secret)| format!("/calendar/{secret}"))
        .unwrap();
    assert!(path.ends_with(".ics"), "{url}");
    let (status, empty) = world.t.ask_text("GET", &path, "", None).await;
    assert!(
        status.is_success() && !empty.contains("VEVENT"),
        "a draft is in no calendar: {empty}"
    );
    world.accept(&plan).await;
    let (_, text_before) = world.t.ask_text("GET", &path, "", None).await;
    let plain = path.strip_suffix(".ics").unwrap();
    assert_eq!(world.t.ask_text("GET", plain, "", None).await.1, text_before);
    assert_eq!(
        text_before.matches("BEGIN:VEVENT").count(),
        list(&plan, "stops").len()
    );
    for id in ids(&plan) {
        assert!(text_before.contains(&format!("UID:{id}@bailiwick")), "{id}");
    }
    assert!(text_before.contains("SEQUENCE:0") && !text_before.contains("SEQUENCE:1"));
    let late = world.replan(&plan, json!({"late_minutes": 30})).await;
    world.accept(&late["plan"]).await;
    let (_, after) = world.t.ask_text("GET", &path, "", None).await;
    assert!(after.contains("SEQUENCE:1"), "{after}");
    // A new address ends the old one.
    world
        .t
        .ok("POST", "/api/v1/calendar", &world.rep_token, None)
        .await;
    assert_eq!(world.t.refused("GET", &path, "", None).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_gpx_of_a_day() {
    let world = World::new(&mixed(40)).await;
    let plan = world.plan().await;
    let stops = list(&plan, "stops").len();
    assert!(stops > 9);
    let links = world
        .t
        .ok(
            "GET",
            &format!("/api/v1/plans/{}/links", text(&plan, "id")),
            &world.rep_token,
            None,
        )
        .await;
    let legs = list(&links, "legs");
    assert_eq!(legs.len(), stops.div_ceil(9));
    assert_eq!(text(&legs[0], "label"), "1–9");
    // Nine stops: eight on the way and the ninth as the goal, latitude first.
    let first = text(&legs[0], "google");
    assert_eq!(first.matches("%7C").count(), 7, "{first}");
    let ninth = &list(&plan, "stops")[8];
    let goal = format!(
        "&destination={:.6}%2C{:.6}&",
        ninth["lat"].as_f64().unwrap(),
        ninth["lng"].as_f64().unwrap()
    );
    assert!(first.contains(&goal), "{first} without {goal}");
    let last = text(&legs[legs.len() - 1], "google");
    assert!(
        last.contains("&destination=53.556100%2C13.260600"),
        "the last part ends at home: {last}"
    );

    let (status, gpx) = world
        .t
        .ask_text(
            "GET",
            &format!("/api/v1/plans/{}/gpx", text(&plan, "id")),
            &world.rep_token,
            None,
        )
        .await;
    assert!(status.is_success());
    assert_eq!(gpx.matches("<wpt ").count(), stops);
    assert_eq!(gpx.matches("<trkseg>").count(), stops + 1);
    assert!(gpx.matches("<trkpt ").count() > 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_drafts_go() {
    let world = World::new(&mixed(6)).await;
    let first = world.plan().await;
    for _ in 0..12 {
        world.plan().await;
    }
    let plans = world
        .t
        .ok("GET", "/api/v1/plans/count", &world.rep_token, None)
        .await;
    assert_eq!(number(&plans, "count"), 8);
    let gone = world
        .t
        .refused(
            "GET",
            &format!("/api/v1/plans/{}/day", text(&first, "id")),
            &world.rep_token,
            None,
        )
        .await;
    assert_eq!(gone.0, 404);
    // The one that is looked at stays however many are made from it.
    let base = world.plan().await;
    for _ in 0..12 {
        world.replan(&base, json!({"late_minutes": 10})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_out_of_date_when_what_it_was_made_from_changes() {
    let world = World::new(&mixed(12)).await;
    world.plan().await;
    assert_eq!(world.day().await["stale"], false);
    let (_, location) = &world.customers[0];
    let path = format!("/api/v1/locations/{location}");
    world
        .t
        .ok(
            "PATCH",
            &path,
            &world.rep_token,
            Some(json!({"fields": {"visit_minutes": 55}})),
        )
        .await;
    assert_eq!(world.day().await["stale"], true);
    world.plan().await;
    assert_eq!(world.day().await["stale"], false);
    let path = format!("/api/v1/rep-calendars/{}", world.calendar);
    world
        .t
        .ok(
            "PATCH",
            &path,
            &world.rep_token,
            Some(json!({"fields": {"lunch_minutes": 45}})),
        )
        .await;
    assert_eq!(world.day().await["stale"], true);
}
