//! Balance as a concave problem: the weights of the cells are its prices, found by damped Newton steps.
//!
//! With centres fixed, Φ(w) = Σ mᵢ·min_k(cost(i, k) − w_k) + Σ T_k·w_k is concave and its gradient is T − load (Aurenhammer, Hoffmann
//! and Aronov 1998; Kitagawa, Mérigot and Thibert 2019). Armijo's rule is asked of Φ itself: the norm of the imbalance is not monotone along
//! a good way, and a search that insists on it gets stuck.

use super::sweep::{Cells, Tally};

/// Anything that can be tallied under given weights, noting margins up to a band.
pub(crate) trait Priced {
    fn tally(&self, weights: &[f64], band: f64) -> Tally;

    /// The least lift of these cells with which points of others of this mass in sum come to them; nothing if others have less.
    fn lift(&self, weights: &[f64], cells: &[usize], wanted: f64) -> Option<f64>;
}

/// How long to try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Passes over the points at most.
    pub passes: usize,
    /// Steps in a row that may bring nothing.
    pub patience: usize,
    /// Enough when a step promises to raise Φ by no more than this share of it.
    pub gain: f64,
    /// Enough when in sum no more than this share of everything is in the wrong cell.
    pub amiss: f64,
    /// Enough when no load is off by more than this share of its target.
    pub tolerance: f64,
}

/// Where it ended.
pub(crate) struct Balanced {
    pub tally: Tally,
    /// Φ at the end.
    pub value: f64,
    /// Share of everything that is in the wrong cell.
    pub amiss: f64,
    /// Largest |load − target| / target.
    pub imbalance: f64,
    pub passes: usize,
}

/// Largest |load − target| / target.
pub(crate) fn imbalance(loads: impl Iterator<Item = f64>, targets: &[f64]) -> f64 {
    loads
        .zip(targets)
        .filter(|(_, t)| **t > 0.0)
        .map(|(load, target)| (load - target).abs() / target)
        .fold(0.0, f64::max)
}

/// Φ.
fn value(tally: &Tally, weights: &[f64], targets: &[f64]) -> f64 {
    tally.value + weights.iter().zip(targets).map(|(w, t)| w * t).sum::<f64>()
}

