//! Exact distances on a finer grid, in those squares of the sheet where reached roads and others are about as near.

use super::area::{INSIDE as AT_LEAST, Sheet};
use super::blocks::{Blocks, block_of, blocks_across, nearest_in};
use super::contour::{Fine, Grid, KNOTS, SPLIT};
use super::line::{Lanes, Line};

/// How far inside a small square's corner is at least, in squares of the sheet, where a reached road crosses it.
const INSIDE: f32 = 0.3;
/// From the middle of a square to its corner, in squares.
pub(super) const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
/// The square of a distance that is too far to matter.
pub(super) const FAR: f32 = 1e12;
/// How far off the coarse grid's distances may be, in squares.
const OFF: f32 = 0.75;
/// How far off the difference of two of them commonly is: both are too near where they are off.
const SLACK: f32 = 0.3;

/// One number for each crossing in a fine square.
type Knots = [f32; KNOTS * KNOTS];

/// The squares in doubt, drawn anew.
pub(super) fn fine(sheet: &Sheet, grid: &Grid, beyond: f64) -> Fine {
    let (squares, numbers) = doubtful(sheet, grid);
    if squares.is_empty() {
        return Fine::default();
    }
    let blocks = Blocks::new(sheet, &squares);
    let mut fine = Fine {
        values: draw(sheet, &blocks, &squares, (beyond / sheet.square) as f32),
        squares: squares.iter().map(|square| square.corner).collect(),
        numbers,
    };
    agree(grid, &mut fine);
    fine
}

/// A square with a corner in doubt.
pub(super) struct Doubtful {
    /// In the south-west.
    pub corner: u32,
    /// What is nearest somewhere in it is not farther from its middle, in squares.
    pub far: f32,
}

/// The squares in doubt that the border may pass through, block by block, and by crossing the number of the square to its
/// north-east plus one, or 0.
fn doubtful(sheet: &Sheet, grid: &Grid) -> (Vec<Doubtful>, Vec<u32>) {
    let mut squares: Vec<Doubtful> = Vec::with_capacity(2 * sheet.doubt.len());
    let mut numbers = vec![0u32; sheet.width * sheet.height];
    // By block and one beyond: how many squares there are before its last.
    let mut counts = vec![0u32; blocks_across(sheet.width) * blocks_across(sheet.height)];
    for doubt in &sheet.doubt {
        let crossing = doubt.crossing as usize;
        let far = doubt.far + OFF + 3.0 * HALF;
        // Whatever the grid says of a corner beside a reached road, another road is nearer to it.
        let forced = doubt.is_beside && grid.values[crossing] <= AT_LEAST;
        for back in [0, 1, sheet.width, sheet.width + 1] {
            // The grid's rim is never in doubt.
            let Some(corner) = crossing.checked_sub(back) else {
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
                    counts[block_of(corner, sheet.width)] += 1;
                }
            }
        }
    }
    let mut before = 0;
    for count in &mut counts {
        before += std::mem::replace(count, before);
    }
    let mut sorted: Vec<u32> = vec![0; squares.len()];
    for (number, square) in (0..).zip(&squares) {
        let place = &mut counts[block_of(square.corner as usize, sheet.width)];
        sorted[*place as usize] = number;
        *place += 1;
    }
    let squares: Vec<Doubtful> = (1..)
        .zip(sorted)
        .map(|(number, from)| {
            let Doubtful { corner, far } = squares[from as usize];
            numbers[corner as usize] = number;
            Doubtful { corner, far }
        })
        .collect();
    (squares, numbers)
}

/// The border may pass through the square to the north-east of a crossing, if the grid is wrong by [`SLACK`] at its corners.
fn is_passed(grid: &Grid, corner: usize) -> bool {
    let corners = [corner, corner + 1, corner + grid.width, corner + grid.width + 1];
    let values = corners.map(|corner| grid.values[corner]);
    values.iter().any(|value| *value < SLACK) && values.iter().any(|value| *value > -SLACK)
}

