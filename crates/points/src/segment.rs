//! Rows that never change: columns in order along the curve, with boxes, an id table and a text index.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use geom::LngLat;

use crate::boxes::Boxes;
use crate::buffer::Buffer;
use crate::column::{Codes, Numbers, Texts};
use crate::cover::Places;
use crate::curve::WorldPoint;
use crate::schema::RowId;
use crate::text_index::TextIndex;

/// The rows of one build. Rows with a place come first, along the Hilbert curve, those at one place by id;
/// then rows without a place, by id.
#[derive(Debug)]
pub(crate) struct Segment {
    pub frame: Arc<Frame>,
    pub categories: Vec<Codes>,
    pub amounts: Vec<Numbers>,
    pub times: Vec<Numbers>,
    /// Rows that pass a filter, as evaluated before; never includes deletions.
    pub passing: PassingCache,
}

/// What a revision of an index shares with it: which rows, where, and what they are called.
#[derive(Debug)]
pub(crate) struct Frame {
    pub ids: Buffer<RowId>,
    /// Of the placed rows.
    pub lngs: Buffer<f64>,
    /// Of the placed rows.
    pub lats: Buffer<f64>,
    /// [`WorldPoint::x`] of the placed rows.
    pub xs: Buffer<u32>,
    /// [`WorldPoint::y`] of the placed rows.
    pub ys: Buffer<u32>,
    pub boxes: Boxes,
    pub texts: Vec<Texts>,
    pub by_id: IdTable,
    pub text_index: TextIndex,
}

impl Deref for Segment {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.frame
    }
}

impl Segment {
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Number of rows that have a place.
    pub fn placed(&self) -> usize {
        self.lngs.len()
    }

    /// Number of words that hold one bit for each row.
    pub fn words(&self) -> usize {
        self.rows().div_ceil(64)
    }

    pub fn places(&self) -> Places<'_> {
        Places {
            lngs: &self.lngs,
            lats: &self.lats,
            boxes: &self.boxes,
        }
    }

    pub fn place(&self, row: usize) -> Option<LngLat> {
        // Rows were made from places, and a file's are checked when it is opened.
        LngLat::new(*self.lngs.get(row)?, *self.lats.get(row)?).ok()
    }

    pub fn world_point(&self, row: usize) -> WorldPoint {
        WorldPoint {
            x: self.xs[row],
            y: self.ys[row],
        }
    }

    pub fn find(&self, id: RowId) -> Option<usize> {
        self.by_id.find(id, &self.ids)
    }

    /// Bytes of memory, without the filter cache.
    pub fn owned_bytes(&self) -> usize {
        let numbers = |n: &Numbers| n.values.owned_bytes() + n.missing.owned_bytes();
        let codes = |c: &Codes| match c {
            Codes::Narrow(b) => b.owned_bytes(),
            Codes::Wide(b) => b.owned_bytes(),
            Codes::Full(b) => b.owned_bytes(),
        };
        self.ids.owned_bytes()
            + self.lngs.owned_bytes()
            + self.lats.owned_bytes()
            + self.xs.owned_bytes()
            + self.ys.owned_bytes()
            + self.boxes.rects.owned_bytes()
            + self.by_id.slots.owned_bytes()
            + self.text_index.owned_bytes()
            + self.categories.iter().map(codes).sum::<usize>()
            + self.amounts.iter().chain(&self.times).map(numbers).sum::<usize>()
            + self.texts.iter().map(Texts::owned_bytes).sum::<usize>()
    }
}

/// Rows by id: open addressing, at most half full, a slot holds the row's number plus one.
#[derive(Debug, Default)]
pub(crate) struct IdTable {
    pub slots: Buffer<u32>,
}

impl IdTable {
    /// Of ids that are all different.
    pub fn new(ids: &[RowId]) -> Self {
        let mut slots = vec![0u32; table_size(ids.len())];
        for (row, &id) in ids.iter().enumerate() {
            let mut slot = start(id, slots.len());
            while slots[slot] != 0 {
                slot = (slot + 1) % slots.len();
            }
            slots[slot] = row as u32 + 1;
        }
        Self { slots: slots.into() }
    }

