//! Planning, and the plan in VROOM's form.

use std::ops::ControlFlow;
use std::time::Instant;

use ::plan::{Options, PlaceId, Plan, Route, SlotId, Span, TimeOfDay, Visit, VisitId};
use atlas::Atlas;
use jiff::civil::{Date, Time};
use serde_json::{Map, Value, json};

use super::Refusal;
use super::input::Input;
use super::layout::{Layout, Task};
use super::tour::{Sums, Tour, mark};
use crate::plans::why::Told;
use crate::plans::{Language, present::minutes};
use crate::services::osrm::polyline_of;

/// Ruins and recreates times visits, at the highest exploration level.
const WORK: u64 = 3_000_000;
const FEWEST_STEPS: u64 = 2_000;
const MOST_STEPS: u64 = 60_000;

/// Plans and writes the plan down.
pub(super) fn plan(input: &Input, layout: &Layout, atlas: Option<&Atlas>) -> Result<Value, Refusal> {
    let began = Instant::now();
    let level = input.options.x.unwrap_or(5).min(5);
    let visits = u64::try_from(layout.tasks.len()).unwrap_or(u64::MAX).max(1);
    let options = Options {
        steps: (WORK / visits * (level + 1) / 6).clamp(FEWEST_STEPS, MOST_STEPS),
        ..Options::default()
    };
    let mut on = |_: &::plan::Progress<'_>| ControlFlow::Continue(());
    let problem = &layout.problem;
    let refused = |e: ::plan::OrderError| Refusal::input(format!("The steps cannot be driven: {e}."));
    let warm = layout.orders.iter().any(|order| !order.is_empty());
    let (routes, plan) = if input.options.c {
        let routes: Result<Vec<Route>, ::plan::OrderError> = (0u32..)
            .zip(&layout.orders)
            .map(|(slot, order)| ::plan::evaluate(problem, SlotId(slot), order))
            .collect();
        (routes.map_err(refused)?, None)
    } else {
        let plan = if warm {
            ::plan::resolve(problem, &layout.orders, &options, &mut on).map_err(refused)?
        } else {
            ::plan::solve(problem, &options, &mut on)
        };
        (plan.routes.clone(), Some(plan))
    };
    let solving = began.elapsed().as_millis();
    let writer = Writer {
        input,
        layout,
        atlas: atlas.filter(|_| input.options.g),
    };
    let mut summary = Sums::default();
    let mut written = Vec::new();
    for (slot, route) in routes.iter().enumerate().filter(|(_, r)| !r.stops.is_empty()) {
        written.push(writer.route(slot, route, &mut summary));
    }
    let unassigned = match &plan {
        Some(plan) => writer.unassigned(plan),
        None => writer.not_in(&layout.orders),
    };
    let mut told = summary.told(layout);
    told.insert("routes".into(), written.len().into());
    told.insert("unassigned".into(), unassigned.len().into());
    told.insert(
        "computing_times".into(),
        json!({ "loading": 0, "solving": solving, "routing": 0 }),
    );
    Ok(json!({ "code": 0, "summary": told, "unassigned": unassigned, "routes": written }))
}

pub(super) struct Writer<'a> {
    pub input: &'a Input,
    pub layout: &'a Layout,
    /// Where geometry is wished for.
    atlas: Option<&'a Atlas>,
}

/// What the input says of a task.
pub(super) struct Said<'a> {
    pub kind: &'static str,
    pub id: u64,
    pub description: Option<&'a String>,
    pub setup: i64,
    pub service: i64,
    pub priority: u64,
}

