//! The index: unchanging segments, which of their rows still count, and how changes enter.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::Error;
use crate::boxes::bits;
use crate::compaction::Lineage;
use crate::dictionary::Dictionary;
use crate::found::Found;
use crate::schema::{Change, Row, RowId, Schema};
use crate::segment::Segment;
use crate::staging::{MOST_ROWS, Staging};

/// Rows, ready for every question.
///
/// Cheap to clone (some pointers for each part); a clone is a snapshot that never changes. A writer clones
/// the index, [applies](Index::apply) changes and publishes the clone; readers keep the one they have.
/// Each row is in one of a few *parts*: a large one, and small ones of what changed since. When
/// [`Index::wants_compaction`] says so, someone merges them with [`Index::compact`].
#[derive(Clone, Debug)]
pub struct Index {
    pub(crate) schema: Arc<Schema>,
    pub(crate) dictionaries: Arc<Vec<Dictionary>>,
    /// Oldest first. An id counts in at most one of them.
    pub(crate) parts: Vec<Part>,
    pub(crate) version: u64,
    pub(crate) lineage: Lineage,
}

/// A segment and which of its rows still count.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub segment: Arc<Segment>,
    /// One bit for each row.
    pub alive: Arc<Vec<u64>>,
    /// How many bits are set.
    pub count: usize,
}

/// Parts of up to this many rows are merged with each other while changes are applied, which takes some
/// milliseconds at most; larger ones wait for a compaction.
const MERGED_AT_ONCE: usize = 2_048;

impl Part {
    pub fn new(segment: Segment) -> Self {
        let rows = segment.rows();
        let mut alive = vec![u64::MAX; segment.words()];
        if !rows.is_multiple_of(64)
            && let Some(last) = alive.last_mut()
        {
            *last = (1 << (rows % 64)) - 1;
        }
        Self {
            count: rows,
            segment: Arc::new(segment),
            alive: Arc::new(alive),
        }
    }

    pub fn is_alive(&self, row: usize) -> bool {
        self.alive[row / 64] >> (row % 64) & 1 == 1
    }

    pub fn find(&self, id: RowId) -> Option<usize> {
        self.segment.find(id).filter(|&row| self.is_alive(row))
    }

    pub fn kill(&mut self, row: usize) {
        if self.is_alive(row) {
            Arc::make_mut(&mut self.alive)[row / 64] &= !(1 << (row % 64));
            self.count -= 1;
        }
    }

    pub fn alive_rows(&self) -> impl Iterator<Item = usize> {
        self.alive
            .iter()
            .enumerate()
            .flat_map(|(block, &word)| bits(word).map(move |bit| block * 64 + bit))
    }
}

