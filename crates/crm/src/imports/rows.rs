//! From cells to typed fields, row by row, with every fault named by line and column.

use geom::{BBox, LngLat};
use records::{Catalog, Kind};
use serde_json::{Map, Value};

use super::columns::folded;
use super::{FileStyle, Mapping, RowError};

/// One row as records: what its cells say, not yet who it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// Row of data, from 1.
    pub row: u64,
    /// Line in the file.
    pub line: u64,
    pub account: Map<String, Value>,
    pub location: Map<String, Value>,
    pub contact: Map<String, Value>,
    /// The cells as they were read, for the file of failed rows.
    pub cells: Vec<String>,
    pub errors: Vec<RowError>,
}

/// Turns cells into drafts by a mapping.
pub(super) struct RowReader<'a> {
    catalog: &'a Catalog,
    headers: &'a [String],
    columns: Vec<(usize, Goal)>,
    decimal_comma: bool,
    date_style: String,
    /// What the map covers, to tell swapped coordinates by.
    bounds: Option<BBox>,
}

enum Goal {
    Field { type_name: String, field: String },
    Custom(String),
}

impl<'a> RowReader<'a> {
    /// The place is off the map, and on it with longitude and latitude changed over.
    fn are_swapped(&self, location: &Map<String, Value>) -> bool {
        let number = |name: &str| location.get(name).and_then(Value::as_f64);
        let (Some(bounds), Some(lng), Some(lat)) = (self.bounds, number("lng"), number("lat")) else {
            return false;
        };
        let on_map = |lng, lat| LngLat::new(lng, lat).is_ok_and(|place| bounds.contains(place));
        !on_map(lng, lat) && on_map(lat, lng)
    }

    pub fn new(
        catalog: &'a Catalog,
        headers: &'a [String],
        style: &FileStyle,
        mapping: &Mapping,
        bounds: Option<BBox>,
    ) -> Self {
        let columns = mapping.columns.iter().filter_map(|column| {
            let goal = match &column.field {
                Some(name) => {
                    let (type_name, field) = name.split_once('.')?;
                    Goal::Field {
                        type_name: type_name.to_owned(),
                        field: field.to_owned(),
                    }
                }
                None if column.custom => Goal::Custom(custom_name(headers.get(column.index)?)),
                None => return None,
            };
            Some((column.index, goal))
        });
        Self {
            bounds,
            catalog,
            headers,
            columns: columns.collect(),
            decimal_comma: mapping.decimal.as_deref().unwrap_or(&style.decimal) == ",",
            date_style: mapping
                .date_style
                .clone()
                .unwrap_or_else(|| style.date_style.clone()),
        }
    }

    /// Reads row `row` (from 1), which stands on line `line` of the file.
    pub fn read(&self, row: u64, line: u64, record: &csv::StringRecord) -> Draft {
        let mut draft = Draft {
            row,
            line,
            cells: record.iter().map(str::to_owned).collect(),
            ..Draft::default()
        };
        let mut custom = Map::new();
        for (index, goal) in &self.columns {
            let cell = record.get(*index).unwrap_or_default().trim();
            if cell.is_empty() {
                continue;
            }
            match goal {
                Goal::Custom(name) => drop(custom.insert(name.clone(), cell.into())),
                Goal::Field { type_name, field } => match self.value(type_name, field, cell) {
                    Ok(value) => {
                        let fields = match type_name.as_str() {
                            "account" => &mut draft.account,
                            "location" => &mut draft.location,
                            _ => &mut draft.contact,
                        };
                        fields.insert(field.clone(), value);
                    }
                    Err(message) => draft.errors.push(RowError {
                        row,
                        line,
                        column: self.headers.get(*index).cloned(),
                        read: cell.chars().take(200).collect(),
                        message,
                    }),
                },
            }
        }
        if !custom.is_empty() {
            draft.account.insert("custom".into(), Value::Object(custom));
        }
        self.complete(&mut draft);
        draft
    }

