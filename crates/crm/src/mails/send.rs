//! Working off the queue of outgoing mail: each message is handed over at most once.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use mail::{Composed, Sent};
use records::{At, Author, Op, Viewer, fields};

use super::store::{self, Outgoing};
use crate::App;
use crate::campaigns;
use crate::channels::back_off;
use crate::problem::Problem;

/// The queue is looked at this often, and at once when something was laid in.
const EVERY: Duration = Duration::from_secs(5);
/// A worker that says nothing for so long is dead; longer than the longest hand-over.
const LEASE: i64 = 900_000;
/// Minutes between attempts; after the last the message is given up.
const WAITS: [i64; 8] = [1, 5, 15, 60, 240, 480, 960, 1440];
const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;

/// Sends until the task is dropped.
pub(crate) async fn follow(app: Arc<App>) {
    let worker = records::new_id();
    loop {
        if let Err(error) = work_off(&app, &worker).await {
            tracing::error!(%error, "the queue of mail could not be worked off; trying again");
        }
        let nap = tokio::time::sleep(EVERY);
        tokio::select! { () = app.doors.mail.notified() => {}, () = nap => {} }
    }
}

/// Sends everything that is due; gives how many messages were handled.
pub(super) async fn work_off(app: &App, worker: &str) -> Result<usize, Problem> {
    let db = app.store.db();
    store::settle_written(db, app.store.now().0 - MINUTE).await?;
    store::settle_lost(db, app.store.now()).await?;
    for (activity, state, note) in store::untold(db, app.store.now().0 - DAY).await? {
        tell(app, &activity, &state, &note).await?;
    }
    if app.settings.channels.smtp.is_none() {
        return Ok(0);
    }
    let mut count = 0;
    while let Some(mail) = store::claim(db, worker, app.store.now(), LEASE).await? {
        hand_over(app, &mail).await?;
        count += 1;
    }
    Ok(count)
}

async fn hand_over(app: &App, mail: &Outgoing) -> Result<(), Problem> {
    let db = app.store.db();
    let Some(server) = &app.settings.channels.smtp else {
        return Ok(());
    };
    let stopped = match &mail.campaign_id {
        Some(campaign) => campaigns::may_go(app, campaign, &mail.activity_id).await?,
        None => None,
    };
    if let Some(why) = stopped {
        store::settle(db, &mail.id, "failed", &why, None, app.store.now()).await?;
        return tell(app, &mail.activity_id, "failed", &why).await;
    }
    let sent = match base64::engine::general_purpose::STANDARD.decode(&mail.message_base64) {
        Ok(bytes) => {
            let composed = Composed {
                from: mail.sender.clone(),
                to: mail.recipients.lines().map(str::to_owned).collect(),
                bytes,
            };
            let hello = mail
                .sender
                .rsplit_once('@')
                .map_or("localhost", |(_, domain)| domain);
            mail::send(server, hello, &composed).await
        }
        Err(error) => Sent::Never(format!("the message in the queue cannot be read: {error}")),
    };
    let now = app.store.now();
    let (state, note, next) = match sent {
        Sent::Accepted(words) => ("sent", words, None),
        Sent::Never(words) => ("failed", words, None),
        Sent::Unclear(words) => ("unclear", words, None),
        Sent::Later(words) => match back_off(&WAITS, mail.attempts) {
            Some(minutes) => ("waiting", words, Some(now.0 + minutes * MINUTE)),
            None => (
                "failed",
                format!("given up after {} attempts: {words}", mail.attempts),
                None,
            ),
        },
    };
    tracing::info!(mail = mail.id, state, attempt = mail.attempts, "mail handed over");
    store::settle(db, &mail.id, state, &note, next, now).await?;
    if next.is_none() {
        tell(app, &mail.activity_id, state, &note).await?;
    }
    Ok(())
}

/// The activity says what became of its message.
async fn tell(app: &App, activity: &str, state: &str, note: &str) -> Result<(), Problem> {
    let found = app
        .store
        .get(&Viewer::system(), "activity", activity, At::PRESENT)
        .await?;
    // Somebody deleted the activity meanwhile: the message went all the same.
    let Some(found) = found.filter(|a| a.text("mail_state") == Some("queued")) else {
        return Ok(());
    };
    let author = Author::system("mail", format!("Mail {state}")).caused_by(found.change_set);
    let patch = fields([
        ("mail_state", state.into()),
        ("mail_note", mail::header_text(note, 500).into()),
    ]);
    let mut ops = vec![Op::update("activity", activity, patch)];
    ops.extend(campaigns::with_mail(app, activity, state).await?);
    app.store.write(&author, ops).await?;
    Ok(())
}
