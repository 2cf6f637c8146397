//! The steps from a field to a plan: search on a coarse map, balance on the full one, one piece each, limits, polish.

use super::draft::{Draft, Terms};
use super::field::Field;
use super::graph::Graph;
use super::newton::{self, Effort};
use super::noise::Noise;
use super::paths;
use super::polish::{improve, smooth};
use super::problem::Settings;
use super::repair::join_pieces;
use super::rings::MOST;
use super::rounding::round;
use super::search::{Ground, follow, recentre, search, settle};
use super::sweep::{Cells, NOBODY, labels};
use super::tree::{Sum, Tree};

/// Points the search works on at least, and for each seat: more of them make it slower, not better.
const COARSE: (usize, usize) = (4_000, 60);

/// Imbalance at which the dual has stalled and paths take over; single heavy customers alone rarely make it so large.
const STALLED: f64 = 0.45;

/// How often centres and weights are balanced on the full map, the centres moving to the middle of their cells in between;
/// once less where there are so many seats that it takes long.
const SETTLED: usize = 3;

/// How far weights may part in the first step after the centres have moved, in typical squared sizes of a cell: at least and at most.
const TRUST: (f64, f64) = (0.01, 0.1);

/// Points times seats up to which paths are quick enough.
const SMALL: usize = 5_000_000;

/// Where things stand after a solve; nodes in the field's order.
pub(crate) struct Solved {
    pub label: Vec<u32>,
    pub cells: Cells,
    /// Nodes that lie apart from the rest of their seat.
    pub exceptions: Vec<u32>,
    pub passes: usize,
}

/// A field with everything that does not depend on the price of a move.
pub(crate) struct Bench {
    pub field: Field,
    pub graph: Graph,
    tree: Tree,
    /// Node of each point of the tree; as they come if nothing is locked.
    free: Vec<u32>,
    fixed: Vec<Sum>,
    pub scale: f64,
}

impl Bench {
    /// `neighbours` are pairs of nodes.
    pub fn new(mut field: Field, neighbours: Option<Vec<[u32; 2]>>) -> Self {
        // Nodes get the tree's order: what is near is near in memory.
        let order = Tree::build(&field.at, &field.measures[0], &[]).origin;
        let mut new_of = vec![0u32; order.len()];
        order
            .iter()
            .enumerate()
            .for_each(|(new, old)| new_of[*old as usize] = new as u32);
        field.reorder(&order);
        let graph = match neighbours {
            None => Graph::delaunay(&field.at),
            Some(pairs) => {
                let edges: Vec<(u32, u32, f32, bool)> = pairs
                    .into_iter()
                    .map(|[a, b]| (new_of[a as usize], new_of[b as usize]))
                    .filter(|(a, b)| a != b)
                    .map(|(a, b)| (a, b, 0.0, true))
                    .collect();
                Graph::from_edges(field.at.len(), &edges)
            }
        };
        let seats = field.anchors.len();
        let mut fixed = vec![Sum::default(); seats];
        let mut free = Vec::with_capacity(field.at.len());
        for i in 0..field.at.len() {
            match field.locked[i] {
                NOBODY => free.push(i as u32),
                seat => fixed[seat as usize].add(&Sum::of(field.at[i], field.measures[0][i])),
            }
        }
        let pick = |i: &u32| *i as usize;
        let at: Vec<[f64; 2]> = free.iter().map(|i| field.at[pick(i)]).collect();
        let mass: Vec<f64> = free.iter().map(|i| field.measures[0][pick(i)]).collect();
        let current: Vec<u32> = free.iter().map(|i| field.current[pick(i)]).collect();
        let tree = Tree::build(&at, &mass, &current);
        let scale = typical_square(&tree, seats);
        Self {
            field,
            graph,
            tree,
            free,
            fixed,
            scale,
        }
    }

