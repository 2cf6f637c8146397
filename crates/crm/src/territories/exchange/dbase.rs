//! The table of a shapefile: dBASE III, fields of fixed width.

/// A field as it is written: name of at most ten letters, `C` or `N`, width in bytes, digits after the point.
pub(super) type Field = (&'static str, u8, u8, u8);

/// Rows of the table; each cell is text, numbers already written out.
pub(super) fn write(fields: &[Field], rows: &[Vec<String>]) -> Vec<u8> {
    let width: usize = 1 + fields.iter().map(|f| usize::from(f.2)).sum::<usize>();
    // dBASE III; a fixed day, so that the same territories make the same file.
    let mut out = vec![3, 100, 1, 1];
    out.extend((rows.len() as u32).to_le_bytes());
    out.extend((32 * (fields.len() as u16 + 1) + 1).to_le_bytes());
    out.extend((width as u16).to_le_bytes());
    out.extend([0; 20]);
    for (name, kind, width, digits) in fields {
        let mut field = [0; 32];
        field[..name.len()].copy_from_slice(name.as_bytes());
        field[11] = *kind;
        field[16] = *width;
        field[17] = *digits;
        out.extend(field);
    }
    out.push(b'\r');
    for row in rows {
        out.push(b' ');
        for (cell, (_, kind, width, _)) in row.iter().zip(fields) {
            let width = usize::from(*width);
            let mut end = cell.len().min(width);
            while !cell.is_char_boundary(end) {
                end -= 1;
            }
            let pad = std::iter::repeat_n(b' ', width - end);
            if *kind == b'N' {
                out.extend(pad);
                out.extend(&cell.as_bytes()[..end]);
            } else {
                out.extend(&cell.as_bytes()[..end]);
                out.extend(pad);
            }
        }
    }
    out.push(0x1a);
    out
}

/// Trimmed texts in the order of the fields; `None` for a deleted row.
pub(super) type Row = Option<Vec<String>>;

/// Names of the fields, and the rows. `label` names the encoding; without one it is UTF-8 where that fits, else Windows-1252.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8], label: Option<&str>) -> Result<(Vec<String>, Vec<Row>), String> {
    const SHORT: &str = "the table ends too early";
    let header = bytes.get(..32).ok_or(SHORT)?;
    let count = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
    let begins = usize::from(u16::from_le_bytes([header[8], header[9]]));
    let width = usize::from(u16::from_le_bytes([header[10], header[11]]));
    let encoding = label.and_then(|l| {
        let name = l.trim();
        // ESRI writes bare numbers of code pages, or "ANSI 1252".
        let number = name.rsplit([' ', '-']).next().unwrap_or(name);
        encoding_rs::Encoding::for_label(name.as_bytes())
            .or_else(|| encoding_rs::Encoding::for_label(format!("windows-{number}").as_bytes()))
    });
    let text = |raw: &[u8]| -> String {
        let raw = match raw.iter().position(|b| *b == 0) {
            Some(end) => &raw[..end],
            None => raw,
        };
        let decoded = match (encoding, std::str::from_utf8(raw)) {
            (Some(encoding), _) => encoding.decode(raw).0.into_owned(),
            (None, Ok(utf8)) => utf8.to_owned(),
            (None, Err(_)) => encoding_rs::WINDOWS_1252.decode(raw).0.into_owned(),
        };
        decoded.trim().to_owned()
    };
    let mut names = Vec::new();
    let mut widths = Vec::new();
    let mut at = 32;
    while *bytes.get(at).ok_or(SHORT)? != b'\r' {
        let field = bytes.get(at..at + 32).ok_or(SHORT)?;
        names.push(text(&field[..11]));
        widths.push(usize::from(field[16]));
        at += 32;
    }
    if width < 1 + widths.iter().sum::<usize>() {
        return Err("the table's fields are wider than its rows".into());
    }
    let mut rows = Vec::new();
    for row in 0..count {
        let from = begins + row * width;
        let row = bytes.get(from..from + width).ok_or(SHORT)?;
        if row[0] == b'*' {
            rows.push(None);
            continue;
        }
        let mut rest = &row[1..];
        let mut cells = Vec::with_capacity(widths.len());
        for width in &widths {
            let (cell, after) = rest.split_at(*width);
            cells.push(text(cell));
            rest = after;
        }
        rows.push(Some(cells));
    }
    Ok((names, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_other_encodings_too() {
        let fields = [("name", b'C', 8, 0), ("priority", b'N', 5, 0)];
        let row = |name: &str, number: &str| vec![name.to_owned(), number.to_owned()];
        let rows = [row("S\u{fc}d", "12"), row("\u{f6}\u{f6}\u{f6}\u{f6}\u{f6}", "")];
        let bytes = write(&fields, &rows);
        let (names, read_rows) = read(&bytes, Some("UTF-8")).unwrap();
        assert_eq!(names, ["name", "priority"]);
        // The second name is cut where a letter ends.
        assert_eq!(
            read_rows,
            [Some(rows[0].clone()), Some(row("\u{f6}\u{f6}\u{f6}\u{f6}", ""))]
        );
        let mut latin = bytes.clone();
        let at = latin.windows(2).position(|w| w == "\u{fc}".as_bytes()).unwrap();
        latin[at] = 0xfc;
        latin[at + 1] = b'd';
        latin[at + 2] = b' ';
        for label in [None, Some("1252"), Some("ANSI 1252"), Some("ISO-8859-1")] {
            let (_, rows) = read(&latin, label).unwrap();
            assert_eq!(rows[0].as_ref().unwrap()[0], "S\u{fc}d", "{label:?}");
        }
        for cut in 0..bytes.len() - 1 {
            assert!(read(&bytes[..cut], None).is_err(), "cut at {cut}");
        }
    }
}
