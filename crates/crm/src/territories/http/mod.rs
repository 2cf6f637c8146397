//! Territories over HTTP. The plain record (name, colour, priority) is read and changed at
//! `/api/v1/territories/{id}` as every other record; here is what a territory does.

mod ask;
mod change;
mod exchange;
mod extent;
mod fairness;
mod who;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use records::{At, Scope, Written};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::{
    OverviewJson, Taken, TerritoryJson, WithoutJson, WrittenTerritory, people, territory_json,
};
use super::facts::Known;
use super::holdings::Holdings;
use super::issues;
use super::layout::{Layout, Standing};
use super::settle::settled;
use super::store;
use crate::Shared;
use crate::app::App;
use crate::crud::{When, read_at, user_names};
use crate::live::{State as LiveState, index_problem, sight};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;

pub(crate) use who::ownership_for_card;

/// Who may change territories.
const MAY_DRAW: [Role; 2] = [Role::Manager, Role::Admin];

/// Everything an answer about a moment needs.
struct Scene {
    layout: Arc<Layout>,
    state: Arc<LiveState>,
    /// What the viewer may see of the index.
    filter: points::Filter,
    sees_all: bool,
    in_lines: Vec<(String, String)>,
    is_present: bool,
    /// What is queued makes other territories than those on record: who has what is decided, not looked up.
    is_thought_of: bool,
}

impl Scene {
    async fn load(app: &App, signed: &Signed, at: At) -> Result<Self, Problem> {
        let is_present = at == At::PRESENT;
        let queued = queued_layout(app, at).await?;
        let is_thought_of = queued.is_some();
        let layout = match queued {
            Some(layout) => layout,
            None if is_present => app.territories.layout.get(&app.store).await?,
            None => Arc::new(Layout::load(&app.store, at).await?),
        };
        let state = app.live.at(at.as_of).await?;
        let sight = sight(app, &signed.viewer).await?;
        let has_lines = layout.territories.iter().any(|t| t.line().is_some());
        let in_lines = if has_lines {
            store::held_in_lines(app.store.db()).await?
        } else {
            Vec::new()
        };
        Ok(Self {
            layout,
            state,
            filter: sight.filter,
            sees_all: sight.is_all,
            in_lines,
            is_present,
            is_thought_of,
        })
    }

    /// Sums of everything the viewer may see, by territory.
    async fn holdings(&self, app: &App) -> Result<Arc<Holdings>, Problem> {
        let kept = self.is_present && self.sees_all;
        if let Some(holdings) = app.territories.holdings.kept(self.state.seq).filter(|_| kept) {
            return Ok(holdings);
        }
        let (state, layout) = (self.state.clone(), self.layout.clone());
        let (filter, in_lines) = (self.filter.clone(), self.in_lines.clone());
        let decides = self.is_thought_of;
        let known = Known::load(app, decides && layout.reads_facts()).await?;
        let sum = move || {
            if decides {
                Holdings::decided(&state.index, &filter, &layout, &known)
            } else {
                Holdings::sum(&state.index, &filter, &layout, &in_lines)
            }
        };
        let holdings = tokio::task::spawn_blocking(sum)
            .await
            .map_err(Problem::unexpected)?
            .map_err(index_problem)?;
        let holdings = Arc::new(holdings);
        if kept {
            app.territories.holdings.keep(self.state.seq, holdings.clone());
        }
        Ok(holdings)
    }

    /// The territories that the viewer may see, of all that decide.
    async fn visible<'a>(&'a self, app: &App, signed: &Signed, at: At) -> Result<Vec<&'a Standing>, Problem> {
        let viewer = &signed.viewer;
        if viewer.is_system || viewer.grant("territory").read == Scope::All {
            return Ok(self.layout.territories.iter().collect());
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut query = records::Query::of("territory")
            .at(at)
            .limit(records::Query::MAX_LIMIT);
        loop {
            let page = app.store.list(viewer, &query).await?;
            seen.extend(page.records.into_iter().map(|r| r.id));
            match page.next_cursor {
                Some(cursor) => query = query.cursor(Some(cursor)),
                None => break,
            }
        }
        Ok(self
            .layout
            .territories
            .iter()
            .filter(|t| seen.contains(t.id()))
            .collect())
    }
}

/// All territories with who works them and what they hold
#[utoipa::path(get, path = "/api/v1/territories/overview", tag = "territories", params(When),
    responses((status = 200, body = OverviewJson)))]
