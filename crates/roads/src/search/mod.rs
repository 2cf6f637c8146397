//! The searches: walks to the root of the elimination tree for trips, and sweeps down again for matrices and
//! for what lies within a time.
//!
//! A label is the cost from the source to the *start* of a node's edge, so an arc costs the edge it leaves and the
//! turn. A source somewhere along an edge therefore begins at the edge with less than nothing. Costs
//! are never negative here: a *head start* is added to all labels of one source and taken away at the end. A target
//! adds the part of its edge up to itself.

mod alternatives;
mod climb;
mod flood;
mod lanes;
mod pair;
mod sweep;

use crate::cost::Packed;
use crate::format::{CLOSED, NONE};
use crate::graph::RoadGraph;
use crate::hierarchy::{Hierarchy, Metric};
use crate::index::RoadIndex;
use crate::snap::{BACKWARD, FORWARD, Snap};

pub use alternatives::AlternativeOptions;
pub(crate) use flood::{Blocks, Flood};
pub(crate) use lanes::LANES;
pub(crate) use pair::{Pair, Path};
pub(crate) use sweep::{Batch, NO_WAY, Targets};

/// Roads and what they cost: what every search needs.
#[derive(Clone, Copy)]
pub(crate) struct Net<'a> {
    pub roads: &'a RoadIndex,
    pub metric: &'a Metric,
}

impl<'a> Net<'a> {
    pub(crate) fn graph(self) -> RoadGraph<'a> {
        RoadGraph {
            edges: &self.metric.edges,
            arcs: &self.metric.turns,
            ..self.roads.graph()
        }
    }

    pub(crate) fn hierarchy(self) -> &'a Hierarchy {
        &self.roads.hierarchy
    }

    pub(crate) fn is_open(self, edge: u32) -> bool {
        self.metric.edges[edge as usize].weight != CLOSED
    }
}

impl Snap {
    /// The open edges it lies on in directions it may be left or arrived at, and how many centimetres from each one's start.
    pub(crate) fn sides<'a>(&self, net: Net<'a>) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let segment = net.roads.segments.get(self.segment as usize);
        let sides = segment.map(|s| {
            [
                (s.forward, self.along, FORWARD),
                (s.backward, s.length.saturating_sub(self.along), BACKWARD),
            ]
        });
        let directions = self.directions;
        let usable = move |(edge, _, direction): &(u32, u32, u8)| {
            directions & direction != 0 && *edge != NONE && net.is_open(*edge)
        };
        let sides = sides.into_iter().flatten().filter(usable);
        sides.map(|(edge, along, _)| (edge, along))
    }

    /// The nodes a path to it may end in, with the cost from the start of each.
    pub(crate) fn ends<'a>(&self, net: Net<'a>) -> impl Iterator<Item = (u32, Packed)> + use<'a, '_> {
        let graph = net.graph();
        self.sides(net).flat_map(move |(edge, along)| {
            let part = graph.edges[edge as usize].part(along);
            graph.nodes_of(edge).map(move |node| (node, part))
        })
    }
}

/// The cost and edge of simply driving on, where the target lies ahead on the source's edge.
pub(crate) fn direct(net: Net<'_>, source: &Snap, target: &Snap) -> Option<(Packed, u32)> {
    if source.segment != target.segment {
        return None;
    }
    let ahead = source.sides(net).filter_map(|(edge, from)| {
        let (_, to) = target
            .sides(net)
            .find(|(side, to)| *side == edge && from <= *to)?;
        let edge_at = &net.metric.edges[edge as usize];
        Some((edge_at.part(to) - edge_at.part(from), edge))
    });
    ahead.min()
}

/// The cost of driving an edge from a place on it to its end.
pub(crate) fn rest(net: Net<'_>, edge: u32, along: u32) -> Packed {
    let edge = &net.metric.edges[edge as usize];
    edge.packed() - edge.part(along)
}

/// Where a search from a place begins: ranks with costs, all of them `head_start` too high.
#[derive(Default)]
pub(crate) struct Seeds {
    pub list: Vec<(u32, Packed)>,
    pub head_start: Packed,
}

impl Seeds {
    /// At the starts of the edges a place lies on. Not good for targets on the same segment: they may lie behind.
    pub(crate) fn set(&mut self, net: Net<'_>, source: &Snap) {
        self.list.clear();
        let (mut weight, mut duration, mut distance) = (0, 0, 0);
        for (edge, along) in source.sides(net) {
            let part = net.metric.edges[edge as usize].part(along);
            let parts = part.parts();
            (weight, duration, distance) =
                (weight.max(parts.0), duration.max(parts.1), distance.max(parts.2));
            self.list.push((net.hierarchy().rank_of[edge as usize], part));
        }
        self.head_start = Packed::new(weight, duration, distance);
        for (_, cost) in &mut self.list {
            *cost = self.head_start - *cost;
        }
    }
}
