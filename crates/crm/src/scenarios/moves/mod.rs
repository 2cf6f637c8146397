//! What moved, and why, for one rep: of every publication and of what is queued.

mod happened;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use geom::Timestamp;
use points::Filter as Rows;
use records::{At, Filter, Record, Viewer};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::branch;
use super::deals::holdovers;
use super::driven::{Driven, Replanned, Roads};
use super::figures::{reps, tenths};
use super::http::reason_words;
use super::outcome::{deal_columns, evaluate, tally};
use crate::App;
use crate::live::{State, accounts_of, index_problem, row_id};
use crate::problem::Problem;
use crate::territories::{Facts, Known, Layout, facts_of, number};

pub(super) use happened::{Happened, Passed, happened};

/// Publications looked back at.
const PUBLICATIONS: usize = 20;
/// Places that a list holds.
const LISTED: usize = 500;

/// A territory with whoever works it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct WorkedBy {
    pub id: String,
    pub name: String,
    pub owner_name: Option<String>,
}

/// What somebody said against a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OwnObjection {
    pub id: String,
    /// open, accepted, declined, withdrawn
    pub state: String,
    pub reason: String,
    pub answer: Option<String>,
}

/// A place that comes or goes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RepMove {
    pub location_id: String,
    pub account_id: String,
    pub name: String,
    pub city: Option<String>,
    pub lng: Option<f64>,
    pub lat: Option<f64>,
    pub from: Option<WorkedBy>,
    pub to: Option<WorkedBy>,
    /// The rule that decided, with its numbers.
    pub reason: String,
    pub revenue: i64,
    pub pipeline: i64,
    pub open_deals: i64,
    /// Until when the open deals stay with whoever had the place.
    pub holdover_until: Option<i64>,
    pub objection: Option<OwnObjection>,
}

/// What a publication means for one rep.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RepPublication {
    pub scenario_id: String,
    pub name: String,
    /// From when it holds.
    pub at: i64,
    /// queued, published, reverted
    pub state: String,
    /// As a letter.
    pub text: String,
    /// At most 500 each.
    pub lost: Vec<RepMove>,
    pub gained: Vec<RepMove>,
    pub lost_count: usize,
    pub gained_count: usize,
    /// Hours of an average week, driving estimated.
    pub hours_before: f64,
    pub hours_after: f64,
}

/// Everything published or queued that concerns a rep, newest first.
pub(super) async fn of_user(app: &App, user: &str) -> Result<Vec<RepPublication>, Problem> {
    let system = Viewer::system();
    let mut scenarios = Vec::new();
    for state in ["queued", "published", "reverted"] {
        let filter = Filter::eq("state", state);
        scenarios.extend(branch::all(app, &system, "territory_scenario", filter, "id").await?);
    }
    let at = |s: &Record| {
        s.integer("published_at")
            .or_else(|| s.integer("publish_at"))
            .unwrap_or(0)
    };
    scenarios.sort_by_key(|s| (std::cmp::Reverse(at(s)), s.id.clone()));
    scenarios.truncate(PUBLICATIONS);
    let names = crate::crud::user_names(app).await?;
    let until: BTreeMap<String, i64> = holdovers(app.store.db())
        .await?
        .into_iter()
        .map(|h| (h.location_id.clone(), h.until()))
        .collect();
    let state = app.live.present();
    let mut found = Vec::new();
    for scenario in scenarios {
        let Some(happened) = happened(app, &scenario).await? else {
            continue;
        };
        let filter = Filter::eq("scenario_id", scenario.id.as_str()).and(Filter::eq("user_id", user));
        let objections = branch::all(app, &system, "scenario_objection", filter, "at").await?;
        let view = View {
            app,
            state: &state,
            happened: &happened,
            names: &names,
            objections: &objections,
            until: &until,
        };
        if let Some(one) = view.of(&scenario, user, at(&scenario)).await? {
            found.push(one);
        }
    }
    Ok(found)
}

struct View<'a> {
    app: &'a App,
    state: &'a Arc<State>,
    happened: &'a Happened,
    names: &'a HashMap<String, String>,
    objections: &'a [Record],
    until: &'a BTreeMap<String, i64>,
}

