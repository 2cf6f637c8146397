//! `/table/v1` and `/nearest/v1`: many to many, and the roads at a place.

use std::fmt::Write as _;

use axum::response::Response;
use roads::{Matrix, Snap, Verdict};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asked::{Options, invalid};
use super::request::{Along, Refusal, Request};
use super::turns::tenths;
use super::waypoint;
use crate::Shared;
use crate::problem::Problem;

/// Cells of a table, at most.
const MOST_CELLS: usize = 4_000_000;
/// What a cell needs while it is worked out and written, for each figure in it: bytes, roughly.
const BYTES_A_FIGURE: usize = 16;
/// Coordinates of a table, at most; the address itself has room for fewer.
const MOST_PLACES: usize = 10_000;
/// Roads near a place that are looked at, also where few of them are told.
const LOOKED_AT: usize = 50;
/// Most roads told of one place.
const MOST_NEAREST: usize = 100;

/// Durations and distances of many to many, as OSRM answers
#[utoipa::path(get, path = "/table/v1/{profile}/{coordinates}", tag = "map services",
    params(Along, Options),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn table(request: Request) -> Result<Response, Problem> {
    request.answer(|request| {
        let options = &request.options;
        options.check()?;
        let places = request.places(1, MOST_PLACES)?;
        let sources = chosen("sources", options.sources.as_deref(), places.len())?;
        let targets = chosen("destinations", options.destinations.as_deref(), places.len())?;
        let (durations, distances) = annotations(options.annotations.as_deref())?;
        let number = |name: &str, text: Option<&str>| {
            text.map(|text| {
                let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
                number.ok_or_else(|| invalid(format!("{name}={text}: it is a number more than 0.")))
            })
            .transpose()
        };
        let scale = number("scale_factor", options.scale_factor.as_deref())?.unwrap_or(1.0);
        let fallback = number("fallback_speed", options.fallback_speed.as_deref())?;
        let cells = sources.len() * targets.len();
        if cells > MOST_CELLS {
            return Err(Refusal::new(
                "TooBig",
                format!(
                    "A table of {} by {} would need some {} MB; at most {MOST_CELLS} cells are answered at once. Ask for parts with sources and destinations.",
                    sources.len(),
                    targets.len(),
                    cells.saturating_mul(BYTES_A_FIGURE * (usize::from(durations) + usize::from(distances))) / 1_000_000
                ),
            ));
        }
        let roads = request.roads()?;
        let snaps = options.snap(roads, &places)?;
        let only = |numbers: &[usize]| -> Vec<Snap> { numbers.iter().map(|n| snaps[*n]).collect() };
        let (from, to) = (only(&sources), only(&targets));
        let metric = request.metric()?;
        let table = Table {
            matrix: roads.with(&metric).matrix(&from, &to),
            from: &from,
            to: &to,
            scale,
            fallback,
        };
        let mut answer = json!({ "code": "Ok" });
        if fallback.is_some() {
            answer["fallback_speed_cells"] = table.fallbacks();
        }
        if options.wants_waypoints()? {
            let written = |snaps: &[Snap]| snaps.iter().map(|s| waypoint(roads, s)).collect();
            answer["sources"] = written(&from);
            answer["destinations"] = written(&to);
        }
        // The figures are written as text at once: as values they would take many times the room.
        let mut text = answer.to_string();
        text.pop();
        if durations {
            table.write("durations", Table::duration, &mut text);
        }
        if distances {
            table.write("distances", Table::distance, &mut text);
        }
        text.push('}');
        Ok(text)
    })
    .await
}

struct Table<'a> {
    matrix: Matrix,
    from: &'a [Snap],
    to: &'a [Snap],
    scale: f64,
    /// km/h as the crow flies where no road leads.
    fallback: Option<f64>,
}

