//! What vehicles cost, how far they may drive, and vehicles of different kinds.

use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

use super::super::super::MapReader;
use super::super::language;
use super::{app, line, steps};
use crate::plans::Language;

fn with_distances(places: usize) -> Value {
    let mut matrices = line(places);
    // A kilometre in ten minutes.
    let row = |a: usize| -> Vec<u64> { (0..places).map(|b| 1_000 * a.abs_diff(b) as u64).collect() };
    matrices["car"]["distances"] = (0..places).map(row).collect::<Value>();
    matrices
}

fn jobs(count: usize) -> Vec<Value> {
    (1..=count)
        .map(|n| json!({"id": n, "location_index": n, "service": 60}))
        .collect()
}

/// Vehicles of the answer with their steps.
fn routes(answer: &Value) -> Vec<(u64, Vec<String>)> {
    let routes = answer["routes"].as_array().unwrap().iter();
    routes
        .map(|r| (r["vehicle"].as_u64().unwrap(), steps(r)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_that_is_dear_stays_at_home() {
    let (t, token) = app().await;
    let vehicle = |id: u64, costs: Value| json!({"id": id, "start_index": 0, "end_index": 0, "costs": costs});
    for window in [json!(null), json!([0, 40_000])] {
        let mut vehicles = vec![
            vehicle(1, json!({"fixed": 5_000})),
            vehicle(
                2,
                json!({"fixed": 100, "per_hour": 3_600, "per_km": 5, "per_task_hour": 100}),
            ),
        ];
        for vehicle in vehicles.iter_mut().filter(|_| !window.is_null()) {
            vehicle["time_window"] = window.clone();
        }
        let input = json!({"vehicles": vehicles, "jobs": jobs(4), "matrices": with_distances(5)});
        let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
        let driven = routes(&answer);
        assert_eq!(driven.len(), 1, "{window}");
        assert_eq!((driven[0].0, driven[0].1.len()), (2, 6), "start, four jobs, end");
        // 100 + 8 legs of 600 s + 8 km for 5 + 240 s of work at 100 an hour: 100 + 4,800 + 40 + 6.67.
        assert_eq!(answer["summary"]["cost"], 4_946, "{window}");
        assert_eq!(answer["summary"]["distance"], 8_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_costs_are_what_is_saved() {
    let (t, token) = app().await;
    let mut matrices = line(3);
    // By time 0-1-2-0 and 0-2-1-0 are the same; by cost the second is a third.
    matrices["car"]["costs"] = json!([[0, 90, 10], [10, 0, 90], [90, 10, 0]]);
    let input = json!({
        "vehicles": [{"id": 1, "start_index": 0, "end_index": 0}], "jobs": jobs(2), "matrices": matrices,
    });
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    assert_eq!(routes(&answer)[0].1, ["start", "job 2", "job 1", "end"]);
    assert_eq!(answer["summary"]["cost"], 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_drives_further_than_allowed_and_the_reason_says_so() {
    let (t, token) = app().await;
    let vehicle =
        |id: u64, most: u64| json!({"id": id, "start_index": 0, "end_index": 0, "max_distance": most});
    let input = json!({
        "vehicles": [vehicle(1, 4_500), vehicle(2, 8_000)], "jobs": jobs(6), "matrices": with_distances(7),
    });
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    for route in answer["routes"].as_array().unwrap() {
        let most = if route["vehicle"] == 1 { 4_500 } else { 8_000 };
        assert!(route["distance"].as_i64().unwrap() <= most, "{route:#}");
    }
    let left = answer["unassigned"].as_array().unwrap();
    let ids: Vec<i64> = left.iter().map(|l| l["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [5, 6], "5 and 6 km away is too far for both");
    for one in left {
        assert_eq!(
            one["reasons"].as_array().unwrap().len(),
            2,
            "one of each vehicle: {one:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vehicles_of_different_kinds_take_their_own_times() {
    let (t, token) = app().await;
    let input = json!({
        "vehicles": [
            {"id": 1, "start_index": 0, "end_index": 0, "max_tasks": 2, "time_window": [0, 100_000]},
            {"id": 2, "start_index": 0, "end_index": 0, "profile": "bike", "type": "slow", "max_tasks": 2},
            {"id": 3, "start_index": 0, "end_index": 0, "speed_factor": 2.0, "max_tasks": 1},
        ],
        "jobs": (1..=5).map(|n| json!({
            "id": n, "location_index": n, "service": 100, "service_per_type": {"slow": 900}, "setup": 10,
            "skills": [],
        })).collect::<Vec<_>>(),
        "shipments": [],
        "matrices": {
            "car": line(6)["car"],
            "bike": {"durations": (0..6).map(|a: u64| (0..6).map(|b: u64| 1_800 * a.abs_diff(b)).collect()).collect::<Vec<Vec<u64>>>()},
        },
    });
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    assert_eq!(answer["unassigned"], json!([]), "{answer:#}");
    let mut seen: Vec<u64> = Vec::new();
    for route in answer["routes"].as_array().unwrap() {
        let seconds = match route["vehicle"].as_u64().unwrap() {
            1 => 600,
            2 => 1_800,
            _ => 300,
        };
        let (mut here, mut driven) = (0u64, 0);
        for step in route["steps"].as_array().unwrap() {
            let there = step["location_index"].as_u64().unwrap();
            driven += seconds * here.abs_diff(there);
            here = there;
            assert_eq!(step["duration"], driven, "{route:#}");
            if step["type"] == "job" {
                let service = if route["vehicle"] == 2 { 900 } else { 100 };
                assert_eq!((&step["service"], &step["setup"]), (&json!(service), &json!(10)));
                seen.push(step["id"].as_u64().unwrap());
            }
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [1, 2, 3, 4, 5], "each once");
    // The bike is slow: nearest jobs only, and the fast one goes furthest.
    assert!(answer["summary"]["duration"].as_u64().unwrap() <= 2 * (5 * 300 + 4 * 600 + 2 * 1_800));
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_come_in_the_language_of_the_request_or_of_the_user() {
    let (t, _) = app().await;
    let (user, _) = t.user("manager", "Gerd").await;
    let german = crate::testing::object(json!({"language": "de"}));
    t.write(vec![records::Op::update("user", &user, german)]).await;
    let said = async |accept: Option<&str>, user_id: Option<String>| {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
        }
        language(&t.app, &MapReader { user_id }, &headers).await.unwrap()
    };
    assert_eq!(said(None, None).await, Language::English);
    assert_eq!(said(None, Some(user.clone())).await, Language::German);
    assert_eq!(said(Some("fr-FR, de;q=0.8"), None).await, Language::German);
    assert_eq!(said(Some("en-GB"), Some(user)).await, Language::English);
}
