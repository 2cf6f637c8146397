//! What is said about a scenario, and who has to agree before it is published.

use records::{Error, Op, Record, fields, on_db};
use serde_json::{Map, Value};

use super::life::{author, must_be_editable, patch};
use super::{branch, life};
use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// The setting: a scenario needs somebody else's approval before it is published.
const APPROVAL: &str = "scenarios.approval_needed";

pub(super) async fn approval_needed(app: &App) -> Result<bool, Problem> {
    const SQL: &str = "select value from settings where name = $1";
    let value: Option<String> =
        on_db!(read app.store.db(), pool => sqlx::query_scalar(SQL).bind(APPROVAL).fetch_optional(pool).await)
            .map_err(Error::from)?;
    Ok(value.as_deref() == Some("true"))
}

pub(super) async fn set_approval_needed(app: &App, needed: bool) -> Result<(), Problem> {
    const SQL: &str = "insert into settings (name, value) values ($1, $2) \
                       on conflict (name) do update set value = excluded.value";
    let value = needed.to_string();
    on_db!(write app.store.db(), pool => sqlx::query(SQL).bind(APPROVAL).bind(&value).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Something that was said or done, for the list of comments.
pub(super) fn event(app: &App, scenario: &str, kind: &str, text: Option<&str>, user_id: &str) -> Op {
    let mut values = fields([
        ("scenario_id", scenario.into()),
        ("kind", kind.into()),
        ("author_id", user_id.into()),
        ("at", app.store.now().0.into()),
    ]);
    if let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) {
        values.insert("text".into(), text.into());
    }
    Op::create("scenario_comment", values)
}

/// Why a scenario cannot be published by this person; `None` if it can.
pub(super) fn not_publishable(scenario: &Record, approval_needed: bool) -> Option<String> {
    let state = scenario.text("state").unwrap_or_default();
    if let Some(why) = life::not_editable(state) {
        return Some(why.to_owned());
    }
    if approval_needed && state != "approved" {
        return Some("It has to be approved by somebody else first.".to_owned());
    }
    None
}

/// Asks for a look.
pub(super) async fn request(
    app: &App,
    signed: &Signed,
    id: &str,
    text: Option<&str>,
) -> Result<String, Problem> {
    let scenario = branch::find(app, &signed.viewer, id).await?;
    must_be_editable(&scenario)?;
    let values = fields([
        ("state", "review".into()),
        ("requested_by", signed.user_id.as_str().into()),
        ("approved_by", Value::Null),
    ]);
    said(
        app,
        signed,
        &scenario,
        "request",
        text,
        values,
        "Ask for approval of",
    )
    .await
}

/// Agrees. Where approval is needed, nobody agrees with what they asked for themselves.
pub(super) async fn approve(
    app: &App,
    signed: &Signed,
    id: &str,
    text: Option<&str>,
) -> Result<String, Problem> {
    let scenario = branch::find(app, &signed.viewer, id).await?;
    must_be_editable(&scenario)?;
    let own = [scenario.text("requested_by"), scenario.text("owner_id")].contains(&Some(&signed.user_id));
    if own && approval_needed(app).await? {
        return Err(Problem::forbidden(
            "Somebody else has to approve: you made this scenario or asked for its approval.",
        ));
    }
    let values = fields([
        ("state", "approved".into()),
        ("approved_by", signed.user_id.as_str().into()),
    ]);
    said(app, signed, &scenario, "approve", text, values, "Approve").await
}

/// Sends it back with a word.
pub(super) async fn send_back(
    app: &App,
    signed: &Signed,
    id: &str,
    text: Option<&str>,
) -> Result<String, Problem> {
    let scenario = branch::find(app, &signed.viewer, id).await?;
    must_be_editable(&scenario)?;
    if text.is_none_or(|t| t.trim().is_empty()) {
        return Err(Problem::bad("/text", "required", "Say what is to change."));
    }
    let values = fields([
        ("state", "draft".into()),
        ("requested_by", Value::Null),
        ("approved_by", Value::Null),
    ]);
    said(
        app,
        signed,
        &scenario,
        "changes",
        text,
        values,
        "Ask for changes of",
    )
    .await
}

async fn said(
    app: &App,
    signed: &Signed,
    scenario: &Record,
    kind: &str,
    text: Option<&str>,
    values: Map<String, Value>,
    label: &str,
) -> Result<String, Problem> {
    let label = format!("{label} {}", scenario.text("name").unwrap_or_default());
    let event = event(app, &scenario.id, kind, text, &signed.user_id);
    patch(app, signed, scenario, &label, values, vec![event]).await
}

/// A comment, on the whole, a step, or a spot.
#[derive(Clone, Debug, Default)]
pub(super) struct NewComment {
    pub text: String,
    pub operation_id: Option<String>,
    pub location_id: Option<String>,
    pub spot: Option<[f64; 2]>,
}

pub(super) async fn comment(
    app: &App,
    signed: &Signed,
    scenario: &str,
    new: NewComment,
) -> Result<(Record, String), Problem> {
    let scenario = branch::find(app, &signed.viewer, scenario).await?;
    if new.text.trim().is_empty() {
        return Err(Problem::bad("/text", "required", "Say something."));
    }
    if let Some(operation) = &new.operation_id {
        let operations = branch::operations(app, &scenario.id).await?;
        if !operations.iter().any(|o| o.id() == operation) {
            let words = format!("Step {operation} is not one of this scenario.");
            return Err(Problem::bad("/operation_id", "no-such-record", words));
        }
    }
    if let Some([lng, lat]) = new.spot {
        geom::LngLat::new(lng, lat)
            .map_err(|error| Problem::bad("/lng", "not-on-earth", format!("{error}.")))?;
    }
    let Op::Create {
        type_name,
        id,
        mut fields,
    } = event(app, &scenario.id, "comment", Some(&new.text), &signed.user_id)
    else {
        return Err(Problem::unexpected("an event is a new record"));
    };
    for (name, value) in [
        ("operation_id", new.operation_id.map(Value::from)),
        ("location_id", new.location_id.map(Value::from)),
        ("spot", new.spot.map(|spot| Value::from(spot.to_vec()))),
    ] {
        if let Some(value) = value {
            fields.insert(name.into(), value);
        }
    }
    let label = format!("Comment on {}", scenario.text("name").unwrap_or_default());
    let author = author(&signed.user_id, life::CAUSE, label);
    let op = Op::Create {
        type_name,
        id,
        fields,
    };
    let mut written = app.store.write(&author, vec![op]).await?;
    let record = written
        .records
        .pop()
        .ok_or_else(|| Problem::unexpected("a written comment is gone"))?;
    Ok((record, written.change_set))
}

/// Takes one's own comment away.
pub(super) async fn remove_comment(
    app: &App,
    signed: &Signed,
    scenario: &str,
    id: &str,
) -> Result<String, Problem> {
    let missing = || Problem::not_found(format!("Comment {id}"));
    let found = app
        .store
        .get(&signed.viewer, "scenario_comment", id, records::At::PRESENT)
        .await?
        .filter(|c| c.text("scenario_id") == Some(scenario) && c.text("kind") == Some("comment"))
        .ok_or_else(missing)?;
    if found.text("author_id") != Some(&signed.user_id) {
        return Err(Problem::forbidden("Only whoever wrote a comment takes it away."));
    }
    let author = author(&signed.user_id, life::CAUSE, "Remove a comment");
    let op = Op::Delete {
        type_name: "scenario_comment".into(),
        id: id.to_owned(),
        version: Some(found.version),
    };
    Ok(app.store.write(&author, vec![op]).await?.change_set)
}
