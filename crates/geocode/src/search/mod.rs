//! From a request to an answer: words, tags, candidates, explanations, ranking.

pub(crate) mod answer;
mod confidence;
mod explain;
mod find;
pub(crate) mod house;
pub(crate) mod label;
pub(crate) mod lex;
pub(crate) mod tags;
pub(crate) mod walk;

use std::collections::HashSet;

use geom::LngLat;

use crate::face::{Answer, Request};
use crate::index::{DocId, Index};
use crate::words::Words;
use explain::Explained;
use find::Candidate;
use lex::Token;
use tags::Tags;

/// Doubt about name and words up to which typos are not looked for.
const GOOD_ENOUGH: f32 = 0.04;
/// Doubt up to which single words are not looked for.
const FAIR_ENOUGH: f32 = 0.35;
/// Costs above which a point finer than a postcode is refused.
pub(crate) const REFUSED: f32 = 0.85;

/// Everything known while one request is answered.
pub(crate) struct Context<'a, 't> {
    pub index: &'t Index<'a>,
    pub words: &'t Words,
    pub tokens: &'t [Token],
    pub tags: &'t Tags,
    /// Places and postcodes that the request names.
    wanted: HashSet<DocId>,
    wanted_points: Vec<LngLat>,
}

impl Context<'_, '_> {
    /// How many of the request's towns and postcodes a document lies in.
    pub fn agreement(&self, id: DocId) -> u8 {
        let Some(doc) = self.index.doc(id).filter(|_| !self.wanted.is_empty()) else {
            return 0;
        };
        let town = self.index.around(doc).iter().any(|d| self.wanted.contains(d));
        let code = self.index.postcodes(doc).iter().any(|d| self.wanted.contains(d));
        u8::from(town) + u8::from(code)
    }

    /// Metres to the nearest of them or to the bias; without any, the less important the further.
    pub fn distance_to_wanted(&self, id: DocId) -> u64 {
        let Some(doc) = self.index.doc(id) else {
            return u64::MAX;
        };
        let here = LngLat::from(doc.point);
        let nearest = self.wanted_points.iter().map(|p| p.distance(here).0 as u64).min();
        nearest.unwrap_or_else(|| u64::from(u32::MAX - doc.importance))
    }
}

/// Answers one request.
pub(crate) fn search(index: &Index<'_>, words: &Words, request: &Request<'_>) -> Answer {
    let tokens = lex::tokens(request, words);
    let tags = tags::tag(&tokens, index, words);
    let wanted: HashSet<DocId> = tags
        .places
        .iter()
        .flat_map(|p| &p.docs)
        .chain(tags.codes.iter().flat_map(|c| &c.docs))
        .copied()
        .collect();
    let mut wanted_points: Vec<LngLat> = wanted
        .iter()
        .filter_map(|d| index.doc(*d))
        .map(|d| d.point.into())
        .collect();
    if wanted_points.is_empty() {
        wanted_points.extend(request.bias);
    }
    let context = Context {
        index,
        words,
        tokens: &tokens,
        tags: &tags,
        wanted,
        wanted_points,
    };
    let mut found: Vec<Explained<'_>> = Vec::new();
    // Each stage costs more time and is tried only where the one before leaves words unexplained.
    type Stage = fn(&Context<'_, '_>) -> Vec<Candidate>;
    let stages: [(f32, Stage); 3] = [
        (0.0, find::exact),
        (GOOD_ENOUGH, find::misspelt),
        (FAIR_ENOUGH, find::by_words),
    ];
    for (doubt, stage) in stages {
        let best = found.iter().min_by(|a, b| a.cost.total_cmp(&b.cost));
        if best.is_none_or(|b| b.doubt() > doubt) {
            found.extend(
                stage(&context)
                    .iter()
                    .filter_map(|c| explain::explain(&context, c)),
            );
        }
    }
    answer::answer(&context, request, found)
}
