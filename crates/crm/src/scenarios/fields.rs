//! Names, numbers and people of a territory: what is looked over before it is kept.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::change::{Gone, People, SetFields};
use super::effect::{Effect, Member, Members, Remove, Set};
use super::prepare::{Bench, Prepared};
use crate::problem::Problem;

impl Bench<'_> {
    pub(super) async fn set(&self, asked: &SetFields) -> Result<Prepared, Problem> {
        let standing = self.territory(&asked.territory_id, "/territory_id").await?;
        let mut fields: Map<String, Value> = Map::new();
        let mut words: Vec<String> = Vec::new();
        if let Some(name) = &asked.name {
            let name = checked_name(name)?;
            words.push(format!("Rename {} to {name}", standing.name()));
            fields.insert("name".into(), name.into());
        }
        if let Some(colour) = asked.colour {
            words.push(format!("Colour of {}", standing.name()));
            fields.insert("colour".into(), checked_colour(colour)?.into());
        }
        if let Some(parent) = &asked.parent_id {
            if let Some(parent) = parent {
                let above = self.territory(parent, "/parent_id").await?;
                if self.branch.draft().is_within(above.id(), standing.id()) {
                    return Err(Problem::bad(
                        "/parent_id",
                        "circle",
                        format!("{} lies below {} already.", above.name(), standing.name()),
                    ));
                }
                words.push(format!("{} goes below {}", standing.name(), above.name()));
            } else {
                words.push(format!("{} goes to the top", standing.name()));
            }
            fields.insert(
                "parent_id".into(),
                parent.clone().map_or(Value::Null, Value::from),
            );
        }
        if let Some(priority) = asked.priority {
            words.push(format!("Priority of {}", standing.name()));
            fields.insert("priority".into(), priority.map_or(Value::Null, Value::from));
        }
        if let Some(capacity) = asked.capacity_hours {
            let capacity = capacity.map(checked_capacity).transpose()?;
            words.push(match capacity {
                Some(hours) => format!("Capacity of {}: {hours} h", standing.name()),
                None => format!("No capacity for {}", standing.name()),
            });
            fields.insert("capacity_hours".into(), capacity.map_or(Value::Null, Value::from));
        }
        if fields.is_empty() {
            return Err(Problem::bad("/name", "required", "Say what is to change."));
        }
        Ok(Prepared {
            effects: vec![Effect::Set(Set {
                territory_id: asked.territory_id.clone(),
                fields,
            })],
            title: Some(words.join("; ")),
            ..Prepared::default()
        })
    }

    pub(super) async fn remove(&self, asked: &Gone) -> Result<Prepared, Problem> {
        let standing = self.unlocked(self.territory(&asked.territory_id, "/territory_id").await?)?;
        let mut title = format!("Remove {}", standing.name());
        if let Some(to) = &asked.to {
            let heir = self.unlocked(self.territory(to, "/to").await?)?;
            if heir.id() == standing.id() || heir.line() != standing.line() {
                return Err(Problem::bad(
                    "/to",
                    "not-an-heir",
                    "The ground goes to another territory of the same product line, or to nobody.",
                ));
            }
            title += &format!(", its customers go to {}", heir.name());
        }
        Ok(Prepared {
            effects: vec![Effect::Remove(Remove {
                territory_id: asked.territory_id.clone(),
                to: asked.to.clone(),
            })],
            title: Some(title),
            ..Prepared::default()
        })
    }

    pub(super) async fn members(&self, asked: &People) -> Result<Prepared, Problem> {
        let standing = self.territory(&asked.territory_id, "/territory_id").await?;
        let members = self.checked_members(asked.members.clone()).await?;
        Ok(Prepared {
            title: Some(format!("Who works {}", standing.name())),
            effects: vec![Effect::Members(Members {
                territory_id: asked.territory_id.clone(),
                members,
            })],
            ..Prepared::default()
        })
    }

    /// Members who exist, with roles that exist and shares that add up.
    pub(super) async fn checked_members(&self, members: Vec<Member>) -> Result<Vec<Member>, Problem> {
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        let mut checked = Vec::with_capacity(members.len());
        let mut owned = 0.0;
        let users = crate::crud::user_names(self.app).await?;
        for (i, mut member) in members.into_iter().enumerate() {
            let pointer = |field: &str| format!("/members/{i}/{field}");
            if member.role.is_empty() {
                member.role = "owner".into();
            }
            if !["owner", "overlay", "backup", "manager"].contains(&member.role.as_str()) {
                let words = format!("{:?} is no role: owner, overlay, backup, manager.", member.role);
                return Err(Problem::bad(&pointer("role"), "not-a-choice", words));
            }
            if !users.contains_key(&member.user_id) {
                let words = format!("There is no user {}.", member.user_id);
                return Err(Problem::bad(&pointer("user_id"), "no-such-record", words));
            }
            if member.share.is_some_and(|share| !(share > 0.0 && share <= 100.0)) {
                let words = "A share is more than 0 and at most 100 per cent.";
                return Err(Problem::bad(&pointer("share"), "out-of-range", words));
            }
            if !seen.insert((member.user_id.clone(), member.role.clone())) {
                let words = "The same person stands in the list twice with the same role.";
                return Err(Problem::bad(&pointer("user_id"), "twice", words));
            }
            owned += member.share.filter(|_| is_owner(&member)).unwrap_or(0.0);
            checked.push(member);
        }
        if owned > 100.0 + 1e-9 {
            return Err(Problem::bad(
                "/members",
                "out-of-range",
                format!("The owners' shares add up to {owned} per cent; at most 100 can be given."),
            ));
        }
        Ok(checked)
    }
}

pub(super) fn is_owner(member: &Member) -> bool {
    member.role.is_empty() || member.role == "owner"
}

pub(super) fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(Problem::bad("/name", "required", "Give the territory a name.")),
        1..=120 => Ok(name.to_owned()),
        n => Err(Problem::bad(
            "/name",
            "too-long",
            format!("The name has {n} characters, at most 120 are kept."),
        )),
    }
}

pub(super) fn checked_colour(colour: i64) -> Result<i64, Problem> {
    if (1..=12).contains(&colour) {
        return Ok(colour);
    }
    Err(Problem::bad(
        "/colour",
        "out-of-range",
        "A colour is a slot of the palette, 1 to 12.",
    ))
}

pub(super) fn checked_capacity(hours: f64) -> Result<f64, Problem> {
    if hours.is_finite() && (0.0..=1e6).contains(&hours) {
        return Ok(hours);
    }
    Err(Problem::bad(
        "/capacity_hours",
        "out-of-range",
        "A capacity is hours a week, 0 or more.",
    ))
}
