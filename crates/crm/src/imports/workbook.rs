//! The sheets of an XLSX workbook as tables. The real size of its parts is measured before anything is read into memory,
//! and cells are read one after the other: neither a small file that unpacks to gigabytes nor a cell in the last corner
//! of a sheet costs more than what is taken of any file.

use std::io::{Cursor, Read};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};

use super::sniff::refuse;
use super::table::{Keeper, MOST_COLUMNS, Table, too_large, too_many_columns};
use crate::problem::Problem;

/// Bytes of all parts at most, unpacked.
const MOST_UNPACKED: u64 = 1024 * 1024 * 1024;
/// Bytes of the list of texts at most, which is held in memory.
const MOST_SHARED: u64 = 256 * 1024 * 1024;
/// Parts of the archive at most.
const MOST_PARTS: usize = 10_000;
/// Sheets read at most.
const MOST_SHEETS: usize = 50;

/// An archive, as workbooks are.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Every visible sheet that has a header and rows.
pub(super) fn tables(bytes: &[u8]) -> Result<Vec<Table>, Problem> {
    measure(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let sheets: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .take(MOST_SHEETS)
        .collect();
    let mut tables = Vec::new();
    for name in sheets {
        tables.extend(sheet(&mut workbook, &name)?);
    }
    if tables.is_empty() {
        return Err(refuse(
            "no-rows",
            "No sheet of the workbook has column names and a row below them. There is nothing to import.",
        ));
    }
    Ok(tables)
}

/// Refuses what is no workbook or unpacks to more than is taken.
fn measure(bytes: &[u8]) -> Result<(), Problem> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MOST_PARTS {
        return Err(too_large());
    }
    if archive.index_for_name("xl/workbook.xml").is_none() {
        return Err(broken("it holds no sheets"));
    }
    let mut left = MOST_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(broken)?;
        let limit = if part
            .name()
            .map_err(broken)?
            .to_lowercase()
            .ends_with("sharedstrings.xml")
        {
            left.min(MOST_SHARED)
        } else {
            left
        };
        // What the archive says of a part's size is not believed.
        let size = std::io::copy(&mut part.take(limit + 1), &mut std::io::sink()).map_err(broken)?;
        if size > limit {
            return Err(too_large());
        }
        left -= size;
    }
    Ok(())
}

fn broken(error: impl std::fmt::Display) -> Problem {
    refuse(
        "a-workbook",
        &format!(
            "This looks like a workbook or an archive, but cannot be read as an XLSX workbook: {error}. Save the sheet as XLSX or CSV and upload that."
        ),
    )
}

/// Takes the rows of a sheet, of which the first is the header.
struct Taking {
    keeper: Option<Keeper>,
    row: u32,
    cells: Vec<String>,
}

impl Taking {
    /// The row is whole.
    fn end_of_row(&mut self) -> Result<(), Problem> {
        let mut cells = std::mem::take(&mut self.cells);
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(());
        }
        match &mut self.keeper {
            Some(keeper) => keeper.row(u64::from(self.row) + 1, cells),
            None => {
                self.keeper = Some(Keeper::new(cells)?);
                Ok(())
            }
        }
    }
}

fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Option<Table>, Problem> {
    let mut reader = workbook.worksheet_cells_reader(name).map_err(broken)?;
    let mut taking = Taking {
        keeper: None,
        row: 0,
        cells: Vec::new(),
    };
    while let Some(cell) = reader.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= MOST_COLUMNS {
            return Err(too_many_columns(column.saturating_add(1)));
        }
        if row != taking.row {
            taking.end_of_row()?;
            taking.row = row;
        }
        if taking.cells.len() <= column {
            taking.cells.resize(column + 1, String::new());
        }
        taking.cells[column] = text;
    }
    taking.end_of_row()?;
    match taking.keeper {
        Some(keeper) => keeper.table("xlsx", Some(name.to_owned())),
        None => Ok(None),
    }
}

/// A cell as text: numbers with a point, days as `2026-07-01`, moments as `2026-07-01 09:30:00`.
fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(at) => moment(at),
        DataRef::DateTimeIso(text) => text.trim_end_matches("T00:00:00").to_owned(),
        DataRef::DurationIso(text) => text.clone(),
    }
}

fn moment(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    if at.is_duration() {
        let seconds = (at.as_f64() * 86_400.0).round();
        let (hours, rest) = ((seconds / 3_600.0).floor(), seconds.rem_euclid(3_600.0));
        return format!(
            "{hours}:{:02}:{:02}",
            (rest / 60.0).floor(),
            rest.rem_euclid(60.0)
        );
    }
    let clock = format!("{hour:02}:{minute:02}:{second:02}");
    if at.as_f64() < 1.0 {
        return clock;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        date
    } else {
        format!("{date} {clock}")
    }
}
