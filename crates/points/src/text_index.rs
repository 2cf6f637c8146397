//! Folded texts in order of names, and which of them hold which three letters.
//!
//! A row's texts are folded and joined into one *document*; documents are numbered in order of the folded
//! name, then the id, so that every list of documents is already in the order in which hits are shown. For
//! each three bytes that follow each other in a text (and for the first byte of each word with the space
//! before it, and for the first bytes of each word of the name) there is a list of the documents that hold
//! them: differences, seven bits a byte.

use rayon::prelude::*;

use crate::buffer::Buffer;
use crate::column::{Texts, TextsBuilder};
use crate::fold::{fold_digits_into, fold_words_into};
use crate::schema::{RowId, Text, TextKind};

/// Ends each text of a document.
pub(crate) const TEXT_END: u8 = b'\n';

/// Stands between a document's words and its digits.
pub(crate) const DIGITS_START: u8 = 2;

/// Three bytes of words, three digits of a number, or the first bytes of a word, as one integer.
pub(crate) type Gram = u32;

/// Set in the gram of the first byte of a word in any text.
const FIRST_BYTE: Gram = 1 << 24;

/// Set in a gram of a column of digits.
const DIGITS: Gram = 2 << 24;

/// Set in the grams of the first one, two and three bytes of a word of the name.
const NAME_WORD: [Gram; 3] = [3 << 24, 4 << 24, 5 << 24];

/// The texts of a segment, searchable.
#[derive(Debug, Default)]
pub(crate) struct TextIndex {
    /// The row of each document.
    pub rows: Buffer<u32>,
    /// The documents: of each column of words a space, the folded text and [`TEXT_END`], then
    /// [`DIGITS_START`], then of each column of digits the folded text and [`TEXT_END`].
    pub documents: Texts,
    /// Ascending.
    pub grams: Buffer<Gram>,
    /// Where the list of each gram starts in `lists`, and, one more, where the last one ends.
    pub starts: Buffer<u64>,
    /// How many documents each list has.
    pub lengths: Buffer<u32>,
    pub lists: Buffer<u8>,
}

impl TextIndex {
    /// Of rows in the order of `ids`.
    pub fn build(columns: &[Text], texts: &[Texts], ids: &[RowId]) -> Self {
        if columns.is_empty() {
            return Self::default();
        }
        let unsorted = fold_all(columns, texts, ids.len());
        let rows = name_order(&unsorted, ids);
        let mut documents = TextsBuilder::with_capacity(rows.len(), unsorted.blob.len());
        let mut lists = Lists::default();
        for (document, &row) in rows.iter().enumerate() {
            let text = unsorted.bytes(row as usize);
            documents.push(text);
            each_gram(text, |gram| lists.push(gram, document as u32));
        }
        drop(unsorted);
        let (grams, starts, lengths, lists) = lists.finish();
        Self {
            rows: rows.into(),
            documents: documents.finish(),
            grams: grams.into(),
            starts: starts.into(),
            lengths: lengths.into(),
            lists: lists.into(),
        }
    }

    pub fn documents(&self) -> usize {
        self.rows.len()
    }

    /// The folded name of a document; empty where the schema has no column of words.
    pub fn name(&self, document: usize) -> &[u8] {
        name_of(self.documents.bytes(document))
    }

    /// The list of a gram: its length and its bytes. Empty for a gram that no document holds.
    pub fn list(&self, gram: Gram) -> (usize, &[u8]) {
        let Ok(i) = self.grams.binary_search(&gram) else {
            return (0, &[]);
        };
        let stretch = self.starts[i] as usize..self.starts[i + 1] as usize;
        (self.lengths[i] as usize, &self.lists[stretch])
    }

    pub fn owned_bytes(&self) -> usize {
        self.rows.owned_bytes()
            + self.documents.owned_bytes()
            + self.grams.owned_bytes()
            + self.starts.owned_bytes()
            + self.lengths.owned_bytes()
            + self.lists.owned_bytes()
    }
}

