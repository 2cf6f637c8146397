//! The smallest cut between the far ends of a cell, in several directions: inertial flow by Dinic's algorithm.

use super::cell::Cell;

/// Directions in which the far ends are sought, as factors for east and north.
const DIRECTIONS: [[f32; 2]; 4] = [[1.0, 0.0], [0.0, 1.0], [0.7, 0.7], [0.7, -0.7]];

/// Each far end holds this share of the junctions: no side of a cut is smaller.
const SHARE: f64 = 0.25;

/// Not labelled in this phase.
const FAR: u32 = u32::MAX;

/// Scratch memory for the flows in one cell.
pub(super) struct Flow {
    /// By half segment: what flows out over it, negative for in.
    flow: Vec<i8>,
    level: Vec<u32>,
    /// By junction: the half segment to be tried next.
    cursor: Vec<u32>,
    queue: Vec<u32>,
    path: Vec<u32>,
    role: Vec<Role>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Between,
    Source,
    Sink,
}

impl Flow {
    pub(super) fn new(cell: &Cell) -> Self {
        Self {
            flow: vec![0; cell.halves.len()],
            level: vec![FAR; cell.len()],
            cursor: vec![0; cell.len()],
            queue: Vec::with_capacity(cell.len()),
            path: Vec::new(),
            role: vec![Role::Between; cell.len()],
        }
    }

    /// For each junction the side it is on. Both sides have junctions. Of all directions the cut that is
    /// smallest for the smaller of its sides.
    pub(super) fn best_cut(&mut self, places: &[[f32; 2]], cell: &Cell) -> Vec<bool> {
        let count = cell.len();
        let pinned = ((count as f64 * SHARE) as usize).max(1);
        let mut best: Option<(u32, usize, Vec<bool>)> = None;
        let mut keys: Vec<(f32, u32)> = Vec::with_capacity(count);
        for [east, north] in DIRECTIONS {
            keys.clear();
            keys.extend((0u32..).zip(&cell.junctions).map(|(i, junction)| {
                let [x, y] = places[*junction as usize];
                (x * east + y * north, i)
            }));
            let by_key = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            keys.select_nth_unstable_by(pinned - 1, by_key);
            if count > 2 * pinned {
                keys[pinned..].select_nth_unstable_by(count - 2 * pinned, by_key);
            }
            self.role.fill(Role::Between);
            keys[..pinned]
                .iter()
                .for_each(|(_, i)| self.role[*i as usize] = Role::Source);
            keys[count - pinned..]
                .iter()
                .for_each(|(_, i)| self.role[*i as usize] = Role::Sink);
            // More than this cannot be better, however well balanced.
            let most = best.as_ref().map_or(u32::MAX, |(size, smaller, _)| {
                (u64::from(*size) * (count as u64 / 2) / *smaller as u64) as u32
            });
            let Some(size) = self.run(cell, &keys[..pinned], most) else {
                continue;
            };
            let (side, smaller) = self.side(cell, &keys[count - pinned..]);
            let better = best
                .as_ref()
                .is_none_or(|(s, n, _)| u64::from(size) * (*n as u64) < u64::from(*s) * smaller as u64);
            if better {
                best = Some((size, smaller, side));
            }
        }
        match best {
            Some((_, _, side)) => side,
            // Cannot be: the first direction has no bound.
            None => (0..count).map(|i| i < count / 2).collect(),
        }
    }

    /// The largest flow from sources to sinks; `None` once it exceeds `most`.
    fn run(&mut self, cell: &Cell, sources: &[(f32, u32)], most: u32) -> Option<u32> {
        self.flow.fill(0);
        let mut size = 0;
        while self.find_levels(cell, sources) {
            for junction in 0..cell.len() {
                self.cursor[junction] = cell.first[junction];
            }
            for (_, source) in sources {
                while self.augment(cell, *source) {
                    size += 1;
                    if size > most {
                        return None;
                    }
                }
            }
        }
        Some(size)
    }

    /// Distances from the sources over segments with room; true if a sink is reached.
    fn find_levels(&mut self, cell: &Cell, sources: &[(f32, u32)]) -> bool {
        self.level.fill(FAR);
        self.queue.clear();
        for (_, source) in sources {
            self.level[*source as usize] = 0;
            self.queue.push(*source);
        }
        let (mut at, mut last) = (0, FAR);
        while let Some(tail) = self.queue.get(at).copied() {
            at += 1;
            let level = self.level[tail as usize];
            if level >= last {
                break;
            }
            for i in cell.halves_at(tail) {
                let half = cell.halves[i];
                if self.level[half.head as usize] == FAR && self.flow[i] < half.capacity as i8 {
                    self.level[half.head as usize] = level + 1;
                    if self.role[half.head as usize] == Role::Sink {
                        last = level + 1;
                    }
                    self.queue.push(half.head);
                }
            }
        }
        last != FAR
    }

    /// Sends one unit from a source to any sink along rising levels.
    fn augment(&mut self, cell: &Cell, source: u32) -> bool {
        self.path.clear();
        let mut tail = source;
        loop {
            let end = cell.first[tail as usize + 1];
            let next = (self.cursor[tail as usize]..end).find(|i| {
                let half = cell.halves[*i as usize];
                self.level[half.head as usize] == self.level[tail as usize] + 1
                    && self.flow[*i as usize] < half.capacity as i8
            });
            self.cursor[tail as usize] = next.unwrap_or(end);
            if let Some(i) = next {
                let head = cell.halves[i as usize].head;
                self.path.push(i);
                if self.role[head as usize] == Role::Sink {
                    break;
                }
                tail = head;
            } else {
                let Some(back) = self.path.pop() else { return false };
                let before = cell.halves[cell.halves[back as usize].twin as usize].head;
                self.cursor[before as usize] += 1;
                tail = before;
            }
        }
        for i in &self.path {
            self.flow[*i as usize] += 1;
            self.flow[cell.halves[*i as usize].twin as usize] -= 1;
        }
        true
    }

    /// After [`Flow::run`]: of the two smallest cuts, next to the sources and next to the sinks, the more even one,
    /// and how many junctions its smaller side has.
    fn side(&mut self, cell: &Cell, sinks: &[(f32, u32)]) -> (Vec<bool>, usize) {
        let near_sources: Vec<bool> = self.level.iter().map(|level| *level != FAR).collect();
        let mut near_sinks = vec![false; cell.len()];
        self.queue.clear();
        for (_, sink) in sinks {
            near_sinks[*sink as usize] = true;
            self.queue.push(*sink);
        }
        while let Some(head) = self.queue.pop() {
            for i in cell.halves_at(head) {
                let half = cell.halves[i];
                let towards = self.flow[half.twin as usize];
                if !near_sinks[half.head as usize] && towards < half.capacity as i8 {
                    near_sinks[half.head as usize] = true;
                    self.queue.push(half.head);
                }
            }
        }
        let smaller = |side: &[bool]| {
            let count = side.iter().filter(|s| **s).count();
            count.min(cell.len() - count)
        };
        let (a, b) = (smaller(&near_sources), smaller(&near_sinks));
        match a >= b {
            true => (near_sources, a),
            false => (near_sinks, b),
        }
    }
}
