//! From cells to typed fields, row by row, with every fault named by line and column.

use geom::{BBox, LngLat};
use records::{Catalog, Kind};
use serde_json::{Map, Value};

use super::draft::{Draft, LinkText};
use super::lookup::first_of;
use super::table::Row;
use super::values::Style;
use super::wrong::Wrong;
use super::{FileStyle, PartMapping, words};
use crate::Zone;

/// Turns cells into drafts by a mapping.
pub(super) struct RowReader<'a> {
    catalog: &'a Catalog,
    part: usize,
    pub object: String,
    headers: &'a [String],
    columns: Vec<(usize, Goal)>,
    style: Style,
    /// What the map covers, to tell swapped coordinates by.
    bounds: Option<BBox>,
}

enum Goal {
    Field {
        type_name: String,
        field: String,
    },
    Link {
        type_name: String,
        field: String,
        by_number: bool,
    },
    Number {
        type_name: String,
    },
    Outcome,
    Custom(String),
}

impl<'a> RowReader<'a> {
    pub fn new(
        catalog: &'a Catalog,
        part: usize,
        headers: &'a [String],
        style: &FileStyle,
        mapping: &PartMapping,
        bounds: Option<BBox>,
        zone: Zone,
    ) -> Self {
        let goal = |name: &str| {
            let (type_name, field) = name.split_once('.')?;
            let type_name = type_name.to_owned();
            Some(match field {
                "external_id" => Goal::Number { type_name },
                "outcome" => Goal::Outcome,
                field => match field.strip_suffix(".external_id") {
                    Some(link) => Goal::Link {
                        type_name,
                        field: link.to_owned(),
                        by_number: true,
                    },
                    None if catalog.get(&type_name)?.field(field)?.to.is_some() => Goal::Link {
                        type_name,
                        field: field.to_owned(),
                        by_number: false,
                    },
                    None => Goal::Field {
                        type_name,
                        field: field.to_owned(),
                    },
                },
            })
        };
        let columns = mapping.columns.iter().filter_map(|column| {
            let goal = match &column.field {
                Some(name) => goal(name)?,
                None if column.custom => Goal::Custom(custom_name(headers.get(column.index)?)),
                None => return None,
            };
            Some((column.index, goal))
        });
        Self {
            bounds,
            part,
            object: mapping.object.clone().unwrap_or_default(),
            catalog,
            headers,
            columns: columns.collect(),
            style: Style {
                decimal_comma: mapping.decimal.as_deref().unwrap_or(&style.decimal) == ",",
                date_style: mapping
                    .date_style
                    .clone()
                    .unwrap_or_else(|| style.date_style.clone()),
                zone,
            },
        }
    }

    /// Reads a row.
    pub fn read(&self, row: Row) -> Draft {
        let mut draft = Draft {
            part: self.part,
            row: row.number,
            line: row.line,
            ..Draft::default()
        };
        for (index, goal) in &self.columns {
            let cell = row.cells.get(*index).map(|c| c.trim()).unwrap_or_default();
            // Our own exports put an apostrophe before what a spreadsheet would run.
            let cell = cell
                .strip_prefix('\'')
                .filter(|rest| crate::spreadsheet::is_formula(rest))
                .unwrap_or(cell);
            if cell.is_empty() {
                continue;
            }
            let header = self.headers.get(*index).map(String::as_str).unwrap_or_default();
            match goal {
                Goal::Custom(name) => draft.keep(&self.object, name.clone(), cell.into()),
                Goal::Number { type_name } => {
                    // Of several firms of a person the first one is theirs; the others are kept beside it.
                    let is_own = *type_name == self.object;
                    let number = if is_own { cell } else { first_of(cell) };
                    if number != cell {
                        draft.keep(&self.object, custom_name(header), cell.into());
                    }
                    draft.external.insert(type_name.clone(), number.to_owned());
                }
                Goal::Outcome => draft.won = words::outcome(cell),
                Goal::Link {
                    type_name,
                    field,
                    by_number,
                } => draft.links.push(LinkText {
                    type_name: type_name.clone(),
                    field: field.clone(),
                    column: header.to_owned(),
                    text: cell.to_owned(),
                    by_number: *by_number,
                }),
                Goal::Field { type_name, field } => self.field(&mut draft, type_name, field, cell, header),
            }
        }
        draft.cells = row.cells;
        self.complete(&mut draft);
        draft
    }

    fn field(&self, draft: &mut Draft, type_name: &str, field: &str, cell: &str, header: &str) {
        let record_type = self.catalog.get(type_name);
        if record_type.is_some_and(|t| t.place) && matches!(field, "lng" | "lat") {
            match Style::coordinate(field, cell) {
                Ok(value) => drop(draft.of_mut(type_name).insert(field.to_owned(), value)),
                Err(wrong) => draft.errors.push(draft.fault(Some(header), cell, wrong)),
            }
            return;
        }
        let Some(declared) = record_type.and_then(|t| t.field(field)) else {
            draft.errors.push(
                draft.fault(
                    Some(header),
                    cell,
                    Wrong::new("no-field", format!("There is no field {type_name}.{field}."))
                        .with("field", format!("{type_name}.{field}")),
                ),
            );
            return;
        };
        // Several in one cell: the first is the one, the others are kept.
        let cell = match several(declared.kind, cell) {
            Some((first, others)) => {
                draft.keep(type_name, format!("more_{field}"), others.into());
                first
            }
            None => cell,
        };
        match self.style.value(type_name, declared, cell) {
            Ok(value) => drop(draft.of_mut(type_name).insert(field.to_owned(), value)),
            Err(wrong) => draft.errors.push(draft.fault(Some(header), cell, wrong)),
        }
    }

