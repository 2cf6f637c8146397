//! From a file to customers: sniff, propose a mapping, dry run, import as one change set, undo.

mod columns;
mod http;
mod rows;
mod run;
mod sniff;
mod store;

#[cfg(test)]
pub(crate) use columns::proposed;
pub(crate) use http::{begin_file, router};
pub(crate) use run::{check, run};
pub(crate) use store::load as bytes_of;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the file was read; a person may correct it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq)]
pub(crate) struct FileStyle {
    /// `utf-8`, `utf-16le`, `utf-16be`, `windows-1252`.
    pub encoding: String,
    /// `,`, `;`, tab or `|`.
    pub delimiter: String,
    /// `.` or `,`.
    pub decimal: String,
    /// `ymd`, `dmy` or `mdy`.
    pub date_style: String,
}

/// What to do with a row whose customer is on record already.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Duplicates {
    /// Leave the customer as it is.
    #[default]
    Skip,
    /// Write the row's values over it.
    Update,
    /// Write only what is empty.
    Fill,
    /// Make another one.
    Create,
}

/// What becomes of a column.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq)]
pub(crate) struct ColumnMapping {
    /// Position in the file, from 0.
    pub index: usize,
    /// `account.name`, `location.street`, …; null with `custom` false leaves the column out.
    pub field: Option<String>,
    /// Keep it as a custom field of the customer, under its header.
    #[serde(default)]
    pub custom: bool,
}

/// Mapping and rules of one import.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, PartialEq)]
pub(crate) struct Mapping {
    /// One entry per column; columns not named are left out.
    pub columns: Vec<ColumnMapping>,
    /// What happens to customers on record.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// `.` or `,` where the sniffed one is wrong.
    #[serde(default)]
    pub decimal: Option<String>,
    /// `ymd`, `dmy`, `mdy` where the sniffed one is wrong.
    #[serde(default)]
    pub date_style: Option<String>,
}

/// Counts of an import; `rows` is the sum of the next four.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub(crate) struct Summary {
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    pub skipped: u64,
    pub failed: u64,
    /// Places by status after the look-up.
    #[schema(value_type = Object)]
    pub geocode: std::collections::BTreeMap<String, u64>,
}

/// What is wrong with one cell or row.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub(crate) struct RowError {
    /// Row of data, from 1.
    pub row: u64,
    /// Line in the file, from 1; a row may span several.
    pub line: u64,
    /// Header of the column; null for the whole row.
    pub column: Option<String>,
    /// What stood there.
    pub read: String,
    /// What is wrong and what would be right.
    pub message: String,
}
