//! A filter as one bit for each row of a segment.

use std::sync::{Arc, OnceLock};

use crate::Error;
use crate::column::{Codes, Numbers, each_width};
use crate::cover::rows_in_shape;
use crate::dictionary::{Code, Dictionary, MISSING};
use crate::filter::Filter;
use crate::schema::{Column, RowId, Schema};
use crate::search::TextQuery;
use crate::segment::Segment;
use crate::shape::{Kind, Shape};
use crate::text_match::Matcher;

/// A filter whose columns and words were looked up.
pub(crate) enum Prepared {
    All,
    None,
    And(Vec<Prepared>),
    Or(Vec<Prepared>),
    Not(Box<Prepared>),
    /// Codes, ascending; never that of a missing value.
    Category(usize, Vec<Code>),
    Amount(usize, i64, i64),
    Time(usize, i64, i64),
    Missing(Column),
    Placed,
    /// With the key under which its rows are kept.
    Within(Shape, Box<[u8]>),
    Ids {
        ids: Vec<RowId>,
        sorted: OnceLock<Vec<RowId>>,
    },
    Text(Option<Box<Matcher>>, Box<[u8]>),
}

impl Prepared {
    pub fn new(filter: &Filter, schema: &Schema, dictionaries: &[Dictionary]) -> Result<Self, Error> {
        let each = |filters: &[Filter]| -> Result<Vec<Self>, Error> {
            filters
                .iter()
                .map(|f| Self::new(f, schema, dictionaries))
                .collect()
        };
        Ok(match filter {
            Filter::All => Self::All,
            Filter::None => Self::None,
            Filter::And(filters) => Self::And(each(filters)?),
            Filter::Or(filters) => Self::Or(each(filters)?),
            Filter::Not(filter) => Self::Not(Box::new(Self::new(filter, schema, dictionaries)?)),
            Filter::Category { column, any_of } => {
                let column = schema.category(column)?;
                let mut codes: Vec<Code> = any_of
                    .iter()
                    .filter_map(|v| dictionaries[column].code(v))
                    .collect();
                codes.sort_unstable();
                codes.dedup();
                Self::Category(column, codes)
            }
            Filter::Range { column, from, to } => {
                let (from, to) = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
                match schema.number(column)? {
                    Column::Time(column) => Self::Time(column, from, to),
                    Column::Amount(column) => Self::Amount(column, from, to),
                    Column::Category(_) | Column::Text(_) => Self::None,
                }
            }
            Filter::Missing { column } => Self::Missing(schema.column(column)?),
            Filter::Placed => Self::Placed,
            Filter::Within(shape) => Self::Within(shape.clone(), key_of(filter)),
            Filter::Ids(ids) => Self::Ids {
                ids: ids.clone(),
                sorted: OnceLock::new(),
            },
            Filter::Text(text) => {
                let matcher = TextQuery::parse(text).map(|query| Box::new(Matcher::new(&query)));
                Self::Text(matcher, key_of(filter))
            }
        })
    }

    /// Bits of rows that pass; those beyond the last row are clear.
    pub fn rows(&self, segment: &Segment) -> Vec<u64> {
        match self {
            Self::All => all_rows(segment),
            Self::None => none(segment),
            Self::And(filters) => join(filters, segment, all_rows(segment), |a, b| a & b),
            Self::Or(filters) => join(filters, segment, none(segment), |a, b| a | b),
            Self::Not(filter) => {
                let mut rows = filter.rows(segment);
                for (word, all) in rows.iter_mut().zip(all_rows(segment)) {
                    *word = !*word & all;
                }
                rows
            }
            Self::Category(column, codes) => category_rows(&segment.categories[*column], codes),
            Self::Amount(column, from, to) => number_rows(&segment.amounts[*column], *from, *to),
            Self::Time(column, from, to) => number_rows(&segment.times[*column], *from, *to),
            Self::Missing(column) => missing_rows(segment, *column),
            Self::Placed => first_rows(segment, segment.placed()),
            Self::Within(shape, key) => {
                let compute = || {
                    if shape.0 == Kind::Everywhere {
                        return all_rows(segment).into();
                    }
                    let mut rows = none(segment);
                    for found in rows_in_shape(shape, segment.places()) {
                        rows[found.block as usize] |= found.rows;
                    }
                    rows.into()
                };
                segment.passing.get_or(key, compute).to_vec()
            }
            Self::Ids { ids, sorted } => {
                let mut rows = none(segment);
                if ids.len() <= segment.rows() {
                    for row in ids.iter().filter_map(|&id| segment.find(id)) {
                        set(&mut rows, row);
                    }
                } else {
                    let sorted = sorted.get_or_init(|| {
                        let mut sorted = ids.clone();
                        sorted.sort_unstable();
                        sorted
                    });
                    for (row, id) in segment.ids.iter().enumerate() {
                        if sorted.binary_search(id).is_ok() {
                            set(&mut rows, row);
                        }
                    }
                }
                rows
            }
            Self::Text(None, _) => none(segment),
            Self::Text(Some(matcher), key) => {
                let compute = || {
                    let mut rows = none(segment);
                    for row in matcher.rows(&segment.text_index) {
                        set(&mut rows, row);
                    }
                    rows.into()
                };
                segment.passing.get_or(key, compute).to_vec()
            }
        }
    }
}

/// The rows of a segment that pass a filter, kept for the next time.
pub(crate) fn passing(prepared: &Prepared, key: &[u8], segment: &Segment) -> Arc<[u64]> {
    segment.passing.get_or(key, || prepared.rows(segment).into())
}

fn set(rows: &mut [u64], row: usize) {
    if let Some(word) = rows.get_mut(row / 64) {
        *word |= 1 << (row % 64);
    }
}

