//! Customization: costs for all arcs of a hierarchy.
//!
//! The *basic* one goes upwards: an arc costs its turn or the cheapest way over a lower node. The *perfect* one goes
//! downwards: where a way over a higher node is as good, the arc is left out. What a node needs of others lies
//! in its subtree (or above it), so separate subtrees are separate tasks, and each task's writes are its own
//! run of arcs: the result does not depend on how threads share the work.

use super::metric::{Metric, UpArc, Ways};
use super::{Hierarchy, Side, tree};
use crate::array::Array;
use crate::cost::Packed as Cost;
use crate::format::{Arc, Edge, NONE};
use crate::graph::RoadGraph;

/// An arc's cost, and what else is known of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) cost: Cost,
    /// Basic: the lower node it goes over, or [`NONE`]. Perfect: [`KEPT`] or [`LEFT_OUT`].
    pub(super) note: u32,
}

pub(super) const KEPT: u32 = 0;
const LEFT_OUT: u32 = 1;

pub(super) const NOTHING: Link = Link {
    cost: Cost::UNREACHED,
    note: NONE,
};

/// Subtrees of fewer nodes are one task.
const ALONE: usize = 4096;

/// What customization needs of a hierarchy beyond what queries need.
pub(crate) struct Customizer {
    pub(super) hierarchy: Hierarchy,
    /// By [`Side`] and arc: the head's depth.
    depth: [Vec<u32>; 2],
    pub(super) lower: [Lower; 2],
    /// By rank.
    size: Vec<u32>,
}

/// The arcs of one side by their higher node.
pub(super) struct Lower {
    first: Vec<u32>,
    /// The lower node and the arc, by rank of the lower node.
    arcs: Vec<(u32, u32)>,
}

/// The arcs of a run of nodes, by [`Side`], and where they begin among all arcs.
pub(super) struct Run<'a> {
    pub(super) links: [&'a mut [Link]; 2],
    starts: [usize; 2],
}

impl<'a> Run<'a> {
    /// The arcs of the nodes before `rank`, and of those from it on.
    pub(super) fn split(self, hierarchy: &Hierarchy, rank: usize) -> (Run<'a>, Run<'a>) {
        let at = Side::BOTH.map(|side| hierarchy.fan(side).first[rank] as usize);
        let [out, into] = self.links;
        let (out_low, out_high) = out.split_at_mut(at[0] - self.starts[0]);
        let (in_low, in_high) = into.split_at_mut(at[1] - self.starts[1]);
        let low = Run {
            links: [out_low, in_low],
            starts: self.starts,
        };
        let high = Run {
            links: [out_high, in_high],
            starts: at,
        };
        (low, high)
    }

    fn reborrow(&mut self) -> Run<'_> {
        let [out, into] = &mut self.links;
        Run {
            links: [out, into],
            starts: self.starts,
        }
    }
}

impl Customizer {
    pub(crate) fn new(hierarchy: &Hierarchy) -> Self {
        let depth = Side::BOTH.map(|side| {
            let heads = hierarchy.fan(side).head.iter();
            heads.map(|head| hierarchy.depth[*head as usize]).collect()
        });
        Self {
            depth,
            lower: Side::BOTH.map(|side| Lower::new(hierarchy, side)),
            size: tree::sizes(&hierarchy.parent),
            hierarchy: hierarchy.clone(),
        }
    }

    /// Costs for all arcs: an arc of the graph costs the edge it leaves and the turn. The turns are those of the graph,
    /// whatever they cost.
    pub(crate) fn metric(&self, graph: RoadGraph<'_>, edges: Array<Edge>, turns: Array<Arc>) -> Metric {
        let mut links = self.turns(RoadGraph {
            edges: &edges,
            arcs: &turns,
            ..graph
        });
        self.basic(&mut links);
        let via = Side::BOTH.map(|side| via(&links[side as usize]));
        self.perfect(&mut links);
        self.assemble(edges, turns, via, &links)
    }

    /// What queries need of the costs of all arcs.
    pub(super) fn assemble(
        &self,
        edges: Array<Edge>,
        turns: Array<Arc>,
        via: [Array<u32>; 2],
        perfect: &[Vec<Link>; 2],
    ) -> Metric {
        Metric {
            edges,
            turns,
            ways: Side::BOTH.map(|side| self.needed(side, &perfect[side as usize])),
            via,
        }
    }

    /// Basic customization of arcs that have the costs of their turns.
    pub(super) fn basic(&self, links: &mut [Vec<Link>; 2]) {
        self.climb(0, self.hierarchy.nodes(), run(links));
    }

    /// Perfect customization after the basic one.
    pub(super) fn perfect(&self, links: &mut [Vec<Link>; 2]) {
        for links in links.iter_mut() {
            links.iter_mut().for_each(|link| link.note = KEPT);
        }
        self.descend(0, self.hierarchy.nodes(), run(links));
    }

