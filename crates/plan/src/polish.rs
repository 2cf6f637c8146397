//! Local search on travel: turn a stretch round, move a stretch, move a visit to another slot, exchange stretches and tails of routes,
//! exchange a visit for an absent one. Each change keeps everything that fitted and makes the plan strictly better, so it ends.

use crate::exchange::exchange;
use crate::neighbours::Neighbours;
use crate::orders::order_holds;
use crate::route::Route;
use crate::state::State;

/// Longest stretch that is moved in one piece.
const STRETCH: usize = 3;
/// In plans of more stops than this, visits are not tried everywhere, and days of more than `LONG_DAY` stops keep their order.
const SMALL: usize = 400;
const LONG_DAY: usize = 100;

/// Improves until no single change helps; in large plans, until so many exchanges were tried that it would take too long.
pub(crate) fn polish(state: &mut State, neighbours: &Neighbours) {
    let small = state.planned <= SMALL;
    let mut patience = 1_000 + 4 * state.planned;
    loop {
        let before = state.cost;
        for slot in 0..state.routes.len() {
            if state.open[slot] && (small || state.routes[slot].stops.len() <= LONG_DAY) {
                while improve_order(state, slot) {}
            }
        }
        if small {
            relocate(state);
            exchange_with_absent(state);
        }
        exchange(state, neighbours, &mut patience);
        if state.cost == before || patience == 0 {
            return;
        }
    }
}

/// The best turn or move within one slot; `false` if none helps.
fn improve_order(state: &mut State, slot: usize) -> bool {
    let (problem, day) = (state.problem, state.days[slot]);
    let current = &state.routes[slot];
    let n = current.stops.len();
    let legs = Legs::new(state, slot);
    let mut least = current.travel();
    let mut best: Option<Vec<u32>> = None;
    // Where overtime costs nothing or there is none, travel is driving, and that is known without going through the order.
    let exact = !day.slow;
    let mut consider = |drive: i64, order: &dyn Fn() -> Vec<u32>| {
        if exact && drive >= least {
            return;
        }
        let candidate = Route::new(problem, &day, order());
        let travel = candidate.travel();
        if travel < least && candidate.fits(&day) && order_holds(problem, &candidate.stops) {
            least = travel;
            best = Some(candidate.stops);
        }
    };
    for from in 0..n {
        for to in from + 2..=n {
            consider(legs.turned(from, to), &|| {
                let mut order = current.stops.clone();
                order[from..to].reverse();
                order
            });
        }
        for to in from + 1..=(from + STRETCH).min(n) {
            for at in (0..=n - (to - from)).filter(|&at| at != from) {
                consider(legs.moved(from, to, at), &|| {
                    let mut order = current.stops.clone();
                    let stretch: Vec<u32> = order.drain(from..to).collect();
                    order.splice(at..at, stretch);
                    order
                });
            }
        }
    }
    let Some(order) = best else { return false };
    state.reorder(slot, &order);
    true
}

/// Drives of a route's changed orders in O(1), from sums along the route in both directions.
struct Legs<'s, 'p> {
    state: &'s State<'p>,
    /// Place of each node: start, stops, end.
    places: Vec<usize>,
    /// Seconds from the start to each node, and back from each node to the start over the same nodes.
    ahead: Vec<i64>,
    back: Vec<i64>,
}

impl<'s, 'p> Legs<'s, 'p> {
    fn new(state: &'s State<'p>, slot: usize) -> Self {
        let (problem, day) = (state.problem, &state.days[slot]);
        let stops = state.routes[slot].stops.iter().map(|&call| problem.place(call));
        let places: Vec<usize> = std::iter::once(day.start).chain(stops).chain([day.end]).collect();
        let (mut ahead, mut back) = (vec![0], vec![0]);
        for leg in places.windows(2) {
            ahead.push(ahead[ahead.len() - 1] + i64::from(problem.drive(leg[0], leg[1])));
            back.push(back[back.len() - 1] + i64::from(problem.drive(leg[1], leg[0])));
        }
        Self {
            state,
            places,
            ahead,
            back,
        }
    }

