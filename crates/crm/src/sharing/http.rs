//! Why somebody sees a record, with whom it is shared, and what a rule would share. Rules themselves are plain records.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use records::{At, Grant, Query as RecordQuery, Scope, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{in_force, may_be_shared, shares_of_rule, take};
use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;

/// A reason why a record is in sight.
#[derive(Serialize, ToSchema)]
#[schema(as = SightReason)]
struct Reason {
    /// all (your role sees every one), own, territory, team, shared.
    code: &'static str,
    /// Of what is shared: the rule.
    rule: Option<String>,
    /// It may be changed for this reason.
    may_write: bool,
}

/// A rule that shares a record, and with whom.
#[derive(Serialize, ToSchema)]
#[schema(as = SharedBy)]
struct SharedBy {
    rule: String,
    /// The team, the role or the person.
    with: String,
    may_write: bool,
}

/// Why I see a record; for administrators and managers also who else does.
#[derive(Serialize, ToSchema)]
#[schema(as = Sight)]
struct Why {
    reasons: Vec<Reason>,
    /// Empty for everybody who is neither administrator nor manager.
    shared: Vec<SharedBy>,
}

/// The same person with one scope for one type, and nothing shared.
fn with_scope(signed: &Signed, type_name: &str, scope: Scope) -> Viewer {
    let grant = Grant {
        read: scope,
        ..Grant::default()
    };
    Viewer::user(signed.user_id.clone(), [(type_name.to_owned(), grant)])
}

/// Why do I see this record?
#[utoipa::path(get, path = "/api/v1/sharing/why/{type}/{id}", tag = "users",
    params(("type" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Why), (status = 404, body = Problem)))]
async fn why(
    State(app): State<Shared>,
    signed: Signed,
    Path((type_name, id)): Path<(String, String)>,
) -> Result<Json<Why>, Problem> {
    let missing = || Problem::not_found(format!("{type_name} {id}"));
    if app.store.record_type(&type_name).is_err() {
        return Err(missing());
    }
    let viewer = &signed.viewer;
    app.store
        .get(viewer, &type_name, &id, At::PRESENT)
        .await?
        .ok_or_else(missing)?;
    let grant = viewer.grant(&type_name);
    let mut reasons = Vec::new();
    for (code, scope) in [
        ("all", Scope::All),
        ("own", Scope::Own),
        ("territory", Scope::Territory),
        ("team", Scope::Team),
    ] {
        // A wider scope counts the narrower one in: what is one's own is called so.
        let asked = scope == grant.read
            || (scope == Scope::Own && grant.read != Scope::None && grant.read != Scope::All);
        if !asked {
            continue;
        }
        let reader = with_scope(&signed, &type_name, scope);
        if app.store.in_scope(&reader, &type_name, &id).await? {
            let writer = with_scope(&signed, &type_name, grant.write);
            reasons.push(Reason {
                code,
                rule: None,
                may_write: app.store.in_scope(&writer, &type_name, &id).await?,
            });
            break;
        }
    }
    let rules = in_force(&app).await?;
    let name = |id: &str| {
        let rule = rules.iter().find(|r| r.id == id);
        rule.and_then(|r| r.text("name")).unwrap_or_default().to_owned()
    };
    for (rule, may_write) in app.store.shares_of(viewer, &type_name, &id).await? {
        reasons.push(Reason {
            code: "shared",
            rule: Some(name(&rule)),
            may_write,
        });
    }
    let mut shared = Vec::new();
    if matches!(signed.role, Role::Admin | Role::Manager) {
        let mut all = BTreeMap::new();
        for rule in &rules {
            take(&app, rule, &mut all);
        }
        let everybody = Viewer {
            shared: all,
            ..Viewer::default()
        };
        for (rule, may_write) in app.store.shares_of(&everybody, &type_name, &id).await? {
            shared.push(SharedBy {
                with: reader_of(&app, &rules, &rule).await?,
                rule: name(&rule),
                may_write,
            });
        }
    }
    Ok(Json(Why { reasons, shared }))
}

/// Whom a rule is for, by name.
async fn reader_of(app: &Shared, rules: &[records::Record], id: &str) -> Result<String, Problem> {
    let Some(rule) = rules.iter().find(|r| r.id == id) else {
        return Ok(String::new());
    };
    for (type_name, link) in [("team", "team_id"), ("user", "user_id")] {
        if let Some(id) = rule.text(link) {
            let found = app
                .store
                .get(&Viewer::system(), type_name, id, At::PRESENT)
                .await?;
            let name = found.as_ref().and_then(|r| r.text("name"));
            return Ok(name.unwrap_or_default().to_owned());
        }
    }
    Ok(rule.text("role").unwrap_or_default().to_owned())
}

/// A rule as it would be.
#[derive(Deserialize, ToSchema)]
#[schema(as = SharingCheck)]
struct CheckBody {
    record_type: String,
    /// CQL2; every record without.
    condition: Option<String>,
    #[serde(default)]
    along: Vec<String>,
}

/// How many records of a type a rule would share.
#[derive(Serialize, ToSchema)]
#[schema(as = SharingCount)]
struct Count {
    #[serde(rename = "type")]
    type_name: String,
    count: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SharingCounts)]
struct Counts {
    counts: Vec<Count>,
    /// Types that belong to these records and may be shared along with them.
    may_go_along: Vec<String>,
}

/// What a rule would share, counted; nothing is written
#[utoipa::path(post, path = "/api/v1/sharing/check", tag = "users", request_body = CheckBody,
    responses((status = 200, body = Counts), (status = 400, body = Problem), (status = 403, body = Problem)))]
async fn check(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<CheckBody>,
) -> Result<Json<Counts>, Problem> {
    signed.needs(&[Role::Admin], "Sharing rules")?;
    let Value::Object(fields) =
        json!({ "record_type": body.record_type, "condition": body.condition, "along": body.along })
    else {
        return Err(Problem::unexpected("an object is an object"));
    };
    let mut counts = Vec::new();
    for (type_name, share) in shares_of_rule(&app, "check", &fields)? {
        let reader = Viewer {
            shared: BTreeMap::from([(type_name.clone(), vec![share])]),
            ..Viewer::user(signed.user_id.clone(), [])
        };
        let count = app.store.count(&reader, &RecordQuery::of(&type_name)).await?;
        counts.push(Count { type_name, count });
    }
    let types = app.store.catalog().iter();
    let may_go_along = types
        .filter(|t| {
            may_be_shared(t) && t.name != body.record_type && super::link(t, &body.record_type).is_some()
        })
        .map(|t| t.name.clone())
        .collect();
    Ok(Json(Counts { counts, may_go_along }))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(why)).routes(routes!(check))
}
