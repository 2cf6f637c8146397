//! First centres: by cutting the map in two again and again, or drawn by chance.

use super::noise::Noise;
use super::tree::{Sum, Tree};

/// Centres by cutting the map in two again and again, each time across the direction of largest spread, in proportion to the targets
/// (after Kalcsics, Nickel and Schröder 2005).
pub(crate) fn bisected(tree: &Tree, targets: &[f64], turn: f64) -> Vec<[f64; 2]> {
    let mut centre = vec![[0.0; 2]; targets.len()];
    let mut points: Vec<u32> = (0..tree.len() as u32).collect();
    cut(tree, targets, turn, &mut points, 0, &mut centre);
    centre
}

fn cut(tree: &Tree, targets: &[f64], turn: f64, points: &mut [u32], first: usize, centre: &mut [[f64; 2]]) {
    let mut sum = Sum::default();
    let mut spread = [0.0; 3];
    for i in points.iter() {
        sum.add(&Sum::of(tree.at[*i as usize], tree.mass[*i as usize]));
    }
    let middle = sum
        .centroid()
        .unwrap_or_else(|| points.first().map_or([0.0; 2], |i| tree.at[*i as usize]));
    if centre.len() == 1 {
        centre[0] = middle;
        return;
    }
    for i in points.iter() {
        let (p, m) = (tree.at[*i as usize], tree.mass[*i as usize]);
        let d = [p[0] - middle[0], p[1] - middle[1]];
        spread[0] += m * d[0] * d[0];
        spread[1] += m * d[1] * d[1];
        spread[2] += m * d[0] * d[1];
    }
    // The main axis of the covariance.
    let angle = 0.5 * (2.0 * spread[2]).atan2(spread[0] - spread[1]) + turn;
    let (sin, cos) = angle.sin_cos();
    let along = |i: u32| tree.at[i as usize][0] * cos + tree.at[i as usize][1] * sin;
    points.sort_unstable_by(|a, b| along(*a).total_cmp(&along(*b)).then(a.cmp(b)));
    let half = centre.len() / 2;
    let share = targets[first..first + half].iter().sum::<f64>()
        / targets[first..first + centre.len()]
            .iter()
            .sum::<f64>()
            .max(1e-300);
    let mut mass = 0.0;
    let mut at = 0;
    while at < points.len() && mass < sum.mass * share {
        mass += tree.mass[points[at] as usize];
        at += 1;
    }
    let (left, right) = points.split_at_mut(at);
    let (near, far) = centre.split_at_mut(half);
    cut(tree, targets, turn, left, first, near);
    cut(tree, targets, turn, right, first + half, far);
}

/// Centres drawn with a chance by mass and squared distance to those drawn before (k-means++, Arthur and Vassilvitskii 2007).
pub(crate) fn drawn(tree: &Tree, k: usize, noise: &mut Noise) -> Vec<[f64; 2]> {
    let first = noise.pick(tree.mass.iter().copied());
    let mut centre = vec![tree.at[first]];
    let mut nearest: Vec<f64> = vec![f64::INFINITY; tree.len()];
    while centre.len() < k {
        let c = centre[centre.len() - 1];
        for (p, d) in tree.at.iter().zip(&mut nearest) {
            *d = d.min((p[0] - c[0]).powi(2) + (p[1] - c[1]).powi(2));
        }
        let next = noise.pick(nearest.iter().zip(&tree.mass).map(|(d, m)| d * m));
        centre.push(tree.at[next]);
    }
    centre
}
