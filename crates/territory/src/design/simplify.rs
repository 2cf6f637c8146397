//! Straighter borders: corners are cut, the smallest first (Visvalingam and Whyatt 1993), but none whose triangle holds a customer or a corner
//! of another border. So no customer changes hands and borders neither cross nor touch.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::borders::Borders;

/// Corners are cut up to this share of a territory's area.
const SHARE: f64 = 0.03;

/// What is straight in degrees bends on the map, by up to tan(latitude) / (8 · radius of the earth) times its length squared: 5e-5 km for a km²
/// is so at 68 degrees. Customers as near as that to a border may look to be beyond it.
const BEND: f64 = 5e-5;

/// Points in square bins.
struct Bins {
    low: [f64; 2],
    size: f64,
    columns: usize,
    rows: usize,
    start: Vec<u32>,
    points: Vec<u32>,
}

impl Bins {
    fn new(at: &[[f64; 2]]) -> Self {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        for p in at {
            for d in 0..2 {
                low[d] = low[d].min(p[d]);
                high[d] = high[d].max(p[d]);
            }
        }
        if at.is_empty() {
            (low, high) = ([0.0; 2], [1.0; 2]);
        }
        let area = ((high[0] - low[0]) * (high[1] - low[1])).max(1e-9);
        let size = (area * 3.0 / at.len().max(1) as f64).sqrt();
        let count = |d: usize| (((high[d] - low[d]) / size) as usize + 1).min(8192);
        let (columns, rows) = (count(0), count(1));
        let mut this = Self {
            low,
            size,
            columns,
            rows,
            start: vec![0; columns * rows + 1],
            points: vec![0; at.len()],
        };
        let bin: Vec<usize> = at
            .iter()
            .map(|p| this.bin(*p, 0) + this.bin(*p, 1) * columns)
            .collect();
        bin.iter().for_each(|b| this.start[b + 1] += 1);
        (0..columns * rows).for_each(|b| this.start[b + 1] += this.start[b]);
        let mut next = this.start.clone();
        for (i, b) in bin.iter().enumerate() {
            this.points[next[*b] as usize] = i as u32;
            next[*b] += 1;
        }
        this
    }

    fn bin(&self, p: [f64; 2], d: usize) -> usize {
        let most = if d == 0 { self.columns } else { self.rows };
        (((p[d] - self.low[d]) / self.size).max(0.0) as usize).min(most - 1)
    }

    /// Whether any point near the triangle is as asked.
    fn any(&self, corners: &[[f64; 2]; 3], mut asked: impl FnMut(u32) -> bool) -> bool {
        let least = |d: usize| corners.iter().map(|c| c[d]).fold(f64::INFINITY, f64::min);
        let most = |d: usize| corners.iter().map(|c| c[d]).fold(f64::NEG_INFINITY, f64::max);
        let low = [least(0), least(1)];
        let high = [most(0), most(1)];
        (self.bin(low, 1)..=self.bin(high, 1)).any(|row| {
            (self.bin(low, 0)..=self.bin(high, 0)).any(|column| {
                let bin = row * self.columns + column;
                self.points[self.start[bin] as usize..self.start[bin + 1] as usize]
                    .iter()
                    .any(|i| asked(*i))
            })
        })
    }
}

/// A corner that could be cut, by the size of its triangle.
#[derive(PartialEq)]
struct Cut {
    size: f64,
    point: u32,
}

impl Eq for Cut {}

impl Ord for Cut {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .size
            .total_cmp(&self.size)
            .then(other.point.cmp(&self.point))
    }
}

