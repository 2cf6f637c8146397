//! The pages behind a person's own link: the offer, and the way to get no more. Nobody signs in here.

use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use records::{At, Author, Filter, Query, Record, Viewer};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::objections::opt_out;
use super::page::page;
use super::responses::{Kind, answer, said_before};
use super::setup::variant_of;
use crate::consent::Channel;
use crate::problem::Problem;
use crate::{App, Shared};

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
    let variant = variant_of(campaign, member.text("variant"));
    let offer = variant["offer"].as_str().filter(|o| !o.trim().is_empty());
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
    if campaign.text("status") == Some("running")
        && method == Method::GET
        && !looks_ahead(&headers)
        && !said_before(&app, &member, Kind::Click).await?
    {
        let author = Author::system("campaign-link", "Followed a link");
        answer(&app, &author, &member, Kind::Click, serde_json::Map::new()).await?;
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
        let evidence = "Pressed \"No more of these\" on the page behind their own link.";
        opt_out(&app, &author, &member, &campaign, None, evidence).await?;
        let text = word(
            "You will get no more of these.",
            "Sie bekommen nichts mehr davon.",
        );
        return Ok(page(word("Done", "Erledigt"), text, "").into_response());
    }
    if campaign.text("status") == Some("running") && !said_before(&app, &member, Kind::Reply).await? {
        answer(&app, &author, &member, Kind::Reply, serde_json::Map::new()).await?;
    }
    let text = word("We will be in touch.", "Wir melden uns bei Ihnen.");
    Ok(page(word("Thank you", "Vielen Dank"), text, "").into_response())
}

/// The page that a mail's last line leads to: nothing is ended by looking at it, for programs look at links as well
#[utoipa::path(get, path = "/r/{link}/stop", tag = "marketing", params(("link" = String, Path)),
    responses((status = 200, description = "A page in HTML with a button"), (status = 404), (status = 410), (status = 429)))]
async fn ask_to_stop(
    State(app): State<Shared>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Err(answer) = by_link(&app, &link).await? {
        return Ok(answer);
    }
    let german = is_german(&headers);
    let word = |en: &'static str, de: &'static str| if german { de } else { en };
    let form = format!(
        "<form method=\"post\"><button>{}</button></form>",
        word(
            "No more e-mails of this kind",
            "Keine weiteren E-Mails dieser Art"
        )
    );
    let title = word(
        "Get no more of these e-mails?",
        "Diese E-Mails nicht mehr bekommen?",
    );
    Ok(page(title, "", &form).into_response())
}

/// Get no more of these e-mails: pressed on the page, or asked for by the mail program (RFC 8058). The consent is withdrawn, with how that is known
#[utoipa::path(post, path = "/r/{link}/stop", tag = "marketing", params(("link" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Empty, or List-Unsubscribe=One-Click"),
    responses((status = 200, description = "A page in HTML"), (status = 404), (status = 410), (status = 429)))]
async fn stop(
    State(app): State<Shared>,
    Path(link): Path<String>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<Response, Problem> {
    let (member, campaign) = match by_link(&app, &link).await? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let german = is_german(&headers);
    let word = |en: &'static str, de: &'static str| if german { de } else { en };
    let one_click = String::from_utf8_lossy(&body).contains("List-Unsubscribe=One-Click");
    let code = member.text("code").unwrap_or_default();
    let evidence = if one_click {
        format!("Their mail program asked for it by one press (RFC 8058), with the link of code {code}.")
    } else {
        format!("Pressed \"No more e-mails of this kind\" on the page behind the link of code {code}.")
    };
    let author = Author::system("campaign-link", "Unsubscribed by a link");
    opt_out(&app, &author, &member, &campaign, Some(Channel::Email), &evidence).await?;
    let text = word(
        "You will get no more e-mails of this kind.",
        "Sie bekommen keine weiteren E-Mails dieser Art.",
    );
    Ok(page(word("Done", "Erledigt"), text, "").into_response())
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(follow, say))
        .routes(routes!(ask_to_stop, stop))
}
