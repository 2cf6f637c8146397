//! Costs on a hierarchy, ready for queries.

use pack::{OpenError, Section};

use super::{Hierarchy, Side};
use crate::array::{Array, Sections};
use crate::cost::Packed as Cost;
use crate::format::{self, Edge, NONE};
use crate::index::{check_starts, refuse};

/// An arc that some shortest path takes, with its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct UpArc {
    /// The higher node's rank.
    pub head: u32,
    /// Milliseconds.
    pub weight: u32,
    /// Milliseconds.
    pub duration: u32,
    /// Centimetres.
    pub distance: u32,
}

impl UpArc {
    pub(crate) fn cost(&self) -> Cost {
        Cost::new(self.weight, self.duration, self.distance)
    }
}

/// What the roads of an index cost: one profile's speeds, or some other speeds, or the same with roads closed.
#[derive(Clone)]
pub struct Metric {
    /// By edge. An edge whose weight is [`CLOSED`] is neither entered nor left.
    pub(crate) edges: Array<Edge>,
    /// As the index's; a turn whose weight is [`CLOSED`] is not taken.
    pub(crate) turns: Array<format::Arc>,
    /// By [`Side`].
    pub(crate) ways: [Ways; 2],
    /// By [`Side`] and arc of the hierarchy: the lower node it goes over; [`NONE`] for a turn, or where no way leads.
    pub(crate) via: [Array<u32>; 2],
}

/// The arcs of one side that queries need.
#[derive(Clone)]
pub(crate) struct Ways {
    /// Where each node's arcs begin; one more than nodes.
    pub first: Array<u32>,
    pub arcs: Array<UpArc>,
}

impl Ways {
    pub(crate) fn of(&self, rank: u32) -> &[UpArc] {
        &self.arcs[self.first[rank as usize] as usize..self.first[rank as usize + 1] as usize]
    }
}

impl Metric {
    pub(crate) fn ways(&self, side: Side) -> &Ways {
        &self.ways[side as usize]
    }

    /// How many arcs queries use.
    #[must_use]
    pub fn arcs(&self) -> usize {
        self.ways.iter().map(|w| w.arcs.len()).sum()
    }

    /// Bytes of memory, edges and turns not counted.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let ways: usize = self
            .ways
            .iter()
            .map(|w| size_of_val(&*w.first) + size_of_val(&*w.arcs))
            .sum();
        ways + self.via.iter().map(|via| size_of_val(&**via)).sum::<usize>()
    }

    pub(crate) fn sections(&self) -> Vec<Section> {
        let [out, into] = &self.ways;
        vec![
            Section::new(format::FIRST_WAY_OUT, &out.first),
            Section::new(format::WAYS_OUT, &out.arcs),
            Section::new(format::FIRST_WAY_IN, &into.first),
            Section::new(format::WAYS_IN, &into.arcs),
            Section::new(format::OUT_VIA, &self.via[0]),
            Section::new(format::IN_VIA, &self.via[1]),
        ]
    }

    /// Opens the sections and checks that arcs lead upwards and go over lower nodes.
    pub(crate) fn open(
        sections: &Sections,
        edges: Array<Edge>,
        turns: Array<format::Arc>,
        hierarchy: &Hierarchy,
    ) -> Result<Self, OpenError> {
        let nodes = hierarchy.nodes();
        let ways = |first: &str, arcs: &str| -> Result<Ways, OpenError> {
            let ways = Ways {
                first: Array::open(sections, first)?,
                arcs: Array::open(sections, arcs)?,
            };
            check_starts(first, &ways.first, nodes, ways.arcs.len())?;
            let depth = &hierarchy.depth;
            let good = |rank: u32| {
                ways.of(rank).iter().all(|arc| {
                    let above = depth
                        .get(arc.head as usize)
                        .is_some_and(|d| *d < depth[rank as usize]);
                    above && arc.head > rank && arc.weight < Cost::UNREACHED_WEIGHT
                })
            };
            match (0..nodes as u32).all(good) {
                true => Ok(ways),
                false => Err(refuse(arcs, "does not lead upwards, or costs out of range")),
            }
        };
        let via = |section: &str, side: Side| -> Result<Array<u32>, OpenError> {
            let via: Array<u32> = Array::open(sections, section)?;
            let fan = hierarchy.fan(side);
            let good = via.len() == fan.head.len()
                && (0..nodes as u32).all(|low| via[fan.range(low)].iter().all(|v| *v == NONE || *v < low));
            match good {
                true => Ok(via),
                false => Err(refuse(section, "does not lead downwards")),
            }
        };
        Ok(Self {
            edges,
            turns,
            ways: [
                ways(format::FIRST_WAY_OUT, format::WAYS_OUT)?,
                ways(format::FIRST_WAY_IN, format::WAYS_IN)?,
            ],
            via: [via(format::OUT_VIA, Side::Out)?, via(format::IN_VIA, Side::In)?],
        })
    }
}

impl std::fmt::Debug for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "metric of {} arcs", self.arcs())
    }
}
