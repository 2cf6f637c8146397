//! Exact distances on a finer grid, in those squares of the sheet where reached roads and others are about as near.

use super::area::{INSIDE as AT_LEAST, Line, Sheet};
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
/// How far off the difference of two of them commonly is: both are too near where they are off.
const SLACK: f32 = 0.3;

/// The squares in doubt, drawn anew.
pub(super) fn fine(sheet: &Sheet, grid: &Grid, beyond: f64) -> Fine {
    let (squares, numbers) = doubtful(sheet, grid);
    if squares.is_empty() {
        return Fine::default();
    }
    let blocks = Blocks::new(sheet, &squares);
    let beyond = (beyond / sheet.square) as f32;
    let mut found = Vec::new();
    let values = squares.iter().map(|square| {
        let corner = square.corner as usize;
        let (column, row) = (corner % sheet.width, corner / sheet.width);
        let [missed, reached] = blocks.gather(square, sheet.width, &mut found);
        let value = (beyond - reached).min(missed - reached);
        // From the middle to a corner, both distances change by half a diagonal at most.
        match value.abs() > 2.0 * HALF {
            true if value < 0.0 && reached > HALF => [-FAR; KNOTS * KNOTS],
            true if value > 0.0 => [value - 2.0 * HALF; KNOTS * KNOTS],
            _ => values(&found, column, row, beyond),
        }
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

/// The squares in doubt that the border may pass through, and by crossing the number of the square to its north-east plus one,
/// or 0.
fn doubtful(sheet: &Sheet, grid: &Grid) -> (Vec<Doubtful>, Vec<u32>) {
    let mut squares: Vec<Doubtful> = Vec::with_capacity(2 * sheet.doubt.len());
    let mut numbers = vec![0u32; sheet.width * sheet.height];
    for (crossing, far) in &sheet.doubt {
        let far = far + OFF + 3.0 * HALF;
        // Whatever the grid says of a corner beside a reached road, another road is nearer to it.
        let forced = sheet.beside[*crossing as usize] && grid.values[*crossing as usize] <= AT_LEAST;
        for back in [0, 1, sheet.width, sheet.width + 1] {
            // The grid's rim is never in doubt.
            let Some(corner) = (*crossing as usize).checked_sub(back) else {
                continue;
            };
            match squares.get_mut((numbers[corner] as usize).wrapping_sub(1)) {
                Some(square) => square.far = square.far.max(far),
                None if !forced && !is_passed(grid, corner) => {}
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

/// The border may pass through the square to the north-east of a crossing, if the grid is wrong by [`SLACK`] at its corners.
fn is_passed(grid: &Grid, corner: usize) -> bool {
    let corners = [corner, corner + 1, corner + grid.width, corner + grid.width + 1];
    let values = corners.map(|corner| grid.values[corner]);
    values.iter().any(|value| *value < SLACK) && values.iter().any(|value| *value > -SLACK)
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
    /// perhaps some more; a line may be there more than once. Returned is how far from the middle the nearest are, in squares:
    /// missed and reached.
    fn gather(&self, square: &Doubtful, width: usize, found: &mut Vec<(f32, Line)>) -> [f32; 2] {
        found.clear();
        let corner = square.corner as usize;
        let middle = [(corner % width) as f32 + 0.5, (corner / width) as f32 + 0.5];
        let mut most = [square.far * square.far; 2];
        let own = middle.map(|at| at as usize / BLOCK);
        let mut look = |column: usize, row: usize| {
            let number = self.numbers[row * self.width + column];
            let Some(list) = self.lists.get((number as usize).wrapping_sub(1)) else {
                return;
            };
            // The part of a line that is nearest lies in a block that has it.
            let away = outside(middle[0], column) + outside(middle[1], row);
            if list.is_empty() || away > most[0].max(most[1]) {
                return;
            }
            for line in list {
                let far = line.distance(middle);
                let kind = &mut most[usize::from(line.reached)];
                if far <= *kind {
                    let all = far.sqrt() + 2.0 * HALF;
                    *kind = kind.min(all * all);
                    found.push((far, *line));
                }
            }
        };
        // What is near spares looking at what is far.
        look(own[0], own[1]);
        let between = |at: f32, count: usize| {
            let low = (at - square.far).max(0.0) as usize / BLOCK;
            low..=((at + square.far) as usize / BLOCK).min(count - 1)
        };
        for row in between(middle[1], self.height) {
            for column in between(middle[0], self.width) {
                if [column, row] != own {
                    look(column, row);
                }
            }
        }
        found.retain(|(far, line)| *far <= most[usize::from(line.reached)]);
        let mut nearest = [FAR; 2];
        for (far, line) in found {
            let kind = &mut nearest[usize::from(line.reached)];
            *kind = kind.min(*far);
        }
        nearest.map(f32::sqrt)
    }
}

/// The square of how far a place lies outside a block, along one axis.
fn outside(at: f32, block: usize) -> f32 {
    let low = (block * BLOCK) as f32;
    let away = (low - at).max(at - low - BLOCK as f32).max(0.0);
    away * away
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

/// By kind (missed, reached) and knot: the squared distance to the nearest line.
fn nearest(found: &[(f32, Line)], places: &[[f32; KNOTS * KNOTS]; 2]) -> [[f32; KNOTS * KNOTS]; 2] {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { nearest_avx2(found, places) };
    }
    nearest_any(found, places)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn nearest_avx2(found: &[(f32, Line)], places: &[[f32; KNOTS * KNOTS]; 2]) -> [[f32; KNOTS * KNOTS]; 2] {
    nearest_any(found, places)
}

#[inline(always)]
fn nearest_any(found: &[(f32, Line)], [x, y]: &[[f32; KNOTS * KNOTS]; 2]) -> [[f32; KNOTS * KNOTS]; 2] {
    let mut near = [[FAR; KNOTS * KNOTS]; 2];
    for (_, line) in found {
        let near = &mut near[usize::from(line.reached)];
        for knot in 0..KNOTS * KNOTS {
            let far = line.distance([x[knot], y[knot]]);
            near[knot] = if far < near[knot] { far } else { near[knot] };
        }
    }
    near
}

/// The field at a square's own crossings, by the lines that are nearest somewhere in it.
fn values(found: &[(f32, Line)], column: usize, row: usize, beyond: f32) -> [f32; KNOTS * KNOTS] {
    let place = |i: usize| {
        let part = |n: usize| n as f32 / SPLIT as f32;
        [column as f32 + part(i % KNOTS), row as f32 + part(i / KNOTS)]
    };
    let mut values = [0.0; KNOTS * KNOTS];
    let places = [0, 1].map(|axis| std::array::from_fn(|knot| place(knot)[axis]));
    let [missed, reached] = nearest(found, &places);
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
