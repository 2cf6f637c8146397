//! What kind of file is this? Encoding, delimiter, decimal and date style, told by the bytes.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::FileStyle;
use super::table::{LOOKED_AT, MOST_COLUMNS, MOST_ROWS, too_many_columns, too_many_rows};
use crate::problem::Problem;

/// What a file looks like.
pub(crate) struct Sniffed {
    pub style: FileStyle,
    pub headers: Vec<String>,
    /// The first rows, for samples.
    pub first_rows: Vec<Vec<String>>,
    pub rows: u64,
}

/// Decodes and looks at a file. Refuses what has no header or no rows, naming the file's trouble.
pub(crate) fn sniff(bytes: &[u8]) -> Result<Sniffed, Problem> {
    let (text, encoding) = decode(bytes)?;
    let first_line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    if first_line.is_empty() {
        return Err(refuse(
            "empty-file",
            "The file is empty. It needs a line of column names and at least one row.",
        ));
    }
    let delimiter = [',', ';', '\t', '|']
        .into_iter()
        .max_by_key(|d| count_outside_quotes(first_line, *d))
        .unwrap_or(',');
    if let Some(line) = unclosed_quote(&text, delimiter) {
        return Err(refuse(
            "unclosed-quote",
            &format!(
                "The quote that begins in line {line} is never closed, so everything behind it would be one cell. Close it, or double it where it belongs to the text."
            ),
        ));
    }
    let mut reader = reader(&text, delimiter);
    let headers: Vec<String> = reader
        .headers()
        .map_err(csv_problem)?
        .iter()
        .map(|h| h.trim().to_owned())
        .collect();
    if headers.len() > MOST_COLUMNS {
        return Err(too_many_columns(headers.len()));
    }
    if headers.iter().all(|h| h.is_empty() || h.parse::<f64>().is_ok()) {
        return Err(refuse(
            "no-header",
            "The first line holds no column names. Put the names of the columns in the first line.",
        ));
    }
    let mut first_rows = Vec::new();
    let mut rows = 0u64;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(csv_problem)? {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        rows += 1;
        if rows > MOST_ROWS {
            return Err(too_many_rows());
        }
        if first_rows.len() < LOOKED_AT {
            first_rows.push(
                record
                    .iter()
                    .map(|cell| cell.trim().to_owned())
                    .collect::<Vec<_>>(),
            );
        }
    }
    if rows == 0 {
        return Err(refuse(
            "no-rows",
            "The file has column names but no row below them. There is nothing to import.",
        ));
    }
    let style = FileStyle {
        format: "csv".to_owned(),
        encoding: encoding.to_owned(),
        delimiter: delimiter.to_string(),
        decimal: decimal_of(&first_rows).to_owned(),
        date_style: date_style_of(&first_rows).to_owned(),
    };
    Ok(Sniffed {
        style,
        headers,
        first_rows,
        rows,
    })
}

