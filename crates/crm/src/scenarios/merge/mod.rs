//! The base was superseded: what the scenario changed, what was published since, and where the two collide.
//!
//! Three ways, place by place and field by field: what only one side changed goes together, what both changed
//! differently is a conflict that a person decides. Nothing of either side is lost without being named. Ground in
//! which there is no customer collides with nobody; there the scenario's steps have the last word.

mod fields;
mod places;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use territory::TerritoryId;

use super::answers::{ConflictJson, LISTED};
use super::branch::{self, Branch, Drafted};
use super::compare::is_same;
use super::draft::Draft;
use super::effect::Effect;
use crate::App;
use crate::live::State;
use crate::problem::Problem;
use crate::territories::{Known, Layout};

/// What a scenario branches from is not what holds now.
pub(super) fn is_superseded(base: &Layout, present: &Layout) -> bool {
    !is_same(base, present)
}

/// What both sides changed, and differently.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Unit {
    /// A place: who has it.
    Place {
        location_id: String,
        line: Option<String>,
        base: Option<TerritoryId>,
        yours: Option<TerritoryId>,
        theirs: Option<TerritoryId>,
    },
    /// A field of a territory.
    Field {
        territory_id: String,
        field: &'static str,
    },
    /// Who works a territory.
    People { territory_id: String },
    /// One side removed it, the other changed it.
    Removed { territory_id: String, by_you: bool },
}

impl Unit {
    /// How it is named over HTTP.
    pub fn name(&self) -> String {
        match self {
            Self::Place { location_id, .. } => format!("place:{location_id}"),
            Self::Field { territory_id, field } => format!("{field}:{territory_id}"),
            Self::People { territory_id } => format!("members:{territory_id}"),
            Self::Removed { territory_id, .. } => format!("removed:{territory_id}"),
        }
    }
}

/// Whose side of a conflict holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    Yours,
    Theirs,
}

/// A scenario on the territories as they are now.
pub(super) struct Merged {
    /// The steps done again, with what keeps both sides' changes.
    pub drafted: Drafted,
    /// What was done beside the steps.
    pub fixes: Vec<Effect>,
    /// Steps that a decision took back.
    pub dropped: Vec<String>,
    pub conflicts: Vec<Conflict>,
    /// Places that only one side moved.
    pub clean: u64,
}

/// A collision with both sides in words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conflict {
    pub unit: Unit,
    pub title: String,
    pub base: String,
    pub yours: String,
    pub theirs: String,
    /// Who published the other side.
    pub by: Option<String>,
    pub place: Option<[f64; 2]>,
}

/// Puts a scenario on the present territories, with no decision made.
pub(super) async fn merge(app: &App, branch: &Branch, present: &Layout) -> Result<Merged, Problem> {
    merge_with(app, branch, present, &BTreeMap::new()).await
}

/// The same with decisions by unit; `*` decides all that is not named, `places` all places.
pub(super) async fn merge_with(
    app: &App,
    branch: &Branch,
    present: &Layout,
    decisions: &BTreeMap<String, Take>,
) -> Result<Merged, Problem> {
    let names = crate::crud::user_names(app).await?;
    let state = app.live.present();
    let asks = [&branch.base, branch.layout()]
        .into_iter()
        .any(|l| l.reads_facts())
        || present.reads_facts();
    let known = Known::load(app, asks).await?;
    let (branch, present, decisions) = (
        branch.clone(),
        Layout::of(present.territories.clone()),
        decisions.clone(),
    );
    let work = move || {
        let merging = Merging {
            branch: &branch,
            present: &present,
            state: &state,
            known: &known,
            decisions: &decisions,
            names: &names,
        };
        merging.run()
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)?
}

struct Merging<'a> {
    branch: &'a Branch,
    present: &'a Layout,
    state: &'a State,
    known: &'a Known,
    decisions: &'a BTreeMap<String, Take>,
    names: &'a HashMap<String, String>,
}

impl Merging<'_> {
    fn run(&self) -> Result<Merged, Problem> {
        let mut conflicts = Vec::new();
        let (mut fixes, mut dropped) = (Vec::new(), Vec::new());
        self.territories(&mut conflicts, &mut fixes, &mut dropped)?;
        let steps = self.branch.standing().filter(|o| !dropped.contains(&o.record.id));
        let mut draft = Draft::of(self.present);
        for effect in steps.flat_map(|o| &o.effects).chain(&fixes) {
            draft.apply(effect)?;
        }
        let replayed = draft.layout();
        let mine = if dropped.is_empty() {
            self.branch.layout().clone()
        } else {
            let steps = self.branch.standing().filter(|o| !dropped.contains(&o.record.id));
            branch::drafted(&self.branch.base, steps)?.layout
        };
        let (places, clean) = self.places(&mine, &replayed, &mut conflicts)?;
        for effect in places {
            draft.apply(&effect)?;
            fixes.push(effect);
        }
        let layout = Arc::new(draft.layout());
        Ok(Merged {
            drafted: Drafted { draft, layout },
            fixes,
            dropped,
            conflicts,
            clean,
        })
    }

    fn decided(&self, unit: &Unit) -> Option<Take> {
        let any = |name: &str| self.decisions.get(name).copied();
        let places = matches!(unit, Unit::Place { .. })
            .then(|| any("places"))
            .flatten();
        any(&unit.name()).or(places).or_else(|| any("*"))
    }
}

/// 409 with the list.
pub(super) fn conflicts_problem(conflicts: &[Conflict]) -> Problem {
    let first: Vec<String> = conflicts
        .iter()
        .take(3)
        .map(|c| {
            let by = c.by.as_deref().unwrap_or("published since");
            format!("{} (you: {}, {by}: {})", c.title, c.yours, c.theirs)
        })
        .collect();
    let more = match conflicts.len() {
        0..=3 => String::new(),
        n => format!(" and {} more", n - 3),
    };
    let mut problem = Problem::conflict(
        "conflicts",
        format!(
            "Territories were published since this scenario began, and both changed: {}{more}. Nothing was published. Update the scenario and decide.",
            first.join("; ")
        ),
    );
    let list: Vec<ConflictJson> = conflicts.iter().take(LISTED).map(Into::into).collect();
    let body = serde_json::json!({ "conflicts": list, "count": conflicts.len() });
    problem.current = Some(Box::new(body));
    problem
}
