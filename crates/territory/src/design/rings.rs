//! The search on parts of the map: a few neighbouring cells at a time are divided anew among themselves, which costs little however many cells
//! there are (partial optimisation, Taillard and Voss 2002); all together are settled between the rounds.

use rayon::prelude::*;

use super::noise::Noise;
use super::search::{Found, Ground, NEAR, settle, try_swap};
use super::sweep::{Cells, NOBODY, labels};
use super::tree::Tree;

/// Fewer cells are searched as a whole.
pub(crate) const LEAST: usize = 16;

/// With more cells a swap on the whole map costs more than it brings.
const MOST_AS_WHOLE: usize = 100;

/// Cells of a ring.
const RING: usize = 12;

/// Swaps tried in a ring.
const TRIES: usize = 5;

/// Rounds in a row that may bring nothing.
const IDLE: usize = 2;

/// A swap in a ring that comes out at no more than this times the best is followed further.
const NEAR_IN_RING: f64 = 1.02;

/// Neighbouring cells, ascending, and the points they have between them.
struct Ring {
    cells: Vec<usize>,
    tree: Tree,
    noise: Noise,
}

/// Rounds over rings that part the map anew each time, and a swap on the whole map in each if cells are not many, until `noted` passes over the whole map are `passes`.
/// Ends sooner where rounds bring nothing, as across empty land, where the rings' answers cannot be balanced together.
pub(crate) fn search_rings(
    ground: &Ground,
    mut best: Found,
    passes: usize,
    noted: &mut usize,
    noise: &mut Noise,
) -> Found {
    let homes: Vec<Option<[f64; 2]>> = ground.anchors.iter().map(|a| a.home()).collect();
    let points = ground.tree.len().max(1);
    let mut idle = 0;
    while *noted < passes && idle < IDLE {
        if best.cells.centre.len() <= MOST_AS_WHOLE {
            best = try_swap(ground, best, &homes, NEAR, noted, noise);
        }
        let rings = part(ground, &best, noise);
        let better: Vec<(Option<Cells>, usize)> = rings
            .par_iter()
            .map(|ring| divide_anew(ground, &best.cells, &homes, ring))
            .collect();
        let mut cells = best.cells.clone();
        let mut work = points;
        let mut any = false;
        for (ring, (found, cost)) in rings.iter().zip(better) {
            work += cost * ring.tree.len();
            let Some(found) = found else { continue };
            any = true;
            for (i, k) in ring.cells.iter().enumerate() {
                cells.centre[*k] = found.centre[i];
                cells.weight[*k] = found.weight[i];
            }
        }
        *noted += work.div_ceil(points);
        idle += 1;
        if any {
            let tried = settle(ground, cells, 2, noted);
            if tried.value < best.value {
                best = tried;
                idle = 0;
            }
        }
    }
    best
}

/// Rings that have no cell in common, each grown from a cell by chance along borders.
fn part(ground: &Ground, best: &Found, noise: &mut Noise) -> Vec<Ring> {
    let k = ground.targets.len();
    let mut beside: Vec<Vec<u32>> = vec![Vec::new(); k];
    for pair in best.tally.margins.pairs() {
        beside[pair[0] as usize].push(pair[1]);
        beside[pair[1] as usize].push(pair[0]);
    }
    let mut order: Vec<usize> = (0..k).collect();
    for i in (1..k).rev() {
        order.swap(i, noise.below(i + 1));
    }
    let mut ring_of = vec![NOBODY; k];
    let mut rings: Vec<Vec<usize>> = Vec::new();
    for seed in order {
        if ring_of[seed] != NOBODY {
            continue;
        }
        let from = best.cells.centre[seed];
        let away = |c: usize| {
            let p = best.cells.centre[c];
            (p[0] - from[0]).powi(2) + (p[1] - from[1]).powi(2)
        };
        let number = rings.len() as u32;
        let mut ring = vec![seed];
        ring_of[seed] = number;
        while ring.len() < RING {
            let next = ring
                .iter()
                .flat_map(|c| &beside[*c])
                .map(|c| *c as usize)
                .filter(|c| ring_of[*c] == NOBODY)
                .min_by(|a, b| away(*a).total_cmp(&away(*b)).then(a.cmp(b)));
            let Some(next) = next else { break };
            ring_of[next] = number;
            ring.push(next);
        }
        ring.sort_unstable();
        rings.push(ring);
    }
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); rings.len()];
    for (i, cell) in labels(ground.tree, &best.cells, 0.0).into_iter().enumerate() {
        if let Some(ring) = ring_of.get(cell as usize) {
            members[*ring as usize].push(i as u32);
        }
    }
    rings
        .into_iter()
        .zip(members)
        .filter(|(cells, _)| cells.len() > 3)
        .map(|(cells, members)| Ring {
            cells,
            tree: ground.tree.some(&members),
            noise: Noise::new(noise.next()),
        })
        .collect()
}

/// Cells for the ring's points that are better than those there are, if any were found, and how many passes over them it took.
fn divide_anew(
    ground: &Ground,
    now: &Cells,
    homes: &[Option<[f64; 2]>],
    ring: &Ring,
) -> (Option<Cells>, usize) {
    let mut used = 0;
    let pick = |values: &[f64]| -> Vec<f64> { ring.cells.iter().map(|k| values[*k]).collect() };
    let fixed: Vec<_> = ring.cells.iter().map(|k| ground.fixed[*k]).collect();
    let anchors: Vec<_> = ring.cells.iter().map(|k| ground.anchors[*k]).collect();
    let homes: Vec<_> = ring.cells.iter().map(|k| homes[*k]).collect();
    let mut targets = pick(ground.targets);
    let mass = ring.tree.sum().mass + fixed.iter().map(|f| f.mass).sum::<f64>();
    if homes.iter().filter(|h| h.is_none()).count() < 3 || mass <= 0.0 {
        return (None, used);
    }
    let by = mass / targets.iter().sum::<f64>().max(1e-300);
    targets.iter_mut().for_each(|t| *t *= by);
    let part = Ground {
        tree: &ring.tree,
        targets: &targets,
        anchors: &anchors,
        fixed: &fixed,
        price: ground.price,
        scale: ground.scale,
    };
    let cells = Cells {
        centre: ring.cells.iter().map(|k| now.centre[*k]).collect(),
        weight: pick(&now.weight),
    };
    let before = part.tally(&cells, 0.0).value;
    let start = settle(&part, cells, 1, &mut used);
    let least = start.value;
    let mut best = start;
    let mut noise = ring.noise.clone();
    for _ in 0..TRIES {
        best = try_swap(&part, best, &homes, NEAR_IN_RING, &mut used, &mut noise);
    }
    if best.value >= least {
        return (None, used);
    }
    // The ring's points are as dear in sum as before, so that its borders with others stay about where they were.
    let rise = (best.tally.value - before) / mass;
    best.cells.weight.iter_mut().for_each(|w| *w += rise);
    (Some(best.cells), used)
}
