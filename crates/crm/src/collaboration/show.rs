//! What a person was told, in words: read when it is shown, with the rights of that moment.

use std::collections::HashMap;

use records::{At, Record, Viewer};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::{self, Told};
use crate::App;
use crate::crud::user_names;
use crate::problem::Problem;
use crate::sessions::Signed;

/// The newest that are looked at.
const MOST: i64 = 200;
/// Letters of a text that are shown.
const EXCERPT: usize = 240;

/// Something a person is told.
#[derive(Serialize, ToSchema)]
pub(super) struct Notification {
    id: String,
    /// `mention`: somebody mentioned me; `comment`: said something about what I follow, or about an area; `change`: changed
    /// what I follow, or something that belongs to it.
    kind: String,
    at: i64,
    read: bool,
    actor_name: Option<String>,
    /// What it is about.
    #[serde(rename = "type")]
    type_name: String,
    record_id: String,
    title: String,
    /// The customer it belongs to, where there is one.
    account_id: Option<String>,
    /// What changed there, when that is another record.
    by_type: Option<String>,
    by_id: Option<String>,
    by_title: Option<String>,
    /// create, update, delete
    operation: Option<String>,
    /// The comment, or the text with the mention, shortened.
    text: Option<String>,
    /// Of a comment on a spot of a shape: longitude and latitude.
    #[schema(value_type = Option<Vec<f64>>)]
    spot: Option<serde_json::Value>,
}

/// What I was told.
#[derive(Serialize, ToSchema)]
pub(super) struct Notifications {
    unread: u64,
    notifications: Vec<Notification>,
}

/// What somebody was told and may still see, newest first.
pub(super) async fn notifications(app: &App, signed: &Signed) -> Result<Notifications, Problem> {
    let names = user_names(app).await?;
    let mut shown = Vec::new();
    let mut seen: HashMap<(String, String), Option<Record>> = HashMap::new();
    for told in store::told(app.store.db(), &signed.user_id, MOST).await? {
        let key = (told.record_type.clone(), told.record_id.clone());
        if !seen.contains_key(&key) {
            let record = get(app, &signed.viewer, &key.0, &key.1).await?;
            seen.insert(key.clone(), record);
        }
        if let Some(Some(record)) = seen.get(&key) {
            shown.extend(shown_as(app, signed, told, record, &names).await?);
        }
    }
    Ok(Notifications {
        unread: shown.iter().filter(|n| !n.read).count() as u64,
        notifications: shown,
    })
}

/// A record, of a type that is still declared.
async fn get(app: &App, viewer: &Viewer, type_name: &str, id: &str) -> Result<Option<Record>, Problem> {
    if app.store.record_type(type_name).is_err() {
        return Ok(None);
    }
    Ok(app.store.get(viewer, type_name, id, At::PRESENT).await?)
}

async fn shown_as(
    app: &App,
    signed: &Signed,
    told: Told,
    record: &Record,
    names: &HashMap<String, String>,
) -> Result<Option<Notification>, Problem> {
    let mut by = None;
    if let (Some(type_name), Some(id)) = (&told.by_type, &told.by_id) {
        // Whoever sees what a comment is about may read it; everything else has rights of its own.
        let viewer = if type_name == "comment" {
            Viewer::system()
        } else {
            signed.viewer.clone()
        };
        by = get(app, &viewer, type_name, id).await?;
        if by.is_none() && told.operation.as_deref() != Some("delete") {
            return Ok(None);
        }
    }
    let said = by.as_ref().unwrap_or(record);
    let text = match told.kind.as_str() {
        "change" => None,
        _ => ["text", "body", "note", "description"]
            .iter()
            .find_map(|f| said.text(f)),
    };
    Ok(Some(Notification {
        title: title(app, record),
        account_id: record.text("account_id").map(str::to_owned),
        by_title: by
            .as_ref()
            .filter(|b| b.type_name != "comment")
            .map(|b| title(app, b)),
        text: text.map(|t| t.chars().take(EXCERPT).collect()),
        spot: by
            .as_ref()
            .and_then(|b| b.fields.get("spot").filter(|s| !s.is_null()).cloned()),
        actor_name: told.actor_id.as_ref().and_then(|a| names.get(a)).cloned(),
        id: told.id,
        kind: told.kind,
        at: told.at,
        read: told.read_at.is_some(),
        type_name: told.record_type,
        record_id: told.record_id,
        by_type: told.by_type,
        by_id: told.by_id,
        operation: told.operation,
    }))
}

/// What a record is called.
pub(super) fn title(app: &App, record: &Record) -> String {
    let declared = app.store.catalog().get(&record.type_name);
    let field = declared.and_then(|t| t.field(t.title.as_deref()?));
    let text = field.and_then(|f| record.text(&f.name));
    // A choice is called as people read it.
    let word = text.and_then(|text| field?.words.get(text));
    word.map(|label| label.en.as_str())
        .or(text)
        .unwrap_or_default()
        .to_owned()
}
