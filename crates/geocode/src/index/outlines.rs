//! Which building a point lies in.

use geom::{Fixed, LngLat, LocalMeters, cell_of};

use super::{Index, OUTLINE_REACH, Outline};
use crate::line::nearest_on_piece;
use crate::near::near;

/// A point this near to a wall is on it, metres: outlines are simplified by less.
const WALL: f64 = 2.0;

impl<'a> Index<'a> {
    /// Outlines around a point.
    pub fn outlines_around(&self, point: LngLat) -> Vec<(&'a Outline, &'a [[i16; 2]])> {
        let all = self.outlines;
        near(all, |o: Outline| cell_of(o.middle.into()), point, OUTLINE_REACH)
            .into_iter()
            .filter_map(|at| {
                let found = all.binary_search_by_key(&at.first, |o| o.first).ok()?;
                let end = all
                    .get(found + 1)
                    .map_or(self.corners.len(), |next| next.first as usize);
                let ring = self.corners.get(at.first as usize..end)?;
                holds(at.middle, ring, point).then_some((&all[found], ring))
            })
            .collect()
    }
}

/// Whether a point lies inside a ring of corners around a middle. Even and odd.
fn holds(middle: Fixed, ring: &[[i16; 2]], point: LngLat) -> bool {
    let point = Fixed::from(point);
    let x = f64::from(point.lng) - f64::from(middle.lng);
    let y = f64::from(point.lat) - f64::from(middle.lat);
    let mut inside = false;
    let Some(last) = ring.last() else { return false };
    let [mut x1, mut y1] = last.map(f64::from);
    for corner in ring {
        let [x2, y2] = corner.map(f64::from);
        if (y1 <= y) != (y2 <= y) && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1) {
            inside = !inside;
        }
        [x1, y1] = [x2, y2];
    }
    inside
}

/// Whether a house point belongs to the building: inside of it, or an entrance on its wall.
pub(crate) fn owns(middle: Fixed, ring: &[[i16; 2]], point: LngLat) -> bool {
    let plane = LocalMeters::at(point);
    let place = |[x, y]: [i16; 2]| {
        let corner = Fixed {
            lng: middle.lng.saturating_add(x.into()),
            lat: middle.lat.saturating_add(y.into()),
        };
        plane.project(corner.into())
    };
    let walls = ring.iter().zip(ring.iter().cycle().skip(1));
    let on_wall =
        |(a, b): (&[i16; 2], &[i16; 2])| nearest_on_piece([place(*a), place(*b)], [0.0, 0.0]).1 <= WALL;
    holds(middle, ring, point) || walls.into_iter().any(on_wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_courtyard_corner_is_outside() {
        let middle = Fixed { lng: 0, lat: 0 };
        // An L: the middle of its box is not in it.
        let ring = [
            [-100, -100],
            [100, -100],
            [100, -20],
            [-20, -20],
            [-20, 100],
            [-100, 100],
        ];
        let at = |lng, lat| LngLat::from(Fixed { lng, lat });
        assert!(holds(middle, &ring, at(-60, 60)) && holds(middle, &ring, at(60, -60)));
        assert!(!holds(middle, &ring, at(0, 0)) && !holds(middle, &ring, at(60, 60)));
        assert!(!holds(middle, &[], at(0, 0)));
    }
}
