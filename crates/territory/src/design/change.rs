//! A rep leaves, or one joins: warm, and as few customers as possible change hands.

use geom::LngLat;

use super::draft::{Draft, Limits, Terms};
use super::field::Field;
use super::graph::Graph;
use super::newton::{Effort, balance};
use super::plan::Plan;
use super::problem::{DesignError, Home, Price, Problem, Settings};
use super::repair::join_pieces;
use super::rounding::round;
use super::search::{Anchor, Ground};
use super::sweep::{Cells, NOBODY, labels};
use super::tree::{Sum, Tree};

/// `seat` leaves: its units go to the neighbours so that the fullest of them is as little full as can be; nobody else's unit moves. The
/// leaver keeps its number and holds nothing.
///
/// # Errors
/// As [`design`](super::design); and a problem without a present plan, or with one seat only.
pub fn leave(problem: &Problem, seat: u32, settings: &Settings) -> Result<Plan, DesignError> {
    if problem.current.is_empty() {
        return Err(DesignError::NoCurrent("a rep who leaves"));
    }
    if seat as usize >= problem.seats.len() {
        let (number, count) = (seat as usize, problem.seats.len());
        return Err(DesignError::Unknown {
            what: "territory",
            number,
            count,
        });
    }
    if problem.seats.len() < 2 {
        return Err(DesignError::NoSeats);
    }
    let field = Field::new(problem, settings)?;
    let seats = field.anchors.len();
    let mut sums = vec![Sum::default(); seats];
    let mut leaving: Vec<u32> = Vec::new();
    for i in 0..field.at.len() {
        let now = field.current[i];
        if now == seat || now == NOBODY {
            leaving.push(i as u32);
        } else {
            sums[now as usize].add(&Sum::of(field.at[i], field.measures[0][i]));
        }
    }
    let near = surroundings(&field, &leaving);
    let heirs = heirs(&field, &near, seat);
    let mut label = field.current.clone();
    let mut exceptions = Vec::new();
    let mut passes = 0;
    if !leaving.is_empty() {
        let heirs = if heirs.is_empty() {
            (0..seats as u32)
                .filter(|s| *s != seat && sums[*s as usize].mass > 0.0)
                .collect()
        } else {
            heirs
        };
        if heirs.is_empty() {
            return Err(DesignError::NoSeats);
        }
        let load: Vec<f64> = heirs
            .iter()
            .map(|s| sums[*s as usize].mass + field.off_map[0][*s as usize])
            .collect();
        let capacity: Vec<f64> = heirs
            .iter()
            .map(|s| problem.seats[*s as usize].capacity)
            .collect();
        let centre: Vec<[f64; 2]> = heirs
            .iter()
            .map(|s| sums[*s as usize].centroid().unwrap_or([0.0; 2]))
            .collect();
        passes = hand_over(&field, &leaving, &heirs, &load, &capacity, &centre, &mut label);
        exceptions = mend(
            &field, &near, &leaving, &heirs, &centre, &load, &capacity, &mut label,
        );
    }
    sums.fill(Sum::default());
    for (i, s) in label.iter().enumerate() {
        sums[*s as usize].add(&Sum::of(field.at[i], field.measures[0][i]));
    }
    let centre = sums.iter().map(|s| s.centroid().unwrap_or([0.0; 2])).collect();
    let cells = Cells {
        centre,
        weight: vec![0.0; seats],
    };
    Ok(super::plan::from_labels(
        problem,
        &field,
        label,
        cells,
        exceptions,
        passes,
        Some(seat),
    ))
}

/// Nodes that leave and those around them: all in their box, grown by a quarter of its size.
fn surroundings(field: &Field, leaving: &[u32]) -> Vec<u32> {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for i in leaving {
        for d in 0..2 {
            low[d] = low[d].min(field.at[*i as usize][d]);
            high[d] = high[d].max(field.at[*i as usize][d]);
        }
    }
    let margin = 0.25 * (high[0] - low[0]).max(high[1] - low[1]).max(1.0);
    (0..field.at.len() as u32)
        .filter(|i| {
            let p = field.at[*i as usize];
            (0..2).all(|d| p[d] >= low[d] - margin && p[d] <= high[d] + margin)
        })
        .collect()
}

