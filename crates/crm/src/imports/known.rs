//! Is a row's record there already? Surely by an id, a number or by name and place; perhaps by e-mail, telephone, domain
//! or a like name close by.

use std::collections::HashMap;

use geom::LngLat;
use records::{RecordType, fold};
use serde_json::{Map, Value};

use super::draft::Draft;
use super::lookup::{Candidate, Memory, looked_for_by, street_of};
use crate::App;
use crate::duplicates::{ALIKE, NEAR_METERS, Names, likeness};
use crate::live::{id_text, index_problem};
use crate::problem::Problem;

/// A record that a row is, or may be.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub candidate: Candidate,
    pub reasons: Vec<&'static str>,
    pub sure: bool,
    pub distance_m: Option<u64>,
}

/// The record that a row's record of this type is; `own` is the id that the row itself would make.
pub(super) fn known(record_type: &RecordType, draft: &Draft, memory: &Memory, own: &str) -> Option<Match> {
    let type_name = record_type.name.as_str();
    let fields = draft.of(type_name)?;
    if let Some(id) = draft
        .external
        .get(type_name)
        .and_then(|external| memory.numbered(type_name, external))
        && id != own
        && let Some(candidate) = memory.by_id(id)
    {
        return Some(found(candidate, vec!["external_id"], true));
    }
    let mut best: Option<Match> = None;
    let mut by: Vec<(&Candidate, Vec<&'static str>)> = Vec::new();
    for (field, value) in looked_for_by(record_type, fields) {
        let reason = match field.as_str() {
            _ if record_type.title.as_deref() == Some(&field) => "name",
            "phone_key" => "phone",
            "domain" => "domain",
            "email" => "email",
            "number" if type_name == "account" => "number",
            _ => "unique",
        };
        for candidate in memory.with(type_name, &field, &value) {
            if candidate.id == own {
                continue;
            }
            match by.iter_mut().find(|(c, _)| c.id == candidate.id) {
                Some((_, reasons)) => reasons.push(reason),
                None => by.push((candidate, vec![reason])),
            }
        }
    }
    let alone = by.len() == 1;
    for (candidate, reasons) in by {
        let Some(found) = judged(type_name, draft, fields, candidate, reasons, alone) else {
            continue;
        };
        let better = |b: &Match| (found.sure, found.reasons.len()) > (b.sure, b.reasons.len());
        if best.as_ref().is_none_or(better) {
            best = Some(found);
        }
    }
    best
}

fn found(candidate: &Candidate, reasons: Vec<&'static str>, sure: bool) -> Match {
    Match {
        candidate: candidate.clone(),
        reasons,
        sure,
        distance_m: None,
    }
}

/// How sure a likeness is; `None` where it says nothing.
fn judged(
    type_name: &str,
    draft: &Draft,
    fields: &Map<String, Value>,
    candidate: &Candidate,
    mut reasons: Vec<&'static str>,
    alone: bool,
) -> Option<Match> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let has = |reason: &str| reasons.contains(&reason);
    let same = |name: &str| {
        fields.get(name).unwrap_or(&Value::Null) == candidate.fields.get(name).unwrap_or(&Value::Null)
    };
    if has("unique") || has("number") {
        return Some(found(candidate, reasons, true));
    }
    // A number of its own is a customer of its own, whatever it is called.
    let other_number = !text("number").is_empty() && !candidate.text("number").is_empty();
    let sure = match type_name {
        "account" if other_number => return None,
        "account" => {
            let street = draft.of("location").map(street_of).unwrap_or_default();
            let same_street =
                candidate.streets.contains(&street) || (street.is_empty() && candidate.streets.is_empty());
            let no_street = street.is_empty() || candidate.streets.iter().all(String::is_empty);
            if has("name") && same_street {
                reasons.push("name_street");
                reasons.retain(|r| *r != "name");
                true
            } else {
                has("name") && no_street && alone
            }
        }
        "contact" | "lead" => {
            let alike = has("name") || likeness(text("name"), &candidate.title) >= ALIKE;
            let parent = if type_name == "contact" {
                "account_id"
            } else {
                "company"
            };
            let same_parent = if type_name == "contact" {
                fields.contains_key(parent) && same(parent)
            } else {
                fold(text(parent)) == fold(candidate.text(parent))
            };
            if has("name") && same_parent {
                reasons.push("name_parent");
                reasons.retain(|r| *r != "name");
            } else if has("name") && reasons.len() == 1 {
                reasons = vec!["name_elsewhere"];
            }
            (reasons.contains(&"email") && alike) || reasons.contains(&"name_parent")
        }
        _ if !has("name") => return None,
        // Calls and notes are called alike; the same one has the same time and text.
        "activity" => ["account_id", "kind", "due_at", "body"].into_iter().all(same),
        _ => {
            let links = fields
                .keys()
                .filter(|name| name.ends_with("_id") && *name != "owner_id" && *name != "stage_id");
            links.into_iter().all(|name| same(name))
        }
    };
    if !sure && !matches!(type_name, "account" | "contact" | "lead") {
        return None;
    }
    Some(found(candidate, reasons, sure))
}

/// Customers of a like name close to where rows' places are: (row, name, place) gives row → (place, its name, metres).
pub(super) fn near(
    app: &App,
    rows: &[(u64, String, LngLat)],
) -> Result<HashMap<u64, (String, String, u64)>, Problem> {
    let state = app.live.present();
    let view = state.index.view(&points::Filter::All).map_err(index_problem)?;
    let mut near = HashMap::new();
    let mut names = Names::default();
    for (row, name, place) in rows {
        let own = names.add(name);
        for close in view.nearest(*place, 20) {
            let Some(there) = close.found.place() else {
                continue;
            };
            let apart = place.distance(there).0;
            if apart > NEAR_METERS {
                continue;
            }
            let called = close.found.text("name").unwrap_or_default();
            let other = names.add(called);
            if names.likeness(own, other) >= ALIKE {
                near.insert(
                    *row,
                    (id_text(close.found.id()), called.to_owned(), apart.round() as u64),
                );
                break;
            }
        }
    }
    Ok(near)
}
