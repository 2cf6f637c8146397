//! Today is planned from now: nothing in the past, lunch only where there is room, and the plan says so.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn at_ten_to_one_nothing_is_planned_for_the_morning() {
    let world = World::new(&mixed(30)).await;
    world.t.set_clock("2026-11-23 12:48");
    let plan = world.plan().await;
    check(&plan);
    let from = world.t.at("2026-11-23 12:50");
    assert!(number(&plan["start"], "at") >= from, "{:#}", plan["start"]);
    assert!(!list(&plan, "stops").is_empty());
    for stop in list(&plan, "stops") {
        assert!(number(stop, "arrive") >= from, "{stop:#}");
    }
    assert!(number(&plan["lunch"], "start") >= from, "{:#}", plan["lunch"]);
    let notes = list(&plan, "notes");
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].as_str().unwrap().contains("12:50"), "{notes:?}");

    // A wish for that draft later on does not bring the past back, and by now lunch is over.
    world.t.set_clock("2026-11-23 13:31");
    let visit = text(&list(&plan, "stops")[1], "visit_id").to_owned();
    let wish = json!({"lock": [{"visit_id": visit, "order": true}]});
    let replanned = world.replan(&plan, wish).await;
    let plan = &replanned["plan"];
    let from = world.t.at("2026-11-23 13:35");
    assert!(number(&plan["start"], "at") >= from, "{:#}", plan["start"]);
    assert!(plan["lunch"].is_null(), "{:#}", plan["lunch"]);
    assert_eq!(list(plan, "notes").len(), 2, "{:?}", plan["notes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_shift_nothing_is_planned_and_tomorrow_is_whole() {
    let world = World::new(&mixed(12)).await;
    world.t.set_clock("2026-11-23 17:10");
    let plan = world.plan().await;
    assert!(list(&plan, "stops").is_empty());
    assert!(list(&plan, "notes")[0].as_str().unwrap().contains("16:30"));
    let path = "/api/v1/days/2026-11-24/plan";
    let tomorrow = world.t.ok("POST", path, &world.rep_token, Some(json!({}))).await;
    assert!(list(&tomorrow, "notes").is_empty());
    assert!(!list(&tomorrow, "stops").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_holiday_is_a_day_off() {
    let world = World::new(&mixed(6)).await;
    let calendar = format!("/api/v1/rep-calendars/{}", world.calendar);
    let holidays = json!({"fields": {"holidays": "DE"}});
    world
        .t
        .ok("PATCH", &calendar, &world.rep_token, Some(holidays))
        .await;
    let day = world
        .t
        .ok("GET", "/api/v1/days/2026-12-25", &world.rep_token, None)
        .await;
    assert_eq!(text(&day, "message"), "25 Dec is a public holiday.");
    assert!(day["shift"].is_null());
}
