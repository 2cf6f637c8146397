//! From one place to everything: a walk to the root, then one sweep down the hierarchy (PHAST; Delling, Goldberg, Nowatzyk,
//! Werneck, 2011), without the subtrees that lie too far away to be reached in time.

use std::ops::Range;

use super::{Net, rest};
use crate::cost::Packed;
use crate::hierarchy::Side;
use crate::index::RoadIndex;
use crate::snap::Snap;

/// The hierarchy cut into subtrees and what lies above them.
pub(crate) struct Blocks {
    /// From the highest ranks to the lowest.
    list: Vec<Block>,
    /// Nodes above subtrees, one subtree's after the other's.
    entries: Vec<u32>,
}

struct Block {
    ranks: Range<u32>,
    /// Where all ways into a subtree from above begin, in [`Blocks::entries`]; `None` for nodes above all subtrees.
    entries: Option<Range<u32>>,
}

/// Subtrees of at most this many nodes are left out as one.
const BLOCK: u32 = 1024;

impl Blocks {
    pub(crate) fn new(roads: &RoadIndex) -> Self {
        let hierarchy = &roads.hierarchy;
        let size = hierarchy.subtree_sizes();
        let (mut list, mut entries): (Vec<Block>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut end = hierarchy.nodes() as u32;
        while end > 0 {
            let nodes = size[end as usize - 1];
            if nodes <= BLOCK {
                let first = entries.len() as u32;
                let ranks = end - nodes..end;
                entries.extend(above(roads, &ranks));
                list.push(Block {
                    ranks,
                    entries: Some(first..entries.len() as u32),
                });
                end -= nodes;
            } else {
                match list.last_mut() {
                    Some(Block { ranks, entries: None }) if ranks.start == end => ranks.start -= 1,
                    _ => list.push(Block {
                        ranks: end - 1..end,
                        entries: None,
                    }),
                }
                end -= 1;
            }
        }
        Self { list, entries }
    }
}

/// The nodes above a subtree from which a way may lead into it, each once.
fn above(roads: &RoadIndex, ranks: &Range<u32>) -> Vec<u32> {
    let fan = roads.hierarchy.fan(Side::In);
    let arcs = fan.range(ranks.start).start..fan.range(ranks.end - 1).end;
    let heads = fan.head[arcs].iter().copied();
    let mut above: Vec<u32> = heads.filter(|head| *head >= ranks.end).collect();
    above.sort_unstable();
    above.dedup();
    above
}

/// The cost of reaching the start of every node in time. Memory grows with the map; kept for the next question.
pub(crate) struct Flood {
    /// By rank; [`Packed::UNREACHED`] outside the ranges that were swept.
    labels: Vec<Packed>,
    swept: Vec<Range<u32>>,
    chain: Vec<u32>,
    /// By [`Block`]: it was swept.
    is_swept: Vec<bool>,
}

impl Flood {
    pub(crate) fn new(net: Net<'_>) -> Self {
        Self {
            labels: vec![Packed::UNREACHED; net.hierarchy().nodes()],
            swept: Vec::new(),
            chain: Vec::new(),
            is_swept: Vec::new(),
        }
    }

    /// What reaching the start of a node costs, in time or not.
    pub(crate) fn cost(&mut self, net: Net<'_>, node: u32) -> Packed {
        let rank = net.hierarchy().rank_of[node as usize];
        let known = self.labels[rank as usize];
        match known.is_unreached() {
            true => self.cost_elsewhere(net, rank),
            false => known,
        }
    }

    /// The same for a node that may lie in a subtree which was not swept: then its ancestors in the subtree are.
    #[cold]
    fn cost_elsewhere(&mut self, net: Net<'_>, rank: u32) -> Packed {
        let list = &net.roads.blocks().list;
        let block = list.partition_point(|block| block.ranks.start > rank);
        if !self.is_swept[block] {
            self.chain.clear();
            let mut at = rank;
            while at < list[block].ranks.end {
                self.chain.push(at);
                at = net.hierarchy().parent[at as usize];
            }
            while let Some(rank) = self.chain.pop() {
                self.swept.push(rank..rank + 1);
                self.sweep(net, rank);
            }
        }
        self.labels[rank as usize]
    }

    /// Labels all that may be reached within `limit` milliseconds and calls `reached` with the nodes whose start is.
    pub(crate) fn run(&mut self, net: Net<'_>, source: &Snap, limit: u32, mut reached: impl FnMut(u32)) {
        for ranks in self.swept.drain(..) {
            self.labels[ranks.start as usize..ranks.end as usize].fill(Packed::UNREACHED);
        }
        self.climb(net, source);
        let hierarchy = net.hierarchy();
        let in_time = |cost: Packed| !cost.is_unreached() && cost.parts().1 <= limit;
        let Blocks { list, entries } = net.roads.blocks();
        self.is_swept.clear();
        for block in list {
            let ranks = &block.ranks;
            // Nothing below is reached sooner than where all ways to it begin, unless the search begins there.
            let is_idle = block.entries.as_ref().is_some_and(|above| {
                let begun = self.chain.partition_point(|rank| *rank < ranks.start);
                let above = &entries[above.start as usize..above.end as usize];
                self.chain.get(begun).is_none_or(|rank| *rank >= ranks.end)
                    && !above.iter().any(|rank| in_time(self.labels[*rank as usize]))
            });
            self.is_swept.push(!is_idle);
            if is_idle {
                continue;
            }
            self.swept.push(ranks.clone());
            for rank in ranks.clone().rev() {
                if in_time(self.sweep(net, rank)) {
                    reached(hierarchy.node_of[rank as usize]);
                }
            }
        }
    }

    /// Labels a node whose ancestors are labelled.
    #[inline(always)]
    fn sweep(&mut self, net: Net<'_>, rank: u32) -> Packed {
        let mut best = self.labels[rank as usize];
        for arc in net.metric.ways(Side::In).of(rank) {
            best = best.min(self.labels[arc.head as usize] + arc.cost());
        }
        self.labels[rank as usize] = best;
        best
    }

    /// Labels the nodes above the turns out of the source's edges. These are begun with rather than the edges, so that
    /// the source's own edges get the cost of coming back to them.
    fn climb(&mut self, net: Net<'_>, source: &Snap) {
        let (graph, hierarchy) = (net.graph(), net.hierarchy());
        self.chain.clear();
        for (edge, along) in source.sides(net) {
            let rest = rest(net, edge, along);
            for turn in graph
                .open_turns_from(edge)
                .filter(|t| net.is_open(graph.edge_of(t.head)))
            {
                let mut rank = hierarchy.rank_of[turn.head as usize];
                let label = &mut self.labels[rank as usize];
                *label = (*label).min(rest + turn.packed());
                while let Some(above) = hierarchy.parent.get(rank as usize) {
                    self.chain.push(rank);
                    rank = *above;
                }
            }
        }
        self.chain.sort_unstable();
        self.chain.dedup();
        let ways = net.metric.ways(Side::Out);
        for rank in &self.chain {
            self.swept.push(*rank..*rank + 1);
            let here = self.labels[*rank as usize];
            if !here.is_unreached() {
                for arc in ways.of(*rank) {
                    let label = &mut self.labels[arc.head as usize];
                    *label = (*label).min(here + arc.cost());
                }
            }
        }
    }
}
