//! The plane an area is drawn in, and which parts of it lie near what is reached.

use geo_types::Coord;
use geom::{EARTH_RADIUS, Fixed, LngLat};

use super::contour::GridPoint;
use crate::format::Box4;

/// Metres in the units of [`Fixed`], east and north of a place.
pub(super) fn meters_by_unit(place: LngLat) -> [f64; 2] {
    let unit = EARTH_RADIUS.0.to_radians() / 1e7;
    let narrow = place.lat().to_radians().cos().max(1e-9);
    [unit * narrow, unit]
}

/// A grid's place on the earth.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// The south-west corner in the units of [`Fixed`].
    corner: [f64; 2],
    /// Squares in such a unit.
    scale: [f64; 2],
}

impl Frame {
    /// Squares of so many metres from a corner on; `unit` are the metres in a unit of [`Fixed`].
    pub(super) fn new(corner: [f64; 2], unit: [f64; 2], square: f64) -> Self {
        Self {
            corner,
            scale: unit.map(|meters| meters / square),
        }
    }

    /// Squares from the corner.
    #[inline(always)]
    pub(super) fn squares(&self, [lng, lat]: [f64; 2]) -> [f32; 2] {
        [
            ((lng - self.corner[0]) * self.scale[0]) as f32,
            ((lat - self.corner[1]) * self.scale[1]) as f32,
        ]
    }

    #[inline(always)]
    pub(super) fn of_point(&self, point: Fixed) -> [f32; 2] {
        self.squares([f64::from(point.lng), f64::from(point.lat)])
    }

    /// The place of a point of the grid, kept on the earth.
    #[inline]
    pub(super) fn place(&self, point: GridPoint) -> Coord<f64> {
        let [lng, lat] = [0, 1].map(|axis| (self.corner[axis] + point[axis] / self.scale[axis]) / 1e7);
        Coord {
            x: lng.clamp(-180.0, 180.0),
            y: lat.clamp(-90.0, 90.0),
        }
    }
}

/// Which boxes lie near marked squares: sums over blocks of squares.
pub(super) struct Near {
    width: usize,
    height: usize,
    /// How far is near, in squares.
    far: f32,
    /// Marked blocks to the south-west of each corner of a block.
    sums: Vec<u32>,
}

/// Squares along a block's side.
const BLOCK: usize = 8;

impl Near {
    /// By square of a grid `width` squares wide: not 0 where it is marked. Near is what lies within `far` squares.
    pub(super) fn new(marked: &[u8], width: usize, far: f32) -> Self {
        let squares = marked.len().checked_div(width).unwrap_or(0);
        let (across, up) = (width.div_ceil(BLOCK), squares.div_ceil(BLOCK));
        let mut sums = vec![0u32; (across + 1) * (up + 1)];
        for (block, rows) in marked.chunks(width * BLOCK).enumerate() {
            let (below, above) = sums.split_at_mut((block + 1) * (across + 1));
            let (below, above) = (&below[block * (across + 1)..], &mut above[..=across]);
            for row in rows.chunks(width) {
                for (sum, squares) in above[1..].iter_mut().zip(row.chunks(BLOCK)) {
                    *sum |= u32::from(squares.iter().fold(0, |any, square| any | square) != 0);
                }
            }
            let mut before = 0;
            for (sum, below) in above.iter_mut().zip(below) {
                before += *sum;
                *sum = before + below;
            }
        }
        Self {
            width: across,
            height: up,
            far,
            sums,
        }
    }

    /// A marked square may lie near a box.
    pub(super) fn touches(&self, frame: &Frame, [west, south, east, north]: Box4) -> bool {
        let corner = |lng, lat| frame.of_point(Fixed { lng, lat });
        let block = |at: f32, count: usize| ((at.max(0.0) as usize) / BLOCK).min(count);
        let (low, high) = (corner(west, south), corner(east, north));
        if high[0] < -self.far || high[1] < -self.far {
            return false;
        }
        let [left, bottom] =
            [(0, self.width), (1, self.height)].map(|(axis, count)| block(low[axis] - self.far, count));
        let [right, top] = [(0, self.width), (1, self.height)]
            .map(|(axis, count)| block(high[axis] + self.far + BLOCK as f32, count));
        let sum = |column: usize, row: usize| self.sums[row * (self.width + 1) + column];
        sum(right, top) + sum(left, bottom) != sum(left, top) + sum(right, bottom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_near_a_marked_square_are_found() {
        let (width, height) = (50, 41);
        let mut marked = vec![0u8; width * height];
        marked[20 * width + 30] = 1;
        let near = Near::new(&marked, width, 3.0);
        // A unit is a square.
        let frame = Frame::new([0.0; 2], [1.0; 2], 1.0);
        for west in -20..60 {
            for south in -20..60 {
                let found = near.touches(&frame, [west, south, west + 2, south + 1]);
                let away = |low: i32, size: i32, at: i32| (at - low - size).max(low - at - 1).max(0);
                let away = away(west, 2, 30).max(away(south, 1, 20));
                assert!(found || away > 3, "{west} {south} is near");
                assert!(
                    !found || away < 3 + 2 * BLOCK as i32,
                    "{west} {south} is not near"
                );
            }
        }
    }

    #[test]
    fn places_come_back_from_the_grid() {
        let here = LngLat::new(10.5, 50.25).expect("on the earth");
        let frame = Frame::new([1e8, 5e8], meters_by_unit(here), 25.0);
        let [column, row] = frame.of_point(here.into());
        let there = frame.place([f64::from(column), f64::from(row)]);
        assert!(
            (there.x - 10.5).abs() < 1e-7 && (there.y - 50.25).abs() < 1e-7,
            "{there:?}"
        );
        // A quarter of a degree of latitude: 27.8 km.
        assert!((f64::from(row) * 25.0 - 27_799.0).abs() < 2.0, "{row}");
    }
}
