//! The legend: how many customers stand behind each colour. The counts sum to the list.

use axum::Json;
use axum::extract::{Query, State};
use points::{Shape, SnapshotSpec};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::{Asked, Names, index_problem};
use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LegendParams {
    /// territory_id, class, type, due_state, industry, owner_id, geocode_status, or a field that was added; numbers
    /// and dates are counted by class: 0–1, 1–2, 2–5, 5–10, 10–20 …, and by year
    by: String,
}

/// One colour's line.
#[derive(Serialize, ToSchema)]
pub(crate) struct LegendEntry {
    /// The value; null for customers without one.
    value: Option<String>,
    /// The value's name where it is an id.
    label: Option<String>,
    count: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Legend {
    entries: Vec<LegendEntry>,
    /// Customers that pass the filter but are on no map.
    not_placed: u64,
}

/// Counts by the field that colours the map
#[utoipa::path(get, path = "/api/v1/legend", tag = "customers", params(LegendParams, Asked),
    responses((status = 200, body = Legend), (status = 400, body = Problem)))]
async fn legend(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<LegendParams>,
    Query(asked): Query<Asked>,
) -> Result<Json<Legend>, Problem> {
    let (state, filter) = asked.resolve(&app, &signed).await?;
    let names = Names::load(&app).await?;
    let added = state.added.iter().find(|a| a.name == params.by);
    let category = added.map_or_else(|| params.by.clone(), |a| a.category());
    let spec = SnapshotSpec {
        sums: Vec::new(),
        group_by: vec![category],
    };
    let summed = tokio::task::spawn_blocking(move || {
        let view = state.index.view(&filter)?;
        let snapshot = view.snapshot(&Shape::everywhere(), &spec)?;
        Ok((snapshot, view.count() - view.placed()))
    });
    let (snapshot, not_placed) = summed
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
    let label = |value: &str| match params.by.as_str() {
        "territory_id" => names.territory(value).cloned(),
        "owner_id" => names.user(value).cloned(),
        _ => None,
    };
    let values = snapshot.groups.into_iter().flat_map(|g| g.values);
    let entries = values
        .map(|v| LegendEntry {
            label: v.value.as_deref().and_then(label),
            value: v.value,
            count: v.count,
        })
        .collect();
    Ok(Json(Legend { entries, not_placed }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(legend))
}
