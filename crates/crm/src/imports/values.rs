//! A cell as the value of a field: numbers, amounts, days and moments in the style of the file.

use records::{Field, Kind};
use serde_json::Value;

use super::columns::folded;
use super::words;
use super::wrong::Wrong;
use crate::Zone;

/// How a table writes numbers and days, and where its clock stands.
pub(super) struct Style {
    pub decimal_comma: bool,
    /// `ymd`, `dmy`, `mdy`
    pub date_style: String,
    pub zone: Zone,
}

impl Style {
    /// The value of a cell, or what would be right.
    pub fn value(&self, type_name: &str, declared: &Field, cell: &str) -> Result<Value, Wrong> {
        match declared.kind {
            Kind::Choice => match words::ours(type_name, declared, cell) {
                Some(choice) => Ok(choice.into()),
                None => {
                    let known = declared.choices.join(", ");
                    Err(Wrong::new("one-of", format!("expected one of {known}")).with("choices", known))
                }
            },
            Kind::Integer => self
                .number(cell.trim_end_matches('%'))
                .map(|n| if cell.ends_with('%') { n.round() } else { n })
                .filter(|n| n.fract() == 0.0 && n.abs() < 9e15)
                .map(|n| (n as i64).into())
                .ok_or_else(|| Wrong::new("whole-number", "expected a whole number")),
            Kind::Number => self
                .number(cell)
                .map(Into::into)
                .ok_or_else(|| Wrong::new("number", "expected a number")),
            Kind::Money => self
                .number(cell)
                .filter(|n| n.abs() < 9e13)
                .map(|n| ((n * 100.0).round() as i64).into())
                .ok_or_else(|| {
                    let (code, hint) = self.amount_hint(cell);
                    Wrong::new(code, format!("expected an amount{hint}"))
                }),
            Kind::Boolean => match folded(cell).as_str() {
                "true" | "yes" | "ja" | "1" | "x" | "wahr" => Ok(true.into()),
                "false" | "no" | "nein" | "0" | "falsch" => Ok(false.into()),
                _ => Err(Wrong::new("yes-or-no", "expected yes or no")),
            },
            Kind::Date => self
                .date(cell)
                .map(|d| d.to_string().into())
                .ok_or_else(|| Wrong::new("date", "expected a date")),
            Kind::Instant => self
                .moment(cell)
                .map(Into::into)
                .ok_or_else(|| Wrong::new("moment", "expected a date, or a date and a time")),
            Kind::Json => serde_json::from_str(cell).map_err(|_| Wrong::new("json", "expected JSON")),
            Kind::Url if !cell.contains("://") => Ok(format!("https://{cell}").into()),
            Kind::Email => Ok(cell.to_lowercase().into()),
            Kind::LongText if cell.contains('<') => Ok(without_tags(cell).into()),
            _ => match declared.max {
                Some(max) if i64::try_from(cell.chars().count()).is_ok_and(|n| n > max) => {
                    Err(Wrong::new("too-long", format!("is longer than {max} characters"))
                        .with("max", max.to_string()))
                }
                _ => Ok(cell.into()),
            },
        }
    }

