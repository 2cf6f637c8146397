//! The search graph: directed segments as nodes, allowed turns as arcs. Speaks `petgraph`'s traits, so that
//! its algorithms run on it (components when building, Dijkstra as the slow twin in tests).

use petgraph::Direction;
use petgraph::visit;

use crate::cost::{Cost, LARGEST_PART, Packed};
use crate::format::{Arc, CLOSED, Edge};

/// A borrowed view of the search graph. A node is an edge of the road network (a segment driven in one
/// direction) or a copy of one; an arc is an allowed turn. An arc costs the whole of the edge it leaves plus
/// the turn, so the distance between two nodes is the cost from the start of one to the start of the other.
#[derive(Clone, Copy)]
pub struct RoadGraph<'a> {
    pub(crate) edges: &'a [Edge],
    pub(crate) copies: &'a [u32],
    pub(crate) first_arc: &'a [u32],
    pub(crate) arcs: &'a [Arc],
}

/// The search graph with its arcs known from both ends, as building needs it.
#[derive(Clone, Copy)]
pub(crate) struct BothWays<'a> {
    pub graph: RoadGraph<'a>,
    pub first_back: &'a [u32],
    pub back_arcs: &'a [Arc],
}

impl<'a> BothWays<'a> {
    pub(crate) fn turns_into(&self, node: u32) -> &'a [Arc] {
        let node = node as usize;
        &self.back_arcs[self.first_back[node] as usize..self.first_back[node + 1] as usize]
    }
}

impl<'a> RoadGraph<'a> {
    /// How many nodes there are; they are numbered from 0.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.edges.len() + self.copies.len()
    }

    /// How many arcs there are.
    #[must_use]
    pub fn arcs(&self) -> usize {
        self.arcs.len()
    }

    /// The edge a node stands for: itself, unless it is a copy.
    pub(crate) fn edge_of(&self, node: u32) -> u32 {
        match (node as usize).checked_sub(self.edges.len()) {
            None => node,
            Some(copy) => self.copies[copy],
        }
    }

    pub(crate) fn edge(&self, node: u32) -> &'a Edge {
        &self.edges[self.edge_of(node) as usize]
    }

    /// The nodes that stand for an edge: the edge and its copies.
    pub(crate) fn nodes_of(&self, edge: u32) -> impl Iterator<Item = u32> + use<'a> {
        // Copies are sorted by the edge they copy.
        let first = self.copies.partition_point(|e| *e < edge);
        let base = self.edges.len();
        let copies = self.copies[first..].iter().take_while(move |e| **e == edge);
        std::iter::once(edge).chain((first..).zip(copies).map(move |(i, _)| (base + i) as u32))
    }

    /// What driving a node's edge costs; [`Packed::UNREACHED`] where it is closed.
    pub(crate) fn open_cost(&self, node: u32) -> Packed {
        let edge = self.edge(node);
        match edge.weight == CLOSED {
            true => Packed::UNREACHED,
            false => Packed::new(edge.weight.min(LARGEST_PART), edge.duration, edge.distance),
        }
    }

    /// Those of [`RoadGraph::turns_from`] that may be taken.
    pub(crate) fn open_turns_from(&self, node: u32) -> impl Iterator<Item = &'a Arc> + use<'a> {
        self.turns_from(node).iter().filter(|turn| turn.weight != CLOSED)
    }

    pub(crate) fn turns_from(&self, node: u32) -> &'a [Arc] {
        let node = node as usize;
        &self.arcs[self.first_arc[node] as usize..self.first_arc[node + 1] as usize]
    }
}

/// An arc as `petgraph` wants it.
#[derive(Clone, Copy, Debug)]
pub struct ArcRef {
    source: u32,
    target: u32,
    index: u32,
    cost: Cost,
}

impl visit::EdgeRef for ArcRef {
    type NodeId = u32;
    type EdgeId = u32;
    type Weight = Cost;
    fn source(&self) -> u32 {
        self.source
    }
    fn target(&self) -> u32 {
        self.target
    }
    fn weight(&self) -> &Cost {
        &self.cost
    }
    fn id(&self) -> u32 {
        self.index
    }
}

impl visit::GraphBase for RoadGraph<'_> {
    type NodeId = u32;
    type EdgeId = u32;
}

impl visit::GraphRef for RoadGraph<'_> {}

impl visit::Data for RoadGraph<'_> {
    type NodeWeight = ();
    type EdgeWeight = Cost;
}

impl visit::NodeCount for RoadGraph<'_> {
    fn node_count(&self) -> usize {
        self.nodes()
    }
}

