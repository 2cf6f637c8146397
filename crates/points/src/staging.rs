//! Rows on their way into a segment, column by column.

use std::sync::Arc;

use geom::LngLat;
use rayon::prelude::*;

use crate::Error;
use crate::boxes::Boxes;
use crate::column::{Codes, Numbers, TextsBuilder};
use crate::curve::WorldPoint;
use crate::dictionary::{Code, Dictionary, MISSING};
use crate::schema::{Row, RowId, Schema};
use crate::segment::{Frame, IdTable, PassingCache, Segment, table_size};
use crate::text_index::TextIndex;

/// Most rows of a segment: a row's number plus one fits 32 bits.
pub(crate) const MOST_ROWS: usize = u32::MAX as usize - 1;

/// Columns in the order in which rows arrive.
#[derive(Debug)]
pub(crate) struct Staging {
    ids: Vec<RowId>,
    places: Vec<Option<LngLat>>,
    categories: Vec<Vec<Code>>,
    amounts: Vec<StagedNumbers>,
    times: Vec<StagedNumbers>,
    texts: Vec<TextsBuilder>,
}

/// Numbers in the order in which rows arrive; with a word for each that is missing a million rows would take
/// twice the memory.
#[derive(Clone, Debug, Default)]
struct StagedNumbers {
    values: Vec<i64>,
    /// One bit for each.
    missing: Vec<u64>,
}

impl StagedNumbers {
    fn push(&mut self, number: Option<i64>) {
        let at = self.values.len();
        if at.is_multiple_of(64) {
            self.missing.push(0);
        }
        if let (None, Some(word)) = (number, self.missing.last_mut()) {
            *word |= 1 << (at % 64);
        }
        self.values.push(number.unwrap_or(0));
    }

    fn get(&self, at: usize) -> Option<i64> {
        (self.missing[at / 64] >> (at % 64) & 1 == 0).then(|| self.values[at])
    }
}

