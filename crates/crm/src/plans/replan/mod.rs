//! Planning anew, and planning again with a wish: locks, order, adding, leaving out, being late, from here.

mod ahead;
mod begun;
mod compute;
mod wishes;

use std::collections::BTreeSet;

use geom::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::changes::{self, PlanChange};
use super::day::{self, Facts, Person};
use super::prepare::How;
use super::{DayPlan, Stop, Wishes, run, store};
use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;
use begun::{begin, begin_after, frozen, not_before_now, started};
use compute::{Parts, compute};
use wishes::{check, merge, visits_of};

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
    /// Only a proposal: the day keeps its plan until this one is taken over or accepted.
    pub proposal: bool,
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
    let begin = not_before_now(app, &facts, begin);
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
    // Whoever drives an accepted plan is on the way already; a draft has yet to begin.
    if wish.from.is_none() && !old.is_accepted() {
        wishes.begin = not_before_now(app, &facts, wishes.begin);
    }
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
    // A pause that is behind was taken if somebody is on the way; that of a draft which nobody began was not.
    let begun_before = old.asked.wishes.begin.as_ref().map(|begin| begin.at);
    let is_begun = old.is_accepted() || !frozen.is_empty();
    let lunch = old.plan.lunch.filter(|l| {
        let is_behind = |at: Timestamp| l.end <= at.0;
        begin_at.is_some_and(is_behind) && (is_begun || begun_before.is_some_and(is_behind))
    });
    let parts = Parts {
        wishes,
        frozen,
        earlier: open,
        how: Some(how),
        lunch_taken: lunch,
        from: Some(id.to_owned()),
        added_after: keep,
        is_proposal: wish.proposal,
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

fn refuse_past(app: &App, day: Date) -> Result<(), Problem> {
    if day < app.settings.zone.date(app.store.now()) {
        return Err(Problem::conflict(
            "past-day",
            format!("{day} is past; days are planned from today on."),
        ));
    }
    Ok(())
}
