//! The ledger as bytes, so that the next start need not read the records.
//!
//! ```text
//! 0     8 bytes   "ledger 2"
//! 8     sections: length in bytes and checksum (u64 each), then the bytes, then zeros up to a multiple of 8
//! ```
//!
//! All numbers are little-endian. The sections: the caller's note, the feed's number, the places' ids, five
//! groups (where each owner's things begin, the things), texts and nine lists of words (where each ends,
//! the letters); then for each added field what it is, as JSON, its words and the group of its values.

use std::io::{self, Write};

use bytemuck::{Pod, bytes_of, cast_slice, cast_slice_mut};
use points::{RowId, checksum};

use super::{AddedColumn, Grouped, Ledger, Texts};

const MAGIC: &[u8; 8] = b"ledger 2";

impl Ledger {
    /// Writes it with a note; fails as the writer does.
    pub fn write_to(&self, note: &[u8], to: &mut dyn Write) -> io::Result<()> {
        if cfg!(target_endian = "big") {
            return Err(io::ErrorKind::Unsupported.into());
        }
        to.write_all(MAGIC)?;
        section(to, note)?;
        section(to, bytes_of(&self.seq))?;
        section(to, cast_slice(&self.ids))?;
        grouped(to, &self.places)?;
        grouped(to, &self.accounts)?;
        grouped(to, &self.visits)?;
        grouped(to, &self.deals)?;
        grouped(to, &self.assignments)?;
        for texts in std::iter::once(&self.texts).chain(&self.words) {
            section(to, cast_slice(&texts.ends))?;
            section(to, &texts.blob)?;
        }
        for column in &self.added {
            section(to, &serde_json::to_vec(&column.field)?)?;
            section(to, cast_slice(&column.words.ends))?;
            section(to, &column.words.blob)?;
            grouped(to, &column.values)?;
        }
        Ok(())
    }

    /// The ledger and its note; `None` for bytes that are something else, cut short or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<(Self, Vec<u8>)> {
        let mut rest = Rest(bytes.strip_prefix(MAGIC)?);
        let note = rest.section()?.to_vec();
        let seq = i64::from_le_bytes(rest.section()?.try_into().ok()?);
        let ids: Vec<RowId> = rest.values()?;
        let mut ledger = Self {
            seq,
            places: rest.grouped()?,
            accounts: rest.grouped()?,
            visits: rest.grouped()?,
            deals: rest.grouped()?,
            assignments: rest.grouped()?,
            texts: rest.texts()?,
            ids,
            ..Self::default()
        };
        for words in &mut ledger.words {
            *words = rest.texts()?;
        }
        while !rest.0.is_empty() {
            ledger.added.push(AddedColumn {
                field: serde_json::from_slice(rest.section()?).ok()?,
                words: rest.texts()?,
                values: rest.grouped()?,
            });
        }
        let owners = |starts: &[u32]| starts.len() - 1;
        let places = [
            &ledger.places.starts,
            &ledger.visits.starts,
            &ledger.assignments.starts,
        ];
        let accounts = owners(&ledger.accounts.starts);
        let fits = places.iter().all(|starts| owners(starts) == ledger.ids.len())
            && owners(&ledger.deals.starts) == accounts
            && ledger.added.iter().all(|a| owners(&a.values.starts) == accounts)
            && ledger
                .places
                .items
                .iter()
                .all(|place| (place.account as usize) < accounts);
        fits.then_some((ledger, note))
    }
}

fn section(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(&checksum(bytes).to_le_bytes())?;
    to.write_all(bytes)?;
    to.write_all(&[0; 8][..padding(bytes.len())])
}

fn padding(length: usize) -> usize {
    length.next_multiple_of(8) - length
}

fn grouped<T: Pod>(to: &mut dyn Write, of: &Grouped<T>) -> io::Result<()> {
    section(to, cast_slice(&of.starts))?;
    section(to, cast_slice(&of.items))
}

/// What was not read yet.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    fn section(&mut self) -> Option<&'b [u8]> {
        let (length, sum) = (usize::try_from(self.number()?).ok()?, self.number()?);
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.get(padding(length)..)?;
        (checksum(bytes) == sum).then_some(bytes)
    }

    fn values<T: Pod>(&mut self) -> Option<Vec<T>> {
        let bytes = self.section()?;
        if !bytes.len().is_multiple_of(size_of::<T>()) {
            return None;
        }
        // The bytes may stand anywhere, the values may not.
        let mut values = vec![T::zeroed(); bytes.len() / size_of::<T>()];
        cast_slice_mut(&mut values).copy_from_slice(bytes);
        Some(values)
    }

    fn grouped<T: Pod>(&mut self) -> Option<Grouped<T>> {
        let (starts, items): (Vec<u32>, Vec<T>) = (self.values()?, self.values()?);
        let whole =
            starts.is_sorted() && starts.first() == Some(&0) && *starts.last()? as usize == items.len();
        whole.then_some(Grouped { starts, items })
    }

    fn texts(&mut self) -> Option<Texts> {
        let (ends, blob): (Vec<u64>, Vec<u8>) = (self.values()?, self.section()?.to_vec());
        let whole = ends.is_sorted() && ends.last().copied().unwrap_or(0) as usize == blob.len();
        (whole && str::from_utf8(&blob).is_ok()).then_some(Texts { ends, blob })
    }
}
