//! What cells have to be lifted by to get what they lack: the points that would come first are found without a look at all others.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::sweep::{Cells, NOBODY};
use super::tree::Tree;

/// A point of another cell: the lift with which it would come, and its mass.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Comer {
    lift: f64,
    mass: f64,
    index: usize,
}

impl Eq for Comer {}

impl Ord for Comer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.lift
            .total_cmp(&other.lift)
            .then(self.index.cmp(&other.index))
    }
}

impl PartialOrd for Comer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The least lift of these cells, all by as much, with which points of others of this mass in sum come to them; nothing if others have less.
/// `price` is what staying with the present territory is worth to a point.
pub(crate) fn lift_for(tree: &Tree, cells: &Cells, lifted: &[usize], wanted: f64, price: f64) -> Option<f64> {
    if tree.branches.is_empty() {
        return None;
    }
    let mut is_lifted = vec![false; cells.centre.len()];
    lifted.iter().for_each(|k| is_lifted[*k] = true);
    let all = 0..cells.centre.len() as u32;
    let (mine, others): (Vec<u32>, Vec<u32>) = all.partition(|k| is_lifted[*k as usize]);
    let mut search = Search {
        tree,
        cells,
        price,
        wanted,
        first: BinaryHeap::new(),
        mass: 0.0,
    };
    if !mine.is_empty() && !others.is_empty() {
        let start = search.look(0, &mine, &others);
        search.down(0, start);
    }
    let enough = search.mass >= wanted;
    search.first.peek().filter(|_| enough).map(|last| last.lift)
}

/// What can matter in a branch.
struct Look {
    mine: Vec<u32>,
    others: Vec<u32>,
    /// No point of the branch comes with less.
    least: f64,
}

struct Search<'a> {
    tree: &'a Tree,
    cells: &'a Cells,
    price: f64,
    wanted: f64,
    /// Those that come first of all seen, the last of them on top; without it they are less than is wanted.
    first: BinaryHeap<Comer>,
    /// Their mass.
    mass: f64,
}

