//! What is at a point: the nearest house, street, or town.

use std::cmp::Ordering;

use geom::{LngLat, LocalMeters, Meters, cell_of};

use crate::build::RUN;
use crate::face::{Level, Reverse};
use crate::index::{Doc, DocId, GROUP_REACH, HouseFlags, HouseGroup, Index, OUTLINE_REACH, Outline, owns};
use crate::line::{at_length, nearest_on_piece, project};
use crate::near::near;
use crate::number::HouseNumber;
use crate::search::house::{Found, display, locate};
use crate::search::label::{Parts, label};

/// A house this near is the answer.
const NEAR_HOUSE: f64 = 60.0;
/// A house this near is asked for; further away, another may stand between.
const BESIDE: f64 = 20.0;
/// With no street nearer than half its distance, a house may be this far.
const FAR_HOUSE: f64 = 150.0;
/// A street this near is the answer.
const NEAR_STREET: f64 = 500.0;
/// A street this near names the town.
const NEAR_TOWN: f64 = 5_000.0;
/// Half of the longest piece of a street line: its middle may be so much further than its nearest point.
const HALF_PIECE: f64 = 110.0;

/// Answers one point.
pub(crate) fn reverse(index: &Index<'_>, point: LngLat) -> Option<Reverse> {
    if let Some((at, distance)) = house_around(index, point) {
        return at_house(index, at, distance);
    }
    let house = nearest_house(index, point, FAR_HOUSE);
    let beside = house.is_some_and(|h| h.1 <= BESIDE);
    let near_by = (!beside)
        .then(|| nearest_street(index, point, NEAR_HOUSE))
        .flatten();
    if let Some(street) = near_by
        && let Some(between) = between_houses(index, &street, point)
        && house.is_none_or(|h| between.distance + BESIDE / 2.0 < h.1)
        && let Some(doc) = index.doc(street.street)
    {
        return Some(made(index, doc, between));
    }
    if let Some((at, distance)) = house.filter(|h| h.1 <= NEAR_HOUSE) {
        return at_house(index, at, distance);
    }
    let street = [NEAR_STREET, NEAR_TOWN]
        .into_iter()
        .find_map(|reach| nearest_street(index, point, reach));
    match (house, street) {
        (Some((at, distance)), Some(street)) if street.distance > distance / 2.0 => {
            at_house(index, at, distance)
        }
        (Some((at, distance)), None) => at_house(index, at, distance),
        (_, Some(street)) => at_street(index, &street),
        (None, None) => None,
    }
}

/// The number that is missing beside a point of a street: of those between the houses before and behind it on its side,
/// where such a number would be looked for.
fn between_houses<'a>(index: &Index<'a>, near: &NearStreet, point: LngLat) -> Option<Made<'a>> {
    let doc = index.doc(near.street)?;
    let plane = LocalMeters::at(near.point);
    let here = plane.project(point);
    let flat: Vec<[f64; 2]> = index
        .line(near.line)
        .iter()
        .map(|p| plane.project((*p).into()))
        .collect();
    let (at, _) = project(&flat, here)?;
    let ahead = at_length(&flat, at + 5.0);
    let behind = at_length(&flat, at - 5.0);
    let side = |p: [f64; 2]| {
        let (dx, dy) = (ahead[0] - behind[0], ahead[1] - behind[1]);
        dx * (p[1] - behind[1]) - dy * (p[0] - behind[0]) > 0.0
    };
    let mut before: Option<(f64, u32)> = None;
    let mut after: Option<(f64, u32)> = None;
    for house in index.houses(doc).iter().filter(|h| !h.by_village) {
        let p = plane.project(house.point.into());
        let Some((along, off)) = project(&flat, p) else {
            continue;
        };
        if off > NEAR_HOUSE || side(p) != side(here) || (along - at).abs() > FAR_HOUSE {
            continue;
        }
        let slot = if along <= at { &mut before } else { &mut after };
        if slot.is_none_or(|s| (along - at).abs() < (s.0 - at).abs()) {
            *slot = Some((along, house.number));
        }
    }
    let ((from, first), (to, second)) = (before?, after?);
    let steps = first.abs_diff(second) / 2;
    if first % 2 != second % 2 || steps < 2 {
        return None;
    }
    // None of the two, which are known to stand elsewhere.
    let step = ((at - from) / (to - from) * f64::from(steps)).round() as u32;
    let step = 2 * step.clamp(1, steps - 1);
    let number = if first < second {
        first + step
    } else {
        first - step
    };
    let number = HouseNumber::plain(number);
    let located = locate(index, doc, &number);
    let is_between = matches!(located.found, Found::Between { .. });
    let code = index
        .postcodes(doc)
        .first()
        .filter(|_| index.postcodes(doc).len() == 1);
    is_between.then(|| Made {
        point: located.point,
        level: Level::Interpolated,
        distance: located.point.distance(point).0,
        house_number: number.display(),
        source: "",
        postcode: code.map_or("", |d| index.name(*d)),
    })
}

