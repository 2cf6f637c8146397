//! One piece each: parts of a seat that lie apart go to whoever surrounds them.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::sweep::NOBODY;

/// Rounds until nothing lies apart; more are needed only where stray parts lie inside one another.
const ROUNDS: usize = 12;

/// Gives parts that lie apart from the largest of their seat to the neighbour for whom they are cheapest. A part stays if it holds a locked
/// node or one that `stays` (is worth keeping where it is). Returns the nodes that remain apart.
pub(crate) fn join_pieces(draft: &mut Draft, stays: &dyn Fn(u32) -> bool) -> Vec<u32> {
    for round in 0..ROUNDS {
        let pieces = draft.terms.graph.pieces(&draft.label);
        let apart = apart(draft, &pieces);
        let mut moved = false;
        for members in apart.values() {
            let kept = |i: &u32| draft.terms.locked[*i as usize] || stays(*i);
            // In the last rounds parts that keep each other in place are left alone.
            if members.iter().any(kept) || round + 1 == ROUNDS {
                continue;
            }
            if let Some(seat) = cheapest(draft, members) {
                for i in members {
                    draft.give(*i, seat);
                }
                moved = true;
            }
        }
        if !moved {
            return apart.into_values().flatten().collect();
        }
    }
    let pieces = draft.terms.graph.pieces(&draft.label);
    apart(draft, &pieces).into_values().flatten().collect()
}

/// Parts other than the largest of each seat, by their piece.
fn apart(draft: &Draft, pieces: &[u32]) -> BTreeMap<u32, Vec<u32>> {
    let mut size: BTreeMap<u32, u32> = BTreeMap::new();
    for (i, piece) in pieces.iter().enumerate() {
        if draft.label[i] != NOBODY {
            *size.entry(*piece).or_default() += 1;
        }
    }
    let mut main: Vec<(u32, u32)> = vec![(0, 0); draft.seats()];
    for (piece, count) in &size {
        let seat = draft.label[*piece as usize] as usize;
        if *count > main[seat].1 {
            main[seat] = (*piece, *count);
        }
    }
    let mut parts: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    if size.len() == main.iter().filter(|m| m.1 > 0).count() {
        return parts;
    }
    for (i, piece) in pieces.iter().enumerate() {
        let seat = draft.label[i];
        if seat != NOBODY && main[seat as usize].0 != *piece {
            parts.entry(*piece).or_default().push(i as u32);
        }
    }
    parts
}

/// The neighbouring seat for which the part costs least.
fn cheapest(draft: &Draft, members: &[u32]) -> Option<u32> {
    let mine = draft.label[members[0] as usize];
    let mut seats: Vec<u32> = Vec::new();
    for i in members {
        for link in draft.terms.graph.around(*i) {
            let seat = draft.label[link.to as usize];
            if link.joined && seat != mine && seat != NOBODY && !seats.contains(&seat) {
                seats.push(seat);
            }
        }
    }
    seats.retain(|seat| members.iter().all(|i| draft.meets_nobody(*i, *seat)));
    seats.sort_unstable();
    let cost = |seat: u32| -> f64 { members.iter().map(|i| (draft.terms.cost)(*i, seat)).sum() };
    seats
        .into_iter()
        .map(|seat| (cost(seat), seat))
        .filter(|(cost, _)| cost.is_finite())
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, seat)| seat)
}
