//! From one place to another: walks from both ends to the root of the elimination tree.

use super::climb::Climb;
use super::{Net, Seeds, direct, rest};
use crate::cost::Packed;
use crate::format::NONE;
use crate::hierarchy::Side;
use crate::snap::Snap;

/// A path: the edge the source lies on, then the nodes passed, the last one's edge holding the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    pub source_edge: u32,
    /// Each with the cost of turning into it. Empty if the target lies ahead on the source's edge.
    pub nodes: Vec<(u32, Packed)>,
    pub cost: Packed,
}

/// Both halves of a search, and room for what they need: nothing grows with the map but by the height of its tree.
pub(crate) struct Pair {
    pub(super) forward: Climb,
    pub(super) backward: Climb,
    pub(super) seeds: Seeds,
    pub(super) ends: Vec<(u32, Packed)>,
    /// Scratch for unpacking.
    ranks: Vec<u32>,
    open: Vec<(u32, u32)>,
}

/// How a path begins.
#[derive(Clone, Copy)]
pub(super) enum Beginning {
    /// Somewhere on the source's edges.
    Anywhere,
    /// With this turn out of this edge.
    Turn { edge: u32, head: u32, cost: Packed },
}

impl Pair {
    pub(crate) fn new(net: Net<'_>) -> Self {
        Self {
            forward: Climb::new(net.hierarchy()),
            backward: Climb::new(net.hierarchy()),
            seeds: Seeds::default(),
            ends: Vec::new(),
            ranks: Vec::new(),
            open: Vec::new(),
        }
    }

    /// What the best path costs; [`Packed::UNREACHED`] where no road leads there.
    pub(crate) fn cost(&mut self, net: Net<'_>, source: &Snap, target: &Snap) -> Packed {
        self.set_ends(net, target);
        if source.segment != target.segment {
            return self
                .meet(net, source, Beginning::Anywhere)
                .map_or(Packed::UNREACHED, |(cost, _)| cost);
        }
        let direct = direct(net, source, target).map_or(Packed::UNREACHED, |(cost, _)| cost);
        self.around(net, source, direct).map_or(direct, |(cost, _)| cost)
    }

    /// The best path; `None` where no road leads there.
    pub(crate) fn path(&mut self, net: Net<'_>, source: &Snap, target: &Snap) -> Option<Path> {
        self.set_ends(net, target);
        if source.segment != target.segment {
            let (cost, top) = self.meet(net, source, Beginning::Anywhere)?;
            return Some(self.unpack(net, Beginning::Anywhere, cost, top));
        }
        let direct = direct(net, source, target);
        let known = direct.map_or(Packed::UNREACHED, |(cost, _)| cost);
        if let Some((_, beginning)) = self.around(net, source, known) {
            let (cost, top) = self.meet(net, source, beginning)?;
            return Some(self.unpack(net, beginning, cost, top));
        }
        direct.map(|(cost, source_edge)| Path {
            source_edge,
            nodes: Vec::new(),
            cost,
        })
    }

    pub(super) fn set_ends(&mut self, net: Net<'_>, target: &Snap) {
        let ends = target.ends(net);
        self.ends.clear();
        self.ends
            .extend(ends.map(|(node, part)| (net.hierarchy().rank_of[node as usize], part)));
    }

    /// The best way that leaves the source's edge, where source and target share a segment and driving on costs
    /// `known`: each turn out of the edge is tried by itself, because the target may lie behind.
    fn around(&mut self, net: Net<'_>, source: &Snap, known: Packed) -> Option<(Packed, Beginning)> {
        let mut best = None;
        let mut known = known;
        if known == Packed::ZERO {
            return None;
        }
        for (edge, along) in source.sides(net) {
            let rest = rest(net, edge, along);
            for turn in net.graph().open_turns_from(edge) {
                if !net.is_open(net.graph().edge_of(turn.head)) {
                    continue;
                }
                let cost = rest + turn.packed();
                let beginning = Beginning::Turn {
                    edge,
                    head: turn.head,
                    cost,
                };
                if let Some((cost, _)) = self
                    .meet(net, source, beginning)
                    .filter(|(cost, _)| *cost < known)
                {
                    known = cost;
                    best = Some((cost, beginning));
                }
            }
        }
        best
    }

    /// Walks up from both ends to where the walks meet, and gives the rank of the lowest node that is on both; [`NONE`]
    /// where there is none.
    pub(super) fn approach(&mut self, net: Net<'_>, source: &Snap, beginning: Beginning) -> u32 {
        match beginning {
            Beginning::Anywhere => self.seeds.set(net, source),
            Beginning::Turn { head, cost, .. } => {
                self.seeds.head_start = Packed::ZERO;
                self.seeds.list.clear();
                self.seeds
                    .list
                    .push((net.hierarchy().rank_of[head as usize], cost));
            }
        }
        self.approach_from_seeds(net)
    }

