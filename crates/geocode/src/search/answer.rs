//! Ranking, ambiguity, status, and the words that explain them.

use geom::LngLat;

use super::confidence::{ACCEPT, DOUBTED, Doubts};
use super::explain::Explained;
use super::find::mask_of;
use super::house::{Found, display};
use super::label::{Parts, label};
use super::{Context, REFUSED};
use crate::face::{Answer, Fields, Hit, Level, Match, Request, Status};
use crate::index::{DocId, Kind};
use crate::words::Words;

/// Two places that differ by less fit equally well.
const EQUAL: f32 = 0.06;
/// The same where the best one contradicts the town or the postcode of the request.
const CONTRADICTED: f32 = 0.2;
/// Places further apart than this are different ones, metres.
const APART: f64 = 250.0;
const MOST_HITS: usize = 5;
/// What a part of a street without houses costs beside one with some.
const NO_HOUSES_HERE: f32 = 0.12;

/// Makes the answer from all explained candidates. `doubts` get those about the best of them, even where it is not
/// given for being doubted too much.
pub(crate) fn answer(
    context: &Context<'_, '_>,
    request: &Request<'_>,
    mut found: Vec<Explained<'_>>,
    doubts: &mut Option<Doubts>,
) -> Answer {
    let limit = if request.limit == 0 {
        MOST_HITS
    } else {
        request.limit.min(MOST_HITS)
    };
    prefer_parts_with_houses(context, &mut found);
    found.retain(|e| e.cost <= REFUSED);
    found.sort_by(|a, b| {
        let key = |e: &Explained<'_>| {
            let importance = context.index.doc(e.candidate.doc).map_or(0, |d| d.importance);
            let far = request.bias.map_or(0, |bias| bias.distance(e.point).0 as u64);
            (far, std::cmp::Reverse(importance), e.candidate.doc)
        };
        a.cost.total_cmp(&b.cost).then_with(|| key(a).cmp(&key(b)))
    });
    let mut kept: Vec<Explained<'_>> = Vec::new();
    for e in found {
        // The same street read in another way, or the same point under another name, is no alternative.
        let same = kept.iter().any(|k| {
            k.candidate.doc == e.candidate.doc || k.level == e.level && k.point.distance(e.point).0 < 30.0
        });
        if !same {
            kept.push(e);
        }
        if kept.len() > MOST_HITS {
            break;
        }
    }
    if kept.is_empty() {
        return coarse(context, limit);
    }
    let best = &kept[0];
    let rival = kept[1..].iter().find(|k| k.point.distance(best.point).0 > APART);
    let twins = best.located.is_some_and(|l| l.twins);
    let margin = rival.map_or(1.0, |r| r.cost - best.cost);
    // Where town and postcode point to different places, the cheaper mistake is no decision.
    let contradicted = [best.fields.city, best.fields.postcode].contains(&Match::Contradicts);
    let equal = if contradicted { CONTRADICTED } else { EQUAL };
    let ambiguous = twins || margin < equal;
    let margins: Vec<f32> = kept
        .iter()
        .enumerate()
        .map(|(at, k)| {
            if at == 0 {
                if twins { 0.0 } else { margin }
            } else {
                (best.cost - k.cost).min(0.0)
            }
        })
        .collect();
    let hits: Vec<Hit> = kept
        .iter()
        .zip(margins.iter().copied())
        .take(limit)
        .map(|(k, margin)| hit(context, k, Doubts::of(k, margin).confidence()))
        .collect();
    *doubts = Some(Doubts::of(&kept[0], margins[0]));
    // Less likely than not by far: better the town, or nothing.
    if hits[0].confidence < DOUBTED {
        return coarse(context, limit);
    }
    // A town or postcode that contradicts, and none that agrees: likely a place that this map does not know.
    let astray = contradicted && !kept[0].placed;
    let status = if !ambiguous && !astray && hits[0].confidence >= ACCEPT {
        Status::Auto
    } else {
        Status::Review
    };
    let why = if ambiguous {
        let n = kept
            .iter()
            .filter(|k| k.cost - kept[0].cost < equal)
            .count()
            .max(2);
        format!("{n} places fit equally well; {}", hits[0].why)
    } else {
        hits[0].why.clone()
    };
    Answer {
        status,
        hits,
        ambiguous,
        why,
    }
}

/// A street may be known in two parts of one town, one with house numbers and one without: a number that neither
/// has is then no reason to prefer the bare one.
fn prefer_parts_with_houses(context: &Context<'_, '_>, found: &mut [Explained<'_>]) {
    let part = |e: &Explained<'_>| {
        let doc = context.index.doc(e.candidate.doc)?;
        let town = context.index.around(doc).first().copied();
        Some(((doc.name, town), doc.count))
    };
    let numbered: Vec<(u32, Option<DocId>)> = found
        .iter()
        .filter(|e| e.number.is_some() && e.candidate.kind == Kind::Street)
        .filter_map(|e| part(e).filter(|(_, houses)| *houses > 0))
        .map(|(name, _)| name)
        .collect();
    for e in found {
        let nowhere = e.located.is_some_and(|l| l.found == Found::Nowhere);
        if nowhere && part(e).is_some_and(|(name, houses)| houses == 0 && numbered.contains(&name)) {
            e.costs.number += NO_HOUSES_HERE;
            e.cost += NO_HOUSES_HERE;
        }
    }
}

