//! What each span of words could be: house number, postcode, town, country, noise.

use std::collections::HashSet;

use super::lex::{Field, Token, shape};
use super::named::Named;
use super::walk;
use crate::build::places::Rank;
use crate::index::{DocId, Index, Kind};
use crate::number::HouseNumber;
use crate::words::Words;

/// A span that reads as a house number.
#[derive(Clone, Debug)]
pub(crate) struct NumberSpan {
    pub start: usize,
    pub end: usize,
    pub number: HouseNumber,
    /// It begins with letters apart from it: `WH 1`. Rare, and only meant where the map has exactly that.
    pub lettered: bool,
}

/// A span that reads as a postcode.
#[derive(Clone, Debug)]
pub(crate) struct CodeSpan {
    pub start: usize,
    pub end: usize,
    /// Empty where it has the right shape, but the map does not know it.
    pub docs: Named,
    /// Digits and letters run together.
    pub text: String,
}

/// A span that is a place's name.
#[derive(Clone, Debug)]
pub(crate) struct PlaceSpan {
    pub start: usize,
    pub end: usize,
    pub docs: Named,
}

/// A span that is a country's name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountrySpan {
    pub start: usize,
    pub end: usize,
    pub code: [u8; 2],
}

/// What a word is that is no part of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Noise {
    /// It may be part of the address.
    #[default]
    No,
    /// Part of a building: floor, flat, staircase.
    Unit,
    /// Part of a company's or person's name; noise beside an address, but what is looked for in a place of
    /// interest.
    Name,
}

impl Noise {
    pub fn is_any(self) -> bool {
        self != Self::No
    }
}

/// All readings of a request's words but streets and places of interest.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    pub numbers: Vec<NumberSpan>,
    pub codes: Vec<CodeSpan>,
    /// Longest first.
    pub places: Vec<PlaceSpan>,
    pub countries: Vec<CountrySpan>,
    /// For each word: what it is, if no part of the address.
    pub noise: Vec<Noise>,
}

/// Reads the words.
pub(crate) fn tag(tokens: &[Token], index: &Index<'_>, words: &Words) -> Tags {
    let places = places(tokens, index);
    let mut countries = countries(tokens, words);
    // `IL` behind a town is the state where the map has one, and not Israel.
    let is_place = |c: &CountrySpan| places.iter().any(|p| (p.start, p.end) == (c.start, c.end));
    countries.retain(|c| tokens[c.start].letters() > 2 || !is_place(c));
    Tags {
        numbers: numbers(tokens),
        codes: codes(tokens, index),
        places,
        countries,
        noise: noise(tokens, words),
    }
}

/// All spans that read as a house number, of one start the longest first.
pub(crate) fn numbers(tokens: &[Token]) -> Vec<NumberSpan> {
    let mut out = Vec::new();
    for (start, token) in tokens.iter().enumerate() {
        let text = token.text();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_number = digits > 0
            && digits <= 6
            && token.field.may_be_number()
            && text.chars().count() - digits <= 3
            // `00014` is a postcode, even one that the map does not know.
            && !(digits >= 4 && text.starts_with('0'))
            && !is_ordinal(text);
        if !is_number {
            continue;
        }
        let mut ends = vec![start + 1];
        let mut end = start + 1;
        while let Some(next) = tokens
            .get(end)
            .filter(|n| n.field == token.field && n.segment == token.segment)
        {
            let short = next.letters() <= 2 || next.has_digit() && next.letters() <= 5;
            let glued = matches!(next.piece.before, Some('-' | '/' | '½')) && short;
            let letter = next.letters() == 1 && !next.has_digit() && end == start + 1 && !next.piece.dot;
            let building = matches!(next.text(), "к" | "корп" | "корпус" | "стр" | "строение")
                && tokens.get(end + 1).is_some_and(Token::is_digits);
            // French seconds and thirds of a number.
            let again = end == start + 1 && matches!(next.text(), "bis" | "ter" | "quater" | "quinquies");
            if glued || letter || again {
                end += 1;
            } else if building {
                end += 2;
            } else {
                break;
            }
            ends.push(end);
            if end - start >= 4 {
                break;
            }
        }
        // `WH 1`: letters may stand before it.
        let lead = start.checked_sub(1).filter(|lead| {
            let lead = &tokens[*lead];
            lead.letters() <= 3
                && !lead.has_digit()
                && lead.field == token.field
                && lead.segment == token.segment
        });
        if let (Some(lead), None) = (lead, token.piece.before) {
            let pieces = [tokens[lead].piece.clone(), token.piece.clone()];
            if let Some(number) = HouseNumber::of_pieces(&pieces) {
                out.push(NumberSpan {
                    start: lead,
                    end: start + 1,
                    number,
                    lettered: true,
                });
            }
        }
        for end in ends.into_iter().rev() {
            let pieces: Vec<_> = tokens[start..end].iter().map(|t| t.piece.clone()).collect();
            if let Some(number) = HouseNumber::of_pieces(&pieces) {
                out.push(NumberSpan {
                    start,
                    end,
                    number,
                    lettered: false,
                });
            }
        }
    }
    out
}

