//! The problem made ready: checked, groups drawn together, seats and limits as numbers.

use super::draft::Limits;
use super::problem::{DesignError, Home, Price, Problem, Settings, free_tolerance};
use super::projection::EqualArea;
use super::search::Anchor;
use super::sweep::NOBODY;

/// Nodes are what is handed to seats: units, or groups that go together.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub map: EqualArea,
    /// Node of each unit; `NOBODY` for excluded ones and for locked ones without a place.
    pub node_of: Vec<u32>,
    pub at: Vec<[f64; 2]>,
    /// By measure, then node.
    pub measures: Vec<Vec<f64>>,
    /// Seat that has most of the node's workload today.
    pub current: Vec<u32>,
    /// Seat the node is locked to.
    pub locked: Vec<u32>,
    /// For nodes that must not share a seat, ascending by node.
    pub apart: Vec<(u32, Vec<u32>)>,
    pub anchors: Vec<Anchor>,
    pub limits: Limits,
    /// Loads of units without a node (locked, without a place), by measure, then seat.
    pub off_map: Vec<Vec<f64>>,
    pub tolerance: f64,
}

impl Field {
    pub fn new(problem: &Problem, settings: &Settings) -> Result<Self, DesignError> {
        check(problem, settings)?;
        let n = problem.places.len();
        let seats = problem.seats.len();
        let mut excluded = vec![false; n];
        problem
            .demands
            .excluded
            .iter()
            .for_each(|i| excluded[*i as usize] = true);
        let locked = locks(problem, &excluded)?;
        let placeless: Vec<u32> = (0..n as u32)
            .filter(|i| {
                let i = *i as usize;
                problem.places[i].is_none() && !excluded[i] && locked[i] == NOBODY
            })
            .collect();
        if let Some(first) = placeless.first() {
            return Err(DesignError::WithoutPlace {
                first: *first,
                count: placeless.len(),
            });
        }
        let group = groups(problem);
        let map = EqualArea::around(problem.places.iter().flatten().copied());
        let mut node_of = vec![NOBODY; n];
        let mut at: Vec<[f64; 2]> = Vec::with_capacity(n);
        let mut measures = vec![Vec::with_capacity(n); problem.measures.len()];
        let mut current = Vec::with_capacity(n);
        let mut node_lock = Vec::with_capacity(n);
        let mut off_map = vec![vec![0.0; seats]; measures.len()];
        for i in 0..n {
            let Some(place) = problem.places[i].filter(|_| !excluded[i]) else {
                if !excluded[i] {
                    for (c, measure) in problem.measures.iter().enumerate() {
                        off_map[c][locked[i] as usize] += measure.values[i];
                    }
                }
                continue;
            };
            let leader = group.get(i).map_or(i, |g| *g as usize);
            let now = problem.current.get(i).copied().flatten().unwrap_or(NOBODY);
            let p = map.project(place);
            if leader != i && node_of[leader] != NOBODY {
                let node = node_of[leader];
                join(
                    &mut at[node as usize],
                    &mut measures,
                    node as usize,
                    p,
                    problem,
                    i,
                );
                if node_lock[node as usize] == NOBODY {
                    node_lock[node as usize] = locked[i];
                } else if locked[i] != NOBODY && locked[i] != node_lock[node as usize] {
                    let why = "must go together with one that is locked to another territory";
                    return Err(DesignError::Contradiction { unit: i as u32, why });
                }
                node_of[i] = node;
                continue;
            }
            let node = at.len() as u32;
            node_of[i] = node;
            // The first of a group stands for it, though its leader may be without a place.
            node_of[leader] = node;
            at.push(p);
            problem
                .measures
                .iter()
                .zip(&mut measures)
                .for_each(|(m, out)| out.push(m.values[i]));
            current.push(now);
            node_lock.push(locked[i]);
        }
        if at.len() < seats {
            return Err(DesignError::MoreSeatsThanUnits {
                seats,
                units: at.len(),
            });
        }
        let apart = apart(problem, &node_of)?;
        let anchors = problem
            .seats
            .iter()
            .map(|s| match s.home {
                Home::Free => Anchor::Free,
                Home::Pinned(p) => Anchor::Pinned(map.project(p)),
                Home::Pulled(p, by) => Anchor::Pulled(map.project(p), by),
            })
            .collect();
        let tolerance = problem.measures[0]
            .tolerance
            .or(settings.tolerance)
            .unwrap_or_else(|| free_tolerance(at.len(), seats));
        let limits = super::limits::limits(problem, &measures, &node_lock, &off_map, tolerance)?;
        Ok(Self {
            map,
            node_of,
            at,
            measures,
            current,
            locked: node_lock,
            apart,
            anchors,
            limits,
            off_map,
            tolerance,
        })
    }

