//! Leads: looked at when they come in, scored with reasons, given to whoever's they are, and taken over as customers.

mod assign;
mod check;
mod convert;
mod http;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use geom::LngLat;
use records::{Author, Op, Record, Viewer, Written};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::App;
use crate::crud::RecordJson;
use crate::duplicates::{Duplicate, Newcomer, duplicates};
use crate::places::request_fields;
use crate::plans::Language;
use crate::problem::Problem;
use crate::territories::Facts;
use check::Found;

pub(crate) use check::HOT;
pub(crate) use http::router;

/// Something that was looked at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CheckJson {
    /// address, no-address, email, phone, no-contact
    code: String,
    ok: bool,
    text: String,
}

/// Points, and what for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ScoreReason {
    points: i64,
    text: String,
}

/// Whose a lead is, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LeadAssignment {
    owner_id: Option<String>,
    territory_id: Option<String>,
    text: String,
}

/// A lead with what is known about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LeadCard {
    lead: RecordJson,
    checks: Vec<CheckJson>,
    /// Its points make it a hot one.
    hot: bool,
    score_reasons: Vec<ScoreReason>,
    assignment: Option<LeadAssignment>,
    duplicates: Vec<Duplicate>,
}

/// Everything the program works out about a lead from its own fields: checks, points, place, owner. `keep_owner`:
/// somebody was named and stays.
pub(crate) async fn worked_out(
    app: &App,
    id: &str,
    fields: &Map<String, Value>,
    keep_owner: bool,
) -> Result<Map<String, Value>, Problem> {
    let mut out = Map::new();
    let has_address = ["street", "postal_code", "city"].iter().any(|name| {
        fields
            .get(*name)
            .and_then(Value::as_str)
            .is_some_and(|t| !t.trim().is_empty())
    });
    let (found, place) = match app.atlas() {
        None => (Found::NoMap, place_of(fields)),
        Some(_) if !has_address => (Found::NoAddress, place_of(fields)),
        Some(atlas) => {
            let looked = request_fields(&atlas, &[fields], app.store.now()).swap_remove(0);
            let word = |name: &str| {
                looked
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let found = Found::Looked {
                status: word("geocode_status"),
                label: word("geocode_label"),
                why: word("geocode_why"),
            };
            (found, place_of(&looked))
        }
    };
    out.insert("lng".into(), place.map(LngLat::lng).into());
    out.insert("lat".into(), place.map(LngLat::lat).into());
    let checks = check::checks(fields, &found);
    let newcomer = newcomer(id, fields, place);
    let known = duplicates(app, &Viewer::system(), &newcomer, Language::English).await?;
    let industry = fields.get("industry").and_then(Value::as_str);
    let (territory_id, assigned) =
        assign::assign(app, id, &Facts::of_fields(place, fields), industry, &known).await?;
    let (score, reasons) = check::score(fields, &checks, territory_id.is_some());
    out.insert("score".into(), score.into());
    out.insert("score_reasons".into(), check::reasons_json(&reasons));
    out.insert("checks".into(), check::checks_json(&checks));
    out.insert("territory_id".into(), territory_id.into());
    if keep_owner {
        out.insert("assignment_reason".into(), serde_json::json!({ "rule": "given" }));
    } else if let Some(assigned) = assigned {
        out.insert("owner_id".into(), assigned.owner_id.into());
        out.insert("territory_id".into(), assigned.territory_id.into());
        out.insert("assignment_reason".into(), assigned.reason);
    }
    let status = fields.get("status").and_then(Value::as_str).unwrap_or("new");
    if ["new", "to_verify"].contains(&status) {
        let doubtful = checks.iter().any(|c| !c.ok);
        out.insert("status".into(), if doubtful { "to_verify" } else { "new" }.into());
    }
    Ok(out)
}

fn place_of(fields: &Map<String, Value>) -> Option<LngLat> {
    let number = |name: &str| fields.get(name).and_then(Value::as_f64);
    LngLat::new(number("lng")?, number("lat")?).ok()
}

fn newcomer(id: &str, fields: &Map<String, Value>, place: Option<LngLat>) -> Newcomer {
    let word = |name: &str| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Newcomer {
        id: id.to_owned(),
        name: word("name"),
        company: word("company"),
        email: word("email"),
        phone: word("phone"),
        place,
    }
}

/// A lead comes in: it is written with everything that can be said about it.
///
/// # Errors
/// Whatever the record engine finds wrong with the fields.
pub(crate) async fn capture(
    app: &Arc<App>,
    author: &Author,
    fields: Map<String, Value>,
) -> Result<(Record, Written), Problem> {
    let op = looked_at(app, &author.viewer, fields).await?;
    let mut by_program = author.clone();
    by_program.viewer = program_for(&author.viewer);
    let mut written = app.store.write(&by_program, vec![op]).await?;
    let record = written.records.swap_remove(0);
    Ok((record, written))
}

/// The operation that takes a lead in, with an id and everything that can be said about it; to be written by the program.
///
/// # Errors
/// Whatever the record engine finds wrong with the fields.
pub(crate) async fn looked_at(
    app: &Arc<App>,
    viewer: &Viewer,
    mut fields: Map<String, Value>,
) -> Result<Op, Problem> {
    let word = |fields: &Map<String, Value>, name: &str| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .map(str::trim)
            .unwrap_or_default()
            .to_owned()
    };
    if word(&fields, "name").is_empty() {
        let whole = [word(&fields, "given_name"), word(&fields, "family_name")].join(" ");
        let names = [
            whole.trim().to_owned(),
            word(&fields, "company"),
            word(&fields, "email"),
        ];
        fields.insert("name".into(), names.into_iter().find(|n| !n.is_empty()).into());
    }
    if word(&fields, "status").is_empty() {
        fields.insert("status".into(), "new".into());
    }
    // What cannot be a lead is refused before the map is asked.
    let checked = app.store.validate(viewer, "lead", None, fields.clone())?;
    let id = records::new_id();
    let owner_named = checked.get("owner_id").is_some_and(|o| !o.is_null());
    fields.extend(worked_out(app, &id, &checked, owner_named).await?);
    Ok(Op::Create {
        type_name: "lead".into(),
        id: Some(id),
        fields,
    })
}

