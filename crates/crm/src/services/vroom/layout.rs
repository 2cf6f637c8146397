//! From VROOM's input to a problem for the planner.

use std::collections::HashMap;

use ::plan::{
    DenseTimes, Loads, Lunch, PlaceId, Problem, Rules, Shipment, Slot, TimeOfDay, UNREACHABLE, Visit,
    VisitId, Window,
};
use atlas::Atlas;
use roads::{Snap, SnapOptions};

use super::Refusal;
use super::input::{Input, Vehicle};
use super::parts::{Clock, LONG, Place, Places, SkillBits, amounts, prize, span};
use crate::plans::prepare::table;

/// No limit to a load.
const UNLIMITED: u32 = u32::MAX / 4;

/// Which task of the input a visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    Job(usize),
    Pickup(usize),
    Delivery(usize),
}

/// The problem with what its numbers stand for.
pub(super) struct Layout {
    pub problem: Problem,
    /// By visit.
    pub tasks: Vec<Task>,
    /// By place; the last one is nowhere.
    pub places: Vec<Place>,
    pub snaps: Vec<Option<Snap>>,
    /// Distances are known.
    pub with_distances: bool,
    /// Of the input's times: what is 0 in the problem.
    pub base: i64,
    /// The wished steps of each vehicle.
    pub orders: Vec<Vec<VisitId>>,
    /// Load dimensions of the input.
    pub dimensions: usize,
}

impl Layout {
    /// Lays the input out; with matrices in it no map is needed.
    pub fn of(input: &Input, atlas: Option<&Atlas>) -> Result<Self, Refusal> {
        if input.vehicles.is_empty() || (input.jobs.is_empty() && input.shipments.is_empty()) {
            return Err(Refusal::input(
                "Invalid JSON object in request, please add vehicles and jobs or shipments to the object body",
            ));
        }
        let skills = SkillBits::of(input)?;
        let clock = Clock::of(input);
        let dimensions = dimensions(input);
        let with_tasks = input.vehicles.iter().any(|v| v.max_tasks.is_some());
        let width = dimensions + usize::from(with_tasks);
        let mut places = Places::default();
        let mut visits = Vec::new();
        let mut tasks = Vec::new();
        let mut rules = Rules::default();
        let one_task = |mut loads: Vec<u32>| {
            if with_tasks {
                loads[dimensions] = 1;
            }
            loads
        };
        let mut seen = HashMap::new();
        for (number, job) in input.jobs.iter().enumerate() {
            let what = format!("job {}", job.id);
            if seen
                .insert((Kind::Job, job.id), VisitId(index(visits.len())))
                .is_some()
            {
                return Err(Refusal::input(format!("Duplicate job id: {}.", job.id)));
            }
            let place = places.get(&what, job.location, job.location_index)?;
            visits.push(Visit {
                windows: clock.windows(&what, &job.time_windows)?,
                prize: prize(&what, job.priority)?,
                skills: skills.bits(&job.skills),
                loads: Loads {
                    delivered: one_task(amounts(&what, &job.delivery, width)?),
                    collected: amounts(&what, &job.pickup, width)?,
                },
                ..Visit::new(place, span(&what, job.setup + job.service)?)
            });
            tasks.push(Task::Job(number));
        }
        for (number, shipment) in input.shipments.iter().enumerate() {
            let first = index(visits.len());
            for (kind, task, end) in [
                (Kind::Pickup, Task::Pickup(number), &shipment.pickup),
                (Kind::Delivery, Task::Delivery(number), &shipment.delivery),
            ] {
                let what = format!("{} {}", kind.word(), end.id);
                if seen
                    .insert((kind, end.id), VisitId(index(visits.len())))
                    .is_some()
                {
                    return Err(Refusal::input(format!(
                        "Duplicate {} id: {}.",
                        kind.word(),
                        end.id
                    )));
                }
                let place = places.get(&what, end.location, end.location_index)?;
                visits.push(Visit {
                    windows: clock.windows(&what, &end.time_windows)?,
                    prize: prize(&what, shipment.priority)?,
                    skills: skills.bits(&shipment.skills),
                    loads: Loads {
                        delivered: one_task(vec![0; width]),
                        collected: Vec::new(),
                    },
                    ..Visit::new(place, span(&what, end.setup + end.service)?)
                });
                tasks.push(task);
            }
            rules.shipments.push(Shipment {
                pickup: VisitId(first),
                delivery: VisitId(first + 1),
                amount: amounts(
                    &format!("shipment {}", shipment.pickup.id),
                    &shipment.amount,
                    width,
                )?,
            });
        }
        let mut slots = Vec::new();
        let mut ends = Vec::new();
        for (number, vehicle) in input.vehicles.iter().enumerate() {
            let what = format!("vehicle {}", vehicle.id);
            refuse_unknown(&what, vehicle)?;
            let end = |places: &mut Places, at: Option<[f64; 2]>, index: Option<usize>| match (at, index) {
                (None, None) => Ok(None),
                _ => places.get(&what, at, index).map(Some),
            };
            let start_place = end(&mut places, vehicle.start, vehicle.start_index)?;
            let end_place = end(&mut places, vehicle.end, vehicle.end_index)?;
            if start_place.is_none() && end_place.is_none() {
                return Err(Refusal::input(format!("No start or end specified for {what}.")));
            }
            ends.push((start_place, end_place));
            let shift = match vehicle.time_window {
                Some(window) => clock.window(&what, window)?,
                None => Window::new(TimeOfDay(0), TimeOfDay(LONG as i32)),
            };
            let mut capacity = amounts(&what, &vehicle.capacity, width)?;
            if vehicle.capacity.is_empty() {
                capacity.fill(UNLIMITED);
            }
            if with_tasks {
                capacity[dimensions] = vehicle.max_tasks.unwrap_or(UNLIMITED);
            }
            let lunch = lunch(&what, vehicle, &clock, shift)?;
            slots.push(Slot {
                lunch,
                max_drive: vehicle.max_travel_time.map(|s| span(&what, s)).transpose()?,
                skills: skills.bits(&vehicle.skills),
                capacity,
                ..Slot::new(index(number), 0, PlaceId(0), shift)
            });
        }
        let nowhere = PlaceId(index(places.all.len()));
        for (slot, (start, end)) in slots.iter_mut().zip(&ends) {
            slot.start = start.unwrap_or(nowhere);
            slot.end = end.unwrap_or(nowhere);
        }
        places.all.push(Place::default());
        let factor = one_for_all(input)?;
        let (times, snaps, with_distances) = drive_times(input, &places.all, atlas, factor)?;
        let orders = orders(input, &seen)?;
        let problem = Problem::with_rules(slots, visits, rules, &times)
            .map_err(|e| Refusal::input(format!("This cannot be planned: {e}.")))?;
        Ok(Self {
            problem,
            tasks,
            places: places.all,
            snaps,
            with_distances,
            base: clock.base,
            orders,
            dimensions,
        })
    }
}

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Job,
    Pickup,
    Delivery,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Pickup => "pickup",
            Self::Delivery => "delivery",
        }
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn dimensions(input: &Input) -> usize {
    let jobs = input.jobs.iter().flat_map(|j| [j.delivery.len(), j.pickup.len()]);
    let shipments = input.shipments.iter().map(|s| s.amount.len());
    let vehicles = input.vehicles.iter().map(|v| v.capacity.len());
    jobs.chain(shipments).chain(vehicles).max().unwrap_or(0)
}