    /// Degrees; `field` is lng or lat.
    pub fn coordinate(field: &str, cell: &str) -> Result<Value, Wrong> {
        // Coordinates are written with a point even where amounts are not; a comma is taken too.
        let number = cell
            .replace(',', ".")
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite());
        let limit = if field == "lng" { 180.0 } else { 90.0 };
        match number {
            Some(n) if n.abs() <= limit => Ok(n.into()),
            Some(n) if field == "lat" && n.abs() <= 180.0 => Err(Wrong::new(
                "latitude",
                format!(
                    "a latitude is between -90 and 90; are latitude and longitude swapped? {n} would be a longitude"
                ),
            )
            .with("n", n.to_string())),
            Some(_) => Err(Wrong::new(
                "degrees-between",
                format!("expected degrees between -{limit} and {limit}"),
            )
            .with("limit", limit.to_string())),
            None => Err(Wrong::new("degrees", "expected degrees, like 13.2606")),
        }
    }

    fn number(&self, cell: &str) -> Option<f64> {
        let bare: String = cell
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '€' | '$' | '£' | '\'' | '"'))
            .collect();
        let bare = bare.trim_start_matches("EUR").trim_start_matches("USD");
        let bare = bare.trim_end_matches("EUR").trim_end_matches("USD");
        let plain = if self.decimal_comma {
            bare.replace('.', "").replace(',', ".")
        } else {
            bare.replace(',', "")
        };
        if plain
            .chars()
            .any(|c| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+'))
        {
            return None;
        }
        plain.parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// What is probably meant, with its code: a letter that looks like a digit is the usual slip, else an amount in the file's style.
    fn amount_hint(&self, cell: &str) -> (&'static str, &'static str) {
        if cell.contains(['O', 'o']) {
            ("amount-o", "; is there a letter O for a zero?")
        } else if cell.contains(['l', 'I']) {
            ("amount-l", "; is there a letter for a one?")
        } else if self.decimal_comma {
            ("amount-comma", ", like 1200,50")
        } else {
            ("amount-point", ", like 1200.50")
        }
    }

    fn date(&self, cell: &str) -> Option<jiff::civil::Date> {
        let day = cell.split([' ', 'T']).next().unwrap_or_default();
        // A spreadsheet's number of a day, where its format was lost: 45631 is 2024-12-05.
        if let Ok(serial @ 20_000..=80_000) = day.parse::<i64>() {
            let first = jiff::civil::date(1899, 12, 30);
            return first.checked_add(jiff::Span::new().days(serial)).ok();
        }
        let parts: Vec<i16> = day
            .split(['.', '/', '-'])
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        let [a, b, c] = parts[..] else { return None };
        let (year, month, day) = match self.date_style.as_str() {
            _ if a > 31 => (a, b, c),
            "mdy" => (c, a, b),
            _ => (c, b, a),
        };
        // Two digits are of this century.
        let year = if (0..100).contains(&year) {
            year + 2000
        } else {
            year
        };
        jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    /// Milliseconds since 1970: a moment with its offset from UTC, or local time; a day alone is its beginning.
    fn moment(&self, cell: &str) -> Option<i64> {
        if let Ok(at) = cell.replace(' ', "T").parse::<jiff::Timestamp>() {
            return Some(at.as_millisecond());
        }
        let date = self.date(cell)?;
        let time = match cell.split_once([' ', 'T']) {
            Some((_, time)) if !time.trim().is_empty() => clock(time.trim())?,
            _ => return Some(self.zone.start_of(date).0),
        };
        Some(self.zone.at(date, time).0)
    }
}

/// `14:30`, `14:30:59`, `2:30 PM`.
fn clock(text: &str) -> Option<jiff::civil::Time> {
    let lower = text.to_lowercase();
    let afternoon = lower.ends_with("pm");
    let bare = lower.trim_end_matches("am").trim_end_matches("pm").trim();
    let bare = bare.split('.').next().unwrap_or_default();
    let parts: Vec<i8> = bare
        .split(':')
        .map(|p| p.trim().parse())
        .collect::<Result<_, _>>()
        .ok()?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let hour = match (hour, afternoon, lower.ends_with("am")) {
        (12, _, true) => 0,
        (hour @ 1..=11, true, _) => hour + 12,
        (hour, ..) => hour,
    };
    jiff::civil::Time::new(hour, minute, second, 0).ok()
}

/// The text of a note that was written as a web page: lines for paragraphs, no marks.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match after.find('>').filter(|_| is_tag) {
            Some(end) => {
                let name: String = after[..end]
                    .trim_start_matches('/')
                    .chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect();
                let ends_line = after.starts_with('/') || name.eq_ignore_ascii_case("br");
                let is_block =
                    ["p", "br", "div", "li", "ul", "ol", "tr"].contains(&name.to_lowercase().as_str());
                if is_block && ends_line && !text.ends_with('\n') {
                    text.push('\n');
                }
                rest = &after[end + 1..];
            }
            None => {
                text.push('<');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    let plain = text
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn style(date_style: &str) -> Style {
        Style {
            decimal_comma: false,
            date_style: date_style.to_owned(),
            zone: Zone::named("Europe/Berlin").unwrap(),
        }
    }

    #[test]
    fn days_and_moments_in_every_style() {
        let day = |style_name: &str, cell: &str| style(style_name).date(cell).map(|d| d.to_string());
        assert_eq!(day("ymd", "2026-12-31 00:00").as_deref(), Some("2026-12-31"));
        assert_eq!(day("mdy", "12/31/2026").as_deref(), Some("2026-12-31"));
        assert_eq!(day("dmy", "31.12.26").as_deref(), Some("2026-12-31"));
        assert_eq!(day("ymd", "45631").as_deref(), Some("2024-12-05"));
        assert_eq!(day("ymd", "31.31.2026"), None);
        // 2026-07-01 14:30 in Berlin is 12:30 UTC.
        let summer = 1_782_909_000_000;
        for (style_name, cell) in [
            ("ymd", "2026-07-01T12:30:00Z"),
            ("ymd", "2026-07-01 14:30"),
            ("mdy", "7/1/2026 2:30 PM"),
            ("ymd", "2026-07-01 14:30:00.000"),
        ] {
            assert_eq!(style(style_name).moment(cell), Some(summer), "{cell}");
        }
        assert_eq!(style("ymd").moment("2026-07-01"), Some(summer - 52_200_000)); // 14 h 30 min
        assert_eq!(clock("12:05 am").map(|t| t.hour()), Some(0));
        assert_eq!(clock("25:00"), None);
    }

    #[test]
    fn what_is_wrong_has_a_code_and_its_parameters() {
        let catalog = crate::catalog().unwrap();
        let account = catalog.get("account").unwrap();
        let wrong = |field: &str, cell: &str| {
            let declared = account.field(field).unwrap();
            let wrong = style("ymd").value("account", declared, cell).unwrap_err();
            (wrong.code, wrong.params)
        };
        let with = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert_eq!(wrong("annual_revenue", "1200,5O"), ("amount-o", BTreeMap::new()));
        assert_eq!(wrong("annual_revenue", "much"), ("amount-point", BTreeMap::new()));
        let (code, params) = wrong("type", "enemy");
        assert!(
            code == "one-of" && params["choices"].contains("customer"),
            "{params:?}"
        );
        let long = "x".repeat(5_000);
        assert_eq!(wrong("name", &long).0, "too-long");
        let swapped = Style::coordinate("lat", "113.2").unwrap_err();
        assert_eq!((swapped.code, swapped.params), ("latitude", with("n", "113.2")));
    }

    #[test]
    fn a_note_loses_its_marks_and_keeps_its_text() {
        assert_eq!(
            without_tags("<p>One &amp; <b>two</b></p><p>three<br/>four</p>"),
            "One & two\nthree\nfour"
        );
        assert_eq!(without_tags("5 < 7 and 8 > 3"), "5 < 7 and 8 > 3");
    }
}
