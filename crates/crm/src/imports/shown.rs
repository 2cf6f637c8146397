//! An import as it is kept and as it is shown.

use records::{Catalog, Record, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::columns::Column;
use super::targets::{Target, targets};
use super::walk::from_field;
use super::{FileStyle, FoundDuplicate, Mapping, RowError, Summary, Unresolved, objects};
use crate::App;
use crate::jobs::{self, Job};
use crate::problem::Problem;

/// Errors shown at once.
const SHOWN_ERRORS: usize = 200;

/// What is known of an uploaded table before anybody says anything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PartSettings {
    pub file_name: String,
    pub sheet: Option<String>,
    pub style: FileStyle,
    pub rows: u64,
    pub preset: Option<String>,
    pub columns: Vec<Column>,
}

/// What is known of an upload.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Settings {
    pub parts: Vec<PartSettings>,
    #[serde(default)]
    pub job: Option<String>,
}

impl Settings {
    pub fn of(import: &Record) -> Result<Self, Problem> {
        from_field(import.fields.get("settings"))
    }

    /// The system whose ids a table holds: its own, else that of the tables beside it.
    pub fn system(&self, part: usize) -> String {
        let own = self.parts.get(part).and_then(|p| p.preset.as_deref());
        let any = self.parts.iter().find_map(|p| p.preset.as_deref());
        let name = own.or(any).unwrap_or("file");
        name.split(' ').next().unwrap_or(name).to_lowercase()
    }
}

/// Why rows failed, and how many for that reason.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorGroup {
    message: String,
    count: u64,
}

/// A kind of record that rows can be.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportedObject {
    name: String,
    label_en: String,
    label_de: String,
}

/// One table of an upload: a list, a sheet, an address book.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportedTable {
    index: usize,
    file_name: String,
    /// The sheet of a workbook.
    sheet: Option<String>,
    /// The record type that each row is one of; null leaves the table out.
    object: Option<String>,
    /// csv, xlsx, vcard
    format: String,
    encoding: String,
    delimiter: String,
    decimal: String,
    date_style: String,
    rows: u64,
    columns: Vec<Column>,
    /// The system whose export this looks like.
    preset: Option<String>,
    /// Where columns can go.
    fields: Vec<Target>,
    summary: Option<Summary>,
}

/// An import and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportJson {
    pub id: String,
    pub file_name: String,
    /// uploaded, checking, checked, running, done, failed, undone
    pub state: String,
    pub rows: u64,
    pub parts: Vec<ImportedTable>,
    /// What rows can be.
    pub objects: Vec<ImportedObject>,
    pub mapping: Mapping,
    pub summary: Option<Summary>,
    /// The first 200.
    pub errors: Vec<RowError>,
    pub error_groups: Vec<ErrorGroup>,
    /// What could not be taken of rows that are imported; the first 200.
    pub remarks: Vec<RowError>,
    pub remark_groups: Vec<ErrorGroup>,
    /// Names that nobody bears, the commonest first.
    pub unresolved: Vec<Unresolved>,
    /// Rows whose record is there already, or may be.
    pub duplicates: Vec<FoundDuplicate>,
    /// How many there are in all.
    pub duplicate_count: u64,
    /// Why the whole import failed.
    pub message: Option<String>,
    pub change_set: Option<String>,
    pub job: Option<Job>,
}

/// A part of a JSON field, or nothing where it is not of that form.
fn part_of<T: serde::de::DeserializeOwned + Default>(value: &Value, name: &str) -> T {
    let part = value.get(name).cloned().unwrap_or_default();
    serde_json::from_value(part).unwrap_or_default()
}

/// The commonest first.
fn groups(value: &Value, name: &str) -> Vec<ErrorGroup> {
    let counts: std::collections::BTreeMap<String, u64> = part_of(value, name);
    let mut groups: Vec<ErrorGroup> = counts
        .into_iter()
        .map(|(message, count)| ErrorGroup { message, count })
        .collect();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.message.cmp(&b.message)));
    groups
}

fn parts(
    catalog: &Catalog,
    settings: &Settings,
    mapping: &Mapping,
    summaries: &[Summary],
) -> Vec<ImportedTable> {
    let part = |(index, part): (usize, &PartSettings)| {
        let object = mapping.parts.get(index).and_then(|m| m.object.clone());
        let headers: Vec<String> = part.columns.iter().map(|c| c.header.clone()).collect();
        ImportedTable {
            index,
            file_name: part.file_name.clone(),
            sheet: part.sheet.clone(),
            format: part.style.format.clone(),
            encoding: part.style.encoding.clone(),
            delimiter: part.style.delimiter.clone(),
            decimal: part.style.decimal.clone(),
            date_style: part.style.date_style.clone(),
            rows: part.rows,
            columns: part.columns.clone(),
            preset: part.preset.clone(),
            fields: object
                .as_deref()
                .map(|o| targets(catalog, o, &headers))
                .unwrap_or_default(),
            summary: summaries.get(index).cloned(),
            object,
        }
    };
    settings.parts.iter().enumerate().map(part).collect()
}

pub(super) async fn import_json(app: &App, viewer: &Viewer, record: Record) -> Result<ImportJson, Problem> {
    let catalog = app.store.catalog();
    let settings = Settings::of(&record)?;
    let field = |name: &str| record.fields.get(name).cloned().unwrap_or_default();
    let (errors, summary) = (field("errors"), field("summary"));
    let mapping: Mapping = serde_json::from_value(field("mapping")).unwrap_or_default();
    let mut shown: Vec<RowError> = part_of(&errors, "rows");
    shown.truncate(SHOWN_ERRORS);
    let mut remarks: Vec<RowError> = part_of(&errors, "remarks");
    remarks.truncate(SHOWN_ERRORS);
    let job = match &settings.job {
        Some(job) => jobs::find(app.store.db(), job).await?,
        None => None,
    };
    let summaries: Vec<Summary> = part_of(&summary, "parts");
    Ok(ImportJson {
        file_name: record.text("file_name").unwrap_or_default().to_owned(),
        state: record.text("state").unwrap_or_default().to_owned(),
        rows: settings.parts.iter().map(|p| p.rows).sum(),
        parts: parts(catalog, &settings, &mapping, &summaries),
        objects: objects::objects(catalog, viewer)
            .into_iter()
            .map(|t| ImportedObject {
                name: t.name.clone(),
                label_en: t.plural.en.clone(),
                label_de: t.plural.de.clone(),
            })
            .collect(),
        mapping,
        summary: part_of(&summary, "all"),
        errors: shown,
        error_groups: groups(&errors, "counts"),
        remarks,
        remark_groups: groups(&errors, "remark_counts"),
        unresolved: part_of(&errors, "unresolved"),
        duplicates: part_of(&summary, "duplicates"),
        duplicate_count: part_of(&summary, "duplicate_count"),
        message: part_of(&errors, "message"),
        change_set: record.text("import_change_set").map(str::to_owned),
        id: record.id,
        job,
    })
}
