//! What kinds of record there are: the declarations, for forms, lists and imports.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use records::{Label, RecordType};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::accounts::phone::is_internal;
use crate::sessions::Signed;

/// A text in the interface's languages.
#[derive(Serialize, ToSchema)]
pub(crate) struct LabelJson {
    en: String,
    de: String,
}

impl From<&Label> for LabelJson {
    fn from(label: &Label) -> Self {
        Self {
            en: label.en.clone(),
            de: label.de.clone(),
        }
    }
}

/// A record type.
#[derive(Serialize, ToSchema)]
pub(crate) struct TypeJson {
    name: String,
    /// As in the address: `/api/v1/{plural}`.
    plural: String,
    label: LabelJson,
    plural_label: LabelJson,
    /// The field that names a record.
    title: Option<String>,
    /// Has `lng` and `lat`.
    place: bool,
    /// Has `valid_from` and `valid_to`.
    validity: bool,
    /// The part of the program its records belong to; null for what has a screen of its own.
    area: Option<String>,
    /// An administrator added it.
    custom: bool,
    /// The fields that a list shows.
    list: Vec<String>,
    /// The field by which records stand in columns of a board.
    board: Option<String>,
    fields: Vec<FieldJson>,
}

/// A field of a record type.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldJson {
    name: String,
    /// text, long_text, choice, boolean, integer, number, money, instant, date, link, json, email, phone, url, opening_hours
    #[schema(value_type = String)]
    kind: serde_json::Value,
    label: LabelJson,
    required: bool,
    read_only: bool,
    personal: bool,
    sort: bool,
    /// An administrator added it.
    custom: bool,
    choices: Vec<String>,
    /// What a person reads for each choice.
    words: BTreeMap<String, LabelJson>,
    /// The type a link points to.
    to: Option<String>,
    unit: Option<String>,
    max: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Types {
    types: Vec<TypeJson>,
}

pub(crate) fn type_json(record_type: &RecordType) -> TypeJson {
    let shown = record_type
        .fields
        .iter()
        .filter(|f| !f.retired && !is_internal(&f.name));
    let fields = shown.map(|f| FieldJson {
        name: f.name.clone(),
        kind: serde_json::to_value(f.kind).unwrap_or_default(),
        label: (&f.label).into(),
        required: f.required,
        read_only: f.read_only,
        personal: f.personal,
        sort: f.sort,
        custom: f.custom,
        choices: f.choices.clone(),
        words: f
            .words
            .iter()
            .map(|(choice, label)| (choice.clone(), label.into()))
            .collect(),
        to: f.to.clone(),
        unit: f.unit.clone(),
        max: f.max,
    });
    TypeJson {
        name: record_type.name.clone(),
        plural: record_type.table.replace('_', "-"),
        label: (&record_type.label).into(),
        plural_label: (&record_type.plural).into(),
        title: record_type.title.clone(),
        place: record_type.place,
        validity: record_type.validity,
        area: record_type.area.clone(),
        custom: record_type.custom,
        list: record_type.list.clone(),
        board: record_type.board.clone(),
        fields: fields.collect(),
    }
}

/// All record types with their fields
#[utoipa::path(get, path = "/api/v1/types", tag = "records", responses((status = 200, body = Types)))]
async fn types(State(app): State<Shared>, _: Signed) -> Json<Types> {
    let shown = app.store.catalog().iter().filter(|t| !t.retired);
    let mut types: Vec<TypeJson> = shown.map(type_json).collect();
    // What the customers' list and map can be filtered by.
    types.push(type_json(&app.live.customer_type()));
    Json(Types { types })
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(types))
}
