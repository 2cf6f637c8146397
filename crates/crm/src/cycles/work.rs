//! Planning a cycle: a job that shows the best plan so far while it goes on, and can be stopped at any time.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ::plan::{
    ChangePrice, LeftOut, Options, Plan, Problem as Puzzle, Progress as Step, Reason as Why, Recurrence,
    Route, Rules, SlotId, TimeOfDay, VisitId,
};
use atlas::Atlas;
use jiff::civil::Date;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::facts::Facts;
use super::layout::{Layout, lay_out};
use super::present::{Marks, Rhythms, cell, row_of};
use super::store::{self, Stored};
use super::{Best, Body, Question, Unmet, accept, change};
use crate::jobs::Progress;
use crate::plans::present::minutes;
use crate::plans::why::Told;
use crate::plans::{Reason, words};
use crate::problem::Problem;
use crate::{App, Zone, sessions};

/// The plan so far is shown at most this often.
const SHOW_EVERY: Duration = Duration::from_millis(700);
/// Moving a visit away from the plan there is weighs as much as so many seconds of driving.
const CHANGE: ChangePrice = ChangePrice { day: 300, rep: 900 };
/// Each second that a rep works above the mean weighs as much as so many hundredths of a second of driving.
const BALANCE: u32 = 5;
/// At most so many reasons are told for a visit left out.
const REASONS: usize = 3;

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
struct Search {
    atlas: Arc<Atlas>,
    zone: Zone,
    facts: Facts,
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
        let rules = Rules {
            balance: BALANCE,
            ..Rules::default()
        };
        let puzzle = Puzzle::with_rules(layout.slots.clone(), layout.visits.clone(), rules, &layout.times)
            .map_err(|e| {
                Problem::conflict(
                    "cannot-be-planned",
                    format!("These weeks cannot be planned: {e}."),
                )
            })?;
        let shown = Shown {
            search: self,
            layout: &layout,
            puzzle: &puzzle,
            expected: layout
                .visits
                .iter()
                .map(|v| fewest(v, self.facts.days.len()))
                .sum(),
        };
        let options = Options {
            seed: self.question.seed,
            steps: self.question.steps,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            change: CHANGE,
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

/// The fewest visits that a rhythm asks for within the days.
fn fewest(visit: &::plan::Visit, days: usize) -> i64 {
    let Recurrence::Gap(gap) = &visit.recurrence else {
        return 1;
    };
    let days = i64::try_from(days).unwrap_or(i64::MAX);
    let max = i64::from(gap.max).max(1);
    let latest = gap.since_last.map_or(0, |since| (max - i64::from(since)).max(0));
    if latest >= days {
        0
    } else {
        1 + (days - 1 - latest) / max
    }
}

/// Plans of a search as people see them.
struct Shown<'a> {
    search: &'a Search,
    layout: &'a Layout,
    puzzle: &'a Puzzle,
    /// Visits asked for, as far as that is known before a plan is finished.
    expected: i64,
}

impl Shown<'_> {
    /// Rows of these routes, by slot.
    fn rows(&self, routes: &[Route]) -> Body {
        let facts = &self.search.facts;
        let zone = &self.search.zone;
        let mut people: Vec<_> = facts
            .reps
            .iter()
            .map(|rep| row_of(rep, zone, &facts.days))
            .collect();
        let mut rhythms = Rhythms::of(&facts.reps);
        // By day, so that each visit of a rhythm is told against the one before it.
        let mut by_day: Vec<usize> = (0..routes.len()).collect();
        by_day.sort_by_key(|&slot| (self.layout.slot_of[slot].1, self.layout.slot_of[slot].0));
        let mut met = 0;
        for slot in by_day {
            let (rep, day) = self.layout.slot_of[slot];
            let date = facts.days[day];
            let due: HashMap<VisitId, Option<i64>> = routes[slot]
                .stops
                .iter()
                .map(|stop| {
                    let origin = &self.layout.origins[stop.visit.0 as usize];
                    let wanted = &facts.reps[origin.wanted.0].wanted[origin.wanted.1];
                    (stop.visit, rhythms.visit(&wanted.candidate.location_id, day))
                })
                .collect();
            let told = |stop: &::plan::Stop| {
                let origin = &self.layout.origins[stop.visit.0 as usize];
                let wanted = &facts.reps[origin.wanted.0].wanted[origin.wanted.1];
                let stood = wanted.booked.iter().any(|v| {
                    v.integer("planned_start")
                        .is_some_and(|at| zone.date(geom::Timestamp(at)) == date)
                });
                let marks = Marks {
                    due_days: due.get(&stop.visit).copied().flatten(),
                    promised: origin.promised,
                    fixed: origin.fixed,
                    stood,
                };
                Some((&wanted.candidate, marks))
            };
            let done = cell(&facts.reps[rep], zone, date, facts.language, &routes[slot], told);
            let visits = i64::try_from(done.stops.len()).unwrap_or(0);
            met += visits;
            people[rep].met += visits;
            people[rep].cells[day] = done;
        }
        let mut body = Body {
            people,
            met,
            map_hash: self.search.atlas.hash_hex(),
            ..Body::default()
        };
        change::tally(&mut body);
        body
    }

