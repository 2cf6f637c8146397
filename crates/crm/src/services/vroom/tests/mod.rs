//! The planner in VROOM's form, with matrices of its own and on the demo map.

mod costs;
mod times;

use serde_json::{Value, json};

use crate::testing::TestApp;

async fn app() -> (TestApp, String) {
    let t = TestApp::new("2026-11-23 06:30").await;
    let (_, token) = t.user("manager", "Mona").await;
    (t, token)
}

/// Places on a line, ten minutes apart.
fn line(places: usize) -> Value {
    let row = |a: usize| -> Vec<u64> { (0..places).map(|b| 600 * a.abs_diff(b) as u64).collect() };
    json!({ "car": { "durations": (0..places).map(row).collect::<Vec<_>>() } })
}

fn steps(route: &Value) -> Vec<String> {
    let step = |s: &Value| {
        let id = s["id"].as_u64().map(|id| format!(" {id}")).unwrap_or_default();
        format!("{}{id}", s["type"].as_str().unwrap())
    };
    route["steps"].as_array().unwrap().iter().map(step).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_windows_breaks_and_the_reasons_of_what_is_left_out() {
    let (t, token) = app().await;
    // Seconds since 1970, as many clients send them.
    let base = 1_800_000_000_i64;
    let input = json!({
        "vehicles": [{
            "id": 7, "start_index": 0, "end_index": 0, "time_window": [base, base + 14_400], "skills": [1, 14],
            "breaks": [{"id": 1, "time_windows": [[base + 5_000, base + 9_000]], "service": 1_200}],
        }],
        "jobs": [
            {"id": 1, "location_index": 1, "service": 600, "description": "near",
             "time_windows": [[base, base + 3_000]]},
            {"id": 2, "location_index": 3, "service": 600, "time_windows": [[base + 10_000, base + 11_000]]},
            {"id": 3, "location_index": 2, "service": 600, "skills": [99]},
            {"id": 4, "location_index": 9, "service": 7_200, "priority": 1},
        ],
        "matrices": line(10),
    });
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    assert_eq!(answer["code"], 0);
    let routes = answer["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 1);
    assert_eq!(steps(&routes[0]), ["start", "job 1", "break 1", "job 2", "end"]);
    assert_eq!(answer["summary"]["duration"], 3_600);
    // Two jobs and the break.
    assert_eq!(answer["summary"]["service"], 2_400);
    let told = routes[0]["steps"].as_array().unwrap();
    let job = told.iter().find(|s| s["id"] == 2 && s["type"] == "job").unwrap();
    let start = job["arrival"].as_i64().unwrap() + job["waiting_time"].as_i64().unwrap();
    assert!((base + 10_000..=base + 11_000).contains(&start), "{job:#}");
    let left = answer["unassigned"].as_array().unwrap();
    let codes = |id: i64| -> Vec<&str> {
        let one = left.iter().find(|l| l["id"] == id).unwrap();
        one["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["code"].as_str().unwrap())
            .collect()
    };
    assert_eq!(codes(3), ["NEEDS_SKILL"]);
    assert_eq!(codes(4), ["TOO_FAR"]);
    assert_eq!(left[0]["reasons"][0]["vehicle"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn shipments_stay_together_within_the_capacity() {
    let (t, token) = app().await;
    let shipment = |id: u64, from: usize, to: usize| json!({"amount": [2], "pickup": {"id": id, "location_index": from}, "delivery": {"id": id, "location_index": to}});
    let input = json!({
        "vehicles": [{"id": 1, "start_index": 0, "end_index": 0, "capacity": [3]}],
        "shipments": [shipment(1, 1, 4), shipment(2, 2, 5)],
        "matrices": line(6),
    });
    let answer = t.ok("POST", "/optimization", &token, Some(input)).await;
    assert_eq!(answer["unassigned"], json!([]));
    let route = &answer["routes"][0];
    // Only one of them fits into the car at a time.
    assert_eq!(
        steps(route),
        ["start", "pickup 1", "delivery 1", "pickup 2", "delivery 2", "end"]
    );
    for step in route["steps"].as_array().unwrap() {
        assert!(step["load"][0].as_i64().unwrap() <= 3, "{step:#}");
    }
    assert_eq!(answer["summary"]["pickup"], json!([4]));
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_mode_says_what_is_violated_and_searches_nothing() {
    let (t, token) = app().await;
    let input = json!({
        "vehicles": [{
            "id": 1, "start_index": 0, "end_index": 0, "capacity": [1], "time_window": [0, 5_000],
            "steps": [{"type": "start"}, {"type": "job", "id": 2}, {"type": "job", "id": 1}, {"type": "end"}],
        }],
        "jobs": [
            {"id": 1, "location_index": 1, "time_windows": [[0, 1_000]], "delivery": [1]},
            {"id": 2, "location_index": 4, "delivery": [1], "skills": [3]},
            {"id": 3, "location_index": 2},
        ],
        "matrices": line(5),
        "options": {"c": true},
    });
    let answer = t.ok("POST", "/vroom/", &token, Some(input)).await;
    let route = &answer["routes"][0];
    assert_eq!(steps(route), ["start", "job 2", "job 1", "end"]);
    let causes: Vec<&str> = route["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["cause"].as_str().unwrap())
        .collect();
    assert_eq!(causes, ["load", "skills", "delay"]);
    // Job 1 is reached after 2,400 and 1,800 seconds instead of 1,000.
    assert_eq!(
        route["steps"][2]["violations"],
        json!([{"cause": "delay", "duration": 3_200}])
    );
    assert_eq!(answer["unassigned"][0]["id"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_a_start_and_open_tours_have_no_way_home() {
    let (t, token) = app().await;
    let jobs: Vec<Value> = (1..8).map(|n| json!({"id": n, "location_index": n})).collect();
    let input = json!({
        "vehicles": [{"id": 1, "start_index": 0, "max_tasks": 5, "steps": [{"type": "job", "id": 3}, {"type": "job", "id": 1}]}],
        "jobs": jobs, "matrices": line(8),
    });
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    let route = &answer["routes"][0];
    assert_eq!(
        steps(route),
        ["start", "job 1", "job 2", "job 3", "job 4", "job 5", "end"]
    );
    assert_eq!(answer["summary"]["duration"], 3_000);
    assert_eq!(answer["unassigned"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_matrices_the_roads_of_the_map_count() {
    let (t, token) = app().await;
    let input = json!({
        "vehicles": [{"id": 0, "start": [13.2606, 53.5561], "end": [13.2606, 53.5561]}],
        "jobs": [{"id": 1, "location": [13.2650, 53.5500]}, {"id": 2, "location": [13.2400, 53.5600]}],
        "options": {"g": true},
    });
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    assert!(
        answer["summary"]["distance"].as_u64().unwrap() > 2_000,
        "{answer:#}"
    );
    assert!(answer["routes"][0]["geometry"].as_str().unwrap().len() > 50);
    assert_eq!(
        answer["routes"][0]["steps"][1]["location"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_planned_is_refused_by_name() {
    let (t, token) = app().await;
    let vehicle = json!({"id": 1, "start_index": 0});
    let job = json!({"id": 1, "location_index": 1});
    for (input, said) in [
        (json!({}), "vehicles and jobs"),
        (
            json!({"vehicles": [{"id": 1}], "jobs": [job], "matrices": line(2)}),
            "No start or end",
        ),
        (
            json!({"vehicles": [vehicle], "jobs": [job, job], "matrices": line(2)}),
            "Duplicate job id: 1",
        ),
        (
            json!({"vehicles": [vehicle], "jobs": [{"id": 1, "location_index": 7}], "matrices": line(2)}),
            "exceeding durations matrix size",
        ),
        (
            json!({"vehicles": [vehicle], "jobs": [{"id": 1}], "matrices": line(2)}),
            "neither a location",
        ),
        (
            json!({"vehicles": [{"id": 1, "start_index": 0, "max_distance": 5}], "jobs": [job], "matrices": line(2)}),
            "Missing distances matrix",
        ),
        (
            json!({"vehicles": [vehicle], "jobs": [{"id": 1, "location_index": 1, "priority": 101}], "matrices": line(2)}),
            "above 100",
        ),
        (
            json!({"vehicles": [vehicle], "jobs": [{"id": 1, "location_index": 1, "time_windows": [[9, 3]]}], "matrices": line(2)}),
            "Invalid time window",
        ),
        (
            json!({"vehicles": [vehicle], "jobs": [{"location_index": 1}], "matrices": line(2)}),
            "Invalid or missing id for job",
        ),
        (
            json!({"vehicles": [vehicle], "jobs": [], "matrices": line(2)}),
            "No task defined",
        ),
        (
            json!({"vehicles": [{"id": 1, "start_index": 0, "profile": "boat"}], "jobs": [job], "matrices": line(2)}),
            "profile boat has no matrices",
        ),
        (
            json!({"vehicles": [{"id": 1, "start_index": 0, "time_window": [0, 30], "breaks": [{"id": 1, "service": 50}]}], "jobs": [job], "matrices": line(2)}),
            "Inconsistent breaks for vehicle 1",
        ),
        (
            json!({"vehicles": [{"id": 1, "start_index": 0, "speed_factor": 9.0}], "jobs": [job], "matrices": line(2)}),
            "Invalid speed factor",
        ),
        (
            json!({"vehicles": [vehicle], "jobs": [job], "matrices": {"car": {"durations": [[0, 1], [1]]}}}),
            "Unexpected matrix line length",
        ),
        (
            json!({"vehicles": [{"id": 1, "start_index": 0, "steps": [{"type": "job", "id": 4}]}], "jobs": [job], "matrices": line(2)}),
            "Invalid job id 4",
        ),
    ] {
        let (status, answer) = t.ask("POST", "/vroom", &token, Some(input.clone())).await;
        assert_eq!(status.as_u16(), 400, "{input}: {answer}");
        assert_eq!(answer["code"], 2);
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
    let (status, _) = t.ask("POST", "/vroom", "", Some(json!({}))).await;
    assert_eq!(
        status.as_u16(),
        401,
        "closed to strangers unless the services are open"
    );
}
