//! The plan while it is being searched: routes, who is absent, the cost so far, and an undo log.

use crate::compiled::Problem;
use crate::plan::Cost;
use crate::problem::Order;
use crate::route::{Day, Route};

/// The slot of a visit that is not planned.
pub(crate) const ABSENT: u32 = u32::MAX;

/// Where a visit could go, and what it adds to the travel level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) slot: usize,
    pub(crate) at: usize,
    pub(crate) travel: i64,
}

pub(crate) struct State<'p> {
    pub(crate) problem: &'p Problem,
    pub(crate) days: Vec<Day>,
    pub(crate) routes: Vec<Route>,
    /// Slot by visit, or `ABSENT`.
    pub(crate) slot_of: Vec<u32>,
    /// Visits that are not planned, in no order; `absent_at` finds them.
    pub(crate) absent: Vec<u32>,
    absent_at: Vec<u32>,
    pub(crate) cost: Cost,
    log: Log,
}

/// What the touched routes were before.
#[derive(Default)]
struct Log {
    on: bool,
    cost: Cost,
    slots: Vec<usize>,
    /// One per touched slot; more may lie behind as spare memory.
    before: Vec<Route>,
}

impl<'p> State<'p> {
    /// Nobody is planned.
    pub(crate) fn empty(problem: &'p Problem) -> Self {
        let slots = problem.slots().len();
        let visits = problem.visits().len() as u32;
        let days: Vec<Day> = (0..slots).map(|s| Day::new(problem, s)).collect();
        let routes = days
            .iter()
            .map(|day| Route::new(problem, day, Vec::new()))
            .collect();
        let mut cost = Cost::default();
        for visit in problem.visits() {
            leave_out(&mut cost, visit, 1);
        }
        Self {
            problem,
            days,
            routes,
            slot_of: vec![ABSENT; visits as usize],
            absent: (0..visits).collect(),
            absent_at: (0..visits).collect(),
            cost,
            log: Log::default(),
        }
    }

    /// From now on changes can be undone.
    pub(crate) fn begin(&mut self) {
        self.log.on = true;
        self.log.cost = self.cost;
        self.log.slots.clear();
    }

    /// Back to what it was at `begin`.
    pub(crate) fn undo(&mut self) {
        for index in 0..self.log.slots.len() {
            let slot = self.log.slots[index];
            for i in 0..self.routes[slot].stops.len() {
                let visit = self.routes[slot].stops[i];
                // It may already stand in another slot that was restored before this one.
                if self.slot_of[visit as usize] == slot as u32 {
                    self.set_absent(visit);
                }
            }
            std::mem::swap(&mut self.routes[slot], &mut self.log.before[index]);
            for i in 0..self.routes[slot].stops.len() {
                let visit = self.routes[slot].stops[i];
                self.set_planned(visit, slot);
            }
        }
        self.cost = self.log.cost;
        self.log.slots.clear();
    }

    /// Whether the routes changed since `begin` can be driven. Taking a stop out can break a route where drive times break the triangle
    /// inequality, and putting another in can mend it.
    pub(crate) fn fits(&self) -> bool {
        self.log
            .slots
            .iter()
            .all(|&slot| self.routes[slot].fits(&self.days[slot]))
    }

    /// To be called before a route changes.
    pub(crate) fn touch(&mut self, slot: usize) {
        if self.log.on && !self.log.slots.contains(&slot) {
            let index = self.log.slots.len();
            self.log.slots.push(slot);
            if index == self.log.before.len() {
                self.log.before.push(Route::default());
            }
            self.log.before[index].clone_from(&self.routes[slot]);
        }
    }

    fn set_absent(&mut self, visit: u32) {
        if self.slot_of[visit as usize] != ABSENT {
            self.slot_of[visit as usize] = ABSENT;
            self.absent_at[visit as usize] = self.absent.len() as u32;
            self.absent.push(visit);
        }
    }

    fn set_planned(&mut self, visit: u32, slot: usize) {
        if self.slot_of[visit as usize] == ABSENT {
            let at = self.absent_at[visit as usize] as usize;
            self.absent.swap_remove(at);
            if let Some(&moved) = self.absent.get(at) {
                self.absent_at[moved as usize] = at as u32;
            }
        }
        self.slot_of[visit as usize] = slot as u32;
    }

    /// Where the visit may stand in that order, locked orders considered.
    #[inline]
    pub(crate) fn order_allows(&self, slot: usize, visit: u32, at: usize) -> bool {
        !self.problem.orders_locked() || order_allows(self.problem, &self.routes[slot].stops, visit, at)
    }

    /// The cheapest place in one slot.
    pub(crate) fn cheapest_in(&self, slot: usize, visit: u32) -> Option<Place> {
        self.cheaper_in(slot, visit, i64::MAX, || true)
    }

    /// The cheapest place in one slot that costs less than `below`; `look` is asked about each that would do and may overlook it.
    #[inline]
    pub(crate) fn cheaper_in(
        &self,
        slot: usize,
        visit: u32,
        below: i64,
        mut look: impl FnMut() -> bool,
    ) -> Option<Place> {
        if self.problem.windows(visit, slot).is_empty() {
            return None;
        }
        let may = |at| look() && self.order_allows(slot, visit, at);
        let (at, travel) = self.routes[slot].cheapest(self.problem, &self.days[slot], visit, below, may)?;
        Some(Place { slot, at, travel })
    }

    /// The cheapest place of all; the earlier slot where two cost the same.
    pub(crate) fn cheapest(&self, visit: u32) -> Option<Place> {
        let mut best: Option<Place> = None;
        for slot in 0..self.routes.len() {
            let below = best.map_or(i64::MAX, |b| b.travel);
            best = self.cheaper_in(slot, visit, below, || true).or(best);
        }
        best
    }

