//! Into the limits over long ways: what a seat has too much or too little of is passed on from seat to seat, to the nearest that have room for it.
//!
//! Hand-overs between two neighbours even them out, so over many seats in a row they spread like heat: their number grows with the square of the
//! way, and within a node's size of level they stop. Here the whole way is known before the first hand-over, and the seats on it hold afterwards
//! about what they held before (successive shortest paths, Ahuja, Magnanti and Orlin 1993, section 9.7, on the graph of seats).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::draft::Draft;
use super::fringe::Fringe;
use super::sweep::NOBODY;

/// Nodes looked at on a border at a time.
const SIDE: usize = 64;

/// Swaps tried in a hop.
const TRIES: usize = 8;

/// Ways in a row that may fail before a seat is left as it is.
const PATIENCE: u32 = 8;

/// How often a hand-over from one seat to another may fail before no more ways go there.
const FAILS: u32 = 4;

/// A border as a step of a way.
struct Step {
    to: u32,
    /// What a layer of nodes costs more than the one before it, per workload.
    cost: f64,
    /// Hand-overs to `to` that failed, and from there.
    fails: [u32; 2],
}

/// Where a seat stands and what passes through it.
#[derive(Clone, Copy)]
struct Reached {
    cost: f64,
    before: u32,
    /// The way it was reached on; what others wrote is not to be read.
    way: u32,
}

/// What is kept from way to way.
pub(crate) struct Relay {
    steps: Vec<Vec<Step>>,
    reached: Vec<Reached>,
    heap: BinaryHeap<Reverse<(u64, u32)>>,
    /// Nodes given on the present way, and who had them.
    given: Vec<(u32, u32)>,
    /// What each would change, and which node for which.
    swaps: Vec<(f64, u32, u32)>,
    way: u32,
    /// Hops tried so far.
    pub hops: usize,
}

impl Relay {
    pub fn new(draft: &Draft) -> Self {
        let nobody = Reached {
            cost: f64::INFINITY,
            before: NOBODY,
            way: 0,
        };
        Self {
            steps: Vec::new(),
            reached: vec![nobody; draft.seats()],
            heap: BinaryHeap::new(),
            given: Vec::new(),
            swaps: Vec::new(),
            way: 0,
            hops: 0,
        }
    }

    /// Brings the workloads of all seats nearer to their limits, the worst first, in `most` hops at most. Other measures get no worse.
    pub fn run(&mut self, draft: &mut Draft, fringe: &mut Fringe, most: usize) {
        self.steps = steps(draft);
        let most = self.hops + most;
        let mut fails = vec![0u32; draft.seats()];
        while self.hops < most {
            let worst = (0..draft.seats())
                .filter(|s| fails[*s] < PATIENCE)
                .map(|s| (draft.excess(0, s, draft.load[0][s]), s))
                .filter(|(out, _)| *out > 1e-12)
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            let Some((_, seat)) = worst else { break };
            match self.pass_on(draft, fringe, seat as u32) {
                Passed::On => fails[seat] = 0,
                Passed::Back => fails[seat] += 1,
                Passed::Nowhere => fails[seat] = PATIENCE,
            }
        }
    }

    /// One way from the seat to the nearest that has room.
    fn pass_on(&mut self, draft: &mut Draft, fringe: &mut Fringe, seat: u32) -> Passed {
        let load = draft.load[0][seat as usize];
        let gives = load > draft.terms.limits.high[0][seat as usize];
        let Some(end) = self.nearest(draft, seat, gives) else {
            self.hops += 1;
            return Passed::Nowhere;
        };
        let room = room(draft, end, gives);
        self.given.clear();
        let mut near = seat;
        let mut before = load;
        while near != end {
            let next = self.reached[near as usize].before;
            self.hops += 1;
            let span = if near == seat {
                first(draft, seat, gives, room)
            } else {
                between(draft, near, gives, before, room)
            };
            // The seats in between keep their own room only as long as what passes through them fits.
            if span.least <= 0.0 && near != seat {
                return Passed::On;
            }
            before = draft.load[0][next as usize];
            if !self.hop(draft, fringe, [near, next], gives, &span) {
                for (node, was) in self.given.drain(..).rev() {
                    fringe.give(draft, node, was);
                }
                self.blame(near, next, gives);
                return Passed::Back;
            }
            near = next;
        }
        Passed::On
    }

