//! Weeks of a team: planned, moved, accepted, undone; what if; what reps see.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{visits, world};
use crate::plans::tests::{World, list, number, text};

/// Checks a cycle against the rules by itself.
fn check(cycle: &Value, least_gap: &BTreeMap<String, i64>) {
    let mut days: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut met = 0;
    for row in list(cycle, "rows") {
        assert_eq!(list(row, "cells").len(), list(cycle, "days").len());
        for (number_of_day, cell) in (0i64..).zip(list(row, "cells")) {
            assert_eq!(cell["day"], list(cycle, "days")[number_of_day as usize]);
            let stops = list(cell, "stops");
            met += stops.len() as i64;
            if stops.is_empty() {
                continue;
            }
            assert_eq!(
                text(cell, "state"),
                "work",
                "visits on a day without work: {cell:#}"
            );
            let shift = list(cell, "shift");
            assert!(number(cell, "start") >= shift[0].as_i64().unwrap(), "{cell:#}");
            assert!(number(cell, "end") <= shift[1].as_i64().unwrap(), "{cell:#}");
            let mut before = number(cell, "start");
            let mut visit_s = 0;
            for stop in stops {
                assert!(number(stop, "start") >= before, "{stop:#}");
                before = number(stop, "depart");
                visit_s += (number(stop, "depart") - number(stop, "start")) / 1000;
                days.entry(text(stop, "location_id").to_owned())
                    .or_default()
                    .push(number_of_day);
            }
            assert!(number(cell, "end") >= before);
            assert_eq!(number(cell, "visit_s"), visit_s);
        }
    }
    assert_eq!(number(cycle, "met"), met);
    let missing: i64 = list(cycle, "unmet").iter().map(|u| number(u, "missing")).sum();
    assert_eq!(number(cycle, "asked"), met + missing);
    for (place, mut on) in days {
        on.sort_unstable();
        let least = least_gap.get(&place).copied().unwrap_or(1);
        assert!(
            on.windows(2).all(|w| w[1] - w[0] >= least),
            "{place}: days {on:?}, least gap {least}"
        );
    }
    for unmet in list(cycle, "unmet") {
        assert!(
            !list(unmet, "reasons").is_empty(),
            "left out without a reason: {unmet:#}"
        );
    }
}

