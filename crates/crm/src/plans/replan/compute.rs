//! What is planned from the facts of a day and the wishes for it, computed off the serving threads and kept as a draft.

use std::collections::BTreeSet;

use ::plan::{Span, TimeOfDay, Window};
use jiff::civil::Time;

use super::ahead::days_ahead;
use crate::App;
use crate::calendars::{instant_of, time_of_day};
use crate::plans::day::Facts;
use crate::plans::prepare::{Frozen, How, Task};
use crate::plans::run::{self, Computed};
use crate::plans::{DayPlan, Language, LunchBreak, Wishes, store, words};
use crate::problem::Problem;
use crate::sessions::Signed;

/// What a task is made of besides the facts.
#[derive(Default)]
pub(super) struct Parts {
    pub wishes: Wishes,
    pub frozen: Vec<Frozen>,
    pub earlier: Vec<String>,
    pub how: Option<How>,
    pub lunch_taken: Option<LunchBreak>,
    /// The plan that is planned again.
    pub from: Option<String>,
    /// Visits that stay from now on, but are taken in at the price they had as any other.
    pub added_after: Vec<String>,
    /// Somebody is still to say whether they want it.
    pub is_proposal: bool,
}

pub(super) async fn compute(
    app: &App,
    signed: &Signed,
    facts: &Facts,
    parts: Parts,
    seed: u64,
    began: std::time::Instant,
) -> Result<DayPlan, Problem> {
    let work = facts.workday()?;
    let zone = &app.settings.zone;
    let over: BTreeSet<&str> = parts
        .frozen
        .iter()
        .map(|f| f.candidate.visit_id.as_str())
        .collect();
    let candidates = facts
        .gathered
        .candidates
        .iter()
        .filter(|c| !over.contains(c.visit_id.as_str()))
        .cloned();
    let begin = parts.wishes.begin.clone();
    let begin_at = begin
        .as_ref()
        .map_or(work.shift.from, |b| time_of_day(zone, facts.day, b.at));
    let lunch = work.calendar.lunch_on(zone, facts.day, begin_at, work.shift.to);
    let usual_lunch = work
        .calendar
        .lunch_on(zone, facts.day, work.shift.from, work.shift.to);
    let notes = notes(&Notes {
        language: facts.language,
        shift: work.shift,
        begin: begin_at,
        lunch_is_over: usual_lunch.is_some() && lunch.is_none() && parts.lunch_taken.is_none(),
        clock: &|at| zone.time(instant_of(zone, facts.day, at)),
    });
    let task = Task {
        atlas: app.map()?,
        zone: zone.clone(),
        day: facts.day,
        language: facts.language,
        home: work.home.clone(),
        shift: work.shift,
        lunch: lunch.filter(|_| parts.lunch_taken.is_none()),
        lunch_taken: parts.lunch_taken,
        max_drive: work.calendar.max_drive_minutes.map(Span::minutes),
        candidates: candidates.collect(),
        beyond: facts.gathered.beyond.clone(),
        frozen: parts.frozen,
        begin,
        wishes: parts.wishes,
        earlier: parts.earlier,
        how: parts.how.unwrap_or(How::Near),
        ahead: days_ahead(app, facts).await?,
        seed,
        steps: run::STEPS,
    };
    let mut computed: Computed = tokio::task::spawn_blocking(move || run::run(&task))
        .await
        .map_err(Problem::unexpected)??;
    computed.asked.facts = facts.fingerprint(false);
    computed.asked.calendar = facts.calendar_version();
    computed.asked.wishes.added.extend(parts.added_after);
    computed.plan.notes = notes;
    computed.plan.computing_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
    if parts.is_proposal {
        "proposed".clone_into(&mut computed.plan.status);
    }
    store::save_draft(app, signed, &facts.person.id, parts.from.as_deref(), computed).await
}

/// What there is to say of the whole day.
struct Notes<'a> {
    language: Language,
    shift: Window,
    /// When the part that is planned begins.
    begin: TimeOfDay,
    lunch_is_over: bool,
    clock: &'a dyn Fn(TimeOfDay) -> Time,
}

fn notes(of: &Notes<'_>) -> Vec<String> {
    let (lang, clock) = (of.language, of.clock);
    if of.begin >= of.shift.to {
        return vec![words::day_is_over(lang, clock(of.shift.to))];
    }
    let mut notes = Vec::new();
    if of.begin > of.shift.from {
        notes.push(words::planned_from(lang, clock(of.begin), clock(of.shift.from)));
    }
    if of.lunch_is_over {
        notes.push(words::lunch_is_over(lang, clock(of.begin)));
    }
    notes
}
