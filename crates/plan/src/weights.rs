//! Weights that turn the cost levels into one number for annealing, and temperatures over the budget.

use crate::compiled::Problem;
use crate::numeric::{exp, ln};
use crate::plan::Cost;
use crate::state::State;

/// Only the comparison of whole plans is lexicographic; here a lower tier merely weighs more, so that the search can cross from one good
/// plan to another.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    tier: [f64; 4],
    prize: f64,
    /// Seconds of driving that one point of prize is worth where places are compared.
    pub(crate) prize_price: i64,
}

impl Weights {
    /// In seconds of driving. `leg` is a usual drive between two stops.
    pub(crate) fn new(problem: &Problem, leg: f64) -> Self {
        let visits = problem.visits();
        let count = visits.len().max(1) as f64;
        let mean = (visits.iter().map(|v| f64::from(v.prize)).sum::<f64>() / count).max(0.01);
        let largest = visits.iter().map(|v| f64::from(v.prize)).fold(1.0, f64::max);
        let prize = 2000.0 * leg / mean;
        let tier = [256.0, 64.0, 16.0, 4.0].map(|times| times * largest * prize);
        Self {
            tier,
            prize,
            prize_price: (prize as i64).max(1),
        }
    }

    #[inline]
    pub(crate) fn of(&self, cost: &Cost) -> f64 {
        let mut sum = cost.travel as f64 + self.prize * cost.prize_lost as f64;
        for (weight, count) in self.tier.iter().zip(cost.unserved) {
            sum += weight * count as f64;
        }
        sum
    }
}

/// What counts before travel.
pub(crate) fn upper(cost: &Cost) -> ([i64; 4], i64) {
    (cost.unserved, cost.prize_lost)
}

/// Temperatures over the budget, in two phases: first everything, then travel alone.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    /// Up to this fraction of the budget prizes are annealed.
    pub(crate) prize_part: f64,
    /// The fraction of the budget from which on travel cools.
    begun: f64,
    first_prize: f64,
    last_prize: f64,
    first_travel: f64,
    last_travel: f64,
    pub(crate) weights: Weights,
    /// Everyone is to be planned, so who is left out for the moment may change freely: all visits are worth the same, or nearly all are
    /// planned by now.
    pub(crate) everyone: bool,
    /// Nothing is lost but by visits that are left out.
    plain: bool,
    /// Visits differ in what they are worth.
    pub(crate) choosing: bool,
    /// What a visit left out weighs in that case: at least, and where it is left out as often as others.
    absent: (f64, f64),
    /// The search does not start from a plan that it should stay near.
    fresh: bool,
    /// Steps for each stop that call for one mean drive more of heat. Windows make valleys deep, so more heat pays there.
    steps_a_degree: f64,
    hottest: f64,
}

/// In mean drives.
const HOTTEST: f64 = 12.0;
/// Where neither windows nor days stand in the way, more heat only takes time.
const HOTTEST_FREE: f64 = 1.2;
const ABSENT: f64 = 10.0;
const ABSENT_OFTEN: f64 = 5.0;

/// Where a plan leaves out at most one visit in this many, everyone is to be planned.
const FEW_ABSENT: usize = 32;

