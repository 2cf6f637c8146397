//! Somebody who asks: a browser session or a program with a token.

use std::cell::RefCell;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::text;

pub struct Client {
    address: String,
    http: reqwest::Client,
    token: Option<String>,
    user: RefCell<String>,
}

impl Client {
    /// Nobody yet; cookies are kept.
    pub fn new(address: &str) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .no_proxy()
            .build()
            .expect("a client can be made");
        Self {
            address: address.to_owned(),
            http,
            token: None,
            user: RefCell::default(),
        }
    }

    /// A program with an API token.
    pub fn with_token(address: &str, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..Self::new(address)
        }
    }

    pub(super) fn remember_user(&self, session: &Value) {
        *self.user.borrow_mut() = text(&session["user"]["id"]);
    }

    /// The id of who is signed in.
    pub fn user(&self) -> String {
        self.user.borrow().clone()
    }

    /// A request to an address of the server, to be completed.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends; a connection that breaks fails the test.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        self.try_send(request).await.expect("the server answers")
    }

    /// Sends; `None` where the connection broke before the whole answer came.
    pub async fn try_send(&self, request: reqwest::RequestBuilder) -> Option<Answer> {
        let request = request.build().expect("a sound request");
        let what = format!("{} {}", request.method(), request.url());
        let response = self.http.execute(request).await.ok()?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.ok()?.to_vec();
        Some(Answer {
            what,
            status,
            headers,
            body,
        })
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// GET with a query of names and values.
    pub async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::GET, &format!("{path}{}", query_text(query))))
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Makes a record; gives its id.
    pub async fn create(&self, plural: &str, fields: Value) -> String {
        let made = self
            .post(&format!("/api/v1/{plural}"), json!({ "fields": fields }))
            .await;
        text(&made.ok()["record"]["id"])
    }

    /// How many records of a type pass a filter (all where it is empty).
    pub async fn count(&self, plural: &str, filter: &str) -> i64 {
        let answer = self
            .ask(&format!("/api/v1/{plural}/count"), &[("filter", filter)])
            .await;
        super::number(&answer.ok()["count"])
    }

    /// Uploads a file to import; gives the answer.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>) -> Answer {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        self.send(self.request(Method::POST, "/api/v1/imports").multipart(form))
            .await
    }
}

/// A query of an address, with everything escaped that has a meaning there.
fn query_text(query: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        let escape = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        };
        text.bytes().map(escape).collect()
    };
    let parts: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("?{}", parts.join("&"))
    }
}

/// What came back.
pub struct Answer {
    what: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{}: {} is no JSON ({e}): {}", self.what, self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    /// It succeeded; gives its body, null where it has none.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(
            self.status.is_success(),
            "{}: {} {}",
            self.what,
            self.status,
            self.text()
        );
        if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// It was refused with this status, as a problem with this code; gives the problem.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.what, self.text());
        let kind = self
            .headers
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        assert_eq!(kind, "application/problem+json", "{}: {}", self.what, self.text());
        let problem = self.json();
        assert_eq!(problem["code"], code, "{}: {problem:#}", self.what);
        assert_eq!(problem["status"], status, "{}: {problem:#}", self.what);
        assert!(
            problem["detail"].as_str().is_some_and(|d| !d.is_empty()),
            "{}: {problem:#}",
            self.what
        );
        problem
    }
}
