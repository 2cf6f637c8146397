//! Planning a day.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_can_be_driven_with_a_reason_for_everybody() {
    let world = World::new(&mixed(40)).await;
    let plan = world.plan().await;
    check(&plan);
    let stops = list(&plan, "stops");
    assert!(
        stops.len() >= 10,
        "a day of 8.5 hours holds more than {} half hours",
        stops.len()
    );
    let (from, to) = (world.t.at("2026-11-23 08:00"), world.t.at("2026-11-23 16:30"));
    assert!(
        number(&plan["start"], "at") >= from && number(&plan["end"], "at") <= to,
        "{:#}",
        plan["totals"]
    );
    let lunch = &plan["lunch"];
    assert_eq!(number(lunch, "end") - number(lunch, "start"), 30 * 60_000);
    assert!(
        number(lunch, "start") >= world.t.at("2026-11-23 11:30")
            && number(lunch, "end") <= world.t.at("2026-11-23 13:30")
    );
    for stop in stops {
        assert!(
            !list(&stop["leg"], "streets").is_empty(),
            "a leg along no street: {stop:#}"
        );
        assert!(codes(stop).contains(&"ON_THE_WAY".to_owned()), "{stop:#}");
        assert_eq!(text(stop, "last_note"), format!("note {}", text(stop, "name")));
    }

    // Everybody who is due is planned or has a reason, and nobody is both.
    let planned: BTreeSet<String> = stops.iter().map(|s| text(s, "location_id").to_owned()).collect();
    let left: BTreeSet<String> = list(&plan, "left_out")
        .iter()
        .map(|l| text(l, "location_id").to_owned())
        .collect();
    assert!(planned.is_disjoint(&left));
    let customers = world
        .t
        .ok("GET", "/api/v1/customers?limit=500", &world.rep_token, None)
        .await;
    for row in list(&customers, "rows") {
        if ["overdue", "due"].contains(&text(row, "due_state")) {
            let place = text(row, "location_id");
            assert!(planned.contains(place) || left.contains(place), "{row:#}");
        }
    }
    for left in list(&plan, "left_out") {
        assert!(!list(left, "reasons").is_empty(), "{left:#}");
    }
    // The most urgent first: no overdue A is left out for lack of time while a due or suggested one is in.
    let left_a = list(&plan, "left_out").iter().filter(|l| {
        text(l, "due_state") == "overdue"
            && number(l, "due_days") < 0
            && codes(l).contains(&"NO_TIME_LEFT".to_owned())
    });
    let soft = stops.iter().filter(|s| text(s, "due_state") == "later").count();
    assert!(left_a.count() == 0 || soft == 0, "{plan:#}");

    let day = world.day().await;
    assert_eq!(day["plan"]["id"], plan["id"]);
    assert_eq!(day["stale"], false);
    assert_eq!(day["message"], Value::Null);
    assert!(number(&day["due"], "overdue") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_plan() {
    let world = World::new(&mixed(30)).await;
    let strip = |mut plan: Value| {
        plan["id"] = Value::Null;
        plan["computing_ms"] = Value::Null;
        plan
    };
    let (one, two) = (strip(world.plan().await), strip(world.plan().await));
    assert_eq!(one, two);
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_are_kept_to_the_minute() {
    let world = World::new(&mixed(30)).await;
    let first = world.promise(3, "10:20").await;
    let second = world.promise(20, "13:45").await;
    let plan = world.plan().await;
    check(&plan);
    for (visit, time) in [(&first, "10:20"), (&second, "13:45")] {
        let stop = list(&plan, "stops")
            .iter()
            .find(|s| text(s, "visit_id") == visit)
            .expect("a promise is planned");
        assert_eq!(
            number(stop, "start"),
            world.t.at(&format!("{MONDAY} {time}")),
            "{stop:#}"
        );
        assert_eq!(text(stop, "due_state"), "appointment");
        assert_eq!(codes(stop)[0], "KEPT_PROMISE");
        assert_eq!(number(stop, "late_s"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_adding_costs_is_true_when_done() {
    let world = World::new(&mixed(48)).await;
    let plan = world.plan().await;
    let before: BTreeSet<String> = ids(&plan).into_iter().collect();
    let drive = number(&plan["totals"], "drive_s");
    let priced: Vec<&Value> = list(&plan, "left_out")
        .iter()
        .filter(|l| !l["price_minutes"].is_null())
        .take(6)
        .collect();
    assert!(
        priced.len() >= 3,
        "{} have a price in {:#}",
        priced.len(),
        plan["left_out"]
    );
    for left in priced {
        let visit = text(left, "visit_id");
        let answer = world.replan(&plan, json!({"add": [visit]})).await;
        let new = &answer["plan"];
        check(new);
        let after: BTreeSet<String> = ids(new).into_iter().collect();
        assert!(after.contains(visit), "{answer:#}");
        let extra = number(&new["totals"], "drive_s") - drive;
        let minutes = if extra < 0 {
            -((-extra + 59) / 60)
        } else {
            (extra + 59) / 60
        };
        assert_eq!(minutes, number(left, "price_minutes"), "{left:#}");
        let gone: BTreeSet<String> = before.difference(&after).cloned().collect();
        let names: BTreeSet<&str> = list(left, "displaces").iter().filter_map(Value::as_str).collect();
        let stops = list(&plan, "stops");
        let gone: BTreeSet<&str> = stops
            .iter()
            .filter(|s| gone.contains(text(s, "visit_id")))
            .map(|s| text(s, "name"))
            .collect();
        assert_eq!(gone, names);
        assert_eq!(after.len(), before.len() + 1 - names.len());
        // Said line by line, and nothing is accepted.
        let kinds: BTreeMap<&str, &str> = list(&answer, "changes")
            .iter()
            .map(|c| (text(c, "visit_id"), text(c, "kind")))
            .collect();
        assert_eq!(kinds[visit], "added");
        assert_eq!(kinds.values().filter(|k| **k == "dropped").count(), names.len());
        assert_eq!(new["status"], "draft");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_day_costs_what_it_says() {
    // More than one day holds, all far from each other in time: the next days are empty.
    let world = World::new(&mixed(40)).await;
    let plan = world.plan().await;
    let left: Vec<&Value> = list(&plan, "left_out")
        .iter()
        .filter(|l| !l["best_day"].is_null())
        .collect();
    assert!(!left.is_empty(), "{:#}", plan["left_out"]);
    for left in left {
        let best = &left["best_day"];
        assert!(
            text(best, "date") > MONDAY && text(best, "date") < "2026-12-05",
            "{best}"
        );
        // Alone on an empty day: there and back, so more than nothing.
        assert!(number(best, "minutes") > 0, "{left:#}");
    }
}