/// The nearest house within `reach` and its distance.
fn nearest_house(index: &Index<'_>, point: LngLat, reach: f64) -> Option<(u32, f64)> {
    let cell = |g: HouseGroup| cell_of(g.middle.into());
    near(index.house_groups(), cell, point, reach + GROUP_REACH)
        .into_iter()
        .filter(|g| LngLat::from(g.middle).distance(point).0 <= reach + GROUP_REACH)
        .flat_map(|g| index.places_of(g).map(|(at, p)| (at, p.distance(point).0)))
        .filter(|(_, distance)| *distance <= reach)
        .min_by(|a, b| order(index, *a, *b))
}

/// The nearer house first; of houses at one point, that which the map writes so before a part of a range.
fn order(index: &Index<'_>, a: (u32, f64), b: (u32, f64)) -> Ordering {
    let implied = |at: u32| index.flags(at).0 & HouseFlags::IMPLIED;
    a.1.total_cmp(&b.1)
        .then_with(|| implied(a.0).cmp(&implied(b.0)))
        .then(a.0.cmp(&b.0))
}

/// The house of the building that the point lies in, and how far its point is.
fn house_around(index: &Index<'_>, point: LngLat) -> Option<(u32, f64)> {
    let mut best: Option<(u32, f64)> = None;
    for (outline, ring) in index.outlines_around(point) {
        let found = if outline.house == Outline::INSIDE {
            let cell = |g: HouseGroup| cell_of(g.middle.into());
            near(index.house_groups(), cell, outline.middle.into(), OUTLINE_REACH)
                .into_iter()
                .flat_map(|g| index.places_of(g))
                .filter(|(_, p)| owns(outline.middle, ring, *p))
                .map(|(at, p)| (at, p.distance(point).0))
                .min_by(|a, b| order(index, *a, *b))
        } else {
            let house = index.house(outline.house);
            house.map(|(h, _)| (outline.house, LngLat::from(h.point).distance(point).0))
        };
        if let Some(found) = found.filter(|f| best.is_none_or(|b| f.1 < b.1)) {
            best = Some(found);
        }
    }
    best
}

struct NearStreet {
    street: DocId,
    line: u32,
    point: LngLat,
    distance: f64,
}

fn nearest_street(index: &Index<'_>, point: LngLat, reach: f64) -> Option<NearStreet> {
    let plane = LocalMeters::at(point);
    let middle = |at: u32| index.run_middle(at).map_or(0, cell_of);
    near(index.pieces_by_cell(), middle, point, reach + HALF_PIECE + RUN)
        .into_iter()
        .filter_map(|at| index.run(at))
        .flat_map(|(line, points)| points.windows(2).map(move |ends| (line, ends)))
        .map(|(line, ends)| {
            let ends = [ends[0], ends[1]].map(|p| plane.project(p.into()));
            let (on, distance) = nearest_on_piece(ends, [0.0, 0.0]);
            (line, on, distance)
        })
        .filter(|(.., distance)| *distance <= reach)
        .min_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)))
        .and_then(|(line, on, distance)| {
            let street = index.street_of_line(line)?;
            Some(NearStreet {
                street,
                line,
                point: plane.unproject(on),
                distance,
            })
        })
}

fn at_house(index: &Index<'_>, at: u32, distance: f64) -> Option<Reverse> {
    let (house, doc) = index.house(at)?;
    let flags = index.flags(at);
    let code = flags
        .postcode()
        .checked_sub(1)
        .and_then(|k| index.postcodes(doc).get(k));
    Some(made(
        index,
        doc,
        Made {
            point: house.point.into(),
            level: match flags.0 & HouseFlags::IMPLIED {
                0 => Level::House,
                _ => Level::Interpolated,
            },
            distance,
            house_number: display(house.number, index.text(house.suffix)),
            source: index.source_of_house(at),
            postcode: code.map_or("", |d| index.name(*d)),
        },
    ))
}

fn at_street(index: &Index<'_>, near: &NearStreet) -> Option<Reverse> {
    let doc = index.doc(near.street)?;
    let level = if near.distance <= NEAR_STREET {
        Level::Street
    } else {
        Level::Area
    };
    let code = index
        .postcodes(doc)
        .first()
        .filter(|_| index.postcodes(doc).len() == 1 || level == Level::Street);
    Some(made(
        index,
        doc,
        Made {
            point: near.point,
            level,
            distance: near.distance,
            house_number: String::new(),
            source: "",
            postcode: code.map_or("", |d| index.name(*d)),
        },
    ))
}

struct Made<'a> {
    point: LngLat,
    level: Level,
    distance: f64,
    house_number: String,
    source: &'a str,
    postcode: &'a str,
}

fn made(index: &Index<'_>, doc: &Doc, made: Made<'_>) -> Reverse {
    let city = index.around(doc).first().map_or("", |d| index.name(*d));
    let street = if made.level == Level::Area {
        ""
    } else {
        index.text(doc.name)
    };
    let country = index.country(doc);
    let parts = Parts {
        name: "",
        street,
        house_number: &made.house_number,
        postcode: made.postcode,
        city,
    };
    Reverse {
        point: made.point,
        level: made.level,
        distance: Meters(made.distance),
        label: label(parts, country),
        street: street.to_owned(),
        house_number: made.house_number.clone(),
        postcode: made.postcode.to_owned(),
        city: city.to_owned(),
        country: country.to_owned(),
        source: made.source.to_owned(),
    }
}
