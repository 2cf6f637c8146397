//! From what is asked to a problem for the planner.
//!
//! The planner knows one way between two places and one pause a day. A task is therefore asked once for every kind of
//! vehicle, with ways of its own, and these twins exclude each other; of several breaks the longest is the planner's pause
//! and for the others the day ends earlier. What this leaves open is settled afterwards ([`super::settle`]).

use ::plan::{
    Conflict, DenseTimes, Loads, Lunch, PlaceId, Problem, Rules, Shipment, Skills, Slot, SlotId, Span,
    TimeOfDay, Visit, VisitId, Window, Windows, Within,
};

use super::Refusal;
use super::schedule::Fleet;
use super::sites::{Site, Sites, times};
use super::tasks::{FOREVER, Kind, Task, Vehicle};
use super::travel::UNIT;

/// A vehicle without a time window may drive for so long, in seconds: nearly a year.
const LONG: i64 = 31_000_000;
/// Before the first window of the request a vehicle without a time window may drive for so long: a week.
const BEFORE: i64 = 604_800;
/// Places times kinds of vehicles, at most: a table of their square is held in memory.
const MOST_PLACES: usize = 6_000;
/// No limit to a load.
const UNLIMITED: u32 = u32::MAX / 4;

/// The problem with what its numbers stand for. The twins of task `t` are visits `t * kinds ..`.
pub(super) struct Puzzle {
    pub problem: Problem,
    /// Kinds of vehicles.
    pub kinds: usize,
    /// By vehicle.
    pub kind_of: Vec<usize>,
    /// Of the input's times: what is 0 in the problem.
    pub base: i64,
    /// The planner's seconds are not seconds but what ways cost.
    pub by_cost: bool,
}

impl Puzzle {
    pub fn of(fleet: Fleet<'_>) -> Result<Self, Refusal> {
        let asking = fleet.asking;
        let by_cost = costs_matter(fleet) && is_timeless(fleet);
        let (kind_of, samples) = kinds(fleet, by_cost);
        let kinds = samples.len();
        // Where time at the wheel is limited, setups are no part of it.
        let setup_with_service = by_cost || asking.vehicles.iter().any(|v| v.max_travel.is_some());
        let base = base(fleet);
        let skills = SkillBits::of(&asking.tasks);
        let with_tasks = asking.vehicles.iter().any(|v| v.max_tasks.is_some());
        let mut sites = Sites::default();
        let mut visits = Vec::with_capacity(asking.tasks.len() * kinds);
        for task in &asking.tasks {
            for (kind, sample) in samples.iter().enumerate() {
                let vehicle = fleet.vehicle(*sample);
                let setup = if by_cost { 0 } else { task.setup(&vehicle.kind) };
                let service = if by_cost { 0 } else { task.service(&vehicle.kind) };
                let (on_arrival, inside) = if setup_with_service {
                    (0, setup)
                } else {
                    (setup, 0)
                };
                let allowed = (kinds > 1 || skills.is_none()).then(|| {
                    let may = |v: &usize| {
                        kind_of[*v] == kind && (skills.is_some() || fleet.vehicle(*v).has_skills(task))
                    };
                    (0..asking.vehicles.len()).filter(may).map(slot_id).collect()
                });
                let mut delivered = load(&task.delivered);
                if with_tasks {
                    delivered.push(1);
                }
                visits.push(Visit {
                    windows: opening(task, base)?,
                    prize: prize(task),
                    skills: skills.as_ref().map_or(Skills(0), |bits| bits.bits(&task.skills)),
                    allowed,
                    loads: Loads {
                        delivered,
                        collected: load(&task.collected),
                    },
                    ..Visit::new(
                        sites.get(Site {
                            kind,
                            place: Some(task.place),
                            setup: on_arrival,
                            fixed: 0,
                        }),
                        Span(i32::try_from(service + inside).unwrap_or(i32::MAX)),
                    )
                });
            }
        }
        let rules = rules(&asking.tasks, kinds);
        let mut slots = Vec::with_capacity(asking.vehicles.len());
        for (number, vehicle) in asking.vehicles.iter().enumerate() {
            let kind = kind_of[number];
            let mut site = |place: Option<usize>, fixed: i64| {
                sites.get(Site {
                    kind,
                    place,
                    setup: 0,
                    fixed,
                })
            };
            let fixed = if by_cost {
                i64::from(vehicle.costs.fixed) * UNIT
            } else {
                0
            };
            let (start, end) = (site(vehicle.start, fixed), site(vehicle.end, 0));
            let mut slot = slot(number, vehicle, base)?;
            (slot.start, slot.end) = (start, end);
            slot.skills = skills
                .as_ref()
                .map_or(Skills(0), |bits| bits.bits(&vehicle.skills));
            slot.capacity = match &vehicle.capacity {
                Some(capacity) => load(capacity),
                None => vec![UNLIMITED; asking.dimensions],
            };
            if with_tasks {
                slot.capacity.push(
                    vehicle
                        .max_tasks
                        .map_or(UNLIMITED, |most| u32::try_from(most).unwrap_or(UNLIMITED)),
                );
            }
            slots.push(slot);
        }
        if sites.all.len() > MOST_PLACES {
            return Err(Refusal::too_large(format!(
                "{} places for {kinds} kinds of vehicles (profile, type, speed_factor); at most {MOST_PLACES} are planned in one request, so ask for each kind alone",
                sites.all.len()
            )));
        }
        let times = times(fleet, &sites.all, &samples, by_cost);
        for (slot, vehicle) in slots.iter_mut().zip(&asking.vehicles) {
            // The planner knows no lengths: as much driving as they come to at the usual speed.
            let per_meter = times.1;
            let by_distance = vehicle
                .max_distance
                .map(|meters| (meters as f64 * per_meter) as i64);
            let by_time = vehicle.max_travel.filter(|_| !by_cost);
            let most = [by_distance, by_time].into_iter().flatten().min();
            slot.max_drive = most.map(|s| Span(i32::try_from(s.min(LONG)).unwrap_or(i32::MAX)));
        }
        let table = DenseTimes::new(
            sites.all.len(),
            times.0,
            vec![0; sites.all.len() * sites.all.len()],
        )
        .map_err(|e| Refusal::input(format!("{e}.")))?;
        let problem = Problem::with_rules(slots, visits, rules, &table)
            .map_err(|e| Refusal::input(format!("This cannot be planned: {e}.")))?;
        Ok(Self {
            problem,
            kinds,
            kind_of,
            base,
            by_cost,
        })
    }