/// Seats that touch the leaver's by more than a stray customer, ascending.
fn heirs(field: &Field, near: &[u32], seat: u32) -> Vec<u32> {
    let at: Vec<[f64; 2]> = near.iter().map(|i| field.at[*i as usize]).collect();
    let graph = Graph::delaunay(&at);
    let mut touches = vec![0u32; field.anchors.len()];
    for (i, node) in near.iter().enumerate() {
        if field.current[*node as usize] != seat {
            continue;
        }
        for link in graph.around(i as u32).iter().filter(|l| l.joined) {
            let other = field.current[near[link.to as usize] as usize];
            if other != seat && other != NOBODY {
                touches[other as usize] += 1;
            }
        }
    }
    let most = touches.iter().copied().max().unwrap_or(0);
    (0..touches.len() as u32)
        .filter(|s| touches[*s as usize] > 0 && touches[*s as usize] * 12 >= most)
        .collect()
}

/// What each heir should get: water poured in until all that take any are equally full for their capacity.
fn poured(load: &[f64], capacity: &[f64], amount: f64) -> Vec<f64> {
    let got = |level: f64| -> Vec<f64> {
        load.iter()
            .zip(capacity)
            .map(|(l, c)| (level * c - l).max(0.0))
            .collect()
    };
    let (mut low, mut high) = (0.0, 1.0);
    while got(high).iter().sum::<f64>() < amount && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if got(middle).iter().sum::<f64>() < amount {
            low = middle;
        } else {
            high = middle;
        }
    }
    got(high)
}

/// Divides the leaver's nodes among the heirs by power distance to their centres.
fn hand_over(
    field: &Field,
    leaving: &[u32],
    heirs: &[u32],
    load: &[f64],
    capacity: &[f64],
    centre: &[[f64; 2]],
    label: &mut [u32],
) -> usize {
    let at: Vec<[f64; 2]> = leaving.iter().map(|i| field.at[*i as usize]).collect();
    let mass: Vec<f64> = leaving.iter().map(|i| field.measures[0][*i as usize]).collect();
    let total: f64 = mass.iter().sum();
    let tree = Tree::build(&at, &mass, &[]);
    let least = 1e-6 * total.max(1e-12);
    let mut targets: Vec<f64> = poured(load, capacity, total)
        .iter()
        .map(|t| t.max(least))
        .collect();
    let by = total / targets.iter().sum::<f64>().max(1e-300);
    targets.iter_mut().for_each(|t| *t *= by);
    let spread = tree
        .sum()
        .centroid()
        .map_or(1.0, |c| tree.sum().inertia(c) / total.max(1e-300))
        .max(1e-9);
    let anchors = vec![Anchor::Free; heirs.len()];
    let fixed = vec![Sum::default(); heirs.len()];
    let ground = Ground {
        tree: &tree,
        targets: &targets,
        anchors: &anchors,
        fixed: &fixed,
        price: 0.0,
        scale: spread,
    };
    let mut weight = vec![0.0; heirs.len()];
    let effort = Effort {
        passes: 40,
        patience: 6,
        gain: 1e-9,
        amiss: 0.0,
        tolerance: 0.02,
    };
    let passes = balance(
        &ground.at(centre),
        &mut weight,
        &targets,
        &mut (spread * 0.2),
        effort,
    )
    .passes;
    let cells = Cells {
        centre: centre.to_vec(),
        weight,
    };
    for (point, heir) in labels(&tree, &cells, 0.0).into_iter().enumerate() {
        label[leaving[tree.origin[point] as usize] as usize] = heirs[heir as usize];
    }
    passes
}

