//! Several scenarios side by side: the same rows for each, the best of each row marked.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::branch;
use super::super::driven::Replanned;
use super::super::figures::{Reference, Summary, summaries};
use super::super::prices::replanned;
use super::look::look;
use super::may;
use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::Layout;

/// Columns of a comparison.
const MOST: usize = 4;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CompareParams {
    /// By comma, 1 to 4: `present` and ids of scenarios.
    ids: String,
}

#[derive(Serialize, ToSchema)]
struct CompareRow {
    measure: String,
    label: String,
    /// h/week, money, count, ratio
    unit: String,
    /// less, more, none
    better: String,
    /// One for each column.
    values: Vec<f64>,
    /// The columns with the best value; none where all are the same or none is better.
    best: Vec<usize>,
}

#[derive(Serialize, ToSchema)]
struct Comparison {
    columns: Vec<Reference>,
    rows: Vec<CompareRow>,
}

type Value = fn(&Summary) -> f64;

/// Measure, label, unit, what is better, and where it is.
const ROWS: [(&str, &str, &str, &str, Value); 12] = [
    ("territories", "Territories", "count", "none", |s| {
        s.territories as f64
    }),
    ("imbalance", "Most hours ÷ mean", "ratio", "less", |s| {
        s.imbalance
    }),
    ("spread", "Spread of hours", "ratio", "less", |s| s.spread),
    ("worst_hours", "Most hours", "h/week", "less", |s| {
        s.worst.as_ref().map_or(0.0, |w| w.hours)
    }),
    ("visit_hours", "Visits", "h/week", "none", |s| s.visit_hours),
    ("drive_hours", "Driving", "h/week", "less", |s| s.drive_hours),
    ("compactness", "Compactness", "ratio", "more", |s| s.compactness),
    ("places_moved", "Places that move", "count", "less", |s| {
        s.places_moved as f64
    }),
    ("accounts_moved", "Customers that move", "count", "less", |s| {
        s.accounts_moved as f64
    }),
    ("revenue_moved", "Revenue that moves", "money", "less", |s| {
        s.revenue_moved as f64
    }),
    ("reps_changed", "Reps with changes", "count", "less", |s| {
        s.reps_changed as f64
    }),
    ("unassigned", "Places of no territory", "count", "less", |s| {
        s.unassigned as f64
    }),
];

/// Scenarios side by side, against the territories as they are now
#[utoipa::path(get, path = "/api/v1/scenarios/compare", tag = "scenarios", params(CompareParams),
    responses((status = 200, body = Comparison), (status = 400, body = Problem)))]
async fn compare(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<CompareParams>,
) -> Result<Json<Comparison>, Problem> {
    may(&signed)?;
    let ids: Vec<&str> = params
        .ids
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .collect();
    if !(1..=MOST).contains(&ids.len()) {
        return Err(Problem::bad(
            "?ids",
            "out-of-range",
            format!("Compare 1 to {MOST} scenarios; this names {}.", ids.len()),
        ));
    }
    let present = app.territories.layout.get(&app.store).await?;
    let mut columns = Vec::new();
    let mut lines: Vec<Summary> = Vec::new();
    for id in ids {
        let (name, layout, planned): (String, Arc<Layout>, _) = if id == "present" {
            ("Now".to_owned(), present.clone(), Replanned::default())
        } else {
            let branch = branch::load(&app, &signed.viewer, id).await?;
            let planned = replanned(&app, &branch).await?.of_after();
            (branch.name().to_owned(), branch.layout().clone(), planned)
        };
        let look = look(&app, &signed, present.clone(), layout, &planned).await?;
        lines.push(summaries(&look.before, &look.after, &look.outcome, &look.roads).1);
        columns.push(Reference {
            id: id.to_owned(),
            name,
        });
    }
    let row = |(measure, label, unit, better, value): &(&str, &str, &str, &str, Value)| {
        let values: Vec<f64> = lines.iter().map(value).collect();
        let best = match *better {
            "less" => values.iter().copied().reduce(f64::min),
            "more" => values.iter().copied().reduce(f64::max),
            _ => None,
        };
        let best: Vec<usize> = (0..values.len()).filter(|i| Some(values[*i]) == best).collect();
        CompareRow {
            measure: (*measure).to_owned(),
            label: (*label).to_owned(),
            unit: (*unit).to_owned(),
            better: (*better).to_owned(),
            best: if best.len() == values.len() {
                Vec::new()
            } else {
                best
            },
            values,
        }
    };
    Ok(Json(Comparison {
        rows: ROWS.iter().map(row).collect(),
        columns,
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(compare))
}
