//! Somebody writes a message: composed once, put on record, and laid into the queue.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use mail::{Address, Attachment, Draft};
use records::{At, Author, Comparison, Filter, Op, Query, Record, Viewer, Written, fields};
use serde::Deserialize;
use utoipa::ToSchema;

use super::consent::may_send;
use super::store;
use crate::App;
use crate::files::Vault;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Most recipients of one message.
const MOST_RECIPIENTS: usize = 20;
/// All files of one message together, in bytes.
const MOST_BYTES: i64 = 25 * 1024 * 1024;
/// Longest text, in characters.
const LONGEST_TEXT: usize = 90_000;

/// A message to be sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct MailBody {
    /// Addresses; those of the contact, the case's contact or the lead unless said.
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    cc: Vec<String>,
    subject: String,
    /// Plain text.
    text: String,
    /// Whom it belongs to.
    account_id: Option<String>,
    contact_id: Option<String>,
    opportunity_id: Option<String>,
    lead_id: Option<String>,
    /// The case it answers; its number goes into the subject.
    case_id: Option<String>,
    /// The message (an activity) it answers; the case's last one unless said.
    answers: Option<String>,
    /// Files on record that go with it.
    #[serde(default)]
    file_ids: Vec<String>,
    /// Status of the case afterwards; a new one becomes `open` unless said.
    case_status: Option<String>,
}

/// What a message belongs to, as far as the writer may see it.
struct Around {
    account: Option<Record>,
    contact: Option<Record>,
    opportunity: Option<Record>,
    lead: Option<Record>,
    case: Option<Record>,
    answered: Option<Record>,
}

async fn seen(
    app: &App,
    signed: &Signed,
    type_name: &str,
    id: Option<&str>,
) -> Result<Option<Record>, Problem> {
    let Some(id) = id.filter(|i| !i.is_empty()) else {
        return Ok(None);
    };
    let found = app.store.get(&signed.viewer, type_name, id, At::PRESENT).await?;
    found.map(Some).ok_or_else(|| {
        Problem::bad(
            &format!("/{type_name}_id"),
            "not-found",
            format!("There is no {type_name} {id} that you may see."),
        )
    })
}

impl Around {
    async fn load(app: &App, signed: &Signed, body: &MailBody) -> Result<Self, Problem> {
        let case = seen(app, signed, "case", body.case_id.as_deref()).await?;
        let lead = seen(app, signed, "lead", body.lead_id.as_deref()).await?;
        let opportunity = seen(app, signed, "opportunity", body.opportunity_id.as_deref()).await?;
        let of_case = |name: &str| case.as_ref().and_then(|c| c.text(name)).map(str::to_owned);
        let contact_id = body.contact_id.clone().or_else(|| of_case("contact_id"));
        let contact = seen(app, signed, "contact", contact_id.as_deref()).await?;
        let account_id = body
            .account_id
            .clone()
            .or_else(|| of_case("account_id"))
            .or_else(|| {
                contact
                    .as_ref()
                    .and_then(|c| c.text("account_id"))
                    .map(str::to_owned)
            });
        let account = seen(app, signed, "account", account_id.as_deref()).await?;
        let answered = match (&body.answers, &case) {
            (Some(id), _) => seen(app, signed, "activity", Some(id)).await?,
            (None, Some(case)) => {
                let came = Filter::eq("case_id", case.id.as_str())
                    .and(Filter::eq("kind", "email"))
                    .and(Filter::eq("direction", "in"));
                let query = Query::of("activity")
                    .filter(came)
                    .sort("recorded_at", true)
                    .limit(1);
                app.store
                    .list(&signed.viewer, &query)
                    .await?
                    .records
                    .into_iter()
                    .next()
            }
            (None, None) => None,
        };
        Ok(Self {
            account,
            contact,
            opportunity,
            lead,
            case,
            answered,
        })
    }

    /// Where a message goes that does not say so: to whoever wrote last, else to the person.
    fn recipient(&self) -> Option<String> {
        let came = self
            .answered
            .as_ref()
            .filter(|a| a.text("direction") == Some("in"));
        came.and_then(|a| a.text("from_address"))
            .or_else(|| self.contact.as_ref().and_then(|c| c.text("email")))
            .or_else(|| self.lead.as_ref().and_then(|l| l.text("email")))
            .or_else(|| self.account.as_ref().and_then(|a| a.text("email")))
            .map(str::to_owned)
    }
}

