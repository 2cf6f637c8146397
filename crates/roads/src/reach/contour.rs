//! Marching squares: the rings around the part of a grid where a field is not negative.

/// Values at the crossings of a square grid, row by row.
pub(crate) struct Grid {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
    /// Squares that are drawn by a finer grid of their own.
    pub fine: Fine,
}

/// The side of a fine square's grid, in squares of it.
pub(crate) const SPLIT: usize = 3;
/// Crossings along that side.
pub(crate) const KNOTS: usize = SPLIT + 1;
/// Sides of the small squares in a fine square.
const SIDES: usize = 2 * SPLIT * KNOTS;

/// Values in squares where the coarse grid says too little.
#[derive(Default)]
pub(crate) struct Fine {
    /// The south-west crossings of those squares.
    pub squares: Vec<u32>,
    /// By square: values at its own crossings, row by row. Neighbours agree on those they share; along sides where the
    /// neighbour is not fine, and in corners where one of four squares is not, they follow the coarse grid.
    pub values: Vec<[f32; KNOTS * KNOTS]>,
    /// By crossing of the coarse grid: the number of the fine square to its north-east plus one, or 0. Empty if there is none.
    pub numbers: Vec<u32>,
}

impl Fine {
    /// The number of the fine square at a crossing.
    pub(crate) fn at(&self, corner: usize) -> Option<usize> {
        let number = *self.numbers.get(corner)? as usize;
        number.checked_sub(1)
    }
}

/// A point in grid units: column and row, between crossings.
pub(crate) type GridPoint = [f64; 2];

/// A side of a grid square or of a small one, by number: coarse ones first (the crossing it begins in twice, plus one if it goes
/// up and not to the right), then those of each fine square: [`SPLIT`] to the right in each row, then those that go up.
type Side = u32;

impl Grid {
    fn value(&self, column: usize, row: usize) -> f32 {
        self.values[row * self.width + column]
    }

    /// Closed rings (first point not repeated) with the inside on their left: outer rings run
    /// counter-clockwise, holes clockwise. Crossings on the grid's rim must be negative.
    pub(crate) fn rings(&self) -> Vec<Vec<GridPoint>> {
        // Each side of a square that the contour crosses leads to the next one; each is entered once. By side:
        // the number of the next one plus one, or 0.
        let mut next: Vec<Side> = vec![0; 2 * self.values.len() + SIDES * self.fine.squares.len()];
        let mut starts: Vec<Side> = Vec::new();
        let inside: Vec<u8> = self.values.iter().map(|value| u8::from(*value >= 0.0)).collect();
        let mut link = |from: Side, to: Side| {
            next[from as usize] = to + 1;
            starts.push(from);
        };
        for row in 0..self.height.saturating_sub(1) {
            let (low, high) = inside[row * self.width..][..2 * self.width].split_at(self.width);
            for (column, squares) in changes(low, high) {
                for column in column..column + squares {
                    let corner = row * self.width + column;
                    let values = [
                        self.value(column, row),
                        self.value(column + 1, row),
                        self.value(column + 1, row + 1),
                        self.value(column, row + 1),
                    ];
                    if is_plain(&values) || self.fine.at(corner).is_some() {
                        continue;
                    }
                    let coarse = |corner: usize, up: bool| 2 * corner as u32 + u32::from(up);
                    let sides = [
                        coarse(corner, false),
                        coarse(corner + 1, true),
                        coarse(corner + self.width, false),
                        coarse(corner, true),
                    ];
                    crossings(values, sides).for_each(|(from, to)| link(from, to));
                }
            }
        }
        for number in 0..self.fine.squares.len() {
            let knots = &self.fine.values[number];
            let within = knots.iter().filter(|value| **value >= 0.0).count();
            if within == 0 || within == knots.len() {
                continue;
            }
            for row in 0..SPLIT {
                for column in 0..SPLIT {
                    let at = |c: usize, r: usize| knots[r * KNOTS + c];
                    let values = [
                        at(column, row),
                        at(column + 1, row),
                        at(column + 1, row + 1),
                        at(column, row + 1),
                    ];
                    if is_plain(&values) {
                        continue;
                    }
                    let sides = [
                        self.small(number, column, row, false),
                        self.small(number, column + 1, row, true),
                        self.small(number, column, row + 1, false),
                        self.small(number, column, row, true),
                    ];
                    crossings(values, sides).for_each(|(from, to)| link(from, to));
                }
            }
        }
        let mut rings = Vec::new();
        for start in starts {
            let mut ring = Vec::new();
            let mut side = start;
            loop {
                let to = std::mem::take(&mut next[side as usize]);
                if to == 0 {
                    break;
                }
                ring.push(self.crossing(side));
                side = to - 1;
            }
            if ring.len() >= 3 {
                rings.push(ring);
            }
        }
        rings
    }