fn refuse_unknown(what: &str, vehicle: &Vehicle) -> Result<(), Refusal> {
    let refused = |why: &str| Err(Refusal::input(format!("{what}: {why}.")));
    if vehicle.max_distance.is_some() {
        return refused("max_distance is not known here; give max_travel_time");
    }
    if vehicle
        .costs
        .as_ref()
        .is_some_and(|c| c.fixed != 0 || c.per_km != 0)
    {
        return refused("fixed costs and costs by kilometre are not known here; time is what is minimised");
    }
    if vehicle.breaks.len() > 1 || vehicle.breaks.iter().any(|b| b.time_windows.len() > 1) {
        return refused("one break with one time window is placed for a vehicle, not more");
    }
    Ok(())
}

fn lunch(what: &str, vehicle: &Vehicle, clock: &Clock, shift: Window) -> Result<Option<Lunch>, Refusal> {
    let Some(pause) = vehicle.breaks.first().filter(|b| b.service > 0) else {
        return Ok(None);
    };
    let length = span(what, pause.service)?;
    let within = match pause.time_windows.first() {
        // VROOM's windows say when a break may begin, the planner's when it lies.
        Some(window) => {
            let window = clock.window(what, *window)?;
            Window::new(window.from, window.to + length)
        }
        None => shift,
    };
    Ok(Some(Lunch { length, within }))
}

/// The speed factor, which has to be the same for all, as has the profile.
fn one_for_all(input: &Input) -> Result<f64, Refusal> {
    let profile = |v: &Vehicle| v.profile.clone().unwrap_or_else(|| "car".into());
    let factor = |v: &Vehicle| v.speed_factor.unwrap_or(1.0);
    let (Some(first), rest) = (input.vehicles.first(), &input.vehicles) else {
        return Ok(1.0);
    };
    if rest.iter().any(|v| profile(v) != profile(first)) {
        return Err(Refusal::input(
            "All vehicles of a request have the same profile here.",
        ));
    }
    if rest.iter().any(|v| factor(v) != factor(first)) {
        return Err(Refusal::input(
            "All vehicles of a request have the same speed factor here.",
        ));
    }
    if !(factor(first) > 0.0 && factor(first) <= 5.0) {
        return Err(Refusal::input(format!(
            "The speed factor {} is not above 0 and at most 5.",
            factor(first)
        )));
    }
    Ok(factor(first))
}

