//! Answers to a campaign: entered by staff, or given by a person who follows their own link.

use axum::Json;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use records::{At, Author, Filter, Op, Query, Record, Viewer, Written, fields};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::campaign;
use super::link::read_code;
use super::page::page;
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

/// A member and their campaign, by a link; an answer to send where there is none.
async fn by_link(app: &App, link: &str) -> Result<Result<(Record, Record), Response>, Problem> {
    let said = |status, german: &str, english: &str| {
        Ok(Err(
            (status, page(&[german, english].join(" / "), "", "")).into_response()
        ))
    };
    let Some(code) = app.links.code(app, link).await? else {
        return said(
            StatusCode::NOT_FOUND,
            "Diesen Link gibt es nicht.",
            "There is no such link.",
        );
    };
    if !app.links.may_answer(&code, app.store.now()) {
        return said(
            StatusCode::TOO_MANY_REQUESTS,
            "Bitte warten Sie eine Minute.",
            "Please wait a minute.",
        );
    }
    let query = Query::of("campaign_member")
        .filter(Filter::eq("code", code))
        .limit(1);
    let member = app.store.list(&Viewer::system(), &query).await?.records.pop();
    let campaign = match member.as_ref().and_then(|m| m.text("campaign_id")) {
        Some(id) => {
            app.store
                .get(&Viewer::system(), "campaign", id, At::PRESENT)
                .await?
        }
        None => None,
    };
    match (member, campaign) {
        (Some(member), Some(campaign)) => Ok(Ok((member, campaign))),
        _ => said(
            StatusCode::GONE,
            "Diese Aktion gibt es nicht mehr.",
            "This offer is no longer there.",
        ),
    }
}

fn is_german(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.to_ascii_lowercase().starts_with("de"))
}

/// Programs that look ahead at links are no people that click on them.
fn looks_ahead(headers: &HeaderMap) -> bool {
    ["purpose", "sec-purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|name| {
            headers.get(*name).and_then(|v| v.to_str().ok()).is_some_and(|v| {
                v.to_ascii_lowercase().contains("prefetch") || v.to_ascii_lowercase().contains("preview")
            })
        })
}

/// The offer of a member.
fn offer(campaign: &Record, member: &Record) -> (String, String) {
    let variants = campaign.fields.get("variants").and_then(Value::as_array);
    let of = variants
        .into_iter()
        .flatten()
        .find(|v| v["name"].as_str() == member.text("variant"));
    let offer = of
        .and_then(|v| v["offer"].as_str())
        .filter(|o| !o.trim().is_empty());
    let title = offer.unwrap_or_else(|| campaign.text("name").unwrap_or_default());
    (
        title.to_owned(),
        campaign.text("landing_text").unwrap_or_default().to_owned(),
    )
}

/// What a person sees who follows their link; the click is noted once
#[utoipa::path(get, path = "/r/{link}", tag = "marketing", params(("link" = String, Path)),
    responses((status = 200, description = "A page in HTML with the offer"), (status = 404), (status = 410), (status = 429)))]
async fn follow(
    State(app): State<Shared>,
    Path(link): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (member, campaign) = match by_link(&app, &link).await? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let german = is_german(&headers);
    let word = |en: &'static str, de: &'static str| if german { de } else { en };
    if campaign.text("status") == Some("running") && method == Method::GET && !looks_ahead(&headers) {
        let before = Query::of("campaign_response")
            .filter(Filter::eq("member_id", member.id.as_str()).and(Filter::eq("kind", "click")));
        if app.store.count(&Viewer::system(), &before).await? == 0 {
            let author = Author::system("campaign-link", "Followed a link");
            answer(&app, &author, &member, Kind::Click, serde_json::Map::new()).await?;
        }
    }
    let (title, text) = offer(&campaign, &member);
    let form = format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"say\" value=\"interested\"><button>{}</button></form>\
         <form method=\"post\"><input type=\"hidden\" name=\"say\" value=\"stop\"><button class=\"plain\">{}</button></form>",
        word("I am interested", "Ich bin interessiert"),
        word("No more of these", "Bitte nichts mehr davon"),
    );
    Ok(page(&title, &text, &form).into_response())
}

#[derive(Deserialize, ToSchema)]
#[schema(as = LinkAnswer)]
struct Said {
    /// interested or stop.
    say: String,
}

/// What a person answers on their page: interested, or no more of these
#[utoipa::path(post, path = "/r/{link}", tag = "marketing", params(("link" = String, Path)),
    request_body(content = Said, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A page in HTML"), (status = 404), (status = 410), (status = 429)))]
async fn say(
    State(app): State<Shared>,
    Path(link): Path<String>,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Result<Response, Problem> {
    let (member, campaign) = match by_link(&app, &link).await? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let german = is_german(&headers);
    let word = |en: &'static str, de: &'static str| if german { de } else { en };
    let author = Author::system("campaign-link", "Answered by a link");
    if said.say == "stop" {
        opt_out(&app, &author, &member, &campaign).await?;
        let text = word(
            "You will get no more of these.",
            "Sie bekommen nichts mehr davon.",
        );
        return Ok(page(word("Done", "Erledigt"), text, "").into_response());
    }
    if campaign.text("status") == Some("running") {
        let before = Query::of("campaign_response")
            .filter(Filter::eq("member_id", member.id.as_str()).and(Filter::eq("kind", "reply")));
        if app.store.count(&Viewer::system(), &before).await? == 0 {
            answer(&app, &author, &member, Kind::Reply, serde_json::Map::new()).await?;
        }
    }
    let text = word("We will be in touch.", "Wir melden uns bei Ihnen.");
    Ok(page(word("Thank you", "Vielen Dank"), text, "").into_response())
}

/// An objection, with the link as its evidence. A firm without a person on record is marked itself.
async fn opt_out(app: &App, author: &Author, member: &Record, campaign: &Record) -> Result<(), Problem> {
    let mut ops = Vec::new();
    let person = ["contact_id", "lead_id"]
        .into_iter()
        .find_map(|link| Some((link, member.text(link)?)));
    match (person, member.text("account_id")) {
        (Some((link, id)), _) => ops.push(Op::create(
            "consent",
            fields([
                (link, id.into()),
                ("purpose", campaign.text("purpose").unwrap_or("marketing").into()),
                ("channel", "any".into()),
                ("lawful_basis", "consent".into()),
                ("withdrawn_at", app.store.now().0.into()),
                (
                    "evidence",
                    "Pressed \"No more of these\" on the page behind their own link.".into(),
                ),
                (
                    "source",
                    format!("Link of {}", campaign.text("name").unwrap_or("a campaign")).into(),
                ),
            ]),
        )),
        (None, Some(account)) => {
            ops.push(Op::update(
                "account",
                account,
                fields([("do_not_contact", true.into())]),
            ));
        }
        (None, None) => {}
    }
    if member.text("status") != Some("opted_out") {
        ops.push(Op::update(
            "campaign_member",
            member.id.clone(),
            fields([("status", "opted_out".into())]),
        ));
    } else {
        // Pressed before: the objection stands.
        return Ok(());
    }
    app.store.write(author, ops).await?;
    Ok(())
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(respond))
        .routes(routes!(follow, say))
}
