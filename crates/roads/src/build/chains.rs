//! Restrictions over several ways.
//!
//! Such a restriction concerns only those who came a certain way, so the edges between are copied: the copy is
//! entered from the restricted side and lacks the forbidden turn. Copies are found by walking the graph with
//! the set of restrictions one is in the middle of, so any number of them may overlap.

use std::collections::HashMap;

use super::restrictions::{Kind, Restriction};
use super::turns::{Arcs, Changes, EdgeOf, Junctions, Leg, Turn, Turns};
use crate::format::{Arc, NONE, TurnChange};

/// A restriction over several segments: the edges to be driven one after the other.
pub(super) struct Chain {
    /// The last edge is forbidden, or the only one allowed.
    only: bool,
    /// When; `None` for always.
    schedule: Option<u32>,
    /// At least three.
    edges: Vec<u32>,
}

/// No restriction runs over more segments.
const LONGEST_CHAIN: usize = 64;

impl Junctions<'_> {
    /// Every run of edges from a `from` way over all `via` ways into a `to` way.
    pub(super) fn chains(
        &self,
        restriction: &Restriction,
        schedule: Option<u32>,
        edge_of: &[EdgeOf],
    ) -> Vec<Chain> {
        let mut found = Vec::new();
        let ends = restriction.via_ways.iter();
        let at_via = |leg: &Leg| ends.clone().any(|way| *way == leg.way.way);
        for (node, _) in self.first.iter().enumerate().take(self.first.len() - 1) {
            let node = node as u32;
            let legs = self.legs_at(node);
            if !legs.iter().any(at_via) {
                continue;
            }
            for from in legs
                .iter()
                .filter(|l| l.arrives != NONE && restriction.from.contains(&l.way.way))
            {
                let mut run = vec![from.arrives];
                self.follow(node, restriction, edge_of, &mut run, &mut found);
            }
        }
        for chain in &mut found {
            chain.schedule = schedule;
        }
        found
    }

    fn follow(
        &self,
        node: u32,
        restriction: &Restriction,
        edge_of: &[EdgeOf],
        run: &mut Vec<u32>,
        found: &mut Vec<Chain>,
    ) {
        if run.len() > LONGEST_CHAIN {
            return;
        }
        let legs = self.legs_at(node);
        if run.len() > 1 && self.passes_all(restriction, &run[1..], edge_of) {
            for to in legs
                .iter()
                .filter(|l| l.leaves != NONE && restriction.to.contains(&l.way.way))
            {
                found.push(Chain {
                    only: restriction.kind == Kind::Only,
                    schedule: None,
                    edges: run.iter().copied().chain([to.leaves]).collect(),
                });
            }
        }
        for leg in legs
            .iter()
            .filter(|l| l.leaves != NONE && restriction.via_ways.contains(&l.way.way))
        {
            let [forward, backward] = edge_of[leg.segment as usize];
            if run.contains(&forward) && forward != NONE || run.contains(&backward) && backward != NONE {
                continue;
            }
            let stretch = &self.stretches[leg.segment as usize];
            run.push(leg.leaves);
            let end = if leg.side == 0 {
                stretch.last()
            } else {
                stretch.first()
            };
            self.follow(end, restriction, edge_of, run, found);
            run.pop();
        }
    }

    /// The edges run over every `via` way.
    fn passes_all(&self, restriction: &Restriction, run: &[u32], edge_of: &[EdgeOf]) -> bool {
        restriction.via_ways.iter().all(|way| {
            let mut on_way = self.legs.iter().filter(|leg| leg.way.way == *way);
            on_way.any(|leg| {
                edge_of[leg.segment as usize]
                    .iter()
                    .any(|edge| run.contains(edge))
            })
        })
    }
}

/// The restrictions one is in the middle of: (chain, number of its edge one is on), sorted.
type Progress = Vec<(u32, u32)>;