    /// The number of a small square's side. What two fine squares share belongs to the one that is more to the west or south,
    /// and along a square that is not fine there is only that square's side.
    fn small(&self, number: usize, column: usize, row: usize, up: bool) -> Side {
        let corner = self.fine.squares[number] as usize;
        let own = |number: usize, column: usize, row: usize| -> Side {
            let local = match up {
                false => row * SPLIT + column,
                true => SPLIT * KNOTS + column * SPLIT + row,
            };
            (2 * self.values.len() + SIDES * number + local) as u32
        };
        let coarse = |corner: usize| 2 * corner as u32 + u32::from(up);
        let (across, along) = if up { (column, row) } else { (row, column) };
        let step = if up { 1 } else { self.width };
        match across {
            0 => match corner.checked_sub(step).and_then(|before| self.fine.at(before)) {
                Some(before) if up => own(before, SPLIT, along),
                Some(before) => own(before, along, SPLIT),
                None => coarse(corner),
            },
            SPLIT if self.fine.at(corner + step).is_none() => coarse(corner + step),
            _ => own(number, column, row),
        }
    }

    /// Where on a side the field is zero.
    fn crossing(&self, side: Side) -> GridPoint {
        let coarse = 2 * self.values.len() as u32;
        if let Some(small) = side.checked_sub(coarse) {
            let (number, local) = (small as usize / SIDES, small as usize % SIDES);
            let corner = self.fine.squares[number] as usize;
            let (column, row, up) = match local.checked_sub(SPLIT * KNOTS) {
                None => (local % SPLIT, local / SPLIT, false),
                Some(up) => (up / SPLIT, up % SPLIT, true),
            };
            let knots = &self.fine.values[number];
            let other = if up {
                (row + 1) * KNOTS + column
            } else {
                row * KNOTS + column + 1
            };
            let share = zero_between(knots[row * KNOTS + column], knots[other]);
            let [x, y] = point(column, row, up, share).map(|n| n / SPLIT as f64);
            return [(corner % self.width) as f64 + x, (corner / self.width) as f64 + y];
        }
        let (corner, up) = (side as usize / 2, side % 2 == 1);
        let (column, row) = (corner % self.width, corner / self.width);
        let other = if up {
            self.value(column, row + 1)
        } else {
            self.value(column + 1, row)
        };
        point(column, row, up, zero_between(self.value(column, row), other))
    }
}

/// The contour does not run through a square with these corners.
fn is_plain(values: &[f32; 4]) -> bool {
    let inside = values.map(|value| value >= 0.0);
    inside == [true; 4] || inside == [false; 4]
}

fn point(column: usize, row: usize, up: bool, share: f64) -> GridPoint {
    match up {
        true => [column as f64, row as f64 + share],
        false => [column as f64 + share, row as f64],
    }
}

/// Which share of the way from one value to the other is zero. Kept off the ends, so that rings never touch themselves there.
pub(crate) fn zero_between(a: f32, b: f32) -> f64 {
    let (a, b) = (f64::from(a), f64::from(b));
    (a / (a - b)).clamp(0.001, 0.999)
}

/// Where the contour runs through a square: from one of its sides to another, inside on the left. Values are those of the
/// corners from the south-west one counter-clockwise, sides south, east, north, west.
fn crossings(values: [f32; 4], [south, east, north, west]: [Side; 4]) -> impl Iterator<Item = (Side, Side)> {
    let [sw, se, ne, nw] = values.map(|v| v >= 0.0);
    let middle = values.iter().sum::<f32>() >= 0.0;
    let pairs: [Option<(Side, Side)>; 2] = match (sw, se, ne, nw) {
        (false, false, false, false) | (true, true, true, true) => [None, None],
        (true, false, false, false) => [Some((south, west)), None],
        (false, true, false, false) => [Some((east, south)), None],
        (false, false, true, false) => [Some((north, east)), None],
        (false, false, false, true) => [Some((west, north)), None],
        (true, true, false, false) => [Some((east, west)), None],
        (false, true, true, false) => [Some((north, south)), None],
        (false, false, true, true) => [Some((west, east)), None],
        (true, false, false, true) => [Some((south, north)), None],
        (false, true, true, true) => [Some((west, south)), None],
        (true, false, true, true) => [Some((south, east)), None],
        (true, true, false, true) => [Some((east, north)), None],
        (true, true, true, false) => [Some((north, west)), None],
        // Two opposite corners: the middle decides whether they hang together.
        (true, false, true, false) if middle => [Some((south, east)), Some((north, west))],
        (true, false, true, false) => [Some((south, west)), Some((north, east))],
        (false, true, false, true) if middle => [Some((west, south)), Some((east, north))],
        (false, true, false, true) => [Some((east, south)), Some((west, north))],
    };
    pairs.into_iter().flatten()
}

