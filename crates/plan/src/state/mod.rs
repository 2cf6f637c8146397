//! The plan while it is being searched: routes, each visit's days, who is missing, the cost so far, and an undo log.

mod balance;
mod seats;
mod undo;

use crate::Within;
use crate::compiled::{Lost, Problem};
use crate::day::Day;
use crate::near::Earlier;
use crate::plan::Cost;
use crate::route::Route;
use seats::Seat;
use undo::Log;

/// The slot of a call that is not planned.
pub(crate) const ABSENT: u32 = u32::MAX;

/// Where a visit could go, and what it adds to the travel level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) slot: usize,
    pub(crate) at: usize,
    pub(crate) travel: i64,
    /// Where the delivery goes once the pickup stands; `None` for what is not shipped.
    pub(crate) second: Option<usize>,
}

#[derive(Clone)]
pub(crate) struct State<'p> {
    pub(crate) problem: &'p Problem,
    pub(crate) days: Vec<Day>,
    pub(crate) routes: Vec<Route>,
    /// By slot: may be changed.
    pub(crate) open: Vec<bool>,
    /// By slot: 0 to sleep at the slot's end, or the number of the place to sleep at, from 1.
    pub(crate) nights: Vec<u32>,
    /// Slot by call, or `ABSENT`, and the position in it.
    pub(crate) slot_of: Vec<u32>,
    pub(crate) at_of: Vec<u32>,
    /// By call, what stands beside it.
    pub(crate) seats: Vec<Seat>,
    /// By visit, the set of days on which it is planned.
    pub(crate) days_of: Vec<u128>,
    /// Visits of which something is missing, in no order; `absent_at` finds them.
    pub(crate) absent: Vec<u32>,
    absent_at: Vec<u32>,
    pub(crate) cost: Cost,
    /// Work of each rep, and what its imbalance costs.
    work: Vec<i64>,
    pub(crate) imbalance: i64,
    pub(crate) earlier: Option<&'p Earlier>,
    /// Stops in all, and slots with any.
    pub(crate) planned: usize,
    pub(crate) driven: usize,
    /// Visits on days that are no pattern of theirs.
    pub(crate) broken: usize,
    /// By visit: its days may not change, as others are at work on some of its slots. Empty for nobody.
    pub(crate) shared: Vec<bool>,
    log: Log,
}

impl<'p> State<'p> {
    /// Nobody is planned.
    pub(crate) fn empty(problem: &'p Problem, earlier: Option<&'p Earlier>) -> Self {
        let slots = problem.slots().len();
        let visits = problem.visits().len() as u32;
        let days: Vec<Day> = (0..slots).map(|s| Day::new(problem, s)).collect();
        let routes = days
            .iter()
            .map(|day| Route::new(problem, day, Vec::new()))
            .collect();
        let mut this = Self {
            problem,
            days,
            routes,
            open: problem.slots().iter().map(|s| !s.frozen).collect(),
            nights: vec![0; slots],
            slot_of: vec![ABSENT; problem.calls()],
            at_of: vec![0; problem.calls()],
            seats: vec![Seat::default(); problem.calls()],
            days_of: vec![0; visits as usize],
            absent: Vec::new(),
            absent_at: vec![ABSENT; visits as usize],
            cost: Cost::default(),
            work: vec![0; problem.reps()],
            imbalance: 0,
            earlier,
            planned: 0,
            driven: 0,
            broken: 0,
            shared: Vec::new(),
            log: Log::default(),
        };
        for visit in 0..visits {
            let lost = problem.lost(visit, 0);
            this.cost.exchange(problem, visit, Lost::default(), lost);
            this.note_missing(visit, lost);
        }
        this
    }

    fn note_missing(&mut self, visit: u32, lost: Lost) {
        let at = self.absent_at[visit as usize];
        if lost.missing > 0 && at == ABSENT {
            self.absent_at[visit as usize] = self.absent.len() as u32;
            self.absent.push(visit);
        } else if lost.missing == 0 && at != ABSENT {
            self.absent.swap_remove(at as usize);
            if let Some(&moved) = self.absent.get(at as usize) {
                self.absent_at[moved as usize] = at;
            }
            self.absent_at[visit as usize] = ABSENT;
        }
    }

