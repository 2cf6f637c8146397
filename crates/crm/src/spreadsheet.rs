//! Lines of CSV that are safe to open in a spreadsheet.

use crate::problem::Problem;

/// One line of CSV. Text that a spreadsheet would run as a formula gets an apostrophe before it.
pub(crate) fn line(cells: &[String]) -> Result<String, Problem> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let safe = cells.iter().map(|cell| {
        if is_formula(cell) {
            format!("'{cell}")
        } else {
            cell.clone()
        }
    });
    writer.write_record(safe).map_err(Problem::unexpected)?;
    let bytes = writer
        .into_inner()
        .map_err(|error| Problem::unexpected(error.to_string()))?;
    String::from_utf8(bytes).map_err(Problem::unexpected)
}

/// Begins like a formula and is no number or telephone number.
pub(crate) fn is_formula(cell: &str) -> bool {
    match cell.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !cell
            .chars()
            .skip(1)
            .all(|c| c.is_ascii_digit() || " ()/.-+".contains(c)),
        _ => false,
    }
}
