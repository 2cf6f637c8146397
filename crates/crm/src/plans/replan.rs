//! Planning anew, and planning again with a wish: locks, order, adding, leaving out, being late, from here.

use std::collections::{BTreeSet, HashMap};

use ::plan::Span;
use geom::{LngLat, Timestamp};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::changes::{self, PlanChange};
use super::day::{self, Facts, Person};
use super::prepare::{Ahead, Frozen, How, Task};
use super::run::{self, Computed};
use super::store::{self, Stored};
use super::{Begin, CheckIn, DayPlan, LunchBreak, Stop, Wishes, words};
use crate::App;
use crate::calendars::{self, time_of_day};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::visits;

/// So many working days after the planned one are looked at for a better day.
const DAYS_AHEAD: usize = 5;
/// … among so many days of the calendar.
const LOOK_AHEAD_DAYS: i64 = 14;
/// For so long after its last stop a plan counts as being driven, in milliseconds.
const STILL_DRIVEN: i64 = 2 * 3_600_000;

/// What is to be different in the new plan.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Wish {
    /// Visits in exactly this order; stops that are not named follow in theirs.
    pub order: Option<Vec<String>>,
    /// Fix or free time and place in the order of a stop.
    pub lock: Vec<LockWish>,
    /// Free these altogether.
    pub unlock: Vec<String>,
    /// Take these in, by visit or by place, at the price that was said.
    pub add: Vec<String>,
    /// Leave these out.
    pub drop: Vec<String>,
    /// Running so many minutes late against the plan, 1..=600.
    pub late_minutes: Option<i64>,
    /// The rest of the day begins there and then.
    pub from: Option<FromHere>,
}

/// A stop to fix or free; what is not said stays.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct LockWish {
    pub visit_id: String,
    pub time: Option<bool>,
    pub order: Option<bool>,
}

/// A place and a time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct FromHere {
    pub lng: f64,
    pub lat: f64,
    /// Milliseconds since 1970; now unless said.
    pub at: Option<i64>,
}

/// A new draft and what it changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replanned {
    pub plan: DayPlan,
    pub changes: Vec<PlanChange>,
}

/// Plans a day from nothing, but for visits that were begun on it.
pub(crate) async fn plan(
    app: &App,
    signed: &Signed,
    person: Person,
    day: Date,
    seed: Option<u64>,
) -> Result<DayPlan, Problem> {
    let began = std::time::Instant::now();
    refuse_past(app, day)?;
    let language = day::language_of(app, &signed.user_id).await?;
    let facts = Facts::load(app, person, day, &BTreeSet::new(), language).await?;
    let frozen = started(app, &facts);
    let begin = frozen.last().and_then(|last| begin_after(last, last.depart, 0));
    let parts = Parts {
        wishes: Wishes {
            begin,
            ..Wishes::default()
        },
        frozen,
        how: Some(How::Fresh),
        ..Parts::default()
    };
    let seed = seed.unwrap_or(run::SEED);
    compute(app, signed, &facts, parts, seed, began).await
}

/// Plans again with a wish. Nothing is taken over before the new draft is accepted.
pub(crate) async fn replan(app: &App, signed: &Signed, id: &str, wish: Wish) -> Result<Replanned, Problem> {
    let began = std::time::Instant::now();
    let old = store::load(app, signed, id).await?;
    let day = old.day()?;
    refuse_past(app, day)?;
    check(&old.plan, &wish)?;
    let language = day::language_of(app, &signed.user_id).await?;
    let person = day::person(app, signed, Some(&old.plan.user_id)).await?;

    let mut wishes = old.asked.wishes.clone();
    merge(&mut wishes, &old.plan, &wish);
    let mut wanted: BTreeSet<String> = old.plan.stops.iter().map(|s| s.location_id.clone()).collect();
    wanted.extend(wishes.added.iter().chain(&wish.add).cloned());
    let mut facts = Facts::load(app, person, day, &wanted, language).await?;
    let add = visits_of(&facts, &wish.add)?;

    let now = app.store.now();
    let frozen = frozen(app, &old, &mut facts, &wish, now);
    wishes.begin = begin(&old, &frozen, &wish, &facts, now)?;
    let over: BTreeSet<&str> = frozen.iter().map(|f| f.candidate.visit_id.as_str()).collect();
    let open: Vec<String> = old
        .plan
        .stops
        .iter()
        .map(|s| s.visit_id.clone())
        .filter(|v| !over.contains(v.as_str()) && !wishes.dropped.contains(v))
        .collect();
    let later = wish.late_minutes.is_some() || wish.from.is_some();
    let how = match &wish.order {
        Some(order) => {
            let rest = open.iter().filter(|v| !order.contains(v)).cloned();
            How::AsOrdered(order.iter().cloned().chain(rest).collect())
        }
        None if !add.is_empty() && !later => How::Add(add.clone()),
        None => How::Near,
    };
    if !matches!(how, How::Add(_)) {
        wishes.added.extend(add.iter().cloned());
    }
    let keep = if matches!(how, How::Add(_)) {
        add
    } else {
        Vec::new()
    };
    let begin_at = wishes.begin.as_ref().map(|b| b.at);
    let lunch = old
        .plan
        .lunch
        .filter(|l| begin_at.is_some_and(|at| l.end <= at.0));
    let parts = Parts {
        wishes,
        frozen,
        earlier: open,
        how: Some(how),
        lunch_taken: lunch,
        from: Some(id.to_owned()),
        added_after: keep,
    };
    let seed = u64::try_from(old.plan.seed).unwrap_or(run::SEED);
    let plan = compute(app, signed, &facts, parts, seed, began).await?;
    let stayed: Vec<String> = plan
        .stops
        .iter()
        .map(|s| s.visit_id.clone())
        .filter(|v| {
            old.asked.frozen.contains(v)
                || plan
                    .stops
                    .iter()
                    .any(|s| s.visit_id == *v && s.check_in.is_some())
        })
        .collect();
    let changes = changes::between(&old.plan, &plan, &stayed, &app.settings.zone, language);
    Ok(Replanned { plan, changes })
}

