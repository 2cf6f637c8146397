//! The searches: Dijkstra's algorithm over the graph of directed segments, from one side or from both.
//!
//! A label is the cost from the source to the *start* of a node's edge. A source therefore begins at the
//! starts of all edges one can turn into from the edge it lies on, and a target adds the part of its edge up
//! to itself. A target that lies behind the source on the same one-way road is then nothing special: the
//! way leads around the block.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::cost::Cost;
use crate::format::NONE;
use crate::graph::RoadGraph;
use crate::index::RoadIndex;
use crate::snap::Snap;

/// Set in a parent that is the source's edge rather than a node of the path.
const SOURCE: u32 = 1 << 31;

/// Labels of one search, forgotten in O(1).
pub(crate) struct Labels {
    cost: Vec<Cost>,
    parent: Vec<u32>,
    /// A label counts if its stamp is the current one.
    stamp: Vec<u32>,
    now: u32,
    queue: BinaryHeap<Reverse<(Cost, u32)>>,
}

/// A path: the edge the source lies on, then the nodes passed, the last one's edge holding the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub source_edge: u32,
    /// Each with the cost of turning into it. Empty if the target lies ahead on the source's edge.
    pub nodes: Vec<(u32, Cost)>,
    pub cost: Cost,
}

impl Labels {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            cost: vec![Cost::ZERO; nodes],
            parent: vec![NONE; nodes],
            stamp: vec![0; nodes],
            now: 0,
            queue: BinaryHeap::new(),
        }
    }

    pub(crate) fn reset(&mut self) {
        self.queue.clear();
        self.now = self.now.wrapping_add(1);
        if self.now == 0 {
            // Once in four billion searches old stamps could look new.
            self.stamp.fill(0);
            self.now = 1;
        }
    }

    /// The best known cost of a node, [`Cost::UNREACHED`] without one.
    pub(crate) fn cost(&self, node: u32) -> Cost {
        match self.stamp[node as usize] == self.now {
            true => self.cost[node as usize],
            false => Cost::UNREACHED,
        }
    }

    /// True if the cost is news.
    fn offer(&mut self, node: u32, cost: Cost, parent: u32) -> bool {
        let better = cost < self.cost(node);
        if better {
            let at = node as usize;
            self.cost[at] = cost;
            self.parent[at] = parent;
            self.stamp[at] = self.now;
            self.queue.push(Reverse((cost, node)));
        }
        better
    }

    /// The next node whose label is final.
    fn settle(&mut self) -> Option<(Cost, u32)> {
        while let Some(Reverse((cost, node))) = self.queue.pop() {
            if cost == self.cost[node as usize] {
                return Some((cost, node));
            }
        }
        None
    }

    /// A lower bound of all labels still to be settled.
    fn lowest(&self) -> Cost {
        self.queue
            .peek()
            .map_or(Cost::UNREACHED, |Reverse((cost, _))| *cost)
    }

    fn start(&mut self, roads: &RoadIndex, source: &Snap) {
        self.reset();
        let graph = roads.graph();
        for (edge, along) in source.sides(roads) {
            let rest = rest(roads, edge, along);
            for turn in graph.turns_from(edge) {
                self.offer(turn.head, rest + turn.cost(), edge | SOURCE);
            }
        }
    }
}

impl Snap {
    /// The edges it lies on, and how many centimetres from each one's start.
    pub(crate) fn sides(&self, roads: &RoadIndex) -> impl Iterator<Item = (u32, u32)> + use<> {
        let segment = roads.segments.get(self.segment as usize);
        let sides = segment.map(|s| {
            [
                (s.forward, self.along),
                (s.backward, s.length.saturating_sub(self.along)),
            ]
        });
        sides.into_iter().flatten().filter(|(edge, _)| *edge != NONE)
    }

    /// The nodes a path to it may end in, with the cost from the start of each.
    pub(crate) fn ends(&self, roads: &RoadIndex) -> impl Iterator<Item = (u32, Cost)> {
        let graph = roads.graph();
        self.sides(roads).flat_map(move |(edge, along)| {
            let part = graph.edges[edge as usize].part(along);
            graph.nodes_of(edge).map(move |node| (node, part))
        })
    }
}

