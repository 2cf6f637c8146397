//! Mail of ours came back: the message says so, and so does everybody who has that address.

use mail::Bounce;
use records::{At, Author, Filter, Op, Query, Viewer, fields};

use super::belongs::same_mail;
use crate::App;
use crate::problem::Problem;

/// Records marked of one address and type.
const MOST: u32 = 100;

/// Marks message and addresses; gives the message's activity and what to say. Only a notification that carries the id
/// we signed, about somebody we wrote to in it, is believed: anybody can write that an address is dead.
pub(super) async fn mark(app: &App, bounce: &Bounce) -> Result<(Option<String>, String), Problem> {
    let seal = app.doors.seal(app).await?;
    let activity = bounce.message_id.as_deref().and_then(|id| seal.record_of(id));
    let activity = match activity {
        Some(id) => {
            app.store
                .get(&Viewer::system(), "activity", id, At::PRESENT)
                .await?
        }
        None => None,
    };
    let Some(activity) = activity else {
        return Ok((None, "it is about no message of ours".into()));
    };
    let to = activity.text("to_addresses").unwrap_or_default();
    let written: Vec<&str> = to.split(',').map(str::trim).collect();
    let failed: Vec<_> = bounce
        .failed
        .iter()
        .filter(|f| f.permanent && written.contains(&f.address.as_str()))
        .collect();
    let Some(one) = failed.first() else {
        return Ok((Some(activity.id), "it may still arrive".into()));
    };
    let why = |f: &mail::FailedRecipient| {
        let words = if f.reason.is_empty() { &f.status } else { &f.reason };
        mail::header_text(words, 290)
    };
    let mut ops = vec![Op::update(
        "activity",
        activity.id.as_str(),
        fields([
            ("mail_state", "bounced".into()),
            ("mail_note", format!("{}: {}", one.address, why(one)).into()),
        ]),
    )];
    let now = app.store.now().0;
    for type_name in ["contact", "account", "lead"] {
        for failed in &failed {
            let unmarked = same_mail(&failed.address).and(Filter::IsNull {
                field: "email_bounced_at".into(),
            });
            let query = Query::of(type_name)
                .filter(unmarked)
                .sort("id", false)
                .limit(MOST);
            for record in app.store.list(&Viewer::system(), &query).await?.records {
                let patch = fields([
                    ("email_bounced_at", now.into()),
                    ("email_bounce", why(failed).into()),
                ]);
                ops.push(Op::update(type_name, record.id, patch));
            }
        }
    }
    ops.extend(crate::campaigns::with_mail(app, &activity.id, "bounced").await?);
    let author = Author::system("mail", format!("Mail to {} came back", one.address));
    app.store.write(&author, ops).await?;
    Ok((Some(activity.id), format!("{} was not reached", one.address)))
}