impl Writer<'_> {
    pub fn said(&self, task: Task) -> Said<'_> {
        match task {
            Task::Job(at) => {
                let job = &self.input.jobs[at];
                Said {
                    kind: "job",
                    id: job.id,
                    description: job.description.as_ref(),
                    setup: job.setup,
                    service: job.service,
                    priority: u64::from(job.priority),
                }
            }
            Task::Pickup(at) | Task::Delivery(at) => {
                let shipment = &self.input.shipments[at];
                let is_pickup = matches!(task, Task::Pickup(_));
                let end = if is_pickup {
                    &shipment.pickup
                } else {
                    &shipment.delivery
                };
                Said {
                    kind: if is_pickup { "pickup" } else { "delivery" },
                    id: end.id,
                    description: end.description.as_ref(),
                    setup: end.setup,
                    service: end.service,
                    // A shipment counts once.
                    priority: if is_pickup {
                        u64::from(shipment.priority)
                    } else {
                        0
                    },
                }
            }
        }
    }

    fn name(&self, visit: VisitId) -> String {
        let said = self.said(self.layout.tasks[visit.0 as usize]);
        format!("{} {}", said.kind, said.id)
    }

    pub fn visit(&self, visit: VisitId) -> &Visit {
        &self.layout.problem.visits()[visit.0 as usize]
    }

    /// The place as the input named it.
    pub fn put_place(&self, step: &mut Map<String, Value>, place: PlaceId) {
        let place = self.layout.places[place.0 as usize];
        if let Some(at) = place.at {
            step.insert("location".into(), json!([at.lng(), at.lat()]));
        }
        if let Some(index) = place.index {
            step.insert("location_index".into(), index.into());
        }
    }

    pub fn time(&self, at: TimeOfDay) -> i64 {
        self.layout.base + i64::from(at.0)
    }

    fn route(&self, slot: usize, route: &Route, summary: &mut Sums) -> Value {
        let vehicle = &self.input.vehicles[slot];
        let tasks: Vec<Task> = route
            .stops
            .iter()
            .map(|s| self.layout.tasks[s.visit.0 as usize])
            .collect();
        let mut tour = Tour::of(self, slot, &tasks);
        if vehicle.start.is_some() || vehicle.start_index.is_some() {
            let mut step = tour.step("start", self.time(route.leave), Some(route.start));
            tour.check_load(&mut step);
            tour.steps.push(step);
        }
        for (number, (stop, task)) in route.stops.iter().zip(&tasks).enumerate() {
            tour.pause(route, number);
            tour.stop(stop, *task);
        }
        tour.pause(route, route.stops.len());
        tour.driven += i64::from(route.drive_back.time.0);
        tour.meters += route.drive_back.meters;
        if vehicle.end.is_some() || vehicle.end_index.is_some() {
            let mut step = tour.step("end", self.time(route.back), Some(route.end));
            if route.overtime > Span::ZERO {
                let late = json!({ "cause": "delay", "duration": route.overtime.0 });
                mark(&mut step, &mut tour.sums.violations, late);
            }
            tour.steps.push(step);
        }
        if vehicle.max_tasks.is_some_and(|most| tasks.len() > most as usize) {
            tour.sums.violations.push(json!({ "cause": "max_tasks" }));
        }
        let most = self.layout.problem.slots()[slot].max_drive;
        if let Some(most) = most.filter(|most| route.drive.time > *most) {
            let over = route.drive.time - most;
            let cause = json!({ "cause": "max_travel_time", "duration": over.0 });
            tour.sums.violations.push(cause);
        }
        tour.sums.duration = tour.driven;
        tour.sums.distance = tour.meters;
        summary.add(&tour.sums);
        let mut told = tour.sums.told(self.layout);
        told.insert("vehicle".into(), vehicle.id.into());
        if let Some(text) = &vehicle.description {
            told.insert("description".into(), text.clone().into());
        }
        told.insert("steps".into(), json!(tour.steps));
        if let Some(line) = self.geometry(route) {
            told.insert("geometry".into(), line.into());
        }
        Value::Object(told)
    }

    /// The roads of a route, as an encoded polyline.
    fn geometry(&self, route: &Route) -> Option<String> {
        let roads = self.atlas?.roads();
        let mut query = roads.query();
        let stops = route.stops.iter().filter_map(|s| self.visit(s.visit).place);
        let places: Vec<_> = [route.start]
            .into_iter()
            .chain(stops)
            .chain([route.end])
            .collect();
        let snaps: Vec<_> = places
            .iter()
            .filter_map(|p| self.layout.snaps[p.0 as usize])
            .collect();
        let mut line = Vec::new();
        for pair in snaps.windows(2) {
            let [from, to] = pair else { continue };
            line.extend(query.route(from, to)?.line);
        }
        line.dedup();
        Some(polyline_of(line.into_iter()))
    }

    /// What is left out, with the reasons of each vehicle.
    fn unassigned(&self, plan: &Plan) -> Vec<Value> {
        let mut all = Vec::new();
        for left in &plan.left_out {
            let mut told = self.left(left.visit);
            let name = |visit: VisitId| self.name(visit);
            let clock = |at: TimeOfDay| {
                let seconds = at.0.rem_euclid(86_400);
                Time::midnight().saturating_add(jiff::SignedDuration::from_secs(i64::from(seconds)))
            };
            let reasons: Vec<Value> = left
                .reasons
                .iter()
                .flat_map(|slot| {
                    let vehicle = self.input.vehicles[slot.slot.0 as usize].id;
                    let told = Told {
                        language: Language::English,
                        day: Date::constant(1970, 1, 1),
                        visit: left.visit,
                        name: &name,
                        clock: &clock,
                        date: &|_| None,
                    };
                    let why: Vec<Value> = slot
                        .reasons
                        .iter()
                        .filter_map(|why| told.why_not(why))
                        .map(|reason| {
                            // Vehicles have no calendar, so no day is named.
                            let text = if reason.code == "CLOSED_THAT_DAY" {
                                "none of its time windows meets the vehicle's".to_owned()
                            } else {
                                reason.text
                            };
                            json!({ "vehicle": vehicle, "code": reason.code, "text": text, "amount": reason.amount })
                        })
                        .collect();
                    why
                })
                .collect();
            told.insert("reasons".into(), json!(reasons));
            if let Some(way) = &left.cheapest {
                let drops: Vec<String> = way.drops.iter().map(|v| self.name(*v)).collect();
                told.insert(
                    "cheapest".into(),
                    json!({
                        "vehicle": self.input.vehicles[way.slot.0 as usize].id,
                        "extra_minutes": minutes(i64::from(way.extra_drive.0)),
                        "displaces": drops,
                    }),
                );
            }
            all.push(Value::Object(told));
        }
        all
    }

    /// In plan mode: what is in no vehicle's steps.
    fn not_in(&self, orders: &[Vec<VisitId>]) -> Vec<Value> {
        (0u32..)
            .zip(&self.layout.tasks)
            .map(|(number, _)| VisitId(number))
            .filter(|visit| !orders.iter().any(|order| order.contains(visit)))
            .map(|visit| Value::Object(self.left(visit)))
            .collect()
    }

    fn left(&self, visit: VisitId) -> Map<String, Value> {
        let said = self.said(self.layout.tasks[visit.0 as usize]);
        let mut told = Map::new();
        told.insert("id".into(), said.id.into());
        told.insert("type".into(), said.kind.into());
        if let Some(text) = said.description {
            told.insert("description".into(), text.clone().into());
        }
        if let Some(place) = self.visit(visit).place {
            self.put_place(&mut told, place);
        }
        told
    }
}
