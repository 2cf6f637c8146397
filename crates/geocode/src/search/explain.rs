//! How well one candidate explains all words of a request. Every word is used, is noise, or costs.

use geom::LngLat;

use super::Context;
use super::find::{Candidate, How, mask_of};
use super::house::{Found, Located, locate};
use super::lex::Field;
use crate::build::places::Rank;
use crate::face::{Fields, Level, Match};
use crate::fold::pieces;
use crate::index::{Doc, Kind};
use crate::number::HouseNumber;

/// What was found out about a candidate; costs are summed to `cost`.
#[derive(Clone, Debug)]
pub(crate) struct Explained<'a> {
    pub candidate: Candidate,
    pub cost: f32,
    pub costs: Costs,
    pub level: Level,
    pub point: LngLat,
    pub number: Option<HouseNumber>,
    pub located: Option<Located<'a>>,
    pub fields: Fields,
    /// The request names a town or postcode that agrees.
    pub placed: bool,
    /// Words that nothing explains, as bits.
    pub left: u64,
    /// Where a town in the request contradicts: how far it is, metres.
    pub town_far: Option<f32>,
}

/// Costs by cause, each 0 where nothing is wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Costs {
    pub name: f32,
    pub number: f32,
    pub postcode: f32,
    pub town: f32,
    pub left: f32,
    pub noise: f32,
    /// The name is another one of its names, or written in another form: says little by itself, but decides
    /// between the street that is called exactly so and one that may be called so.
    pub form: f32,
}

impl Costs {
    fn sum(&self) -> f32 {
        self.name + self.number + self.postcode + self.town + self.left + self.noise + self.form
    }
}

impl Explained<'_> {
    /// What another spelling of the name could mend: all but number and postcode. A street of just that name in
    /// another town may be the misspelt one of this town.
    pub fn doubt(&self) -> f32 {
        let elsewhere = if self.fields.city == Match::Contradicts {
            self.costs.town + self.costs.postcode
        } else {
            self.costs.town / 2.0
        };
        self.costs.name + self.costs.left + elsewhere
    }
}

/// Explains a candidate in its best reading.
pub(crate) fn explain<'a>(context: &Context<'a, '_>, candidate: &Candidate) -> Option<Explained<'a>> {
    let doc = context.index.doc(candidate.doc)?;
    let free = |mask: u64| mask & candidate.mask == 0;
    let mut numbers: Vec<usize> = (0..context.tags.numbers.len())
        .filter(|n| {
            let span = &context.tags.numbers[*n];
            free(mask_of(span.start, span.end))
        })
        .collect();
    numbers.sort_by_key(|n| {
        let span = &context.tags.numbers[*n];
        (
            distance_to(candidate.mask, span.start, span.end),
            std::cmp::Reverse(span.end - span.start),
        )
    });
    numbers.truncate(6);
    let mut reading = Reading {
        context,
        doc,
        candidate,
        other_form: false,
        own_number: None,
    };
    reading.other_form = reading.is_other_form();
    if candidate.kind == Kind::Poi && !numbers.is_empty() {
        reading.own_number = HouseNumber::read(context.index.text(doc.count));
    }
    let options = numbers.into_iter().map(Some).chain([None]);
    options
        .map(|number| reading.read(number))
        .min_by(|a, b| a.cost.total_cmp(&b.cost))
}

/// Words between a span and the name.
fn distance_to(mask: u64, start: usize, end: usize) -> usize {
    let first = mask.trailing_zeros() as usize;
    let last = 63 - mask.leading_zeros() as usize;
    if start > last {
        start - last - 1
    } else {
        first.saturating_sub(end)
    }
}

pub(super) struct Reading<'c, 'a, 't> {
    pub context: &'c Context<'a, 't>,
    pub doc: &'a Doc,
    pub candidate: &'c Candidate,
    /// The name is spelled as one of the candidate's, but not as its first.
    other_form: bool,
    /// The house number of a place of interest.
    own_number: Option<HouseNumber>,
}