/// Moves the weights until loads meet the targets, or passes run out, or nothing gets better. `trust` is how far the weights of two neighbours
/// may part in one step, km²; it follows how well steps turn out and is best kept from one call to the next.
pub(crate) fn balance(
    problem: &impl Priced,
    weights: &mut Vec<f64>,
    targets: &[f64],
    trust: &mut f64,
    effort: Effort,
) -> Balanced {
    let mut passes = 1;
    let total = targets.iter().sum::<f64>().max(1e-300);
    let smallest = *trust * 1e-4;
    let mut now = problem.tally(weights, band(*trust));
    let mut least = f64::INFINITY;
    let mut fruitless = 0;
    let (mut lifted, mut lifts, mut wider) = (false, 3 + effort.passes / 6, 24);
    loop {
        let off = imbalance(now.sums.iter().map(|s| s.mass), targets);
        // Whole points can be split no further; then the sum of what is amiss stays where it is.
        let amiss: f64 = now
            .sums
            .iter()
            .zip(targets)
            .map(|(s, t)| (s.mass - t).abs())
            .sum();
        fruitless = if amiss < least * 0.9 { 0 } else { fruitless + 1 };
        least = least.min(amiss);
        let phi = value(&now, weights, targets);
        let share = 0.5 * amiss / total;
        if off <= effort.tolerance
            || share <= effort.amiss
            || passes >= effort.passes
            || fruitless > effort.patience
        {
            return Balanced {
                tally: now,
                value: phi,
                amiss: share,
                imbalance: off,
                passes,
            };
        }
        // A step between any two lifts: what is lifted has to be paid for by the neighbours first.
        lifted = !lifted && lifts > 0 && lift_starving(problem, weights, &now, targets);
        if lifted {
            passes += 1;
            lifts -= 1;
            // Lifting is for cells that have nothing and no border, so that Newton cannot see them; Φ may fall by what they take.
            now = problem.tally(weights, band(*trust));
            continue;
        }
        let mut step = direction(&now, targets, *trust, PART);
        let mut rise = along(&step, &now, targets);
        // What Φ gains says little then: cells of a city can be many times too full for next to no distance.
        let crowded = share > POOR && off > CROWDED;
        if crowded && rise <= effort.gain.max(FLAT) * phi.abs() {
            // Among starving cells one that is many times too full seems no fuller than they are empty when each is asked for a part. Such a step
            // fetches from afar what lies next door, which makes it worse; with all that is amiss, the step leads up for sure.
            let whole = direction(&now, targets, *trust, WHOLE);
            let other = along(&whole, &now, targets);
            if other > rise.max(FLAT * phi.abs()) {
                (step, rise) = (whole, other);
            }
        }
        let flat = if crowded { FLAT } else { effort.gain.max(FLAT) };
        if rise <= flat * phi.abs() && share > POOR && wider > 0 {
            // Cells on different sides of an empty stretch exchange nothing that a step would see.
            wider -= 1;
            if !lift_group(problem, weights, &now, targets) {
                *trust *= 3.0;
            }
            now = problem.tally(weights, band(*trust));
            passes += 1;
            continue;
        }
        if rise <= effort.gain.min(flat) * phi.abs() {
            return Balanced {
                tally: now,
                value: phi,
                amiss: share,
                imbalance: off,
                passes,
            };
        }
        let tried: Vec<f64> = weights.iter().zip(&step).map(|(w, d)| w + d).collect();
        let tally = problem.tally(&tried, band(*trust));
        passes += 1;
        let slope = along(&step, &tally, targets);
        // Φ is concave: it has risen for sure where it still rises at the end of the step.
        if value(&tally, &tried, targets) >= phi + 1e-4 * rise {
            *weights = tried;
            now = tally;
            if slope > -0.2 * rise {
                *trust *= 1.7;
            } else if slope < -0.7 * rise {
                *trust *= 0.6;
            }
        } else {
            fruitless = fruitless.saturating_sub(1);
            *trust = (*trust * (rise / (rise - slope).max(1e-300)).clamp(0.15, 0.5)).max(smallest);
        }
    }
}

/// How fast Φ changes along a step, at the weights of the tally.
pub(crate) fn along(step: &[f64], tally: &Tally, targets: &[f64]) -> f64 {
    step.iter()
        .zip(&tally.sums)
        .zip(targets)
        .map(|((d, s), t)| d * (t - s.mass))
        .sum()
}

/// Margins are noted up to this: a point's second-best may get better while its best gets worse.
fn band(trust: f64) -> f64 {
    2.0 * trust
}

/// A step that raises Φ by no more than this share of it leads nowhere.
const FLAT: f64 = 1e-6;

/// With more than this share in the wrong cells, there must be a step that leads up.
const POOR: f64 = 0.02;

/// A cell this many times its target too full is hidden by asking each cell for a part only.
const CROWDED: f64 = 2.0;

/// Share of a target that is asked for in one step.
pub(crate) const PART: f64 = 0.3;

/// All of it.
pub(crate) const WHOLE: f64 = f64::MAX;

/// Rounds in which slopes are fitted to the step.
const FITS: usize = 6;

/// Conjugate gradients stop at this share of the (scaled and squared) right side; each step is checked against Φ anyhow.
const EXACT: f64 = 1e-6;

/// The same while slopes are still being fitted, where each answer only says where to look.
const ROUGH: f64 = 1e-4;

