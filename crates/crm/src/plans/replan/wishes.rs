//! A wish: whether it makes sense for a plan, and what it changes in the wishes so far.

use std::collections::{BTreeSet, HashMap};

use geom::Timestamp;

use super::Wish;
use crate::plans::day::Facts;
use crate::plans::{DayPlan, Wishes};
use crate::problem::Problem;

/// Refuses wishes that make no sense, by their place in the request.
pub(super) fn check(plan: &DayPlan, wish: &Wish) -> Result<(), Problem> {
    let stops: BTreeSet<&str> = plan.stops.iter().map(|s| s.visit_id.as_str()).collect();
    let left: BTreeSet<&str> = plan.left_out.iter().map(|l| l.visit_id.as_str()).collect();
    let unknown = |pointer: String| {
        Err(Problem::bad(
            &pointer,
            "not-in-plan",
            "This visit is neither in the plan nor left out of it.",
        ))
    };
    for (at, lock) in wish.lock.iter().enumerate() {
        if !stops.contains(lock.visit_id.as_str()) {
            return Err(Problem::bad(
                &format!("/lock/{at}/visit_id"),
                "not-in-plan",
                "Only a stop of the plan can be fixed.",
            ));
        }
    }
    for (at, visit) in wish.order.iter().flatten().enumerate() {
        if !stops.contains(visit.as_str()) && !left.contains(visit.as_str()) {
            return unknown(format!("/order/{at}"));
        }
    }
    for (at, visit) in wish.drop.iter().enumerate() {
        if !stops.contains(visit.as_str()) && !left.contains(visit.as_str()) {
            return unknown(format!("/drop/{at}"));
        }
    }
    if wish.late_minutes.is_some_and(|m| !(1..=600).contains(&m)) {
        return Err(Problem::bad(
            "/late_minutes",
            "out-of-range",
            "late_minutes is 1 to 600.",
        ));
    }
    Ok(())
}

/// The wishes so far with the new ones.
pub(super) fn merge(wishes: &mut Wishes, plan: &DayPlan, wish: &Wish) {
    for lock in &wish.lock {
        let id = &lock.visit_id;
        match lock.time {
            Some(true) => {
                if let Some(stop) = plan.stops.iter().find(|s| s.visit_id == *id) {
                    wishes.time.entry(id.clone()).or_insert(Timestamp(stop.start));
                }
            }
            Some(false) => drop(wishes.time.remove(id)),
            None => {}
        }
        match lock.order {
            Some(true) => drop(wishes.order.insert(id.clone())),
            Some(false) => drop(wishes.order.remove(id)),
            None => {}
        }
    }
    for id in &wish.unlock {
        wishes.time.remove(id);
        wishes.order.remove(id);
    }
    for id in &wish.drop {
        wishes.dropped.insert(id.clone());
        wishes.added.remove(id);
        wishes.time.remove(id);
        wishes.order.remove(id);
    }
    for id in wish.add.iter().chain(wish.order.iter().flatten()) {
        wishes.dropped.remove(id);
    }
}

/// The visits that a wish names, by visit or by place.
pub(super) fn visits_of(facts: &Facts, named: &[String]) -> Result<Vec<String>, Problem> {
    let by_place: HashMap<&str, &str> = facts
        .gathered
        .candidates
        .iter()
        .map(|c| (c.location_id.as_str(), c.visit_id.as_str()))
        .collect();
    let known: BTreeSet<&str> = facts
        .gathered
        .candidates
        .iter()
        .map(|c| c.visit_id.as_str())
        .collect();
    let find = |(at, name): (usize, &String)| {
        let found = known.get(name.as_str()).or_else(|| by_place.get(name.as_str()));
        let missing = || {
            Problem::bad(
                &format!("/add/{at}"),
                "not-a-candidate",
                "This is no visit or place of the person whose day it is.",
            )
        };
        found.map(|v| (*v).to_owned()).ok_or_else(missing)
    };
    named.iter().enumerate().map(find).collect()
}