    /// The best so far, without reasons.
    fn so_far(&self, orders: &[Vec<VisitId>]) -> Body {
        let routes: Vec<Route> = (0u32..)
            .zip(orders)
            .map(|(slot, order)| ::plan::evaluate(self.puzzle, SlotId(slot), order).unwrap_or_default())
            .collect();
        let mut body = self.rows(&routes);
        body.asked = self.expected.max(body.met);
        body.open = body.asked - body.met;
        body
    }

    /// The plan with who gets too few visits, and why.
    fn finished(&self, plan: &Plan) -> Body {
        let mut body = self.rows(&plan.routes);
        let facts = &self.search.facts;
        for left in &plan.left_out {
            let origin = &self.layout.origins[left.visit.0 as usize];
            let rep = &facts.reps[origin.wanted.0];
            let candidate = &rep.wanted[origin.wanted.1].candidate;
            let missing = i64::from(left.missing.max(1));
            if left
                .reasons
                .iter()
                .any(|slot| slot.reasons.iter().all(can_give_way))
            {
                body.open += missing;
            }
            let name = |visit: VisitId| self.name(visit);
            body.unmet.push(Unmet {
                user_id: rep.user_id.clone(),
                location_id: candidate.location_id.clone(),
                account_id: candidate.account_id.clone(),
                name: candidate.name.clone(),
                lng: candidate.place.map(geom::LngLat::lng),
                lat: candidate.place.map(geom::LngLat::lat),
                class: candidate.class.clone(),
                due_days: candidate.due_days,
                missing,
                reasons: self.reasons(left),
                price_minutes: left
                    .cheapest
                    .as_ref()
                    .map(|way| minutes(i64::from(way.extra_drive.0))),
                displaces: left
                    .cheapest
                    .iter()
                    .flat_map(|way| way.drops.iter().map(|v| name(*v)))
                    .collect(),
                best: left.cheapest.as_ref().map(|way| Best {
                    day: self.day_of(way.slot).to_string(),
                    minutes: minutes(i64::from(way.extra_drive.0)),
                }),
            });
            body.asked += missing;
            body.people[origin.wanted.0].asked += missing;
        }
        body.asked += body.met;
        for row in &mut body.people {
            row.asked += row.met;
        }
        body.unmet.sort_by(|a, b| {
            (&a.user_id, a.due_days, &a.name, &a.location_id).cmp(&(
                &b.user_id,
                b.due_days,
                &b.name,
                &b.location_id,
            ))
        });
        body
    }

    fn name(&self, visit: VisitId) -> String {
        let origin = &self.layout.origins[visit.0 as usize];
        self.search.facts.reps[origin.wanted.0].wanted[origin.wanted.1]
            .candidate
            .name
            .clone()
    }

    fn day_of(&self, slot: SlotId) -> Date {
        self.search.facts.days[self.layout.slot_of[slot.0 as usize].1]
    }

