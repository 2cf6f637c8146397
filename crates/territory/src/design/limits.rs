//! What every seat must hold, as numbers; and which demand stands in the way if there is no such plan.

use super::draft::Limits;
use super::problem::{DesignError, Problem};
use super::sweep::NOBODY;

/// Sums may be off by this share of the whole before a range counts as broken: the rounding of floating point.
const DUST: f64 = 1e-9;

/// Targets by capacity, tolerances and ranges; refuses what no plan can meet. Limits are for what lies on the map: loads of locked units without
/// a place are taken off.
pub(crate) fn limits(
    problem: &Problem,
    measures: &[Vec<f64>],
    locked: &[u32],
    off_map: &[Vec<f64>],
    tolerance: f64,
) -> Result<Limits, DesignError> {
    let seats = problem.seats.len();
    let capacity: f64 = problem.seats.iter().map(|s| s.capacity).sum();
    let mut limits = Limits {
        target: Vec::new(),
        low: Vec::new(),
        high: Vec::new(),
    };
    for (c, values) in measures.iter().enumerate() {
        let total: f64 = values.iter().sum::<f64>() + off_map[c].iter().sum::<f64>();
        let fair: Vec<f64> = problem
            .seats
            .iter()
            .map(|s| total * s.capacity / capacity)
            .collect();
        let (hard_low, hard_high) = hard(problem, c, total)?;
        possible(problem, c, values, locked, &off_map[c], (&hard_low, &hard_high))?;
        let aim = filled(&fair, &hard_low, &hard_high, total);
        let asked = if c == 0 {
            Some(tolerance)
        } else {
            problem.measures[c].tolerance
        };
        let mut low = hard_low;
        let mut high = hard_high;
        if let Some(tolerance) = asked {
            for s in 0..seats {
                // A hard range is stronger than a tolerance, also where they do not meet.
                low[s] = low[s].max(aim[s] * (1.0 - tolerance).max(0.0)).min(high[s]);
                high[s] = high[s].min(aim[s] * (1.0 + tolerance)).max(low[s]);
            }
        }
        let less = |v: &[f64]| {
            v.iter()
                .zip(&off_map[c])
                .map(|(v, off)| v - off)
                .collect::<Vec<f64>>()
        };
        limits.target.push(less(&aim));
        limits.low.push(less(&low));
        limits.high.push(less(&high));
    }
    Ok(limits)
}

/// The ranges of one measure by seat.
fn hard(problem: &Problem, measure: usize, total: f64) -> Result<(Vec<f64>, Vec<f64>), DesignError> {
    let seats = problem.seats.len();
    let mut low = vec![0.0f64; seats];
    let mut high = vec![f64::INFINITY; seats];
    for range in problem.demands.ranges.iter().filter(|r| r.measure == measure) {
        if range.low.is_nan() || range.high.is_nan() {
            return Err(DesignError::BadSetting {
                what: "a range",
                value: f64::NAN,
                range: "two numbers",
            });
        }
        for s in 0..seats {
            if range.seat.is_none_or(|only| only as usize == s) {
                low[s] = low[s].max(range.low);
                high[s] = high[s].min(range.high);
                if low[s] > high[s] {
                    let why = format!(
                        "together with the other ranges it asks for {} to {}",
                        low[s], high[s]
                    );
                    return Err(impossible(problem, measure, Some(s), range.low, range.high, why));
                }
            }
        }
    }
    let name = |v: f64| format!("{v:.0}");
    let (least, most): (f64, f64) = (low.iter().sum(), high.iter().sum());
    if least > total * (1.0 + DUST) {
        let why = format!(
            "the {seats} territories ask for {} in sum, but there is only {}",
            name(least),
            name(total)
        );
        return Err(blamed(problem, measure, largest(&low), (&low, &high), why));
    }
    if most < total * (1.0 - DUST) {
        let why = format!(
            "the {seats} territories hold {} at most, but there is {}",
            name(most),
            name(total)
        );
        let smallest = largest(&high.iter().map(|v| -v).collect::<Vec<f64>>());
        return Err(blamed(problem, measure, smallest, (&low, &high), why));
    }
    Ok((low, high))
}

/// With the range of the seat that stands out, or else the one they all have.
fn blamed(
    problem: &Problem,
    measure: usize,
    seat: Option<usize>,
    (low, high): (&[f64], &[f64]),
    why: String,
) -> DesignError {
    let of = seat.unwrap_or(0);
    impossible(problem, measure, seat, low[of], high[of], why)
}

/// A seat that stands out, if seats differ.
fn largest(values: &[f64]) -> Option<usize> {
    let most = (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b]))?;
    values.iter().any(|v| *v != values[most]).then_some(most)
}

fn impossible(
    problem: &Problem,
    measure: usize,
    seat: Option<usize>,
    low: f64,
    high: f64,
    why: String,
) -> DesignError {
    DesignError::Impossible {
        measure: problem.measures[measure].name.clone(),
        low,
        high,
        whose: seat.map_or_else(
            || "for every territory".to_owned(),
            |s| format!("for territory {s}"),
        ),
        why,
    }
}

/// Refuses ranges that locked or single heavy units break by themselves.
fn possible(
    problem: &Problem,
    measure: usize,
    values: &[f64],
    locked: &[u32],
    off_map: &[f64],
    (low, high): (&[f64], &[f64]),
) -> Result<(), DesignError> {
    let mut held = off_map.to_vec();
    let mut heaviest: Option<usize> = None;
    for (i, value) in values.iter().enumerate() {
        if locked[i] != NOBODY {
            held[locked[i] as usize] += value;
        } else if heaviest.is_none_or(|h| values[h] < *value) {
            heaviest = Some(i);
        }
    }
    for (s, held) in held.iter().enumerate() {
        if *held > high[s] * (1.0 + DUST) {
            let why = format!("what is locked to it sums to {held:.2}");
            return Err(impossible(problem, measure, Some(s), low[s], high[s], why));
        }
    }
    let widest = high.iter().copied().fold(0.0, f64::max);
    match heaviest.map(|h| values[h]).filter(|v| *v > widest * (1.0 + DUST)) {
        Some(value) => {
            let why = format!("one customer (or group) alone has {value:.2}");
            Err(impossible(problem, measure, None, low[0], widest, why))
        }
        None => Ok(()),
    }
}

/// Fair shares pressed into the ranges: what does not fit in one seat is shared out among the others in proportion.
fn filled(fair: &[f64], low: &[f64], high: &[f64], total: f64) -> Vec<f64> {
    let level = |by: f64| -> Vec<f64> {
        fair.iter()
            .zip(low.iter().zip(high))
            .map(|(f, (l, h))| (f * by).clamp(*l, *h))
            .collect()
    };
    let sum = |by: f64| level(by).iter().sum::<f64>();
    if (sum(1.0) - total).abs() <= DUST * total {
        return level(1.0);
    }
    let (mut less, mut more) = (0.0, 1.0);
    for _ in 0..200 {
        if sum(more) >= total {
            break;
        }
        more *= 2.0;
    }
    for _ in 0..100 {
        let middle = (less + more) / 2.0;
        if sum(middle) < total {
            less = middle;
        } else {
            more = middle;
        }
    }
    level((less + more) / 2.0)
}
