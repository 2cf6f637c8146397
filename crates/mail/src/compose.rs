//! Writing a message, once: what is sent again is the same bytes with the same id.

use std::time::SystemTime;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as File, Mailbox, MultiPart, SinglePart};

use crate::clean::{body_text, file_name, header_text};
use crate::{Address, Attachment, Error};

/// Longest text sent, in characters.
const LONGEST_TEXT: usize = 500_000;
/// Most recipients of one message.
const MOST_RECIPIENTS: usize = 50;

/// A message to be written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Without angle brackets; see [`crate::Seal::message_id`].
    pub id: String,
    /// Ids it answers, the nearest first.
    pub answers: Vec<String>,
    /// Who writes.
    pub from: Address,
    /// To whom.
    pub to: Vec<Address>,
    /// Who reads along.
    pub cc: Vec<Address>,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
    /// The date in its head.
    pub at: SystemTime,
    /// No person wrote it: other programs do not answer it then (RFC 3834).
    pub automatic: bool,
    /// Where a recipient gets off the list, as `https:`, `http:` or `mailto:` addresses, the preferred first (RFC 2369);
    /// empty for a message to one person. With an `https:` address one press is enough (RFC 8058).
    pub unsubscribe: Vec<String>,
}

/// A message as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// Head and body.
    pub bytes: Vec<u8>,
}

fn mailbox(address: &Address) -> Result<Mailbox, Error> {
    let parsed = address
        .address
        .parse()
        .map_err(|_| Error::Address(address.address.clone()))?;
    let name = header_text(&address.name, 200);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), parsed))
}

/// An address in angle brackets; `None` for what would not be read as one.
fn web_or_mail(way: &str) -> Option<String> {
    let known = ["https:", "http:", "mailto:"]
        .iter()
        .any(|scheme| way.starts_with(scheme));
    let plain = way.chars().all(|c| c.is_ascii_graphic() && !"<>,\"".contains(c));
    (known && plain && way.len() <= 800).then(|| format!("<{way}>"))
}

/// Writes a message. Line breaks in subject and names become blanks, so nobody adds a header through them.
///
/// # Errors
/// [`Error::Address`] names what is no address; [`Error::Compose`].
pub fn compose(draft: &Draft) -> Result<Composed, Error> {
    if draft.to.is_empty() || draft.to.len() + draft.cc.len() > MOST_RECIPIENTS {
        return Err(Error::Compose(format!(
            "it goes to {} people; a message has 1 to {MOST_RECIPIENTS}",
            draft.to.len() + draft.cc.len()
        )));
    }
    let unwritable = |e: &dyn std::fmt::Display| Error::Compose(e.to_string());
    let bracketed = |id: &str| format!("<{}>", header_text(id, 500).replace(['<', '>', ' '], ""));
    let mut builder = lettre::Message::builder()
        .message_id(Some(bracketed(&draft.id)))
        .from(mailbox(&draft.from)?)
        .subject(header_text(&draft.subject, 500))
        .date(draft.at);
    for to in &draft.to {
        builder = builder.to(mailbox(to)?);
    }
    for cc in &draft.cc {
        builder = builder.cc(mailbox(cc)?);
    }
    if let Some(nearest) = draft.answers.first() {
        builder = builder.in_reply_to(bracketed(nearest));
        let oldest_first: Vec<String> = draft.answers.iter().rev().map(|id| bracketed(id)).collect();
        builder = builder.references(oldest_first.join(" "));
    }
    if draft.automatic {
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        builder = builder.raw_header(HeaderValue::new(name, "auto-generated".into()));
    }
    let ways: Vec<String> = draft
        .unsubscribe
        .iter()
        .filter_map(|way| web_or_mail(way))
        .collect();
    if !ways.is_empty() {
        let name = HeaderName::new_from_ascii_str("List-Unsubscribe");
        builder = builder.raw_header(HeaderValue::new(name, ways.join(", ")));
    }
    if ways.iter().any(|way| way.starts_with("<https:")) {
        let name = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");
        builder = builder.raw_header(HeaderValue::new(name, "List-Unsubscribe=One-Click".into()));
    }
    let text = SinglePart::plain(body_text(&draft.text, LONGEST_TEXT));
    let message = if draft.attachments.is_empty() {
        builder.singlepart(text)
    } else {
        let mut parts = MultiPart::mixed().singlepart(text);
        for file in &draft.attachments {
            let kind = ContentType::parse(&file.media_type)
                .or_else(|_| ContentType::parse("application/octet-stream"))
                .map_err(|e| unwritable(&e))?;
            parts = parts.singlepart(File::new(file_name(&file.name)).body(file.bytes.clone(), kind));
        }
        builder.multipart(parts)
    }
    .map_err(|e| unwritable(&e))?;
    let envelope = message.envelope();
    Ok(Composed {
        from: envelope.from().map(ToString::to_string).unwrap_or_default(),
        to: envelope.to().iter().map(ToString::to_string).collect(),
        bytes: message.formatted(),
    })
}
