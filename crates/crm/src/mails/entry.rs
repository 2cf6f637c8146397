//! A message as it stands on record: an activity, and the files that came with it.

use std::sync::Arc;

use mail::{Message, Nature};
use records::{At, Op, Viewer, fields};

use super::belongs::Links;
use crate::App;
use crate::files::{self, About};
use crate::problem::Problem;

pub(super) fn subject(message: &Message) -> String {
    if message.subject.is_empty() {
        "(no subject)".into()
    } else {
        message.subject.clone()
    }
}

/// An activity has its id from the message, so that a message taken over is not put on record twice.
pub(super) fn activity_id(digest: &str) -> String {
    format!("mail-{}", &digest[..40])
}

pub(super) async fn owner_of(app: &App, links: &Links) -> Result<Option<String>, Problem> {
    if let Some(owner) = links.case.as_ref().and_then(|c| c.text("owner_id")) {
        return Ok(Some(owner.to_owned()));
    }
    for (type_name, id) in [("lead", &links.lead_id), ("account", &links.account_id)] {
        if let Some(id) = id
            && let Some(record) = app
                .store
                .get(&Viewer::system(), type_name, id, At::PRESENT)
                .await?
        {
            return Ok(record.text("owner_id").map(str::to_owned));
        }
    }
    Ok(None)
}

pub(super) fn activity(message: &Message, id: &str, links: &Links, owner: Option<String>, now: i64) -> Op {
    let to: Vec<&str> = message.to.iter().map(|a| a.address.as_str()).collect();
    let automatic = message.nature != Nature::Personal;
    // A message does not come from the future, whatever its clock says.
    let happened = message
        .written_at
        .filter(|at| (0..=now).contains(at))
        .unwrap_or(now);
    Op::Create {
        type_name: "activity".into(),
        id: Some(id.to_owned()),
        fields: fields([
            ("kind", "email".into()),
            ("subject", subject(message).into()),
            ("body", message.own_text.as_str().into()),
            ("direction", "in".into()),
            ("status", "done".into()),
            ("happened_at", happened.into()),
            ("account_id", links.account_id.clone().into()),
            ("contact_id", links.contact_id.clone().into()),
            ("opportunity_id", links.opportunity_id.clone().into()),
            ("case_id", links.case.as_ref().map(|c| c.id.clone()).into()),
            ("lead_id", links.lead_id.clone().into()),
            ("owner_id", owner.into()),
            ("message_id", message.id.clone().into()),
            ("from_address", message.from.address.as_str().into()),
            ("to_addresses", to.join(", ").into()),
            (
                "mail_state",
                if automatic { "automatic" } else { "received" }.into(),
            ),
        ]),
    }
}

/// The files that came with it, put away and ready for the record.
pub(super) async fn attachments(
    app: &App,
    message: &Message,
    about: &About,
) -> Result<(Vec<Op>, String), Problem> {
    let mut ops = Vec::new();
    if message.attachments.is_empty() {
        return Ok((ops, String::new()));
    }
    if app.settings.channels.files.is_none() {
        let note = format!(
            "; {} files were not kept: there is no folder for files",
            message.attachments.len()
        );
        return Ok((ops, note));
    }
    let mut left_out = 0;
    for file in &message.attachments {
        if file.bytes.len() > files::LARGEST || ops.len() >= 100 {
            left_out += 1;
            continue;
        }
        let bytes = Arc::new(file.bytes.clone());
        ops.push(files::kept(app, &file.name, &file.media_type, bytes, about).await?);
    }
    let note = if left_out > 0 {
        format!("; {left_out} files were too large or too many")
    } else {
        String::new()
    };
    Ok((ops, note))
}

pub(super) fn about(
    type_name: &str,
    id: &str,
    links: &Links,
    activity: &str,
    owner: Option<String>,
) -> About {
    About {
        type_name: type_name.to_owned(),
        id: id.to_owned(),
        account_id: links.account_id.clone(),
        activity_id: Some(activity.to_owned()),
        owner_id: owner,
    }
}