    /// What has to be there, and what follows from the rest.
    fn complete(&self, draft: &mut Draft) {
        super::links::name_people(draft);
        self.fill(draft);
        // A cell that cannot be read is missing because of that, and it has been said.
        if draft.errors.is_empty() {
            if self.object == "account" && draft.text("account", "name").is_empty() {
                draft
                    .errors
                    .push(draft.whole("no-customer-name", "The row has no customer name."));
            } else if self.is_untitled(draft) {
                draft.errors.push(draft.whole("no-name", "The row has no name."));
            }
            let placed: Vec<String> = draft.fields.keys().cloned().collect();
            for type_name in placed {
                let Some(fields) = draft.of(&type_name) else {
                    continue;
                };
                let (code, wrong) = match (fields.contains_key("lng"), fields.contains_key("lat")) {
                    (true, false) => ("no-latitude", "The row has a longitude but no latitude."),
                    (false, true) => ("no-longitude", "The row has a latitude but no longitude."),
                    (true, true) if self.are_swapped(fields) => (
                        "swapped",
                        "Latitude and longitude look swapped: the place lies off the map, and the other way round on it.",
                    ),
                    _ => continue,
                };
                draft.errors.push(draft.whole(code, wrong));
            }
        }
        if draft.of("account").is_some() || self.object == "account" {
            draft
                .of_mut("account")
                .entry("type")
                .or_insert_with(|| "customer".into());
        }
    }

    fn is_untitled(&self, draft: &Draft) -> bool {
        let title = self.catalog.get(&self.object).and_then(|t| t.title.as_deref());
        title.is_some_and(|title| {
            let linked = draft
                .links
                .iter()
                .any(|l| l.type_name == self.object && l.field == title);
            let given = draft
                .of(&self.object)
                .and_then(|f| f.get(title))
                .is_some_and(|v| !v.is_null());
            !linked && !given
        })
    }

    /// What is usual where the file says nothing.
    fn fill(&self, draft: &mut Draft) {
        let usual: &[(&str, &str)] = match self.object.as_str() {
            "lead" => &[("status", "new")],
            "case" => &[("status", "new"), ("kind", "request")],
            "product" => &[("life_cycle", "active")],
            _ => &[],
        };
        for (field, value) in usual {
            draft
                .of_mut(&self.object)
                .entry(*field)
                .or_insert_with(|| (*value).into());
        }
        match self.object.as_str() {
            "activity" => {
                let body: String = draft
                    .text("activity", "body")
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .take(120)
                    .collect();
                let is_note = draft.text("activity", "subject").is_empty();
                let activity = draft.of_mut("activity");
                activity
                    .entry("kind")
                    .or_insert_with(|| if is_note { "note" } else { "task" }.into());
                if is_note && !body.is_empty() {
                    activity.insert("subject".into(), body.into());
                }
                let kind = activity.get("kind").and_then(Value::as_str).unwrap_or_default();
                let is_over =
                    kind == "note" || activity.get("status").and_then(Value::as_str) == Some("done");
                if is_over && let Some(at) = activity.get("due_at").cloned() {
                    activity.entry("happened_at").or_insert(at);
                }
            }
            "product" if draft.text("product", "code").is_empty() => {
                let code = draft.external.get("product").cloned();
                let code = code.unwrap_or_else(|| draft.text("product", "name").chars().take(60).collect());
                if !code.is_empty() {
                    draft.of_mut("product").insert("code".into(), code.into());
                }
            }
            _ => {}
        }
    }

    /// The place is off the map, and on it with longitude and latitude changed over.
    fn are_swapped(&self, fields: &Map<String, Value>) -> bool {
        let number = |name: &str| fields.get(name).and_then(Value::as_f64);
        let (Some(bounds), Some(lng), Some(lat)) = (self.bounds, number("lng"), number("lat")) else {
            return false;
        };
        let on_map = |lng, lat| LngLat::new(lng, lat).is_ok_and(|place| bounds.contains(place));
        !on_map(lng, lat) && on_map(lat, lng)
    }
}

/// The first of several addresses or numbers in a cell, and the others.
fn several(kind: Kind, cell: &str) -> Option<(&str, &str)> {
    let signs: &[&str] = match kind {
        Kind::Email => &[" ::: ", ",", ";"],
        Kind::Phone => &[" ::: ", ", ", "; "],
        _ => return None,
    };
    let (first, others) = signs.iter().find_map(|sign| cell.split_once(sign))?;
    let (first, others) = (first.trim(), others.trim());
    (!first.is_empty() && !others.is_empty()).then_some((first, others))
}

/// A custom field's name from its header.
pub(crate) fn custom_name(header: &str) -> String {
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
    match word.chars().next() {
        None => "column".to_owned(),
        // Names of fields begin with a letter.
        Some(first) if !first.is_ascii_lowercase() => format!("column_{word}").chars().take(60).collect(),
        Some(_) => word.chars().take(60).collect(),
    }
}
