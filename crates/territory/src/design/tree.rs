//! Points in the order of a k-d tree whose nodes know the sums of what is under them, so that a whole node that belongs to one cell is
//! counted in one step (the filtering algorithm, Kanungo et al. 2002, here with power distances).

/// Points of a leaf.
const LEAF: usize = 16;

/// Sums over weighted points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    pub mass: f64,
    /// Σ m·x and Σ m·y.
    pub moment: [f64; 2],
    /// Σ m·|p|².
    pub square: f64,
}

impl Sum {
    pub fn of(at: [f64; 2], mass: f64) -> Self {
        Self {
            mass,
            moment: [mass * at[0], mass * at[1]],
            square: mass * (at[0] * at[0] + at[1] * at[1]),
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.mass += other.mass;
        self.moment[0] += other.moment[0];
        self.moment[1] += other.moment[1];
        self.square += other.square;
    }

    /// The centre of mass; nothing without mass.
    pub fn centroid(&self) -> Option<[f64; 2]> {
        (self.mass > 0.0).then(|| [self.moment[0] / self.mass, self.moment[1] / self.mass])
    }

    /// Σ m·|p − c|².
    pub fn inertia(&self, c: [f64; 2]) -> f64 {
        (self.square - 2.0 * (c[0] * self.moment[0] + c[1] * self.moment[1])
            + (c[0] * c[0] + c[1] * c[1]) * self.mass)
            .max(0.0)
    }
}

/// A box of points `from..to`, with its middle and half its sides.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub middle: [f64; 2],
    pub half: [f64; 2],
    pub from: u32,
    pub to: u32,
    /// The second child; the first follows its parent. 0 in a leaf.
    pub second: u32,
    pub sum: Sum,
}

/// Weighted points in k-d order.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub at: Vec<[f64; 2]>,
    pub mass: Vec<f64>,
    /// Who has the point now, `NOBODY` if none; empty where nobody asks.
    pub current: Vec<u32>,
    /// Where the point stood in the caller's order.
    pub origin: Vec<u32>,
    pub branches: Vec<Branch>,
}

impl Tree {
    /// `current` is empty or as long as the points.
    pub fn build(at: &[[f64; 2]], mass: &[f64], current: &[u32]) -> Self {
        let mut order: Vec<u32> = (0..at.len() as u32).collect();
        let mut branches = Vec::new();
        if !order.is_empty() {
            split(at, mass, &mut order, 0, &mut branches);
        }
        let pick = |i: &u32| *i as usize;
        Self {
            at: order.iter().map(|i| at[pick(i)]).collect(),
            mass: order.iter().map(|i| mass[pick(i)]).collect(),
            current: if current.is_empty() {
                Vec::new()
            } else {
                order.iter().map(|i| current[pick(i)]).collect()
            },
            origin: order,
            branches,
        }
    }

    /// Some of the points, by ascending number: boxes are halves of the order they stand in, which costs no sorting.
    pub fn some(&self, points: &[u32]) -> Self {
        let at: Vec<[f64; 2]> = points.iter().map(|i| self.at[*i as usize]).collect();
        let mass: Vec<f64> = points.iter().map(|i| self.mass[*i as usize]).collect();
        let mut branches = Vec::new();
        if !at.is_empty() {
            halve(&at, &mass, 0, &mut branches);
        }
        Self {
            at,
            mass,
            current: Vec::new(),
            origin: points.to_vec(),
            branches,
        }
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Sums over all.
    pub fn sum(&self) -> Sum {
        self.branches.first().map_or_else(Sum::default, |b| b.sum)
    }

    /// Branches that together hold every point once, none with more than `most` points unless it is a leaf, in order.
    pub fn parts(&self, most: usize) -> Vec<u32> {
        let mut parts = Vec::new();
        let mut open: Vec<u32> = if self.branches.is_empty() { vec![] } else { vec![0] };
        while let Some(at) = open.pop() {
            let branch = &self.branches[at as usize];
            if branch.second == 0 || (branch.to - branch.from) as usize <= most {
                parts.push(at);
            } else {
                open.push(branch.second);
                open.push(at + 1);
            }
        }
        parts
    }

    /// Fewer points: every group of neighbours becomes one point at its centre of mass. Groups have at least half of `len / points`.
    pub fn coarse(&self, points: usize) -> Self {
        if self.len() <= points {
            return Self {
                current: Vec::new(),
                ..self.clone()
            };
        }
        let size = self.len() / points;
        let mut at = Vec::new();
        let mut mass = Vec::new();
        let mut put = |sum: Sum| {
            if let Some(c) = sum.centroid() {
                at.push(c);
                mass.push(sum.mass);
            }
        };
        for part in self.parts(size.max(LEAF)) {
            let branch = &self.branches[part as usize];
            let range = branch.from as usize..branch.to as usize;
            if branch.second != 0 || range.len() <= size {
                put(branch.sum);
            } else {
                // A leaf, still too large a group: neighbours in their order.
                for start in range.clone().step_by(size.max(1)) {
                    let mut sum = Sum::default();
                    (start..(start + size.max(1)).min(range.end))
                        .for_each(|i| sum.add(&Sum::of(self.at[i], self.mass[i])));
                    put(sum);
                }
            }
        }
        Self::build(&at, &mass, &[])
    }
}

/// A branch with nothing under it yet.
fn boxed(points: impl Iterator<Item = [f64; 2]>, from: u32, count: usize) -> Branch {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for p in points {
        for d in 0..2 {
            low[d] = low[d].min(p[d]);
            high[d] = high[d].max(p[d]);
        }
    }
    Branch {
        middle: [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0],
        half: [(high[0] - low[0]) / 2.0, (high[1] - low[1]) / 2.0],
        from,
        to: from + count as u32,
        second: 0,
        sum: Sum::default(),
    }
}

fn split(at: &[[f64; 2]], mass: &[f64], order: &mut [u32], from: u32, branches: &mut Vec<Branch>) -> Sum {
    let here = branches.len();
    branches.push(boxed(order.iter().map(|i| at[*i as usize]), from, order.len()));
    let mut sum = Sum::default();
    if order.len() <= LEAF {
        order
            .iter()
            .for_each(|i| sum.add(&Sum::of(at[*i as usize], mass[*i as usize])));
    } else {
        let axis = usize::from(branches[here].half[1] > branches[here].half[0]);
        let half = order.len() / 2;
        // The number decides among equals, so the order is one and only.
        order.select_nth_unstable_by(half, |a, b| {
            at[*a as usize][axis]
                .total_cmp(&at[*b as usize][axis])
                .then(a.cmp(b))
        });
        let (first, second) = order.split_at_mut(half);
        sum.add(&split(at, mass, first, from, branches));
        branches[here].second = branches.len() as u32;
        sum.add(&split(at, mass, second, from + half as u32, branches));
    }
    branches[here].sum = sum;
    sum
}

/// As [`split`], of points that stand in a good order already.
fn halve(at: &[[f64; 2]], mass: &[f64], from: u32, branches: &mut Vec<Branch>) -> Sum {
    let here = branches.len();
    branches.push(boxed(at.iter().copied(), from, at.len()));
    let mut sum = Sum::default();
    if at.len() <= LEAF {
        at.iter().zip(mass).for_each(|(p, m)| sum.add(&Sum::of(*p, *m)));
    } else {
        let half = at.len() / 2;
        sum.add(&halve(&at[..half], &mass[..half], from, branches));
        branches[here].second = branches.len() as u32;
        sum.add(&halve(&at[half..], &mass[half..], from + half as u32, branches));
    }
    branches[here].sum = sum;
    sum
}