/// One piece each, as far as the leaver's nodes can be placed better; then as even as hand-overs among them make it. Returns the leaver's
/// nodes that lie apart.
#[expect(
    clippy::too_many_arguments,
    reason = "one step of `leave`, cut out for reading"
)]
fn mend(
    field: &Field,
    near: &[u32],
    leaving: &[u32],
    heirs: &[u32],
    centre: &[[f64; 2]],
    load: &[f64],
    capacity: &[f64],
    label: &mut [u32],
) -> Vec<u32> {
    let mut free = vec![false; field.at.len()];
    leaving
        .iter()
        .for_each(|i| free[*i as usize] = field.locked[*i as usize] == NOBODY);
    // Only what touches the leaver's customers matters: those around who belong to heirs, and all that leave.
    let mut heir_of = vec![NOBODY; field.anchors.len()];
    heirs
        .iter()
        .enumerate()
        .for_each(|(h, s)| heir_of[*s as usize] = h as u32);
    let nodes: Vec<u32> = near
        .iter()
        .copied()
        .filter(|i| heir_of[label[*i as usize] as usize] != NOBODY)
        .collect();
    let at: Vec<[f64; 2]> = nodes.iter().map(|i| field.at[*i as usize]).collect();
    let graph = Graph::delaunay(&at);
    let own: Vec<u32> = nodes
        .iter()
        .map(|i| heir_of[label[*i as usize] as usize])
        .collect();
    let measures = vec![
        nodes
            .iter()
            .map(|i| field.measures[0][*i as usize])
            .collect::<Vec<f64>>(),
    ];
    let locked: Vec<bool> = nodes.iter().map(|i| !free[*i as usize]).collect();
    // The draft sees a part of each heir only; what lies further off is taken from the limits.
    let moving: f64 = leaving.iter().map(|i| field.measures[0][*i as usize]).sum();
    let aim = poured(load, capacity, moving);
    let mut seen = vec![0.0; heirs.len()];
    for (n, h) in own.iter().enumerate() {
        if locked[n] {
            seen[*h as usize] += measures[0][n];
        }
    }
    let target: Vec<f64> = aim.iter().zip(&seen).map(|(a, s)| a + s).collect();
    let slack = 0.01 * load.iter().sum::<f64>() / heirs.len() as f64;
    let limits = Limits {
        low: vec![target.iter().map(|t| t - slack).collect()],
        high: vec![target.iter().map(|t| t + slack).collect()],
        target: vec![target],
    };
    let cost = |node: u32, heir: u32| {
        let (p, c) = (at[node as usize], centre[heir as usize]);
        measures[0][node as usize] * ((p[0] - c[0]).powi(2) + (p[1] - c[1]).powi(2))
    };
    let terms = Terms {
        graph: &graph,
        measures: &measures,
        limits: &limits,
        cost: &cost,
        locked: &locked,
        apart: &[],
        border: 0.0,
        charge: 40.0 * spread(&measures[0], &at),
        connected: true,
    };
    let mut draft = Draft::new(&terms, own);
    join_pieces(&mut draft, &|_| false);
    round(&mut draft, 4);
    let apart = join_pieces(&mut draft, &|_| false);
    for (n, h) in draft.label.iter().enumerate() {
        label[nodes[n] as usize] = heirs[*h as usize];
    }
    apart
        .into_iter()
        .filter(|n| !locked[*n as usize])
        .map(|n| nodes[n as usize])
        .collect()
}

/// One seat more, the last, which nobody has today: it starts at `home`, or where most is to do, and takes its fair share from its
/// surroundings. Others move only as the price in the settings allows; without one, a price that keeps most where it is.
///
/// # Errors
/// As [`design`](super::design); and a problem without a present plan.
pub fn join(problem: &Problem, home: Option<LngLat>, settings: &Settings) -> Result<Plan, DesignError> {
    if problem.current.is_empty() {
        return Err(DesignError::NoCurrent("a rep who joins"));
    }
    let mut problem = problem.clone();
    let Some(last) = problem.seats.last_mut() else {
        return Err(DesignError::NoSeats);
    };
    if let Some(home) = home {
        last.home = Home::Pulled(home, 1.0);
    }
    let mut settings = *settings;
    if settings.price == Price::Of(0.0) {
        let field = Field::new(&problem, &settings)?;
        let mut all = Sum::default();
        (0..field.at.len()).for_each(|i| all.add(&Sum::of(field.at[i], field.measures[0][i])));
        let spread = all.centroid().map_or(0.0, |c| all.inertia(c) / all.mass);
        // As much as the mean square of a territory.
        settings.price = Price::Of(2.0 * spread / problem.seats.len() as f64);
    }
    super::design(&problem, &settings)
}

/// The sum of squared distances to the common middle: workload times km².
fn spread(mass: &[f64], at: &[[f64; 2]]) -> f64 {
    let mut all = Sum::default();
    at.iter().zip(mass).for_each(|(p, m)| all.add(&Sum::of(*p, *m)));
    all.centroid().map_or(0.0, |c| all.inertia(c))
}
