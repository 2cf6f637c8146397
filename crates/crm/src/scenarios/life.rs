//! A scenario's life: made, copied, edited step by step, discarded.

use records::{Author, Error, Op, Record, Viewer, fields};
use serde_json::{Map, Value};

use super::branch::{self, Branch, Operation};
use super::change::Change;
use super::effect::Effect;
use super::prepare::Prepared;
use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::present;

/// The cause of the change sets written here.
pub(super) const CAUSE: &str = "scenario";
/// Steps of one scenario.
const MOST_OPERATIONS: usize = 2_000;
/// Tries against somebody who edits the same scenario at the same time.
const TRIES: usize = 4;

/// The program, writing what a person decided.
pub(super) fn author(user_id: &str, cause: &str, label: impl Into<String>) -> Author {
    Author::new(Viewer::system_for(user_id), cause, label)
}

/// The last moment that anything was written: what is written later is later, so this names a state for ever.
pub(super) async fn data_time(app: &App) -> Result<i64, Problem> {
    let last = app.store.last_seq().await?;
    let written = app.store.changes(last - 1, 1).await?;
    Ok(written.last().map_or(app.store.now().0, |change| change.at.0))
}

/// Makes a scenario on the territories of a moment; gives its id.
pub(super) async fn create(
    app: &App,
    signed: &Signed,
    name: Option<&str>,
    base_at: Option<i64>,
) -> Result<(String, String), Problem> {
    let now = present(&app.store).await?;
    let base_at = match base_at {
        None => data_time(app).await?,
        Some(at) if at <= now.0 && at > 0 => at,
        Some(_) => {
            return Err(Problem::bad(
                "/base_at",
                "out-of-range",
                "A scenario begins with the territories of now or of a past moment.",
            ));
        }
    };
    let name = match name.map(str::trim).filter(|n| !n.is_empty()) {
        Some(name) => checked(name)?,
        None => {
            let day = app.settings.zone.date(now);
            format!("Draft of {}", day.strftime("%-d %b %Y"))
        }
    };
    let id = records::new_id();
    let op = creation(app, &id, &name, base_at, signed, None);
    let author = author(&signed.user_id, CAUSE, format!("New scenario {name}"));
    let written = app.store.write(&author, vec![op]).await?;
    Ok((id, written.change_set))
}

fn checked(name: &str) -> Result<String, Problem> {
    let length = name.chars().count();
    if length <= 120 {
        return Ok(name.to_owned());
    }
    Err(Problem::bad(
        "/name",
        "too-long",
        format!("The name has {length} characters, at most 120 are kept."),
    ))
}

fn creation(app: &App, id: &str, name: &str, base_at: i64, signed: &Signed, from: Option<&str>) -> Op {
    let mut values = fields([
        ("name", name.into()),
        ("state", "draft".into()),
        ("base_at", base_at.into()),
        ("owner_id", signed.user_id.as_str().into()),
        ("created_at", app.store.now().0.into()),
    ]);
    if let Some(from) = from {
        values.insert("copied_from".into(), from.into());
    }
    Op::Create {
        type_name: "territory_scenario".into(),
        id: Some(id.to_owned()),
        fields: values,
    }
}

/// Another scenario with the same steps; gives its id.
pub(super) async fn copy(
    app: &App,
    signed: &Signed,
    branch: &Branch,
    name: Option<&str>,
) -> Result<(String, String), Problem> {
    let name = match name.map(str::trim).filter(|n| !n.is_empty()) {
        Some(name) => checked(name)?,
        None => {
            let name: String = branch.name().chars().take(110).collect();
            format!("Copy of {name}")
        }
    };
    let id = records::new_id();
    let mut ops = vec![creation(
        app,
        &id,
        &name,
        branch.base_at(),
        signed,
        Some(branch.id()),
    )];
    for (number, operation) in (1..).zip(branch.standing()) {
        let mut values: Map<String, Value> = operation
            .record
            .fields
            .iter()
            .filter(|(name, value)| name.as_str() != "custom" && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        values.insert("scenario_id".into(), id.as_str().into());
        values.insert("number".into(), Value::from(number));
        ops.push(Op::create("scenario_operation", values));
    }
    let author = author(&signed.user_id, CAUSE, format!("New scenario {name}"));
    let written = app.store.write(&author, ops).await?;
    Ok((id, written.change_set))
}

/// Why a scenario may not be edited; `None` if it may.
pub(super) fn not_editable(state: &str) -> Option<&'static str> {
    match state {
        "draft" | "review" | "approved" => None,
        "queued" => Some("It waits for its date. Withdraw it first."),
        "published" => Some("It is published. Copy it, or begin a new one."),
        "reverted" => Some("It was published and reverted. Copy it to go on."),
        _ => Some("It was discarded."),
    }
}