/// Puts one stop elsewhere in the order, which is then driven as it stands: late stops are said to be late. The
/// stop keeps its place when the day is planned again.
pub(crate) async fn move_stop(
    app: &App,
    signed: &Signed,
    id: &str,
    visit: &str,
    to: usize,
) -> Result<Replanned, Problem> {
    let old = store::load(app, signed, id).await?;
    let mut order: Vec<String> = old.plan.stops.iter().map(|s| s.visit_id.clone()).collect();
    let Some(from) = order.iter().position(|v| v == visit) else {
        return Err(Problem::bad(
            "/visit_id",
            "not-in-plan",
            "This visit is not in the plan.",
        ));
    };
    if to == 0 || to > order.len() {
        return Err(Problem::bad(
            "/to_seq",
            "out-of-range",
            format!("The plan has the stops 1 to {}.", order.len()),
        ));
    }
    let begun = |stop: &Stop| stop.check_in.is_some() || old.asked.frozen.contains(&stop.visit_id);
    let over = old.plan.stops.iter().take_while(|s| begun(s)).count();
    if from < over || to <= over {
        return Err(Problem::conflict(
            "stop-is-over",
            "Stops that are over or begun keep their place.",
        ));
    }
    let moved = order.remove(from);
    order.insert(to - 1, moved);
    let lock = LockWish {
        visit_id: visit.to_owned(),
        time: None,
        order: Some(true),
    };
    replan(
        app,
        signed,
        id,
        Wish {
            order: Some(order),
            lock: vec![lock],
            ..Wish::default()
        },
    )
    .await
}

/// What a task is made of besides the facts.
#[derive(Default)]
struct Parts {
    wishes: Wishes,
    frozen: Vec<Frozen>,
    earlier: Vec<String>,
    how: Option<How>,
    lunch_taken: Option<LunchBreak>,
    /// The plan that is planned again.
    from: Option<String>,
    /// Visits that stay from now on, but are taken in at the price they had as any other.
    added_after: Vec<String>,
}

async fn compute(
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
    computed.plan.computing_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
    store::save_draft(app, signed, &facts.person.id, parts.from.as_deref(), computed).await
}

fn refuse_past(app: &App, day: Date) -> Result<(), Problem> {
    if day < app.settings.zone.date(app.store.now()) {
        return Err(Problem::conflict(
            "past-day",
            format!("{day} is past; days are planned from today on."),
        ));
    }
    Ok(())
}