/// What is left where no street or place of interest fits: the town, the postcode, or nothing.
fn coarse(context: &Context<'_, '_>, limit: usize) -> Answer {
    let index = context.index;
    let own = index.meta.country;
    let abroad = context
        .tags
        .countries
        .iter()
        .find(|c| own != [0; 2] && c.code != own);
    if let Some(country) = abroad {
        let name = Words::country_name(country.code).unwrap_or("another country");
        return Answer {
            status: Status::Outside,
            hits: Vec::new(),
            ambiguous: false,
            why: format!("The address is in {name}, this map is not."),
        };
    }
    let mut options: Vec<(f32, Hit, u32)> = Vec::new();
    for span in &context.tags.places {
        for id in &span.docs {
            options.extend(place_hit(context, *id, mask_of(span.start, span.end)));
        }
    }
    for span in &context.tags.codes {
        for id in &span.docs {
            options.extend(place_hit(context, *id, mask_of(span.start, span.end)));
        }
    }
    options.sort_by(|a, b| {
        a.0.total_cmp(&b.0)
            .then(b.2.cmp(&a.2))
            .then_with(|| a.1.label.cmp(&b.1.label))
    });
    let mut hits: Vec<Hit> = Vec::new();
    for (_, hit, _) in options {
        if hits.len() < limit
            && hits
                .iter()
                .all(|h| h.label != hit.label || h.point.distance(hit.point).0 > 2_000.0)
        {
            hits.push(hit);
        }
    }
    if hits.is_empty() {
        let names_elsewhere =
            context.tags.codes.iter().any(|c| c.docs.is_empty()) && context.tokens.len() > 2;
        let (status, why) = if context.tokens.is_empty() {
            (Status::Failed, "The address is empty.")
        } else if names_elsewhere {
            (
                Status::Outside,
                "Neither the postcode nor the town is in this map.",
            )
        } else {
            (
                Status::Failed,
                "No street, town or place of this name is in the map.",
            )
        };
        return Answer {
            status,
            hits,
            ambiguous: false,
            why: why.to_owned(),
        };
    }
    let ambiguous = hits.len() > 1
        && hits[1].confidence >= hits[0].confidence - 0.02
        && hits[0].point.distance(hits[1].point).0 > 2_000.0;
    let why = format!("No street of the address was found; {}", hits[0].why);
    let only_place = hits[0].confidence > 0.8;
    let why = if only_place { hits[0].why.clone() } else { why };
    Answer {
        status: Status::Review,
        hits,
        ambiguous,
        why,
    }
}

/// A town or postcode as a hit: (cost, hit, importance).
fn place_hit(context: &Context<'_, '_>, id: DocId, mask: u64) -> Option<(f32, Hit, u32)> {
    let index = context.index;
    let doc = index.doc(id)?;
    let point = LngLat::from(doc.point);
    let is_code = index.kind(doc) == Kind::Postcode;
    let mut cost = 0.0;
    let mut agrees = false;
    for (at, token) in context.tokens.iter().enumerate() {
        if mask & (1 << at) != 0 || context.tags.noise[at].is_any() {
            continue;
        }
        let bit = 1u64 << at;
        let near = |docs: &[DocId]| {
            docs.iter().filter_map(|d| index.doc(*d)).any(|d| {
                LngLat::from(d.point).distance(point).0 <= f64::from(d.reach) + f64::from(doc.reach) + 2_000.0
            })
        };
        let helps = context
            .tags
            .places
            .iter()
            .any(|p| mask_of(p.start, p.end) & bit != 0 && near(&p.docs))
            || context
                .tags
                .codes
                .iter()
                .any(|c| mask_of(c.start, c.end) & bit != 0 && near(&c.docs))
            || context
                .tags
                .countries
                .iter()
                .any(|c| mask_of(c.start, c.end) & bit != 0);
        agrees |= helps;
        cost += if helps {
            0.0
        } else {
            0.1 * (token.letters() as f32 / 6.0).clamp(0.3, 1.5)
        };
    }
    // A town says more than its postcode, unless it is a whole region.
    let coarse = match (is_code, doc.rank) {
        (true, _) => 0.02,
        (false, 0..=3) => 0.1,
        (false, _) => 0.0,
    };
    let country = index.country(doc);
    let level = match (is_code, doc.rank) {
        (true, _) => Level::Postcode,
        (false, 0) => Level::Country,
        (false, _) => Level::Area,
    };
    let name = index.text(doc.name);
    let above = index
        .around(doc)
        .iter()
        .filter_map(|d| Some((index.doc(*d)?, *d)));
    let region = above
        .filter(|(d, _)| d.rank < doc.rank)
        .map(|(_, d)| index.name(d))
        .next()
        .unwrap_or("");
    let confidence = (0.95 - cost).clamp(0.05, 0.95);
    let given = if cost < 0.05 { Match::Exact } else { Match::Missing };
    let mut fields = Fields {
        street: Match::Missing,
        ..Fields::default()
    };
    if is_code {
        fields.postcode = Match::Exact;
    } else {
        fields.city = Match::Exact;
        fields.street = given;
    }
    let kind = if is_code { "postcode" } else { "town or area" };
    let hit = Hit {
        point,
        level,
        confidence,
        label: if region.is_empty() || region == name {
            name.to_owned()
        } else {
            format!("{name}, {region}")
        },
        name: name.to_owned(),
        street: String::new(),
        house_number: String::new(),
        postcode: if is_code { name.to_owned() } else { String::new() },
        city: if is_code { String::new() } else { name.to_owned() },
        country: country.to_owned(),
        fields,
        source: String::new(),
        why: format!(
            "the {kind} {name} is known{}.",
            if agrees { " and the rest agrees" } else { "" }
        ),
    };
    Some((cost + coarse, hit, doc.importance))
}

/// A street, house or place of interest as a hit.
fn hit(context: &Context<'_, '_>, e: &Explained<'_>, confidence: f32) -> Hit {
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