/// Whom a message is from: the case's queue, so that answers go there, else the organisation's address.
async fn sender(app: &App, signed: &Signed, case: Option<&Record>) -> Result<Address, Problem> {
    let queue = match case.and_then(|c| c.text("queue_id")) {
        Some(id) => app.store.get(&Viewer::system(), "queue", id, At::PRESENT).await?,
        None => None,
    };
    let own = queue.as_ref().and_then(|q| q.text("email")).map(str::to_owned);
    let general = app.settings.channels.mail_from.as_ref();
    let address = own
        .or_else(|| general.map(|a| a.address.clone()))
        .ok_or_else(|| {
            Problem::conflict(
                "no-sender",
                "There is no address to write from. Set BAILIWICK_MAIL_FROM, or give the queue an address.",
            )
        })?;
    let firm = general.map(|a| a.name.as_str()).filter(|n| !n.is_empty());
    Ok(Address {
        name: firm.map_or_else(|| signed.name.clone(), |firm| format!("{} · {firm}", signed.name)),
        address: address.trim().to_lowercase(),
    })
}

fn recipients(list: &[String], pointer: &str) -> Result<Vec<Address>, Problem> {
    list.iter()
        .map(|text| {
            let address = text.trim().to_lowercase();
            crate::accounts::domain::mail_domain(&address)
                .filter(|_| address.len() <= 254 && !address.contains(char::is_whitespace))
                .map(|_| Address {
                    name: String::new(),
                    address: address.clone(),
                })
                .ok_or_else(|| {
                    Problem::bad(
                        pointer,
                        "not-an-address",
                        format!("{text:?} is no e-mail address."),
                    )
                })
        })
        .collect()
}

async fn files(app: &App, signed: &Signed, ids: &[String]) -> Result<Vec<Attachment>, Problem> {
    let mut found = Vec::new();
    let mut bytes = 0;
    for id in ids {
        let file = app.store.get(&signed.viewer, "file", id, At::PRESENT).await?;
        let file = file.ok_or_else(|| {
            Problem::bad(
                "/file_ids",
                "not-found",
                format!("There is no file {id} that you may see."),
            )
        })?;
        bytes += file.integer("size").unwrap_or(0);
        if bytes > MOST_BYTES {
            return Err(Problem::bad(
                "/file_ids",
                "too-large",
                "The files of one message have at most 25 MB together.",
            ));
        }
        let digest = file.text("digest").unwrap_or_default().to_owned();
        let vault = Vault::of(app)?;
        let read = tokio::task::spawn_blocking(move || vault.get(&digest)).await;
        let read = read.map_err(Problem::unexpected)?.map_err(Problem::unexpected)?;
        found.push(Attachment {
            name: file.text("name").unwrap_or("file").to_owned(),
            media_type: file
                .text("media_type")
                .unwrap_or("application/octet-stream")
                .to_owned(),
            bytes: read
                .ok_or_else(|| Problem::conflict("bytes-gone", format!("The bytes of {id} are gone.")))?,
        });
    }
    Ok(found)
}

