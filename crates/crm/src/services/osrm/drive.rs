//! `/match/v1`: which roads a recorded drive followed.

use axum::response::Response;
use geom::Meters;
use roads::{TraceOptions, TracePart};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asked::{Options, invalid};
use super::request::{Along, Refusal, Request};
use super::route::Form;
use super::waypoint;
use crate::Shared;
use crate::problem::Problem;

/// Most places of a recorded drive.
const MOST_PLACES: usize = 5_000;
/// How many times its usual error a road may be away from a place.
const FARTHEST_ERRORS: f64 = 5.0;

/// A recorded drive on roads, as OSRM answers
#[utoipa::path(get, path = "/match/v1/{profile}/{coordinates}", tag = "map services",
    params(Along, Options),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn drive(request: Request) -> Result<Response, Problem> {
    request.answer(|request| {
        let options = &request.options;
        let form = Form::of(options)?;
        match options.gaps.as_deref() {
            None | Some("" | "split") => {}
            Some(other) => return Err(invalid(format!("gaps={other}: it is split."))),
        }
        let wishes = [
            &options.exclude,
            &options.avoid_polygons,
            &options.week_time,
            &options.bearings,
            &options.approaches,
            &options.snapping,
        ];
        if wishes.into_iter().any(Option::is_some) {
            return Err(invalid(
                "A recorded drive went where it went: exclude, avoid_polygons, week_time, bearings, approaches and snapping are not taken.",
            ));
        }
        let places = request.places(2, MOST_PLACES)?;
        // In this service radiuses say how exact the places are.
        let mut errors: Vec<f64> = options
            .radiuses(places.len())?
            .into_iter()
            .flatten()
            .map(|m| m.0)
            .collect();
        errors.sort_by(f64::total_cmp);
        let usual = TraceOptions::default();
        let trace_options = match errors.get(errors.len() / 2) {
            Some(error) => TraceOptions {
                accuracy: Meters(*error),
                radius: Meters((error * FARTHEST_ERRORS).max(usual.radius.0)),
                ..usual
            },
            None => usual,
        };
        let roads = request.roads()?;
        let trace = roads.query().follow(&places, &trace_options);
        let parts: Vec<TracePart> = trace
            .parts
            .into_iter()
            .filter(|part| !part.legs.is_empty())
            .collect();
        if parts.is_empty() {
            return Err(Refusal::new(
                "NoMatch",
                "Could not match the trace: no way along roads follows it.",
            ));
        }
        let mut tracepoints = vec![Value::Null; places.len()];
        for (part_number, part) in parts.iter().enumerate() {
            for (position, (number, snap)) in part.points.iter().enumerate() {
                let mut point = waypoint(roads, snap);
                point["matchings_index"] = part_number.into();
                point["waypoint_index"] = position.into();
                point["alternatives_count"] = 0.into();
                tracepoints[*number] = point;
            }
        }
        let matchings: Vec<Value> = parts
            .iter()
            .map(|part| {
                let mut matching = form.written(&request.atlas, &part.legs);
                matching["confidence"] = confidence(part, &trace_options).into();
                matching
            })
            .collect();
        Ok(json!({ "code": "Ok", "matchings": matchings, "tracepoints": tracepoints }).to_string())
    })
    .await
}

/// How well the places lie on the roads taken, 0 to 1: the mean of each place's likelihood relative to one that
/// lies on its road. It does not say how likely another way is.
fn confidence(part: &TracePart, options: &TraceOptions) -> f64 {
    let likely = |error: f64| (-0.5 * (error / (2.0 * options.accuracy.0)).powi(2)).exp();
    let sum: f64 = part.points.iter().map(|(_, snap)| likely(snap.distance.0)).sum();
    sum / part.points.len().max(1) as f64
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(drive))
}
