//! Territories as they would be: what is on record at the base, with operations done to it in memory.
//!
//! A draft is made of the same parts that a layout is read from, so who has which place is decided by the same code
//! before and after publishing.

use std::collections::BTreeSet;

use geo_types::MultiPolygon;
use geom::Timestamp;
use records::Record;
use serde_json::{Map, Value};

use super::effect::{Add, Areas, Effect, Member, Patch, Remove, Transfer};
use super::ground::{self, Ground};
use crate::problem::Problem;
use crate::territories::{Layout, Standing};

/// Territories with operations done to them.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub territories: Vec<Standing>,
    /// Ids of those that neither give nor take.
    pub locked: BTreeSet<String>,
    /// Ids that an operation named and that are not there (any more).
    pub missing: BTreeSet<String>,
}

impl Draft {
    /// Nothing done yet.
    pub fn of(layout: &Layout) -> Self {
        Self {
            territories: layout.territories.clone(),
            locked: BTreeSet::new(),
            missing: BTreeSet::new(),
        }
    }

    /// Ready to be asked.
    pub fn layout(&self) -> Layout {
        Layout::of(self.territories.clone())
    }

    pub fn get(&self, id: &str) -> Option<&Standing> {
        self.territories.iter().find(|t| t.id() == id)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Standing> {
        let found = self.territories.iter_mut().find(|t| t.id() == id);
        if found.is_none() {
            self.missing.insert(id.to_owned());
        }
        found
    }

    /// Does one thing. What names a territory that is not there is left undone, and noted.
    pub fn apply(&mut self, effect: &Effect) -> Result<(), Problem> {
        match effect {
            Effect::Transfer(transfer) => self.transfer(transfer),
            Effect::Areas(areas) => self.areas(areas),
            Effect::Add(add) => {
                self.add(add);
                Ok(())
            }
            Effect::Set(set) => {
                if let Some(territory) = self.get_mut(&set.territory_id) {
                    territory.record.fields.extend(set.fields.clone());
                }
                Ok(())
            }
            Effect::Remove(remove) => self.remove(remove),
            Effect::Members(members) => {
                if let Some(territory) = self.get_mut(&members.territory_id) {
                    let list = member_records(territory.id(), &members.members, &territory.members);
                    let (record, version) = (territory.record.clone(), territory.version.clone());
                    *territory = Standing::of(record, version, list);
                }
                Ok(())
            }
            Effect::Lock(lock) => {
                if self.get_mut(&lock.territory_id).is_some() {
                    if lock.locked {
                        self.locked.insert(lock.territory_id.clone());
                    } else {
                        self.locked.remove(&lock.territory_id);
                    }
                }
                Ok(())
            }
        }
    }

    fn transfer(&mut self, transfer: &Transfer) -> Result<(), Problem> {
        let to = transfer.to.as_deref();
        if to.is_some_and(|to| self.get_mut(to).is_none()) {
            return Ok(());
        }
        let giving = |draft: &Self, standing: &Standing| {
            Some(standing.id()) != to
                && standing.line() == transfer.line.as_deref()
                && !draft.locked.contains(standing.id())
                && (transfer.from.is_empty() || transfer.from.iter().any(|f| f == standing.id()))
        };
        if let Some(ground) = &transfer.ground {
            let given = ground::polygons_of(ground)?;
            self.cut(&given, |draft, standing| {
                // What lies above it in the tree has the ground too.
                giving(draft, standing) && !to.is_some_and(|to| draft.is_within(to, standing.id()))
            })?;
            if let Some(to) = to {
                self.give(to, &given)?;
            }
        }
        let leaving: BTreeSet<&String> = transfer
            .take
            .iter()
            .chain(&transfer.release)
            .chain(transfer.exclude.iter().flat_map(|e| &e.1))
            .collect();
        if leaving.is_empty() {
            return Ok(());
        }
        for i in 0..self.territories.len() {
            let standing = &self.territories[i];
            if giving(self, standing) && standing.named.iter().any(|id| leaving.contains(id)) {
                let kept = standing.named.iter().filter(|id| !leaving.contains(id)).cloned();
                let kept = kept.collect();
                set_ids(&mut self.territories[i], "named_locations", kept);
            }
        }
        if let Some(standing) = to.and_then(|to| self.territories.iter_mut().find(|t| t.id() == to)) {
            let mut named: BTreeSet<String> = standing.named.iter().cloned().collect();
            named.extend(transfer.take.iter().cloned());
            set_ids(standing, "named_locations", named);
            let excluded = standing.excluded().into_iter();
            let excluded = excluded.filter(|id| !leaving.contains(id)).collect();
            set_ids(standing, "excluded_locations", excluded);
        }
        for (id, places) in &transfer.exclude {
            if self.locked.contains(id) {
                continue;
            }
            if let Some(standing) = self.get_mut(id) {
                let excluded = standing.excluded().into_iter().chain(places.iter().cloned());
                let excluded = excluded.collect();
                set_ids(standing, "excluded_locations", excluded);
            }
        }
        Ok(())
    }

    fn areas(&mut self, areas: &Areas) -> Result<(), Problem> {
        let is_base = areas.patches.iter().all(|p| {
            self.get(&p.territory_id)
                .is_some_and(|t| ground::mark(area_of(t)) == p.before)
        });
        let patched: BTreeSet<&str> = areas.patches.iter().map(|p| p.territory_id.as_str()).collect();
        for patch in &areas.patches {
            let Some(standing) = self.get_mut(&patch.territory_id) else {
                continue;
            };
            let line = standing.line().map(str::to_owned);
            if let Some(gained) = patch.gained.as_ref().filter(|_| areas.cut || areas.within) {
                let gained = ground::polygons_of(gained)?;
                let own = patch.territory_id.as_str();
                self.cut(&gained, |draft, other| {
                    other.id() != own
                        && other.line() == line.as_deref()
                        // On the base itself the patches agree with each other to the last corner.
                        && !(is_base && patched.contains(other.id()))
                        && (areas.cut || patched.contains(other.id()))
                        && !draft.locked.contains(other.id())
                        && !draft.are_kin(own, other.id())
                })?;
            }
        }
        for patch in &areas.patches {
            if is_base {
                if let Some(standing) = self.get_mut(&patch.territory_id) {
                    set_area(standing, patch.geometry.clone());
                }
            } else {
                self.change_area(patch)?;
            }
        }
        Ok(())
    }

    fn change_area(&mut self, patch: &Patch) -> Result<(), Problem> {
        let Some(standing) = self.get_mut(&patch.territory_id) else {
            return Ok(());
        };
        let mut area = ground_of(standing);
        if let Some(lost) = &patch.lost {
            area = ground::without(&area, &ground::polygons_of(lost)?);
        }
        if let Some(gained) = &patch.gained {
            area = ground::together(&area, &ground::polygons_of(gained)?);
        }
        let ground = Ground::tidy(area)?;
        set_area(standing, ground.map(|g| g.geometry));
        Ok(())
    }

    fn add(&mut self, add: &Add) {
        let mut fields = add.fields.clone();
        for name in ["parent_id", "line", "priority", "capacity_hours", "colour"] {
            fields.entry(name.to_owned()).or_insert(Value::Null);
        }
        fields
            .entry("custom".to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
        let record = thought_of("territory", &add.territory_id, fields);
        let mut version = Map::new();
        version.insert("territory_id".into(), add.territory_id.as_str().into());
        version.insert("number".into(), 0.into());
        let version = thought_of("territory_version", "", version);
        let members = member_records(&add.territory_id, &add.members, &[]);
        self.territories
            .push(Standing::of(record, Some(version), members));
    }

    fn remove(&mut self, remove: &Remove) -> Result<(), Problem> {
        let Some(standing) = self.get_mut(&remove.territory_id) else {
            return Ok(());
        };
        let (gone, line) = (standing.clone(), standing.line().map(str::to_owned));
        self.territories.retain(|t| t.id() != remove.territory_id);
        for child in &mut self.territories {
            if child.record.text("parent_id") == Some(&remove.territory_id) {
                child.record.fields.insert("parent_id".into(), Value::Null);
            }
        }
        self.locked.remove(&remove.territory_id);
        if remove.to.is_none() {
            return Ok(());
        }
        let ground = gone.shape.as_ref().map(|s| ground::to_value(s.polygons()));
        self.transfer(&Transfer {
            to: remove.to.clone(),
            line,
            // From nobody else: only what it had goes.
            from: vec![remove.territory_id.clone()],
            ground: ground.transpose()?,
            take: gone.named.clone(),
            ..Transfer::default()
        })
    }

    /// Takes ground out of every territory that a condition names.
    fn cut(
        &mut self,
        ground: &MultiPolygon,
        gives: impl Fn(&Self, &Standing) -> bool,
    ) -> Result<(), Problem> {
        let Some(cut) = Ground::tidy(ground.clone())? else {
            return Ok(());
        };
        for i in 0..self.territories.len() {
            let standing = &self.territories[i];
            let touched = standing
                .shape
                .as_ref()
                .is_some_and(|s| ground::meet(s, &cut.shape));
            if !touched || !gives(self, standing) {
                continue;
            }
            let left = ground::without(&ground_of(standing), cut.shape.polygons());
            let left = Ground::tidy(left)?;
            set_area(&mut self.territories[i], left.map(|g| g.geometry));
        }
        Ok(())
    }

    fn give(&mut self, to: &str, ground: &MultiPolygon) -> Result<(), Problem> {
        let Some(standing) = self.get_mut(to) else {
            return Ok(());
        };
        let area = Ground::tidy(ground::together(&ground_of(standing), ground))?;
        set_area(standing, area.map(|g| g.geometry));
        Ok(())
    }

    /// One lies below the other in the tree: what the branch has, the tree has too.
    pub fn are_kin(&self, a: &str, b: &str) -> bool {
        self.is_within(a, b) || self.is_within(b, a)
    }

    pub fn is_within(&self, id: &str, ancestor: &str) -> bool {
        let mut at = Some(id);
        for _ in 0..=self.territories.len() {
            match at {
                Some(here) if here == ancestor => return true,
                Some(here) => at = self.get(here).and_then(|t| t.record.text("parent_id")),
                None => return false,
            }
        }
        false
    }
}

/// The area of a territory as it is written.
pub(super) fn area_of(standing: &Standing) -> Option<&Value> {
    let version = standing.version.as_ref()?;
    version.fields.get("area").filter(|area| !area.is_null())
}

/// The area of a territory; empty where nothing is drawn.
pub(super) fn ground_of(standing: &Standing) -> MultiPolygon {
    let shape = standing.shape.as_ref();
    shape.map_or_else(|| MultiPolygon::new(Vec::new()), |s| s.polygons().clone())
}

fn set_area(standing: &mut Standing, geometry: Option<Value>) {
    change_version(standing, "area", geometry.unwrap_or(Value::Null));
}

fn set_ids(standing: &mut Standing, field: &str, ids: BTreeSet<String>) {
    let before = standing.version.as_ref().and_then(|v| v.fields.get(field));
    let value = if ids.is_empty() {
        Value::Null
    } else {
        Value::from(ids.into_iter().collect::<Vec<_>>())
    };
    if before.unwrap_or(&Value::Null) != &value {
        change_version(standing, field, value);
    }
}

fn change_version(standing: &mut Standing, field: &str, value: Value) {
    let mut version = standing.version.clone().unwrap_or_else(|| {
        let mut fields = Map::new();
        fields.insert("territory_id".into(), standing.id().into());
        fields.insert("number".into(), 0.into());
        thought_of("territory_version", "", fields)
    });
    version.fields.insert(field.to_owned(), value);
    let left_over = std::mem::take(&mut standing.left_over);
    *standing = Standing {
        left_over,
        ..Standing::of(standing.record.clone(), Some(version), standing.members.clone())
    };
}

/// Members as records. Those that are on record with the same role and share stay what they are.
fn member_records(territory: &str, members: &[Member], before: &[Record]) -> Vec<Record> {
    let record = |member: &Member| {
        let same = before.iter().find(|r| {
            r.text("user_id") == Some(&member.user_id)
                && r.text("role") == Some(&member.role)
                && r.number("share") == member.share
        });
        same.cloned().unwrap_or_else(|| {
            let mut fields = Map::new();
            fields.insert("territory_id".into(), territory.into());
            fields.insert("user_id".into(), member.user_id.as_str().into());
            fields.insert("role".into(), member.role.as_str().into());
            fields.insert("share".into(), member.share.map_or(Value::Null, Value::from));
            thought_of("territory_member", "", fields)
        })
    };
    members.iter().map(record).collect()
}

/// A record that is on no record yet.
fn thought_of(type_name: &str, id: &str, fields: Map<String, Value>) -> Record {
    Record {
        type_name: type_name.to_owned(),
        id: id.to_owned(),
        version: 0,
        recorded_at: Timestamp(0),
        changed_by: None,
        change_set: String::new(),
        fields,
    }
}
