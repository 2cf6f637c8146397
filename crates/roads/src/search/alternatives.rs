//! Other ways than the best one, over a node both halves of the search pass (Abraham, Delling, Goldberg, Werneck:
//! Alternative Routes in Road Networks, 2013): little longer, mostly other roads, and locally optimal.

use std::collections::BTreeSet;

use super::pair::Beginning;
use super::{Net, Pair, Path, rest};
use crate::cost::Packed;
use crate::format::NONE;
use crate::hierarchy::Side;
use crate::snap::Snap;

/// Which other ways are worth telling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlternativeOptions {
    /// How many at most besides the best way; 2 by default.
    pub count: usize,
    /// By which share of the best way's weight another may weigh more; 0 to 10, by default 0.25.
    pub longer: f64,
    /// Which share of the best way's weight another may have in common with those told before it; 0 to 1, by default 0.75.
    pub shared: f64,
    /// Any part of another way that weighs up to this share of the best way around the place where it differs is itself the
    /// best way between its ends; 0 to 1, by default 0.25.
    pub local: f64,
}

impl Default for AlternativeOptions {
    fn default() -> Self {
        Self {
            count: 2,
            longer: 0.25,
            shared: 0.75,
            local: 0.25,
        }
    }
}

/// No more ways than this are looked at, the best first.
const LOOKED_AT: usize = 64;

impl Pair {
    /// The best path, then others in order of their cost.
    pub(crate) fn alternatives(
        &mut self,
        net: Net<'_>,
        source: &Snap,
        target: &Snap,
        options: &AlternativeOptions,
    ) -> Vec<Path> {
        let Some(best) = self.path(net, source, target) else {
            return Vec::new();
        };
        if options.count == 0 || source.segment == target.segment {
            return vec![best];
        }
        let whole = f64::from(best.cost.parts().0);
        let most = (whole * (1.0 + options.longer.clamp(0.0, 10.0))) as u32;
        let common = whole * options.shared.clamp(0.0, 1.0);
        let local = (whole * options.local.clamp(0.0, 1.0)) as u32;
        let candidates = self.candidates(net, source, target, most);
        let weights = |path: &Path| Driven::new(net, source, target, path);
        let mut used: BTreeSet<u32> = weights(&best).parts.iter().map(|(edge, _)| *edge).collect();
        let mut found = vec![best];
        for (path, via) in candidates {
            let driven = weights(&path);
            let shared: u64 = driven
                .parts
                .iter()
                .filter(|(edge, _)| used.contains(edge))
                .map(|(_, weight)| u64::from(*weight))
                .sum();
            let edges: BTreeSet<u32> = driven.parts.iter().map(|(edge, _)| *edge).collect();
            let turns_back = edges.len() < driven.parts.len();
            if turns_back || shared as f64 > common || !self.is_local(net, &path, via, local) {
                continue;
            }
            used.extend(edges);
            found.push(path);
            if found.len() > options.count {
                break;
            }
        }
        found
    }

    /// Paths that weigh at most so much, each by way of a node that both halves of the search pass, with that node; the
    /// best first, the very best left out.
    fn candidates(&mut self, net: Net<'_>, source: &Snap, target: &Snap, most: u32) -> Vec<(Path, u32)> {
        let hierarchy = net.hierarchy();
        self.set_ends(net, target);
        let mut from = self.approach(net, source, Beginning::Anywhere);
        let most = most.saturating_add(self.seeds.head_start.parts().0);
        let (out, into) = (net.metric.ways(Side::Out), net.metric.ways(Side::In));
        let mut meetings: Vec<(Packed, u32)> = Vec::new();
        while from != NONE {
            let depth = hierarchy.depth[from as usize] as usize;
            self.forward.chain[depth] = from;
            self.backward.chain[depth] = from;
            let (ahead, behind) = (self.forward.labels[depth].cost, self.backward.labels[depth].cost);
            if (ahead + behind).parts().0 <= most {
                meetings.push((ahead + behind - self.seeds.head_start, depth as u32));
            }
            if ahead.parts().0 <= most {
                self.forward.relax(hierarchy, out.of(from), depth);
            }
            if behind.parts().0 <= most {
                self.backward.relax(hierarchy, into.of(from), depth);
            }
            from = hierarchy.parent[from as usize];
        }
        meetings.sort_unstable();
        // Over nodes of one path the cost is the same; one of them is enough.
        meetings.dedup_by_key(|(cost, _)| *cost);
        let others = meetings.iter().skip(1).take(LOOKED_AT);
        others
            .map(|(cost, top)| {
                let via = hierarchy.node_of[self.forward.chain[*top as usize] as usize];
                (self.unpack(net, Beginning::Anywhere, *cost, *top), via)
            })
            .collect()
    }

    /// The part of a path around a node that weighs `local` to both sides is the best way between its ends.
    fn is_local(&mut self, net: Net<'_>, path: &Path, via: u32, local: u32) -> bool {
        // What it weighs to the start of each node, from the start of the source's edge.
        let graph = net.graph();
        let mut nodes = vec![path.source_edge];
        let mut weights = vec![0u32];
        for (node, turn) in &path.nodes {
            let before = nodes[nodes.len() - 1];
            let step = graph.edge(before).packed() + *turn;
            weights.push(weights[weights.len() - 1].saturating_add(step.parts().0));
            nodes.push(*node);
        }
        let Some(at) = nodes.iter().position(|node| *node == via) else {
            return false;
        };
        let first = (0..=at).rev().find(|i| weights[at] - weights[*i] >= local);
        let last = (at..nodes.len()).find(|i| weights[*i] - weights[at] >= local);
        let (first, last) = (first.unwrap_or(0), last.unwrap_or(nodes.len() - 1));
        let rank = |i: usize| net.hierarchy().rank_of[nodes[i] as usize];
        self.seeds.head_start = Packed::ZERO;
        self.seeds.list.clear();
        self.seeds.list.push((rank(first), Packed::ZERO));
        self.ends.clear();
        self.ends.push((rank(last), Packed::ZERO));
        let from = self.approach_from_seeds(net);
        let best = self.meet_above(net, from).map(|(cost, _)| cost.parts().0);
        best == Some(weights[last] - weights[first])
    }
}

/// The edges of a path and what driving them weighs, turns included.
struct Driven {
    parts: Vec<(u32, u32)>,
}

impl Driven {
    fn new(net: Net<'_>, source: &Snap, target: &Snap, path: &Path) -> Self {
        let graph = net.graph();
        let along = |snap: &Snap, edge: u32| {
            let side = snap.sides(net).find(|(side, _)| *side == edge);
            side.map_or(0, |(_, along)| along)
        };
        let begun = rest(net, path.source_edge, along(source, path.source_edge));
        let mut parts = vec![(path.source_edge, begun.parts().0)];
        for (i, (node, turn)) in path.nodes.iter().enumerate() {
            let edge = graph.edge_of(*node);
            let driven = match i + 1 == path.nodes.len() {
                true => graph.edges[edge as usize].part(along(target, edge)),
                false => graph.edges[edge as usize].packed(),
            };
            parts.push((edge, (*turn + driven).parts().0));
        }
        Self { parts }
    }
}