impl Staging {
    pub fn new(schema: &Schema) -> Self {
        Self {
            ids: Vec::new(),
            places: Vec::new(),
            categories: vec![Vec::new(); schema.categories.len()],
            amounts: vec![StagedNumbers::default(); schema.amounts.len()],
            times: vec![StagedNumbers::default(); schema.times.len()],
            texts: schema.texts.iter().map(|_| TextsBuilder::default()).collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Adds a row that was checked against the schema. New words enter the dictionaries.
    pub fn push(&mut self, row: &Row, dictionaries: &mut [Dictionary]) {
        self.ids.push(row.id);
        self.places.push(row.place);
        for ((codes, value), words) in self.categories.iter_mut().zip(&row.categories).zip(dictionaries) {
            codes.push(value.as_ref().map_or(MISSING, |value| words.intern(value)));
        }
        for (column, &value) in self.amounts.iter_mut().zip(&row.amounts) {
            column.push(value);
        }
        for (column, value) in self.times.iter_mut().zip(&row.times) {
            column.push(value.map(|t| t.0));
        }
        for (column, text) in self.texts.iter_mut().zip(&row.texts) {
            column.push(text.as_bytes());
        }
    }

    /// Adds a row of a segment that has the same schema and dictionaries.
    pub fn push_from(&mut self, segment: &Segment, row: usize) {
        self.ids.push(segment.ids[row]);
        self.places.push(segment.place(row));
        for (codes, from) in self.categories.iter_mut().zip(&segment.categories) {
            codes.push(from.get(row));
        }
        for (column, from) in self.amounts.iter_mut().zip(&segment.amounts) {
            column.push(from.get(row));
        }
        for (column, from) in self.times.iter_mut().zip(&segment.times) {
            column.push(from.get(row));
        }
        for (column, from) in self.texts.iter_mut().zip(&segment.texts) {
            column.push(from.bytes(row));
        }
    }

    /// Gives each category its codes in order of urgency and alphabet, so that equal rows make equal
    /// segments in whatever order they came.
    pub fn sort_dictionaries(&mut self, schema: &Schema, dictionaries: &mut [Dictionary]) {
        let columns = self
            .categories
            .iter_mut()
            .zip(dictionaries)
            .zip(&schema.categories);
        for ((codes, words), category) in columns {
            let places = words.places(&category.urgency);
            let mut sorted: Vec<(u32, &str)> = words.iter().map(|(c, v)| (places[c as usize], v)).collect();
            sorted.sort_unstable();
            let renamed = Dictionary::from_values(sorted.into_iter().map(|(_, value)| value.into()));
            for code in codes.iter_mut().filter(|code| **code != MISSING) {
                *code = places[*code as usize] + 1;
            }
            *words = renamed;
        }
    }

    /// Sorts the rows along the curve and builds everything over them. Of rows with the same id the last
    /// one counts.
    pub fn finish(self, schema: &Schema) -> Result<Segment, Error> {
        if self.len() > MOST_ROWS {
            return Err(Error::TooManyRows);
        }
        let (order, placed) = self.order();
        let gather = |column: &[Code]| -> Vec<Code> { order.iter().map(|&o| column[o as usize]).collect() };
        let points: Vec<(LngLat, WorldPoint)> = order[..placed]
            .iter()
            .filter_map(|&o| self.places[o as usize])
            .map(|place| (place, WorldPoint::of(place)))
            .collect();
        let ids: Vec<RowId> = order.iter().map(|&o| self.ids[o as usize]).collect();
        let numbers = |column: &StagedNumbers| Numbers::new(order.iter().map(|&o| column.get(o as usize)));
        let lngs: Vec<f64> = points.iter().map(|p| p.0.lng()).collect();
        let lats: Vec<f64> = points.iter().map(|p| p.0.lat()).collect();
        let texts: Vec<_> = self
            .texts
            .iter()
            .map(|column| {
                let mut sorted = TextsBuilder::with_capacity(order.len(), column.bytes());
                for &o in &order {
                    sorted.push(column.get(o as usize));
                }
                sorted.finish()
            })
            .collect();
        let frame = Frame {
            by_id: IdTable::new(&ids),
            text_index: TextIndex::build(&schema.texts, &texts, &ids),
            ids: ids.into(),
            boxes: Boxes::new(&lngs, &lats),
            lngs: lngs.into(),
            lats: lats.into(),
            xs: points.iter().map(|p| p.1.x).collect::<Vec<_>>().into(),
            ys: points.iter().map(|p| p.1.y).collect::<Vec<_>>().into(),
            texts,
        };
        Ok(Segment {
            frame: Arc::new(frame),
            categories: self.categories.iter().map(|c| Codes::new(gather(c))).collect(),
            amounts: self.amounts.iter().map(numbers).collect(),
            times: self.times.iter().map(numbers).collect(),
            passing: PassingCache::default(),
        })
    }

    /// Arrival numbers in the order of the segment, and how many of them have a place.
    fn order(&self) -> (Vec<u32>, usize) {
        let mut keyed: Vec<(bool, u64, u32)> = self
            .last_of_each_id()
            .into_par_iter()
            .map(|o| match self.places[o as usize] {
                Some(place) => (false, WorldPoint::of(place).key(), o),
                None => (true, 0, o),
            })
            .collect();
        // Ids are unique by now, so that the order is the same at any number of threads.
        keyed.par_sort_unstable_by_key(|&(unplaced, key, o)| (unplaced, key, self.ids[o as usize]));
        let placed = keyed.partition_point(|k| !k.0);
        (keyed.into_iter().map(|k| k.2).collect(), placed)
    }

    fn last_of_each_id(&self) -> Vec<u32> {
        let size = table_size(self.len());
        let mut slots = vec![0u32; size];
        let mut latest = vec![true; self.len()];
        for (row, &id) in self.ids.iter().enumerate() {
            let mut slot = (id.mixed() % size as u64) as usize;
            while let Some(earlier) = slots[slot].checked_sub(1) {
                if self.ids[earlier as usize] == id {
                    latest[earlier as usize] = false;
                    break;
                }
                slot = (slot + 1) % size;
            }
            slots[slot] = row as u32 + 1;
        }
        (0..self.len() as u32)
            .filter(|&row| latest[row as usize])
            .collect()
    }
}
