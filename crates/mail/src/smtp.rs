//! Handing a message to a server, and knowing whether it took it.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use crate::clean::header_text;
use crate::{Composed, Error, Server, Tls};

/// Patience with the way to the server.
const PATIENCE: Duration = Duration::from_secs(60);
/// Patience with all that is said before the message.
const LONGEST_PREFACE: Duration = Duration::from_secs(180);
/// Patience with the message.
const LONGEST_MESSAGE: Duration = Duration::from_secs(600);

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The server answers for it from now on; its words.
    Accepted(String),
    /// Surely not taken; to be tried again.
    Later(String),
    /// Surely not taken, and will not be: why.
    Never(String),
    /// The connection broke when the message was over: it may have been taken, so it must not be sent again unasked.
    Unclear(String),
}

/// Sends one message. `hello` is what this machine calls itself.
pub async fn send(server: &Server, hello: &str, message: &Composed) -> Sent {
    let ready = tokio::time::timeout(LONGEST_PREFACE, preface(server, hello, message)).await;
    let mut connection = match ready {
        Ok(Ok(connection)) => connection,
        Ok(Err(sent)) => return sent,
        Err(_) => return Sent::Later("the server takes too long to answer".into()),
    };
    match tokio::time::timeout(LONGEST_MESSAGE, connection.message(&message.bytes)).await {
        Ok(Ok(response)) => {
            let words: Vec<&str> = response.message().collect();
            let sent = Sent::Accepted(header_text(&words.join(" "), 300));
            goodbye(&mut connection).await;
            sent
        }
        // The server answered, so it is known.
        Ok(Err(error)) if error.is_permanent() => Sent::Never(words(&error)),
        Ok(Err(error)) if error.is_transient() => Sent::Later(words(&error)),
        Ok(Err(error)) => Sent::Unclear(words(&error)),
        Err(_) => Sent::Unclear("the server did not say whether it took the message".into()),
    }
}

/// The message is settled; a server that does not say goodbye changes nothing.
async fn goodbye(connection: &mut AsyncSmtpConnection) {
    let _ = tokio::time::timeout(Duration::from_secs(5), connection.quit()).await;
}

fn later(error: &lettre::transport::smtp::Error) -> Sent {
    let words = words(error);
    if error.is_permanent() || error.is_client() {
        Sent::Never(words)
    } else {
        Sent::Later(words)
    }
}

/// The error with its causes, on one line.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    header_text(&text, 500)
}

fn tls_of(server: &Server) -> Result<TlsParameters, Error> {
    let bad = |e: lettre::transport::smtp::Error| Error::Setting(words(&e));
    let mut builder =
        TlsParameters::builder(server.host.clone()).certificate_store(CertificateStore::Default);
    if let Some(pem) = &server.authority {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(bad)?);
    }
    builder.build_rustls().map_err(bad)
}

/// Everything up to the server's leave to send the message.
async fn preface(server: &Server, hello: &str, message: &Composed) -> Result<AsyncSmtpConnection, Sent> {
    server.check().map_err(|error| Sent::Never(error.to_string()))?;
    let tls = match server.tls {
        Tls::Off => None,
        Tls::Direct | Tls::Upgrade => Some(tls_of(server).map_err(|error| Sent::Later(error.to_string()))?),
    };
    let direct = tls.clone().filter(|_| server.tls == Tls::Direct);
    let hello = ClientId::Domain(hello.to_owned());
    let address = (server.host.as_str(), server.port);
    let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(PATIENCE), &hello, direct, None)
        .await
        .map_err(|error| Sent::Later(words(&error)))?;
    if server.tls == Tls::Upgrade
        && let Some(tls) = tls
    {
        if !connection.can_starttls() {
            goodbye(&mut connection).await;
            let why = "the server cannot do STARTTLS, and without it nothing is said to it";
            return Err(Sent::Later(why.into()));
        }
        // Where this fails the library has no stream left, not even to say goodbye.
        let secret = connection.starttls(tls, &hello).await;
        secret.map_err(|error| Sent::Later(words(&error)))?;
    }
    match converse(server, message, &mut connection).await {
        Ok(()) => Ok(connection),
        Err(sent) => {
            goodbye(&mut connection).await;
            Err(sent)
        }
    }
}

async fn converse(
    server: &Server,
    message: &Composed,
    connection: &mut AsyncSmtpConnection,
) -> Result<(), Sent> {
    if let Some((user, password)) = &server.user {
        let credentials = Credentials::new(user.clone(), password.text().to_owned());
        let signed_in = connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await;
        // A wrong password is the setting's fault, not the message's.
        signed_in.map_err(|error| Sent::Later(format!("sign-in refused: {}", words(&error))))?;
    }
    let parsed = |text: &String| text.parse::<lettre::Address>().ok();
    let to: Vec<lettre::Address> = message.to.iter().filter_map(parsed).collect();
    let envelope = Envelope::new(parsed(&message.from), to).ok();
    let envelope = envelope
        .filter(|e| e.to().len() == message.to.len())
        .ok_or_else(|| Sent::Never("an address of the envelope cannot be written to".into()))?;
    let mut options = Vec::new();
    if !message.bytes.is_ascii() {
        if !connection.server_info().supports_feature(Extension::EightBitMime) {
            return Err(Sent::Never("the server takes only ASCII".into()));
        }
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let refused = |error| later(&error);
    connection
        .command(Mail::new(envelope.from().cloned(), options))
        .await
        .map_err(refused)?;
    for to in envelope.to() {
        connection
            .command(Rcpt::new(to.clone(), Vec::new()))
            .await
            .map_err(refused)?;
    }
    connection.command(Data).await.map_err(refused)?;
    Ok(())
}
