//! The search on several plans at once: a few are found apart from each other, then new ones are made of two of them, one side of a line from
//! the one and the other side from the other (a hybrid genetic search, as Gribel and Vidal 2019 have it for clusters; here cut by place).

use super::noise::Noise;
use super::rings::search_rings;
use super::search::{Anchor, Found, Ground, better, evened, settle};
use super::starts::bisected;
use super::sweep::Cells;

/// With more cells a plan made of two costs more to settle on the whole map than it brings.
pub(crate) const MOST_COMBINED: usize = 100;

/// Plans kept.
const PLANS: usize = 4;

/// Share of all passes that each plan gets before any are combined, in hundredths; and that combining gets.
const APART: usize = 15;
const TOGETHER: usize = 35;

/// A plan of two that comes out at no more than this times the better of them is followed further.
const NEAR: f64 = 1.004;

/// It makes no difference which seat has which cell.
pub(crate) fn are_alike(ground: &Ground) -> bool {
    let target = ground.targets.first().copied().unwrap_or(0.0);
    ground.anchors.iter().all(|a| *a == Anchor::Free)
        && ground.fixed.iter().all(|f| f.mass <= 0.0)
        && ground.targets.iter().all(|t| (t - target).abs() <= 1e-9 * target)
}

/// The best of plans that are found apart, `first` among them, and of what becomes of them together.
pub(crate) fn search_combined(
    ground: &Ground,
    first: Found,
    passes: usize,
    used: &mut usize,
    noise: &mut Noise,
) -> Found {
    let mut plans: Vec<Found> = Vec::with_capacity(PLANS);
    let mut begun = Some(first);
    while plans.len() < PLANS {
        let plan = begun.take().unwrap_or_else(|| {
            let turn = noise.unit() * std::f64::consts::TAU;
            let centre = bisected(ground.tree, ground.targets, turn);
            let weight = vec![0.0; centre.len()];
            let found = settle(ground, Cells { weight, centre }, 5, used);
            evened(ground, found, used)
        });
        let until = *used + passes * APART / 100;
        plans.push(search_rings(ground, plan, until, used, noise));
    }
    let until = *used + passes * TOGETHER / 100;
    while *used < until {
        let a = noise.below(PLANS);
        let b = (a + 1 + noise.below(PLANS - 1)) % PLANS;
        let cells = combined([&plans[a].cells, &plans[b].cells], noise);
        let mut tried = settle(ground, cells, 3, used);
        if tried.value < plans[a].value.min(plans[b].value) * NEAR {
            tried = better(settle(ground, tried.cells.clone(), 4, used), tried);
        }
        let worse = if plans[a].value > plans[b].value { a } else { b };
        // Not the same plan over again.
        if tried.value < plans[worse].value * (1.0 - 1e-5) {
            plans[worse] = tried;
        }
    }
    let best = plans.into_iter().min_by(|a, b| a.value.total_cmp(&b.value));
    best.expect("there are some plans")
}

/// On one side of a line the first plan's cells, on the other the second's, as many as there are seats. Both plans are about balanced, so
/// what lies on either side of the line holds about what its cells are to hold.
fn combined(parents: [&Cells; 2], noise: &mut Noise) -> Cells {
    let k = parents[0].centre.len();
    let (sin, cos) = (noise.unit() * std::f64::consts::TAU).sin_cos();
    let along = |c: [f64; 2]| c[0] * cos + c[1] * sin;
    let sorted = |cells: &Cells| {
        let mut order: Vec<usize> = (0..k).collect();
        order.sort_by(|a, b| {
            let by_place = along(cells.centre[*a]).total_cmp(&along(cells.centre[*b]));
            by_place.then(a.cmp(b))
        });
        order
    };
    let least = k / 6;
    let cut = least + noise.below((k - 2 * least).max(1));
    let (a, b) = (sorted(parents[0]), sorted(parents[1]));
    let from = |parent: usize, cells: &[usize]| -> Vec<([f64; 2], f64)> {
        let of = parents[parent];
        cells.iter().map(|i| (of.centre[*i], of.weight[*i])).collect()
    };
    let cells = from(0, &a[..cut]).into_iter().chain(from(1, &b[cut..]));
    let (centre, weight) = cells.unzip();
    Cells { centre, weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_two_has_as_many_cells_and_each_from_its_side() {
        let plan = |shift: f64| Cells {
            centre: (0..20)
                .map(|i| [f64::from(i % 5) + shift, f64::from(i / 5)])
                .collect(),
            weight: vec![shift; 20],
        };
        let (first, second) = (plan(0.0), plan(0.25));
        for seed in 0..50 {
            let child = combined([&first, &second], &mut Noise::new(seed));
            assert_eq!((child.centre.len(), child.weight.len()), (20, 20), "seed {seed}");
            for (centre, weight) in child.centre.iter().zip(&child.weight) {
                let of = if *weight == 0.0 { &first } else { &second };
                assert!(of.centre.contains(centre), "seed {seed}");
            }
            let from_first = child.weight.iter().filter(|w| **w == 0.0).count();
            assert!(
                (3..=17).contains(&from_first),
                "seed {seed}: {from_first} of the first"
            );
            // A line parts them.
            let mut all = child.centre.clone();
            all.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
            all.dedup();
            assert_eq!(all.len(), 20, "seed {seed}: nobody's cell twice");
        }
    }
}
