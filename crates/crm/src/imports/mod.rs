//! From files to records: read, propose what each column is, dry run, import as one change set, undo.

mod files;
mod properties;
mod sniff;
mod table;
mod vcard;
mod workbook;

mod columns;
mod numbers;
mod objects;
mod signatures;
mod targets;
mod words;

mod draft;
mod rows;
mod values;

mod known;
mod links;
mod lookup;
mod stages;

mod chunk;
mod fate;
mod making;
mod run;
mod walk;
mod writing;
mod wrong;

mod http;
mod mapping;
mod shown;
mod store;
mod upload;

#[cfg(test)]
pub(crate) mod tests;

#[cfg(test)]
pub(crate) use columns::proposed;
pub(crate) use http::router;
pub(crate) use rows::custom_name;
pub(crate) use run::{check, run};
pub(crate) use store::bytes_of;
pub(crate) use upload::begin_file;
pub(crate) use words::theirs;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// How a table was read; a person may correct it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq)]
pub(crate) struct FileStyle {
    /// `csv`, `xlsx`, `vcard`.
    pub format: String,
    /// `utf-8`, `utf-16le`, `utf-16be`, `windows-1252`.
    pub encoding: String,
    /// `,`, `;`, tab or `|`.
    pub delimiter: String,
    /// `.` or `,`.
    pub decimal: String,
    /// `ymd`, `dmy` or `mdy`.
    pub date_style: String,
}

/// What to do with a row whose record is there already.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Duplicates {
    /// Leave the record as it is.
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
    /// Position in the table, from 0.
    pub index: usize,
    /// `account.name`, `location.street`, …; null with `custom` false leaves the column out.
    pub field: Option<String>,
    /// Keep it as a custom field of the record, under its header.
    #[serde(default)]
    pub custom: bool,
}

/// What becomes of one table.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, PartialEq)]
pub(crate) struct PartMapping {
    /// The record type that each row is one of; null leaves the table out.
    pub object: Option<String>,
    /// One entry per column; columns not named are left out.
    pub columns: Vec<ColumnMapping>,
    /// `.` or `,` where the sniffed one is wrong.
    #[serde(default)]
    pub decimal: Option<String>,
    /// `ymd`, `dmy`, `mdy` where the sniffed one is wrong.
    #[serde(default)]
    pub date_style: Option<String>,
}

/// What one row that is there already comes to, other than the rule says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq)]
pub(crate) struct RowChoice {
    /// Table, from 0.
    pub part: usize,
    /// Row of data, from 1.
    pub row: u64,
    pub choice: Duplicates,
}

/// Whom a name in the file means, said by a person once for all rows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq)]
pub(crate) struct NamedLink {
    /// The record type.
    pub to: String,
    /// What stands in the file.
    pub read: String,
    /// The record that is meant.
    pub id: String,
}

/// Mapping and rules of one import.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, PartialEq)]
pub(crate) struct Mapping {
    /// One per table, in the order of the tables.
    pub parts: Vec<PartMapping>,
    /// What happens to records that are there already.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// Rows for which something else was chosen.
    #[serde(default)]
    pub rows: Vec<RowChoice>,
    /// Names that a person explained.
    #[serde(default)]
    pub links: Vec<NamedLink>,
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
    pub geocode: BTreeMap<String, u64>,
    /// Records made, by type: a row may make several.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub records: BTreeMap<String, u64>,
}

impl Summary {
    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.created += other.created;
        self.updated += other.updated;
        self.skipped += other.skipped;
        self.failed += other.failed;
        for (all, one) in [
            (&mut self.geocode, &other.geocode),
            (&mut self.records, &other.records),
        ] {
            for (name, count) in one {
                *all.entry(name.clone()).or_default() += count;
            }
        }
    }
}

/// What is wrong with one cell or row; or, of a row that is imported, what of it could not be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub(crate) struct RowError {
    /// Table, from 0.
    #[serde(default)]
    pub part: usize,
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
    /// The same for programs and other languages: `whole-number`, `one-of`; empty for what the records alone can say, and
    /// for imports of earlier versions.
    #[serde(default)]
    pub code: String,
    /// What stands in the gaps of its sentence.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
}

/// A name that nobody on record bears.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub(crate) struct Unresolved {
    /// The record type that was looked for.
    pub to: String,
    /// What stands in the file.
    pub read: String,
    /// In so many rows.
    pub rows: u64,
    /// More than one bears it.
    pub ambiguous: bool,
}

/// A row whose record is there already, or may be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub(crate) struct FoundDuplicate {
    /// Table, from 0.
    pub part: usize,
    /// Row of data, from 1.
    pub row: u64,
    /// Line in the file.
    pub line: u64,
    /// What the row is called.
    pub title: String,
    /// The record type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The record that is there; null if an earlier row of the import makes it.
    pub id: Option<String>,
    /// What the record is called.
    pub known_as: String,
    /// external_id, unique, number, name, name_street, name_parent, email, phone, domain, near, name_elsewhere
    pub reasons: Vec<String>,
    /// From the record's place, in metres.
    pub distance_m: Option<u64>,
    /// It is the same; else it may be, and another record is made unless something else is chosen.
    pub sure: bool,
    /// skip, update, fill, create: what comes of it.
    pub fate: Duplicates,
}

/// Failed rows as a file: the columns they came in. What a spreadsheet would run is made harmless.
fn failed_csv<'a>(headers: impl Iterator<Item = &'a str>, rows: &[Vec<String>]) -> Result<Vec<u8>, Problem> {
    let mut text = crate::spreadsheet::line(&headers.map(str::to_owned).collect::<Vec<_>>())?;
    for row in rows {
        text += &crate::spreadsheet::line(row)?;
    }
    Ok(text.into_bytes())
}
