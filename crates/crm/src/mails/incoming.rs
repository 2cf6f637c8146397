//! A message comes in: taken once, read, and put where it belongs.

use std::sync::Arc;

use mail::{Message, Nature};
use records::{Author, Op, fields};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::belongs::{self, Links};
use super::entry::{about, activity, activity_id, attachments, owner_of, subject};
use super::{bounced, store};
use crate::App;
use crate::campaigns;
use crate::channels::hexadecimal;
use crate::leads;
use crate::problem::Problem;
use crate::service::{self, Sender};

/// A message whose taker says nothing for so long is taken over.
const LEASE: i64 = 600_000;
/// New cases and leads of one address an hour; more is a machine.
const MOST_AN_HOUR: i64 = 30;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// case, contact, account, lead, bounce, opted_out, ignored, unmatched, refused, held; seen: it was taken before
    pub word: &'static str,
    pub note: String,
    pub activity_id: Option<String>,
}

impl Outcome {
    fn of(word: &'static str, note: impl Into<String>) -> Self {
        Self {
            word,
            note: note.into(),
            activity_id: None,
        }
    }
}

/// Takes a message in, whatever it is. `source` says which way it came: imap, folder, api.
///
/// # Errors
/// Only what is no fault of the message: it may come again.
pub(super) async fn take(app: &Arc<App>, bytes: Arc<Vec<u8>>, source: &str) -> Result<Outcome, Problem> {
    let read = {
        let bytes = bytes.clone();
        tokio::task::spawn_blocking(move || {
            let message = mail::parse(&bytes);
            let digest = match &message {
                Ok(message) => digest(message, &bytes),
                Err(_) => hexadecimal(&Sha256::digest(bytes.as_slice())),
            };
            (message, digest)
        })
    };
    let (message, digest) = read.await.map_err(Problem::unexpected)?;
    let arrival = store::Arrival {
        digest: &digest,
        message_id: message.as_ref().ok().and_then(|m| m.id.as_deref()),
        source,
        from: message.as_ref().map_or("", |m| m.from.address.as_str()),
        subject: message.as_ref().map_or("", |m| m.subject.as_str()),
    };
    let db = app.store.db();
    if !store::arrive(db, &arrival, app.store.now(), LEASE).await? {
        return Ok(Outcome::of("seen", "it was taken before"));
    }
    let outcome = match &message {
        Err(refusal) => Ok(Outcome::of("refused", refusal.to_string())),
        Ok(message) => sort(app, message, &digest).await,
    };
    let outcome = match outcome {
        Ok(outcome) => outcome,
        // What the records refuse, they refuse the next time too.
        Err(problem) if (400..500).contains(&problem.status) && problem.status != 412 => {
            Outcome::of("refused", problem.to_string())
        }
        Err(problem) => {
            store::forget(db, &digest).await?;
            return Err(problem);
        }
    };
    tracing::info!(
        source,
        outcome = outcome.word,
        note = outcome.note,
        "mail came in"
    );
    store::arrived(
        db,
        &digest,
        outcome.word,
        &outcome.note,
        outcome.activity_id.as_deref(),
    )
    .await?;
    Ok(outcome)
}

/// The same message by two ways has different heads, but one id, writer, subject and text.
fn digest(message: &Message, bytes: &[u8]) -> String {
    let Some(id) = &message.id else {
        return hexadecimal(&Sha256::digest(bytes));
    };
    let mut sum = Sha256::new();
    for part in [id, &message.from.address, &message.subject, &message.text] {
        sum.update((part.len() as u64).to_be_bytes());
        sum.update(part.as_bytes());
    }
    hexadecimal(&sum.finalize())
}