impl Schedule {
    pub(crate) fn new(state: &State, heat: f64) -> Self {
        let problem = state.problem;
        let visits = problem.visits();
        let legs = (state.planned + state.driven).max(1);
        let driven: i64 = state.routes.iter().map(|r| r.drive).sum();
        let leg = (driven as f64 / legs as f64).max(1.0);
        let weights = Weights::new(problem, leg);
        let count = visits.len().max(1) as f64;
        let worth = |v: &crate::Visit| {
            weights.tier.get(usize::from(v.tier)).copied().unwrap_or(0.0) + weights.prize * f64::from(v.prize)
        };
        let mean_worth = visits.iter().map(worth).sum::<f64>() / count;
        let plain =
            |v: &crate::Visit| v.urgency.is_none() && !matches!(v.recurrence, crate::Recurrence::Gap(_));
        let first = visits.first().map(|v| (v.tier, v.prize));
        let uniform = first.is_some_and(|(tier, _)| tier < 4)
            && visits.iter().all(|v| Some((v.tier, v.prize)) == first);
        let plain = visits.iter().all(plain);
        let everyone = plain && uniform;
        let windows = visits.iter().any(|v| v.windows != crate::Windows::Any);
        // Near an earlier plan nothing is given up for the moment: heat enough for that would make the driving anew everywhere.
        let fresh = heat >= 1.0;
        let prize_part = if state.absent.is_empty() || everyone || !fresh {
            0.0
        } else {
            0.9
        };
        let first_prize = 2.0 * mean_worth * heat;
        Self {
            prize_part,
            begun: prize_part,
            first_prize,
            last_prize: (10.0 * leg).min(first_prize),
            first_travel: leg * heat,
            last_travel: 0.01 * leg * heat,
            weights,
            everyone,
            plain,
            choosing: !uniform,
            absent: (ABSENT * leg, ABSENT_OFTEN * leg),
            fresh,
            steps_a_degree: if windows { 80.0 } else { 250.0 },
            hottest: if windows || problem.has().recurrences {
                HOTTEST
            } else {
                HOTTEST_FREE
            },
        }
    }

    /// Starts the hotter, the more steps there are for each stop: a long search that starts cool stays near its first plan, and a short one
    /// that starts hot never gets back from where it wandered. (Measured on Solomon's and Cordeau's instances: ten times the mean drive
    /// where there is time.)
    pub(crate) fn expect(&mut self, steps_for_each_stop: f64) {
        if self.fresh {
            let steps_for_each_stop = steps_for_each_stop * (1.0 - self.begun) / (1.0 - self.prize_part);
            self.first_travel = 100.0
                * self.last_travel
                * (steps_for_each_stop / self.steps_a_degree).clamp(1.0, self.hottest);
        }
    }

    /// A plan leaves out so many of all visits; `true` if from now on everyone is to be planned and was not so far.
    pub(crate) fn aim_at_everyone(&mut self, absent: usize, visits: usize, fraction: f64) -> bool {
        let begins = !self.everyone
            && self.plain
            && self.fresh
            && fraction < self.prize_part
            && absent * FEW_ABSENT <= visits;
        if begins {
            self.everyone = true;
            self.prize_part = 0.0;
            self.begin_anew(fraction);
        }
        begins
    }

    /// A plan's driving and what its visits left out weigh, where everyone is to be planned: each the more, the more it is worth (`worth`
    /// is the sum over them, the mean being 1) and the more often it was left out (`often` is the sum over them, in units of how often a
    /// visit is left out on average). Who is hard to place is placed in the end, and who is easy leaves room for that; the driving stays in
    /// the balance, as a plan that wanders far finds no room either.
    pub(crate) fn with_absent(&self, cost: &Cost, (worth, often): (f64, f64)) -> f64 {
        cost.travel as f64 + self.absent.0 * worth + self.absent.1 * often
    }

    /// Starts the cooling of travel again, with what is left of the budget.
    pub(crate) fn begin_anew(&mut self, fraction: f64) {
        self.begun = fraction.clamp(self.prize_part, 0.99);
    }

    /// How far travel has cooled, 0 to 1.
    pub(crate) fn cooled(&self, fraction: f64) -> f64 {
        ((fraction - self.begun) / (1.0 - self.begun)).clamp(0.0, 1.0)
    }

    /// The temperature at a fraction of the budget.
    pub(crate) fn temperature(&self, fraction: f64) -> f64 {
        let between = |first: f64, last: f64, part: f64| first * exp(ln(last / first) * part.clamp(0.0, 1.0));
        if fraction < self.prize_part {
            between(self.first_prize, self.last_prize, fraction / self.prize_part)
        } else {
            between(self.first_travel, self.last_travel, self.cooled(fraction))
        }
    }
}
