//! The first section: note, numbers of rows, schema and words.

use std::sync::Arc;

use crate::dictionary::Dictionary;
use crate::index::Index;
use crate::schema::{Category, Schema, Text, TextKind};
use crate::segment::Segment;

/// What the first section says.
pub(super) struct Head {
    pub note: Vec<u8>,
    pub rows: usize,
    pub placed: usize,
    pub schema: Schema,
    pub dictionaries: Vec<Dictionary>,
}

pub(super) fn write_head(index: &Index, segment: &Segment, note: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    let count = |count: usize, head: &mut Vec<u8>| head.extend((count as u64).to_le_bytes());
    let text = |text: &[u8], head: &mut Vec<u8>| {
        count(text.len(), head);
        head.extend_from_slice(text);
    };
    text(note, &mut head);
    count(segment.rows(), &mut head);
    count(segment.placed(), &mut head);
    let schema = &index.schema;
    count(schema.categories.len(), &mut head);
    for (category, words) in schema.categories.iter().zip(index.dictionaries.iter()) {
        text(category.name.as_bytes(), &mut head);
        count(category.urgency.len(), &mut head);
        for value in &category.urgency {
            text(value.as_bytes(), &mut head);
        }
        count(words.codes() - 1, &mut head);
        for (_, word) in words.iter() {
            text(word.as_bytes(), &mut head);
        }
    }
    for names in [&schema.amounts, &schema.times] {
        count(names.len(), &mut head);
        for name in names {
            text(name.as_bytes(), &mut head);
        }
    }
    count(schema.texts.len(), &mut head);
    for column in &schema.texts {
        text(column.name.as_bytes(), &mut head);
        count(usize::from(column.kind == TextKind::Digits), &mut head);
    }
    head
}

impl Head {
    /// `None` if the bytes end too early or hold something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let rest = &mut rest;
        let note = read_bytes(rest)?.to_vec();
        let (rows, placed) = (read_count(rest)?, read_count(rest)?);
        let mut schema = Schema::default();
        let mut dictionaries = Vec::new();
        for _ in 0..read_count(rest)? {
            let name = read_text(rest)?;
            schema.categories.push(Category {
                name,
                urgency: read_texts(rest)?,
            });
            let words = read_texts(rest)?.into_iter().map(Arc::from);
            dictionaries.push(Dictionary::from_values(words));
        }
        schema.amounts = read_texts(rest)?;
        schema.times = read_texts(rest)?;
        for _ in 0..read_count(rest)? {
            let name = read_text(rest)?;
            let kind = if read_count(rest)? == 0 {
                TextKind::Words
            } else {
                TextKind::Digits
            };
            schema.texts.push(Text { name, kind });
        }
        let fits = placed <= rows && rows <= crate::staging::MOST_ROWS;
        fits.then_some(Self {
            note,
            rows,
            placed,
            schema,
            dictionaries,
        })
    }
}

fn read_count(rest: &mut &[u8]) -> Option<usize> {
    let (number, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    usize::try_from(u64::from_le_bytes(*number)).ok()
}

fn read_bytes<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = read_count(rest)?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    String::from_utf8(read_bytes(rest)?.to_vec()).ok()
}

fn read_texts(rest: &mut &[u8]) -> Option<Vec<String>> {
    (0..read_count(rest)?).map(|_| read_text(rest)).collect()
}
