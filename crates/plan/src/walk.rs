//! One annealed walk from plan to plan, with the best one kept aside.

use std::ops::ControlFlow;

use crate::absences::Absences;
use crate::compiled::Problem;
use crate::finder::Finder;
use crate::near::Earlier;
use crate::neighbours::Neighbours;
use crate::numeric::ln;
use crate::plan::Cost;
use crate::random::Random;
use crate::recreate::Recreate;
use crate::ruin::{Ruin, Strength};
use crate::search::{Options, Pace, Progress};
use crate::state::State;
use crate::trade::Trade;
use crate::weights::{Schedule, upper};

/// The budget is looked at once in so many steps.
const GLANCE: u64 = 16;
/// The caller hears something at least once in so many.
const WORD: u64 = 1024;

/// One position in this many is overlooked: more often where visits are chosen by worth, as a rep's day is small and its valleys are deep.
const BLINK: usize = 50;
const BLINK_CHOOSING: usize = 20;

/// Where visits come again and again, one step in this many trades days.
const TRADES: usize = 16;
/// Such a step is the less thought through, so it is taken at less heat than others.
const TRADE_HEAT: f64 = 0.1;

/// What a step needs besides the plan.
pub(crate) struct Tools<'n> {
    pub(crate) neighbours: &'n Neighbours,
    pub(crate) finder: Finder<'n>,
    pub(crate) ruin: Ruin,
    pub(crate) recreate: Recreate,
    trade: Trade,
    /// One step in this many trades days, 0 for none.
    trades: usize,
    pub(crate) strength: Strength,
    /// Visits from which a ruin may start.
    pub(crate) seeds: Vec<u32>,
}

impl<'n> Tools<'n> {
    pub(crate) fn new(problem: &Problem, neighbours: &'n Neighbours) -> Self {
        let mut finder = Finder::new(problem, neighbours);
        let visits = problem.visits();
        let worth = |v: &crate::Visit| (v.tier, v.prize);
        let choosing = visits.iter().any(|v| worth(v) != worth(&visits[0]));
        finder.blink = if choosing { BLINK_CHOOSING } else { BLINK };
        Self {
            neighbours,
            finder,
            ruin: Ruin::default(),
            recreate: Recreate::new(problem, neighbours),
            trade: Trade::default(),
            trades: if problem.has().recurrences { TRADES } else { 0 },
            strength: Strength {
                mean: 10.0,
                longest: 10.0,
                scattered: 8,
            },
            seeds: (0..visits.len() as u32)
                .filter(|&v| visits[v as usize].place.is_some() && !problem.is_delivery(v))
                .collect(),
        }
    }

    /// Now and then one of those left out, to ruin near, if they are few.
    fn absent_seed(&self, state: &State, random: &mut Random) -> Option<u32> {
        let absent = &state.absent;
        if absent.is_empty() || absent.len() > MOST_ABSENT || random.below(OFTEN) != 0 {
            return None;
        }
        let visit = absent[random.below(absent.len())];
        let mine = &self.recreate.mine;
        let problem = state.problem;
        let possible = problem.visits()[visit as usize].place.is_some()
            && !problem.is_delivery(visit)
            && (mine.is_empty() || mine[visit as usize]);
        possible.then_some(visit)
    }
}

/// Where visits of differing worth are left out and they are few, one step in this many ruins near one of them.
const OFTEN: usize = 4;

/// With more visits left out than this, who they are does not matter yet.
const MOST_ABSENT: usize = 64;

/// After this part of the cooling a plan that serves everyone is not given up any more.
const SETTLED: f64 = 0.7;
/// After this part of it who is left out is a matter of worth alone again, where worths differ.
const SETTLED_CHOICE: f64 = 0.85;

#[derive(Clone)]
pub(crate) struct Walk<'p> {
    pub(crate) state: State<'p>,
    pub(crate) best: Vec<Vec<u32>>,
    pub(crate) best_cost: Cost,
    best_absent: usize,
    /// Slots whose order differs from the best one, perhaps.
    changed: Vec<usize>,
    is_changed: Vec<bool>,
    pub(crate) schedule: Schedule,
    pub(crate) random: Random,
    pub(crate) step: u64,
    pub(crate) fraction: f64,
    pub(crate) travel_only: bool,
    pub(crate) absences: Absences,
    /// The best plan serves everyone.
    complete: bool,
    /// It does, or as good as, and who is left out is no longer exchanged for driving.
    settled: bool,
}