/// The program in somebody's name: it may set the fields that are its own.
fn program_for(viewer: &Viewer) -> Viewer {
    viewer
        .user_id
        .clone()
        .map_or_else(Viewer::system, Viewer::system_for)
}

async fn card(app: &App, viewer: &Viewer, lead: Record, language: Language) -> Result<LeadCard, Problem> {
    let list = |name: &str| {
        lead.fields
            .get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let word = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let checks = list("checks")
        .iter()
        .map(|c| {
            let (code, ok) = (word(c, "code"), c.get("ok") == Some(&Value::Bool(true)));
            CheckJson {
                text: check::check_text(language, &code, ok, &word(c, "detail")),
                code,
                ok,
            }
        })
        .collect();
    let score_reasons = list("score_reasons")
        .iter()
        .map(|r| ScoreReason {
            points: r.get("points").and_then(Value::as_i64).unwrap_or(0),
            text: check::reason_text(language, &word(r, "code")),
        })
        .collect();
    let text = assign::reason_text(app, &lead, language).await?;
    let newcomer = newcomer(&lead.id, &lead.fields, lead.place());
    let mut known = duplicates(app, viewer, &newcomer, language).await?;
    // What the lead has become is no duplicate of it.
    for link in ["account_id", "contact_id"] {
        known.retain(|d| d.id.is_none() || d.id.as_deref() != lead.text(link));
    }
    Ok(LeadCard {
        checks,
        hot: lead.integer("score").is_some_and(|s| s >= HOT),
        score_reasons,
        assignment: text.map(|text| LeadAssignment {
            owner_id: lead.text("owner_id").map(str::to_owned),
            territory_id: lead.text("territory_id").map(str::to_owned),
            text,
        }),
        duplicates: known,
        lead: lead.into(),
    })
}
