//! How postcode, town and country of a request agree with a candidate.

use geom::LngLat;

use super::MisspeltPlace;
use super::explain::{Costs, Reading, joined};
use super::find::mask_of;
use super::house::Located;
use super::lex::Field;
use super::similar::edits;
use crate::build::places::Rank;
use crate::face::{Fields, Match};
use crate::index::DocId;

impl<'a> Reading<'_, 'a, '_> {
    pub(super) fn read_postcode(
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
        if let Some(code) = free.iter().find(|c| c.docs.has_any(own)) {
            *used |= mask_of(code.start, code.end);
            *placed = true;
            let of_house = located
                .and_then(|l| l.house)
                .and_then(|(_, flags)| flags.postcode().checked_sub(1))
                .and_then(|at| own.get(at));
            let same = of_house.is_none_or(|d| code.docs.has(*d));
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
        let far = code.docs.metres_from(here, context.index);
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
    pub(super) fn read_places(
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
            let Some(at) = around.iter().position(|d| span.docs.has(*d)) else {
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
        let far = span.docs.metres_from(here, context.index)? as f32;
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
    pub(super) fn read_misspelt_place(
        &self,
        used: &mut u64,
        costs: &mut Costs,
        fields: &mut Fields,
        around: &[DocId],
    ) -> bool {
        let context = self.context;
        // Comparing letters is dear, and most words are the candidate's own by now.
        let is_free = |span: &MisspeltPlace| mask_of(span.start, span.end) & *used == 0;
        if !context
            .words_for_places()
            .any(|(start, end)| mask_of(start, end) & *used == 0)
        {
            return false;
        }
        for id in around {
            let spans = context.misspelt_place(*id);
            let Some(span) = spans.iter().find(|s| is_free(s)) else {
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

    pub(super) fn read_country(&self, used: &mut u64, costs: &mut Costs, fields: &mut Fields, placed: bool) {
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
}