impl<'p> Walk<'p> {
    pub(crate) fn new(state: State<'p>, heat: f64, options: &Options) -> Self {
        Self {
            best: state.orders(),
            best_cost: state.cost,
            best_absent: state.absent.len(),
            changed: Vec::new(),
            is_changed: vec![false; state.routes.len()],
            schedule: Schedule::new(&state, heat),
            random: Random::new(options.seed),
            step: 0,
            fraction: 0.0,
            travel_only: false,
            absences: Absences::new(state.problem),
            complete: false,
            settled: false,
            state,
        }
    }

    /// Tells the caller where things are.
    pub(crate) fn report(
        &mut self,
        pace: &mut Pace,
        on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        on_progress(&Progress {
            step: self.step,
            steps: match pace {
                Pace::Steps(steps) => *steps,
                Pace::Clock { .. } => self.step,
            },
            cost: self.best_cost,
            fraction: self.fraction,
            problem: self.state.problem,
            best: &self.best,
            earlier: self.state.earlier,
        })
    }

    /// Walks until the budget is used.
    pub(crate) fn go(
        &mut self,
        tools: &mut Tools,
        pace: &mut Pace,
        on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) {
        let mut temperature = self.schedule.temperature(0.0);
        let begun = pace.fraction(0);
        loop {
            if self.step.is_multiple_of(GLANCE) {
                self.fraction = pace.fraction(self.step);
                self.expect(pace, begun);
                temperature = self.schedule.temperature(self.fraction);
                self.change_phase();
            }
            if pace.is_over(self.step, self.fraction) {
                return;
            }
            self.step += 1;
            let better = self.step_once(tools, temperature);
            if (better || self.step.is_multiple_of(WORD)) && self.report(pace, on_progress).is_break() {
                return;
            }
        }
    }

    /// How many steps there will be in all, as far as that can be told.
    pub(crate) fn expect(&mut self, pace: &Pace, begun: f64) {
        let steps = match pace {
            Pace::Steps(steps) => *steps as f64,
            Pace::Clock { .. } => self.step as f64 * (1.0 - begun) / (self.fraction - begun).max(1e-6),
        };
        self.schedule.expect(steps / self.state.planned.max(1) as f64);
    }

    /// The second phase begins at the best plan and never gives a visit back.
    pub(crate) fn change_phase(&mut self) {
        if !self.travel_only && self.fraction >= self.schedule.prize_part {
            self.travel_only = true;
            self.back_to_best();
        }
        let visits = self.state.days_of.len();
        if self
            .schedule
            .aim_at_everyone(self.best_absent, visits, self.fraction)
        {
            self.back_to_best();
        }
        if !self.complete && self.schedule.everyone && upper(&self.best_cost) == ([0; 4], 0) {
            self.complete = true;
            if self.step > 0 {
                // Room for everyone was bought with driving. Now that it is known to exist, the heat begins anew.
                self.absences.forget();
                self.schedule.begin_anew(self.fraction);
            }
        }
        let cooled = self.schedule.cooled(self.fraction);
        let enough = if self.complete { SETTLED } else { SETTLED_CHOICE };
        let settles = self.complete || self.schedule.everyone && self.schedule.choosing;
        if settles && !self.settled && cooled >= enough {
            self.settled = true;
            if upper(&self.state.cost) > upper(&self.best_cost) {
                self.back_to_best();
            }
        }
    }

    /// So many steps while the budget runs from one fraction to another.
    pub(crate) fn stretch(&mut self, tools: &mut Tools, steps: u64, (from, to): (f64, f64)) {
        for step in 0..steps {
            let fraction = from + (to - from) * step as f64 / steps as f64;
            let temperature = self.schedule.temperature(fraction);
            self.step_once(tools, temperature);
        }
    }

