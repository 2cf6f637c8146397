//! Where the centres go: several starts, Lloyd steps with loose balance, and random swaps of centres, on a coarsened map.
//!
//! A balanced centroidal power diagram is a local optimum of the sum of squared distances under equal loads (Cohen-Addad, Klein and Young
//! 2018); which local optimum, the search decides.

use super::combine::{MOST_COMBINED, are_alike, search_combined};
use super::lifts::lift_for;
use super::newton::{Effort, Priced, balance, imbalance, keep_borders};
use super::noise::Noise;
use super::rings::{LEAST, MOST, search_rings};
use super::starts::{bisected, drawn};
use super::sweep::{Cells, Pass, Tally, tally};
use super::tree::{Sum, Tree};

/// Where a centre may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Anchor {
    /// At the centre of mass of its cell.
    Free,
    /// Here and nowhere else.
    Pinned([f64; 2]),
    /// Between the centre of mass and this place, which counts as much as that many times the cell's mass.
    Pulled([f64; 2], f64),
}

impl Anchor {
    pub fn settle(self, centroid: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Free => centroid,
            Self::Pinned(home) => home,
            Self::Pulled(home, by) => [0, 1].map(|d| (centroid[d] + by * home[d]) / (1.0 + by)),
        }
    }

    pub fn home(self) -> Option<[f64; 2]> {
        match self {
            Self::Free => None,
            Self::Pinned(home) | Self::Pulled(home, _) => Some(home),
        }
    }
}

/// Points, what is fixed about the cells, and what they are to hold.
#[derive(Clone, Debug)]
pub(crate) struct Ground<'a> {
    pub tree: &'a Tree,
    /// What each cell is to hold.
    pub targets: &'a [f64],
    pub anchors: &'a [Anchor],
    /// Locked points, which are not in the tree but count in their cell.
    pub fixed: &'a [Sum],
    /// What staying is worth, km².
    pub price: f64,
    /// Typical squared size of a cell, km².
    pub scale: f64,
}

impl Ground<'_> {
    pub fn tally(&self, cells: &Cells, band: f64) -> Tally {
        let pass = Pass {
            band,
            price: self.price,
        };
        let mut found = tally(self.tree, cells, pass);
        for (k, fixed) in self.fixed.iter().enumerate() {
            if fixed.mass > 0.0 {
                found.sums[k].add(fixed);
                found.value += fixed.inertia(cells.centre[k]) - cells.weight[k] * fixed.mass;
            }
        }
        found
    }

    /// With centres fixed.
    pub fn at<'b>(&'b self, centre: &'b [[f64; 2]]) -> Standing<'b> {
        Standing { ground: self, centre }
    }
}

/// A ground with centres.
pub(crate) struct Standing<'a> {
    ground: &'a Ground<'a>,
    centre: &'a [[f64; 2]],
}

impl Priced for Standing<'_> {
    fn tally(&self, weights: &[f64], band: f64) -> Tally {
        let cells = Cells {
            centre: self.centre.to_vec(),
            weight: weights.to_vec(),
        };
        self.ground.tally(&cells, band)
    }

    fn lift(&self, weights: &[f64], cells: &[usize], wanted: f64) -> Option<f64> {
        let all = Cells {
            centre: self.centre.to_vec(),
            weight: weights.to_vec(),
        };
        lift_for(self.ground.tree, &all, cells, wanted, self.ground.price)
    }
}

/// Cells and how good they are.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub cells: Cells,
    /// Φ at these cells; smaller is a more compact plan.
    pub value: f64,
    pub tally: Tally,
}

impl Found {
    /// Largest |load − target| / target.
    pub fn imbalance(&self, targets: &[f64]) -> f64 {
        imbalance(self.tally.sums.iter().map(|s| s.mass), targets)
    }
}

/// A swap on the whole map that comes out at no more than this times the best is followed further.
pub(crate) const NEAR: f64 = 1.006;

/// Rings are cut where no cell is further off its target than this share of it.
const EVEN: f64 = 0.3;

/// A plan with more than this share in the wrong cells is charged for it: Φ is a lower bound and flatters it.
const LOOSE: f64 = 0.03;

/// So is one with a cell that is off its target by more than this share of it, which among many cells is little of the whole.
const POOR: f64 = 0.5;

