//! Weeks of several reps: planned as a job that survives the server's death, accepted as one change set, moved in
//! calendars under the same name, undone; slots for appointments; the planner as VROOM's clients ask it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::wait::{job_done, until};
use crate::harness::{Client, World, customer, list, number, scenario, text};

scenario!(
    weeks_are_planned_accepted_moved_and_undone,
    a_killed_server_plans_on,
    an_appointment_gets_the_slot_that_costs_least,
);

/// A Monday far enough ahead that nothing is over.
const MONDAY: &str = "2099-01-05";

/// Two reps with hours and home, and twenty customers of theirs.
async fn staffed(world: &World) -> (Client, Client) {
    let (manager, rep, colleague) = (
        world.sign_in("manager").await,
        world.sign_in("rep").await,
        world.sign_in("colleague").await,
    );
    for (class, days) in [("A", 7), ("B", 14)] {
        manager
            .create(
                "visit-frequencies",
                json!({"class": class, "days": days, "duration_minutes": 30}),
            )
            .await;
    }
    let hours = ["08:00", "16:30"];
    let shifts = json!({"mo": hours, "tu": hours, "we": hours, "th": hours, "fr": hours});
    for user in [rep.user(), colleague.user()] {
        manager
            .create(
                "rep-calendars",
                json!({"user_id": user, "home_label": "Home", "lng": 13.2606, "lat": 53.5561, "shifts": shifts}),
            )
            .await;
    }
    for i in 0..20 {
        let owner = if i % 2 == 0 { rep.user() } else { colleague.user() };
        let class = if i % 3 == 0 { "A" } else { "B" };
        let account =
            json!({"name": format!("Customer {i}"), "type": "customer", "class": class, "owner_id": owner});
        let place = json!({"street": "Street", "active": true, "visit_minutes": 30, "opening_hours": "Mo-Fr 08:00-18:00",
            "lng": 13.25 + 0.002 * f64::from(i), "lat": 53.556});
        customer(&manager, account, place).await;
    }
    (manager, rep)
}

/// The cycle when it is no longer being planned.
async fn planned(client: &Client, cycle: &Value) -> Value {
    let address = format!("/api/v1/cycles/{}", text(&cycle["id"]));
    until("the end of planning a cycle", async || {
        let cycle = client.get(&address).await.ok();
        (cycle["state"] != "planning").then_some(cycle)
    })
    .await
}

async fn plan(client: &Client, seed: u32) -> Value {
    let wish = json!({"first_day": MONDAY, "weeks": 2, "effort": "quick", "seed": seed});
    let cycle = client.post("/api/v1/cycles", wish).await.ok();
    let cycle = planned(client, &cycle).await;
    assert_eq!(cycle["state"], "ready", "{cycle:#}");
    cycle
}

async fn accept(client: &Client, cycle: &Value) -> Value {
    let address = format!("/api/v1/cycles/{}/accept", text(&cycle["id"]));
    let job = client.post(&address, json!({})).await.ok();
    job_done(client, &job).await
}

