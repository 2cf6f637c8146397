//! Fewer points along rings, which stay as free of crossings as they were.

use super::contour::GridPoint;

/// At least one of so many points of a ring is kept.
const STRETCH: usize = 128;

/// Areas that are nearer to nothing than this, in squares, are taken to be nothing: points in a row.
const FLAT: f64 = 1e-12;

/// Closed rings (first point not repeated) without the points that lie within a tolerance of the line between those kept around
/// them (Ramer, Douglas and Peucker). Where such a line would cross or touch another, its points come back; so rings that did not
/// cross before do not cross after. Rings with fewer than three points left are empty.
pub(super) fn simplify(rings: &[Vec<GridPoint>], tolerance: f64) -> Vec<Vec<GridPoint>> {
    let mut kept: Vec<Vec<bool>> = rings.iter().map(|ring| keep(ring, tolerance)).collect();
    // Points come back in each round but the last, so this ends.
    while restore(rings, &mut kept) {}
    rings
        .iter()
        .zip(kept)
        .map(|(ring, kept)| match kept.iter().filter(|kept| **kept).count() {
            0..3 => Vec::new(),
            _ => ring
                .iter()
                .zip(kept)
                .filter_map(|(point, kept)| kept.then_some(*point))
                .collect(),
        })
        .collect()
}

/// By point of a ring: it is kept.
fn keep(ring: &[GridPoint], tolerance: f64) -> Vec<bool> {
    let point = |at: usize| ring[at % ring.len()];
    let mut kept = vec![false; ring.len()];
    // Long rings are taken apart, which is much quicker.
    let mut open: Vec<(usize, usize)> = (0..ring.len())
        .step_by(STRETCH)
        .map(|from| (from, (from + STRETCH).min(ring.len())))
        .collect();
    for (from, _) in &open {
        kept[*from] = true;
    }
    while let Some((from, to)) = open.pop() {
        let [a, b] = [point(from), point(to)];
        let along = [b[0] - a[0], b[1] - a[1]];
        let square = along[0] * along[0] + along[1] * along[1];
        let inverse = if square > 0.0 { 1.0 / square } else { 0.0 };
        let (mut most, mut farthest) = (tolerance * tolerance, None);
        for (at, p) in ring.iter().enumerate().take(to).skip(from + 1) {
            let [x, y] = [p[0] - a[0], p[1] - a[1]];
            let share = ((x * along[0] + y * along[1]) * inverse).clamp(0.0, 1.0);
            let [x, y] = [x - share * along[0], y - share * along[1]];
            let far = x * x + y * y;
            if far > most {
                (most, farthest) = (far, Some(at));
            }
        }
        if let Some(at) = farthest {
            kept[at] = true;
            open.extend([(from, at), (at, to)]);
        }
    }
    kept
}

/// A line between two points that are kept.
struct Edge {
    ring: usize,
    /// Points of the ring; `to` is its length where the line closes it.
    from: usize,
    to: usize,
    ends: [GridPoint; 2],
}

impl Edge {
    fn is_shortened(&self) -> bool {
        self.to > self.from + 1
    }

    /// They cross or touch other than by the end of one that is the beginning of the other.
    fn meets(&self, other: &Self) -> bool {
        let ([a, b], [c, d]) = (self.ends, other.ends);
        if b == c || a == d {
            // In a row: only a line that runs back on the other meets it.
            let (a, b, c) = if b == c { (a, b, d) } else { (c, a, b) };
            let back = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) < 0.0;
            return back && turn(a, b, c) == 0;
        }
        let overlap = (0..2).all(|axis| {
            a[axis].min(b[axis]) <= c[axis].max(d[axis]) && c[axis].min(d[axis]) <= a[axis].max(b[axis])
        });
        overlap && turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0
    }
}

/// To the left (1), to the right (-1) or straight on (0).
fn turn(a: GridPoint, b: GridPoint, c: GridPoint) -> i8 {
    let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    i8::from(area > FLAT) - i8::from(area < -FLAT)
}

