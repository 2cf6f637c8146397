//! Merging all parts into one, beside the work that goes on.

use std::sync::Arc;

use crate::Error;
use crate::boxes::bits;
use crate::dictionary::Dictionary;
use crate::index::{Index, Part};
use crate::schema::RowId;
use crate::segment::Segment;
use crate::staging::Staging;

/// Which index a clone descends from: the same for all clones of one build.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lineage(Arc<()>);

/// Merged parts, on their way back into the index they were made from.
#[derive(Debug)]
pub struct Compaction {
    merged: Part,
    /// What was merged.
    sources: Vec<Part>,
    lineage: Lineage,
}

impl Compaction {
    /// The merged rows.
    pub(crate) fn segment(&self) -> &Segment {
        &self.merged.segment
    }
}

impl Index {
    /// Merges all parts into one. Takes seconds for a million rows: run it on a thread of its own, on a
    /// clone, and hand the result to [`Index::install`] of the index that went on living.
    pub fn compact(&self) -> Result<Compaction, Error> {
        let mut staging = Staging::new(&self.schema);
        for part in &self.parts {
            for row in part.alive_rows() {
                staging.push_from(&part.segment, row);
            }
        }
        Ok(Compaction {
            merged: Part::new(staging.finish(&self.schema)?),
            sources: self.parts.clone(),
            lineage: self.lineage.clone(),
        })
    }

    /// Puts merged parts in the place of those they were made from; what was applied meanwhile is kept.
    /// Takes about a microsecond for each row that changed meanwhile. False, and nothing is changed, if
    /// the parts come from another index, or from a clone that forgot rows which this one still has.
    pub fn install(&mut self, compaction: Compaction) -> bool {
        let Compaction {
            mut merged,
            sources,
            lineage,
        } = compaction;
        if !Arc::ptr_eq(&lineage.0, &self.lineage.0) {
            return false;
        }
        let source_of = |part: &Part| {
            sources
                .iter()
                .find(|source| Arc::ptr_eq(&source.segment, &part.segment))
        };
        let forgot = self.parts.iter().any(|part| {
            let source = source_of(part);
            source.is_some_and(|source| {
                part.alive
                    .iter()
                    .zip(source.alive.iter())
                    .any(|(now, then)| now & !then != 0)
            })
        });
        if forgot {
            return false;
        }
        let (replaced, kept): (Vec<Part>, Vec<Part>) =
            self.parts.drain(..).partition(|part| source_of(part).is_some());
        let bury = |merged: &mut Part, id: RowId| {
            if let Some(row) = merged.segment.find(id) {
                merged.kill(row);
            }
        };
        // Changed since: the new form of the row is in a part that is kept.
        for part in &kept {
            for row in part.alive_rows() {
                bury(&mut merged, part.segment.ids[row]);
            }
        }
        for source in &sources {
            // Where the part is gone, it was merged into another one meanwhile, or emptied: what is left
            // of its rows is in parts that are kept, and has been buried already; the rest is deleted.
            let now = replaced
                .iter()
                .find(|part| Arc::ptr_eq(&part.segment, &source.segment));
            for (block, &then) in source.alive.iter().enumerate() {
                let gone = then & !now.map_or(0, |part| part.alive[block]);
                for bit in bits(gone) {
                    bury(&mut merged, source.segment.ids[block * 64 + bit]);
                }
            }
        }
        if merged.count > 0 {
            self.parts.push(merged);
        }
        self.parts.extend(kept);
        Arc::make_mut(&mut self.dictionaries)
            .iter_mut()
            .for_each(Dictionary::settle);
        true
    }
}
