//! What a shape sums to.

use serde::Serialize;

/// What to add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotSpec {
    /// Amounts to sum.
    pub sums: Vec<String>,
    /// Categories to break down by, each on its own.
    pub group_by: Vec<String>,
}

/// Counts and sums of the rows of a shape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// How many rows.
    pub count: u64,
    /// One sum for each [`SnapshotSpec::sums`], exact. A missing amount adds nothing.
    pub sums: Vec<i128>,
    /// One breakdown for each [`SnapshotSpec::group_by`].
    pub groups: Vec<Group>,
}

/// The rows of a shape, broken down by a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The category.
    pub column: String,
    /// One entry for each value that occurs: the most urgent first, then alphabetically; rows without a
    /// value last.
    pub values: Vec<Totals>,
}

/// Count and sums of one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// The value; `None` for rows without one.
    pub value: Option<String>,
    /// How many rows.
    pub count: u64,
    /// As [`Snapshot::sums`].
    pub sums: Vec<i128>,
}
