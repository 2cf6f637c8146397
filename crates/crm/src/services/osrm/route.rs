//! `/route/v1` and `/trip/v1`: the way along coordinates, in their order or in the best one.

use std::sync::Arc;

use atlas::Atlas;
use axum::response::Response;
use geo::Simplify as _;
use geom::LngLat;
use roads::{AlternativeOptions, Language, Metric, Route, Snap};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asked::{Options, invalid, switch};
use super::request::{Along, Refusal, Request};
use super::turns::{Steps, summary, tenths};
use super::{polyline, round_trip, waypoint};
use crate::Shared;
use crate::problem::Problem;

/// Most coordinates of a route, and of a trip.
const MOST_STOPS: usize = 500;
const MOST_OF_A_TRIP: usize = 100;

/// A route along coordinates, as OSRM answers
#[utoipa::path(get, path = "/route/v1/{profile}/{coordinates}", tag = "map services",
    params(Along, Options),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn route(request: Request) -> Result<Response, Problem> {
    request
        .answer(|request| {
            let form = Form::of(&request.options)?;
            let snaps = request.snaps(2, MOST_STOPS)?;
            let roads = request.roads()?;
            let metric = request.metric()?;
            let mut routes = vec![form.route(request, &metric, &snaps)?];
            let others = request.options.other_ways()?;
            if let ([from, to], 1..) = (&snaps[..], others) {
                let options = AlternativeOptions {
                    count: others,
                    ..AlternativeOptions::default()
                };
                let ways = roads.with(&metric).query().alternatives(from, to, &options);
                let others = ways.iter().skip(1);
                routes.extend(others.map(|way| form.written(&request.atlas, std::slice::from_ref(way))));
            }
            let mut answer = json!({ "code": "Ok", "routes": routes });
            if request.options.wants_waypoints()? {
                answer["waypoints"] = snaps.iter().map(|s| waypoint(roads, s)).collect();
            }
            Ok(answer.to_string())
        })
        .await
}

/// The shortest trip through all coordinates, as OSRM answers
#[utoipa::path(get, path = "/trip/v1/{profile}/{coordinates}", tag = "map services",
    params(Along, Options),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn trip(request: Request) -> Result<Response, Problem> {
    request
        .answer(|request| {
            let form = Form::of(&request.options)?;
            let ends = round_trip::Ends::of(&request.options)?;
            let snaps = request.snaps(2, MOST_OF_A_TRIP)?;
            let metric = request.metric()?;
            let roads = request.roads()?;
            let order = round_trip::order(&roads.with(&metric).matrix(&snaps, &snaps), ends)?;
            let mut along: Vec<Snap> = order.iter().map(|number| snaps[*number]).collect();
            if ends == round_trip::Ends::Round {
                along.push(along[0]);
            }
            let trip = form.route(request, &metric, &along)?;
            let mut answer = json!({ "code": "Ok", "trips": [trip] });
            if request.options.wants_waypoints()? {
                let waypoints = snaps.iter().enumerate().map(|(number, snap)| {
                    let mut waypoint = waypoint(roads, snap);
                    waypoint["trips_index"] = 0.into();
                    waypoint["waypoint_index"] = order.iter().position(|n| *n == number).into();
                    waypoint
                });
                answer["waypoints"] = waypoints.collect();
            }
            Ok(answer.to_string())
        })
        .await
}

/// How lines are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Polyline(i32),
    GeoJson,
}

/// How much of the whole line is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overview {
    None,
    Simplified,
    Full,
}

/// What of a route is written, and how.
pub(super) struct Form {
    steps: bool,
    line: Line,
    overview: Overview,
    annotations: Vec<&'static str>,
    language: Language,
}

impl Form {
    pub fn of(options: &Options) -> Result<Self, Refusal> {
        options.check()?;
        let line = match options.geometries.as_deref() {
            None | Some("" | "polyline") => Line::Polyline(5),
            Some("polyline6") => Line::Polyline(6),
            Some("geojson") => Line::GeoJson,
            Some(other) => {
                return Err(invalid(format!(
                    "geometries={other}: it is polyline, polyline6 or geojson."
                )));
            }
        };
        let overview = match options.overview.as_deref() {
            None | Some("" | "simplified") => Overview::Simplified,
            Some("full") => Overview::Full,
            Some("false") => Overview::None,
            Some(other) => {
                return Err(invalid(format!(
                    "overview={other}: it is simplified, full or false."
                )));
            }
        };
        Ok(Self {
            steps: switch("steps", options.steps.as_deref(), false)?,
            line,
            overview,
            annotations: annotations(options.annotations.as_deref())?,
            language: match options.language.as_deref() {
                None | Some("" | "en") => Language::english(),
                Some("de") => Language::german(),
                Some(other) => return Err(invalid(format!("language={other}: there are en and de."))),
            },
        })
    }

    fn draw(&self, line: &[LngLat]) -> Value {
        match self.line {
            Line::Polyline(decimals) => polyline::encode(line.iter().copied(), decimals).into(),
            Line::GeoJson => json!({
                "type": "LineString",
                "coordinates": line.iter().map(|p| super::place(*p)).collect::<Vec<_>>(),
            }),
        }
    }

