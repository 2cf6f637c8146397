//! What VROOM takes: <https://github.com/VROOM-Project/vroom/blob/master/docs/API.md>.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    pub jobs: Vec<Job>,
    pub shipments: Vec<Shipment>,
    pub vehicles: Vec<Vehicle>,
    /// By profile.
    pub matrices: BTreeMap<String, Matrices>,
    pub options: Options,
}

/// What `vroom-express` takes beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Options {
    /// Geometry and distances in the answer.
    pub g: bool,
    /// Plan mode: times and violations of the steps as they are given.
    pub c: bool,
    /// How hard to search, 0 to 5.
    pub x: Option<u64>,
}

/// Row-major tables.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Matrices {
    /// Seconds.
    pub durations: Vec<Vec<u32>>,
    /// Metres.
    pub distances: Option<Vec<Vec<u32>>>,
}

/// One place to be visited once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Job {
    pub id: u64,
    pub description: Option<String>,
    pub location: Option<[f64; 2]>,
    pub location_index: Option<usize>,
    /// Seconds.
    pub setup: i64,
    pub service: i64,
    pub delivery: Vec<i64>,
    pub pickup: Vec<i64>,
    pub skills: Vec<u32>,
    /// 0 to 100.
    pub priority: u32,
    pub time_windows: Vec<[i64; 2]>,
}

/// Goods fetched at one place and brought to another.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shipment {
    pub amount: Vec<i64>,
    pub skills: Vec<u32>,
    pub priority: u32,
    pub pickup: Stop,
    pub delivery: Stop,
}

/// One end of a shipment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stop {
    pub id: u64,
    pub description: Option<String>,
    pub location: Option<[f64; 2]>,
    pub location_index: Option<usize>,
    pub setup: i64,
    pub service: i64,
    pub time_windows: Vec<[i64; 2]>,
}

/// Who drives.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vehicle {
    pub id: u64,
    pub profile: Option<String>,
    pub description: Option<String>,
    pub start: Option<[f64; 2]>,
    pub start_index: Option<usize>,
    pub end: Option<[f64; 2]>,
    pub end_index: Option<usize>,
    pub capacity: Vec<i64>,
    pub skills: Vec<u32>,
    pub time_window: Option<[i64; 2]>,
    pub breaks: Vec<Break>,
    pub speed_factor: Option<f64>,
    pub max_tasks: Option<u32>,
    pub max_travel_time: Option<i64>,
    pub max_distance: Option<i64>,
    pub costs: Option<Costs>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Costs {
    pub fixed: i64,
    pub per_km: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Break {
    pub id: u64,
    pub time_windows: Vec<[i64; 2]>,
    pub service: i64,
    pub description: Option<String>,
}

/// A step that is wished for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    /// start, job, pickup, delivery, break, end
    #[serde(rename = "type")]
    pub kind: String,
    pub id: Option<u64>,
}
