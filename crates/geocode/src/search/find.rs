//! Which streets and places of interest a request may name: exactly, cut short, with typos, or by some words.

use std::collections::HashMap;

use super::Context;
use super::lex::{Field, Token};
use super::similar::{self, edits, edits_allowed};
use super::tags::{Noise, PlaceSpan};
use super::walk;
use crate::index::{DocId, Kind};

/// Documents of one name that are looked at, at most, of those that town and postcode do not tell apart.
const MOST_PER_NAME: usize = 24;
/// Where they do: those that agree less, at most.
const MOST_BESIDE: usize = 8;
/// The same of places of interest that are called like a town: the words hardly mean more than the nearest of them.
const MOST_CALLED_LIKE_TOWN: usize = 8;
/// Documents found by words that are compared in full.
const MOST_BY_WORDS: usize = 40;
/// A word that so many documents bear says nothing by itself.
const COMMON_WORD: usize = 50_000;
/// Nor does a town's name that so many bear.
const COMMON_TOWN: usize = 1_000;

/// What a town or postcode that agrees adds to a document found by words.
const AGREES: f32 = 0.3;

/// How well a name agrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    /// All letters, abbreviations written out.
    Exact,
    /// With a word cut short before a full stop.
    Short,
    /// So many letters differ of so many.
    Typo { edits: u8, letters: u16 },
    /// Only some words of the name: their share of its weight, and letters that differ in them.
    Words { share: f32, edits: u8, letters: u16 },
}

/// A document that some words may name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub doc: DocId,
    pub kind: Kind,
    /// The words, as bits.
    pub mask: u64,
    pub how: How,
}

const FINE: [Kind; 2] = [Kind::Street, Kind::Poi];

/// Names spelled exactly.
pub(crate) fn exact(context: &Context<'_, '_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    for start in 0..context.tokens.len() {
        if context.tokens[start].field.may_be_street() {
            walk::spans(
                context.tokens,
                start,
                &FINE,
                context.index,
                &mut |end, kind, run| {
                    add_run(context, run, kind, mask_of(start, end), How::Exact, &mut out);
                },
            );
        }
    }
    out
}

/// Names with words cut short, or with a letter or two wrong.
pub(crate) fn misspelt(context: &Context<'_, '_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    let tokens = context.tokens;
    for start in 0..tokens.len() {
        if !tokens[start].field.may_be_street() {
            continue;
        }
        // `Haus 3` is a part of a building, `Haus am See` may be a name.
        let noise = &context.tags.noise;
        let is_unit = noise[start] == Noise::Unit
            && (tokens[start].has_digit()
                || start > 0 && noise[start - 1] == Noise::Unit
                || noise.get(start + 1) == Some(&Noise::Unit));
        if is_unit
            || context
                .tags
                .countries
                .iter()
                .any(|c| (c.start..c.end).contains(&start))
        {
            continue;
        }
        walk::short_spans(tokens, start, &FINE, context.index, &mut |end, kind, run| {
            add_run(context, run, kind, mask_of(start, end), How::Short, &mut out);
        });
        let (mut text, mut plain, mut typed_text) = (String::new(), String::new(), String::new());
        for end in start + 1..=(start + 5).min(tokens.len()) {
            let last = &tokens[end - 1];
            if last.segment != tokens[start].segment {
                break;
            }
            text.push_str(last.long());
            plain.push_str(if last.long() == last.text() {
                &last.piece.plain
            } else {
                last.long()
            });
            typed_text.push_str(last.text());
            let letters = text.chars().count();
            // An abbreviation written out has no letters of its own to be wrong.
            let typed: usize = tokens[start..end].iter().map(Token::letters).sum();
            let allowed = edits_allowed(letters.min(typed));
            // A number behind a name is the house's. One before it may be the street's own (`3. Ringstraße`).
            let loose_digits = last.is_digits();
            let digits = tokens[start].is_digits().then(|| digits_of(&text));
            let is_place = context
                .tags
                .places
                .iter()
                .any(|p| p.start == start && p.end == end);
            let is_noise = (start..end).all(|t| context.tags.noise[t] == Noise::Unit);
            if allowed == 0 || letters > 60 || loose_digits || is_place || is_noise {
                continue;
            }
            let mut add = |text: &str| {
                similar::similar_names(text, allowed, &FINE, context.index, &mut |kind, run, edits| {
                    // Letters may be wrong, the number before them may not.
                    let same_number = digits.as_deref().is_none_or(|digits| {
                        let docs = context.index.name_docs(run);
                        docs.first()
                            .is_some_and(|doc| names_number(context, *doc, digits))
                    });
                    if edits > 0 && same_number {
                        let how = How::Typo {
                            edits,
                            letters: letters as u16,
                        };
                        add_run(context, run, kind, mask_of(start, end), how, &mut out);
                    }
                });
            };
            add(&text);
            // `strae` is a lost ß and `strßae` a swapped one, neither holds an ä.
            let unfolded = plain.replace("ss", "s");
            if unfolded != text {
                add(&unfolded);
            }
            // `Hauptstr Straße` has lost two letters and abbreviates nothing.
            if typed_text != text && typed_text != unfolded {
                add(&typed_text);
            }
        }
    }
    out
}

