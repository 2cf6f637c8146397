//! Recreate: whoever was taken out and those who were absent near by, in a random kind of order, each into its cheapest place, overlooking
//! a place now and then.

use crate::compiled::Problem;
use crate::finder::Finder;
use crate::neighbours::Neighbours;
use crate::random::Random;
use crate::state::State;

/// So many absent visits near the ruin are tried, or all if there are no more.
const FEW: usize = 40;
/// Once in so many steps all are tried all the same, if they are not too many.
const ALL: usize = 10;
const MANY: usize = 400;
/// In large plans the absent look at the changed slots only, but once in so many steps at all.
const AGAIN: usize = 32;

pub(crate) struct Recreate {
    /// Worth of a visit, its tier included.
    pub(crate) worth: Vec<f64>,
    /// Drive from the nearest day's start and back.
    far: Vec<f64>,
    /// Worth of a visit and its two nearest per second of going round them.
    density: Vec<f64>,
    /// Width, begin and end of all the time in which it may begin.
    width: Vec<f64>,
    opens: Vec<f64>,
    closes: Vec<f64>,
    /// The share of a car that it takes, and how often it comes.
    load: Vec<f64>,
    calls: Vec<f64>,
    kinds: Vec<(Kind, usize)>,
    pool: Vec<u32>,
    in_pool: Vec<bool>,
    /// By visit, whether it may be put in from among the absent; empty for all.
    pub(crate) mine: Vec<bool>,
    order: Vec<(f64, u32)>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Random,
    Worth,
    Near,
    Far,
    Density,
    Narrow,
    Opens,
    Closes,
    Load,
    Calls,
}

/// Kinds of order that mean something here and how often each comes: those of the two papers.
fn kinds(this: &Recreate) -> Vec<(Kind, usize)> {
    let varies = |values: &[f64]| values.iter().any(|v| (v - values[0]).abs() > 1e-9);
    let mut kinds = vec![(Kind::Random, 4), (Kind::Near, 1)];
    if varies(&this.worth) {
        kinds.extend([(Kind::Worth, 4), (Kind::Density, 2)]);
    } else {
        kinds.push((Kind::Far, 2));
    }
    if varies(&this.width) || varies(&this.opens) || varies(&this.closes) {
        kinds.extend([(Kind::Narrow, 2), (Kind::Opens, 1), (Kind::Closes, 1)]);
    }
    if varies(&this.load) {
        kinds.push((Kind::Load, 4));
    }
    if varies(&this.calls) {
        kinds.push((Kind::Calls, 4));
    }
    kinds
}

impl Recreate {
    pub(crate) fn new(problem: &Problem, neighbours: &Neighbours) -> Self {
        let visits = problem.visits();
        let largest = visits.iter().map(|v| f64::from(v.prize)).fold(1.0, f64::max);
        let worth = |v: &crate::Visit| {
            let tier = if v.tier < 4 {
                f64::from(1 << (2 * (4 - u32::from(v.tier))))
            } else {
                0.0
            };
            f64::from(v.prize) + largest * tier
        };
        let mut homes: Vec<usize> = problem
            .slots()
            .iter()
            .filter(|s| !s.absent)
            .map(|s| s.start.0 as usize)
            .collect();
        homes.sort_unstable();
        homes.dedup();
        let count = visits.len();
        let mut this = Self {
            worth: visits.iter().map(worth).collect(),
            far: vec![0.0; count],
            density: vec![0.0; count],
            width: vec![0.0; count],
            opens: vec![0.0; count],
            closes: vec![0.0; count],
            load: vec![0.0; count],
            calls: vec![0.0; count],
            kinds: Vec::new(),
            pool: Vec::new(),
            in_pool: vec![false; count],
            mine: Vec::new(),
            order: Vec::new(),
        };
        for visit in 0..count as u32 {
            let v = visit as usize;
            let call = problem.calls_of(visit).start;
            this.calls[v] = problem.calls_of(visit).len() as f64;
            let goods = problem.start_load(call).iter().chain(problem.change(call));
            this.load[v] = goods.map(|g| f64::from(g.abs())).fold(0.0, f64::max);
            let (opens, closes, width) = problem.hull(visit);
            (this.opens[v], this.closes[v], this.width[v]) =
                (f64::from(opens), f64::from(closes), f64::from(width));
            if visits[v].place.is_none() {
                continue;
            }
            let here = problem.rows(problem.place(call));
            let round = |p: usize| f64::from(here.drive_from(p)) + f64::from(here.drive_to(p));
            this.far[v] = homes.iter().map(|&h| round(h)).fold(f64::MAX, f64::min);
            let near = || neighbours.near(visit).iter().skip(1).take(3).map(|&o| o as usize);
            let around: f64 = near()
                .map(|o| {
                    round(problem.place(problem.calls_of(o as u32).start)) + f64::from(visits[o].service.0)
                })
                .sum();
            let gained: f64 = near().map(|o| this.worth[o]).sum();
            this.density[v] = (this.worth[v] + gained) / (around + f64::from(visits[v].service.0) + 1.0);
        }
        if count > 0 {
            this.kinds = kinds(&this);
        }
        this
    }

