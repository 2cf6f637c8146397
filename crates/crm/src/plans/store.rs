//! Plans on record: reading, keeping drafts, and what became of their visits since.

use jiff::civil::Date;
use records::{At, Filter, Op, Query, Record, Viewer, fields};

use super::run::Computed;
use super::{Asked, CheckIn, DayPlan};
use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::visits;

/// So many drafts of a day are kept; older ones are deleted when a new one is made.
const DRAFTS_KEPT: usize = 8;

/// A plan with its record and what it was computed from.
pub(crate) struct Stored {
    pub record: Record,
    pub plan: DayPlan,
    pub asked: Asked,
}

impl Stored {
    /// The day it is for.
    pub fn day(&self) -> Result<Date, Problem> {
        self.plan.date.parse().map_err(Problem::unexpected)
    }

    pub fn is_accepted(&self) -> bool {
        self.record.text("status") == Some("accepted")
    }

    fn of(record: Record) -> Result<Self, Problem> {
        let field = |name: &str| record.fields.get(name).cloned().unwrap_or_default();
        let mut plan: DayPlan = serde_json::from_value(field("result")).map_err(|_| {
            Problem::conflict(
                "empty-plan",
                "This plan's record holds no computed day. Plan the day anew.",
            )
        })?;
        let asked: Asked = serde_json::from_value(field("problem")).unwrap_or_default();
        record.id.clone_into(&mut plan.id);
        record
            .text("status")
            .unwrap_or("draft")
            .clone_into(&mut plan.status);
        record
            .text("user_id")
            .unwrap_or_default()
            .clone_into(&mut plan.user_id);
        plan.change_set = (plan.status == "accepted").then(|| record.change_set.clone());
        Ok(Self { record, plan, asked })
    }
}

/// A plan that the viewer may see.
pub(crate) async fn load(app: &App, signed: &Signed, id: &str) -> Result<Stored, Problem> {
    let record = app.store.get(&signed.viewer, "plan", id, At::PRESENT).await?;
    let mut stored = Stored::of(record.ok_or_else(|| Problem::not_found(format!("Plan {id}")))?)?;
    refresh(app, &mut stored.plan).await?;
    Ok(stored)
}

/// The plans of a rep's day, the newest first.
async fn of_day(app: &App, user: &str, day: Date) -> Result<Vec<Record>, Problem> {
    let filter = Filter::eq("user_id", user).and(Filter::eq("day", day.to_string()));
    let query = Query::of("plan")
        .filter(filter)
        .sort("recorded_at", true)
        .limit(50);
    Ok(app.store.list(&Viewer::system(), &query).await?.records)
}

/// The accepted plan of a day, else its newest draft.
pub(crate) async fn current(app: &App, user: &str, day: Date) -> Result<Option<Stored>, Problem> {
    let mut plans = of_day(app, user, day).await?;
    let status = |wanted: &'static str| move |p: &Record| p.text("status") == Some(wanted);
    let at = plans
        .iter()
        .position(status("accepted"))
        .or_else(|| plans.iter().position(status("draft")));
    let Some(at) = at else { return Ok(None) };
    let mut stored = Stored::of(plans.swap_remove(at))?;
    refresh(app, &mut stored.plan).await?;
    Ok(Some(stored))
}

/// Accepted plans of a rep's days from `first` to `last`.
pub(crate) async fn accepted_between(
    app: &App,
    user: &str,
    first: Date,
    last: Date,
) -> Result<Vec<Record>, Problem> {
    let filter = Filter::eq("user_id", user)
        .and(Filter::eq("status", "accepted"))
        .and(Filter::Between {
            field: "day".into(),
            low: first.to_string().into(),
            high: last.to_string().into(),
        });
    let query = Query::of("plan").filter(filter).limit(Query::MAX_LIMIT);
    Ok(app.store.list(&Viewer::system(), &query).await?.records)
}

/// Accepted plans of a day.
pub(super) async fn accepted(app: &App, user: &str, day: Date) -> Result<Vec<Record>, Problem> {
    let plans = of_day(app, user, day).await?;
    Ok(plans
        .into_iter()
        .filter(|p| p.text("status") == Some("accepted"))
        .collect())
}

/// What became of the visits since the plan was made.
async fn refresh(app: &App, plan: &mut DayPlan) -> Result<(), Problem> {
    let ids: Vec<String> = plan.stops.iter().map(|s| s.visit_id.clone()).collect();
    let visits = visits::by_ids(&app.store, "visit", &ids).await?;
    for stop in &mut plan.stops {
        match visits.get(&stop.visit_id) {
            Some(visit) => {
                visit
                    .text("status")
                    .unwrap_or("planned")
                    .clone_into(&mut stop.status);
                let distance_m = visit.number("check_in_distance_m");
                stop.check_in = visit.integer("check_in_at").map(|at| CheckIn { at, distance_m });
            }
            None => {
                "due".clone_into(&mut stop.status);
                stop.check_in = None;
            }
        }
    }
    Ok(())
}

/// The writing of a new plan, which has its id and user.
pub(crate) fn record_of(plan: &DayPlan, asked: &Asked, status: &str) -> Result<Op, Problem> {
    let json = |value: Result<serde_json::Value, serde_json::Error>| value.map_err(Problem::unexpected);
    let record = fields([
        ("user_id", plan.user_id.clone().into()),
        ("day", plan.date.clone().into()),
        ("status", status.into()),
        ("seed", plan.seed.into()),
        ("map_hash", plan.map_hash.clone().into()),
        ("problem", json(serde_json::to_value(asked))?),
        ("result", json(serde_json::to_value(plan))?),
        ("drive_seconds", plan.totals.drive_s.into()),
        ("drive_meters", plan.totals.meters.into()),
        ("visit_seconds", plan.totals.visit_s.into()),
        ("starts_at", plan.totals.start.into()),
        ("ends_at", plan.totals.end.into()),
    ]);
    Ok(Op::Create {
        type_name: "plan".into(),
        id: Some(plan.id.clone()),
        fields: record,
    })
}

/// Keeps a computed plan as the draft or the proposal that it is, and deletes the oldest of both of that day, but neither
/// the one it was made `from` nor the newest draft: somebody looks at them.
pub(crate) async fn save_draft(
    app: &App,
    signed: &Signed,
    user: &str,
    from: Option<&str>,
    computed: Computed,
) -> Result<DayPlan, Problem> {
    let Computed { mut plan, asked } = computed;
    plan.id = records::new_id();
    user.clone_into(&mut plan.user_id);
    let record = record_of(&plan, &asked, &plan.status)?;
    let day: Date = plan.date.parse().map_err(Problem::unexpected)?;
    let of_day = of_day(app, user, day).await?;
    // The newest draft is what the day shows.
    let shown = of_day.iter().find(|p| p.text("status") == Some("draft"));
    let shown = shown.map(|p| p.id.clone());
    let mut ops = vec![record];
    let old = of_day
        .into_iter()
        .filter(|p| matches!(p.text("status"), Some("draft" | "proposed")))
        .skip(DRAFTS_KEPT - 1)
        .filter(|p| from != Some(p.id.as_str()) && shown.as_ref() != Some(&p.id));
    ops.extend(old.map(|p| Op::delete("plan", p.id)));
    app.store
        .write(&signed.author("plan", format!("Plan {}", plan.date)), ops)
        .await?;
    Ok(plan)
}
