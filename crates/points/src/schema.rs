//! What a row looks like: its id, its place and its typed columns.

use std::fmt;

use bytemuck::{Pod, Zeroable};
use geom::{LngLat, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Longest text of a row, in bytes.
pub const LONGEST_TEXT: usize = 1 << 20;

/// The sixteen bytes by which the outside knows a row (a UUID's bytes, say). Printed as a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Pod, Zeroable)]
#[serde(transparent)]
#[repr(transparent)]
pub struct RowId(pub [u8; 16]);

impl RowId {
    /// The number a vector tile carries for this row: 53 bits mixed from all sixteen bytes, so that a
    /// browser can hold it exactly. Two rows may share one; the tile's `id` property never is shared.
    #[must_use]
    pub fn feature_number(self) -> u64 {
        self.mixed() >> 11
    }

    /// As a UUID is written.
    pub(crate) fn text(self) -> [u8; 36] {
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (i, byte) in self.0.into_iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                at += 1;
            }
            for half in [byte >> 4, byte & 15] {
                text[at] = b"0123456789abcdef"[usize::from(half)];
                at += 1;
            }
        }
        text
    }

    /// All bytes mixed into 64 bits, the same on every machine.
    pub(crate) fn mixed(self) -> u64 {
        let value = u128::from_le_bytes(self.0);
        let (low, high) = (value as u64, (value >> 64) as u64);
        // The finaliser of SplitMix64, once for each half.
        let mix = |mut z: u64| {
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        mix(mix(low.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ high)
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Hexadecimal digits and hyphens.
        f.write_str(str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {self}")
    }
}

impl From<[u8; 16]> for RowId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// The columns of an index. Names are unique over all kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schema {
    /// Columns with few distinct words: class, industry, owner, territory, status, due state.
    pub categories: Vec<Category>,
    /// Whole numbers that may be summed: amounts in minor units, counts.
    pub amounts: Vec<String>,
    /// Instants.
    pub times: Vec<String>,
    /// Texts that are searched. The first of kind [`TextKind::Words`] is the row's name: hits are
    /// ordered by it.
    pub texts: Vec<Text>,
}

/// A column of words from a small set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Category {
    /// The column's name.
    pub name: String,
    /// Values in order of urgency, the most urgent first. Values not listed come after these,
    /// alphabetically. Empty where no value is more urgent than another.
    pub urgency: Vec<String>,
}

impl Category {
    /// A category without an order of urgency.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            urgency: Vec::new(),
        }
    }

    /// A category whose values are listed most urgent first.
    pub fn ordered<S: Into<String>>(name: impl Into<String>, urgency: impl IntoIterator<Item = S>) -> Self {
        Self {
            name: name.into(),
            urgency: urgency.into_iter().map(Into::into).collect(),
        }
    }
}

/// How a text column is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TextKind {
    /// Folded words: case, accents and punctuation do not matter. See [`crate::fold_words`].
    Words,
    /// Only the digits count: telephone numbers, postcodes. See [`crate::fold_digits`].
    Digits,
}

/// A text column.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text {
    /// The column's name.
    pub name: String,
    /// How it is searched.
    pub kind: TextKind,
}

impl Text {
    /// A column of words.
    #[must_use]
    pub fn words(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: TextKind::Words,
        }
    }

    /// A column of digits.
    #[must_use]
    pub fn digits(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: TextKind::Digits,
        }
    }
}

/// One row. The vectors run along the schema's columns of that kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Unique in the index.
    pub id: RowId,
    /// A row without a place is on no map, but is counted, filtered and found by text.
    pub place: Option<LngLat>,
    /// One value for each category; `None` where it is missing.
    pub categories: Vec<Option<String>>,
    /// One value for each amount.
    pub amounts: Vec<Option<i64>>,
    /// One value for each time.
    pub times: Vec<Option<Timestamp>>,
    /// One value for each text, of at most [`LONGEST_TEXT`] bytes; empty where there is none.
    pub texts: Vec<String>,
}

