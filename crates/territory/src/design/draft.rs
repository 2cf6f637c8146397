//! A plan in the making: who has which node, what each seat holds, and what a move would change.

use super::graph::Graph;
use super::sweep::NOBODY;

/// What a node costs in a seat, in km² times workload; infinite where it cannot go. The price of moving is in it.
pub(crate) type Cost<'a> = dyn Fn(u32, u32) -> f64 + Sync + 'a;

/// What must hold of every seat.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// By measure, then seat: what it aims at (the middle of what is fair).
    pub target: Vec<Vec<f64>>,
    /// By measure, then seat.
    pub low: Vec<Vec<f64>>,
    /// By measure, then seat.
    pub high: Vec<Vec<f64>>,
}

/// What never changes while a draft is worked on.
pub(crate) struct Terms<'a> {
    pub graph: &'a Graph,
    /// By measure, then node. The first is the workload.
    pub measures: &'a [Vec<f64>],
    pub limits: &'a Limits,
    pub cost: &'a Cost<'a>,
    /// Nodes that stay where they are.
    pub locked: &'a [bool],
    /// Nodes that must not share a seat with others, and the others; ascending by node.
    pub apart: &'a [(u32, Vec<u32>)],
    /// What a kilometre of border between seats costs, km² times workload.
    pub border: f64,
    /// What badness (a squared share of the target) costs while seats are brought into their limits, km² times workload.
    pub charge: f64,
    /// Whether seats must stay in one piece.
    pub connected: bool,
}

/// Labels and what follows from them.
pub(crate) struct Draft<'a> {
    pub terms: &'a Terms<'a>,
    pub label: Vec<u32>,
    /// By measure, then seat.
    pub load: Vec<Vec<f64>>,
    pub count: Vec<u32>,
}

impl<'a> Draft<'a> {
    pub fn new(terms: &'a Terms<'a>, label: Vec<u32>) -> Self {
        let seats = terms.limits.target[0].len();
        let mut load = vec![vec![0.0; seats]; terms.measures.len()];
        let mut count = vec![0; seats];
        for (i, seat) in label.iter().enumerate() {
            if *seat == NOBODY {
                continue;
            }
            count[*seat as usize] += 1;
            for (c, values) in terms.measures.iter().enumerate() {
                load[c][*seat as usize] += values[i];
            }
        }
        Self {
            terms,
            label,
            load,
            count,
        }
    }

    pub fn seats(&self) -> usize {
        self.count.len()
    }

    /// How far a measure of a seat is out of its limits, as a share of its target.
    pub fn excess(&self, measure: usize, seat: usize, load: f64) -> f64 {
        let limits = &self.terms.limits;
        let scale = limits.target[measure][seat].abs().max(1e-12);
        (limits.low[measure][seat] - load)
            .max(load - limits.high[measure][seat])
            .max(0.0)
            / scale
    }

    /// Badness of a seat if its loads changed by these nodes: far out of limits counts most, away from the target a little.
    pub fn badness(&self, seat: usize, gains: &[u32], losses: &[u32]) -> f64 {
        let mut bad = 0.0;
        for c in 0..self.load.len() {
            let values = &self.terms.measures[c];
            let load = self.load[c][seat] + gains.iter().map(|i| values[*i as usize]).sum::<f64>()
                - losses.iter().map(|i| values[*i as usize]).sum::<f64>();
            let out = self.excess(c, seat, load);
            bad += out * out;
            if c == 0 {
                let target = self.terms.limits.target[0][seat].abs().max(1e-12);
                bad += 1e-3 * ((load - target) / target).powi(2);
            }
        }
        bad
    }

    /// Sum of what is out of limits in a seat.
    pub fn out(&self, seat: usize) -> f64 {
        (0..self.load.len())
            .map(|c| self.excess(c, seat, self.load[c][seat]))
            .sum()
    }

    /// The same after gains and losses.
    pub fn out_after(&self, seat: usize, gains: &[u32], losses: &[u32]) -> f64 {
        (0..self.load.len())
            .map(|c| {
                let values = &self.terms.measures[c];
                let sum = |of: &[u32]| of.iter().map(|i| values[*i as usize]).sum::<f64>();
                self.excess(c, seat, self.load[c][seat] + sum(gains) - sum(losses))
            })
            .sum()
    }

