//! Planning a cycle: a job that shows the best plan so far while it goes on, and can be stopped at any time.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ::plan::{ChangePrice, Options, Progress as Step};
use atlas::Atlas;
use jiff::civil::Date;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::body::{Shown, expected};
use super::bound::Room;
use super::facts::Facts;
use super::layout::lay_out;
use super::store::{self, Stored};
use super::{Body, Question, accept};
use crate::jobs::Progress;
use crate::plans::words;
use crate::problem::Problem;
use crate::{App, Zone, sessions};

/// The plan so far is shown at most this often.
const SHOW_EVERY: Duration = Duration::from_millis(700);
/// Moving a visit away from the plan there is weighs as much as so many seconds of driving: about a fifth of a usual drive for another
/// day. At five times as much hardly anyone moves, but the driving after one change is up to a twentieth more than it need be
/// (measured in the planner's example `replan`).
const CHANGE: ChangePrice = ChangePrice { day: 60, rep: 180 };

/// The job that plans a cycle: `{"cycle": id}`.
pub(crate) async fn plan_job(
    app: &Arc<App>,
    payload: Value,
    progress: &mut Progress,
) -> Result<Value, Problem> {
    let id = payload.get("cycle").and_then(Value::as_str).unwrap_or_default();
    let stored = store::find(app.store.db(), id).await?;
    if stored.state == "accepted" {
        return Ok(json!({ "cycle": id }));
    }
    match plan(app, &stored, progress).await {
        Ok((body, stopped)) => {
            store::set_body(app.store.db(), id, "ready", &body).await?;
            match stopped {
                Some(problem) => Err(problem),
                None => Ok(json!({ "cycle": id, "met": body.met, "asked": body.asked })),
            }
        }
        Err(problem) => {
            let body = Body {
                message: Some(problem.detail.clone()),
                ..stored.body()?
            };
            // What was there before a failed attempt to better it is still a plan.
            let state = if body.people.is_empty() { "failed" } else { "ready" };
            store::set_body(app.store.db(), id, state, &body).await?;
            Err(problem)
        }
    }
}

/// The job that accepts a cycle: `{"cycle": id}`.
pub(crate) async fn accept_job(
    app: &Arc<App>,
    payload: Value,
    progress: &mut Progress,
) -> Result<Value, Problem> {
    let id = payload.get("cycle").and_then(Value::as_str).unwrap_or_default();
    let user = progress.job().user_id.clone().unwrap_or_default();
    let signed = sessions::load(app, &user)
        .await?
        .ok_or_else(|| Problem::not_found(format!("User {user}")))?;
    accept::accept(app, &signed, id, progress).await
}

/// What the search tells while it goes on.
struct SoFar {
    body: Body,
    step: u64,
}

async fn plan(
    app: &Arc<App>,
    stored: &Stored,
    progress: &mut Progress,
) -> Result<(Body, Option<Problem>), Problem> {
    let question = stored.question()?;
    let day = |text: &str| text.parse::<Date>().map_err(Problem::unexpected);
    let (first, last) = (day(&stored.first_day)?, day(&stored.last_day)?);
    let facts = Facts::load(app, &question, first, last).await?;
    let language = facts.language;
    let search = Search {
        atlas: app.map()?,
        zone: app.settings.zone.clone(),
        facts,
        question,
        before: before(app, stored).await?,
    };
    let steps = i64::try_from(search.question.steps).unwrap_or(i64::MAX);
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, mut receiver) = mpsc::unbounded_channel::<SoFar>();
    let stopping = stop.clone();
    let work = tokio::task::spawn_blocking(move || search.run(&sender, &stopping));
    let mut stopped = None;
    while let Some(mut told) = receiver.recv().await {
        while let Ok(newer) = receiver.try_recv() {
            told = newer;
        }
        store::set_body(app.store.db(), &stored.id, "planning", &told.body).await?;
        let message = words::cycle_progress(language, told.body.met, told.body.totals.meters / 1000);
        let done = i64::try_from(told.step).unwrap_or(i64::MAX);
        if let Err(problem) = progress.report(done, steps, &message).await {
            stop.store(true, Ordering::Relaxed);
            stopped = Some(problem);
        }
    }
    let (body, problem) = work.await.map_err(Problem::unexpected)??;
    store::set_problem(app.store.db(), &stored.id, &problem).await?;
    Ok((body, stopped))
}

/// The plan to stay near, if any: that of this cycle, or of the one it is a "what if" of.
async fn before(app: &App, stored: &Stored) -> Result<Option<Body>, Problem> {
    if !stored.question()?.near {
        return Ok(None);
    }
    let own = stored.body()?;
    if !own.people.is_empty() {
        return Ok(Some(own));
    }
    match &stored.parent_id {
        Some(parent) => Ok(Some(store::find(app.store.db(), parent).await?.body()?)),
        None => Ok(None),
    }
}

/// A search with everything it needs.
pub(super) struct Search {
    pub atlas: Arc<Atlas>,
    pub zone: Zone,
    pub facts: Facts,
    question: Question,
    before: Option<Body>,
}

impl Search {
    /// Searches; gives the plan and what it was computed from.
    fn run(
        &self,
        sender: &mpsc::UnboundedSender<SoFar>,
        stop: &AtomicBool,
    ) -> Result<(Body, String), Problem> {
        let began = Instant::now();
        let layout = lay_out(&self.atlas, &self.zone, &self.facts, &self.question)?;
        let kept = serde_json::to_string(&layout.kept()).map_err(Problem::unexpected)?;
        let puzzle = layout.puzzle()?;
        let shown = Shown {
            search: self,
            layout: &layout,
            puzzle: &puzzle,
            expected: expected(&layout, self.facts.reps.len(), self.facts.days.len()),
            room: Room::of(&layout, self.facts.reps.len()),
        };
        let options = Options {
            seed: self.question.seed,
            steps: self.question.steps,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            // Who asks what one more rep saves asks for a plan with that rep, not for the old one beside them.
            change: if self.question.helper.is_some() {
                ChangePrice::default()
            } else {
                CHANGE
            },
            reasons: true,
        };
        let mut curve: Vec<[i64; 3]> = Vec::new();
        let mut last: Option<Instant> = None;
        let mut steps_done = 0;
        let mut on = |step: &Step<'_>| {
            steps_done = step.step;
            if last.is_none_or(|at| at.elapsed() >= SHOW_EVERY) {
                last = Some(Instant::now());
                let elapsed = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
                let mut body = shown.so_far(&step.orders());
                let point = [elapsed, body.met, body.totals.drive_s];
                if curve.last().is_none_or(|p| p[1..] != point[1..]) {
                    curve.push(point);
                }
                body.curve.clone_from(&curve);
                body.computing_ms = elapsed;
                body.steps_done = step.step;
                // Nobody listens any more when the program ends; then the job is taken up again.
                drop(sender.send(SoFar {
                    body,
                    step: step.step,
                }));
            }
            if stop.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let plan = match &self.before {
            Some(before) => {
                let orders = shown.orders_of(before);
                ::plan::resolve(&puzzle, &orders, &options, &mut on)
                    .map_err(|e| Problem::conflict("cannot-be-planned", format!("{e}.")))?
            }
            None => ::plan::solve(&puzzle, &options, &mut on),
        };
        let mut body = shown.finished(&plan);
        body.computing_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        curve.push([body.computing_ms, body.met, body.totals.drive_s]);
        body.curve = curve;
        body.steps_done = steps_done;
        Ok((body, kept))
    }
}
