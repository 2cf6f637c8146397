//! Other values for the rows of an index: what was built over places and texts is shared, not built again.

use std::sync::Arc;

use geom::{LngLat, Timestamp};
use rayon::prelude::*;

use crate::Error;
use crate::column::{Codes, Numbers};
use crate::compaction::Lineage;
use crate::dictionary::{Code, Dictionary, MISSING};
use crate::index::{Index, Part};
use crate::schema::{Change, Row, RowId, Schema};
use crate::segment::{PassingCache, Segment};

/// Rows as columns, in any order; every column has as many values as there are ids, which are all different.
#[derive(Clone, Debug, Default)]
pub struct Columns<'a> {
    /// Of each row.
    pub ids: Vec<RowId>,
    /// Of each row, where it has one.
    pub places: Vec<Option<LngLat>>,
    /// For each category of the schema its words and, for each row, 0 where the value is missing, else the
    /// word's position plus one.
    pub categories: Vec<(Vec<&'a str>, Vec<u32>)>,
    /// For each amount of the schema; [`Columns::MISSING`] where it is missing.
    pub amounts: Vec<Vec<i64>>,
    /// For each time of the schema, in milliseconds since 1970; [`Columns::MISSING`] where it is missing.
    pub times: Vec<Vec<i64>>,
    /// For each text of the schema.
    pub texts: Vec<Vec<&'a str>>,
}

impl Columns<'_> {
    /// An amount or time that is missing; no row can have this one.
    pub const MISSING: i64 = i64::MIN;

    fn row(&self, row: usize) -> Row {
        let number = |column: &Vec<i64>| Some(column[row]).filter(|&n| n != Self::MISSING);
        let word = |(words, codes): &(Vec<&str>, Vec<u32>)| {
            let word = (codes[row] as usize).checked_sub(1)?;
            Some(words[word].to_owned())
        };
        Row {
            id: self.ids[row],
            place: self.places[row],
            categories: self.categories.iter().map(word).collect(),
            amounts: self.amounts.iter().map(number).collect(),
            times: self
                .times
                .iter()
                .map(|column| number(column).map(Timestamp))
                .collect(),
            texts: self.texts.iter().map(|column| column[row].to_owned()).collect(),
        }
    }
}

impl Index {
    /// An index of rows given as columns; see [`Index::build`].
    ///
    /// # Errors
    /// As [`Index::build`].
    pub fn of_columns(schema: Schema, columns: &Columns<'_>) -> Result<Self, Error> {
        schema.check_columns(columns)?;
        Self::build(schema, (0..columns.ids.len()).map(|row| columns.row(row)))
    }

    /// An index of these rows, and only these, with this one's schema. Where a row stands at the same place
    /// with the same texts here, its place in the order, in boxes and in the search is taken over: a million
    /// rows of which few moved or were renamed take some tenths of a second. Both can be asked afterwards.
    ///
    /// # Errors
    /// [`Error::RowWidth`] where the columns do not fit the schema, [`Error::TextTooLong`].
    pub fn revised(&self, columns: Columns<'_>) -> Result<Self, Error> {
        self.schema.check_columns(&columns)?;
        let mut dictionaries = Arc::clone(&self.dictionaries);
        let largest = self.parts.iter().max_by_key(|part| part.count);
        let at = largest.map_or_else(Vec::new, |part| rows_at(&part.segment, &columns));
        let mut is_kept = vec![false; columns.ids.len()];
        at.iter()
            .filter(|&&row| row > 0)
            .for_each(|&row| is_kept[row as usize - 1] = true);
        let others = (0..columns.ids.len()).filter(|&row| !is_kept[row]);
        let others: Vec<Change> = others.map(|row| Change::Upsert(columns.row(row))).collect();
        let words = Arc::<Vec<Dictionary>>::make_mut(&mut dictionaries);
        let main = largest.and_then(|part| frame_filled(&part.segment, columns, &at, words));
        let mut revised = Self {
            schema: Arc::clone(&self.schema),
            dictionaries,
            parts: main.into_iter().collect(),
            version: 0,
            lineage: Lineage::default(),
        };
        if !others.is_empty() {
            revised.apply(others)?;
        }
        Ok(revised)
    }
}

