//! Costs that change in a few places: only the arcs that depend on them are customized again.
//!
//! A node's arcs depend on those of lower nodes first (basic customization), then on those of higher ones (perfect). So changes
//! climb from node to node as long as something comes out differently, then descend likewise. What comes of it is
//! what customizing everything would give.

use super::customize::{Customizer, KEPT, Link, offer, run, via};
use super::{Hierarchy, Metric, Side};
use crate::array::Array;
use crate::cost::Packed as Cost;
use crate::format::{Arc, Edge, NONE};
use crate::graph::RoadGraph;

/// All that customization knows of a metric, kept to change it.
pub(crate) struct Live {
    /// By [`Side`] and arc: what its turn costs.
    turns: [Vec<Cost>; 2],
    basic: [Vec<Link>; 2],
    perfect: [Vec<Link>; 2],
}

/// Ranks in order, each once.
struct Dirty(Vec<u64>);

impl Dirty {
    fn new(nodes: usize) -> Self {
        Self(vec![0; nodes.div_ceil(64)])
    }

    fn add(&mut self, rank: u32) {
        self.0[rank as usize / 64] |= 1 << (rank % 64);
    }

    /// The lowest from `at` on; it is taken out.
    fn lowest(&mut self, at: &mut usize) -> Option<u32> {
        while *at < self.0.len() {
            let word = self.0[*at];
            if word != 0 {
                self.0[*at] &= word - 1;
                return Some(*at as u32 * 64 + word.trailing_zeros());
            }
            *at += 1;
        }
        None
    }

    /// The highest of the first `end` words; it is taken out.
    fn highest(&mut self, end: &mut usize) -> Option<u32> {
        while *end > 0 {
            let word = &mut self.0[*end - 1];
            if *word != 0 {
                let bit = 63 - word.leading_zeros();
                *word &= !(1 << bit);
                return Some((*end as u32 - 1) * 64 + bit);
            }
            *end -= 1;
        }
        None
    }
}

impl Live {
    pub(crate) fn new(customizer: &Customizer, graph: RoadGraph<'_>) -> Self {
        let mut links = customizer.turns(graph);
        let turns = [0, 1].map(|side| links[side].iter().map(|link: &Link| link.cost).collect());
        customizer.basic(&mut links);
        let basic = links.clone();
        customizer.perfect(&mut links);
        Self {
            turns,
            basic,
            perfect: links,
        }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        let arcs: usize = self.turns.iter().map(Vec::len).sum();
        arcs * (size_of::<Cost>() + 2 * size_of::<Link>())
    }

    pub(crate) fn metric(&self, customizer: &Customizer, edges: Array<Edge>, turns: Array<Arc>) -> Metric {
        let via = Side::BOTH.map(|side| via(&self.basic[side as usize]));
        customizer.assemble(edges, turns, via, &self.perfect)
    }

    /// Takes in that some edges cost something else now, as the graph says.
    pub(crate) fn update(&mut self, customizer: &Customizer, graph: RoadGraph<'_>, changed: &[u32]) {
        let nodes = customizer.hierarchy.nodes();
        let mut climbing = Dirty::new(nodes);
        for edge in changed {
            for node in graph.nodes_of(*edge) {
                self.set_turns(customizer, graph, node, &mut climbing);
            }
        }
        let mut descending = Dirty::new(nodes);
        self.climb(customizer, climbing, &mut descending);
        self.descend(customizer, descending);
    }

    /// The costs of the turns out of and into a node.
    fn set_turns(&mut self, customizer: &Customizer, graph: RoadGraph<'_>, node: u32, climbing: &mut Dirty) {
        let hierarchy = &customizer.hierarchy;
        let rank = hierarchy.rank_of[node as usize];
        let lower = |side: Side| {
            let of = customizer.lower[side as usize].of(rank).iter();
            of.map(move |(low, arc)| (side, *arc as usize, *low))
        };
        let own = |side: Side| hierarchy.fan(side).range(rank).map(move |arc| (side, arc, rank));
        let arcs: Vec<(Side, usize, u32)> = Side::BOTH
            .into_iter()
            .flat_map(|side| lower(side).chain(own(side)))
            .collect();
        for (side, arc, low) in arcs {
            let high = hierarchy.fan(side).head[arc];
            let (tail, head) = match side {
                Side::Out => (low, high),
                Side::In => (high, low),
            };
            let [tail, head] = [tail, head].map(|rank| hierarchy.node_of[rank as usize]);
            let cost = turn_cost(graph, tail, head);
            let known = &mut self.turns[side as usize][arc];
            if *known != cost {
                *known = cost;
                climbing.add(low);
            }
        }
    }

