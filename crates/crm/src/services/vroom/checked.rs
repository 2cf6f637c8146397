//! From the request to what is asked: every fault is named, in VROOM's words where it has some.

use std::collections::{HashMap, HashSet};

use geom::LngLat;

use super::Refusal;
use super::input::{Input, Step, Stop, Vehicle as Asked};
use super::tasks::{Asking, FOREVER, Item, Kind, Pause, Place, Task, Vehicle, Wish};

/// The longest service or break, in seconds: a year.
const LONGEST: i64 = 31_536_000;

impl Asking {
    /// Checks the input as VROOM does, with its words where it has some.
    pub fn of(input: &Input) -> Result<Self, Refusal> {
        let vehicles = input.vehicles.as_deref().unwrap_or_default();
        let jobs = input.jobs.as_deref().unwrap_or_default();
        let shipments = input.shipments.as_deref().unwrap_or_default();
        if jobs.is_empty() && shipments.is_empty() {
            return Err(Refusal::input("No task defined."));
        }
        if vehicles.is_empty() {
            return Err(Refusal::input("No vehicle defined."));
        }
        let loads = jobs.iter().flat_map(|j| [&j.delivery, &j.pickup, &j.amount]);
        let loads = loads.chain(shipments.iter().map(|s| &s.amount));
        let loads = loads.chain(vehicles.iter().map(|v| &v.capacity));
        let dimensions = loads.map(Vec::len).max().unwrap_or(0);
        let mut making = Making {
            places: Places::default(),
            seen: HashMap::new(),
            tasks: Vec::new(),
            dimensions,
        };
        for job in jobs {
            let delivery = if job.delivery.is_empty() {
                &job.amount
            } else {
                &job.delivery
            };
            let loads = [&delivery[..], &job.pickup, &[]];
            making.task(Kind::Job, &job.stop, &job.skills, job.priority, loads)?;
        }
        for shipment in shipments {
            let (Some(pickup), Some(delivery)) = (&shipment.pickup, &shipment.delivery) else {
                let missing = if shipment.pickup.is_none() {
                    "pickup"
                } else {
                    "delivery"
                };
                return Err(Refusal::input(format!("Missing {missing} for shipment.")));
            };
            for (kind, end) in [(Kind::Pickup, pickup), (Kind::Delivery, delivery)] {
                let loads = [&[], &[], &shipment.amount[..]];
                making.task(kind, end, &shipment.skills, shipment.priority, loads)?;
            }
        }
        let mut all = Vec::with_capacity(vehicles.len());
        let mut steps = HashSet::new();
        for asked in vehicles {
            all.push(making.vehicle(asked, &mut steps)?);
        }
        Ok(Self {
            places: making.places.all,
            tasks: making.tasks,
            vehicles: all,
            dimensions,
        })
    }
}

struct Making {
    places: Places,
    seen: HashMap<(Kind, u64), usize>,
    tasks: Vec<Task>,
    dimensions: usize,
}

impl Making {
    fn task(
        &mut self,
        kind: Kind,
        stop: &Stop,
        skills: &[u32],
        priority: u32,
        [delivered, collected, shipped]: [&[i64]; 3],
    ) -> Result<(), Refusal> {
        let word = kind.word();
        let missing = || Refusal::input(format!("Invalid or missing id for {word}."));
        let id = stop.id.ok_or_else(missing)?;
        if self.seen.insert((kind, id), self.tasks.len()).is_some() {
            return Err(Refusal::input(format!("Duplicate {word} id: {id}.")));
        }
        let what = format!("{word} {id}");
        if priority > 100 {
            return Err(Refusal::input(format!(
                "Invalid priority value for {what}: {priority} is above 100."
            )));
        }
        let place = self
            .places
            .get(&what, stop.location.as_deref(), stop.location_index)?;
        let per_type = stop.setup_per_type.values().chain(stop.service_per_type.values());
        for seconds in [&stop.setup, &stop.service].into_iter().chain(per_type) {
            span(&what, *seconds)?;
        }
        let amounts = |given: &[i64]| amounts(&what, given, self.dimensions);
        self.tasks.push(Task {
            kind,
            id,
            description: stop.description.clone(),
            place,
            priority,
            windows: windows(&what, &stop.time_windows)?,
            skills: sorted(skills),
            delivered: amounts(delivered)?,
            collected: amounts(collected)?,
            shipped: amounts(shipped)?,
            setup: stop.setup,
            service: stop.service,
            setup_by_type: stop.setup_per_type.clone(),
            service_by_type: stop.service_per_type.clone(),
        });
        Ok(())
    }

