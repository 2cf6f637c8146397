//! What the search asks of a problem, in its innermost loops too.

use super::{Drives, Has, Kind, Lost, NEVER, NOBODY, Problem, Rows, seconds};
use crate::{PlaceId, Within};

impl Problem {
    pub(crate) fn has(&self) -> Has {
        self.has
    }

    /// How many calls there are: each visit as often as it may come.
    pub(crate) fn calls(&self) -> usize {
        self.visit_of.len()
    }

    /// The calls of a visit.
    #[inline]
    pub(crate) fn calls_of(&self, visit: u32) -> std::ops::Range<u32> {
        self.first_call[visit as usize]..self.first_call[visit as usize + 1]
    }

    #[inline]
    pub(crate) fn visit_of(&self, call: u32) -> u32 {
        self.visit_of[call as usize]
    }

    /// The call's place; only for visits that have one, which is every visit a route can hold.
    #[inline]
    pub(crate) fn place(&self, call: u32) -> usize {
        self.place_of[call as usize] as usize
    }

    #[inline]
    pub(crate) fn service(&self, call: u32) -> i32 {
        self.service[call as usize]
    }

    /// Seconds from place to place, `NEVER` if there is no way.
    #[inline]
    pub(crate) fn drive(&self, from: usize, to: usize) -> i32 {
        match &self.drives {
            Drives::Table { places, drive, .. } => drive[from * places + to],
            Drives::Shared(times) => seconds(&**times, from, to),
        }
    }

    #[inline]
    pub(crate) fn rows(&self, place: usize) -> Rows<'_> {
        match &self.drives {
            Drives::Table {
                places, drive, back, ..
            } => {
                let row = place * places..(place + 1) * places;
                Rows::Table(back.get(row.clone()).unwrap_or(&drive[row.clone()]), &drive[row])
            }
            Drives::Shared(_) => Rows::Shared(self, place),
        }
    }

    pub(crate) fn meters(&self, from: usize, to: usize) -> u64 {
        u64::from(match &self.drives {
            Drives::Table { places, meters, .. } => meters[from * places + to],
            Drives::Shared(times) => times.meters(PlaceId(from as u32), PlaceId(to as u32)),
        })
    }

    /// Places that may be near that one, if the drive times know.
    pub(crate) fn around(&self, place: usize) -> Option<Vec<PlaceId>> {
        match &self.drives {
            Drives::Table { .. } => None,
            Drives::Shared(times) => times.around(PlaceId(place as u32)),
        }
    }

    /// Start windows in ascending order, apart from each other; empty where the call cannot be in the slot.
    #[inline]
    pub(crate) fn windows(&self, call: u32, slot: usize) -> &[(i32, i32)] {
        let (from, to) = self.sets[self.set(self.visit_of[call as usize], slot)];
        &self.windows[from as usize..to as usize]
    }

    /// The ends of those windows without lateness.
    pub(crate) fn dues(&self, call: u32, slot: usize) -> &[i32] {
        let (from, to) = self.sets[self.set(self.visit_of[call as usize], slot)];
        &self.dues[from as usize..to as usize]
    }

    #[inline]
    fn set(&self, visit: u32, slot: usize) -> usize {
        self.set_of[visit as usize * self.slots.len() + slot] as usize
    }

    /// Whether the visit can be in the slot at all.
    #[inline]
    pub(crate) fn may_be(&self, visit: u32, slot: usize) -> bool {
        self.set(visit, slot) != 0
    }

    pub(crate) fn days(&self) -> usize {
        self.days
    }

    #[inline]
    pub(crate) fn day_of(&self, slot: usize) -> usize {
        usize::from(self.day_of[slot])
    }

    /// Reps, counted from 0.
    pub(crate) fn reps(&self) -> usize {
        self.reps
    }

    pub(crate) fn rep_of(&self, slot: usize) -> usize {
        self.rep_of[slot] as usize
    }

    /// The rep's next slot.
    pub(crate) fn next_of(&self, slot: usize) -> Option<usize> {
        Some(self.next_of[slot])
            .filter(|&s| s != NOBODY)
            .map(|s| s as usize)
    }

    #[inline]
    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    #[inline]
    pub(crate) fn capacity(&self, slot: usize) -> &[i32] {
        &self.capacity[slot * self.dimensions..(slot + 1) * self.dimensions]
    }

    /// What is in the car for this call from the start of the day.
    #[inline]
    pub(crate) fn start_load(&self, call: u32) -> &[i32] {
        &self.from_start[call as usize * self.dimensions..(call as usize + 1) * self.dimensions]
    }

    /// What the call adds to the load.
    #[inline]
    pub(crate) fn change(&self, call: u32) -> &[i32] {
        &self.change[call as usize * self.dimensions..(call as usize + 1) * self.dimensions]
    }

    /// The other end of a shipment.
    #[inline]
    pub(crate) fn partner(&self, visit: u32) -> Option<u32> {
        Some(self.partner[visit as usize]).filter(|&v| v != NOBODY)
    }

    /// The end of a shipment that comes along with its pickup.
    #[inline]
    pub(crate) fn is_delivery(&self, visit: u32) -> bool {
        self.is_delivery[visit as usize]
    }

    pub(crate) fn conflicts(&self, visit: u32) -> &[(u32, Within)] {
        &self.conflicts[visit as usize]
    }

    pub(crate) fn kind(&self, visit: u32) -> &Kind {
        &self.kinds[visit as usize]
    }

    /// What is lost if the visit is planned on exactly these days.
    #[inline]
    pub(crate) fn lost(&self, visit: u32, days: u128) -> Lost {
        self.kinds[visit as usize].lost(days)
    }

    /// The smallest and largest time at which the visit may begin in any slot, and how long all windows of a slot are at most.
    pub(crate) fn hull(&self, visit: u32) -> (i32, i32, i32) {
        let (mut opens, mut closes, mut width) = (NEVER, -NEVER, 0);
        let mut last = 0;
        for slot in 0..self.slots.len() {
            let set = self.set(visit, slot);
            if set == last {
                continue;
            }
            last = set;
            let (from, to) = self.sets[set];
            let windows = &self.windows[from as usize..to as usize];
            for &(from, to) in windows {
                opens = opens.min(from);
                closes = closes.max(to);
            }
            width = width.max(windows.iter().map(|w| w.1 - w.0).sum());
        }
        (opens, closes, width)
    }
}