    fn drive(&self, from: usize, to: usize) -> i64 {
        i64::from(self.state.problem.drive(self.places[from], self.places[to]))
    }

    fn all(&self) -> i64 {
        self.ahead[self.ahead.len() - 1]
    }

    /// Stops `from..to` the other way round.
    fn turned(&self, from: usize, to: usize) -> i64 {
        let (first, last) = (from + 1, to);
        self.all() - (self.ahead[last + 1] - self.ahead[first - 1])
            + self.drive(first - 1, last)
            + (self.back[last] - self.back[first])
            + self.drive(first, last + 1)
    }

    /// Stops `from..to` taken out and put before what is then stop `at`.
    fn moved(&self, from: usize, to: usize, at: usize) -> i64 {
        let (first, last) = (from + 1, to);
        let out = self.drive(first - 1, last + 1) - self.drive(first - 1, first) - self.drive(last, last + 1);
        // The nodes between which the stretch is put, in the numbers of the present order.
        let (before, after) = if at < from {
            (at, at + 1)
        } else {
            (at + (to - from), at + (to - from) + 1)
        };
        self.all() + out + self.drive(before, first) + self.drive(last, after) - self.drive(before, after)
    }
}

/// Moves single visits to cheaper places in any slot of the same day, or of any day if they come once.
fn relocate(state: &mut State) {
    if state.routes.len() < 2 {
        return;
    }
    for slot in 0..state.routes.len() {
        let mut at = 0;
        while at < state.routes[slot].stops.len() {
            let visit = state.problem.visit_of(state.routes[slot].stops[at]);
            if !state.open[slot] || state.problem.partner(visit).is_some() {
                at += 1;
                continue;
            }
            let before = state.cost;
            state.begin();
            state.remove(slot, at..at + 1);
            let best = if state.problem.kind(visit).is_once() {
                state.cheapest(visit)
            } else {
                let day = state.problem.day_of(slot);
                let same = (0..state.routes.len()).filter(|&s| state.problem.day_of(s) == day);
                same.filter_map(|s| state.cheapest_in(s, visit))
                    .min_by_key(|p| (p.travel, p.slot))
            };
            if let Some(place) = best {
                state.put(visit, place);
            }
            // After a success, the stop that is now at this position has not been tried.
            if state.cost >= before || !state.fits() {
                state.undo();
                at += 1;
            }
        }
    }
}

/// Puts absent visits in place of planned ones that are worth less, or worth the same and dearer.
fn exchange_with_absent(state: &mut State) {
    let problem = state.problem;
    for slot in 0..state.routes.len() {
        let mut at = 0;
        while at < state.routes[slot].stops.len() && !state.absent.is_empty() && state.open[slot] {
            let out = problem.visit_of(state.routes[slot].stops[at]);
            if problem.partner(out).is_some() || !problem.kind(out).is_once() {
                at += 1;
                continue;
            }
            let before = state.cost;
            let mut candidates = state.absent.clone();
            candidates.retain(|&v| problem.kind(v).is_once() && !problem.is_delivery(v));
            candidates.sort_unstable();
            let mut best: Option<(crate::plan::Cost, u32, crate::state::Place)> = None;
            state.begin();
            state.remove(slot, at..at + 1);
            for visit in candidates {
                if let Some(place) = state.cheapest(visit) {
                    let mut cost = state.cost;
                    let day = 1 << problem.day_of(place.slot);
                    cost.exchange(problem, visit, problem.lost(visit, 0), problem.lost(visit, day));
                    cost.travel += place.travel;
                    if cost < before && best.is_none_or(|(least, ..)| cost < least) {
                        best = Some((cost, visit, place));
                    }
                }
            }
            if let Some((_, visit, place)) = best {
                state.put(visit, place);
            }
            if best.is_none() || !state.fits() || state.cost >= before {
                state.undo();
                at += 1;
            }
        }
    }
}
