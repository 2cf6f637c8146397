//! A request as words: folded, with the field and the part of the line they stand in.

use crate::Request;
use crate::fold::{Piece, pieces};
use crate::words::Words;

/// Words beyond these are not read: nobody's address is longer, and time stays bounded.
pub(crate) const MOST_TOKENS: usize = 40;
/// Letters beyond these are not read.
const MOST_BYTES: usize = 1_000;

/// Where a word of a structured request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Free text: it may be anything.
    Any,
    Street,
    HouseNumber,
    Postcode,
    City,
    Country,
}

impl Field {
    pub fn may_be_street(self) -> bool {
        matches!(self, Self::Any | Self::Street)
    }
    pub fn may_be_place(self) -> bool {
        matches!(self, Self::Any | Self::City)
    }
    pub fn may_be_number(self) -> bool {
        matches!(self, Self::Any | Self::Street | Self::HouseNumber)
    }
    pub fn may_be_postcode(self) -> bool {
        matches!(self, Self::Any | Self::Postcode | Self::City)
    }
    pub fn may_be_country(self) -> bool {
        matches!(self, Self::Any | Self::Country | Self::City)
    }
}

/// A word of a request.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub piece: Piece,
    /// Which part between commas it stands in.
    pub segment: usize,
    pub field: Field,
    /// What it may stand for, itself first; the empty reading leaves it out.
    pub readings: Vec<String>,
}

impl Token {
    pub fn text(&self) -> &str {
        &self.piece.text
    }
    pub fn has_digit(&self) -> bool {
        self.piece.text.bytes().any(|b| b.is_ascii_digit())
    }
    pub fn is_digits(&self) -> bool {
        self.piece.text.bytes().all(|b| b.is_ascii_digit())
    }
    pub fn letters(&self) -> usize {
        self.piece.text.chars().count()
    }
    /// The first long reading.
    pub fn long(&self) -> &str {
        self.readings
            .get(1)
            .filter(|r| !r.is_empty())
            .unwrap_or(&self.piece.text)
    }
}

/// The words of a request, field by field.
pub(crate) fn tokens(request: &Request<'_>, words: &Words) -> Vec<Token> {
    let fields = [
        (Field::Any, request.text),
        (Field::Street, request.street),
        (Field::HouseNumber, request.house_number),
        (Field::Postcode, request.postcode),
        (Field::City, request.city),
        (Field::Country, request.country),
    ];
    let mut out: Vec<Token> = Vec::new();
    let mut segment = 0;
    for (field, text) in fields {
        let text = head(text);
        if out.last().is_some_and(|last| last.segment == segment) && field != Field::HouseNumber {
            segment += 1;
        }
        for piece in words.pieces(text) {
            if piece.before == Some(',') && out.last().is_some_and(|last| last.segment == segment) {
                segment += 1;
            }
            if out.len() == MOST_TOKENS {
                return out;
            }
            let readings = words.readings(&piece);
            out.push(Token {
                piece,
                segment,
                field,
                readings,
            });
        }
    }
    out
}

/// The beginning of a text, cut between characters.
fn head(text: &str) -> &str {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The shape of a postcode: `9` for each digit, `a` for each letter, nothing else.
pub(crate) fn shape(code: &str) -> String {
    pieces(code)
        .iter()
        .flat_map(|p| p.plain.chars())
        .map(|c| if c.is_ascii_digit() { '9' } else { 'a' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_fields_make_segments() {
        let words = Words::new();
        let request = Request {
            street: "Am Markt 5, Hof",
            city: "Dorf",
            ..Request::default()
        };
        let tokens = tokens(&request, &words);
        let seen: Vec<(&str, usize)> = tokens.iter().map(|t| (t.text(), t.segment)).collect();
        assert_eq!(seen, [("am", 0), ("markt", 0), ("5", 0), ("hof", 1), ("dorf", 2)]);
    }

    #[test]
    fn ten_kilobytes_are_cut() {
        let words = Words::new();
        let long = "ä ".repeat(5_000);
        assert_eq!(tokens(&Request::text(&long), &words).len(), MOST_TOKENS);
    }
}
