//! Rows of a CSV file as requests. Bytes that are no UTF-8 are replaced, cells beyond the columns are told.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail};
use geocode::Request;

use super::output::{ADDED, Found};

/// Names a column may have, folded, by field.
const COLUMNS: [&[&str]; 6] = [
    &["address", "adresse", "anschrift", "q", "query"],
    &["street", "straße", "strasse", "addr:street"],
    &[
        "house_number",
        "housenumber",
        "hausnummer",
        "number",
        "addr:housenumber",
    ],
    &[
        "postcode",
        "postal_code",
        "zip",
        "plz",
        "postleitzahl",
        "addr:postcode",
    ],
    &["city", "town", "ort", "stadt", "addr:city"],
    &["country", "land"],
];

/// Which column holds what.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Free text, street, house number, postcode, city, country.
    fields: [Option<usize>; 6],
    /// Where the file has an answer already: its columns, in the order of [`ADDED`].
    answer: [Option<usize>; ADDED.len()],
    /// The columns that are written again.
    pub own: Vec<usize>,
    /// How many there are.
    pub count: usize,
}

impl Columns {
    /// Reads a line of column names. `None` where no column holds an address.
    pub fn of(headers: &[String]) -> Option<Self> {
        let folded: Vec<String> = headers
            .iter()
            .map(|h| h.trim_start_matches('\u{feff}').trim().to_lowercase())
            .collect();
        let fields = COLUMNS.map(|names| folded.iter().position(|h| names.contains(&h.as_str())));
        let answer = ADDED.map(|name| folded.iter().position(|h| h == name));
        let own = (0..headers.len())
            .filter(|at| !answer.contains(&Some(*at)))
            .collect();
        fields.iter().any(Option::is_some).then_some(Self {
            fields,
            answer,
            own,
            count: headers.len(),
        })
    }
}

/// A row as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    cells: Vec<String>,
}

impl Row {
    pub fn new(cells: Vec<String>) -> Self {
        Self { cells }
    }

    pub fn cell(&self, at: usize) -> &str {
        self.cells.get(at).map_or("", String::as_str)
    }

    /// What is looked up.
    pub fn request(&self, columns: &Columns) -> Request<'_> {
        let [text, street, house_number, postcode, city, country] =
            columns.fields.map(|at| at.map_or("", |at| self.cell(at)));
        Request {
            text,
            street,
            house_number,
            postcode,
            city,
            country,
            ..Request::default()
        }
    }

    /// What tells whether the address has changed.
    pub fn address(&self, columns: &Columns) -> [String; 6] {
        columns
            .fields
            .map(|at| at.map_or("", |at| self.cell(at)).trim().to_owned())
    }

    /// The answer that the row itself has, if a person or a system has set it.
    pub fn own_answer(&self, columns: &Columns) -> Option<Found> {
        let found = self.answer(columns)?;
        found.is_fixed().then_some(found)
    }

    /// The answer in its columns.
    pub fn answer(&self, columns: &Columns) -> Option<Found> {
        let found = Found(
            columns
                .answer
                .map(|at| at.map_or("", |at| self.cell(at)).to_owned()),
        );
        (!found.status().is_empty()).then_some(found)
    }

    /// Cells beyond the columns.
    pub fn beyond(&self, columns: &Columns) -> usize {
        self.cells.len().saturating_sub(columns.count)
    }
}

/// An open file.
pub struct Input {
    reader: csv::Reader<File>,
    pub headers: Vec<String>,
    pub columns: Columns,
    /// Bytes.
    pub size: u64,
    shown: String,
}

impl Input {
    /// Opens a file and reads its column names.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let file = File::open(path).with_context(|| format!("reading {shown}"))?;
        let size = file.metadata().with_context(|| format!("reading {shown}"))?.len();
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let headers = reader
            .byte_headers()
            .with_context(|| format!("reading {shown}"))?;
        let headers: Vec<String> = headers.iter().map(text).collect();
        let Some(columns) = Columns::of(&headers) else {
            bail!(
                "{shown} has no column `address`, `street`, `postcode` or `city`; its columns are {}",
                headers.join(", ")
            );
        };
        Ok(Self {
            reader,
            headers,
            columns,
            size,
            shown,
        })
    }

    /// The next rows, at most so many.
    pub fn rows(&mut self, most: usize) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut record = csv::ByteRecord::new();
        while rows.len() < most
            && self
                .reader
                .read_byte_record(&mut record)
                .with_context(|| format!("reading {}", self.shown))?
        {
            rows.push(Row::new(record.iter().map(text).collect()));
        }
        Ok(rows)
    }

    /// How far it is read, bytes.
    pub fn position(&self) -> u64 {
        self.reader.position().byte()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
