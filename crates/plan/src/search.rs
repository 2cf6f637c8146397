//! The search: slack induction by string removals (Christiaens and Vanden Berghe 2020) with a pool of absent visits, as orienteering
//! wants it (Pajersky, Sobotka, Rudova 2026).
//!
//! Ruin: strings of consecutive stops near a random visit leave their routes. Recreate: those and the absent, in a random kind of
//! order, each into its cheapest place, a place being overlooked now and then (a "blink"). Annealing decides whether to go on from
//! there: first on prizes, then on travel alone; or, where all visits are worth the same or nearly all are planned, on travel and on
//! who is left out, those weighing more that were left out more often.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::compiled::Problem;
use crate::construct::construct;
use crate::explain::{finish, settle};
use crate::groups;
use crate::near::{ChangePrice, Earlier};
use crate::neighbours::Neighbours;
use crate::orders::as_calls;
use crate::plan::{Cost, Plan};
use crate::polish::polish;
use crate::repair::{Changed, is_short};
use crate::state::State;
use crate::walk::{Tools, Walk};
use crate::{OrderError, VisitId};

/// Which search this is: raised with each change after which the same problem, seed and steps may give another plan. Keep it beside a
/// stored plan, as only the search that made a plan makes it again to the same bytes.
pub const SEARCH_VERSION: u32 = 5;

/// How hot a search near an earlier plan begins, where 1 is a new one.
const COOL: f64 = 0.3;

/// How to search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Same seed, same steps, same problem: same plan.
    pub seed: u64,
    /// How many times to ruin and recreate. 0 gives the first plan, polished. Cooling is spread over all of them, so a plan with
    /// fewer steps is not the beginning of one with more.
    pub steps: u64,
    /// How many threads may work at once, 1 or more. The plan is the same for any number.
    pub threads: usize,
    /// What leaving the earlier plan costs in [`resolve`].
    pub change: ChangePrice,
    /// Work out why each stop is where it is and why each visit left out is not planned. Without, plans of thousands of visits are
    /// answered sooner, and [`crate::explain`] tells of one visit at a time.
    pub reasons: bool,
}

impl Default for Options {
    /// Enough for a day of 40 candidates, in some tens of milliseconds.
    fn default() -> Self {
        Self {
            seed: 1,
            steps: 10_000,
            threads: 1,
            change: ChangePrice::default(),
            reasons: true,
        }
    }
}

/// Where the search is. Handed to the caller at the first plan, at each better one (at most once a round), and every 1,024 steps.
pub struct Progress<'a> {
    /// Steps done, 0 at the first plan.
    pub step: u64,
    /// Steps there will be; those so far where time is the limit.
    pub steps: u64,
    /// The best cost so far.
    pub cost: Cost,
    /// How much of the budget is used, 0 to 1.
    pub fraction: f64,
    pub(crate) problem: &'a Problem,
    pub(crate) best: &'a [Vec<u32>],
    pub(crate) earlier: Option<&'a Earlier>,
}

impl Progress<'_> {
    /// The best plan so far, with times and reasons. Reasons take a while where much is left out; [`Progress::orders`] takes none.
    #[must_use]
    pub fn plan(&self) -> Plan {
        finish(self.problem, self.best, self.earlier, true)
    }

    /// The visits of each slot in driving order.
    #[must_use]
    pub fn orders(&self) -> Vec<Vec<VisitId>> {
        let visit = |&call: &u32| VisitId(self.problem.visit_of(call));
        self.best
            .iter()
            .map(|order| order.iter().map(visit).collect())
            .collect()
    }
}

/// How much of its budget a search has used: by steps, or as the caller's clock says.
pub(crate) enum Pace<'c> {
    Steps(u64),
    /// The budget runs from one of the clock's times to another.
    Clock {
        ask: &'c mut dyn FnMut() -> f64,
        from: f64,
        to: f64,
    },
}

impl<'c> Pace<'c> {
    fn within(clock: &'c mut dyn FnMut() -> f64) -> Self {
        Self::Clock {
            ask: clock,
            from: 0.0,
            to: 1.0,
        }
    }

    pub(crate) fn fraction(&mut self, step: u64) -> f64 {
        match self {
            Self::Steps(steps) => step as f64 / (*steps).max(1) as f64,
            Self::Clock { ask, from, to } => (ask() - *from) / (*to - *from).max(1e-9),
        }
    }

    pub(crate) fn is_over(&self, step: u64, fraction: f64) -> bool {
        match self {
            Self::Steps(steps) => step >= *steps,
            Self::Clock { .. } => fraction >= 1.0,
        }
    }

    /// What fraction will be used after so many more steps; a guess where time is the limit.
    pub(crate) fn fraction_after(&self, step: u64, fraction: f64, more: u64) -> f64 {
        match self {
            Self::Steps(steps) => ((step + more) as f64 / (*steps).max(1) as f64).min(1.0),
            Self::Clock { .. } if step == 0 => fraction,
            Self::Clock { .. } => (fraction * (1.0 + more as f64 / step as f64)).min(1.0),
        }
    }

