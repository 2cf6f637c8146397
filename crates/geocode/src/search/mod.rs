//! From a request to an answer: words, tags, candidates, explanations, ranking.

mod agree;
pub(crate) mod answer;
mod between;
mod coarse;
pub(crate) mod confidence;
mod explain;
mod find;
mod hit;
pub(crate) mod house;
pub(crate) mod label;
pub(crate) mod lex;
mod named;
mod rest;
mod similar;
pub(crate) mod tags;
pub(crate) mod walk;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use geom::LngLat;

use crate::face::{Answer, Request};
use crate::index::{DocId, Index};
use crate::words::Words;
use confidence::Doubts;
use explain::Explained;
use find::Candidate;
use lex::Token;
use named::{Circles, Named};
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
    wanted: Named,
    /// Their middles; without any, the point that the request leans to.
    wanted_points: Circles,
    /// What [`Context::misspelt_place`] has found: candidates share their towns.
    misspelt: RefCell<HashMap<DocId, Rc<[MisspeltPlace]>>>,
    place_words: OnceCell<Vec<PlaceWords>>,
}

/// Words that may be a misspelt place.
struct PlaceWords {
    start: usize,
    end: usize,
    text: String,
    letters: usize,
    set: u32,
    /// Letters that may be wrong.
    allowed: usize,
}

/// All spans of up to three words that are long enough to be misspelt, long spans first. What is spelled as a place
/// of the map is that place.
fn place_words(tokens: &[Token], tags: &Tags) -> Vec<PlaceWords> {
    let mut out = Vec::new();
    for words in [3, 2, 1] {
        for (start, span) in tokens.windows(words).enumerate() {
            let fits = |t: &Token| t.field.may_be_place() && t.segment == span[0].segment && !t.has_digit();
            let letters: usize = span.iter().map(Token::letters).sum();
            let allowed = usize::from(similar::edits_allowed(letters));
            let is_place = tags
                .places
                .iter()
                .any(|p| p.start == start && p.end == start + words);
            if allowed > 0 && !is_place && span.iter().all(fits) {
                let text: String = span.iter().map(Token::text).collect();
                out.push(PlaceWords {
                    start,
                    end: start + words,
                    letters,
                    set: letter_set(&text),
                    text,
                    allowed,
                });
            }
        }
    }
    out
}

/// Which letters occur, each as one of 32 bits.
fn letter_set(text: &str) -> u32 {
    text.chars().fold(0, |set, c| set | 1 << (u32::from(c) % 32))
}

/// Whether a name as the map writes it has, however it is folded, more than `allowed` letters wrong beside words of
/// these letters. Says so only where folding is plain: of ASCII it drops or doubles letters and some `e`.
fn surely_differ(written: &str, set: u32, allowed: usize) -> bool {
    if !written.is_ascii() {
        return false;
    }
    let letters = written.bytes().filter(u8::is_ascii_alphanumeric);
    let written = letters.fold(0u32, |set, c| set | 1 << (u32::from(c.to_ascii_lowercase()) % 32));
    let uncertain = 1 << (u32::from('e') % 32);
    // An edit changes at most two members of the set.
    ((written ^ set) & !uncertain).count_ones() as usize > 2 * allowed
}

/// Words that are a place's name with letters wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MisspeltPlace {
    pub start: usize,
    pub end: usize,
    pub wrong: u8,
    /// Letters typed.
    pub letters: u16,
}

impl Context<'_, '_> {
    /// How many of the request's towns and postcodes a document lies in.
    pub fn agreement(&self, id: DocId) -> u8 {
        let Some(doc) = self.index.doc(id).filter(|_| !self.wanted.is_empty()) else {
            return 0;
        };
        let town = self.wanted.has_any(self.index.around(doc));
        let code = self.wanted.has_any(self.index.postcodes(doc));
        u8::from(town) + u8::from(code)
    }

