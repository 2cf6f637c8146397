//! Which rows count: what a list's filter and a viewer's rights come down to.

use crate::{RowId, Shape};

/// A condition on rows. Two-valued: a comparison with a missing value is false, and its negation is true.
/// (SQL's `not` leaves such rows out; write `And([Not(x), Not(Missing(column))])` for that.)
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every row.
    All,
    /// No row.
    None,
    /// Rows that pass every one of these; every row where there are none.
    And(Vec<Filter>),
    /// Rows that pass at least one of these; no row where there are none.
    Or(Vec<Filter>),
    /// Rows that do not pass.
    Not(Box<Filter>),
    /// Rows whose category has one of these values, to the letter.
    Category {
        /// The category's name.
        column: String,
        /// The values.
        any_of: Vec<String>,
    },
    /// Rows whose amount or time (milliseconds) lies between, both ends included; an end that is `None`
    /// is open.
    Range {
        /// The amount's or time's name.
        column: String,
        /// Smallest value that passes.
        from: Option<i64>,
        /// Largest value that passes.
        to: Option<i64>,
    },
    /// Rows without a value in this category, amount or time, or with an empty text.
    Missing {
        /// The column's name.
        column: String,
    },
    /// Rows that have a place.
    Placed,
    /// Rows in a shape.
    Within(Shape),
    /// Rows with one of these ids.
    Ids(Vec<RowId>),
    /// Rows that [`View::search`](crate::View::search) finds for this text.
    Text(String),
}

impl Filter {
    /// Rows whose category has one of these values.
    pub fn category<S: Into<String>>(column: impl Into<String>, any_of: impl IntoIterator<Item = S>) -> Self {
        Self::Category {
            column: column.into(),
            any_of: any_of.into_iter().map(Into::into).collect(),
        }
    }

    /// Both filters.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, only) | (only, Self::All) => only,
            (Self::And(mut all), other) => {
                all.push(other);
                Self::And(all)
            }
            (first, second) => Self::And(vec![first, second]),
        }
    }
}
