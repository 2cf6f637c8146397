//! Answers to a campaign, and what each does to the member.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use records::{At, Author, Filter, Op, Query, Record, Viewer, Written, fields};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::campaign;
use super::link::read_code;
use crate::crud::RecordJson;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

/// How somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ResponseKind)]
pub(crate) enum Kind {
    Reply,
    Click,
    Code,
    Call,
    Visit,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Click => "click",
            Self::Code => "code",
            Self::Call => "call",
            Self::Visit => "visit",
        }
    }
}

/// An answer that came in.
#[derive(Deserialize, ToSchema)]
#[schema(as = CampaignResponseBody)]
struct ResponseBody {
    /// The member, or the code that stands on their letter.
    member_id: Option<String>,
    code: Option<String>,
    kind: Kind,
    /// Milliseconds since 1970; now unless said.
    at: Option<i64>,
    /// Minor units. Orders count by themselves; this is for what is no order here.
    value: Option<i64>,
    note: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CampaignResponseWritten)]
struct ResponseWritten {
    record: RecordJson,
    member: RecordJson,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    change_set: String,
}

/// Writes an answer; the member has then answered.
///
/// # Errors
/// Whatever the record engine finds wrong.
pub(crate) async fn answer(
    app: &App,
    author: &Author,
    member: &Record,
    kind: Kind,
    more: serde_json::Map<String, Value>,
) -> Result<Written, Problem> {
    let mut response = fields([
        (
            "campaign_id",
            member.fields.get("campaign_id").cloned().unwrap_or(Value::Null),
        ),
        ("member_id", member.id.as_str().into()),
        ("kind", kind.as_str().into()),
    ]);
    response.extend(more);
    let mut ops = vec![Op::create("campaign_response", response)];
    if matches!(member.text("status"), Some("planned" | "sent")) {
        ops.push(Op::update(
            "campaign_member",
            member.id.clone(),
            fields([("status", "responded".into())]),
        ));
    }
    Ok(app.store.write(author, ops).await?)
}

/// Take an answer in: a reply, a call, a code from a letter
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/responses", tag = "marketing", params(("id" = String, Path)),
    request_body = ResponseBody,
    responses((status = 201, body = ResponseWritten), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn respond(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<ResponseBody>,
) -> Result<(StatusCode, Json<ResponseWritten>), Problem> {
    campaign(&app, &signed, &id).await?;
    let who = match (body.member_id, body.code.as_deref().map(read_code)) {
        (Some(member), None) => Filter::in_ids([member]),
        (None, Some(code)) if !code.is_empty() => Filter::eq("code", code),
        _ => {
            return Err(Problem::bad(
                "/member_id",
                "one-member",
                "Name one member_id or one code.",
            ));
        }
    };
    let query = Query::of("campaign_member")
        .filter(Filter::eq("campaign_id", id.as_str()).and(who))
        .limit(1);
    let member = app.store.list(&signed.viewer, &query).await?.records.pop();
    let member = member.ok_or_else(|| Problem::not_found("The member of this campaign"))?;
    if member.text("arm") == Some("control") {
        return Err(Problem::conflict(
            "left-out",
            "This customer was left out for comparison and has nothing to answer. Orders are counted by themselves.",
        ));
    }
    if !signed.viewer.grant("campaign_response").create {
        return Err(Problem::forbidden("You may not enter responses."));
    }
    let null = |value: Option<Value>| value.unwrap_or(Value::Null);
    let more = fields([
        ("at", null(body.at.map(Value::from))),
        ("value", null(body.value.map(Value::from))),
        ("note", null(body.note.map(Value::from))),
    ]);
    // The member's status is the program's; that the member is the viewer's to see was asked above.
    let author = Author::new(
        Viewer::system_for(signed.user_id.clone()),
        "campaign",
        "Entered a response",
    );
    let mut written = answer(&app, &author, &member, body.kind, more).await?;
    let record = written.records.swap_remove(0);
    let member = app
        .store
        .get(&signed.viewer, "campaign_member", &member.id, At::PRESENT)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(ResponseWritten {
            record: record.into(),
            member: member.ok_or_else(|| Problem::not_found("The member"))?.into(),
            change_set: written.change_set,
        }),
    ))
}

/// Whether a member answered in this way before.
pub(super) async fn said_before(app: &App, member: &Record, kind: Kind) -> Result<bool, Problem> {
    let same = Filter::eq("member_id", member.id.as_str()).and(Filter::eq("kind", kind.as_str()));
    let before = Query::of("campaign_response").filter(same);
    Ok(app.store.count(&Viewer::system(), &before).await? > 0)
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(respond))
}
