//! From many places to many: the part of the hierarchy that leads down to the targets is cut out once, then swept for
//! several sources at a time (RPHAST; Delling, Goldberg, Werneck: Faster Batched Shortest Paths in Road
//! Networks, 2011).

use super::climb::Climb;
use super::{Net, Seeds};
use crate::cost::Packed;
use crate::format::NONE;
use crate::hierarchy::{Side, UpArc};
use crate::snap::Snap;

/// The nodes that lead down to a set of targets, the highest first, and the arcs between them.
pub(crate) struct Targets {
    /// By rank: a node's place among them, or [`NONE`].
    place: Vec<u32>,
    /// By place: where its arcs from higher nodes begin; one more than places.
    first: Vec<u32>,
    /// Heads are places.
    arcs: Vec<UpArc>,
    /// By target: where its ends begin; one more than targets.
    first_end: Vec<u32>,
    /// Place of a node, and the cost from its start.
    ends: Vec<(u32, Packed)>,
}

impl Targets {
    pub(crate) fn new(net: Net<'_>, snaps: &[Snap]) -> Self {
        let hierarchy = net.hierarchy();
        let nodes = hierarchy.nodes();
        let mut ends = Vec::with_capacity(2 * snaps.len());
        let mut first_end = Vec::with_capacity(snaps.len() + 1);
        first_end.push(0);
        // A bit by rank. A node's arcs lead to higher ranks only, so one pass upwards finds all.
        let mut needed = vec![0u64; nodes.div_ceil(64)];
        for snap in snaps {
            for (node, part) in snap.ends(net) {
                let rank = hierarchy.rank_of[node as usize];
                needed[rank as usize / 64] |= 1 << (rank % 64);
                ends.push((rank, part));
            }
            first_end.push(ends.len() as u32);
        }
        let ways = net.metric.ways(Side::In);
        let mut ranks = Vec::new();
        let mut count = 0;
        for word in 0..needed.len() {
            let mut done = 0u64;
            loop {
                let open = needed[word] & !done;
                if open == 0 {
                    break;
                }
                let bit = open.trailing_zeros();
                done |= 1 << bit;
                let rank = word as u32 * 64 + bit;
                ranks.push(rank);
                let arcs = ways.of(rank);
                count += arcs.len();
                for arc in arcs {
                    needed[arc.head as usize / 64] |= 1 << (arc.head % 64);
                }
            }
        }
        let mut place = vec![NONE; nodes];
        let mut first = Vec::with_capacity(ranks.len() + 1);
        let mut arcs = Vec::with_capacity(count);
        first.push(0);
        for (at, rank) in (0u32..).zip(ranks.iter().rev()) {
            place[*rank as usize] = at;
            arcs.extend(ways.of(*rank).iter().map(|arc| UpArc {
                head: place[arc.head as usize],
                ..*arc
            }));
            first.push(arcs.len() as u32);
        }
        for (rank, _) in &mut ends {
            *rank = place[*rank as usize];
        }
        Self {
            place,
            first,
            arcs,
            first_end,
            ends,
        }
    }
}

const NO_COST: UpArc = UpArc {
    head: 0,
    weight: 0,
    duration: 0,
    distance: 0,
};

/// So many arcs of a node are compared side by side, as each comparison has to wait for the one before.
const RIVALS: usize = 2;

/// Costs for `K` sources, part by part, so that a processor's vector unit can add and compare them at once.
#[derive(Clone, Copy)]
struct Lanes<const K: usize> {
    weight: [u32; K],
    duration: [u32; K],
    distance: [u32; K],
}

impl<const K: usize> Lanes<K> {
    const UNREACHED: Self = Self {
        weight: [Packed::UNREACHED_WEIGHT; K],
        duration: [0; K],
        distance: [0; K],
    };

    /// Takes, for each source, what is better: this, or `from` and then the arc.
    #[inline(always)]
    fn offer(&mut self, from: &Self, arc: &UpArc) {
        for k in 0..K {
            let w = from.weight[k].wrapping_add(arc.weight);
            let t = from.duration[k].wrapping_add(arc.duration);
            let d = from.distance[k].wrapping_add(arc.distance);
            let nearer = (t < self.duration[k]) | ((t == self.duration[k]) & (d < self.distance[k]));
            let better = (w < self.weight[k]) | ((w == self.weight[k]) & nearer);
            self.weight[k] = if better { w } else { self.weight[k] };
            self.duration[k] = if better { t } else { self.duration[k] };
            self.distance[k] = if better { d } else { self.distance[k] };
        }
    }
}

/// A label to be entered when the sweep comes to its place.
struct Entry {
    lane: u32,
    cost: Packed,
    /// The next entry of the same place.
    next: u32,
}

/// Scratch for the sweeps from `K` sources at a time.
pub(crate) struct Batch<const K: usize> {
    climb: Climb,
    seeds: Seeds,
    head_starts: [Packed; K],
    entries: Vec<Entry>,
    /// By place: its first entry, or [`NONE`].
    first_entry: Vec<u32>,
    labels: Vec<Lanes<K>>,
}

