//! One exact pass over all points: who is nearest to whom by power distance, and how much would change hands at which price.

use rayon::prelude::*;

use super::margins::Margins;
use super::tree::{Branch, Sum, Tree};

/// No territory.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Points to a task; fixed, so that sums are added in the same order however many threads there are.
const TASK: usize = 1 << 14;

/// Centres, and the weights of their cells in km²: a point goes where |p − c|² − w is least.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cells {
    pub centre: Vec<[f64; 2]>,
    pub weight: Vec<f64>,
}

impl Cells {
    /// How dear the place is to the cell, km².
    pub fn power(&self, cell: usize, at: [f64; 2]) -> f64 {
        let c = self.centre[cell];
        (at[0] - c[0]).powi(2) + (at[1] - c[1]).powi(2) - self.weight[cell]
    }
}

/// What a pass found.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// By cell.
    pub sums: Vec<Sum>,
    /// Σ m·(|p − c|² − w), with the price of moving taken off for those who stay.
    pub value: f64,
    pub margins: Margins,
}

impl Tally {
    pub fn new(cells: usize, band: f64) -> Self {
        Self {
            sums: vec![Sum::default(); cells],
            value: 0.0,
            margins: Margins::new(band),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| a.add(b));
        self.value += other.value;
        self.margins.merge(&other.margins);
    }
}

/// How a pass goes over the points.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pass {
    /// Margins up to this are noted, km².
    pub band: f64,
    /// What staying with the present territory is worth, km².
    pub price: f64,
}

/// One pass with sums.
pub(crate) fn tally(tree: &Tree, cells: &Cells, pass: Pass) -> Tally {
    let run = |part: u32| {
        let mut walk = Walk::new(tree, cells, pass);
        let mut tally = Tally::new(cells.centre.len(), pass.band);
        walk.go(part, &mut tally);
        tally
    };
    let parts = tree.parts(TASK);
    let mut all = match parts.as_slice() {
        [] => return Tally::new(cells.centre.len(), pass.band),
        [only] => return run(*only),
        parts => parts.par_iter().map(|part| run(*part)).collect::<Vec<_>>(),
    };
    let mut total = all.remove(0);
    all.iter().for_each(|one| total.merge(one));
    total
}

/// One pass that says who gets each point (in the tree's order).
pub(crate) fn labels(tree: &Tree, cells: &Cells, price: f64) -> Vec<u32> {
    let parts = tree.parts(TASK);
    let mut rest = vec![NOBODY; tree.len()];
    let mut slices = Vec::with_capacity(parts.len());
    let mut open = rest.as_mut_slice();
    for part in parts {
        let branch = &tree.branches[part as usize];
        let (mine, others) = open.split_at_mut((branch.to - branch.from) as usize);
        slices.push((part, branch.from as usize, mine));
        open = others;
    }
    slices.into_par_iter().for_each(|(part, from, out)| {
        let mut walk = Walk::new(tree, cells, Pass { band: 0.0, price });
        walk.go(part, &mut Naming { from, out });
    });
    rest
}

/// What is done with a whole branch of one cell, and with a point.
trait Visitor {
    fn branch(&mut self, branch: &Branch, cell: u32, centre: [f64; 2], weight: f64, price: f64);
    fn point(&mut self, index: usize, sum: Sum, best: (u32, f64), second: (u32, f64));
}

impl Visitor for Tally {
    #[inline]
    fn branch(&mut self, branch: &Branch, cell: u32, centre: [f64; 2], weight: f64, price: f64) {
        self.sums[cell as usize].add(&branch.sum);
        self.value += branch.sum.inertia(centre) - (weight + price) * branch.sum.mass;
    }

    #[inline]
    fn point(&mut self, _: usize, sum: Sum, best: (u32, f64), second: (u32, f64)) {
        self.sums[best.0 as usize].add(&sum);
        self.value += sum.mass * best.1 + sum.square;
        if second.0 != NOBODY {
            self.margins.note(best.0, second.0, second.1 - best.1, &sum);
        }
    }
}

struct Naming<'a> {
    from: usize,
    out: &'a mut [u32],
}