/// Refuses wishes that make no sense, by their place in the request.
fn check(plan: &DayPlan, wish: &Wish) -> Result<(), Problem> {
    let stops: BTreeSet<&str> = plan.stops.iter().map(|s| s.visit_id.as_str()).collect();
    let left: BTreeSet<&str> = plan.left_out.iter().map(|l| l.visit_id.as_str()).collect();
    let unknown = |pointer: String| {
        Err(Problem::bad(
            &pointer,
            "not-in-plan",
            "This visit is neither in the plan nor left out of it.",
        ))
    };
    for (at, lock) in wish.lock.iter().enumerate() {
        if !stops.contains(lock.visit_id.as_str()) {
            return Err(Problem::bad(
                &format!("/lock/{at}/visit_id"),
                "not-in-plan",
                "Only a stop of the plan can be fixed.",
            ));
        }
    }
    for (at, visit) in wish.order.iter().flatten().enumerate() {
        if !stops.contains(visit.as_str()) && !left.contains(visit.as_str()) {
            return unknown(format!("/order/{at}"));
        }
    }
    for (at, visit) in wish.drop.iter().enumerate() {
        if !stops.contains(visit.as_str()) && !left.contains(visit.as_str()) {
            return unknown(format!("/drop/{at}"));
        }
    }
    if wish.late_minutes.is_some_and(|m| !(1..=600).contains(&m)) {
        return Err(Problem::bad(
            "/late_minutes",
            "out-of-range",
            "late_minutes is 1 to 600.",
        ));
    }
    Ok(())
}

/// The wishes so far with the new ones.
fn merge(wishes: &mut Wishes, plan: &DayPlan, wish: &Wish) {
    for lock in &wish.lock {
        let id = &lock.visit_id;
        match lock.time {
            Some(true) => {
                if let Some(stop) = plan.stops.iter().find(|s| s.visit_id == *id) {
                    wishes.time.entry(id.clone()).or_insert(Timestamp(stop.start));
                }
            }
            Some(false) => drop(wishes.time.remove(id)),
            None => {}
        }
        match lock.order {
            Some(true) => drop(wishes.order.insert(id.clone())),
            Some(false) => drop(wishes.order.remove(id)),
            None => {}
        }
    }
    for id in &wish.unlock {
        wishes.time.remove(id);
        wishes.order.remove(id);
    }
    for id in &wish.drop {
        wishes.dropped.insert(id.clone());
        wishes.added.remove(id);
        wishes.time.remove(id);
        wishes.order.remove(id);
    }
    for id in wish.add.iter().chain(wish.order.iter().flatten()) {
        wishes.dropped.remove(id);
    }
}

/// The visits that a wish names, by visit or by place.
fn visits_of(facts: &Facts, named: &[String]) -> Result<Vec<String>, Problem> {
    let by_place: HashMap<&str, &str> = facts
        .gathered
        .candidates
        .iter()
        .map(|c| (c.location_id.as_str(), c.visit_id.as_str()))
        .collect();
    let known: BTreeSet<&str> = facts
        .gathered
        .candidates
        .iter()
        .map(|c| c.visit_id.as_str())
        .collect();
    let find = |(at, name): (usize, &String)| {
        let found = known.get(name.as_str()).or_else(|| by_place.get(name.as_str()));
        let missing = || {
            Problem::bad(
                &format!("/add/{at}"),
                "not-a-candidate",
                "This is no visit or place of the person whose day it is.",
            )
        };
        found.map(|v| (*v).to_owned()).ok_or_else(missing)
    };
    named.iter().enumerate().map(find).collect()
}

/// Visits that were begun on the day, as they were.
fn started(app: &App, facts: &Facts) -> Vec<Frozen> {
    let now = app.store.now();
    let is_today = facts.day == app.settings.zone.date(now);
    let frozen = facts.gathered.started.iter().map(|(candidate, visit)| {
        let start = Timestamp(visit.integer("check_in_at").unwrap_or(0));
        let usual = start.0 + candidate.service_minutes * 60_000;
        let depart = visit
            .integer("check_out_at")
            .unwrap_or(if is_today { usual.max(now.0) } else { usual });
        Frozen {
            candidate: candidate.clone(),
            arrive: start,
            start,
            depart: Timestamp(depart.max(start.0)),
            status: visit.text("status").unwrap_or("in_progress").to_owned(),
            check_in: Some(CheckIn {
                at: start.0,
                distance_m: visit.number("check_in_distance_m"),
            }),
        }
    });
    frozen.collect()
}