/// A CSV reader over decoded text: quotes, newlines in fields, rows of any length.
pub(crate) fn reader(text: &str, delimiter: char) -> csv::Reader<&[u8]> {
    let delimiter = u8::try_from(delimiter).unwrap_or(b',');
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// On which line of a text its records begin, asked in their order. The reader itself counts a line less
/// behind line ends of two characters, and counts empty lines to the record below them.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line, from 1.
    pub fn of(&mut self, record: &csv::StringRecord) -> u64 {
        let given = record.position().map_or(0, csv::Position::byte);
        let mut start = usize::try_from(given).unwrap_or(usize::MAX).min(self.text.len());
        while matches!(self.text.get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        let passed = self.text.get(self.at..start).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = self.at.max(start);
        self.line
    }
}

/// Decodes by byte order mark, else UTF-8 where it is valid, else UTF-16 where every other byte is zero, else
/// Windows-1252, in which every byte means something.
pub(crate) fn decode(bytes: &[u8]) -> Result<(String, &'static str), Problem> {
    if bytes.is_empty() {
        return Err(refuse("empty-file", "The file is empty."));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return match std::str::from_utf8(rest) {
            Ok(text) => Ok((text.to_owned(), "utf-8")),
            Err(_) => Ok((
                WINDOWS_1252.decode_without_bom_handling(rest).0.into_owned(),
                "windows-1252",
            )),
        };
    }
    if bytes.starts_with(b"\xFF\xFE") {
        return Ok((UTF_16LE.decode_with_bom_removal(bytes).0.into_owned(), "utf-16le"));
    }
    if bytes.starts_with(b"\xFE\xFF") {
        return Ok((UTF_16BE.decode_with_bom_removal(bytes).0.into_owned(), "utf-16be"));
    }
    let head = &bytes[..bytes.len().min(2_000)];
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count() * 2;
    if zeros(1) * 10 > head.len() * 8 {
        return Ok((
            UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(),
            "utf-16le",
        ));
    }
    if zeros(0) * 10 > head.len() * 8 {
        return Ok((
            UTF_16BE.decode_without_bom_handling(bytes).0.into_owned(),
            "utf-16be",
        ));
    }
    if head.contains(&0) {
        return Err(refuse(
            "not-text",
            "This is not a text file. Save the list as CSV and upload that.",
        ));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((text.to_owned(), "utf-8")),
        Err(_) => Ok((
            WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
            "windows-1252",
        )),
    }
}

/// The line in which a quoted cell begins that the end of the file cuts short.
fn unclosed_quote(text: &str, delimiter: char) -> Option<usize> {
    let (mut line, mut began) = (1, None);
    // A quote opens a cell only at its beginning; inside a cell a doubled one closes and opens it again.
    let mut at_start = true;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match (began, letter) {
            (Some(_), '"') if letters.peek() == Some(&'"') => {
                letters.next();
            }
            (Some(_), '"') => began = None,
            (Some(_), _) => {}
            (None, '"') if at_start => began = Some(line),
            (None, _) => {}
        }
        at_start = began.is_none() && (letter == delimiter || matches!(letter, '\n' | '\r'));
    }
    began
}

fn count_outside_quotes(line: &str, wanted: char) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for letter in line.chars() {
        if letter == '"' {
            quoted = !quoted;
        } else if letter == wanted && !quoted {
            count += 1;
        }
    }
    count
}

/// `,` where numbers end in a comma and one or two digits more often than in a point.
fn decimal_of(rows: &[Vec<String>]) -> &'static str {
    let ends_in = |cell: &str, sign: char| {
        let digits = cell.chars().filter(char::is_ascii_digit).count();
        let is_number = digits > 0
            && cell
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | ' ' | '€' | '$'));
        is_number
            && cell
                .rsplit_once(sign)
                .is_some_and(|(_, tail)| (1..=2).contains(&tail.trim_end_matches([' ', '€', '$']).len()))
    };
    let count = |sign| rows.iter().flatten().filter(|c| ends_in(c, sign)).count();
    if count(',') > count('.') { "," } else { "." }
}

/// By the order in which a part over 12 and a four-digit year appear.
fn date_style_of(rows: &[Vec<String>]) -> &'static str {
    let (mut day_first, mut month_first, mut dotted) = (0, 0, 0);
    for cell in rows.iter().flatten() {
        let parts: Vec<&str> = cell.split(['.', '/', '-']).collect();
        let numbers: Vec<u32> = parts.iter().filter_map(|p| p.parse().ok()).collect();
        if let [first, second, year] = numbers[..]
            && parts.len() == 3
            && parts[2].len() == 4
            && year > 1900
        {
            dotted += usize::from(cell.contains('.'));
            day_first += usize::from(first > 12 && second <= 12);
            month_first += usize::from(second > 12 && first <= 12);
        }
    }
    if month_first > day_first {
        "mdy"
    } else if day_first > 0 || dotted > 0 {
        "dmy"
    } else {
        "ymd"
    }
}

fn csv_problem(error: csv::Error) -> Problem {
    refuse(
        "not-a-table",
        &format!("The file cannot be read as a table: {error}."),
    )
}

