//! One vehicle's route in VROOM's form: step by step with its loads, what it violates, and what it adds up to.

use serde_json::{Map, Value, json};

use super::driven::Step;
use super::schedule::Fleet;
use super::tasks::{Item, Kind};
use super::travel::UNIT;
use crate::services::osrm::polyline_of;
use atlas::Atlas;

/// What routes add up to.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    /// In [`UNIT`]s.
    pub cost: i64,
    duration: i64,
    service: i64,
    setup: i64,
    waiting: i64,
    priority: u64,
    distance: i64,
    delivery: Vec<i64>,
    pickup: Vec<i64>,
    violations: Vec<Violation>,
}

/// Why a step is not as it should be; seconds, where it is about time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Violation {
    cause: &'static str,
    duration: Option<i64>,
}

impl Violation {
    fn told(self) -> Value {
        match self.duration {
            Some(duration) => json!({ "cause": self.cause, "duration": duration }),
            None => json!({ "cause": self.cause }),
        }
    }
}

impl Sums {
    pub fn new(dimensions: usize) -> Self {
        Self {
            delivery: vec![0; dimensions],
            pickup: vec![0; dimensions],
            ..Self::default()
        }
    }

    pub fn add(&mut self, other: &Self) {
        // As VROOM does: each route's cost is rounded down, and the sum is one of them.
        self.cost += other.cost / UNIT * UNIT;
        self.duration += other.duration;
        self.service += other.service;
        self.setup += other.setup;
        self.waiting += other.waiting;
        self.priority += other.priority;
        self.distance += other.distance;
        for (mine, others) in [
            (&mut self.delivery, &other.delivery),
            (&mut self.pickup, &other.pickup),
        ] {
            for (sum, more) in mine.iter_mut().zip(others) {
                *sum += more;
            }
        }
        other
            .violations
            .iter()
            .for_each(|violation| self.violate(*violation));
    }

    /// Each cause once, with all its seconds.
    fn violate(&mut self, violation: Violation) {
        match self.violations.iter_mut().find(|v| v.cause == violation.cause) {
            Some(known) => known.duration = known.duration.map(|d| d + violation.duration.unwrap_or(0)),
            None => self.violations.push(violation),
        }
    }

    pub fn told(&self, with_distances: bool) -> Map<String, Value> {
        let violations: Vec<Value> = self.violations.iter().map(|v| v.told()).collect();
        let mut told = Map::new();
        for (name, value) in [
            ("cost", json!(self.cost / UNIT)),
            ("setup", json!(self.setup)),
            ("service", json!(self.service)),
            ("duration", json!(self.duration)),
            ("waiting_time", json!(self.waiting)),
            ("priority", json!(self.priority)),
            ("violations", json!(violations)),
        ] {
            told.insert(name.into(), value);
        }
        if with_distances {
            told.insert("distance".into(), self.distance.into());
        }
        if !self.delivery.is_empty() {
            told.insert("delivery".into(), json!(self.delivery));
            told.insert("amount".into(), json!(self.delivery));
            told.insert("pickup".into(), json!(self.pickup));
        }
        told
    }
}

/// Writes routes down.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub fleet: Fleet<'a>,
    /// Where geometry is wished for.
    pub atlas: Option<&'a Atlas>,
}

