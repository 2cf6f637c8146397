//! From many places to many: the part of the hierarchy that leads down to the targets is cut out once, then swept for
//! several sources at a time (RPHAST; Delling, Goldberg, Werneck: Faster Batched Shortest Paths in Road
//! Networks, 2011).

use super::lanes::{LANES, Lanes, Plain, Register, best_of};
use super::{Net, Seeds};
use crate::cost::Packed;
use crate::format::NONE;
use crate::hierarchy::{Side, UpArc, Ways};
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
    /// Heads are places of nodes, costs those from its start.
    ends: Vec<UpArc>,
    /// Segment and number of each target, sorted.
    segments: Vec<(u32, u32)>,
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
                let (weight, duration, distance) = part.parts();
                ends.push(UpArc {
                    head: rank,
                    weight,
                    duration,
                    distance,
                });
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
        for end in &mut ends {
            end.head = place[end.head as usize];
        }
        let mut segments: Vec<(u32, u32)> = (0u32..).zip(snaps).map(|(i, snap)| (snap.segment, i)).collect();
        segments.sort_unstable();
        Self {
            place,
            first,
            arcs,
            first_end,
            ends,
            segments,
        }
    }

    /// The targets that lie on a segment.
    pub(crate) fn on_segment(&self, segment: u32) -> impl Iterator<Item = usize> + '_ {
        let first = self.segments.partition_point(|(s, _)| *s < segment);
        let here = self.segments[first..]
            .iter()
            .take_while(move |(s, _)| *s == segment);
        here.map(|(_, target)| *target as usize)
    }
}

/// Scratch for the sweeps from [`LANES`] sources at a time.
pub(crate) struct Batch {
    seeds: Seeds,
    head_starts: Lanes,
    /// The nodes above all sources of the batch, rising, and their labels.
    above: Vec<u32>,
    climbed: Vec<Lanes>,
    /// By rank: the node's place in `above`, or [`NONE`].
    place_above: Vec<u32>,
    /// By place among those that lead to targets: the place in `above`, or [`NONE`].
    entry: Vec<u32>,
    labels: Vec<Lanes>,
    /// By target.
    found: Vec<Lanes>,
}

/// What stands for the duration and distance where no way leads.
pub(crate) const NO_WAY: u32 = u32::MAX;

impl Batch {
    pub(crate) fn new(net: Net<'_>, targets: &Targets) -> Self {
        let places = targets.first.len() - 1;
        Self {
            seeds: Seeds::default(),
            head_starts: Lanes::UNREACHED,
            above: Vec::new(),
            climbed: Vec::new(),
            place_above: vec![NONE; net.hierarchy().nodes()],
            entry: vec![NONE; places],
            labels: vec![Lanes::UNREACHED; places],
            found: vec![Lanes::UNREACHED; targets.first_end.len() - 1],
        }
    }

    /// Durations and distances from up to [`LANES`] sources to all targets, row by row; [`NO_WAY`] where no way leads. Not
    /// right for targets on a source's own segment, which may lie behind it.
    pub(crate) fn run(
        &mut self,
        net: Net<'_>,
        targets: &Targets,
        sources: &[Snap],
        durations: &mut [&mut [u32]],
        distances: &mut [&mut [u32]],
    ) {
        self.begin(net, targets, sources);
        sweep(net.metric.ways(Side::Out), targets, self);
        for rank in &self.above {
            self.place_above[*rank as usize] = NONE;
        }
        // Some targets at a time, so that what is read for one row is still at hand for the next.
        const AT_ONCE: usize = 64;
        for (block, found) in self.found.chunks(AT_ONCE).enumerate() {
            let rows = durations.iter_mut().zip(distances.iter_mut());
            for (lane, (durations, distances)) in rows.enumerate().take(LANES) {
                let start = block * AT_ONCE;
                let cells = durations[start..].iter_mut().zip(&mut distances[start..]);
                for ((duration, distance), best) in cells.zip(found) {
                    *duration = best.duration[lane];
                    *distance = best.distance[lane];
                }
            }
        }
    }

