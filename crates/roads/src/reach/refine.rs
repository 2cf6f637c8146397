//! Exact distances on a finer grid, in those squares of the sheet where reached roads and others are about as near.

use super::area::{Line, Sheet};
use super::contour::{Fine, Grid, KNOTS, SPLIT};

/// How far inside a small square's corner is at least, in squares of the sheet, where a reached road crosses it.
const INSIDE: f32 = 0.3;
/// From the middle of a square to its corner, in squares.
const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
/// Lines are kept by blocks of so many squares.
const BLOCK: usize = 4;
/// The square of a distance that is too far to matter.
const FAR: f32 = 1e12;
/// How far off the coarse grid's distances may be, in squares.
const OFF: f32 = 0.75;

/// The squares in doubt, drawn anew.
pub(super) fn fine(sheet: &Sheet, grid: &Grid, beyond: f64) -> Fine {
    let (squares, numbers) = doubtful(sheet);
    if squares.is_empty() {
        return Fine::default();
    }
    let blocks = Blocks::new(sheet, &squares);
    let beyond = (beyond / sheet.square) as f32;
    let mut found = Vec::new();
    let values = squares.iter().map(|square| {
        let corner = square.corner as usize;
        let (column, row) = (corner % sheet.width, corner / sheet.width);
        blocks.gather(square, sheet.width, &mut found);
        values(&found, column, row, beyond)
    });
    let mut fine = Fine {
        values: values.collect(),
        squares: squares.iter().map(|square| square.corner).collect(),
        numbers,
    };
    agree(grid, &mut fine);
    fine
}

/// A square with a corner in doubt.
struct Doubtful {
    /// In the south-west.
    corner: u32,
    /// What is nearest somewhere in it is not farther from its middle, in squares.
    far: f32,
}

/// The squares in doubt, and by crossing the number of the square to its north-east plus one, or 0.
fn doubtful(sheet: &Sheet) -> (Vec<Doubtful>, Vec<u32>) {
    let mut squares: Vec<Doubtful> = Vec::with_capacity(2 * sheet.doubt.len());
    let mut numbers = vec![0u32; sheet.width * sheet.height];
    for (crossing, far) in &sheet.doubt {
        let far = far + OFF + 4.0 * HALF;
        for back in [0, 1, sheet.width, sheet.width + 1] {
            // The grid's rim is never in doubt.
            let Some(corner) = (*crossing as usize).checked_sub(back) else {
                continue;
            };
            match squares.get_mut((numbers[corner] as usize).wrapping_sub(1)) {
                Some(square) => square.far = square.far.max(far),
                None => {
                    squares.push(Doubtful {
                        corner: corner as u32,
                        far,
                    });
                    numbers[corner] = squares.len() as u32;
                }
            }
        }
    }
    (squares, numbers)
}

/// The lines around the squares in doubt.
struct Blocks {
    /// Blocks in a row, and rows of them.
    width: usize,
    height: usize,
    /// By block: the number of its list plus one; 0 where nothing near is in doubt.
    numbers: Vec<u32>,
    lists: Vec<Vec<Line>>,
}

impl Blocks {
    fn new(sheet: &Sheet, squares: &[Doubtful]) -> Self {
        let [width, height] = [sheet.width, sheet.height].map(|squares| squares / BLOCK + 1);
        let mut blocks = Self {
            width,
            height,
            numbers: vec![0; width * height],
            lists: Vec::new(),
        };
        // By block: how far what matters for a square in it may be.
        let mut far = vec![0.0f32; width * height];
        for square in squares {
            let corner = square.corner as usize;
            let at = corner / sheet.width / BLOCK * width + corner % sheet.width / BLOCK;
            far[at] = far[at].max(square.far);
        }
        for (at, far) in far.iter().enumerate().filter(|(_, far)| **far > 0.0) {
            let around = (far / BLOCK as f32).ceil() as usize;
            let rows = (at / width).saturating_sub(around)..=(at / width + around).min(height - 1);
            for row in rows {
                let columns = (at % width).saturating_sub(around)..=(at % width + around).min(width - 1);
                blocks.numbers[row * width..][columns].fill(1);
            }
        }
        let mut count = 0;
        for number in blocks.numbers.iter_mut().filter(|number| **number > 0) {
            count += 1;
            *number = count;
        }
        blocks.lists = vec![Vec::new(); count as usize];
        for line in &sheet.lines {
            blocks.add(line);
        }
        blocks
    }

