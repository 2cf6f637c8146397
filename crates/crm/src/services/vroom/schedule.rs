//! The times of an order of tasks in one vehicle with all its breaks, exactly as VROOM counts them: a break may come
//! before, after or in the middle of a drive, and a setup is only needed where the vehicle was not there already.

use super::tasks::{Asking, FOREVER, Pause, Vehicle};
use super::travel::{NO_WAY, Tables, Travel, UNIT};

/// The question with its ways.
#[derive(Clone, Copy)]
pub(super) struct Fleet<'a> {
    pub asking: &'a Asking,
    pub travel: &'a Travel,
}

/// What stands against an order in a vehicle: the first thing that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hindrance {
    Skills,
    MaxTasks,
    Load,
    Precedence,
    NoWay,
    /// By so many seconds.
    TravelTime(i64),
    /// By so many metres.
    Distance(i64),
    /// Somebody would be reached too late, by so many seconds; everybody in time but the way back too late without one.
    Late(Option<usize>, i64),
    /// A break could not be taken any more.
    Break,
}

/// An order that can be driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// Breaks taken on the way to each task, and at last to the end.
    pub taken: Vec<usize>,
    /// The earliest end.
    pub back: i64,
    /// In [`UNIT`]s.
    pub cost: i64,
}

/// The way to the next stop.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Leg {
    pub seconds: i64,
    pub meters: i64,
    cost: i64,
    there: bool,
}

