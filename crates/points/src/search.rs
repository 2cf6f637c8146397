//! What a search asks for, and which rows answer it.
//!
//! A query is cut into words. A row is found if it has every word, as a part of one of its texts: folded
//! words in columns of words, three or more digits in columns of digits. A word of fewer than three bytes
//! must begin a word of the text. If the query is a telephone number (digits and its punctuation only), a
//! row is also found if that number, without leading zeros, is a part of one of its numbers. Umlauts may be
//! spelled out in the query or in the text. Without a letter or a digit nothing is found.

use crate::fold::{fold_digits, fold_words, fold_words_spelled};

/// How well a row answers; better is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HitRank {
    /// The name begins with the query.
    NameStart,
    /// Each word of the query begins a word of the name.
    WordStart,
    /// Found elsewhere: inside a word, in the street, the telephone number.
    Elsewhere,
}

/// A query, folded.
#[derive(Clone, Debug)]
pub(crate) struct TextQuery {
    /// What a row must have, all of it.
    pub words: Vec<Word>,
    /// The query as one number, if it looks like one.
    pub number: Option<String>,
    /// The whole query in its spellings, for [`HitRank::NameStart`].
    pub starts: Vec<String>,
}

/// One word of a query.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// Its spellings, each with a leading space: a folded text with a leading space holds it at the
    /// beginning of a word.
    pub starts: Vec<String>,
    /// What a folded text with a leading space must hold, one of it: the spellings, those of fewer than
    /// three bytes with the leading space.
    pub parts: Vec<String>,
    /// The word as digits, if it is three or more of them.
    pub digits: Option<String>,
}

/// Shortest word that is found inside of words, in bytes.
pub(crate) const SHORTEST_PART: usize = 3;

impl TextQuery {
    /// `None` if the query has neither letter nor digit.
    pub fn parse(query: &str) -> Option<Self> {
        let plain = fold_words(query);
        if plain.is_empty() {
            return None;
        }
        let spelled = fold_words_spelled(query);
        let words = plain.split(' ').zip(spelled.split(' ')).map(|(plain, spelled)| {
            let spellings = spellings(plain, spelled);
            let starts: Vec<String> = spellings.iter().map(|s| format!(" {s}")).collect();
            let parts = spellings
                .iter()
                .map(|s| {
                    if s.len() < SHORTEST_PART {
                        format!(" {s}")
                    } else {
                        s.clone()
                    }
                })
                .collect();
            let digits = plain.trim_start_matches('0');
            let is_number = digits.len() >= SHORTEST_PART && digits.bytes().all(|b| b.is_ascii_digit());
            Word {
                starts,
                parts,
                digits: is_number.then(|| digits.to_owned()),
            }
        });
        let is_number = query
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || "+()-/.".contains(c));
        let number = fold_digits(query).trim_start_matches('0').to_owned();
        Some(Self {
            words: words.collect(),
            number: (is_number && number.len() >= SHORTEST_PART).then_some(number),
            starts: spellings(&plain, &spelled),
        })
    }
}

/// The spellings of a folded text: accents dropped, umlauts spelled out, and spelled-out umlauts taken back.
fn spellings(plain: &str, spelled: &str) -> Vec<String> {
    let taken_back = plain.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    let mut all = vec![plain.to_owned()];
    for other in [spelled.to_owned(), taken_back] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}