async fn overview(
    State(app): State<Shared>,
    signed: Signed,
    Query(when): Query<When>,
) -> Result<Json<OverviewJson>, Problem> {
    let at = read_at(&app, &when)?;
    let scene = Scene::load(&app, &signed, at).await?;
    let holdings = scene.holdings(&app).await?;
    let users = user_names(&app).await?;
    let map = app.atlas().map(|atlas| atlas.hash_hex());
    let visible = scene.visible(&app, &signed, at).await?;
    let territories: Vec<TerritoryJson> = visible
        .iter()
        .enumerate()
        .map(|(i, standing)| territory_json(standing, i, &scene.layout, &holdings, &users, map.as_deref()))
        .collect();
    let (layout, state, filter) = (scene.layout.clone(), scene.state.clone(), scene.filter.clone());
    let issues = tokio::task::spawn_blocking(move || issues::count(&layout, &state, &filter))
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
    let without = holdings.without();
    Ok(Json(OverviewJson {
        as_of: at.as_of.unwrap_or_else(|| app.store.now()).0,
        people: people(&territories),
        territories,
        without: WithoutJson {
            locations: without.places(),
            totals: without.totals(),
        },
        issues,
    }))
}

/// What follows a write: assignments, the index, and the territory as it then is.
async fn answer(
    app: &App,
    signed: &Signed,
    id: &str,
    written: &Written,
) -> Result<WrittenTerritory, Problem> {
    let change_set = Some(written.change_set.clone()).filter(|set| !set.is_empty());
    answer_to(app, signed, id, change_set).await
}

async fn answer_to(
    app: &App,
    signed: &Signed,
    id: &str,
    change_set: Option<String>,
) -> Result<WrittenTerritory, Problem> {
    let taken = follow_set(app, change_set).await?;
    let scene = Scene::load(app, signed, At::PRESENT).await?;
    let holdings = scene.holdings(app).await?;
    let users = user_names(app).await?;
    let map = app.atlas().map(|atlas| atlas.hash_hex());
    let position = scene.layout.territories.iter().position(|t| t.id() == id);
    let position = position.ok_or_else(|| Problem::not_found(format!("Territory {id}")))?;
    let standing = &scene.layout.territories[position];
    let territory = territory_json(
        standing,
        position,
        &scene.layout,
        &holdings,
        &users,
        map.as_deref(),
    );
    Ok(WrittenTerritory {
        territory,
        change_set: taken.change_set,
        moved: taken.moved,
        accounts_passed: taken.accounts_passed,
    })
}

async fn follow_up(app: &App, written: &Written) -> Result<Taken, Problem> {
    follow_set(
        app,
        Some(written.change_set.clone()).filter(|set| !set.is_empty()),
    )
    .await
}

/// `None`: nothing was written.
async fn follow_set(app: &App, change_set: Option<String>) -> Result<Taken, Problem> {
    let Some(change_set) = change_set else {
        return Ok(Taken {
            change_set: None,
            moved: 0,
            accounts_passed: 0,
        });
    };
    settled(app).await;
    app.live.wait_for(app.store.last_seq().await?).await;
    let moved = store::moved_by(app.store.db(), &change_set).await?;
    let accounts_passed = store::passed_on_by(app.store.db(), &change_set).await?;
    Ok(Taken {
        change_set: Some(change_set),
        moved,
        accounts_passed,
    })
}

async fn name_of(app: &App, id: &str) -> Result<String, Problem> {
    let layout = app.territories.layout.get(&app.store).await?;
    let standing = layout
        .get(id)
        .ok_or_else(|| Problem::not_found(format!("Territory {id}")))?;
    Ok(standing.name().to_owned())
}

/// The territories of a moment to come, where something is queued until then.
async fn queued_layout(app: &App, at: At) -> Result<Option<Arc<Layout>>, Problem> {
    match at
        .as_of
        .filter(|moment| *moment > app.store.now() && at.known_at.is_none())
    {
        Some(moment) => crate::scenarios::layout_at(app, moment).await,
        None => Ok(None),
    }
}

/// The territories of the moment asked about.
async fn layout_at(app: &App, at: At) -> Result<Arc<Layout>, Problem> {
    if let Some(layout) = queued_layout(app, at).await? {
        return Ok(layout);
    }
    if at == At::PRESENT {
        return Ok(app.territories.layout.get(&app.store).await?);
    }
    Ok(Arc::new(Layout::load(&app.store, at).await?))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .merge(change::router())
        .merge(extent::router())
        .merge(ask::router())
        .merge(who::router())
        .merge(fairness::router())
        .merge(exchange::router())
}
