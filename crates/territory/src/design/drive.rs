//! By drive time: what a customer costs a seat comes from the caller's own one-to-all runs, and centres are customers' places.
//!
//! With plain times and additive weights every shortest way stays in the cell it ends in, so cells hang together on the roads (additively
//! weighted Voronoi cells of a graph); squared times would not do that.

use rayon::prelude::*;

use super::engine::Bench;
use super::field::Field;
use super::newton::{Effort, Priced, balance};
use super::plan::{Plan, from_labels};
use super::problem::{DesignError, Problem, Settings};
use super::search::Anchor;
use super::sweep::{Cells, NOBODY, Tally};
use super::tree::Sum;

/// What it costs to serve every unit from the place of one, such as seconds to drive there; infinite where there is no way. Asked from several
/// threads at once.
pub type Costs<'a> = dyn Fn(u32) -> Vec<f32> + Sync + 'a;

/// Candidates for a centre that are tried around the best so far.
const TRIES: usize = 6;

/// Times centres move.
const ROUNDS: usize = 2;

/// Divides the units among the seats by costs instead of distances: the same balance, limits and connection. `costs` is asked for each
/// seat's centre, and for some places around it when centres move: some fifteen times a seat. The cost of every unit from every centre is kept:
/// four bytes times units times seats.
///
/// # Errors
/// As [`design`](super::design); and costs of another number of units.
pub fn by_cost(problem: &Problem, settings: &Settings, costs: &Costs) -> Result<Plan, DesignError> {
    let field = Field::new(problem, settings)?;
    let neighbours = super::plan::node_pairs(problem, &field);
    let bench = Bench::new(field, neighbours);
    let field = &bench.field;
    let (cells, mut passes) = bench.search(settings);
    // The unit that stands for a node: where a run can start.
    let mut unit_of = vec![0u32; field.at.len()];
    for (unit, node) in field.node_of.iter().enumerate().rev() {
        if *node != NOBODY {
            unit_of[*node as usize] = unit as u32;
        }
    }
    let row = |node: u32| -> Result<Vec<f32>, DesignError> {
        let by_unit = costs(unit_of[node as usize]);
        if by_unit.len() != field.node_of.len() {
            let (found, expected) = (by_unit.len(), field.node_of.len());
            return Err(DesignError::MeasureLength {
                name: "the costs".to_owned(),
                found,
                expected,
            });
        }
        // NaN and what is below nothing would upset the balance; there is no way is the careful reading.
        let clean = |c: f32| if c >= 0.0 { c } else { f32::INFINITY };
        Ok(unit_of.iter().map(|u| clean(by_unit[*u as usize])).collect())
    };
    let nearest = |p: [f64; 2]| {
        let away =
            |i: u32| (field.at[i as usize][0] - p[0]).powi(2) + (field.at[i as usize][1] - p[1]).powi(2);
        (0..field.at.len() as u32)
            .min_by(|a, b| away(*a).total_cmp(&away(*b)))
            .unwrap_or(0)
    };
    let mut centre: Vec<u32> = cells.centre.iter().map(|c| nearest(*c)).collect();
    let mut rows: Vec<Vec<f32>> = centre.par_iter().map(|c| row(*c)).collect::<Result<_, _>>()?;
    let targets = bench.targets();
    let mut label = Vec::new();
    for round in 0..=ROUNDS {
        let table = Table { field, rows: &rows };
        let mut weights = vec![0.0; rows.len()];
        let mut trust = table.typical();
        let effort = Effort {
            passes: 60,
            patience: 8,
            gain: 1e-9,
            amiss: 1e-4,
            tolerance: field.tolerance * 0.5,
        };
        let found = balance(&table, &mut weights, &targets, &mut trust, effort);
        passes += found.passes;
        label = table.labels(&weights);
        if round == ROUNDS {
            break;
        }
        for (seat, anchor) in field.anchors.iter().enumerate() {
            if matches!(anchor, Anchor::Pinned(_)) {
                continue;
            }
            let mine: Vec<u32> = (0..label.len() as u32)
                .filter(|i| label[*i as usize] == seat as u32)
                .collect();
            let worth = |row: &[f32]| -> f64 {
                mine.iter()
                    .map(|i| field.measures[0][*i as usize] * f64::from(row[*i as usize].min(1e9)))
                    .sum()
            };
            let tried: Vec<(u32, Vec<f32>)> = candidates(field, &mine, centre[seat])
                .par_iter()
                .map(|node| Ok((*node, row(*node)?)))
                .collect::<Result<_, DesignError>>()?;
            let mut best = worth(&rows[seat]);
            for (node, other) in tried {
                let cost = worth(&other);
                if cost < best {
                    best = cost;
                    centre[seat] = node;
                    rows[seat] = other;
                }
            }
        }
    }
    // The discrete steps compare costs in km² as elsewhere: a second's worth is such that a typical cell is as large in both.
    let scale = bench.scale / Table { field, rows: &rows }.typical().max(1e-9);
    let cost = |node: u32, seat: u32| {
        field.measures[0][node as usize] * f64::from(rows[seat as usize][node as usize].min(1e9)) * scale
    };
    let (label, exceptions) = bench.keep_limits(label, &cost, settings);
    let cells = Cells {
        centre: centre.iter().map(|c| field.at[*c as usize]).collect(),
        weight: vec![0.0; centre.len()],
    };
    Ok(from_labels(
        problem, field, label, cells, exceptions, passes, None,
    ))
}

