//! Judges a plan with code that shares nothing with the solver: it reads the problem as it was asked and the plan as it was answered, and
//! recomputes every time, length, count and cost.
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

mod brute;
mod day;
mod wants;

use std::collections::BTreeMap;

pub use brute::brute_force;
pub use day::can_drive;
use plan::{Cost, DenseTimes, DriveTimes, PlaceId, Plan, Rules, Slot, SlotId, Visit, VisitId, Within};
use wants::lost;

#[derive(Debug)]
pub struct World {
    pub slots: Vec<Slot>,
    pub visits: Vec<Visit>,
    pub rules: Rules,
    pub times: DenseTimes,
}

impl World {
    pub fn problem(&self) -> plan::Problem {
        plan::Problem::with_rules(
            self.slots.clone(),
            self.visits.clone(),
            self.rules.clone(),
            &self.times,
        )
        .expect("a world that can be asked about")
    }

    pub fn is_delivery(&self, visit: usize) -> bool {
        self.rules
            .shipments
            .iter()
            .any(|s| s.delivery.0 as usize == visit)
    }

    pub fn days(&self) -> u16 {
        self.slots.iter().map(|s| s.day + 1).max().unwrap_or(0)
    }
}

/// All faults of a plan, in words; none for a good one.
pub fn faults(world: &World, plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    if plan.routes.len() != world.slots.len() {
        faults.push(format!(
            "{} routes for {} slots",
            plan.routes.len(),
            world.slots.len()
        ));
    }
    check_visits(world, plan, &mut faults);
    check_pairs(world, plan, &mut faults);
    check_nights(world, plan, &mut faults);
    for (index, (slot, route)) in world.slots.iter().zip(&plan.routes).enumerate() {
        if !slot.frozen {
            day::check_route(world, SlotId(index as u32), slot, route, &mut faults);
        }
    }
    let expected = cost(world, plan);
    if plan.cost != expected {
        faults.push(format!("cost {:?}, but it is {expected:?}", plan.cost));
    }
    let parts = &plan.parts;
    let sum = parts.drive + parts.overtime_and_lateness + parts.nights + parts.changes + parts.balance;
    if sum != plan.cost.travel {
        faults.push(format!("{parts:?} do not add up to {}", plan.cost.travel));
    }
    faults
}

/// The slots of each visit.
pub fn slots_of(plan: &Plan) -> BTreeMap<u32, Vec<usize>> {
    let mut found: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (slot, route) in plan.routes.iter().enumerate() {
        for stop in &route.stops {
            found.entry(stop.visit.0).or_default().push(slot);
        }
    }
    found
}

fn days_of(world: &World, slots: &[usize]) -> Vec<u16> {
    let mut days: Vec<u16> = slots.iter().map(|&s| world.slots[s].day).collect();
    days.sort_unstable();
    days
}

fn check_visits(world: &World, plan: &Plan, faults: &mut Vec<String>) {
    let slots = slots_of(plan);
    for (index, visit) in world.visits.iter().enumerate() {
        let id = index as u32;
        let here = slots.get(&id).cloned().unwrap_or_default();
        let days = days_of(world, &here);
        if days.windows(2).any(|d| d[0] == d[1]) {
            faults.push(format!("visit {id} comes twice on one of the days {days:?}"));
        }
        let only_frozen = here.iter().all(|&s| world.slots[s].frozen);
        if !only_frozen && let Some(why) = wants::forbidden_days(visit, &days) {
            faults.push(format!("visit {id} on days {days:?}: {why}"));
        }
        let missing = if world.is_delivery(index) {
            i64::from(here.is_empty())
        } else {
            lost(world, index, &days).missing
        };
        let told: Vec<_> = plan.left_out.iter().filter(|l| l.visit.0 == id).collect();
        match (missing, told.as_slice()) {
            (0, []) => {}
            (1.., [left]) => {
                let shipped = world.is_delivery(index);
                if !shipped && i64::from(left.missing) != missing {
                    faults.push(format!(
                        "visit {id}: {} are said to be missing, not {missing}",
                        left.missing
                    ));
                }
                let planned: Vec<usize> = left.planned.iter().map(|s| s.0 as usize).collect();
                if planned != here {
                    faults.push(format!(
                        "visit {id} is said to be in {planned:?} and is in {here:?}"
                    ));
                }
                if left.label != visit.label {
                    faults.push(format!("visit {id} lost its label"));
                }
            }
            _ => faults.push(format!(
                "visit {id}: {missing} missing, told {} times",
                told.len()
            )),
        }
    }
}

