//! A customizable contraction hierarchy of the search graph (Dibbelt, Strasser, Wagner: Customizable Contraction
//! Hierarchies, 2016), with turns (Buchhold, Wagner, Zeitz, Zündorf, 2020).
//!
//! Nodes are contracted in the order of [`crate::order`]; a node's *rank* is its place in it. Contracting a node joins
//! every higher node that leads to it with every higher node it leads to. What comes of it depends on which turns
//! exist but not on what they cost: the [`Hierarchy`] is made once, and a [`Metric`] puts costs on it in a
//! fraction of the time. All higher neighbours of a node are its ancestors in the *elimination tree*, so a search
//! is a walk to the root, and labels are kept by depth in the tree: no queue, and no memory that
//! grows with the map.

mod contract;
mod customize;
mod live;
mod metric;
mod tree;

use pack::{OpenError, Section};

use crate::array::{Array, Sections};
use crate::format::{self, NONE};
use crate::index::{check_starts, refuse};

pub(crate) use contract::contract;
pub(crate) use customize::Customizer;
pub(crate) use live::Live;
pub use metric::Metric;
pub(crate) use metric::{UpArc, Ways};

/// Arcs between a node and higher ones: those it leads to, or those that lead to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Out,
    In,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Out, Self::In];

    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Out => Self::In,
            Self::In => Self::Out,
        }
    }
}

/// The arcs of one [`Side`], by the rank of the lower node.
#[derive(Clone)]
pub(crate) struct Fan {
    /// Where each node's arcs begin; one more than nodes.
    pub first: Array<u32>,
    /// The higher node's rank; rising within a node.
    pub head: Array<u32>,
}

impl Fan {
    pub(crate) fn range(&self, rank: u32) -> std::ops::Range<usize> {
        self.first[rank as usize] as usize..self.first[rank as usize + 1] as usize
    }

    /// The arc from (or to) `low` whose other end is `high`.
    pub(crate) fn find(&self, low: u32, high: u32) -> Option<usize> {
        let range = self.range(low);
        let heads = &self.head[range.clone()];
        heads.binary_search(&high).ok().map(|at| range.start + at)
    }
}

/// Which arcs there are, whatever they cost.
#[derive(Clone)]
pub(crate) struct Hierarchy {
    /// By node of the search graph.
    pub rank_of: Array<u32>,
    /// By rank.
    pub node_of: Array<u32>,
    /// By rank: the parent in the elimination tree, higher than the node; [`NONE`] for roots.
    pub parent: Array<u32>,
    /// By rank: how many ancestors a node has.
    pub depth: Array<u32>,
    /// By [`Side`].
    pub fans: [Fan; 2],
    /// One more than the largest depth.
    pub height: usize,
}

impl Hierarchy {
    pub(crate) fn nodes(&self) -> usize {
        self.node_of.len()
    }

    pub(crate) fn fan(&self, side: Side) -> &Fan {
        &self.fans[side as usize]
    }

    /// By rank: how many nodes its subtree has, the run of ranks that ends with it.
    pub(crate) fn subtree_sizes(&self) -> Vec<u32> {
        tree::sizes(&self.parent)
    }

    pub(crate) fn sections(&self) -> Vec<Section> {
        let [out, into] = &self.fans;
        vec![
            Section::new(format::NODE_OF_RANK, &self.node_of),
            Section::new(format::PARENT, &self.parent),
            Section::new(format::FIRST_OUT, &out.first),
            Section::new(format::OUT_HEADS, &out.head),
            Section::new(format::FIRST_IN, &into.first),
            Section::new(format::IN_HEADS, &into.head),
        ]
    }

    /// Opens the sections and checks that ranks are a numbering of `nodes`, and that arcs and parents lead upwards.
    pub(crate) fn open(sections: &Sections, nodes: usize) -> Result<Self, OpenError> {
        let node_of: Array<u32> = Array::open(sections, format::NODE_OF_RANK)?;
        // Before anything is made as large as the header says.
        if node_of.len() != nodes {
            return Err(refuse(format::NODE_OF_RANK, "does not number all nodes"));
        }
        let mut rank_of = vec![NONE; nodes];
        for (rank, node) in (0u32..).zip(&*node_of) {
            match rank_of.get_mut(*node as usize) {
                Some(known) if *known == NONE => *known = rank,
                _ => return Err(refuse(format::NODE_OF_RANK, "does not number the nodes")),
            }
        }
        let parent: Array<u32> = Array::open(sections, format::PARENT)?;
        let (depth, height) = tree::depths(&parent)
            .filter(|(depth, _)| depth.len() == nodes)
            .ok_or_else(|| refuse(format::PARENT, "is not a tree of all nodes"))?;
        let fan = |first: &str, heads: &str| -> Result<Fan, OpenError> {
            let fan = Fan {
                first: Array::open(sections, first)?,
                head: Array::open(sections, heads)?,
            };
            check_starts(first, &fan.first, nodes, fan.head.len())?;
            let rises = |rank: u32| {
                let heads = &fan.head[fan.range(rank)];
                let starts = heads.first().is_none_or(|head| *head > rank);
                let ends = heads.last().is_none_or(|head| (*head as usize) < nodes);
                // Labels are kept by depth: a head must not be as deep as its tail.
                let above = heads
                    .iter()
                    .all(|h| depth.get(*h as usize) < depth.get(rank as usize));
                starts && ends && above && heads.is_sorted_by(|a, b| a < b)
            };
            match (0..nodes as u32).all(rises) {
                true => Ok(fan),
                false => Err(refuse(heads, "does not lead upwards in the elimination tree")),
            }
        };
        Ok(Self {
            fans: [
                fan(format::FIRST_OUT, format::OUT_HEADS)?,
                fan(format::FIRST_IN, format::IN_HEADS)?,
            ],
            rank_of: rank_of.into(),
            node_of,
            parent,
            depth: depth.into(),
            height,
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        let fans: usize = self
            .fans
            .iter()
            .map(|f| size_of_val(&*f.first) + size_of_val(&*f.head))
            .sum();
        size_of_val(&*self.node_of) + size_of_val(&*self.parent) + fans
    }
}
