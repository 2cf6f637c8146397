//! Locked orders and shipments: which orders of a slot are allowed, whatever the times.

use crate::compiled::Problem;
use crate::problem::SlotId;
use crate::state::{ABSENT, State};
use crate::{Order, VisitId};

fn lock(problem: &Problem, call: u32) -> Option<Order> {
    problem.visits()[problem.visit_of(call) as usize].locks.order
}

/// Whether locked orders allow `call` before stop `at`.
pub(crate) fn order_allows(problem: &Problem, stops: &[u32], call: u32, at: usize) -> bool {
    let order = |c: u32| lock(problem, c);
    if stops
        .first()
        .is_some_and(|&c| order(c) == Some(Order::First) && at == 0)
        || stops
            .last()
            .is_some_and(|&c| order(c) == Some(Order::Last) && at == stops.len())
    {
        return false;
    }
    match order(call) {
        None => true,
        Some(Order::First) => at == 0,
        Some(Order::Last) => at == stops.len(),
        Some(Order::Rank(rank)) => {
            stops[..at]
                .iter()
                .all(|&c| !matches!(order(c), Some(Order::Rank(r)) if r > rank))
                && stops[at..]
                    .iter()
                    .all(|&c| !matches!(order(c), Some(Order::Rank(r)) if r < rank))
        }
    }
}

/// Whether locked orders and shipments allow this whole order.
pub(crate) fn order_holds(problem: &Problem, stops: &[u32]) -> bool {
    let mut rank = 0;
    let locks = !problem.has().locked_orders
        || stops
            .iter()
            .enumerate()
            .all(|(at, &call)| match lock(problem, call) {
                None => true,
                Some(Order::First) => at == 0,
                Some(Order::Last) => at + 1 == stops.len(),
                Some(Order::Rank(r)) => {
                    let fine = r >= rank;
                    rank = r;
                    fine
                }
            });
    locks && (!problem.has().shipments || shipments_hold(problem, stops))
}

/// Whether each shipment has both ends here, the pickup first.
fn shipments_hold(problem: &Problem, stops: &[u32]) -> bool {
    stops.iter().enumerate().all(|(at, &call)| {
        let visit = problem.visit_of(call);
        let Some(partner) = problem.partner(visit) else {
            return true;
        };
        let other = stops.iter().position(|&c| problem.visit_of(c) == partner);
        other.is_some_and(|other| (other < at) == problem.is_delivery(visit))
    })
}

/// Whether two of these exclude each other.
fn conflict_within(problem: &Problem, stops: &[u32]) -> bool {
    problem.has().conflicts
        && stops.iter().any(|&call| {
            let conflicts = problem.conflicts(problem.visit_of(call));
            let meets = |other: u32| stops.iter().any(|&c| problem.visit_of(c) == other);
            conflicts.iter().any(|&(other, _)| meets(other))
        })
}

/// Orders of visits as orders of calls: the first call that is still free for each. Callers have checked that there are enough.
pub(crate) fn as_calls(problem: &Problem, orders: &[Vec<VisitId>]) -> Vec<Vec<u32>> {
    let mut used = vec![0u32; problem.visits().len()];
    let call = |visit: VisitId, used: &mut Vec<u32>| {
        let call = problem.calls_of(visit.0).start + used[visit.at()];
        used[visit.at()] += 1;
        call
    };
    orders
        .iter()
        .map(|order| order.iter().map(|&v| call(v, &mut used)).collect())
        .collect()
}

impl State<'_> {
    /// Takes over orders as far as they fit. What does not fit whole is mended: promises first, each between those that stood around it.
    /// Frozen slots are taken over as they are.
    pub(crate) fn load(&mut self, orders: &[Vec<u32>]) {
        let problem = self.problem;
        let mut broken = vec![Vec::new(); orders.len()];
        for (slot, order) in orders.iter().enumerate() {
            if problem.slots()[slot].frozen {
                self.set_order(slot, order);
                continue;
            }
            let known = order.iter().all(|&call| {
                let visit = problem.visit_of(call);
                !self.forbids(visit, slot)
            });
            if known && !conflict_within(problem, order) && order_holds(problem, order) {
                self.set_order(slot, order);
            } else {
                broken[slot].clone_from(order);
            }
        }
        crate::nights::settle(self);
        for (slot, broken) in broken.iter_mut().enumerate() {
            if self.open[slot] && !self.routes[slot].fits(&self.days[slot]) {
                broken.clone_from(&self.routes[slot].stops);
                self.remove(slot, 0..broken.len());
            }
        }
        self.mend(&broken);
        for visit in 0..problem.visits().len() as u32 {
            if !self.days_hold(visit) {
                self.remove_visit(visit);
            }
        }
    }

    fn mend(&mut self, orders: &[Vec<u32>]) {
        for tier in 0..=4u8 {
            for (slot, order) in orders.iter().enumerate() {
                let mut at = 0;
                for &call in order {
                    let visit = self.problem.visit_of(call);
                    if self.routes[slot].stops.get(at) == Some(&call) {
                        at += 1;
                    } else if self.problem.visits()[visit as usize].tier == tier
                        && self.slot_of[call as usize] == ABSENT
                        && !self.forbids(visit, slot)
                    {
                        at = self.mend_near(slot, visit, at);
                    }
                }
            }
        }
    }

    /// Puts a visit back before stop `at` if it fits there, a shipment wherever it fits; where to go on.
    fn mend_near(&mut self, slot: usize, visit: u32, at: usize) -> usize {
        if self.problem.is_delivery(visit) {
            return at;
        }
        if self.problem.partner(visit).is_some() {
            let found = self.cheapest_in(slot, visit);
            if let Some(place) = found {
                self.put(visit, place);
            }
            return found.map_or(at, |place| place.at + 1);
        }
        at + usize::from(self.mend_one(slot, visit, at))
    }

    /// Puts a visit before stop `at` if it fits there; `false` if not.
    pub(crate) fn mend_one(&mut self, slot: usize, visit: u32, at: usize) -> bool {
        let call = self.problem.calls_of(visit).start;
        let day = &self.days[slot];
        let inserted = crate::insertion::Inserted::new(self.problem, day, call);
        let route = &self.routes[slot];
        let room = self.problem.has().mixed_loads || route.has_room(self.problem, day, call);
        let fits = room
            && self.order_allows(slot, call, at)
            && route
                .insertion(self.problem, day, &inserted, (call, at), i64::MAX)
                .is_some();
        if fits {
            self.put_one(visit, slot, at);
        }
        fits
    }

    /// Slots in which a visit is planned.
    pub(crate) fn slots_of(&self, visit: u32) -> Vec<SlotId> {
        let slots = self
            .problem
            .calls_of(visit)
            .map(|call| self.slot_of[call as usize]);
        let mut slots: Vec<SlotId> = slots.filter(|&s| s != ABSENT).map(SlotId).collect();
        slots.sort_unstable();
        slots
    }
}
