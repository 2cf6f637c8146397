//! The field along a row of crossings.

use super::area::{DOUBT, INSIDE};

/// What holds for all rows.
pub(super) struct Rows {
    /// Squares in a unit of distance.
    pub unit: f32,
    /// Places farther from any road are outside, in squares.
    pub beyond: f32,
    /// Farther from roads, by squared units, the coarse grid is good enough.
    pub near: i16,
}

impl Rows {
    /// Writes what comes of the squared distances to missed and reached roads along a row, and where the grid may be wrong about
    /// which is nearer. Corners of squares that a reached road crosses are not 0 in `beside`, and nor are crossings in `doubt`.
    pub(super) fn fill(&self, distances: [&[i16]; 2], beside: &[u8], values: &mut [f32], doubt: &mut [u8]) {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.fill_avx2(distances, beside, values, doubt) };
        }
        self.fill_any(distances, beside, values, doubt);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn fill_avx2(&self, distances: [&[i16]; 2], beside: &[u8], values: &mut [f32], doubt: &mut [u8]) {
        self.fill_any(distances, beside, values, doubt);
    }

    #[inline(always)]
    fn fill_any(&self, [missed, reached]: [&[i16]; 2], beside: &[u8], values: &mut [f32], doubt: &mut [u8]) {
        let count = values.len();
        let (missed, reached, beside, doubt) = (
            &missed[..count],
            &reached[..count],
            &beside[..count],
            &mut doubt[..count],
        );
        for i in 0..count {
            let is_near = missed[i].max(reached[i]) < self.near;
            let [missed, reached] = [missed[i], reached[i]].map(|far| f32::from(far).sqrt() * self.unit);
            let (nearer, border) = (missed - reached, self.beyond - reached);
            let value = if nearer < border { nearer } else { border };
            let is_beside = beside[i] != 0;
            values[i] = if is_beside & (value < INSIDE) {
                INSIDE
            } else {
                value
            };
            doubt[i] = u8::from(is_near & ((nearer.abs() < DOUBT) | (is_beside & (nearer < 0.0))));
        }
    }
}

/// Which crossings of a row are corners of marked squares, by one or two rows of marks: that below it, if there is one, and
/// its own, each by the squares' south-west crossings. Not 0 where they are.
pub(super) fn corners(marks: &[u8], row: &mut [u8]) {
    let (below, above) = marks.split_at(marks.len() - row.len());
    row.copy_from_slice(above);
    for (here, below) in row.iter_mut().zip(below) {
        *here |= below;
    }
    let mut west = 0;
    for here in row {
        let mark = *here;
        *here |= std::mem::replace(&mut west, mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_corners_of_a_marked_square_are_found() {
        let marks = [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]];
        let corners_of = |rows: &[[u8; 4]]| {
            let mut row = [9; 4];
            corners(&rows.concat(), &mut row);
            row
        };
        assert_eq!(corners_of(&marks[..1]), [0, 0, 0, 0]);
        assert_eq!(corners_of(&marks[..2]), [0, 1, 1, 0]);
        assert_eq!(corners_of(&marks[1..]), [0, 1, 1, 0]);
    }

    #[test]
    fn registers_say_what_plain_code_says() {
        let rows = Rows {
            unit: 0.05,
            beyond: 6.0,
            near: 2000,
        };
        let missed: Vec<i16> = (0..1003).map(|i| (i * 37 % 5000) as i16).collect();
        let reached: Vec<i16> = (0..1003).map(|i| (i * i % 4001) as i16).collect();
        let beside: Vec<u8> = (0..1003).map(|i| u8::from(i % 7 == 0)).collect();
        let empty = (vec![0.0; 1003], vec![0u8; 1003]);
        let (mut plain, mut quick) = (empty.clone(), empty);
        rows.fill_any([&missed, &reached], &beside, &mut plain.0, &mut plain.1);
        rows.fill([&missed, &reached], &beside, &mut quick.0, &mut quick.1);
        assert_eq!(plain, quick);
        assert!(plain.1.iter().any(|doubt| *doubt != 0));
        // Within 0.5 of each other, or beside and nearer to a road that is missed.
        assert!(
            plain
                .0
                .iter()
                .zip(&beside)
                .all(|(value, beside)| *beside == 0 || *value >= INSIDE)
        );
    }
}