    /// What the objective changes by if the node goes to the seat: distance, price and border.
    pub fn delta(&self, node: u32, seat: u32) -> f64 {
        let from = self.label[node as usize];
        let mut border = 0.0;
        for link in self.terms.graph.around(node) {
            let label = self.label[link.to as usize];
            if label == from {
                border += f64::from(link.border);
            } else if label == seat {
                border -= f64::from(link.border);
            }
        }
        (self.terms.cost)(node, seat) - (self.terms.cost)(node, from) + border * self.terms.border
    }

    /// Whether the node may go to the seat: it is not locked, stands beside it, leaves its old seat in one piece and not empty, and meets
    /// nobody it must be apart from.
    pub fn may(&self, node: u32, seat: u32) -> bool {
        let from = self.label[node as usize];
        !self.terms.locked[node as usize]
            && from != seat
            && from != NOBODY
            && self.count[from as usize] > 1
            && self.meets_nobody(node, seat)
            && (!self.terms.connected || (self.touches(node, seat) && self.may_leave(node)))
    }

    /// Whether nobody in the seat must be apart from the node.
    pub fn meets_nobody(&self, node: u32, seat: u32) -> bool {
        let apart = self.terms.apart;
        match apart.binary_search_by_key(&node, |a| a.0) {
            Ok(at) => apart[at]
                .1
                .iter()
                .all(|other| self.label[*other as usize] != seat),
            Err(_) => true,
        }
    }

    pub fn touches(&self, node: u32, seat: u32) -> bool {
        self.terms
            .graph
            .around(node)
            .iter()
            .any(|l| l.joined && self.label[l.to as usize] == seat)
    }

    /// Whether those around the node that share its seat stay joined among themselves without it: then the seat stays in one piece. Stricter
    /// than need be where they are joined only by a longer way.
    fn may_leave(&self, node: u32) -> bool {
        let mine = self.label[node as usize];
        let graph = self.terms.graph;
        let mut same = [0u32; 24];
        let mut count = 0;
        for link in graph.around(node) {
            if link.joined && self.label[link.to as usize] == mine {
                if count == same.len() {
                    return false;
                }
                same[count] = link.to;
                count += 1;
            }
        }
        if count < 2 {
            return true;
        }
        // Flood from the first.
        let mut reached = 1u32;
        let mut open = vec![0usize];
        while let Some(at) = open.pop() {
            for other in 0..count {
                if reached & (1 << other) == 0 && graph.joins(same[at], same[other]) {
                    reached |= 1 << other;
                    open.push(other);
                }
            }
        }
        reached.count_ones() as usize == count
    }

    /// Hands the node over.
    pub fn give(&mut self, node: u32, seat: u32) {
        let from = self.label[node as usize];
        self.label[node as usize] = seat;
        for (c, values) in self.terms.measures.iter().enumerate() {
            let value = values[node as usize];
            if from != NOBODY {
                self.load[c][from as usize] -= value;
            }
            self.load[c][seat as usize] += value;
        }
        if from != NOBODY {
            self.count[from as usize] -= 1;
        }
        self.count[seat as usize] += 1;
    }

    /// Seats beside the node, other than its own, each once.
    pub fn seats_beside(&self, node: u32, out: &mut Vec<u32>) {
        out.clear();
        let mine = self.label[node as usize];
        for link in self.terms.graph.around(node) {
            let label = self.label[link.to as usize];
            if link.joined && label != mine && label != NOBODY && !out.contains(&label) {
                out.push(label);
            }
        }
    }

    /// Nodes with a neighbour in another seat, ascending.
    pub fn borders(&self) -> Vec<u32> {
        (0..self.label.len() as u32)
            .filter(|i| {
                let mine = self.label[*i as usize];
                mine != NOBODY
                    && self
                        .terms
                        .graph
                        .around(*i)
                        .iter()
                        .any(|l| l.joined && self.label[l.to as usize] != mine)
            })
            .collect()
    }
}