    /// One of so many parts of all of it, from now on.
    pub(crate) fn part(&mut self, parts: u64) -> Pace<'_> {
        match self {
            Self::Steps(steps) => Pace::Steps(*steps / parts),
            Self::Clock { ask, from, to } => {
                let now = ask();
                Pace::Clock {
                    from: now,
                    to: now + (*to - *from) / parts as f64,
                    ask: &mut **ask,
                }
            }
        }
    }

    /// Goes on with what is left after so many steps.
    pub(crate) fn go_on(&mut self, after: u64) {
        match self {
            Self::Steps(steps) => *steps = steps.saturating_sub(after),
            Self::Clock { ask, from, to } => *from = ask().min(*to),
        }
    }
}

/// Plans. `on_progress` may end the search early by breaking; the best plan so far is then finished and returned.
pub fn solve(
    problem: &Problem,
    options: &Options,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Plan {
    let state = State::empty(problem, None);
    let orders = run(state, options, 1.0, Pace::Steps(options.steps), on_progress, None);
    finish(problem, &orders, None, options.reasons)
}

/// Plans for as long as `clock` says: it answers how much of the budget is used, 0 to 1, and is asked often. [`Options::steps`] does not
/// count. The plan then depends on how fast the machine is.
pub fn solve_within(
    problem: &Problem,
    options: &Options,
    clock: &mut dyn FnMut() -> f64,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Plan {
    let state = State::empty(problem, None);
    let orders = run(state, options, 1.0, Pace::within(clock), on_progress, None);
    finish(problem, &orders, None, options.reasons)
}

/// Plans again from an earlier order of visits (slot by slot): what still fits is kept as a start, the rest is repaired, and the search
/// stays near it by starting cool and by what [`Options::change`] says. Most of the work goes to where something changed. Frozen slots keep their stops whatever they are.
pub fn resolve(
    problem: &Problem,
    earlier: &[Vec<VisitId>],
    options: &Options,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Plan, OrderError> {
    let pace = Pace::Steps(options.steps);
    search_near(problem, earlier, options, pace, on_progress)
}

/// Plans again from an earlier order of visits, for as long as `clock` says (see [`solve_within`] and [`resolve`]).
pub fn resolve_within(
    problem: &Problem,
    earlier: &[Vec<VisitId>],
    options: &Options,
    clock: &mut dyn FnMut() -> f64,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Plan, OrderError> {
    search_near(problem, earlier, options, Pace::within(clock), on_progress)
}

fn search_near(
    problem: &Problem,
    earlier: &[Vec<VisitId>],
    options: &Options,
    pace: Pace,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Plan, OrderError> {
    crate::ask::check_orders(problem, earlier)?;
    let orders = as_calls(problem, earlier);
    let earlier = Earlier::new(problem, &orders, options.change);
    let mut state = State::empty(problem, earlier.as_ref());
    state.load(&orders);
    let orders = run(state, options, COOL, pace, on_progress, Some(&orders));
    Ok(finish(problem, &orders, earlier.as_ref(), options.reasons))
}

fn run(
    mut state: State,
    options: &Options,
    heat: f64,
    mut pace: Pace,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    earlier: Option<&[Vec<u32>]>,
) -> Vec<Vec<u32>> {
    let problem = state.problem;
    let neighbours = Neighbours::new(problem);
    let mut tools = Tools::new(problem, &neighbours);
    let loaded = earlier.map(|_| state.orders());
    construct(&mut state, &mut tools.finder, &tools.recreate);
    if state.planned <= 200 {
        polish(&mut state, &neighbours);
    }
    // One thread against the clock searches the plan as a whole: nothing has to be the same as with others.
    let mut shared = groups::can_share(&state) && (options.threads > 1 || matches!(pace, Pace::Steps(_)));
    if let (Some(earlier), Some(loaded)) = (earlier, loaded) {
        let changed = Changed::new(&state, earlier, &loaded);
        if changed.is_small(&state) {
            shared &= matches!(pace, Pace::Steps(steps) if !is_short(problem, steps));
            let taken = changed.exchange_slots(&mut state, &mut tools, heat, options, &mut pace);
            pace.go_on(taken);
        }
    }
    let mut walk = Walk::new(state, heat, options);
    tools.finder.prize_price = walk.schedule.weights.prize_price;
    let stopped = walk.report(&mut pace, on_progress).is_break();
    if stopped || problem.slots().is_empty() {
        // Nothing to search.
    } else if shared {
        let all = (0..groups::count(&walk.state, options, &pace)).map(|_| {
            let mut tools = Tools::new(problem, &neighbours);
            tools.finder.prize_price = walk.schedule.weights.prize_price;
            tools
        });
        let all = all.collect();
        groups::go(&mut walk, all, options, &mut pace, on_progress);
    } else {
        walk.go(&mut tools, &mut pace, on_progress);
    }
    let mut state = walk.into_best();
    settle(&mut state, &mut tools.finder);
    state.orders()
}
