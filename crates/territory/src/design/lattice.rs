//! The borders of blocks taken apart: each piece once, with the block on either side.

use std::collections::{BTreeMap, HashMap};

use rstar::primitives::{GeomWithData, Line};
use rstar::{AABB, RTree};

use crate::Shape;
use crate::crossing::crossing;

/// Corners closer than this many degrees (about a millimetre) are one.
const NEAR: f64 = 1e-8;

/// Pieces of border between corners.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lattice {
    /// Longitude and latitude.
    pub corners: Vec<[f64; 2]>,
    /// By its two corners, the smaller number first: the block on the left and on the right.
    pub sides: BTreeMap<[u32; 2], [Option<u32>; 2]>,
    /// Pairs of blocks that lie on the same side of a piece, the smaller first.
    pub doubled: Vec<[u32; 2]>,
}

/// Numbers corners; those near each other are one.
#[derive(Default)]
struct Corners {
    number: HashMap<[i64; 2], u32>,
    at: Vec<[f64; 2]>,
}

impl Corners {
    fn number(&mut self, p: [f64; 2]) -> u32 {
        // Two in one square are always near each other, so that a square needs one number only.
        let cell = p.map(|v| (v * 1.5 / NEAR).floor() as i64);
        for dx in -2..=2 {
            for dy in -2..=2 {
                if let Some(n) = self.number.get(&[cell[0] + dx, cell[1] + dy]) {
                    let q = self.at[*n as usize];
                    if (p[0] - q[0]).hypot(p[1] - q[1]) <= NEAR {
                        return *n;
                    }
                }
            }
        }
        let n = self.at.len() as u32;
        self.number.entry(cell).or_insert(n);
        self.at.push(p);
        n
    }
}

impl Lattice {
    pub fn of(shapes: &[Shape]) -> Self {
        let mut corners = Corners::default();
        // Rings as numbers of corners; outer rings go counter-clockwise and holes clockwise, so that the block is always on the left.
        let mut edges: Vec<(u32, [u32; 2])> = Vec::new();
        for (shape, block) in shapes.iter().zip(0..) {
            for polygon in shape.polygons() {
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    let numbers: Vec<u32> = ring.coords().map(|c| corners.number([c.x, c.y])).collect();
                    edges.extend(
                        numbers
                            .windows(2)
                            .filter(|w| w[0] != w[1])
                            .map(|w| (block, [w[0], w[1]])),
                    );
                }
            }
        }
        let corners = corners.at;
        let tree: RTree<GeomWithData<[f64; 2], u32>> = RTree::bulk_load(
            corners
                .iter()
                .zip(0..)
                .map(|(p, n)| GeomWithData::new(*p, n))
                .collect(),
        );
        let mut lattice = Self {
            corners,
            ..Self::default()
        };
        for (block, [from, to]) in edges {
            let mut way = lattice.corners_on(&tree, from, to);
            way.insert(0, from);
            way.push(to);
            for piece in way.windows(2) {
                lattice.put(block, [piece[0], piece[1]]);
            }
        }
        lattice.doubled.sort_unstable();
        lattice.doubled.dedup();
        lattice
    }

    /// Corners that lie on the edge between its ends, in order.
    fn corners_on(&self, tree: &RTree<GeomWithData<[f64; 2], u32>>, from: u32, to: u32) -> Vec<u32> {
        let (p, q) = (self.corners[from as usize], self.corners[to as usize]);
        let d = [q[0] - p[0], q[1] - p[1]];
        let length = d[0].hypot(d[1]);
        let low = [p[0].min(q[0]) - NEAR, p[1].min(q[1]) - NEAR];
        let high = [p[0].max(q[0]) + NEAR, p[1].max(q[1]) + NEAR];
        let mut on: Vec<(f64, u32)> = tree
            .locate_in_envelope(AABB::from_corners(low, high))
            .filter(|c| c.data != from && c.data != to)
            .filter_map(|c| {
                let e = [c.geom()[0] - p[0], c.geom()[1] - p[1]];
                let along = (e[0] * d[0] + e[1] * d[1]) / length;
                let aside = (e[0] * d[1] - e[1] * d[0]).abs() / length;
                (aside <= NEAR && along > 0.0 && along < length).then_some((along, c.data))
            })
            .collect();
        on.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        on.into_iter().map(|c| c.1).collect()
    }

    fn put(&mut self, block: u32, [from, to]: [u32; 2]) {
        let (key, side) = if from < to {
            ([from, to], 0)
        } else {
            ([to, from], 1)
        };
        let beside = self.sides.entry(key).or_default();
        match beside[side] {
            None => beside[side] = Some(block),
            Some(other) if other != block => self.doubled.push([other.min(block), other.max(block)]),
            Some(_) => {}
        }
    }

    /// Pairs of blocks with borders that cross, the smaller first; some may be named more than once.
    pub fn crossings(&self) -> Vec<[u32; 2]> {
        let ends = |key: &[u32; 2]| key.map(|e| self.corners[e as usize]);
        let tree = RTree::bulk_load(
            self.sides
                .keys()
                .map(|key| {
                    let [a, b] = ends(key);
                    GeomWithData::new(Line::new(a, b), *key)
                })
                .collect(),
        );
        let mut found = Vec::new();
        for (key, beside) in &self.sides {
            let [a, b] = ends(key);
            let low = [a[0].min(b[0]), a[1].min(b[1])];
            let high = [a[0].max(b[0]), a[1].max(b[1])];
            for other in tree.locate_in_envelope_intersecting(AABB::from_corners(low, high)) {
                if other.data <= *key || crossing([a, b], ends(&other.data)).is_none() {
                    continue;
                }
                for mine in beside.iter().flatten() {
                    for theirs in self.sides[&other.data].iter().flatten().filter(|t| *t != mine) {
                        found.push([*mine.min(theirs), *mine.max(theirs)]);
                    }
                }
            }
        }
        found
    }
}
