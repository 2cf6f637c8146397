//! A query against the text index of a segment.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::search::{HitRank, TextQuery, Word};
use crate::text_index::{
    DIGITS_START, Gram, TextIndex, documents_of, grams_of_digits, grams_of_part, name_of,
};

/// A query with its searchers made.
pub(crate) struct Matcher {
    words: Vec<WordMatcher>,
    number: Option<Needle>,
    /// The query's spellings: the name begins with one of them.
    name_starts: Vec<String>,
}

struct WordMatcher {
    starts: Vec<Finder<'static>>,
    parts: Vec<Needle>,
    digits: Option<Needle>,
}

struct Needle {
    finder: Finder<'static>,
    grams: Vec<Gram>,
}

impl Needle {
    fn part(part: &str) -> Self {
        Self {
            finder: Finder::new(part.as_bytes()).into_owned(),
            grams: grams_of_part(part.as_bytes()),
        }
    }

    fn digits(digits: &str) -> Self {
        Self {
            finder: Finder::new(digits.as_bytes()).into_owned(),
            grams: grams_of_digits(digits.as_bytes()),
        }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        self.finder.find(text).is_some()
    }
}

impl WordMatcher {
    fn new(word: &Word) -> Self {
        let starts = word.starts.iter().map(|s| Finder::new(s.as_bytes()).into_owned());
        Self {
            starts: starts.collect(),
            parts: word.parts.iter().map(|part| Needle::part(part)).collect(),
            digits: word.digits.as_deref().map(Needle::digits),
        }
    }

    fn is_in(&self, words: &[u8], digits: &[u8]) -> bool {
        self.parts.iter().any(|part| part.is_in(words))
            || self.digits.as_ref().is_some_and(|d| d.is_in(digits))
    }

    fn needles(&self) -> impl Iterator<Item = &Needle> {
        self.parts.iter().chain(&self.digits)
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

    /// How well a document that is not a [`HitRank::NameStart`] answers, if it does.
    fn rank(&self, document: &[u8]) -> Option<HitRank> {
        let split = memchr::memchr(DIGITS_START, document).unwrap_or(document.len());
        let (words, digits) = document.split_at(split);
        let by_words = self.words.iter().all(|word| word.is_in(words, digits));
        if !(by_words || self.number.as_ref().is_some_and(|number| number.is_in(digits))) {
            return None;
        }
        // The name with the space before it.
        let name = &words[..(name_of(words).len() + 1).min(words.len())];
        let begins = |word: &WordMatcher| word.starts.iter().any(|start| start.find(name).is_some());
        Some(if self.words.iter().all(begins) {
            HitRank::WordStart
        } else {
            HitRank::Elsewhere
        })
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

    /// Documents that may answer, ascending; all that do are among them.
    fn candidates(&self, index: &TextIndex) -> Vec<u32> {
        // Every word must be there, so the one with the fewest documents is enough to start from.
        let fewest = self
            .words
            .iter()
            .min_by_key(|word| word.needles().map(|n| shortest(index, n)).sum::<usize>());
        let needles = fewest
            .into_iter()
            .flat_map(WordMatcher::needles)
            .chain(&self.number);
        let mut all: Vec<u32> = Vec::new();
        let mut sources = 0;
        for needle in needles {
            let before = all.len();
            candidates_of(index, needle, &mut all);
            sources += usize::from(all.len() > before);
        }
        if sources > 1 {
            all.sort_unstable();
            all.dedup();
        }
        all
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
        for document in ranges.iter().cloned().flatten() {
            if best.len() >= limit {
                return best;
            }
            if passes(index.rows[document] as usize) {
                best.push((HitRank::NameStart, document));
            }
        }
        let wanted = limit - best.len();
        let (mut word_starts, mut elsewhere) = (Vec::new(), Vec::new());
        for document in self.candidates(index) {
            if word_starts.len() >= wanted {
                break;
            }
            let document = document as usize;
            if ranges.iter().any(|range| range.contains(&document)) || !passes(index.rows[document] as usize)
            {
                continue;
            }
            match self.rank(index.documents.bytes(document)) {
                Some(HitRank::WordStart) => word_starts.push((HitRank::WordStart, document)),
                Some(_) if elsewhere.len() < wanted => elsewhere.push((HitRank::Elsewhere, document)),
                _ => {}
            }
        }
        best.extend(word_starts.into_iter().chain(elsewhere).take(wanted));
        best
    }

    /// The rows of all documents that answer.
    pub fn rows(&self, index: &TextIndex) -> impl Iterator<Item = usize> {
        let ranges = self.name_start_ranges(index);
        let starting = ranges.clone().into_iter().flatten();
        let others = self
            .candidates(index)
            .into_iter()
            .map(|d| d as usize)
            .filter(move |d| {
                !ranges.iter().any(|range| range.contains(d))
                    && self.rank(index.documents.bytes(*d)).is_some()
            });
        starting
            .chain(others)
            .map(|document| index.rows[document] as usize)
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

fn shortest(index: &TextIndex, needle: &Needle) -> usize {
    needle
        .grams
        .iter()
        .map(|&gram| index.list(gram).0)
        .min()
        .unwrap_or(0)
}

/// Appends documents that may hold a needle: those in its shortest list, thinned by the next longer ones
/// as long as reading a list is cheaper than looking at the documents it would save.
fn candidates_of(index: &TextIndex, needle: &Needle, all: &mut Vec<u32>) {
    let mut lists: Vec<(usize, &[u8])> = needle.grams.iter().map(|&gram| index.list(gram)).collect();
    lists.sort_unstable_by_key(|list| list.0);
    let Some((&(length, first), others)) = lists.split_first() else {
        return;
    };
    if length == 0 {
        return;
    }
    let mut kept: Vec<u32> = documents_of(first)
        .filter(|&d| (d as usize) < index.documents())
        .collect();
    for &(length, list) in others {
        // Looking at a document costs about as much as reading twenty entries of a list.
        if length > kept.len().saturating_mul(20) {
            break;
        }
        let mut position = 0;
        let mut write = 0;
        for document in documents_of(list) {
            while position < kept.len() && kept[position] < document {
                position += 1;
            }
            if position == kept.len() {
                break;
            }
            if kept[position] == document {
                kept[write] = document;
                write += 1;
                position += 1;
            }
        }
        kept.truncate(write);
    }
    all.append(&mut kept);
}
