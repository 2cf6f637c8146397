//! A day that is being driven: late, locked, moved, checked in.

use std::collections::BTreeMap;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn forty_minutes_late_keeps_promises_and_changes_nothing_before_it_is_accepted() {
    let world = World::new(&mixed(40)).await;
    let promised = world.promise(7, "13:45").await;
    let plan = world.plan().await;
    world.accept(&plan).await;
    let answer = world.replan(&plan, json!({"late_minutes": 40})).await;
    let new = &answer["plan"];
    check(new);
    let stop = list(new, "stops")
        .iter()
        .find(|s| text(s, "visit_id") == promised)
        .expect("a promise stays");
    assert_eq!(number(stop, "start"), world.t.at("2026-11-23 13:45"));
    assert!(number(&new["start"], "at") >= number(&plan["start"], "at") + 40 * 60_000);
    let changes = list(&answer, "changes");
    let kinds: Vec<&str> = changes.iter().map(|c| text(c, "kind")).collect();
    assert!(
        kinds.contains(&"moved") || kinds.contains(&"dropped"),
        "{changes:#?}"
    );
    let kept = changes.iter().find(|c| text(c, "visit_id") == promised).unwrap();
    assert_eq!((text(kept, "kind"), &kept["before"]), ("kept", &kept["after"]));
    assert!(text(kept, "text").contains("13:45"), "{kept}");
    // Every stop that leaves says so, with the times it had.
    let names: BTreeMap<&str, &Value> = changes.iter().map(|c| (text(c, "visit_id"), c)).collect();
    for old in list(&plan, "stops") {
        let change = names[text(old, "visit_id")];
        assert_eq!(change["before"], old["start"]);
    }
    // The accepted plan stands until the new one is accepted.
    let day = world.day().await;
    assert_eq!(day["plan"]["id"], plan["id"]);
    assert_eq!(day["plan"]["status"], "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_cannot_be_kept_is_late_not_lost() {
    let world = World::new(&mixed(20)).await;
    let promised = world.promise(7, "08:30").await;
    let plan = world.plan().await;
    let answer = world.replan(&plan, json!({"late_minutes": 120})).await;
    let new = &answer["plan"];
    check(new);
    let stop = list(new, "stops")
        .iter()
        .find(|s| text(s, "visit_id") == promised)
        .expect("a promise stays in the plan");
    let late = number(stop, "late_s");
    assert_eq!(
        late,
        (number(stop, "start") - world.t.at("2026-11-23 08:30")) / 1000
    );
    assert!(late > 0, "{stop:#}");
    assert_eq!(codes(stop)[0], "PROMISE_LATE");
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_hold_when_the_day_is_planned_again() {
    let world = World::new(&mixed(40)).await;
    let plan = world.plan().await;
    let order = ids(&plan);
    let (timed, placed) = (order[3].clone(), order[6].clone());
    let start = number(&list(&plan, "stops")[3], "start");
    let locked = world
        .replan(
            &plan,
            json!({"lock": [{"visit_id": timed, "time": true}, {"visit_id": placed, "order": true}]}),
        )
        .await;
    let answer = world
        .replan(&locked["plan"], json!({"drop": [order[1]], "late_minutes": 10}))
        .await;
    let new = &answer["plan"];
    check(new);
    let stops = list(new, "stops");
    let stop = stops
        .iter()
        .find(|s| text(s, "visit_id") == timed)
        .expect("a fixed stop stays");
    assert_eq!(number(stop, "start"), start);
    assert_eq!(stop["locked"]["time"], true);
    // Those before the placed one are before it still, those after it after.
    let place = |id: &str| ids(new).iter().position(|v| v == id);
    let at = place(&placed).expect("a fixed stop stays");
    let earlier = ids(&locked["plan"]);
    let was = earlier.iter().position(|v| *v == placed).unwrap();
    for (index, id) in earlier.iter().enumerate() {
        if let Some(now) = place(id) {
            assert_eq!(index.cmp(&was), now.cmp(&at), "{id}");
        }
    }
    let freed = world.replan(new, json!({"unlock": [timed, placed]})).await;
    for stop in list(&freed["plan"], "stops") {
        assert_eq!(
            stop["locked"],
            json!({"time": false, "order": false, "day": false})
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_done_as_asked_and_says_who_is_late() {
    // Closes at noon: driven to last, it is late.
    let mut customers = mixed(24);
    customers[0] = Customer {
        class: "A",
        visited: Some(40),
        hours: Some("Mo-Fr 08:00-12:00"),
        minutes: 30,
    };
    let world = World::new(&customers).await;
    let plan = world.plan().await;
    let visit = list(&plan, "stops")
        .iter()
        .find(|s| text(s, "location_id") == world.customers[0].1)
        .expect("it is the most urgent");
    let visit = text(visit, "visit_id").to_owned();
    let last = list(&plan, "stops").len();
    let path = format!("/api/v1/plans/{}/move", text(&plan, "id"));
    let answer = world
        .t
        .ok(
            "POST",
            &path,
            &world.rep_token,
            Some(json!({"visit_id": visit, "to_seq": last})),
        )
        .await;
    let new = &answer["plan"];
    check(new);
    let mut expected = ids(&plan);
    expected.retain(|v| *v != visit);
    expected.push(visit.clone());
    assert_eq!(ids(new), expected, "exactly as asked");
    let stop = &list(new, "stops")[last - 1];
    // Half an hour has to begin by 11:30.
    let late = (number(stop, "start") - world.t.at("2026-11-23 11:30")) / 1000;
    assert!(late > 0);
    assert_eq!(number(stop, "late_s"), late);
    assert_eq!(stop["locked"]["order"], true);
    let bad = world
        .t
        .refused(
            "POST",
            &path,
            &world.rep_token,
            Some(json!({"visit_id": visit, "to_seq": 99})),
        )
        .await;
    assert_eq!(bad, (400, "out-of-range".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_customer_can_be_added_all_the_same_and_it_says_so() {
    let mut customers = mixed(12);
    customers[5] = Customer {
        class: "B",
        visited: Some(60),
        hours: Some("Tu-Fr 09:00-18:00"),
        minutes: 30,
    };
    let world = World::new(&customers).await;
    let plan = world.plan().await;
    let place = world.customers[5].1.clone();
    let left = list(&plan, "left_out")
        .iter()
        .find(|l| text(l, "location_id") == place)
        .expect("closed on Monday");
    assert_eq!(codes(left), ["CLOSED_THAT_DAY"]);
    assert_eq!(left["price_minutes"], Value::Null);
    assert!(text(&left["best_day"], "date") > MONDAY);
    // By the place's id, as the customer's page does it.
    let answer = world.replan(&plan, json!({"add": [place]})).await;
    let stop = list(&answer["plan"], "stops")
        .iter()
        .find(|s| text(s, "location_id") == place)
        .expect("added anyway");
    assert!(codes(stop).contains(&"CLOSED_THAT_DAY".to_owned()), "{stop:#}");
    assert!(codes(stop).contains(&"ADDED".to_owned()), "{stop:#}");
    // It stays when the day is planned again.
    let again = world.replan(&answer["plan"], json!({"late_minutes": 15})).await;
    assert!(
        list(&again["plan"], "stops")
            .iter()
            .any(|s| text(s, "location_id") == place)
    );
}

on_both!(check_in_report_and_the_rest_of_the_day, 30, drive);

async fn drive(world: World) {
    let plan = world.plan().await;
    world.accept(&plan).await;
    let first = &list(&plan, "stops")[0];
    let visit = text(first, "visit_id");
    world.t.set_clock("2026-11-23 08:20");
    // 0.0081 degrees of latitude are 900 m.
    let here =
        json!({"lng": first["lng"], "lat": first["lat"].as_f64().unwrap() + 0.008_093, "accuracy_m": 12.0});
    let path = format!("/api/v1/visits/{visit}/check-in");
    let done = world.t.ok("POST", &path, &world.rep_token, Some(here)).await;
    assert_eq!(done["distance_m"], 900.0);
    assert_eq!(done["record"]["fields"]["status"], "in_progress");
    assert_eq!(
        world.t.refused("POST", &path, &world.rep_token, None).await,
        (409, "already-checked-in".into())
    );
    let day = world.day().await;
    assert_eq!(day["plan"]["stops"][0]["check_in"]["distance_m"], 900.0);
    assert_eq!(day["stale"], false);

    world.t.set_clock("2026-11-23 08:50");
    let report = json!({"outcome": "order", "note": "Wants the seasonal range", "next_date": "2026-12-01"});
    let path = format!("/api/v1/visits/{visit}/report");
    let written = world.t.ok("POST", &path, &world.rep_token, Some(report)).await;
    assert_eq!(written["record"]["fields"]["status"], "done");
    assert_eq!(
        written["record"]["fields"]["check_out_at"],
        world.t.at("2026-11-23 08:50")
    );
    let timeline = world
        .t
        .ok(
            "GET",
            &format!("/api/v1/accounts/{}/timeline", text(first, "account_id")),
            &world.rep_token,
            None,
        )
        .await;
    let item = list(&timeline, "items")
        .iter()
        .find(|i| i["record_id"] == visit)
        .expect("it is on the timeline");
    assert_eq!(text(item, "text"), "Wants the seasonal range");
    let row = world
        .t
        .ok(
            "GET",
            &format!("/api/v1/customers/{}", text(first, "location_id")),
            &world.rep_token,
            None,
        )
        .await;
    // The day agreed on counts, not the rhythm: 23 November to 1 December.
    assert_eq!(number(&row, "due_days"), 8);

    // The visit keeps its place and its times when the rest is planned again.
    let answer = world.replan(&plan, json!({"late_minutes": 25})).await;
    let new = &answer["plan"];
    let stop = &list(new, "stops")[0];
    assert_eq!(text(stop, "visit_id"), visit);
    assert_eq!(number(stop, "start"), world.t.at("2026-11-23 08:20"));
    assert_eq!(number(stop, "depart"), world.t.at("2026-11-23 08:50"));
    let second = &list(new, "stops")[1];
    assert!(
        number(second, "arrive") >= world.t.at("2026-11-23 09:15"),
        "25 minutes late: {second:#}"
    );
    assert!(
        list(&answer, "changes").iter().all(|c| c["visit_id"] != visit),
        "what is over does not change"
    );
    let path = format!("/api/v1/plans/{}/move", text(new, "id"));
    let moved = world
        .t
        .refused(
            "POST",
            &path,
            &world.rep_token,
            Some(json!({"visit_id": visit, "to_seq": 3})),
        )
        .await;
    assert_eq!(moved, (409, "stop-is-over".into()));
    world.accept(new).await;
    // Planning from nothing keeps it too.
    let fresh = world.plan().await;
    assert_eq!(ids(&fresh)[0], visit);
}

on_both!(whoever_is_met_the_evening_before_is_off_the_day, 40, met_before);

async fn met_before(world: World) {
    world.t.set_clock("2026-11-22 16:00");
    let draft = world.plan().await;
    world.accept(&draft).await;
    let late = world.replan(&draft, json!({"late_minutes": 10})).await;
    let stop = &list(&draft, "stops")[1];
    let (visit, place) = (text(stop, "visit_id").to_owned(), text(stop, "location_id"));
    let check_in = format!("/api/v1/visits/{visit}/check-in");
    world.t.ok("POST", &check_in, &world.rep_token, None).await;
    // The plan still has it, and says that it is no longer what would be planned.
    assert_eq!(world.day().await["stale"], true);
    // A draft with it cannot be taken over.
    let path = format!("/api/v1/plans/{}/accept", text(&late["plan"], "id"));
    let refused = world.t.refused("POST", &path, &world.rep_token, None).await;
    assert_eq!(refused, (409, "plan-outdated".into()));
    let other_place = |plan: &Value| {
        assert!(list(plan, "stops").len() > 1, "{plan:#}");
        assert!(
            list(plan, "stops")
                .iter()
                .all(|s| text(s, "location_id") != place)
        );
        assert!(
            number(&plan["start"], "at") > world.t.at("2026-11-23 00:00"),
            "{plan:#}"
        );
    };
    // Neither planning anew nor planning again begins the day the evening before, or goes there twice.
    let again = world.replan(&draft, json!({})).await;
    other_place(&again["plan"]);
    let report = format!("/api/v1/visits/{visit}/report");
    world
        .t
        .ok(
            "POST",
            &report,
            &world.rep_token,
            Some(json!({"outcome": "talk"})),
        )
        .await;
    let again = world.replan(&draft, json!({})).await;
    other_place(&again["plan"]);
    let anew = world.plan().await;
    other_place(&anew);
    world.accept(&anew).await;
    assert_eq!(world.day().await["stale"], false);
}

on_both!(from_here_the_rest_of_the_day, 40, from_here);

async fn from_here(world: World) {
    let plan = world.plan().await;
    world.accept(&plan).await;
    world.t.set_clock("2026-11-23 11:00");
    let at = world.t.at("2026-11-23 11:00");
    let answer = world
        .replan(&plan, json!({"from": {"lng": 13.30, "lat": 53.55, "at": at}}))
        .await;
    let new = &answer["plan"];
    let past: Vec<&Value> = list(&plan, "stops")
        .iter()
        .filter(|s| number(s, "depart") <= at)
        .collect();
    assert!(!past.is_empty());
    for (old, new) in past.iter().zip(list(new, "stops")) {
        assert_eq!(
            (&old["visit_id"], &old["start"]),
            (&new["visit_id"], &new["start"]),
            "what is past stays"
        );
    }
    for stop in &list(new, "stops")[past.len()..] {
        assert!(number(stop, "arrive") >= at, "{stop:#}");
    }
    let leg = &list(new, "stops")[past.len()]["leg"]["geometry"]["coordinates"][0];
    assert!(
        (leg[0].as_f64().unwrap() - 13.30).abs() < 0.01 && (leg[1].as_f64().unwrap() - 53.55).abs() < 0.01,
        "{leg}"
    );
}
