//! What kind of file is it, and which tables does it hold? Told by its bytes, never by its name.

use super::table::Table;
use super::{sniff, vcard, workbook};
use crate::problem::Problem;

/// The tables of a file.
pub(super) fn tables(bytes: Vec<u8>) -> Result<Vec<Table>, Problem> {
    if workbook::is_archive(&bytes) {
        workbook::tables(&bytes)
    } else if vcard::is_vcard(&bytes) {
        Ok(vec![vcard::table(&bytes)?])
    } else {
        let sniffed = sniff::sniff(&bytes)?;
        Ok(vec![Table {
            sheet: None,
            style: sniffed.style,
            headers: sniffed.headers,
            first_rows: sniffed.first_rows,
            rows: sniffed.rows,
            kept: bytes,
        }])
    }
}
