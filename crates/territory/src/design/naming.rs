//! New territories keep the names of the old ones: who gets which, so that the most workload stays where it is.

use super::engine::Solved;
use super::field::Field;
use super::sweep::NOBODY;

/// Beyond this many seats the assignment is greedy; the exact one takes their third power.
const EXACT: usize = 400;

/// Renumbers the seats of a plan in which it makes no difference who gets which territory.
pub(crate) fn keep_names(field: &Field, solved: &mut Solved) {
    let seats = field.anchors.len();
    let mut kept = vec![0.0; seats * seats];
    for (i, now) in field.current.iter().enumerate() {
        if *now != NOBODY {
            kept[solved.label[i] as usize * seats + *now as usize] += field.measures[0][i];
        }
    }
    let name = if seats <= EXACT {
        exact(&kept, seats)
    } else {
        greedy(&kept, seats)
    };
    solved
        .label
        .iter_mut()
        .for_each(|l| *l = name[*l as usize] as u32);
    let old = solved.cells.clone();
    for (from, to) in name.iter().enumerate() {
        solved.cells.centre[*to] = old.centre[from];
        solved.cells.weight[*to] = old.weight[from];
    }
}

fn greedy(kept: &[f64], seats: usize) -> Vec<usize> {
    let mut pairs: Vec<usize> = (0..kept.len()).filter(|i| kept[*i] > 0.0).collect();
    pairs.sort_by(|a, b| kept[*b].total_cmp(&kept[*a]).then(a.cmp(b)));
    let mut name = vec![usize::MAX; seats];
    let mut taken = vec![false; seats];
    for pair in pairs {
        let (row, column) = (pair / seats, pair % seats);
        if name[row] == usize::MAX && !taken[column] {
            name[row] = column;
            taken[column] = true;
        }
    }
    let mut rest = (0..seats).filter(|c| !taken[*c]);
    for n in name.iter_mut().filter(|n| **n == usize::MAX) {
        *n = rest.next().expect("as many names as seats");
    }
    name
}

/// The assignment of rows to columns with the largest sum (shortest augmenting paths, Jonker and Volgenant 1987).
fn exact(kept: &[f64], n: usize) -> Vec<usize> {
    let cost = |row: usize, column: usize| -kept[row * n + column];
    let mut u = vec![0.0; n + 1];
    let mut v = vec![0.0; n + 1];
    // Row of each column; row and column 0 are the start of a path.
    let mut row_of = vec![0usize; n + 1];
    for row in 1..=n {
        row_of[0] = row;
        let mut column = 0;
        let mut least = vec![f64::INFINITY; n + 1];
        let mut before = vec![0usize; n + 1];
        let mut done = vec![false; n + 1];
        while row_of[column] != 0 {
            done[column] = true;
            let i = row_of[column];
            let mut step = f64::INFINITY;
            let mut next = 0;
            for j in 1..=n {
                if done[j] {
                    continue;
                }
                let reduced = cost(i - 1, j - 1) - u[i] - v[j];
                if reduced < least[j] {
                    least[j] = reduced;
                    before[j] = column;
                }
                if least[j] < step {
                    step = least[j];
                    next = j;
                }
            }
            for j in 0..=n {
                if done[j] {
                    u[row_of[j]] += step;
                    v[j] -= step;
                } else {
                    least[j] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut name = vec![0; n];
    for column in 1..=n {
        name[row_of[column] - 1] = column - 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::noise::Noise;

    #[test]
    fn exact_equals_all_orders() {
        for seed in 0..30 {
            let mut noise = Noise::new(seed);
            let kept: Vec<f64> = (0..25).map(|_| (noise.unit() * 10.0).floor()).collect();
            let sum = |name: &[usize]| -> f64 { (0..5).map(|r| kept[r * 5 + name[r]]).sum() };
            let mut best = f64::NEG_INFINITY;
            let mut order = vec![0, 1, 2, 3, 4];
            permutations(&mut order, 0, &mut |o| best = best.max(sum(o)));
            assert_eq!(sum(&exact(&kept, 5)), best, "seed {seed}");
            assert!(sum(&greedy(&kept, 5)) <= best, "seed {seed}");
        }
    }

    fn permutations(order: &mut Vec<usize>, from: usize, see: &mut impl FnMut(&[usize])) {
        if from == order.len() {
            return see(order);
        }
        for i in from..order.len() {
            order.swap(from, i);
            permutations(order, from + 1, see);
            order.swap(from, i);
        }
    }
}
