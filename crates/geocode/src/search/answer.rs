//! Ranking, ambiguity, status.

use super::coarse::coarse;
use super::confidence::{ACCEPT, DOUBTED, Doubts};
use super::explain::Explained;
use super::hit::hit;
use super::house::Found;
use super::{Context, REFUSED};
use crate::face::{Answer, Hit, Match, Request, Status};

/// Two places that differ by less fit equally well.
const EQUAL: f32 = 0.06;
/// The same where the best one contradicts the town or the postcode of the request.
const CONTRADICTED: f32 = 0.2;
/// Places further apart than this are different ones, metres.
const APART: f64 = 250.0;
const MOST_HITS: usize = 5;
/// What a street without houses costs beside one with some.
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
    prefer_streets_with_houses(context, &mut found);
    found.retain(|e| e.cost <= REFUSED);
    found.sort_by(|a, b| {
        let key = |e: &Explained<'_>| {
            let importance = context.index.doc(e.candidate.doc).map_or(0, |d| d.importance);
            let far = request.bias.map_or(0, |bias| bias.distance(e.point).0 as u64);
            (far, std::cmp::Reverse(importance), e.candidate.doc)
        };
        a.cost
            .total_cmp(&b.cost)
            .then_with(|| likeness_to_text(context, request, b).cmp(&likeness_to_text(context, request, a)))
            .then_with(|| key(a).cmp(&key(b)))
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
    // A town's longer name that takes every word is meant, and not the town of which a word is left over.
    let named = [Match::Exact, Match::Alias].contains(&best.fields.city) && best.left == 0;
    let undecided = |k: &&Explained<'_>| k.cost - best.cost < equal && !(named && k.left != 0);
    let rivals = kept[1..].iter().filter(undecided);
    let rivals = rivals.filter(|k| k.point.distance(best.point).0 > APART).count();
    let ambiguous = twins || rivals > 0;
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
        format!("{} places fit equally well; {}", rivals.max(1) + 1, hits[0].why)
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

/// Of two that fit equally well the one whose name takes more of the words (`Oldtown Castle` before the `Castle` of
/// Oldtown), then the one in the town itself rather than near it, then the one of whose name the request has most
/// letter by letter as the map writes it.
fn likeness_to_text(
    context: &Context<'_, '_>,
    request: &Request<'_>,
    e: &Explained<'_>,
) -> (u32, bool, usize) {
    let name = context.index.name(e.candidate.doc);
    let written = [request.text, request.street]
        .iter()
        .any(|text| text.contains(name));
    (
        e.candidate.mask.count_ones(),
        e.fields.city == Match::Exact,
        if written { name.len() } else { 0 },
    )
}

/// A number that no street has is no reason to prefer one of which the map knows no houses to one that fits as well
/// but for the number: the bare one is often another part of the same street.
fn prefer_streets_with_houses(context: &Context<'_, '_>, found: &mut [Explained<'_>]) {
    let is_bare = |e: &Explained<'_>| {
        let nowhere = e.located.is_some_and(|l| l.found == Found::Nowhere);
        nowhere && context.index.doc(e.candidate.doc).is_some_and(|d| d.count == 0)
    };
    let but_number = |e: &Explained<'_>| e.cost - e.costs.number;
    let with_houses = found
        .iter()
        .filter(|e| e.located.is_some() && !is_bare(e))
        .map(but_number)
        .min_by(f32::total_cmp);
    let Some(best) = with_houses else { return };
    for e in found.iter_mut().filter(|e| is_bare(e)) {
        if best <= but_number(e) {
            e.costs.number += NO_HOUSES_HERE;
            e.cost += NO_HOUSES_HERE;
        }
    }
}
