//! From one place to many, and to all within a time.

use std::cmp::Reverse;

use super::{Labels, direct};
use crate::cost::Cost;
use crate::format::NONE;
use crate::index::RoadIndex;
use crate::snap::Snap;

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
