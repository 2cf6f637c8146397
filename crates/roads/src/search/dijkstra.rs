//! Everything within a time: Dijkstra's algorithm over the graph of directed segments.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Net, rest};
use crate::cost::Packed;
use crate::snap::Snap;

/// Labels of one search, forgotten in O(1).
pub(crate) struct Labels {
    cost: Vec<Packed>,
    /// A label counts if its stamp is the current one.
    stamp: Vec<u32>,
    now: u32,
    queue: BinaryHeap<Reverse<(Packed, u32)>>,
}

impl Labels {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            cost: vec![Packed::ZERO; nodes],
            stamp: vec![0; nodes],
            now: 0,
            queue: BinaryHeap::new(),
        }
    }

    fn reset(&mut self) {
        self.queue.clear();
        self.now = self.now.wrapping_add(1);
        if self.now == 0 {
            // Once in four billion searches old stamps could look new.
            self.stamp.fill(0);
            self.now = 1;
        }
    }

    /// The best known cost of a node, [`Packed::UNREACHED`] without one.
    pub(crate) fn cost(&self, node: u32) -> Packed {
        match self.stamp[node as usize] == self.now {
            true => self.cost[node as usize],
            false => Packed::UNREACHED,
        }
    }

    /// True if the cost is news.
    fn offer(&mut self, node: u32, cost: Packed) -> bool {
        let better = cost < self.cost(node);
        if better {
            let at = node as usize;
            self.cost[at] = cost;
            self.stamp[at] = self.now;
            self.queue.push(Reverse((cost, node)));
        }
        better
    }

    fn start(&mut self, net: Net<'_>, source: &Snap) {
        self.reset();
        let graph = net.graph();
        for (edge, along) in source.sides(net) {
            let rest = rest(net, edge, along);
            for turn in graph.turns_from(edge) {
                if net.is_open(graph.edge_of(turn.head)) {
                    self.offer(turn.head, rest + turn.packed());
                }
            }
        }
    }
}

/// Labels everything that is reached within `limit` milliseconds, exactly as a search without limit would, and
/// gives the nodes whose start is.
pub(crate) fn explore(net: Net<'_>, source: &Snap, limit: u64, labels: &mut Labels) -> Vec<u32> {
    let graph = net.graph();
    let mut reached = Vec::new();
    labels.start(net, source);
    // The search goes by weight but the limit is on duration, so labels beyond the limit are followed too:
    // their way may be the lighter one to a place that a shorter way reaches in time.
    let in_time = |cost: Packed| u64::from(cost.parts().1) <= limit;
    let mut open = labels
        .queue
        .iter()
        .filter(|Reverse((cost, _))| in_time(*cost))
        .count();
    let mut horizon = source
        .sides(net)
        .map(|(edge, _)| graph.edges[edge as usize].weight)
        .max();
    while let Some(Reverse((cost, node))) = labels.queue.pop() {
        if in_time(cost) {
            open -= 1;
        } else if open == 0 && horizon.is_none_or(|h| cost.parts().0 > h) {
            break;
        }
        if cost != labels.cost[node as usize] {
            continue;
        }
        let after = cost + graph.edge(node).packed();
        if in_time(cost) {
            reached.push(node);
            horizon = horizon.max(Some(after.parts().0));
        }
        for turn in graph.turns_from(node) {
            let next = after + turn.packed();
            if net.is_open(graph.edge_of(turn.head)) && labels.offer(turn.head, next) && in_time(next) {
                open += 1;
            }
        }
    }
    reached
}