    /// What has to be there, and what follows from the rest.
    fn complete(&self, draft: &mut Draft) {
        let whole_row = |message: &str| RowError {
            row: draft.row,
            line: draft.line,
            column: None,
            read: draft.cells.join(" | ").chars().take(200).collect(),
            message: message.to_owned(),
        };
        // A cell that cannot be read is missing because of that, and it has been said.
        if draft.errors.is_empty() {
            if !draft.account.contains_key("name") {
                draft.errors.push(whole_row("The row has no customer name."));
            }
            match (
                draft.location.contains_key("lng"),
                draft.location.contains_key("lat"),
            ) {
                (true, false) => draft
                    .errors
                    .push(whole_row("The row has a longitude but no latitude.")),
                (false, true) => draft
                    .errors
                    .push(whole_row("The row has a latitude but no longitude.")),
                (true, true) if self.are_swapped(&draft.location) => draft.errors.push(whole_row(
                    "Latitude and longitude look swapped: the place lies off the map, and the other way round on it.",
                )),
                _ => {}
            }
        }
        draft.account.entry("type").or_insert_with(|| "customer".into());
        let contact = &mut draft.contact;
        if !contact.is_empty() && !contact.contains_key("name") {
            let part = |name: &str| {
                contact
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let name = format!("{} {}", part("given_name"), part("family_name"))
                .trim()
                .to_owned();
            let name = if name.is_empty() { part("email") } else { name };
            if name.is_empty() {
                contact.clear();
            } else {
                contact.insert("name".into(), name.into());
            }
        }
    }

    fn value(&self, type_name: &str, field: &str, cell: &str) -> Result<Value, String> {
        if type_name == "location" && matches!(field, "lng" | "lat") {
            return self.coordinate(field, cell);
        }
        let declared = self.catalog.get(type_name).and_then(|t| t.field(field));
        let Some(declared) = declared else {
            return Err(format!("There is no field {type_name}.{field}."));
        };
        match declared.kind {
            Kind::Choice => {
                let wanted = folded(cell);
                let known = |choice: &&String| folded(choice) == wanted;
                let found = declared
                    .choices
                    .iter()
                    .find(known)
                    .map(|c| c.as_str())
                    .or_else(|| translated(&wanted));
                match found.filter(|f| declared.choices.iter().any(|c| c == f)) {
                    Some(choice) => Ok(choice.into()),
                    None => Err(format!("expected one of {}", declared.choices.join(", "))),
                }
            }
            Kind::Integer => self
                .number(cell)
                .filter(|n| n.fract() == 0.0 && n.abs() < 9e15)
                .map(|n| (n as i64).into())
                .ok_or_else(|| "expected a whole number".to_owned()),
            Kind::Number => self
                .number(cell)
                .map(Into::into)
                .ok_or_else(|| "expected a number".to_owned()),
            Kind::Money => self
                .number(cell)
                .filter(|n| n.abs() < 9e13)
                .map(|n| ((n * 100.0).round() as i64).into())
                .ok_or_else(|| format!("expected an amount{}", self.amount_hint(cell))),
            Kind::Boolean => match folded(cell).as_str() {
                "true" | "yes" | "ja" | "1" | "x" | "wahr" => Ok(true.into()),
                "false" | "no" | "nein" | "0" | "falsch" => Ok(false.into()),
                _ => Err("expected yes or no".to_owned()),
            },
            Kind::Date => self
                .date(cell)
                .map(Into::into)
                .ok_or_else(|| "expected a date".to_owned()),
            Kind::Url if !cell.contains("://") => Ok(format!("https://{cell}").into()),
            Kind::Email => Ok(cell.to_lowercase().into()),
            _ => match declared.max {
                Some(max) if i64::try_from(cell.chars().count()).is_ok_and(|n| n > max) => {
                    Err(format!("is longer than {max} characters"))
                }
                _ => Ok(cell.into()),
            },
        }
    }

    fn coordinate(&self, field: &str, cell: &str) -> Result<Value, String> {
        // Coordinates are written with a point even where amounts are not; a comma is taken too.
        let number = cell
            .replace(',', ".")
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite());
        let limit = if field == "lng" { 180.0 } else { 90.0 };
        match number {
            Some(n) if n.abs() <= limit => Ok(n.into()),
            Some(n) if field == "lat" && n.abs() <= 180.0 => Err(format!(
                "a latitude is between -90 and 90; are latitude and longitude swapped? {n} would be a longitude"
            )),
            Some(_) => Err(format!("expected degrees between -{limit} and {limit}")),
            None => Err("expected degrees, like 13.2606".to_owned()),
        }
    }

    fn number(&self, cell: &str) -> Option<f64> {
        let bare: String = cell
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '€' | '$' | '£' | '\'' | '"'))
            .collect();
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

    /// What is probably meant: a letter that looks like a digit is the usual slip, else an amount in the file's style.
    fn amount_hint(&self, cell: &str) -> &'static str {
        if cell.contains(['O', 'o']) {
            "; is there a letter O for a zero?"
        } else if cell.contains(['l', 'I']) {
            "; is there a letter for a one?"
        } else if self.decimal_comma {
            ", like 1200,50"
        } else {
            ", like 1200.50"
        }
    }

    fn date(&self, cell: &str) -> Option<String> {
        let day = cell.split([' ', 'T']).next().unwrap_or_default();
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
        let month = i8::try_from(month).ok()?;
        let day = i8::try_from(day).ok()?;
        jiff::civil::Date::new(year, month, day)
            .ok()
            .map(|d| d.to_string())
    }
}

/// Choices as other systems and languages write them.
fn translated(word: &str) -> Option<&'static str> {
    Some(match word {
        "kunde" | "client" | "customerdirect" | "customerchannel" | "bestandskunde" => "customer",
        "interessent" | "lead" | "opportunity" | "potenziellerkunde" => "prospect",
        "lieferant" | "vendor" => "supplier",
        "mitbewerber" | "wettbewerber" => "competitor",
        "haushalt" => "household",
        "spender" => "donor",
        "aktiv" => "active",
        "hot" | "high" | "hoch" => "A",
        "warm" | "medium" | "mittel" => "B",
        "cold" | "low" | "niedrig" => "C",
        _ => return None,
    })
}

/// A custom field's name from its header.
fn custom_name(header: &str) -> String {
    let lower = header
        .to_lowercase()
        .replace('ä', "ae")
        .replace('ö', "oe")
        .replace('ü', "ue")
        .replace('ß', "ss");
    let word: String = lower
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let word = word
        .split('_')
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join("_");
    if word.is_empty() {
        "column".to_owned()
    } else {
        word.chars().take(60).collect()
    }
}