    fn vehicle(&mut self, asked: &Asked, in_steps: &mut HashSet<usize>) -> Result<Vehicle, Refusal> {
        let missing = || Refusal::input("Invalid or missing id for vehicle.");
        let id = asked.id.ok_or_else(missing)?;
        let what = format!("vehicle {id}");
        let places = &mut self.places;
        let mut end = |at: &Option<Vec<f64>>, index: Option<usize>| match (at, index) {
            (None, None) => Ok(None),
            _ => places.get(&what, at.as_deref(), index).map(Some),
        };
        let (start, end) = (
            end(&asked.start, asked.start_index)?,
            end(&asked.end, asked.end_index)?,
        );
        if start.is_none() && end.is_none() {
            return Err(Refusal::input(format!("No start or end specified for {what}.")));
        }
        let speed = asked.speed_factor.unwrap_or(1.0);
        if !(speed > 0.0 && speed <= 5.0) {
            return Err(Refusal::input(format!(
                "Invalid speed factor: {speed}; it is above 0 and at most 5."
            )));
        }
        let window = match asked.time_window {
            Some(window) => self::window(&what, window)?,
            None => (0, FOREVER),
        };
        let pauses = pauses(&what, asked, self.dimensions)?;
        let capacity = (!asked.capacity.is_empty())
            .then(|| amounts(&what, &asked.capacity, self.dimensions))
            .transpose()?;
        for limit in [asked.max_travel_time, asked.max_distance].into_iter().flatten() {
            if limit < 0 {
                return Err(Refusal::input(format!("{what}: the limit {limit} is below 0.")));
            }
        }
        let steps = self.wishes(&what, &asked.steps, &pauses, in_steps)?;
        Ok(Vehicle {
            id,
            description: asked.description.clone(),
            profile: asked.profile.clone().unwrap_or_else(|| "car".into()),
            kind: asked.kind.clone().unwrap_or_default(),
            speed,
            start,
            end,
            window,
            capacity,
            skills: sorted(&asked.skills),
            pauses,
            max_tasks: asked.max_tasks,
            max_travel: asked.max_travel_time,
            max_distance: asked.max_distance,
            costs: asked.costs.unwrap_or_default(),
            steps,
        })
    }

    /// The wished steps; no task in those of two vehicles, or twice.
    fn wishes(
        &self,
        what: &str,
        steps: &[Step],
        pauses: &[Pause],
        in_steps: &mut HashSet<usize>,
    ) -> Result<Vec<Wish>, Refusal> {
        let mut wishes: Vec<Wish> = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let kind = match step.kind.as_str() {
                "start" if number == 0 => continue,
                "end" if number + 1 == steps.len() => continue,
                "start" | "end" => {
                    return Err(Refusal::input(format!(
                        "Unexpected {} in input steps for {what}.",
                        step.kind
                    )));
                }
                "job" => Some(Kind::Job),
                "pickup" => Some(Kind::Pickup),
                "delivery" => Some(Kind::Delivery),
                "break" => None,
                other => {
                    return Err(Refusal::input(format!(
                        "Invalid type in steps for {what}: {other:?} is none."
                    )));
                }
            };
            let id = step
                .id
                .ok_or_else(|| Refusal::input(format!("Invalid id in steps for {what}.")))?;
            let word = kind.map_or("break", Kind::word);
            let found = match kind {
                Some(kind) => self.seen.get(&(kind, id)).copied().map(Item::Task),
                None => pauses.iter().position(|p| p.id == id).map(Item::Pause),
            };
            let item = found.ok_or_else(|| Refusal::input(format!("Invalid {word} id {id} for {what}.")))?;
            let twice = match item {
                Item::Task(task) => !in_steps.insert(task),
                Item::Pause(_) => wishes.iter().any(|w| w.item == item),
            };
            if twice {
                return Err(Refusal::input(format!(
                    "Duplicate {word} id {id} in input steps for {what}."
                )));
            }
            wishes.push(Wish {
                item,
                not_before: step.service_at.or(step.service_after),
                not_after: step.service_at.or(step.service_before),
            });
        }
        Ok(wishes)
    }
}

