//! Reading a message: bounded first, then parsed, then made harmless.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Message as Parsed, MessageParser, MimeHeaders as _, PartType};

use crate::Refusal;
use crate::bounce::{self, Bounce};
use crate::clean::{body_text, file_name, header_text};
use crate::quote::own_words;

/// Largest message taken: a file of 30 MB is 41 MB in base64.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Largest head.
const MOST_HEAD: usize = 256 * 1024;
/// Most lines: 30 MB in base64 are 600,000.
const MOST_LINES: usize = 1_500_000;
/// Most parts. A message within a message is a part too, so this bounds how deep they lie.
const MOST_PARTS: usize = 400;
/// Longest text kept, in characters.
const LONGEST_TEXT: usize = 90_000;
/// Longest subject kept, in characters.
const LONGEST_SUBJECT: usize = 300;
/// Addresses and references kept of each.
const MOST_KEPT: usize = 50;

/// Somebody's address, `name` as they write it or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// May be empty.
    pub name: String,
    /// In lower case.
    pub address: String,
}

/// A file that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Harmless as a file name.
    pub name: String,
    /// As the sender calls it, `application/pdf`.
    pub media_type: String,
    /// Decoded.
    pub bytes: Vec<u8>,
}

/// Who wrote it, a person or a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A person, as far as one can tell.
    Personal,
    /// A program answered by itself: an absence, a receipt (RFC 3834).
    Automatic,
    /// To many at once: a newsletter, a list.
    Bulk,
    /// A mail of ours did not arrive.
    Bounce(Bounce),
}

/// A message as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its own id, without angle brackets.
    pub id: Option<String>,
    /// Ids it answers, the nearest first.
    pub answers: Vec<String>,
    /// Who wrote it.
    pub from: Address,
    /// Where answers go, when not to `from`.
    pub reply_to: Option<Address>,
    /// To whom: `To`, `Cc`, and the address it was delivered to.
    pub to: Vec<Address>,
    /// One line, may be empty.
    pub subject: String,
    /// When it says it was written, milliseconds since 1970.
    pub written_at: Option<i64>,
    /// As plain text, whole.
    pub text: String,
    /// What the writer wrote this time: `text` without the copy of what it answers.
    pub own_text: String,
    /// Files, in their order.
    pub attachments: Vec<Attachment>,
    /// A person or a program.
    pub nature: Nature,
}

/// Reads a message.
///
/// # Errors
/// [`Refusal`]; such a message can be kept, but not understood.
pub fn parse(bytes: &[u8]) -> Result<Message, Refusal> {
    check_size(bytes)?;
    // Whatever a stranger sends ends as a refusal, also what the parser's authors did not think of.
    catch_unwind(AssertUnwindSafe(|| read(bytes)))
        .unwrap_or(Err(Refusal::NotAMessage("its parts cannot be told apart")))
}

fn check_size(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > MOST_BYTES {
        return Err(Refusal::TooLarge {
            bytes: bytes.len(),
            most: MOST_BYTES,
        });
    }
    let too_many = |what, most| Err(Refusal::TooMany { what, most });
    let mut lines = 0;
    let mut parts = 0;
    let mut head = None;
    let mut at = 0;
    for line in bytes.split(|b| *b == b'\n') {
        lines += 1;
        if head.is_none() && (line.is_empty() || line == b"\r") {
            head = Some(at);
        }
        at += line.len() + 1;
        // Each part but the plainest names its type, and its name cannot be broken over two lines.
        if line.len() >= 13 && line[..13].eq_ignore_ascii_case(b"content-type:") {
            parts += 1;
        }
    }
    if lines > MOST_LINES {
        return too_many("lines", MOST_LINES);
    }
    if parts > MOST_PARTS {
        return too_many("parts", MOST_PARTS);
    }
    if head.unwrap_or(bytes.len()) > MOST_HEAD {
        return too_many("bytes in its head", MOST_HEAD);
    }
    Ok(())
}

fn address(found: &mail_parser::Addr<'_>) -> Option<Address> {
    let address = header_text(found.address()?, 254).to_lowercase();
    let plausible = address
        .split_once('@')
        .is_some_and(|(l, d)| !l.is_empty() && !d.is_empty());
    (plausible && !address.contains(' ')).then(|| Address {
        name: header_text(found.name().unwrap_or_default(), 200),
        address,
    })
}

fn addresses(list: Option<&mail_parser::Address<'_>>) -> Vec<Address> {
    list.map(|l| l.iter().take(MOST_KEPT).filter_map(address).collect())
        .unwrap_or_default()
}

/// The words of a header whose value is a list of ids or one of them.
fn ids(value: &mail_parser::HeaderValue<'_>) -> Vec<String> {
    let found: Vec<&str> = match (value.as_text_list(), value.as_text()) {
        (Some(list), _) => list.iter().map(AsRef::as_ref).collect(),
        (None, Some(one)) => vec![one],
        (None, None) => Vec::new(),
    };
    found.iter().filter_map(|id| message_id(id)).collect()
}

