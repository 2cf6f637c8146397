//! Going back to what a plan was: routes are kept as they were when they are first touched.

use super::{ABSENT, State};
use crate::day::Day;
use crate::plan::Cost;
use crate::route::Route;

/// What the touched routes and visits were before.
#[derive(Clone, Default)]
pub(super) struct Log {
    pub(super) on: bool,
    pub(super) cost: Cost,
    pub(super) imbalance: i64,
    pub(super) slots: Vec<usize>,
    /// One per touched slot; more may lie behind as spare memory.
    pub(super) before: Vec<(Route, Day, u32)>,
    pub(super) visits: Vec<(u32, u128)>,
    pub(super) work: Vec<i64>,
    pub(super) planned: usize,
    pub(super) driven: usize,
    pub(super) broken: usize,
}

impl State<'_> {
    /// From now on changes can be undone.
    pub(crate) fn begin(&mut self) {
        self.log.on = true;
        self.log.cost = self.cost;
        self.log.imbalance = self.imbalance;
        (self.log.planned, self.log.driven, self.log.broken) = (self.planned, self.driven, self.broken);
        self.log.slots.clear();
        self.log.visits.clear();
        if self.problem.rules().balance > 0 {
            self.log.work.clone_from(&self.work);
        }
    }

    /// Back to what it was at `begin`.
    pub(crate) fn undo(&mut self) {
        for index in 0..self.log.slots.len() {
            let slot = self.log.slots[index];
            for &call in &self.routes[slot].stops {
                self.slot_of[call as usize] = ABSENT;
            }
        }
        for index in 0..self.log.slots.len() {
            let slot = self.log.slots[index];
            let (route, day, night) = &mut self.log.before[index];
            std::mem::swap(&mut self.routes[slot], route);
            self.days[slot] = *day;
            self.nights[slot] = *night;
            self.seat(slot);
        }
        while let Some((visit, days)) = self.log.visits.pop() {
            self.days_of[visit as usize] = days;
            self.note_missing(visit, self.problem.lost(visit, days));
        }
        self.cost = self.log.cost;
        self.imbalance = self.log.imbalance;
        (self.planned, self.driven, self.broken) = (self.log.planned, self.log.driven, self.log.broken);
        if self.problem.rules().balance > 0 {
            self.work.clone_from(&self.log.work);
        }
        self.log.slots.clear();
    }

    /// Slots changed since `begin`.
    pub(crate) fn touched(&self) -> &[usize] {
        &self.log.slots
    }

    /// Whether the routes changed since `begin` can be driven. Taking a stop out can break a route where drive times break the triangle
    /// inequality, and putting another in can mend it.
    pub(crate) fn fits(&self) -> bool {
        self.log
            .slots
            .iter()
            .all(|&slot| self.routes[slot].fits(&self.days[slot]) && self.night_holds(slot))
            && self.broken <= self.log.broken
            && self.shared_days_stand()
    }

    fn shared_days_stand(&self) -> bool {
        // The first entry of a visit in the log says what it was at `begin`; entries of visits that came back are all compared.
        self.shared.is_empty()
            || self.log.visits.iter().enumerate().all(|(index, &(visit, days))| {
                !self.shared[visit as usize]
                    || self.days_of[visit as usize] == days
                    || self.log.visits[..index].iter().any(|(other, _)| *other == visit)
            })
    }

    /// To be called before a route changes.
    pub(crate) fn touch(&mut self, slot: usize) {
        if self.log.on && !self.log.slots.contains(&slot) {
            let index = self.log.slots.len();
            self.log.slots.push(slot);
            if index == self.log.before.len() {
                self.log.before.push((Route::default(), self.days[slot], 0));
            }
            let (route, day, night) = &mut self.log.before[index];
            route.clone_from(&self.routes[slot]);
            *day = self.days[slot];
            *night = self.nights[slot];
        }
    }
}
