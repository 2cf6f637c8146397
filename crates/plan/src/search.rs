//! The search: slack induction by string removals (Christiaens and Vanden Berghe 2020) with a pool of absent visits, as orienteering
//! wants it (Pajersky, Sobotka, Rudova 2026).
//!
//! Ruin: strings of consecutive stops near a random visit leave their routes. Recreate: those and the absent, in a random kind of
//! order, each into its cheapest place, a place being overlooked now and then (a "blink"). Annealing decides whether to go on from
//! there: first on prizes, then on travel alone.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::compiled::Problem;
use crate::construct::construct;
use crate::explain::{finish, settle};
use crate::numeric::{exp, ln};
use crate::plan::{Cost, Plan};
use crate::polish::polish;
use crate::random::Random;
use crate::recreate::Recreate;
use crate::ruin::Ruin;
use crate::state::State;
use crate::{OrderError, VisitId};

/// How to search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Same seed, same steps, same problem: same plan.
    pub seed: u64,
    /// How many times to ruin and recreate. 0 gives the first plan, polished. Cooling is spread over all of them, so a plan with
    /// fewer steps is not the beginning of one with more.
    pub steps: u64,
}

impl Default for Options {
    /// Enough for a day of 40 candidates, in some tens of milliseconds.
    fn default() -> Self {
        Self {
            seed: 1,
            steps: 10_000,
        }
    }
}

/// Where the search is. Handed to the caller at the first plan, at each better one, and every 1,024 steps.
pub struct Progress<'a> {
    /// Steps done, 0 at the first plan.
    pub step: u64,
    /// Steps there will be.
    pub steps: u64,
    /// The best cost so far.
    pub cost: Cost,
    problem: &'a Problem,
    best: &'a [Vec<u32>],
}

impl Progress<'_> {
    /// The best plan so far, with times and reasons.
    #[must_use]
    pub fn plan(&self) -> Plan {
        finish(self.problem, self.best)
    }
}