impl<'a> Fleet<'a> {
    pub fn vehicle(&self, vehicle: usize) -> &'a Vehicle {
        &self.asking.vehicles[vehicle]
    }

    pub fn tables(&self, vehicle: usize) -> &'a Tables {
        &self.travel.tables[self.travel.group_of[vehicle]]
    }

    /// The ways to each task and at last to the end.
    pub fn legs(&self, vehicle: usize, order: &[usize]) -> Vec<Leg> {
        let (asked, tables) = (self.vehicle(vehicle), self.tables(vehicle));
        let places = order.iter().map(|task| Some(self.asking.tasks[*task].place));
        let mut here = asked.start;
        places
            .chain([asked.end])
            .map(|there| {
                let leg = match (here, there) {
                    (Some(a), Some(b)) => Leg {
                        seconds: i64::from(tables.seconds(a, b)),
                        meters: i64::from(tables.meters(a, b)),
                        cost: tables.cost(&asked.costs, a, b),
                        there: tables.seconds(a, b) != NO_WAY,
                    },
                    _ => Leg {
                        there: true,
                        ..Leg::default()
                    },
                };
                here = there;
                leg
            })
            .collect()
    }

    /// Setup and service of the task at that place of an order.
    pub fn action(&self, vehicle: usize, order: &[usize], at: usize) -> (i64, i64) {
        let asked = self.vehicle(vehicle);
        let task = &self.asking.tasks[order[at]];
        let before = match at {
            0 => asked.start,
            _ => Some(self.asking.tasks[order[at - 1]].place),
        };
        let setup = if before == Some(task.place) {
            0
        } else {
            task.setup(&asked.kind)
        };
        (setup, task.service(&asked.kind))
    }

    /// What is in the vehicle at the start and after each task, by dimension.
    pub fn loads(&self, order: &[usize]) -> Vec<Vec<i64>> {
        let tasks = || order.iter().map(|task| &self.asking.tasks[*task]);
        let mut load = vec![0; self.asking.dimensions];
        for task in tasks() {
            for (sum, more) in load.iter_mut().zip(&task.delivered) {
                *sum += more;
            }
        }
        let mut all = vec![load.clone()];
        for task in tasks() {
            for (dimension, sum) in load.iter_mut().enumerate() {
                *sum += task.change(dimension);
            }
            all.push(load.clone());
        }
        all
    }

    /// Whether the order can be driven, and what it costs.
    pub fn fit(&self, vehicle: usize, order: &[usize]) -> Result<Fit, Hindrance> {
        let asked = self.vehicle(vehicle);
        let tasks = &self.asking.tasks;
        if order.iter().any(|task| !asked.has_skills(&tasks[*task])) {
            return Err(Hindrance::Skills);
        }
        if asked.max_tasks.is_some_and(|most| order.len() > most) {
            return Err(Hindrance::MaxTasks);
        }
        self.check_pairs(order)?;
        let loads = self.loads(order);
        if let Some(capacity) = &asked.capacity {
            let over = |load: &Vec<i64>| load.iter().zip(capacity).any(|(l, c)| l > c);
            if loads.iter().any(over) {
                return Err(Hindrance::Load);
            }
        }
        let legs = self.legs(vehicle, order);
        if legs.iter().any(|leg| !leg.there) {
            return Err(Hindrance::NoWay);
        }
        let sum = |of: fn(&Leg) -> i64| legs.iter().map(of).sum::<i64>();
        let (driven, meters) = (sum(|l| l.seconds), sum(|l| l.meters));
        let over = |limit: Option<i64>, value: i64| limit.map(|most| value - most).filter(|over| *over > 0);
        if let Some(over) = over(asked.max_travel, driven) {
            return Err(Hindrance::TravelTime(over));
        }
        if let Some(over) = over(asked.max_distance, meters) {
            return Err(Hindrance::Distance(over));
        }
        let (taken, back) = self.earliest(vehicle, order, &legs, &loads)?;
        let acted = (0..order.len()).map(|at| {
            let (setup, service) = self.action(vehicle, order, at);
            setup + service
        });
        let acted = acted.sum::<i64>() + asked.pauses.iter().map(|p| p.service).sum::<i64>();
        let cost = priced(asked, order, &legs, acted);
        Ok(Fit { taken, back, cost })
    }

    /// What an order costs with so many seconds of work, breaks included, in [`UNIT`]s.
    pub fn cost(&self, vehicle: usize, order: &[usize], acted: i64) -> i64 {
        priced(self.vehicle(vehicle), order, &self.legs(vehicle, order), acted)
    }

    /// Both ends of a shipment, the pickup first.
    fn check_pairs(&self, order: &[usize]) -> Result<(), Hindrance> {
        use super::tasks::Kind::{Delivery, Job, Pickup};
        for (at, &task) in order.iter().enumerate() {
            let whole = match self.asking.tasks[task].kind {
                Job => true,
                Pickup => order[at..].contains(&(task + 1)),
                Delivery => order[..at].contains(&(task - 1)),
            };
            if !whole {
                return Err(Hindrance::Precedence);
            }
        }
        Ok(())
    }

    /// The earliest end, over all ways to place the breaks. What is done earlier is never done worse, so one time for
    /// each number of breaks behind is enough.
    fn earliest(
        &self,
        vehicle: usize,
        order: &[usize],
        legs: &[Leg],
        loads: &[Vec<i64>],
    ) -> Result<(Vec<usize>, i64), Hindrance> {
        let asked = self.vehicle(vehicle);
        let count = asked.pauses.len();
        let mut ready: Vec<Option<i64>> = vec![None; count + 1];
        ready[0] = Some(asked.window.0);
        // By stop and breaks behind after it: breaks behind before it.
        let mut before = Vec::with_capacity(legs.len());
        for (at, leg) in legs.iter().enumerate() {
            let mut arrive: Vec<Option<(i64, usize)>> = vec![None; count + 1];
            for (taken, time) in ready.iter().enumerate() {
                let Some(time) = *time else { continue };
                let (mut time, mut left) = (time, leg.seconds);
                for (behind, arrive) in arrive.iter_mut().enumerate().skip(taken) {
                    let arrival = time + left;
                    if arrive.is_none_or(|(best, _)| arrival < best) {
                        *arrive = Some((arrival, taken));
                    }
                    let Some(pause) = asked.pauses.get(behind).filter(|p| p.allows(&loads[at])) else {
                        break;
                    };
                    let Some(start) = next_start(&pause.windows, time) else {
                        break;
                    };
                    left -= left.min(start - time);
                    time = start + pause.service;
                }
            }
            before.push(
                arrive
                    .iter()
                    .map(|a| a.map_or(0, |(_, taken)| taken))
                    .collect::<Vec<_>>(),
            );
            if at == order.len() {
                let Some((back, _)) = arrive[count] else {
                    return Err(Hindrance::Break);
                };
                if back > asked.window.1 {
                    return Err(Hindrance::Late(None, back - asked.window.1));
                }
                let mut taken = vec![0; legs.len()];
                let mut behind = count;
                for (stop, before) in before.iter().enumerate().rev() {
                    taken[stop] = behind - before[behind];
                    behind = before[behind];
                }
                return Ok((taken, back));
            }
            let windows = &self.asking.tasks[order[at]].windows;
            let (setup, service) = self.action(vehicle, order, at);
            let mut least_late = i64::MAX;
            for (ready, arrive) in ready.iter_mut().zip(&arrive) {
                *ready = arrive.and_then(|(arrival, _)| {
                    let start = next_start(windows, arrival);
                    if start.is_none() {
                        least_late = least_late.min(arrival - windows.last().map_or(arrival, |w| w.1));
                    }
                    start.map(|start| start + setup + service)
                });
            }
            if ready.iter().all(Option::is_none) {
                return Err(Hindrance::Late(Some(order[at]), least_late));
            }
        }
        // There is always a way to the end.
        Err(Hindrance::NoWay)
    }
}

impl Hindrance {
    /// How much too late, for comparing.
    pub fn seconds(&self) -> i64 {
        match self {
            Self::Late(_, seconds) | Self::TravelTime(seconds) => *seconds,
            _ => i64::MAX,
        }
    }
}

impl Leg {
    pub fn exists(&self) -> bool {
        self.there
    }
}

impl Pause {
    /// Whether so much may be in the vehicle.
    pub fn allows(&self, load: &[i64]) -> bool {
        let most = self.max_load.iter().flatten();
        load.iter().zip(most).all(|(load, most)| load <= most)
    }
}

/// A vehicle that stays costs nothing.
fn priced(asked: &Vehicle, order: &[usize], legs: &[Leg], acted: i64) -> i64 {
    if order.is_empty() {
        return 0;
    }
    i64::from(asked.costs.fixed) * UNIT
        + i64::from(asked.costs.per_task_hour) * acted * 1_000
        + legs.iter().map(|leg| leg.cost).sum::<i64>()
}

/// The first moment at or after `time` that lies in a window; any moment does without windows.
pub(super) fn next_start(windows: &[(i64, i64)], time: i64) -> Option<i64> {
    if windows.is_empty() {
        return Some(time).filter(|time| *time <= FOREVER);
    }
    let open = windows.iter().filter(|(_, to)| *to >= time);
    open.map(|(from, _)| time.max(*from)).min()
}
