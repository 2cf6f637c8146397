//! A campaign by e-mail: each person once, as fast as was said, and nobody who may not be written to.
//!
//! A mailing is a row that a worker takes up, lays some messages into the queue of outgoing mail, and puts down again, so
//! that a program that is killed goes on where it stopped. What makes each person once is not the row but the message's
//! id: it is made of the member's, and the queue takes an id one time only.

mod http;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod writing;

use std::sync::Arc;
use std::time::Duration;

use records::{At, Author, Filter, Op, Query, Record, Viewer, fields};
use serde_json::Value;

use self::writing::Writing;
use super::lists::people;
use super::responses::{Kind, answer, said_before};
use super::setup::purpose_of;
use crate::App;
use crate::consent::{Channel, Person, decide, of_address};
use crate::problem::Problem;

pub(super) use http::router;
pub(super) use store::{end, laid_in, take_out};
pub(super) use text::{Own, WORDS, filled, unknown};

/// How often mailings are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// A worker that says nothing for so long is dead; a batch takes seconds.
const LEASE: i64 = 120_000;
const MINUTE: i64 = 60_000;
/// Most messages laid in at once.
const BATCH: i64 = 50;
/// No more are laid in while so many of the campaign wait: what is stopped has not gone out then.
const WAITING: i64 = 100;