/// `2nd`, `3rd`: a street's or a floor's number, not a house's.
pub(crate) fn is_ordinal(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    !digits.is_empty() && matches!(&text[digits.len()..], "st" | "nd" | "rd" | "th")
}

fn codes(tokens: &[Token], index: &Index<'_>) -> Vec<CodeSpan> {
    let shapes: HashSet<&str> = index.shapes().collect();
    let mut out = Vec::new();
    for start in 0..tokens.len() {
        if !tokens[start].field.may_be_postcode() {
            continue;
        }
        let mut text = String::new();
        for end in start + 1..=(start + 2).min(tokens.len()) {
            let token = &tokens[end - 1];
            if token.field != tokens[start].field || token.segment != tokens[start].segment {
                break;
            }
            text.push_str(token.text());
            if !text.bytes().any(|b| b.is_ascii_digit()) {
                continue;
            }
            let docs = index.named(Kind::Postcode, &text);
            let shaped = || shapes.contains(shape(&text).as_str()) && text.len() >= 4;
            if !docs.is_empty() || shaped() || token.field == Field::Postcode {
                out.push(CodeSpan {
                    start,
                    end,
                    docs: Named::of(docs.iter().copied()),
                    text: text.clone(),
                });
            }
        }
    }
    // The longest known one first.
    out.sort_by_key(|c| (c.docs.is_empty(), std::cmp::Reverse(c.end - c.start), c.start));
    out
}

fn places(tokens: &[Token], index: &Index<'_>) -> Vec<PlaceSpan> {
    let mut out: Vec<PlaceSpan> = Vec::new();
    for start in 0..tokens.len() {
        if !tokens[start].field.may_be_place() {
            continue;
        }
        walk::spans(tokens, start, &[Kind::Place], index, &mut |end, _, run| {
            let docs = index.name_docs(run);
            // A number alone is no place, even where a place is called so.
            if tokens[start..end].iter().all(Token::is_digits) {
                return;
            }
            // `IL`, `MD`, `LA` are states behind a town and in capitals; else much else.
            let lone = &tokens[start];
            let is_short = end == start + 1 && lone.letters() <= 3 && lone.field == Field::Any;
            let is_state = |d: &DocId| index.doc(*d).is_some_and(|d| d.rank == Rank::State as u8);
            if is_short && !(start > 0 && lone.piece.capitals) && docs.iter().all(is_state) {
                return;
            }
            match out.iter_mut().find(|p| p.start == start && p.end == end) {
                Some(known) => known.docs = known.docs.with(docs),
                None => out.push(PlaceSpan {
                    start,
                    end,
                    docs: Named::of(docs.iter().copied()),
                }),
            }
        });
    }
    out.sort_by_key(|p| (std::cmp::Reverse(p.end - p.start), p.start));
    out
}

