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
    /// Closed rings (first point not repeated) with the inside on their left: outer rings run
    /// counter-clockwise, holes clockwise. Crossings on the grid's rim must be negative.
    pub(crate) fn rings(&self) -> Vec<Vec<GridPoint>> {
        let mut contour = Contour::new(2 * self.values.len() + SIDES * self.fine.squares.len());
        // Eight more, so that squares may be looked at eight at a time.
        let mut inside = vec![0u8; self.values.len() + 8];
        for (inside, value) in inside.iter_mut().zip(&self.values) {
            *inside = u8::from(*value >= 0.0);
        }
        for row in 0..self.height.saturating_sub(1) {
            for column in changes(&inside[row * self.width..], self.width) {
                let corner = row * self.width + column;
                if self.fine.at(corner).is_some() {
                    continue;
                }
                let corners = [corner, corner + 1, corner + self.width + 1, corner + self.width];
                let coarse = |corner: usize, up: bool| 2 * corner as u32 + u32::from(up);
                let square = Square {
                    values: corners.map(|corner| self.values[corner]),
                    sides: [
                        coarse(corner, false),
                        coarse(corner + 1, true),
                        coarse(corner + self.width, false),
                        coarse(corner, true),
                    ],
                    south_west: [column as f64, row as f64],
                    size: 1.0,
                };
                contour.pass(&square);
            }
        }
        for number in 0..self.fine.squares.len() {
            self.pass_fine(number, &mut contour);
        }
        contour.rings()
    }

    /// Enters what runs through a fine square.
    fn pass_fine(&self, number: usize, contour: &mut Contour) {
        // Small squares' south-west crossings among those of the fine square, a bit each.
        const SQUARES: u32 = 0b0111_0111_0111;
        const SIZE: f64 = 1.0 / SPLIT as f64;
        let knots = &self.fine.values[number];
        let bits = knots
            .iter()
            .rev()
            .fold(0u32, |bits, value| bits << 1 | u32::from(*value >= 0.0));
        let mut changed = (bits ^ bits >> 1 | bits ^ bits >> KNOTS | bits ^ bits >> (KNOTS + 1)) & SQUARES;
        let corner = self.fine.squares[number] as usize;
        let (x, y) = ((corner % self.width) as f64, (corner / self.width) as f64);
        while changed != 0 {
            let knot = changed.trailing_zeros() as usize;
            changed &= changed - 1;
            let (column, row) = (knot % KNOTS, knot / KNOTS);
            let square = Square {
                values: [knot, knot + 1, knot + KNOTS + 1, knot + KNOTS].map(|knot| knots[knot]),
                sides: [
                    self.small(number, column, row, false),
                    self.small(number, column + 1, row, true),
                    self.small(number, column, row + 1, false),
                    self.small(number, column, row, true),
                ],
                south_west: [x + column as f64 * SIZE, y + row as f64 * SIZE],
                size: SIZE,
            };
            contour.pass(&square);
        }
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
}

/// A square that the contour runs through.
struct Square {
    /// At its corners from the south-west one counter-clockwise.
    values: [f32; 4],
    /// South, east, north and west.
    sides: [Side; 4],
    south_west: GridPoint,
    size: f64,
}

impl Square {
    /// Where on a side the field is zero.
    fn crossing(&self, side: usize) -> GridPoint {
        let [sw, se, ne, nw] = self.values;
        let [x, y] = self.south_west;
        let along = |a: f32, b: f32| self.size * zero_between(a, b);
        match side {
            0 => [x + along(sw, se), y],
            1 => [x + self.size, y + along(se, ne)],
            2 => [x + along(nw, ne), y + self.size],
            _ => [x, y + along(sw, nw)],
        }
    }
}

/// Where the contour runs from side to side. Each side it crosses leads to the next one; each is entered once.
struct Contour {
    /// By side: the number of its link plus one, or 0.
    numbers: Vec<u32>,
    /// Where the contour crosses a side, and the side it comes to next; [`Contour::PASSED`] when it is in a ring.
    links: Vec<(GridPoint, Side)>,
}

impl Contour {
    const PASSED: Side = Side::MAX;

    fn new(sides: usize) -> Self {
        Self {
            numbers: vec![0; sides],
            links: Vec::with_capacity(sides / 64),
        }
    }