/// Half the days of the rhythm, as where no least gap is set.
fn least_gaps(world: &World) -> BTreeMap<String, i64> {
    let gap = |i: usize| [7, 14, 28][i % 3];
    world
        .customers
        .iter()
        .enumerate()
        .map(|(i, (_, place))| (place.clone(), gap(i)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn four_weeks_are_planned_moved_accepted_and_undone() {
    let world = world(60).await;
    let cycle = world
        .cycle(json!({"first_day": "2026-11-24", "weeks": 4, "effort": "quick"}))
        .await;
    assert_eq!(text(&cycle, "state"), "ready", "{cycle:#}");
    check(&cycle, &least_gaps(&world));
    assert!(
        number(&cycle, "met") > 60,
        "A customers come twice in four weeks: {}",
        cycle["met"]
    );
    let id = text(&cycle, "id").to_owned();
    let row = &list(&cycle, "rows")[0];
    let user = text(row, "user_id").to_owned();

    // The same question again has the same answer.
    let again = world
        .cycle(json!({"first_day": "2026-11-24", "weeks": 4, "effort": "quick"}))
        .await;
    assert_eq!(visits(&again), visits(&cycle));

    // A visit to another day: the price is what it then costs.
    let busy = list(row, "cells")
        .iter()
        .find(|c| list(c, "stops").len() > 2)
        .unwrap();
    let place = text(&list(busy, "stops")[1], "location_id");
    let free = list(row, "cells")
        .iter()
        .rfind(|c| {
            text(c, "state") == "work" && list(c, "stops").iter().all(|s| text(s, "location_id") != place)
        })
        .unwrap();
    let wish = json!({"user_id": user, "location_id": place, "day": busy["day"], "to_day": free["day"]});
    let price = world
        .manager("POST", &format!("/api/v1/cycles/{id}/price"), Some(wish.clone()))
        .await;
    let moved = world
        .manager("POST", &format!("/api/v1/cycles/{id}/move"), Some(wish))
        .await;
    let extra = number(&moved["totals"], "drive_s") - number(&cycle["totals"], "drive_s");
    let minutes = number(&price, "minutes");
    assert!(
        (extra - minutes * 60).abs() <= 30,
        "{extra} s were said to be {minutes} min"
    );
    let stop = visits(&moved)
        .into_iter()
        .find(|v| v.0 == place && v.1 == text(free, "day"));
    assert!(stop.is_some(), "the visit is not on the day it was put on");

    // What is fixed stays when the plan is improved.
    world
        .manager(
            "POST",
            &format!("/api/v1/cycles/{id}/improve"),
            Some(json!({"effort": "quick"})),
        )
        .await;
    let better = world.planned(&id).await;
    assert!(
        visits(&better)
            .iter()
            .any(|v| v.0 == place && v.1 == text(free, "day"))
    );
    check(&better, &BTreeMap::new());

    let changes = world
        .manager("GET", &format!("/api/v1/cycles/{id}/changes"), None)
        .await;
    assert_eq!(number(&changes, "new"), number(&better, "met"));
    let before: BTreeSet<String> = planned_visits(&world).await;
    let job = world
        .manager("POST", &format!("/api/v1/cycles/{id}/accept"), None)
        .await;
    let job = world.job(&job).await;
    assert_eq!(text(&job, "state"), "done", "{job:#}");
    assert_eq!(number(&job["result"], "visits"), number(&better, "met"));
    let after = planned_visits(&world).await;
    assert_eq!(after.len() - before.len(), number(&better, "met") as usize);

    // The rep finds the day planned, and it is not out of date.
    let day = text(busy, "day");
    let found = world
        .t
        .ok("GET", &format!("/api/v1/days/{day}"), &world.rep_token, None)
        .await;
    assert_eq!(text(&found["plan"], "status"), "accepted");
    assert_eq!(found["stale"], false, "{:#}", found["message"]);

    // Planned anew with one customer more ill-timed: visits that stand keep their ids, those that move raise their number.
    let second = world
        .cycle(json!({"first_day": "2026-11-24", "weeks": 4, "effort": "quick", "seed": 7}))
        .await;
    let changes = world
        .manager(
            "GET",
            &format!("/api/v1/cycles/{}/changes", text(&second, "id")),
            None,
        )
        .await;
    let (kept, moved) = (number(&changes, "kept"), number(&changes, "moved"));
    assert_eq!(kept + moved + number(&changes, "new"), number(&second, "met"));
    assert!(kept + moved > 0);
    let job = world
        .manager(
            "POST",
            &format!("/api/v1/cycles/{}/accept", text(&second, "id")),
            None,
        )
        .await;
    let job = world.job(&job).await;
    assert_eq!(text(&job, "state"), "done", "{job:#}");
    let now = planned_visits(&world).await;
    let stayed = after.intersection(&now).count() as i64;
    assert!(
        stayed >= kept + moved,
        "{stayed} visits keep their ids of {kept} kept and {moved} moved"
    );

    // Undone, what stood before stands again.
    let change_set = text(&job["result"], "change_set");
    world
        .manager(
            "POST",
            &format!("/api/v1/change-sets/{change_set}/undo"),
            Some(json!({})),
        )
        .await;
    assert_eq!(planned_visits(&world).await, after);
    let again = world
        .manager("GET", &format!("/api/v1/cycles/{}", text(&second, "id")), None)
        .await;
    assert_eq!(text(&again, "state"), "ready");
}

/// Ids of visits with a planned day.
async fn planned_visits(world: &World) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut path = "/api/v1/visits?limit=200".to_owned();
    loop {
        let page = world.manager("GET", &path, None).await;
        for record in list(&page, "records") {
            if record["fields"]["status"] == "planned" {
                ids.insert(text(record, "id").to_owned());
            }
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/visits?limit=200&cursor={cursor}"),
            None => return ids,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_if_a_rep_is_ill_or_a_day_is_promised() {
    let world = world(40).await;
    let cycle = world
        .cycle(json!({"first_day": "2026-11-24", "weeks": 2, "effort": "quick"}))
        .await;
    let id = text(&cycle, "id");
    let user = text(&list(&cycle, "rows")[0], "user_id").to_owned();
    let ill = json!({"what": "ill", "user_id": user, "from_day": "2026-11-25", "to_day": "2026-11-26"});
    let asked = world
        .manager("POST", &format!("/api/v1/cycles/{id}/what-if"), Some(ill))
        .await;
    let ill = world.planned(text(&asked, "id")).await;
    assert_eq!(text(&ill, "parent_id"), id);
    assert!(
        visits(&ill)
            .iter()
            .all(|v| v.1 != "2026-11-25" && v.1 != "2026-11-26")
    );
    assert_eq!(number(&ill["compared"]["parent"], "met"), number(&cycle, "met"));
    check(&ill, &BTreeMap::new());

    let place = &world.customers[5].1;
    let promise = json!({"what": "promise", "location_id": place, "day": "2026-11-27", "time": "10:30"});
    let asked = world
        .manager("POST", &format!("/api/v1/cycles/{id}/what-if"), Some(promise))
        .await;
    let promised = world.planned(text(&asked, "id")).await;
    let at = world.t.at("2026-11-27 10:30");
    assert!(
        visits(&promised).iter().any(|v| v.0 == *place && v.2 == at),
        "{:#}",
        promised["rows"]
    );

    assert_eq!(promised["compared"]["broken"], json!([]));
    // At ten at night nobody works: the comparison says so.
    let promise = json!({"what": "promise", "location_id": place, "day": "2026-11-27", "time": "22:00"});
    let asked = world
        .manager("POST", &format!("/api/v1/cycles/{id}/what-if"), Some(promise))
        .await;
    let late = world.planned(text(&asked, "id")).await;
    let broken = list(&late["compared"], "broken");
    assert_eq!(broken.len(), 1, "{:#}", late["compared"]);

    let home = &list(&cycle, "rows")[0]["home"];
    let more = json!({"what": "one-more-rep", "name": "Zoe", "lng": home["lng"], "lat": home["lat"], "like_user_id": user});
    let asked = world
        .manager("POST", &format!("/api/v1/cycles/{id}/what-if"), Some(more))
        .await;
    let more = world.planned(text(&asked, "id")).await;
    assert_eq!(list(&more, "rows").len(), 2);
    assert!(number(&more, "met") >= number(&cycle, "met"));
    let path = format!("/api/v1/cycles/{}/accept", text(&more, "id"));
    let (status, refused) = world.t.refused("POST", &path, &world.manager_token, None).await;
    assert_eq!((status, refused.as_str()), (409, "rep-is-not-real"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reps_see_their_own_row_of_what_was_accepted_and_plan_nothing() {
    let world = world(12).await;
    let cycle = world
        .cycle(json!({"first_day": "2026-11-24", "weeks": 1, "effort": "quick"}))
        .await;
    let path = format!("/api/v1/cycles/{}", text(&cycle, "id"));
    let (status, _) = world.t.refused("GET", &path, &world.rep_token, None).await;
    assert_eq!(status, 404, "a draft is no rep's business");
    let (status, _) = world
        .t
        .refused("POST", "/api/v1/cycles", &world.rep_token, Some(json!({})))
        .await;
    assert_eq!(status, 403);
    let (_, analyst) = world.t.user("analyst", "Ada").await;
    let (status, _) = world.t.refused("GET", "/api/v1/cycles", &analyst, None).await;
    assert_eq!(status, 403);
    for (body, code) in [
        (json!({"weeks": 9}), "out-of-range"),
        (json!({"first_day": "2026-01-05", "weeks": 1}), "past-days"),
        (json!({"first_day": "soon"}), "not-a-day"),
        (json!({"effort": "heroic"}), "unknown-effort"),
        (json!({"users": ["nobody"]}), "unknown-person"),
    ] {
        let (status, found) = world
            .t
            .refused("POST", "/api/v1/cycles", &world.manager_token, Some(body.clone()))
            .await;
        assert_eq!((status, found.as_str()), (400, code), "{body}");
    }
    let job = world.manager("POST", &format!("{path}/accept"), None).await;
    assert_eq!(text(&world.job(&job).await, "state"), "done");
    let seen = world.t.ok("GET", &path, &world.rep_token, None).await;
    assert_eq!(list(&seen, "rows").len(), 1);
    let (status, code) = world
        .t
        .refused("POST", &format!("{path}/accept"), &world.manager_token, None)
        .await;
    assert_eq!((status, code.as_str()), (409, "already-accepted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn today_is_not_called_past() {
    let world = world(6).await;
    world.t.set_clock("2026-11-24 07:00");
    let cycle = world
        .cycle(json!({"first_day": "2026-11-23", "weeks": 1, "effort": "quick"}))
        .await;
    let states: Vec<&str> = list(&list(&cycle, "rows")[0], "cells")
        .iter()
        .map(|cell| text(cell, "state"))
        .collect();
    assert_eq!(states, ["past", "today", "work", "work", "work", "off", "off"]);
}