/// Conflicts and shipments.
fn check_pairs(world: &World, plan: &Plan, faults: &mut Vec<String>) {
    let slots = slots_of(plan);
    let of = |visit: VisitId| slots.get(&visit.0).cloned().unwrap_or_default();
    for conflict in &world.rules.conflicts {
        let (one, other) = (of(conflict.visits.0), of(conflict.visits.1));
        let clash = match conflict.within {
            Within::Slot => one.iter().any(|s| other.contains(s)),
            Within::Day => {
                let days = days_of(world, &other);
                days_of(world, &one).iter().any(|d| days.contains(d))
            }
        };
        if clash {
            faults.push(format!("{conflict:?} does not hold"));
        }
    }
    for shipment in &world.rules.shipments {
        match (plan.find(shipment.pickup), plan.find(shipment.delivery)) {
            (None, None) => {}
            (Some(from), Some(to)) if from.0 == to.0 && from.1 < to.1 => {}
            places => faults.push(format!("shipment {shipment:?} is at {places:?}")),
        }
    }
}

/// A day begins where the night was spent, and ends where the next one will be.
fn check_nights(world: &World, plan: &Plan, faults: &mut Vec<String>) {
    let mut begins: BTreeMap<usize, PlaceId> = BTreeMap::new();
    for (index, (slot, route)) in world.slots.iter().zip(&plan.routes).enumerate() {
        if slot.absent {
            continue;
        }
        if !route.night_away {
            if route.end != slot.end {
                faults.push(format!("slot {index} ends at {:?}", route.end));
            }
            continue;
        }
        let places = slot.overnight.iter().flat_map(|o| &o.places);
        if !places.clone().any(|p| *p == route.end) {
            faults.push(format!(
                "slot {index} ends at {:?}, where nobody sleeps",
                route.end
            ));
        }
        let later = (0..world.slots.len()).filter(|&s| {
            world.slots[s].rep == slot.rep && world.slots[s].day > slot.day && !world.slots[s].absent
        });
        match later.min_by_key(|&s| world.slots[s].day) {
            Some(next) if !plan.routes[next].stops.is_empty() && !route.stops.is_empty() => {
                begins.insert(next, route.end);
            }
            _ => faults.push(format!(
                "nothing follows or precedes the night after slot {index}"
            )),
        }
    }
    for (index, (slot, route)) in world.slots.iter().zip(&plan.routes).enumerate() {
        let begin = begins.get(&index).copied().unwrap_or(slot.start);
        if !slot.absent && route.start != begin {
            faults.push(format!("slot {index} begins at {:?}, not {begin:?}", route.start));
        }
    }
}

/// The cost, added up from the plan's own stops and the world's drive times. Changes against an earlier plan are taken from the plan.
pub fn cost(world: &World, plan: &Plan) -> Cost {
    let mut cost = Cost::default();
    let slots = slots_of(plan);
    for (index, visit) in world.visits.iter().enumerate() {
        if world.is_delivery(index) {
            continue;
        }
        let days = days_of(world, slots.get(&(index as u32)).map_or(&[], Vec::as_slice));
        let lost = lost(world, index, &days);
        if visit.tier < 4 {
            cost.unserved[visit.tier as usize] += lost.unserved;
        }
        cost.prize_lost += lost.prize;
    }
    let mut work: BTreeMap<u32, i64> = world.slots.iter().map(|s| (s.rep, 0)).collect();
    for (slot, route) in world.slots.iter().zip(&plan.routes) {
        if route.stops.is_empty() {
            continue;
        }
        let places: Vec<PlaceId> = std::iter::once(route.start)
            .chain(
                route
                    .stops
                    .iter()
                    .map(|s| world.visits[s.visit.0 as usize].place.unwrap()),
            )
            .chain([route.end])
            .collect();
        let drive: i64 = places
            .windows(2)
            .map(|leg| i64::from(world.times.seconds(leg[0], leg[1])))
            .sum();
        cost.travel += drive;
        let price = slot.overtime.map_or(0, |o| i64::from(o.price));
        cost.travel += i64::from((route.back.0 - slot.shift.to.0).max(0)) * price;
        let mut service = 0;
        for stop in &route.stops {
            let visit = &world.visits[stop.visit.0 as usize];
            cost.travel += i64::from(stop.late.0) * visit.lateness.map_or(0, |l| i64::from(l.price));
            service += i64::from(visit.service.0);
        }
        if route.night_away {
            cost.travel += i64::from(slot.overnight.as_ref().unwrap().price);
        }
        *work.get_mut(&slot.rep).unwrap() += drive + service;
    }
    if world.rules.balance > 0 && !work.is_empty() {
        let mean = work.values().sum::<i64>() / work.len() as i64;
        let over: i64 = work.values().map(|w| (w - mean).max(0)).sum();
        cost.travel += over * i64::from(world.rules.balance) / 100;
    }
    cost.travel += plan.parts.changes;
    cost
}

/// Missing visits and prize lost on these days; `None` for days that the visit may not have.
pub fn lost_on(world: &World, visit: VisitId, days: &[u16]) -> Option<(i64, i64)> {
    let index = visit.0 as usize;
    if wants::forbidden_days(&world.visits[index], days).is_some() {
        return None;
    }
    let lost = lost(world, index, days);
    Some((lost.missing, lost.prize))
}
