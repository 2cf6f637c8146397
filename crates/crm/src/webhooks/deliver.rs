//! Sending what waits: signed, tried again with growing pauses, given up after a day and a half.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use records::{At, Viewer};
use serde_json::Value;
use sha2::Sha256;

use super::client::{Limits, Target, post};
use super::store::{self, Attempted, Delivery};
use crate::App;
use crate::channels::back_off;
use crate::problem::Problem;
use crate::sessions;

/// The queue is looked at this often, and at once when something was laid in.
const EVERY: Duration = Duration::from_secs(5);
/// A worker that says nothing for so long is dead.
const LEASE: i64 = 60_000;
/// Seconds between attempts; after the last the message is dead, until somebody replays it.
const WAITS: [i64; 8] = [10, 60, 300, 1_800, 7_200, 21_600, 43_200, 43_200];
/// Messages under way at the same time, so that one slow receiver does not hold up the others.
const AT_ONCE: usize = 8;
/// What was settled is kept for so long, to be looked at and replayed.
const KEPT: i64 = 30 * 86_400_000;
/// The prefix of a key, by which people and scanners know it for a secret.
pub(super) const KEY_PREFIX: &str = "whsec_";

/// Delivers until the task is dropped.
pub(crate) async fn follow(app: Arc<App>) {
    let worker = records::new_id();
    let mut swept = None;
    loop {
        if let Err(error) = work_off(&app, &worker).await {
            tracing::error!(%error, "webhooks could not be served; trying again");
        }
        if swept.is_none_or(|at: Instant| at.elapsed() > Duration::from_secs(3_600)) {
            swept = Some(Instant::now());
            if let Err(error) = store::sweep(app.store.db(), app.store.now().0 - KEPT).await {
                tracing::error!(%error, "old deliveries could not be swept");
            }
        }
        let nap = tokio::time::sleep(EVERY);
        tokio::select! { () = app.doors.webhooks.notified() => {}, () = nap => {} }
    }
}

/// Sends everything that is due; gives how many messages were handled.
pub(super) async fn work_off(app: &App, worker: &str) -> Result<usize, Problem> {
    let mut count = 0;
    loop {
        let mut due = Vec::new();
        while due.len() < AT_ONCE {
            match store::claim(app.store.db(), worker, app.store.now(), LEASE).await? {
                Some(delivery) => due.push(delivery),
                None => break,
            }
        }
        if due.is_empty() {
            return Ok(count);
        }
        count += due.len();
        let mut under_way = Vec::new();
        for delivery in &due {
            under_way.push(send(app, delivery));
        }
        let sent = futures::future::join_all(under_way).await;
        sent.into_iter().collect::<Result<Vec<()>, Problem>>()?;
    }
}

/// What became of one attempt: status and words, and whether trying again can help.
struct Answer {
    status: Option<i64>,
    note: String,
    taken: bool,
    hopeless: bool,
}

impl Answer {
    fn never(note: impl Into<String>) -> Self {
        Self {
            status: None,
            note: note.into(),
            taken: false,
            hopeless: true,
        }
    }
}

async fn send(app: &App, delivery: &Delivery) -> Result<(), Problem> {
    let begun = Instant::now();
    let answer = attempt(app, delivery).await?;
    let now = app.store.now();
    let pause = back_off(&WAITS, delivery.attempts).filter(|_| !answer.hopeless);
    let (state, next_at) = match (answer.taken, pause) {
        (true, _) => ("delivered", None),
        (false, Some(seconds)) => ("waiting", Some(now.0 + seconds * 1_000)),
        (false, None) => ("dead", None),
    };
    let tried = Attempted {
        state,
        next_at,
        status: answer.status,
        note: &answer.note,
        milliseconds: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
    };
    store::attempted(app.store.db(), &delivery.id, &tried, now).await
}

async fn attempt(app: &App, delivery: &Delivery) -> Result<Answer, Problem> {
    let system = Viewer::system();
    let webhook = app
        .store
        .get(&system, "webhook", &delivery.webhook_id, At::PRESENT)
        .await?;
    let key = store::key(app.store.db(), &delivery.webhook_id).await?;
    let (Some(webhook), Some((secret, _))) = (webhook, key) else {
        return Ok(Answer::never("the webhook is gone"));
    };
    // Rights as they are now: what was theirs when the message was written need not be any more.
    let user = sessions::load(app, webhook.text("user_id").unwrap_or_default()).await?;
    let Some(user) = user else {
        return Ok(Answer::never(
            "the person whose rights it has may not sign in any more",
        ));
    };
    let body: Value = serde_json::from_str(&delivery.body).unwrap_or_default();
    let data = |name: &str| body["data"][name].as_str().unwrap_or_default().to_owned();
    if delivery.event_type != super::http::TEST {
        // What was deleted is theirs to know if its last state would be.
        let at = match body["data"]["at"].as_i64() {
            Some(at) if data("operation") == "delete" => At::as_of(geom::Timestamp(at - 1)),
            _ => At::PRESENT,
        };
        let seen = app.store.get(&user.viewer, &data("type"), &data("id"), at).await;
        if !matches!(seen, Ok(Some(_))) {
            return Ok(Answer::never("the record is gone, or not theirs to see any more"));
        }
    }
    let target = match Target::parse(webhook.text("url").unwrap_or_default()) {
        Ok(target) => target,
        Err(why) => return Ok(Answer::never(why)),
    };
    let timestamp = app.store.now().0 / 1_000;
    let Some(signature) = signature(&secret, &delivery.event_id, timestamp, &delivery.body) else {
        return Ok(Answer::never("its key cannot be read; make a new one"));
    };
    let headers = [
        (
            "content-type",
            "application/cloudevents+json; charset=utf-8".to_owned(),
        ),
        (
            "user-agent",
            concat!("Bailiwick/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("webhook-id", delivery.event_id.clone()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signature),
    ];
    let channels = &app.settings.channels;
    let limits = Limits {
        private: &channels.private_webhooks,
        authority: channels.authority.as_deref(),
    };
    Ok(
        match post(&target, &limits, &headers, delivery.body.clone()).await {
            Ok(status) => Answer {
                status: Some(i64::from(status.as_u16())),
                note: status.canonical_reason().unwrap_or_default().to_owned(),
                taken: status.is_success(),
                // 410 says that nobody will ever be there again.
                hopeless: status.as_u16() == 410,
            },
            Err(why) => Answer {
                status: None,
                note: mail::header_text(&why, 500),
                taken: false,
                hopeless: false,
            },
        },
    )
}

/// The signature of a message as *Standard Webhooks* has it: HMAC-SHA256 of `id.timestamp.body`, in base64, behind `v1,`.
pub(super) fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let base64 = base64::engine::general_purpose::STANDARD;
    let key = base64.decode(secret.strip_prefix(KEY_PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", base64.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The example of the specification of Standard Webhooks 1.0.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let body = "{\"test\": 2432232314}";
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            body,
        );
        assert_eq!(
            signed.as_deref(),
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
        assert_eq!(signature("no key", "a", 1, body), None);
    }
}