/// Works off mailings until the task is dropped.
pub(crate) async fn follow(app: Arc<App>) {
    let worker = records::new_id();
    loop {
        if let Err(error) = work_off(&app, &worker).await {
            tracing::error!(%error, "mails of a campaign could not be laid into the queue; trying again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Lays in what is due; gives how many messages.
pub(super) async fn work_off(app: &App, worker: &str) -> Result<usize, Problem> {
    if app.settings.channels.smtp.is_none() {
        return Ok(0);
    }
    let db = app.store.db();
    let mut count = 0;
    while let Some(mailing) = store::claim(db, worker, app.store.now(), LEASE).await? {
        match batch(app, &mailing).await {
            Ok((laid, wait)) => {
                count += laid;
                store::rest(db, &mailing.id, app.store.now().0 + wait, "").await?;
            }
            Err(problem) => {
                let next = app.store.now().0 + MINUTE;
                store::rest(
                    db,
                    &mailing.id,
                    next,
                    &mail::header_text(&problem.to_string(), 300),
                )
                .await?;
                return Err(problem);
            }
        }
    }
    Ok(count)
}

/// Treated members of the way who wait for their mail.
pub(super) fn to_be_written(campaign: &str) -> Filter {
    Filter::eq("campaign_id", campaign)
        .and(Filter::eq("channel", "email"))
        .and(Filter::eq("arm", "treated"))
        .and(Filter::eq("status", "planned"))
        .and(Filter::IsNull {
            field: "activity_id".into(),
        })
}

/// A few messages: how many were laid in, and how long to wait for the next ones, in milliseconds.
async fn batch(app: &App, mailing: &store::Mailing) -> Result<(usize, i64), Problem> {
    let db = app.store.db();
    let campaign = app
        .store
        .get(&Viewer::system(), "campaign", &mailing.id, At::PRESENT)
        .await?;
    let Some(campaign) = campaign.filter(|c| c.text("status") == Some("running")) else {
        store::end(db, &mailing.id, "stopped", app.store.now()).await?;
        return Ok((0, 0));
    };
    let waiting = store::waiting(db, &campaign.id).await?;
    if waiting >= WAITING {
        return Ok((0, 5_000));
    }
    let size = (mailing.per_minute / 12).clamp(1, BATCH);
    let query = Query::of("campaign_member")
        .filter(to_be_written(&campaign.id))
        .sort("id", false)
        .limit(u32::try_from(size).unwrap_or(1));
    let members = app.store.list(&Viewer::system(), &query).await?.records;
    if members.is_empty() {
        if waiting == 0 {
            store::end(db, &campaign.id, "done", app.store.now()).await?;
        }
        return Ok((0, 5_000));
    }
    let label = format!("E-mails of {}", campaign.text("name").unwrap_or_default());
    let author = Author::new(Viewer::system_for(mailing.user_id.clone()), "campaign", label);
    let set = app.store.change_set(&author).await?;
    let mut writing = Writing::load(app, mailing, &campaign, &members).await?;
    let mut laid = 0;
    for member in &members {
        laid += usize::from(writing.one(&set, member).await?);
    }
    set.close().await?;
    let read = i64::try_from(members.len()).unwrap_or(BATCH);
    Ok((laid, MINUTE * read / mailing.per_minute.max(1)))
}

/// A person's own words for the text of a mail or a letter.
pub(super) fn own_words(
    person: &Person,
    record: Option<&Record>,
    member: &Record,
    base: &str,
    path: &str,
) -> Own {
    let of = |name: &str| {
        record
            .and_then(|r| r.text(name))
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    Own {
        name: person.name.trim().to_owned(),
        given_name: of("given_name"),
        family_name: of("family_name"),
        firm: person.firm.trim().to_owned(),
        town: member.text("city").unwrap_or_default().to_owned(),
        offer: String::new(),
        code: member.text("code").unwrap_or_default().to_owned(),
        link: format!("{base}{path}"),
        stop: format!("{base}{path}/stop"),
    }
}

/// May this person be written to now? Asks for the person, and for everybody else on record with the same address: who
/// objected under one name has objected.
async fn refused(app: &App, campaign: &Record, person: &Person) -> Result<Option<&'static str>, Problem> {
    let (purpose, now) = (purpose_of(campaign), app.store.now());
    let verdict = decide(person, Channel::Email, purpose, now);
    if !verdict.allowed {
        return Ok(Some(verdict.code));
    }
    for other in of_address(app, person.email.as_deref().unwrap_or_default()).await? {
        let verdict = decide(&other, Channel::Email, purpose, now);
        if matches!(verdict.code, "do-not-contact" | "withdrawn" | "bounced") {
            return Ok(Some(verdict.code));
        }
    }
    Ok(None)
}

/// Asked once more before a message goes over the wire: why it must not, in words.
pub(crate) async fn may_go(app: &App, campaign: &str, activity: &str) -> Result<Option<String>, Problem> {
    let found = app
        .store
        .get(&Viewer::system(), "campaign", campaign, At::PRESENT)
        .await?;
    let Some(campaign) = found.filter(|c| c.text("status") == Some("running")) else {
        return Ok(Some("the campaign was stopped".into()));
    };
    let Some(member) = member_of(app, activity).await? else {
        return Ok(Some("it is nobody's mail any more".into()));
    };
    let known = people(app, std::slice::from_ref(&member)).await?;
    Ok(match known.get(&member.id) {
        None => Some("there is no such person any more".into()),
        Some(person) => refused(app, &campaign, person)
            .await?
            .map(|why| format!("it may not be sent any more: {why}")),
    })
}

/// Whom a mail was for.
async fn member_of(app: &App, activity: &str) -> Result<Option<Record>, Problem> {
    let mine = Filter::eq("activity_id", activity).and(Filter::eq("channel", "email"));
    let query = Query::of("campaign_member").filter(mine).limit(1);
    Ok(app.store.list(&Viewer::system(), &query).await?.records.pop())
}

/// What a member is after the queue said something of their mail; `None`: nothing new.
fn after_mail(status: Option<&str>, state: &str, now: i64) -> Option<serde_json::Map<String, Value>> {
    let open = matches!(status, Some("planned" | "stopped"));
    Some(match state {
        "sent" if open => fields([
            ("status", "sent".into()),
            ("sent_at", now.into()),
            ("held", Value::Null),
        ]),
        "sent" => fields([("sent_at", now.into())]),
        "failed" if status == Some("planned") => {
            fields([("status", "bounced".into()), ("held", "mail-failed".into())])
        }
        "unclear" if status == Some("planned") => {
            fields([("status", "stopped".into()), ("held", "mail-unclear".into())])
        }
        "bounced" if open || status == Some("sent") => {
            fields([("status", "bounced".into()), ("held", "bounced".into())])
        }
        _ => return None,
    })
}

/// What is to be written with a mail's activity when something is known of it: sent, failed, unclear, bounced.
pub(crate) async fn with_mail(app: &App, activity: &str, state: &str) -> Result<Option<Op>, Problem> {
    let member = member_of(app, activity).await?;
    Ok(member.and_then(|member| {
        let patch = after_mail(member.text("status"), state, app.store.now().0)?;
        Some(Op::update("campaign_member", member.id, patch))
    }))
}

/// A person answered a campaign's mail; the first answer counts.
pub(crate) async fn replied(app: &App, activity: &str) -> Result<(), Problem> {
    let Some(member) = member_of(app, activity).await? else {
        return Ok(());
    };
    if said_before(app, &member, Kind::Reply).await? {
        return Ok(());
    }
    let author = Author::system("mail", "Answer to a campaign");
    answer(app, &author, &member, Kind::Reply, serde_json::Map::new()).await?;
    Ok(())
}