impl Visitor for Naming<'_> {
    fn branch(&mut self, branch: &Branch, cell: u32, _: [f64; 2], _: f64, _: f64) {
        self.out[branch.from as usize - self.from..branch.to as usize - self.from].fill(cell);
    }

    fn point(&mut self, index: usize, _: Sum, best: (u32, f64), _: (u32, f64)) {
        self.out[index - self.from] = best.0;
    }
}

/// A cell that can still matter: its centre, |c|² − w, and its number.
#[derive(Clone, Copy)]
struct Candidate {
    x: f64,
    y: f64,
    square: f64,
    cell: u32,
}

impl Candidate {
    /// Power distance less |p|².
    #[inline]
    fn value(&self, p: [f64; 2]) -> f64 {
        self.square - 2.0 * (self.x * p[0] + self.y * p[1])
    }
}

/// A way down the tree with the cells that can still matter.
struct Walk<'a> {
    tree: &'a Tree,
    pass: Pass,
    /// Margins that can matter.
    reach: f64,
    original: &'a Cells,
    /// Cells that matter, for each branch on the way down, one behind the other.
    open: Vec<Candidate>,
}

impl<'a> Walk<'a> {
    fn new(tree: &'a Tree, cells: &'a Cells, pass: Pass) -> Self {
        let mut open = Vec::with_capacity(2 * cells.centre.len() + 64);
        open.extend(
            cells
                .centre
                .iter()
                .zip(&cells.weight)
                .zip(0..)
                .map(|((c, w), cell)| Candidate {
                    x: c[0],
                    y: c[1],
                    square: c[0] * c[0] + c[1] * c[1] - w,
                    cell,
                }),
        );
        Self {
            tree,
            pass,
            // Whoever stays has the price taken off, so that another may be up to the price nearer and still not get the point.
            reach: Margins::new(pass.band).reach() + pass.price,
            original: cells,
            open,
        }
    }

    fn go(&mut self, part: u32, visitor: &mut impl Visitor) {
        if !self.open.is_empty() {
            self.down(part, 0, visitor);
        }
    }

    /// Cells from `first` on can matter in the parent, at least one; those that can in this branch are put behind them.
    fn down(&mut self, at: u32, first: usize, visitor: &mut impl Visitor) {
        let tree = self.tree;
        let branch = &tree.branches[at as usize];
        let last = self.open.len();
        let (mut best, mut least) = (self.open[first], f64::INFINITY);
        for candidate in &self.open[first..] {
            let value = candidate.value(branch.middle);
            if value < least {
                (best, least) = (*candidate, value);
            }
        }
        // Whoever is beaten by the best of the middle everywhere in the box, by more than anything that could turn it, is out.
        let slack = self.reach + least;
        for i in first..last {
            let candidate = self.open[i];
            let nearest = candidate.value(branch.middle)
                - 2.0
                    * ((candidate.x - best.x).abs() * branch.half[0]
                        + (candidate.y - best.y).abs() * branch.half[1]);
            if nearest <= slack || candidate.cell == best.cell {
                self.open.push(candidate);
            }
        }
        let sticky = self.pass.price > 0.0;
        if self.open.len() == last + 1 && !sticky {
            let (centre, weight) = (
                self.original.centre[best.cell as usize],
                self.original.weight[best.cell as usize],
            );
            visitor.branch(branch, best.cell, centre, weight, 0.0);
        } else if branch.second == 0 {
            for i in branch.from as usize..branch.to as usize {
                self.point(i, last, visitor);
            }
        } else {
            self.down(at + 1, last, visitor);
            self.down(branch.second, last, visitor);
        }
        self.open.truncate(last);
    }