    /// The same field with nodes in another order; `order[new] = old`.
    pub fn reorder(&mut self, order: &[u32]) {
        let mut new_of = vec![0u32; order.len()];
        order
            .iter()
            .enumerate()
            .for_each(|(new, old)| new_of[*old as usize] = new as u32);
        let moved = |values: &[f64]| order.iter().map(|i| values[*i as usize]).collect();
        self.at = order.iter().map(|i| self.at[*i as usize]).collect();
        self.measures = self.measures.iter().map(|m| moved(m)).collect();
        self.current = order.iter().map(|i| self.current[*i as usize]).collect();
        self.locked = order.iter().map(|i| self.locked[*i as usize]).collect();
        for node in self.node_of.iter_mut().filter(|n| **n != NOBODY) {
            *node = new_of[*node as usize];
        }
        for (node, others) in &mut self.apart {
            *node = new_of[*node as usize];
            others.iter_mut().for_each(|o| *o = new_of[*o as usize]);
        }
        self.apart.sort_unstable();
    }
}

/// Adds a unit to a node, at their common centre of workload.
fn join(
    at: &mut [f64; 2],
    measures: &mut [Vec<f64>],
    node: usize,
    p: [f64; 2],
    problem: &Problem,
    unit: usize,
) {
    let (old, new) = (measures[0][node], problem.measures[0].values[unit]);
    let share = if old + new > 0.0 { new / (old + new) } else { 0.5 };
    for d in 0..2 {
        at[d] += share * (p[d] - at[d]);
    }
    for (c, values) in measures.iter_mut().enumerate() {
        values[node] += problem.measures[c].values[unit];
    }
}

fn check(problem: &Problem, settings: &Settings) -> Result<(), DesignError> {
    let n = problem.places.len();
    let seats = problem.seats.len();
    if n == 0 || problem.measures.is_empty() {
        return Err(DesignError::NoUnits);
    }
    if seats == 0 {
        return Err(DesignError::NoSeats);
    }
    for measure in &problem.measures {
        if measure.values.len() != n {
            return Err(DesignError::MeasureLength {
                name: measure.name.clone(),
                found: measure.values.len(),
                expected: n,
            });
        }
        let fine = |v: &f64| v.is_finite() && *v >= 0.0;
        if let Some(unit) = measure.values.iter().position(|v| !fine(v)) {
            return Err(DesignError::BadValue {
                name: measure.name.clone(),
                unit: unit as u32,
                value: measure.values[unit],
            });
        }
        if let Some(value) = measure.tolerance.filter(|t| !(*t >= 0.0 && t.is_finite())) {
            return Err(DesignError::BadSetting {
                what: "a tolerance",
                value,
                range: "0 or more",
            });
        }
    }
    if problem.measures[0].values.iter().sum::<f64>() <= 0.0 {
        return Err(DesignError::NoWorkload {
            name: problem.measures[0].name.clone(),
        });
    }
    if !problem.current.is_empty() && problem.current.len() != n {
        return Err(DesignError::MeasureLength {
            name: "the present plan".to_owned(),
            found: problem.current.len(),
            expected: n,
        });
    }
    let (price, range) = match settings.price {
        Price::Of(p) => (p, "0 or more"),
        Price::AtMost(p) => (if p <= 1.0 { p } else { -p }, "a share from 0 to 1"),
    };
    let numbers = [
        ("the tolerance", settings.tolerance.unwrap_or(0.0), "0 or more"),
        ("the price of a move", price, range),
        ("smoothness", settings.smoothness, "0 or more"),
    ];
    for (what, value, range) in numbers {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(DesignError::BadSetting { what, value, range });
        }
    }
    if matches!(settings.price, Price::AtMost(_)) && problem.current.is_empty() {
        return Err(DesignError::NoCurrent("a limit on what moves"));
    }
    for seat in &problem.seats {
        if !(seat.capacity > 0.0 && seat.capacity.is_finite()) {
            return Err(DesignError::BadSetting {
                what: "a capacity",
                value: seat.capacity,
                range: "more than 0",
            });
        }
        let pull = if let Home::Pulled(_, pull) = seat.home {
            pull
        } else {
            0.0
        };
        if !(pull >= 0.0 && pull.is_finite()) {
            return Err(DesignError::BadSetting {
                what: "the pull of a home",
                value: pull,
                range: "0 or more",
            });
        }
    }
    known(problem)
}

