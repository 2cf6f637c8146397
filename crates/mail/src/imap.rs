//! A mailbox over IMAP (RFC 9051): what is new since the last look, without changing anything there.

use std::time::Duration;

use async_imap::{Client, Session};
use futures::TryStreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::clean::header_text;
use crate::{Error, Server, Tls};

/// Patience with one question.
const PATIENCE: Duration = Duration::from_secs(60);
/// Patience with one message.
const LONGEST: Duration = Duration::from_secs(600);
/// Most messages listed at once.
const MOST_LISTED: usize = 1_000;

/// A connection, secret or not.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Stream for T {}

/// A message that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Unique in the mailbox while its `uid_validity` stays the same, growing.
    pub uid: u32,
    /// In bytes, as the server says.
    pub bytes: u32,
}

/// An open mailbox. Messages stay in it, unread ones stay unread; remember `uid_validity` and the last uid.
pub struct Mailbox {
    session: Session<Box<dyn Stream>>,
    server: String,
    uid_validity: u32,
}

async fn within<T, E: std::fmt::Display>(
    server: &str,
    patience: Duration,
    step: impl Future<Output = Result<T, E>>,
) -> Result<T, Error> {
    let failed = |reason: String| Error::Mailbox {
        server: server.to_owned(),
        reason: header_text(&reason, 500),
    };
    match tokio::time::timeout(patience, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed("it takes too long to answer".into())),
    }
}

impl Mailbox {
    /// Connects, signs in and opens a folder (`INBOX`) to read only.
    ///
    /// # Errors
    /// [`Error::Setting`], [`Error::Mailbox`].
    pub async fn open(server: &Server, folder: &str) -> Result<Self, Error> {
        server.check()?;
        let address = server.address();
        let Some((user, password)) = &server.user else {
            return Err(Error::Setting(format!(
                "the mailbox at {address} needs a user and a password"
            )));
        };
        let tcp = within(
            &address,
            PATIENCE,
            TcpStream::connect((server.host.as_str(), server.port)),
        )
        .await?;
        let stream: Box<dyn Stream> = match server.tls {
            Tls::Off => Box::new(tcp),
            Tls::Direct => Box::new(within(&address, PATIENCE, secret(server, tcp)).await?),
            Tls::Upgrade => {
                let mut client = Client::new(tcp);
                greeted(&address, client.read_response()).await?;
                within(
                    &address,
                    PATIENCE,
                    client.run_command_and_check_ok("STARTTLS", None),
                )
                .await?;
                Box::new(within(&address, PATIENCE, secret(server, client.into_inner())).await?)
            }
        };
        let mut client = Client::new(stream);
        if server.tls != Tls::Upgrade {
            greeted(&address, client.read_response()).await?;
        }
        let login = async {
            client
                .login(user, password.text())
                .await
                .map_err(|(error, _)| error)
        };
        let mut session = within(&address, PATIENCE, login).await?;
        let opened = within(&address, PATIENCE, session.examine(folder)).await?;
        let uid_validity = opened.uid_validity.ok_or_else(|| Error::Mailbox {
            server: address.clone(),
            reason: format!("it says no UIDVALIDITY for {folder}"),
        })?;
        Ok(Self {
            session,
            server: address,
            uid_validity,
        })
    }

    /// While this number stays the same, uids mean the same messages.
    #[must_use]
    pub fn uid_validity(&self) -> u32 {
        self.uid_validity
    }

    /// The messages after a uid, oldest first, at most a thousand.
    ///
    /// # Errors
    /// [`Error::Mailbox`].
    pub async fn after(&mut self, uid: u32) -> Result<Vec<Waiting>, Error> {
        let Some(first) = uid.checked_add(1) else {
            return Ok(Vec::new());
        };
        let session = &mut self.session;
        let list = async {
            let range = format!("{first}:*");
            let answers = session.uid_fetch(range, "(UID RFC822.SIZE)").await?;
            answers.try_collect::<Vec<_>>().await
        };
        let answers = within(&self.server, PATIENCE, list).await?;
        let mut waiting: Vec<Waiting> = answers
            .iter()
            .filter_map(|a| {
                Some(Waiting {
                    uid: a.uid?,
                    bytes: a.size.unwrap_or(0),
                })
            })
            // `7:*` names the last message even when its uid is 5.
            .filter(|w| w.uid > uid)
            .collect();
        waiting.sort_by_key(|w| w.uid);
        waiting.dedup();
        waiting.truncate(MOST_LISTED);
        Ok(waiting)
    }

    /// A message's bytes; `None` when somebody removed it meanwhile.
    ///
    /// # Errors
    /// [`Error::Mailbox`].
    pub async fn message(&mut self, uid: u32) -> Result<Option<Vec<u8>>, Error> {
        let session = &mut self.session;
        let read = async {
            let answers = session.uid_fetch(uid.to_string(), "(UID BODY.PEEK[])").await?;
            answers.try_collect::<Vec<_>>().await
        };
        let answers = within(&self.server, LONGEST, read).await?;
        let own = answers.iter().find(|a| a.uid == Some(uid));
        Ok(own.and_then(|a| a.body()).map(<[u8]>::to_vec))
    }

    /// Says goodbye; a server that does not answer is left.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(5), self.session.logout()).await;
    }
}

async fn secret(
    server: &Server,
    tcp: TcpStream,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let config = server.trust().map_err(std::io::Error::other)?;
    let name = ServerName::try_from(server.host.clone()).map_err(std::io::Error::other)?;
    TlsConnector::from(config).connect(name, tcp).await
}

/// The server speaks first.
async fn greeted<T>(
    address: &str,
    greeting: impl Future<Output = std::io::Result<Option<T>>>,
) -> Result<(), Error> {
    match within(address, PATIENCE, greeting).await? {
        Some(_) => Ok(()),
        None => Err(Error::Mailbox {
            server: address.to_owned(),
            reason: "it closed the connection without a greeting".into(),
        }),
    }
}
