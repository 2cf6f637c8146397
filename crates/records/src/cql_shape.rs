//! Spatial predicates of CQL2.

use cql2::{Expr, Geometry};
use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde_json::Value;

use crate::FilterError;
use crate::catalog::RecordType;
use crate::cql::{about, describe, refuse};
use crate::filter::Filter;
use crate::shape::Shape;

pub(crate) fn spatial(
    record_type: &RecordType,
    op: &str,
    left: &Expr,
    right: &Expr,
) -> Result<Filter, FilterError> {
    let is_place =
        |e: &Expr| matches!(e, Expr::Property { property } if PLACE_NAMES.contains(&property.as_str()));
    let shape = match (is_place(left), is_place(right)) {
        (true, false) => right,
        // `s_within(shape, geometry)` would ask for places that hold an area.
        (false, true) if op != "s_within" => left,
        _ => {
            return Err(about(
                "geometry",
                format!("{op} takes the property geometry and a POLYGON, MULTIPOLYGON or BBOX"),
            ));
        }
    };
    if !record_type.place {
        return Err(about(
            "geometry",
            format!("{} has no place, so it lies in no shape", record_type.name),
        ));
    }
    let filter = Filter::Within(match shape {
        Expr::Geometry(geometry) => Shape::new(polygons(geometry)?)?,
        Expr::BBox { bbox } => {
            let numbers = bbox.iter().map(|e| number(e)).collect::<Result<Vec<_>, _>>()?;
            match numbers[..] {
                [west, south, east, north] | [west, south, _, east, north, _] => {
                    Shape::from_box(west, south, east, north)?
                }
                _ => return Err(refuse("a BBOX takes west, south, east, north".into())),
            }
        }
        other => return Err(about("geometry", format!("{} is not a shape", describe(other)))),
    });
    Ok(if op == "s_disjoint" {
        filter.negated()
    } else {
        filter
    })
}

/// What the place of a record is called in a filter.
const PLACE_NAMES: &[&str] = &["geometry", "geom", "place"];

fn polygons(geometry: &Geometry) -> Result<MultiPolygon, FilterError> {
    // Through JSON: the crate's own GeoJSON type is of another version than anything else here.
    let json = serde_json::to_value(geometry).map_err(|e| refuse(format!("a shape cannot be read: {e}")))?;
    let coordinates = &json["coordinates"];
    let unreadable =
        || refuse("a shape's coordinates cannot be read; they are rings of [longitude, latitude]".into());
    if coordinates.as_array().is_some_and(Vec::is_empty) {
        return Err(refuse(
            "the shape is empty; give at least one polygon of three corners".into(),
        ));
    }
    match json["type"].as_str() {
        Some("Polygon") => Ok(MultiPolygon(vec![polygon(coordinates).ok_or_else(unreadable)?])),
        Some("MultiPolygon") => {
            let each = coordinates.as_array().ok_or_else(unreadable)?;
            each.iter()
                .map(polygon)
                .collect::<Option<_>>()
                .ok_or_else(unreadable)
        }
        other => Err(refuse(format!(
            "a place lies in a Polygon or a MultiPolygon, not in a {}",
            other.unwrap_or("thing without a type")
        ))),
    }
}

fn polygon(rings: &Value) -> Option<Polygon> {
    let mut rings = rings.as_array()?.iter().map(|ring| {
        let corners = ring.as_array()?.iter().map(|corner| {
            let corner = corner.as_array()?;
            Some(Coord {
                x: corner.first()?.as_f64()?,
                y: corner.get(1)?.as_f64()?,
            })
        });
        Some(LineString(corners.collect::<Option<_>>()?))
    });
    let outer = rings.next()??;
    Some(Polygon::new(outer, rings.collect::<Option<_>>()?))
}

fn number(expression: &Expr) -> Result<f64, FilterError> {
    match expression {
        Expr::Float(number) => Ok(*number),
        other => Err(refuse(format!(
            "{} stands where a number is needed",
            describe(other)
        ))),
    }
}
