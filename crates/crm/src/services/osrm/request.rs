//! A request of any of the services: who asks, about which map, which coordinates, with which options; and its answer,
//! worked out away from the threads that serve.

use std::sync::Arc;

use atlas::Atlas;
use axum::Json;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use geom::LngLat;
use roads::{Metric, RoadIndex, Snap};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;
use utoipa::IntoParams;

use super::asked::{Options, coordinates, profile_called};
use crate::Shared;
use crate::problem::Problem;
use crate::services::MapReader;

/// A refusal in OSRM's form: a code that its clients know, and words.
#[derive(Debug)]
pub(super) struct Refusal {
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.code, "message": self.message });
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    }
}

/// The parts of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Along {
    /// The name of a profile that the map was built with, such as `car`; `driving` is the first.
    profile: String,
    /// `lng,lat;lng,lat…`, or `polyline(…)`.
    coordinates: String,
}

/// How many requests are worked on at once; the others wait their turn.
static TURNS: Semaphore = Semaphore::const_new(2);

/// What is asked, by somebody who may.
pub(super) struct Request {
    app: Shared,
    pub atlas: Arc<Atlas>,
    along: Along,
    pub options: Options,
}

impl FromRequestParts<Shared> for Request {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let refused = |problem: Problem| problem.into_response();
        MapReader::from_request_parts(parts, app).await.map_err(refused)?;
        let along = Path::from_request_parts(parts, app).await;
        let Path(along) = along.map_err(IntoResponse::into_response)?;
        let options = Query::from_request_parts(parts, app).await;
        let Query(options) = options.map_err(IntoResponse::into_response)?;
        Ok(Self {
            app: app.clone(),
            atlas: app.map().map_err(refused)?,
            along,
            options,
        })
    }
}

impl Request {
    /// The roads of the profile that is asked for.
    pub fn roads(&self) -> Result<&RoadIndex, Refusal> {
        let built: Vec<&str> = self.atlas.profiles().collect();
        let name = profile_called(&self.along.profile, &built)?;
        Ok(self.atlas.roads_for(name).unwrap_or(self.atlas.roads()))
    }

    /// The coordinates; refused where they are fewer, or more than the service takes.
    pub fn places(&self, at_least: usize, at_most: usize) -> Result<Vec<LngLat>, Refusal> {
        let places = coordinates(&self.along.coordinates, at_least)?;
        if places.len() > at_most {
            let message = format!(
                "Number of coordinates {} is higher than the {at_most} that are taken here.",
                places.len()
            );
            return Err(Refusal::new("TooBig", message));
        }
        Ok(places)
    }

    /// The coordinates on roads; those that reach each other where that is possible.
    pub fn snaps(&self, at_least: usize, at_most: usize) -> Result<Vec<Snap>, Refusal> {
        self.options.snap(self.roads()?, &self.places(at_least, at_most)?)
    }

    /// What the roads cost whoever asks: with `exclude`, `avoid_polygons` and `week_time` something of their own.
    pub fn metric(&self) -> Result<Costs<'_>, Refusal> {
        let roads = self.roads()?;
        let wishes = self.options.wishes()?;
        let own = (!wishes.are_none()).then(|| {
            let key = format!("{} {}", roads.profile(), roads.wishes_key(&wishes));
            self.app.metrics.get_or(&key, || roads.wished(&wishes))
        });
        Ok(Costs {
            usual: roads.metric(),
            own,
        })
    }

    /// Works the answer out, JSON as text, away from the threads that serve and few at a time: a large table takes
    /// seconds and all cores. The turn ends with the work, also where nobody waits for it any more.
    pub async fn answer(
        self,
        work: impl FnOnce(&Self) -> Result<String, Refusal> + Send + 'static,
    ) -> Result<Response, Problem> {
        let turn = TURNS.acquire().await.map_err(Problem::unexpected)?;
        let answer = tokio::task::spawn_blocking(move || {
            let answer = work(&self);
            drop(turn);
            answer
        })
        .await
        .map_err(Problem::unexpected)?;
        Ok(match answer {
            Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
            Err(refusal) => refusal.into_response(),
        })
    }
}

/// The metric of a request.
pub(super) struct Costs<'a> {
    usual: &'a Metric,
    own: Option<Arc<Metric>>,
}

impl std::ops::Deref for Costs<'_> {
    type Target = Metric;

    fn deref(&self) -> &Metric {
        self.own.as_deref().unwrap_or(self.usual)
    }
}