impl<const K: usize> Batch<K> {
    pub(crate) fn new(net: Net<'_>, targets: &Targets) -> Self {
        let places = targets.first.len() - 1;
        Self {
            climb: Climb::new(net.hierarchy()),
            seeds: Seeds::default(),
            head_starts: [Packed::ZERO; K],
            entries: Vec::new(),
            first_entry: vec![NONE; places],
            labels: vec![Lanes::UNREACHED; places],
        }
    }

    /// The costs from up to `K` sources to all targets: `write(lane, target, cost)` for each, unreached ones included.
    pub(crate) fn run(
        &mut self,
        net: Net<'_>,
        targets: &Targets,
        sources: &[Snap],
        write: impl FnMut(usize, usize, Packed),
    ) {
        self.entries.clear();
        for (lane, source) in sources.iter().enumerate().take(K) {
            self.climb(net, targets, lane, source);
        }
        sweep(targets, &self.entries, &mut self.first_entry, &mut self.labels);
        self.collect(targets, sources.len().min(K), write);
    }

    /// Walks from a source to the root and keeps the labels of all nodes that lead down to targets.
    fn climb(&mut self, net: Net<'_>, targets: &Targets, lane: usize, source: &Snap) {
        let hierarchy = net.hierarchy();
        let ways = net.metric.ways(Side::Out);
        self.seeds.set(net, source);
        self.head_starts[lane] = self.seeds.head_start;
        let mut at = self.climb.start(hierarchy, &self.seeds.list);
        while at != NONE {
            let depth = hierarchy.depth[at as usize] as usize;
            let cost = self.climb.labels[depth].cost;
            if !cost.is_unreached() {
                self.climb.relax(hierarchy, ways.of(at), depth);
                let place = targets.place[at as usize];
                if place != NONE {
                    let next =
                        std::mem::replace(&mut self.first_entry[place as usize], self.entries.len() as u32);
                    let lane = lane as u32;
                    self.entries.push(Entry { lane, cost, next });
                }
            }
            at = hierarchy.parent[at as usize];
        }
    }

    fn collect(&self, targets: &Targets, lanes: usize, mut write: impl FnMut(usize, usize, Packed)) {
        for (target, ends) in targets.first_end.windows(2).enumerate() {
            let mut best = Lanes::<K>::UNREACHED;
            for (place, part) in &targets.ends[ends[0] as usize..ends[1] as usize] {
                let (weight, duration, distance) = part.parts();
                let part = UpArc {
                    weight,
                    duration,
                    distance,
                    ..NO_COST
                };
                best.offer(&self.labels[*place as usize], &part);
            }
            for lane in 0..lanes {
                let cost = Packed::new(best.weight[lane], best.duration[lane], best.distance[lane]);
                let cost = match cost.is_unreached() {
                    true => Packed::UNREACHED,
                    false => cost - self.head_starts[lane],
                };
                write(lane, target, cost);
            }
        }
    }
}

/// Labels all places from the highest to the lowest; takes the entries from their places.
fn sweep<const K: usize>(
    targets: &Targets,
    entries: &[Entry],
    first_entry: &mut [u32],
    labels: &mut [Lanes<K>],
) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { sweep_avx512(targets, entries, first_entry, labels) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { sweep_avx2(targets, entries, first_entry, labels) };
        }
    }
    sweep_any(targets, entries, first_entry, labels);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn sweep_avx512<const K: usize>(
    targets: &Targets,
    entries: &[Entry],
    first: &mut [u32],
    labels: &mut [Lanes<K>],
) {
    sweep_any(targets, entries, first, labels);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sweep_avx2<const K: usize>(
    targets: &Targets,
    entries: &[Entry],
    first: &mut [u32],
    labels: &mut [Lanes<K>],
) {
    sweep_any(targets, entries, first, labels);
}

/// The same for every processor: the compiler makes of it what the caller's features allow.
#[inline(always)]
fn sweep_any<const K: usize>(
    targets: &Targets,
    entries: &[Entry],
    first_entry: &mut [u32],
    labels: &mut [Lanes<K>],
) {
    for (at, arcs) in targets.first.windows(2).enumerate() {
        let (done, here) = labels.split_at_mut(at);
        let here = &mut here[0];
        *here = Lanes::UNREACHED;
        let mut entry = std::mem::replace(&mut first_entry[at], NONE);
        while let Some(known) = entries.get(entry as usize) {
            let lane = known.lane as usize;
            (here.weight[lane], here.duration[lane], here.distance[lane]) = known.cost.parts();
            entry = known.next;
        }
        // A copy without any lane picked out stays in registers.
        let mut best = *here;
        let mut rivals = [Lanes::UNREACHED; RIVALS - 1];
        let mut rounds = targets.arcs[arcs[0] as usize..arcs[1] as usize].chunks_exact(RIVALS);
        for round in &mut rounds {
            best.offer(&done[round[0].head as usize], &round[0]);
            for (rival, arc) in rivals.iter_mut().zip(&round[1..]) {
                rival.offer(&done[arc.head as usize], arc);
            }
        }
        for arc in rounds.remainder() {
            best.offer(&done[arc.head as usize], arc);
        }
        for rival in &rivals {
            best.offer(rival, &NO_COST);
        }
        *here = best;
    }
}
