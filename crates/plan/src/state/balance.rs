//! Balance: what it costs that some reps work more than the mean.

use super::State;

impl State<'_> {
    /// Seconds of driving and service in a slot, where they are compared at all.
    pub(super) fn work_in(&self, slot: usize) -> i64 {
        if self.problem.rules().balance == 0 {
            return 0;
        }
        let route = &self.routes[slot];
        let service: i64 = route
            .stops
            .iter()
            .map(|&c| i64::from(self.problem.service(c)))
            .sum();
        route.drive + service
    }

    /// What so much more work for a slot's rep would cost, the mean taken as it is.
    pub(crate) fn imbalance_with(&self, slot: usize, more: i64) -> i64 {
        let price = i64::from(self.problem.rules().balance);
        if price == 0 {
            return 0;
        }
        let mean = self.work.iter().sum::<i64>() / self.work.len().max(1) as i64;
        let work = self.work[self.problem.rep_of(slot)];
        ((work + more - mean).max(0) - (work - mean).max(0)) * price / 100
    }

    /// Balance after a slot's work changed.
    pub(super) fn weigh(&mut self, slot: usize, before: i64) {
        let price = i64::from(self.problem.rules().balance);
        if price == 0 {
            return;
        }
        self.work[self.problem.rep_of(slot)] += self.work_in(slot) - before;
        let mean = self.work.iter().sum::<i64>() / self.work.len().max(1) as i64;
        let over: i64 = self.work.iter().map(|w| (w - mean).max(0)).sum();
        self.cost.travel += over * price / 100 - self.imbalance;
        self.imbalance = over * price / 100;
    }
}