/// Newton's direction for the weights: the Laplacian of the borders' slopes, solved by conjugate gradients. As customers lie in clumps, a slope
/// holds for a small step only; so slopes are measured again over the step they lead to, and where two neighbours would part by more than
/// `trust`, the border is taken to be steeper, so that what is missing comes another way. Of what a cell lacks or has too much of, `part` of its target is
/// asked for at most.
pub(crate) fn direction(tally: &Tally, targets: &[f64], trust: f64, part: f64) -> Vec<f64> {
    let k = targets.len();
    // Neighbours pass on what they get only in the next step: of a large imbalance a part is asked for at a time.
    let missing: Vec<f64> = tally
        .sums
        .iter()
        .zip(targets)
        .map(|(s, t)| (t - s.mass).clamp(-part * t, part * t))
        .collect();
    let even = missing.iter().sum::<f64>() / k.max(1) as f64;
    let missing: Vec<f64> = missing.iter().map(|m| m - even).collect();
    let mean = targets.iter().sum::<f64>() / k.max(1) as f64;
    let exchanges = tally.margins.exchanges();
    let mut slopes: Vec<([u32; 2], f64)> = exchanges
        .iter()
        .map(|e| {
            let [a, b] = e.cells.map(|c| missing[c as usize].abs());
            (e.cells, e.slope((a.max(b) * 0.4).max(2e-3 * mean)))
        })
        .collect();
    let mut step = vec![0.0; k];
    for fit in 0..FITS {
        let exact = if fit + 1 == FITS { EXACT } else { ROUGH };
        step = laplacian(&slopes, &missing, &step, exact);
        for (e, slope) in exchanges.iter().zip(&mut slopes) {
            let rise = step[e.cells[0] as usize] - step[e.cells[1] as usize];
            if rise.abs() > trust {
                slope.1 *= rise.abs() / trust;
            } else if rise.abs() > 1e-12 * trust && fit < 3 {
                // Between the old and the new, so that the two do not chase each other.
                slope.1 = (slope.1 * (e.gain(rise) / rise).max(0.02 * slope.1)).sqrt();
            }
        }
    }
    let largest = slopes
        .iter()
        .map(|([a, b], _)| (step[*a as usize] - step[*b as usize]).abs())
        .fold(0.0, f64::max);
    if largest > 2.0 * trust {
        step.iter_mut().for_each(|d| *d *= 2.0 * trust / largest);
    }
    step
}

/// What the weights have to change by where cells have come to other centres and weights, so that borders stay about where they are: the middle of
/// each is to be as dear on both sides as it was, in the sense of least squares, weighed by what a shift would let change hands.
pub(crate) fn keep_borders(tally: &Tally, targets: &[f64], [old, new]: [&Cells; 2]) -> Vec<f64> {
    let mean = targets.iter().sum::<f64>() / targets.len().max(1) as f64;
    let mut right = vec![0.0; targets.len()];
    let mut slopes = Vec::new();
    for border in tally.margins.exchanges() {
        let [a, b] = border.cells.map(|c| c as usize);
        let slope = border.slope(2e-3 * mean);
        let between = |cells: &Cells| cells.power(a, border.middle) - cells.power(b, border.middle);
        let tilt = between(new) - between(old);
        right[a] += slope * tilt;
        right[b] -= slope * tilt;
        slopes.push((border.cells, slope));
    }
    laplacian(&slopes, &right, &vec![0.0; right.len()], EXACT)
}

/// Solves the Laplacian system, from an answer that may be near. Cells that share borders with each other but with nobody else can only be balanced among themselves: what
/// they lack in sum is left out, and the mean of their answer is 0.
fn laplacian(slopes: &[([u32; 2], f64)], right: &[f64], start: &[f64], exact: f64) -> Vec<f64> {
    let k = right.len();
    let mut diagonal = vec![0.0; k];
    for ([a, b], slope) in slopes {
        diagonal[*a as usize] += slope;
        diagonal[*b as usize] += slope;
    }
    let group = groups(k, slopes.iter().map(|s| s.0));
    let centred = |values: &[f64]| -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); k];
        for (i, v) in values.iter().enumerate() {
            sums[group[i]].0 += v;
            sums[group[i]].1 += 1.0;
        }
        values
            .iter()
            .enumerate()
            .map(|(i, v)| v - sums[group[i]].0 / sums[group[i]].1)
            .collect()
    };
    // The ridge makes the matrix regular.
    let ridge = 1e-9 * diagonal.iter().sum::<f64>() / k.max(1) as f64 + 1e-300;
    diagonal.iter_mut().for_each(|d| *d += ridge);
    centred(&conjugate_gradients(
        slopes,
        &diagonal,
        &centred(right),
        start,
        exact,
    ))
}

