//! Scenarios as they go out: JSON with names beside ids, and a word where something may not be done.

use std::collections::HashMap;

use records::Record;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::branch::{Branch, Operation};
use super::figures::{Measures, Reference};
use super::life;
use super::merge::{Conflict, Unit};
use super::review;

/// Entries of a list that may be long.
pub(super) const LISTED: usize = 500;

/// Names of users by id.
pub(super) type Users = HashMap<String, String>;

/// A scenario in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ScenarioHead {
    pub id: String,
    pub name: String,
    pub note: Option<String>,
    /// draft, review, approved, queued, published, reverted, discarded
    pub state: String,
    /// The moment whose territories it branches from, milliseconds since 1970.
    pub base_at: i64,
    /// The same as a local day.
    pub base_label: String,
    /// Territories were changed since; see `merge`.
    pub superseded: bool,
    /// Steps that stand.
    pub operations: usize,
    pub created_at: i64,
    /// When its steps last changed.
    pub edited_at: Option<i64>,
    pub owner_id: Option<String>,
    pub owner_name: Option<String>,
    pub copied_from: Option<Reference>,
    /// Queued: from when it is to hold.
    pub publish_at: Option<i64>,
    pub published_at: Option<i64>,
    /// The change set that published it.
    pub publication: Option<String>,
    pub reverted_at: Option<i64>,
    pub holdover_days: Option<u32>,
    pub requested_by: Option<String>,
    pub approved_by: Option<String>,
    pub comments: u64,
    pub objections_open: u64,
    /// Of the record.
    pub version: i64,
    /// Why it did not become true on its date.
    pub blocked: Option<String>,
}

/// What may be done with it: null, or why not.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Can {
    pub edit: Option<String>,
    pub request: Option<String>,
    pub approve: Option<String>,
    pub publish: Option<String>,
    pub withdraw: Option<String>,
    pub revert: Option<String>,
    pub discard: Option<String>,
}

impl Can {
    fn of(scenario: &Record, approval_needed: bool, is_empty: bool) -> Self {
        let state = scenario.text("state").unwrap_or_default();
        let editable = life::not_editable(state).map(str::to_owned);
        let no_step = || is_empty.then(|| "It has no step yet.".to_owned());
        let only = |wanted: &str, why: &str| (state != wanted).then(|| why.to_owned());
        Self {
            edit: editable.clone(),
            request: editable.clone().or_else(no_step),
            approve: editable.clone().or_else(no_step),
            publish: review::not_publishable(scenario, approval_needed).or_else(no_step),
            withdraw: only("queued", "It does not wait for a date."),
            revert: only("published", "Only a published scenario can be reverted."),
            discard: editable,
        }
    }
}

/// A scenario with its steps.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ScenarioJson {
    #[serde(flatten)]
    pub head: ScenarioHead,
    pub operations_list: Vec<OperationJson>,
    pub can: Can,
}

/// A step.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct OperationJson {
    pub id: String,
    pub number: i64,
    pub kind: String,
    pub title: String,
    /// As it was asked for.
    #[schema(value_type = Object)]
    pub body: Value,
    pub undone: bool,
    pub undone_at: Option<i64>,
    pub made_at: i64,
    pub made_by: Option<String>,
    /// Places that moved when it was made.
    pub places: i64,
    pub comments: u64,
}

impl OperationJson {
    pub fn of(operation: &Operation, users: &Users, comments: u64) -> Self {
        let record = &operation.record;
        let text = |field: &str| record.text(field).unwrap_or_default().to_owned();
        Self {
            id: record.id.clone(),
            number: record.integer("number").unwrap_or(0),
            kind: text("kind"),
            title: text("title"),
            body: record.fields.get("asked").cloned().unwrap_or_default(),
            undone: !operation.stands(),
            undone_at: record.integer("undone_at"),
            made_at: record.integer("made_at").unwrap_or(0),
            made_by: record.text("made_by").and_then(|u| users.get(u)).cloned(),
            places: record.integer("places").unwrap_or(0),
            comments,
        }
    }
}

/// What a head needs beside the record.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub base_label: String,
    pub superseded: bool,
    pub operations: usize,
    pub copied_from: Option<Reference>,
    pub comments: u64,
    pub objections_open: u64,
}

pub(super) fn head(scenario: &Record, users: &Users, around: Around) -> ScenarioHead {
    let text = |field: &str| scenario.text(field).map(str::to_owned);
    let user = |field: &str| scenario.text(field).and_then(|u| users.get(u)).cloned();
    let holdover = scenario
        .fields
        .get("publish_options")
        .and_then(|o| o.get("holdover_days"));
    ScenarioHead {
        id: scenario.id.clone(),
        name: text("name").unwrap_or_default(),
        note: text("note"),
        state: text("state").unwrap_or_default(),
        base_at: scenario.integer("base_at").unwrap_or(0),
        base_label: around.base_label,
        superseded: around.superseded,
        operations: around.operations,
        created_at: scenario.integer("created_at").unwrap_or(0),
        edited_at: scenario.integer("edited_at"),
        owner_id: text("owner_id"),
        owner_name: user("owner_id"),
        copied_from: around.copied_from,
        publish_at: scenario.integer("publish_at"),
        published_at: scenario.integer("published_at"),
        publication: text("publication"),
        reverted_at: scenario.integer("reverted_at"),
        holdover_days: holdover
            .and_then(Value::as_u64)
            .and_then(|d| u32::try_from(d).ok()),
        requested_by: user("requested_by"),
        approved_by: user("approved_by"),
        comments: around.comments,
        objections_open: around.objections_open,
        version: scenario.version,
        blocked: text("blocked"),
    }
}