/// Lloyd steps with loose balance: weights for the centres, then centres for the cells, and weights once more.
pub(crate) fn settle(ground: &Ground, mut cells: Cells, steps: usize, noted: &mut usize) -> Found {
    let mut trust = ground.scale * 0.1;
    for step in 0..=steps {
        trust = trust.clamp(ground.scale * 0.03, ground.scale * 0.3);
        let centre = cells.centre.clone();
        // Centres that move far from balance run away: dense cells shrink and sparse ones grow, as in plain k-means.
        let effort = Effort {
            passes: if step == steps { 12 } else { 8 },
            tolerance: 0.0,
            amiss: 0.012,
            patience: 3,
            gain: 5e-4,
        };
        let balanced = balance(
            &ground.at(&centre),
            &mut cells.weight,
            ground.targets,
            &mut trust,
            effort,
        );
        *noted += balanced.passes;
        if step == steps {
            let charge =
                1.0 + (balanced.amiss - LOOSE).max(0.0) * 10.0 + (balanced.imbalance - POOR).max(0.0);
            let inertia: f64 = balanced
                .tally
                .sums
                .iter()
                .zip(&cells.centre)
                .map(|(s, c)| s.inertia(*c))
                .sum();
            // Far from balance Φ may even be less than nothing.
            let value = if charge > 1.0 {
                balanced.value.max(inertia) * charge
            } else {
                balanced.value
            };
            return Found {
                value,
                cells,
                tally: balanced.tally,
            };
        }
        follow(&mut cells, &balanced.tally, ground.targets, ground.anchors);
        feed(&mut cells, &balanced.tally, ground);
    }
    unreachable!("the last step returns")
}

/// Moves every centre to the middle of its cell. A cell far from its centre has a large weight, with which it would swallow its neighbours
/// once it is near; so the weight follows, such that the mean power distance of the cell's points stays what it was.
pub(crate) fn recentre(cells: &mut Cells, sums: &[Sum], anchors: &[Anchor]) {
    for (k, sum) in sums.iter().enumerate() {
        let Some(middle) = sum.centroid() else { continue };
        let (old, new) = (cells.centre[k], anchors[k].settle(middle));
        let square = |c: [f64; 2]| (middle[0] - c[0]).powi(2) + (middle[1] - c[1]).powi(2);
        cells.weight[k] += square(new) - square(old);
        cells.centre[k] = new;
    }
}

/// [`recentre`], with weights that keep the borders. Where dense and empty land meet, a small cell lies beside one a hundred times as wide; when
/// that one's centre moves, the small one would be swallowed, and among many cells no number of Newton steps would make up for it.
pub(crate) fn follow(cells: &mut Cells, tally: &Tally, targets: &[f64], anchors: &[Anchor]) {
    let before = cells.clone();
    recentre(cells, &tally.sums, anchors);
    let by = keep_borders(tally, targets, [&before, cells]);
    cells.weight.iter_mut().zip(by).for_each(|(w, by)| *w += by);
}

/// Gives cells that hold next to nothing a weight with which they win their own centre.
fn feed(cells: &mut Cells, tally: &Tally, ground: &Ground) {
    for k in 0..cells.centre.len() {
        if tally.sums[k].mass >= 0.02 * ground.targets[k] {
            continue;
        }
        let at = cells.centre[k];
        let best = (0..cells.centre.len())
            .filter(|l| *l != k)
            .map(|l| {
                let c = cells.centre[l];
                (at[0] - c[0]).powi(2) + (at[1] - c[1]).powi(2) - cells.weight[l]
            })
            .fold(f64::INFINITY, f64::min);
        if best.is_finite() {
            cells.weight[k] = cells.weight[k].max(0.03 * ground.scale - best);
        }
    }
}

