//! Slots for an appointment, and what was driven.

use std::collections::BTreeSet;

use serde_json::json;

use super::world;
use crate::plans::tests::{MONDAY, list, number, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_for_an_appointment_costs_what_was_said() {
    let world = world(30).await;
    let cycle = world
        .cycle(json!({"first_day": "2026-11-24", "weeks": 1, "effort": "quick"}))
        .await;
    let job = world
        .manager(
            "POST",
            &format!("/api/v1/cycles/{}/accept", text(&cycle, "id")),
            None,
        )
        .await;
    assert_eq!(text(&world.job(&job).await, "state"), "done");
    let place = &world.customers[3].1;
    let path = format!("/api/v1/locations/{place}/slots?minutes=45&count=50&days=4");
    let found = world.t.ok("GET", &path, &world.rep_token, None).await;
    let slots = list(&found, "slots");
    let days: BTreeSet<&str> = slots.iter().map(|s| text(s, "day")).collect();
    let no: BTreeSet<&str> = list(&found, "reasons").iter().map(|s| text(s, "day")).collect();
    assert_eq!(
        days.len() + no.len(),
        4,
        "every working day has a slot or a reason: {found:#}"
    );
    assert!(
        slots
            .windows(2)
            .all(|w| number(&w[0], "extra_drive_minutes") <= number(&w[1], "extra_drive_minutes"))
    );
    for slot in slots {
        assert_eq!(number(slot, "end") - number(slot, "start"), 45 * 60_000);
    }
    let best = &slots[0];
    let path = format!("/api/v1/locations/{place}/appointment");
    let wish = json!({"user_id": best["user_id"], "start": best["start"], "minutes": 45});
    let booked = world.t.ok("POST", &path, &world.rep_token, Some(wish)).await;
    let visit = world.visit(text(&booked, "visit_id")).await;
    assert_eq!(visit["promised_at"], best["start"]);
    // The day is planned again with the promise kept.
    let day = text(best, "day");
    let plan = world
        .t
        .ok(
            "POST",
            &format!("/api/v1/days/{day}/plan"),
            &world.rep_token,
            Some(json!({})),
        )
        .await;
    let stop = list(&plan, "stops")
        .iter()
        .find(|s| text(s, "visit_id") == text(&booked, "visit_id"));
    assert_eq!(
        number(stop.expect("the appointment is in the plan"), "start"),
        number(best, "start")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_driven_is_worked_out_from_check_ins() {
    let world = world(6).await;
    let day = |n: usize| world.t.at(&format!("{MONDAY} {:02}:00", 8 + n));
    for (n, (account, place)) in world.customers.iter().take(3).enumerate() {
        world
            .t
            .create(
                "visit",
                json!({"account_id": account, "location_id": place, "owner_id": world.rep, "status": "done",
                       "check_in_at": day(n), "check_out_at": day(n) + 900_000, "outcome": "talk"}),
            )
            .await;
    }
    world.t.set_clock(&format!("{MONDAY} 18:00"));
    let path = format!("/api/v1/mileage?from={MONDAY}&to={MONDAY}");
    let found = world.t.ok("GET", &path, &world.rep_token, None).await;
    let days = list(&found, "days");
    assert_eq!(days.len(), 1, "{found:#}");
    let legs = list(&days[0], "legs");
    assert_eq!(legs.len(), 4, "home, three visits, home: {legs:#?}");
    assert_eq!(text(&legs[0], "from"), "Home");
    assert_eq!(text(&legs[3], "to"), "Home");
    let meters: i64 = legs.iter().map(|l| number(l, "meters")).sum();
    assert!(meters > 0);
    assert_eq!(number(&days[0], "driven_m"), meters);
    assert_eq!(number(&days[0], "visit_s"), 3 * 900);
    assert_eq!(days[0]["derived"], true);
    assert_eq!(number(&list(&found, "totals")[0], "driven_m"), meters);
    let csv = world
        .t
        .ask_text(
            "GET",
            &format!("/api/v1/mileage/export?from={MONDAY}&to={MONDAY}"),
            &world.rep_token,
            None,
        )
        .await;
    assert_eq!(csv.1.lines().count(), 5, "{}", csv.1);
    let (status, _) = world
        .t
        .refused("GET", "/api/v1/mileage?user=all", &world.rep_token, None)
        .await;
    assert_eq!(status, 403);
}
