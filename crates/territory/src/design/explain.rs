//! Why here? How many reps? Which region?

use super::field::Field;
use super::graph::Graph;
use super::plan::Plan;
use super::problem::{Demands, DesignError, Measure, Problem, Settings};
use super::sweep::NOBODY;

/// What it would mean to give a unit to a neighbouring seat.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The neighbour.
    pub seat: u32,
    /// Distance of the unit to that territory's centre, km.
    pub distance: f64,
    /// By how much the workload-weighted sum of squared distances would grow, km² times workload; negative where it would shrink.
    pub cost: f64,
    /// What each measure of the present seat would be, by measure.
    pub leaves: Vec<f64>,
    /// What each measure of the neighbour would be, by measure.
    pub arrives: Vec<f64>,
    /// What speaks against it.
    pub against: Vec<Objection>,
}

/// What forbids a move, or speaks against it.
#[derive(Clone, Debug, PartialEq)]
pub enum Objection {
    /// The unit is locked where it is.
    Locked,
    /// The other centre is further away.
    Farther,
    /// A seat would hold less of a measure than it must.
    TooLittle {
        /// Which seat.
        seat: u32,
        /// Which measure.
        measure: String,
    },
    /// A seat would hold more of a measure than it may.
    TooMuch {
        /// Which seat.
        seat: u32,
        /// Which measure.
        measure: String,
    },
    /// A unit it must be apart from is there.
    Apart,
}

/// The seat a unit is in, and what would change with each seat that has a unit beside it, nearest centre first. `None` for a unit that nobody
/// has or that has no place.
///
/// # Errors
/// As [`design`](super::design).
pub fn why(
    problem: &Problem,
    plan: &Plan,
    settings: &Settings,
    unit: u32,
) -> Result<Option<Vec<Alternative>>, DesignError> {
    let field = Field::new(problem, settings)?;
    let node = match field.node_of.get(unit as usize) {
        None => {
            let (number, count) = (unit as usize, field.node_of.len());
            return Err(DesignError::Unknown {
                what: "customer",
                number,
                count,
            });
        }
        Some(node) if *node == NOBODY => return Ok(None),
        Some(node) => *node,
    };
    let mut label = vec![NOBODY; field.at.len()];
    for (i, at) in field.node_of.iter().enumerate() {
        if *at != NOBODY {
            label[*at as usize] = plan.assignment[i].unwrap_or(NOBODY);
        }
    }
    let mine = label[node as usize];
    if mine == NOBODY {
        return Ok(None);
    }
    let centres: Vec<[f64; 2]> = plan.centres.iter().map(|c| field.map.project(*c)).collect();
    let away = |seat: u32| {
        let (p, c) = (field.at[node as usize], centres[seat as usize]);
        (p[0] - c[0]).hypot(p[1] - c[1])
    };
    let mut seats = beside(problem, &field, &label, node);
    seats.sort_by(|a, b| away(*a).total_cmp(&away(*b)).then(a.cmp(b)));
    let value = |c: usize| field.measures[c][node as usize];
    let measures = 0..field.measures.len();
    Ok(Some(
        seats
            .into_iter()
            .map(|seat| {
                let after = |s: u32, sign: f64| -> Vec<f64> {
                    measures
                        .clone()
                        .map(|c| plan.loads[c][s as usize] + sign * value(c))
                        .collect()
                };
                let (leaves, arrives) = (after(mine, -1.0), after(seat, 1.0));
                let mut against = Vec::new();
                if field.locked[node as usize] != NOBODY {
                    against.push(Objection::Locked);
                }
                if away(seat) > away(mine) {
                    against.push(Objection::Farther);
                }
                for c in measures.clone() {
                    let measure = || problem.measures[c].name.clone();
                    let bound =
                        |limits: &[Vec<f64>], s: u32| limits[c][s as usize] + field.off_map[c][s as usize];
                    if leaves[c] < bound(&field.limits.low, mine) && value(c) > 0.0 {
                        against.push(Objection::TooLittle {
                            seat: mine,
                            measure: measure(),
                        });
                    }
                    if arrives[c] > bound(&field.limits.high, seat) && value(c) > 0.0 {
                        against.push(Objection::TooMuch {
                            seat,
                            measure: measure(),
                        });
                    }
                }
                let apart = field.apart.iter().find(|a| a.0 == node);
                if apart.is_some_and(|a| a.1.iter().any(|o| label[*o as usize] == seat)) {
                    against.push(Objection::Apart);
                }
                Alternative {
                    seat,
                    distance: away(seat),
                    cost: value(0) * (away(seat).powi(2) - away(mine).powi(2)),
                    leaves,
                    arrives,
                    against,
                }
            })
            .collect(),
    ))
}