    /// The visit that a task is for a vehicle.
    pub fn visit(&self, task: usize, vehicle: usize) -> VisitId {
        VisitId(u32::try_from(task * self.kinds + self.kind_of[vehicle]).unwrap_or(u32::MAX))
    }

    pub fn task(&self, visit: VisitId) -> usize {
        visit.0 as usize / self.kinds
    }

    /// Orders of tasks, by vehicle, as the planner has them.
    pub fn orders(&self, routes: &[Vec<usize>]) -> Vec<Vec<VisitId>> {
        let order = |(vehicle, route): (usize, &Vec<usize>)| {
            route.iter().map(|task| self.visit(*task, vehicle)).collect()
        };
        routes.iter().enumerate().map(order).collect()
    }
}

/// Whether something else than time at the wheel is to be saved, or it is worth more in some vehicles.
pub(super) fn costs_matter(fleet: Fleet<'_>) -> bool {
    let vehicles = &fleet.asking.vehicles;
    let first = &vehicles[0].costs;
    let tables = fleet.travel.tables.iter();
    vehicles.iter().any(|v| {
        let costs = &v.costs;
        costs.fixed > 0
            || costs.per_km > 0
            || costs.per_hour != first.per_hour
            || costs.per_task_hour != first.per_task_hour
    }) || tables.into_iter().any(|t| t.has_costs())
}

/// No times matter at all, so that ways may count by what they cost.
fn is_timeless(fleet: Fleet<'_>) -> bool {
    let tasks = fleet.asking.tasks.iter().all(|t| t.windows.is_empty());
    let free = |v: &Vehicle| v.window == (0, FOREVER) && v.pauses.is_empty() && v.max_travel.is_none();
    tasks && fleet.asking.vehicles.iter().all(free)
}

/// The kind of each vehicle, and a vehicle of each kind.
fn kinds(fleet: Fleet<'_>, by_cost: bool) -> (Vec<usize>, Vec<usize>) {
    let mut samples: Vec<usize> = Vec::new();
    let mut kind_of = Vec::with_capacity(fleet.asking.vehicles.len());
    for (number, vehicle) in fleet.asking.vehicles.iter().enumerate() {
        let same = |sample: &usize| {
            let other = fleet.vehicle(*sample);
            let group = fleet.travel.group_of[*sample] == fleet.travel.group_of[number];
            let drive = vehicle.profile == other.profile
                && vehicle.kind == other.kind
                && vehicle.speed == other.speed;
            group || drive && !by_cost
        };
        let kind = samples.iter().position(same).unwrap_or_else(|| {
            samples.push(number);
            samples.len() - 1
        });
        kind_of.push(kind);
    }
    (kind_of, samples)
}

/// What is 0 for the planner, so that seconds since 1970 are taken too: some time before the first window, as a vehicle
/// without one may set off before.
fn base(fleet: Fleet<'_>) -> i64 {
    let tasks = fleet.asking.tasks.iter().filter_map(|t| t.windows.first());
    let vehicles = fleet
        .asking
        .vehicles
        .iter()
        .map(|v| &v.window)
        .filter(|w| w.0 > 0);
    let pauses = fleet.asking.vehicles.iter().flat_map(|v| &v.pauses);
    let pauses = pauses.filter_map(|p| p.windows.first());
    let first = tasks.chain(vehicles).chain(pauses).map(|w| w.0).min();
    (first.unwrap_or(0) - BEFORE).max(0)
}

