//! What a caller can get wrong.

use crate::RowId;

/// Every error names the value that was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A filter, style or snapshot names a column that the schema does not have with that kind.
    #[error("there is no {kind} column \"{name}\"; there are: {known}")]
    UnknownColumn {
        /// What kind was wanted.
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The names there are, separated by commas.
        known: String,
    },
    /// A row has more or fewer values than the schema has columns of that kind.
    #[error("row {id} has {given} {kind} values, the schema has {wanted} such columns")]
    RowWidth {
        /// The row.
        id: RowId,
        /// The kind of column.
        kind: &'static str,
        /// How many values the row has.
        given: usize,
        /// How many columns the schema has.
        wanted: usize,
    },
    /// A text is longer than an index takes.
    #[error("the {column} of row {id} has {given} bytes; at most {limit} are taken", limit = crate::schema::LONGEST_TEXT)]
    TextTooLong {
        /// The row.
        id: RowId,
        /// The text column.
        column: String,
        /// How many bytes the text has.
        given: usize,
    },
    /// Two columns have the same name.
    #[error("the column name \"{0}\" is used twice; every column needs its own")]
    DuplicateColumn(String),
    /// A corner of a shape is not a finite number.
    #[error("a corner of the shape is [{0}, {1}], which is not a point")]
    BadCorner(f64, f64),
    /// A tile style asks for a grid that does not fit the tile.
    #[error("a tile is cut into 1, 2, 4, … 256 cells across, not {0}")]
    BadGrid(u32),
    /// A tile style has no layer name.
    #[error("a tile layer needs a name")]
    NoLayerName,
    /// A tile style shows a column under a name that every point carries by itself.
    #[error(
        "the points of a tile carry count, id and stack by themselves; the column \"{0}\" needs another name"
    )]
    ReservedName(String),
    /// The bytes are something else.
    #[error("these bytes are not an index of points")]
    NotAnIndex,
    /// The bytes were written by another version of this crate.
    #[error("these bytes have format {given}, this program reads {wanted}; build the index anew")]
    OtherVersion {
        /// The format's version.
        given: u32,
        /// The version that is read.
        wanted: u32,
    },
    /// The bytes are cut short or were changed.
    #[error("the {0} of these bytes are damaged or not aligned to 8; build the index anew")]
    Damaged(&'static str),
    /// More rows than one index holds.
    #[error("an index holds at most {limit} rows", limit = u32::MAX - 1)]
    TooManyRows,
}
