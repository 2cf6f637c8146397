//! The base was superseded: what the scenario changed, what was published since, and where the two collide.
//!
//! Three ways, place by place and field by field: what only one side changed goes together, what both changed
//! differently is a conflict that a person decides. Nothing of either side is lost without being named. Ground in
//! which there is no customer collides with nobody; there the scenario's steps have the last word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use points::{Filter, Shape};
use rayon::prelude::*;
use serde_json::{Map, Value};
use territory::{Cause, TerritoryId};

use super::branch::{self, Branch, Drafted};
use super::compare::{changed_fields, is_same, people, same, same_extent, same_people, value};
use super::draft::{Draft, area_of};
use super::effect::{Add, Areas, Effect, Member, Members, Patch, Set, Transfer};
use super::ground;
use crate::App;
use crate::live::{State, id_text, index_problem};
use crate::problem::Problem;
use crate::territories::{Layout, Standing, line_number};

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
    decisions: &'a BTreeMap<String, Take>,
    names: &'a std::collections::HashMap<String, String>,
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

    /// Fields, people and removals: conflicts, and what decisions about them do.
    fn territories(
        &self,
        conflicts: &mut Vec<Conflict>,
        fixes: &mut Vec<Effect>,
        dropped: &mut Vec<String>,
    ) -> Result<(), Problem> {
        let (mine, theirs) = (self.branch.layout(), self.present);
        for base in &self.branch.base.territories {
            let id = base.id().to_owned();
            match (mine.get(&id), theirs.get(&id)) {
                (Some(m), Some(t)) => self.both_there(base, m, t, conflicts, fixes),
                (None, Some(t)) if !same(base, t) => {
                    let unit = Unit::Removed {
                        territory_id: id.clone(),
                        by_you: true,
                    };
                    match self.decided(&unit) {
                        Some(Take::Yours) => {}
                        Some(Take::Theirs) => dropped.extend(self.removing(&id)),
                        None => conflicts.push(self.removal(unit, base, "removed", "changed", Some(t))),
                    }
                }
                (Some(m), None) if !same(base, m) => {
                    let unit = Unit::Removed {
                        territory_id: id.clone(),
                        by_you: false,
                    };
                    match self.decided(&unit) {
                        Some(Take::Yours) => fixes.extend(again(m)),
                        Some(Take::Theirs) => {}
                        None => conflicts.push(self.removal(unit, base, "changed", "removed", None)),
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Steps that remove a territory.
    fn removing(&self, id: &str) -> Vec<String> {
        let removes = |effect: &Effect| matches!(effect, Effect::Remove(r) if r.territory_id == id);
        let steps = self.branch.standing().filter(|o| o.effects.iter().any(removes));
        steps.map(|o| o.record.id.clone()).collect()
    }

    fn both_there(
        &self,
        base: &Standing,
        mine: &Standing,
        theirs: &Standing,
        conflicts: &mut Vec<Conflict>,
        fixes: &mut Vec<Effect>,
    ) {
        let id = base.id();
        let by_both: BTreeSet<&'static str> = changed_fields(base, mine).into_iter().collect();
        for field in changed_fields(base, theirs) {
            let (b, m, t) = (
                value(&base.record, field),
                value(&mine.record, field),
                value(&theirs.record, field),
            );
            if !by_both.contains(field) || m == t {
                continue;
            }
            let unit = Unit::Field {
                territory_id: id.to_owned(),
                field,
            };
            match self.decided(&unit) {
                Some(Take::Yours) => {}
                Some(Take::Theirs) => {
                    let mut fields = Map::new();
                    fields.insert(field.to_owned(), t.clone());
                    fixes.push(Effect::Set(Set {
                        territory_id: id.to_owned(),
                        fields,
                    }));
                }
                None => {
                    let text = |v: &Value| self.text(field, v);
                    conflicts.push(Conflict {
                        title: format!("{}: {}", base.name(), field.replace('_', " ")),
                        base: text(b),
                        yours: text(m),
                        theirs: text(t),
                        by: self.changed_by(theirs.record.changed_by.as_deref()),
                        place: None,
                        unit,
                    });
                }
            }
        }
        let both = !same_people(base, mine) && !same_people(base, theirs) && !same_people(mine, theirs);
        if both {
            let unit = Unit::People {
                territory_id: id.to_owned(),
            };
            match self.decided(&unit) {
                Some(Take::Yours) => {}
                Some(Take::Theirs) => fixes.push(Effect::Members(Members {
                    territory_id: id.to_owned(),
                    members: members(theirs),
                })),
                None => conflicts.push(Conflict {
                    title: format!("{}: who works it", base.name()),
                    base: self.people(base),
                    yours: self.people(mine),
                    theirs: self.people(theirs),
                    by: theirs
                        .members
                        .iter()
                        .find_map(|m| self.changed_by(m.changed_by.as_deref())),
                    place: None,
                    unit,
                }),
            }
        }
    }

    fn removal(
        &self,
        unit: Unit,
        base: &Standing,
        yours: &str,
        theirs: &str,
        by: Option<&Standing>,
    ) -> Conflict {
        let by = by.and_then(|t| {
            let version = t.version.as_ref().filter(|_| !same_extent(base, t));
            self.changed_by(version.unwrap_or(&t.record).changed_by.as_deref())
        });
        Conflict {
            title: format!("{}: removed by one, changed by the other", base.name()),
            base: base.name().to_owned(),
            yours: yours.to_owned(),
            theirs: theirs.to_owned(),
            by,
            place: None,
            unit,
        }
    }

    fn changed_by(&self, user: Option<&str>) -> Option<String> {
        user.and_then(|user| self.names.get(user)).cloned()
    }

    fn text(&self, field: &str, value: &Value) -> String {
        match value {
            Value::Null => "none".to_owned(),
            Value::String(id) if field == "parent_id" => {
                let above = self.present.get(id).or_else(|| self.branch.layout().get(id));
                above.map_or_else(|| id.clone(), |t| t.name().to_owned())
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    fn people(&self, standing: &Standing) -> String {
        let people: Vec<String> = people(standing)
            .into_iter()
            .map(|(user, role, share)| {
                let name = self.names.get(&user).cloned().unwrap_or(user);
                let share = share
                    .map(|s| format!(" {} %", f64::from_bits(s)))
                    .unwrap_or_default();
                if role == "owner" {
                    format!("{name}{share}")
                } else {
                    format!("{name}{share} ({role})")
                }
            })
            .collect();
        if people.is_empty() {
            "nobody".to_owned()
        } else {
            people.join(", ")
        }
    }

    /// Places: conflicts, and the effects that keep what only one side moved and what was decided.
    fn places(
        &self,
        mine: &Layout,
        replayed: &Layout,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<(Vec<Effect>, u64), Problem> {
        let view = self.state.index.view(&Filter::All).map_err(index_problem)?;
        let rows = view.rows_in(&Shape::everywhere());
        let layouts: [&Layout; 4] = [&self.branch.base, mine, self.present, replayed];
        let lines: BTreeSet<Option<String>> = layouts.iter().flat_map(|l| l.lines()).collect();
        let differing: Vec<_> = rows
            .par_iter()
            .flat_map_iter(|row| {
                let location = id_text(row.id());
                let mut found = Vec::new();
                for line in &lines {
                    let owners = layouts.map(|l| l.owner_of(&location, row.place(), line.as_deref()));
                    if owners[1..].iter().any(|o| *o != owners[0]) {
                        let name = row.text("name").unwrap_or_default().to_owned();
                        found.push((location.clone(), name, row.place(), line.clone(), owners));
                    }
                }
                found
            })
            .collect();
        let mut wanted: BTreeMap<(Option<String>, Option<TerritoryId>), Vec<(String, Option<geom::LngLat>)>> =
            BTreeMap::new();
        let mut clean = 0;
        for (location, name, place, line, [base, yours, theirs, replayed]) in differing {
            let mine_changed = yours != base;
            let theirs_changed = theirs != base;
            let expected = if mine_changed && theirs_changed && yours != theirs {
                let unit = Unit::Place {
                    location_id: location.clone(),
                    line: line.clone(),
                    base,
                    yours,
                    theirs,
                };
                match self.decided(&unit) {
                    Some(Take::Yours) => yours,
                    Some(Take::Theirs) => theirs,
                    None => {
                        let by = theirs
                            .and_then(|t| self.present.by_number(t))
                            .and_then(|t| t.version.as_ref())
                            .and_then(|v| self.changed_by(v.changed_by.as_deref()));
                        conflicts.push(Conflict {
                            title: name,
                            base: self.name(base),
                            yours: self.name(yours),
                            theirs: self.name(theirs),
                            by,
                            place: place.map(|p| [p.lng(), p.lat()]),
                            unit,
                        });
                        continue;
                    }
                }
            } else {
                clean += 1;
                if mine_changed { yours } else { theirs }
            };
            if replayed != expected {
                wanted
                    .entry((line, expected))
                    .or_default()
                    .push((location, place));
            }
        }
        let effects = wanted
            .into_iter()
            .map(|((line, to), places)| Effect::Transfer(put(replayed, line, to, places)))
            .collect();
        Ok((effects, clean))
    }

    fn name(&self, number: Option<TerritoryId>) -> String {
        let Some(number) = number else {
            return "no territory".to_owned();
        };
        let layouts = [self.branch.layout(), &self.branch.base];
        let found = layouts.into_iter().find_map(|l| l.by_number(number));
        let found = found.or_else(|| self.present.by_number(number));
        found.map_or_else(|| "a territory".to_owned(), |t| t.name().to_owned())
    }
}

/// Brings places to a territory, or to nobody, whatever the areas say.
fn put(
    layout: &Layout,
    line: Option<String>,
    to: Option<TerritoryId>,
    places: Vec<(String, Option<geom::LngLat>)>,
) -> Transfer {
    let mut transfer = Transfer {
        to: to.and_then(|to| layout.by_number(to)).map(|t| t.id().to_owned()),
        line: line.clone(),
        ..Transfer::default()
    };
    let mut left_out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (location, place) in places {
        let line = line.as_deref();
        if transfer.to.is_some() {
            let by_area = place.and_then(|p| layout.index.owner_at(p, line.map(line_number)));
            if by_area == to {
                transfer.release.push(location);
            } else {
                transfer.take.push(location);
            }
            continue;
        }
        let decision = layout.decide(&location, place, line);
        let claims = decision.winner.iter().chain(&decision.competing);
        let areas = claims.filter(|c| c.cause != Cause::Named);
        for standing in areas.filter_map(|c| layout.by_number(c.territory)) {
            left_out
                .entry(standing.id().to_owned())
                .or_default()
                .push(location.clone());
        }
        transfer.release.push(location);
    }
    transfer.exclude = left_out.into_iter().collect();
    transfer
}

/// A territory that the other side removed, made again as the scenario has it.
fn again(standing: &Standing) -> Vec<Effect> {
    let fields = super::compare::FIELDS
        .iter()
        .map(|f| ((*f).to_owned(), value(&standing.record, f).clone()))
        .collect();
    let id = standing.id().to_owned();
    let mut effects = vec![Effect::Add(Add {
        territory_id: id.clone(),
        fields,
        members: members(standing),
    })];
    if let Some(area) = area_of(standing) {
        effects.push(Effect::Areas(Areas {
            patches: vec![Patch {
                territory_id: id.clone(),
                before: ground::mark(None),
                geometry: Some(area.clone()),
                gained: Some(area.clone()),
                lost: None,
            }],
            cut: true,
            within: false,
        }));
    }
    if !standing.named.is_empty() {
        effects.push(Effect::Transfer(Transfer {
            to: Some(id),
            line: standing.line().map(str::to_owned),
            take: standing.named.clone(),
            ..Transfer::default()
        }));
    }
    effects
}

pub(super) fn members(standing: &Standing) -> Vec<Member> {
    let text = |m: &records::Record, field: &str| m.text(field).unwrap_or_default().to_owned();
    standing
        .members
        .iter()
        .map(|m| Member {
            user_id: text(m, "user_id"),
            role: text(m, "role"),
            share: m.number("share"),
        })
        .collect()
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
    let list: Vec<super::answers::ConflictJson> = conflicts
        .iter()
        .take(super::answers::LISTED)
        .map(Into::into)
        .collect();
    let body = serde_json::json!({ "conflicts": list, "count": conflicts.len() });
    problem.current = Some(Box::new(body));
    problem
}
