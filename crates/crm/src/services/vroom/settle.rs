//! From the planner's routes to those that are answered: whatever it does not know (several breaks, load limits of breaks,
//! distances, what vehicles cost) is put right here, and every task that fits is in.

mod shake;

use super::schedule::Fleet;
use super::tasks::Kind;

/// Stops looked at, at most; a second or two of work.
const MOST_WORK: u64 = 40_000_000;
/// Stops looked at while tasks are taken out and put back in, at most, at the highest exploration level.
const SHAKING_WORK: u64 = 4_000_000;

/// Routes being put right.
struct Settling<'a> {
    fleet: Fleet<'a>,
    routes: Vec<Vec<usize>>,
    /// By vehicle, in [`super::travel::UNIT`]s; 0 for one that stays.
    costs: Vec<i64>,
    work: u64,
    most_work: u64,
}

/// A task or a shipment put into a vehicle.
struct Placed {
    vehicle: usize,
    order: Vec<usize>,
    cost: i64,
    more: i64,
}

/// Puts routes right. With a `level` from 0 to 5 it is also searched for cheaper ones, for vehicles that differ in what they
/// cost or in how they drive.
pub(super) fn settle(fleet: Fleet<'_>, routes: Vec<Vec<usize>>, level: Option<u64>) -> Vec<Vec<usize>> {
    let mut this = Settling {
        fleet,
        costs: vec![0; routes.len()],
        routes,
        work: 0,
        most_work: MOST_WORK,
    };
    (0..this.routes.len()).for_each(|vehicle| this.repair(vehicle));
    this.fill();
    if let Some(level) = level {
        this.improve();
        this.most_work = this.work + SHAKING_WORK * (level + 1) / 6;
        this.shake();
        this.most_work = MOST_WORK.max(this.work);
        this.improve();
        // What became cheaper may have made room.
        this.fill();
    }
    this.routes
}

