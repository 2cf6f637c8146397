//! A rep's day: planned, accepted, in the calendar; and without working hours, told why not.

use serde_json::{Value, json};

use crate::harness::{Client, World, customer, list, number, scenario, text};

scenario!(a_day_is_planned_accepted_and_in_the_calendar);

/// A Monday far enough ahead that nothing is over.
const MONDAY: &str = "2099-01-05";

async fn a_day_is_planned_accepted_and_in_the_calendar(world: World) {
    let (manager, rep, colleague) = (
        world.sign_in("manager").await,
        world.sign_in("rep").await,
        world.sign_in("colleague").await,
    );
    for (class, days) in [("A", 14), ("B", 28)] {
        manager
            .create(
                "visit-frequencies",
                json!({"class": class, "days": days, "duration_minutes": 30}),
            )
            .await;
    }
    let mut accounts = Vec::new();
    for i in 0..6 {
        let account = json!({"name": format!("Customer {i}"), "type": "customer", "class": if i % 2 == 0 { "A" } else { "B" }, "owner_id": rep.user()});
        let place = json!({"street": "Street", "active": true, "visit_minutes": 30, "opening_hours": "Mo-Fr 08:00-18:00",
            "lng": 13.25 + 0.004 * i as f64, "lat": 53.556});
        accounts.push(customer(&manager, account, place).await.0);
    }
    // Without working hours there is no day to plan, and that is what it says.
    let day = format!("/api/v1/days/{MONDAY}");
    let problem = rep.post(&format!("{day}/plan"), json!({})).await;
    assert!(problem.status.is_client_error(), "{}", problem.text());
    assert!(!text(&problem.json()["detail"]).is_empty());
    let shifts = json!({"mo": ["08:00", "16:30"], "tu": ["08:00", "16:30"]});
    manager
        .create(
            "rep-calendars",
            json!({"user_id": rep.user(), "home_label": "Home", "lng": 13.2606, "lat": 53.5561,
            "lunch_minutes": 30, "lunch_from": "11:30", "lunch_to": "13:30", "shifts": shifts}),
        )
        .await;

    let plan = rep.post(&format!("{day}/plan"), json!({"seed": 7})).await.ok();
    assert_eq!(plan["status"], "draft");
    let stops = list(&plan["stops"]);
    assert_eq!(
        stops.len(),
        6,
        "six visits of half an hour fit a day: {:#}",
        plan["left_out"]
    );
    let mut end = number(&plan["start"]["at"]);
    for stop in stops {
        assert!(
            number(&stop["arrive"]) >= end && number(&stop["start"]) >= number(&stop["arrive"]),
            "{stop:#}"
        );
        assert_eq!(stop["leg"]["geometry"]["type"], "LineString");
        assert!(!list(&stop["reasons"]).is_empty(), "{stop:#}");
        end = number(&stop["depart"]);
    }
    assert!(number(&plan["end"]["at"]) >= end);
    let meters: i64 =
        stops.iter().map(|s| number(&s["leg"]["meters"])).sum::<i64>() + number(&plan["home_leg"]["meters"]);
    let total = number(&plan["totals"]["meters"]);
    assert!(
        (total - meters).abs() <= stops.len() as i64 + 1,
        "legs of {meters} m in a day of {total} m"
    );
    let order = |plan: &Value| -> Vec<String> {
        list(&plan["stops"])
            .iter()
            .map(|s| text(&s["location_id"]))
            .collect()
    };
    let again = rep.post(&format!("{day}/plan"), json!({"seed": 7})).await.ok();
    assert_eq!(order(&again), order(&plan), "the same seed, the same plan");

    let id = text(&again["id"]);
    // It is the rep's own: a colleague finds nothing there.
    for address in [
        format!("/api/v1/plans/{id}"),
        format!("/api/v1/plans/{id}/day"),
        format!("/api/v1/plans/{id}/gpx"),
        format!("/api/v1/plans/{id}/links"),
    ] {
        colleague.get(&address).await.refused(404, "not-found");
    }
    assert!(
        colleague
            .post(&format!("/api/v1/plans/{id}/accept"), json!({}))
            .await
            .status
            .is_client_error()
    );
    let accepted = rep
        .post(&format!("/api/v1/plans/{id}/accept"), json!({}))
        .await
        .ok();
    assert_eq!(accepted["plan"]["status"], "accepted");
    assert_eq!(rep.get(&day).await.ok()["plan"]["id"], id.as_str());
    let gpx = rep.get(&format!("/api/v1/plans/{id}/gpx")).await.text();
    assert!(gpx.contains("<gpx") && gpx.contains("Customer 3"), "{gpx}");

    // The calendar's address is a secret of its own: who has it needs no sign-in, who guesses gets nothing.
    let url = text(&rep.post("/api/v1/calendar", json!({})).await.ok()["url"]);
    let path = &url[url.find("/calendar/").expect("an address of the calendar")..];
    let anybody = Client::new(&world.server.address);
    let feed = anybody.get(path).await;
    assert!(
        feed.header("content-type").starts_with("text/calendar"),
        "{}",
        feed.header("content-type")
    );
    let feed = feed.text();
    assert!(
        feed.starts_with("BEGIN:VCALENDAR\r\n") && feed.trim_end().ends_with("END:VCALENDAR"),
        "{feed}"
    );
    assert_eq!(
        feed.matches("BEGIN:VEVENT").count(),
        feed.matches("END:VEVENT").count()
    );
    for i in 0..6 {
        assert!(feed.contains(&format!("Customer {i}")), "{feed}");
    }
    assert_eq!(anybody.get("/calendar/made-up.ics").await.status, 404);

    // A visit driven and told is on the customer's timeline.
    let visit = text(&accepted["plan"]["stops"][0]["visit_id"]);
    rep.post(
        &format!("/api/v1/visits/{visit}/check-in"),
        json!({"lng": 13.25, "lat": 53.556}),
    )
    .await
    .ok();
    rep.post(
        &format!("/api/v1/visits/{visit}/report"),
        json!({"outcome": "order", "note": "wants the large one"}),
    )
    .await
    .ok();
    let account = text(&accepted["plan"]["stops"][0]["account_id"]);
    assert!(accounts.contains(&account));
    let timeline = rep.get(&format!("/api/v1/accounts/{account}/timeline")).await;
    assert!(
        timeline.text().contains("wants the large one"),
        "{}",
        timeline.text()
    );
}