fn moment(time: i64, base: i64) -> TimeOfDay {
    TimeOfDay(i32::try_from((time - base).clamp(0, LONG)).unwrap_or(0))
}

fn opening(task: &Task, base: i64) -> Result<Windows, Refusal> {
    if task.windows.is_empty() {
        return Ok(Windows::Any);
    }
    let windows = task.windows.iter().filter(|w| w.0 - base < LONG);
    let windows: Vec<Window> = windows
        .map(|w| Window::new(moment(w.0, base), moment(w.1, base)))
        .collect();
    if windows.is_empty() {
        return Err(Refusal::input(format!(
            "{} opens more than a year after the first window of the request.",
            task.name()
        )));
    }
    Ok(Windows::Daily(windows))
}

fn slot(number: usize, vehicle: &Vehicle, base: i64) -> Result<Slot, Refusal> {
    let (from, to) = vehicle.window;
    if from - base >= LONG {
        return Err(Refusal::input(format!(
            "vehicle {} sets off more than a year after the first window of the request.",
            vehicle.id
        )));
    }
    let rep = u32::try_from(number).unwrap_or(u32::MAX);
    let longest = vehicle
        .pauses
        .iter()
        .enumerate()
        .filter(|(_, p)| p.service > 0 && p.max_load.is_none())
        .max_by_key(|(at, p)| (p.service, std::cmp::Reverse(*at)))
        .map(|(at, _)| at);
    let others = vehicle
        .pauses
        .iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != longest);
    let others: i64 = others.map(|(_, p)| p.service).sum();
    let to = if to == FOREVER {
        to
    } else {
        (to - others).max(from + 1)
    };
    let shift = Window::new(moment(from, base), moment(to, base));
    let lunch = longest.and_then(|at| {
        let pause = &vehicle.pauses[at];
        let within = match (pause.windows.first(), pause.windows.iter().map(|w| w.1).max()) {
            // VROOM's windows say when a break may begin, the planner's when it lies.
            (Some(first), Some(last)) => Window::new(
                moment(first.0.max(from), base),
                moment((last + pause.service).min(to), base),
            ),
            _ => shift,
        };
        let length = Span(i32::try_from(pause.service).unwrap_or(i32::MAX));
        (within.to.0 - within.from.0 >= length.0).then_some(Lunch { length, within })
    });
    Ok(Slot {
        lunch,
        absent: shift.to <= shift.from,
        ..Slot::new(rep, 0, PlaceId(0), shift)
    })
}

fn rules(tasks: &[Task], kinds: usize) -> Rules {
    let visit = |task: usize, kind: usize| VisitId(u32::try_from(task * kinds + kind).unwrap_or(u32::MAX));
    let mut rules = Rules::default();
    for (number, task) in tasks.iter().enumerate() {
        if task.kind == Kind::Delivery {
            continue;
        }
        for kind in 0..kinds {
            if task.kind == Kind::Pickup {
                rules.shipments.push(Shipment {
                    pickup: visit(number, kind),
                    delivery: visit(number + 1, kind),
                    amount: load(&task.shipped),
                });
            }
            for other in kind + 1..kinds {
                rules.conflicts.push(Conflict {
                    visits: (visit(number, kind), visit(number, other)),
                    within: Within::Day,
                });
            }
        }
    }
    rules
}

/// As in VROOM the sum of priorities counts, both ends of a shipment among them, and among equals more tasks.
fn prize(task: &Task) -> u32 {
    let tasks = if task.kind == Kind::Pickup { 2 } else { 1 };
    (task.priority * 4_999 + 1) * tasks
}

fn load(amounts: &[i64]) -> Vec<u32> {
    amounts
        .iter()
        .map(|a| u32::try_from(*a).unwrap_or(UNLIMITED))
        .collect()
}

fn slot_id(vehicle: usize) -> SlotId {
    SlotId(u32::try_from(vehicle).unwrap_or(u32::MAX))
}

/// Skills of the input as bits, where there are not too many.
struct SkillBits(Vec<u32>);

impl SkillBits {
    fn of(tasks: &[Task]) -> Option<Self> {
        let mut all: Vec<u32> = tasks.iter().flat_map(|t| &t.skills).copied().collect();
        all.sort_unstable();
        all.dedup();
        (all.len() <= 64).then_some(Self(all))
    }

    fn bits(&self, skills: &[u32]) -> Skills {
        let known = skills.iter().filter_map(|s| self.0.binary_search(s).ok());
        Skills(known.fold(0, |bits, at| bits | 1 << at))
    }
}