async fn sort(app: &Arc<App>, message: &Message, digest: &str) -> Result<Outcome, Problem> {
    if let Nature::Bounce(bounce) = &message.nature {
        let (activity_id, note) = bounced::mark(app, bounce).await?;
        return Ok(Outcome {
            word: "bounce",
            note,
            activity_id,
        });
    }
    let from = message.from.address.as_str();
    let ours = &app.settings.channels;
    let is_ours = belongs::queue_of(app, std::iter::once(from)).await?.is_some()
        || ours.mail_from.as_ref().is_some_and(|a| a.address == from)
        || ours.sales_addresses.iter().any(|a| a == from);
    if is_ours {
        return Ok(Outcome::of("ignored", "it comes from an address of our own"));
    }
    if let Some(note) = campaigns::unsubscribed_by(app, &message.subject, from).await? {
        return Ok(Outcome::of("opted_out", note));
    }
    let thread = belongs::thread(app, message).await?;
    // Programs answer programs for ever: they begin nothing here.
    match (&message.nature, &thread) {
        (Nature::Automatic, None) => return Ok(Outcome::of("ignored", "a program wrote it by itself")),
        (Nature::Bulk, None) => return Ok(Outcome::of("ignored", "it went to many at once")),
        _ => {}
    }
    let to = || message.to.iter().map(|a| a.address.as_str());
    let queue = belongs::queue_of(app, to()).await?;
    let closed = thread
        .as_ref()
        .and_then(|t| t.case.as_ref())
        .filter(|c| c.text("status") == Some("closed"));
    if let (Some(case), Nature::Personal) = (closed, &message.nature) {
        // What is closed stays closed; the new case says what it follows.
        let queue_id = case.text("queue_id").map(str::to_owned);
        let follows = case.text("number").unwrap_or_default().to_owned();
        return new_case(app, message, digest, queue_id, Some(&follows)).await;
    }
    if let Some(links) = thread.filter(|t| !t.is_none()) {
        return goes_on(app, message, digest, &links).await;
    }
    let is_newcomer = queue.is_some() || to().any(|a| ours.sales_addresses.iter().any(|s| s == a));
    if is_newcomer {
        let since = app.store.now().0 - 3_600_000;
        if store::newcomers(app.store.db(), from, since).await? >= MOST_AN_HOUR {
            return Ok(Outcome::of(
                "held",
                format!("more than {MOST_AN_HOUR} within an hour from {from}"),
            ));
        }
    }
    if let Some(queue) = queue {
        return new_case(app, message, digest, Some(queue.id), None).await;
    }
    let links = belongs::sender(app, from).await?;
    if !links.is_none() {
        return goes_on(app, message, digest, &links).await;
    }
    if is_newcomer {
        return new_lead(app, message, digest).await;
    }
    Ok(Outcome::of(
        "unmatched",
        format!("nobody on record writes from {from}"),
    ))
}

/// It goes on with something: a case, a lead, a customer.
async fn goes_on(app: &App, message: &Message, digest: &str, links: &Links) -> Result<Outcome, Problem> {
    let id = activity_id(digest);
    let owner = owner_of(app, links).await?;
    let mut ops = Vec::new();
    let (about_type, about_id, word) = match (&links.case, &links.lead_id, &links.contact_id) {
        (Some(case), _, _) => ("case", case.id.as_str(), "case"),
        (None, Some(lead), _) => ("lead", lead.as_str(), "lead"),
        (None, None, Some(_)) => ("activity", id.as_str(), "contact"),
        (None, None, None) => ("activity", id.as_str(), "account"),
    };
    let mut note = String::from("it goes on with what was there");
    if let Some(case) = &links.case {
        note = format!("it goes on with {}", case.text("number").unwrap_or_default());
        let waits = matches!(case.text("status"), Some("waiting" | "resolved"));
        if waits && message.nature == Nature::Personal {
            ops.push(Op::update(
                "case",
                case.id.as_str(),
                fields([("status", "open".into())]),
            ));
        }
    }
    let (kept, left) = attachments(
        app,
        message,
        &about(about_type, about_id, links, &id, owner.clone()),
    )
    .await?;
    ops.push(activity(message, &id, links, owner, app.store.now().0));
    ops.extend(kept);
    let outcome = Outcome {
        word,
        note: note + &left,
        activity_id: Some(id),
    };
    let outcome = put(app, message, ops, outcome).await?;
    // A program that answers by itself is nobody's answer.
    if let (Some(answered), Nature::Personal) = (&links.answered, &message.nature) {
        campaigns::replied(app, answered).await?;
    }
    Ok(outcome)
}