    /// Ruins and recreates once; `true` if that gave the best plan so far.
    fn step_once(&mut self, tools: &mut Tools, temperature: f64) -> bool {
        let (state, random) = (&mut self.state, &mut self.random);
        let before = state.cost;
        let had_absent = !state.absent.is_empty();
        let exchanging = self.schedule.everyone && !self.settled && state.absent.len() <= MOST_ABSENT;
        let weight_before = if exchanging {
            self.schedule
                .with_absent(&before, self.absences.of(&state.absent))
        } else {
            0.0
        };
        state.begin();
        let few = self.schedule.everyone && self.schedule.choosing;
        let absent = few.then(|| tools.absent_seed(state, random)).flatten();
        let seeds = absent.as_ref().map_or(&tools.seeds[..], std::slice::from_ref);
        let traded = absent.is_none() && tools.trades > 0 && random.below(tools.trades) == 0;
        let seed = if traded {
            tools.ruin.taken.clear();
            let (trade, finder) = (&mut tools.trade, &mut tools.finder);
            trade.run(state, finder, tools.neighbours, &tools.seeds, random)
        } else {
            let (ruin, strength) = (&mut tools.ruin, &tools.strength);
            ruin.run(state, tools.neighbours, seeds, strength, random)
        };
        let near = seed.map_or(&[][..], |visit| tools.neighbours.near(visit));
        tools
            .recreate
            .run(state, &mut tools.finder, &tools.ruin.taken, near, random);
        let after = state.cost;
        // U in (0, 1], so that the logarithm exists.
        let heat = if traded {
            temperature * TRADE_HEAT
        } else {
            temperature
        };
        let luck = -heat * ln(1.0 - random.unit());
        let weights = &self.schedule.weights;
        let absent = &state.absent;
        let exchanging = exchanging && absent.len() <= MOST_ABSENT && (had_absent || !absent.is_empty());
        let accepted = state.fits()
            && if exchanging {
                self.schedule.with_absent(&after, self.absences.of(absent)) < weight_before + luck
            } else if self.travel_only {
                match upper(&after).cmp(&upper(&before)) {
                    std::cmp::Ordering::Less => true,
                    std::cmp::Ordering::Greater => false,
                    std::cmp::Ordering::Equal => (after.travel as f64) < before.travel as f64 + luck,
                }
            } else {
                weights.of(&after) < weights.of(&before) + luck
            };
        if exchanging {
            self.absences.count(&state.absent, &tools.recreate.mine);
        }
        if !accepted {
            state.undo();
            return false;
        }
        for &slot in state.touched() {
            if !std::mem::replace(&mut self.is_changed[slot], true) {
                self.changed.push(slot);
            }
        }
        if after < self.best_cost {
            self.keep();
            return true;
        }
        false
    }

    /// The present plan becomes the best.
    fn keep(&mut self) {
        self.best_cost = self.state.cost;
        self.best_absent = self.state.absent.len();
        for slot in self.changed.drain(..) {
            self.is_changed[slot] = false;
            self.best[slot].clone_from(&self.state.routes[slot].stops);
        }
    }

    pub(crate) fn back_to_best(&mut self) {
        let open = std::mem::take(&mut self.state.open);
        self.state = restored(self.state.problem, self.state.earlier, &self.best);
        self.state.open = open;
        self.changed.clear();
        self.is_changed.iter_mut().for_each(|c| *c = false);
    }

    /// Goes to a plan made of others' work; all its slots may differ from the best.
    pub(crate) fn jump_to(&mut self, orders: &[Vec<u32>]) {
        self.state = restored(self.state.problem, self.state.earlier, orders);
        self.changed = (0..orders.len()).collect();
        self.is_changed.iter_mut().for_each(|c| *c = true);
        if self.state.cost < self.best_cost {
            self.keep();
        }
    }

    /// The best plan.
    pub(crate) fn into_best(mut self) -> State<'p> {
        self.back_to_best();
        self.state
    }
}

pub(crate) fn restored<'p>(
    problem: &'p Problem,
    earlier: Option<&'p Earlier>,
    orders: &[Vec<u32>],
) -> State<'p> {
    let mut state = State::empty(problem, earlier);
    state.set_orders(orders);
    state
}
