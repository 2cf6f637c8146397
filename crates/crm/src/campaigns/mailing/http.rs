//! A campaign's e-mails over HTTP: how one will read, let them go, hold them, see how far they are.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use records::{Filter, Query as RecordQuery, Record, Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::campaign;
use super::super::lists::{base, people};
use super::super::setup::{Variant, variant_of};
use super::super::start::must_be;
use super::text::{self, Own};
use super::{own_words, store, to_be_written};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::visits::by_ids;
use crate::{App, Shared};

/// Messages a minute unless said.
const USUAL_PACE: i64 = 60;
/// Most messages a minute.
const MOST_A_MINUTE: i64 = 600;

/// How many were not written to for a reason.
#[derive(Serialize, ToSchema)]
struct MailingHeld {
    /// withdrawn, do-not-contact, bounced, no-consent, no-address, same-address, mail-failed, mail-unclear.
    code: &'static str,
    count: u64,
}

/// How far a campaign's e-mails are. The counts add up, as far as the asker may see the members: all = to_send + queued +
/// sent + answered + opted_out + bounced + stopped.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignMailing)]
struct MailingState {
    /// none (nobody let them go yet), sending, paused, done, stopped.
    state: String,
    /// Why none can be sent: no-mail, no-sender, no-text; null: nothing is in the way.
    blocked: Option<&'static str>,
    /// Messages a minute.
    per_minute: i64,
    /// What went wrong lately.
    note: String,
    /// Milliseconds since 1970.
    started_at: Option<i64>,
    finished_at: Option<i64>,
    all: u64,
    /// Not yet laid into the queue of outgoing mail.
    to_send: u64,
    /// In the queue.
    queued: u64,
    sent: u64,
    answered: u64,
    opted_out: u64,
    bounced: u64,
    stopped: u64,
    held: Vec<MailingHeld>,
}

const REASONS: [&str; 8] = [
    "withdrawn",
    "do-not-contact",
    "bounced",
    "no-consent",
    "no-address",
    "same-address",
    "mail-failed",
    "mail-unclear",
];

async fn members(app: &App, signed: &Signed, campaign: &str, more: Filter) -> Result<u64, Problem> {
    let written_to = Filter::eq("campaign_id", campaign)
        .and(Filter::eq("channel", "email"))
        .and(Filter::eq("arm", "treated"));
    let query = RecordQuery::of("campaign_member").filter(written_to.and(more));
    Ok(app.store.count(&signed.viewer, &query).await?)
}

/// Variants of which somebody would get a mail without a text.
fn has_text(campaign: &Record) -> bool {
    let variants = campaign.fields.get("variants").cloned().unwrap_or_default();
    let variants: Vec<Variant> = serde_json::from_value(variants).unwrap_or_default();
    !variants.is_empty() && variants.iter().all(|v| !v.text.trim().is_empty())
}

fn blocked(app: &App, campaign: &Record) -> Option<&'static str> {
    let channels = &app.settings.channels;
    if channels.smtp.is_none() {
        Some("no-mail")
    } else if channels.mail_from.is_none() {
        Some("no-sender")
    } else if !has_text(campaign) {
        Some("no-text")
    } else {
        None
    }
}

async fn shown(app: &App, signed: &Signed, campaign: &Record) -> Result<Json<MailingState>, Problem> {
    let mailing = store::of_campaign(app.store.db(), &campaign.id).await?;
    let status = |status: &'static str| members(app, signed, &campaign.id, Filter::eq("status", status));
    let all = members(app, signed, &campaign.id, Filter::all()).await?;
    let to_send = app
        .store
        .count(
            &signed.viewer,
            &RecordQuery::of("campaign_member").filter(to_be_written(&campaign.id)),
        )
        .await?;
    let (opted_out, bounced, stopped) = (
        status("opted_out").await?,
        status("bounced").await?,
        status("stopped").await?,
    );
    let mut held = Vec::new();
    if opted_out + bounced + stopped > 0 {
        for code in REASONS {
            let count = members(app, signed, &campaign.id, Filter::eq("held", code)).await?;
            held.extend((count > 0).then_some(MailingHeld { code, count }));
        }
    }
    let of = |read: fn(&store::Mailing) -> Option<i64>| mailing.as_ref().and_then(read);
    Ok(Json(MailingState {
        state: mailing.as_ref().map_or("none", |m| m.state.as_str()).to_owned(),
        blocked: blocked(app, campaign),
        per_minute: of(|m| Some(m.per_minute)).unwrap_or(USUAL_PACE),
        note: mailing.as_ref().map(|m| m.note.clone()).unwrap_or_default(),
        started_at: of(|m| Some(m.started_at)),
        finished_at: of(|m| m.finished_at),
        queued: status("planned").await?.saturating_sub(to_send),
        sent: status("sent").await?,
        answered: status("responded").await?,
        all,
        to_send,
        opted_out,
        bounced,
        stopped,
        held,
    }))
}

/// How far a campaign's e-mails are, and what is in the way
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/mailing", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, body = MailingState), (status = 404, body = Problem)))]
async fn look(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<MailingState>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    shown(&app, &signed, &campaign).await
}

#[derive(Deserialize, ToSchema)]
#[schema(as = CampaignMailingBody)]
struct MailingBody {
    /// Messages a minute, 1..=600; 60 unless said.
    per_minute: Option<i64>,
}