/// Puts a message on record and into the queue; gives its activity.
pub(super) async fn write(app: &App, signed: &Signed, body: &MailBody) -> Result<(Record, Written), Problem> {
    if app.settings.channels.smtp.is_none() {
        return Err(Problem::conflict(
            "no-mail",
            "No mail server is set, so nothing is sent. Set BAILIWICK_SMTP_HOST.",
        ));
    }
    if !signed.viewer.grant("activity").create {
        return Err(Problem::forbidden("You may not write mail here."));
    }
    let around = Around::load(app, signed, body).await?;
    let mut to = recipients(&body.to, "/to")?;
    if to.is_empty() {
        let address = around
            .recipient()
            .ok_or_else(|| Problem::bad("/to", "missing", "Say whom it goes to."))?;
        to = recipients(&[address], "/to")?;
    }
    let cc = recipients(&body.cc, "/cc")?;
    if to.len() + cc.len() > MOST_RECIPIENTS {
        return Err(Problem::bad(
            "/to",
            "too-many",
            format!("A message goes to at most {MOST_RECIPIENTS} people."),
        ));
    }
    if body.text.trim().is_empty() || body.text.chars().count() > LONGEST_TEXT {
        return Err(Problem::bad(
            "/text",
            "length",
            format!("A message has 1 to {LONGEST_TEXT} characters."),
        ));
    }
    for whom in to.iter().chain(&cc) {
        if let Some(refused) = may_send(app, &whom.address).await? {
            return Err(Problem::conflict(refused.code, refused.text));
        }
    }
    let mut subject = mail::header_text(&body.subject, 250);
    if let Some(number) = around.case.as_ref().and_then(|c| c.text("number")) {
        let mark = format!("[#{number}]");
        if !subject.contains(&mark) {
            subject = format!("{mark} {subject}");
        }
    }
    if subject.is_empty() {
        return Err(Problem::bad("/subject", "missing", "A message has a subject."));
    }
    let from = sender(app, signed, around.case.as_ref()).await?;
    let domain = from
        .address
        .rsplit_once('@')
        .map_or("localhost", |(_, d)| d)
        .to_owned();
    let activity_id = records::new_id();
    let message_id = app.doors.seal(app).await?.message_id(&activity_id, &domain);
    let now = app.store.now();
    let draft = Draft {
        id: message_id.clone(),
        answers: around
            .answered
            .iter()
            .filter_map(|a| a.text("message_id").map(str::to_owned))
            .collect(),
        from: from.clone(),
        to: to.clone(),
        cc: cc.clone(),
        subject: subject.clone(),
        text: body.text.clone(),
        attachments: files(app, signed, &body.file_ids).await?,
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or(0)),
        automatic: false,
        unsubscribe: Vec::new(),
    };
    let composed = tokio::task::spawn_blocking(move || mail::compose(&draft))
        .await
        .map_err(Problem::unexpected)?;
    let composed = composed.map_err(|e| Problem::bad("", "not-composed", e.to_string()))?;
    let queued = store::Outgoing {
        id: records::new_id(),
        activity_id: activity_id.clone(),
        sender: composed.from,
        recipients: composed.to.join("\n"),
        message_base64: base64::engine::general_purpose::STANDARD.encode(&composed.bytes),
        attempts: 0,
        campaign_id: None,
    };
    let addresses: Vec<&str> = to.iter().chain(&cc).map(|a| a.address.as_str()).collect();
    let id_of = |record: &Option<Record>| record.as_ref().map(|r| r.id.clone());
    let activity = Op::Create {
        type_name: "activity".into(),
        id: Some(activity_id),
        fields: fields([
            ("kind", "email".into()),
            ("subject", subject.as_str().into()),
            ("body", body.text.as_str().into()),
            ("direction", "out".into()),
            ("status", "done".into()),
            ("happened_at", now.0.into()),
            ("account_id", id_of(&around.account).into()),
            ("contact_id", id_of(&around.contact).into()),
            ("lead_id", id_of(&around.lead).into()),
            ("case_id", id_of(&around.case).into()),
            ("opportunity_id", id_of(&around.opportunity).into()),
            ("owner_id", signed.user_id.as_str().into()),
            ("message_id", message_id.as_str().into()),
            ("from_address", from.address.as_str().into()),
            ("to_addresses", addresses.join(", ").into()),
            ("mail_state", "queued".into()),
        ]),
    };
    let mut ops = vec![activity];
    if let Some(case) = &around.case {
        let is_new = case.text("status") == Some("new");
        let next = body
            .case_status
            .clone()
            .or_else(|| is_new.then(|| "open".to_owned()));
        if let Some(status) = next.filter(|s| case.text("status") != Some(s.as_str())) {
            // Whoever may not change the case may not move it by a letter either.
            signed.program_on(app, "case", &case.id, "mail", "").await?;
            ops.push(Op::update(
                "case",
                case.id.as_str(),
                fields([("status", status.into())]),
            ));
        }
    }
    let author = Author::new(
        Viewer::system_for(signed.user_id.clone()),
        "mail",
        format!("Mail: {subject}"),
    );
    let db = app.store.db();
    store::enqueue(db, &queued, &message_id, now).await?;
    let written = match app.store.write(&author, ops).await {
        Ok(written) => written,
        Err(error) => {
            store::withdraw(db, &queued.id).await?;
            return Err(error.into());
        }
    };
    store::release(db, &queued.id).await?;
    app.doors.mail.notify_one();
    let record = written.records.first().cloned();
    let record = record.ok_or_else(|| Problem::unexpected("a write gave no record"))?;
    Ok((record, written))
}

/// Messages of a conversation, oldest first, as far as the viewer may see them: those of a case, lead or contact.
pub(super) async fn conversation(
    app: &App,
    viewer: &Viewer,
    field: &str,
    id: &str,
) -> Result<Vec<Record>, Problem> {
    let mails = Filter::eq(field, id).and(Filter::Compare {
        field: "kind".into(),
        op: Comparison::Equal,
        value: "email".into(),
        folded: false,
    });
    let query = Query::of("activity")
        .filter(mails)
        .sort("recorded_at", false)
        .limit(Query::MAX_LIMIT);
    Ok(app.store.list(viewer, &query).await?.records)
}