/// The cost and edge of simply driving on, where the target lies ahead on the source's edge.
pub(crate) fn direct(roads: &RoadIndex, source: &Snap, target: &Snap) -> Option<(Cost, u32)> {
    if source.segment != target.segment {
        return None;
    }
    let ahead = source
        .sides(roads)
        .zip(target.sides(roads))
        .filter(|(s, t)| s.1 <= t.1);
    ahead
        .map(|((edge, from), (_, to))| {
            let edge_at = &roads.edges[edge as usize];
            (edge_at.part(to) - edge_at.part(from), edge)
        })
        .min()
}

/// Both halves of a search from one place to another.
pub(crate) struct Bidirectional {
    forward: Labels,
    backward: Labels,
}

impl Bidirectional {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            forward: Labels::new(nodes),
            backward: Labels::new(nodes),
        }
    }

    /// The best path; `None` where no road leads there.
    pub(crate) fn path(&mut self, roads: &RoadIndex, source: &Snap, target: &Snap) -> Option<Path> {
        let graph = roads.graph();
        let Self { forward, backward } = self;
        forward.start(roads, source);
        backward.reset();
        let direct = direct(roads, source, target);
        let mut best = Meeting {
            cost: direct.map_or(Cost::UNREACHED, |(cost, _)| cost),
            node: None,
        };
        for (node, part) in target.ends(roads) {
            backward.offer(node, part, NONE);
            best.consider(node, forward, backward);
        }
        loop {
            let (ahead, behind) = (forward.lowest(), backward.lowest());
            // One side has seen all it can reach, or nothing still open can be better.
            if ahead == Cost::UNREACHED || behind == Cost::UNREACHED || ahead + behind >= best.cost {
                break;
            }
            match ahead <= behind {
                true => step(graph, Side::Forward, forward, backward, &mut best),
                false => step(graph, Side::Backward, backward, forward, &mut best),
            }
        }
        match (best.node, direct) {
            (Some(node), _) => Some(self.unwind(roads, source, node, best.cost)),
            (None, Some((cost, source_edge))) => Some(Path {
                source_edge,
                nodes: Vec::new(),
                cost,
            }),
            (None, None) => None,
        }
    }

    /// The path over a node both sides have labelled. Labels along it are final, so what one has more than the
    /// one before is the edge left behind and the turn.
    fn unwind(&self, roads: &RoadIndex, source: &Snap, meeting: u32, cost: Cost) -> Path {
        let graph = roads.graph();
        let mut nodes = Vec::new();
        let mut node = meeting;
        let source_edge = loop {
            let parent = self.forward.parent[node as usize];
            if parent & SOURCE != 0 {
                let edge = parent & !SOURCE;
                let along = source
                    .sides(roads)
                    .find(|(side, _)| *side == edge)
                    .map_or(0, |(_, along)| along);
                nodes.push((node, self.forward.cost(node) - rest(roads, edge, along)));
                break edge;
            }
            let start = self.forward.cost(parent) + graph.edge(parent).cost();
            nodes.push((node, self.forward.cost(node) - start));
            node = parent;
        };
        nodes.reverse();
        let mut node = meeting;
        loop {
            let next = self.backward.parent[node as usize];
            if next == NONE {
                break;
            }
            let end = self.backward.cost(next) + graph.edge(node).cost();
            nodes.push((next, self.backward.cost(node) - end));
            node = next;
        }
        Path {
            source_edge,
            nodes,
            cost,
        }
    }
}

/// The cost of driving an edge from a place on it to its end.
fn rest(roads: &RoadIndex, edge: u32, along: u32) -> Cost {
    let edge = &roads.edges[edge as usize];
    edge.cost() - edge.part(along)
}

/// Which way a search goes.
#[derive(Clone, Copy)]
enum Side {
    Forward,
    Backward,
}

/// The best path known so far, by the node both sides have labelled.
struct Meeting {
    cost: Cost,
    node: Option<u32>,
}

impl Meeting {
    fn consider(&mut self, node: u32, ours: &Labels, theirs: &Labels) {
        let (a, b) = (ours.cost(node), theirs.cost(node));
        if a != Cost::UNREACHED && b != Cost::UNREACHED && a + b < self.cost {
            self.cost = a + b;
            self.node = Some(node);
        }
    }
}

/// Settles one node of one side.
fn step(graph: RoadGraph<'_>, side: Side, ours: &mut Labels, theirs: &Labels, best: &mut Meeting) {
    let Some((cost, node)) = ours.settle() else { return };
    let turns = match side {
        Side::Forward => graph.turns_from(node),
        Side::Backward => graph.turns_into(node),
    };
    for turn in turns {
        // An arc costs the edge it leaves and the turn.
        let left = match side {
            Side::Forward => graph.edge(node),
            Side::Backward => graph.edge(turn.head),
        };
        if ours.offer(turn.head, cost + left.cost() + turn.cost(), node) {
            best.consider(turn.head, ours, theirs);
        }
    }
}

