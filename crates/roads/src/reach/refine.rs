//! Exact distances on a finer grid, in those squares of the sheet where reached roads and others are about as near.

use std::collections::HashMap;

use super::area::Sheet;
use super::contour::{Fine, Grid, KNOTS, SPLIT};
use super::{Part, Reach, pieces};

/// How far inside a small square's corner is at least, in squares of the sheet, where a reached road crosses it.
const INSIDE: f32 = 0.3;
/// From the middle of a square to its corner, in squares.
const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
/// Lines are kept by blocks of so many squares.
const BLOCK: usize = 8;

/// A straight piece of road in squares of the sheet.
#[derive(Clone, Copy)]
struct Line {
    from: [f32; 2],
    to: [f32; 2],
    reached: bool,
}

/// The squares in doubt, drawn anew.
pub(super) fn fine(
    reach: &Reach<'_>,
    sheet: &Sheet,
    grid: &Grid,
    beyond: f64,
    inked: &[(u32, &[Part])],
) -> Fine {
    let squares = doubtful(sheet);
    if squares.is_empty() {
        return Fine::default();
    }
    let beyond = (beyond / sheet.square) as f32;
    let blocks = Blocks::new(reach, sheet, &squares, beyond, inked);
    let mut scratch = Scratch::default();
    let values = squares
        .iter()
        .map(|corner| {
            let (column, row) = (*corner as usize % sheet.width, *corner as usize / sheet.width);
            scratch.values(&blocks, column, row, beyond)
        })
        .collect();
    let mut fine = Fine { squares, values };
    agree(grid, &mut fine);
    fine
}

/// The south-west corners of squares with a doubtful corner.
fn doubtful(sheet: &Sheet) -> Vec<u32> {
    let mut squares = Vec::new();
    for row in 0..sheet.height - 1 {
        let [low, high] = [row, row + 1].map(|row| &sheet.doubt[row * sheet.width..][..sheet.width]);
        let either: Vec<bool> = low.iter().zip(high).map(|(a, b)| a | b).collect();
        let found = either
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair[0] || pair[1]);
        squares.extend(found.map(|(column, _)| (row * sheet.width + column) as u32));
    }
    squares
}

/// The lines around the squares in doubt.
struct Blocks {
    /// The last block of a row, and the last row.
    width: usize,
    height: usize,
    lines: HashMap<usize, Vec<Line>>,
}

impl Blocks {
    fn new(reach: &Reach<'_>, sheet: &Sheet, squares: &[u32], beyond: f32, inked: &[(u32, &[Part])]) -> Self {
        let mut blocks = Self {
            width: sheet.width / BLOCK,
            height: sheet.height / BLOCK,
            lines: HashMap::new(),
        };
        // A block's neighbours are near it; those farther away matter where the area reaches farther than a block.
        let around = (beyond.ceil() as usize + 1).div_ceil(BLOCK);
        for corner in squares {
            let (column, row) = (
                *corner as usize % sheet.width / BLOCK,
                *corner as usize / sheet.width / BLOCK,
            );
            for row in row.saturating_sub(around)..=(row + around).min(blocks.height) {
                for column in column.saturating_sub(around)..=(column + around).min(blocks.width) {
                    blocks.lines.entry(row * blocks.stride() + column).or_default();
                }
            }
        }
        for (segment, parts) in inked {
            blocks.add_segment(reach, sheet, *segment, parts);
        }
        blocks
    }

    fn stride(&self) -> usize {
        self.width + 1
    }

    fn add_segment(&mut self, reach: &Reach<'_>, sheet: &Sheet, segment: u32, parts: &[Part]) {
        let length = reach.roads.segments[segment as usize].length;
        let whole = parts.len() == 1 && (parts[0].from, parts[0].to) == (0, length);
        if parts.is_empty() || whole {
            let points = reach.roads.line(segment as usize).iter();
            let mut points = points.map(|point| sheet.on_sheet((*point).into()));
            let Some(mut before) = points.next() else { return };
            for point in points {
                self.add([before, point], whole);
                before = point;
            }
            return;
        }
        for piece in pieces(reach.roads, segment as usize) {
            let mut start = 0;
            let mut add = |from: u32, to: u32, reached: bool| {
                if let Some(line) = piece.cut(from, to).filter(|_| reached || to > from) {
                    self.add(line.map(|place| sheet.on_sheet(place)), reached);
                }
            };
            for part in parts {
                add(start, part.from, false);
                add(part.from, part.to, true);
                start = part.to;
            }
            add(start, length, false);
        }
    }