    pub fn find(&self, id: RowId, ids: &[RowId]) -> Option<usize> {
        let slots: &[u32] = &self.slots;
        if slots.is_empty() {
            return None;
        }
        let first = start(id, slots.len());
        // The table of a damaged file may be full, so the search stops after one round.
        for step in 0..slots.len() {
            let row = slots[(first + step) % slots.len()].checked_sub(1)? as usize;
            if ids.get(row) == Some(&id) {
                return Some(row);
            }
        }
        None
    }
}

/// Slots for so many ids.
pub(crate) fn table_size(ids: usize) -> usize {
    if ids == 0 {
        0
    } else {
        (ids * 2).next_power_of_two()
    }
}

fn start(id: RowId, slots: usize) -> usize {
    (id.mixed() % slots as u64) as usize
}

/// For each filter, written out as bytes, the rows that pass it: one bit for each row.
#[derive(Default)]
pub(crate) struct PassingCache(Mutex<Cached>);

#[derive(Default)]
struct Cached {
    entries: HashMap<Box<[u8]>, Entry>,
    bytes: usize,
    clock: u64,
}

struct Entry {
    rows: Arc<[u64]>,
    /// When it was last used, counted in uses.
    used: u64,
}

/// Memory for filters in each part of an index. A million rows take 125 kB a filter.
const CACHE_BYTES: usize = 32 << 20;

impl PassingCache {
    /// The rows of this key, computed outside of the lock if they are not there yet.
    pub fn get_or(&self, key: &[u8], compute: impl FnOnce() -> Arc<[u64]>) -> Arc<[u64]> {
        {
            let mut cached = self.lock();
            cached.clock += 1;
            let now = cached.clock;
            if let Some(entry) = cached.entries.get_mut(key) {
                entry.used = now;
                return Arc::clone(&entry.rows);
            }
        }
        let rows = compute();
        let cost = cost(key, &rows);
        if cost <= CACHE_BYTES / 4 {
            let mut cached = self.lock();
            cached.make_room(cost);
            let used = cached.clock;
            let entry = Entry {
                rows: Arc::clone(&rows),
                used,
            };
            if cached.entries.insert(key.into(), entry).is_none() {
                cached.bytes += cost;
            }
        }
        rows
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cached> {
        // A panic elsewhere cannot leave the cache wrong, only a count of bytes too high.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Cached {
    /// Drops the entries that were not used for longest.
    fn make_room(&mut self, cost: usize) {
        while self.bytes + cost > CACHE_BYTES {
            let Some(oldest) = self
                .entries
                .iter()
                .min_by_key(|(_, e)| e.used)
                .map(|(key, _)| key.clone())
            else {
                return;
            };
            if let Some(entry) = self.entries.remove(&oldest) {
                self.bytes -= self::cost(&oldest, &entry.rows);
            }
        }
    }
}

fn cost(key: &[u8], rows: &[u64]) -> usize {
    key.len() + size_of_val(rows) + 128
}

impl std::fmt::Debug for PassingCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} filters", self.lock().entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_forgets_what_was_not_used_for_longest() {
        let cache = PassingCache::default();
        let rows = |n: u64| -> Arc<[u64]> { vec![n; CACHE_BYTES / 8 / 5].into() };
        for key in 0..4u8 {
            cache.get_or(&[key], || rows(u64::from(key)));
        }
        cache.get_or(&[0], || unreachable!("0 is cached"));
        cache.get_or(&[4], || rows(4));
        cache.get_or(&[0], || unreachable!("0 was used since 1"));
        let mut computed = false;
        let again = cache.get_or(&[1], || {
            computed = true;
            rows(1)
        });
        assert!(computed, "1 was dropped to make room for 4");
        assert_eq!(again[0], 1);
    }

    #[test]
    fn ids_are_found_and_others_are_not() {
        let ids: Vec<RowId> = (0..100u8).map(|i| RowId([i; 16])).collect();
        let table = IdTable::new(&ids);
        for (row, &id) in ids.iter().enumerate() {
            assert_eq!(table.find(id, &ids), Some(row));
        }
        assert_eq!(table.find(RowId([200; 16]), &ids), None);
        assert_eq!(IdTable::new(&[]).find(RowId([0; 16]), &[]), None);
    }
}
