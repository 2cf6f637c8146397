//! One post to another program. It follows no redirection, knows no proxy, and connects to the very address it checked, so
//! that a name cannot mean one machine when it is looked at and another when it is called.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::address::is_public;

/// Patience with a whole call.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where a call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    is_secret: bool,
    host: String,
    port: u16,
    path: String,
}

impl Target {
    /// Reads a web address; the fault says what is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url
            .trim()
            .parse()
            .map_err(|_| format!("{url:?} is no web address."))?;
        let is_secret = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("The address begins with https:// or http://.".into()),
        };
        let authority = uri.authority().ok_or_else(|| format!("{url:?} names no host."))?;
        if authority.as_str().contains('@') {
            return Err("The address must not hold a password; every message is signed instead.".into());
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_lowercase();
        if host.is_empty() {
            return Err(format!("{url:?} names no host."));
        }
        let usual = if is_secret { 443 } else { 80 };
        Ok(Self {
            is_secret,
            host,
            port: authority.port_u16().unwrap_or(usual),
            path: uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
        })
    }

    /// Name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    fn host_header(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match (self.is_secret, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

/// Whom a call may reach, and whom to trust.
#[derive(Clone, Debug)]
pub(super) struct Limits<'a> {
    /// Hosts inside the house that may be called, `*` for any.
    pub private: &'a [String],
    /// Further authorities to trust, PEM.
    pub authority: Option<&'a [u8]>,
}

/// Posts a body with headers; gives the answer's status, or why there is none.
pub(super) async fn post(
    target: &Target,
    limits: &Limits<'_>,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<StatusCode, String> {
    match tokio::time::timeout(PATIENCE, call(target, limits, headers, body)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
    }
}

async fn call(
    target: &Target,
    limits: &Limits<'_>,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<StatusCode, String> {
    let inside = limits
        .private
        .iter()
        .any(|h| h == "*" || h.eq_ignore_ascii_case(&target.host));
    if !target.is_secret && !inside {
        return Err("only hosts that the settings name are called without https".into());
    }
    let found: Vec<SocketAddr> = tokio::net::lookup_host((target.host.as_str(), target.port))
        .await
        .map_err(|e| format!("{} is not found: {e}", target.host))?
        .collect();
    // One private address among public ones is a trick.
    if !inside && let Some(own) = found.iter().find(|a| !is_public(a.ip())) {
        return Err(format!(
            "{} is {}, which lies inside the house; name the host in BAILIWICK_WEBHOOK_HOSTS to allow it",
            target.host,
            own.ip()
        ));
    }
    let tcp = TcpStream::connect(found.as_slice())
        .await
        .map_err(|e| format!("no connection: {e}"))?;
    let mut request = Request::post(&target.path).header(header::HOST, target.host_header());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| e.to_string())?;
    if !target.is_secret {
        return speak(tcp, request).await;
    }
    let config = mail::tls_client(limits.authority).map_err(|e| e.to_string())?;
    let name = ServerName::try_from(target.host.clone()).map_err(|e| e.to_string())?;
    let stream = TlsConnector::from(config).connect(name, tcp).await;
    speak(stream.map_err(|e| format!("no secret connection: {e}"))?, request).await
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, String> {
    let broken = |e: hyper::Error| format!("the connection broke: {e}");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let driver = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(broken);
    // Only the status counts; what else is said is not read.
    driver.abort();
    answer.map(|a| a.status())
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn an_address_says_whom_to_call() {
        let read = |url| Target::parse(url).map(|t| (t.is_secret, t.host_header(), t.path));
        let expected = |secret, host: &str, path: &str| Ok((secret, host.to_owned(), path.to_owned()));
        assert_eq!(
            read("https://ERP.example/hook?a=1"),
            expected(true, "erp.example", "/hook?a=1")
        );
        assert_eq!(
            read("http://10.0.0.1:8080"),
            expected(false, "10.0.0.1:8080", "/")
        );
        assert_eq!(read("https://[::1]:8443/x"), expected(true, "[::1]:8443", "/x"));
        for wrong in [
            "",
            "erp.example",
            "ftp://erp.example/",
            "https://user:secret@erp.example/",
            "https:///x",
            "file:///etc/passwd",
            "https://a b/",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
