//! From one place to everything: a walk to the root, then one sweep down the hierarchy (PHAST; Delling, Goldberg, Nowatzyk,
//! Werneck, 2011), without the subtrees that lie too far away to be reached in time.

use std::ops::Range;

use geom::LngLat;

use super::{Net, rest};
use crate::cost::Packed;
use crate::format::Box4;
use crate::hierarchy::Side;
use crate::index::RoadIndex;
use crate::snap::Snap;

/// Subtrees of the hierarchy with the places where their nodes begin.
pub(crate) struct Blocks {
    /// From the highest ranks to the lowest; nodes without a box are looked at in any case.
    list: Vec<(Range<u32>, Option<Box4>)>,
}

/// Subtrees of at most this many nodes are left out as one.
const BLOCK: u32 = 1024;

impl Blocks {
    pub(crate) fn new(roads: &RoadIndex) -> Self {
        let hierarchy = &roads.hierarchy;
        let size = hierarchy.subtree_sizes();
        let mut list: Vec<(Range<u32>, Option<Box4>)> = Vec::new();
        let mut end = hierarchy.nodes() as u32;
        while end > 0 {
            let nodes = size[end as usize - 1];
            if nodes <= BLOCK {
                let ranks = end - nodes..end;
                list.push((ranks.clone(), Some(begins(roads, ranks))));
                end -= nodes;
            } else {
                match list.last_mut() {
                    Some((ranks, None)) if ranks.start == end => ranks.start -= 1,
                    _ => list.push((end - 1..end, None)),
                }
                end -= 1;
            }
        }
        Self { list }
    }
}

/// The box around the first points of nodes.
fn begins(roads: &RoadIndex, ranks: Range<u32>) -> Box4 {
    let graph = roads.graph();
    let mut around = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];
    for rank in ranks {
        let edge = graph.edge(roads.hierarchy.node_of[rank as usize]);
        let line = roads.line(edge.segment());
        let at = if edge.is_backward() {
            line[line.len() - 1]
        } else {
            line[0]
        };
        around = [
            around[0].min(at.lng),
            around[1].min(at.lat),
            around[2].max(at.lng),
            around[3].max(at.lat),
        ];
    }
    around
}

/// Metres that a place and anything in a box are at least apart, on the sphere.
fn apart(place: LngLat, [west, south, east, north]: Box4) -> f64 {
    const RADIUS: f64 = 6_371_000.0;
    let radians = |fixed: i32| (f64::from(fixed) / 1e7).to_radians();
    let (lng, lat) = (place.lng().to_radians(), place.lat().to_radians());
    let across = (radians(south) - lat).max(lat - radians(north)).max(0.0);
    let turn = std::f64::consts::TAU;
    let beside = match (radians(west)..=radians(east)).contains(&lng) {
        true => 0.0,
        false => {
            let gap = |from: f64, to: f64| (to - from).rem_euclid(turn);
            gap(lng, radians(west))
                .min(gap(radians(east), lng))
                .min(turn / 2.0)
        }
    };
    let narrowest = radians(south)
        .abs()
        .max(radians(north).abs())
        .max(lat.abs())
        .cos();
    let along = 2.0 * (narrowest.max(0.0) * (beside / 2.0).sin()).min(1.0).asin();
    RADIUS * across.max(along)
}

/// The cost of reaching the start of every node in time. Memory grows with the map; kept for the next question.
pub(crate) struct Flood {
    /// By rank; [`Packed::UNREACHED`] outside the ranges that were swept.
    labels: Vec<Packed>,
    swept: Vec<Range<u32>>,
    chain: Vec<u32>,
}

impl Flood {
    pub(crate) fn new(net: Net<'_>) -> Self {
        Self {
            labels: vec![Packed::UNREACHED; net.hierarchy().nodes()],
            swept: Vec::new(),
            chain: Vec::new(),
        }
    }

    /// What reaching the start of a node costs; right for those reached in time, [`Packed::UNREACHED`] for others that
    /// are far away.
    pub(crate) fn cost(&self, net: Net<'_>, node: u32) -> Packed {
        self.labels[net.hierarchy().rank_of[node as usize] as usize]
    }

    /// Labels all that may be reached within `limit` milliseconds and calls `reached` with the nodes whose start is.
    pub(crate) fn run(&mut self, net: Net<'_>, source: &Snap, limit: u32, mut reached: impl FnMut(u32)) {
        for ranks in self.swept.drain(..) {
            self.labels[ranks.start as usize..ranks.end as usize].fill(Packed::UNREACHED);
        }
        self.climb(net, source);
        let hierarchy = net.hierarchy();
        let ways = net.metric.ways(Side::In);
        // A little more than can be driven in time, as lengths are rounded.
        let far = net.metric.fastest * f64::from(limit) / 1000.0 * 1.001 + 10.0;
        for (ranks, around) in &net.roads.blocks().list {
            // Who is on the source's own walk to the root has a label already, wherever it lies.
            if around.is_some_and(|around| apart(source.point, around) > far) {
                continue;
            }
            self.swept.push(ranks.clone());
            for rank in ranks.clone().rev() {
                let mut best = self.labels[rank as usize];
                for arc in ways.of(rank) {
                    best = best.min(self.labels[arc.head as usize] + arc.cost());
                }
                self.labels[rank as usize] = best;
                if !best.is_unreached() && best.parts().1 <= limit {
                    reached(hierarchy.node_of[rank as usize]);
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_no_farther_than_what_lies_in_them() {
        let fixed = |degrees: f64| (degrees * 1e7) as i32;
        let place = |lng: f64, lat: f64| LngLat::new(lng, lat).expect("on the earth");
        for (west, south, east, north) in [
            (10.0, 50.0, 10.2, 50.3),
            (179.0, -20.0, 180.0, -19.0),
            (-5.0, 79.0, 5.0, 80.0),
        ] {
            let around = [west, south, east, north].map(fixed);
            for from in [
                place(10.1, 50.1),
                place(13.0, 53.0),
                place(-179.5, -19.5),
                place(0.0, 89.0),
                place(170.0, 0.0),
            ] {
                let bound = apart(from, around);
                for (lng, lat) in [
                    (west, south),
                    (east, north),
                    (west, north),
                    (east, south),
                    ((west + east) / 2.0, north),
                ] {
                    let far = from.distance(place(lng, lat)).0;
                    assert!(
                        bound <= far * 1.001 + 1.0,
                        "{bound} m to a box, {far} m to a place in it"
                    );
                }
            }
        }
        // Two degrees of latitude north of a box: 222 km.
        let bound = apart(place(10.1, 52.3), [10.0, 50.0, 10.2, 50.3].map(fixed));
        assert!((bound - 222_390.0).abs() < 100.0, "{bound}");
    }
}
