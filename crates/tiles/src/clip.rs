//! Cutting lines and rings at the edges of a rectangle.
//!
//! Rings are cut side by side after Sutherland and Hodgman. Where a ring leaves and comes back it then
//! runs along the rectangle's edge, which lies outside the picture; in exchange no broken ring can flood a
//! tile, as it could if the pieces were joined around the rectangle. Cuts are the same from either direction
//! of an edge, so neighbours stay neighbours.

use crate::world::{Point, Rect, at};

/// Which coordinate a side of the rectangle holds fast.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    X,
    Y,
}

impl Axis {
    fn of(self, p: Point) -> i32 {
        match self {
            Self::X => p.x,
            Self::Y => p.y,
        }
    }
}

/// The parts of a line inside a rectangle, each of at least two different points.
pub(crate) fn clip_line(line: &[Point], rect: &Rect) -> Vec<Vec<Point>> {
    clip_line_between(line, Axis::X, rect.min.x, rect.max.x)
        .iter()
        .flat_map(|part| clip_line_between(part, Axis::Y, rect.min.y, rect.max.y))
        .collect()
}

/// The parts of a line between two parallels.
pub(crate) fn clip_line_between(line: &[Point], axis: Axis, low: i32, high: i32) -> Vec<Vec<Point>> {
    let mut parts = Vec::new();
    let mut part: Vec<Point> = Vec::new();
    let mut end_part = |part: &mut Vec<Point>| {
        part.dedup();
        if part.len() > 1 {
            parts.push(std::mem::take(part));
        }
        part.clear();
    };
    for pair in line.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let (from, to) = (axis.of(a), axis.of(b));
        if from.max(to) < low || from.min(to) > high {
            end_part(&mut part);
            continue;
        }
        let inside = |v: i32| (low..=high).contains(&v);
        let bound = |v: i32| v.clamp(low, high);
        if part.is_empty() {
            part.push(if inside(from) {
                a
            } else {
                cut(a, b, axis, bound(from))
            });
        }
        if inside(to) {
            part.push(b);
        } else {
            part.push(cut(a, b, axis, bound(to)));
            end_part(&mut part);
        }
    }
    end_part(&mut part);
    parts
}

/// The part of an open ring inside a rectangle, as one open ring; empty where nothing of it is inside.
pub(crate) fn clip_ring(ring: &[Point], rect: &Rect) -> Vec<Point> {
    let columns = clip_ring_between(ring, Axis::X, rect.min.x, rect.max.x);
    clip_ring_between(&columns, Axis::Y, rect.min.y, rect.max.y)
}

/// The part of an open ring between two parallels.
pub(crate) fn clip_ring_between(ring: &[Point], axis: Axis, low: i32, high: i32) -> Vec<Point> {
    let upper = keep_side(ring, axis, low, |v| v >= low);
    let mut both = keep_side(&upper, axis, high, |v| v <= high);
    both.dedup();
    while both.len() > 1 && both.first() == both.last() {
        both.pop();
    }
    if both.len() < 3 {
        both.clear();
    }
    both
}

fn keep_side(ring: &[Point], axis: Axis, edge: i32, inside: impl Fn(i32) -> bool) -> Vec<Point> {
    let mut kept = Vec::with_capacity(ring.len() + 4);
    let Some(&last) = ring.last() else {
        return kept;
    };
    let mut a = last;
    for &b in ring {
        match (inside(axis.of(a)), inside(axis.of(b))) {
            (true, true) => kept.push(b),
            (true, false) => kept.push(cut(a, b, axis, edge)),
            (false, true) => kept.extend([cut(a, b, axis, edge), b]),
            (false, false) => {}
        }
        a = b;
    }
    kept
}