    /// Whether something of the visit is missing.
    #[inline]
    pub(crate) fn is_missing(&self, visit: u32) -> bool {
        self.absent_at[visit as usize] != ABSENT
    }

    fn set_days(&mut self, visit: u32, days: u128) {
        let before = self.days_of[visit as usize];
        if self.log.on {
            self.log.visits.push((visit, before));
        }
        let (was, is) = (self.problem.lost(visit, before), self.problem.lost(visit, days));
        self.cost.exchange(self.problem, visit, was, is);
        self.days_of[visit as usize] = days;
        self.note_missing(visit, is);
        if self.problem.has().recurrences && self.problem.kind(visit).patterns().is_some() {
            self.broken -= usize::from(before != 0 && was.missing > 0);
            self.broken += usize::from(days != 0 && is.missing > 0);
        }
    }

    /// A call of the visit that is not planned.
    pub(crate) fn free_call(&self, visit: u32) -> Option<u32> {
        self.problem
            .calls_of(visit)
            .find(|&call| self.slot_of[call as usize] == ABSENT)
    }

    /// What a visit in a slot costs on the travel level besides the driving: leaving the earlier plan.
    #[inline]
    pub(crate) fn change_cost(&self, visit: u32, slot: usize) -> i64 {
        self.earlier
            .map_or(0, |earlier| earlier.price(self.problem, visit, slot))
    }

    /// Where the call may stand in that order, locked orders considered.
    #[inline]
    pub(crate) fn order_allows(&self, slot: usize, call: u32, at: usize) -> bool {
        !self.problem.has().locked_orders
            || crate::orders::order_allows(self.problem, &self.routes[slot].stops, call, at)
    }

    /// Whether something else keeps the visit out of a slot: it is closed, the visit comes on that day already, or a conflict.
    #[inline]
    pub(crate) fn forbids(&self, visit: u32, slot: usize) -> bool {
        !self.open[slot]
            || !self.problem.may_be(visit, slot)
            || self.days_of[visit as usize] >> self.problem.day_of(slot) & 1 == 1
            || self.problem.has().conflicts && self.conflict(visit, slot).is_some()
    }