/// The segment with the values of the rows that stand in it; `None` if there is none. Each column is let go when
/// its values are in place.
fn frame_filled(
    segment: &Segment,
    columns: Columns<'_>,
    at: &[u32],
    dictionaries: &mut [Dictionary],
) -> Option<Part> {
    let Columns {
        categories,
        amounts,
        times,
        ..
    } = columns;
    let codes: Vec<Vec<Code>> = categories
        .iter()
        .zip(dictionaries)
        .map(|((words, _), dictionary)| {
            let known = words.iter().map(|word| dictionary.intern(word));
            std::iter::once(MISSING).chain(known).collect()
        })
        .collect();
    let categories = categories
        .into_par_iter()
        .zip(&codes)
        .map(|((_, given), codes)| {
            let of = |row: &u32| {
                row.checked_sub(1)
                    .map_or(MISSING, |row| codes[given[row as usize] as usize])
            };
            Codes::new(at.iter().map(of).collect())
        })
        .collect();
    let numbers = |given: Vec<i64>| {
        let of = |row: &u32| Some(given[row.checked_sub(1)? as usize]).filter(|&n| n != Columns::MISSING);
        Numbers::new(at.iter().map(of))
    };
    let mut alive = vec![0u64; segment.words()];
    for (row, _) in at.iter().enumerate().filter(|(_, given)| **given > 0) {
        alive[row / 64] |= 1 << (row % 64);
    }
    let count = alive.iter().map(|word| word.count_ones() as usize).sum();
    (count > 0).then(|| Part {
        segment: Arc::new(Segment {
            frame: Arc::clone(&segment.frame),
            categories,
            amounts: amounts.into_par_iter().map(numbers).collect(),
            times: times.into_par_iter().map(numbers).collect(),
            passing: PassingCache::default(),
        }),
        alive: Arc::new(alive),
        count,
    })
}

impl Schema {
    fn check_columns(&self, columns: &Columns<'_>) -> Result<(), Error> {
        let rows = columns.ids.len();
        let first = columns.ids.first().copied().unwrap_or(RowId([0; 16]));
        let lengths = [
            ("place", vec![columns.places.len()], 1),
            (
                "category",
                columns.categories.iter().map(|c| c.1.len()).collect(),
                self.categories.len(),
            ),
            (
                "amount",
                columns.amounts.iter().map(Vec::len).collect(),
                self.amounts.len(),
            ),
            (
                "time",
                columns.times.iter().map(Vec::len).collect(),
                self.times.len(),
            ),
            (
                "text",
                columns.texts.iter().map(Vec::len).collect(),
                self.texts.len(),
            ),
        ];
        for (kind, given, wanted) in lengths {
            let whole = given.iter().filter(|&&length| length == rows).count();
            if whole != wanted || given.len() != wanted {
                return Err(Error::RowWidth {
                    id: first,
                    kind,
                    given: whole,
                    wanted,
                });
            }
        }
        Ok(())
    }
}

/// For each row of the segment the number, plus one, of the given row that has its place and texts; 0 where
/// there is none.
fn rows_at(segment: &Segment, columns: &Columns<'_>) -> Vec<u32> {
    let same = |row: usize, given: usize| {
        let mut texts = segment.texts.iter().zip(&columns.texts);
        segment.place(row) == columns.places[given]
            && texts.all(|(texts, of)| texts.bytes(row) == of[given].as_bytes())
    };
    let standing: Vec<Option<u32>> = (0..columns.ids.len())
        .into_par_iter()
        .with_min_len(4_096)
        .map(|given| {
            segment
                .find(columns.ids[given])
                .filter(|&row| same(row, given))
                .map(|row| row as u32)
        })
        .collect();
    let mut at = vec![0; segment.rows()];
    for (given, row) in standing.into_iter().enumerate() {
        if let Some(row) = row {
            at[row as usize] = given as u32 + 1;
        }
    }
    at
}
