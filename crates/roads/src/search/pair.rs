//! From one place to another: Dijkstra's algorithm from both sides.

use super::{Labels, SOURCE, direct, rest};
use crate::cost::Cost;
use crate::format::NONE;
use crate::graph::RoadGraph;
use crate::index::RoadIndex;
use crate::snap::Snap;

/// A path: the edge the source lies on, then the nodes passed, the last one's edge holding the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub source_edge: u32,
    /// Each with the cost of turning into it. Empty if the target lies ahead on the source's edge.
    pub nodes: Vec<(u32, Cost)>,
    pub cost: Cost,
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