/// Sequence numbers of the entries of a calendar, by their name and their beginning.
fn entries(feed: &str) -> BTreeMap<String, (i64, String)> {
    let mut found = BTreeMap::new();
    for entry in feed.split("BEGIN:VEVENT").skip(1) {
        let value = |name: &str| {
            let line = entry.lines().find_map(|l| l.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {entry}"))
                .trim()
                .to_owned()
        };
        found.insert(
            value("UID:"),
            (value("SEQUENCE:").parse().unwrap(), value("DTSTART:")),
        );
    }
    found
}

async fn weeks_are_planned_accepted_moved_and_undone(world: World) {
    let (manager, rep) = staffed(&world).await;
    let cycle = plan(&manager, 1).await;
    assert_eq!(list(&cycle["rows"]).len(), 2);
    assert_eq!(list(&cycle["days"]).len(), 14);
    // Seven A customers come twice or more, thirteen B customers at least once.
    assert!(
        number(&cycle["met"]) >= 27,
        "{} of {}: {:#}",
        cycle["met"],
        cycle["asked"],
        cycle["unmet"]
    );
    assert_eq!(
        plan(&manager, 1).await["rows"],
        cycle["rows"],
        "the same seed, the same plan"
    );

    // A draft is nobody's calendar and no rep's business.
    let address = format!("/api/v1/cycles/{}", text(&cycle["id"]));
    rep.get(&address).await.refused(404, "not-found");
    let url = text(&rep.post("/api/v1/calendar", json!({})).await.ok()["url"]);
    let feed = url[url.find("/calendar/").expect("an address of the calendar")..].to_owned();
    assert!(entries(&rep.get(&feed).await.text()).is_empty());

    let accepted = accept(&manager, &cycle).await;
    assert_eq!(accepted["visits"], cycle["met"]);
    let before = entries(&rep.get(&feed).await.text());
    let own: i64 = list(&cycle["rows"])
        .iter()
        .filter(|row| text(&row["user_id"]) == rep.user())
        .map(|row| number(&row["met"]))
        .sum();
    assert_eq!(before.len() as i64, own);
    // The rep sees the own row now, and the day's plan.
    assert_eq!(list(&rep.get(&address).await.ok()["rows"]).len(), 1);
    let row = list(&cycle["rows"])
        .iter()
        .find(|row| text(&row["user_id"]) == rep.user())
        .unwrap();
    let busy = list(&row["cells"])
        .iter()
        .find(|c| list(&c["stops"]).len() > 1)
        .unwrap();
    let day = rep
        .get(&format!("/api/v1/days/{}", text(&busy["day"])))
        .await
        .ok();
    assert_eq!(day["plan"]["status"], "accepted");
    assert_eq!(list(&day["plan"]["stops"]).len(), list(&busy["stops"]).len());

    // Planned anew, one visit put on another day by hand: it keeps its name and gets the next number.
    let second = plan(&manager, 1).await;
    let moving = &list(&busy["stops"])[0];
    let free = list(&row["cells"])
        .iter()
        .rfind(|c| {
            c["state"] == "work"
                && list(&c["stops"])
                    .iter()
                    .all(|s| s["location_id"] != moving["location_id"])
        })
        .unwrap();
    let standing = list(&second["rows"])
        .iter()
        .find(|row| text(&row["user_id"]) == rep.user())
        .map(|row| list(&row["cells"]).clone())
        .unwrap();
    let from = standing
        .iter()
        .find(|c| {
            list(&c["stops"])
                .iter()
                .any(|s| s["location_id"] == moving["location_id"])
        })
        .unwrap();
    let wish = json!({"user_id": rep.user(), "location_id": moving["location_id"], "day": from["day"], "to_day": free["day"]});
    let moved = format!("/api/v1/cycles/{}/move", text(&second["id"]));
    manager.post(&moved, wish).await.ok();
    let job = accept(&manager, &second).await;
    let after = entries(&rep.get(&feed).await.text());
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>(),
        "visits keep their names in calendars"
    );
    let mut changed = 0;
    for (name, (number, start)) in &before {
        let (newer, begins) = &after[name];
        if begins == start {
            assert_eq!(number, newer, "{name} did not move");
        } else {
            assert!(newer > number, "{name} moved from {start} to {begins}");
            changed += 1;
        }
    }
    assert!(
        changed > 0,
        "the visit that was moved is at the same time as before"
    );

    let undo = format!("/api/v1/change-sets/{}/undo", text(&job["change_set"]));
    let undone = manager.post(&undo, json!({})).await.ok();
    assert_eq!(number(&undone["blocked_count"]), 0, "{undone:#}");
    let again = entries(&rep.get(&feed).await.text());
    for (name, (_, start)) in &before {
        assert_eq!(&again[name].1, start, "{name} is back where it was");
    }
    let address = format!("/api/v1/cycles/{}", text(&second["id"]));
    assert_eq!(manager.get(&address).await.ok()["state"], "ready");
}

async fn a_killed_server_plans_on(mut world: World) {
    let (manager, _) = staffed(&world).await;
    let wish = json!({"first_day": MONDAY, "weeks": 4, "effort": "usual"});
    let cycle = manager.post("/api/v1/cycles", wish.clone()).await.ok();
    world.kill_and_restart().await;
    let manager = world.sign_in("manager").await;
    let found = planned(&manager, &cycle).await;
    assert_eq!(found["state"], "ready", "{}", found["message"]);
    // What it found is what it would have found undisturbed.
    let undisturbed = manager.post("/api/v1/cycles", wish).await.ok();
    let undisturbed = planned(&manager, &undisturbed).await;
    assert_eq!(found["rows"], undisturbed["rows"]);
}

async fn an_appointment_gets_the_slot_that_costs_least(world: World) {
    let (manager, rep) = staffed(&world).await;
    let places = rep.get("/api/v1/locations?limit=5").await.ok();
    let place = text(&list(&places["records"])[0]["id"]);
    let found = rep
        .get(&format!("/api/v1/locations/{place}/slots?minutes=30"))
        .await
        .ok();
    let slots = list(&found["slots"]);
    assert!(!slots.is_empty(), "{found:#}");
    let best = &slots[0];
    let wish =
        json!({"user_id": best["user_id"], "start": best["start"], "minutes": 30, "purpose": "New range"});
    let booked = rep
        .post(&format!("/api/v1/locations/{place}/appointment"), wish.clone())
        .await
        .ok();
    let visit = rep
        .get(&format!("/api/v1/visits/{}", text(&booked["visit_id"])))
        .await
        .ok();
    assert_eq!(visit["fields"]["promised_at"], best["start"]);
    // Nobody books for somebody else without being a manager.
    let mut other = wish;
    other["user_id"] = manager.user().into();
    let refused = rep
        .post(&format!("/api/v1/locations/{place}/appointment"), other)
        .await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let vroom = json!({"vehicles": [{"id": 1, "start_index": 0, "end_index": 0}], "jobs": [{"id": 5, "location_index": 1}],
        "matrices": {"car": {"durations": [[0, 60], [70, 0]]}}});
    let answer = rep.post("/vroom", vroom).await.ok();
    assert_eq!(answer["summary"]["duration"], 130);
}
