//! Distances to roads on a grid: exact beside the roads, spread from there over a window.

use super::line::Line;

/// Larger than any distance that matters; two of them can be added.
const FAR: i16 = 16_000;

/// The largest distance within the window, in units.
const LARGEST: f64 = 120.0;

/// Squared distances at the crossings of a square grid, row by row.
pub(super) struct Distances {
    width: usize,
    /// Units to the side of a square.
    scale: f32,
    /// How many squares away distances matter.
    window: usize,
    /// By number of squares: the square of that distance.
    steps: Vec<i16>,
    squares: Vec<i16>,
    /// By row: it holds something nearer than [`FAR`].
    marked: Vec<bool>,
}

impl Distances {
    /// Nothing is near yet. Distances of more than `window` squares do not matter.
    pub(super) fn new(width: usize, height: usize, window: usize) -> Self {
        let scale = (LARGEST / window as f64) as f32;
        let step = |n: usize| (n as f32 * scale).powi(2).min(f32::from(FAR)) as i16;
        Self {
            width,
            scale,
            window,
            steps: (0..=window).map(step).collect(),
            squares: vec![FAR; width * height],
            marked: vec![false; height],
        }
    }

    /// Enters a line: the distances at the corners on both sides of where it crosses the grid, and at that nearest to its
    /// beginning. The squares it crosses are told to `crossed` by their south-west corners, some of them more than once. The line
    /// must lie on the grid.
    #[inline(always)]
    pub(super) fn ink(&mut self, line: &Line, mut crossed: impl FnMut(usize)) {
        let (width, height) = (self.width, self.marked.len());
        let (last_column, last_row) = (width.saturating_sub(2), height.saturating_sub(2));
        let [x, y] = line.from;
        let [dx, dy] = line.along;
        self.dot(line.from);
        crossed((y as usize).min(last_row) * width + (x as usize).min(last_column));
        let between = |from: f32, to: f32, last: usize| {
            let (low, high) = if from < to { (from, to) } else { (to, from) };
            low as usize + 1..(high as usize).min(last) + 1
        };
        for column in between(x, x + dx, last_column) {
            let row = ((y + (column as f32 - x) * (dy / dx)) as usize).min(last_row);
            self.enter(line, column, row);
            self.enter(line, column, row + 1);
            crossed(row * width + column - 1);
            crossed(row * width + column);
        }
        for row in between(y, y + dy, last_row) {
            let column = ((x + (row as f32 - y) * (dx / dy)) as usize).min(last_column);
            self.enter(line, column, row);
            self.enter(line, column + 1, row);
            crossed((row - 1) * width + column);
            crossed(row * width + column);
        }
    }

    /// Enters a point: its distance at the corner nearest to it.
    #[inline(always)]
    pub(super) fn dot(&mut self, [x, y]: [f32; 2]) {
        let nearest = |at: f32, count: usize| ((at + 0.5) as usize).min(count.saturating_sub(1));
        let (column, row) = (nearest(x, self.width), nearest(y, self.marked.len()));
        let (x, y) = (column as f32 - x, row as f32 - y);
        self.note(x * x + y * y, column, row);
    }

    #[inline(always)]
    fn enter(&mut self, line: &Line, column: usize, row: usize) {
        self.note(line.distance([column as f32, row as f32]), column, row);
    }

    #[inline(always)]
    fn note(&mut self, far: f32, column: usize, row: usize) {
        // Of the corners on both sides one is that near. What comes of those farther away would be too near. Written in any
        // case, as nobody could guess which it is.
        let far = if far <= 0.5 {
            (far * self.scale * self.scale) as i16
        } else {
            FAR
        };
        let square = &mut self.squares[row * self.width + column];
        *square = (*square).min(far);
        self.marked[row] = true;
    }

    /// Spreads the distances along the rows of the grid; [`Distances::row`] spreads them across. From each crossing beside a road,
    /// squared distances add up as if the road were seen at a right angle, which is too near by two thirds of a square at most.
    /// Reached roads and others are off alike.
    pub(super) fn widen(&mut self) {
        let (width, window) = (self.width, self.window);
        // A margin on both sides saves asking where the row ends.
        let mut wide = vec![FAR; width + 2 * window];
        for (row, marked) in self.squares.chunks_exact_mut(width).zip(&self.marked) {
            if *marked {
                wide[window..window + width].copy_from_slice(row);
                for (n, step) in self.steps.iter().enumerate().skip(1) {
                    lower(row, &wide[window - n..][..width], *step);
                    lower(row, &wide[window + n..][..width], *step);
                }
            }
        }
    }

