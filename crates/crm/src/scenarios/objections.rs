//! A rep objects to a move; the manager gets it as a proposed change.

use records::{At, Filter, Op, Record, Viewer, fields};
use serde_json::Value;

use super::branch;
use super::life::author;
use super::moves::{happened, scenario};
use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// The cause of the change sets written here.
const CAUSE: &str = "objection";
/// Characters of a reason or an answer.
const LONGEST: usize = 2_000;

fn checked(text: &str, pointer: &str, what: &str) -> Result<String, Problem> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Problem::bad(pointer, "required", what)),
        1..=LONGEST => Ok(text.to_owned()),
        n => Err(Problem::bad(
            pointer,
            "too-long",
            format!("This has {n} characters, at most {LONGEST} are kept."),
        )),
    }
}

/// Objects to a place that moves from or to the person.
pub(super) async fn object(
    app: &App,
    signed: &Signed,
    scenario_id: &str,
    location: &str,
    reason: &str,
) -> Result<(Record, String), Problem> {
    let reason = checked(reason, "/reason", "Say why.")?;
    let missing = || Problem::not_found(format!("A move of place {location} that concerns you"));
    // Whoever is not concerned does not learn whether there is such a scenario.
    let scenario = scenario(app, scenario_id).await.map_err(|_| missing())?;
    if scenario.text("state") == Some("reverted") {
        return Err(Problem::conflict(
            "reverted",
            "It was taken back already; the place is where it was.",
        ));
    }
    let happened = happened(app, &scenario).await?.ok_or_else(missing)?;
    let passed = happened
        .passed
        .iter()
        .find(|p| p.location == location)
        .filter(|p| {
            let (before, after) = happened.of_user(p, &signed.user_id);
            before != after
        })
        .ok_or_else(missing)?;
    let filter = Filter::eq("scenario_id", scenario_id)
        .and(Filter::eq("user_id", signed.user_id.as_str()))
        .and(Filter::eq("location_id", location));
    let before = branch::all(app, &Viewer::system(), "scenario_objection", filter, "at").await?;
    if before.iter().any(|o| o.text("state") != Some("withdrawn")) {
        return Err(Problem::conflict(
            "already-objected",
            "You objected to this move already.",
        ));
    }
    let link = |id: &Option<String>| id.as_deref().map_or(Value::Null, Value::from);
    let exists = |id: &Option<String>, layout: &crate::territories::Layout| {
        id.clone().filter(|id| layout.get(id).is_some())
    };
    let present = app.territories.layout.get(&app.store).await?;
    let mut values = fields([
        ("scenario_id", scenario_id.into()),
        ("location_id", location.into()),
        ("user_id", signed.user_id.as_str().into()),
        ("reason", reason.into()),
        ("state", "open".into()),
        ("at", app.store.now().0.into()),
        ("back_to", link(&exists(&passed.from, &present))),
        ("moved_to", link(&exists(&passed.to, &present))),
    ]);
    values.retain(|_, v| !v.is_null());
    let label = format!("Object to {}", scenario.text("name").unwrap_or_default());
    let author = author(&signed.user_id, CAUSE, label);
    let mut written = app
        .store
        .write(&author, vec![Op::create("scenario_objection", values)])
        .await?;
    let record = written
        .records
        .pop()
        .ok_or_else(|| Problem::unexpected("a written objection is gone"))?;
    Ok((record, written.change_set))
}

/// One that the viewer may see: their own, or all for whoever works on scenarios.
pub(super) async fn find(app: &App, viewer: &Viewer, id: &str) -> Result<Record, Problem> {
    app.store
        .get(viewer, "scenario_objection", id, At::PRESENT)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Objection {id}")))
}

pub(super) fn must_be_open(objection: &Record) -> Result<(), Problem> {
    match objection.text("state") {
        Some("open") => Ok(()),
        state => Err(Problem::conflict(
            "not-open",
            format!("The objection is {} already.", state.unwrap_or("answered")),
        )),
    }
}

/// What an answer makes of an objection.
fn answered(objection: &Record, state: &str, by: &str, answer: Option<&str>, at: i64) -> Op {
    let mut patch = fields([
        ("state", state.into()),
        ("answered_by", by.into()),
        ("answered_at", at.into()),
    ]);
    if let Some(answer) = answer {
        patch.insert("answer".into(), answer.into());
    }
    Op::Update {
        type_name: "scenario_objection".into(),
        id: objection.id.clone(),
        version: Some(objection.version),
        patch,
    }
}

/// No, with a word.
pub(super) async fn decline(app: &App, signed: &Signed, id: &str, answer: &str) -> Result<String, Problem> {
    let objection = find(app, &signed.viewer, id).await?;
    must_be_open(&objection)?;
    let answer = checked(answer, "/answer", "Say why not.")?;
    let op = answered(
        &objection,
        "declined",
        &signed.user_id,
        Some(&answer),
        app.store.now().0,
    );
    let author = author(&signed.user_id, CAUSE, "Decline an objection");
    Ok(app.store.write(&author, vec![op]).await?.change_set)
}

/// Never mind.
pub(super) async fn withdraw(app: &App, signed: &Signed, id: &str) -> Result<String, Problem> {
    let objection = find(app, &signed.viewer, id).await?;
    must_be_open(&objection)?;
    if objection.text("user_id") != Some(&signed.user_id) {
        return Err(Problem::forbidden(
            "Only whoever objected takes it back. Accept or decline it.",
        ));
    }
    let op = answered(&objection, "withdrawn", &signed.user_id, None, app.store.now().0);
    let author = author(&signed.user_id, CAUSE, "Withdraw an objection");
    Ok(app.store.write(&author, vec![op]).await?.change_set)
}

/// Yes: it became this step of a scenario.
pub(super) async fn accepted(
    app: &App,
    signed: &Signed,
    objection: &Record,
    operation: &str,
    answer: Option<&str>,
) -> Result<String, Problem> {
    let answer = answer.map(str::trim).filter(|a| !a.is_empty());
    let mut op = answered(objection, "accepted", &signed.user_id, answer, app.store.now().0);
    if let Op::Update { patch, .. } = &mut op {
        patch.insert("operation_id".into(), operation.into());
    }
    let author = author(&signed.user_id, CAUSE, "Accept an objection");
    Ok(app.store.write(&author, vec![op]).await?.change_set)
}
