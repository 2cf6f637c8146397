//! What is offered while typing, as a hit; and which houses of a street.

use geom::LngLat;

use crate::complete::Completion;
use crate::face::{Fields, Hit, Level, Match};
use crate::index::{Index, Kind};
use crate::number::HouseNumber;
use crate::search::house::{Found, display, locate, suffix_of};
use crate::search::label::{Parts, label};

pub(crate) fn hit(index: &Index<'_>, option: &Completion<'_>) -> Hit {
    let doc = option.doc;
    let kind = index.kind(doc);
    let country = index.country(doc);
    let codes = index.postcodes(doc);
    let city = index.around(doc).first().map_or("", |d| index.name(*d));
    let name = index.text(doc.name);
    let located = option
        .number
        .as_ref()
        .filter(|_| kind == Kind::Street)
        .map(|n| (n, locate(index, doc, n)));
    let (mut level, mut point, mut house_number) = match kind {
        Kind::Street => (Level::Street, LngLat::from(doc.point), String::new()),
        Kind::Poi => (Level::Poi, doc.point.into(), index.text(doc.count).to_owned()),
        Kind::Postcode => (Level::Postcode, doc.point.into(), String::new()),
        Kind::Place => (Level::Area, doc.point.into(), String::new()),
    };
    let mut source = "";
    let mut code = codes.first().filter(|_| codes.len() == 1);
    if let Some((number, located)) = located {
        match (located.found, located.house) {
            (Found::Exact | Found::InRange, Some((house, flags))) => {
                level = match located.found {
                    Found::Exact => Level::House,
                    _ => Level::Interpolated,
                };
                house_number = display(house.number, index.text(house.suffix));
                code = flags.postcode().checked_sub(1).and_then(|at| codes.get(at));
            }
            (Found::Nowhere, _) => {}
            _ => {
                level = Level::Interpolated;
                house_number = number.display();
            }
        }
        point = located.point;
        source = located.source;
    }
    let postcode = if kind == Kind::Postcode {
        name
    } else {
        code.map_or("", |d| index.name(*d))
    };
    let (own_name, street) = match kind {
        Kind::Street => ("", name),
        Kind::Poi => (name, index.text(doc.first)),
        Kind::Place => (name, ""),
        Kind::Postcode => ("", ""),
    };
    let shown_city = if kind == Kind::Place { name } else { city };
    let parts = Parts {
        name: own_name,
        street,
        house_number: &house_number,
        postcode: if kind == Kind::Place { "" } else { postcode },
        city,
    };
    Hit {
        point,
        level,
        confidence: if option.whole { 0.9 } else { 0.5 },
        label: label(parts, country),
        name: own_name.to_owned(),
        street: street.to_owned(),
        house_number: house_number.clone(),
        postcode: postcode.to_owned(),
        city: shown_city.to_owned(),
        country: country.to_owned(),
        fields: Fields {
            street: Match::Exact,
            house_number: if house_number.is_empty() {
                Match::Missing
            } else {
                Match::Exact
            },
            ..Fields::default()
        },
        source: source.to_owned(),
        why: if option.whole {
            "The name is typed in full.".into()
        } else {
            "The name begins so.".into()
        },
    }
}

/// A view so near to a street shows which of its houses are meant, metres beyond the street's own reach.
const BESIDE_VIEW: f64 = 2_000.0;

/// Houses offered before their number is typed, at most.
const OFFERED: usize = 4;

/// Houses of a street that may be meant before their number is typed, at most `most` and [`OFFERED`]: those that begin
/// with the digits typed so far; of them the nearest to the view, or some from one end of the street to the other.
pub(crate) fn houses<'a>(
    index: &Index<'a>,
    street: &Completion<'a>,
    view: Option<LngLat>,
    most: usize,
) -> Vec<Completion<'a>> {
    let doc = street.doc;
    let most = most.min(OFFERED);
    let wanted = street.number.is_none() || street.open_number;
    if most == 0 || !wanted || index.kind(doc) != Kind::Street {
        return Vec::new();
    }
    let begins = |house: &HouseNumber| match &street.number {
        None => true,
        Some(typed) if typed == house => false,
        Some(typed) if typed.suffix.is_empty() => {
            house.number.to_string().starts_with(&typed.number.to_string())
        }
        Some(typed) => house.number == typed.number && house.suffix.starts_with(&typed.suffix),
    };
    let mut houses: Vec<(HouseNumber, LngLat)> = index
        .houses(doc)
        .iter()
        .map(|h| {
            let (number, suffix) = (h.number, suffix_of(index, &h));
            (HouseNumber { number, suffix }, h.point.into())
        })
        .filter(|(house, _)| begins(house))
        .collect();
    houses.dedup_by(|a, b| a.0 == b.0);
    let far = |view: LngLat| view.distance(doc.point.into()).0 - doc.reach.metres();
    match view.filter(|view| far(*view) <= BESIDE_VIEW) {
        Some(view) => {
            houses.sort_by(|a, b| view.distance(a.1).0.total_cmp(&view.distance(b.1).0));
            houses.truncate(most);
        }
        None => {
            let all = houses.len();
            let shown = most.min(all);
            let picked = (0..shown).map(|k| houses[(2 * k + 1) * all / (2 * shown)].clone());
            houses = picked.collect();
        }
    }
    houses
        .into_iter()
        .map(|(number, _)| Completion {
            id: street.id,
            doc,
            whole: street.whole,
            number: Some(number),
            open_number: false,
        })
        .collect()
}