    /// Tries the visits that were taken out and absent ones: all if they are few, else mostly those near the seed.
    pub(crate) fn run(
        &mut self,
        state: &mut State,
        finder: &mut Finder,
        taken: &[u32],
        near: &[u32],
        random: &mut Random,
    ) {
        self.fill_pool(state, taken, near, random);
        let nobody_else = self.pool.len() == taken.len();
        let looks_everywhere = nobody_else || !Finder::is_large(state) || random.below(AGAIN) == 0;
        let kind = self.pick(random);
        self.order.clear();
        for &visit in &self.pool {
            let v = visit as usize;
            let key = match kind {
                Kind::Random => random.unit(),
                Kind::Worth => -self.worth[v],
                Kind::Near => self.far[v],
                Kind::Far => -self.far[v],
                Kind::Density => -self.density[v],
                Kind::Narrow => self.width[v],
                Kind::Opens => self.opens[v],
                Kind::Closes => self.closes[v],
                Kind::Load => -self.load[v],
                Kind::Calls => -self.calls[v],
            };
            self.order.push((key, visit));
        }
        self.order
            .sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        finder.list_empty(state);
        for index in 0..self.order.len() {
            let visit = self.order[index].1;
            let was_absent = state.days_of[visit as usize] == 0 && !taken.contains(&visit);
            if was_absent && !looks_everywhere && !finder.may_come(state, visit) {
                continue;
            }
            let inserted = finder.insert(state, visit, random);
            if !inserted && !state.days_hold(visit) {
                state.remove_visit(visit);
            }
        }
    }

    fn fill_pool(&mut self, state: &State, taken: &[u32], near: &[u32], random: &mut Random) {
        self.pool.clear();
        self.pool.extend_from_slice(taken);
        for &visit in taken {
            self.in_pool[visit as usize] = true;
        }
        let absent = state.absent.len();
        let mine = |visit: u32| self.mine.is_empty() || self.mine[visit as usize];
        let all = absent <= FEW || (absent <= MANY && random.below(ALL) == 0);
        if all {
            for &visit in &state.absent {
                if mine(visit) && !std::mem::replace(&mut self.in_pool[visit as usize], true) {
                    self.pool.push(visit);
                }
            }
        } else {
            let mut left = FEW;
            for &visit in near {
                let missing = state.is_missing(visit) && mine(visit);
                if missing && left > 0 && !std::mem::replace(&mut self.in_pool[visit as usize], true) {
                    self.pool.push(visit);
                    left -= 1;
                }
            }
        }
        for &visit in &self.pool {
            self.in_pool[visit as usize] = false;
        }
    }

    fn pick(&self, random: &mut Random) -> Kind {
        let total: usize = self.kinds.iter().map(|(_, times)| times).sum();
        let mut at = random.below(total.max(1));
        for &(kind, times) in &self.kinds {
            if at < times {
                return kind;
            }
            at -= times;
        }
        Kind::Random
    }
}