impl visit::NodeIndexable for RoadGraph<'_> {
    fn node_bound(&self) -> usize {
        self.nodes()
    }
    fn to_index(&self, node: u32) -> usize {
        node as usize
    }
    fn from_index(&self, index: usize) -> u32 {
        index as u32
    }
}

impl visit::NodeCompactIndexable for RoadGraph<'_> {}

impl visit::Visitable for RoadGraph<'_> {
    type Map = Visited;
    fn visit_map(&self) -> Visited {
        Visited(vec![false; self.nodes()])
    }
    fn reset_map(&self, map: &mut Visited) {
        map.0.clear();
        map.0.resize(self.nodes(), false);
    }
}

/// Which nodes a walk has seen.
pub struct Visited(Vec<bool>);

impl visit::VisitMap<u32> for Visited {
    fn visit(&mut self, node: u32) -> bool {
        !std::mem::replace(&mut self.0[node as usize], true)
    }
    fn is_visited(&self, node: &u32) -> bool {
        self.0[*node as usize]
    }
    fn unvisit(&mut self, node: u32) -> bool {
        std::mem::replace(&mut self.0[node as usize], false)
    }
}

impl visit::IntoNodeIdentifiers for RoadGraph<'_> {
    type NodeIdentifiers = std::ops::Range<u32>;
    fn node_identifiers(self) -> Self::NodeIdentifiers {
        0..self.nodes() as u32
    }
}

/// The nodes at the other ends of a node's arcs.
pub struct Heads<'a>(std::slice::Iter<'a, Arc>);

impl Iterator for Heads<'_> {
    type Item = u32;
    fn next(&mut self) -> Option<u32> {
        self.0.next().map(|arc| arc.head)
    }
}

impl<'a> visit::IntoNeighbors for RoadGraph<'a> {
    type Neighbors = Heads<'a>;
    fn neighbors(self, node: u32) -> Heads<'a> {
        Heads(self.turns_from(node).iter())
    }
}

impl visit::GraphBase for BothWays<'_> {
    type NodeId = u32;
    type EdgeId = u32;
}

impl visit::GraphRef for BothWays<'_> {}

impl visit::Visitable for BothWays<'_> {
    type Map = Visited;
    fn visit_map(&self) -> Visited {
        self.graph.visit_map()
    }
    fn reset_map(&self, map: &mut Visited) {
        self.graph.reset_map(map);
    }
}

impl visit::IntoNodeIdentifiers for BothWays<'_> {
    type NodeIdentifiers = std::ops::Range<u32>;
    fn node_identifiers(self) -> Self::NodeIdentifiers {
        self.graph.node_identifiers()
    }
}

impl<'a> visit::IntoNeighbors for BothWays<'a> {
    type Neighbors = Heads<'a>;
    fn neighbors(self, node: u32) -> Heads<'a> {
        self.graph.neighbors(node)
    }
}

impl<'a> visit::IntoNeighborsDirected for BothWays<'a> {
    type NeighborsDirected = Heads<'a>;
    fn neighbors_directed(self, node: u32, direction: Direction) -> Heads<'a> {
        Heads(match direction {
            Direction::Outgoing => self.graph.turns_from(node).iter(),
            Direction::Incoming => self.turns_into(node).iter(),
        })
    }
}

/// The arcs of one node, or of all.
pub struct ArcRefs<'a> {
    graph: RoadGraph<'a>,
    /// The node whose arcs come next.
    node: u32,
    next: u32,
    end: u32,
}

impl Iterator for ArcRefs<'_> {
    type Item = ArcRef;
    fn next(&mut self) -> Option<ArcRef> {
        if self.next == self.end {
            return None;
        }
        while self.graph.first_arc[self.node as usize + 1] <= self.next {
            self.node += 1;
        }
        let arc = &self.graph.arcs[self.next as usize];
        let found = ArcRef {
            source: self.node,
            target: arc.head,
            index: self.next,
            cost: self.graph.edge(self.node).cost() + arc.cost(),
        };
        self.next += 1;
        Some(found)
    }
}

impl<'a> visit::IntoEdgeReferences for RoadGraph<'a> {
    type EdgeRef = ArcRef;
    type EdgeReferences = ArcRefs<'a>;
    fn edge_references(self) -> ArcRefs<'a> {
        ArcRefs {
            graph: self,
            node: 0,
            next: 0,
            end: self.arcs.len() as u32,
        }
    }
}

impl<'a> visit::IntoEdges for RoadGraph<'a> {
    type Edges = ArcRefs<'a>;
    fn edges(self, node: u32) -> ArcRefs<'a> {
        ArcRefs {
            graph: self,
            node,
            next: self.first_arc[node as usize],
            end: self.first_arc[node as usize + 1],
        }
    }
}
