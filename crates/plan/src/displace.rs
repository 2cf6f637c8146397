//! What would have to go so that a visit fits: the smallest set of a slot's stops.

use crate::orders::order_allows;
use crate::plan::Cost;
use crate::route::Route;
use crate::state::State;

/// A way in: these stops out, the visit before stop `at` of what is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Displacement {
    pub(crate) slot: usize,
    pub(crate) at: usize,
    /// Positions in the present order, ascending.
    pub(crate) out: Vec<usize>,
    /// What the whole plan then costs at most: visits that go from other slots too are not taken off those.
    pub(crate) cost: Cost,
}

/// Up to this many sets of a size are tried; above it, only stretches of neighbouring stops, made as small as they can be.
const MOST_SETS: usize = 1_000;

/// One slot's route with every small set of stops taken out, so that many visits can be tried in each.
pub(crate) struct Displacer<'s, 'p> {
    state: &'s State<'p>,
    slot: usize,
    /// By size of the set, as far as they have been needed.
    by_size: Vec<Vec<Reduced>>,
    /// Stretches of neighbouring stops by length, of all stops and of those that may go; made when they are needed.
    stretches: [Option<Vec<Vec<Reduced>>>; 2],
}

/// A route with some stops taken out.
struct Reduced {
    out: Vec<usize>,
    route: Route,
    /// The plan's cost without them.
    cost: Cost,
    /// All of them may go: none is promised or locked.
    free: bool,
}

impl<'s, 'p> Displacer<'s, 'p> {
    pub(crate) fn new(state: &'s State<'p>, slot: usize) -> Self {
        Self {
            state,
            slot,
            by_size: Vec::new(),
            stretches: [None, None],
        }
    }

    /// The smallest set of stops without which the visit fits; among sets of a size, the one that costs the plan least. With `free_only`,
    /// nothing promised or locked is taken out. The size is the smallest there is as long as there are at most 1,000 sets of it.
    pub(crate) fn smallest(&mut self, visit: u32, free_only: bool) -> Option<Displacement> {
        if self.state.forbids(visit, self.slot) || self.state.problem.partner(visit).is_some() {
            return None;
        }
        let count = self.state.routes[self.slot].stops.len();
        for size in 0..=count {
            if sets(count, size) > MOST_SETS {
                return self.by_stretch(visit, free_only);
            }
            while self.by_size.len() <= size {
                let reduced = self.sets_of(count, self.by_size.len());
                self.by_size.push(reduced);
            }
            let sets = self.by_size[size].iter().filter(|set| set.free || !free_only);
            let best = sets
                .filter_map(|set| place_in(self.state, self.slot, visit, set))
                .min_by(|a, b| a.cost.cmp(&b.cost));
            if best.is_some() {
                return best;
            }
        }
        None
    }

    fn sets_of(&self, count: usize, size: usize) -> Vec<Reduced> {
        let mut all = Vec::new();
        for_each_set(count, size, &mut |out| {
            all.push(reduced(self.state, self.slot, out))
        });
        all
    }

    fn by_stretch(&mut self, visit: u32, free_only: bool) -> Option<Displacement> {
        let (state, slot) = (self.state, self.slot);
        let stretches = self.stretches[usize::from(free_only)].get_or_insert_with(|| {
            let stops = &state.routes[slot].stops;
            let movable: Vec<usize> = (0..stops.len())
                .filter(|&at| !free_only || may_go(state, stops[at]))
                .collect();
            let of = |size| {
                movable
                    .windows(size)
                    .map(|out| reduced(state, slot, out))
                    .collect()
            };
            (1..=movable.len()).map(of).collect()
        });
        for sets in stretches {
            let best = sets
                .iter()
                .filter_map(|set| place_in(state, slot, visit, set))
                .min_by(|a, b| a.cost.cmp(&b.cost));
            let Some(mut found) = best else { continue };
            let mut index = 0;
            while index < found.out.len() {
                let mut fewer = found.out.clone();
                fewer.remove(index);
                match place_in(state, slot, visit, &reduced(state, slot, &fewer)) {
                    Some(smaller) => found = smaller,
                    None => index += 1,
                }
            }
            return Some(found);
        }
        None
    }
}

/// Neither promised nor locked.
pub(crate) fn may_go(state: &State, call: u32) -> bool {
    let visit = state.problem.visit_of(call);
    let details = &state.problem.visits()[visit as usize];
    details.tier > 0 && details.locks == crate::Locks::default() && state.problem.partner(visit).is_none()
}

fn reduced(state: &State, slot: usize, out: &[usize]) -> Reduced {
    let (problem, day, whole) = (state.problem, &state.days[slot], &state.routes[slot]);
    let mut cost = state.cost;
    for &at in out {
        let visit = problem.visit_of(whole.stops[at]);
        let days = state.days_of[visit as usize];
        // Without one of its days a pattern is nothing.
        let left = if problem.kind(visit).patterns().is_some() {
            0
        } else {
            days & !(1 << problem.day_of(slot))
        };
        cost.exchange(
            problem,
            visit,
            problem.lost(visit, days),
            problem.lost(visit, left),
        );
        cost.travel -= state.change_cost(visit, slot);
    }
    let kept = (0..whole.stops.len())
        .filter(|at| !out.contains(at))
        .map(|at| whole.stops[at])
        .collect();
    let route = Route::new(problem, day, kept);
    cost.travel += route.travel() - whole.travel();
    Reduced {
        free: out.iter().all(|&at| may_go(state, whole.stops[at])),
        out: out.to_vec(),
        route,
        cost,
    }
}

fn place_in(state: &State, slot: usize, visit: u32, set: &Reduced) -> Option<Displacement> {
    let problem = state.problem;
    let call = problem.calls_of(visit).start;
    let may = |at| !problem.has().locked_orders || order_allows(problem, &set.route.stops, call, at);
    let (at, travel) = set
        .route
        .cheapest(problem, &state.days[slot], call, i64::MAX, may)?;
    let mut cost = set.cost;
    let days = state.days_of[visit as usize];
    let with = days | 1 << problem.day_of(slot);
    cost.exchange(
        problem,
        visit,
        problem.lost(visit, days),
        problem.lost(visit, with),
    );
    cost.travel += travel + state.change_cost(visit, slot);
    Some(Displacement {
        slot,
        at,
        out: set.out.clone(),
        cost,
    })
}

/// How many sets of that size there are, or a number above `MOST_SETS`.
fn sets(of: usize, size: usize) -> usize {
    let mut count = 1usize;
    for i in 0..size.min(of - size) {
        count = count * (of - i) / (i + 1);
        if count > MOST_SETS {
            return count;
        }
    }
    count
}

fn for_each_set(of: usize, size: usize, visit: &mut dyn FnMut(&[usize])) {
    let mut set: Vec<usize> = (0..size).collect();
    loop {
        visit(&set);
        let Some(i) = (0..size).rev().find(|&i| set[i] < of - size + i) else {
            return;
        };
        set[i] += 1;
        for j in i + 1..size {
            set[j] = set[j - 1] + 1;
        }
    }
}
