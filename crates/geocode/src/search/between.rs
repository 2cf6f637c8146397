//! Where a missing house number is: between its neighbours, or a step or two beyond the last.
//!
//! The neighbours are those of the number's own side of the street. What the other side says was tried and left out:
//! sides are out of step more often than gaps are uneven. The building without an address that stands between them is
//! the missing house as likely as not.

use geom::{LngLat, LocalMeters};

use super::house::Found;
use crate::index::{Doc, House, Houses, Index};
use crate::line::{at_length, length, project};

/// Numbers further apart than this say nothing about what lies between.
const WIDEST_GAP: u32 = 50;
/// Nor do houses further apart than this, metres.
const LONGEST_GAP: f64 = 400.0;
/// Steps beyond the last known number.
const BEYOND: u32 = 2;
/// A building further than this from where the number is expected is as likely another one, metres: on six maps those
/// were right less often than the expected place itself.
const FAR_BUILDING: f64 = 30.0;
/// Between the neighbours. `at` is where the number would stand among the houses.
pub(super) fn between(
    index: &Index<'_>,
    doc: &Doc,
    houses: Houses<'_>,
    at: usize,
    number: u32,
) -> Option<(Found, LngLat)> {
    let pair = |wanted: &dyn Fn(u32) -> bool| {
        let wanted = |h: &House| wanted(h.number) && !h.by_village;
        // Of one number the plain one, which comes first, rather than a range that begins with it.
        let plain = |k: usize| {
            let first = houses.partition_point(|n| n < houses.number(k));
            let first = houses.at(first);
            if first.suffix == 0 && wanted(&first) {
                first
            } else {
                houses.at(k)
            }
        };
        let low = (0..at).rev().find(|k| wanted(&houses.at(*k)))?;
        let high = (at..houses.len()).find(|k| wanted(&houses.at(*k)))?;
        Some([plain(low), plain(high)])
    };
    let (any, own) = (pair(&|_| true), pair(&|n| n % 2 == number % 2));
    let order = match counts_in_turn(houses, at) {
        true => [any, own],
        false => [own, any],
    };
    order.into_iter().flatten().find_map(|[low, high]| {
        let (a, b) = (LngLat::from(low.point), LngLat::from(high.point));
        let metres = a.distance(b).0;
        let numbers = high.number - low.number;
        if numbers > WIDEST_GAP || metres > LONGEST_GAP {
            return None;
        }
        let share = f64::from(number - low.number) / f64::from(numbers);
        let point = along_street(index, doc, a, b, share).unwrap_or_else(|| {
            let plane = LocalMeters::at(a);
            let to = plane.project(b);
            plane.unproject([to[0] * share, to[1] * share])
        });
        let point = free_building(index, a, b, point).unwrap_or(point);
        let metres = metres as f32;
        Some((Found::Between { numbers, metres }, point))
    })
}

/// The building without an address that stands where the number is expected. It must lie in line with the neighbours.
fn free_building(index: &Index<'_>, a: LngLat, b: LngLat, expected: LngLat) -> Option<LngLat> {
    let plane = LocalMeters::at(expected);
    let (a, b) = (plane.project(a), plane.project(b));
    let apart = length(a, b);
    if apart < 1.0 {
        return None;
    }
    let ahead = [(b[0] - a[0]) / apart, (b[1] - a[1]) / apart];
    let reach = (apart * 0.5).clamp(15.0, FAR_BUILDING);
    index
        .free_buildings(expected, reach)
        .into_iter()
        .filter_map(|at| {
            let [x, y] = plane.project(at);
            let along = (x * ahead[0] + y * ahead[1]).abs();
            let aside = (y * ahead[0] - x * ahead[1]).abs();
            (along <= reach && aside <= reach).then_some((along + 1.5 * aside, at))
        })
        .min_by(|x, y| x.0.total_cmp(&y.0))
        .map(|(_, at)| at)
}

/// Whether 1, 2, 3 … stand side by side here, rather than odd and even on opposite sides: neighbours by
/// one are then clearly nearer to each other than neighbours by two.
fn counts_in_turn(houses: Houses<'_>, at: usize) -> bool {
    let window: Vec<House> = (at.saturating_sub(8)..(at + 8).min(houses.len()))
        .map(|k| houses.at(k))
        .filter(|h| !h.by_village)
        .collect();
    let mean = |step: u32| {
        let mut sum = 0.0;
        let mut n = 0;
        for (k, a) in window.iter().enumerate() {
            if let Some(b) = window[k + 1..].iter().find(|b| b.number == a.number + step) {
                sum += LngLat::from(a.point).distance(b.point.into()).0;
                n += 1;
            }
        }
        (n >= 2).then(|| sum / f64::from(n))
    };
    matches!((mean(1), mean(2)), (Some(one), Some(two)) if one < 0.7 * two)
}

/// Follows the street from one neighbour to the other, keeping their distance from it.
fn along_street(index: &Index<'_>, doc: &Doc, a: LngLat, b: LngLat, share: f64) -> Option<LngLat> {
    let plane = LocalMeters::at(a);
    let (a, b) = ([0.0, 0.0], plane.project(b));
    let straight = length(a, b);
    let mut best: Option<(f64, [f64; 2])> = None;
    for line in index.lines(doc) {
        let flat: Vec<[f64; 2]> = line.iter().map(|p| plane.project((*p).into())).collect();
        let (Some((from, off_a)), Some((to, off_b))) = (project(&flat, a), project(&flat, b)) else {
            continue;
        };
        let far = off_a.max(off_b);
        let walked = (to - from).abs();
        // Only where the street leads from one to the other without a detour.
        if far > 80.0 || walked > straight * 1.6 + 20.0 || walked < straight * 0.5 {
            continue;
        }
        if best.is_some_and(|(known, _)| known <= far) {
            continue;
        }
        let (foot_a, foot_b) = (at_length(&flat, from), at_length(&flat, to));
        let on = at_length(&flat, from + (to - from) * share);
        // How each neighbour stands off the street, turned with the street's direction, is kept in between.
        let offset = [0, 1].map(|k| (a[k] - foot_a[k]) * (1.0 - share) + (b[k] - foot_b[k]) * share);
        best = Some((far, [on[0] + offset[0], on[1] + offset[1]]));
    }
    best.map(|(_, p)| plane.unproject(p))
}

/// One or two steps beyond the last number of the side.
pub(super) fn beyond(houses: Houses<'_>, number: u32) -> Option<(Found, LngLat)> {
    let side: Vec<House> = {
        let mut side: Vec<House> = houses
            .iter()
            .filter(|h| h.number % 2 == number % 2 && !h.by_village)
            .collect();
        side.dedup_by_key(|h| h.number);
        side
    };
    let (last, before) = match (side.first(), side.last()) {
        (_, Some(last)) if number > last.number => (*last, side.len().checked_sub(2).map(|k| side[k])?),
        (Some(first), _) if number < first.number => (*first, *side.get(1)?),
        _ => return None,
    };
    let steps = last.number.abs_diff(number).div_ceil(2);
    if steps > BEYOND {
        return None;
    }
    let plane = LocalMeters::at(last.point.into());
    let back = plane.project(before.point.into());
    let share = f64::from(last.number.abs_diff(number)) / f64::from(last.number.abs_diff(before.number));
    let metres = length(back, [0.0, 0.0]) * share;
    // A long step says little about the next.
    let shorten = (60.0 / metres.max(1.0)).min(1.0) * share;
    Some((
        Found::Beyond { steps },
        plane.unproject([-back[0] * shorten, -back[1] * shorten]),
    ))
}