pub(super) fn must_be_editable(scenario: &Record) -> Result<(), Problem> {
    match not_editable(scenario.text("state").unwrap_or_default()) {
        None => Ok(()),
        Some(why) => Err(Problem::conflict("not-a-draft", why)),
    }
}

/// The scenario was edited: whoever looked at it before it was approved has to look again, and nobody else edits the
/// same state of it.
pub(super) fn edited(app: &App, scenario: &Record) -> Op {
    let mut patch = fields([(
        "edited_at",
        app.store.now().0.max(scenario.recorded_at.0 + 1).into(),
    )]);
    if matches!(scenario.text("state"), Some("review" | "approved")) {
        patch.insert("state".into(), "draft".into());
        patch.insert("requested_by".into(), Value::Null);
        patch.insert("approved_by".into(), Value::Null);
    }
    Op::Update {
        type_name: "territory_scenario".into(),
        id: scenario.id.clone(),
        version: Some(scenario.version),
        patch,
    }
}

/// A step to make.
pub(super) struct NewStep<'a> {
    pub scenario: &'a str,
    pub number: i64,
    pub kind: &'a str,
    pub title: &'a str,
    pub asked: Value,
    pub effects: &'a [Effect],
    /// Places that change hands.
    pub places: u64,
    pub user_id: &'a str,
}

impl NewStep<'_> {
    /// As a record: its id, and what makes it.
    pub fn op(self, app: &App) -> Result<(String, Op), Problem> {
        let id = records::new_id();
        let effect = serde_json::to_value(self.effects).map_err(Problem::unexpected)?;
        let title: String = self.title.chars().take(400).collect();
        let values = fields([
            ("scenario_id", self.scenario.into()),
            ("number", self.number.into()),
            ("kind", self.kind.into()),
            ("title", title.into()),
            ("asked", self.asked),
            ("effect", effect),
            ("places", i64::try_from(self.places).unwrap_or(i64::MAX).into()),
            ("made_by", self.user_id.into()),
            ("made_at", app.store.now().0.into()),
        ]);
        let op = Op::Create {
            type_name: "scenario_operation".into(),
            id: Some(id.clone()),
            fields: values,
        };
        Ok((id, op))
    }
}

/// The number of the next step.
pub(super) fn next_number(operations: &[Operation]) -> i64 {
    let numbers = operations.iter().filter_map(|o| o.record.integer("number"));
    numbers.max().unwrap_or(0) + 1
}

/// Adds a step to a scenario that may be edited; gives its id and the change set.
pub(super) async fn add(
    app: &App,
    signed: &Signed,
    branch: &Branch,
    change: &Change,
    prepared: &Prepared,
    title: &str,
    places: u64,
) -> Result<(String, String), Problem> {
    if branch.operations.len() >= MOST_OPERATIONS {
        return Err(Problem::conflict(
            "too-many",
            format!("A scenario has at most {MOST_OPERATIONS} steps. Publish this one, or copy it."),
        ));
    }
    let number = next_number(&branch.operations);
    let asked = serde_json::to_value(change).map_err(Problem::unexpected)?;
    let step = NewStep {
        scenario: branch.id(),
        number,
        kind: change.kind(),
        title,
        asked,
        effects: &prepared.effects,
        places,
        user_id: &signed.user_id,
    };
    let (id, op) = step.op(app)?;
    let label = format!("{}: {title}", branch.name());
    let author = author(
        &signed.user_id,
        CAUSE,
        label.chars().take(200).collect::<String>(),
    );
    let written = app
        .store
        .write(&author, vec![edited(app, &branch.scenario), op])
        .await?;
    Ok((id, written.change_set))
}

/// Somebody else edited the same scenario at the same time, and it is worth another try.
pub(super) fn try_again<T>(done: &Result<T, Problem>, tries: &mut usize) -> bool {
    *tries += 1;
    *tries < TRIES
        && done
            .as_ref()
            .is_err_and(|problem| problem.code == "version-conflict")
}

