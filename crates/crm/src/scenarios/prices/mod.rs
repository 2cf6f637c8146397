//! What a scenario costs on the road: weeks of visits planned over the roads for each rep, as they are and as they would
//! be. Only reps whose customers changed are planned again, so that after an edit the answer is there in seconds.

mod portfolios;
mod store;

use portfolios::Portfolios;
pub(super) use portfolios::portfolios;

pub(super) use store::{Stored, find, insert, set_job};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::branch::{self, Branch};
use super::driven::Replanned;
use super::figures::{owners, tenths};
use crate::App;
use crate::cycles::{Portfolio, Weeks, planned_together, weeks_of};
use crate::jobs::Progress;
use crate::problem::Problem;
use crate::sessions;
use crate::territories::{Layout, number};

/// Weeks that are planned at most, and unless said.
const MOST_WEEKS: i64 = 8;
const WEEKS: i64 = 4;

/// What is to be priced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = PriceQuestion)]
pub(crate) struct Question {
    /// 1 to 8; 4 unless said.
    pub weeks: Option<i64>,
    /// The next Monday unless said.
    pub first_day: Option<String>,
    /// Everybody who owns a territory, not only whom the scenario concerns.
    pub everybody: bool,
    /// What an hour of work and a kilometre cost, minor units; without them hours and kilometres are told only.
    pub hour_cost: Option<i64>,
    pub km_cost: Option<i64>,
}

/// What a rep's weeks are, on average.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = PlannedWeek)]
pub(crate) struct Week {
    pub visit_hours: f64,
    pub drive_hours: f64,
    /// Visits and driving together.
    pub hours: f64,
    pub km: f64,
    pub overtime_hours: f64,
    /// Over all the weeks.
    pub nights_away: i64,
    /// Visits planned over all the weeks.
    pub visits: i64,
    /// Visits that rhythms ask for and that do not fit, over all the weeks.
    pub unmet: i64,
    /// Minor units a week; null where no costs were said.
    pub cost: Option<i64>,
}

/// A rep's weeks, before and after.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = PricedRep)]
pub(crate) struct Row {
    pub user_id: String,
    pub name: String,
    /// Why there is no plan; null where there is one.
    pub message: Option<String>,
    /// Other customers than before.
    pub changed: bool,
    pub before: Option<Week>,
    pub after: Option<Week>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub message: Option<String>,
    pub first_day: String,
    pub last_day: String,
    pub rows: Vec<Row>,
    /// Hours a week on the road by territory, where one rep works it alone and nothing else.
    pub drive_hours: BTreeMap<String, f64>,
    /// The same at the base.
    pub drive_hours_before: BTreeMap<String, f64>,
    pub took_ms: i64,
}

impl Question {
    /// First and last day.
    pub fn span(&self, app: &App) -> Result<(Date, Date), Problem> {
        let today = app.settings.zone.date(app.store.now());
        let first = match self.first_day.as_deref().map(str::trim).filter(|d| !d.is_empty()) {
            Some(day) => crate::time::parse_day(day, "/first_day")?,
            None => today
                .nth_weekday(1, Weekday::Monday)
                .map_err(Problem::unexpected)?,
        };
        let weeks = self.weeks.unwrap_or(WEEKS);
        if !(1..=MOST_WEEKS).contains(&weeks) {
            return Err(Problem::bad(
                "/weeks",
                "out-of-range",
                format!("Plan 1 to {MOST_WEEKS} weeks; this asks for {weeks}."),
            ));
        }
        if first <= today {
            return Err(Problem::bad(
                "/first_day",
                "past-days",
                "Begin with a day to come: what is left of today is planned in My day.",
            ));
        }
        Ok((first, first.saturating_add((weeks * 7 - 1).days())))
    }

    fn week(&self, weeks: &Weeks, count: f64) -> Week {
        let hours = |seconds: i64| seconds as f64 / 3600.0 / count;
        let (visit, drive) = (hours(weeks.visit_s), hours(weeks.drive_s));
        let km = weeks.meters as f64 / 1000.0 / count;
        let cost = match (self.hour_cost, self.km_cost) {
            (None, None) => None,
            (hour, each) => Some(
                (hour.unwrap_or(0) as f64 * (visit + drive) + each.unwrap_or(0) as f64 * km).round() as i64,
            ),
        };
        Week {
            visit_hours: tenths(visit),
            drive_hours: tenths(drive),
            hours: tenths(visit + drive),
            km: km.round(),
            overtime_hours: tenths(hours(weeks.overtime_s)),
            nights_away: weeks.nights_away,
            visits: weeks.met,
            unmet: weeks.unmet,
            cost,
        }
    }
}

/// The job: `{"scenario": id}`.
pub(crate) async fn job(app: &Arc<App>, payload: Value, progress: &mut Progress) -> Result<Value, Problem> {
    let id = payload
        .get("scenario")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let Some(stored) = find(app.store.db(), id).await?.filter(|s| s.state == "running") else {
        return Ok(json!({ "scenario": id }));
    };
    match price(app, &stored, progress).await {
        Ok(body) => {
            store::set_body(app.store.db(), &stored, "ready", &body).await?;
            Ok(json!({ "scenario": id, "reps": body.rows.len() }))
        }
        Err(problem) => {
            let body = Body {
                message: Some(problem.detail.clone()),
                ..Body::default()
            };
            store::set_body(app.store.db(), &stored, "failed", &body).await?;
            Err(problem)
        }
    }
}

