//! The columns of the live index: what a customer's row holds.

use super::added::Added;
use points::{Category, RowId, Schema, Shape, Text};
use records::FilterError;

/// Every state a place can be due in, the most urgent first.
pub(crate) const DUE_STATES: [&str; 5] = ["overdue", "due", "appointment", "later", "none"];

pub(super) const CATEGORIES: [&str; 9] = [
    "type",
    "class",
    "industry",
    "owner_id",
    "territory_id",
    "city",
    "postal_code",
    "geocode_status",
    "due_state",
];
/// Where `territory_id` is among them.
pub(super) const TERRITORY: usize = 4;
pub(super) const AMOUNTS: [&str; 6] = [
    "revenue",
    "pipeline",
    "visits_90_days",
    "visit_minutes_year",
    "accounts",
    "visits_10_years",
];
pub(super) const TIMES: [&str; 2] = ["last_visit", "due_at"];
pub(super) const TEXTS: [&str; 3] = ["name", "street", "phone"];

/// How a column can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Category,
    Number,
    Text,
}

/// The amount column that holds the open pipeline of one stage.
pub(crate) fn stage_amount(stage_id: &str) -> String {
    format!("pipeline:{stage_id}")
}

/// The amount column that counts the open opportunities of one stage.
pub(crate) fn stage_count(stage_id: &str) -> String {
    format!("opportunities:{stage_id}")
}

/// The schema, with two amounts for each stage of the sales process, and the fields that were added.
pub(super) fn schema(stages: &[String], added: &[Added]) -> Schema {
    let category = |name: &&str| {
        if *name == "due_state" {
            Category::ordered(*name, DUE_STATES)
        } else {
            Category::named(*name)
        }
    };
    let mut amounts: Vec<String> = AMOUNTS.iter().map(ToString::to_string).collect();
    amounts.extend(stages.iter().map(|s| stage_amount(s)));
    amounts.extend(stages.iter().map(|s| stage_count(s)));
    amounts.extend(added.iter().filter(|a| a.is_number()).map(|a| a.name.clone()));
    let mut categories: Vec<Category> = CATEGORIES.iter().map(category).collect();
    categories.extend(added.iter().map(|a| Category::named(a.category())));
    Schema {
        categories,
        amounts,
        times: TIMES.iter().map(ToString::to_string).collect(),
        texts: vec![Text::words("name"), Text::words("street"), Text::digits("phone")],
    }
}

pub(super) fn kind_of(field: &str, added: &[Added]) -> Result<ColumnKind, FilterError> {
    if let Some(added) = added.iter().find(|a| a.name == field) {
        return Ok(if added.is_number() {
            ColumnKind::Number
        } else {
            ColumnKind::Category
        });
    }
    if CATEGORIES.contains(&field) {
        Ok(ColumnKind::Category)
    } else if AMOUNTS.contains(&field) || TIMES.contains(&field) {
        Ok(ColumnKind::Number)
    } else if TEXTS.contains(&field) {
        Ok(ColumnKind::Text)
    } else {
        Err(FilterError {
            message: format!("{field} cannot be filtered by on the map of customers"),
            property: Some(field.to_owned()),
        })
    }
}

/// The sixteen bytes of a record's id; `None` for a text that is no id of ours.
pub(crate) fn row_id(id: &str) -> Option<RowId> {
    uuid::Uuid::parse_str(id).ok().map(|u| RowId(*u.as_bytes()))
}

/// The text of a row's id.
pub(crate) fn id_text(id: RowId) -> String {
    uuid::Uuid::from_bytes(id.0).to_string()
}

pub(crate) fn shape_of(polygons: geo_types::MultiPolygon<f64>) -> Result<Shape, FilterError> {
    Shape::polygons(polygons).map_err(|e| FilterError {
        message: e.to_string(),
        property: None,
    })
}