type Times = (DenseTimes, Vec<Option<Snap>>, bool);

/// Drive times between all places; to and from nowhere it is no way at all.
fn drive_times(
    input: &Input,
    places: &[Place],
    atlas: Option<&Atlas>,
    factor: f64,
) -> Result<Times, Refusal> {
    let n = places.len();
    let real = n - 1;
    let mut seconds = vec![0u32; n * n];
    let mut meters = vec![0u32; n * n];
    let scaled = |s: u32| {
        if s == UNREACHABLE {
            s
        } else {
            (f64::from(s) / factor).round() as u32
        }
    };
    let mut snaps = vec![None; n];
    let with_distances;
    if input.matrices.is_empty() {
        let atlas = atlas.ok_or_else(|| Refusal::routing("There is no map."))?;
        let roads = atlas.roads();
        for (place, snap) in places[..real].iter().zip(&mut snaps) {
            let at = place
                .at
                .ok_or_else(|| Refusal::input("Location indices need matrices."))?;
            *snap = Some(
                roads
                    .snap(at, &SnapOptions::default())
                    .map_err(|e| Refusal::routing(format!("[{}, {}]: {e}.", at.lng(), at.lat())))?,
            );
        }
        let table = table(roads, &snaps[..real]);
        for row in 0..real {
            for column in 0..real {
                let (s, m) = table[row * real + column];
                seconds[row * n + column] = scaled(s);
                meters[row * n + column] = m;
            }
        }
        with_distances = true;
    } else {
        let profile = input.vehicles[0].profile.as_deref().unwrap_or("car");
        let matrices = input
            .matrices
            .get(profile)
            .ok_or_else(|| Refusal::input(format!("There are no matrices for the profile {profile}.")))?;
        let rows = matrices.durations.len();
        let square = |table: &Vec<Vec<u32>>| table.len() == rows && table.iter().all(|row| row.len() == rows);
        if !square(&matrices.durations) || matrices.distances.as_ref().is_some_and(|d| !square(d)) {
            return Err(Refusal::input(
                "The matrices are not square and of the same size.",
            ));
        }
        for (row, from) in places[..real].iter().enumerate() {
            for (column, to) in places[..real].iter().enumerate() {
                let (Some(a), Some(b)) = (from.index, to.index) else {
                    return Err(Refusal::input("With matrices every location needs its index."));
                };
                if a.max(b) >= rows {
                    return Err(Refusal::input(format!(
                        "The location index {} is beyond the matrices' {rows} rows.",
                        a.max(b)
                    )));
                }
                seconds[row * n + column] = scaled(matrices.durations[a][b]);
                meters[row * n + column] = matrices.distances.as_ref().map_or(0, |d| d[a][b]);
            }
        }
        with_distances = matrices.distances.is_some();
    }
    let times = DenseTimes::new(n, seconds, meters).map_err(|e| Refusal::input(format!("{e}.")))?;
    Ok((times, snaps, with_distances))
}

/// The wished steps of each vehicle.
fn orders(input: &Input, seen: &HashMap<(Kind, u64), VisitId>) -> Result<Vec<Vec<VisitId>>, Refusal> {
    let mut used: HashMap<VisitId, u64> = HashMap::new();
    let mut orders = Vec::with_capacity(input.vehicles.len());
    for vehicle in &input.vehicles {
        let mut order = Vec::new();
        for step in &vehicle.steps {
            let kind = match step.kind.as_str() {
                "job" => Kind::Job,
                "pickup" => Kind::Pickup,
                "delivery" => Kind::Delivery,
                "start" | "end" | "break" => continue,
                other => {
                    return Err(Refusal::input(format!(
                        "vehicle {}: {other:?} is no type of step.",
                        vehicle.id
                    )));
                }
            };
            let id = step
                .id
                .ok_or_else(|| Refusal::input(format!("vehicle {}: a step has no id.", vehicle.id)))?;
            let visit = *seen.get(&(kind, id)).ok_or_else(|| {
                Refusal::input(format!(
                    "vehicle {}: there is no {} {id}.",
                    vehicle.id,
                    kind.word()
                ))
            })?;
            if used.insert(visit, vehicle.id).is_some() {
                return Err(Refusal::input(format!(
                    "{} {id} is in the steps twice.",
                    kind.word()
                )));
            }
            order.push(visit);
        }
        orders.push(order);
    }
    Ok(orders)
}
