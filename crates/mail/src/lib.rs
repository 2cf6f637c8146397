//! What does this message say, whom does it answer, and how does one get out and in?
//!
//! Reading ([`parse`]) is pure and bounded: a message is bytes from a stranger. [`send`] speaks SMTP, [`Mailbox`]
//! IMAP, and [`Folder`] takes messages that somebody laid into a folder. This crate knows no database and no
//! customer; whom a message belongs to is decided by who calls.

mod message;

mod bounce;
mod clean;
mod quote;

mod compose;
mod seal;

mod folder;
mod imap;
mod smtp;

mod error;
mod server;

pub use bounce::{Bounce, FailedRecipient};
pub use clean::{file_name, header_text};
pub use compose::{Composed, Draft, compose};
pub use error::{Error, Refusal};
pub use folder::Folder;
pub use imap::{Mailbox, Waiting};
pub use message::{Address, Attachment, MOST_BYTES, Message, Nature, parse};
pub use quote::own_words;
pub use seal::Seal;
pub use server::{Secret, Server, Tls, tls_client};
pub use smtp::{Sent, send};