fn none(segment: &Segment) -> Vec<u64> {
    vec![0; segment.words()]
}

fn all_rows(segment: &Segment) -> Vec<u64> {
    first_rows(segment, segment.rows())
}

fn first_rows(segment: &Segment, count: usize) -> Vec<u64> {
    let mut rows = none(segment);
    rows[..count / 64].fill(u64::MAX);
    if !count.is_multiple_of(64) {
        rows[count / 64] = (1 << (count % 64)) - 1;
    }
    rows
}

fn join(filters: &[Prepared], segment: &Segment, start: Vec<u64>, op: fn(u64, u64) -> u64) -> Vec<u64> {
    filters.iter().fold(start, |mut rows, filter| {
        for (word, other) in rows.iter_mut().zip(filter.rows(segment)) {
            *word = op(*word, other);
        }
        rows
    })
}

/// One word for each 64 values: which of them pass.
fn pack<T: Copy>(values: &[T], passes: impl Fn(T) -> bool) -> Vec<u64> {
    let word = |chunk: &[T]| {
        let bits = chunk.iter().enumerate();
        bits.fold(0u64, |word, (bit, &value)| word | u64::from(passes(value)) << bit)
    };
    values.chunks(64).map(word).collect()
}

fn category_rows(column: &Codes, codes: &[Code]) -> Vec<u64> {
    each_width!(column, values => {
        match *codes {
            [] => vec![0; values.len().div_ceil(64)],
            [only] => pack(values, |v| Code::from(v) == only),
            [first, second] => pack(values, |v| Code::from(v) == first || Code::from(v) == second),
            _ => {
                let last = codes.last().copied().unwrap_or(0) as usize;
                let mut wanted = vec![false; last + 1];
                for &code in codes {
                    wanted[code as usize] = true;
                }
                pack(values, |v| wanted.get(v as usize).copied().unwrap_or(false))
            }
        }
    })
}

fn number_rows(column: &Numbers, from: i64, to: i64) -> Vec<u64> {
    let mut rows = pack(&column.values, |v| from <= v && v <= to);
    for (block, word) in rows.iter_mut().enumerate() {
        *word &= !column.missing_in(block);
    }
    rows
}

fn missing_rows(segment: &Segment, column: Column) -> Vec<u64> {
    let numbers = |column: &Numbers| {
        (0..segment.words())
            .map(|block| column.missing_in(block))
            .collect()
    };
    match column {
        Column::Category(c) => {
            each_width!(&segment.categories[c], values => pack(values, |v| Code::from(v) == MISSING))
        }
        Column::Amount(c) => numbers(&segment.amounts[c]),
        Column::Time(c) => numbers(&segment.times[c]),
        Column::Text(c) => {
            let rows: Vec<usize> = (0..segment.rows()).collect();
            pack(&rows, |row| segment.texts[c].bytes(row).is_empty())
        }
    }
}

/// A filter written out as bytes: equal for equal filters and for no others.
pub(crate) fn key_of(filter: &Filter) -> Box<[u8]> {
    let mut key = Vec::new();
    write_key(filter, &mut key);
    key.into()
}

fn write_key(filter: &Filter, key: &mut Vec<u8>) {
    match filter {
        Filter::All => key.push(0),
        Filter::None => key.push(1),
        Filter::And(filters) => write_all(2, filters, key),
        Filter::Or(filters) => write_all(3, filters, key),
        Filter::Not(filter) => {
            key.push(4);
            write_key(filter, key);
        }
        Filter::Category { column, any_of } => {
            key.push(5);
            write_text(column, key);
            write_count(any_of.len(), key);
            for value in any_of {
                write_text(value, key);
            }
        }
        Filter::Range { column, from, to } => {
            key.push(6);
            write_text(column, key);
            key.extend([u8::from(from.is_some()), u8::from(to.is_some())]);
            key.extend(from.unwrap_or(0).to_le_bytes());
            key.extend(to.unwrap_or(0).to_le_bytes());
        }
        Filter::Missing { column } => {
            key.push(7);
            write_text(column, key);
        }
        Filter::Placed => key.push(8),
        Filter::Within(shape) => {
            key.push(9);
            write_shape(shape, key);
        }
        Filter::Ids(ids) => {
            key.push(10);
            write_count(ids.len(), key);
            key.extend_from_slice(bytemuck::cast_slice(ids));
        }
        Filter::Text(text) => {
            key.push(11);
            write_text(text, key);
        }
    }
}

fn write_all(kind: u8, filters: &[Filter], key: &mut Vec<u8>) {
    key.push(kind);
    write_count(filters.len(), key);
    for filter in filters {
        write_key(filter, key);
    }
}

fn write_shape(shape: &Shape, key: &mut Vec<u8>) {
    match &shape.0 {
        Kind::Everywhere => key.push(0),
        Kind::Box(b) => {
            key.push(1);
            for side in [b.west, b.south, b.east, b.north] {
                key.extend(side.to_bits().to_le_bytes());
            }
        }
        Kind::Polygons(polygons) => {
            key.push(2);
            write_count(polygons.0.len(), key);
            for polygon in polygons.iter() {
                write_count(polygon.interiors().len(), key);
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    write_count(ring.0.len(), key);
                    for corner in &ring.0 {
                        key.extend(corner.x.to_bits().to_le_bytes());
                        key.extend(corner.y.to_bits().to_le_bytes());
                    }
                }
            }
        }
    }
}

fn write_text(text: &str, key: &mut Vec<u8>) {
    write_count(text.len(), key);
    key.extend_from_slice(text.as_bytes());
}

fn write_count(count: usize, key: &mut Vec<u8>) {
    key.extend((count as u64).to_le_bytes());
}
