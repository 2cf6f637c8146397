//! Where a house number is on a street: the house, between its neighbours, beyond the last, or nowhere.

use geom::{LngLat, LocalMeters, cell_of};

use crate::index::{Doc, House, HouseFlags, Index};
use crate::line::{at_length, length, project};
use crate::near::near;
use crate::number::HouseNumber;

/// Numbers further apart than this say nothing about what lies between.
const WIDEST_GAP: u32 = 50;
/// Nor do houses further apart than this, metres.
const LONGEST_GAP: f64 = 400.0;
/// Steps beyond the last known number.
const BEYOND: u32 = 2;

/// How a number was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    /// The map has exactly this number.
    Exact,
    /// The number lies in a written range or on an interpolation line.
    InRange,
    /// The map has the number with another suffix (asked 12a, found 12).
    OtherSuffix,
    /// Between two neighbours so many numbers and metres apart.
    Between { numbers: u32, metres: f32 },
    /// So many steps beyond the last number.
    Beyond { steps: u32 },
    /// The street does not have it.
    Nowhere,
}

/// A number's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located<'a> {
    pub found: Found,
    pub point: LngLat,
    /// The house itself, where there is one.
    pub house: Option<(&'a House, HouseFlags)>,
    /// The source beside the map that it is from; empty for the map itself.
    pub source: &'a str,
    /// Another house of the same number on this street is more than 250 m away.
    pub twins: bool,
}

/// Looks a number up on a street.
pub(crate) fn locate<'a>(index: &Index<'a>, doc: &'a Doc, number: &HouseNumber) -> Located<'a> {
    let houses = index.houses(doc);
    let first = houses.partition_point(|h| h.number < number.number);
    let last = houses.partition_point(|h| h.number <= number.number);
    let with_flags = |at: usize| index.house(doc.first + at as u32);
    let at = |found, point, house| Located {
        found,
        point,
        house,
        source: "",
        twins: false,
    };
    if first < last {
        let same = (first..last).filter(|h| suffix_of(index, &houses[*h]) == number.suffix);
        let mut same: Vec<usize> = same.collect();
        let exact = !same.is_empty();
        if !exact {
            // The plain number stands for any of its letters, and the first letter for the plain number.
            let plain = (first..last).find(|h| houses[*h].suffix == 0);
            same = vec![plain.unwrap_or(first)];
        }
        let best = most_central(houses, &same);
        let point: LngLat = houses[best].point.into();
        let house = with_flags(best);
        let implied = house.is_some_and(|(_, flags)| flags.0 & HouseFlags::IMPLIED != 0);
        let found = match (exact, implied) {
            (true, false) => Found::Exact,
            (true, true) => Found::InRange,
            (false, _) => Found::OtherSuffix,
        };
        let twins = same
            .iter()
            .any(|h| LngLat::from(houses[*h].point).distance(point).0 > 250.0);
        return Located {
            twins,
            source: index.source_of_house(doc.first + best as u32),
            ..at(found, point, house)
        };
    }
    match between(index, doc, houses, first, number.number).or_else(|| beyond(houses, number.number)) {
        Some((found, point)) => at(found, point, None),
        None => at(Found::Nowhere, doc.point.into(), None),
    }
}

/// Of several places of one number the one with the others around it; of two the better known.
fn most_central(houses: &[House], same: &[usize]) -> usize {
    if same.len() < 3 {
        return same[0];
    }
    let far = |at: usize| -> f64 {
        same.iter()
            .map(|other| {
                LngLat::from(houses[at].point)
                    .distance(houses[*other].point.into())
                    .0
            })
            .sum()
    };
    same.iter()
        .copied()
        .min_by(|a, b| far(*a).total_cmp(&far(*b)))
        .unwrap_or(same[0])
}

/// The suffix of a house of the map, folded as requests are.
pub(crate) fn suffix_of(index: &Index<'_>, house: &House) -> String {
    match index.text(house.suffix) {
        "" => String::new(),
        written => HouseNumber::read(&display(house.number, written)).map_or(String::new(), |n| n.suffix),
    }
}

/// A house number as the map writes it.
pub(crate) fn display(number: u32, written: &str) -> String {
    match written.strip_prefix('=') {
        Some(whole) => whole.to_owned(),
        None => format!("{number}{written}"),
    }
}

/// Between the neighbours: of the same parity where sides have their own, else any.
fn between(
    index: &Index<'_>,
    doc: &Doc,
    houses: &[House],
    at: usize,
    number: u32,
) -> Option<(Found, LngLat)> {
    let parity = |h: &&House| h.number % 2 == number % 2;
    let any = (houses[..at].last(), houses[at..].first());
    let same = (
        houses[..at].iter().rev().find(parity),
        houses[at..].iter().find(parity),
    );
    let order = if counts_in_turn(houses, at) {
        [any, same]
    } else {
        [same, any]
    };
    order.into_iter().find_map(|(low, high)| {
        let (low, high) = (low?, high?);
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
        Some((
            Found::Between {
                numbers,
                metres: metres as f32,
            },
            point,
        ))
    })
}

/// The building without an address that stands where the number is expected: the missing house, as likely
/// as not. It must lie in line with the neighbours.
fn free_building(index: &Index<'_>, a: LngLat, b: LngLat, expected: LngLat) -> Option<LngLat> {
    let plane = LocalMeters::at(expected);
    let (a, b) = (plane.project(a), plane.project(b));
    let apart = length(a, b);
    if apart < 1.0 {
        return None;
    }
    let ahead = [(b[0] - a[0]) / apart, (b[1] - a[1]) / apart];
    let reach = (apart * 0.4).clamp(15.0, 80.0);
    near(index.free_buildings(), |at| cell_of(at.into()), expected, reach)
        .into_iter()
        .filter_map(|at| {
            let [x, y] = plane.project(at.into());
            let along = (x * ahead[0] + y * ahead[1]).abs();
            let aside = (y * ahead[0] - x * ahead[1]).abs();
            (along <= reach && aside <= reach.min(40.0)).then_some((along + 1.5 * aside, at))
        })
        .min_by(|x, y| x.0.total_cmp(&y.0))
        .map(|(_, at)| at.into())
}

/// Whether 1, 2, 3 … stand side by side here, rather than odd and even on opposite sides: neighbours by
/// one are then clearly nearer to each other than neighbours by two.
fn counts_in_turn(houses: &[House], at: usize) -> bool {
    let window = &houses[at.saturating_sub(8)..(at + 8).min(houses.len())];
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
fn beyond(houses: &[House], number: u32) -> Option<(Found, LngLat)> {
    let side: Vec<&House> = {
        let mut side: Vec<&House> = houses.iter().filter(|h| h.number % 2 == number % 2).collect();
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