impl Writer<'_> {
    /// The place as the input named it.
    pub fn put_place(&self, step: &mut Map<String, Value>, place: usize) {
        let place = self.fleet.asking.places[place];
        if let Some(at) = place.at {
            step.insert("location".into(), json!([at.lng(), at.lat()]));
        }
        if let Some(index) = place.index {
            step.insert("location_index".into(), index.into());
        }
    }

    /// The route of a vehicle, and what it adds up to.
    pub fn route(&self, vehicle: usize, steps: &[Step]) -> (Value, Sums) {
        let fleet = self.fleet;
        let asked = fleet.vehicle(vehicle);
        let order = order_of(steps);
        let loads = fleet.loads(&order);
        let mut sums = Sums::new(fleet.asking.dimensions);
        let mut written = Vec::with_capacity(steps.len());
        let mut done = 0;
        for (number, step) in steps.iter().enumerate() {
            let is_end = number + 1 == steps.len();
            let mut told = Map::new();
            let mut violations = self.violations(vehicle, step, &order, done);
            match step.item {
                Some(Item::Task(task)) => {
                    self.put_task(&mut told, task);
                    self.put_place(&mut told, fleet.asking.tasks[task].place);
                    done += 1;
                    self.count(&mut sums, task);
                }
                Some(Item::Pause(pause)) => {
                    let pause = &asked.pauses[pause];
                    told.insert("type".into(), "break".into());
                    told.insert("id".into(), pause.id.into());
                    put_text(&mut told, pause.description.as_ref());
                    if !pause.allows(&loads[done]) {
                        violations.push(Violation {
                            cause: "max_load",
                            duration: None,
                        });
                    }
                }
                None => {
                    told.insert("type".into(), if is_end { "end" } else { "start" }.into());
                    // A route without a start begins at its first task, one without an end ends at its last.
                    let place = |task: Option<&usize>| task.map(|task| fleet.asking.tasks[*task].place);
                    let place = if is_end {
                        asked.end.or_else(|| place(order.last()))
                    } else {
                        asked.start.or_else(|| place(order.first()))
                    };
                    if let Some(place) = place {
                        self.put_place(&mut told, place);
                    }
                }
            }
            let load = &loads[done];
            if !is_end
                && asked
                    .capacity
                    .as_ref()
                    .is_some_and(|c| load.iter().zip(c).any(|(l, c)| l > c))
            {
                violations.push(Violation {
                    cause: "load",
                    duration: None,
                });
            }
            for (name, value) in [
                ("setup", step.setup),
                ("service", step.service),
                ("waiting_time", step.wait),
                ("arrival", step.arrival),
                ("duration", step.driven),
            ] {
                told.insert(name.into(), value.into());
            }
            if !load.is_empty() {
                told.insert("load".into(), json!(load));
            }
            if fleet.travel.with_distances {
                told.insert("distance".into(), step.meters.into());
            }
            violations.iter().for_each(|violation| sums.violate(*violation));
            let violations: Vec<Value> = violations.into_iter().map(Violation::told).collect();
            told.insert("violations".into(), violations.into());
            sums.setup += step.setup;
            sums.service += step.service;
            sums.waiting += step.wait;
            written.push(told);
        }
        let taken = |pause: &usize| steps.iter().any(|s| s.item == Some(Item::Pause(*pause)));
        if !(0..asked.pauses.len()).all(|pause| taken(&pause)) {
            sums.violate(Violation {
                cause: "missing_break",
                duration: None,
            });
        }
        let end = steps.last();
        sums.duration = end.map_or(0, |step| step.driven);
        sums.distance = end.map_or(0, |step| step.meters);
        sums.cost = fleet.cost(vehicle, &order, sums.setup + sums.service);
        let mut told = sums.told(fleet.travel.with_distances);
        told.insert("vehicle".into(), asked.id.into());
        put_text(&mut told, asked.description.as_ref());
        told.insert("steps".into(), json!(written));
        if let Some(line) = self.geometry(vehicle, &order) {
            told.insert("geometry".into(), line.into());
        }
        (Value::Object(told), sums)
    }

    /// What a task is called.
    pub fn put_task(&self, told: &mut Map<String, Value>, task: usize) {
        let task = &self.fleet.asking.tasks[task];
        told.insert("type".into(), task.kind.word().into());
        told.insert("id".into(), task.id.into());
        told.insert("job".into(), task.id.into());
        put_text(told, task.description.as_ref());
    }

    fn count(&self, sums: &mut Sums, task: usize) {
        let task = &self.fleet.asking.tasks[task];
        let shipped = |kind: Kind, at: usize| if task.kind == kind { task.shipped[at] } else { 0 };
        for (at, sum) in sums.delivery.iter_mut().enumerate() {
            *sum += task.delivered[at] + shipped(Kind::Delivery, at);
        }
        for (at, sum) in sums.pickup.iter_mut().enumerate() {
            *sum += task.collected[at] + shipped(Kind::Pickup, at);
        }
        sums.priority += u64::from(task.priority);
    }

    /// What a step violates, but for what is in the vehicle. Only routes as a person gave them do.
    fn violations(&self, vehicle: usize, step: &Step, order: &[usize], done: usize) -> Vec<Violation> {
        let asked = self.fleet.vehicle(vehicle);
        let tasks = &self.fleet.asking.tasks;
        let mut all = Vec::new();
        let mut violate = |is: bool, cause: &'static str, duration: Option<i64>| {
            if is {
                all.push(Violation { cause, duration });
            }
        };
        violate(step.early > 0, "lead_time", Some(step.early));
        violate(step.late > 0, "delay", Some(step.late));
        if let Some(Item::Task(task)) = step.item {
            violate(!asked.has_skills(&tasks[task]), "skills", None);
            let alone = match tasks[task].kind {
                Kind::Job => false,
                Kind::Pickup => !order[done..].contains(&(task + 1)),
                Kind::Delivery => !order[..done].contains(&(task - 1)),
            };
            violate(alone, "precedence", None);
            violate(
                asked.max_tasks.is_some_and(|most| done + 1 > most),
                "max_tasks",
                None,
            );
        }
        violate(
            asked.max_travel.is_some_and(|most| step.driven > most),
            "max_travel_time",
            None,
        );
        violate(
            asked.max_distance.is_some_and(|most| step.meters > most),
            "max_distance",
            None,
        );
        all
    }

    /// The roads of a route, as an encoded polyline.
    fn geometry(&self, vehicle: usize, order: &[usize]) -> Option<String> {
        let group = self.fleet.travel.group_of[vehicle];
        let profile = &self.fleet.travel.groups[group].profile;
        let roads = super::travel::roads_of(self.atlas?, profile, true).ok()?;
        let mut query = roads.query();
        let asked = self.fleet.vehicle(vehicle);
        let places = order.iter().map(|task| self.fleet.asking.tasks[*task].place);
        let places = asked.start.into_iter().chain(places).chain(asked.end);
        let snaps: Option<Vec<_>> = places
            .map(|place| self.fleet.travel.snaps[group][place])
            .collect();
        let mut line = Vec::new();
        for pair in snaps?.windows(2) {
            let [from, to] = pair else { continue };
            line.extend(query.route(from, to)?.line);
        }
        line.dedup();
        Some(polyline_of(line.into_iter()))
    }
}

/// The tasks of a route.
pub(super) fn order_of(steps: &[Step]) -> Vec<usize> {
    let task = |step: &Step| match step.item {
        Some(Item::Task(task)) => Some(task),
        _ => None,
    };
    steps.iter().filter_map(task).collect()
}

fn put_text(told: &mut Map<String, Value>, text: Option<&String>) {
    if let Some(text) = text {
        told.insert("description".into(), text.clone().into());
    }
}