async fn price(app: &Arc<App>, stored: &Stored, progress: &mut Progress) -> Result<Body, Problem> {
    let began = std::time::Instant::now();
    let question = stored.question()?;
    let signed = sessions::load(app, &stored.user_id)
        .await?
        .ok_or_else(|| Problem::not_found(format!("User {}", stored.user_id)))?;
    let branch = branch::load(app, &signed.viewer, &stored.scenario_id).await?;
    if branch.basis() != stored.basis {
        return Err(Problem::conflict(
            "stale",
            "The scenario was changed meanwhile. Ask for its price again.",
        ));
    }
    let (first, last) = question.span(app)?;
    let (then, now) = portfolios(app, &branch).await?;
    let empty = BTreeSet::new();
    let users: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let of = |side: &Portfolios, user: &String| Portfolio {
        user_id: user.clone(),
        places: side.get(user).unwrap_or(&empty).clone(),
    };
    let asked: Vec<&String> = users
        .into_iter()
        .filter(|u| question.everybody || then.get(*u) != now.get(*u))
        .collect();
    // Whoever shares a place with one of them, before or after, is planned along with them on both sides.
    let mut asked: BTreeSet<&String> = asked.into_iter().collect();
    let sides: Vec<Vec<Portfolio>> = loop {
        let sides: Vec<Vec<Portfolio>> = [&then, &now]
            .into_iter()
            .map(|side| with_partners(side, asked.iter().map(|u| of(side, u)).collect()))
            .collect();
        let more: BTreeSet<&String> = then
            .keys()
            .chain(now.keys())
            .filter(|u| !asked.contains(u) && sides.iter().flatten().any(|p| p.user_id == **u))
            .collect();
        if more.is_empty() {
            break sides;
        }
        asked.extend(more);
    };
    let total = i64::try_from(sides.iter().map(Vec::len).sum::<usize>()).unwrap_or(i64::MAX);
    let mut planned: Vec<BTreeMap<String, Weeks>> = Vec::new();
    let mut ready = 0;
    for side in &sides {
        let mut weeks = BTreeMap::new();
        for group in planned_together(side) {
            for one in weeks_of(app, &group, first, last).await? {
                weeks.insert(one.user_id.clone(), one);
            }
            ready += i64::try_from(group.len()).unwrap_or(0);
            progress.report(ready, total, "planning").await?;
        }
        planned.push(weeks);
    }
    let count = f64::from((last - first).get_days() + 1) / 7.0;
    let rows = asked.iter().filter_map(|user| {
        let (before, after) = (planned[0].get(*user)?, planned[1].get(*user)?);
        let week = |w: &Weeks| w.message.is_none().then(|| question.week(w, count));
        Some(Row {
            user_id: (*user).clone(),
            name: after.name.clone(),
            message: after.message.clone(),
            changed: then.get(*user) != now.get(*user),
            before: week(before),
            after: week(after),
        })
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|a, b| (&a.name, &a.user_id).cmp(&(&b.name, &b.user_id)));
    let drive = |side: usize, user: &str| {
        let weeks = planned[side].get(user).filter(|w| w.message.is_none())?;
        Some(weeks.drive_s as f64 / 3600.0 / count)
    };
    Ok(Body {
        message: None,
        first_day: first.to_string(),
        last_day: last.to_string(),
        drive_hours: by_territory(branch.layout(), |user| drive(1, user)),
        drive_hours_before: by_territory(&branch.base, |user| drive(0, user)),
        rows,
        took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
    })
}

/// With everybody who shares places with them, also by way of others.
fn with_partners(side: &Portfolios, asked: Vec<Portfolio>) -> Vec<Portfolio> {
    let mut by_place: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for (user, places) in side {
        for place in places {
            by_place.entry(place).or_default().push(user);
        }
    }
    let mut found = asked;
    let mut at = 0;
    while let Some(one) = found.get(at) {
        let shared = one
            .places
            .iter()
            .filter_map(|p| by_place.get(p.as_str()))
            .flatten();
        let more: BTreeSet<&String> = shared
            .copied()
            .filter(|u| found.iter().all(|p| p.user_id != **u))
            .collect();
        let more: Vec<Portfolio> = more
            .into_iter()
            .map(|user| Portfolio {
                user_id: user.clone(),
                places: side[user].clone(),
            })
            .collect();
        found.extend(more);
        at += 1;
    }
    found
}

fn by_territory(layout: &Layout, drive: impl Fn(&str) -> Option<f64>) -> BTreeMap<String, f64> {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for owner in layout.territories.iter().flat_map(owners) {
        *uses.entry(owner).or_default() += 1;
    }
    let alone = |standing: &crate::territories::Standing| {
        let [owner] = owners(standing)[..] else {
            return None;
        };
        let hours = drive(owner).filter(|_| uses[owner] == 1)?;
        Some((standing.id().to_owned(), hours))
    };
    layout.territories.iter().filter_map(alone).collect()
}

/// Hours a week on the road of territories that were planned as the scenario has them now.
pub(super) async fn replanned(app: &App, branch: &Branch) -> Result<Replanned, Problem> {
    let stored = find(app.store.db(), branch.id()).await?;
    let Some(stored) = stored.filter(|s| s.state == "ready" && s.basis == branch.basis()) else {
        return Ok(Replanned::default());
    };
    let body = stored.body()?;
    let by_number = |hours: BTreeMap<String, f64>| {
        let hours = hours.into_iter();
        hours.map(|(id, hours)| (number(&id), hours)).collect()
    };
    Ok(Replanned {
        before: by_number(body.drive_hours_before),
        after: by_number(body.drive_hours),
    })
}
