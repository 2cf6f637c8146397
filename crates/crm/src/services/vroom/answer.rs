//! Planning, and the plan in VROOM's form.

use std::ops::ControlFlow;
use std::time::Instant;

use ::plan::{Options, Plan, Progress, VisitId};
use atlas::Atlas;
use serde_json::{Map, Value, json};

use super::driven::Step;
use super::input::Input;
use super::puzzle::{Puzzle, costs_matter};
use super::reasons::unassigned;
use super::route::{Sums, Writer, order_of};
use super::schedule::Fleet;
use super::settle::settle;
use super::tasks::{Asking, Kind};
use super::travel::Travel;
use super::{Refusal, eta};
use crate::plans::Language;

/// Ruins and recreates times visits, at the highest exploration level.
const WORK: u64 = 3_000_000;
const FEWEST_STEPS: u64 = 2_000;
const MOST_STEPS: u64 = 60_000;

/// Plans and writes the plan down.
pub(super) fn plan(input: &Input, atlas: Option<&Atlas>, language: Language) -> Result<Value, Refusal> {
    let began = Instant::now();
    let asking = Asking::of(input)?;
    let travel = Travel::of(input, &asking, atlas)?;
    let fleet = Fleet {
        asking: &asking,
        travel: &travel,
    };
    let loading = began.elapsed();
    let (routes, unassigned) = if input.options.c {
        timed(fleet)?
    } else {
        solved(fleet, &input.options, language)?
    };
    let solving = began.elapsed() - loading;
    let writer = Writer {
        fleet,
        atlas: atlas.filter(|_| input.options.g),
    };
    let mut summary = Sums::new(asking.dimensions);
    let mut written = Vec::new();
    for (vehicle, steps) in routes {
        let (route, sums) = writer.route(vehicle, &steps);
        summary.add(&sums);
        written.push(route);
    }
    let mut told = summary.told(travel.with_distances);
    told.insert("routes".into(), written.len().into());
    told.insert("unassigned".into(), unassigned.len().into());
    let routing = began.elapsed() - loading - solving;
    told.insert(
        "computing_times".into(),
        json!({
            "loading": millis(loading), "solving": millis(solving), "routing": millis(routing),
        }),
    );
    Ok(json!({ "code": 0, "summary": told, "unassigned": unassigned, "routes": written }))
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Vehicles with their steps, and the entries of what is in none of them.
type Answer = (Vec<(usize, Vec<Step>)>, Vec<Value>);

/// Plan mode: the steps as they were given.
fn timed(fleet: Fleet<'_>) -> Result<Answer, Refusal> {
    let mut routes = Vec::new();
    let mut planned = vec![false; fleet.asking.tasks.len()];
    for vehicle in 0..fleet.asking.vehicles.len() {
        if fleet.vehicle(vehicle).steps.is_empty() {
            continue;
        }
        let steps = eta::steps(fleet, vehicle)?;
        order_of(&steps).iter().for_each(|task| planned[*task] = true);
        routes.push((vehicle, steps));
    }
    let writer = Writer { fleet, atlas: None };
    let absent = (0..planned.len()).filter(|task| !planned[*task]);
    Ok((
        routes,
        absent.map(|task| Value::Object(left_out(writer, task))).collect(),
    ))
}

/// What is told of a task that is in no route.
pub(super) fn left_out(writer: Writer<'_>, task: usize) -> Map<String, Value> {
    let mut told = Map::new();
    writer.put_task(&mut told, task);
    told.remove("job");
    writer.put_place(&mut told, writer.fleet.asking.tasks[task].place);
    told
}

fn solved(fleet: Fleet<'_>, options: &super::input::Options, language: Language) -> Result<Answer, Refusal> {
    let vehicles = &fleet.asking.vehicles;
    for (number, vehicle) in vehicles.iter().enumerate() {
        if fleet.fit(number, &[]).is_err() {
            return Err(Refusal::input(format!(
                "Inconsistent breaks for vehicle {}: they do not fit its time window.",
                vehicle.id
            )));
        }
    }
    let puzzle = Puzzle::of(fleet)?;
    let plan = searched(fleet, &puzzle, options)?;
    let found = tasks_of(&puzzle, &plan);
    let level = options.x.unwrap_or(5).min(5);
    let differ = puzzle.kinds > 1 || costs_matter(fleet);
    let routes = settle(fleet, found.clone(), differ.then_some(level));
    // Whatever was put right afterwards has reasons of its own.
    let plan = if routes == found {
        plan
    } else {
        ::plan::review(&puzzle.problem, &puzzle.orders(&routes)).map_err(not_planned)?
    };
    let unassigned = unassigned(fleet, &puzzle, &plan, &routes, language);
    let mut written = Vec::new();
    for (vehicle, order) in routes.iter().enumerate().filter(|(_, order)| !order.is_empty()) {
        let fit = fleet.fit(vehicle, order).map_err(|why| {
            Refusal::internal(format!(
                "The route of vehicle {vehicle} cannot be driven: {why:?}."
            ))
        })?;
        written.push((vehicle, fleet.steps(vehicle, order, &fit)));
    }
    Ok((written, unassigned))
}

fn not_planned(error: ::plan::OrderError) -> Refusal {
    Refusal::input(format!("The steps cannot be driven: {error}."))
}

fn searched(fleet: Fleet<'_>, puzzle: &Puzzle, asked: &super::input::Options) -> Result<Plan, Refusal> {
    let level = asked.x.unwrap_or(5).min(5);
    let visits = u64::try_from(puzzle.problem.visits().len())
        .unwrap_or(u64::MAX)
        .max(1);
    let options = Options {
        steps: (WORK / visits * (level + 1) / 6).clamp(FEWEST_STEPS, MOST_STEPS),
        threads: asked.t.unwrap_or(1).clamp(1, 4),
        ..Options::default()
    };
    let began = Instant::now();
    let mut on = |_: &Progress<'_>| match asked.l {
        Some(limit) if began.elapsed().as_secs_f64() >= limit => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let wished: Vec<Vec<usize>> = fleet
        .asking
        .vehicles
        .iter()
        .map(|v| eta::tasks_of(&v.steps))
        .collect();
    if wished.iter().all(Vec::is_empty) {
        return Ok(::plan::solve(&puzzle.problem, &options, &mut on));
    }
    let orders = puzzle.orders(&wished);
    ::plan::resolve(&puzzle.problem, &orders, &options, &mut on).map_err(not_planned)
}

/// The plan's routes as orders of tasks.
fn tasks_of(puzzle: &Puzzle, plan: &Plan) -> Vec<Vec<usize>> {
    let task = |visit: VisitId| puzzle.task(visit);
    plan.orders()
        .into_iter()
        .map(|order| order.into_iter().map(task).collect())
        .collect()
}

/// The tasks of which an entry is told: both ends of a shipment that is left out.
pub(super) fn absent(fleet: Fleet<'_>, routes: &[Vec<usize>]) -> Vec<usize> {
    let mut planned = vec![false; fleet.asking.tasks.len()];
    routes.iter().flatten().for_each(|task| planned[*task] = true);
    debug_assert!(
        fleet
            .asking
            .tasks
            .iter()
            .enumerate()
            .all(|(at, task)| { task.kind != Kind::Pickup || planned[at] == planned[at + 1] })
    );
    (0..planned.len()).filter(|task| !planned[*task]).collect()
}