/// Brings points back where lines meet; false where none do.
fn restore(rings: &[Vec<GridPoint>], kept: &mut [Vec<bool>]) -> bool {
    let edges = edges(rings, kept);
    let mut cells: Vec<(u64, u32)> = Vec::with_capacity(2 * edges.len());
    for (number, edge) in (0..).zip(&edges) {
        enter(edge, |cell| cells.push((cell, number)));
    }
    cells.sort_unstable();
    let mut any = false;
    for cell in cells.chunk_by(|a, b| a.0 == b.0) {
        for (at, (_, first)) in cell.iter().enumerate() {
            let first = &edges[*first as usize];
            for (_, second) in &cell[at + 1..] {
                let second = &edges[*second as usize];
                if (first.is_shortened() || second.is_shortened()) && first.meets(second) {
                    any = true;
                    for edge in [first, second] {
                        kept[edge.ring][edge.from..edge.to].fill(true);
                    }
                }
            }
        }
    }
    any
}

fn edges(rings: &[Vec<GridPoint>], kept: &[Vec<bool>]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (number, (ring, kept)) in rings.iter().zip(kept).enumerate() {
        let start = edges.len();
        // The first point of a ring is always kept.
        let mut from = 0;
        for to in (1..=ring.len()).filter(|to| kept.get(*to).is_none_or(|kept| *kept)) {
            edges.push(Edge {
                ring: number,
                from,
                to,
                ends: [ring[from], ring[to % ring.len()]],
            });
            from = to;
        }
        if edges.len() < start + 3 {
            edges.truncate(start);
        }
    }
    edges
}

/// The squares a line runs through, or beside.
fn enter(edge: &Edge, mut take: impl FnMut(u64)) {
    let [a, b] = edge.ends;
    let [low, high] = if a[1] <= b[1] { [a, b] } else { [b, a] };
    let across = |y: f64| match high[1] - low[1] {
        0.0 => low[0],
        rise => low[0] + (high[0] - low[0]) * ((y - low[1]) / rise).clamp(0.0, 1.0),
    };
    let square = |at: f64| at.max(0.0) as u64;
    for row in square(low[1])..=square(high[1]) {
        let [south, north] = match low[1] < high[1] {
            true => [across(row as f64), across((row + 1) as f64)],
            false => [low[0], high[0]],
        };
        // A little more on either side, so that rounding hides no neighbour.
        for column in square(south.min(north) - 1e-6)..=square(south.max(north) + 1e-6) {
            take(row << 32 | column);
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::Validation;
    use proptest::prelude::*;

    use super::super::contour::{Fine, Grid};
    use super::super::frame::Frame;
    use super::super::nest::nest;
    use super::*;

    #[test]
    fn straight_lines_keep_their_ends_only() {
        let ring = vec![
            [1.0, 1.0],
            [2.0, 1.01],
            [3.0, 1.0],
            [3.0, 3.0],
            [2.0, 3.0],
            [1.0, 3.0],
        ];
        let simple = simplify(&[ring], 0.05);
        assert_eq!(simple, [vec![[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]]]);
    }

    #[test]
    fn a_speck_is_nothing() {
        assert_eq!(
            simplify(&[vec![[1.0, 1.0], [1.01, 1.0], [1.0, 1.01]]], 0.05),
            [Vec::<GridPoint>::new()]
        );
        assert_eq!(simplify(&[], 0.05), Vec::<Vec<GridPoint>>::new());
    }

    #[test]
    fn a_point_of_a_neighbour_is_gone_around() {
        // The bump of the lower ring is low enough to go, but the upper one reaches down to its side.
        let lower = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 2.0], [2.0, 1.96], [0.0, 2.0]];
        let upper = vec![[2.0, 1.98], [3.0, 3.0], [1.0, 3.0]];
        assert_eq!(simplify(std::slice::from_ref(&lower), 0.05)[0].len(), 4);
        assert_eq!(simplify(&[lower.clone(), upper.clone()], 0.05), [lower, upper]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn noise_gives_valid_areas(
            values in prop::collection::vec(prop_oneof![-1.0..1.0f32, -0.05..0.05f32], 14 * 14),
        ) {
            const SIDE: usize = 16;
            let mut grid = Grid { width: SIDE, height: SIDE, values: vec![-1.0; SIDE * SIDE], fine: Fine::default() };
            for (row, values) in values.chunks(14).enumerate() {
                let at = (row + 1) * SIDE + 1;
                grid.values[at..at + 14].copy_from_slice(values);
            }
            let area = nest(grid.rings(), &Frame::new([0.0; 2], [1.0; 2], 1e-6));
            prop_assert!(area.check_validation().is_ok(), "{:?}", area.check_validation());
        }
    }
}
