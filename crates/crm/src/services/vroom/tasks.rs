//! What is asked, in numbers: places, tasks, vehicles with their breaks and costs. [`super::checked`] makes it.

use std::collections::BTreeMap;

use geom::LngLat;

use super::input::Costs;

/// Later than anything that is planned, in seconds: some three hundred years after 1970.
pub(super) const FOREVER: i64 = 10_000_000_000;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Job,
    Pickup,
    Delivery,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Pickup => "pickup",
            Self::Delivery => "delivery",
        }
    }
}

/// A place as the input names it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub at: Option<LngLat>,
    /// Row of the matrices.
    pub index: Option<usize>,
}

/// A job, or one end of a shipment. The two ends stand next to each other, the pickup first.
#[derive(Debug)]
pub(super) struct Task {
    pub kind: Kind,
    pub id: u64,
    pub description: Option<String>,
    pub place: usize,
    pub priority: u32,
    /// When it may begin, ascending; none for at any time.
    pub windows: Vec<(i64, i64)>,
    /// Ascending.
    pub skills: Vec<u32>,
    /// In the vehicle from the start, left here.
    pub delivered: Vec<i64>,
    /// Taken here, to the end.
    pub collected: Vec<i64>,
    /// What is shipped: taken at the pickup, left at the delivery.
    pub shipped: Vec<i64>,
    pub setup: i64,
    pub service: i64,
    pub setup_by_type: BTreeMap<String, i64>,
    pub service_by_type: BTreeMap<String, i64>,
}

impl Task {
    /// Seconds before the service, wherever the vehicle was not there already.
    pub fn setup(&self, kind: &str) -> i64 {
        *self.setup_by_type.get(kind).unwrap_or(&self.setup)
    }

    pub fn service(&self, kind: &str) -> i64 {
        *self.service_by_type.get(kind).unwrap_or(&self.service)
    }

    /// What it does to the load.
    pub fn change(&self, dimension: usize) -> i64 {
        let shipped = match self.kind {
            Kind::Delivery => -self.shipped[dimension],
            _ => self.shipped[dimension],
        };
        self.collected[dimension] - self.delivered[dimension] + shipped
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.kind.word(), self.id)
    }
}

/// A break that has to be taken by whoever drives.
#[derive(Debug)]
pub(super) struct Pause {
    pub id: u64,
    pub description: Option<String>,
    pub windows: Vec<(i64, i64)>,
    pub service: i64,
    pub max_load: Option<Vec<i64>>,
}

/// Who drives.
#[derive(Debug)]
pub(super) struct Vehicle {
    pub id: u64,
    pub description: Option<String>,
    pub profile: String,
    pub kind: String,
    pub speed: f64,
    pub start: Option<usize>,
    pub end: Option<usize>,
    pub window: (i64, i64),
    /// Fits at the same time; none for no limit.
    pub capacity: Option<Vec<i64>>,
    pub skills: Vec<u32>,
    /// In the order in which they are taken.
    pub pauses: Vec<Pause>,
    pub max_tasks: Option<usize>,
    pub max_travel: Option<i64>,
    pub max_distance: Option<i64>,
    pub costs: Costs,
    pub steps: Vec<Wish>,
}

impl Vehicle {
    pub fn has_skills(&self, task: &Task) -> bool {
        task.skills.iter().all(|s| self.skills.binary_search(s).is_ok())
    }
}

/// A step as it is wished for, with what it is in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Task(usize),
    /// By its place in [`Vehicle::pauses`].
    Pause(usize),
}

/// A wished step and when it has to begin.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub item: Item,
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
}

/// Everything that is asked.
#[derive(Debug)]
pub(super) struct Asking {
    pub places: Vec<Place>,
    pub tasks: Vec<Task>,
    pub vehicles: Vec<Vehicle>,
    /// Load dimensions.
    pub dimensions: usize,
}