    /// Finds the nodes above the sources and labels those the sources lie on.
    fn begin(&mut self, net: Net<'_>, targets: &Targets, sources: &[Snap]) {
        let hierarchy = net.hierarchy();
        self.above.clear();
        for source in sources.iter().take(LANES) {
            for (edge, _) in source.sides(net) {
                let mut at = hierarchy.rank_of[edge as usize];
                while at != NONE && self.place_above[at as usize] == NONE {
                    self.place_above[at as usize] = 0;
                    self.above.push(at);
                    at = hierarchy.parent[at as usize];
                }
            }
        }
        self.above.sort_unstable();
        for (at, rank) in (0u32..).zip(&self.above) {
            self.place_above[*rank as usize] = at;
            let place = targets.place[*rank as usize];
            if place != NONE {
                self.entry[place as usize] = at;
            }
        }
        self.climbed.clear();
        self.climbed.resize(self.above.len(), Lanes::UNREACHED);
        for (lane, source) in sources.iter().enumerate().take(LANES) {
            self.seeds.set(net, source);
            let starts = &mut self.head_starts;
            (starts.weight[lane], starts.duration[lane], starts.distance[lane]) =
                self.seeds.head_start.parts();
            for (rank, cost) in &self.seeds.list {
                let label = &mut self.climbed[self.place_above[*rank as usize] as usize];
                (label.weight[lane], label.duration[lane], label.distance[lane]) = cost.parts();
            }
        }
    }
}

/// Labels all nodes above the sources upwards, then all places from the highest to the lowest, then all targets.
fn sweep(up: &Ways, targets: &Targets, batch: &mut Batch) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { sweep_avx512(up, targets, batch) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { sweep_avx2(up, targets, batch) };
        }
    }
    sweep_with::<Plain>(up, targets, batch);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn sweep_avx512(up: &Ways, targets: &Targets, batch: &mut Batch) {
    sweep_with::<super::lanes::Wide>(up, targets, batch);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sweep_avx2(up: &Ways, targets: &Targets, batch: &mut Batch) {
    sweep_with::<Plain>(up, targets, batch);
}

/// The same for every processor: the compiler makes of it what the caller's features allow.
#[inline(always)]
fn sweep_with<S: Register>(up: &Ways, targets: &Targets, batch: &mut Batch) {
    let Batch {
        above,
        climbed,
        place_above,
        entry,
        labels,
        found,
        head_starts,
        ..
    } = batch;
    for (at, rank) in above.iter().enumerate() {
        let (done, higher) = climbed.split_at_mut(at + 1);
        for arc in up.of(*rank) {
            // All higher neighbours of a node are above it in the tree, so they are here.
            let head = place_above[arc.head as usize] as usize;
            if let Some(label) = higher.get_mut(head.wrapping_sub(at + 1)) {
                *label = S::load(label).offer(&done[at], arc).store();
            }
        }
    }
    for (at, arcs) in targets.first.windows(2).enumerate() {
        let (done, here) = labels.split_at_mut(at);
        let here = &mut here[0];
        let entry = std::mem::replace(&mut entry[at], NONE);
        *here = climbed.get(entry as usize).copied().unwrap_or(Lanes::UNREACHED);
        *here = best_of::<S>(here, done, &targets.arcs[arcs[0] as usize..arcs[1] as usize]);
    }
    for (best, ends) in found.iter_mut().zip(targets.first_end.windows(2)) {
        let ends = &targets.ends[ends[0] as usize..ends[1] as usize];
        let reached = best_of::<S>(&Lanes::UNREACHED, labels, ends);
        for k in 0..LANES {
            let is_reached = reached.weight[k] < Packed::UNREACHED_WEIGHT;
            let duration = reached.duration[k].wrapping_sub(head_starts.duration[k]);
            let distance = reached.distance[k].wrapping_sub(head_starts.distance[k]);
            best.duration[k] = if is_reached { duration } else { NO_WAY };
            best.distance[k] = if is_reached { distance } else { NO_WAY };
        }
    }
}
