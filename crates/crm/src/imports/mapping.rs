//! Saying what tables are, where columns go, what becomes of rows and who is meant, over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use records::{At, fields};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::http::{find, not_begun, update};
use super::shown::{ImportJson, Settings};
use super::{Mapping, PartMapping, columns, objects, targets};
use crate::Shared;
use crate::app::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Say what each table is and which column is which field
#[utoipa::path(put, path = "/api/v1/imports/{id}/mapping", tag = "imports", request_body = Mapping,
    responses((status = 200, body = ImportJson), (status = 400, body = Problem)))]
pub(super) async fn mapping(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(given): Json<Mapping>,
) -> Result<Json<ImportJson>, Problem> {
    let record = find(&app, &signed, &id).await?;
    not_begun(&record)?;
    let settings = Settings::of(&record)?;
    if given.parts.len() != settings.parts.len() {
        return Err(Problem::bad(
            "/parts",
            "not-the-tables",
            format!(
                "The upload has {} tables; say of each what becomes of it.",
                settings.parts.len()
            ),
        ));
    }
    if given.parts.iter().all(|part| part.object.is_none()) {
        return Err(Problem::bad(
            "/parts",
            "nothing-left",
            "Every table is left out. Take at least one of them.",
        ));
    }
    for (position, (part, known)) in given.parts.iter().zip(&settings.parts).enumerate() {
        let headers: Vec<String> = known.columns.iter().map(|c| c.header.clone()).collect();
        part_is_right(&app, &signed, position, part, &headers)?;
    }
    for (position, link) in given.links.iter().enumerate() {
        let there = match app.store.record_type(&link.to) {
            Ok(_) => {
                app.store
                    .get(&signed.viewer, &link.to, &link.id, At::PRESENT)
                    .await?
            }
            Err(_) => None,
        };
        if there.is_none() {
            let message = format!(
                "What {:?} means is not on record, or is not yours to see.",
                link.read
            );
            return Err(Problem::bad(
                &format!("/links/{position}/id"),
                "unknown-record",
                message,
            ));
        }
    }
    let patch = fields([
        (
            "mapping",
            serde_json::to_value(&given).map_err(Problem::unexpected)?,
        ),
        ("state", "uploaded".into()),
        ("summary", Value::Null),
        ("errors", Value::Null),
    ]);
    update(&app, &signed, record, patch).await
}

/// Refuses a mapping that names what is not there, one field twice, or no name.
fn part_is_right(
    app: &App,
    signed: &Signed,
    position: usize,
    part: &PartMapping,
    headers: &[String],
) -> Result<(), Problem> {
    let Some(object) = part.object.as_deref() else {
        return Ok(());
    };
    let known = objects::objects(app.store.catalog(), &signed.viewer);
    if !known.iter().any(|t| t.name == object) {
        return Err(Problem::bad(
            &format!("/parts/{position}/object"),
            "unknown-object",
            format!("Rows cannot be records of the kind {object}."),
        ));
    }
    let targets = targets::targets(app.store.catalog(), object, headers);
    let mut taken: Vec<&str> = Vec::new();
    for (place, column) in part.columns.iter().enumerate() {
        let Some(field) = column.field.as_deref() else {
            continue;
        };
        let pointer = format!("/parts/{position}/columns/{place}/field");
        if !targets.iter().any(|t| t.name == field) {
            return Err(Problem::bad(
                &pointer,
                "unknown-field",
                format!("There is no field {field} to import into."),
            ));
        }
        if taken.contains(&field) {
            return Err(Problem::bad(
                &pointer,
                "twice",
                format!("Two columns go to {field}. Choose one of them."),
            ));
        }
        taken.push(field);
    }
    match targets
        .iter()
        .find(|t| t.required && !taken.contains(&t.name.as_str()))
    {
        Some(missing) => Err(Problem::bad(
            &format!("/parts/{position}/columns"),
            "name-missing",
            format!("Say which column holds {}.", missing.label_en),
        )),
        None => Ok(()),
    }
}

#[derive(Deserialize, ToSchema)]
pub(super) struct TableObject {
    /// The record type that each row is one of; null leaves the table out.
    object: Option<String>,
}

/// Say what the rows of a table are; its columns are proposed anew
#[utoipa::path(put, path = "/api/v1/imports/{id}/parts/{part}/object", tag = "imports", request_body = TableObject,
    params(("id" = String, Path), ("part" = usize, Path)),
    responses((status = 200, body = ImportJson), (status = 400, body = Problem)))]
pub(super) async fn object(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, part)): Path<(String, usize)>,
    Json(body): Json<TableObject>,
) -> Result<Json<ImportJson>, Problem> {
    let record = find(&app, &signed, &id).await?;
    not_begun(&record)?;
    let mut settings = Settings::of(&record)?;
    let mut mapping: Mapping = super::walk::from_field(record.fields.get("mapping"))?;
    let (Some(known), Some(mapped)) = (settings.parts.get_mut(part), mapping.parts.get_mut(part)) else {
        return Err(Problem::not_found(format!("Table {part} of import {id}")));
    };
    if let Some(object) = &body.object {
        let headers: Vec<String> = known.columns.iter().map(|c| c.header.clone()).collect();
        let no_columns = PartMapping {
            object: Some(object.clone()),
            ..PartMapping::default()
        };
        match part_is_right(&app, &signed, part, &no_columns, &headers) {
            Err(problem) if problem.code != "name-missing" => return Err(problem),
            _ => {}
        }
        let samples: Vec<Vec<String>> = known.columns.iter().map(|c| c.samples.clone()).collect();
        known.columns = columns::propose(app.store.catalog(), object, &headers, &[]);
        for (column, samples) in known.columns.iter_mut().zip(samples) {
            column.custom = column.field.is_none() && !column.header.is_empty() && !samples.is_empty();
            column.samples = samples;
        }
        mapped.columns = columns::proposed_mapping(&known.columns);
    }
    mapped.object = body.object;
    let patch = fields([
        (
            "settings",
            serde_json::to_value(&settings).map_err(Problem::unexpected)?,
        ),
        (
            "mapping",
            serde_json::to_value(&mapping).map_err(Problem::unexpected)?,
        ),
        ("state", "uploaded".into()),
        ("summary", Value::Null),
        ("errors", Value::Null),
    ]);
    update(&app, &signed, record, patch).await
}