    pub(super) fn approach_from_seeds(&mut self, net: Net<'_>) -> u32 {
        let hierarchy = net.hierarchy();
        let Self {
            forward,
            backward,
            seeds,
            ends,
            ..
        } = self;
        let mut from = forward.start(hierarchy, &seeds.list);
        let mut to = backward.start(hierarchy, ends);
        let (out, into) = (net.metric.ways(Side::Out), net.metric.ways(Side::In));
        // `NONE` is above every root.
        while from != to {
            let (climb, ways, at) = match from < to {
                true => (&mut *forward, out, &mut from),
                false => (&mut *backward, into, &mut to),
            };
            let depth = hierarchy.depth[*at as usize] as usize;
            climb.chain[depth] = *at;
            if !climb.labels[depth].cost.is_unreached() {
                climb.relax(hierarchy, ways.of(*at), depth);
            }
            *at = hierarchy.parent[*at as usize];
        }
        from
    }

    /// The best cost to `ends`, and the depth of the node where both halves meet.
    fn meet(&mut self, net: Net<'_>, source: &Snap, beginning: Beginning) -> Option<(Packed, u32)> {
        let from = self.approach(net, source, beginning);
        self.meet_above(net, from)
    }

    /// The best cost over a node from `from` on upwards, and its depth.
    pub(super) fn meet_above(&mut self, net: Net<'_>, from: u32) -> Option<(Packed, u32)> {
        let hierarchy = net.hierarchy();
        let Self {
            forward,
            backward,
            seeds,
            ..
        } = self;
        let (out, into) = (net.metric.ways(Side::Out), net.metric.ways(Side::In));
        let mut from = from;
        let (mut best, mut top) = (Packed::UNREACHED, NONE);
        while from != NONE {
            let depth = hierarchy.depth[from as usize] as usize;
            forward.chain[depth] = from;
            backward.chain[depth] = from;
            let (ahead, behind) = (forward.labels[depth].cost, backward.labels[depth].cost);
            if ahead + behind < best {
                best = ahead + behind;
                top = depth as u32;
            }
            if ahead < best {
                forward.relax(hierarchy, out.of(from), depth);
            }
            if behind < best {
                backward.relax(hierarchy, into.of(from), depth);
            }
            from = hierarchy.parent[from as usize];
        }
        (top != NONE).then(|| (best - seeds.head_start, top))
    }

    /// The path of the last [`Pair::meet`].
    pub(super) fn unpack(&mut self, net: Net<'_>, beginning: Beginning, cost: Packed, top: u32) -> Path {
        let graph = net.graph();
        let node_of = &net.hierarchy().node_of;
        self.ranks.clear();
        self.forward.path_to(top, &mut self.ranks);
        self.ranks.reverse();
        let middle = self.ranks.len() - 1;
        self.backward.path_to(top, &mut self.ranks);
        // The node where both meet is in both.
        self.ranks.remove(middle);
        let first = node_of[self.ranks[0] as usize];
        let mut path = match beginning {
            Beginning::Anywhere => Path {
                // Nobody starts on a copy, so this is the node itself unless the pack is damaged.
                source_edge: graph.edge_of(first),
                nodes: Vec::new(),
                cost,
            },
            Beginning::Turn { edge, head, .. } => {
                let nodes = vec![(head, turn_cost(net, edge, head))];
                Path {
                    source_edge: edge,
                    nodes,
                    cost,
                }
            }
        };
        let mut before = first;
        for i in 1..self.ranks.len() {
            self.open.push((self.ranks[i - 1], self.ranks[i]));
            while let Some((from, to)) = self.open.pop() {
                match over(net, from, to) {
                    Some(via) => self.open.extend([(via, to), (from, via)]),
                    None => {
                        let node = node_of[to as usize];
                        path.nodes.push((node, turn_cost(net, before, node)));
                        before = node;
                    }
                }
            }
        }
        path
    }
}

/// The lower node that the arc between two ranks goes over; `None` for a turn.
fn over(net: Net<'_>, from: u32, to: u32) -> Option<u32> {
    let (side, low, high) = match from < to {
        true => (Side::Out, from, to),
        false => (Side::In, to, from),
    };
    let arc = net.hierarchy().fan(side).find(low, high)?;
    let via = net.metric.via[side as usize][arc];
    (via != NONE).then_some(via)
}

/// The cost of turning from a node into another; the cheapest where there are several turns.
fn turn_cost(net: Net<'_>, from: u32, to: u32) -> Packed {
    let turns = net.graph().open_turns_from(from).filter(|turn| turn.head == to);
    turns.map(|turn| turn.packed()).min().unwrap_or(Packed::ZERO)
}
