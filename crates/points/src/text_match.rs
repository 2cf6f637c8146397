//! A query against the text index of a segment.

use std::iter::Peekable;
use std::ops::Range;

use memchr::memmem::Finder;

use crate::search::{HitRank, TextQuery, Word};
use crate::text_index::{
    DIGITS_START, Documents, Gram, TextIndex, gram_of_name_word, grams_of_digits, grams_of_part, name_of,
};

/// A query with its searchers made.
pub(crate) struct Matcher {
    words: Vec<WordMatcher>,
    number: Option<Needle>,
    /// The query's spellings: the name begins with one of them.
    name_starts: Vec<String>,
}

struct WordMatcher {
    /// The spellings, each with a space before it: what a name of which a word begins with it has.
    starts: Vec<Needle>,
    /// What a text has that holds the word: the parts, then the digits.
    parts: Vec<Needle>,
    digits: Option<Needle>,
}

/// Bytes to look for, and the grams of every document that holds them.
struct Needle {
    finder: Finder<'static>,
    grams: Vec<Gram>,
}

impl Needle {
    fn new(bytes: &str, grams: Vec<Gram>) -> Self {
        Self {
            finder: Finder::new(bytes.as_bytes()).into_owned(),
            grams,
        }
    }

    fn part(part: &str) -> Self {
        Self::new(part, grams_of_part(part.as_bytes()))
    }

    fn digits(digits: &str) -> Self {
        Self::new(digits, grams_of_digits(digits.as_bytes()))
    }

    /// `start` begins with a space.
    fn name_word(start: &str) -> Self {
        Self::new(start, vec![gram_of_name_word(&start.as_bytes()[1..])])
    }

    fn is_in(&self, text: &[u8]) -> bool {
        self.finder.find(text).is_some()
    }

    /// The lists of its grams, shortest first.
    fn lists<'i>(&self, index: &'i TextIndex) -> Vec<(usize, &'i [u8])> {
        let mut lists: Vec<_> = self.grams.iter().map(|&gram| index.list(gram)).collect();
        lists.sort_unstable_by_key(|list| list.0);
        lists
    }
}

impl WordMatcher {
    fn new(word: &Word) -> Self {
        Self {
            starts: word.starts.iter().map(|start| Needle::name_word(start)).collect(),
            parts: word.parts.iter().map(|part| Needle::part(part)).collect(),
            digits: word.digits.as_deref().map(Needle::digits),
        }
    }

    fn is_in(&self, words: &[u8], digits: &[u8]) -> bool {
        self.parts.iter().any(|part| part.is_in(words))
            || self.digits.as_ref().is_some_and(|d| d.is_in(digits))
    }

    /// A text that holds the word has one of these.
    fn needles(&self) -> Vec<&Needle> {
        self.parts.iter().chain(&self.digits).collect()
    }

    /// A word of the name, which has a space before it, begins with the word.
    fn begins_in(&self, name: &[u8]) -> bool {
        self.starts.iter().any(|start| start.is_in(name))
    }
}

impl Matcher {
    pub fn new(query: &TextQuery) -> Self {
        Self {
            words: query.words.iter().map(WordMatcher::new).collect(),
            number: query.number.as_deref().map(Needle::digits),
            name_starts: query.starts.clone(),
        }
    }

    /// The best `limit` documents that pass, in order: rank, then document.
    pub fn best(
        &self,
        index: &TextIndex,
        limit: usize,
        passes: impl Fn(usize) -> bool,
    ) -> Vec<(HitRank, usize)> {
        let mut best = Vec::new();
        let ranges = self.name_start_ranges(index);
        let passes = |document: usize| passes(index.rows[document] as usize);
        let starting = ranges.iter().cloned().flatten().filter(|&d| passes(d));
        best.extend(starting.take(limit).map(|d| (HitRank::NameStart, d)));
        let wanted = limit - best.len();
        if wanted == 0 {
            return best;
        }
        let others = |d: &usize| !ranges.iter().any(|range| range.contains(d)) && passes(*d);
        let (candidates, at_most) = self.candidates(index);
        if at_most / 16 <= wanted {
            // So few that all are looked at once, rather than some of them twice.
            let (mut starts, mut elsewhere) = (Vec::new(), Vec::new());
            for d in candidates.filter(others) {
                let document = index.documents.bytes(d);
                if self.begins_words(document) {
                    starts.push((HitRank::WordStart, d));
                } else if self.answers(document) {
                    elsewhere.push((HitRank::Elsewhere, d));
                }
            }
            best.extend(starts.into_iter().chain(elsewhere).take(wanted));
            return best;
        }
        let starting = self.word_starts(index).filter(others);
        let starting = starting.filter(|&d| self.begins_words(index.documents.bytes(d)));
        best.extend(starting.take(wanted).map(|d| (HitRank::WordStart, d)));
        let elsewhere = candidates.filter(others).filter(|&d| {
            let document = index.documents.bytes(d);
            self.answers(document) && !self.begins_words(document)
        });
        let wanted = limit - best.len();
        best.extend(elsewhere.take(wanted).map(|d| (HitRank::Elsewhere, d)));
        best
    }

    /// The rows of all documents that answer.
    pub fn rows(&self, index: &TextIndex) -> impl Iterator<Item = usize> {
        let ranges = self.name_start_ranges(index);
        let starting = ranges.clone().into_iter().flatten();
        let others = self.candidates(index).0.filter(move |d| {
            !ranges.iter().any(|range| range.contains(d)) && self.answers(index.documents.bytes(*d))
        });
        starting
            .chain(others)
            .map(|document| index.rows[document] as usize)
    }

