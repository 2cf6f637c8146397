//! Contraction without costs: which arcs a hierarchy has.

use super::tree;
use super::{Fan, Hierarchy, Side};
use crate::format::NONE;
use crate::graph::BothWays;

/// Contracts the nodes in the order given. Nodes in one of `groups` (the directions and copies of a segment) end up
/// one above the other in the elimination tree, so that one walk to the root begins in all of them.
pub(crate) fn contract(roads: BothWays<'_>, order: &[u32], groups: &[Vec<u32>]) -> Hierarchy {
    let graph = roads.graph;
    let nodes = graph.nodes();
    let mut rank_of = vec![0u32; nodes];
    for (rank, node) in (0u32..).zip(order) {
        rank_of[*node as usize] = rank;
    }
    let parent = {
        let mut group_of = vec![NONE; nodes];
        for (number, group) in (0u32..).zip(groups) {
            group.iter().for_each(|node| group_of[*node as usize] = number);
        }
        tree::parents(nodes, |rank, visit| {
            let node = order[rank as usize];
            let turns = graph.turns_from(node).iter().chain(roads.turns_into(node));
            let others = groups.get(group_of[node as usize] as usize).into_iter().flatten();
            for other in turns.map(|arc| arc.head).chain(others.copied()) {
                let other = rank_of[other as usize];
                if other < rank {
                    visit(other);
                }
            }
        })
    };
    // The same contraction, numbered so that subtrees are runs.
    let new = tree::postorder(&parent);
    let mut node_of = vec![0u32; nodes];
    for (old, new) in new.iter().enumerate() {
        node_of[*new as usize] = order[old];
    }
    for rank in &mut rank_of {
        *rank = new[*rank as usize];
    }
    let mut renumbered = vec![NONE; nodes];
    for (old, above) in parent.iter().enumerate().filter(|(_, above)| **above != NONE) {
        renumbered[new[old] as usize] = new[*above as usize];
    }
    let (depth, height) = tree::depths(&renumbered).unwrap_or_default();
    Hierarchy {
        fans: fill(roads, &rank_of, &node_of),
        rank_of: rank_of.into(),
        node_of: node_of.into(),
        parent: renumbered.into(),
        depth: depth.into(),
        height,
    }
}

/// The arcs of one side while they are found.
struct Growing {
    first: Vec<u32>,
    head: Vec<u32>,
    /// By node: the last arc found that ends in it ([`NONE`] before the first), and for each arc the one before.
    last: Vec<u32>,
    before: Vec<u32>,
    /// By arc: the lower node.
    tail: Vec<u32>,
}

/// The arcs of both sides: those of the graph, and those that contraction adds. A node's arcs are complete once all lower
/// nodes are contracted: whoever leads to a lower node leads to all that one leads to.
fn fill(roads: BothWays<'_>, rank_of: &[u32], node_of: &[u32]) -> [Fan; 2] {
    let nodes = node_of.len();
    let mut sides = Side::BOTH.map(|_| Growing {
        first: vec![0],
        head: Vec::with_capacity(3 * nodes),
        last: vec![NONE; nodes],
        before: Vec::with_capacity(3 * nodes),
        tail: Vec::with_capacity(3 * nodes),
    });
    let mut seen = vec![NONE; nodes];
    let mut heads: Vec<u32> = Vec::new();
    for rank in 0..nodes as u32 {
        for side in Side::BOTH {
            let mut add = |head: u32, heads: &mut Vec<u32>| {
                // Both sides use the stamps, so a stamp is the rank twice, plus one for arcs that come in.
                let stamp = 2 * rank + side as u32;
                if head > rank && seen[head as usize] != stamp {
                    seen[head as usize] = stamp;
                    heads.push(head);
                }
            };
            heads.clear();
            let turns = match side {
                Side::Out => roads.graph.turns_from(node_of[rank as usize]),
                Side::In => roads.turns_into(node_of[rank as usize]),
            };
            for turn in turns {
                add(rank_of[turn.head as usize], &mut heads);
            }
            let [own, other] = match side {
                Side::Out => [&sides[0], &sides[1]],
                Side::In => [&sides[1], &sides[0]],
            };
            let mut arc = other.last[rank as usize];
            while arc != NONE {
                let low = other.tail[arc as usize] as usize;
                for head in &own.head[own.first[low] as usize..own.first[low + 1] as usize] {
                    add(*head, &mut heads);
                }
                arc = other.before[arc as usize];
            }
            heads.sort_unstable();
            let own = &mut sides[side as usize];
            for head in &heads {
                let arc = own.head.len() as u32;
                own.before
                    .push(std::mem::replace(&mut own.last[*head as usize], arc));
                own.head.push(*head);
                own.tail.push(rank);
            }
            own.first.push(own.head.len() as u32);
        }
    }
    sides.map(|side| Fan {
        first: side.first.into(),
        head: side.head.into(),
    })
}
