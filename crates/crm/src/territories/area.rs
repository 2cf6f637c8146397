//! A drawn area comes in: GeoJSON becomes a shape, or an answer that names the place where it is wrong.

use geo_types::MultiPolygon;
use geojson::{GeoJson, GeometryValue, PolygonType};
use serde::Deserialize as _;
use serde_json::Value;
use territory::{Shape, ShapeError};

use crate::problem::Problem;

/// Most corners of one area.
const MOST_CORNERS: usize = 100_000;

/// An area that cannot be used: why, and where if that is one place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BadArea {
    pub code: &'static str,
    pub message: String,
    /// Longitude, latitude.
    pub place: Option<[f64; 2]>,
}

impl BadArea {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: None,
        }
    }

    /// As a 400 with the pointer of the part that held the area.
    pub fn problem(self, pointer: &str) -> Problem {
        Problem::bad(pointer, self.code, self.message)
    }
}

impl From<ShapeError> for BadArea {
    fn from(error: ShapeError) -> Self {
        let (code, place) = match &error {
            ShapeError::Empty => ("empty-area", None),
            ShapeError::TooFewCorners { .. } => ("too-few-corners", None),
            ShapeError::OutOfRange { .. } => ("not-on-earth", None),
            ShapeError::CrossesItself { lng, lat } => ("crosses-itself", Some([*lng, *lat])),
            ShapeError::HoleOutside { lng, lat, .. } => ("hole-outside", Some([*lng, *lat])),
            ShapeError::Nested(..) => ("nested", None),
            ShapeError::Antimeridian { .. } => ("antimeridian", None),
        };
        let mut message = error.to_string();
        if let Some(first) = message.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self {
            code,
            message: format!("{message}."),
            place,
        }
    }
}

/// A polygon or multipolygon in GeoJSON (a geometry, or a feature with one), looked over.
pub(crate) fn parse(geojson: &Value) -> Result<Shape, BadArea> {
    Ok(Shape::parse(polygons(geojson)?)?)
}

/// As [`parse`], but borders may cross, as a free hand draws them: what is inside an odd number of times counts.
pub(crate) fn parse_lasso(geojson: &Value) -> Result<Shape, BadArea> {
    Ok(Shape::mended(polygons(geojson)?)?)
}

/// An area as GeoJSON.
pub(crate) fn to_geojson(polygons: &MultiPolygon<f64>) -> geojson::Geometry {
    geojson::Geometry::new(GeometryValue::from(polygons))
}

/// A polygon or multipolygon in GeoJSON as it was drawn, not looked over.
pub(crate) fn polygons(geojson: &Value) -> Result<MultiPolygon<f64>, BadArea> {
    let wrong = |what: &str| {
        BadArea::new(
            "not-an-area",
            format!("An area is a GeoJSON Polygon or MultiPolygon, longitude first; this is {what}."),
        )
    };
    let parsed = GeoJson::deserialize(geojson).map_err(|error| {
        BadArea::new(
            "not-geojson",
            format!("The area cannot be read as GeoJSON: {error}."),
        )
    })?;
    let geometry = match parsed {
        GeoJson::Geometry(geometry) => geometry,
        GeoJson::Feature(feature) => feature
            .geometry
            .ok_or_else(|| wrong("a feature without a geometry"))?,
        GeoJson::FeatureCollection(_) => return Err(wrong("a feature collection")),
    };
    let parts: Vec<PolygonType> = match geometry.value {
        GeometryValue::Polygon { coordinates } => vec![coordinates],
        GeometryValue::MultiPolygon { coordinates } => coordinates,
        other => return Err(wrong(&format!("a {}", other.type_name()))),
    };
    let positions = || parts.iter().flatten().flatten();
    if positions().count() > MOST_CORNERS {
        return Err(BadArea::new(
            "too-many-corners",
            format!(
                "The area has {} corners; at most {MOST_CORNERS} are taken. Simplify it.",
                positions().count()
            ),
        ));
    }
    if let Some(short) = positions().find(|p| p.len() < 2) {
        return Err(BadArea::new(
            "not-geojson",
            format!(
                "The position {:?} has fewer than two numbers; a position is [longitude, latitude].",
                short.as_slice()
            ),
        ));
    }
    MultiPolygon::try_from(GeometryValue::MultiPolygon { coordinates: parts })
        .map_err(|error| BadArea::new("not-geojson", format!("The area cannot be read: {error}.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(geojson: Value) -> BadArea {
        parse(&geojson).expect_err("the area is refused")
    }

    fn ring(corners: Value) -> Value {
        json!({ "type": "Polygon", "coordinates": [corners] })
    }

    #[test]
    fn a_polygon_a_multipolygon_and_a_feature_are_taken() {
        let square = json!([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]);
        let polygon = ring(square.clone());
        let many = json!({ "type": "MultiPolygon", "coordinates": [[square]] });
        let feature = json!({ "type": "Feature", "properties": null, "geometry": polygon });
        let expected = parse(&polygon).unwrap();
        assert_eq!(parse(&many).unwrap(), expected);
        assert_eq!(parse(&feature).unwrap(), expected);
        // Written and read again it is the same.
        let written = serde_json::to_value(to_geojson(expected.polygons())).unwrap();
        assert_eq!(parse(&written).unwrap(), expected);
    }

    #[test]
    fn a_border_that_crosses_itself_is_refused_with_the_place() {
        // The two diagonals of the square from 0,0 to 2,2 meet in its middle.
        let bow = refused(ring(json!([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]])));
        assert_eq!(bow.code, "crosses-itself");
        assert_eq!(bow.place, Some([1.0, 1.0]));
        assert!(bow.message.contains("1.000000, 1.000000"), "{}", bow.message);
        // A free hand may cross itself: the two triangles count.
        let lasso = parse_lasso(&ring(json!([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]))).unwrap();
        assert_eq!(lasso.polygons().0.len(), 2);
    }

    #[test]
    fn what_is_no_area_on_earth_is_refused_by_name() {
        assert_eq!(
            refused(json!({ "type": "Point", "coordinates": [1, 2] })).code,
            "not-an-area"
        );
        assert_eq!(
            refused(json!({ "type": "FeatureCollection", "features": [] })).code,
            "not-an-area"
        );
        assert_eq!(
            refused(json!({ "type": "Feature", "properties": null, "geometry": null })).code,
            "not-an-area"
        );
        assert_eq!(refused(json!("POLYGON((0 0,1 0,1 1,0 0))")).code, "not-geojson");
        assert_eq!(
            refused(ring(json!([[0], [1, 0], [1, 1], [0]]))).code,
            "not-geojson"
        );
        assert_eq!(
            refused(json!({ "type": "MultiPolygon", "coordinates": [] })).code,
            "empty-area"
        );
        assert_eq!(refused(ring(json!([]))).code, "empty-area");
        let high = refused(ring(json!([[0, 0], [1, 0], [1, 700], [0, 0]])));
        assert_eq!(high.code, "not-on-earth");
        assert!(high.message.contains("700"), "{}", high.message);
        assert_eq!(
            refused(ring(json!([[179, 0], [-179, 0], [-179, 1], [179, 0]]))).code,
            "antimeridian"
        );
        let many: Vec<[f64; 2]> = (0..MOST_CORNERS + 1)
            .map(|i| [f64::from(i as u32) * 1e-4, 0.0])
            .collect();
        assert_eq!(refused(ring(json!(many))).code, "too-many-corners");
    }
}
