//! How much changes hands at which price: mass along the borders of cells by its margin.

use super::tree::Sum;

/// Steps of margins that are told apart: two to an octave below the band.
const BINS: usize = 26;

/// Mass near the border of each two neighbouring cells, by the margin (second-best less best power distance) at which it would change hands.
#[derive(Clone, Debug)]
pub(crate) struct Margins {
    /// A power of two.
    band: f64,
    slots: Vec<u32>,
    pairs: Vec<Pair>,
}

/// Two cells, the smaller number first, and what each has near the other.
#[derive(Clone, Debug)]
struct Pair {
    cells: [u32; 2],
    mass: [[f64; BINS]; 2],
    /// Mass, and mass times place, of what lies near the border; what lies nearest counts most.
    near: [f64; 3],
}

/// How much mass two neighbouring cells would exchange, as a function of how their weights change.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub cells: [u32; 2],
    /// About the middle of the common border: where what lies near it is.
    pub middle: [f64; 2],
    /// Running sums: what the first would lose, and what it would get, up to each step of the margin.
    sums: [[f64; BINS]; 2],
    band: f64,
}

impl Exchange {
    /// Largest margin of a step.
    fn edge(&self, bin: usize) -> f64 {
        let below = BINS - 1 - bin;
        self.band * (-((below / 2) as f64)).exp2() * if below % 2 == 1 { 0.75 } else { 1.0 }
    }

    /// What the first cell gains (negative: loses) if its weight rises by so much against the other's. Beyond the band as dense as within.
    pub fn gain(&self, rise: f64) -> f64 {
        let (sums, sign) = if rise >= 0.0 {
            (&self.sums[1], 1.0)
        } else {
            (&self.sums[0], -1.0)
        };
        let margin = rise.abs();
        if margin >= self.band {
            return sign * sums[BINS - 1] * margin / self.band;
        }
        let (mut low, mut before) = (0.0, 0.0);
        for (bin, sum) in sums.iter().enumerate() {
            let edge = self.edge(bin);
            if margin < edge {
                return sign * (before + (sum - before) * (margin - low) / (edge - low));
            }
            (low, before) = (edge, *sum);
        }
        sign * before
    }

    /// Gain for each km², measured over a margin within which both sides have this much mass, or the whole band.
    pub fn slope(&self, need: f64) -> f64 {
        for bin in 0..BINS {
            let both = self.sums[0][bin] + self.sums[1][bin];
            if both >= need {
                return both / (2.0 * self.edge(bin));
            }
        }
        (self.sums[0][BINS - 1] + self.sums[1][BINS - 1]) / (2.0 * self.band)
    }
}

impl Margins {
    /// Margins of 0 to about `band` are told apart.
    pub fn new(band: f64) -> Self {
        Self {
            band: if band > 0.0 {
                band.log2().ceil().exp2()
            } else {
                0.0
            },
            slots: vec![u32::MAX; 256],
            pairs: Vec::new(),
        }
    }

    /// The largest margin that is noted.
    pub fn reach(&self) -> f64 {
        self.band
    }

    fn slot(&mut self, cells: [u32; 2]) -> &mut Pair {
        if self.pairs.len() * 2 >= self.slots.len() {
            let size = self.slots.len() * 4;
            self.slots.clear();
            self.slots.resize(size, u32::MAX);
            for at in 0..self.pairs.len() {
                let free = self.find(self.pairs[at].cells);
                self.slots[free] = at as u32;
            }
        }
        let slot = self.find(cells);
        if self.slots[slot] == u32::MAX {
            self.slots[slot] = self.pairs.len() as u32;
            self.pairs.push(Pair {
                cells,
                mass: [[0.0; BINS]; 2],
                near: [0.0; 3],
            });
        }
        &mut self.pairs[self.slots[slot] as usize]
    }

    fn find(&self, cells: [u32; 2]) -> usize {
        let mask = self.slots.len() - 1;
        let hash = (u64::from(cells[0]) << 32 | u64::from(cells[1])).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut slot = (hash >> 40) as usize & mask;
        while self.slots[slot] != u32::MAX && self.pairs[self.slots[slot] as usize].cells != cells {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// A point that `owner` has and `other` would get at this margin.
    #[inline]
    pub fn note(&mut self, owner: u32, other: u32, margin: f64, sum: &Sum) {
        if margin < self.band {
            // Two steps to an octave come out of the exponent and the first bit of the fraction.
            let step = |v: f64| (v.to_bits() >> 51) as i64;
            let below = (step(self.band) - 1 - step(margin.max(0.0))).max(0);
            let bin = BINS - 1 - (below as usize).min(BINS - 1);
            let side = usize::from(owner > other);
            let nearness = self.band / (margin.max(0.0) + self.band / 64.0);
            let pair = self.slot([owner.min(other), owner.max(other)]);
            pair.mass[side][bin] += sum.mass;
            pair.near[0] += nearness * sum.mass;
            pair.near[1] += nearness * sum.moment[0];
            pair.near[2] += nearness * sum.moment[1];
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for pair in &other.pairs {
            let mine = self.slot(pair.cells);
            mine.near.iter_mut().zip(&pair.near).for_each(|(a, b)| *a += b);
            for (mine, theirs) in mine.mass.iter_mut().zip(&pair.mass) {
                mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
            }
        }
    }

    /// All that was noted.
    #[cfg(test)]
    pub fn total(&self) -> f64 {
        self.pairs.iter().flat_map(|p| p.mass).flatten().sum()
    }

    /// Every two neighbours, the smaller number first.
    pub fn pairs(&self) -> impl Iterator<Item = [u32; 2]> + '_ {
        self.pairs.iter().map(|p| p.cells)
    }

    /// Every two neighbours, with what they would exchange.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let running = |bins: &[f64; BINS]| {
            let mut sums = *bins;
            (1..BINS).for_each(|i| sums[i] += sums[i - 1]);
            sums
        };
        self.pairs
            .iter()
            .map(|pair| Exchange {
                cells: pair.cells,
                middle: [1, 2].map(|d| pair.near[d] / pair.near[0].max(1e-300)),
                sums: [running(&pair.mass[0]), running(&pair.mass[1])],
                band: self.band,
            })
            .collect()
    }
}
