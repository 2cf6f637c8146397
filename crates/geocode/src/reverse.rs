//! What is at a point: the nearest house, street, or town.

use geom::{LngLat, LocalMeters, Meters, cell_of};

use crate::build::half_way;
use crate::face::{Level, Reverse};
use crate::index::{Doc, DocId, Index};
use crate::line::nearest_on_piece;
use crate::near::near;
use crate::search::house::display;
use crate::search::label::{Parts, label};

/// A house this near is the answer.
const NEAR_HOUSE: f64 = 60.0;
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
    let house = nearest_house(index, point, FAR_HOUSE);
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

/// The nearest house within `reach` and its distance. Of houses at one point the first.
fn nearest_house(index: &Index<'_>, point: LngLat, reach: f64) -> Option<(u32, f64)> {
    let place = |at: u32| index.house(at).map(|(h, _)| LngLat::from(h.point));
    near(
        index.houses_by_cell(),
        |at| place(at).map_or(0, cell_of),
        point,
        reach,
    )
    .into_iter()
    .filter_map(|at| Some((at, place(at)?.distance(point).0)))
    .filter(|(_, distance)| *distance <= reach)
    .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
}

struct NearStreet {
    street: DocId,
    point: LngLat,
    distance: f64,
}

fn nearest_street(index: &Index<'_>, point: LngLat, reach: f64) -> Option<NearStreet> {
    let plane = LocalMeters::at(point);
    let middle = |at: u32| {
        index
            .piece(at)
            .map_or(0, |(_, [a, b])| cell_of(half_way(a.into(), b.into())))
    };
    near(index.pieces_by_cell(), middle, point, reach + HALF_PIECE)
        .into_iter()
        .filter_map(|at| {
            let (line, ends) = index.piece(at)?;
            let (on, distance) = nearest_on_piece(ends.map(|p| plane.project(p)), [0.0, 0.0]);
            Some((line, on, distance))
        })
        .filter(|(.., distance)| *distance <= reach)
        .min_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)))
        .and_then(|(line, on, distance)| {
            let street = index.street_of_line(line)?;
            Some(NearStreet {
                street,
                point: plane.unproject(on),
                distance,
            })
        })
}

fn at_house(index: &Index<'_>, at: u32, distance: f64) -> Option<Reverse> {
    let (house, flags) = index.house(at)?;
    let doc = index.doc(index.street_of_house(at)?)?;
    let code = flags
        .postcode()
        .checked_sub(1)
        .and_then(|k| index.postcodes(doc).get(k));
    Some(made(
        index,
        doc,
        Made {
            point: house.point.into(),
            level: Level::House,
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
