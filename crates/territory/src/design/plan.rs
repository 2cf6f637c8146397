//! The door: a problem in, a plan out.

use geom::LngLat;

use super::engine::{Bench, Solved};
use super::field::Field;
use super::problem::{DesignError, Price, Problem, Settings};
use super::sweep::{Cells, NOBODY};

/// Who has what, and how good that is.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seat of each unit; `None` for excluded ones.
    pub assignment: Vec<Option<u32>>,
    /// The middle of each territory, weighed by workload, or its pinned home.
    pub centres: Vec<LngLat>,
    /// What each seat holds, by measure, then seat.
    pub loads: Vec<Vec<f64>>,
    /// What each seat was to hold, by measure, then seat.
    pub targets: Vec<Vec<f64>>,
    /// Largest difference of a seat's workload from its target, as a share of the target.
    pub imbalance: f64,
    /// Workload-weighted root mean square distance of units to the centre, km.
    pub distance: f64,
    /// Units that do not hang together with the rest of their territory: locked ones, and those worth keeping at the price.
    pub exceptions: Vec<u32>,
    /// Limits that could not be met, worst first: what is shown is the best that was reached.
    pub unmet: Vec<Unmet>,
    /// The price of a move that was used, km².
    pub price: f64,
    /// Share of the workload whose seat changes against today's plan; units that nobody has today do not count. 0 without a plan.
    pub moved: f64,
    /// Passes over the map that it took.
    pub passes: usize,
}

/// A limit that a plan breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmet {
    /// The measure's name.
    pub measure: String,
    /// Which seat.
    pub seat: u32,
    /// What it holds.
    pub load: f64,
    /// The least it should.
    pub low: f64,
    /// The most it should.
    pub high: f64,
}

/// Divides the units among the seats.
///
/// Deterministic: the same problem and settings give the same plan on any number of threads.
///
/// # Errors
/// What is wrong with the problem, by name; see [`DesignError`]. Limits that are possible in principle but were not met are in
/// [`Plan::unmet`].
pub fn design(problem: &Problem, settings: &Settings) -> Result<Plan, DesignError> {
    let field = Field::new(problem, settings)?;
    let neighbours = node_pairs(problem, &field);
    let bench = Bench::new(field, neighbours);
    let (solved, price) = match settings.price {
        Price::Of(price) if price > 0.0 && !problem.current.is_empty() => {
            (sticky(&bench, price, settings), price)
        }
        Price::AtMost(share) => bounded(&bench, share, settings),
        Price::Of(_) => {
            let (cells, used) = bench.search(settings);
            let mut solved = bench.finish(cells, 0.0, settings);
            solved.passes += used;
            if interchangeable(problem) {
                super::naming::keep_names(&bench.field, &mut solved);
            }
            (solved, 0.0)
        }
    };
    Ok(plan(problem, &bench, solved, price))
}

/// The caller's pairs of neighbours as pairs of nodes.
pub(crate) fn node_pairs(problem: &Problem, field: &Field) -> Option<Vec<[u32; 2]>> {
    let pairs = problem.neighbours.as_ref()?.iter();
    Some(
        pairs
            .map(|pair| pair.map(|u| field.node_of[u as usize]))
            .filter(|[a, b]| *a != NOBODY && *b != NOBODY)
            .collect(),
    )
}

fn sticky(bench: &Bench, price: f64, settings: &Settings) -> Solved {
    let (cells, used) = bench.warm(price, 8);
    let mut solved = bench.finish(cells, price, settings);
    solved.passes += used;
    solved
}

/// The least price at which no more than the share of the workload moves; if balance alone asks for more, the plan that moves least.
fn bounded(bench: &Bench, share: f64, settings: &Settings) -> (Solved, f64) {
    let mut low = bench.scale * 1e-3;
    let mut high = bench.scale * 1e3;
    let mut best: Option<(f64, Solved, f64)> = None;
    for step in 0..9 {
        // The dearest first: if that moves too much, nothing else will do.
        let price = if step == 0 { high } else { (low * high).sqrt() };
        let solved = sticky(bench, price, settings);
        let moved = moved(&bench.field, &solved.label);
        let fits = moved <= share;
        if best.as_ref().is_none_or(|b| {
            if fits {
                b.0 > share || moved > b.0
            } else {
                b.0 > share && moved < b.0
            }
        }) {
            best = Some((moved, solved, price));
        }
        if fits {
            high = price;
            if moved > share * 0.97 {
                break;
            }
        } else if step == 0 {
            break;
        } else {
            low = price;
        }
    }
    let (_, solved, price) = best.expect("at least one price was tried");
    (solved, price)
}