    #[inline]
    fn point(&self, i: usize, first: usize, visitor: &mut impl Visitor) {
        let p = self.tree.at[i];
        let mut best = (NOBODY, f64::INFINITY);
        let mut second = (NOBODY, f64::INFINITY);
        let mut meet = |cell: u32, value: f64| {
            // Without branches: which of the two is nearer cannot be foretold.
            let (first, next) = (value < best.1, value < second.1);
            second.0 = if first {
                best.0
            } else if next {
                cell
            } else {
                second.0
            };
            second.1 = second.1.min(value.max(best.1));
            best.0 = if first { cell } else { best.0 };
            best.1 = best.1.min(value);
        };
        if self.pass.price > 0.0 {
            let current = self.tree.current.get(i).copied().unwrap_or(NOBODY);
            for candidate in &self.open[first..] {
                let stays = if candidate.cell == current {
                    self.pass.price
                } else {
                    0.0
                };
                meet(candidate.cell, candidate.value(p) - stays);
            }
        } else {
            for candidate in &self.open[first..] {
                meet(candidate.cell, candidate.value(p));
            }
        }
        visitor.point(i, Sum::of(p, self.tree.mass[i]), best, second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::noise::Noise;

    fn world(seed: u64, points: usize, cells: usize) -> (Tree, Cells) {
        let mut noise = Noise::new(seed);
        let at: Vec<[f64; 2]> = (0..points)
            .map(|_| {
                let town = noise.below(7) as f64;
                [
                    town * 13.0 + noise.unit().powi(2) * 20.0,
                    (town * 29.0) % 50.0 + noise.unit() * 15.0,
                ]
            })
            .collect();
        let mass: Vec<f64> = (0..points).map(|_| noise.unit() * 5.0).collect();
        let current: Vec<u32> = (0..points).map(|_| noise.below(cells) as u32).collect();
        let centre = (0..cells).map(|_| at[noise.below(points)]).collect();
        let weight = (0..cells).map(|_| noise.unit() * 60.0).collect();
        (Tree::build(&at, &mass, &current), Cells { centre, weight })
    }

    #[test]
    fn pruned_equals_plain() {
        for seed in 0..12 {
            let (tree, cells) = world(seed, 900, 23);
            for price in [0.0, 25.0] {
                let pass = Pass { band: 40.0, price };
                let quick = tally(&tree, &cells, pass);
                let named = labels(&tree, &cells, price);
                let mut plain = Tally::new(23, 40.0);
                let walk = Walk::new(&tree, &cells, pass);
                for i in 0..tree.len() {
                    walk.point(i, 0, &mut plain);
                }
                let mut slow = vec![0; tree.len()];
                for i in 0..tree.len() {
                    walk.point(
                        i,
                        0,
                        &mut Naming {
                            from: 0,
                            out: &mut slow,
                        },
                    );
                }
                assert_eq!(named, slow, "seed {seed}");
                assert!(
                    (quick.value - plain.value).abs() < 1e-6 * plain.value.abs(),
                    "seed {seed}"
                );
                for (a, b) in quick.sums.iter().zip(&plain.sums) {
                    assert!((a.mass - b.mass).abs() < 1e-6, "seed {seed}");
                }
                let total = |t: &Tally| -> f64 { t.margins.total() };
                assert!(
                    (total(&quick) - total(&plain)).abs() < 1e-6,
                    "seed {seed}: margins"
                );
            }
        }
    }

    #[test]
    fn exchanges_foretell_loads() {
        for seed in 0..8 {
            let (tree, mut cells) = world(seed, 4000, 12);
            let pass = Pass {
                band: 200.0,
                price: 0.0,
            };
            let before = tally(&tree, &cells, pass);
            for rise in [1.5, -1.5, 6.0, -6.0, 24.0, -24.0] {
                let foretold: f64 = before
                    .margins
                    .exchanges()
                    .iter()
                    .filter(|e| e.cells.contains(&3))
                    .map(|e| {
                        if e.cells[0] == 3 {
                            e.gain(rise)
                        } else {
                            -e.gain(-rise)
                        }
                    })
                    .sum();
                cells.weight[3] += rise;
                let after = tally(&tree, &cells, pass);
                cells.weight[3] -= rise;
                let gained = after.sums[3].mass - before.sums[3].mass;
                // What a third cell comes to have a say in is not foretold.
                let room = if rise.abs() < 10.0 { 1e-6 } else { 0.25 };
                assert!(
                    (foretold - gained).abs() <= room * (1.0 + gained.abs()),
                    "seed {seed}, rise {rise}: foretold {foretold}, gained {gained}"
                );
            }
        }
    }

    #[test]
    fn same_bytes_on_any_number_of_threads() {
        let (tree, cells) = world(5, 60_000, 40);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let t = pool.install(|| {
                tally(
                    &tree,
                    &cells,
                    Pass {
                        band: 4.0,
                        price: 0.0,
                    },
                )
            });
            (
                t.value.to_bits(),
                t.sums.iter().map(|s| s.mass.to_bits()).collect::<Vec<_>>(),
            )
        };
        assert_eq!(run(1), run(4));
    }
}