impl PartialOrd for Cut {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub(crate) fn straighten(borders: &Borders) -> Borders {
    // All points of all arcs in one row, each knowing its neighbours on the arc.
    let mut at: Vec<[f64; 2]> = Vec::new();
    let mut before: Vec<u32> = Vec::new();
    let mut after: Vec<u32> = Vec::new();
    let mut free: Vec<bool> = Vec::new();
    let mut first = Vec::new();
    for (line, fixed) in borders.lines.iter().zip(&borders.fixed) {
        first.push(at.len());
        let last = line.len() - 1;
        for (i, p) in line.iter().enumerate() {
            let n = at.len() as u32;
            at.push(*p);
            before.push(if i == 0 { u32::MAX } else { n - 1 });
            after.push(if i == last { u32::MAX } else { n + 1 });
            // Ends are where more than two meet; a closed arc keeps its start and one more on either side, so that it stays a ring.
            let ring = line[0] == line[last];
            free.push(i > 0 && i < last && !fixed[i] && !(ring && (i == last / 3 || i == 2 * last / 3)));
        }
    }
    first.push(at.len());
    let sites = borders
        .label
        .iter()
        .take_while(|l| **l != super::arcs::OUTSIDE)
        .count();
    let customers = Bins::new(&borders.sites[..sites]);
    let corners = Bins::new(&at);
    let mut gone = vec![false; at.len()];
    let limit = SHARE * mean_area(borders);
    let triangle = |i: u32, before: &[u32], after: &[u32]| {
        [
            at[before[i as usize] as usize],
            at[i as usize],
            at[after[i as usize] as usize],
        ]
    };
    let mut heap: BinaryHeap<Cut> = (0..at.len() as u32)
        .filter(|i| free[*i as usize])
        .map(|i| Cut {
            size: size(&triangle(i, &before, &after)),
            point: i,
        })
        .collect();
    while let Some(cut) = heap.pop() {
        let i = cut.point as usize;
        if gone[i] || cut.size > limit {
            continue;
        }
        let corner = triangle(cut.point, &before, &after);
        if size(&corner) != cut.size {
            // The neighbours have changed; it was put in again with its new size.
            continue;
        }
        let own = [before[i], cut.point, after[i]];
        let blocked = customers.any(&corner, |c| covers(&corner, borders.sites[c as usize], BEND))
            || corners.any(&corner, |c| {
                !gone[c as usize]
                    && !own.contains(&c)
                    && at[c as usize] != corner[0]
                    && at[c as usize] != corner[2]
                    && covers(&corner, at[c as usize], 0.0)
            });
        if blocked {
            continue;
        }
        gone[i] = true;
        let (p, q) = (before[i], after[i]);
        after[p as usize] = q;
        before[q as usize] = p;
        for n in [p, q] {
            if free[n as usize] && !gone[n as usize] {
                heap.push(Cut {
                    size: size(&triangle(n, &before, &after)),
                    point: n,
                });
            }
        }
    }
    let mut out = borders.clone();
    for (arc, range) in first.windows(2).enumerate() {
        let kept: Vec<usize> = (0..range[1] - range[0]).filter(|i| !gone[range[0] + i]).collect();
        out.lines[arc] = kept.iter().map(|i| borders.lines[arc][*i]).collect();
        out.between[arc] = kept.iter().map(|i| borders.between[arc][*i]).collect();
        out.fixed[arc] = kept.iter().map(|i| borders.fixed[arc][*i]).collect();
    }
    out
}

fn size(t: &[[f64; 2]; 3]) -> f64 {
    ((t[1][0] - t[0][0]) * (t[2][1] - t[0][1]) - (t[1][1] - t[0][1]) * (t[2][0] - t[0][0])).abs() / 2.0
}

/// Whether the triangle covers the point, its sides included, or so little is missing as a side of that length may bend, km for a km².
fn covers(t: &[[f64; 2]; 3], p: [f64; 2], bend: f64) -> bool {
    let side = |a: [f64; 2], b: [f64; 2]| {
        let d = [b[0] - a[0], b[1] - a[1]];
        let cross = d[0] * (p[1] - a[1]) - d[1] * (p[0] - a[0]);
        (cross, bend * (d[0] * d[0] + d[1] * d[1]).powf(1.5))
    };
    let sides = [side(t[0], t[1]), side(t[1], t[2]), side(t[2], t[0])];
    sides.iter().all(|(cross, room)| *cross >= -room) || sides.iter().all(|(cross, room)| *cross <= *room)
}

fn mean_area(borders: &Borders) -> f64 {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for p in borders.lines.iter().flatten() {
        for d in 0..2 {
            low[d] = low[d].min(p[d]);
            high[d] = high[d].max(p[d]);
        }
    }
    let mut labels: Vec<u32> = borders.arcs.iter().map(|a| a.left).collect();
    labels.sort_unstable();
    labels.dedup();
    (high[0] - low[0]) * (high[1] - low[1]) / labels.len().max(1) as f64
}
