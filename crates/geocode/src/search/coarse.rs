//! What is left where no street or place of interest fits: the town, the postcode, or nothing.

use geom::LngLat;

use super::Context;
use super::find::mask_of;
use super::named::Named;
use crate::face::{Answer, Fields, Hit, Level, Match, Status};
use crate::index::{DocId, Kind};
use crate::words::Words;

/// What is left where no street or place of interest fits: the town, the postcode, or nothing.
pub(super) fn coarse(context: &Context<'_, '_>, limit: usize) -> Answer {
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
        for id in span.docs.docs() {
            options.extend(place_hit(context, *id, mask_of(span.start, span.end)));
        }
    }
    for span in &context.tags.codes {
        for id in span.docs.docs() {
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
        let within = doc.reach.metres() + 2_000.0;
        let near = |named: &Named| named.metres_from(point, index).is_some_and(|far| far <= within);
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
