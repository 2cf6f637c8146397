//! Somebody calls: whoever it is for sees the caller's page before they say a word.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use records::{At, Filter, Op, Query, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::phone::phone_key;
use crate::app::Event;
use crate::problem::Problem;
use crate::sessions::{Signed, load};
use crate::users::Role;
use crate::{App, Shared};

/// Longest number taken.
const LONGEST: usize = 60;
/// Shown of each kind.
const MOST: u32 = 5;

#[derive(Deserialize, ToSchema)]
struct CallBody {
    /// In any spelling.
    number: String,
    /// in (unless said) or out
    direction: Option<String>,
    /// Whose telephone rings; for others than oneself a manager's or administrator's business.
    user_id: Option<String>,
}

/// Who may be calling.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Caller {
    /// contact, account, lead
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    name: String,
    account_id: Option<String>,
    account_name: Option<String>,
}

/// A call, and what to show.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct IncomingCall {
    /// The call's activity, for the wrap-up note; null where nobody was found.
    activity_id: Option<String>,
    number: String,
    direction: String,
    /// The likeliest first.
    callers: Vec<Caller>,
    /// Of the first caller's customer.
    open_cases: u64,
    /// Milliseconds since 1970.
    next_visit: Option<i64>,
}

/// A call comes in or goes out: the caller is found, the call noted, and the page of whom it is for told by `call`
#[utoipa::path(post, path = "/api/v1/calls", tag = "service", request_body = CallBody,
    responses((status = 201, body = IncomingCall), (status = 400, body = Problem), (status = 403, body = Problem)))]
async fn call(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<CallBody>,
) -> Result<(StatusCode, Json<IncomingCall>), Problem> {
    if body.number.chars().count() > LONGEST {
        return Err(Problem::bad(
            "/number",
            "too-long",
            format!("A number has at most {LONGEST} characters."),
        ));
    }
    let direction = body
        .direction
        .as_deref()
        .filter(|d| !d.is_empty())
        .unwrap_or("in");
    if !["in", "out"].contains(&direction) {
        return Err(Problem::bad("/direction", "unknown", "direction is in or out."));
    }
    let agent = match body.user_id.as_deref().filter(|u| *u != signed.user_id) {
        None => None,
        Some(user) => {
            signed.needs(&[Role::Manager, Role::Admin], "Announcing calls for others")?;
            let agent = load(&app, user).await?;
            Some(agent.ok_or_else(|| Problem::bad("/user_id", "not-found", "There is no such person."))?)
        }
    };
    // What is found is what the one whose telephone rings may see.
    let agent = agent.as_ref().unwrap_or(&signed);
    let callers = callers(&app, &agent.viewer, &body.number).await?;
    let first = callers.first();
    let account_id = first.and_then(|c| c.account_id.clone());
    let mut incoming = IncomingCall {
        activity_id: None,
        number: body.number.clone(),
        direction: direction.to_owned(),
        open_cases: 0,
        next_visit: None,
        callers: callers.clone(),
    };
    if let Some(account) = &account_id {
        let open = Filter::In {
            field: "status".into(),
            values: ["new", "open", "waiting"].map(Into::into).to_vec(),
        }
        .and(Filter::eq("account_id", account.as_str()));
        incoming.open_cases = app
            .store
            .count(&agent.viewer, &Query::of("case").filter(open))
            .await?;
        let coming = Filter::eq("account_id", account.as_str()).and(Filter::compare(
            "planned_start",
            records::Comparison::AtLeast,
            app.store.now().0,
        ));
        let next = Query::of("visit")
            .filter(coming)
            .sort("planned_start", false)
            .limit(1);
        let next = app.store.list(&agent.viewer, &next).await?.records;
        incoming.next_visit = next.first().and_then(|v| v.integer("planned_start"));
        let contact = first.filter(|c| c.type_name == "contact").map(|c| c.id.clone());
        let note = json!({
            "kind": "call", "subject": format!("Call {} {}", if direction == "in" { "from" } else { "to" }, body.number),
            "account_id": account, "contact_id": contact, "owner_id": agent.user_id, "direction": direction,
            "happened_at": app.store.now().0, "status": "open",
        });
        if let serde_json::Value::Object(note) = note {
            let author = agent.author("call", "A call");
            let written = app
                .store
                .write(&author, vec![Op::create("activity", note)])
                .await?;
            incoming.activity_id = written.records.first().map(|r| r.id.clone());
        }
    }
    let event = Event::Call {
        user_id: agent.user_id.clone(),
        call: incoming.clone(),
    };
    // Nobody listens: nobody is signed in, and the call is noted all the same.
    let _ = app.events.send(event);
    Ok((StatusCode::CREATED, Json(incoming)))
}

async fn callers(app: &App, viewer: &Viewer, number: &str) -> Result<Vec<Caller>, Problem> {
    let Some(key) = phone_key(number) else {
        return Ok(Vec::new());
    };
    let mut callers = Vec::new();
    for type_name in ["contact", "account", "lead"] {
        let query = Query::of(type_name)
            .filter(Filter::eq("phone_key", key.as_str()))
            .sort("id", false)
            .limit(MOST);
        for record in app.store.list(viewer, &query).await?.records {
            let account_id = match type_name {
                "account" => Some(record.id.clone()),
                _ => record.text("account_id").map(str::to_owned),
            };
            let account = match &account_id {
                Some(id) => app.store.get(viewer, "account", id, At::PRESENT).await?,
                None => None,
            };
            callers.push(Caller {
                type_name: type_name.to_owned(),
                name: record.text("name").unwrap_or_default().to_owned(),
                account_name: account.and_then(|a| a.text("name").map(str::to_owned)),
                account_id,
                id: record.id,
            });
        }
    }
    Ok(callers)
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(call))
}
