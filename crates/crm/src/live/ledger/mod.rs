//! The ledger: every version of what a customer's row is made of, in memory, so that the rows of any past
//! moment are worked out without reading a database.
//!
//! It holds what was on record up to one number of the change feed and never changes. A place that a later
//! change concerns is read from the records instead, until a new ledger is made.

mod bytes;
mod columns;
mod load;
#[cfg(test)]
mod tests;

use bytemuck::{Pod, Zeroable};
use points::RowId;

pub(super) use load::load;

use super::added::Added;

/// A number that is not known.
const NONE: i64 = i64::MIN;
/// A place or account that is not there.
const NOBODY: u32 = u32::MAX;

/// From when up to when, the end not included; milliseconds since 1970.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Span {
    from: i64,
    to: i64,
}

impl Span {
    fn holds(self, at: i64) -> bool {
        self.from <= at && at < self.to
    }
}

/// An account as it was recorded for a time. Words and texts by number.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Account {
    recorded: Span,
    revenue: i64,
    name: u32,
    phone: u32,
    kind: u32,
    class: u32,
    industry: u32,
    owner: u32,
}

/// A place as it was recorded for a time.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Place {
    recorded: Span,
    /// Degrees; not a number where it is on no map.
    lng: f64,
    lat: f64,
    visit_minutes: i64,
    account: u32,
    street: u32,
    city: u32,
    postal_code: u32,
    geocode_status: u32,
    unused: u32,
}

/// A visit as it was recorded for a time: done, or promised.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Visit {
    recorded: Span,
    /// When it was done; else when it is planned.
    at: i64,
    /// The instant of the next date agreed on there.
    next: i64,
    /// 1 where it is done, 0 where it is promised.
    is_done: u64,
}

/// An open opportunity as it was recorded for a time.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Deal {
    recorded: Span,
    amount: i64,
    /// The place it is for; [`NOBODY`] where it is for the account in general.
    place: u32,
    stage: u32,
}

/// Whose a place is for a time, as is believed now.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Assignment {
    valid: Span,
    territory: u64,
}

/// Things of one sort by whom they belong to.
#[derive(Debug)]
struct Grouped<T> {
    /// Where those of each owner begin, and the end.
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Self {
            starts: vec![0],
            items: Vec::new(),
        }
    }
}

impl<T: Copy> Grouped<T> {
    /// Puts things in order of their owners; those of one owner stay in their order.
    fn new(owners: usize, things: Vec<(u32, T)>) -> Self {
        let mut starts = vec![0u32; owners + 1];
        for (owner, _) in &things {
            starts[*owner as usize + 1] += 1;
        }
        for owner in 0..owners {
            starts[owner + 1] += starts[owner];
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; things.len()];
        for (at, (owner, _)) in things.iter().enumerate() {
            let slot = &mut next[*owner as usize];
            order[*slot as usize] = at as u32;
            *slot += 1;
        }
        let items = order.into_iter().map(|at| things[at as usize].1).collect();
        Self { starts, items }
    }

    fn of(&self, owner: usize) -> &[T] {
        &self.items[self.starts[owner] as usize..self.starts[owner + 1] as usize]
    }
}

/// Texts by number; number 0 is no text.
#[derive(Debug, Default)]
struct Texts {
    /// Where each ends.
    ends: Vec<u64>,
    blob: Vec<u8>,
}

impl Texts {
    fn push(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        self.append(text)
    }

    fn append(&mut self, text: &str) -> u32 {
        self.blob.extend_from_slice(text.as_bytes());
        self.ends.push(self.blob.len() as u64);
        self.ends.len() as u32
    }

    fn get(&self, number: u32) -> &str {
        let Some(at) = (number as usize).checked_sub(1) else {
            return "";
        };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        // What went in was text; a file's is checked when it is opened.
        str::from_utf8(&self.blob[start..self.ends[at] as usize]).unwrap_or_default()
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (1..=self.ends.len() as u32).map(|number| self.get(number))
    }
}

/// Which words are numbered apart.
#[derive(Clone, Copy)]
enum Word {
    Kind,
    Class,
    Industry,
    Owner,
    Territory,
    City,
    PostalCode,
    GeocodeStatus,
    Stage,
}

const WORDS: usize = Word::Stage as usize + 1;

/// What an account had in an added field for a time.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct AddedValue {
    recorded: Span,
    /// [`NONE`] for a word.
    number: i64,
    word: u32,
    unused: u32,
}

/// An added field.
#[derive(Debug)]
struct AddedColumn {
    field: Added,
    words: Texts,
    /// By account.
    values: Grouped<AddedValue>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Number of the last change of the feed that it holds.
    pub seq: i64,
    /// Every place there ever was, in order of ids.
    ids: Vec<RowId>,
    /// By place.
    places: Grouped<Place>,
    /// By account, in the order in which they were met.
    accounts: Grouped<Account>,
    /// By place.
    visits: Grouped<Visit>,
    /// By account.
    deals: Grouped<Deal>,
    /// By place, in order of the assignments' ids.
    assignments: Grouped<Assignment>,
    texts: Texts,
    words: [Texts; WORDS],
    added: Vec<AddedColumn>,
}

impl Ledger {
    /// How many places there ever were.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The added fields it knows.
    pub fn added(&self) -> Vec<Added> {
        self.added.iter().map(|column| column.field.clone()).collect()
    }

    fn words(&self, of: Word) -> &Texts {
        &self.words[of as usize]
    }
}