fn conjugate_gradients(
    slopes: &[([u32; 2], f64)],
    diagonal: &[f64],
    right: &[f64],
    start: &[f64],
    exact: f64,
) -> Vec<f64> {
    let k = right.len();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let apply = |p: &[f64], q: &mut Vec<f64>| {
        q.clear();
        q.extend(p.iter().zip(diagonal).map(|(v, d)| v * d));
        for ([a, b], slope) in slopes {
            q[*a as usize] -= slope * p[*b as usize];
            q[*b as usize] -= slope * p[*a as usize];
        }
    };
    let mut x = start.to_vec();
    let mut q = Vec::with_capacity(k);
    apply(&x, &mut q);
    let mut residual: Vec<f64> = right.iter().zip(&q).map(|(r, q)| r - q).collect();
    let mut z: Vec<f64> = residual.iter().zip(diagonal).map(|(r, d)| r / d).collect();
    let mut p = z.clone();
    let mut rho = dot(&residual, &z);
    let enough = exact * right.iter().zip(diagonal).map(|(r, d)| r * r / d).sum::<f64>();
    for _ in 0..(2 * k).clamp(20, 400) {
        if rho <= enough || rho.is_nan() {
            break;
        }
        apply(&p, &mut q);
        let curvature = dot(&p, &q);
        if curvature <= 0.0 {
            break;
        }
        let alpha = rho / curvature;
        for i in 0..k {
            x[i] += alpha * p[i];
            residual[i] -= alpha * q[i];
            z[i] = residual[i] / diagonal[i];
        }
        let next = dot(&residual, &z);
        let beta = next / rho;
        rho = next;
        for i in 0..k {
            p[i] = z[i] + beta * p[i];
        }
    }
    x
}

/// Cells with next to nothing are lifted to where a quarter of their target would come to them. Says whether there were any.
fn lift_starving(problem: &impl Priced, weights: &mut [f64], tally: &Tally, targets: &[f64]) -> bool {
    let starving: Vec<usize> = (0..targets.len())
        .filter(|k| targets[*k] > 0.0 && tally.sums[*k].mass < 0.02 * targets[*k])
        .collect();
    // All at once would overshoot where they lie side by side, and each costs a look at every point.
    for cell in starving.iter().take(4) {
        lift(problem, weights, &[*cell], 0.25 * targets[*cell]);
    }
    !starving.is_empty()
}

/// Lifts the weights of these cells to where this much mass comes to them.
fn lift(problem: &impl Priced, weights: &mut [f64], cells: &[usize], wanted: f64) {
    if let Some(lift) = problem.lift(weights, cells, wanted) {
        let by = lift.max(0.0) * (1.0 + 1e-12) + 1e-12;
        cells.iter().for_each(|cell| weights[*cell] += by);
    }
}

/// Cells that share borders with each other but not with others are lifted as one if they lack something in sum. Says whether there were any.
fn lift_group(problem: &impl Priced, weights: &mut [f64], tally: &Tally, targets: &[f64]) -> bool {
    let pairs = tally.margins.exchanges();
    let group = groups(targets.len(), pairs.iter().map(|e| e.cells));
    let mut missing = vec![0.0; targets.len()];
    for (k, g) in group.iter().enumerate() {
        missing[*g] += targets[k] - tally.sums[k].mass;
    }
    let Some(worst) = (0..missing.len()).max_by(|a, b| missing[*a].total_cmp(&missing[*b])) else {
        return false;
    };
    if missing[worst] <= 1e-3 * targets.iter().sum::<f64>() {
        return false;
    }
    let cells: Vec<usize> = (0..group.len()).filter(|k| group[*k] == worst).collect();
    lift(problem, weights, &cells, 0.7 * missing[worst]);
    true
}

/// For every cell the smallest cell it hangs together with by pairs.
fn groups(cells: usize, pairs: impl Iterator<Item = [u32; 2]>) -> Vec<usize> {
    let mut group: Vec<usize> = (0..cells).collect();
    let find = |group: &[usize], mut i: usize| {
        while group[i] != i {
            i = group[i];
        }
        i
    };
    for [a, b] in pairs {
        let (a, b) = (find(&group, a as usize), find(&group, b as usize));
        group[a.max(b)] = a.min(b);
    }
    (0..cells).map(|i| find(&group, i)).collect()
}
