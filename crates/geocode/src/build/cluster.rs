//! Parts of one name that lie together.

use std::collections::{BTreeMap, HashMap};

use geom::{LocalMeters, Meters};

use super::collect::Found;
use super::streets::Part;
use crate::line::length;

/// Parts of a street of one name further apart than this are two streets.
const LINK: Meters = Meters(400.0);

/// Groups parts that lie together: houses and road vertices linked by at most [`LINK`].
pub(super) fn clusters(parts: &[Part<'_, '_>], found: &Found<'_>) -> Vec<Vec<usize>> {
    let mut points: Vec<([f64; 2], usize)> = Vec::new();
    let mut plane = None;
    for (at, part) in parts.iter().enumerate() {
        let line = match part {
            Part::House(address) => std::slice::from_ref(&address.point),
            Part::Road(road) => &found.roads[*road].line,
        };
        let plane = plane.get_or_insert_with(|| LocalMeters::at(line[0]));
        let mut last: Option<[f64; 2]> = None;
        for p in line {
            let p = plane.project(*p);
            if let Some(last) = last {
                let steps = (length(last, p) / (LINK.0 / 2.0)).ceil().min(1e4) as usize;
                for k in 1..steps {
                    let share = k as f64 / steps as f64;
                    points.push((
                        [
                            last[0] + (p[0] - last[0]) * share,
                            last[1] + (p[1] - last[1]) * share,
                        ],
                        at,
                    ));
                }
            }
            points.push((p, at));
            last = Some(p);
        }
    }
    let mut union = Union::new(parts.len());
    let cell = |p: [f64; 2]| ((p[0] / LINK.0).floor() as i64, (p[1] / LINK.0).floor() as i64);
    type Cell = Vec<([f64; 2], usize)>;
    let mut grid: HashMap<(i64, i64), Cell> = HashMap::new();
    for (p, at) in points {
        let (x, y) = cell(p);
        for key in (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))) {
            for (q, other) in grid.get(&key).into_iter().flatten() {
                if union.find(*other) != union.find(at) && length(p, *q) <= LINK.0 {
                    union.join(at, *other);
                }
            }
        }
        let here = grid.entry((x, y)).or_default();
        // A cell full of houses of one part needs none of them twice.
        if here.len() < 200 || !here.iter().any(|(_, other)| *other == at) {
            here.push((p, at));
        }
    }
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..parts.len() {
        out.entry(union.find(at)).or_default().push(at);
    }
    out.into_values().collect()
}

struct Union(Vec<usize>);

impl Union {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }
    fn find(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }
    /// The smaller becomes the root, so that order of joining does not show.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }
}