impl<'a> Reading<'_, 'a, '_> {
    fn read(&self, number: Option<usize>) -> Explained<'a> {
        let context = self.context;
        let mut used = self.candidate.mask;
        let mut costs = Costs {
            name: name_cost(self.candidate.how),
            ..Costs::default()
        };
        let mut fields = Fields {
            street: name_match(self.candidate.how),
            ..Fields::default()
        };
        let (mut level, mut point) = match self.candidate.kind {
            Kind::Poi => (Level::Poi, self.doc.point.into()),
            _ => (Level::Street, LngLat::from(self.doc.point)),
        };
        let mut located = None;
        let mut house_number = None;
        if let Some(number) = number {
            let span = &context.tags.numbers[number];
            used |= mask_of(span.start, span.end);
            costs.number = self.number_place_cost(span.start, span.end);
            house_number = Some(span.number.clone());
            if self.candidate.kind == Kind::Street {
                let found = locate(context.index, self.doc, &span.number);
                (level, fields.house_number) = number_match(found.found);
                costs.number += number_cost(found.found, self.doc.count);
                if span.lettered && found.found != Found::Exact {
                    costs.number += 0.5;
                }
                if found.found != Found::Exact && self.is_rather_code(span.start, span.end) {
                    costs.number += 0.15;
                }
                point = found.point;
                located = Some(found);
            } else {
                // A place of interest that has this number agrees, any other does not say.
                let same = self.own_number.as_ref() == Some(&span.number);
                costs.number += if same { 0.0 } else { 0.26 };
                fields.house_number = if same { Match::Exact } else { Match::Contradicts };
            }
        }
        let number_span = number.map(|n| (context.tags.numbers[n].start, context.tags.numbers[n].end));
        let mut placed = false;
        self.read_postcode(&mut used, &mut costs, &mut fields, &mut placed, located.as_ref());
        let town_far = self.read_places(&mut used, &mut costs, &mut fields, &mut placed);
        self.read_country(&mut used, &mut costs, &mut fields, placed);
        let left = self.read_rest(used, number_span, placed, &mut costs);
        costs.town += self.town_instead_cost(left, level, number.is_some());
        // Without a town the same name in another form elsewhere is as likely meant, so that it only orders them.
        costs.form = match (self.other_form, placed) {
            (false, _) => 0.0,
            (true, true) => 0.07,
            (true, false) => 0.02,
        };
        Explained {
            candidate: *self.candidate,
            cost: costs.sum(),
            costs,
            level,
            point,
            number: house_number,
            located,
            fields,
            placed,
            left,
            town_far,
        }
    }

    /// What looks like a postcode is one, unless a house bears it or another number is a postcode of the map.
    fn is_rather_code(&self, start: usize, end: usize) -> bool {
        let codes = &self.context.tags.codes;
        let is_code = codes
            .iter()
            .any(|c| (c.start, c.end) == (start, end) && c.text.len() >= 4);
        let mut known = codes.iter().filter(|c| !c.docs.is_empty());
        is_code && !known.any(|c| c.end <= start || c.start >= end)
    }

    /// A street or shop that is called like a town is hardly meant by the town's name, unless it has the
    /// house, or is a hamlet where nothing else is left to explain.
    fn town_instead_cost(&self, left: u64, level: Level, numbered: bool) -> f32 {
        let tags = &self.context.tags;
        let mask = self.candidate.mask;
        // A postcode beside the town makes no other name of it.
        let codes = tags.codes.iter().filter(|c| !c.docs.is_empty());
        let codes = codes.fold(0, |codes, c| codes | mask_of(c.start, c.end));
        let spans = tags
            .places
            .iter()
            .filter(|p| mask & !codes & !mask_of(p.start, p.end) == 0);
        let largest = spans.filter_map(|p| p.docs.largest(self.context.index)).min();
        let Some(rank) = largest else { return 0.0 };
        let has_house = matches!(level, Level::House | Level::Interpolated);
        let is_town = rank <= Rank::Village as u8;
        match (left != 0, has_house, is_town) {
            (true, true, _) => 0.3,
            (true, false, _) => 0.7,
            (false, true, _) => 0.0,
            // A house number, even an unknown one, belongs to a street.
            (false, false, true) if numbered => 0.2,
            // The town itself is the better answer.
            (false, false, true) => 0.9,
            (false, false, false) => {
                if self.candidate.kind == Kind::Poi {
                    0.1
                } else {
                    0.0
                }
            }
        }
    }

    /// Whether the name is not written as the map's first name is.
    fn is_other_form(&self) -> bool {
        if self.candidate.how != How::Exact {
            return false;
        }
        let typed = (0..self.context.tokens.len())
            .filter(|t| self.candidate.mask & (1 << t) != 0)
            .map(|t| self.context.tokens[t].text());
        let name = joined(self.context.index.text(self.doc.name));
        let mut rest = name.as_str();
        for word in typed {
            match rest.strip_prefix(word) {
                Some(behind) => rest = behind,
                None => return true,
            }
        }
        !rest.is_empty()
    }

    /// A number that does not stand beside the name is less likely its house number.
    fn number_place_cost(&self, start: usize, end: usize) -> f32 {
        let tokens = self.context.tokens;
        if tokens[start].field == Field::HouseNumber {
            return 0.0;
        }
        let first = self.candidate.mask.trailing_zeros() as usize;
        let apart = distance_to(self.candidate.mask, start, end);
        let noise = if (start..end).all(|t| self.context.tags.noise[t].is_any()) {
            0.25
        } else {
            0.0
        };
        // Between them may stand what is no part of the address.
        let between = if start > first {
            first + 1..start
        } else {
            end..first
        };
        let dull = between
            .clone()
            .all(|t| self.context.tags.noise[t].is_any() || self.candidate.mask & (1 << t) != 0);
        noise
            + match apart {
                0 => 0.0,
                _ if dull => 0.03,
                1 => 0.1,
                2..=3 => 0.18,
                _ => 0.25,
            }
    }
}