/// The field at the squares' own crossings.
fn draw(sheet: &Sheet, blocks: &Blocks, squares: &[Doubtful], beyond: f32) -> Vec<Knots> {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { draw_avx512(sheet, blocks, squares, beyond) };
    } else if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { draw_avx2(sheet, blocks, squares, beyond) };
    }
    draw_any(sheet, blocks, squares, beyond)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn draw_avx512(sheet: &Sheet, blocks: &Blocks, squares: &[Doubtful], beyond: f32) -> Vec<Knots> {
    draw_any(sheet, blocks, squares, beyond)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn draw_avx2(sheet: &Sheet, blocks: &Blocks, squares: &[Doubtful], beyond: f32) -> Vec<Knots> {
    draw_any(sheet, blocks, squares, beyond)
}

#[inline(always)]
fn draw_any(sheet: &Sheet, blocks: &Blocks, squares: &[Doubtful], beyond: f32) -> Vec<Knots> {
    let mut drawn = Vec::with_capacity(squares.len());
    let (mut around, mut room) = ([Lanes::default(), Lanes::default()], Vec::new());
    let mut found = [Vec::new(), Vec::new()];
    let block = |square: &Doubtful| block_of(square.corner as usize, sheet.width);
    for squares in squares.chunk_by(|a, b| block(a) == block(b)) {
        // The box around these squares.
        let (mut low, mut high, mut far) = ([usize::MAX; 2], [0; 2], 0.0f32);
        for square in squares {
            let at = [
                square.corner as usize % sheet.width,
                square.corner as usize / sheet.width,
            ];
            for axis in 0..2 {
                low[axis] = low[axis].min(at[axis]);
                high[axis] = high[axis].max(at[axis] + 1);
            }
            far = far.max(square.far);
        }
        let middle = [0, 1].map(|axis| (low[axis] + high[axis]) as f32 / 2.0);
        let half = (middle[0] - low[0] as f32).hypot(middle[1] - low[1] as f32);
        blocks.gather(middle, half, far + half, &mut around, &mut room);
        for square in squares {
            let (column, row) = (
                square.corner as usize % sheet.width,
                square.corner as usize / sheet.width,
            );
            let [column, row] = [column, row].map(|at| at as f32);
            let middle = [column + 0.5, row + 0.5];
            let [missed, reached] =
                [0, 1].map(|kind| nearest_in(&around[kind], middle, &mut room, &mut found[kind]));
            let value = (beyond - reached).min(missed - reached);
            // From the middle to a corner, both distances change by half a diagonal at most.
            drawn.push(match value.abs() > 2.0 * HALF {
                true if value < 0.0 && reached > HALF => [-FAR; KNOTS * KNOTS],
                true if value > 0.0 => [value - 2.0 * HALF; KNOTS * KNOTS],
                _ => values(&around, &found, [column, row], beyond),
            });
        }
    }
    drawn
}

/// The field at a square's own crossings, by the lines of each kind that are nearest somewhere in it.
#[inline(always)]
fn values(around: &[Lanes; 2], found: &[Vec<u32>; 2], [column, row]: [f32; 2], beyond: f32) -> Knots {
    const PART: f32 = 1.0 / SPLIT as f32;
    let x: Knots = std::array::from_fn(|knot| column + (knot % KNOTS) as f32 * PART);
    let y: Knots = std::array::from_fn(|knot| row + (knot / KNOTS) as f32 * PART);
    let mut near = [[FAR; KNOTS * KNOTS]; 2];
    for kind in 0..2 {
        for at in &found[kind] {
            let line = around[kind].line(*at as usize);
            for knot in 0..KNOTS * KNOTS {
                let far = line.distance([x[knot], y[knot]]);
                let near = &mut near[kind][knot];
                *near = if far < *near { far } else { *near };
            }
        }
    }
    let [missed, reached] = near;
    let mut values = [0.0; KNOTS * KNOTS];
    for knot in 0..KNOTS * KNOTS {
        let (missed, reached) = (missed[knot].sqrt(), reached[knot].sqrt());
        let border = beyond - reached;
        let nearer = missed - reached;
        values[knot] = if nearer < border { nearer } else { border };
    }
    let reached = found[1].iter().map(|at| around[1].line(*at as usize));
    for line in reached.filter(|line| line.distance([column + 0.5, row + 0.5]) <= 0.5) {
        let corners = crossed(&line, [column, row], &x, &y);
        for (knot, value) in values.iter_mut().enumerate() {
            if corners >> knot & 1 == 1 {
                *value = value.max(INSIDE);
            }
        }
    }
    values
}

/// The corners of the small squares that a line crosses, a bit by knot.
#[inline(always)]
fn crossed(line: &Line, south_west: [f32; 2], x: &Knots, y: &Knots) -> u32 {
    // By axis: the small squares beside which the line runs, a bit each.
    let beside = [0, 1].map(|axis| {
        let ends = [line.from[axis], line.from[axis] + line.along[axis]];
        let ends = ends.map(|end| {
            ((end - south_west[axis]) * SPLIT as f32)
                .floor()
                .clamp(-1.0, SPLIT as f32) as i32
        });
        let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        (0..SPLIT as i32).fold(0u32, |bits, at| bits | u32::from(low <= at && at <= high) << at)
    });
    if beside[0] == 0 || beside[1] == 0 {
        return 0;
    }
    // On which side of the line the knots lie.
    let (mut left, mut right) = (0u32, 0u32);
    for knot in 0..KNOTS * KNOTS {
        let side = line.along[0] * (y[knot] - line.from[1]) - line.along[1] * (x[knot] - line.from[0]);
        left |= u32::from(side > 0.0) << knot;
        right |= u32::from(side < 0.0) << knot;
    }
    // By the small squares' south-west knots.
    let all = |knots: u32| knots & knots >> 1 & knots >> KNOTS & knots >> (KNOTS + 1);
    let squares = (0..SPLIT).fold(0, |bits, row| {
        bits | (beside[0] * (beside[1] >> row & 1)) << (row * KNOTS)
    });
    let squares = squares & !(all(left) | all(right));
    squares | squares << 1 | squares << KNOTS | squares << (KNOTS + 1)
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
                // Told once, by the square to the north-east.
                [Some(a), Some(b), Some(c), Some(d)] if a.0 == number => share(values, &[a, b, c, d]),
                [Some(_), Some(_), Some(_), Some(_)] => {}
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
