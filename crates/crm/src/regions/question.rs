//! What is asked: a shape, a filter, a date, perhaps a second date; put together with what may be seen.

use std::sync::Arc;

use geo_types::MultiPolygon;
use geom::{LngLat, Timestamp};
use points::{Filter, Shape};
use records::{At, on_db};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use utoipa::ToSchema;

use crate::app::App;
use crate::crud::as_of_of;
use crate::live::{State, filter_of, sight};
use crate::maps::boundary_shape;
use crate::places::drive_time_area;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Layout, parse_area, to_geojson};

/// A drive from a place.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct ReachBody {
    lng: f64,
    lat: f64,
    /// More than 0, at most 240.
    minutes: f64,
}

/// One of four ways to say where.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub(crate) struct ShapeBody {
    /// GeoJSON Polygon or MultiPolygon, longitude first.
    #[schema(value_type = Option<Object>)]
    geometry: Option<Value>,
    /// The places assigned to a territory and to those below it, on the date asked for.
    territory_id: Option<String>,
    /// A municipality, district or postcode.
    boundary_id: Option<String>,
    /// Everything within so many minutes by car.
    reach: Option<ReachBody>,
}

/// A moment: milliseconds since 1970, RFC 3339, or a local day (its end).
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Moment {
    Millis(i64),
    Text(String),
}

impl Moment {
    /// `None` for an empty text.
    pub fn parse(&self, app: &App, name: &str) -> Result<Option<Timestamp>, Problem> {
        match self {
            Self::Millis(millis) => Ok(Some(Timestamp(*millis))),
            Self::Text(text) if text.trim().is_empty() => Ok(None),
            Self::Text(text) => as_of_of(app, name, text).map(Some).map_err(|mut problem| {
                problem
                    .faults
                    .iter_mut()
                    .for_each(|fault| fault.pointer = format!("/{name}"));
                problem
            }),
        }
    }
}

/// What is asked of a region.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub(crate) struct SnapshotBody {
    /// Null: everywhere, with places on no map.
    pub shape: Option<ShapeBody>,
    /// CQL2 text on customers.
    pub filter: Option<String>,
    /// The date; the present unless said.
    #[schema(value_type = Option<String>)]
    pub as_of: Option<Moment>,
    /// Another date to compare with.
    #[schema(value_type = Option<String>)]
    pub compare_to: Option<Moment>,
}

/// Which rows, where two dates are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowKind {
    /// All on the date asked for.
    #[default]
    All,
    /// There on the date, and nowhere on record on the other.
    New,
    /// There on the other date, and nowhere on record on the date.
    Lost,
    /// There on the date; on the other on record, but not there.
    Came,
    /// There on the other date; on the date on record, but not there.
    Went,
    /// There on both, with more revenue on the date.
    Grown,
    /// There on both, with less revenue on the date.
    Shrunk,
}

impl RowKind {
    /// Its rows are those of the date compared with: on the date itself they are not there.
    pub fn is_of_then(self) -> bool {
        matches!(self, Self::Lost | Self::Went)
    }
}

/// A state of the index and what of it is asked.
#[derive(Clone)]
pub(super) struct Side {
    pub state: Arc<State>,
    pub filter: Filter,
    /// Milliseconds since 1970.
    pub as_of: i64,
}

/// The question, understood.
pub(super) struct Asked {
    pub shape: Shape,
    pub a: Side,
    pub b: Option<Side>,
    /// The shape as a feature; `None`: everywhere.
    pub feature: Option<geojson::Feature>,
    /// What it is called, for people.
    pub name: String,
    /// The filter as it was given.
    pub filter_text: String,
    /// Within what was counted, where that is not everything.
    pub rights_note: Option<String>,
}

impl Asked {
    /// Understands a question.
    pub async fn resolve(app: &App, signed: &Signed, body: &SnapshotBody) -> Result<Self, Problem> {
        let moment = |given: &Option<Moment>, name: &str| match given {
            Some(moment) => moment.parse(app, name),
            None => Ok(None),
        };
        let (at, compare_to) = (
            moment(&body.as_of, "as_of")?,
            moment(&body.compare_to, "compare_to")?,
        );
        let filter_text = body.filter.clone().unwrap_or_default().trim().to_owned();
        let listed = filter_of(app, &filter_text, at).await?;
        let sight = sight(app, &signed.viewer).await?;
        let filter = sight.filter.and(listed);
        let place = Place::resolve(app, signed, body.shape.as_ref()).await?;
        let a = place.side(app, at, filter.clone()).await?;
        let b = match body.compare_to {
            Some(_) => Some(place.side(app, compare_to, filter).await?),
            None => None,
        };
        let feature = place.feature();
        Ok(Self {
            shape: place.shape,
            a,
            b,
            feature,
            name: place.name,
            filter_text,
            rights_note: sight.note.map(|note| format!("Counted within {note} only")),
        })
    }
}

/// Where, for features that put conditions of their own beside it.
pub(crate) struct Ground(Place);

impl Ground {
    /// Understands one way to say where; the viewer has to see the territory that is named.
    pub async fn resolve(app: &App, signed: &Signed, body: &ShapeBody) -> Result<Self, Problem> {
        Place::resolve(app, signed, Some(body)).await.map(Self)
    }

    /// As a feature with name and kind; `None`: everywhere.
    pub fn feature(&self) -> Option<geojson::Feature> {
        self.0.feature()
    }

    /// Its outline; a territory's is what it looks like, not what decides.
    pub fn polygons(&self) -> Option<&MultiPolygon<f64>> {
        self.0.polygons.as_ref()
    }

