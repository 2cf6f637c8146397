//! What words cost that no part of a candidate explains.

use super::explain::{Costs, Reading};
use super::lex::{Field, Token};
use super::tags::Noise;
use crate::index::Kind;

impl Reading<'_, '_, '_> {
    /// The cost of words that nothing has used: little where they look like noise, much where they look
    /// like the name of another street or town.
    pub(super) fn read_rest(
        &self,
        used: u64,
        number: Option<(usize, usize)>,
        placed: bool,
        costs: &mut Costs,
    ) -> u64 {
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
