//! Into the limits, node by node: moves and swaps between two seats, then chains of hand-overs through several.

use super::draft::Draft;
use super::fringe::Fringe;
use super::relay::Relay;

/// Nodes looked at on each side of a border.
const SIDE: usize = 36;

/// Nodes from which on chains are looked for sparingly.
const LARGE: usize = 200_000;

/// Hand-overs in a chain.
const DEPTH: usize = 5;

/// What rounding came to; the counts show whether it got there straight.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rounded {
    /// Whether all seats are in their limits.
    pub inside: bool,
    /// Seats whose borders were looked over for a hand-over, once for each time.
    pub looks: usize,
    /// Hand-overs over a border on ways through several seats.
    pub hops: usize,
}

/// Looks for each seat until what is still out is passed on over long ways, and again as often as that helps.
const LOOKS: usize = 2;

/// Looks at least, before that.
const FEW: usize = 500;

/// What is out in sum must fall to this share from one time to the next.
const WORTH: f64 = 0.9;

/// Brings every seat into its limits as far as hand-overs can, at least cost.
pub(crate) fn round(draft: &mut Draft, rounds: usize) -> Rounded {
    let mut fringe = Fringe::new(draft);
    let seats = draft.seats();
    let mut stuck = vec![false; seats];
    // Looking for a chain takes as long as borders have nodes. With very many nodes to a seat single hand-overs bring it into its limits, or else
    // so near that a chain is not worth it.
    let mut chains = if draft.label.len() > LARGE {
        (seats / 4).min(50)
    } else {
        usize::MAX
    };
    let mut done = Rounded::default();
    let mut relay: Option<Relay> = None;
    let often = (LOOKS * seats).max(FEW);
    let mut least = f64::INFINITY;
    for look in 1..=(rounds * seats).max(draft.label.len() / 4) {
        let worst = (0..seats)
            .filter(|s| !stuck[*s])
            .map(|s| (draft.out(s), s))
            .filter(|(out, _)| *out > 1e-12)
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        // Where few are out, and by little, they are in after fewer looks than this. What is left then is too much, or too far from where there
        // is room, for hand-overs between neighbours: each evens out two, and the next undoes half of it.
        if look % often == 0 || (worst.is_none() && least.is_infinite()) {
            let out = (0..seats).map(|s| draft.out(s)).sum::<f64>();
            if out <= 1e-12 * seats as f64 || out > least * WORTH {
                break;
            }
            least = out;
            let relay = relay.get_or_insert_with(|| Relay::new(draft));
            relay.run(draft, &mut fringe, draft.label.len() / 4 + 16 * seats);
            done.hops = relay.hops;
            stuck.fill(false);
            continue;
        }
        let Some((_, seat)) = worst else { break };
        let seat = seat as u32;
        done.looks += 1;
        match exchange(draft, &mut fringe, seat) {
            Some(other) => {
                stuck[other as usize] = false;
                fringe
                    .neighbours(draft, seat)
                    .iter()
                    .for_each(|s| stuck[*s as usize] = false);
                fringe
                    .neighbours(draft, other)
                    .iter()
                    .for_each(|s| stuck[*s as usize] = false);
            }
            None => {
                let tries = chains > 0;
                chains = chains.saturating_sub(1);
                if tries && chain(draft, &mut fringe, seat) {
                    stuck.fill(false);
                } else {
                    stuck[seat as usize] = true;
                }
            }
        }
    }
    done.inside = (0..seats).all(|s| draft.out(s) <= 1e-12);
    done
}

/// What an exchange would lead to: whether it leaves somebody out of limits, then its cost.
type Rank = (f64, f64);

