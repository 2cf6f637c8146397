//! Working off the queue. Each kind of job is one function of the feature that owns it; every one of them
//! goes on where a killed worker stopped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::store::{self, Job};
use crate::App;
use crate::problem::Problem;

/// A lease: a worker that does not report for so long is taken for dead.
const LEASE: i64 = 30_000;
/// Progress is written down at most this often.
const REPORT_EVERY: Duration = Duration::from_millis(250);
/// A job that failed to end this often is given up.
const MOST_ATTEMPTS: i64 = 5;

/// How a job tells how far it is, and learns that it should stop.
pub(crate) struct Progress {
    app: Arc<App>,
    worker: String,
    job: Job,
    reported: Instant,
}

impl Progress {
    /// The job.
    pub(crate) fn job(&self) -> &Job {
        &self.job
    }

    /// Says how far it is. `Err` when the job was cancelled, or taken over after a pause too long.
    pub(crate) async fn report(&mut self, done: i64, total: i64, message: &str) -> Result<(), Problem> {
        self.job.done = done;
        self.job.total = total;
        message.clone_into(&mut self.job.message);
        if self.reported.elapsed() < REPORT_EVERY && done < total {
            return Ok(());
        }
        self.reported = Instant::now();
        let lease = self.app.store.now().0 + LEASE;
        let stop = store::report(self.app.store.db(), &self.job, &self.worker, lease).await?;
        store::tell(&self.app, &self.job);
        if stop {
            Err(Problem::conflict("cancelled", "Stopped on request."))
        } else {
            Ok(())
        }
    }
}

/// Works until the task is dropped.
pub(crate) async fn work(app: Arc<App>) {
    let worker = records::new_id();
    loop {
        match store::claim(app.store.db(), &worker, app.store.now(), LEASE).await {
            Ok(Some(job)) => run(&app, &worker, job).await,
            Ok(None) => {
                // Other processes queue jobs too, so the queue is looked at now and then.
                let nap = tokio::time::sleep(Duration::from_secs(2));
                tokio::select! { () = app.jobs.wake.notified() => {}, () = nap => {} }
            }
            Err(error) => {
                tracing::error!(%error, "the queue of jobs could not be read; trying again");
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
    }
}

async fn run(app: &Arc<App>, worker: &str, mut job: Job) {
    tracing::info!(
        job = job.id,
        kind = job.kind,
        attempt = job.attempts,
        "job begins"
    );
    store::tell(app, &job);
    let mut progress = Progress {
        app: app.clone(),
        worker: worker.to_owned(),
        job: job.clone(),
        reported: Instant::now(),
    };
    let result = if job.attempts > MOST_ATTEMPTS {
        Err(Problem::conflict(
            "given-up",
            format!("Given up after {MOST_ATTEMPTS} attempts that did not end."),
        ))
    } else {
        match serde_json::from_str::<Value>(&job.payload) {
            Ok(payload) => dispatch(app, &job.kind, payload, &mut progress).await,
            Err(error) => Err(Problem::unexpected(error)),
        }
    };
    job.done = progress.job.done;
    job.total = progress.job.total;
    match result {
        Ok(value) => {
            job.state = "done".into();
            job.message = progress.job.message;
            job.result = Some(value.to_string());
        }
        Err(problem) => {
            job.state = if problem.code == "cancelled" {
                "cancelled"
            } else {
                "failed"
            }
            .into();
            job.message = problem.detail;
        }
    }
    let now = app.store.now();
    job.finished_at = Some(now.0);
    tracing::info!(
        job = job.id,
        kind = job.kind,
        state = job.state,
        message = job.message,
        "job ends"
    );
    if let Err(error) = store::finish(app.store.db(), &job, worker, now).await {
        tracing::error!(%error, job = job.id, "the end of a job could not be written; it will be taken up again");
    }
    store::tell(app, &job);
}

async fn dispatch(
    app: &Arc<App>,
    kind: &str,
    payload: Value,
    progress: &mut Progress,
) -> Result<Value, Problem> {
    match kind {
        "import-check" => crate::imports::check(app, payload, progress).await,
        "import-run" => crate::imports::run(app, payload, progress).await,
        "geocode" => crate::places::geocode_all(app, payload, progress).await,
        "cycle-plan" => crate::cycles::plan_job(app, payload, progress).await,
        "cycle-accept" => crate::cycles::accept_job(app, payload, progress).await,
        "scenario-price" => crate::scenarios::price_job(app, payload, progress).await,
        "scenario-balance" => crate::scenarios::balance_job(app, payload, progress).await,
        other => Err(Problem::conflict(
            "unknown-job",
            format!("This program knows no job of kind {other}."),
        )),
    }
}