/// The best cells that a number of passes finds.
pub(crate) fn search(ground: &Ground, passes: usize, noise: &mut Noise) -> Found {
    let k = ground.targets.len();
    let homes: Vec<Option<[f64; 2]>> = ground.anchors.iter().map(|a| a.home()).collect();
    let mut used = 0;
    let begin = |mut centre: Vec<[f64; 2]>| {
        place_homes(&mut centre, &homes);
        Cells {
            weight: vec![0.0; k],
            centre,
        }
    };
    let start = |noted: &mut usize, centre: Vec<[f64; 2]>| settle(ground, begin(centre), 5, noted);
    let mut best = start(&mut used, bisected(ground.tree, ground.targets, 0.0));
    while used < passes / 6 && ground.tree.len() * k < 20_000_000 {
        // Drawn centres lie far from balance where there are many of them.
        let centre = if k <= 20 && noise.below(2) == 0 {
            drawn(ground.tree, k, noise)
        } else {
            bisected(ground.tree, ground.targets, noise.unit() * std::f64::consts::TAU)
        };
        let other = start(&mut used, centre);
        if other.value < best.value {
            best = other;
        }
    }
    best = better(settle(ground, best.cells.clone(), 6, &mut used), best);
    if k < 3 || homes.iter().all(Option::is_some) {
        return better(settle(ground, best.cells.clone(), 12, &mut used), best);
    }
    if (LEAST..=MOST).contains(&k) {
        // Rings are cut from a plan that is about balanced; with empty land in it the first steps may not have come so far.
        best = evened(ground, best, &mut used);
        if k <= MOST_COMBINED && are_alike(ground) {
            best = search_combined(ground, best, passes, &mut used, noise);
        }
        best = search_rings(ground, best, passes, &mut used, noise);
    }
    while used < passes {
        best = try_swap(ground, best, &homes, NEAR, &mut used, noise);
    }
    better(settle(ground, best.cells.clone(), 6, &mut used), best)
}

/// Settled on until it is about balanced, if that can be.
pub(crate) fn evened(ground: &Ground, mut found: Found, used: &mut usize) -> Found {
    for _ in 0..8 {
        if found.imbalance(ground.targets) < EVEN {
            break;
        }
        found = settle(ground, found.cells, 4, used);
    }
    found
}

/// A swap of centres, settled; further where it comes out at no more than `near` times the best. The better of the two.
pub(crate) fn try_swap(
    ground: &Ground,
    best: Found,
    homes: &[Option<[f64; 2]>],
    near: f64,
    used: &mut usize,
    noise: &mut Noise,
) -> Found {
    let mut tried = settle(ground, swap(&best, homes, noise), 3, used);
    if tried.value < best.value * near {
        tried = better(settle(ground, tried.cells.clone(), 4, used), tried);
    }
    if tried.value < best.value { tried } else { best }
}

pub(crate) fn better(a: Found, b: Found) -> Found {
    if a.value <= b.value { a } else { b }
}

/// Takes a centre from where there is little distance to gain and puts it beside one where there is much.
fn swap(best: &Found, homes: &[Option<[f64; 2]>], noise: &mut Noise) -> Cells {
    let k = homes.len();
    let inertia: Vec<f64> = (0..k)
        .map(|i| best.tally.sums[i].inertia(best.cells.centre[i]))
        .collect();
    let free: Vec<usize> = (0..k).filter(|i| homes[*i].is_none()).collect();
    let draw = |noise: &mut Noise, more: bool| {
        let mut pick = free[noise.below(free.len())];
        for _ in 0..2 {
            let other = free[noise.below(free.len())];
            if (inertia[other] > inertia[pick]) == more {
                pick = other;
            }
        }
        pick
    };
    let gone = draw(noise, false);
    let mut split = draw(noise, true);
    if split == gone {
        split = noise.below(k);
    }
    let mut cells = best.cells.clone();
    let radius = (inertia[split] / best.tally.sums[split].mass.max(1e-300)).sqrt() * 0.7;
    let (sin, cos) = (noise.unit() * std::f64::consts::TAU).sin_cos();
    let [x, y] = best.cells.centre[split];
    cells.centre[gone] = [x + radius * cos, y + radius * sin];
    cells.weight[gone] = cells.weight[split];
    if homes[split].is_none() && split != gone {
        cells.centre[split] = [x - radius * cos, y - radius * sin];
    }
    cells
}

/// Gives every home the nearest centre that is still free, so that the others stay well spread.
fn place_homes(centre: &mut [[f64; 2]], homes: &[Option<[f64; 2]>]) {
    let mut open: Vec<usize> = (0..centre.len()).collect();
    for (seat, home) in homes.iter().enumerate() {
        let Some(home) = home else { continue };
        let nearest = open
            .iter()
            .copied()
            .min_by(|a, b| {
                let d = |i: usize| (centre[i][0] - home[0]).powi(2) + (centre[i][1] - home[1]).powi(2);
                d(*a).total_cmp(&d(*b))
            })
            .expect("as many centres as seats");
        // The seat's own centre goes where it made room.
        centre[nearest] = centre[seat];
        centre[seat] = *home;
        open.retain(|i| *i != seat);
    }
}
