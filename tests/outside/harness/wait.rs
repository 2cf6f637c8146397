//! Waiting for what happens in the background.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Client, text};

/// Longer than any lease or pause in the program; reaching it means that it will never happen.
const NEVER: Duration = Duration::from_secs(180);

/// Asks again until the answer is something.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(began.elapsed() < NEVER, "it never came: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The job when it has ended, however.
pub async fn job_ended(client: &Client, job: &Value) -> Value {
    let address = format!("/api/v1/jobs/{}", text(&job["id"]));
    until("the end of a job", async || {
        let job = client.get(&address).await.ok();
        (!matches!(job["state"].as_str(), Some("queued" | "running"))).then_some(job)
    })
    .await
}

/// The job's result; it has to succeed.
pub async fn job_done(client: &Client, job: &Value) -> Value {
    let job = job_ended(client, job).await;
    assert_eq!(job["state"], "done", "{job:#}");
    job["result"].clone()
}