    fn answers(&self, document: &[u8]) -> bool {
        let split = memchr::memchr(DIGITS_START, document).unwrap_or(document.len());
        let (words, digits) = document.split_at(split);
        self.words.iter().all(|word| word.is_in(words, digits))
            || self.number.as_ref().is_some_and(|number| number.is_in(digits))
    }

    /// Each word of the query begins a word of the name. Such a document answers.
    fn begins_words(&self, document: &[u8]) -> bool {
        let name = &document[..(name_of(document).len() + 1).min(document.len())];
        self.words.iter().all(|word| word.begins_in(name))
    }

    /// The documents whose name begins with the query: ranges, ascending and apart.
    fn name_start_ranges(&self, index: &TextIndex) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = self
            .name_starts
            .iter()
            .map(|start| {
                let prefix = start.as_bytes();
                let first = first_document(index, |name| name < prefix);
                let end = first_document(index, |name| name < prefix || name.starts_with(prefix));
                first..end
            })
            .filter(|range| !range.is_empty())
            .collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let mut apart: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match apart.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        apart
    }

    /// Documents that may be a [`HitRank::WordStart`] or a [`HitRank::NameStart`].
    fn word_starts<'i>(&self, index: &'i TextIndex) -> Union<'i> {
        let words: Vec<Vec<&Needle>> = self
            .words
            .iter()
            .map(|word| word.starts.iter().collect())
            .collect();
        Union::new(every_word(index, &words), index)
    }

    /// Documents that may answer, ascending, and how many these are at most; all that do are among them.
    fn candidates<'i>(&self, index: &'i TextIndex) -> (Union<'i>, usize) {
        let words: Vec<Vec<&Needle>> = self.words.iter().map(WordMatcher::needles).collect();
        let mut streams = every_word(index, &words);
        streams.extend(
            self.number
                .iter()
                .map(|number| Intersection::new(number.lists(index))),
        );
        let at_most = streams.iter().map(|stream| stream.length).sum();
        (Union::new(streams, index), at_most)
    }
}

/// The first document whose name does not come before; names ascend.
fn first_document(index: &TextIndex, before: impl Fn(&[u8]) -> bool) -> usize {
    let (mut low, mut high) = (0, index.documents());
    while low < high {
        let middle = low + (high - low) / 2;
        if before(index.name(middle)) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    low
}

/// Streams that together hold every document with each of the words, where a word is any of some needles:
/// those of the rarest word, thinned by the words that have no other needle.
fn every_word<'i>(index: &'i TextIndex, words: &[Vec<&Needle>]) -> Vec<Intersection<'i>> {
    let length = |needle: &&Needle| needle.lists(index).first().map_or(0, |list| list.0);
    let rarest = (0..words.len()).min_by_key(|&word| words[word].iter().map(length).sum::<usize>());
    let Some(rarest) = rarest else { return Vec::new() };
    let others: Vec<(usize, &[u8])> = words
        .iter()
        .enumerate()
        .filter(|&(word, needles)| word != rarest && needles.len() == 1)
        .filter_map(|(_, needles)| needles[0].lists(index).first().copied())
        .collect();
    words[rarest]
        .iter()
        .map(|needle| {
            let mut lists = needle.lists(index);
            lists.extend(&others);
            lists.sort_unstable_by_key(|list| list.0);
            Intersection::new(lists)
        })
        .collect()
}

/// The documents of a short list that are also in some longer ones, ascending.
struct Intersection<'i> {
    /// Of the shortest list.
    length: usize,
    shortest: Documents<'i>,
    others: Vec<Peekable<Documents<'i>>>,
}

impl<'i> Intersection<'i> {
    /// Lists, shortest first. Reading on in a list is cheaper than looking at a document, but not in one
    /// that is many times longer; and each further list says less.
    fn new(lists: Vec<(usize, &'i [u8])>) -> Self {
        let length = lists.first().map_or(0, |list| list.0);
        let worth = |list: &&(usize, &[u8])| list.0 <= length.saturating_mul(20);
        Self {
            length,
            shortest: Documents::of(lists.first().map_or(&[], |list| list.1)),
            others: lists
                .iter()
                .skip(1)
                .take_while(worth)
                .take(3)
                .map(|l| Documents::of(l.1).peekable())
                .collect(),
        }
    }
}

impl Iterator for Intersection<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let others = &mut self.others;
        self.shortest.by_ref().find(|&document| {
            others.iter_mut().all(|other| {
                while other.next_if(|&d| d < document).is_some() {}
                other.peek() == Some(&document)
            })
        })
    }
}

/// The documents of several streams, ascending, each once.
struct Union<'i> {
    streams: Vec<Peekable<Intersection<'i>>>,
    documents: usize,
}

impl<'i> Union<'i> {
    fn new(streams: Vec<Intersection<'i>>, index: &TextIndex) -> Self {
        Self {
            streams: streams.into_iter().map(Iterator::peekable).collect(),
            documents: index.documents(),
        }
    }
}

impl Iterator for Union<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let least = self
            .streams
            .iter_mut()
            .filter_map(|stream| stream.peek().copied())
            .min()?;
        for stream in &mut self.streams {
            stream.next_if_eq(&least);
        }
        // The lists of a damaged file may name documents that there are not.
        ((least as usize) < self.documents).then_some(least as usize)
    }
}
