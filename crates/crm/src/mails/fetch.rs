//! Fetching mail: from a mailbox over IMAP and from a folder of `.eml` files.

use std::sync::Arc;
use std::time::Duration;

use mail::{Folder, MOST_BYTES, Mailbox};

use super::{incoming, store};
use crate::App;
use crate::problem::Problem;

/// How often the mailbox and the folder are looked at.
const EVERY: Duration = Duration::from_secs(20);

/// Fetches until the task is dropped; does nothing where nothing is set.
pub(crate) async fn follow(app: Arc<App>) {
    let channels = &app.settings.channels;
    if channels.imap.is_none() && channels.mail_folder.is_none() {
        return;
    }
    loop {
        if let Err(error) = from_mailbox(&app).await {
            tracing::error!(%error, "the mailbox could not be read; trying again");
        }
        if let Err(error) = from_folder(&app).await {
            tracing::error!(%error, "the folder of mail could not be read; trying again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn unread(error: mail::Error) -> Problem {
    Problem::conflict("mail-unread", error.to_string())
}

/// Takes what is new in the mailbox; gives how many messages. The position moves on message by message.
pub(super) async fn from_mailbox(app: &Arc<App>) -> Result<usize, Problem> {
    let Some((server, folder)) = &app.settings.channels.imap else {
        return Ok(0);
    };
    let db = app.store.db();
    let user = server.user.as_ref().map_or("", |(user, _)| user.as_str());
    let name = format!("{user}@{}/{folder}", server.address());
    let mut mailbox = Mailbox::open(server, folder).await.map_err(unread)?;
    let validity = i64::from(mailbox.uid_validity());
    // A mailbox made anew counts from the beginning; what was taken from the old one is known by its digest.
    let known = store::position(db, &name).await?.filter(|(v, _)| *v == validity);
    let mut last = known.and_then(|(_, uid)| u32::try_from(uid).ok()).unwrap_or(0);
    let mut count = 0;
    loop {
        let waiting = mailbox.after(last).await.map_err(unread)?;
        if waiting.is_empty() {
            break;
        }
        for message in waiting {
            if message.bytes as usize > MOST_BYTES {
                tracing::warn!(
                    uid = message.uid,
                    bytes = message.bytes,
                    "a message is too large and stays in the mailbox"
                );
            } else if let Some(bytes) = mailbox.message(message.uid).await.map_err(unread)? {
                incoming::take(app, Arc::new(bytes), "imap").await?;
                count += 1;
            }
            last = message.uid;
            store::set_position(db, &name, validity, i64::from(last)).await?;
        }
    }
    mailbox.close().await;
    Ok(count)
}

/// Takes what lies in the folder; gives how many messages.
pub(super) async fn from_folder(app: &Arc<App>) -> Result<usize, Problem> {
    let Some(path) = app.settings.channels.mail_folder.clone() else {
        return Ok(0);
    };
    let opened = tokio::task::spawn_blocking(move || {
        let folder = Folder::open(path)?;
        let waiting = folder.waiting()?;
        Ok::<_, mail::Error>((folder, waiting))
    });
    let (folder, waiting) = opened.await.map_err(Problem::unexpected)?.map_err(unread)?;
    let count = waiting.len();
    for message in waiting {
        let read = {
            let (folder, message) = (folder.clone(), message.clone());
            tokio::task::spawn_blocking(move || folder.read(&message))
        };
        let outcome = match read.await.map_err(Problem::unexpected)?.map_err(unread)? {
            Some(bytes) => incoming::take(app, Arc::new(bytes), "folder").await?,
            None => incoming::Outcome {
                word: "refused",
                note: format!("it has more than {MOST_BYTES} bytes"),
                activity_id: None,
            },
        };
        let (folder, refused) = (folder.clone(), outcome.word == "refused");
        let put = tokio::task::spawn_blocking(move || {
            if refused {
                folder.refuse(&message, &outcome.note)
            } else {
                folder.done(&message)
            }
        });
        put.await.map_err(Problem::unexpected)?.map_err(unread)?;
    }
    Ok(count)
}