    fn climb(&mut self, customizer: &Customizer, mut climbing: Dirty, descending: &mut Dirty) {
        let Self { turns, basic, .. } = self;
        let hierarchy = &customizer.hierarchy;
        let nothing = Link {
            cost: Cost::UNREACHED,
            note: NONE,
        };
        let mut best = vec![nothing; hierarchy.height];
        let mut before: [Vec<Link>; 2] = Default::default();
        let mut at = 0;
        while let Some(rank) = climbing.lowest(&mut at) {
            for side in Side::BOTH {
                let range = hierarchy.fan(side).range(rank);
                let links = &mut basic[side as usize][range.clone()];
                before[side as usize].clear();
                before[side as usize].extend_from_slice(links);
                for (link, cost) in links.iter_mut().zip(&turns[side as usize][range]) {
                    *link = Link {
                        cost: *cost,
                        note: NONE,
                    };
                }
            }
            let (below, mut own) = run(basic).split(hierarchy, rank as usize);
            for side in Side::BOTH {
                customizer.gather(rank, side, &below, &mut own, &mut best);
            }
            let same = |side: Side| {
                basic[side as usize][hierarchy.fan(side).range(rank)] == before[side as usize][..]
            };
            if Side::BOTH.into_iter().all(same) {
                continue;
            }
            descending.add(rank);
            for side in Side::BOTH {
                let fan = hierarchy.fan(side);
                fan.head[fan.range(rank)]
                    .iter()
                    .for_each(|head| climbing.add(*head));
            }
        }
    }

    fn descend(&mut self, customizer: &Customizer, mut descending: Dirty) {
        let Self { basic, perfect, .. } = self;
        let hierarchy = &customizer.hierarchy;
        let mut own: Vec<Link> = Vec::new();
        let mut end = descending.0.len();
        while let Some(rank) = descending.highest(&mut end) {
            let mut costs_differ = false;
            for side in Side::BOTH {
                let range = hierarchy.fan(side).range(rank);
                own.clear();
                own.extend(basic[side as usize][range.clone()].iter().map(|link| Link {
                    cost: link.cost,
                    note: KEPT,
                }));
                lessen(hierarchy, perfect, side, rank, &mut own);
                let known = &mut perfect[side as usize][range];
                costs_differ |= known.iter().zip(&own).any(|(known, own)| known.cost != own.cost);
                known.copy_from_slice(&own);
            }
            if costs_differ {
                for side in Side::BOTH {
                    let lower = customizer.lower[side as usize].of(rank);
                    lower.iter().for_each(|(low, _)| descending.add(*low));
                }
            }
        }
    }
}

/// Compares a node's arcs with the ways over each higher node and one that is higher still, as perfect customization does:
/// the highest first.
fn lessen(hierarchy: &Hierarchy, perfect: &[Vec<Link>; 2], side: Side, low: u32, own: &mut [Link]) {
    let heads = {
        let fan = hierarchy.fan(side);
        &fan.head[fan.range(low)]
    };
    for at in (0..own.len()).rev() {
        let mut onward = Costs::of(hierarchy, perfect, side, heads[at]);
        let mut backward = Costs::of(hierarchy, perfect, side.opposite(), heads[at]);
        let (lower_part, higher_part) = own.split_at_mut(at + 1);
        let here = &mut lower_part[at];
        for (link, head) in higher_part.iter_mut().zip(&heads[at + 1..]) {
            offer(link, here.cost, onward.to(*head));
            offer(here, link.cost, backward.to(*head));
        }
    }
}

/// The costs of a node's arcs, asked for in rising order of their heads.
struct Costs<'a> {
    heads: &'a [u32],
    links: &'a [Link],
}

impl<'a> Costs<'a> {
    fn of(hierarchy: &'a Hierarchy, links: &'a [Vec<Link>; 2], side: Side, node: u32) -> Self {
        let fan = hierarchy.fan(side);
        Self {
            heads: &fan.head[fan.range(node)],
            links: &links[side as usize][fan.range(node)],
        }
    }

    fn to(&mut self, head: u32) -> Cost {
        let passed = self.heads.iter().take_while(|known| **known < head).count();
        self.heads = &self.heads[passed..];
        self.links = &self.links[passed..];
        match self.heads.first() == Some(&head) {
            true => self.links[0].cost,
            false => Cost::UNREACHED,
        }
    }
}

/// What going from one node into another costs, by the cheapest turn; [`Cost::UNREACHED`] where none may be taken.
fn turn_cost(graph: RoadGraph<'_>, tail: u32, head: u32) -> Cost {
    let whole = graph.open_cost(tail);
    if whole.is_unreached() || graph.open_cost(head).is_unreached() {
        return Cost::UNREACHED;
    }
    let turns = graph.open_turns_from(tail).filter(|turn| turn.head == head);
    turns
        .map(|turn| whole + turn.packed())
        .fold(Cost::UNREACHED, std::cmp::min)
}