    fn ground<'a>(&'a self, tree: &'a Tree, targets: &'a [f64], price: f64) -> Ground<'a> {
        Ground {
            tree,
            targets,
            anchors: &self.field.anchors,
            fixed: &self.fixed,
            price,
            scale: self.scale,
        }
    }

    /// Targets that are possible as loads and sum to what there is.
    pub fn targets(&self) -> Vec<f64> {
        let total: f64 = self.field.measures[0].iter().sum();
        let least = 1e-9 * total;
        let mut targets: Vec<f64> = self.field.limits.target[0].iter().map(|t| t.max(least)).collect();
        let by = total / targets.iter().sum::<f64>();
        targets.iter_mut().for_each(|t| *t *= by);
        targets
    }

    /// Centres and weights that balance, without regard to today's plan.
    pub fn search(&self, settings: &Settings) -> (Cells, usize) {
        let seats = self.field.anchors.len();
        let targets = self.targets();
        let coarse = self.tree.coarse(COARSE.0.max(COARSE.1 * seats));
        let passes = match settings.passes {
            0 => usual_passes(coarse.len()) * if self.tree.len() > 50_000 { 3 } else { 2 } / 2,
            passes => passes,
        };
        let mut noise = Noise::new(settings.seed);
        let mut found = search(&self.ground(&coarse, &targets, 0.0), passes, &mut noise);
        let mut used = passes;
        if coarse.len() < self.tree.len() {
            found = settle(&self.ground(&self.tree, &targets, 0.0), found.cells, 2, &mut used);
        }
        (found.cells, used)
    }

    /// Centres and weights near today's.
    pub fn warm(&self, price: f64, steps: usize) -> (Cells, usize) {
        let targets = self.targets();
        let mut sums = vec![Sum::default(); targets.len()];
        for i in 0..self.field.at.len() {
            if let Some(sum) = sums.get_mut(self.field.current[i] as usize) {
                sum.add(&Sum::of(self.field.at[i], self.field.measures[0][i]));
            }
        }
        let mut centre = Vec::with_capacity(sums.len());
        for (k, sum) in sums.iter().enumerate() {
            let own = sum.centroid().unwrap_or_else(|| self.crowded(&sums, &centre));
            centre.push(self.field.anchors[k].settle(own));
        }
        let cells = Cells {
            weight: vec![0.0; centre.len()],
            centre,
        };
        let mut used = 0;
        let found = settle(&self.ground(&self.tree, &targets, price), cells, steps, &mut used);
        (found.cells, used)
    }

    /// A place for a seat that has nobody yet: a customer of the fullest seat, far from the centres there are.
    fn crowded(&self, sums: &[Sum], centres: &[[f64; 2]]) -> [f64; 2] {
        let fullest = (0..sums.len())
            .max_by(|a, b| sums[*a].mass.total_cmp(&sums[*b].mass))
            .unwrap_or(0);
        let near = |p: [f64; 2]| {
            sums.iter()
                .filter_map(Sum::centroid)
                .chain(centres.iter().copied())
                .map(|c| (p[0] - c[0]).powi(2) + (p[1] - c[1]).powi(2))
                .fold(f64::INFINITY, f64::min)
        };
        let worth = |i: usize| near(self.field.at[i]) * self.field.measures[0][i];
        (0..self.field.at.len())
            .filter(|i| self.field.current[*i] as usize == fullest)
            .max_by(|a, b| worth(*a).total_cmp(&worth(*b)))
            .map_or([0.0; 2], |i| self.field.at[i])
    }

    /// Balance with these centres as exactly as whole nodes allow; then everything that makes it a plan.
    pub fn finish(&self, mut cells: Cells, price: f64, settings: &Settings) -> Solved {
        let targets = self.targets();
        let effort = Effort {
            passes: 40,
            tolerance: (self.field.tolerance * 0.5).max(2e-4),
            patience: 6,
            gain: 1e-9,
            amiss: 0.0,
        };
        let mut passes = 0;
        let mut trust = self.scale * 0.05;
        let mut imbalance = 0.0;
        let times = if targets.len() > MOST { 2 } else { SETTLED };
        for step in 1..=times {
            // Steps that went well leave more trust than the next balance deserves, and margins are noted as far as it reaches: with that of
            // a whole region all cells of a city are neighbours, steps overshoot, and a pass takes a hundred times as long.
            trust = trust.clamp(self.scale * TRUST.0, self.scale * TRUST.1);
            let centre = cells.centre.clone();
            let ground = self.ground(&self.tree, &targets, price);
            let balanced = newton::balance(
                &ground.at(&centre),
                &mut cells.weight,
                &targets,
                &mut trust,
                effort,
            );
            passes += balanced.passes;
            imbalance = balanced.imbalance;
            if step == times {
                break;
            }
            follow(&mut cells, &balanced.tally, &targets, &self.field.anchors);
        }
        let mut named = labels(&self.tree, &cells, price);
        if imbalance > STALLED && self.tree.len() * targets.len() <= SMALL {
            self.even_out(&mut named, &cells, &targets, price);
        }
        let mut label = self.field.locked.clone();
        for (at, seat) in named.into_iter().enumerate() {
            label[self.free[self.tree.origin[at] as usize] as usize] = seat;
        }
        self.fill_empty(&mut label, &cells);
        let (label, cells, exceptions) = self.discrete(label, cells, price, settings);
        Solved {
            label,
            cells,
            exceptions,
            passes,
        }
    }

    /// A seat that balance has left without anybody gets the node nearest to its centre, so that it has a border across which to grow.
    fn fill_empty(&self, label: &mut [u32], cells: &Cells) {
        let mut count = vec![0u32; cells.centre.len()];
        label.iter().for_each(|l| count[*l as usize] += 1);
        for seat in 0..count.len() {
            if count[seat] > 0 {
                continue;
            }
            let c = cells.centre[seat];
            let away = |i: usize| (self.field.at[i][0] - c[0]).powi(2) + (self.field.at[i][1] - c[1]).powi(2);
            let nearest = (0..label.len())
                .filter(|i| self.field.locked[*i] == NOBODY && count[label[*i] as usize] > 1)
                .min_by(|a, b| away(*a).total_cmp(&away(*b)));
            if let Some(node) = nearest {
                count[label[node] as usize] -= 1;
                count[seat] = 1;
                label[node] = seat as u32;
            }
        }
    }

    /// Where Newton has stalled: whole points along cheapest paths.
    fn even_out(&self, named: &mut [u32], cells: &Cells, targets: &[f64], price: f64) {
        let tree = &self.tree;
        let open: Vec<f64> = targets.iter().zip(&self.fixed).map(|(t, f)| t - f.mass).collect();
        let cost = |i: u32, seat: u32| {
            let (p, c) = (tree.at[i as usize], cells.centre[seat as usize]);
            let stays = tree.current.get(i as usize).is_some_and(|now| *now == seat);
            (p[0] - c[0]).powi(2) + (p[1] - c[1]).powi(2) - if stays { price } else { 0.0 }
        };
        paths::even_out(named, &tree.mass, &open, &cost, 20 * targets.len() + 200);
    }

    /// From labels by cell to labels that keep every limit.
    fn discrete(
        &self,
        label: Vec<u32>,
        mut cells: Cells,
        price: f64,
        settings: &Settings,
    ) -> (Vec<u32>, Cells, Vec<u32>) {
        let field = &self.field;
        let locked: Vec<bool> = field.locked.iter().map(|l| *l != NOBODY).collect();
        let stays = {
            let current = &field.current;
            move |label: u32, node: u32| price > 0.0 && current[node as usize] == label
        };
        let mut label = label;
        let mut exceptions = Vec::new();
        for last in [false, true] {
            let centre = cells.centre.clone();
            let cost = |node: u32, seat: u32| {
                let (p, c) = (field.at[node as usize], centre[seat as usize]);
                let stay = if field.current[node as usize] == seat {
                    price
                } else {
                    0.0
                };
                field.measures[0][node as usize] * ((p[0] - c[0]).powi(2) + (p[1] - c[1]).powi(2) - stay)
            };
            let terms = Terms {
                graph: &self.graph,
                measures: &field.measures,
                limits: &field.limits,
                cost: &cost,
                locked: &locked,
                apart: &field.apart,
                border: settings.smoothness * self.border_worth(),
                charge: self.charge(),
                connected: true,
            };
            let mut draft = Draft::new(&terms, label);
            separate(&mut draft);
            if !last {
                let before = draft.label.clone();
                join_pieces(&mut draft, &|i| stays(before[i as usize], i));
                smooth(&mut draft, &cells.weight, self.scale * 4.0, 0.04, 6);
            }
            round(&mut draft, 12);
            improve(&mut draft, 8);
            let before = draft.label.clone();
            exceptions = join_pieces(&mut draft, &|i| stays(before[i as usize], i));
            round(&mut draft, 6);
            let mut sums = vec![Sum::default(); draft.seats()];
            for (i, seat) in draft.label.iter().enumerate() {
                sums[*seat as usize].add(&Sum::of(field.at[i], field.measures[0][i]));
            }
            recentre(&mut cells, &sums, &field.anchors);
            label = draft.label;
        }
        (label, cells, exceptions)
    }

    /// Labels that keep every limit, with whatever a node costs in a seat (km² times workload); and the nodes that lie apart.
    pub fn keep_limits(
        &self,
        label: Vec<u32>,
        cost: &(dyn Fn(u32, u32) -> f64 + Sync),
        settings: &Settings,
    ) -> (Vec<u32>, Vec<u32>) {
        let locked: Vec<bool> = self.field.locked.iter().map(|l| *l != NOBODY).collect();
        let terms = Terms {
            graph: &self.graph,
            measures: &self.field.measures,
            limits: &self.field.limits,
            cost,
            locked: &locked,
            apart: &self.field.apart,
            border: settings.smoothness * self.border_worth(),
            charge: self.charge(),
            connected: true,
        };
        let mut draft = Draft::new(&terms, label);
        separate(&mut draft);
        join_pieces(&mut draft, &|_| false);
        round(&mut draft, 12);
        improve(&mut draft, 8);
        let exceptions = join_pieces(&mut draft, &|_| false);
        round(&mut draft, 6);
        (draft.label, exceptions)
    }

    /// One percent out of limits costs as much as some forty customers of a typical border.
    fn charge(&self) -> f64 {
        let mass: f64 = self.field.measures[0].iter().sum();
        40.0 * self.scale * mass / self.field.anchors.len() as f64
    }

    /// What a km of border is worth in km² times workload: enough to straighten what a single customer bends, little against what a customer
    /// well inside would cost.
    fn border_worth(&self) -> f64 {
        let mass: f64 = self.field.measures[0].iter().sum();
        // Among very many seats, straight borders and tight limits together take too long to find.
        let worth = if self.field.anchors.len() > MOST { 0.7 } else { 1.4 };
        worth * self.scale.sqrt() * mass / self.field.at.len() as f64
    }
}

/// Of two that must be apart and are not, the cheaper goes to the seat nearest to it.
fn separate(draft: &mut Draft) {
    for node in 0..draft.label.len() as u32 {
        let mine = draft.label[node as usize];
        if draft.terms.locked[node as usize] || draft.meets_nobody(node, mine) {
            continue;
        }
        let others = (0..draft.seats() as u32).filter(|s| draft.meets_nobody(node, *s));
        let best =
            others.min_by(|a, b| (draft.terms.cost)(node, *a).total_cmp(&(draft.terms.cost)(node, *b)));
        if let Some(seat) = best {
            draft.give(node, seat);
        }
    }
}

/// Passes that keep the search at a few tenths of a second up to some ten thousand points.
fn usual_passes(points: usize) -> usize {
    (8_000_000 / points.max(1)).clamp(120, 2_400)
}

/// Mean of what a cell covers: the area of the occupied map over the number of seats.
fn typical_square(tree: &Tree, seats: usize) -> f64 {
    let mut area = 0.0;
    for part in tree.parts((tree.len() / (seats * 4).max(1)).max(1)) {
        let half = tree.branches[part as usize].half;
        area += 4.0 * half[0] * half[1];
    }
    (area / seats.max(1) as f64).max(1e-9)
}