/// Which step to take back or do again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Undo,
    Redo,
}

/// Takes a step back, or does one again; the last one unless an id is given.
pub(super) async fn turn(
    app: &App,
    signed: &Signed,
    id: &str,
    which: Option<&str>,
    direction: Direction,
) -> Result<String, Problem> {
    let scenario = branch::find(app, &signed.viewer, id).await?;
    must_be_editable(&scenario)?;
    let operations = branch::operations(app, id).await?;
    let wanted_standing = direction == Direction::Undo;
    let found = match which {
        Some(which) => {
            let found = operations.iter().find(|o| o.id() == which);
            let found = found.ok_or_else(|| Problem::not_found(format!("Step {which}")))?;
            (found.stands() == wanted_standing).then_some(found)
        }
        None if wanted_standing => operations.iter().rfind(|o| o.stands()),
        // What was taken back last comes back first.
        None => operations.iter().filter(|o| !o.stands()).max_by_key(|o| {
            (
                o.record.integer("undone_at"),
                std::cmp::Reverse(o.record.integer("number")),
            )
        }),
    };
    let Some(found) = found else {
        let (code, words) = match direction {
            Direction::Undo => ("nothing-to-undo", "There is no step to take back."),
            Direction::Redo => ("nothing-to-redo", "There is no step to do again."),
        };
        return Err(Problem::conflict(code, words));
    };
    let (verb, undone_at) = match direction {
        Direction::Undo => ("Take back", Value::from(app.store.now().0)),
        Direction::Redo => ("Do again", Value::Null),
    };
    let ops = vec![
        edited(app, &scenario),
        Op::Update {
            type_name: "scenario_operation".into(),
            id: found.id().to_owned(),
            version: Some(found.record.version),
            patch: fields([("undone_at", undone_at)]),
        },
    ];
    let name = scenario.text("name").unwrap_or_default();
    let label = format!("{name}: {verb} {}", found.title());
    let author = author(
        &signed.user_id,
        CAUSE,
        label.chars().take(200).collect::<String>(),
    );
    Ok(app.store.write(&author, ops).await?.change_set)
}

/// Other values for the scenario's own fields.
pub(super) async fn patch(
    app: &App,
    signed: &Signed,
    scenario: &Record,
    label: &str,
    patch: Map<String, Value>,
    more: Vec<Op>,
) -> Result<String, Problem> {
    let mut ops = vec![Op::Update {
        type_name: "territory_scenario".into(),
        id: scenario.id.clone(),
        version: Some(scenario.version),
        patch,
    }];
    ops.extend(more);
    let author = author(&signed.user_id, CAUSE, label);
    match app.store.write(&author, ops).await {
        Err(Error::VersionConflict { .. }) => Err(Problem::conflict(
            "superseded-by-another",
            "Somebody changed this scenario at the same moment. Nothing was written; look again.",
        )),
        written => Ok(written?.change_set),
    }
}

/// Renames a scenario, or says something about it.
pub(super) async fn describe(
    app: &App,
    signed: &Signed,
    id: &str,
    name: Option<&str>,
    note: Option<Option<&str>>,
) -> Result<String, Problem> {
    let scenario = branch::find(app, &signed.viewer, id).await?;
    let mut values = Map::new();
    if let Some(name) = name {
        let name = name.trim();
        if name.is_empty() {
            return Err(Problem::bad("/name", "required", "Give the scenario a name."));
        }
        values.insert("name".into(), checked(name)?.into());
    }
    if let Some(note) = note {
        values.insert("note".into(), note.map_or(Value::Null, Value::from));
    }
    let label = format!("Describe scenario {}", scenario.text("name").unwrap_or_default());
    patch(app, signed, &scenario, &label, values, Vec::new()).await
}

/// A draft that is not wanted any more.
pub(super) async fn discard(app: &App, signed: &Signed, id: &str) -> Result<String, Problem> {
    let scenario = branch::find(app, &signed.viewer, id).await?;
    must_be_editable(&scenario)?;
    let label = format!("Discard scenario {}", scenario.text("name").unwrap_or_default());
    let values = fields([("state", "discarded".into())]);
    patch(app, signed, &scenario, &label, values, Vec::new()).await
}
