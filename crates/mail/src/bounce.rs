//! Mail of ours that did not arrive: delivery status notifications (RFC 3464).

use mail_parser::{Message as Parsed, MessageParser, MimeHeaders as _, PartType};

use crate::clean::header_text;
use crate::message::message_id;

/// Recipients read of one notification.
const MOST: usize = 100;

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The id of the message that did not arrive, without angle brackets, where the notification quotes its head.
    pub message_id: Option<String>,
    /// To whom it did not arrive.
    pub failed: Vec<FailedRecipient>,
}

/// Somebody who was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRecipient {
    /// In lower case.
    pub address: String,
    /// Enhanced status (RFC 3463), `5.1.1`.
    pub status: String,
    /// Trying again does not help.
    pub permanent: bool,
    /// The server's words.
    pub reason: String,
}

/// The notification in a message; `None` when it is none.
pub(crate) fn read(parsed: &Parsed<'_>) -> Option<Bounce> {
    let kind = parsed.content_type()?;
    let is_report = kind.ctype().eq_ignore_ascii_case("multipart")
        && kind.subtype().is_some_and(|s| s.eq_ignore_ascii_case("report"))
        && kind
            .attribute("report-type")
            .is_some_and(|t| t.eq_ignore_ascii_case("delivery-status"));
    if !is_report {
        return None;
    }
    let mut failed = Vec::new();
    let mut original = None;
    for part in &parsed.parts {
        let Some(kind) = part.content_type() else {
            continue;
        };
        let name = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase();
        match (name.as_str(), &part.body) {
            ("message/delivery-status" | "message/global-delivery-status", PartType::Message(inner)) => {
                recipients(&String::from_utf8_lossy(inner.raw_message()), &mut failed);
            }
            ("message/delivery-status" | "message/global-delivery-status", PartType::Text(text)) => {
                recipients(text, &mut failed);
            }
            ("message/delivery-status" | "message/global-delivery-status", PartType::Binary(bytes)) => {
                recipients(&String::from_utf8_lossy(bytes), &mut failed);
            }
            (_, PartType::Message(inner)) => original = original.or(inner.message_id().and_then(message_id)),
            ("text/rfc822-headers", PartType::Text(text)) => {
                let head = MessageParser::default().parse_headers(text.as_bytes());
                original = original.or(head.and_then(|h| h.message_id().and_then(message_id)));
            }
            _ => {}
        }
    }
    Some(Bounce {
        message_id: original,
        failed,
    })
}

/// The groups of fields of a delivery status, one a recipient after the first, which is about the message.
fn recipients(text: &str, failed: &mut Vec<FailedRecipient>) {
    let text = text.replace("\r\n", "\n");
    for group in text.split("\n\n").take(MOST) {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in group.lines() {
            match (line.starts_with([' ', '\t']), fields.last_mut()) {
                (true, Some((_, value))) => {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                _ => {
                    if let Some((name, value)) = line.split_once(':') {
                        fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                    }
                }
            }
        }
        let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        // `rfc822; eva@x.example`: the kind of address stands before.
        let value = |name: &str| field(name).map(|v| v.split_once(';').map_or(v, |(_, v)| v).trim());
        let Some(address) = value("original-recipient").or_else(|| value("final-recipient")) else {
            continue;
        };
        let action = field("action").unwrap_or_default().to_ascii_lowercase();
        if !["failed", "delayed"].contains(&action.as_str()) {
            continue;
        }
        let status = header_text(field("status").unwrap_or_default(), 20);
        failed.push(FailedRecipient {
            address: header_text(address.trim_matches(['<', '>']), 254).to_lowercase(),
            permanent: action == "failed" && !status.starts_with('4'),
            reason: header_text(value("diagnostic-code").unwrap_or_default(), 300),
            status,
        });
    }
}
