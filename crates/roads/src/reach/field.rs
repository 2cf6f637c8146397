//! Distances to roads on a grid: exact beside the roads, spread from there over a window.

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
    squares: Vec<i16>,
    /// By row: it holds something nearer than [`FAR`].
    marked: Vec<bool>,
}

impl Distances {
    /// Nothing is near yet. Distances of more than `window` squares do not matter.
    pub(super) fn new(width: usize, height: usize, window: usize) -> Self {
        Self {
            width,
            scale: (LARGEST / window as f64) as f32,
            window,
            squares: vec![FAR; width * height],
            marked: vec![false; height],
        }
    }

    /// Enters the line between two points, in squares from the grid's corner: the distances at the corners nearest to
    /// it. The corners of all squares it crosses are told to `crossed`, some of them more than once. The line must lie on the grid.
    pub(super) fn ink(&mut self, [a, b]: [[f32; 2]; 2], mut crossed: impl FnMut(usize)) {
        let height = self.marked.len();
        let square = |at: f32, count: usize| (at.max(0.0) as usize).min(count.saturating_sub(2));
        let (left, right) = if a[0] <= b[0] { (a, b) } else { (b, a) };
        let slope = (right[1] - left[1]) / (right[0] - left[0]);
        let (first, last) = (square(left[0], self.width), square(right[0], self.width));
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let inverse = 1.0 / (dx * dx + dy * dy).max(1e-9);
        for column in first..=last {
            let y_at = |x: f32| left[1] + (x - left[0]) * slope;
            let from = if column == first {
                left[1]
            } else {
                y_at(column as f32)
            };
            let to = if column == last {
                right[1]
            } else {
                y_at((column + 1) as f32)
            };
            let (low, high) = (square(from.min(to), height), square(from.max(to), height));
            for row in low..=high + 1 {
                for corner in [column, column + 1] {
                    let (x, y) = (corner as f32 - a[0], row as f32 - a[1]);
                    let share = ((x * dx + y * dy) * inverse).clamp(0.0, 1.0);
                    let (x, y) = (x - share * dx, y - share * dy);
                    let far = x * x + y * y;
                    let at = row * self.width + corner;
                    if far <= 0.5 {
                        self.squares[at] = self.squares[at].min((far * self.scale * self.scale) as i16);
                    }
                    crossed(at);
                }
                self.marked[row] = true;
            }
        }
    }

    /// Spreads the distances over the window: from each crossing beside a road, squared distances add up as if
    /// the road were seen at a right angle, which is too near by two thirds of a square at most. Reached roads
    /// and others are off alike.
    pub(super) fn spread(&mut self) {
        let steps: Vec<i16> = (0..=self.window)
            .map(|n| (n as f32 * self.scale).powi(2).min(f32::from(FAR)) as i16)
            .collect();
        let (width, window) = (self.width, self.window);
        // A margin on both sides saves asking where the row ends.
        let mut wide = vec![FAR; width + 2 * window];
        for (row, marked) in self.squares.chunks_exact_mut(width).zip(&self.marked) {
            if *marked {
                wide[window..window + width].copy_from_slice(row);
                for (n, step) in steps.iter().enumerate().skip(1) {
                    lower(row, &wide[window - n..][..width], *step);
                    lower(row, &wide[window + n..][..width], *step);
                }
            }
        }
        let rows = self.marked.len();
        let mut out = vec![FAR; width * rows];
        let mut near = Vec::with_capacity(2 * window + 1);
        for (at, row) in out.chunks_exact_mut(width).enumerate() {
            near.clear();
            let others = at.saturating_sub(window)..(at + window + 1).min(rows);
            near.extend(
                others
                    .filter(|other| self.marked[*other])
                    .map(|other| (&self.squares[other * width..][..width], steps[at.abs_diff(other)])),
            );
            if !near.is_empty() {
                lowest(row, &near);
            }
        }
        self.squares = out;
    }

    /// By crossing: squares to the nearest road; more than the window's where there is none in it.
    #[cfg(test)]
    fn all(&self) -> impl Iterator<Item = f32> + '_ {
        let unit = 1.0 / self.scale;
        self.squares
            .iter()
            .map(move |square| f32::from(*square).sqrt() * unit)
    }

    /// Writes by crossing what comes of the distances, in squares, of two grids of the same size. Where the first grid
    /// has nothing within its window, some values are left as they are.
    pub(super) fn both(first: &Self, second: &Self, values: &mut [f32], value: impl Fn(f32, f32) -> f32) {
        const RUN: usize = 16;
        let [one, two] = [first, second].map(|grid| 1.0 / grid.scale);
        let runs = first.squares.chunks(RUN).zip(second.squares.chunks(RUN));
        for ((first, second), values) in runs.zip(values.chunks_mut(RUN)) {
            if first.iter().fold(FAR, |low, square| low.min(*square)) == FAR {
                continue;
            }
            for ((first, second), out) in first.iter().zip(second).zip(values) {
                *out = value(f32::from(*first).sqrt() * one, f32::from(*second).sqrt() * two);
            }
        }
    }

    /// Squares to the nearest road from one crossing.
    pub(super) fn at(&self, crossing: usize) -> f32 {
        f32::from(self.squares[crossing]).sqrt() / self.scale
    }

    /// The crossings where both these distances and those of another grid of the same size are less than so many squares.
    pub(super) fn both_near(&self, other: &Self, squares: f32) -> Vec<usize> {
        const RUN: usize = 16;
        let limit = (squares * self.scale).powi(2).ceil() as i16;
        let farther = |(a, b): (&i16, &i16)| (*a).max(*b);
        let mut found = Vec::new();
        let runs = self.squares.chunks(RUN).zip(other.squares.chunks(RUN));
        for (run, (own, other)) in runs.enumerate() {
            if own.iter().zip(other).map(farther).fold(FAR, i16::min) < limit {
                let near = own.iter().zip(other).map(farther).enumerate();
                found.extend(near.filter(|(_, far)| *far < limit).map(|(at, _)| run * RUN + at));
            }
        }
        found
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
        distances.ink(line, |_| ());
        distances.spread();
        let found: Vec<f32> = distances.all().collect();
        for row in 0..30 {
            for column in 0..40 {
                let shifted = line.map(|p| [f64::from(p[0]) - column as f64, f64::from(p[1]) - row as f64]);
                let exact = crate::nearby::nearest_on_line(shifted[0], shifted[1]).0.sqrt();
                let found = f64::from(found[row * 40 + column]);
                match exact < 8.5 {
                    true => assert!((found - exact).abs() < 0.7, "{found} for {exact}"),
                    false => assert!(found > 7.9, "{found} for {exact}"),
                }
            }
        }
    }

    #[test]
    fn every_corner_of_a_crossed_square_is_told() {
        let mut corners = Vec::new();
        Distances::new(10, 10, 5).ink([[1.5, 1.5], [3.5, 1.2]], |at| corners.push(at));
        corners.sort_unstable();
        corners.dedup();
        assert_eq!(corners, [11, 12, 13, 14, 21, 22, 23, 24]);
    }
}