    /// The territories whose places are meant, where it is a territory.
    pub fn territories(&self) -> Option<&[String]> {
        self.0.territories.as_ref().map(|(ids, _)| ids.as_slice())
    }

    /// As a condition on the index of a moment.
    pub async fn filter(&self, app: &App, at: Option<Timestamp>) -> Result<Filter, Problem> {
        match &self.0.territories {
            Some((ids, false)) => Ok(Filter::category("territory_id", ids)),
            Some((ids, true)) => assigned(app, ids, at).await,
            None if self.0.polygons.is_none() => Ok(Filter::All),
            None => Ok(Filter::Within(self.0.shape.clone())),
        }
    }
}

/// Where.
struct Place {
    shape: Shape,
    /// The shape asked of the index comes from these, or they only show what a territory looks like.
    polygons: Option<MultiPolygon<f64>>,
    name: String,
    kind: &'static str,
    /// Territories whose places are meant, and whether they are in a product line of their own.
    territories: Option<(Vec<String>, bool)>,
}

impl Place {
    async fn resolve(app: &App, signed: &Signed, body: Option<&ShapeBody>) -> Result<Self, Problem> {
        let everywhere = |name: &str, kind| Self {
            shape: Shape::everywhere(),
            polygons: None,
            name: name.to_owned(),
            kind,
            territories: None,
        };
        let Some(body) = body else {
            return Ok(everywhere("Everywhere", "everywhere"));
        };
        let geometry = body.geometry.as_ref().filter(|g| !g.is_null());
        match (geometry, &body.territory_id, &body.boundary_id, &body.reach) {
            (None, None, None, None) => Ok(everywhere("Everywhere", "everywhere")),
            (Some(geometry), None, None, None) => {
                let shape = parse_area(geometry).map_err(|bad| bad.problem("/shape/geometry"))?;
                Self::around("Drawn shape".to_owned(), "drawn", shape.polygons().clone())
            }
            (None, None, Some(boundary), None) => {
                let (name, polygons) = boundary_shape(app, boundary)?;
                Self::around(name, "boundary", polygons)
            }
            (None, None, None, Some(reach)) => {
                let from = LngLat::new(reach.lng, reach.lat)
                    .map_err(|error| Problem::bad("/shape/reach", "not-on-earth", format!("{error}.")))?;
                let polygons = drive_time_area(app, from, reach.minutes).await?;
                Self::around(format!("{} minutes by car", reach.minutes), "reach", polygons)
            }
            (None, Some(id), None, None) => {
                let missing = || Problem::not_found(format!("Territory {id}"));
                app.store
                    .get(&signed.viewer, "territory", id, At::PRESENT)
                    .await?
                    .ok_or_else(missing)?;
                let layout = Layout::load(&app.store, At::PRESENT).await?;
                let standing = layout.get(id).ok_or_else(missing)?;
                let branch = layout.branch(id).into_iter().map(|t| t.id().to_owned()).collect();
                Ok(Self {
                    polygons: standing.ground().cloned(),
                    territories: Some((branch, standing.line().is_some())),
                    ..everywhere(standing.name(), "territory")
                })
            }
            _ => Err(Problem::bad(
                "/shape",
                "too-many-shapes",
                "Say where in one way: geometry, territory_id, boundary_id or reach.",
            )),
        }
    }

    fn around(name: String, kind: &'static str, polygons: MultiPolygon<f64>) -> Result<Self, Problem> {
        let shape = Shape::polygons(polygons.clone())
            .map_err(|error| Problem::bad("/shape", "bad-shape", format!("{error}.")))?;
        Ok(Self {
            shape,
            polygons: Some(polygons),
            name,
            kind,
            territories: None,
        })
    }

    async fn side(&self, app: &App, at: Option<Timestamp>, filter: Filter) -> Result<Side, Problem> {
        let state = app.live.at(at).await?;
        let as_of = at.unwrap_or_else(|| app.store.now()).0;
        let filter = match &self.territories {
            None => filter,
            Some((ids, false)) => filter.and(Filter::category("territory_id", ids)),
            Some((ids, true)) => filter.and(assigned(app, ids, at).await?),
        };
        Ok(Side { state, filter, as_of })
    }

    fn feature(&self) -> Option<geojson::Feature> {
        if self.polygons.is_none() && self.territories.is_none() {
            return None;
        }
        let mut feature = geojson::Feature {
            geometry: self.polygons.as_ref().map(to_geojson),
            ..geojson::Feature::default()
        };
        feature.set_property("name", self.name.clone());
        feature.set_property("kind", self.kind);
        Some(feature)
    }
}

/// The places assigned to territories of a product line, which the index does not know.
async fn assigned(app: &App, territories: &[String], at: Option<Timestamp>) -> Result<Filter, Problem> {
    let db = app.store.db();
    let list = match db {
        records::Db::Sqlite { .. } => "select value from json_each($1)",
        records::Db::Postgres(_) => "select jsonb_array_elements_text($1::jsonb)",
    };
    let sql = AssertSqlSafe(format!(
        "select location_id from assignments where territory_id in ({list}) and cause <> 'holdover' and valid_from <= $2 and valid_to > $2"
    ));
    let ids = serde_json::Value::from(territories.to_vec()).to_string();
    // The end of time is open, so the last moment before it is the present whatever the clock says.
    let moment = at.map_or(i64::MAX - 1, |t| t.0);
    let rows: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(sql).bind(ids).bind(moment).fetch_all(pool).await)
            .map_err(records::Error::from)?;
    Ok(Filter::Ids(
        rows.iter()
            .filter_map(|row| crate::live::row_id(&row.0))
            .collect(),
    ))
}
