//! The list of customers: page by page, in the order asked for.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use points::{Found, Shape};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::{Asked, CustomerRow, customer_rows, index_problem};
use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageParams {
    /// `name`, `revenue`, `last_visit`, `due`, `class`, `city`; `-` before it for descending.
    sort: Option<String>,
    /// 1..=500; 100 unless said.
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A page of customers.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomerPage {
    pub rows: Vec<CustomerRow>,
    /// All that pass, not only this page.
    pub count: u64,
    /// Of these, how many are on no map.
    pub not_placed: u64,
    pub next_cursor: Option<String>,
}

/// The list of customers: the same filter and rights as the map
#[utoipa::path(get, path = "/api/v1/customers", tag = "customers", params(Asked, PageParams),
    responses((status = 200, body = CustomerPage), (status = 400, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    signed: Signed,
    Query(asked): Query<Asked>,
    Query(page): Query<PageParams>,
) -> Result<Json<CustomerPage>, Problem> {
    let (state, filter) = asked.resolve(&app, &signed).await?;
    let limit = page.limit.unwrap_or(100).clamp(1, 500);
    let offset = match page.cursor.as_deref() {
        None | Some("") => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| records::Error::BadCursor)?,
    };
    let sort = page.sort.unwrap_or_else(|| "name".to_owned());
    let asked_state = Arc::clone(&state);
    // Putting a million rows in order is no work for a thread that serves.
    let (ids, count, placed) = tokio::task::spawn_blocking(move || {
        let view = asked_state.index.view(&filter).map_err(index_problem)?;
        let rows = match sort.as_str() {
            "name" | "-name" => view.by_name(sort.starts_with('-'), offset, limit + 1),
            sort => {
                let mut rows = view.rows_in(&Shape::everywhere());
                let upto = offset.saturating_add(limit + 1);
                sort_page(&mut rows, sort, upto)?;
                rows.into_iter().skip(offset).take(limit + 1).collect()
            }
        };
        let ids: Vec<points::RowId> = rows.iter().map(Found::id).collect();
        Ok::<_, Problem>((ids, view.count(), view.placed()))
    })
    .await
    .map_err(Problem::unexpected)??;
    let more = ids.len() > limit;
    let shown = ids.iter().take(limit).filter_map(|id| state.index.get(*id));
    let shown: Vec<Found<'_>> = shown.collect();
    Ok(Json(CustomerPage {
        count,
        not_placed: count - placed,
        next_cursor: more.then(|| (offset + limit).to_string()),
        rows: customer_rows(&app, &state, &shown).await?,
    }))
}

/// Puts the first `upto` rows in order; the rest stays as it is.
pub(crate) fn sort_page<'a>(rows: &mut Vec<Found<'a>>, sort: &str, upto: usize) -> Result<(), Problem> {
    let (field, descending) = sort
        .strip_prefix('-')
        .map_or((sort, false), |field| (field, true));
    let missing_last = |value: Option<i64>| match (value, descending) {
        (Some(value), true) => (0, -i128::from(value)),
        (Some(value), false) => (0, i128::from(value)),
        (None, _) => (1, 0),
    };
    // Streets and towns are folded once each, not once a row.
    let mut folded: HashMap<&str, Rc<str>> = HashMap::new();
    let mut by_text = |text: Option<&'a str>| -> Rc<str> {
        let text = text.unwrap_or_default();
        folded
            .entry(text)
            .or_insert_with(|| points::fold_words(text).into())
            .clone()
    };
    match field {
        "name" => take_first(rows, upto, descending, |r| by_text(r.text("name"))),
        "street" => take_first(rows, upto, descending, |r| by_text(r.text("street"))),
        "city" => take_first(rows, upto, descending, |r| by_text(r.category("city"))),
        "class" => take_first(rows, upto, descending, |r| r.category("class").unwrap_or("~")),
        "revenue" | "pipeline" => take_first(rows, upto, false, |r| missing_last(r.amount(field))),
        "last_visit" => take_first(rows, upto, false, |r| {
            missing_last(r.time("last_visit").map(|t| t.0))
        }),
        "due" | "due_at" => take_first(rows, upto, false, |r| missing_last(r.time("due_at").map(|t| t.0))),
        other => {
            return Err(Problem::bad(
                "?sort",
                "unknown-field",
                format!(
                    "Customers are sorted by name, street, city, class, revenue, pipeline, last_visit or due, not by {other:?}."
                ),
            ));
        }
    }
    Ok(())
}

fn take_first<'a, K: Ord>(
    rows: &mut Vec<Found<'a>>,
    upto: usize,
    descending: bool,
    mut key: impl FnMut(&Found<'a>) -> K,
) {
    let mut keyed: Vec<(K, points::RowId, Found<'a>)> = rows.iter().map(|r| (key(r), r.id(), *r)).collect();
    let order = |a: &(K, points::RowId, Found<'a>), b: &(K, points::RowId, Found<'a>)| {
        let by_key = if descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) };
        by_key.then(a.1.cmp(&b.1))
    };
    if keyed.len() > upto && upto > 0 {
        keyed.select_nth_unstable_by(upto - 1, order);
        keyed[..upto].sort_by(order);
    } else {
        keyed.sort_by(order);
    }
    *rows = keyed.into_iter().map(|k| k.2).collect();
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}