impl View<'_> {
    async fn of(&self, scenario: &Record, user: &str, at: i64) -> Result<Option<RepPublication>, Problem> {
        let (mut lost, mut gained) = (Vec::new(), Vec::new());
        for passed in &self.happened.passed {
            match self.happened.of_user(passed, user) {
                (true, false) => lost.push(passed),
                (false, true) => gained.push(passed),
                _ => {}
            }
        }
        if lost.is_empty() && gained.is_empty() {
            return Ok(None);
        }
        let (a, b, state) = (
            self.happened.before.clone(),
            self.happened.after.clone(),
            self.state.clone(),
        );
        let user_id = user.to_owned();
        let driven = Driven::load(self.app).await?;
        let known = Known::load(self.app, a.reads_facts() || b.reads_facts()).await?;
        let hours = tokio::task::spawn_blocking(move || {
            let outcome = evaluate(&a, &b, &state, &Rows::All, &known)?;
            let roads = Roads::of(&driven, &a, &b, &outcome, &Replanned::default());
            Ok::<_, points::Error>(
                reps(&a, &b, &outcome, &roads)
                    .get(&user_id)
                    .copied()
                    .unwrap_or_default(),
            )
        })
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
        let (lost_count, gained_count) = (lost.len(), gained.len());
        let name = scenario.text("name").unwrap_or_default().to_owned();
        let message = scenario
            .fields
            .get("publish_options")
            .and_then(|o| o.get("message"))
            .and_then(Value::as_str);
        let day = self.app.settings.zone.date(Timestamp(at)).strftime("%-d %B %Y");
        let words = |n: usize| {
            if n == 1 {
                "1 customer".to_owned()
            } else {
                format!("{n} customers")
            }
        };
        let mut text = format!(
            "{name}, from {day}. {} of yours go to others, {} come to you. Your week: {:.1} h before, {:.1} h after (driving is estimated).",
            words(lost_count),
            words(gained_count),
            hours.hours_before,
            hours.hours_after
        );
        if let Some(message) = message {
            text += &format!(" Why: {message}");
        }
        Ok(Some(RepPublication {
            scenario_id: scenario.id.clone(),
            name,
            at,
            state: scenario.text("state").unwrap_or_default().to_owned(),
            text,
            lost: self.rows(&lost).await?,
            gained: self.rows(&gained).await?,
            lost_count,
            gained_count,
            hours_before: tenths(hours.hours_before),
            hours_after: tenths(hours.hours_after),
        }))
    }

    async fn rows(&self, passed: &[&Passed]) -> Result<Vec<RepMove>, Problem> {
        let shown: Vec<&&Passed> = passed.iter().take(LISTED).collect();
        let ids: Vec<String> = shown.iter().map(|p| p.location.clone()).collect();
        let accounts = accounts_of(self.app, &ids).await?;
        let known = facts_of(self.app.store.db(), &ids.iter().cloned().collect()).await?;
        let deals = deal_columns(self.state);
        let mut rows: Vec<RepMove> = shown
            .into_iter()
            .map(|passed| {
                let row = row_id(&passed.location).and_then(|id| self.state.index.get(id));
                let tally = row.as_ref().map(|r| tally(r, &deals)).unwrap_or_default();
                let totals = tally.sums.totals();
                let place = row.as_ref().and_then(|r| r.place());
                let objection = self
                    .objections
                    .iter()
                    .rfind(|o| o.text("location_id") == Some(&passed.location));
                RepMove {
                    account_id: accounts.get(&passed.location).cloned().unwrap_or_default(),
                    name: row
                        .as_ref()
                        .and_then(|r| r.text("name"))
                        .unwrap_or_default()
                        .to_owned(),
                    city: row.as_ref().and_then(|r| r.category("city")).map(str::to_owned),
                    lng: place.map(|p| p.lng()),
                    lat: place.map(|p| p.lat()),
                    from: self.worked_by(&self.happened.before, passed.from.as_deref()),
                    to: self.worked_by(&self.happened.after, passed.to.as_deref()),
                    reason: match known.get(&passed.location) {
                        Some(facts) => self.reason(passed, facts),
                        None => self.reason(passed, &Facts::at(place)),
                    },
                    revenue: totals.revenue,
                    pipeline: totals.pipeline,
                    open_deals: tally.deals,
                    holdover_until: self.until.get(&passed.location).copied(),
                    objection: objection.map(|o| OwnObjection {
                        id: o.id.clone(),
                        state: o.text("state").unwrap_or_default().to_owned(),
                        reason: o.text("reason").unwrap_or_default().to_owned(),
                        answer: o.text("answer").map(str::to_owned),
                    }),
                    location_id: passed.location.clone(),
                }
            })
            .collect();
        rows.sort_by(|a, b| (&a.name, &a.location_id).cmp(&(&b.name, &b.location_id)));
        Ok(rows)
    }

    fn worked_by(&self, layout: &Layout, territory: Option<&str>) -> Option<WorkedBy> {
        let standing = layout.get(territory?)?;
        Some(WorkedBy {
            id: standing.id().to_owned(),
            name: standing.name().to_owned(),
            owner_name: standing.owner().and_then(|o| self.names.get(o)).cloned(),
        })
    }

    /// The rule and its numbers: as it was written down, else as the territories say.
    fn reason(&self, passed: &Passed, facts: &Facts) -> String {
        if passed.from == passed.to {
            return "The territory has another owner".to_owned();
        }
        let to = passed.to.as_deref().map(number);
        let mut words = reason_words(&self.happened.after, &passed.location, facts, to);
        let winner = passed.reason.as_ref().and_then(|r| r.get("winner"));
        if let Some(version) = winner.and_then(|w| w.get("version")).and_then(Value::as_i64) {
            words += &format!(", version {version}");
        }
        if let Some(area) = winner
            .and_then(|w| w.get("square_meters"))
            .and_then(Value::as_f64)
        {
            words += &format!(", {:.1} km²", area / 1e6);
        }
        words
    }
}

/// A scenario by its id, whatever the viewer may see of it.
pub(super) async fn scenario(app: &App, id: &str) -> Result<Record, Problem> {
    app.store
        .get(&Viewer::system(), "territory_scenario", id, At::PRESENT)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Scenario {id}")))
}
