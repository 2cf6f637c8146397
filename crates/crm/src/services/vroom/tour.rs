//! One vehicle's route, written down step by step with its loads and what it violates.

use std::collections::HashSet;

use ::plan::{PlaceId, Route, Span, Stop};
use serde_json::{Map, Value, json};

use super::answer::Writer;
use super::layout::{Layout, Task};

/// What routes add up to.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub duration: i64,
    service: i64,
    setup: i64,
    waiting: i64,
    priority: u64,
    pub distance: u64,
    delivery: Vec<u64>,
    pickup: Vec<u64>,
    pub violations: Vec<Value>,
}

impl Sums {
    pub fn add(&mut self, other: &Self) {
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
            mine.resize(others.len().max(mine.len()), 0);
            for (sum, add) in mine.iter_mut().zip(others) {
                *sum += add;
            }
        }
        self.violations.extend(other.violations.iter().cloned());
    }

    pub fn told(&self, layout: &Layout) -> Map<String, Value> {
        let mut told = Map::new();
        for (name, value) in [
            ("cost", json!(self.duration)),
            ("setup", json!(self.setup)),
            ("service", json!(self.service)),
            ("duration", json!(self.duration)),
            ("waiting_time", json!(self.waiting)),
            ("priority", json!(self.priority)),
            ("violations", json!(self.violations)),
        ] {
            told.insert(name.into(), value);
        }
        if layout.with_distances {
            told.insert("distance".into(), self.distance.into());
        }
        if layout.dimensions > 0 {
            told.insert("delivery".into(), json!(self.delivery));
            told.insert("amount".into(), json!(self.delivery));
            told.insert("pickup".into(), json!(self.pickup));
        }
        told
    }
}

/// A route as it is written down, step by step.
pub(super) struct Tour<'a> {
    writer: &'a Writer<'a>,
    slot: usize,
    /// In the car, by dimension.
    load: Vec<i64>,
    pub driven: i64,
    pub meters: u64,
    pub sums: Sums,
    pub steps: Vec<Map<String, Value>>,
    /// Shipments that were fetched.
    fetched: HashSet<usize>,
}

impl<'a> Tour<'a> {
    /// At its beginning: what jobs get delivered is in the car.
    pub fn of(writer: &'a Writer<'a>, slot: usize, tasks: &[Task]) -> Self {
        let dimensions = writer.layout.dimensions;
        let mut load = vec![0; dimensions];
        for task in tasks {
            if let Task::Job(at) = task {
                add(&mut load, &writer.input.jobs[*at].delivery, 1);
            }
        }
        Self {
            writer,
            slot,
            load,
            driven: 0,
            meters: 0,
            sums: Sums {
                delivery: vec![0; dimensions],
                pickup: vec![0; dimensions],
                ..Sums::default()
            },
            steps: Vec::new(),
            fetched: HashSet::new(),
        }
    }

    pub fn step(&self, kind: &str, arrival: i64, at: Option<PlaceId>) -> Map<String, Value> {
        let mut step = Map::new();
        step.insert("type".into(), kind.into());
        if let Some(place) = at {
            self.writer.put_place(&mut step, place);
        }
        for (name, value) in [
            ("setup", 0),
            ("service", 0),
            ("waiting_time", 0),
            ("arrival", arrival),
            ("duration", self.driven),
        ] {
            step.insert(name.into(), value.into());
        }
        if !self.load.is_empty() {
            step.insert("load".into(), json!(self.load));
        }
        if self.writer.layout.with_distances {
            step.insert("distance".into(), self.meters.into());
        }
        step.insert("violations".into(), json!([]));
        step
    }

    pub fn check_load(&mut self, step: &mut Map<String, Value>) {
        let capacity = &self.writer.input.vehicles[self.slot].capacity;
        let full = self.load.iter().zip(capacity).any(|(load, most)| load > most);
        if full {
            mark(step, &mut self.sums.violations, json!({ "cause": "load" }));
        }
    }

    /// The break, if it comes after so many stops.
    pub fn pause(&mut self, route: &Route, after: usize) {
        let pause = self.writer.input.vehicles[self.slot].breaks.first();
        let taken = route.lunch.filter(|taken| taken.after_stops as usize == after);
        let (Some(taken), Some(pause)) = (taken, pause) else {
            return;
        };
        let mut step = self.step("break", self.writer.time(taken.from), None);
        step.insert("id".into(), pause.id.into());
        step.insert("service".into(), (taken.to - taken.from).0.into());
        if let Some(text) = &pause.description {
            step.insert("description".into(), text.clone().into());
        }
        self.steps.push(step);
    }

    pub fn stop(&mut self, stop: &Stop, task: Task) {
        let writer = self.writer;
        let said = writer.said(task);
        let visit = writer.visit(stop.visit);
        self.driven += i64::from(stop.drive.time.0);
        self.meters += stop.drive.meters;
        match task {
            Task::Job(at) => {
                let job = &writer.input.jobs[at];
                add(&mut self.load, &job.delivery, -1);
                add(&mut self.load, &job.pickup, 1);
                count(&mut self.sums.delivery, &job.delivery);
                count(&mut self.sums.pickup, &job.pickup);
            }
            Task::Pickup(at) => {
                let amount = &writer.input.shipments[at].amount;
                add(&mut self.load, amount, 1);
                count(&mut self.sums.pickup, amount);
                self.fetched.insert(at);
            }
            Task::Delivery(at) => {
                let amount = &writer.input.shipments[at].amount;
                add(&mut self.load, amount, -1);
                count(&mut self.sums.delivery, amount);
            }
        }
        let mut step = self.step(said.kind, writer.time(stop.arrive), visit.place);
        step.insert("id".into(), said.id.into());
        if said.kind == "job" {
            step.insert("job".into(), said.id.into());
        }
        if let Some(text) = said.description {
            step.insert("description".into(), text.clone().into());
        }
        step.insert("setup".into(), said.setup.into());
        step.insert("service".into(), said.service.into());
        step.insert("waiting_time".into(), stop.wait.0.into());
        if stop.late > Span::ZERO {
            let late = json!({ "cause": "delay", "duration": stop.late.0 });
            mark(&mut step, &mut self.sums.violations, late);
        }
        self.check_load(&mut step);
        let able = writer.layout.problem.slots()[self.slot].skills;
        if visit.skills.missing_from(able).0 != 0 {
            mark(&mut step, &mut self.sums.violations, json!({ "cause": "skills" }));
        }
        if matches!(task, Task::Delivery(at) if !self.fetched.contains(&at)) {
            mark(
                &mut step,
                &mut self.sums.violations,
                json!({ "cause": "precedence" }),
            );
        }
        self.sums.setup += said.setup;
        self.sums.service += said.service;
        self.sums.waiting += i64::from(stop.wait.0);
        self.sums.priority += said.priority;
        self.steps.push(step);
    }
}

fn add(to: &mut [i64], amounts: &[i64], sign: i64) {
    for (sum, amount) in to.iter_mut().zip(amounts) {
        *sum += sign * amount;
    }
}

/// Says a violation at its step and for its route.
pub(super) fn mark(step: &mut Map<String, Value>, all: &mut Vec<Value>, violation: Value) {
    if let Some(list) = step.get_mut("violations").and_then(Value::as_array_mut) {
        list.push(violation.clone());
    }
    all.push(violation);
}

fn count(sums: &mut [u64], amounts: &[i64]) {
    for (sum, amount) in sums.iter_mut().zip(amounts) {
        *sum += amount.unsigned_abs();
    }
}