/// Writes; what is on record already was written by a taker that died after it.
async fn put(app: &App, message: &Message, ops: Vec<Op>, outcome: Outcome) -> Result<Outcome, Problem> {
    let author = Author::system("mail", format!("Mail from {}", message.from.address));
    match app.store.write(&author, ops).await {
        Ok(written) => {
            app.live.wait_for(written.last_seq).await;
            Ok(outcome)
        }
        Err(records::Error::IdTaken { .. }) => Ok(outcome),
        Err(error) => Err(error.into()),
    }
}

/// Somebody who is not known to go on with anything writes to a queue.
async fn new_case(
    app: &App,
    message: &Message,
    digest: &str,
    queue_id: Option<String>,
    follows: Option<&str>,
) -> Result<Outcome, Problem> {
    let mut description = message.own_text.clone();
    if let Some(number) = follows {
        description = format!("Follows {number}.\n\n{description}");
    }
    let Value::Object(values) = json!({
        "subject": subject(message), "description": description, "channel": "mail", "queue_id": queue_id,
    }) else {
        return Err(Problem::unexpected("an object is an object"));
    };
    let sender = Sender {
        email: Some(message.from.address.clone()),
        phone: None,
    };
    let values = service::filled_in(app, &sender, values).await?;
    let text = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
    let case_id = records::new_id();
    let id = activity_id(digest);
    let links = Links {
        account_id: text("account_id"),
        contact_id: text("contact_id"),
        ..Links::default()
    };
    let owner = match text("owner_id") {
        Some(owner) => Some(owner),
        None => owner_of(app, &links).await?,
    };
    let (kept, left) =
        attachments(app, message, &about("case", &case_id, &links, &id, owner.clone())).await?;
    let case = Op::Create {
        type_name: "case".into(),
        id: Some(case_id.clone()),
        fields: values,
    };
    // The activity names the case that is written with it.
    let mut entry = activity(message, &id, &links, owner, app.store.now().0);
    if let Op::Create { fields, .. } = &mut entry {
        fields.insert("case_id".into(), case_id.into());
    }
    let mut ops = vec![case, entry];
    ops.extend(kept);
    let outcome = Outcome {
        word: "case",
        note: format!("a new case{left}"),
        activity_id: Some(id),
    };
    put(app, message, ops, outcome).await
}

/// A stranger writes to the address where strangers are welcome.
async fn new_lead(app: &Arc<App>, message: &Message, digest: &str) -> Result<Outcome, Problem> {
    let name = if message.from.name.is_empty() {
        &message.from.address
    } else {
        &message.from.name
    };
    let mut given = Map::new();
    for (field, value) in [
        ("name", name.as_str()),
        ("email", message.from.address.as_str()),
        ("message", message.own_text.as_str()),
        ("source", "mail"),
    ] {
        given.insert(field.into(), value.into());
    }
    let author = Author::system("mail", format!("Mail from {}", message.from.address));
    let lead = leads::looked_at(app, &author.viewer, given).await?;
    let (lead_id, owner) = match &lead {
        Op::Create {
            id: Some(id), fields, ..
        } => (
            id.clone(),
            fields.get("owner_id").and_then(Value::as_str).map(str::to_owned),
        ),
        _ => return Err(Problem::unexpected("a lead that is taken in has an id")),
    };
    let id = activity_id(digest);
    let links = Links {
        lead_id: Some(lead_id.clone()),
        ..Links::default()
    };
    let (kept, left) =
        attachments(app, message, &about("lead", &lead_id, &links, &id, owner.clone())).await?;
    let mut ops = vec![lead, activity(message, &id, &links, owner, app.store.now().0)];
    ops.extend(kept);
    let outcome = Outcome {
        word: "lead",
        note: format!("a new lead{left}"),
        activity_id: Some(id),
    };
    put(app, message, ops, outcome).await
}