fn pauses(what: &str, asked: &Asked, dimensions: usize) -> Result<Vec<Pause>, Refusal> {
    let mut pauses: Vec<Pause> = Vec::with_capacity(asked.breaks.len());
    for pause in &asked.breaks {
        let missing = || Refusal::input("Invalid or missing id for break.");
        let id = pause.id.ok_or_else(missing)?;
        if pauses.iter().any(|p| p.id == id) {
            return Err(Refusal::input(format!("Duplicate break id: {id}.")));
        }
        span(&format!("break {id} of {what}"), pause.service)?;
        let max_load = pause
            .max_load
            .as_ref()
            .map(|m| amounts(what, m, dimensions))
            .transpose()?;
        pauses.push(Pause {
            id,
            description: pause.description.clone(),
            windows: windows(&format!("break {id} of {what}"), &pause.time_windows)?,
            service: pause.service,
            max_load,
        });
    }
    // As in VROOM they are taken by their windows; those without stay where they were named.
    pauses.sort_by_key(|p| p.windows.first().copied().unwrap_or((0, FOREVER)));
    Ok(pauses)
}

/// Places by what names them.
#[derive(Default)]
struct Places {
    known: HashMap<(u64, u64, Option<usize>), usize>,
    all: Vec<Place>,
}

impl Places {
    fn get(&mut self, what: &str, at: Option<&[f64]>, index: Option<usize>) -> Result<usize, Refusal> {
        let at = match at {
            Some(&[lng, lat, ..]) => {
                Some(LngLat::new(lng, lat).map_err(|e| Refusal::input(format!("{what}: {e}.")))?)
            }
            Some(_) => return Err(Refusal::input(format!("Invalid location for {what}."))),
            None => None,
        };
        if at.is_none() && index.is_none() {
            return Err(Refusal::input(format!(
                "Invalid location for {what}: it has neither a location nor a location_index."
            )));
        }
        let bits = at.map_or((0, 0), |at| (at.lng().to_bits(), at.lat().to_bits()));
        let key = match index {
            Some(index) => (0, 0, Some(index)),
            None => (bits.0, bits.1, None),
        };
        let next = self.all.len();
        let place = *self.known.entry(key).or_insert(next);
        if place == next {
            self.all.push(Place { at, index });
        } else if self.all[place].at.is_none() {
            self.all[place].at = at;
        }
        Ok(place)
    }
}

fn sorted(skills: &[u32]) -> Vec<u32> {
    let mut all = skills.to_vec();
    all.sort_unstable();
    all.dedup();
    all
}

fn window(what: &str, [from, to]: [i64; 2]) -> Result<(i64, i64), Refusal> {
    if from < 0 || to < from || from > FOREVER {
        return Err(Refusal::input(format!(
            "Invalid time window: [{from}, {to}] of {what}."
        )));
    }
    Ok((from, to.min(FOREVER)))
}

fn windows(what: &str, given: &[[i64; 2]]) -> Result<Vec<(i64, i64)>, Refusal> {
    let windows: Result<Vec<_>, Refusal> = given.iter().map(|w| window(what, *w)).collect();
    let mut windows = windows?;
    windows.sort_unstable();
    Ok(windows)
}

fn span(what: &str, seconds: i64) -> Result<i64, Refusal> {
    if (0..=LONGEST).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Refusal::input(format!(
            "{what}: {seconds} is not between 0 and {LONGEST} seconds."
        )))
    }
}

/// A load with so many dimensions; what is not named is 0.
fn amounts(what: &str, given: &[i64], dimensions: usize) -> Result<Vec<i64>, Refusal> {
    let mut all = vec![0; dimensions];
    for (to, amount) in all.iter_mut().zip(given) {
        if !(0..=i64::from(u32::MAX / 64)).contains(amount) {
            return Err(Refusal::input(format!(
                "{what}: the amount {amount} is not between 0 and {}.",
                u32::MAX / 64
            )));
        }
        *to = *amount;
    }
    Ok(all)
}
