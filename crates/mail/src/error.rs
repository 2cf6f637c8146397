//! What can go wrong, with the value and the way out.

/// A message that is not read, and why; it harms nothing and stays where it can be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than are taken.
    #[error("the message has {bytes} bytes, more than the {most} that are taken")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The most.
        most: usize,
    },
    /// More parts, headers or lines than any honest message has.
    #[error("the message has more {what} than the {most} that are taken")]
    TooMany {
        /// Parts, lines or bytes of headers.
        what: &'static str,
        /// The most.
        most: usize,
    },
    /// No header could be read, or nobody is named as its sender.
    #[error("this is no e-mail message: {0}")]
    NotAMessage(&'static str),
}

/// Why mail cannot be fetched or sent, or is not composed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that cannot be right.
    #[error("{0}")]
    Setting(String),
    /// An address that cannot be written to.
    #[error("{0:?} is no e-mail address")]
    Address(String),
    /// The message could not be written.
    #[error("the message could not be composed: {0}")]
    Compose(String),
    /// The mailbox's server refused or went away.
    #[error("the mailbox at {server} cannot be read: {reason}")]
    Mailbox {
        /// Host and port.
        server: String,
        /// In its words; never with a password.
        reason: String,
    },
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}
