//! What the command line asks of the application: the same doors as the API's, without HTTP.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use geom::Timestamp;
use serde_json::Value;

use crate::App;
use crate::problem::Problem;
use crate::{imports, jobs, sessions};

/// A moment in milliseconds since 1970 or as RFC 3339 text.
pub fn parse_moment(text: &str) -> Result<Timestamp, Problem> {
    let text = text.trim();
    let millis = text.parse::<i64>().ok();
    let instant = || {
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(jiff::Timestamp::as_millisecond)
    };
    millis.or_else(instant).map(Timestamp).ok_or_else(|| {
        Problem::bad(
            "as_of",
            "not-a-moment",
            format!("{text:?} is no time; write it like 2026-02-28T12:00:00Z."),
        )
    })
}

/// Unpacks a stored tile.
pub fn gunzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Tells the metrics' recorder what the application holds.
pub fn report_metrics(app: &App) {
    let state = app.live.present();
    metrics::gauge!("bailiwick_places").set(state.index.len() as f64);
    metrics::gauge!("bailiwick_live_index_bytes").set(state.index.owned_bytes() as f64);
    metrics::gauge!("bailiwick_change_feed_seq").set(state.seq as f64);
}

/// Imports a file of customers in a person's name and waits for it. `duplicates` is skip, update, fill or
/// create; without `write` it is a dry run. `progress` hears of rows done and rows in all. Gives a report in
/// words.
pub async fn import_file(
    app: &Arc<App>,
    user_id: &str,
    file_name: &str,
    bytes: &[u8],
    duplicates: &str,
    write: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<String, Problem> {
    let signed = sessions::load(app, user_id)
        .await?
        .ok_or_else(|| Problem::not_found(format!("User {user_id}")))?;
    let id = imports::begin_file(app, &signed, file_name, bytes, duplicates).await?;
    let kind = if write { "import-run" } else { "import-check" };
    let payload = serde_json::json!({ "import_id": id });
    let job = jobs::enqueue(app, kind, "rows", &payload, Some(user_id)).await?;
    // The same worker as in `serve`, for the one job.
    let worker = tokio::spawn(jobs::work(app.clone()));
    let ended = loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = jobs::find(app.store.db(), &job.id)
            .await?
            .ok_or_else(|| Problem::not_found("The job"))?;
        progress(
            u64::try_from(now.done).unwrap_or(0),
            u64::try_from(now.total).unwrap_or(0),
        );
        if matches!(now.state.as_str(), "done" | "failed" | "cancelled") {
            break now;
        }
    };
    worker.abort();
    if ended.state != "done" {
        return Err(Problem::conflict("import-failed", ended.message));
    }
    let summary: Value = ended
        .result
        .as_deref()
        .and_then(|r| serde_json::from_str(r).ok())
        .unwrap_or_default();
    let count = |name: &str| summary.get(name).and_then(Value::as_u64).unwrap_or(0);
    let places = summary.get("geocode").and_then(Value::as_object).map(|places| {
        places
            .iter()
            .map(|(status, n)| format!("{n} {status}"))
            .collect::<Vec<_>>()
            .join(", ")
    });
    let verb = if write { "" } else { " (nothing was written)" };
    Ok(format!(
        "{} rows: {} new, {} updated, {} skipped, {} failed{verb}\nplaces: {}",
        count("rows"),
        count("created"),
        count("updated"),
        count("skipped"),
        count("failed"),
        places.unwrap_or_default(),
    ))
}
