//! An application for tests: a database of its own, the demo map, a clock that stands still, requests without
//! a network.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use atlas::Atlas;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use geom::Timestamp;
use http_body_util::BodyExt as _;
use jiff::civil::{Date, Time};
use records::{Author, ManualClock, Op, Store};
use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::{App, Settings, Zone};

/// The demo map, built once for all tests of the process.
pub(crate) fn demo_atlas() -> Arc<Atlas> {
    static ATLAS: OnceLock<(tempfile::TempDir, Arc<Atlas>)> = OnceLock::new();
    let (_, atlas) = ATLAS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder for the demo map");
        let pack = folder.path().join("demo.pack");
        let extract = data().join("neubrandenburg.osm.pbf");
        atlas::build(&[&extract], &pack, &mut |_| {}).expect("the demo map builds");
        (folder, Arc::new(Atlas::open(&pack).expect("the demo map opens")))
    });
    atlas.clone()
}

/// The folder of the demo's data.
pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data")
}

/// How long a test waits for what goes on beside it: far longer than that takes, as a slow disk is no fault of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Waits for the end of something that is asked after again and again.
pub(crate) struct Patience {
    what: &'static str,
    since: Instant,
}

impl Patience {
    pub fn for_what(what: &'static str) -> Self {
        let since = Instant::now();
        Self { what, since }
    }

    /// A moment, before it is asked after once more. A worker that is gone will not bring it.
    pub async fn wait(&self, worker: Option<&JoinHandle<()>>) {
        let gone = worker.is_some_and(JoinHandle::is_finished);
        assert!(!gone, "whoever works at {} is gone", self.what);
        assert!(self.since.elapsed() < PATIENCE, "{} does not end", self.what);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An application with nothing on record.
pub(crate) struct TestApp {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

impl TestApp {
    /// On SQLite, in Berlin's time, its clock at that time of that day.
    pub async fn new(now: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.sqlite").to_string_lossy().into_owned();
        Self::at_url(&file, now, folder).await
    }

    /// The same on PostgreSQL; `None`, with the reason printed, where none is installed.
    pub async fn on_postgres(now: &str) -> Option<Self> {
        let url = tokio::task::spawn_blocking(|| testkit::postgres::cluster().map(|c| c.database()));
        let url = url.await.unwrap()?;
        Some(Self::at_url(&url, now, tempfile::tempdir().unwrap()).await)
    }

    async fn at_url(url: &str, now: &str, folder: tempfile::TempDir) -> Self {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let clock = Arc::new(ManualClock::at(moment(&zone, now)));
        let store = Store::open(url, crate::catalog().unwrap(), clock.clone(), crate::rules())
            .await
            .unwrap();
        let settings = Settings {
            zone,
            currency: "EUR".into(),
            organisation: String::new(),
            public_url: None,
            open_services: false,
            channels: crate::Channels::default(),
            demo_password: None,
        };
        Self::over(store, settings, clock, folder).await
    }

    /// Over records that are there already, in a folder that goes with the test.
    pub async fn over(
        store: Store,
        settings: Settings,
        clock: Arc<ManualClock>,
        folder: tempfile::TempDir,
    ) -> Self {
        let app = App::start(store, settings, Some(demo_atlas())).await.unwrap();
        tokio::spawn(app.live.clone().follow());
        Self {
            app,
            clock,
            _folder: folder,
        }
    }

    /// Moves the clock to a time like `2026-11-23 08:15`.
    pub fn set_clock(&self, now: &str) {
        self.clock.set(moment(&self.app.settings.zone, now));
    }

    /// The milliseconds of a local time.
    pub fn at(&self, local: &str) -> i64 {
        moment(&self.app.settings.zone, local).0
    }

    /// Writes a record as the program itself; gives its id.
    pub async fn create(&self, type_name: &str, fields: Value) -> String {
        let written = self.write(vec![Op::create(type_name, object(fields))]).await;
        written.records[0].id.clone()
    }

    pub async fn write(&self, ops: Vec<Op>) -> records::Written {
        let written = self
            .app
            .store
            .write(&Author::system("test", "Test"), ops)
            .await
            .unwrap();
        // Longer than a request would wait: what is asked next is asked of the index.
        let mut published = self.app.live.published();
        let caught_up = published.wait_for(|at| *at >= written.last_seq);
        let caught_up = tokio::time::timeout(PATIENCE, caught_up).await.map(drop);
        caught_up.expect("the live index follows");
        written
    }

    /// A user with a token: (id, token).
    pub async fn user(&self, role: &str, name: &str) -> (String, String) {
        let fields = serde_json::json!({"name": name, "email": format!("{}@test.example", name.to_lowercase()), "role": role, "active": true});
        let id = self.create("user", fields).await;
        let token = crate::create_token(self.app.store.db(), &id, "test", true, 3650, self.app.store.now())
            .await
            .unwrap();
        (id, token)
    }

    /// Asks the API; gives status and body, as JSON where it is.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let (status, text) = self.ask_text(method, path, token, body).await;
        let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, value)
    }

    pub async fn ask_text(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> (StatusCode, String) {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = crate::router(self.app.clone())
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Sends a form as a browser does, without a sign-in.
    pub async fn send_form(&self, path: &str, form: &str) -> StatusCode {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        crate::router(self.app.clone())
            .oneshot(request)
            .await
            .unwrap()
            .status()
    }

    /// Asks, and expects success.
    pub async fn ok(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Value {
        let (status, value) = self.ask(method, path, token, body).await;
        assert!(status.is_success(), "{method} {path}: {status} {value:#}");
        value
    }

    /// Asks, and expects a refusal; gives its code.
    pub async fn refused(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> (u16, String) {
        let (status, value) = self.ask(method, path, token, body).await;
        assert!(!status.is_success(), "{method} {path}: {status} {value:#}");
        (
            status.as_u16(),
            value["code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

fn moment(zone: &Zone, local: &str) -> Timestamp {
    let (day, time) = local.split_once(' ').unwrap();
    zone.at(
        day.parse::<Date>().unwrap(),
        format!("{time}:00").parse::<Time>().unwrap(),
    )
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}
