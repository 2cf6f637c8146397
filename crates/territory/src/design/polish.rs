//! Shorter distances and smoother borders inside the limits: single moves along the dual's prices, then moves and swaps.

use super::draft::Draft;
use super::fringe::Fringe;
use super::sweep::NOBODY;

/// Nodes looked at on each side of a border.
const SIDE: usize = 24;

/// Moves border nodes one by one where the priced objective falls: distance and border at the weights of the cells, and a charge for leaving
/// the target. Loads drift within `drift` (a share of the target) and are put right afterwards.
pub(crate) fn smooth(draft: &mut Draft, weight: &[f64], charge: f64, drift: f64, rounds: usize) {
    let targets = &draft.terms.limits.target[0];
    let mut open = draft.borders();
    let mut beside = Vec::new();
    for _ in 0..rounds {
        let mut touched = Vec::new();
        for node in open {
            draft.seats_beside(node, &mut beside);
            let from = draft.label[node as usize];
            if from == NOBODY {
                continue;
            }
            let mass = draft.terms.measures[0][node as usize];
            let mut best = (-1e-9, None);
            for seat in &beside {
                let after = |seat: u32, load: f64| {
                    let t = targets[seat as usize].max(1e-12);
                    ((load - t) / t).abs()
                };
                let (a, b) = (draft.load[0][from as usize], draft.load[0][*seat as usize]);
                let (da, db) = (after(from, a - mass), after(*seat, b + mass));
                if da.max(db) > drift.max(after(from, a)).max(after(*seat, b)) {
                    continue;
                }
                let t = targets[from as usize];
                let change = draft.delta(node, *seat)
                    - mass * (weight[*seat as usize] - weight[from as usize])
                    + charge * t * (da * da + db * db - after(from, a).powi(2) - after(*seat, b).powi(2));
                if change < best.0 && draft.may(node, *seat) {
                    best = (change, Some(*seat));
                }
            }
            if let Some(seat) = best.1 {
                draft.give(node, seat);
                touched.push(node);
                touched.extend(draft.terms.graph.around(node).iter().map(|l| l.to));
            }
        }
        touched.sort_unstable();
        touched.dedup();
        open = touched;
        if open.is_empty() {
            break;
        }
    }
}

/// Moves and swaps that make the objective smaller and nobody's limits worse, until there are none or `rounds` are over.
pub(crate) fn improve(draft: &mut Draft, rounds: usize) {
    let mut fringe = Fringe::new(draft);
    let mut stale = vec![false; draft.seats()];
    for _ in 0..rounds {
        let mut changed = vec![false; draft.seats()];
        for seat in 0..draft.seats() as u32 {
            for other in fringe.neighbours(draft, seat) {
                if other < seat || (stale[seat as usize] && stale[other as usize]) {
                    continue;
                }
                if trade(draft, &mut fringe, seat, other) {
                    changed[seat as usize] = true;
                    changed[other as usize] = true;
                }
            }
        }
        if !changed.contains(&true) {
            break;
        }
        stale = changed.iter().map(|c| !c).collect();
    }
}

fn trade(draft: &mut Draft, fringe: &mut Fringe, seat: u32, other: u32) -> bool {
    let by_delta = |mut options: Vec<(u32, f64)>| {
        options.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        options
    };
    let mine = by_delta(fringe.options(draft, seat, other, SIDE));
    let theirs = by_delta(fringe.options(draft, other, seat, SIDE));
    let (a, b) = (seat as usize, other as usize);
    let mut any = false;
    // Each for itself: what one of two is out is not to be heaped on the other.
    let in_limits = |draft: &Draft, won: &[u32], lost: &[u32]| {
        draft.out_after(a, won, lost) <= draft.out(a) + 1e-12
            && draft.out_after(b, lost, won) <= draft.out(b) + 1e-12
    };
    for (options, to) in [(&mine, other), (&theirs, seat)] {
        for (node, delta) in options {
            if *delta >= -1e-9 {
                break;
            }
            let (won, lost): (&[u32], &[u32]) = if to == seat {
                (&[*node], &[])
            } else {
                (&[], &[*node])
            };
            if draft.label[*node as usize] != to
                && in_limits(draft, won, lost)
                && draft.may(*node, to)
                && draft.delta(*node, to) < -1e-9
            {
                fringe.give(draft, *node, to);
                any = true;
            }
        }
    }
    for (i, di) in &mine {
        if draft.label[*i as usize] != seat {
            continue;
        }
        for (j, dj) in &theirs {
            if di + dj >= -1e-9 {
                break;
            }
            if draft.label[*j as usize] != other || !in_limits(draft, &[*j], &[*i]) || !draft.may(*i, other) {
                continue;
            }
            let first = draft.delta(*i, other);
            draft.give(*i, other);
            if draft.may(*j, seat) && first + draft.delta(*j, seat) < -1e-9 {
                fringe.give(draft, *j, seat);
                fringe.give(draft, *i, other);
                any = true;
                break;
            }
            draft.give(*i, seat);
        }
    }
    any
}