/// Every number in the demands names something.
fn known(problem: &Problem) -> Result<(), DesignError> {
    let n = problem.places.len();
    let seats = problem.seats.len();
    let demands = &problem.demands;
    let units = demands
        .locks
        .iter()
        .map(|l| l.unit)
        .chain(demands.together.iter().flatten().copied())
        .chain(demands.apart.iter().flatten().copied())
        .chain(demands.excluded.iter().copied())
        .chain(problem.neighbours.iter().flatten().flatten().copied());
    let named = demands
        .locks
        .iter()
        .map(|l| l.seat)
        .chain(demands.ranges.iter().filter_map(|r| r.seat))
        .chain(problem.current.iter().flatten().copied());
    let unknown = |what, number, count| Err(DesignError::Unknown { what, number, count });
    if let Some(i) = units.map(|i| i as usize).find(|i| *i >= n) {
        return unknown("customer", i, n);
    }
    if let Some(s) = named.map(|s| s as usize).find(|s| *s >= seats) {
        return unknown("territory", s, seats);
    }
    if let Some(r) = demands
        .ranges
        .iter()
        .find(|r| r.measure >= problem.measures.len())
    {
        return unknown("measure", r.measure, problem.measures.len());
    }
    Ok(())
}

fn locks(problem: &Problem, excluded: &[bool]) -> Result<Vec<u32>, DesignError> {
    let mut locked = vec![NOBODY; problem.places.len()];
    for lock in &problem.demands.locks {
        let mine = &mut locked[lock.unit as usize];
        let why = if excluded[lock.unit as usize] {
            "is both locked and excluded"
        } else if *mine != NOBODY && *mine != lock.seat {
            "is locked to two territories"
        } else {
            *mine = lock.seat;
            continue;
        };
        return Err(DesignError::Contradiction { unit: lock.unit, why });
    }
    Ok(locked)
}

/// The smallest unit of each unit's group; empty without groups.
fn groups(problem: &Problem) -> Vec<u32> {
    if problem.demands.together.is_empty() {
        return Vec::new();
    }
    let mut leader: Vec<u32> = (0..problem.places.len() as u32).collect();
    let find = |leader: &[u32], mut i: u32| {
        while leader[i as usize] != i {
            i = leader[i as usize];
        }
        i
    };
    for group in &problem.demands.together {
        for pair in group.windows(2) {
            let (a, b) = (find(&leader, pair[0]), find(&leader, pair[1]));
            leader[a.max(b) as usize] = a.min(b);
        }
    }
    (0..leader.len() as u32).map(|i| find(&leader, i)).collect()
}

fn apart(problem: &Problem, node_of: &[u32]) -> Result<Vec<(u32, Vec<u32>)>, DesignError> {
    let mut pairs = Vec::new();
    for [a, b] in &problem.demands.apart {
        let (x, y) = (node_of[*a as usize], node_of[*b as usize]);
        if x == y && x != NOBODY {
            let why = "must be apart from one it must go together with";
            return Err(DesignError::Contradiction { unit: *a, why });
        }
        if x != NOBODY && y != NOBODY {
            pairs.extend([(x, y), (y, x)]);
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut apart: Vec<(u32, Vec<u32>)> = Vec::new();
    for (a, b) in pairs {
        match apart.last_mut() {
            Some((node, others)) if *node == a => others.push(b),
            _ => apart.push((a, vec![b])),
        }
    }
    Ok(apart)
}