    /// Hands nodes over between two neighbours, cheapest for their workload first. Says whether it came to what the span asks for.
    fn hop(
        &mut self,
        draft: &mut Draft,
        fringe: &mut Fringe,
        [near, next]: [u32; 2],
        gives: bool,
        span: &Span,
    ) -> bool {
        let (from, to) = if gives { (near, next) } else { (next, near) };
        let mut moved = 0.0;
        loop {
            let mut any = false;
            for (node, _) in fringe.options(draft, from, to, SIDE) {
                let mass = draft.terms.measures[0][node as usize];
                if mass <= 0.0 || moved + mass > span.most || !draft.may(node, to) || worsens(draft, node, to)
                {
                    continue;
                }
                fringe.give(draft, node, to);
                self.given.push((node, from));
                moved += mass;
                any = true;
                if moved >= span.aim {
                    return true;
                }
            }
            // What was given has laid others bare.
            if !any {
                break;
            }
        }
        if moved > 0.0 && moved >= span.least {
            return true;
        }
        self.swap(draft, fringe, [from, to], [span.least - moved, span.most - moved])
    }

    /// Where whole nodes are too heavy for what is left: one for another, such that `to` gains between the two bounds, as cheap as can be.
    fn swap(
        &mut self,
        draft: &mut Draft,
        fringe: &mut Fringe,
        [from, to]: [u32; 2],
        [least, most]: [f64; 2],
    ) -> bool {
        let mass = &draft.terms.measures[0];
        let back = fringe.options(draft, to, from, SIDE);
        self.swaps.clear();
        for (node, delta) in fringe.options(draft, from, to, SIDE) {
            for (other, returned) in &back {
                let gain = mass[node as usize] - mass[*other as usize];
                if gain > 0.0 && gain >= least && gain <= most {
                    self.swaps.push((delta + returned, node, *other));
                }
            }
        }
        self.swaps
            .sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (_, node, other) in self.swaps.iter().take(TRIES) {
            if !draft.may(*node, to) || worsens(draft, *node, to) {
                continue;
            }
            fringe.give(draft, *node, to);
            if draft.may(*other, from) && !worsens(draft, *other, from) {
                fringe.give(draft, *other, from);
                self.given.push((*node, from));
                self.given.push((*other, to));
                return true;
            }
            fringe.give(draft, *node, from);
        }
        false
    }

    /// The nearest seat that has room, over borders that let something through; [`Reached::before`] leads from the seat to it.
    fn nearest(&mut self, draft: &Draft, seat: u32, gives: bool) -> Option<u32> {
        self.way += 1;
        self.heap.clear();
        let way = self.way;
        self.reached[seat as usize] = Reached {
            cost: 0.0,
            before: NOBODY,
            way,
        };
        self.heap.push(Reverse((0, seat)));
        let mut end = None;
        while let Some(Reverse((cost, at))) = self.heap.pop() {
            // Costs are not negative: their bits sort as they do.
            let cost = f64::from_bits(cost);
            if cost > self.reached[at as usize].cost {
                continue;
            }
            if at != seat && room(draft, at, gives) >= least_room(draft, at) {
                end = Some(at);
                break;
            }
            for step in &self.steps[at as usize] {
                let fails = step.fails[usize::from(!gives)];
                if fails >= FAILS {
                    continue;
                }
                let reach = cost + step.cost * f64::from(1 + fails);
                let to = &mut self.reached[step.to as usize];
                if to.way != way || reach < to.cost {
                    *to = Reached {
                        cost: reach,
                        before: at,
                        way,
                    };
                    self.heap.push(Reverse((reach.to_bits(), step.to)));
                }
            }
        }
        // Turned round: from each seat to the next.
        let mut at = end?;
        let mut next = NOBODY;
        while at != NOBODY {
            let before = self.reached[at as usize].before;
            self.reached[at as usize].before = next;
            next = at;
            at = before;
        }
        end
    }

    /// Notes on both sides of a border that a hand-over over it failed.
    fn blame(&mut self, near: u32, next: u32, gives: bool) {
        for (at, to, side) in [(near, next, !gives), (next, near, gives)] {
            if let Some(step) = self.steps[at as usize].iter_mut().find(|s| s.to == to) {
                step.fails[usize::from(side)] += 1;
            }
        }
    }
}

/// What became of a way.
enum Passed {
    On,
    Back,
    Nowhere,
}

/// How much is to change hands in a hop: about as much as `aim`, else at least `least`, and never more than `most`.
struct Span {
    least: f64,
    aim: f64,
    most: f64,
}