    /// Puts an absent visit into a place that fits.
    pub(crate) fn insert(&mut self, visit: u32, slot: usize, at: usize) {
        self.touch(slot);
        self.change_route(slot, |route, problem, day| route.insert(problem, day, visit, at));
        self.set_planned(visit, slot);
        leave_out(&mut self.cost, &self.problem.visits()[visit as usize], -1);
    }

    /// Takes the stops of a range out.
    pub(crate) fn remove(&mut self, slot: usize, range: std::ops::Range<usize>) {
        self.touch(slot);
        for at in range.clone() {
            let visit = self.routes[slot].stops[at];
            self.set_absent(visit);
            leave_out(&mut self.cost, &self.problem.visits()[visit as usize], 1);
        }
        self.change_route(slot, |route, problem, day| route.remove(problem, day, range));
    }

    /// Gives a slot the same visits in another order.
    pub(crate) fn reorder(&mut self, slot: usize, order: &[u32]) {
        self.touch(slot);
        self.change_route(slot, |route, problem, day| {
            route.stops.clear();
            route.stops.extend_from_slice(order);
            route.refresh(problem, day);
        });
    }

    fn change_route(&mut self, slot: usize, change: impl FnOnce(&mut Route, &Problem, &Day)) {
        let (route, day) = (&mut self.routes[slot], &self.days[slot]);
        self.cost.travel -= route.travel(day);
        change(route, self.problem, day);
        self.cost.travel += route.travel(day);
    }

    pub(crate) fn orders(&self) -> Vec<Vec<u32>> {
        self.routes.iter().map(|route| route.stops.clone()).collect()
    }

    /// Takes over orders that are known to fit.
    pub(crate) fn set_orders(&mut self, orders: &[Vec<u32>]) {
        for (slot, order) in orders.iter().enumerate() {
            self.set_order(slot, order);
        }
    }

    fn set_order(&mut self, slot: usize, order: &[u32]) {
        for &visit in order {
            self.set_planned(visit, slot);
            leave_out(&mut self.cost, &self.problem.visits()[visit as usize], -1);
        }
        self.change_route(slot, |route, problem, day| {
            route.stops.extend_from_slice(order);
            route.refresh(problem, day);
        });
    }

    /// Takes over orders as far as they fit. What does not fit whole is mended: promises first, each between those that stood around it.
    pub(crate) fn load(&mut self, orders: &[Vec<u32>]) {
        let mut broken = vec![Vec::new(); orders.len()];
        for (slot, order) in orders.iter().enumerate() {
            let known = order
                .iter()
                .all(|&visit| !self.problem.windows(visit, slot).is_empty());
            if known && order_holds(self.problem, order) {
                let route = Route::new(self.problem, &self.days[slot], order.clone());
                if route.fits(&self.days[slot]) {
                    self.set_order(slot, order);
                    continue;
                }
            }
            broken[slot].clone_from(order);
        }
        self.mend(&broken);
    }

    fn mend(&mut self, orders: &[Vec<u32>]) {
        for tier in 0..=4u8 {
            for (slot, order) in orders.iter().enumerate() {
                let mut at = 0;
                for &visit in order {
                    if self.routes[slot].stops.get(at) == Some(&visit) {
                        at += 1;
                    } else if self.problem.visits()[visit as usize].tier == tier
                        && self.slot_of[visit as usize] == ABSENT
                        && !self.problem.windows(visit, slot).is_empty()
                        && self.order_allows(slot, visit, at)
                        && self.routes[slot]
                            .insertion(self.problem, &self.days[slot], visit, at)
                            .is_some()
                    {
                        self.insert(visit, slot, at);
                        at += 1;
                    }
                }
            }
        }
    }
}

pub(crate) fn leave_out(cost: &mut Cost, visit: &crate::Visit, sign: i64) {
    if let Some(unserved) = cost.unserved.get_mut(usize::from(visit.tier)) {
        *unserved += sign;
    }
    cost.prize_lost += sign * i64::from(visit.prize);
}

/// Whether locked orders allow `visit` before stop `at`.
pub(crate) fn order_allows(problem: &Problem, stops: &[u32], visit: u32, at: usize) -> bool {
    let order = |v: u32| problem.visits()[v as usize].locks.order;
    if stops
        .first()
        .is_some_and(|&v| order(v) == Some(Order::First) && at == 0)
        || stops
            .last()
            .is_some_and(|&v| order(v) == Some(Order::Last) && at == stops.len())
    {
        return false;
    }
    match order(visit) {
        None => true,
        Some(Order::First) => at == 0,
        Some(Order::Last) => at == stops.len(),
        Some(Order::Rank(rank)) => {
            stops[..at]
                .iter()
                .all(|&v| !matches!(order(v), Some(Order::Rank(r)) if r > rank))
                && stops[at..]
                    .iter()
                    .all(|&v| !matches!(order(v), Some(Order::Rank(r)) if r < rank))
        }
    }
}

/// Whether locked orders allow this whole order.
pub(crate) fn order_holds(problem: &Problem, stops: &[u32]) -> bool {
    let mut rank = 0;
    stops.iter().enumerate().all(
        |(at, &visit)| match problem.visits()[visit as usize].locks.order {
            None => true,
            Some(Order::First) => at == 0,
            Some(Order::Last) => at + 1 == stops.len(),
            Some(Order::Rank(r)) => {
                let fine = r >= rank;
                rank = r;
                fine
            }
        },
    )
}