/// One change of the index.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The row is now like this, whether it was there before or not.
    Upsert(Row),
    /// The row is gone. A row that was not there is no error.
    Delete(RowId),
}

impl Change {
    pub(crate) fn id(&self) -> RowId {
        match self {
            Self::Upsert(row) => row.id,
            Self::Delete(id) => *id,
        }
    }
}

/// Where a column stands in its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Category(usize),
    Amount(usize),
    Time(usize),
    Text(usize),
}

impl Schema {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut seen = std::collections::BTreeSet::new();
        match self.names().find(|name| !seen.insert(*name)) {
            Some(twice) => Err(Error::DuplicateColumn(twice.to_owned())),
            None => Ok(()),
        }
    }

    pub(crate) fn check_row(&self, row: &Row) -> Result<(), Error> {
        for (kind, given, wanted) in [
            ("category", row.categories.len(), self.categories.len()),
            ("amount", row.amounts.len(), self.amounts.len()),
            ("time", row.times.len(), self.times.len()),
            ("text", row.texts.len(), self.texts.len()),
        ] {
            if given != wanted {
                return Err(Error::RowWidth {
                    id: row.id,
                    kind,
                    given,
                    wanted,
                });
            }
        }
        match row.texts.iter().position(|text| text.len() > LONGEST_TEXT) {
            Some(column) => Err(Error::TextTooLong {
                id: row.id,
                column: self.texts[column].name.clone(),
                given: row.texts[column].len(),
            }),
            None => Ok(()),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let categories = self.categories.iter().map(|c| c.name.as_str());
        let numbers = self.amounts.iter().chain(&self.times).map(String::as_str);
        categories
            .chain(numbers)
            .chain(self.texts.iter().map(|t| t.name.as_str()))
    }

    pub(crate) fn column(&self, name: &str) -> Result<Column, Error> {
        let any = self
            .category(name)
            .map(Column::Category)
            .or_else(|_| self.amount(name).map(Column::Amount))
            .or_else(|_| self.time(name).map(Column::Time))
            .or_else(|_| self.text(name).map(Column::Text));
        any.map_err(|_| unknown("", name, self.names()))
    }

    pub(crate) fn category(&self, name: &str) -> Result<usize, Error> {
        let names = || self.categories.iter().map(|c| c.name.as_str());
        names()
            .position(|n| n == name)
            .ok_or_else(|| unknown("category", name, names()))
    }

    pub(crate) fn amount(&self, name: &str) -> Result<usize, Error> {
        let names = || self.amounts.iter().map(String::as_str);
        names()
            .position(|n| n == name)
            .ok_or_else(|| unknown("amount", name, names()))
    }

    pub(crate) fn time(&self, name: &str) -> Result<usize, Error> {
        let names = || self.times.iter().map(String::as_str);
        names()
            .position(|n| n == name)
            .ok_or_else(|| unknown("time", name, names()))
    }

    /// An amount or a time.
    pub(crate) fn number(&self, name: &str) -> Result<Column, Error> {
        let number = self
            .amount(name)
            .map(Column::Amount)
            .or_else(|_| self.time(name).map(Column::Time));
        let names = || self.amounts.iter().chain(&self.times).map(String::as_str);
        number.map_err(|_| unknown("amount or time", name, names()))
    }

    pub(crate) fn text(&self, name: &str) -> Result<usize, Error> {
        let names = || self.texts.iter().map(|t| t.name.as_str());
        names()
            .position(|n| n == name)
            .ok_or_else(|| unknown("text", name, names()))
    }
}

fn unknown<'a>(kind: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    Error::UnknownColumn {
        kind: if kind.is_empty() { "such" } else { kind },
        name: name.to_owned(),
        known: known.collect::<Vec<_>>().join(", "),
    }
}