/// Whether the document has a name with just these digits.
fn names_number(context: &Context<'_, '_>, id: DocId, digits: &str) -> bool {
    context.index.doc(id).is_some_and(|doc| {
        let mut names = std::iter::once(context.index.text(doc.name)).chain(context.index.other_names(doc));
        names.any(|name| digits_of(name) == digits)
    })
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Names of which only some words are there, in any order.
pub(crate) fn by_words(context: &Context<'_, '_>) -> Vec<Candidate> {
    // For each document, which words it may have and how rare they are.
    let mut scores: HashMap<DocId, f32> = HashMap::new();
    for (at, token) in context.tokens.iter().enumerate() {
        let letters = token.letters();
        let weak = token.readings.iter().any(|r| context.words.weight(r) < 1.0);
        if !token.field.may_be_street()
            || token.is_digits()
            || weak
            || letters < 3
            || context.tags.noise[at] == Noise::Unit
        {
            continue;
        }
        // A town's name stands in those of many places there.
        let is_town = context.tags.places.iter().any(|p| (p.start..p.end).contains(&at));
        let mut add = |run: u64, likeness: f32| {
            let docs = context.index.word_docs(run);
            if docs.len() > if is_town { COMMON_TOWN } else { COMMON_WORD } {
                return;
            }
            let rarity = 1.0 / (1.0 + (docs.len() as f32).ln());
            for doc in docs {
                *scores.entry(*doc).or_default() += rarity * likeness;
            }
        };
        let mut exact = false;
        for reading in token.readings.iter().filter(|r| !r.is_empty()) {
            if let Some(run) = context.index.words().get(reading) {
                exact = true;
                add(run.value(), 1.0);
            }
        }
        let allowed = edits_allowed(letters);
        if !exact && allowed > 0 {
            similar::similar_words(token.long(), allowed, context.index, &mut |run, edits| {
                add(run, 1.0 - 0.25 * f32::from(edits));
            });
        }
    }
    let mut best: Vec<(f32, DocId)> = scores.into_iter().map(|(doc, score)| (score, doc)).collect();
    let order = |a: &(f32, DocId), b: &(f32, DocId)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    // Town and postcode add less than 1: only what is that near to the best can still become one of them.
    if best.len() > MOST_BY_WORDS {
        best.select_nth_unstable_by(MOST_BY_WORDS, order);
        let least = best[MOST_BY_WORDS].0;
        best.retain(|(score, _)| score + 2.0 * AGREES >= least);
    }
    for (score, doc) in &mut best {
        *score += AGREES * f32::from(context.agreement(*doc));
    }
    best.sort_by(order);
    best.truncate(MOST_BY_WORDS);
    best.into_iter()
        .filter_map(|(_, doc)| compare_words(context, doc))
        .collect()
}

/// Pairs the words of a document's name with words of the request.
fn compare_words(context: &Context<'_, '_>, id: DocId) -> Option<Candidate> {
    let doc = context.index.doc(id)?;
    let names = std::iter::once(context.index.text(doc.name)).chain(context.index.other_names(doc));
    let candidates = names.filter_map(|name| {
        let mut mask = 0u64;
        let (mut matched, mut total) = (0.0f32, 0.0f32);
        let (mut wrong, mut letters) = (0usize, 0usize);
        for word in context.words.long_words(name) {
            let weight = context.words.weight(&word) * (word.chars().count() as f32 / 6.0).clamp(0.4, 1.2);
            total += weight;
            let best = context
                .tokens
                .iter()
                .enumerate()
                .filter(|(at, t)| mask & (1 << at) == 0 && t.field.may_be_street())
                .filter_map(|(at, token)| Some((likeness(token, &word)?, at)))
                .min();
            if let Some((edits, at)) = best {
                mask |= 1 << at;
                matched += weight * (1.0 - 0.15 * edits as f32);
                wrong += edits;
                letters += word.chars().count();
            }
        }
        let how = How::Words {
            share: matched / total.max(0.1),
            edits: wrong.min(9) as u8,
            letters: letters.max(1) as u16,
        };
        // The town's name alone, or with a number, is no match of `Town Sports Hall 1`.
        let digits = (0..context.tokens.len()).filter(|t| context.tokens[*t].is_digits());
        let digits = digits.fold(0u64, |digits, t| digits | 1 << t);
        let named = mask & !digits;
        let only_places = named == 0
            || context
                .tags
                .places
                .iter()
                .any(|p| named & !mask_of(p.start, p.end) == 0);
        let spread = (mask >> mask.trailing_zeros().min(63)).count_ones();
        let kind = context.index.kind(doc);
        (mask != 0 && !only_places && spread > 0).then_some(Candidate {
            doc: id,
            kind,
            mask,
            how,
        })
    });
    candidates
        .max_by(|a, b| share(a).total_cmp(&share(b)))
        .filter(|c| share(c) >= 0.45)
}

fn share(candidate: &Candidate) -> f32 {
    match candidate.how {
        How::Words { share, .. } => share,
        _ => 1.0,
    }
}

/// Letters that differ between a word of the request and one of the map; `None` where they are not the same word.
fn likeness(token: &Token, word: &str) -> Option<usize> {
    if token.readings.iter().any(|r| r == word) {
        return Some(0);
    }
    let letters = word.chars().count();
    if token.piece.dot && token.letters() < letters && word.starts_with(token.text()) {
        return Some(0);
    }
    if token.is_digits() || token.letters().abs_diff(letters) > 2 {
        return None;
    }
    // A single short word with a letter wrong is another word.
    let allowed = match token.letters().min(letters) {
        0..5 => 0,
        shorter => usize::from(edits_allowed(shorter)),
    };
    let found = edits(token.text(), word);
    (found <= allowed).then_some(found)
}

pub(crate) fn mask_of(start: usize, end: usize) -> u64 {
    let below = |n: usize| if n >= 64 { u64::MAX } else { (1u64 << n) - 1 };
    below(end) & !below(start)
}

/// Adds the documents of a name, if many those that agree with town or postcode, else near or large ones.
fn add_run(context: &Context<'_, '_>, run: u64, kind: Kind, mask: u64, how: How, out: &mut Vec<Candidate>) {
    let tokens = (0..context.tokens.len()).filter(|t| mask & (1 << t) != 0);
    // Digits alone name nothing; nor does a field that is not the street's.
    if tokens.clone().all(|t| context.tokens[t].is_digits()) {
        return;
    }
    if tokens.clone().any(|t| context.tokens[t].field == Field::Street)
        && kind == Kind::Poi
        && how != How::Exact
    {
        return;
    }
    let docs = context.index.name_docs(run);
    let mut add = |doc: DocId| out.push(Candidate { doc, kind, mask, how });
    if docs.len() <= MOST_PER_NAME {
        docs.iter().copied().for_each(&mut add);
        return;
    }
    let mut ranked: Vec<(u8, u64, DocId)> = docs
        .iter()
        .map(|doc| {
            let agreement = context.agreement(*doc);
            let far = context.distance_to_wanted(*doc);
            (agreement, far, *doc)
        })
        .collect();
    // Beside those that agree best, a few of the others: the town may be the mistake.
    let agreement = ranked.iter().map(|r| r.0).max().unwrap_or(0);
    let agree = ranked.iter().filter(|r| r.0 == agreement).count();
    let is_town = |p: &PlaceSpan| mask_of(p.start, p.end) == mask;
    let most = match (agreement, kind) {
        (_, Kind::Poi) if context.tags.places.iter().any(is_town) => MOST_CALLED_LIKE_TOWN,
        (0, _) => MOST_PER_NAME,
        _ => agree.min(MOST_PER_NAME) + MOST_BESIDE,
    };
    let order = |r: &(u8, u64, DocId)| (std::cmp::Reverse(r.0), r.1, r.2);
    if ranked.len() > most {
        ranked.select_nth_unstable_by_key(most, order);
        ranked.truncate(most);
    }
    ranked.sort_by_key(order);
    ranked.into_iter().for_each(|(_, _, doc)| add(doc));
}