    fn add(&mut self, line: &Line) {
        let block = |n: f32| (n.max(0.0) as usize) / BLOCK;
        let to = [0, 1].map(|axis| line.from[axis] + line.along[axis]);
        let [from, to] = [line.from, to].map(|p| p.map(block));
        let between = |axis: usize, count: usize| {
            from[axis].min(to[axis]).min(count - 1)..=from[axis].max(to[axis]).min(count - 1)
        };
        for row in between(1, self.height) {
            for column in between(0, self.width) {
                let number = self.numbers[row * self.width + column];
                if let Some(list) = self.lists.get_mut((number as usize).wrapping_sub(1)) {
                    list.push(*line);
                }
            }
        }
    }

    /// The lines that are nearest of their kind somewhere in a square, with their squared distances from its middle, and
    /// perhaps some more; a line may be there more than once.
    fn gather(&self, square: &Doubtful, width: usize, found: &mut Vec<(f32, Line)>) {
        found.clear();
        let corner = square.corner as usize;
        let middle = [(corner % width) as f32 + 0.5, (corner / width) as f32 + 0.5];
        let mut most = [square.far * square.far; 2];
        let between = |at: f32, count: usize| {
            let low = (at - square.far).max(0.0) as usize / BLOCK;
            low..=((at + square.far) as usize / BLOCK).min(count - 1)
        };
        for row in between(middle[1], self.height) {
            for column in between(middle[0], self.width) {
                let number = self.numbers[row * self.width + column];
                let Some(list) = self.lists.get((number as usize).wrapping_sub(1)) else {
                    continue;
                };
                for line in list {
                    let far = line.distance(middle);
                    let kind = &mut most[usize::from(line.reached)];
                    if far <= *kind {
                        *kind = kind.min((far.sqrt() + 2.0 * HALF).powi(2));
                        found.push((far, *line));
                    }
                }
            }
        }
        found.retain(|(far, line)| *far <= most[usize::from(line.reached)]);
    }
}

impl Line {
    /// The squared distance to a point.
    #[inline(always)]
    fn distance(&self, at: [f32; 2]) -> f32 {
        let [px, py] = [at[0] - self.from[0], at[1] - self.from[1]];
        let share = (px * self.along[0] + py * self.along[1]) * self.inverse;
        let share = share.clamp(0.0, 1.0);
        let [x, y] = [px - share * self.along[0], py - share * self.along[1]];
        x * x + y * y
    }

    /// Part of it lies in the box between two points.
    fn crosses(&self, low: [f32; 2], high: [f32; 2]) -> bool {
        let (mut start, mut end) = (0.0f32, 1.0f32);
        for axis in 0..2 {
            let change = self.along[axis];
            if change == 0.0 {
                if !(low[axis]..=high[axis]).contains(&self.from[axis]) {
                    return false;
                }
            } else {
                let ends = [low, high].map(|limit| (limit[axis] - self.from[axis]) / change);
                start = start.max(ends[0].min(ends[1]));
                end = end.min(ends[0].max(ends[1]));
            }
        }
        start <= end
    }
}