pub(super) fn refuse(code: &str, message: &str) -> Problem {
    Problem::bad("/file", code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_is_never_closed_is_told_by_its_line() {
        let line = |text: &str| unclosed_quote(text, ',');
        assert_eq!(line("name,street\n\"open,Foo 1\nB,Foo 2\n"), Some(2));
        assert_eq!(line("name,street\n\"closed, yes\",Foo 1\nB,Foo 2\n"), None);
        assert_eq!(line("name\n\"a \"\"quoted\"\" word\"\nPipe 5\" wide\n"), None);
        assert_eq!(line("name\na\nb,\"x"), Some(3));
        assert_eq!(line("\"\"\n"), None);
        let refused = sniff(b"name,street,city\n\"open quote,Foo 1,Bar\nB,Foo 2,Bar\n");
        assert_eq!(
            refused.err().map(|problem| problem.code),
            Some("unclosed-quote".into())
        );
    }

    fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
        let marked = if mark {
            format!("\u{feff}{text}")
        } else {
            text.to_owned()
        };
        marked
            .encode_utf16()
            .flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() })
            .collect()
    }

    #[test]
    fn every_encoding_reads_the_same() {
        let text = "Firma;Umsatz\r\nBäckerei Größe;1.200,50\r\n";
        let latin: Vec<u8> = text.chars().map(|c| u32::from(c) as u8).collect();
        let files = [
            ("utf-8", text.as_bytes().to_vec()),
            ("utf-8", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
            ("windows-1252", latin),
            ("utf-16le", utf16(text, true, true)),
            ("utf-16be", utf16(text, false, true)),
            ("utf-16le", utf16(text, true, false)),
        ];
        for (encoding, bytes) in files {
            let sniffed = sniff(&bytes).unwrap();
            assert_eq!(sniffed.style.encoding, encoding);
            assert_eq!(sniffed.headers, ["Firma", "Umsatz"], "{encoding}");
            assert_eq!(sniffed.first_rows, [["Bäckerei Größe", "1.200,50"]], "{encoding}");
            assert_eq!(sniffed.style.delimiter, ";");
            assert_eq!(sniffed.style.decimal, ",");
        }
    }

    #[test]
    fn records_know_their_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["Name,Note", "A,x", "", "\"B\",\"two", "lines\"", "C,y", ""].join(end);
            let mut lines = Lines::new(&text);
            let found: Vec<u64> = reader(&text, ',')
                .records()
                .map(|r| lines.of(&r.unwrap()))
                .collect();
            assert_eq!(found, [2, 4, 6], "{end:?}");
        }
    }

    #[test]
    fn quotes_hold_delimiters_and_newlines() {
        let sniffed = sniff(b"Name,Note\n\"A, \"\"the\"\" first\",\"two\nlines\"\nB,x\n").unwrap();
        assert_eq!(sniffed.rows, 2);
        assert_eq!(sniffed.first_rows[0], ["A, \"the\" first", "two\nlines"]);
    }

    #[test]
    fn files_that_are_no_lists_are_refused_with_their_trouble() {
        let code = |bytes: &[u8]| sniff(bytes).err().map(|p| p.code).unwrap_or_default();
        assert_eq!(code(b""), "empty-file");
        assert_eq!(code(b"\n \n"), "empty-file");
        assert_eq!(code(b"Name,City\n"), "no-rows");
        assert_eq!(code(b"1,2,3\n4,5,6\n"), "no-header");
        assert_eq!(code(&[0x7f, 0, 0, 0, 1, 2, 3, 4, 0, 0, 9, 9]), "not-text");
    }

    #[test]
    fn dates_tell_their_order_only_where_they_can() {
        let style = |cells: &[&str]| date_style_of(&[cells.iter().map(ToString::to_string).collect()]);
        assert_eq!(style(&["2026-03-04"]), "ymd");
        assert_eq!(style(&["04.03.2026"]), "dmy");
        assert_eq!(style(&["03/25/2026"]), "mdy");
        assert_eq!(style(&["25/03/2026"]), "dmy");
    }
}