/// Plans. `on_progress` may end the search early by breaking; the best plan so far is then finished and returned.
pub fn solve(
    problem: &Problem,
    options: &Options,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Plan {
    let state = State::empty(problem);
    run(state, options, 1.0, on_progress)
}

/// Plans again from an earlier order of visits (slot by slot): what still fits is kept as a start, the rest is repaired, and the search
/// stays near it by starting cool.
pub fn resolve(
    problem: &Problem,
    earlier: &[Vec<VisitId>],
    options: &Options,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Plan, OrderError> {
    crate::ask::check_orders(problem, earlier)?;
    let mut state = State::empty(problem);
    let orders: Vec<Vec<u32>> = earlier
        .iter()
        .map(|order| order.iter().map(|v| v.0).collect())
        .collect();
    state.load(&orders);
    Ok(run(state, options, 0.05, on_progress))
}

/// Weights that turn the cost levels into one number for annealing. Only the comparison of whole plans is lexicographic; here a lower
/// tier merely weighs more, so that the search can cross from one good plan to another.
struct Weights {
    tier: [f64; 4],
    travel: f64,
}

impl Weights {
    fn of(&self, cost: &Cost) -> f64 {
        let unserved: f64 = self
            .tier
            .iter()
            .zip(cost.unserved)
            .map(|(w, n)| w * n as f64)
            .sum();
        unserved + cost.prize_lost as f64 + self.travel * cost.travel as f64
    }
}

fn run(
    mut state: State,
    options: &Options,
    heat: f64,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Plan {
    let problem = state.problem;
    construct(&mut state);
    polish(&mut state);
    let mut best = state.orders();
    let mut best_cost = state.cost;
    let mut step = 0;
    let mut report = |step, cost, best: &[Vec<u32>]| {
        on_progress(&Progress {
            step,
            steps: options.steps,
            cost,
            problem,
            best,
        })
    };
    if report(0, best_cost, &best).is_break() || problem.slots().is_empty() {
        return finish(problem, &best);
    }

    let mut random = Random::new(options.seed);
    let mut ruin = Ruin::new(problem);
    let mut recreate = Recreate::new(problem);
    let schedule = Schedule::new(&state, options.steps, heat);
    let mut temperature = schedule.first_prize;
    let mut travel_only = schedule.prize_steps == 0;
    if travel_only {
        temperature = schedule.first_travel;
    }
    while step < options.steps {
        if !travel_only && step >= schedule.prize_steps {
            // The second phase begins at the best plan and never gives a visit back.
            travel_only = true;
            temperature = schedule.first_travel;
            restore(&mut state, &best);
        }
        step += 1;
        let before = state.cost;
        state.begin();
        let absent = state.absent.len();
        let seed = ruin.run(&mut state, &mut random);
        let near = seed.map_or(&[][..], |visit| ruin.near(visit));
        recreate.run(&mut state, absent, near, &mut random);
        let after = state.cost;
        // U in (0, 1], so that the logarithm exists.
        let luck = -temperature * ln(1.0 - random.unit());
        let accepted = if !state.fits() {
            false
        } else if travel_only {
            match upper(&after).cmp(&upper(&before)) {
                std::cmp::Ordering::Less => true,
                std::cmp::Ordering::Greater => false,
                std::cmp::Ordering::Equal => (after.travel as f64) < before.travel as f64 + luck,
            }
        } else {
            schedule.weights.of(&after) < schedule.weights.of(&before) + luck
        };
        temperature *= if travel_only {
            schedule.cool_travel
        } else {
            schedule.cool_prize
        };
        if !accepted {
            state.undo();
        } else if after < best_cost {
            best_cost = state.cost;
            best = state.orders();
            if report(step, best_cost, &best).is_break() {
                break;
            }
        }
        if step % 1024 == 0 && report(step, best_cost, &best).is_break() {
            break;
        }
    }
    restore(&mut state, &best);
    settle(&mut state);
    finish(problem, &state.orders())
}

fn upper(cost: &Cost) -> ([i64; 4], i64) {
    (cost.unserved, cost.prize_lost)
}

fn restore(state: &mut State, orders: &[Vec<u32>]) {
    *state = State::empty(state.problem);
    state.set_orders(orders);
}

/// Temperatures over the steps, in two phases.
struct Schedule {
    prize_steps: u64,
    first_prize: f64,
    cool_prize: f64,
    first_travel: f64,
    cool_travel: f64,
    weights: Weights,
}

impl Schedule {
    fn new(state: &State, steps: u64, heat: f64) -> Self {
        let problem = state.problem;
        let visits = problem.visits();
        let largest = visits.iter().map(|v| f64::from(v.prize)).fold(1.0, f64::max);
        let tier = [256.0 * largest, 64.0 * largest, 16.0 * largest, 4.0 * largest];
        let count = visits.len().max(1) as f64;
        let worth = visits
            .iter()
            .map(|v| tier.get(usize::from(v.tier)).copied().unwrap_or(0.0) + f64::from(v.prize));
        let mean_worth = worth.sum::<f64>() / count;
        let mean_prize = (visits.iter().map(|v| f64::from(v.prize)).sum::<f64>() / count).max(0.01);
        let legs = state
            .routes
            .iter()
            .map(|r| if r.stops.is_empty() { 0 } else { r.stops.len() + 1 })
            .sum::<usize>();
        let mean_leg = (state.cost.travel as f64 / legs.max(1) as f64).max(1.0);

        let everyone = state.absent.is_empty();
        let prize_steps = if everyone { 0 } else { steps * 7 / 10 };
        let first_prize = 2.0 * mean_worth * heat;
        let last_prize = (0.0005 * mean_prize).min(first_prize);
        let first_travel = mean_leg * heat;
        let last_travel = 0.01 * first_travel;
        let factor = |first: f64, last: f64, steps: u64| exp(ln(last / first) / steps.max(1) as f64);
        Self {
            prize_steps,
            first_prize,
            cool_prize: factor(first_prize, last_prize, prize_steps),
            first_travel,
            cool_travel: factor(first_travel, last_travel, steps - prize_steps),
            weights: Weights {
                tier,
                travel: 0.0005 * mean_prize / mean_leg,
            },
        }
    }
}