    /// All arcs, those that are turns with their costs.
    pub(super) fn turns(&self, graph: RoadGraph<'_>) -> [Vec<Link>; 2] {
        let mut links = Side::BOTH.map(|side| vec![NOTHING; self.hierarchy.fan(side).head.len()]);
        for node in 0..graph.nodes() as u32 {
            let whole = graph.open_cost(node);
            for turn in graph.open_turns_from(node) {
                if graph.open_cost(turn.head).is_unreached() {
                    continue;
                }
                // A turn into the same edge again is never of use, and has no arc.
                if let Some((side, arc)) = self.arc(node, turn.head) {
                    let link = &mut links[side as usize][arc];
                    let cost = whole + turn.packed();
                    if cost < link.cost {
                        link.cost = cost;
                    }
                }
            }
        }
        links
    }

    /// The arc from one node of the graph to another.
    pub(super) fn arc(&self, tail: u32, head: u32) -> Option<(Side, usize)> {
        let [tail, head] = [tail, head].map(|node| self.hierarchy.rank_of[node as usize]);
        let (side, low, high) = match tail < head {
            true => (Side::Out, tail, head),
            false => (Side::In, head, tail),
        };
        self.hierarchy.fan(side).find(low, high).map(|arc| (side, arc))
    }

    /// The end of the run of nodes below which there is one tree only, and where to part the trees below that end.
    fn branches(&self, low: usize, high: usize) -> (usize, usize) {
        let mut top = high;
        while top - low > ALONE && top - self.size[top - 1] as usize == low {
            top -= 1;
        }
        let middle = low + (top - low) / 2;
        let mut parting = top;
        while parting > middle {
            let start = parting - self.size[parting - 1] as usize;
            if start <= low {
                break;
            }
            parting = start;
        }
        (top, parting)
    }

    /// Basic customization of the nodes `low..high`, whole subtrees.
    fn climb(&self, low: usize, high: usize, mut run: Run<'_>) {
        let (top, parting) = self.branches(low, high);
        let mut done = low;
        if top - low > ALONE {
            let (below, _) = run.reborrow().split(&self.hierarchy, top);
            let (left, right) = below.split(&self.hierarchy, parting);
            rayon::join(
                || self.climb(low, parting, left),
                || self.climb(parting, top, right),
            );
            done = top;
        }
        let mut best = vec![NOTHING; self.hierarchy.height];
        for node in done..high {
            let (below, mut own) = run.reborrow().split(&self.hierarchy, node);
            for side in Side::BOTH {
                self.gather(node as u32, side, &below, &mut own, &mut best);
            }
        }
    }

    /// The cheapest ways from (or to) a node over lower ones.
    pub(super) fn gather(
        &self,
        node: u32,
        side: Side,
        below: &Run<'_>,
        own: &mut Run<'_>,
        best: &mut [Link],
    ) {
        let fan = self.hierarchy.fan(side);
        let depth = &self.depth[side as usize];
        let range = fan.range(node);
        let own = &mut own.links[side as usize][..range.len()];
        for (link, at) in own.iter().zip(&depth[range.clone()]) {
            best[*at as usize] = *link;
        }
        let (there, back) = (side, side.opposite());
        let [starts_there, starts_back] = [there, back].map(|side| below.starts[side as usize]);
        let (links_there, links_back) = (&below.links[there as usize], &below.links[back as usize]);
        for (low, arc) in self.lower[back as usize].of(node) {
            let first = links_back[*arc as usize - starts_back].cost;
            if first.is_unreached() {
                continue;
            }
            let arcs = fan.range(*low);
            let heads = &fan.head[arcs.clone()];
            let start = arcs.start + heads.partition_point(|head| *head <= node);
            let seconds = &links_there[start - starts_there..arcs.end - starts_there];
            for (second, at) in seconds.iter().zip(&depth[start..arcs.end]) {
                let cost = first + second.cost;
                let known = &mut best[*at as usize];
                if cost < known.cost {
                    *known = Link { cost, note: *low };
                }
            }
        }
        for (link, at) in own.iter_mut().zip(&depth[range]) {
            *link = best[*at as usize];
        }
    }

    /// Perfect customization of the nodes `low..high`, whole subtrees; all nodes above them are done.
    fn descend(&self, low: usize, high: usize, mut run: Run<'_>) {
        let (top, parting) = self.branches(low, high);
        let stop = if top - low > ALONE { top } else { low };
        let mut costs = Side::BOTH.map(|_| vec![Cost::UNREACHED; self.hierarchy.height]);
        for node in (stop..high).rev() {
            let (mut below, own) = run.reborrow().split(&self.hierarchy, node);
            self.spread(node as u32, &mut below, &own, &mut costs);
        }
        if stop == top && top > low {
            let (below, _) = run.split(&self.hierarchy, top);
            let (left, right) = below.split(&self.hierarchy, parting);
            rayon::join(
                || self.descend(low, parting, left),
                || self.descend(parting, top, right),
            );
        }
    }

