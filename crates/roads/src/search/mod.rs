//! The searches: Dijkstra's algorithm over the graph of directed segments, from one side or from both.
//!
//! A label is the cost from the source to the *start* of a node's edge. A source therefore begins at the
//! starts of all edges one can turn into from the edge it lies on, and a target adds the part of its edge up
//! to itself. A target that lies behind the source on the same one-way road is then nothing special: the
//! way leads around the block.

mod pair;
mod spread;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::cost::Cost;
use crate::format::NONE;
use crate::index::RoadIndex;
use crate::snap::Snap;

pub(crate) use pair::{Bidirectional, Path};
pub(crate) use spread::{Targets, explore};

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

/// The cost of driving an edge from a place on it to its end.
fn rest(roads: &RoadIndex, edge: u32, along: u32) -> Cost {
    let edge = &roads.edges[edge as usize];
    edge.cost() - edge.part(along)
}
