//! A street, house or place of interest as a hit, and the words that explain it.

use super::Context;
use super::explain::Explained;
use super::house::{Found, display};
use super::label::{Parts, label};
use crate::face::{Hit, Level, Match};
use crate::index::Kind;

/// A street, house or place of interest as a hit.
pub(super) fn hit(context: &Context<'_, '_>, e: &Explained<'_>, confidence: f32) -> Hit {
    let index = context.index;
    let doc = index.doc(e.candidate.doc).expect("explained candidates exist");
    let country = index.country(doc);
    let around = index.around(doc);
    let codes = index.postcodes(doc);
    let city = around.first().map_or("", |d| index.name(*d));
    let house = e.located.and_then(|l| l.house);
    let code = house
        .and_then(|(_, flags)| flags.postcode().checked_sub(1))
        .and_then(|at| codes.get(at))
        .or_else(|| {
            codes
                .first()
                .filter(|_| codes.len() == 1 || e.level != Level::Street)
        });
    let postcode = code.map_or("", |d| index.name(*d));
    let doc_name = index.text(doc.name);
    let (name, street, house_number) = if e.candidate.kind == Kind::Poi {
        (doc_name, index.text(doc.first), index.text(doc.count).to_owned())
    } else {
        let number = match (house, &e.number, e.level) {
            (Some((house, _)), _, Level::House) => display(house.number, index.text(house.suffix)),
            (_, Some(number), Level::House | Level::Interpolated) => number.display(),
            _ => String::new(),
        };
        ("", doc_name, number)
    };
    let parts = Parts {
        name,
        street,
        house_number: &house_number,
        postcode,
        city,
    };
    Hit {
        point: e.point,
        level: e.level,
        confidence,
        label: label(parts, country),
        name: name.to_owned(),
        street: street.to_owned(),
        house_number: house_number.clone(),
        postcode: postcode.to_owned(),
        city: city.to_owned(),
        country: country.to_owned(),
        fields: e.fields,
        source: e.located.map_or("", |l| l.source).to_owned(),
        why: why(context, e, doc_name, city, postcode),
    }
}

/// One sentence: what matched, and what did not.
fn why(context: &Context<'_, '_>, e: &Explained<'_>, name: &str, city: &str, postcode: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.push(match e.fields.street {
        Match::Fuzzy(1) => format!("{name} with one letter different"),
        Match::Fuzzy(n) => format!("{name} with {n} letters different"),
        Match::Alias => format!("{name} from a part or another form of its name"),
        _ => format!("{name} by name"),
    });
    if let (Some(number), Some(located)) = (&e.number, &e.located) {
        let number = number.display();
        parts.push(match located.found {
            Found::Exact => format!("house {number}"),
            Found::InRange => format!("house {number} in a range of numbers"),
            Found::OtherSuffix => format!("house {number} only with another letter"),
            Found::Between { metres, .. } => {
                format!("house {number} placed between neighbours {metres:.0} m apart")
            }
            Found::Beyond { .. } => format!("house {number} placed beyond the last known number"),
            Found::Nowhere => format!("house {number} unknown there"),
        });
        if !located.source.is_empty() {
            parts.push(format!("its point from {}", located.source));
        }
    }
    match e.fields.postcode {
        Match::Exact | Match::Alias => parts.push("the postcode agrees".into()),
        Match::Contradicts if postcode.is_empty() => parts.push("the postcode is another".into()),
        Match::Contradicts => parts.push(format!("the postcode there is {postcode}")),
        _ => {}
    }
    match e.fields.city {
        Match::Exact | Match::Alias => parts.push("the town agrees".into()),
        Match::Fuzzy(_) => parts.push(format!("the town is taken for {city}")),
        Match::Contradicts => {
            let far = match e.town_far {
                Some(far) if far >= 9_950.0 => format!(", the one named is {:.0} km away", far / 1000.0),
                Some(far) if far >= 950.0 => format!(", the one named is {:.1} km away", far / 1000.0),
                Some(far) if far >= 50.0 => {
                    format!(", the one named is {:.0} m away", (far / 50.0).round() * 50.0)
                }
                // The request is in both or beside it.
                _ => ", another is named".to_owned(),
            };
            parts.push(format!("the town there is {city}{far}"));
        }
        _ if !e.placed => parts.push("no town was given".into()),
        _ => {}
    }
    if e.fields.country == Match::Contradicts {
        parts.push("the country is another".into());
    }
    let left: Vec<&str> = (0..context.tokens.len())
        .filter(|t| e.left & (1 << t) != 0)
        .map(|t| context.tokens[t].piece.plain.as_str())
        .take(6)
        .collect();
    if !left.is_empty() {
        parts.push(format!("nothing explains “{}”", left.join(" ")));
    }
    format!("{}.", parts.join(", "))
}
