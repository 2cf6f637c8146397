//! A row that was found, with its values.

use std::fmt;

use geom::{LngLat, Meters, Timestamp};

use crate::dictionary::MISSING;
use crate::index::Index;
use crate::schema::{Row, RowId};
use crate::search::HitRank;
use crate::segment::Segment;

/// A row of an index.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    index: &'a Index,
    segment: &'a Segment,
    row: usize,
}

impl<'a> Found<'a> {
    pub(crate) fn new(index: &'a Index, segment: &'a Segment, row: usize) -> Self {
        Self { index, segment, row }
    }

    pub(crate) fn segment(&self) -> &'a Segment {
        self.segment
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> RowId {
        self.segment.ids[self.row]
    }

    /// Its place, if it has one.
    #[must_use]
    pub fn place(&self) -> Option<LngLat> {
        self.segment.place(self.row)
    }

    /// Its value in a category; `None` if it is missing or there is no such category.
    #[must_use]
    pub fn category(&self, column: &str) -> Option<&'a str> {
        self.category_at(self.index.schema.category(column).ok()?)
    }

    /// Its amount; `None` if it is missing or there is no such column.
    #[must_use]
    pub fn amount(&self, column: &str) -> Option<i64> {
        self.segment.amounts[self.index.schema.amount(column).ok()?].get(self.row)
    }

    /// Its time; `None` if it is missing or there is no such column.
    #[must_use]
    pub fn time(&self, column: &str) -> Option<Timestamp> {
        let column = self.index.schema.time(column).ok()?;
        self.segment.times[column].get(self.row).map(Timestamp)
    }

    /// Its text as it was given; `None` if there is no such column.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'a str> {
        Some(self.segment.texts[self.index.schema.text(column).ok()?].get(self.row))
    }

    /// All of it.
    #[must_use]
    pub fn to_row(&self) -> Row {
        let (schema, row) = (&self.index.schema, self.row);
        let category = |column| self.category_at(column).map(str::to_owned);
        Row {
            id: self.id(),
            place: self.place(),
            categories: (0..schema.categories.len()).map(category).collect(),
            amounts: self
                .segment
                .amounts
                .iter()
                .map(|column| column.get(row))
                .collect(),
            times: self
                .segment
                .times
                .iter()
                .map(|column| column.get(row).map(Timestamp))
                .collect(),
            texts: self
                .segment
                .texts
                .iter()
                .map(|column| column.get(row).to_owned())
                .collect(),
        }
    }

    fn category_at(&self, column: usize) -> Option<&'a str> {
        let code = self.segment.categories[column].get(self.row);
        (code != MISSING).then(|| self.index.dictionaries[column].value(code))?
    }
}

impl fmt::Debug for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_row().fmt(f)
    }
}

/// A row that answers a search.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// How well.
    pub rank: HitRank,
    /// The row.
    pub found: Found<'a>,
}

/// A row near a point.
#[derive(Clone, Copy, Debug)]
pub struct Near<'a> {
    /// How far, along the great circle.
    pub distance: Meters,
    /// The row.
    pub found: Found<'a>,
}
