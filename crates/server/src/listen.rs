//! Serving: middleware, metrics, health, listening and stopping in order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use crm::{App, Problem};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tracing::Instrument as _;

use crate::cli::{Database, Listen, ServeArguments};
use crate::shelf::Folder;
use crate::{open, pages};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A request that takes longer is given up; streams and uploads tell of themselves earlier.
const LONGEST_REQUEST: Duration = Duration::from_secs(60);

/// What a server logs unless `BAILIWICK_LOG` says otherwise.
const SERVER_LOG: &str = "warn,bailiwick=info,crm=info,records=info,sqlx=error";

/// `bailiwick serve`.
pub async fn serve(arguments: &ServeArguments) -> anyhow::Result<()> {
    start_log(SERVER_LOG);
    let store = open::store(&arguments.database.database, Arc::new(records::SystemClock)).await?;
    let atlas = open::atlas(arguments.database.map.as_deref())?;
    let mut settings = open::settings(&arguments.database)?;
    settings.public_url = arguments.listen.public_url.clone();
    settings.open_services = arguments.listen.open_services;
    let shelf = Folder::beside(&arguments.database.database);
    let app = App::start_with(store, settings, atlas, shelf).await?;
    listen(app, &arguments.listen, |address| {
        println!("Bailiwick serves at http://{address}")
    })
    .await
}

/// `bailiwick work`.
pub async fn work(database: &Database) -> anyhow::Result<()> {
    start_log(SERVER_LOG);
    let app = open::app(database).await?;
    let tasks = app.spawn_background(true);
    println!("Working off jobs. Stop with Ctrl-C.");
    stopped().await;
    for task in tasks {
        task.abort();
    }
    app.store().db().close().await;
    Ok(())
}

/// Logs go to standard error: lines for people on a terminal, JSON for a collector elsewhere. `BAILIWICK_LOG` says what;
/// `unless_said` does without it.
pub fn start_log(unless_said: &str) {
    use std::io::IsTerminal as _;
    let filter = tracing_subscriber::EnvFilter::try_from_env("BAILIWICK_LOG")
        // The geometry library warns of every border that meets a corner; it is answered all the same.
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(format!("{unless_said},geo=error")));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start in the same process keeps the first one's log.
    let _ = if std::io::stderr().is_terminal() {
        log.try_init()
    } else {
        log.json().try_init()
    };
}

/// Listens until told to stop; `ready` hears the address that was taken.
pub async fn listen(
    app: Arc<App>,
    listen: &Listen,
    ready: impl FnOnce(std::net::SocketAddr),
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(&listen.listen).await.with_context(|| {
        format!(
            "listening on {}; is another program there? Choose another with --listen",
            listen.listen
        )
    })?;
    let address = listener.local_addr()?;
    let tasks = app.spawn_background(true);
    // Forms count how often one address sends them.
    let router = router(app.clone())?.into_make_service_with_connect_info::<std::net::SocketAddr>();
    ready(address);
    axum::serve(listener, router)
        .with_graceful_shutdown(stopped())
        .await?;
    for task in tasks {
        task.abort();
    }
    app.store().db().close().await;
    Ok(())
}

/// Everything that is served, with what every request goes through.
fn router(app: Arc<App>) -> anyhow::Result<Router> {
    let metrics = PrometheusBuilder::new()
        .set_buckets(&[
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ])
        .context("the metrics' buckets")?;
    let recorder = metrics.build_recorder();
    let handle = recorder.handle();
    // A second server in the same process reports to the first one's metrics.
    let _ = metrics::set_global_recorder(recorder);
    // Tiles are stored and sent compressed, images and fonts are compressed by nature, events must not wait.
    let compressed = SizeAbove::new(512)
        .and(NotForContentType::new("application/vnd.mapbox-vector-tile"))
        .and(NotForContentType::new("text/event-stream"))
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::new("font/"));
    Ok(crm::router(app.clone())
        .route("/healthz", get(health).with_state(app.clone()))
        .route("/metrics", get(metrics_text).with_state((app, handle)))
        .fallback(pages::page)
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(middleware::from_fn(bounded))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(observed))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid)))
}

async fn health(State(app): State<Arc<App>>) -> Response {
    match app.store().db().ping().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

async fn metrics_text(State((app, handle)): State<(Arc<App>, PrometheusHandle)>) -> String {
    crm::report_metrics(&app);
    handle.run_upkeep();
    handle.render()
}

/// Logs and measures each request under its id.
async fn observed(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok().map(str::to_owned));
    let id = id.unwrap_or_default();
    let method = request.method().clone();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "page".to_owned(), |p| p.as_str().to_owned());
    let span = tracing::info_span!("request", id, %method, path);
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = began.elapsed();
    let status = response.status().as_u16();
    metrics::histogram!("bailiwick_request_seconds", "method" => method.to_string(), "path" => path, "status" => status.to_string())
        .record(took.as_secs_f64());
    span.in_scope(|| tracing::debug!(status, took_ms = took.as_secs_f64() * 1000.0, "answered"));
    if !response.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
        let headers = response.headers_mut();
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

/// Gives up on requests that take too long.
async fn bounded(request: Request, next: Next) -> Response {
    match tokio::time::timeout(LONGEST_REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "too-slow",
            "This took longer than a minute and was stopped. Ask for less at once.",
        )
        .into_response(),
    }
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response<Body> {
    let text = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default();
    Problem::unexpected(format!("a handler panicked: {text}")).into_response()
}

/// Ctrl-C or a termination signal.
async fn stopped() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! { () = interrupted => {}, () = terminated => {} }
}