/// What is over: visits that were begun, and, while an accepted plan is being driven, stops whose time is past.
fn frozen(app: &App, old: &Stored, facts: &mut Facts, wish: &Wish, now: Timestamp) -> Vec<Frozen> {
    let mut frozen = started(app, facts);
    let is_today = facts.day == app.settings.zone.date(now);
    let moment = wish.from.and_then(|f| f.at).unwrap_or(now.0);
    let driven = old.plan.totals.start <= moment && moment <= old.plan.totals.end + STILL_DRIVEN;
    if !old.is_accepted() || !is_today || !driven {
        return frozen;
    }
    let late = wish.late_minutes.unwrap_or(0) * 60_000;
    let past = old
        .plan
        .stops
        .iter()
        .take_while(|s| s.check_in.is_some() || s.depart + late <= moment);
    for stop in past.filter(|s| s.check_in.is_none()) {
        let Some(at) = facts
            .gathered
            .candidates
            .iter()
            .position(|c| c.visit_id == stop.visit_id)
        else {
            continue;
        };
        frozen.push(Frozen {
            candidate: facts.gathered.candidates.remove(at),
            arrive: Timestamp(stop.arrive),
            start: Timestamp(stop.start),
            depart: Timestamp(stop.depart),
            status: stop.status.clone(),
            check_in: None,
        });
    }
    frozen.sort_by_key(|f| f.start);
    frozen
}

fn begin_after(last: &Frozen, at: Timestamp, late: i64) -> Option<Begin> {
    let place = last.candidate.place?;
    Some(Begin {
        place,
        at: Timestamp(at.0 + late),
        label: last.candidate.name.clone(),
    })
}

/// Where and when the open part of the day begins.
fn begin(
    old: &Stored,
    frozen: &[Frozen],
    wish: &Wish,
    facts: &Facts,
    now: Timestamp,
) -> Result<Option<Begin>, Problem> {
    if let Some(from) = wish.from {
        let place = LngLat::new(from.lng, from.lat)
            .map_err(|e| Problem::bad("/from", "off-the-earth", format!("{e}.")))?;
        let at = Timestamp(from.at.unwrap_or(now.0));
        let label = words::from_here(facts.language);
        return Ok(Some(Begin { place, at, label }));
    }
    let late = wish.late_minutes.unwrap_or(0) * 60_000;
    if let Some(last) = frozen.last() {
        return Ok(begin_after(last, last.depart, late));
    }
    let stored = old.asked.wishes.begin.clone();
    if late == 0 {
        return Ok(stored);
    }
    // Nothing is over yet: the day begins that much after it would have begun.
    let at = Timestamp(old.plan.totals.start + late);
    let begin = match stored {
        Some(begin) => Some(Begin { at, ..begin }),
        None => facts.workday()?.calendar.home.as_ref().map(|home| Begin {
            place: home.place,
            at,
            label: home.label.clone(),
        }),
    };
    Ok(begin)
}

/// The next working days with what stands on them.
async fn days_ahead(app: &App, facts: &Facts) -> Result<Vec<Ahead>, Problem> {
    let Some(calendar) = &facts.calendar else {
        return Ok(Vec::new());
    };
    let zone = &app.settings.zone;
    let last = facts.day.saturating_add(LOOK_AHEAD_DAYS.days());
    let away = calendars::absences(&app.store, &facts.person.id, facts.day, last).await?;
    let (from, to) = (facts.day.saturating_add(1.day()), last.saturating_add(1.day()));
    let mut planned = visits::planned_between(
        &app.store,
        &facts.person.id,
        zone.start_of(from),
        zone.start_of(to),
    )
    .await?;
    planned.sort_by_key(|v| (v.integer("planned_start"), v.id.clone()));
    let ids: Vec<String> = planned
        .iter()
        .filter_map(|v| v.text("location_id").map(str::to_owned))
        .collect();
    let locations = visits::by_ids(&app.store, "location", &ids).await?;
    let mut ahead = Vec::new();
    let mut day = facts.day;
    while ahead.len() < DAYS_AHEAD && day < last {
        day = day.saturating_add(1.day());
        let is_away = away.iter().any(|(first, last, _)| *first <= day && day <= *last);
        let Some(shift) = calendar.window_on(zone, day).filter(|_| !is_away) else {
            continue;
        };
        let mut stops = Vec::new();
        for visit in &planned {
            let start = visit
                .integer("planned_start")
                .map(Timestamp)
                .filter(|at| zone.date(*at) == day);
            let place = visit
                .text("location_id")
                .and_then(|l| locations.get(l))
                .and_then(|l| l.place());
            let (Some(start), Some(place)) = (start, place) else {
                continue;
            };
            let minutes = visit
                .integer("duration_minutes")
                .unwrap_or(visits::USUAL_MINUTES)
                .clamp(1, 600);
            let promised = visit
                .integer("promised_at")
                .map(|_| time_of_day(zone, day, start));
            stops.push((place, i32::try_from(minutes * 60).unwrap_or(1800), promised));
        }
        let lunch = calendar.lunch_on(zone, day, shift.from, shift.to);
        ahead.push(Ahead {
            day,
            shift,
            lunch,
            stops,
        });
    }
    Ok(ahead)
}