    fn pass(&mut self, square: &Square) {
        for (from, to) in crossings(square.values) {
            self.links.push((square.crossing(from), square.sides[to]));
            self.numbers[square.sides[from] as usize] = self.links.len() as u32;
        }
    }

    fn rings(mut self) -> Vec<Vec<GridPoint>> {
        let mut rings = Vec::new();
        for start in 0..self.links.len() {
            let (mut ring, mut link) = (Vec::new(), start);
            while let Some((point, side)) = self.links.get_mut(link)
                && *side != Self::PASSED
            {
                ring.push(*point);
                let next = self.numbers[std::mem::replace(side, Self::PASSED) as usize];
                link = (next as usize).wrapping_sub(1);
            }
            if ring.len() >= 3 {
                rings.push(ring);
            }
        }
        rings
    }
}

/// Which share of the way from one value to the other is zero. Kept off the ends, so that rings never touch themselves there.
pub(crate) fn zero_between(a: f32, b: f32) -> f64 {
    let (a, b) = (f64::from(a), f64::from(b));
    (a / (a - b)).clamp(0.001, 0.999)
}

/// Where the contour runs through a square: from one of its sides to another, inside on the left. Values are those of the
/// corners from the south-west one counter-clockwise, sides south, east, north, west.
fn crossings(values: [f32; 4]) -> impl Iterator<Item = (usize, usize)> {
    const SOUTH: usize = 0;
    const EAST: usize = 1;
    const NORTH: usize = 2;
    const WEST: usize = 3;
    let [sw, se, ne, nw] = values.map(|v| v >= 0.0);
    let middle = values.iter().sum::<f32>() >= 0.0;
    let pairs: [Option<(usize, usize)>; 2] = match (sw, se, ne, nw) {
        (false, false, false, false) | (true, true, true, true) => [None, None],
        (true, false, false, false) => [Some((SOUTH, WEST)), None],
        (false, true, false, false) => [Some((EAST, SOUTH)), None],
        (false, false, true, false) => [Some((NORTH, EAST)), None],
        (false, false, false, true) => [Some((WEST, NORTH)), None],
        (true, true, false, false) => [Some((EAST, WEST)), None],
        (false, true, true, false) => [Some((NORTH, SOUTH)), None],
        (false, false, true, true) => [Some((WEST, EAST)), None],
        (true, false, false, true) => [Some((SOUTH, NORTH)), None],
        (false, true, true, true) => [Some((WEST, SOUTH)), None],
        (true, false, true, true) => [Some((SOUTH, EAST)), None],
        (true, true, false, true) => [Some((EAST, NORTH)), None],
        (true, true, true, false) => [Some((NORTH, WEST)), None],
        // Two opposite corners: the middle decides whether they hang together.
        (true, false, true, false) if middle => [Some((SOUTH, EAST)), Some((NORTH, WEST))],
        (true, false, true, false) => [Some((SOUTH, WEST)), Some((NORTH, EAST))],
        (false, true, false, true) if middle => [Some((WEST, SOUTH)), Some((EAST, NORTH))],
        (false, true, false, true) => [Some((EAST, SOUTH)), Some((WEST, NORTH))],
    };
    pairs.into_iter().flatten()
}

/// The squares along a row whose corners differ, by column; eight are looked at at a time, as most lie wholly inside or outside.
/// One says inside, 0 outside: the row's crossings first, then those of the row above, then at least seven numbers more.
fn changes(inside: &[u8], width: usize) -> impl Iterator<Item = usize> + '_ {
    const RUN: usize = 8;
    let squares = width.saturating_sub(1);
    (0..squares).step_by(RUN).flat_map(move |first| {
        let corners = |at: usize| {
            let corners = inside.get(at..).and_then(|rest| rest.first_chunk::<RUN>());
            corners.map_or(0, |corners| u64::from_le_bytes(*corners))
        };
        let south_west = corners(first);
        let others = [first + 1, first + width, first + width + 1].map(corners);
        let mut changed = others
            .iter()
            .fold(0, |changed, other| changed | south_west ^ other);
        let rest = squares - first;
        if rest < RUN {
            changed &= (1 << (rest * 8)) - 1;
        }
        std::iter::from_fn(move || {
            let next = (changed != 0).then(|| first + changed.trailing_zeros() as usize / 8);
            changed &= changed.wrapping_sub(1);
            next
        })
    })
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
