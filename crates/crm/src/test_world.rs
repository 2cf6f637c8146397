//! A whole program without a network, for tests: a database of its own, the real record types, a clock that
//! stands still until it is set, people of every role, and the routes as a client calls them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use geom::Timestamp;
use http_body_util::BodyExt as _;
use records::{Author, ManualClock, Op, Store, Written, fields};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{App, Settings, Zone};

/// 2026-03-02T08:00:00Z, a Monday.
pub(crate) const MONDAY: i64 = 1_772_438_400_000;
pub(crate) const DAY: i64 = 86_400_000;

pub(crate) struct World {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    router: Router,
    tokens: BTreeMap<String, String>,
    /// Where the database is.
    pub url: String,
    folder: tempfile::TempDir,
}

/// One on each database that there is.
pub(crate) async fn worlds() -> Vec<World> {
    let mut worlds = vec![World::new().await];
    worlds.extend(World::on_postgres().await);
    worlds
}

/// Makes a record with an id of the test's choice.
pub(crate) fn made(type_name: &str, id: &str, values: Value) -> Op {
    Op::Create {
        type_name: type_name.into(),
        id: Some(id.into()),
        fields: serde_json::from_value(values).expect("an object of fields"),
    }
}

impl World {
    /// On SQLite.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = folder.path().join("test.db").display().to_string();
        Self::at(url, folder, crate::Channels::default()).await
    }

    /// On SQLite and, where it is installed, on PostgreSQL, with doors open as the function says; it is told a folder of
    /// the world's own.
    pub async fn with_channels(channels: impl Fn(&std::path::Path) -> crate::Channels) -> Vec<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = folder.path().join("test.db").display().to_string();
        let open = channels(folder.path());
        let mut worlds = vec![Self::at(url, folder, open).await];
        let url = tokio::task::spawn_blocking(|| testkit::postgres::cluster().map(|c| c.database()));
        if let Some(url) = url.await.expect("the cluster starts") {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let open = channels(folder.path());
            worlds.push(Self::at(url, folder, open).await);
        }
        worlds
    }

    /// On PostgreSQL; `None`, with the reason printed, where none is installed.
    pub async fn on_postgres() -> Option<Self> {
        let url = tokio::task::spawn_blocking(|| testkit::postgres::cluster().map(|c| c.database()));
        let url = url.await.expect("the cluster starts")?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        Some(Self::at(url, folder, crate::Channels::default()).await)
    }

    async fn at(url: String, folder: tempfile::TempDir, channels: crate::Channels) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(MONDAY)));
        let catalog = crate::catalog().expect("the declarations are right");
        let store = Store::open(&url, catalog, clock.clone(), crate::rules())
            .await
            .expect("the store opens");
        let settings = Settings {
            zone: Zone::named("Europe/Berlin").expect("a known zone"),
            currency: "EUR".into(),
            organisation: String::new(),
            public_url: None,
            open_services: false,
            channels,
            demo_password: None,
        };
        let app = App::start(store, settings, None)
            .await
            .expect("the program starts");
        let router = crate::router(app.clone());
        let mut world = Self {
            app,
            clock,
            router,
            tokens: BTreeMap::new(),
            url,
            folder,
        };
        for (name, role) in [
            ("max", "manager"),
            ("rita", "rep"),
            ("rolf", "rep"),
            ("anna", "analyst"),
            ("ada", "admin"),
        ] {
            world.person(name, role).await;
        }
        world.app.live.catch_up().await.expect("the index follows");
        world
    }

    pub async fn person(&mut self, id: &str, role: &str) {
        let mut name = id.to_owned();
        name[..1].make_ascii_uppercase();
        let values = fields([
            ("name", name.into()),
            ("email", format!("{id}@example.org").into()),
            ("role", role.into()),
            ("active", true.into()),
        ]);
        let id = id.to_owned();
        self.write(vec![Op::Create {
            type_name: "user".into(),
            id: Some(id.clone()),
            fields: values,
        }])
        .await;
        let token =
            crate::create_token(self.app.store.db(), &id, "test", true, 3650, Timestamp(MONDAY)).await;
        self.tokens.insert(id, token.expect("a token"));
    }

    /// Somebody's rights with a token that may only read, under another name.
    pub async fn reader(&mut self, id: &str, as_name: &str) {
        let token =
            crate::create_token(self.app.store.db(), id, "look", false, 3650, Timestamp(MONDAY)).await;
        self.tokens.insert(as_name.to_owned(), token.expect("a token"));
    }

    /// A folder that goes with the world.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn store(&self) -> &Store {
        &self.app.store
    }

    /// Writes as the program, and lets everything follow.
    pub async fn write(&self, ops: Vec<Op>) -> Written {
        let written = self
            .app
            .store
            .write(&Author::system("test", "Test"), ops)
            .await
            .expect("the write is taken");
        self.settle().await;
        written
    }

    /// Lets assignments and the index follow.
    pub async fn settle(&self) {
        crate::territories::settle(&self.app.store)
            .await
            .expect("assignments follow");
        self.app.live.catch_up().await.expect("the index follows");
    }

    /// An account with one place: (account, location).
    pub async fn customer(&self, name: &str, place: Option<(f64, f64)>, more: Value) -> (String, String) {
        let (account, location) = (records::new_id(), records::new_id());
        self.write(customer(&account, &location, name, place, more)).await;
        (account, location)
    }

    /// Sends a request in somebody's name; gives status and JSON. A request that may wait for the index is
    /// answered while the index follows.
    pub async fn ask(&self, who: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let (status, _, bytes) = self.raw(who, method, path, body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// As [`World::ask`], with headers and bytes as they come.
    pub async fn raw(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
        if body.is_null() {
            return self.send(who, method, path, "", Body::empty()).await;
        }
        let body = Body::from(body.to_string());
        self.send(who, method, path, "application/json", body).await
    }

    /// As [`World::ask`], of a record at a version.
    pub async fn ask_at(
        &self,
        who: &str,
        method: &str,
        path: &str,
        version: i64,
        body: Value,
    ) -> (StatusCode, Value) {
        let (media_type, body) = match body {
            Value::Null => ("", Body::empty()),
            body => ("application/json", Body::from(body.to_string())),
        };
        let request = Request::builder().header(header::IF_MATCH, format!("\"v{version}\""));
        let (status, _, bytes) = self.send_as(request, who, method, path, media_type, body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        media_type: &str,
        body: Body,
    ) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
        self.send_as(Request::builder(), who, method, path, media_type, body)
            .await
    }

    async fn send_as(
        &self,
        request: axum::http::request::Builder,
        who: &str,
        method: &str,
        path: &str,
        media_type: &str,
        body: Body,
    ) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
        let mut request = request
            .method(method)
            .uri(path)
            .header(header::HOST, "crm.example");
        if let Some(token) = self.tokens.get(who) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if !media_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, media_type);
        }
        let request = request.body(body).expect("a request");
        // The follower of the request before ended with its answer, whether or not it had caught up.
        self.app
            .live
            .catch_up()
            .await
            .expect("the index follows the feed");
        let answer = self.router.clone().oneshot(request);
        let follower = self.app.live.clone().follow();
        let response = tokio::select! {
            response = answer => response.expect("the router answers"),
            () = follower => unreachable!("the index follows for ever"),
        };
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole answer").to_bytes().to_vec();
        (parts.status, parts.headers, bytes)
    }

    /// Sends a form as a browser does, without a sign-in.
    pub async fn send_form(&self, path: &str, form: &str) -> (StatusCode, String) {
        let body = Body::from(form.to_owned());
        let (status, _, bytes) = self
            .send("", "POST", path, "application/x-www-form-urlencoded", body)
            .await;
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Sends a file.
    pub async fn upload(&self, who: &str, path: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
        let (status, _, bytes) = self
            .send(who, "POST", path, "application/octet-stream", Body::from(bytes))
            .await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Sends files as a browser does, each in a field `file`.
    pub async fn upload_files(&self, who: &str, path: &str, files: &[(&str, &[u8])]) -> (StatusCode, Value) {
        const EDGE: &str = "the-edge-between-two-files";
        let mut body = Vec::new();
        for (name, bytes) in files {
            let head = format!(
                "--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{EDGE}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={EDGE}");
        let (status, _, bytes) = self.send(who, "POST", path, &media_type, Body::from(body)).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// A request that has to succeed.
    pub async fn get(&self, who: &str, path: &str) -> Value {
        let (status, answer) = self.ask(who, "GET", path, Value::Null).await;
        assert!(status.is_success(), "GET {path}: {status} {answer}");
        answer
    }

    /// A request that has to succeed.
    pub async fn post(&self, who: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(who, "POST", path, body).await;
        assert!(status.is_success(), "POST {path}: {status} {answer}");
        answer
    }

    pub async fn undo(&self, who: &str, change_set: &Value) -> Value {
        let set = change_set.as_str().expect("a change set to undo");
        self.post(who, &format!("/api/v1/change-sets/{set}/undo"), Value::Null)
            .await
    }

    pub fn set_time(&self, millis: i64) {
        self.clock.set(Timestamp(millis));
    }
}

/// Operations that make an account with one place. `more` goes to the account.
pub(crate) fn customer(
    account: &str,
    location: &str,
    name: &str,
    place: Option<(f64, f64)>,
    more: Value,
) -> Vec<Op> {
    let mut values = fields([("name", name.into()), ("type", "customer".into())]);
    if let Value::Object(more) = more {
        values.extend(more);
    }
    let mut at = fields([("account_id", account.into()), ("street", "Ring".into())]);
    if let Some((lng, lat)) = place {
        at.insert("lng".into(), lng.into());
        at.insert("lat".into(), lat.into());
    }
    vec![
        Op::Create {
            type_name: "account".into(),
            id: Some(account.into()),
            fields: values,
        },
        Op::Create {
            type_name: "location".into(),
            id: Some(location.into()),
            fields: at,
        },
    ]
}

/// A box as a GeoJSON polygon.
pub(crate) fn square(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}