    /// Compares the arcs of all lower neighbours with the ways over this node and one that is higher still.
    fn spread(&self, node: u32, below: &mut Run<'_>, own: &Run<'_>, costs: &mut [Vec<Cost>; 2]) {
        for side in Side::BOTH {
            let range = self.hierarchy.fan(side).range(node);
            let depths = &self.depth[side as usize][range.clone()];
            for (link, at) in own.links[side as usize][..range.len()].iter().zip(depths) {
                costs[side as usize][*at as usize] = link.cost;
            }
        }
        for side in Side::BOTH {
            let fan = self.hierarchy.fan(side);
            let (onward, backward) = (&costs[side as usize], &costs[side.opposite() as usize]);
            let start = below.starts[side as usize];
            let links = &mut below.links[side as usize];
            for (low, arc) in self.lower[side as usize].of(node) {
                let arcs = fan.range(*low);
                let higher = *arc as usize + 1..arcs.end;
                let depths = &self.depth[side as usize][higher.clone()];
                let (lower_part, higher_part) = links.split_at_mut(higher.start - start);
                let Some(here) = lower_part.last_mut() else {
                    continue;
                };
                for (link, at) in higher_part[..higher.len()].iter_mut().zip(depths) {
                    // Read for `Side::Out`: low → node → head against low → head, and
                    // low → head → node against low → node.
                    offer(link, here.cost, onward[*at as usize]);
                    offer(here, link.cost, backward[*at as usize]);
                }
            }
        }
        for side in Side::BOTH {
            let range = self.hierarchy.fan(side).range(node);
            for at in &self.depth[side as usize][range] {
                costs[side as usize][*at as usize] = Cost::UNREACHED;
            }
        }
    }

    /// The arcs that are left, with their costs.
    fn needed(&self, side: Side, links: &[Link]) -> Ways {
        let fan = self.hierarchy.fan(side);
        let is_needed = |link: &Link| link.note == KEPT && !link.cost.is_unreached();
        let mut first = Vec::with_capacity(fan.first.len());
        let mut arcs = Vec::with_capacity(links.iter().filter(|link| is_needed(link)).count());
        first.push(0);
        for rank in 0..self.hierarchy.nodes() as u32 {
            let range = fan.range(rank);
            for (head, link) in fan.head[range.clone()].iter().zip(&links[range]) {
                if is_needed(link) {
                    let (weight, duration, distance) = link.cost.parts();
                    arcs.push(UpArc {
                        head: *head,
                        weight,
                        duration,
                        distance,
                    });
                }
            }
            first.push(arcs.len() as u32);
        }
        Ways {
            first: first.into(),
            arcs: arcs.into(),
        }
    }
}

/// Where an arc goes over a lower node.
pub(super) fn via(links: &[Link]) -> Array<u32> {
    links.iter().map(|link| link.note).collect::<Vec<u32>>().into()
}

pub(super) fn run(links: &mut [Vec<Link>; 2]) -> Run<'_> {
    let [out, into] = links;
    Run {
        links: [out, into],
        starts: [0, 0],
    }
}

/// Leaves an arc out if a way of two arcs is better or as good. Where it is as good, its arc at the lower node must
/// be the cheaper one, or two arcs could each be left out for the other's sake.
#[inline(always)]
pub(super) fn offer(link: &mut Link, first: Cost, second: Cost) {
    let cost = first + second;
    if cost < link.cost {
        *link = Link { cost, note: LEFT_OUT };
    } else if cost == link.cost && second != Cost::ZERO && !cost.is_unreached() {
        link.note = LEFT_OUT;
    }
}

impl Lower {
    fn new(hierarchy: &Hierarchy, side: Side) -> Self {
        let fan = hierarchy.fan(side);
        let nodes = hierarchy.nodes();
        let mut first = vec![0u32; nodes + 1];
        for head in fan.head.iter() {
            first[*head as usize + 1] += 1;
        }
        for node in 1..first.len() {
            first[node] += first[node - 1];
        }
        let mut free = first.clone();
        let mut arcs = vec![(0, 0); fan.head.len()];
        for low in 0..nodes as u32 {
            for arc in fan.range(low) {
                let place = &mut free[fan.head[arc] as usize];
                arcs[*place as usize] = (low, arc as u32);
                *place += 1;
            }
        }
        Self { first, arcs }
    }

    pub(super) fn of(&self, node: u32) -> &[(u32, u32)] {
        &self.arcs[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }
}
