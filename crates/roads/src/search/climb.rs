//! One half of a search: from some nodes up to the root of the elimination tree.

use crate::cost::Packed;
use crate::format::NONE;
use crate::hierarchy::{Hierarchy, UpArc};

/// Labels by depth: all nodes of a walk to the root differ in it.
pub(super) struct Climb {
    pub labels: Vec<Label>,
    /// By depth: the rank of the node walked over.
    pub chain: Vec<u32>,
}

#[derive(Clone, Copy)]
pub(super) struct Label {
    pub cost: Packed,
    /// The depth of the node it came from; [`NONE`] where the search began.
    pub parent: u32,
}

impl Climb {
    pub(super) fn new(hierarchy: &Hierarchy) -> Self {
        let none = Label {
            cost: Packed::UNREACHED,
            parent: NONE,
        };
        Self {
            labels: vec![none; hierarchy.height],
            chain: vec![NONE; hierarchy.height],
        }
    }

    /// Forgets the search before, and begins at some nodes of one walk to the root. Gives the lowest, or [`NONE`].
    pub(super) fn start(&mut self, hierarchy: &Hierarchy, seeds: &[(u32, Packed)]) -> u32 {
        let depth = |rank: u32| hierarchy.depth[rank as usize] as usize;
        let deepest = seeds.iter().map(|(rank, _)| depth(*rank) + 1).max().unwrap_or(0);
        self.labels[..deepest].fill(Label {
            cost: Packed::UNREACHED,
            parent: NONE,
        });
        for (rank, cost) in seeds {
            let label = &mut self.labels[depth(*rank)];
            label.cost = label.cost.min(*cost);
        }
        seeds.iter().map(|(rank, _)| *rank).min().unwrap_or(NONE)
    }

    /// Follows a node's arcs upwards.
    #[inline(always)]
    pub(super) fn relax(&mut self, hierarchy: &Hierarchy, arcs: &[UpArc], at: usize) {
        let here = self.labels[at].cost;
        for arc in arcs {
            let cost = here + arc.cost();
            let label = &mut self.labels[hierarchy.depth[arc.head as usize] as usize];
            if cost < label.cost {
                *label = Label {
                    cost,
                    parent: at as u32,
                };
            }
        }
    }

    /// The nodes from where the search began to a depth, the last first, as ranks.
    pub(super) fn path_to(&self, depth: u32, ranks: &mut Vec<u32>) {
        let mut at = depth;
        // Parents are deeper, so this ends.
        while at != NONE {
            ranks.push(self.chain[at as usize]);
            at = self.labels[at as usize].parent;
        }
    }
}
