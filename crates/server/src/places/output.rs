//! Answers as columns: written, read again to go on, and taken over where the address is the same.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use geocode::Answer;

use super::input::{Input, Row};

/// What is added to each row.
pub const ADDED: [&str; 7] = ["lng", "lat", "level", "status", "confidence", "matched", "why"];
const LNG: usize = 0;
const STATUS: usize = 3;
const WHY: usize = 6;

/// Values of [`ADDED`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found(pub [String; ADDED.len()]);

impl Found {
    pub fn of(answer: &Answer) -> Self {
        let status = answer.status.as_str().to_owned();
        let why = answer.why.clone();
        Self(match answer.hits.first() {
            Some(hit) => [
                format!("{:.7}", hit.point.lng()),
                format!("{:.7}", hit.point.lat()),
                hit.level.as_str().to_owned(),
                status,
                format!("{:.2}", hit.confidence),
                hit.label.clone(),
                why,
            ],
            None => [
                String::new(),
                String::new(),
                String::new(),
                status,
                String::new(),
                String::new(),
                why,
            ],
        })
    }

    pub fn status(&self) -> &str {
        &self.0[STATUS]
    }

    /// A person has set the point, or it came with its coordinates.
    pub fn is_fixed(&self) -> bool {
        matches!(self.status(), "pinned" | "imported") && !self.0[LNG].is_empty()
    }
}

/// Answers of an earlier run by address.
#[derive(Default)]
pub struct Earlier {
    known: HashMap<[String; 6], Found>,
}

impl Earlier {
    /// Reads an earlier output.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let mut input = Input::open(path)?;
        if !input.headers.iter().any(|h| h == ADDED[STATUS]) {
            bail!(
                "{} has no column `status`: it is no earlier output",
                path.display()
            );
        }
        let mut known: HashMap<[String; 6], Found> = HashMap::new();
        loop {
            let rows = input.rows(10_000)?;
            for row in &rows {
                let Some(found) = row.answer(&input.columns) else {
                    continue;
                };
                let slot = known.entry(row.address(&input.columns));
                // Of two rows with one address, the point that a person has set.
                slot.and_modify(|known| {
                    if found.is_fixed() && !known.is_fixed() {
                        known.clone_from(&found);
                    }
                })
                .or_insert(found);
            }
            if rows.is_empty() {
                return Ok(Self { known });
            }
        }
    }

    /// The answer for the same address.
    pub fn of(&self, row: &Row, columns: &super::input::Columns) -> Option<Found> {
        if self.known.is_empty() {
            return None;
        }
        self.known.get(&row.address(columns)).cloned()
    }
}

/// The file under construction, beside its target until it is whole.
pub struct Output {
    writer: csv::Writer<File>,
    part: PathBuf,
    target: PathBuf,
    columns: super::input::Columns,
}

impl Output {
    /// Begins the file, or goes on with what an interrupted run has left: its rows are compared with the input's,
    /// which is read up to there, and counted by status.
    pub fn begin(
        target: &Path,
        input: &mut Input,
        resume: bool,
        counts: &mut BTreeMap<String, u64>,
    ) -> anyhow::Result<Self> {
        let mut part = target.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let failed = || format!("writing {}", target.display());
        let own = input.columns.own.iter().map(|at| input.headers[*at].clone());
        let headers: Vec<String> = own.chain(ADDED.map(str::to_owned)).collect();
        let whole = match resume && part.exists() {
            true => written(&part, &headers, input, counts)?,
            false => 0,
        };
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&part)
            .with_context(failed)?;
        file.set_len(whole).with_context(failed)?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).with_context(failed)?;
        let mut writer = csv::Writer::from_writer(file);
        if whole == 0 {
            writer.write_record(&headers).with_context(failed)?;
        }
        Ok(Self {
            writer,
            part,
            target: target.to_owned(),
            columns: input.columns.clone(),
        })
    }

    /// Writes one row and its answer.
    pub fn write(&mut self, row: &Row, mut found: Found) -> anyhow::Result<()> {
        let beyond = row.beyond(&self.columns);
        let told = format!("{beyond} cells beyond the columns were left out.");
        if beyond > 0 && !found.0[WHY].ends_with(&told) {
            found.0[WHY] = format!("{} {told}", found.0[WHY]).trim().to_owned();
        }
        let own = self.columns.own.iter().map(|at| row.cell(*at));
        let record = own.chain(found.0.iter().map(String::as_str));
        self.writer
            .write_record(record)
            .with_context(|| format!("writing {}", self.part.display()))
    }

    /// Hands everything to the system, so that an interrupted run has it.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        self.writer
            .flush()
            .with_context(|| format!("writing {}", self.part.display()))
    }

    /// Gives the file its name.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        drop(self.writer);
        std::fs::rename(&self.part, &self.target)
            .with_context(|| format!("writing {}", self.target.display()))
    }
}

/// How many bytes of an interrupted run's file are whole. Its last row may be cut, and is written again.
fn written(
    part: &Path,
    headers: &[String],
    input: &mut Input,
    counts: &mut BTreeMap<String, u64>,
) -> anyhow::Result<u64> {
    let shown = part.display();
    // Interrupted within the line of names: nothing is written yet.
    let mut names = csv::Writer::from_writer(Vec::new());
    names.write_record(headers)?;
    let names = names.into_inner().map_err(csv::IntoInnerError::into_error)?;
    let mut begun = Vec::new();
    let file = File::open(part).with_context(|| format!("reading {shown}"))?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, names.len() as u64), &mut begun)
        .with_context(|| format!("reading {shown}"))?;
    if begun.len() < names.len() && names.starts_with(&begun) {
        return Ok(0);
    }
    let file = File::open(part).with_context(|| format!("reading {shown}"))?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let known = reader.headers().with_context(|| format!("reading {shown}"))?;
    if known.iter().ne(headers.iter().map(String::as_str)) {
        bail!("{shown} was begun for other columns; start again without --resume");
    }
    let mut before: Option<csv::StringRecord> = None;
    let mut row = 0u64;
    for record in reader.records() {
        // Cut within a letter: the last row.
        let Ok(record) = record else { break };
        if let Some(before) = before.replace(record) {
            row += 1;
            let same = input.rows(1)?.first().is_some_and(|own| {
                let own = input.columns.own.iter().map(|at| own.cell(*at));
                before.len() == headers.len() && own.zip(&before).all(|(own, known)| own == known)
            });
            if !same {
                bail!("row {row} of {shown} is not that of the input; start again without --resume");
            }
            let status = before
                .get(headers.len() - ADDED.len() + STATUS)
                .unwrap_or_default();
            *counts.entry(status.to_owned()).or_insert(0) += 1;
        }
    }
    // Where the last row begins.
    let last = before.and_then(|last| last.position().map(csv::Position::byte));
    Ok(last.unwrap_or(0))
}