/// The point of the edge a–b at which the axis has a value between the ends', rounded half up. The same
/// for b–a.
fn cut(a: Point, b: Point, axis: Axis, value: i32) -> Point {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let between = |from: i32, to: i32, other_from: i32, other_to: i32| {
        let (run, way) = (
            i64::from(to) - i64::from(from),
            i64::from(value) - i64::from(from),
        );
        // The value lies between the ends, so both have the same sign.
        let (run, way) = (run.abs().max(1), way.abs());
        let rise = i64::from(other_to) - i64::from(other_from);
        // The plane is 2³⁰ wide, so twice a product stays below 2⁶².
        let risen = (2 * rise * way + run).div_euclid(2 * run);
        (i64::from(other_from) + risen) as i32
    };
    match axis {
        Axis::X => at(value, between(a.x, b.x, a.y, b.y)),
        Axis::Y => at(between(a.y, b.y, a.x, b.x), value),
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, BooleanOps, Euclidean, Length};
    use geo_types::{Coord, LineString, MultiLineString, Polygon};
    use proptest::prelude::*;

    use super::*;
    use crate::world::doubled_area;

    const WINDOW: Rect = Rect {
        min: at(-64, -64),
        max: at(4160, 4160),
    };

    fn coords(points: &[Point]) -> LineString<f64> {
        points
            .iter()
            .map(|p| Coord {
                x: f64::from(p.x),
                y: f64::from(p.y),
            })
            .collect()
    }

    /// The window, grown on all sides.
    fn window(by: i32) -> Polygon<f64> {
        let (a, b) = (WINDOW.min, WINDOW.max);
        let grown = Rect {
            min: at(a.x - by, a.y - by),
            max: at(b.x + by, b.y + by),
        };
        Polygon::new(coords(&grown.corners()), vec![])
    }

    /// A ring around a centre, one corner in each direction: it never crosses itself.
    fn star() -> impl Strategy<Value = Vec<Point>> {
        let corners = prop::collection::vec(20.0..6000.0f64, 3..40);
        (corners, -1000..5000i32, -1000..5000i32).prop_map(|(corners, x, y)| {
            let step = std::f64::consts::TAU / corners.len() as f64;
            let corner = |(i, r): (usize, &f64)| {
                let (sin, cos) = (step * i as f64).sin_cos();
                at(x + (r * cos).round() as i32, y + (r * sin).round() as i32)
            };
            corners.iter().enumerate().map(corner).collect()
        })
    }

    proptest! {
        #[test]
        fn a_clipped_ring_has_the_area_of_the_intersection(ring in star()) {
            let clipped = clip_ring(&ring, &WINDOW);
            let exact = window(0).intersection(&Polygon::new(coords(&ring), vec![])).unsigned_area();
            let found = doubled_area(&clipped).abs() as f64 / 2.0;
            // A cut is rounded by at most half a unit, which moves the two edges that end in it.
            let round = coords(&clipped);
            let tolerance = Euclidean.length(&round) * 0.5 + 1.0;
            prop_assert!((exact - found).abs() <= tolerance, "{found} instead of {exact}");
            prop_assert!(clipped.iter().all(|p| WINDOW.contains(*p)));
            prop_assert!(doubled_area(&clipped) >= 0, "turned around");
        }

        #[test]
        fn a_clipped_ring_is_the_same_from_either_direction(ring in star()) {
            let mut turned = ring.clone();
            turned.reverse();
            let sorted = |ring: &[Point]| {
                let mut points = clip_ring(ring, &WINDOW);
                points.sort_unstable();
                points.dedup();
                points
            };
            prop_assert_eq!(sorted(&ring), sorted(&turned));
        }

        #[test]
        fn a_clipped_line_has_the_length_of_the_inner_part(
            line in prop::collection::vec((-3000..7000i32, -3000..7000i32), 2..20),
        ) {
            let line: Vec<Point> = line.into_iter().map(|(x, y)| at(x, y)).collect();
            let parts = clip_line(&line, &WINDOW);
            let lines = MultiLineString(vec![coords(&line)]);
            let within = |by: i32| Euclidean.length(&window(by).clip(&lines, false));
            let found: f64 = parts.iter().map(|p| Euclidean.length(&coords(p))).sum();
            // A cut is rounded by half a unit across the line, which counts as much as moving the window's
            // edges by one unit, and by half a unit along it at both ends of each part.
            let rounding = 2.0 * line.len() as f64;
            let (least, most) = (within(-1) - rounding, within(1) + rounding);
            prop_assert!((least..=most).contains(&found), "{found} not in {least}..{most}");
            for part in &parts {
                prop_assert!(part.len() > 1 && part.iter().all(|p| WINDOW.contains(*p)));
                prop_assert!(part.windows(2).all(|p| p[0] != p[1]));
            }
        }
    }

    #[test]
    fn a_ring_around_the_window_becomes_the_window() {
        let around = Rect {
            min: at(-9000, -9000),
            max: at(9000, 9000),
        };
        let clipped = clip_ring(&around.corners(), &WINDOW);
        assert_eq!(doubled_area(&clipped), doubled_area(&WINDOW.corners()));
        assert_eq!(clipped.len(), 4);
    }

    #[test]
    fn what_lies_beside_the_window_is_gone() {
        let beside = Rect {
            min: at(5000, 0),
            max: at(6000, 10),
        };
        assert!(clip_ring(&beside.corners(), &WINDOW).is_empty());
        assert!(clip_line(&beside.corners(), &WINDOW).is_empty());
    }
}
