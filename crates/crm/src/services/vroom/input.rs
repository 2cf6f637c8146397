//! What VROOM takes: <https://github.com/VROOM-Project/vroom/blob/master/docs/API.md>.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    pub jobs: Option<Vec<Job>>,
    pub shipments: Option<Vec<Shipment>>,
    pub vehicles: Option<Vec<Vehicle>>,
    /// By profile.
    pub matrices: BTreeMap<String, Matrices>,
    /// Seconds for the profile `car`, as VROOM took them before it knew profiles.
    pub matrix: Option<Vec<Vec<u32>>>,
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
    /// At most so many seconds of search.
    pub l: Option<f64>,
    /// Threads.
    pub t: Option<usize>,
}

/// Row-major tables.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Matrices {
    /// Seconds.
    pub durations: Vec<Vec<u32>>,
    /// Metres.
    pub distances: Option<Vec<Vec<u32>>>,
    /// What is minimised instead of what time and distance cost.
    pub costs: Option<Vec<Vec<u32>>>,
}

/// One place to be visited once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Job {
    pub delivery: Vec<i64>,
    pub pickup: Vec<i64>,
    /// The name of `delivery` in older requests.
    pub amount: Vec<i64>,
    pub skills: Vec<u32>,
    /// 0 to 100.
    pub priority: u32,
    #[serde(flatten)]
    pub stop: Stop,
}

/// Goods fetched at one place and brought to another.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shipment {
    pub amount: Vec<i64>,
    pub skills: Vec<u32>,
    pub priority: u32,
    pub pickup: Option<Stop>,
    pub delivery: Option<Stop>,
}

/// What a job and either end of a shipment have in common.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stop {
    pub id: Option<u64>,
    pub description: Option<String>,
    pub location: Option<Vec<f64>>,
    pub location_index: Option<usize>,
    /// Seconds.
    pub setup: i64,
    pub service: i64,
    /// By the vehicle's type.
    pub setup_per_type: BTreeMap<String, i64>,
    pub service_per_type: BTreeMap<String, i64>,
    pub time_windows: Vec<[i64; 2]>,
}

/// Who drives.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vehicle {
    pub id: Option<u64>,
    pub profile: Option<String>,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub start: Option<Vec<f64>>,
    pub start_index: Option<usize>,
    pub end: Option<Vec<f64>>,
    pub end_index: Option<usize>,
    pub capacity: Vec<i64>,
    pub skills: Vec<u32>,
    pub time_window: Option<[i64; 2]>,
    pub breaks: Vec<Break>,
    pub speed_factor: Option<f64>,
    pub max_tasks: Option<usize>,
    pub max_travel_time: Option<i64>,
    pub max_distance: Option<i64>,
    pub costs: Option<Costs>,
    pub steps: Vec<Step>,
}

/// What a vehicle costs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default)]
pub(super) struct Costs {
    pub fixed: u32,
    pub per_hour: u32,
    pub per_km: u32,
    pub per_task_hour: u32,
}

impl Default for Costs {
    /// A second of driving costs one.
    fn default() -> Self {
        Self {
            fixed: 0,
            per_hour: 3_600,
            per_km: 0,
            per_task_hour: 0,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Break {
    pub id: Option<u64>,
    /// When it may begin.
    pub time_windows: Vec<[i64; 2]>,
    pub service: i64,
    pub description: Option<String>,
    /// Taken only with at most so much in the vehicle.
    pub max_load: Option<Vec<i64>>,
}

/// A step that is wished for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    /// start, job, pickup, delivery, break, end
    #[serde(rename = "type")]
    pub kind: String,
    pub id: Option<u64>,
    /// In plan mode, when it begins: exactly then, or not before or after.
    pub service_at: Option<i64>,
    pub service_after: Option<i64>,
    pub service_before: Option<i64>,
}
