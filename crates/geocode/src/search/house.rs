//! Where a house number is on a street: the house, between its neighbours, beyond the last, or nowhere.

use geom::{BBox, LngLat};

use super::between::{between, beyond};
use crate::index::{Doc, House, HouseFlags, Houses, Index};
use crate::number::HouseNumber;

/// Places of one number that are no further apart than this belong to one block, metres.
const ONE_BLOCK: f64 = 100.0;

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
    pub house: Option<(House, HouseFlags)>,
    /// The source beside the map that it is from; empty for the map itself.
    pub source: &'a str,
    /// Another house of the same number on this street is more than 250 m away.
    pub twins: bool,
}

/// Looks a number up on a street.
pub(crate) fn locate<'a>(index: &Index<'a>, doc: &'a Doc, number: &HouseNumber) -> Located<'a> {
    let houses = index.houses(doc);
    let first = houses.partition_point(|n| n < number.number);
    let last = houses.partition_point(|n| n <= number.number);
    let with_flags = |at: usize| (houses.at(at), index.flags(doc.first + at as u32));
    let at = |found, point, house| Located {
        found,
        point,
        house,
        source: "",
        twins: false,
    };
    if first < last {
        let same = (first..last).filter(|h| suffix_of(index, &houses.at(*h)) == number.suffix);
        let mut same: Vec<usize> = same.collect();
        // The street's own number before one of the village that is the same.
        if same.iter().any(|h| !houses.at(*h).by_village) {
            same.retain(|h| !houses.at(*h).by_village);
        }
        let exact = !same.is_empty();
        if !exact && let Some(found) = by_street_number(index, doc, number) {
            return found;
        }
        if !exact {
            // The plain number stands for any of its letters, and the first letter for the plain number.
            let plain = (first..last).find(|h| houses.at(*h).suffix == 0);
            same = vec![plain.unwrap_or(first)];
        }
        let best = most_central(houses, &same);
        let house = with_flags(best);
        let places: Vec<LngLat> = same.iter().map(|h| houses.at(*h).point.into()).collect();
        let point = middle_of_doors(&places).unwrap_or(house.0.point.into());
        let implied = house.1.0 & HouseFlags::IMPLIED != 0;
        let found = match (exact, implied) {
            (true, false) => Found::Exact,
            (true, true) => Found::InRange,
            (false, _) => Found::OtherSuffix,
        };
        let twins = places.iter().any(|p| p.distance(point).0 > 250.0);
        return Located {
            twins,
            source: index.source_of_house(doc.first + best as u32),
            ..at(found, point, Some(house))
        };
    }
    if let Some(found) = by_street_number(index, doc, number) {
        return found;
    }
    match between(index, doc, houses, first, number.number).or_else(|| beyond(houses, number.number)) {
        Some((found, point)) => at(found, point, None),
        None => at(Found::Nowhere, doc.point.into(), None),
    }
}

/// `123/4` where the village's 123 is not known, but the street's 4 is.
fn by_street_number<'a>(index: &Index<'a>, doc: &'a Doc, number: &HouseNumber) -> Option<Located<'a>> {
    let street_number = number.behind_slash()?;
    let houses = index.houses(doc);
    if !houses.iter().any(|h| h.by_village) {
        return None;
    }
    let located = locate(index, doc, &street_number);
    (located.found == Found::Exact).then_some(Located {
        found: Found::OtherSuffix,
        ..located
    })
}

/// The middle of several places of one number that are doors, shops or wings of one block: whichever is meant, it is
/// half as far as the others are from each other. `None` for a single place, and where they are too far apart for one block.
fn middle_of_doors(places: &[LngLat]) -> Option<LngLat> {
    let bounds = BBox::around(places.iter().copied()).filter(|_| places.len() > 1)?;
    let corner = LngLat::new(bounds.west, bounds.south).ok()?;
    let opposite = LngLat::new(bounds.east, bounds.north).ok()?;
    let middle = LngLat::new(
        (bounds.west + bounds.east) / 2.0,
        (bounds.south + bounds.north) / 2.0,
    );
    middle.ok().filter(|_| corner.distance(opposite).0 <= ONE_BLOCK)
}

/// Of several places of one number the one with the others around it; of two the better known.
fn most_central(houses: Houses<'_>, same: &[usize]) -> usize {
    if same.len() < 3 {
        return same[0];
    }
    let place = |at: usize| LngLat::from(houses.at(at).point);
    let far = |at: usize| -> f64 { same.iter().map(|other| place(at).distance(place(*other)).0).sum() };
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