    fn add(&mut self, [a, b]: [[f64; 2]; 2], reached: bool) {
        let line = Line {
            from: a.map(|n| n as f32),
            to: b.map(|n| n as f32),
            reached,
        };
        let block = |n: f64| (n.max(0.0) as usize) / BLOCK;
        let between = |axis: usize, most: usize| {
            block(a[axis].min(b[axis])).min(most)..=block(a[axis].max(b[axis])).min(most)
        };
        for row in between(1, self.height) {
            for column in between(0, self.width) {
                if let Some(lines) = self.lines.get_mut(&(row * self.stride() + column)) {
                    lines.push(line);
                }
            }
        }
    }
}

impl Line {
    /// The squared distance to a point.
    fn distance(&self, at: [f32; 2]) -> f32 {
        let [dx, dy] = [self.to[0] - self.from[0], self.to[1] - self.from[1]];
        let [px, py] = [at[0] - self.from[0], at[1] - self.from[1]];
        let share = ((px * dx + py * dy) / (dx * dx + dy * dy).max(1e-12)).clamp(0.0, 1.0);
        let [x, y] = [px - share * dx, py - share * dy];
        x * x + y * y
    }

    /// Part of it lies in the box between two points.
    fn crosses(&self, low: [f32; 2], high: [f32; 2]) -> bool {
        let (mut start, mut end) = (0.0f32, 1.0f32);
        for axis in 0..2 {
            let change = self.to[axis] - self.from[axis];
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

#[derive(Default)]
struct Scratch {
    found: Vec<(f32, Line)>,
}

impl Scratch {
    /// The field at a square's own crossings, by the lines that are nearest somewhere in it.
    fn values(&mut self, blocks: &Blocks, column: usize, row: usize, beyond: f32) -> [f32; KNOTS * KNOTS] {
        let middle = [column as f32 + 0.5, row as f32 + 0.5];
        self.found.clear();
        // What is nearest may lie in another block only if it is farther than that block.
        let mut nearest = [f32::INFINITY; 2];
        let reach = beyond.ceil() as usize + 1;
        let blocks_of =
            |at: usize, last: usize| at.saturating_sub(reach) / BLOCK..=((at + reach) / BLOCK).min(last);
        for block_row in blocks_of(row, blocks.height) {
            for block_column in blocks_of(column, blocks.width) {
                let lines = blocks.lines.get(&(block_row * blocks.stride() + block_column));
                for line in lines.into_iter().flatten() {
                    let far = line.distance(middle);
                    let kind = &mut nearest[usize::from(line.reached)];
                    let most = (kind.sqrt() + 2.0 * HALF).min(beyond + HALF);
                    if far <= most * most {
                        *kind = kind.min(far);
                        self.found.push((far, *line));
                    }
                }
            }
        }
        let most = nearest.map(|far| (far.sqrt() + 2.0 * HALF).powi(2));
        self.found
            .retain(|(far, line)| *far <= most[usize::from(line.reached)]);
        let place = |i: usize| {
            let part = |n: usize| n as f32 / SPLIT as f32;
            [column as f32 + part(i % KNOTS), row as f32 + part(i / KNOTS)]
        };
        let mut values = [0.0; KNOTS * KNOTS];
        for (i, value) in values.iter_mut().enumerate() {
            let mut near = [f32::INFINITY; 2];
            for (_, line) in &self.found {
                let kind = &mut near[usize::from(line.reached)];
                *kind = kind.min(line.distance(place(i)));
            }
            let [missed, reached] = near.map(f32::sqrt);
            *value = match reached.is_finite() {
                true => (beyond - reached).min(missed - reached),
                false => -1.0,
            };
        }
        let here = self
            .found
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
}

/// Makes fine squares say the same where they meet, and what the coarse grid says where they meet others.
fn agree(grid: &Grid, fine: &mut Fine) {
    const LAST: usize = SPLIT;
    let knot = |column: usize, row: usize| row * KNOTS + column;
    let Fine { squares, values } = fine;
    let at = |corner: Option<usize>| {
        let corner = corner? as u32;
        squares.binary_search(&corner).ok()
    };
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
