//! Scenarios over HTTP.

mod balances;
mod card;
mod consequences;
mod diff;
mod edit;
mod look;
mod merging;
mod out;
mod prices;
mod reps;
mod side_by_side;
mod talk;

pub(super) use diff::reason as reason_words;
pub(super) use edit::add;

use std::collections::HashMap;
use std::sync::Arc;

use records::{Filter, Query, Record, Viewer};
use utoipa_axum::router::OpenApiRouter;

use super::answers::{self, Around, ScenarioHead, ScenarioJson, Users};
use super::branch::{self, Branch};
use super::figures::Reference;
use super::merge::is_superseded;
use super::review;
use crate::Shared;
use crate::app::App;
use crate::crud::user_names;
use crate::live::{State as LiveState, sight};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;

/// Who works on scenarios.
const MAY: [Role; 2] = [Role::Manager, Role::Admin];

fn may(signed: &Signed) -> Result<(), Problem> {
    signed.needs(&MAY, "Scenarios of territories")
}

/// What every look at customers needs.
struct Scene {
    state: Arc<LiveState>,
    /// What the viewer may see of the index.
    filter: points::Filter,
}

impl Scene {
    async fn load(app: &App, signed: &Signed) -> Result<Self, Problem> {
        let sight = sight(app, &signed.viewer).await?;
        Ok(Self {
            state: app.live.present(),
            filter: sight.filter,
        })
    }
}

async fn count(app: &App, type_name: &str, filter: Filter) -> Result<u64, Problem> {
    let query = Query::of(type_name).filter(filter);
    Ok(app.store.count(&Viewer::system(), &query).await?)
}

async fn around(
    app: &App,
    scenario: &Record,
    operations: usize,
    branch: Option<&Branch>,
) -> Result<Around, Problem> {
    let base_at = scenario.integer("base_at").unwrap_or(0);
    let live = matches!(
        scenario.text("state"),
        Some("draft" | "review" | "approved" | "queued")
    );
    let superseded = if live {
        let base = match branch {
            Some(branch) => branch.base.clone(),
            None => branch::base(app, base_at).await?,
        };
        is_superseded(&base, &*app.territories.layout.get(&app.store).await?)
    } else {
        false
    };
    let copied_from = match scenario.text("copied_from") {
        None => None,
        Some(id) => branch::find(app, &Viewer::system(), id)
            .await
            .ok()
            .map(|from| Reference {
                id: from.id.clone(),
                name: from.text("name").unwrap_or_default().to_owned(),
            }),
    };
    let of_this = || Filter::eq("scenario_id", scenario.id.as_str());
    Ok(Around {
        base_label: app
            .settings
            .zone
            .date(geom::Timestamp(base_at))
            .strftime("%-d %b %Y")
            .to_string(),
        superseded,
        operations,
        copied_from,
        comments: count(
            app,
            "scenario_comment",
            of_this().and(Filter::eq("kind", "comment")),
        )
        .await?,
        objections_open: count(
            app,
            "scenario_objection",
            of_this().and(Filter::eq("state", "open")),
        )
        .await?,
    })
}

async fn head(app: &App, scenario: &Record, users: &Users) -> Result<ScenarioHead, Problem> {
    let standing = Filter::eq("scenario_id", scenario.id.as_str());
    let operations = branch::all(app, &Viewer::system(), "scenario_operation", standing, "number").await?;
    let stands = operations
        .iter()
        .filter(|o| o.integer("undone_at").is_none())
        .count();
    Ok(answers::head(
        scenario,
        users,
        around(app, scenario, stands, None).await?,
    ))
}

/// A scenario as it stands now.
async fn shown(app: &App, signed: &Signed, id: &str) -> Result<ScenarioJson, Problem> {
    let branch = branch::load(app, &signed.viewer, id).await?;
    let users = user_names(app).await?;
    let comments = branch::all(
        app,
        &Viewer::system(),
        "scenario_comment",
        Filter::eq("scenario_id", id),
        "at",
    )
    .await?;
    let mut by_operation: HashMap<String, u64> = HashMap::new();
    for operation in comments.iter().filter_map(|c| c.text("operation_id")) {
        *by_operation.entry(operation.to_owned()).or_default() += 1;
    }
    let around = around(app, &branch.scenario, branch.standing().count(), Some(&branch)).await?;
    let needed = review::approval_needed(app).await?;
    Ok(answers::scenario(&branch, &users, around, &by_operation, needed))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(edit::router())
        .merge(card::router())
        .merge(balances::router())
        .merge(prices::router())
        .merge(look::router())
        .merge(diff::router())
        .merge(merging::router())
        .merge(consequences::router())
        .merge(out::router())
        .merge(talk::router())
        .merge(reps::router())
        .merge(side_by_side::router())
}
