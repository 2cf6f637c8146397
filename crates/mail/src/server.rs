//! Which server, how it is spoken to, and with whose password.

use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::Error;

/// A password: it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// How a connection is made secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (ports 465 and 993).
    Direct,
    /// `STARTTLS` before anything else is said; a server that cannot is not used (ports 587 and 143).
    Upgrade,
    /// Not at all: only to this machine itself, or without a password.
    Off,
}

impl Tls {
    /// By its word: `direct`, `starttls` or `off`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "direct" => Some(Self::Direct),
            "starttls" => Some(Self::Upgrade),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

/// A server of mail.
#[derive(Clone, Debug)]
pub struct Server {
    /// Name or address.
    pub host: String,
    /// 1..=65535
    pub port: u16,
    /// How the connection is made secret.
    pub tls: Tls,
    /// Whom to sign in as; `None` without a sign-in.
    pub user: Option<(String, Secret)>,
    /// Certificates in PEM of further authorities to trust, beside the machine's own.
    pub authority: Option<Vec<u8>>,
}

impl Server {
    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Refuses to say a password where anybody could listen.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let own = self.host == "localhost"
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|a| a.is_loopback());
        if self.tls == Tls::Off && self.user.is_some() && !own {
            return Err(Error::Setting(format!(
                "a password would go to {} in the clear. Set TLS to direct or starttls.",
                self.address()
            )));
        }
        Ok(())
    }

    /// Whom to trust: the machine's authorities and those of the setting.
    pub(crate) fn trust(&self) -> Result<Arc<ClientConfig>, Error> {
        tls_client(self.authority.as_deref())
    }
}

/// A TLS client that trusts the machine's authorities and those given in PEM. For whoever else connects, so that
/// the program trusts the same everywhere.
///
/// # Errors
/// [`Error::Setting`] when the PEM cannot be read.
pub fn tls_client(authority: Option<&[u8]>) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore::empty();
    // One unreadable certificate of the machine's does not spoil the others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in authority
        .map(CertificateDer::pem_slice_iter)
        .into_iter()
        .flatten()
    {
        let certificate = certificate
            .map_err(|e| Error::Setting(format!("the further authorities are no PEM certificates: {e}")))?;
        roots
            .add(certificate)
            .map_err(|e| Error::Setting(format!("an authority to trust cannot be read: {e}")))?;
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Setting(format!("no TLS: {e}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_neither_printed_nor_sent_in_the_clear() {
        let mut server = Server {
            host: "mail.example".into(),
            port: 25,
            tls: Tls::Off,
            user: Some(("eva".into(), Secret::new("geheim"))),
            authority: None,
        };
        assert!(!format!("{server:?}").contains("geheim"));
        assert!(server.check().is_err());
        server.tls = Tls::Upgrade;
        assert!(server.check().is_ok());
        server.tls = Tls::Off;
        server.host = "127.0.0.1".into();
        assert!(server.check().is_ok());
    }
}
