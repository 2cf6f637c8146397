//! How well addresses are found: counts by status and precision, and what people's corrections say about the
//! look-up's claims.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use records::{Filter, Query};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::repair::status_counts;
use crate::Shared;
use crate::live::{index_problem, sight};
use crate::problem::Problem;
use crate::sessions::Signed;

/// A point nearer than this was the right place: what the look-up's confidence is about, metres.
const RIGHT_WITHIN: f64 = 250.0;
/// Corrections that are looked at.
const MOST_PINS: usize = 20_000;
/// Lower ends of the ranges of confidence that are told apart.
const RANGES: [f64; 5] = [0.0, 0.5, 0.8, 0.9, 0.97];

/// How many places have which status and precision.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlacesSummary {
    by_status: BTreeMap<String, u64>,
    by_level: BTreeMap<String, u64>,
    total: u64,
    /// Points of the look-up that people moved.
    moved: MovedPins,
}

/// What was found where people looked, and how far off it was.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct MovedPins {
    count: u64,
    /// Half of them were moved by no more than this.
    median_m: Option<f64>,
    /// Nine in ten were moved by no more than this.
    ninth_decile_m: Option<f64>,
    /// By what the look-up had claimed.
    by_confidence: Vec<ClaimedAndTrue>,
}

/// Claims of about the same confidence.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct ClaimedAndTrue {
    /// From this confidence on.
    from: f64,
    count: u64,
    /// The mean of the claims.
    claimed: f64,
    /// The share that lay within 250 m of the place.
    right: f64,
}

/// How many places have which status and precision; the statuses sum to the total
#[utoipa::path(get, path = "/api/v1/places/summary", tag = "places", responses((status = 200, body = PlacesSummary)))]
async fn summary(State(app): State<Shared>, signed: Signed) -> Result<Json<PlacesSummary>, Problem> {
    let state = app.live.present();
    let sight = sight(&app, &signed.viewer).await?;
    let view = state.index.view(&sight.filter).map_err(index_problem)?;
    let query = Query::of("location");
    let groups = app
        .store
        .sum(&signed.viewer, &query, &[], &["geocode_level"])
        .await?;
    let by_level = groups
        .into_iter()
        .filter_map(|g| Some((g.key.first()?.as_str().unwrap_or("none").to_owned(), g.count)))
        .collect();
    let claimed = Filter::IsNull {
        field: "pin_confidence".into(),
    };
    let mut pins = Vec::new();
    let mut query = Query::of("location")
        .filter(Filter::Not(Box::new(claimed)))
        .limit(Query::MAX_LIMIT);
    loop {
        let page = app.store.list(&signed.viewer, &query).await?;
        pins.extend(
            page.records
                .iter()
                .filter_map(|r| Some((r.number("pin_confidence")?, r.number("pin_distance_m")?))),
        );
        match page.next_cursor {
            Some(cursor) if pins.len() < MOST_PINS => query = query.cursor(Some(cursor)),
            _ => break,
        }
    }
    Ok(Json(PlacesSummary {
        by_status: status_counts(&view)?,
        by_level,
        total: view.count(),
        moved: moved(&pins),
    }))
}

/// Sums pairs of confidence and metres up.
fn moved(pins: &[(f64, f64)]) -> MovedPins {
    let mut meters: Vec<f64> = pins.iter().map(|pin| pin.1).collect();
    meters.sort_by(f64::total_cmp);
    let at = |share: f64| {
        meters
            .get(((meters.len() as f64 * share).ceil() as usize).saturating_sub(1))
            .copied()
    };
    let mut by_confidence = Vec::new();
    for (number, from) in RANGES.iter().enumerate() {
        let to = RANGES.get(number + 1).copied().unwrap_or(f64::INFINITY);
        let inside: Vec<&(f64, f64)> = pins.iter().filter(|pin| pin.0 >= *from && pin.0 < to).collect();
        if inside.is_empty() {
            continue;
        }
        let count = inside.len() as f64;
        by_confidence.push(ClaimedAndTrue {
            from: *from,
            count: inside.len() as u64,
            claimed: inside.iter().map(|pin| pin.0).sum::<f64>() / count,
            right: inside.iter().filter(|pin| pin.1 <= RIGHT_WITHIN).count() as f64 / count,
        });
    }
    MovedPins {
        count: pins.len() as u64,
        median_m: at(0.5),
        ninth_decile_m: at(0.9),
        by_confidence,
    }
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(summary))
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn claims_are_compared_with_what_people_found() {
        let pins = [(0.99, 10.0), (0.98, 20.0), (0.6, 30.0), (0.7, 900.0)];
        let found = moved(&pins);
        assert_eq!(
            (found.count, found.median_m, found.ninth_decile_m),
            (4, Some(20.0), Some(900.0))
        );
        let told: Vec<(f64, u64, f64)> = found
            .by_confidence
            .iter()
            .map(|c| (c.from, c.count, c.right))
            .collect();
        assert_eq!(told, [(0.5, 2, 0.5), (0.97, 2, 1.0)]);
        assert_eq!(moved(&[]).median_m, None);
    }
}