pub(crate) fn joined(name: &str) -> String {
    pieces(name).into_iter().map(|p| p.text).collect()
}

fn name_cost(how: How) -> f32 {
    match how {
        How::Exact => 0.0,
        How::Short => 0.06,
        How::Typo { edits, letters } => typo_cost(edits, letters),
        How::Words {
            share,
            edits,
            letters,
        } => 0.05 + 0.7 * (1.0 - share).max(0.0) + typo_cost(edits, letters),
    }
}

fn typo_cost(edits: u8, letters: u16) -> f32 {
    0.03 * f32::from(edits) + 0.8 * f32::from(edits) / f32::from(letters.max(1))
}

fn name_match(how: How) -> Match {
    match how {
        How::Exact => Match::Exact,
        How::Short => Match::Alias,
        How::Typo { edits, .. } => Match::Fuzzy(edits),
        How::Words { edits: 0, .. } => Match::Alias,
        How::Words { edits, .. } => Match::Fuzzy(edits),
    }
}

fn number_match(found: Found) -> (Level, Match) {
    match found {
        Found::Exact => (Level::House, Match::Exact),
        Found::InRange => (Level::Interpolated, Match::Alias),
        Found::OtherSuffix => (Level::Interpolated, Match::Alias),
        Found::Between { .. } | Found::Beyond { .. } => (Level::Interpolated, Match::Inferred),
        Found::Nowhere => (Level::Street, Match::Contradicts),
    }
}

fn number_cost(found: Found, houses: u32) -> f32 {
    match found {
        Found::Exact => 0.0,
        Found::InRange => 0.01,
        Found::OtherSuffix => 0.04,
        Found::Between { numbers, metres } => 0.05 + 0.0015 * numbers as f32 + metres / 8_000.0,
        Found::Beyond { steps } => 0.12 + 0.03 * steps as f32,
        // Where the map has no numbers at all, a missing one is no surprise.
        Found::Nowhere if houses == 0 => 0.15,
        Found::Nowhere => 0.25,
    }
}