    /// The way from stop to stop.
    fn route(&self, request: &Request, metric: &Metric, stops: &[Snap]) -> Result<Value, Refusal> {
        let mut query = request.roads()?.with(metric).query();
        let mut legs = Vec::new();
        for (number, pair) in stops.windows(2).enumerate() {
            legs.push(query.route(&pair[0], &pair[1]).ok_or_else(|| {
                Refusal::new(
                    "NoRoute",
                    format!("Impossible route between points: no road leads from coordinate {number} of the way to the next."),
                )
            })?);
        }
        Ok(self.written(&request.atlas, &legs))
    }

    /// A way of one leg or more.
    pub fn written(&self, atlas: &Arc<Atlas>, legs: &[Route]) -> Value {
        let mut line: Vec<LngLat> = Vec::new();
        for leg in legs {
            line.extend(leg.line.iter().skip(usize::from(!line.is_empty())));
        }
        let distance = legs.iter().map(|leg| leg.trip.distance.0).sum();
        let duration = legs.iter().map(|leg| leg.trip.duration.to_seconds().0).sum();
        let side = line.first().map_or("right", |start| driving_side(atlas, *start));
        let mut route = json!({
            "distance": tenths(distance),
            "duration": tenths(duration),
            "weight": tenths(duration),
            "weight_name": "duration",
            "legs": legs.iter().map(|leg| self.leg(leg, side)).collect::<Vec<_>>(),
        });
        match self.overview {
            Overview::None => {}
            Overview::Full => route["geometry"] = self.draw(&line),
            Overview::Simplified => route["geometry"] = self.draw(&simplified(&line)),
        }
        route
    }

    fn leg(&self, leg: &Route, side: &'static str) -> Value {
        let seconds = tenths(leg.trip.duration.to_seconds().0);
        let steps = Steps {
            side,
            language: &self.language,
            draw: &|line| self.draw(line),
        };
        let mut written = json!({
            "distance": tenths(leg.trip.distance.0),
            "duration": seconds,
            "weight": seconds,
            "summary": if self.steps { summary(leg) } else { String::new() },
            "steps": if self.steps { steps.of(leg) } else { Vec::new() },
        });
        if !self.annotations.is_empty() {
            written["annotation"] = self.annotation(leg);
        }
        written
    }

    /// Figures for each piece of the line; the time of a step is shared by length among its pieces.
    fn annotation(&self, leg: &Route) -> Value {
        let (mut durations, mut distances, mut speeds) = (Vec::new(), Vec::new(), Vec::new());
        for step in &leg.steps {
            let pieces = leg.line[step.points.clone()].windows(2);
            let lengths: Vec<f64> = pieces.map(|p| p[0].distance(p[1]).0).collect();
            let whole: f64 = lengths.iter().sum();
            let seconds = step.duration.to_seconds().0;
            for length in lengths {
                let share = if whole > 0.0 {
                    seconds * length / whole
                } else {
                    0.0
                };
                durations.push(tenths(share));
                distances.push(tenths(length));
                speeds.push(tenths(if share > 0.0 { length / share } else { 0.0 }));
            }
        }
        let mut written = serde_json::Map::new();
        for name in &self.annotations {
            let figures = match *name {
                "duration" => &durations,
                "distance" => &distances,
                _ => &speeds,
            };
            written.insert((*name).to_owned(), json!(figures));
        }
        Value::Object(written)
    }
}

fn annotations(text: Option<&str>) -> Result<Vec<&'static str>, Refusal> {
    const ALL: [&str; 3] = ["duration", "distance", "speed"];
    match text {
        None | Some("" | "false") => Ok(Vec::new()),
        Some("true") => Ok(ALL.to_vec()),
        Some(names) => names
            .split(',')
            .map(|name| {
                let known = ALL.into_iter().find(|known| *known == name);
                known.ok_or_else(|| {
                    invalid(format!(
                        "annotations={name}: there are duration, distance and speed."
                    ))
                })
            })
            .collect(),
    }
}

/// The line with as many points as show when the whole of it fills a screen.
fn simplified(line: &[LngLat]) -> Vec<LngLat> {
    let points: geo_types::LineString<f64> = line.iter().map(|p| (p.lng(), p.lat())).collect();
    let extent = |of: fn(&LngLat) -> f64| {
        let (least, most) = line
            .iter()
            .map(of)
            .fold((f64::MAX, f64::MIN), |(a, b), n| (a.min(n), b.max(n)));
        most - least
    };
    let widest = extent(|p| p.lng()).max(extent(|p| p.lat()));
    let kept = points.simplify(widest / 2_000.0);
    kept.into_iter()
        .filter_map(|c| LngLat::new(c.x, c.y).ok())
        .collect()
}

/// On which side of the road one drives where a route begins.
fn driving_side(atlas: &Atlas, place: LngLat) -> &'static str {
    // Where traffic keeps left, by ISO 3166 code.
    const LEFT: [&str; 53] = [
        "AG", "AU", "BB", "BD", "BM", "BN", "BS", "BT", "BW", "CY", "DM", "FJ", "GB", "GD", "GG", "GY", "HK",
        "ID", "IE", "IM", "IN", "JE", "JM", "JP", "KE", "KI", "KN", "LC", "LK", "LS", "MO", "MT", "MU", "MV",
        "MW", "MY", "MZ", "NA", "NP", "NZ", "PG", "PK", "SB", "SC", "SG", "SR", "SZ", "TH", "TL", "TT", "TZ",
        "UG", "ZA",
    ];
    let country = atlas.geocoder().reverse(place).map(|found| found.country);
    if country.is_some_and(|code| LEFT.contains(&code.as_str())) {
        "left"
    } else {
        "right"
    }
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(route)).routes(routes!(trip))
}