/// Share of the workload of nodes that somebody has today and that somebody else gets.
pub(crate) fn moved(field: &Field, label: &[u32]) -> f64 {
    let mut all = 0.0;
    let mut moved = 0.0;
    for (i, now) in field.current.iter().enumerate() {
        if *now != NOBODY {
            all += field.measures[0][i];
            if *now != label[i] {
                moved += field.measures[0][i];
            }
        }
    }
    if all > 0.0 { moved / all } else { 0.0 }
}

/// Whether it makes no difference who gets which territory.
fn interchangeable(problem: &Problem) -> bool {
    let first = &problem.seats[0];
    !problem.current.is_empty()
        && first.home == super::problem::Home::Free
        && problem.seats.iter().all(|s| s == first)
        && problem.demands.locks.is_empty()
        && problem.demands.ranges.iter().all(|r| r.seat.is_none())
}

pub(crate) fn plan(problem: &Problem, bench: &Bench, solved: Solved, price: f64) -> Plan {
    let Solved {
        label,
        cells,
        exceptions,
        passes,
    } = solved;
    let mut plan = from_labels(problem, &bench.field, label, cells, exceptions, passes, None);
    plan.price = price;
    plan
}

/// A plan from labels by node. A seat that has left has nothing to hold.
pub(crate) fn from_labels(
    problem: &Problem,
    field: &Field,
    label: Vec<u32>,
    cells: Cells,
    exceptions: Vec<u32>,
    passes: usize,
    left: Option<u32>,
) -> Plan {
    let seats = field.anchors.len();
    let mut loads = field.off_map.clone();
    let mut square = 0.0;
    for (i, seat) in label.iter().enumerate() {
        for (c, load) in loads.iter_mut().enumerate() {
            load[*seat as usize] += field.measures[c][i];
        }
        let (p, c) = (field.at[i], cells.centre[*seat as usize]);
        square += field.measures[0][i] * ((p[0] - c[0]).powi(2) + (p[1] - c[1]).powi(2));
    }
    let whole = |values: &[Vec<f64>]| -> Vec<Vec<f64>> {
        values
            .iter()
            .zip(&field.off_map)
            .map(|(v, off)| v.iter().zip(off).map(|(v, off)| v + off).collect())
            .collect()
    };
    let mut targets = whole(&field.limits.target);
    let (low, high) = (whole(&field.limits.low), whole(&field.limits.high));
    if let Some(left) = left {
        for targets in &mut targets {
            let total: f64 = targets.iter().sum();
            targets[left as usize] = 0.0;
            let by = total / targets.iter().sum::<f64>().max(1e-300);
            targets.iter_mut().for_each(|t| *t *= by);
        }
    }
    let mut unmet: Vec<(f64, Unmet)> = Vec::new();
    for c in 0..loads.len() {
        for s in (0..seats).filter(|s| left.is_none_or(|l| l as usize != *s)) {
            let load = loads[c][s];
            let out = (low[c][s] - load).max(load - high[c][s]) / targets[c][s].abs().max(1e-12);
            if out > 1e-9 {
                let measure = problem.measures[c].name.clone();
                let unmet_one = Unmet {
                    measure,
                    seat: s as u32,
                    load,
                    low: low[c][s],
                    high: high[c][s],
                };
                unmet.push((out, unmet_one));
            }
        }
    }
    unmet.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mass: f64 = field.measures[0].iter().sum();
    let mut assignment: Vec<Option<u32>> = field
        .node_of
        .iter()
        .map(|node| label.get(*node as usize).copied())
        .collect();
    // Locked units without a place have no node.
    for lock in &problem.demands.locks {
        assignment[lock.unit as usize] = Some(lock.seat);
    }
    let mut apart = vec![false; field.at.len()];
    exceptions.iter().for_each(|i| apart[*i as usize] = true);
    Plan {
        assignment,
        centres: cells.centre.iter().map(|c| field.map.unproject(*c)).collect(),
        imbalance: super::newton::imbalance(loads[0].iter().copied(), &targets[0]),
        distance: (square / mass.max(1e-300)).sqrt(),
        exceptions: (0..field.node_of.len() as u32)
            .filter(|u| {
                apart
                    .get(field.node_of[*u as usize] as usize)
                    .copied()
                    .unwrap_or(false)
            })
            .collect(),
        unmet: unmet.into_iter().map(|u| u.1).collect(),
        price: 0.0,
        moved: moved(field, &label),
        passes,
        loads,
        targets,
    }
}