/// Seats that have one of the units nearest to the node in each direction (or a neighbour the caller named), other than its own.
fn beside(problem: &Problem, field: &Field, label: &[u32], node: u32) -> Vec<u32> {
    let mut seats = Vec::new();
    let mut see = |other: u32| {
        let seat = label[other as usize];
        if seat != NOBODY && seat != label[node as usize] && !seats.contains(&seat) {
            seats.push(seat);
        }
    };
    if let Some(pairs) = &problem.neighbours {
        for pair in pairs {
            let [a, b] = pair.map(|u| field.node_of[u as usize]);
            if a == node && b != NOBODY {
                see(b);
            } else if b == node && a != NOBODY {
                see(a);
            }
        }
        return seats;
    }
    // The neighbourhood: the nearest of each other seat, and who of those lies beside the node.
    let away = |i: usize| {
        let (p, q) = (field.at[node as usize], field.at[i]);
        (p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2)
    };
    let mut near: Vec<u32> = (0..field.at.len() as u32).collect();
    let most = near.len().min(400);
    if most < near.len() {
        near.select_nth_unstable_by(most, |a, b| {
            away(*a as usize).total_cmp(&away(*b as usize)).then(a.cmp(b))
        });
        near.truncate(most);
    }
    near.sort_unstable();
    let at: Vec<[f64; 2]> = near.iter().map(|i| field.at[*i as usize]).collect();
    let graph = Graph::delaunay(&at);
    if let Ok(own) = near.binary_search(&node) {
        graph
            .around(own as u32)
            .iter()
            .for_each(|l| see(near[l.to as usize]));
    }
    seats
}

/// A number of reps and what it would mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// How many.
    pub seats: usize,
    /// Workload-weighted root mean square distance to the middle, km.
    pub distance: f64,
    /// Largest difference of a workload from the mean, as a share of it.
    pub imbalance: f64,
    /// Workload of each.
    pub workload: f64,
}

/// What different numbers of reps would mean: the distance they drive against the workload each has. Seats are all alike; locks, ranges of a
/// single seat and today's plan are left out.
///
/// # Errors
/// As [`design`](super::design), for the first number that has no plan.
pub fn curve(problem: &Problem, seats: &[usize], settings: &Settings) -> Result<Vec<Point>, DesignError> {
    let mut problem = Problem {
        current: Vec::new(),
        ..problem.clone()
    };
    problem.demands.locks.clear();
    problem.demands.ranges.retain(|r| r.seat.is_none());
    seats
        .iter()
        .map(|k| {
            problem.seats = vec![super::Seat::default(); *k];
            let plan = super::design(&problem, settings)?;
            Ok(Point {
                seats: *k,
                distance: plan.distance,
                imbalance: plan.imbalance,
                workload: plan.loads[0].iter().sum::<f64>() / *k as f64,
            })
        })
        .collect()
}

/// Groups the territories of a plan into regions that are fair and in one piece; borders nest by construction. The answer is a plan whose units
/// are the seats of the plan given; ask again with it for the next level.
///
/// # Errors
/// As [`design`](super::design), with seats for customers.
pub fn nest(
    problem: &Problem,
    plan: &Plan,
    regions: usize,
    settings: &Settings,
) -> Result<(Problem, Plan), DesignError> {
    let field = Field::new(problem, settings)?;
    let mut label = vec![NOBODY; field.at.len()];
    for (i, node) in field.node_of.iter().enumerate() {
        if *node != NOBODY {
            label[*node as usize] = plan.assignment[i].unwrap_or(NOBODY);
        }
    }
    let pairs: Vec<[u32; 2]> = match &problem.neighbours {
        Some(pairs) => pairs
            .iter()
            .map(|p| p.map(|u| field.node_of[u as usize]))
            .collect(),
        None => {
            let graph = Graph::delaunay(&field.at);
            (0..graph.len() as u32)
                .flat_map(|i| {
                    graph
                        .around(i)
                        .iter()
                        .filter(|l| l.joined)
                        .map(move |l| [i, l.to])
                        .collect::<Vec<_>>()
                })
                .collect()
        }
    };
    let mut neighbours: Vec<[u32; 2]> = pairs
        .into_iter()
        .filter(|p| p.iter().all(|n| *n != NOBODY && label[*n as usize] != NOBODY))
        .map(|p| p.map(|n| label[n as usize]))
        .filter(|[a, b]| a != b)
        .map(|[a, b]| [a.min(b), a.max(b)])
        .collect();
    neighbours.sort_unstable();
    neighbours.dedup();
    let upper = Problem {
        places: plan.centres.iter().copied().map(Some).collect(),
        measures: problem
            .measures
            .iter()
            .zip(&plan.loads)
            .map(|(m, loads)| Measure {
                values: loads.clone(),
                ..m.clone()
            })
            .collect(),
        seats: vec![super::Seat::default(); regions],
        current: Vec::new(),
        demands: Demands::default(),
        neighbours: Some(neighbours),
    };
    let regions = super::design(&upper, settings)?;
    Ok((upper, regions))
}