/// The best move or swap between the seat and one of its neighbours. Returns the neighbour.
fn exchange(draft: &mut Draft, fringe: &mut Fringe, seat: u32) -> Option<u32> {
    let mut best: Vec<(Rank, u32, Option<u32>, Option<u32>)> = Vec::new();
    for other in fringe.neighbours(draft, seat) {
        let mine = fringe.options(draft, seat, other, SIDE);
        let theirs = fringe.options(draft, other, seat, SIDE);
        let (a, b) = (seat as usize, other as usize);
        let before = draft.badness(a, &[], &[]) + draft.badness(b, &[], &[]);
        let mut consider = |give: Option<(u32, f64)>, take: Option<(u32, f64)>| {
            let (lost, won) = (give.map(|g| g.0), take.map(|t| t.0));
            let (lost, won) = (lost.as_slice(), won.as_slice());
            let after = draft.badness(a, won, lost) + draft.badness(b, lost, won);
            if after >= before * (1.0 - 1e-6) {
                return;
            }
            let out = draft.out_after(a, won, lost) + draft.out_after(b, lost, won);
            let cost = give.map_or(0.0, |g| g.1) + take.map_or(0.0, |t| t.1);
            // Once both are in, the cheapest; before that, the most even for its cost.
            let rank = if out <= 1e-12 {
                (0.0, cost)
            } else {
                (1.0, cost + draft.terms.charge * after)
            };
            best.push((rank, other, lost.first().copied(), won.first().copied()));
        };
        mine.iter().for_each(|g| consider(Some(*g), None));
        theirs.iter().for_each(|t| consider(None, Some(*t)));
        for give in &mine {
            theirs.iter().for_each(|take| consider(Some(*give), Some(*take)));
        }
        if best.len() > 4096 {
            shorten(&mut best);
        }
    }
    shorten(&mut best);
    for (_, other, give, take) in best {
        if apply(draft, fringe, seat, other, give, take) {
            return Some(other);
        }
    }
    None
}

fn shorten(best: &mut Vec<(Rank, u32, Option<u32>, Option<u32>)>) {
    best.sort_by(|a, b| a.0.0.total_cmp(&b.0.0).then(a.0.1.total_cmp(&b.0.1)));
    best.truncate(24);
}

/// Does it if both hand-overs are still allowed one after the other.
fn apply(
    draft: &mut Draft,
    fringe: &mut Fringe,
    seat: u32,
    other: u32,
    give: Option<u32>,
    take: Option<u32>,
) -> bool {
    if let Some(i) = give {
        if !draft.may(i, other) {
            return false;
        }
        draft.give(i, other);
    }
    if let Some(j) = take {
        if !draft.may(j, seat) {
            if let Some(i) = give {
                draft.give(i, seat);
            }
            return false;
        }
        fringe.give(draft, j, seat);
    }
    if let Some(i) = give {
        fringe.give(draft, i, other);
    }
    true
}

/// An ejection chain: the seat hands a node on (or takes one), its neighbour hands one on in turn, until everyone on the way is better off in
/// sum. Says whether one was found.
fn chain(draft: &mut Draft, fringe: &mut Fringe, seat: u32) -> bool {
    let load = draft.load[0][seat as usize];
    let over = load > draft.terms.limits.target[0][seat as usize];
    for gives in [over, !over] {
        let mut budget = if draft.label.len() > LARGE { 400 } else { 4000 };
        let before = draft.badness(seat as usize, &[], &[]);
        let mut way = vec![seat];
        if extend(draft, fringe, gives, &mut way, before, 0.0, &mut budget) {
            return true;
        }
    }
    false
}

/// `before` and `after` are the badness of the seats on the way, the last one's not yet in `after`.
fn extend(
    draft: &mut Draft,
    fringe: &mut Fringe,
    gives: bool,
    way: &mut Vec<u32>,
    before: f64,
    after: f64,
    budget: &mut usize,
) -> bool {
    let last = way[way.len() - 1];
    let mut hops: Vec<(f64, u32, u32)> = Vec::new();
    for next in fringe.neighbours(draft, last) {
        if way.contains(&next) {
            continue;
        }
        let (from, to) = if gives { (last, next) } else { (next, last) };
        for (node, _) in fringe.options(draft, from, to, SIDE) {
            let own = if gives {
                draft.badness(last as usize, &[], &[node])
            } else {
                draft.badness(last as usize, &[node], &[])
            };
            // Only hand-overs after which those behind are not worse than all were.
            if after + own < before * (1.0 - 1e-6) {
                hops.push((after + own, node, next));
            }
        }
    }
    hops.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    hops.truncate(12);
    for (so_far, node, next) in hops {
        if *budget == 0 {
            return false;
        }
        *budget -= 1;
        let (from, to) = if gives { (last, next) } else { (next, last) };
        if !draft.may(node, to) {
            continue;
        }
        let theirs = draft.badness(next as usize, &[], &[]);
        fringe.give(draft, node, to);
        let now = draft.badness(next as usize, &[], &[]);
        if so_far + now < (before + theirs) * (1.0 - 1e-6) {
            return true;
        }
        if way.len() < DEPTH {
            way.push(next);
            let done = extend(draft, fringe, gives, way, before + theirs, so_far, budget);
            way.pop();
            if done {
                return true;
            }
        }
        fringe.give(draft, node, from);
    }
    false
}
