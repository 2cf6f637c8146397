//! A scenario with what it branches from: read, its operations done, and kept for the next question.

use std::sync::{Arc, Mutex, PoisonError};

use geom::Timestamp;
use records::{At, Filter, Query, Record, Viewer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::draft::Draft;
use super::effect::Effect;
use crate::App;
use crate::problem::Problem;
use crate::territories::Layout;

/// A step of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub record: Record,
    pub effects: Vec<Effect>,
}

impl Operation {
    fn of(record: Record) -> Result<Self, Problem> {
        let effect = record.fields.get("effect").cloned().unwrap_or_default();
        let effects = match effect {
            Value::Null => Vec::new(),
            effect => serde_json::from_value(effect).map_err(Problem::unexpected)?,
        };
        Ok(Self { record, effects })
    }

    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// It counts.
    pub fn stands(&self) -> bool {
        self.record.integer("undone_at").is_none()
    }

    pub fn title(&self) -> &str {
        self.record.text("title").unwrap_or_default()
    }
}

/// A draft, ready to be asked.
#[derive(Debug)]
pub(super) struct Drafted {
    pub draft: Draft,
    pub layout: Arc<Layout>,
}

/// A scenario with everything that it is made of.
#[derive(Clone)]
pub(super) struct Branch {
    pub scenario: Record,
    /// All operations, in order, also those undone.
    pub operations: Vec<Operation>,
    /// The territories that it branches from.
    pub base: Arc<Layout>,
    pub drafted: Arc<Drafted>,
}

impl Branch {
    pub fn id(&self) -> &str {
        &self.scenario.id
    }

    pub fn name(&self) -> &str {
        self.scenario.text("name").unwrap_or_default()
    }

    pub fn state(&self) -> &str {
        self.scenario.text("state").unwrap_or_default()
    }

    pub fn base_at(&self) -> i64 {
        self.scenario.integer("base_at").unwrap_or(0)
    }

    pub fn draft(&self) -> &Draft {
        &self.drafted.draft
    }

    pub fn layout(&self) -> &Arc<Layout> {
        &self.drafted.layout
    }

    pub fn standing(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|o| o.stands())
    }

    /// Tells one state of the operations from another.
    pub fn basis(&self) -> String {
        basis(self.base_at(), &self.operations)
    }
}

/// Operations done to territories.
pub(super) fn drafted<'a>(
    base: &Layout,
    operations: impl Iterator<Item = &'a Operation>,
) -> Result<Drafted, Problem> {
    let mut draft = Draft::of(base);
    for effect in operations.flat_map(|o| &o.effects) {
        draft.apply(effect)?;
    }
    let layout = Arc::new(draft.layout());
    Ok(Drafted { draft, layout })
}

fn basis(base_at: i64, operations: &[Operation]) -> String {
    let mut digest = Sha256::new();
    digest.update(base_at.to_be_bytes());
    for operation in operations.iter().filter(|o| o.stands()) {
        digest.update(operation.id().as_bytes());
    }
    digest
        .finalize()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// Layouts kept for the next question.
const KEPT: usize = 24;

/// What handlers keep between requests.
#[derive(Default)]
pub(crate) struct Scenarios {
    bases: Mutex<Vec<(i64, Arc<Layout>)>>,
    drafts: Mutex<Vec<(String, Arc<Drafted>)>>,
    pub(super) driven: super::driven::KeptDriven,
    /// Held while a scenario is published or reverted.
    pub publishing: tokio::sync::Mutex<()>,
    /// Wakes whoever waits for the next date.
    pub wake: tokio::sync::Notify,
}

fn kept<K: PartialEq, V: Clone>(list: &Mutex<Vec<(K, V)>>, key: &K) -> Option<V> {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    let position = list.iter().position(|(k, _)| k == key)?;
    let entry = list.remove(position);
    let value = entry.1.clone();
    list.insert(0, entry);
    Some(value)
}

fn keep<K, V>(list: &Mutex<Vec<(K, V)>>, key: K, value: V) {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    list.insert(0, (key, value));
    list.truncate(KEPT);
}

/// The territories of a moment, as they were known then.
pub(super) async fn base(app: &App, at: i64) -> Result<Arc<Layout>, Problem> {
    if let Some(layout) = kept(&app.scenarios.bases, &at) {
        return Ok(layout);
    }
    let then = At {
        as_of: Some(Timestamp(at)),
        known_at: Some(Timestamp(at)),
    };
    let layout = Arc::new(Layout::load(&app.store, then).await?);
    keep(&app.scenarios.bases, at, layout.clone());
    Ok(layout)
}

/// A scenario that the viewer may see.
pub(super) async fn find(app: &App, viewer: &Viewer, id: &str) -> Result<Record, Problem> {
    app.store
        .get(viewer, "territory_scenario", id, At::PRESENT)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Scenario {id}")))
}

/// Its operations, in order.
pub(super) async fn operations(app: &App, id: &str) -> Result<Vec<Operation>, Problem> {
    let filter = Filter::eq("scenario_id", id);
    let records = all(app, &Viewer::system(), "scenario_operation", filter, "number").await?;
    records.into_iter().map(Operation::of).collect()
}

/// Every record of a type that passes a filter, by a field.
pub(super) async fn all(
    app: &App,
    viewer: &Viewer,
    type_name: &str,
    filter: Filter,
    by: &str,
) -> Result<Vec<Record>, Problem> {
    let mut query = Query::of(type_name)
        .filter(filter)
        .sort(by, false)
        .limit(Query::MAX_LIMIT);
    let mut records = Vec::new();
    loop {
        let page = app.store.list(viewer, &query).await?;
        records.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(records),
        }
    }
}

/// A scenario with its operations done.
pub(super) async fn load(app: &App, viewer: &Viewer, id: &str) -> Result<Branch, Problem> {
    let scenario = find(app, viewer, id).await?;
    with_operations(app, scenario).await
}

pub(super) async fn with_operations(app: &App, scenario: Record) -> Result<Branch, Problem> {
    let operations = operations(app, &scenario.id).await?;
    let base_at = scenario.integer("base_at").unwrap_or(0);
    let base = base(app, base_at).await?;
    let key = basis(base_at, &operations);
    let drafted = match kept(&app.scenarios.drafts, &key) {
        Some(drafted) => drafted,
        None => {
            let (under, steps) = (base.clone(), operations.clone());
            let work = move || drafted(&under, steps.iter().filter(|o| o.stands()));
            let made = tokio::task::spawn_blocking(work)
                .await
                .map_err(Problem::unexpected)??;
            let made = Arc::new(made);
            keep(&app.scenarios.drafts, key, made.clone());
            made
        }
    };
    Ok(Branch {
        scenario,
        operations,
        base,
        drafted,
    })
}