pub(super) fn scenario(
    branch: &Branch,
    users: &Users,
    around: Around,
    comments: &HashMap<String, u64>,
    approval_needed: bool,
) -> ScenarioJson {
    let operations = branch.operations.iter();
    ScenarioJson {
        can: Can::of(
            &branch.scenario,
            approval_needed,
            branch.standing().next().is_none(),
        ),
        operations_list: operations
            .map(|o| OperationJson::of(o, users, comments.get(o.id()).copied().unwrap_or(0)))
            .collect(),
        head: head(&branch.scenario, users, around),
    }
}

/// A territory, or nobody, before and after.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CardSide {
    /// Null: the territory that would be made. `none`: places of no territory.
    pub territory_id: Option<String>,
    pub name: String,
    pub colour: Option<i64>,
    pub before: Measures,
    pub after: Measures,
}

/// A place that changes hands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CardMove {
    pub location_id: String,
    pub name: String,
    pub from: Option<Reference>,
    pub to: Option<Reference>,
}

/// Places of locked territories.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[schema(as = MoveLeftOut)]
pub(crate) struct LeftOut {
    pub locked: u64,
}

/// Why an area cannot be used.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CardProblem {
    pub code: String,
    pub message: String,
    pub lng: Option<f64>,
    pub lat: Option<f64>,
}

/// What a change would do. Nothing is written.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = ScenarioCard)]
pub(crate) struct Card {
    /// By how many places move.
    pub sides: Vec<CardSide>,
    pub moved_count: u64,
    /// At most 200, by name.
    pub moved: Vec<CardMove>,
    /// What moves is worth.
    pub selection: Measures,
    pub left_out: LeftOut,
    pub problem: Option<CardProblem>,
    pub took_ms: f64,
}

/// One side of a conflict.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ConflictSide {
    pub text: String,
    /// Who, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What both changed, and differently.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ConflictJson {
    /// Goes into `resolutions`.
    pub unit: String,
    /// place, field, members, removed
    pub kind: String,
    pub title: String,
    pub territory_id: Option<String>,
    pub location_id: Option<String>,
    pub lng: Option<f64>,
    pub lat: Option<f64>,
    pub base: ConflictSide,
    pub yours: ConflictSide,
    pub theirs: ConflictSide,
}

impl From<&Conflict> for ConflictJson {
    fn from(conflict: &Conflict) -> Self {
        let (kind, territory_id, location_id) = match &conflict.unit {
            Unit::Place { location_id, .. } => ("place", None, Some(location_id.clone())),
            Unit::Field { territory_id, .. } => ("field", Some(territory_id.clone()), None),
            Unit::People { territory_id } => ("members", Some(territory_id.clone()), None),
            Unit::Removed { territory_id, .. } => ("removed", Some(territory_id.clone()), None),
        };
        let side = |text: &str, by: Option<&String>| ConflictSide {
            text: text.to_owned(),
            by: by.cloned(),
        };
        Self {
            unit: conflict.unit.name(),
            kind: kind.to_owned(),
            title: conflict.title.clone(),
            territory_id,
            location_id,
            lng: conflict.place.map(|p| p[0]),
            lat: conflict.place.map(|p| p[1]),
            base: side(&conflict.base, None),
            yours: side(&conflict.yours, None),
            theirs: side(&conflict.theirs, conflict.by.as_ref()),
        }
    }
}

/// A comment, or a step of the review.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CommentJson {
    pub id: String,
    /// comment, request, approve, changes, publish, withdraw, revert, update
    pub kind: String,
    pub text: String,
    pub author_id: Option<String>,
    pub author_name: Option<String>,
    pub at: i64,
    pub operation_id: Option<String>,
    pub location_id: Option<String>,
    pub lng: Option<f64>,
    pub lat: Option<f64>,
}

impl CommentJson {
    pub fn of(record: &Record, users: &Users) -> Self {
        let text = |field: &str| record.text(field).map(str::to_owned);
        let spot = |i: usize| {
            record
                .fields
                .get("spot")
                .and_then(|s| s.get(i))
                .and_then(Value::as_f64)
        };
        Self {
            id: record.id.clone(),
            kind: text("kind").unwrap_or_default(),
            text: text("text").unwrap_or_default(),
            author_name: record.text("author_id").and_then(|u| users.get(u)).cloned(),
            author_id: text("author_id"),
            at: record.integer("at").unwrap_or(0),
            operation_id: text("operation_id"),
            location_id: text("location_id"),
            lng: spot(0),
            lat: spot(1),
        }
    }
}