/// Nodes of a seat near its middle, spread evenly over the inner half of its workload.
fn candidates(field: &Field, mine: &[u32], now: u32) -> Vec<u32> {
    let mut sum = Sum::default();
    mine.iter()
        .for_each(|i| sum.add(&Sum::of(field.at[*i as usize], field.measures[0][*i as usize])));
    let Some(middle) = sum.centroid() else {
        return Vec::new();
    };
    let away = |i: u32| {
        let p = field.at[i as usize];
        (p[0] - middle[0]).powi(2) + (p[1] - middle[1]).powi(2)
    };
    let mut near: Vec<u32> = mine.to_vec();
    near.sort_by(|a, b| away(*a).total_cmp(&away(*b)).then(a.cmp(b)));
    near.truncate(mine.len() / 3 + 1);
    let step = (near.len() / TRIES).max(1);
    near.into_iter()
        .step_by(step)
        .take(TRIES)
        .filter(|i| *i != now)
        .collect()
}

/// Costs from every centre to every node.
struct Table<'a> {
    field: &'a Field,
    rows: &'a [Vec<f32>],
}

impl Table<'_> {
    fn best(&self, node: usize, weights: &[f64]) -> [(u32, f64); 2] {
        let mut best = (NOBODY, f64::INFINITY);
        let mut second = best;
        for (seat, (row, weight)) in self.rows.iter().zip(weights).enumerate() {
            // Out of reach is dear, not impossible: somebody has to go there.
            let value = f64::from(row[node].min(1e9)) - weight;
            if value < best.1 {
                second = best;
                best = (seat as u32, value);
            } else if value < second.1 {
                second = (seat as u32, value);
            }
        }
        [best, second]
    }

    fn seat(&self, node: usize, weights: &[f64]) -> u32 {
        match self.field.locked[node] {
            NOBODY => self.best(node, weights)[0].0,
            seat => seat,
        }
    }

    fn labels(&self, weights: &[f64]) -> Vec<u32> {
        (0..self.field.at.len())
            .into_par_iter()
            .map(|i| self.seat(i, weights))
            .collect()
    }

    /// The mean cost of a node from the centre nearest to it.
    fn typical(&self) -> f64 {
        let free = vec![0.0; self.rows.len()];
        let near: Vec<f64> = (0..self.field.at.len())
            .map(|i| self.best(i, &free)[0].1)
            .filter(|c| *c < 1e8)
            .collect();
        (near.iter().sum::<f64>() / near.len().max(1) as f64).max(1e-6)
    }
}

impl Priced for Table<'_> {
    fn tally(&self, weights: &[f64], band: f64) -> Tally {
        let mut tally = Tally::new(self.rows.len(), band);
        let found: Vec<[(u32, f64); 2]> = (0..self.field.at.len())
            .into_par_iter()
            .map(|i| self.best(i, weights))
            .collect();
        for (i, [best, second]) in found.into_iter().enumerate() {
            let sum = Sum::of(self.field.at[i], self.field.measures[0][i]);
            let locked = self.field.locked[i];
            if locked != NOBODY {
                tally.sums[locked as usize].add(&sum);
                let cost = f64::from(self.rows[locked as usize][i].min(1e9));
                tally.value += sum.mass * (cost - weights[locked as usize]);
                continue;
            }
            tally.sums[best.0 as usize].add(&sum);
            tally.value += sum.mass * best.1;
            if second.0 != NOBODY {
                tally.margins.note(best.0, second.0, second.1 - best.1, &sum);
            }
        }
        tally
    }

    fn lift(&self, weights: &[f64], cells: &[usize], wanted: f64) -> Option<f64> {
        let mut lifts: Vec<(f64, f64)> = (0..self.field.at.len())
            .filter(|i| {
                !cells.contains(&(self.seat(*i, weights) as usize)) && self.field.locked[*i] == NOBODY
            })
            .map(|i| {
                let own = self.best(i, weights)[0].1;
                let best = cells
                    .iter()
                    .map(|k| f64::from(self.rows[*k][i].min(1e9)) - weights[*k])
                    .fold(f64::INFINITY, f64::min);
                (best - own, self.field.measures[0][i])
            })
            .collect();
        lifts.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut mass = 0.0;
        lifts.into_iter().find_map(|(lift, m)| {
            mass += m;
            (mass >= wanted).then_some(lift)
        })
    }
}