impl Settling<'_> {
    fn is_over(&self) -> bool {
        self.work > self.most_work
    }

    fn cost(&mut self, vehicle: usize, order: &[usize]) -> Option<i64> {
        self.work += order.len() as u64 + 4;
        self.fleet.fit(vehicle, order).ok().map(|fit| fit.cost)
    }

    /// The task, or both ends of its shipment.
    fn unit(&self, task: usize) -> Vec<usize> {
        match self.fleet.asking.tasks[task].kind {
            Kind::Job => vec![task],
            Kind::Pickup => vec![task, task + 1],
            Kind::Delivery => vec![task - 1, task],
        }
    }

    /// Takes tasks out until the route can be driven: of those that are enough, the least important and dearest.
    fn repair(&mut self, vehicle: usize) {
        loop {
            let order = self.routes[vehicle].clone();
            if let Some(cost) = self.cost(vehicle, &order) {
                self.costs[vehicle] = cost;
                return;
            }
            let tasks = &self.fleet.asking.tasks;
            let driven: i64 = self.fleet.legs(vehicle, &order).iter().map(|l| l.seconds).sum();
            let least = order
                .iter()
                .filter(|task| tasks[**task].kind != Kind::Delivery)
                .map(|task| {
                    let unit = self.unit(*task);
                    let rest: Vec<usize> = order.iter().copied().filter(|t| !unit.contains(t)).collect();
                    let still_not = self.fleet.fit(vehicle, &rest).is_err();
                    let saved = driven
                        - self
                            .fleet
                            .legs(vehicle, &rest)
                            .iter()
                            .map(|l| l.seconds)
                            .sum::<i64>();
                    (still_not, tasks[*task].priority, -saved, rest)
                })
                .min();
            self.work += (order.len() * order.len()) as u64;
            let Some((.., rest)) = least else {
                self.routes[vehicle].clear();
                self.costs[vehicle] = 0;
                return;
            };
            self.routes[vehicle] = rest;
        }
    }

    /// The cheapest place for a unit in a vehicle's order.
    fn place(&mut self, vehicle: usize, order: &[usize], cost: i64, unit: &[usize]) -> Option<Placed> {
        let asked = self.fleet.vehicle(vehicle);
        if unit
            .iter()
            .any(|task| !asked.has_skills(&self.fleet.asking.tasks[*task]))
        {
            return None;
        }
        if asked
            .max_tasks
            .is_some_and(|most| order.len() + unit.len() > most)
        {
            return None;
        }
        let mut best: Option<(i64, Vec<usize>)> = None;
        for first in 0..=order.len() {
            let lasts = if unit.len() == 2 {
                first..order.len() + 1
            } else {
                first..first + 1
            };
            for last in lasts {
                if self.is_over() {
                    break;
                }
                let mut with = order.to_vec();
                with.insert(first, unit[0]);
                if let Some(delivery) = unit.get(1) {
                    with.insert(last + 1, *delivery);
                }
                if let Some(now) = self.cost(vehicle, &with)
                    && best.as_ref().is_none_or(|(least, _)| now < *least)
                {
                    best = Some((now, with));
                }
            }
        }
        best.map(|(now, order)| Placed {
            vehicle,
            order,
            cost: now,
            more: now - cost,
        })
    }

    /// The cheapest place in any vehicle but one.
    fn place_anywhere(&mut self, unit: &[usize], but: Option<usize>) -> Option<Placed> {
        let mut best: Option<Placed> = None;
        for vehicle in (0..self.routes.len()).filter(|v| Some(*v) != but) {
            let (order, cost) = (self.routes[vehicle].clone(), self.costs[vehicle]);
            if let Some(found) = self.place(vehicle, &order, cost, unit)
                && best.as_ref().is_none_or(|b| found.more < b.more)
            {
                best = Some(found);
            }
        }
        best
    }

    fn take(&mut self, placed: Placed) {
        self.routes[placed.vehicle] = placed.order;
        self.costs[placed.vehicle] = placed.cost;
    }

    /// Puts in whatever fits, the important first.
    fn fill(&mut self) {
        let tasks = &self.fleet.asking.tasks;
        let mut planned = vec![false; tasks.len()];
        self.routes
            .iter()
            .flatten()
            .for_each(|task| planned[*task] = true);
        let mut absent: Vec<usize> = (0..tasks.len())
            .filter(|task| !planned[*task] && tasks[*task].kind != Kind::Delivery)
            .collect();
        absent.sort_by_key(|task| (std::cmp::Reverse(tasks[*task].priority), *task));
        for task in absent {
            let unit = self.unit(task);
            if let Some(placed) = self.place_anywhere(&unit, None) {
                self.take(placed);
            }
        }
    }

    /// Makes it cheaper by what vehicles cost: tasks move to other vehicles, routes too, and vehicles stay at home.
    fn improve(&mut self) {
        loop {
            let before: i64 = self.costs.iter().sum();
            for vehicle in 0..self.routes.len() {
                self.give_away(vehicle);
                self.relocate(vehicle);
                self.turn(vehicle);
            }
            self.exchange_vehicles();
            if self.is_over() || self.costs.iter().sum::<i64>() >= before {
                return;
            }
        }
    }

    /// All of a vehicle's tasks to others, if that is cheaper.
    fn give_away(&mut self, vehicle: usize) {
        if self.routes[vehicle].is_empty() || self.is_over() {
            return;
        }
        let (routes, costs) = (self.routes.clone(), self.costs.clone());
        let order = std::mem::take(&mut self.routes[vehicle]);
        self.costs[vehicle] = 0;
        for &task in order
            .iter()
            .filter(|t| self.fleet.asking.tasks[**t].kind != Kind::Delivery)
        {
            let unit = self.unit(task);
            let Some(placed) = self.place_anywhere(&unit, Some(vehicle)) else {
                (self.routes, self.costs) = (routes, costs);
                return;
            };
            self.take(placed);
        }
        if self.costs.iter().sum::<i64>() >= costs.iter().sum::<i64>() {
            (self.routes, self.costs) = (routes, costs);
        }
    }

    /// Each of a vehicle's tasks to its cheapest place.
    fn relocate(&mut self, vehicle: usize) {
        for task in self.routes[vehicle].clone() {
            if self.fleet.asking.tasks[task].kind == Kind::Delivery || self.is_over() {
                continue;
            }
            let unit = self.unit(task);
            let rest: Vec<usize> = self.routes[vehicle]
                .iter()
                .copied()
                .filter(|t| !unit.contains(t))
                .collect();
            let Some(without) = self.cost(vehicle, &rest) else {
                continue;
            };
            let saved = self.costs[vehicle] - without;
            let here = self.place(vehicle, &rest, without, &unit);
            let away = self.place_anywhere(&unit, Some(vehicle));
            let better = |placed: &Placed| placed.more < saved;
            match (here.filter(better), away.filter(better)) {
                (Some(here), away) if away.as_ref().is_none_or(|a| here.more <= a.more) => self.take(here),
                (_, Some(away)) => {
                    self.routes[vehicle] = rest;
                    self.costs[vehicle] = without;
                    self.take(away);
                }
                _ => {}
            }
        }
    }

    /// Stretches of a route the other way round.
    fn turn(&mut self, vehicle: usize) {
        for from in 0..self.routes[vehicle].len() {
            for to in from + 2..=self.routes[vehicle].len() {
                if self.is_over() {
                    return;
                }
                let mut turned = self.routes[vehicle].clone();
                turned[from..to].reverse();
                if let Some(cost) = self.cost(vehicle, &turned)
                    && cost < self.costs[vehicle]
                {
                    self.routes[vehicle] = turned;
                    self.costs[vehicle] = cost;
                }
            }
        }
    }

    /// Whole routes driven by others.
    fn exchange_vehicles(&mut self) {
        for one in 0..self.routes.len() {
            for other in one + 1..self.routes.len() {
                let (left, right) = (self.routes[one].clone(), self.routes[other].clone());
                if left.is_empty() && right.is_empty() || self.is_over() {
                    continue;
                }
                if let (Some(a), Some(b)) = (self.cost(one, &right), self.cost(other, &left))
                    && a + b < self.costs[one] + self.costs[other]
                {
                    (self.routes[one], self.routes[other]) = (right, left);
                    (self.costs[one], self.costs[other]) = (a, b);
                }
            }
        }
    }
}