/// The runs of squares between two rows of crossings whose corners may differ: first square and how many. Most
/// squares lie wholly inside or outside, and are passed over sixteen at a time. One says inside, 0 outside.
fn changes<'a>(low: &'a [u8], high: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
    const RUN: usize = 16;
    const ALL: u128 = u128::from_ne_bytes([1; RUN]);
    let squares = low.len().saturating_sub(1);
    let whole = squares / RUN;
    let corners = |row: &[u8], run: usize| -> Option<u128> {
        Some(u128::from_ne_bytes(*row[run * RUN..].first_chunk()?))
    };
    let same = move |run: &usize| {
        let Some((below, above)) = corners(low, *run).zip(corners(high, *run)) else {
            return false;
        };
        let (last, all) = ((run + 1) * RUN, below & above == ALL);
        match all {
            true => low[last] & high[last] == 1,
            false => below | above == 0 && low[last] | high[last] == 0,
        }
    };
    let rest = (!squares.is_multiple_of(RUN)).then_some((whole * RUN, squares % RUN));
    let runs = (0..whole)
        .filter(move |run| !same(run))
        .map(|run| (run * RUN, RUN));
    runs.chain(rest)
}

/// A closed ring (first point repeated at the end) without the points that lie within a tolerance of the line between
/// those kept around them (Ramer, Douglas and Peucker).
pub(crate) fn simplify(ring: &[GridPoint], tolerance: f64) -> Vec<GridPoint> {
    let Some(first) = ring.first() else {
        return Vec::new();
    };
    let point = |i: usize| ring.get(i).copied().unwrap_or(*first);
    let mut kept = vec![false; ring.len() + 1];
    (kept[0], kept[ring.len()]) = (true, true);
    let mut open = vec![(0, ring.len())];
    while let Some((from, to)) = open.pop() {
        let [a, b] = [point(from), point(to)];
        let along = [b[0] - a[0], b[1] - a[1]];
        let square = along[0] * along[0] + along[1] * along[1];
        let inverse = if square > 0.0 { 1.0 / square } else { 0.0 };
        let (mut most, mut farthest) = (tolerance * tolerance, None);
        for (i, p) in ring.iter().enumerate().take(to).skip(from + 1) {
            let [x, y] = [p[0] - a[0], p[1] - a[1]];
            let share = ((x * along[0] + y * along[1]) * inverse).clamp(0.0, 1.0);
            let [x, y] = [x - share * along[0], y - share * along[1]];
            let far = x * x + y * y;
            if far > most {
                (most, farthest) = (far, Some(i));
            }
        }
        if let Some(at) = farthest {
            kept[at] = true;
            open.extend([(from, at), (at, to)]);
        }
    }
    (0..=ring.len()).filter(|i| kept[*i]).map(point).collect()
}

/// Twice the area a ring encloses; negative if it runs clockwise.
pub(crate) fn signed_area(ring: &[GridPoint]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum()
}

/// The point lies inside the ring (even–odd rule).
pub(crate) fn is_inside(ring: &[GridPoint], p: GridPoint) -> bool {
    let Some(mut a) = ring.last() else {
        return false;
    };
    let mut inside = false;
    for b in ring {
        if (a[1] > p[1]) != (b[1] > p[1]) {
            inside ^= p[0] < a[0] + (p[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
        }
        a = b;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &[&str]) -> Grid {
        Grid {
            width: rows[0].len(),
            height: rows.len(),
            values: rows
                .iter()
                .flat_map(|row| row.bytes().map(|b| if b == b'#' { 1.0 } else { -1.0 }))
                .collect(),
            fine: Fine::default(),
        }
    }

    #[test]
    fn a_square_with_a_hole_gives_one_ring_each_way() {
        let rings = grid(&[
            ".......", ".#####.", ".#####.", ".##.##.", ".#####.", ".#####.", ".......",
        ])
        .rings();
        let mut areas: Vec<f64> = rings.iter().map(|r| signed_area(r) / 2.0).collect();
        areas.sort_by(f64::total_cmp);
        // A square of 5 × 5 less its four cut corners of 1/8; a hole whose four neighbours leave a diamond of 1/2.
        assert_eq!(areas.len(), 2, "{areas:?}");
        assert!(
            (areas[0] + 0.5).abs() < 1e-6 && (areas[1] - 24.5).abs() < 1e-6,
            "{areas:?}"
        );
    }

    #[test]
    fn corners_that_touch_are_joined_or_parted_by_the_middle() {
        let apart = grid(&["....", ".#..", "..#.", "...."]).rings();
        // The middle of the square is 0, which counts as inside.
        assert_eq!(apart.len(), 1);
        let mut weaker = grid(&["....", ".#..", "..#.", "...."]);
        for value in &mut weaker.values {
            *value = if *value > 0.0 { 0.5 } else { -1.0 };
        }
        assert_eq!(weaker.rings().len(), 2);
    }
}