/// The first hop: half of what there is room for, as it may grow on the way.
fn first(draft: &Draft, seat: u32, gives: bool, room: f64) -> Span {
    let limits = &draft.terms.limits;
    let load = draft.load[0][seat as usize];
    let (low, high) = (limits.low[0][seat as usize], limits.high[0][seat as usize]);
    let (out, across) = if gives {
        (load - high, load - low)
    } else {
        (low - load, high - load)
    };
    Span {
        least: 0.0,
        aim: out.min(0.5 * room),
        most: across.min(room),
    }
}

/// A seat on the way: it is to hold what it held `before`, or else at least to be in its limits, or no further out than it was.
fn between(draft: &Draft, seat: u32, gives: bool, before: f64, room: f64) -> Span {
    let limits = &draft.terms.limits;
    let load = draft.load[0][seat as usize];
    let low = limits.low[0][seat as usize].min(before);
    let high = limits.high[0][seat as usize].max(before);
    let (least, aim, most) = if gives {
        (load - high, load - before, load - low)
    } else {
        (low - load, before - load, high - load)
    };
    Span {
        least,
        aim: aim.min(room),
        most: most.min(room),
    }
}

/// What a seat can take (or, if it is not others that give, do without) within its limits.
fn room(draft: &Draft, seat: u32, gives: bool) -> f64 {
    let limits = &draft.terms.limits;
    let load = draft.load[0][seat as usize];
    if gives {
        limits.high[0][seat as usize] - load
    } else {
        load - limits.low[0][seat as usize]
    }
}

/// Less room than this is not worth a way.
fn least_room(draft: &Draft, seat: u32) -> f64 {
    let limits = &draft.terms.limits;
    let usual = draft.load[0][seat as usize] / f64::from(draft.count[seat as usize].max(1));
    let width = limits.high[0][seat as usize] - limits.low[0][seat as usize];
    usual
        .min(0.25 * width)
        .max(1e-9 * limits.target[0][seat as usize].abs())
}

/// Whether another measure would be further out of limits in sum.
fn worsens(draft: &Draft, node: u32, to: u32) -> bool {
    let from = draft.label[node as usize] as usize;
    (1..draft.load.len()).any(|c| {
        let value = draft.terms.measures[c][node as usize];
        let (a, b) = (draft.load[c][from], draft.load[c][to as usize]);
        let after = draft.excess(c, from, a - value) + draft.excess(c, to as usize, b + value);
        after > draft.excess(c, from, a) + draft.excess(c, to as usize, b) + 1e-12
    })
}

/// The graph of seats. What two neighbouring nodes of different seats would cost more on each other's side, together and per workload, is what the
/// border gets dearer by when it moves by a layer of nodes; what weights have to do with it cancels out.
fn steps(draft: &Draft) -> Vec<Vec<Step>> {
    let mut all: Vec<Vec<(u32, f64, f64)>> = vec![Vec::new(); draft.seats()];
    let terms = draft.terms;
    let (mut sum, mut count) = (0.0, 0.0);
    for i in 0..draft.label.len() as u32 {
        let mine = draft.label[i as usize];
        if mine == NOBODY {
            continue;
        }
        for link in terms.graph.around(i) {
            let (j, theirs) = (link.to, draft.label[link.to as usize]);
            if j <= i || !link.joined || theirs == mine || theirs == NOBODY {
                continue;
            }
            if terms.locked[i as usize] && terms.locked[j as usize] {
                continue;
            }
            let more = |node: u32, from: u32, to: u32| {
                let mass = terms.measures[0][node as usize].max(1e-9);
                ((terms.cost)(node, to) - (terms.cost)(node, from)) / mass
            };
            let gap = more(i, mine, theirs) + more(j, theirs, mine);
            // A node that must not go to the other side says nothing about the rest of the border.
            let (gap, weight) = if gap.is_finite() {
                (gap.max(0.0), 1.0)
            } else {
                (0.0, 0.0)
            };
            sum += gap;
            count += weight;
            for (at, to) in [(mine, theirs), (theirs, mine)] {
                let around = &mut all[at as usize];
                match around.iter_mut().find(|s| s.0 == to) {
                    Some(step) => {
                        step.1 += gap;
                        step.2 += weight;
                    }
                    None => around.push((to, gap, weight)),
                }
            }
        }
    }
    // No border is for nothing: of two ways that cost the same the shorter is better.
    let usual = if sum > 0.0 { sum / count } else { 1.0 };
    let step = |(to, gap, weight): (u32, f64, f64)| Step {
        to,
        cost: if weight > 0.0 {
            (gap / weight).max(1e-3 * usual)
        } else {
            usual
        },
        fails: [0; 2],
    };
    all.into_iter()
        .map(|around| around.into_iter().map(step).collect())
        .collect()
}