fn countries(tokens: &[Token], words: &Words) -> Vec<CountrySpan> {
    let mut out = Vec::new();
    for start in 0..tokens.len() {
        if !tokens[start].field.may_be_country() {
            continue;
        }
        let mut text = String::new();
        for end in start + 1..=(start + 4).min(tokens.len()) {
            text.push_str(tokens[end - 1].text());
            let Some(code) = words.country(&text) else {
                continue;
            };
            let given = tokens[start].field == Field::Country;
            // Two letters are a country only at the end and in capitals: `CA`, `DE`, `IN` are much else.
            let is_code = text.len() == 2;
            let at_end = end == tokens.len() && tokens[start].piece.capitals && start > 0;
            if given || !is_code || at_end {
                out.push(CountrySpan { start, end, code });
            }
        }
    }
    out.sort_by_key(|c| (std::cmp::Reverse(c.end - c.start), c.start));
    out
}

fn noise(tokens: &[Token], words: &Words) -> Vec<Noise> {
    let mut noise = vec![Noise::No; tokens.len()];
    let free = |t: &Token| matches!(t.field, Field::Any | Field::Street | Field::HouseNumber);
    let same =
        |a: usize, b: usize| tokens[a].segment == tokens[b].segment && tokens[a].field == tokens[b].field;
    for at in 0..tokens.len() {
        let token = &tokens[at];
        if !free(token) {
            continue;
        }
        if token.piece.before == Some('#') {
            noise[at] = Noise::Unit;
        }
        // `Nr. 5`: the word is noise, its number is not.
        if words.is_mark(token.text())
            && tokens
                .get(at + 1)
                .is_some_and(|t| t.has_digit() && same(at, at + 1))
        {
            noise[at] = Noise::Unit;
        }
        // `č. p. 5`: so are the two before it.
        if let (Some(second), Some(third)) = (tokens.get(at + 1), tokens.get(at + 2))
            && third.has_digit()
            && same(at, at + 2)
            && words.is_mark(&format!("{}{}", token.text(), second.text()))
        {
            noise[at] = Noise::Unit;
            noise[at + 1] = Noise::Unit;
        }
        if words.is_unit(token.text()) {
            noise[at] = Noise::Unit;
            let counts = |t: &Token| t.has_digit() && t.letters() <= 5 || t.letters() == 1;
            let before = at.checked_sub(1).filter(|b| {
                let t = &tokens[*b];
                same(*b, at) && (is_ordinal(t.text()) || t.is_digits() && t.piece.dot && t.letters() <= 2)
            });
            let after =
                (at + 1 < tokens.len() && same(at, at + 1) && counts(&tokens[at + 1])).then_some(at + 1);
            if let Some(number) = before.or(after) {
                noise[number] = Noise::Unit;
            }
        }
        // c/o and the like: to the end of the part.
        let mut is_lead = false;
        let mut lead = String::new();
        for end in at + 1..=(at + 3).min(tokens.len()) {
            if !same(at, end - 1) {
                break;
            }
            lead.push_str(tokens[end - 1].text());
            if words.is_person_lead(&lead) {
                let rest = (at..tokens.len()).take_while(|t| same(at, *t));
                rest.for_each(|t| noise[t] = Noise::Name);
                is_lead = true;
            }
        }
        // A legal form: everything before it in its part is the company's name.
        let mut form = String::new();
        for end in at + 1..=(at + 4).min(tokens.len()) {
            if !same(at, end - 1) {
                break;
            }
            form.push_str(tokens[end - 1].text());
            let alone = at == 0 || !same(at - 1, at);
            if !alone && !is_lead && words.is_company_form(&form) {
                // A number ends an address, and the company's name begins behind it.
                let name = (0..at)
                    .rev()
                    .take_while(|t| same(*t, at) && !tokens[*t].is_digits());
                let first = name.last().unwrap_or(at);
                noise[first..end].iter_mut().for_each(|n| *n = Noise::Name);
            }
        }
    }
    noise
}