/// The documents of a list, ascending.
#[derive(Clone)]
pub(crate) struct Documents<'a> {
    list: std::slice::Iter<'a, u8>,
    /// The last document plus one.
    next: u32,
}

impl<'a> Documents<'a> {
    pub fn of(list: &'a [u8]) -> Self {
        Self {
            list: list.iter(),
            next: 0,
        }
    }
}

impl Iterator for Documents<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut difference = 0u32;
        let mut shift = 0;
        loop {
            let byte = *self.list.next()?;
            difference |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            // A damaged list may go on for ever; five bytes hold every number.
            shift = (shift + 7).min(28);
        }
        let document = self.next.wrapping_add(difference);
        self.next = document.wrapping_add(1);
        Some(document)
    }
}

pub(crate) fn name_of(document: &[u8]) -> &[u8] {
    let Some(rest) = document.strip_prefix(b" ") else {
        return &[];
    };
    let end = memchr::memchr(TEXT_END, rest).unwrap_or(rest.len());
    &rest[..end]
}

/// The grams that any text holding this part of a word has. `part` may begin with a space.
pub(crate) fn grams_of_part(part: &[u8]) -> Vec<Gram> {
    let mut grams = Vec::new();
    each_gram_of_words(part, |gram| grams.push(gram));
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The gram of any name of which a word begins with this. `word` is not empty.
pub(crate) fn gram_of_name_word(word: &[u8]) -> Gram {
    let length = word.len().min(3);
    NAME_WORD[length - 1]
        | word[..length]
            .iter()
            .fold(0, |gram, &byte| gram << 8 | Gram::from(byte))
}

/// The grams that any number holding these digits has.
pub(crate) fn grams_of_digits(digits: &[u8]) -> Vec<Gram> {
    let mut grams: Vec<Gram> = digits.windows(3).map(|w| DIGITS | three(w)).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

fn three(bytes: &[u8]) -> Gram {
    Gram::from(bytes[0]) << 16 | Gram::from(bytes[1]) << 8 | Gram::from(bytes[2])
}

fn each_gram_of_words(text: &[u8], mut each: impl FnMut(Gram)) {
    if let [b' ', first, ..] = *text {
        each(FIRST_BYTE | Gram::from(first));
    }
    for window in text.windows(3) {
        each(three(window));
        if window[1] == b' ' {
            each(FIRST_BYTE | Gram::from(window[2]));
        }
    }
}

fn each_gram(document: &[u8], mut each: impl FnMut(Gram)) {
    let split = memchr::memchr(DIGITS_START, document).unwrap_or(document.len());
    for text in document[..split].split(|&b| b == TEXT_END) {
        each_gram_of_words(text, &mut each);
    }
    for word in name_of(document)
        .split(|&b| b == b' ')
        .filter(|word| !word.is_empty())
    {
        for length in 1..=word.len().min(3) {
            each(gram_of_name_word(&word[..length]));
        }
    }
    for text in document[split..].split(|&b| b == TEXT_END || b == DIGITS_START) {
        for window in text.windows(3) {
            each(DIGITS | three(window));
        }
    }
}

fn fold_all(columns: &[Text], texts: &[Texts], rows: usize) -> Texts {
    let of = |kind: TextKind| {
        columns
            .iter()
            .zip(texts)
            .filter(move |c| c.0.kind == kind)
            .map(|c| c.1)
    };
    let fold_some = |range: std::ops::Range<usize>| {
        let mut folded = TextsBuilder::default();
        let mut document = String::new();
        for row in range {
            document.clear();
            for column in of(TextKind::Words) {
                document.push(' ');
                fold_words_into(column.get(row), &mut document);
                document.push(char::from(TEXT_END));
            }
            document.push(char::from(DIGITS_START));
            for column in of(TextKind::Digits) {
                fold_digits_into(column.get(row), &mut document);
                document.push(char::from(TEXT_END));
            }
            folded.push(document.as_bytes());
        }
        folded
    };
    // Folding is most of the work, and each stretch is by itself.
    const STRETCH: usize = 1 << 14;
    let stretches: Vec<TextsBuilder> = (0..rows.div_ceil(STRETCH))
        .into_par_iter()
        .map(|i| fold_some(i * STRETCH..((i + 1) * STRETCH).min(rows)))
        .collect();
    let mut all = TextsBuilder::with_capacity(rows, stretches.iter().map(TextsBuilder::bytes).sum());
    for (i, stretch) in stretches.into_iter().enumerate() {
        for row in 0..STRETCH.min(rows - i * STRETCH) {
            all.push(stretch.get(row));
        }
    }
    all.finish()
}

/// Rows in order of folded names, then ids.
fn name_order(documents: &Texts, ids: &[RowId]) -> Vec<u32> {
    let mut keyed: Vec<(u64, u32)> = (0..ids.len() as u32)
        .into_par_iter()
        .map(|row| {
            // The first eight bytes decide most comparisons without a look at the text.
            let name = name_of(documents.bytes(row as usize));
            let mut first = [0u8; 8];
            let length = name.len().min(8);
            first[..length].copy_from_slice(&name[..length]);
            (u64::from_be_bytes(first), row)
        })
        .collect();
    keyed.par_sort_unstable_by(|a, b| {
        let rest = |row: u32| (name_of(documents.bytes(row as usize)), ids[row as usize]);
        a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(&rest(b.1)))
    });
    keyed.into_iter().map(|k| k.1).collect()
}

/// Lists under construction; documents come in ascending order.
#[derive(Default)]
struct Lists {
    /// Open addressing over grams, a slot holds the list's number plus one.
    slots: Vec<u32>,
    lists: Vec<List>,
}

struct List {
    gram: Gram,
    /// The last document plus one: what the next difference is taken from.
    next: u32,
    length: u32,
    bytes: Vec<u8>,
}

impl Lists {
    fn push(&mut self, gram: Gram, document: u32) {
        let number = self.number(gram);
        let list = &mut self.lists[number];
        if list.length > 0 && list.next == document + 1 {
            return;
        }
        let mut difference = document - list.next;
        while difference >= 0x80 {
            list.bytes.push(difference as u8 | 0x80);
            difference >>= 7;
        }
        list.bytes.push(difference as u8);
        list.next = document + 1;
        list.length += 1;
    }

    fn number(&mut self, gram: Gram) -> usize {
        if self.lists.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = spread(gram) & mask;
        loop {
            match self.slots[slot].checked_sub(1) {
                Some(number) if self.lists[number as usize].gram == gram => return number as usize,
                Some(_) => slot = (slot + 1) & mask,
                None => break,
            }
        }
        self.lists.push(List {
            gram,
            next: 0,
            length: 0,
            bytes: Vec::new(),
        });
        self.slots[slot] = self.lists.len() as u32;
        self.lists.len() - 1
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 4).max(256);
        let mut slots = vec![0; size];
        for (number, list) in self.lists.iter().enumerate() {
            let mut slot = spread(list.gram) & (size - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            slots[slot] = number as u32 + 1;
        }
        self.slots = slots;
    }

    fn finish(mut self) -> (Vec<Gram>, Vec<u64>, Vec<u32>, Vec<u8>) {
        self.lists.sort_unstable_by_key(|list| list.gram);
        let mut bytes = Vec::with_capacity(self.lists.iter().map(|l| l.bytes.len()).sum());
        let mut starts = Vec::with_capacity(self.lists.len() + 1);
        for list in &self.lists {
            starts.push(bytes.len() as u64);
            bytes.extend_from_slice(&list.bytes);
        }
        starts.push(bytes.len() as u64);
        let grams = self.lists.iter().map(|l| l.gram).collect();
        (
            grams,
            starts,
            self.lists.iter().map(|l| l.length).collect(),
            bytes,
        )
    }
}

fn spread(gram: Gram) -> usize {
    (u64::from(gram).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}
