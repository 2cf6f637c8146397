//! How well one candidate explains all words of a request. Every word is used, is noise, or costs.

use geom::LngLat;

use super::Context;
use super::find::{Candidate, How, mask_of};
use super::house::{Found, Located, locate};
use super::lex::{Field, Token};
use super::tags::Noise;
use super::walk::edits;
use crate::build::places::Rank;
use crate::face::{Fields, Level, Match};
use crate::fold::pieces;
use crate::index::{Doc, DocId, Kind};
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
    let options = numbers.into_iter().map(Some).chain([None]);
    options
        .map(|number| {
            Reading {
                context,
                doc,
                candidate,
            }
            .read(number)
        })
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

struct Reading<'c, 'a, 't> {
    context: &'c Context<'a, 't>,
    doc: &'a Doc,
    candidate: &'c Candidate,
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
                // What looks like a postcode is one, unless a house bears it.
                let is_code = context
                    .tags
                    .codes
                    .iter()
                    .any(|c| c.start == span.start && c.end == span.end && c.text.len() >= 4);
                if is_code && found.found != Found::Exact {
                    costs.number += 0.15;
                }
                point = found.point;
                located = Some(found);
            } else {
                // A place of interest that has this number agrees, any other does not say.
                let own = HouseNumber::read(context.index.text(self.doc.count));
                let same = own.as_ref() == Some(&span.number);
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
        costs.form = self.form_cost(placed);
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
        let mut largest: Option<u8> = None;
        for doc in spans
            .flat_map(|p| &p.docs)
            .filter_map(|d| self.context.index.doc(*d))
        {
            largest = Some(largest.map_or(doc.rank, |rank| rank.min(doc.rank)));
        }
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

    /// What a name costs that is not written as the map's first name is. Without a town the same name in another
    /// form elsewhere is as likely meant, so that it only orders them.
    fn form_cost(&self, placed: bool) -> f32 {
        if self.candidate.how != How::Exact {
            return 0.0;
        }
        let typed = (0..self.context.tokens.len())
            .filter(|t| self.candidate.mask & (1 << t) != 0)
            .map(|t| self.context.tokens[t].text());
        let mut name = pieces(self.context.index.text(self.doc.name)).into_iter();
        let mut rest = String::new();
        for word in typed {
            let mut word = word;
            while !word.is_empty() {
                if rest.is_empty() {
                    let Some(piece) = name.next() else {
                        return if placed { 0.07 } else { 0.02 };
                    };
                    rest = piece.text;
                }
                let common = word.len().min(rest.len());
                if word.as_bytes()[..common] != rest.as_bytes()[..common] {
                    return if placed { 0.07 } else { 0.02 };
                }
                word = &word[common..];
                rest.drain(..common);
            }
        }
        match rest.is_empty() && name.next().is_none() {
            true => 0.0,
            false if placed => 0.07,
            false => 0.02,
        }
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

    fn read_postcode(
        &self,
        used: &mut u64,
        costs: &mut Costs,
        fields: &mut Fields,
        placed: &mut bool,
        located: Option<&Located<'a>>,
    ) {
        let context = self.context;
        let own = context.index.postcodes(self.doc);
        fields.postcode = if own.is_empty() {
            Match::Missing
        } else {
            Match::Inferred
        };
        let free: Vec<_> = context
            .tags
            .codes
            .iter()
            .filter(|c| mask_of(c.start, c.end) & *used == 0)
            .collect();
        if let Some(code) = free.iter().find(|c| c.docs.iter().any(|d| own.contains(d))) {
            *used |= mask_of(code.start, code.end);
            *placed = true;
            let of_house = located
                .and_then(|l| l.house)
                .and_then(|(_, flags)| flags.postcode().checked_sub(1))
                .and_then(|at| own.get(at));
            let same = of_house.is_none_or(|d| code.docs.contains(d));
            fields.postcode = if same { Match::Exact } else { Match::Alias };
            costs.postcode = if same { 0.0 } else { 0.03 };
            return;
        }
        let Some(code) = free.first() else { return };
        let given = context.tokens[code.start].field == Field::Postcode;
        // Four or five digits in the street's own part may be anything.
        if code.docs.is_empty() && !given && code.text.len() < 4 {
            return;
        }
        *used |= mask_of(code.start, code.end);
        if own.is_empty() && code.docs.is_empty() {
            costs.postcode = 0.1;
            return;
        }
        fields.postcode = Match::Contradicts;
        let here = LngLat::from(self.doc.point);
        let far = code
            .docs
            .iter()
            .filter_map(|d| context.index.doc(*d))
            .map(|d| (LngLat::from(d.point).distance(here).0 - f64::from(d.reach)).max(0.0))
            .min_by(f64::total_cmp);
        let near = || {
            let alike = |d: &DocId| edits(&joined(context.index.name(*d)), &code.text) <= 1;
            own.iter().any(alike)
        };
        costs.postcode = match far {
            Some(far) if far < 3_000.0 => 0.1,
            Some(far) if far < 10_000.0 => 0.16,
            Some(far) if far < 30_000.0 => 0.25,
            Some(_) => 0.4,
            None if near() => 0.15,
            None => 0.3,
        };
    }

    /// Towns that hold the candidate agree; others contradict, the more the further. Gives their distance.
    fn read_places(
        &self,
        used: &mut u64,
        costs: &mut Costs,
        fields: &mut Fields,
        placed: &mut bool,
    ) -> Option<f32> {
        let context = self.context;
        let around = context.index.around(self.doc);
        fields.city = if around.is_empty() {
            Match::Missing
        } else {
            Match::Inferred
        };
        let mut agreed = false;
        for span in &context.tags.places {
            let mask = mask_of(span.start, span.end);
            if mask & *used != 0 {
                continue;
            }
            let Some(at) = around.iter().position(|d| span.docs.contains(d)) else {
                continue;
            };
            *used |= mask;
            // Another town that the street only reaches into.
            let beside = at > 0
                && context
                    .index
                    .doc(around[at])
                    .is_some_and(|d| Rank::is_town_number(d.rank));
            if beside && !agreed {
                costs.town += 0.06;
            }
            if !agreed || at == 0 {
                fields.city = if at == 0 { Match::Exact } else { Match::Alias };
            }
            agreed = true;
        }
        if !agreed {
            agreed = self.read_misspelt_place(used, costs, fields, around);
        }
        *placed |= agreed;
        let span = context.tags.places.iter().find(|span| {
            let mask = mask_of(span.start, span.end);
            let noise = (span.start..span.end).any(|t| context.tags.noise[t].is_any());
            mask & *used == 0 && !noise
        })?;
        let here = LngLat::from(self.doc.point);
        let far = span
            .docs
            .iter()
            .filter_map(|d| context.index.doc(*d))
            .map(|d| (LngLat::from(d.point).distance(here).0 - f64::from(d.reach)).max(0.0) as f32)
            .min_by(f32::total_cmp)?;
        *used |= mask_of(span.start, span.end);
        // Beside a town that agrees, another one is a suburb or a mistake.
        if agreed {
            costs.town += if far < 10_000.0 { 0.04 } else { 0.12 };
            return Some(far);
        }
        fields.city = Match::Contradicts;
        let by_code = if matches!(fields.postcode, Match::Exact | Match::Alias) {
            0.6
        } else {
            1.0
        };
        costs.town += by_code
            * match far {
                ..500.0 => 0.12,
                ..5_000.0 => 0.2,
                ..15_000.0 => 0.28,
                ..40_000.0 => 0.4,
                _ => 0.8,
            };
        Some(far)
    }

    /// Words left over that are the candidate's own town with a letter or two wrong.
    fn read_misspelt_place(
        &self,
        used: &mut u64,
        costs: &mut Costs,
        fields: &mut Fields,
        around: &[DocId],
    ) -> bool {
        let context = self.context;
        for id in around {
            let spans = context.misspelt_place(*id);
            let Some(span) = spans.iter().find(|s| mask_of(s.start, s.end) & *used == 0) else {
                continue;
            };
            let wrong = f32::from(span.wrong);
            *used |= mask_of(span.start, span.end);
            costs.town += 0.03 * wrong + 0.4 * wrong / f32::from(span.letters);
            fields.city = Match::Fuzzy(span.wrong);
            return true;
        }
        false
    }

    fn read_country(&self, used: &mut u64, costs: &mut Costs, fields: &mut Fields, placed: bool) {
        let own = match self.doc.country {
            [0, 0] => self.context.index.meta.country,
            known => known,
        };
        if own != [0; 2] {
            fields.country = Match::Inferred;
        }
        for span in &self.context.tags.countries {
            let mask = mask_of(span.start, span.end);
            if mask & *used != 0 {
                continue;
            }
            *used |= mask;
            if own == [0; 2] || own == span.code {
                fields.country = Match::Exact;
            } else {
                fields.country = Match::Contradicts;
                // Towns near a border are often written with the wrong one.
                costs.town += if placed { 0.25 } else { 1.0 };
            }
        }
    }

    /// The cost of words that nothing has used: little where they look like noise, much where they look
    /// like the name of another street or town.
    fn read_rest(&self, used: u64, number: Option<(usize, usize)>, placed: bool, costs: &mut Costs) -> u64 {
        let context = self.context;
        let first = self.candidate.mask.trailing_zeros() as usize;
        let last = 63 - self.candidate.mask.leading_zeros() as usize;
        let segment = context.tokens[first].segment;
        let mut left = 0u64;
        for (at, token) in context.tokens.iter().enumerate() {
            if used & (1 << at) != 0 {
                continue;
            }
            let before = at.checked_sub(1).map(|b| used & (1 << b) != 0);
            let is_noise = match context.tags.noise[at] {
                Noise::No => false,
                Noise::Unit => true,
                Noise::Name => self.candidate.kind != Kind::Poi,
            };
            if is_noise {
                costs.noise += 0.005;
                continue;
            }
            let cost = if token.has_digit() {
                left |= 1 << at;
                let behind_number = number.is_some_and(|(_, end)| {
                    at >= end && at < end + 3 && token.segment == context.tokens[end - 1].segment
                });
                let zip_tail = token.piece.before == Some('-') && before == Some(true);
                // A number right beside the name is its house number, known or not; a kind of street between them
                // is part of the name.
                let dull = |t: usize| {
                    let weak = |r: &String| context.words.weight(r) < 1.0;
                    context.tokens[t].readings.iter().any(weak)
                };
                let beside = number.is_none()
                    && token.segment == segment
                    && (at < first && (at + 1..first).all(dull) || at > last && (last + 1..at).all(dull));
                match (behind_number || zip_tail, beside) {
                    (true, _) => 0.03,
                    (_, true) => 0.35,
                    _ => 0.1,
                }
            } else {
                let share = (token.letters() as f32 / 6.0).clamp(0.4, 1.2);
                let weight = token
                    .readings
                    .iter()
                    .map(|r| context.words.weight(r))
                    .fold(1.0, f32::min);
                if token.letters() == 1 || weight < 0.2 {
                    0.02
                } else {
                    left |= 1 << at;
                    // A kind of street beside the name is part of it, where the map has such a name too.
                    let kind_beside = weight < 1.0 && (at + 1 == first || at == last + 1);
                    let kind = if kind_beside { 0.02 } else { 0.0 };
                    kind + share * weight * self.word_cost(at, token, first, last, number, placed)
                }
            };
            costs.left += cost;
        }
        left
    }

    fn word_cost(
        &self,
        at: usize,
        token: &Token,
        first: usize,
        last: usize,
        number: Option<(usize, usize)>,
        placed: bool,
    ) -> f32 {
        let tokens = self.context.tokens;
        let segment = tokens[first].segment;
        match token.field {
            // A town that the map does not know.
            Field::City => return if placed { 0.12 } else { 0.55 },
            Field::Country => return 0.3,
            Field::Street | Field::HouseNumber if token.segment != segment => return 0.06,
            _ => {}
        }
        let beside_number = number.is_some_and(|(start, end)| {
            let apart = start > last + 1 || end < first;
            apart && (at + 1 == start || at == end) && token.segment == tokens[start].segment
        });
        // A part of the line that has a number and a name of its own is another address.
        let own_number = token.segment != segment
            && tokens.iter().enumerate().any(|(t, other)| {
                let free = number.is_none_or(|(start, end)| !(start..end).contains(&t));
                other.segment == token.segment
                    && other.has_digit()
                    && free
                    && !self.context.tags.noise[t].is_any()
                    && !self
                        .context
                        .tags
                        .codes
                        .iter()
                        .any(|c| (c.start..c.end).contains(&t) && !c.docs.is_empty())
            });
        if beside_number || own_number {
            return 0.6;
        }
        if self.candidate.kind == Kind::Poi && token.segment == segment {
            return 0.3;
        }
        if token.segment == segment {
            let beside_name = at + 1 == first || at == last + 1;
            let numbered = number.is_some_and(|(start, _)| start > at);
            return match (beside_name, at < first) {
                // Before the name a company may stand, or a word of a longer name.
                (true, true) => {
                    if placed && numbered {
                        0.2
                    } else {
                        0.35
                    }
                }
                (true, false) => {
                    if placed {
                        0.25
                    } else {
                        0.45
                    }
                }
                (false, true) => {
                    if placed {
                        0.08
                    } else {
                        0.25
                    }
                }
                (false, false) => {
                    if placed {
                        0.1
                    } else {
                        0.5
                    }
                }
            };
        }
        if token.segment < segment {
            return if placed { 0.03 } else { 0.25 };
        }
        if placed { 0.07 } else { 0.55 }
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
        Found::InRange => (Level::House, Match::Alias),
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