    /// Where a place's main name may stand with a letter or two wrong, long spans first.
    pub fn misspelt_place(&self, id: DocId) -> Rc<[MisspeltPlace]> {
        if let Some(known) = self.misspelt.borrow().get(&id) {
            return known.clone();
        }
        let written = self.index.name(id);
        let possible = |span: &PlaceWords| !surely_differ(written, span.set, span.allowed);
        if !self.place_words().iter().any(possible) {
            let nothing: Rc<[MisspeltPlace]> = Rc::new([]);
            self.misspelt.borrow_mut().insert(id, nothing.clone());
            return nothing;
        }
        let name = explain::joined(written);
        let letters_of_name = letter_set(&name);
        let name_letters = name.chars().count();
        let mut found = Vec::new();
        for span in self.place_words() {
            let differ = (letters_of_name ^ span.set).count_ones() as usize;
            // An edit changes at most two members of the set.
            if differ > 2 * span.allowed || name_letters.abs_diff(span.letters) > span.allowed {
                continue;
            }
            let wrong = similar::edits(&name, &span.text);
            if wrong <= span.allowed {
                found.push(MisspeltPlace {
                    start: span.start,
                    end: span.end,
                    wrong: wrong as u8,
                    letters: span.letters as u16,
                });
            }
        }
        let found: Rc<[MisspeltPlace]> = found.into();
        self.misspelt.borrow_mut().insert(id, found.clone());
        found
    }

    fn place_words(&self) -> &[PlaceWords] {
        self.place_words
            .get_or_init(|| place_words(self.tokens, self.tags))
    }

    /// Where a misspelt place may stand: first word and the one behind the last.
    pub fn words_for_places(&self) -> impl Iterator<Item = (usize, usize)> {
        self.place_words().iter().map(|span| (span.start, span.end))
    }

    /// Metres to the nearest of them or to the bias; without any, the less important the further.
    pub fn distance_to_wanted(&self, id: DocId) -> u64 {
        let Some(doc) = self.index.doc(id) else {
            return u64::MAX;
        };
        let here = LngLat::from(doc.point);
        let nearest = self.wanted_points.metres_from(here).map(|metres| metres as u64);
        nearest.unwrap_or_else(|| u64::from(u32::MAX - doc.importance))
    }
}

/// Answers one request, and tells what is in doubt about the best hit finer than a postcode.
pub(crate) fn search(index: &Index<'_>, words: &Words, request: &Request<'_>) -> (Answer, Option<Doubts>) {
    let tokens = lex::tokens(request, words);
    let tags = tags::tag(&tokens, index, words);
    let places = tags.places.iter().map(|p| &p.docs);
    let named = places.chain(tags.codes.iter().map(|c| &c.docs));
    let wanted = Named::of(named.flat_map(Named::docs).copied());
    let middles = wanted.docs().iter().filter_map(|d| index.doc(*d));
    let wanted_points = match wanted.is_empty() {
        true => Circles::of(request.bias.map(|bias| (bias, 0.0))),
        false => Circles::of(middles.map(|d| (d.point.into(), 0.0))),
    };
    let context = Context {
        index,
        words,
        tokens: &tokens,
        tags: &tags,
        wanted,
        wanted_points,
        misspelt: RefCell::default(),
        place_words: OnceCell::new(),
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
    let mut doubts = None;
    let answer = answer::answer(&context, request, found, &mut doubts);
    (answer, doubts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is left out before letters are compared would not have been found.
        #[test]
        fn names_that_surely_differ_do(name in "[AaeBkNossu' -]{1,12}", text in "[aebknosu]{1,12}", allowed in 0usize..=2) {
            let wrong = similar::edits(&explain::joined(&name), &text);
            if wrong <= allowed {
                prop_assert!(!surely_differ(&name, letter_set(&text), allowed));
            }
        }
    }

    #[test]
    fn other_letters_surely_differ() {
        assert!(surely_differ("Oberdorf", letter_set("kirschen"), 2));
        // How a marked letter is folded is not known without folding it.
        assert!(!surely_differ("Öberdorf", letter_set("kirschen"), 2));
    }
}
