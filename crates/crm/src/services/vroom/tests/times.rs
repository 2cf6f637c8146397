//! Times as VROOM counts them: several breaks, setups, open ends, plan mode. What is expected is what VROOM 1.15 answers.

use serde_json::{Value, json};

use super::{app, line, steps};

/// Arrivals and waiting times of a route's steps.
fn arrivals(route: &Value) -> Vec<(i64, i64)> {
    let number = |step: &Value, name: &str| step[name].as_i64().unwrap();
    let steps = route["steps"].as_array().unwrap().iter();
    steps
        .map(|s| (number(s, "arrival"), number(s, "waiting_time")))
        .collect()
}

/// Two breaks, one of them with two windows; two jobs at the same place, so that only the first is set up for.
fn two_breaks() -> Value {
    json!({
        "vehicles": [{
            "id": 7, "description": "van", "start_index": 0, "end_index": 0, "time_window": [1_000, 15_400],
            "skills": [1, 14], "capacity": [5],
            "breaks": [
                {"id": 1, "description": "lunch", "time_windows": [[6_000, 9_000], [9_500, 9_600]], "service": 1_200},
                {"id": 2, "time_windows": [[10_000, 12_000]], "service": 300},
            ],
        }],
        "jobs": [
            {"id": 1, "location_index": 1, "setup": 60, "service": 600, "time_windows": [[0, 3_000]], "delivery": [1]},
            {"id": 2, "location_index": 3, "setup": 60, "service": 600, "time_windows": [[10_000, 11_000]]},
            {"id": 3, "location_index": 2, "service": 600, "skills": [99]},
            {"id": 5, "location_index": 3, "setup": 60, "service": 600, "pickup": [2]},
            {"id": 4, "location_index": 9, "service": 7_200, "priority": 1},
        ],
        "matrices": line(10),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_breaks_and_setups_take_the_times_that_vroom_says() {
    let (t, token) = app().await;
    let answer = t.ok("POST", "/vroom", &token, Some(two_breaks())).await;
    let route = &answer["routes"][0];
    assert_eq!(
        steps(route),
        ["start", "job 1", "job 5", "break 1", "job 2", "break 2", "end"]
    );
    assert_eq!(
        arrivals(route),
        [
            (2_400, 0),
            (3_000, 0),
            (4_860, 0),
            (5_520, 480),
            (7_200, 2_800),
            (10_600, 0),
            (12_700, 0)
        ]
    );
    for (name, value) in [
        ("cost", 3_600),
        ("setup", 120),
        ("service", 3_300),
        ("duration", 3_600),
        ("waiting_time", 3_280),
        ("priority", 0),
        ("unassigned", 2),
        ("routes", 1),
    ] {
        assert_eq!(answer["summary"][name], value, "{name}");
    }
    let loads: Vec<i64> = route["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["load"][0].as_i64().unwrap())
        .collect();
    assert_eq!(loads, [1, 0, 2, 2, 2, 2, 2]);
    assert!(
        route["steps"][3].get("location_index").is_none(),
        "a break is nowhere"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn open_ends_lie_at_the_first_and_the_last_job() {
    let (t, token) = app().await;
    let durations = json!({"car": {"durations": [[0, 5, 9], [5, 0, 4], [9, 4, 0]]}});
    let input = json!({
        "vehicles": [{"id": 1, "end_index": 0}],
        "jobs": [{"id": 1, "location_index": 1, "setup": 7}, {"id": 2, "location_index": 2, "setup": 7}],
        "matrices": durations,
    });
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    let route = &answer["routes"][0];
    assert_eq!(steps(route), ["start", "job 2", "job 1", "end"]);
    assert_eq!(arrivals(route), [(0, 0), (0, 0), (11, 0), (23, 0)]);
    assert_eq!(route["steps"][0]["location_index"], 2);
    // A break waits for its window where the vehicle is.
    let input = json!({
        "vehicles": [{"id": 1, "start_index": 1, "breaks": [{"id": 4, "service": 3, "time_windows": [[100, 120]]}]}],
        "jobs": [{"id": 1, "location_index": 2, "time_windows": [[90, 91], [300, 301]]}],
        "matrices": durations,
    });
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    let route = &answer["routes"][0];
    assert_eq!(steps(route), ["start", "job 1", "break 4", "end"]);
    assert_eq!(arrivals(route), [(87, 0), (91, 0), (91, 9), (103, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_break_is_taken_only_with_little_enough_in_the_vehicle() {
    let (t, token) = app().await;
    let mut input = two_breaks();
    input["vehicles"][0]["breaks"][0]["max_load"] = json!([1]);
    let answer = t.ok("POST", "/vroom", &token, Some(input)).await;
    // After job 5 two are in the van: the break comes before it.
    assert_eq!(
        steps(&answer["routes"][0]),
        ["start", "job 1", "break 1", "job 5", "job 2", "break 2", "end"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn given_steps_are_timed_with_the_fewest_seconds_outside_windows() {
    let (t, token) = app().await;
    let mut input = two_breaks();
    input["vehicles"][0]["steps"] = json!([
        {"type": "start"}, {"type": "job", "id": 2}, {"type": "job", "id": 1}, {"type": "break", "id": 1},
        {"type": "job", "id": 3}, {"type": "end"}
    ]);
    input["options"] = json!({"c": true});
    let answer = t.ok("POST", "/vroom", &token, Some(input.clone())).await;
    let route = &answer["routes"][0];
    assert_eq!(
        arrivals(route)
            .iter()
            .map(|(arrival, _)| *arrival)
            .collect::<Vec<_>>(),
        [1_080, 2_880, 4_740, 6_000, 7_200, 9_000]
    );
    assert_eq!(
        route["steps"][1]["violations"],
        json!([{"cause": "lead_time", "duration": 7_120}])
    );
    assert_eq!(
        route["steps"][2]["violations"],
        json!([{"cause": "delay", "duration": 1_740}])
    );
    assert_eq!(route["steps"][4]["violations"], json!([{"cause": "skills"}]));
    let causes: Vec<&str> = route["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["cause"].as_str().unwrap())
        .collect();
    assert_eq!(causes, ["lead_time", "delay", "skills", "missing_break"]);
    assert_eq!(answer["unassigned"].as_array().unwrap().len(), 2);

    // A forced time is kept at any price, and two that exclude each other are refused.
    input["vehicles"][0]["steps"][1]["service_at"] = json!(5_000);
    let answer = t.ok("POST", "/vroom", &token, Some(input.clone())).await;
    assert_eq!(arrivals(&answer["routes"][0])[1].0, 5_000);
    input["vehicles"][0]["steps"][2]["service_before"] = json!(5_500);
    let (status, answer) = t.ask("POST", "/vroom", &token, Some(input)).await;
    assert_eq!(status.as_u16(), 400);
    assert_eq!(answer["error"], "Infeasible route for vehicle 7.");
}