pub(super) fn expand(turns: &Turns, chains: &[Chain], changes: &mut Changes) -> Arcs {
    let mut starting: HashMap<u32, Vec<u32>> = HashMap::new();
    for (number, chain) in (0u32..).zip(chains) {
        starting.entry(chain.edges[0]).or_default().push(number);
    }
    let mut numbers: HashMap<(u32, Progress), usize> = HashMap::new();
    // Nodes beyond the edges, in order of discovery.
    let mut copies: Vec<(u32, Progress)> = Vec::new();
    let mut arcs: Turns = Vec::with_capacity(turns.len());
    let mut node = 0;
    while node < turns.len() + copies.len() {
        let (edge, progress) = match node.checked_sub(turns.len()) {
            None => (node as u32, Progress::new()),
            Some(copy) => copies[copy].clone(),
        };
        let mut allowed = Vec::with_capacity(turns[edge as usize].len());
        for turn in &turns[edge as usize] {
            let Some((next, closing)) = proceed(edge, &progress, turn.arc.head, chains, &starting) else {
                continue;
            };
            let head = match next.is_empty() {
                true => turn.arc.head as usize,
                false => *numbers.entry((turn.arc.head, next)).or_insert_with_key(|key| {
                    copies.push(key.clone());
                    turns.len() + copies.len() - 1
                }),
            };
            let arc = Arc {
                head: head as u32,
                ..turn.arc
            };
            let turn = Turn { arc, ..*turn };
            allowed.push(
                closing
                    .iter()
                    .fold(turn, |turn, schedule| turn.closed(*schedule, changes)),
            );
        }
        arcs.push(allowed);
        node += 1;
    }
    number_by_edge(turns.len(), &copies, arcs, changes)
}

/// What one is in the middle of after a turn, and the schedules that close it; `None` if the turn is forbidden.
fn proceed(
    edge: u32,
    progress: &Progress,
    head: u32,
    chains: &[Chain],
    starting: &HashMap<u32, Vec<u32>>,
) -> Option<(Progress, Vec<u32>)> {
    let mut next = Progress::new();
    let mut closing = Vec::new();
    for (number, at) in progress {
        let chain = &chains[*number as usize];
        let follows = chain.edges[*at as usize + 1] == head;
        if *at as usize + 2 == chain.edges.len() {
            if follows != chain.only {
                closing.push(chain.schedule?);
            }
        } else if follows {
            next.push((*number, at + 1));
        }
    }
    for number in starting.get(&edge).into_iter().flatten() {
        if chains[*number as usize].edges[1] == head {
            next.push((*number, 1));
        }
    }
    next.sort_unstable();
    closing.sort_unstable();
    Some((next, closing))
}

/// Sorts copies by the edge they copy, and lists arcs from both sides.
fn number_by_edge(edges: usize, copies: &[(u32, Progress)], arcs: Turns, changes: &Changes) -> Arcs {
    let mut order: Vec<usize> = (0..copies.len()).collect();
    order.sort_by_key(|i| &copies[*i]);
    let mut number: Vec<u32> = (0..arcs.len() as u32).collect();
    for (new, old) in order.iter().enumerate() {
        number[edges + old] = (edges + new) as u32;
    }
    let mut out = Arcs {
        copies: order.iter().map(|i| copies[*i].0).collect(),
        first: vec![0],
        arcs: Vec::new(),
        first_back: vec![0; arcs.len() + 1],
        back: Vec::new(),
        changes: Vec::new(),
    };
    for old in (0..edges).chain(order.iter().map(|i| edges + i)) {
        for turn in &arcs[old] {
            let changes = changes.all[turn.changes as usize].iter();
            out.changes.extend(changes.map(|(schedule, weight)| TurnChange {
                arc: out.arcs.len() as u32,
                schedule: *schedule,
                weight: *weight,
            }));
            out.arcs.push(Arc {
                head: number[turn.arc.head as usize],
                ..turn.arc
            });
        }
        out.first.push(out.arcs.len() as u32);
    }
    for arc in &out.arcs {
        out.first_back[arc.head as usize + 1] += 1;
    }
    for node in 1..out.first_back.len() {
        out.first_back[node] += out.first_back[node - 1];
    }
    let mut free = out.first_back.clone();
    out.back = vec![
        Arc {
            head: 0,
            weight: 0,
            duration: 0
        };
        out.arcs.len()
    ];
    for tail in 0..arcs.len() {
        for arc in &out.arcs[out.first[tail] as usize..out.first[tail + 1] as usize] {
            let place = &mut free[arc.head as usize];
            out.back[*place as usize] = Arc {
                head: tail as u32,
                ..*arc
            };
            *place += 1;
        }
    }
    out
}