    /// What stands against a visit: of all days, the rules met most often, each in the words of one day.
    fn reasons(&self, left: &LeftOut) -> Vec<Reason> {
        let facts = &self.search.facts;
        let zone = &self.search.zone;
        let mut found: BTreeMap<String, (usize, Reason)> = BTreeMap::new();
        let name = |visit: VisitId| self.name(visit);
        let date = |number: u16| facts.days.get(usize::from(number)).copied();
        for slot in &left.reasons {
            let day = self.day_of(slot.slot);
            let clock = |at: TimeOfDay| zone.time(crate::calendars::instant_of(zone, day, at));
            let told = Told {
                language: facts.language,
                day,
                visit: left.visit,
                name: &name,
                clock: &clock,
                date: &date,
            };
            for reason in slot.reasons.iter().filter_map(|why| told.why_not(why)) {
                let known = found
                    .entry(reason.code.clone())
                    .or_insert_with(|| (0, reason.clone()));
                known.0 += 1;
                // Of amounts the smallest is nearest to fitting.
                if reason
                    .amount
                    .zip(known.1.amount)
                    .is_some_and(|(new, old)| new < old)
                {
                    known.1 = reason;
                }
            }
        }
        let slots = left.reasons.len();
        let rep = &facts.reps[self.layout.origins[left.visit.0 as usize].wanted.0].name;
        let mut found: Vec<(usize, Reason)> = found
            .into_values()
            .map(|(days, reason)| (days, words::on_days(facts.language, reason, days, slots, rep)))
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.code.cmp(&b.1.code)));
        let reasons: Vec<Reason> = found.into_iter().take(REASONS).map(|(_, r)| r).collect();
        if reasons.is_empty() {
            let on_road = self.layout.visits[left.visit.0 as usize].place.is_some();
            let lang = facts.language;
            return vec![if on_road {
                words::no_working_day(lang)
            } else {
                words::no_coordinates(lang)
            }];
        }
        reasons
    }

    /// The visits of another plan of the same days as orders of this problem.
    fn orders_of(&self, body: &Body) -> Vec<Vec<VisitId>> {
        let facts = &self.search.facts;
        let mut by_location: HashMap<&str, Vec<VisitId>> = HashMap::new();
        for (number, origin) in (0u32..).zip(&self.layout.origins) {
            let wanted = &facts.reps[origin.wanted.0].wanted[origin.wanted.1];
            by_location
                .entry(&wanted.candidate.location_id)
                .or_default()
                .push(VisitId(number));
        }
        let mut once: Vec<bool> = vec![false; self.layout.visits.len()];
        let mut orders = Vec::with_capacity(self.layout.slots.len());
        for (slot, (rep, day)) in self.layout.slot_of.iter().enumerate() {
            let user = &facts.reps[*rep].user_id;
            let row = body.people.iter().find(|r| r.user_id == *user);
            let Some(cell) = row.and_then(|r| r.cells.get(*day)) else {
                orders.push(Vec::new());
                continue;
            };
            let number = self.layout.slots[slot].day;
            let mut order = Vec::new();
            for stop in &cell.stops {
                let visits = by_location.get(stop.location_id.as_str()).into_iter().flatten();
                let fits = |visit: &&VisitId| {
                    let at = visit.0 as usize;
                    let known = &self.layout.visits[at];
                    let free = matches!(known.recurrence, Recurrence::Gap(_)) || !once[at];
                    let here = SlotId(u32::try_from(slot).unwrap_or(u32::MAX));
                    free && known.locks.day.is_none_or(|day| day == number)
                        && known
                            .allowed
                            .as_ref()
                            .is_none_or(|allowed| allowed.contains(&here))
                };
                if let Some(visit) = visits.copied().find(|v| fits(&v)) {
                    once[visit.0 as usize] = true;
                    order.push(visit);
                }
            }
            orders.push(order);
        }
        orders
    }
}

/// A rule that another plan could get around; the others stand whatever is planned.
fn can_give_way(why: &Why) -> bool {
    !matches!(
        why,
        Why::NoCoordinates
            | Why::RepAbsent
            | Why::NotAllowed
            | Why::NeedsSkill { .. }
            | Why::ClosedThatDay
            | Why::NotBefore { .. }
            | Why::Unreachable
            | Why::TooFar { .. }
            | Why::TooLong { .. }
            | Why::Frozen
    )
}