/// Let a campaign's e-mails go, or go on: each person once, as fast as is said. Asks again for each whether they may be written to
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/mailing", tag = "marketing", params(("id" = String, Path)),
    request_body = MailingBody,
    responses((status = 200, body = MailingState), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "wrong-status, no-mail, no-sender, no-text")))]
async fn begin(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<MailingBody>,
) -> Result<Json<MailingState>, Problem> {
    let campaign = may_send(&app, &signed, &id).await?;
    must_be(&campaign, "running")?;
    let text = match blocked(&app, &campaign) {
        None => None,
        Some("no-mail") => Some("No mail server is set, so nothing is sent. Set BAILIWICK_SMTP_HOST."),
        Some("no-sender") => Some("There is no address to write from. Set BAILIWICK_MAIL_FROM."),
        Some(_) => Some(
            "A variant has no text, so there is nothing to write. Only campaigns with a text for each variant go by mail from here.",
        ),
    };
    if let (Some(code), Some(text)) = (blocked(&app, &campaign), text) {
        return Err(Problem::conflict(code, text));
    }
    let per_minute = body.per_minute.unwrap_or(USUAL_PACE);
    if !(1..=MOST_A_MINUTE).contains(&per_minute) {
        return Err(Problem::bad(
            "/per_minute",
            "out-of-range",
            format!("1 to {MOST_A_MINUTE} messages a minute."),
        ));
    }
    let mailing = store::Mailing {
        id: campaign.id.clone(),
        user_id: signed.user_id.clone(),
        base: base(&app, &headers),
        per_minute,
        state: "sending".into(),
        note: String::new(),
        started_at: app.store.now().0,
        finished_at: None,
    };
    store::begin(app.store.db(), &mailing).await?;
    shown(&app, &signed, &campaign).await
}

/// Hold a campaign's e-mails: no more are laid into the queue; what lies in it, 100 at most, still goes out
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/mailing/pause", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, body = MailingState), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn pause(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<MailingState>, Problem> {
    let campaign = may_send(&app, &signed, &id).await?;
    if !store::end(app.store.db(), &id, "paused", app.store.now()).await? {
        return Err(Problem::conflict("not-sending", "No e-mails are on their way."));
    }
    shown(&app, &signed, &campaign).await
}

/// The campaign, for somebody who may start campaigns and write to people.
async fn may_send(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    let found = campaign(app, signed, id).await?;
    signed.program_on(app, "campaign", id, "campaign", "").await?;
    let viewer = &signed.viewer;
    if !viewer.grant("campaign_member").create
        || !viewer.grant("activity").create
        || viewer.grant("contact").read == Scope::None
    {
        return Err(Problem::forbidden(
            "You may not write to the people of a campaign.",
        ));
    }
    Ok(found)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExampleParams {
    /// The variant; the first unless said.
    variant: Option<String>,
}

/// A mail as it will read.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignMailExample)]
struct Example {
    variant: String,
    /// Whom it is written for: a member of the campaign, or whoever asks while there is none.
    name: String,
    subject: String,
    text: String,
}

/// How a mail of a campaign will read, for one of its people; for yourself while nobody was drawn
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/mailing/example", tag = "marketing", params(("id" = String, Path), ExampleParams),
    responses((status = 200, body = Example), (status = 404, body = Problem)))]
async fn example(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<ExampleParams>,
    headers: HeaderMap,
) -> Result<Json<Example>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    let first = campaign
        .fields
        .get("variants")
        .and_then(|v| v[0]["name"].as_str())
        .unwrap_or("A")
        .to_owned();
    let name = params.variant.filter(|v| !v.is_empty()).unwrap_or(first);
    let variant = variant_of(&campaign, Some(&name));
    let of_variant = Filter::eq("campaign_id", id.as_str())
        .and(Filter::eq("channel", "email"))
        .and(Filter::eq("variant", name.as_str()));
    let query = RecordQuery::of("campaign_member")
        .filter(of_variant)
        .sort("id", false)
        .limit(1);
    let member = app.store.list(&signed.viewer, &query).await?.records.pop();
    let base = base(&app, &headers);
    let offer = variant["offer"].as_str().unwrap_or_default().to_owned();
    let may_read = signed.viewer.grant("contact").read != Scope::None;
    let mut language = String::new();
    let mut own = Own {
        name: signed.name.clone(),
        firm: app
            .settings
            .organisation
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
        link: format!("{base}/r/…"),
        stop: format!("{base}/r/…/stop"),
        code: "…".into(),
        ..Own::default()
    };
    if let Some(member) = member.filter(|_| may_read)
        && let Some(person) = people(&app, std::slice::from_ref(&member)).await?.get(&member.id)
    {
        let ids = [person.id.clone()];
        let mut record = by_ids(&app.store, "contact", &ids).await?.remove(&person.id);
        if record.is_none() {
            record = by_ids(&app.store, "lead", &ids).await?.remove(&person.id);
        }
        language = record
            .as_ref()
            .and_then(|r| r.text("language"))
            .unwrap_or_default()
            .to_owned();
        // The link is somebody's own: it is not shown to others, who would click for them.
        own = Own {
            link: own.link,
            stop: own.stop,
            code: own.code,
            ..own_words(person, record.as_ref(), &member, "", "")
        };
    }
    own.offer = offer;
    let (subject, text) = text::mail(
        &variant,
        campaign.text("name").unwrap_or_default(),
        &language,
        &own,
    );
    Ok(Json(Example {
        variant: name,
        name: own.name,
        subject,
        text,
    }))
}

pub(in super::super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(look, begin))
        .routes(routes!(pause))
        .routes(routes!(example))
}
