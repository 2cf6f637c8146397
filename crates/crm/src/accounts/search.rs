//! One box: customers by name, street or phone, contacts, places and addresses, territories.

use axum::Json;
use axum::extract::{Query, State};
use geom::LngLat;
use points::Found;
use records::{Filter, Query as RecordQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::live::{accounts_of, id_text, index_problem, sight};
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchParams {
    /// What was typed.
    q: String,
    /// Middle of the map's view.
    lng: Option<f64>,
    /// Middle of the map's view.
    lat: Option<f64>,
}

/// A record that was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundRecord {
    /// `customer`, `contact`, `opportunity`.
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    account_id: String,
    title: String,
    subtitle: String,
    lng: Option<f64>,
    lat: Option<f64>,
}

/// An address or place of the map.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundPlace {
    label: String,
    lng: f64,
    lat: f64,
    level: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct FoundTerritory {
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SearchAnswer {
    records: Vec<FoundRecord>,
    places: Vec<FoundPlace>,
    territories: Vec<FoundTerritory>,
}

/// Longest text looked for.
const LONGEST: usize = 200;

/// Search records, places and territories
#[utoipa::path(get, path = "/api/v1/search", tag = "customers", params(SearchParams),
    responses((status = 200, body = SearchAnswer), (status = 400, body = Problem)))]
async fn search(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<SearchParams>,
) -> Result<Json<SearchAnswer>, Problem> {
    let text = params.q.trim();
    if text.is_empty() {
        return Ok(Json(SearchAnswer {
            records: Vec::new(),
            places: Vec::new(),
            territories: Vec::new(),
        }));
    }
    if text.len() > LONGEST {
        return Err(Problem::bad(
            "?q",
            "too-long",
            format!("Search for at most {LONGEST} characters."),
        ));
    }
    let state = app.live.present();
    let sight = sight(&app, &signed.viewer).await?;
    let view = state.index.view(&sight.filter).map_err(index_problem)?;
    let hits: Vec<Found<'_>> = view.search(text, 12).into_iter().map(|h| h.found).collect();
    let ids: Vec<String> = hits.iter().map(|h| id_text(h.id())).collect();
    let accounts = accounts_of(&app, &ids).await?;
    let mut records: Vec<FoundRecord> = hits
        .iter()
        .zip(&ids)
        .map(|(row, id)| FoundRecord {
            type_name: "customer".into(),
            id: id.clone(),
            account_id: accounts.get(id).cloned().unwrap_or_default(),
            title: row.text("name").unwrap_or_default().to_owned(),
            subtitle: [
                row.text("street").unwrap_or_default(),
                row.category("city").unwrap_or_default(),
            ]
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
            lng: row.place().map(LngLat::lng),
            lat: row.place().map(LngLat::lat),
        })
        .collect();
    records.extend(by_title(&app, &signed, "contact", text).await?);
    records.extend(by_title(&app, &signed, "opportunity", text).await?);

    let territory_type = "territory";
    let query = RecordQuery::of(territory_type)
        .filter(contains("name", text))
        .limit(5);
    let territories = app.store.list(&signed.viewer, &query).await?.records;
    let territories = territories
        .into_iter()
        .map(|t| FoundTerritory {
            name: t.text("name").unwrap_or_default().to_owned(),
            id: t.id,
        })
        .collect();

    let bias = params
        .lng
        .zip(params.lat)
        .and_then(|(lng, lat)| LngLat::new(lng, lat).ok());
    let places = match app.atlas() {
        Some(atlas) => atlas
            .geocoder()
            .autocomplete(text, bias, 5)
            .into_iter()
            .map(|hit| FoundPlace {
                label: hit.label,
                lng: hit.point.lng(),
                lat: hit.point.lat(),
                level: hit.level.as_str().to_owned(),
            })
            .collect(),
        None => Vec::new(),
    };
    Ok(Json(SearchAnswer {
        records,
        places,
        territories,
    }))
}

fn contains(field: &str, text: &str) -> Filter {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Filter::Like {
        field: field.to_owned(),
        pattern: format!("%{escaped}%"),
        folded: true,
    }
}

async fn by_title(
    app: &crate::App,
    signed: &Signed,
    type_name: &str,
    text: &str,
) -> Result<Vec<FoundRecord>, Problem> {
    if text.chars().count() < 2 {
        return Ok(Vec::new());
    }
    let found = app
        .titles
        .search(&app.store, &signed.viewer, type_name, text, 5)
        .await?;
    Ok(found
        .into_iter()
        .map(|record| FoundRecord {
            type_name: type_name.to_owned(),
            account_id: record.text("account_id").unwrap_or_default().to_owned(),
            title: record.text("name").unwrap_or_default().to_owned(),
            subtitle: record
                .text("title")
                .or_else(|| record.text("close_date"))
                .unwrap_or_default()
                .to_owned(),
            lng: None,
            lat: None,
            id: record.id,
        })
        .collect())
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(search))
}
