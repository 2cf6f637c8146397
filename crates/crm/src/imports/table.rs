//! A file's table as it is kept, whatever it came as: its rows, each with its place in the file.

use super::{FileStyle, sniff};
use crate::problem::Problem;

/// Columns of one table at most.
pub(super) const MOST_COLUMNS: usize = 500;
/// Rows of one table at most.
pub(super) const MOST_ROWS: u64 = 1_000_000;
/// Rows looked at to guess styles.
pub(super) const LOOKED_AT: usize = 1_000;

/// One table found in a file.
#[derive(Debug)]
pub(super) struct Table {
    /// The sheet of a workbook that has several.
    pub sheet: Option<String>,
    pub style: FileStyle,
    pub headers: Vec<String>,
    /// The first rows, for samples.
    pub first_rows: Vec<Vec<String>>,
    pub rows: u64,
    /// What is kept: a list as it was sent; a sheet or an address book as CSV with each row's place before it.
    pub kept: Vec<u8>,
}

/// Writes the table of a sheet or an address book as it is kept.
pub(super) struct Keeper {
    writer: csv::Writer<Vec<u8>>,
    headers: Vec<String>,
    first_rows: Vec<Vec<String>>,
    rows: u64,
    written: usize,
}

/// Text of one table at most: cells that a file names a thousand times are a thousand times as long.
const MOST_TEXT: usize = 512 * 1024 * 1024;

impl Keeper {
    pub fn new(headers: Vec<String>) -> Result<Self, Problem> {
        if headers.len() > MOST_COLUMNS {
            return Err(too_many_columns(headers.len()));
        }
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        let numbered = std::iter::once("").chain(headers.iter().map(String::as_str));
        writer.write_record(numbered).map_err(Problem::unexpected)?;
        Ok(Self {
            writer,
            headers,
            first_rows: Vec::new(),
            rows: 0,
            written: 0,
        })
    }

    /// A row and where it stands in the file, from 1.
    pub fn row(&mut self, place: u64, cells: Vec<String>) -> Result<(), Problem> {
        self.rows += 1;
        self.written += cells.iter().map(|cell| cell.len() + 1).sum::<usize>();
        if self.rows > MOST_ROWS {
            return Err(too_many_rows());
        }
        if self.written > MOST_TEXT {
            return Err(too_large());
        }
        let place = place.to_string();
        let numbered = std::iter::once(&place).chain(&cells);
        self.writer.write_record(numbered).map_err(Problem::unexpected)?;
        if self.first_rows.len() < LOOKED_AT {
            self.first_rows.push(cells);
        }
        Ok(())
    }

    /// The table; `None` if no row came.
    pub fn table(self, format: &str, sheet: Option<String>) -> Result<Option<Table>, Problem> {
        if self.rows == 0 {
            return Ok(None);
        }
        let kept = self
            .writer
            .into_inner()
            .map_err(|e| Problem::unexpected(e.to_string()))?;
        Ok(Some(Table {
            sheet,
            style: FileStyle {
                format: format.to_owned(),
                encoding: "utf-8".to_owned(),
                delimiter: ",".to_owned(),
                decimal: ".".to_owned(),
                date_style: "ymd".to_owned(),
            },
            headers: self.headers,
            first_rows: self.first_rows,
            rows: self.rows,
            kept,
        }))
    }
}

/// One row of a table.
pub(super) struct Row {
    /// Row of data, from 1.
    pub number: u64,
    /// Line of the file, row of the sheet, or line at which a card begins; from 1.
    pub line: u64,
    pub cells: Vec<String>,
}

/// The rows of a kept table, in their order, without empty ones.
pub(super) struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    lines: sniff::Lines<'a>,
    record: csv::StringRecord,
    /// A row's first cell is its place in the file.
    numbered: bool,
    number: u64,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str, style: &FileStyle) -> Self {
        Self {
            reader: sniff::reader(text, style.delimiter.chars().next().unwrap_or(',')),
            lines: sniff::Lines::new(text),
            record: csv::StringRecord::new(),
            numbered: style.format != "csv",
            number: 0,
        }
    }

    /// The next row that holds something.
    pub fn next_row(&mut self) -> Result<Option<Row>, Problem> {
        while self
            .reader
            .read_record(&mut self.record)
            .map_err(Problem::unexpected)?
        {
            let cells: Vec<String> = self
                .record
                .iter()
                .skip(usize::from(self.numbered))
                .map(str::to_owned)
                .collect();
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            self.number += 1;
            let line = if self.numbered {
                self.record
                    .get(0)
                    .and_then(|place| place.parse().ok())
                    .unwrap_or(self.number)
            } else {
                self.lines.of(&self.record)
            };
            return Ok(Some(Row {
                number: self.number,
                line,
                cells,
            }));
        }
        Ok(None)
    }
}

pub(super) fn too_many_columns(columns: usize) -> Problem {
    sniff::refuse(
        "too-many-columns",
        &format!("The file has {columns} columns, at most {MOST_COLUMNS} are taken."),
    )
}

pub(super) fn too_many_rows() -> Problem {
    sniff::refuse(
        "too-many-rows",
        "The file has more than 1,000,000 rows. Split it and send the pieces one after the other.",
    )
}

pub(super) fn too_large() -> Problem {
    sniff::refuse(
        "too-large",
        "Unpacked, the file is larger than what is taken. Split it, or save the list as CSV.",
    )
}