    /// A planned visit that this one may not meet.
    pub(crate) fn conflict(&self, visit: u32, slot: usize) -> Option<u32> {
        let partner = self.problem.partner(visit);
        let all = std::iter::once(visit).chain(partner);
        all.flat_map(|v| self.problem.conflicts(v))
            .find(|(other, within)| match within {
                Within::Day => self.days_of[*other as usize] >> self.problem.day_of(slot) & 1 == 1,
                Within::Slot => self
                    .problem
                    .calls_of(*other)
                    .any(|call| self.slot_of[call as usize] == slot as u32),
            })
            .map(|(other, _)| *other)
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
        if self.forbids(visit, slot) {
            return None;
        }
        let change = self.change_cost(visit, slot);
        let call = self.problem.calls_of(visit).start;
        let (route, day) = (&self.routes[slot], &self.days[slot]);
        if let Some(delivery) = self.problem.partner(visit) {
            let pair = (call, self.problem.calls_of(delivery).start);
            let found =
                route.cheapest_pair(self.problem, day, pair, below.saturating_sub(change), |order| {
                    look()
                        && (!self.problem.has().locked_orders
                            || crate::orders::order_holds(self.problem, order))
                })?;
            return Some(Place {
                slot,
                at: found.0,
                travel: found.2 + change,
                second: Some(found.1),
            });
        }
        let may = |at| look() && self.order_allows(slot, call, at);
        let (at, travel) = route.cheapest(self.problem, day, call, below.saturating_sub(change), may)?;
        Some(Place {
            slot,
            at,
            travel: travel + change,
            second: None,
        })
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

    /// Puts one more call of a visit into a place that fits, its delivery too if it has one.
    pub(crate) fn put(&mut self, visit: u32, place: Place) {
        self.put_one(visit, place.slot, place.at);
        if let (Some(at), Some(delivery)) = (place.second, self.problem.partner(visit)) {
            self.put_one(delivery, place.slot, at);
        }
    }

    pub(crate) fn put_one(&mut self, visit: u32, slot: usize, at: usize) {
        let call = self
            .free_call(visit)
            .expect("a visit has a call for each of its days");
        self.touch(slot);
        self.cost.travel += self.change_cost(visit, slot);
        self.change_route(slot, |route, problem, day| route.insert(problem, day, call, at));
        self.seat(slot);
        let day = self.problem.day_of(slot);
        self.set_days(visit, self.days_of[visit as usize] | 1 << day);
    }

    /// Takes the stops of a range out.
    pub(crate) fn remove(&mut self, slot: usize, range: std::ops::Range<usize>) {
        self.touch(slot);
        let day = self.problem.day_of(slot);
        for at in range.clone() {
            let call = self.routes[slot].stops[at];
            let visit = self.problem.visit_of(call);
            self.slot_of[call as usize] = ABSENT;
            self.cost.travel -= self.change_cost(visit, slot);
            self.set_days(visit, self.days_of[visit as usize] & !(1 << day));
        }
        self.change_route(slot, |route, problem, day| {
            route.remove(problem, day, range.clone());
        });
        self.seat(slot);
    }

    /// Takes all calls of a visit in open slots out, and the other end of its shipment.
    pub(crate) fn remove_visit(&mut self, visit: u32) {
        for visit in std::iter::once(visit).chain(self.problem.partner(visit)) {
            for call in self.problem.calls_of(visit) {
                let slot = self.slot_of[call as usize];
                if slot != ABSENT && self.open[slot as usize] {
                    let at = self.at_of[call as usize] as usize;
                    self.remove(slot as usize, at..at + 1);
                }
            }
        }
    }

    /// Gives a slot the same calls in another order.
    pub(crate) fn reorder(&mut self, slot: usize, order: &[u32]) {
        self.touch(slot);
        self.change_route(slot, |route, problem, day| {
            route.stops.clear();
            route.stops.extend_from_slice(order);
            route.refresh(problem, day);
        });
        self.seat(slot);
    }

    /// Replaces what a slot starts from and ends at, and refreshes it.
    pub(crate) fn redraw(&mut self, slot: usize, day: Day) {
        self.touch(slot);
        let (work, travel) = (self.work_in(slot), self.routes[slot].travel());
        self.days[slot] = day;
        self.routes[slot].refresh(self.problem, &self.days[slot]);
        self.seat(slot);
        self.cost.travel += self.routes[slot].travel() - travel;
        self.weigh(slot, work);
    }

    fn change_route(&mut self, slot: usize, change: impl FnOnce(&mut Route, &Problem, &Day)) {
        let work = self.work_in(slot);
        let (route, day) = (&mut self.routes[slot], &self.days[slot]);
        self.cost.travel -= route.travel();
        self.planned -= route.stops.len();
        self.driven -= usize::from(!route.stops.is_empty());
        change(route, self.problem, day);
        self.cost.travel += route.travel();
        self.planned += route.stops.len();
        self.driven += usize::from(!route.stops.is_empty());
        self.weigh(slot, work);
    }

    /// The visits of each slot in driving order, by call.
    pub(crate) fn orders(&self) -> Vec<Vec<u32>> {
        self.routes.iter().map(|route| route.stops.clone()).collect()
    }

    /// Takes over orders (of calls) that are known to fit.
    pub(crate) fn set_orders(&mut self, orders: &[Vec<u32>]) {
        for (slot, order) in orders.iter().enumerate() {
            self.set_order(slot, order);
        }
        crate::nights::settle(self);
    }

    pub(crate) fn set_order(&mut self, slot: usize, order: &[u32]) {
        let day = self.problem.day_of(slot);
        for &call in order {
            let visit = self.problem.visit_of(call);
            self.cost.travel += self.change_cost(visit, slot);
            self.set_days(visit, self.days_of[visit as usize] | 1 << day);
        }
        self.change_route(slot, |route, problem, day| {
            route.stops.extend_from_slice(order);
            route.refresh(problem, day);
        });
        self.seat(slot);
    }

    /// Whether the days of a visit are those that it may have.
    pub(crate) fn days_hold(&self, visit: u32) -> bool {
        self.problem.kind(visit).holds(self.days_of[visit as usize])
    }
}

impl Cost {
    /// A visit loses this and no longer that.
    #[inline]
    pub(crate) fn exchange(&mut self, problem: &Problem, visit: u32, was: Lost, is: Lost) {
        if was.unserved != is.unserved {
            self.unserved[problem.kind(visit).tier()] += is.unserved - was.unserved;
        }
        self.prize_lost += is.prize - was.prize;
    }
}