impl Search<'_> {
    /// The cells that can be the nearest of their sort somewhere in a branch, out of those that can in its parent.
    fn look(&self, branch: usize, mine: &[u32], others: &[u32]) -> Look {
        let branch = &self.tree.branches[branch];
        let value = |k: u32| self.cells.power(k as usize, branch.middle);
        // How much less the one is than the other at most, somewhere in the box, against how it is in the middle.
        let swing = |a: u32, b: u32| {
            let (a, b) = (self.cells.centre[a as usize], self.cells.centre[b as usize]);
            2.0 * ((a[0] - b[0]).abs() * branch.half[0] + (a[1] - b[1]).abs() * branch.half[1])
        };
        let nearest = |of: &[u32]| {
            let least = |a: &u32, b: &u32| value(*a).total_cmp(&value(*b)).then(a.cmp(b));
            of.iter().copied().min_by(least).unwrap_or(NOBODY)
        };
        let narrowed = |of: &[u32], slack: f64| -> (u32, Vec<u32>) {
            let best = nearest(of);
            let can = |k: &u32| *k == best || value(*k) - swing(*k, best) <= value(best) + slack;
            (best, of.iter().copied().filter(can).collect())
        };
        let (_, mine) = narrowed(mine, 0.0);
        // Whoever stays has the price taken off, so that another may be up to the price nearer and still not have the point.
        let (rival, others) = narrowed(others, self.price);
        let least = mine
            .iter()
            .map(|k| value(*k) - value(rival) - swing(*k, rival))
            .fold(f64::INFINITY, f64::min);
        Look { mine, others, least }
    }

    /// Whether nobody who comes with this or more is among the first.
    fn is_late(&self, lift: f64) -> bool {
        self.mass >= self.wanted && self.first.peek().is_some_and(|last| lift > last.lift)
    }

    fn down(&mut self, at: usize, look: Look) {
        // What is rounded off must not decide.
        if self.is_late(look.least - 1e-9 * look.least.abs()) {
            return;
        }
        let branch = &self.tree.branches[at];
        if branch.second == 0 {
            for i in branch.from as usize..branch.to as usize {
                self.point(i, &look);
            }
            return;
        }
        let second = branch.second as usize;
        let mut children = [at + 1, second].map(|child| (child, self.look(child, &look.mine, &look.others)));
        // The sooner those that come first are found, the more is left out.
        if children[1].1.least < children[0].1.least {
            children.swap(0, 1);
        }
        for (child, look) in children {
            self.down(child, look);
        }
    }

    fn point(&mut self, index: usize, look: &Look) {
        let at = self.tree.at[index];
        let current = self.tree.current.get(index).copied().unwrap_or(NOBODY);
        let value = |k: u32| self.cells.power(k as usize, at);
        let bonus = |k: u32| if k == current { self.price } else { 0.0 };
        let least =
            |of: &[u32], with: &dyn Fn(u32) -> f64| of.iter().map(|k| with(*k)).fold(f64::INFINITY, f64::min);
        let own = least(&look.others, &|k| value(k) - bonus(k));
        // It is theirs already.
        if least(&look.mine, &|k| value(k) - bonus(k)) < own {
            return;
        }
        let lift = least(&look.mine, &value) - own;
        if self.is_late(lift) {
            return;
        }
        let mass = self.tree.mass[index];
        self.first.push(Comer { lift, mass, index });
        self.mass += mass;
        while let Some(last) = self.first.peek()
            && self.mass - last.mass >= self.wanted
        {
            self.mass -= last.mass;
            self.first.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::noise::Noise;

    /// A look at all points.
    fn plain(tree: &Tree, cells: &Cells, lifted: &[usize], wanted: f64, price: f64) -> Option<f64> {
        let owners = crate::design::sweep::labels(tree, cells, price);
        let mut all: Vec<(f64, f64)> = (0..tree.len())
            .filter(|i| !lifted.contains(&(owners[*i] as usize)))
            .map(|i| {
                let stays = tree.current.get(i).is_some_and(|c| *c == owners[i]);
                let own = cells.power(owners[i] as usize, tree.at[i]) - if stays { price } else { 0.0 };
                let best = lifted.iter().map(|k| cells.power(*k, tree.at[i]));
                (best.fold(f64::INFINITY, f64::min) - own, tree.mass[i])
            })
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut mass = 0.0;
        all.into_iter().find_map(|(lift, m)| {
            mass += m;
            (mass >= wanted).then_some(lift)
        })
    }

    #[test]
    fn the_lift_is_the_one_that_a_look_at_all_points_finds() {
        for seed in 0..60 {
            let mut noise = Noise::new(seed);
            let at: Vec<[f64; 2]> = (0..1500)
                .map(|_| {
                    let town = noise.below(5) as f64;
                    [town * 17.0 + noise.unit().powi(3) * 25.0, noise.unit() * 40.0]
                })
                .collect();
            let mass: Vec<f64> = (0..at.len()).map(|_| 0.5 + noise.unit()).collect();
            let current: Vec<u32> = (0..at.len()).map(|_| noise.below(14) as u32).collect();
            let centre = (0..14).map(|_| at[noise.below(at.len())]).collect();
            let weight = (0..14).map(|_| noise.unit() * 90.0).collect();
            let (tree, cells) = (Tree::build(&at, &mass, &current), Cells { centre, weight });
            let price = if seed % 2 == 0 { 0.0 } else { 30.0 };
            let lifted: Vec<usize> = (0..=seed as usize % 3).map(|i| i * 5).collect();
            for wanted in [0.3, 7.0, 200.0, 1e9] {
                let quick = lift_for(&tree, &cells, &lifted, wanted, price);
                let slow = plain(&tree, &cells, &lifted, wanted, price);
                match (quick, slow) {
                    (Some(a), Some(b)) => {
                        assert!((a - b).abs() < 1e-6 * (1.0 + b.abs()), "seed {seed}: {a}, {b}")
                    }
                    (a, b) => assert_eq!(a, b, "seed {seed}, {wanted} wanted"),
                }
            }
        }
    }
}
