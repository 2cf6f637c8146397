//! Mail of a campaign: the same queue, one message for each person.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use mail::{Address, Draft};

use super::store::{self, Outgoing};
use crate::App;
use crate::problem::Problem;

/// A message of a campaign to one person.
#[derive(Clone, Debug)]
pub(crate) struct Bulk {
    pub campaign_id: String,
    /// The activity it will be on record as.
    pub activity_id: String,
    /// Signed by us, and the same each time it is written.
    pub message_id: String,
    pub from: Address,
    pub to: Address,
    pub subject: String,
    pub text: String,
    /// Where whoever reads it gets off the list.
    pub unsubscribe: Vec<String>,
}

/// What came of laying a message into the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Laid {
    /// It lies there under this id, and goes nowhere before [`let_go`].
    New(String),
    /// One of this id was there: waiting, sending, sent, unclear, failed.
    Before(String),
    /// Its address is none that a message can be written to.
    Refused,
}

/// Lays a message into the queue, once: of one id there is one message, whoever lays it in and however often.
pub(crate) async fn lay_in(app: &App, bulk: &Bulk) -> Result<Laid, Problem> {
    let now = app.store.now();
    let draft = Draft {
        id: bulk.message_id.clone(),
        answers: Vec::new(),
        from: bulk.from.clone(),
        to: vec![bulk.to.clone()],
        cc: Vec::new(),
        subject: bulk.subject.clone(),
        text: bulk.text.clone(),
        attachments: Vec::new(),
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or(0)),
        automatic: false,
        unsubscribe: bulk.unsubscribe.clone(),
    };
    let composed = match mail::compose(&draft) {
        Ok(composed) => composed,
        Err(mail::Error::Address(_)) => return Ok(Laid::Refused),
        Err(error) => return Err(Problem::unexpected(error)),
    };
    let queued = Outgoing {
        id: records::new_id(),
        activity_id: bulk.activity_id.clone(),
        sender: composed.from,
        recipients: bulk.to.address.clone(),
        message_base64: base64::engine::general_purpose::STANDARD.encode(&composed.bytes),
        attempts: 0,
        campaign_id: Some(bulk.campaign_id.clone()),
    };
    Ok(
        match store::enqueue_once(app.store.db(), &queued, &bulk.message_id, now).await? {
            Ok(id) => Laid::New(id),
            Err(state) => Laid::Before(state),
        },
    )
}

/// Lets a message go that is on record now.
pub(crate) async fn let_go(app: &App, id: &str) -> Result<(), Problem> {
    store::release(app.store.db(), id).await?;
    app.doors.mail.notify_one();
    Ok(())
}

/// Takes a message out that could not be put on record.
pub(crate) async fn take_back(app: &App, id: &str) -> Result<(), Problem> {
    store::withdraw(app.store.db(), id).await
}
