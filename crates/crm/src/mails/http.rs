//! Mail over HTTP: write one, see what came and what waits, hand one in.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use records::{At, Author, Op, Viewer, fields};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outgoing::{MailBody, conversation, write};
use super::store::{self, IncomingMail, OutgoingMail};
use super::{fetch, incoming, send};
use crate::Shared;
use crate::crud::{RecordJson, WrittenRecord, http_once};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;

/// Write a message: it is on record at once and goes out by the queue
#[utoipa::path(post, path = "/api/v1/mails", tag = "mail", request_body = MailBody,
    responses((status = 201, body = WrittenRecord), (status = 400, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem, description = "no-mail, no-sender, bounced")))]
async fn write_mail(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    http_once(&app, &signed, &headers, &body, || async {
        let mail: MailBody =
            serde_json::from_slice(&body).map_err(|e| Problem::bad("", "bad-json", e.to_string()))?;
        let (record, written) = write(&app, &signed, &mail).await?;
        let answer = WrittenRecord {
            record: record.into(),
            change_set: written.change_set,
        };
        Ok((StatusCode::CREATED, answer))
    })
    .await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ConversationParams {
    /// One of these three.
    case_id: Option<String>,
    lead_id: Option<String>,
    contact_id: Option<String>,
}

/// The messages of one conversation.
#[derive(Serialize, ToSchema)]
pub(crate) struct Conversation {
    /// Activities of kind email, oldest first.
    mails: Vec<RecordJson>,
}

/// The messages of a case, a lead or a contact, oldest first
#[utoipa::path(get, path = "/api/v1/mails", tag = "mail", params(ConversationParams),
    responses((status = 200, body = Conversation), (status = 400, body = Problem)))]
async fn mails(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<ConversationParams>,
) -> Result<Json<Conversation>, Problem> {
    let (field, id) = match (&params.case_id, &params.lead_id, &params.contact_id) {
        (Some(id), None, None) => ("case_id", id),
        (None, Some(id), None) => ("lead_id", id),
        (None, None, Some(id)) => ("contact_id", id),
        _ => {
            return Err(Problem::bad(
                "?case_id",
                "missing",
                "Say case_id, lead_id or contact_id, one of them.",
            ));
        }
    };
    let mails = conversation(&app, &signed.viewer, field, id).await?;
    Ok(Json(Conversation {
        mails: mails.into_iter().map(RecordJson::from).collect(),
    }))
}

/// How mail stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailStatus {
    /// Host and port of the server mail goes out by; null: none goes out.
    smtp: Option<String>,
    /// Host and port of the mailbox that is read; null: none.
    imap: Option<String>,
    /// A folder of .eml files is read.
    folder: bool,
    /// Whom mail is from, unless a queue has its own address.
    from: Option<String>,
    /// Addresses at which strangers become leads.
    sales_addresses: Vec<String>,
    /// Files that come along are kept.
    keeps_files: bool,
    /// The newest 100 that came.
    incoming: Vec<IncomingMail>,
    /// The newest 100 that go out.
    outgoing: Vec<OutgoingMail>,
}

/// How mail stands: servers, what came, what waits
#[utoipa::path(get, path = "/api/v1/mails/status", tag = "mail",
    responses((status = 200, body = MailStatus), (status = 403, body = Problem)))]
async fn status(State(app): State<Shared>, signed: Signed) -> Result<Json<MailStatus>, Problem> {
    signed.needs(&[Role::Admin], "Looking at all mail")?;
    let channels = &app.settings.channels;
    let db = app.store.db();
    Ok(Json(MailStatus {
        smtp: channels.smtp.as_ref().map(mail::Server::address),
        imap: channels.imap.as_ref().map(|(server, _)| server.address()),
        folder: channels.mail_folder.is_some(),
        from: channels.mail_from.as_ref().map(|a| a.address.clone()),
        sales_addresses: channels.sales_addresses.clone(),
        keeps_files: channels.files.is_some(),
        incoming: store::incoming(db).await?,
        outgoing: store::outgoing(db).await?,
    }))
}

/// What became of a message that was handed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct TakenMail {
    /// case, contact, account, lead, bounce, opted_out, ignored, unmatched, refused, held, seen (it was taken before)
    outcome: String,
    /// Why.
    note: String,
    /// The message on record.
    activity_id: Option<String>,
}

/// Hand a message in, as it came (RFC 5322): as if it had been fetched
#[utoipa::path(post, path = "/api/v1/mails/incoming", tag = "mail", request_body(content = Vec<u8>, content_type = "message/rfc822"),
    responses((status = 200, body = TakenMail), (status = 403, body = Problem), (status = 413, body = Problem)))]
async fn hand_in(State(app): State<Shared>, signed: Signed, body: Bytes) -> Result<Json<TakenMail>, Problem> {
    signed.needs(&[Role::Admin], "Handing mail in")?;
    let outcome = incoming::take(&app, Arc::new(body.to_vec()), "api").await?;
    Ok(Json(TakenMail {
        outcome: outcome.word.into(),
        note: outcome.note,
        activity_id: outcome.activity_id,
    }))
}

/// What a look into mailbox and folder brought.
#[derive(Serialize, ToSchema)]
pub(crate) struct FetchedMail {
    mailbox: usize,
    folder: usize,
    sent: usize,
}

/// Look for mail now, and send what waits
#[utoipa::path(post, path = "/api/v1/mails/fetch", tag = "mail",
    responses((status = 200, body = FetchedMail), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn fetch_now(State(app): State<Shared>, signed: Signed) -> Result<Json<FetchedMail>, Problem> {
    signed.needs(&[Role::Admin], "Fetching mail")?;
    Ok(Json(FetchedMail {
        mailbox: fetch::from_mailbox(&app).await?,
        folder: fetch::from_folder(&app).await?,
        sent: send::work_off(&app, &records::new_id()).await?,
    }))
}

/// Send a message again that failed or perhaps was sent
#[utoipa::path(post, path = "/api/v1/mails/outgoing/{id}/again", tag = "mail", params(("id" = String, Path)),
    responses((status = 204, description = "it waits"), (status = 404, body = Problem)))]
async fn again(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    signed.needs(&[Role::Admin], "Sending mail again")?;
    let activity = store::again(app.store.db(), &id, app.store.now()).await?;
    let activity = activity.ok_or_else(|| Problem::not_found(format!("A message {id} that failed")))?;
    if app
        .store
        .get(&Viewer::system(), "activity", &activity, At::PRESENT)
        .await?
        .is_some()
    {
        let author = Author::new(
            Viewer::system_for(signed.user_id.clone()),
            "mail",
            "Mail sent again",
        );
        let patch = fields([
            ("mail_state", "queued".into()),
            ("mail_note", serde_json::Value::Null),
        ]);
        app.store
            .write(&author, vec![Op::update("activity", activity, patch)])
            .await?;
    }
    app.doors.mail.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(hand_in))
        .layer(DefaultBodyLimit::max(mail::MOST_BYTES))
        .routes(routes!(write_mail, mails))
        .routes(routes!(status))
        .routes(routes!(fetch_now))
        .routes(routes!(again))
}