pub(crate) fn message_id(text: &str) -> Option<String> {
    let id = header_text(text, 500);
    let id = id.trim_matches(['<', '>', ' ']);
    (!id.is_empty()).then(|| id.to_owned())
}

fn read(bytes: &[u8]) -> Result<Message, Refusal> {
    let parsed = MessageParser::default()
        .parse(bytes)
        .ok_or(Refusal::NotAMessage("it has no head"))?;
    let mut from = addresses(parsed.from());
    if from.is_empty() {
        from = addresses(parsed.sender());
    }
    let bounce = bounce::read(&parsed);
    let from = match (from.into_iter().next(), &bounce) {
        (Some(from), _) => from,
        // Some servers name nobody as the sender of a bounce.
        (None, Some(_)) => Address::default(),
        (None, None) => return Err(Refusal::NotAMessage("nobody is named as its sender")),
    };
    let mut to = addresses(parsed.to());
    to.extend(addresses(parsed.cc()));
    for name in ["Delivered-To", "X-Original-To", "X-RcptTo"] {
        let delivered = parsed.header_raw(name).unwrap_or_default();
        for part in delivered.split(',').take(MOST_KEPT) {
            to.extend(address(&mail_parser::Addr::new(
                None,
                part.trim().trim_matches(['<', '>']),
            )));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    to.retain(|a| seen.insert(a.address.clone()));
    let mut answers = ids(parsed.in_reply_to());
    let mut references = ids(parsed.references());
    references.reverse();
    answers.extend(references);
    let mut seen = std::collections::BTreeSet::new();
    answers.retain(|id| seen.insert(id.clone()));
    answers.truncate(MOST_KEPT);
    let text = text_of(&parsed);
    let own_text = own_words(&text).to_owned();
    Ok(Message {
        id: parsed.message_id().and_then(message_id),
        answers,
        from,
        reply_to: addresses(parsed.reply_to()).into_iter().next(),
        to,
        subject: header_text(parsed.subject().unwrap_or_default(), LONGEST_SUBJECT),
        written_at: parsed.date().map(|d| d.to_timestamp().saturating_mul(1_000)),
        text,
        own_text,
        attachments: attachments(&parsed),
        nature: nature(&parsed, bounce),
    })
}

/// The first text that says something; HTML without its marks where there is no plain text.
fn text_of(parsed: &Parsed<'_>) -> String {
    for at in 0..parsed.text_body_count().min(5) {
        if let Some(text) = parsed.body_text(at) {
            let text = body_text(&text, LONGEST_TEXT);
            if !text.trim().is_empty() {
                return text.trim().to_owned();
            }
        }
    }
    String::new()
}

fn attachments(parsed: &Parsed<'_>) -> Vec<Attachment> {
    let mut found = Vec::new();
    for part in parsed.attachments() {
        let bytes = match &part.body {
            PartType::Text(text) | PartType::Html(text) => text.as_bytes(),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.as_ref(),
            PartType::Message(inner) => inner.raw_message(),
            PartType::Multipart(_) => continue,
        };
        if bytes.is_empty() {
            continue;
        }
        let media_type = part.content_type().map_or_else(
            || "application/octet-stream".to_owned(),
            |t| {
                let whole = format!("{}/{}", t.ctype(), t.subtype().unwrap_or("octet-stream"));
                header_text(&whole, 120).to_lowercase()
            },
        );
        let name = match part.attachment_name() {
            Some(name) => file_name(name),
            None if matches!(part.body, PartType::Message(_)) => "message.eml".into(),
            None => format!("file-{}", found.len() + 1),
        };
        found.push(Attachment {
            name,
            media_type,
            bytes: bytes.to_vec(),
        });
    }
    found
}

fn nature(parsed: &Parsed<'_>, bounce: Option<Bounce>) -> Nature {
    if let Some(bounce) = bounce {
        return Nature::Bounce(bounce);
    }
    let header = |name: &str| {
        let value = parsed.header_raw(name).unwrap_or_default();
        value.trim().to_ascii_lowercase()
    };
    // RFC 3834: anything but `no` was written by a program.
    let submitted = header("Auto-Submitted");
    let automatic = (!submitted.is_empty() && !submitted.starts_with("no"))
        || !header("X-Autoreply").is_empty()
        || !header("X-Autorespond").is_empty()
        || header("X-Auto-Response-Suppress").contains("all")
        || header("Precedence").starts_with("auto_reply")
        || parsed.return_path().as_text() == Some("");
    if automatic {
        return Nature::Automatic;
    }
    let precedence = header("Precedence");
    let bulk = ["bulk", "list", "junk"].iter().any(|p| precedence.starts_with(p))
        || !header("List-Id").is_empty()
        || !header("List-Unsubscribe").is_empty();
    if bulk { Nature::Bulk } else { Nature::Personal }
}
