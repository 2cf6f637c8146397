//! What a scenario did, or is queued to do, place by place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use geom::Timestamp;
use points::Filter as Rows;
use records::{Error, Record, on_db};
use serde_json::Value;

use super::super::figures::owners;
use super::super::outcome::evaluate;
use super::super::{branch, hash, queue};
use crate::App;
use crate::live::index_problem;
use crate::problem::Problem;
use crate::territories::{Known, Layout, Standing};

/// A move as it is on record or would be.
#[derive(Clone, Debug)]
pub(in crate::scenarios) struct Passed {
    pub location: String,
    pub from: Option<String>,
    pub to: Option<String>,
    /// What the assignment says about why.
    pub reason: Option<Value>,
}

/// Territories before and after a publication, and what passed from whom to whom.
pub(in crate::scenarios) struct Happened {
    pub before: Arc<Layout>,
    pub after: Arc<Layout>,
    pub passed: Vec<Passed>,
}

/// What a scenario did, or is queued to do; `None` for one that does nothing to anybody.
pub(in crate::scenarios) async fn happened(
    app: &App,
    scenario: &Record,
) -> Result<Option<Happened>, Problem> {
    match scenario.text("state") {
        Some("published" | "reverted") => published(app, scenario).await,
        Some("queued") => {
            let at = Timestamp(scenario.integer("publish_at").unwrap_or(0));
            // Others may be queued before it.
            let before = match queue::layout_at(app, Timestamp(at.0 - 1)).await? {
                Some(layout) => layout,
                None => app.territories.layout.get(&app.store).await?,
            };
            let Some(after) = queue::layout_at(app, at).await? else {
                return Ok(None);
            };
            let (state, a, b) = (app.live.present(), before.clone(), after.clone());
            let known = Known::load(app, a.reads_facts() || b.reads_facts()).await?;
            let outcome = tokio::task::spawn_blocking(move || evaluate(&a, &b, &state, &Rows::All, &known))
                .await
                .map_err(Problem::unexpected)?
                .map_err(index_problem)?;
            let id = |layout: &Layout, n: Option<territory::TerritoryId>| {
                n.and_then(|n| layout.by_number(n)).map(|t| t.id().to_owned())
            };
            let passed = outcome.moved.iter().map(|m| Passed {
                location: m.location(),
                from: id(&before, m.from),
                to: id(&after, m.to),
                reason: None,
            });
            let passed = passed.collect();
            Ok(Some(Happened {
                before,
                after,
                passed,
            }))
        }
        _ => Ok(None),
    }
}

async fn published(app: &App, scenario: &Record) -> Result<Option<Happened>, Problem> {
    let Some(set) = scenario.text("publication") else {
        return Ok(None);
    };
    let Some(info) = app.store.find_change_set(set).await? else {
        return Ok(None);
    };
    let layout = async |at: i64| -> Result<Arc<Layout>, Problem> { branch::base(app, at).await };
    let (before, after) = (
        layout(info.opened_at.0 - 1).await?,
        layout(info.opened_at.0).await?,
    );
    const SQL: &str = "select a.location_id, a.territory_id, c.operation, a.reason from changes c \
                       join assignments a on a.id = c.record_id where c.change_set = $1 \
                       and c.record_type = 'assignment' and a.line is null order by c.seq";
    type Row = (String, String, String, Option<String>);
    let rows: Vec<Row> =
        on_db!(read app.store.db(), pool => sqlx::query_as(SQL).bind(set).fetch_all(pool).await)
            .map_err(Error::from)?;
    let mut passed: BTreeMap<String, Passed> = BTreeMap::new();
    for (location, territory, operation, reason) in rows {
        let one = passed.entry(location.clone()).or_insert(Passed {
            location,
            from: None,
            to: None,
            reason: None,
        });
        if operation == "create" {
            one.to = Some(territory);
            one.reason = reason.and_then(|r| serde_json::from_str(&r).ok());
        } else {
            one.from = Some(territory);
        }
    }
    let mut passed: Vec<Passed> = passed.into_values().filter(|p| p.from != p.to).collect();
    passed.extend(handed_over(app, info.opened_at, &before, &after, &passed).await?);
    Ok(Some(Happened {
        before,
        after,
        passed,
    }))
}

/// Places that stay in a territory whose owner changes.
async fn handed_over(
    app: &App,
    at: Timestamp,
    before: &Layout,
    after: &Layout,
    passed: &[Passed],
) -> Result<Vec<Passed>, Problem> {
    let changed: BTreeSet<&str> = after
        .territories
        .iter()
        .filter(|t| before.get(t.id()).is_some_and(|b| owners(b) != owners(t)))
        .map(Standing::id)
        .collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let moved: BTreeSet<&str> = passed.iter().map(|p| p.location.as_str()).collect();
    let held = hash::held(app.store.db(), at.0, None).await?;
    let stays = held
        .into_iter()
        .filter(|(location, line, territory, _)| {
            line.is_empty() && changed.contains(territory.as_str()) && !moved.contains(location.as_str())
        })
        .map(|(location, _, territory, _)| Passed {
            location,
            from: Some(territory.clone()),
            to: Some(territory),
            reason: None,
        });
    Ok(stays.collect())
}

impl Happened {
    /// Whether a user owned the place before, and owns it after.
    pub fn of_user(&self, passed: &Passed, user: &str) -> (bool, bool) {
        let owns = |layout: &Layout, t: &Option<String>| {
            let standing = t.as_deref().and_then(|t| layout.get(t));
            standing.is_some_and(|t| owners(t).contains(&user))
        };
        (owns(&self.before, &passed.from), owns(&self.after, &passed.to))
    }
}
