//! Straight pieces of road in squares of a sheet.

/// A straight piece of road.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub from: [f32; 2],
    pub along: [f32; 2],
    /// One by the square of its length.
    pub inverse: f32,
}

impl Line {
    pub(super) fn new([from, to]: [[f32; 2]; 2]) -> Self {
        let along = [to[0] - from[0], to[1] - from[1]];
        Self {
            from,
            along,
            inverse: 1.0 / (along[0] * along[0] + along[1] * along[1]).max(1e-12),
        }
    }

    /// The squared distance to a point.
    #[inline(always)]
    pub(super) fn distance(&self, at: [f32; 2]) -> f32 {
        let [px, py] = [at[0] - self.from[0], at[1] - self.from[1]];
        let share = (px * self.along[0] + py * self.along[1]) * self.inverse;
        let share = if share > 0.0 { share } else { 0.0 };
        let share = if share < 1.0 { share } else { 1.0 };
        let [x, y] = [px - share * self.along[0], py - share * self.along[1]];
        x * x + y * y
    }
}

/// The part of a line within 0 and `high` on both axes; `None` where it stays outside.
pub(super) fn clip([a, b]: [[f32; 2]; 2], high: [f32; 2]) -> Option<[[f32; 2]; 2]> {
    let (mut start, mut end) = (0.0f32, 1.0f32);
    for axis in 0..2 {
        let change = b[axis] - a[axis];
        let ends = [0.0, high[axis]].map(|limit| (limit - a[axis]) / change);
        if change == 0.0 {
            if !(0.0..=high[axis]).contains(&a[axis]) {
                return None;
            }
        } else {
            start = start.max(ends[0].min(ends[1]));
            end = end.min(ends[0].max(ends[1]));
        }
    }
    // Rounding must not lead off the sheet again.
    let at = |share: f32| [0, 1].map(|axis| (a[axis] + (b[axis] - a[axis]) * share).clamp(0.0, high[axis]));
    (start < end).then(|| [at(start), at(end)])
}

/// Lines side by side, for vector registers.
#[derive(Default)]
pub(super) struct Lanes {
    x: Vec<f32>,
    y: Vec<f32>,
    along_x: Vec<f32>,
    along_y: Vec<f32>,
    inverse: Vec<f32>,
}

impl Lanes {
    /// So many lines of no length, to be set.
    pub(super) fn new(count: usize) -> Self {
        let [x, y, along_x, along_y, inverse] = std::array::from_fn(|_| vec![0.0; count]);
        Self {
            x,
            y,
            along_x,
            along_y,
            inverse,
        }
    }

    /// Becomes those of other lines, told by number with their squared distances, whose distances are not above `most`.
    #[inline(always)]
    pub(super) fn take<'a>(
        &mut self,
        others: &Self,
        lines: impl Iterator<Item = (usize, &'a f32)>,
        most: f32,
    ) {
        let mut count = 0;
        for (line, far) in lines {
            if count == self.len() {
                self.resize(2 * count + 64);
            }
            // All are written, and those that do not belong are written over.
            self.set(count, &others.line(line));
            count += usize::from(*far <= most);
        }
        self.resize(count);
    }

    fn resize(&mut self, count: usize) {
        let Self {
            x,
            y,
            along_x,
            along_y,
            inverse,
        } = self;
        for lane in [x, y, along_x, along_y, inverse] {
            lane.resize(count, 0.0);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.x.len()
    }

    #[inline(always)]
    pub(super) fn set(&mut self, at: usize, line: &Line) {
        [self.x[at], self.y[at]] = line.from;
        [self.along_x[at], self.along_y[at]] = line.along;
        self.inverse[at] = line.inverse;
    }

    #[inline(always)]
    pub(super) fn line(&self, at: usize) -> Line {
        Line {
            from: [self.x[at], self.y[at]],
            along: [self.along_x[at], self.along_y[at]],
            inverse: self.inverse[at],
        }
    }

    /// Appends the squared distances of a range of lines to a point, and gives the smallest, `least` if none is smaller.
    #[inline(always)]
    pub(super) fn distances(
        &self,
        lines: std::ops::Range<usize>,
        at: [f32; 2],
        least: f32,
        far: &mut Vec<f32>,
    ) -> f32 {
        let first = far.len();
        far.resize(first + lines.len(), 0.0);
        let far = &mut far[first..];
        let [x, y] = [&self.x, &self.y].map(|lane| &lane[lines.clone()][..far.len()]);
        let [along_x, along_y] = [&self.along_x, &self.along_y].map(|lane| &lane[lines.clone()][..far.len()]);
        let inverse = &self.inverse[lines][..far.len()];
        // Numbers that are not negative are in the order of their bits, and whole numbers may be compared in any order.
        let mut low = least.to_bits();
        for i in 0..far.len() {
            let line = Line {
                from: [x[i], y[i]],
                along: [along_x[i], along_y[i]],
                inverse: inverse[i],
            };
            far[i] = line.distance(at);
            low = low.min(far[i].to_bits());
        }
        f32::from_bits(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_off_the_sheet_is_cut_away() {
        let high = [10.0, 5.0];
        assert_eq!(
            clip([[-5.0, 2.0], [5.0, 2.0]], high),
            Some([[0.0, 2.0], [5.0, 2.0]])
        );
        assert_eq!(
            clip([[2.0, 8.0], [2.0, -8.0]], high),
            Some([[2.0, 5.0], [2.0, 0.0]])
        );
        assert_eq!(clip([[-1.0, 2.0], [-1.0, 3.0]], high), None);
        assert_eq!(clip([[-2.0, 1.0], [1.0, -2.0]], high), None);
    }

    #[test]
    fn lanes_say_what_their_lines_say() {
        let lines: Vec<Line> = (0..21)
            .map(|i| i as f32)
            .map(|i| Line::new([[i, 3.0 - i], [2.0 * i, i]]))
            .collect();
        let mut lanes = Lanes::new(lines.len());
        (0..).zip(&lines).for_each(|(at, line)| lanes.set(at, line));
        let (at, mut far) = ([7.5, 1.0], vec![0.0]);
        let least = lanes.distances(2..21, at, 1e9, &mut far);
        let exact: Vec<f32> = lines[2..].iter().map(|line| line.distance(at)).collect();
        assert_eq!(far[1..], exact[..]);
        assert_eq!(least, exact.iter().copied().fold(f32::MAX, f32::min));
        assert_eq!(lanes.distances(0..21, at, 0.0, &mut far), 0.0);
        let mut some = Lanes::new(5);
        some.take(&lanes, (3..9).zip(&[1.0, 7.0, 2.0, 0.5, 7.0, 7.0]), 2.0);
        let taken: Vec<[f32; 2]> = (0..some.len()).map(|at| some.line(at).from).collect();
        assert_eq!(taken, [3, 5, 6].map(|at| lines[at].from));
    }
}