    /// The squared distances in a row, when all are spread; `false` where nothing is near all along it, and all of them are far.
    pub(super) fn row(&self, at: usize, row: &mut [i16]) -> bool {
        row.fill(FAR);
        let mut near = Vec::with_capacity(2 * self.window + 1);
        let others = at.saturating_sub(self.window)..(at + self.window + 1).min(self.marked.len());
        near.extend(others.filter(|other| self.marked[*other]).map(|other| {
            (
                &self.squares[other * self.width..][..self.width],
                self.steps[at.abs_diff(other)],
            )
        }));
        lowest(row, &near);
        !near.is_empty()
    }

    /// Squares to the side of a square's unit: what the root of a squared distance is to be multiplied with.
    pub(super) fn unit(&self) -> f32 {
        1.0 / self.scale
    }

    /// The squared distance in the grid's units that is so many squares.
    pub(super) fn squared(&self, squares: f32) -> i16 {
        (squares * self.scale).powi(2).ceil() as i16
    }
}

/// Takes what is lower, number by number: what is there, or the other with a step added.
fn lower(row: &mut [i16], other: &[i16], step: i16) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { lower_avx2(row, other, step) };
    }
    lower_any(row, other, step);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn lower_avx2(row: &mut [i16], other: &[i16], step: i16) {
    lower_any(row, other, step);
}

/// Takes what is lowest, number by number: what is there, or others with their steps added. All are equally long.
fn lowest(row: &mut [i16], others: &[(&[i16], i16)]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { lowest_avx2(row, others) };
    }
    lowest_any(row, others);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn lowest_avx2(row: &mut [i16], others: &[(&[i16], i16)]) {
    lowest_any(row, others);
}

#[inline(always)]
fn lowest_any(row: &mut [i16], others: &[(&[i16], i16)]) {
    // As many as fit in four registers, which are written once.
    const RUN: usize = 64;
    let (runs, rest) = row.as_chunks_mut::<RUN>();
    let done = runs.len() * RUN;
    for (at, run) in runs.iter_mut().enumerate() {
        let mut low = *run;
        for (other, step) in others {
            if let Some(other) = other[at * RUN..].first_chunk::<RUN>() {
                for (low, there) in low.iter_mut().zip(other) {
                    *low = (*low).min(there.saturating_add(*step));
                }
            }
        }
        *run = low;
    }
    for (other, step) in others {
        lower_any(rest, &other[done..], *step);
    }
}

#[inline(always)]
fn lower_any(row: &mut [i16], other: &[i16], step: i16) {
    for (here, there) in row.iter_mut().zip(other) {
        *here = (*here).min(there.saturating_add(step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_to_the_line_give_or_take_two_thirds_of_a_square() {
        let line = [[10.3f32, 12.6], [25.8, 18.1]];
        let mut distances = Distances::new(40, 30, 9);
        distances.ink(&Line::new(line), |_| ());
        distances.widen();
        let mut found = [0; 40];
        for row in 0..30 {
            distances.row(row, &mut found);
            for (column, found) in found.iter().enumerate() {
                let shifted = line.map(|p| [f64::from(p[0]) - column as f64, f64::from(p[1]) - row as f64]);
                let exact = crate::nearby::nearest_on_line(shifted[0], shifted[1]).0.sqrt();
                let found = f64::from(f32::from(*found).sqrt() * distances.unit());
                match exact < 8.5 {
                    true => assert!((found - exact).abs() < 0.7, "{found} for {exact}"),
                    false => assert!(found > 7.9, "{found} for {exact}"),
                }
            }
        }
    }

    #[test]
    fn crossed_squares_are_told() {
        let crossed = |line| {
            let mut squares = Vec::new();
            Distances::new(10, 10, 5).ink(&Line::new(line), |at| squares.push(at));
            squares.sort_unstable();
            squares.dedup();
            squares
        };
        assert_eq!(crossed([[1.5, 1.5], [3.5, 1.2]]), [11, 12, 13]);
        assert_eq!(crossed([[3.2, 4.9], [2.9, 2.1]]), [22, 32, 33, 43]);
        assert_eq!(crossed([[7.1, 7.2], [7.1, 7.2]]), [77]);
        // In the corner farthest from the first.
        assert_eq!(crossed([[8.5, 8.5], [9.0, 9.0]]), [88]);
    }
}