/// Where paths to a set of targets may end: prepared once, used from every source.
pub(crate) struct Targets<'a> {
    snaps: &'a [Snap],
    /// By node: the first of its `ends`, or [`NONE`].
    first: Vec<u32>,
    ends: Vec<End>,
}

struct End {
    target: u32,
    part: Cost,
    /// The next end in the same node.
    next: u32,
}

impl<'a> Targets<'a> {
    pub(crate) fn new(roads: &RoadIndex, snaps: &'a [Snap]) -> Self {
        let mut first = vec![NONE; roads.graph().nodes()];
        let mut ends: Vec<End> = Vec::with_capacity(2 * snaps.len());
        for (target, snap) in (0u32..).zip(snaps) {
            for (node, part) in snap.ends(roads) {
                let next = std::mem::replace(&mut first[node as usize], ends.len() as u32);
                ends.push(End { target, part, next });
            }
        }
        Self { snaps, first, ends }
    }

    fn ends_in(&self, node: u32) -> impl Iterator<Item = &End> {
        let end = |i: u32| self.ends.get(i as usize);
        std::iter::successors(end(self.first[node as usize]), move |e| end(e.next))
    }

    /// The cost from a source to each target, [`Cost::UNREACHED`] where no road leads there or where it would
    /// take longer than `limit` milliseconds.
    pub(crate) fn costs_from(
        &self,
        roads: &RoadIndex,
        source: &Snap,
        limit: u64,
        labels: &mut Labels,
        costs: &mut Vec<Cost>,
    ) {
        let graph = roads.graph();
        costs.clear();
        costs.extend(
            self.snaps
                .iter()
                .map(|target| match direct(roads, source, target) {
                    Some((cost, _)) => cost,
                    None => Cost::UNREACHED,
                }),
        );
        labels.start(roads, source);
        // No target is worse off than this; beyond it nothing can change.
        let worst = |costs: &[Cost]| costs.iter().max().copied().unwrap_or(Cost::ZERO);
        let mut done = worst(costs);
        while labels.lowest() < done {
            let Some((cost, node)) = labels.settle() else {
                break;
            };
            let mut news = false;
            for end in self.ends_in(node) {
                let known = &mut costs[end.target as usize];
                if cost + end.part < *known {
                    *known = cost + end.part;
                    news = true;
                }
            }
            if news {
                done = worst(costs);
            }
            let cost = cost + graph.edge(node).cost();
            for turn in graph.turns_from(node) {
                labels.offer(turn.head, cost + turn.cost(), node);
            }
        }
        for cost in costs.iter_mut().filter(|c| c.duration() > limit) {
            *cost = Cost::UNREACHED;
        }
    }
}

/// Labels everything that is reached within `limit` milliseconds, exactly as a search without limit would, and
/// gives the nodes whose start is.
pub(crate) fn explore(roads: &RoadIndex, source: &Snap, limit: u64, labels: &mut Labels) -> Vec<u32> {
    let graph = roads.graph();
    let mut reached = Vec::new();
    labels.start(roads, source);
    // The search goes by weight but the limit is on duration, so labels beyond the limit are followed too:
    // their way may be the lighter one to a place that a shorter way reaches in time.
    let in_time = |cost: Cost| cost.duration() <= limit;
    let mut open = labels
        .queue
        .iter()
        .filter(|Reverse((cost, _))| in_time(*cost))
        .count();
    let mut horizon = source
        .sides(roads)
        .map(|(edge, _)| graph.edges[edge as usize].cost().weight())
        .max();
    while let Some(Reverse((cost, node))) = labels.queue.pop() {
        if in_time(cost) {
            open -= 1;
        } else if open == 0 && horizon.is_none_or(|h| cost.weight() > h) {
            break;
        }
        if cost != labels.cost[node as usize] {
            continue;
        }
        let after = cost + graph.edge(node).cost();
        if in_time(cost) {
            reached.push(node);
            horizon = horizon.max(Some(after.weight()));
        }
        for turn in graph.turns_from(node) {
            let next = after + turn.cost();
            if labels.offer(turn.head, next, node) && in_time(next) {
                open += 1;
            }
        }
    }
    reached
}
