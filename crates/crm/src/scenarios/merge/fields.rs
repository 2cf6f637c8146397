//! Fields, people and removals of territories: what both changed differently, and what decisions about that do.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::compare::{FIELDS, changed_fields, people, same, same_extent, same_people, value};
use super::super::draft::area_of;
use super::super::effect::{Add, Areas, Effect, Member, Members, Patch, Set, Transfer};
use super::super::ground;
use super::{Conflict, Merging, Take, Unit};
use crate::problem::Problem;
use crate::territories::Standing;

impl Merging<'_> {
    /// Fields, people and removals: conflicts, and what decisions about them do.
    pub(super) fn territories(
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

    pub(super) fn changed_by(&self, user: Option<&str>) -> Option<String> {
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
}

/// A territory that the other side removed, made again as the scenario has it.
fn again(standing: &Standing) -> Vec<Effect> {
    let fields = FIELDS
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

fn members(standing: &Standing) -> Vec<Member> {
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