/// The field at a square's own crossings, by the lines that are nearest somewhere in it.
fn values(found: &[(f32, Line)], column: usize, row: usize, beyond: f32) -> [f32; KNOTS * KNOTS] {
    let place = |i: usize| {
        let part = |n: usize| n as f32 / SPLIT as f32;
        [column as f32 + part(i % KNOTS), row as f32 + part(i / KNOTS)]
    };
    let mut values = [0.0; KNOTS * KNOTS];
    let places: [[f32; 2]; KNOTS * KNOTS] = std::array::from_fn(place);
    let mut near = [[FAR; KNOTS * KNOTS]; 2];
    for (_, line) in found {
        for (near, place) in near[usize::from(line.reached)].iter_mut().zip(&places) {
            *near = near.min(line.distance(*place));
        }
    }
    let [missed, reached] = near;
    for (value, (missed, reached)) in values.iter_mut().zip(missed.into_iter().zip(reached)) {
        let (missed, reached) = (missed.sqrt(), reached.sqrt());
        *value = (beyond - reached).min(missed - reached);
    }
    let here = found
        .iter()
        .filter(|(far, line)| line.reached && *far <= HALF * HALF + 1e-3);
    for (_, line) in here {
        for small in 0..SPLIT * SPLIT {
            let south_west = small / SPLIT * KNOTS + small % SPLIT;
            let corners = [
                south_west,
                south_west + 1,
                south_west + KNOTS,
                south_west + KNOTS + 1,
            ];
            if line.crosses(place(corners[0]), place(corners[3])) {
                for corner in corners {
                    values[corner] = values[corner].max(INSIDE);
                }
            }
        }
    }
    values
}

/// Makes fine squares say the same where they meet, and what the coarse grid says where they meet others.
fn agree(grid: &Grid, fine: &mut Fine) {
    const LAST: usize = SPLIT;
    let knot = |column: usize, row: usize| row * KNOTS + column;
    let Fine {
        squares,
        values,
        numbers,
    } = fine;
    let at = |corner: Option<usize>| (*numbers.get(corner?)? as usize).checked_sub(1);
    let share = |values: &mut Vec<[f32; KNOTS * KNOTS]>, places: &[(usize, usize)]| {
        let most = places
            .iter()
            .map(|(square, knot)| values[*square][*knot])
            .fold(f32::MIN, f32::max);
        places
            .iter()
            .for_each(|(square, knot)| values[*square][*knot] = most);
    };
    for (number, corner) in squares.iter().enumerate() {
        let corner = *corner as usize;
        // The squares to the west and to the south.
        for (step, up) in [(1, true), (grid.width, false)] {
            if let Some(before) = at(corner.checked_sub(step)) {
                for i in 1..LAST {
                    let (own, other) = match up {
                        true => (knot(0, i), knot(LAST, i)),
                        false => (knot(i, 0), knot(i, LAST)),
                    };
                    share(values, &[(number, own), (before, other)]);
                }
            }
        }
    }
    // Corners: all four agree, or all follow the grid.
    for (number, corner) in squares.iter().enumerate() {
        let corner = *corner as usize;
        for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let crossing = corner + column + row * grid.width;
            let around = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(west, south)| {
                let square = at(crossing.checked_sub(west + south * grid.width))?;
                Some((square, knot(west * LAST, south * LAST)))
            });
            match around {
                [Some(a), Some(b), Some(c), Some(d)] => share(values, &[a, b, c, d]),
                _ => values[number][knot(column * LAST, row * LAST)] = grid.values[crossing],
            }
        }
    }
    // Sides along squares that are not fine run straight between their corners.
    for (number, corner) in squares.iter().enumerate() {
        let corner = *corner as usize;
        let (east, north) = (corner + 1, corner + grid.width);
        let sides = [
            (corner.checked_sub(1), true, 0),
            (Some(east), true, LAST),
            (corner.checked_sub(grid.width), false, 0),
            (Some(north), false, LAST),
        ];
        for (neighbour, up, across) in sides {
            if at(neighbour).is_none() {
                let place = |along: usize| {
                    if up {
                        knot(across, along)
                    } else {
                        knot(along, across)
                    }
                };
                let (first, last) = (values[number][place(0)], values[number][place(LAST)]);
                for i in 1..LAST {
                    let part = i as f32 / LAST as f32;
                    values[number][place(i)] = first + (last - first) * part;
                }
            }
        }
    }
}