impl Table<'_> {
    /// Adds a member with a row of figures for each source, `null` where no road leads.
    fn write(&self, name: &str, cell: fn(&Self, usize, usize) -> Option<f64>, text: &mut String) {
        text.reserve(self.from.len() * self.to.len() * 8);
        // Writing to a text cannot fail.
        let _ = write!(text, ",\"{name}\":[");
        for row in 0..self.from.len() {
            text.push_str(if row > 0 { ",[" } else { "[" });
            for column in 0..self.to.len() {
                if column > 0 {
                    text.push(',');
                }
                let _ = match cell(self, row, column) {
                    Some(figure) => write!(text, "{:.1}", tenths(figure)),
                    None => write!(text, "null"),
                };
            }
            text.push(']');
        }
        text.push(']');
    }

    fn duration(&self, row: usize, column: usize) -> Option<f64> {
        let driven = self.matrix.duration(row, column).map(|d| d.to_seconds().0);
        let flown = || Some(self.crow(row, column) / (self.fallback? / 3.6));
        driven.or_else(flown).map(|seconds| seconds * self.scale)
    }

    fn distance(&self, row: usize, column: usize) -> Option<f64> {
        let driven = self.matrix.distance(row, column).map(|d| d.0);
        driven.or_else(|| self.fallback.map(|_| self.crow(row, column)))
    }

    fn crow(&self, row: usize, column: usize) -> f64 {
        self.from[row].point.distance(self.to[column].point).0
    }

    fn fallbacks(&self) -> Value {
        let cells = (0..self.from.len()).flat_map(|row| (0..self.to.len()).map(move |column| (row, column)));
        cells
            .filter(|(row, column)| self.matrix.duration(*row, *column).is_none())
            .map(|(row, column)| json!([row, column]))
            .collect()
    }
}

fn annotations(text: Option<&str>) -> Result<(bool, bool), Refusal> {
    match text {
        None | Some("" | "duration") => Ok((true, false)),
        Some("distance") => Ok((false, true)),
        Some("duration,distance" | "distance,duration") => Ok((true, true)),
        Some(other) => Err(invalid(format!(
            "annotations={other}: it is duration, distance or both with a comma."
        ))),
    }
}

/// Numbers of coordinates; all where none are named.
fn chosen(name: &str, text: Option<&str>, places: usize) -> Result<Vec<usize>, Refusal> {
    match text {
        None | Some("" | "all") => Ok((0..places).collect()),
        Some(text) => text
            .split(';')
            .map(|part| {
                let number = part.parse::<usize>().ok().filter(|n| *n < places);
                number.ok_or_else(|| {
                    invalid(format!(
                        "{name}={part}: not the number of a coordinate, 0 to {}.",
                        places - 1
                    ))
                })
            })
            .collect(),
    }
}

/// The roads nearest to a place, as OSRM answers
#[utoipa::path(get, path = "/nearest/v1/{profile}/{coordinates}", tag = "map services",
    params(Along, Options),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn nearest(request: Request) -> Result<Response, Problem> {
    request
        .answer(|request| {
            let options = &request.options;
            options.check()?;
            if !options.wishes()?.are_none() {
                return Err(invalid(
                    "The nearest roads are told, avoided or not, open or not: exclude, avoid_polygons and week_time are not taken.",
                ));
            }
            let [place] = request.places(1, 1)?[..] else {
                return Err(invalid("Only one coordinate is asked about at a time."));
            };
            let number = match options.number.as_deref() {
                None | Some("") => 1,
                Some(text) => {
                    let number = text.parse().ok().filter(|n| (1..=MOST_NEAREST).contains(n));
                    number.ok_or_else(|| invalid(format!("number={text}: it is 1 to {MOST_NEAREST}.")))?
                }
            };
            let roads = request.roads()?;
            let snap_options = options.snap_options(1)?.of(0);
            let found = roads.candidates(place, &snap_options, number.max(LOOKED_AT));
            let usable = found
                .iter()
                .filter(|c| matches!(c.verdict, Verdict::Usable { .. }));
            let mut nearest: Vec<&Snap> = usable.map(|candidate| &candidate.snap).collect();
            nearest.sort_by(|a, b| a.distance.0.total_cmp(&b.distance.0));
            let waypoints: Vec<Value> = nearest
                .into_iter()
                .take(number)
                .map(|snap| waypoint(roads, snap))
                .collect();
            if waypoints.is_empty() {
                return Err(Refusal::new(
                    "NoSegment",
                    format!(
                        "Could not find a matching segment for coordinate 0: no such road within {:.0} m.",
                        snap_options.radius.0
                    ),
                ));
            }
            Ok(json!({ "code": "Ok", "waypoints": waypoints }).to_string())
        })
        .await
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(table))
        .routes(routes!(nearest))
}
