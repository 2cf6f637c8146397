//! The program under measurement, and somebody who asks it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::{Method, header};
use serde_json::{Value, json};

/// The password of everybody in a bench's database.
pub const PASSWORD: &str = "a million customers";

/// `bailiwick serve` on a free port; ended when dropped.
pub struct Program {
    pub child: Child,
    address: String,
}

impl Program {
    /// Starts it, with a map if there is one; gives also how long it took until it listened.
    pub fn start(database: &Path, map: Option<&Path>) -> anyhow::Result<(Self, Duration)> {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_bailiwick"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(database)
            .args(map.map(|_| "--map"))
            .args(map)
            .stdout(Stdio::piped())
            .spawn()
            .context("starting bailiwick")?;
        let output = child.stdout.take().context("its standard output")?;
        for line in BufReader::new(output).lines() {
            if let Some((_, address)) = line?.split_once("http://") {
                let address = format!("http://{}", address.trim());
                return Ok((Self { child, address }, began.elapsed()));
            }
        }
        anyhow::bail!("the program ended before it listened")
    }

    /// Megabytes of memory: the most there ever was, and now.
    pub fn memory(&self) -> anyhow::Result<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |name: &str| -> u64 {
            let line = status.lines().find(|l| l.starts_with(name));
            let number = line
                .and_then(|l| l.split_whitespace().nth(1))
                .and_then(|n| n.parse::<u64>().ok());
            number.unwrap_or(0) / 1024
        };
        Ok((of("VmHWM:"), of("VmRSS:")))
    }

    /// Signs somebody in.
    pub async fn sign_in(&self, email: &str) -> anyhow::Result<Client> {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .no_proxy()
            .no_gzip()
            .build()?;
        let client = Client {
            http,
            address: self.address.clone(),
        };
        let session = json!({ "email": email, "password": PASSWORD });
        client
            .ask(Method::POST, "/api/v1/session", Some(&session))
            .await?;
        Ok(client)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who asks, over one connection, with gzip.
pub struct Client {
    pub http: reqwest::Client,
    pub address: String,
}

/// An answer and what it cost.
pub struct Answer {
    /// From the first byte of the question to the last of the answer.
    pub took: Duration,
    /// Bytes on the wire.
    pub wire: usize,
    /// Unpacked.
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    pub fn millis(&self) -> f64 {
        self.took.as_secs_f64() * 1000.0
    }
}

impl Client {
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.ask(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Asks; anything but success is an error.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        request = request.header(header::ACCEPT_ENCODING, "gzip");
        if let Some(body) = body {
            request = request.json(body);
        }
        Self::answer(request, path).await
    }

    /// Sends a question; anything but success is an error.
    pub async fn answer(request: reqwest::RequestBuilder, path: &str) -> anyhow::Result<Answer> {
        let began = Instant::now();
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await?;
        let took = began.elapsed();
        let mut body = Vec::new();
        if headers.get(header::CONTENT_ENCODING).is_some_and(|e| e == "gzip") {
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut body)?;
        } else {
            body = bytes.to_vec();
        }
        anyhow::ensure!(
            status.is_success(),
            "{path}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        Ok(Answer {
            took,
            wire: bytes.len(),
            body,
        })
    }
}

/// A folder in `target`, wherever cargo builds.
pub fn folder(name: &str) -> anyhow::Result<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_bailiwick"));
    let target = program
        .ancestors()
        .nth(2)
        .context("the program is in target/release")?;
    let folder = target.join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A text in the query of an address.
pub fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}