impl Index {
    /// An index of these rows. Of rows with the same id the last counts.
    pub fn build(schema: Schema, rows: impl IntoIterator<Item = Row>) -> Result<Self, Error> {
        schema.check()?;
        let mut dictionaries = vec![Dictionary::default(); schema.categories.len()];
        let mut staging = Staging::new(&schema);
        for row in rows {
            schema.check_row(&row)?;
            if staging.len() == MOST_ROWS {
                return Err(Error::TooManyRows);
            }
            staging.push(&row, &mut dictionaries);
        }
        staging.sort_dictionaries(&schema, &mut dictionaries);
        let segment = staging.finish(&schema)?;
        Ok(Self {
            schema: Arc::new(schema),
            dictionaries: Arc::new(dictionaries),
            parts: vec![Part::new(segment)],
            version: 0,
            lineage: Lineage::default(),
        })
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Grows by one with every [`Index::apply`].
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.count).sum()
    }

    /// No rows at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that the columns take, without the filter cache (at most 32 MB for each part) and
    /// without what a memory map holds.
    #[must_use]
    pub fn owned_bytes(&self) -> usize {
        let bits = |part: &Part| size_of_val(&**part.alive);
        self.parts
            .iter()
            .map(|part| part.segment.owned_bytes() + bits(part))
            .sum()
    }

    /// One row.
    #[must_use]
    pub fn get(&self, id: RowId) -> Option<Found<'_>> {
        self.parts.iter().find_map(|part| {
            let row = part.find(id)?;
            Some(Found::new(self, &part.segment, row))
        })
    }

    /// Applies changes in their order, all or (on a row that does not fit the schema) none of them.
    ///
    /// Takes microseconds for one change; now and then a few milliseconds, when small parts are merged.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<(), Error> {
        let changes: Vec<Change> = changes.into_iter().collect();
        let mut last: HashMap<RowId, usize> = HashMap::with_capacity(changes.len());
        for (i, change) in changes.iter().enumerate() {
            if let Change::Upsert(row) = change {
                self.schema.check_row(row)?;
            }
            last.insert(change.id(), i);
        }
        // Dictionaries and rows go in together or not at all.
        let mut dictionaries = Arc::clone(&self.dictionaries);
        let mut staging = Staging::new(&self.schema);
        for (i, change) in changes.iter().enumerate() {
            if let Change::Upsert(row) = change
                && last.get(&row.id) == Some(&i)
            {
                staging.push(row, Arc::<Vec<Dictionary>>::make_mut(&mut dictionaries));
            }
        }
        let fresh = (staging.len() > 0)
            .then(|| staging.finish(&self.schema))
            .transpose()?;
        self.dictionaries = dictionaries;
        for part in &mut self.parts {
            for &id in last.keys() {
                if let Some(row) = part.segment.find(id) {
                    part.kill(row);
                }
            }
        }
        self.parts.extend(fresh.map(Part::new));
        self.merge_small_parts()?;
        self.version += 1;
        Ok(())
    }

    /// Merges the youngest parts as in a binary counter, so that there are few of them and each row is
    /// copied a few times at most.
    fn merge_small_parts(&mut self) -> Result<(), Error> {
        self.parts.retain(|part| part.count > 0);
        while let [.., older, younger] = &self.parts[..] {
            let together = older.count + younger.count;
            if older.count > younger.count * 2 || together > MERGED_AT_ONCE {
                break;
            }
            let mut staging = Staging::new(&self.schema);
            for part in [older, younger] {
                for row in part.alive_rows() {
                    staging.push_from(&part.segment, row);
                }
            }
            let merged = Part::new(staging.finish(&self.schema)?);
            let kept = self.parts.len() - 2;
            self.parts.truncate(kept);
            self.parts.push(merged);
        }
        Ok(())
    }

    /// Whether so much has changed since the last merge that [`Index::compact`] would pay.
    #[must_use]
    pub fn wants_compaction(&self) -> bool {
        let largest = self.parts.iter().max_by_key(|part| part.count);
        let Some(largest) = largest else { return false };
        let changed = self.len() - largest.count + (largest.segment.rows() - largest.count);
        changed > 4 * MERGED_AT_ONCE && changed > largest.count / 50
    }

    /// Looks at every row and every part and says what is wrong; for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        for (p, part) in self.parts.iter().enumerate() {
            let segment = &part.segment;
            if part.alive_rows().count() != part.count {
                faults.push(format!("part {p} counts {} rows", part.count));
            }
            for row in part.alive_rows() {
                if !seen.insert(segment.ids[row]) {
                    faults.push(format!("{:?} counts twice", segment.ids[row]));
                }
            }
            for row in 0..segment.rows() {
                if segment.find(segment.ids[row]) != Some(row) {
                    faults.push(format!("{:?} is not found in part {p}", segment.ids[row]));
                }
            }
            let order = |row: usize| (segment.world_point(row).key(), segment.ids[row]);
            if !(1..segment.placed()).all(|row| order(row - 1) < order(row)) {
                faults.push(format!("part {p} is not in order"));
            }
            for (column, words) in segment.categories.iter().zip(self.dictionaries.iter()) {
                if (0..segment.rows()).any(|row| column.get(row) as usize >= words.codes()) {
                    faults.push(format!("part {p} has a code without a word"));
                }
            }
        }
        faults
    }
}
