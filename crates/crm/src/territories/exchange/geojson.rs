//! Territories as GeoJSON (RFC 7946): one feature each, everything else in its properties.

use geo_types::MultiPolygon;
use serde_json::{Map, Value, json};

use super::super::area;
use super::{Portable, text, unreadable};
use crate::problem::Problem;

/// Where other programs put a name.
pub(super) const NAMES: [&str; 8] = [
    "name",
    "Name",
    "NAME",
    "title",
    "territory",
    "Territory",
    "GEN",
    "label",
];

pub(super) fn write(territories: &[Portable]) -> Result<Vec<u8>, Problem> {
    let mut features = Vec::new();
    for territory in territories {
        features.push(json!({
            "type": "Feature",
            "geometry": territory.geometry().map(area::to_geojson),
            "properties": properties(territory)?,
        }));
    }
    serde_json::to_vec(&json!({ "type": "FeatureCollection", "features": features }))
        .map_err(Problem::unexpected)
}

/// Everything but the geometry; the drawn area too where the geometry is all the ground.
pub(super) fn properties(territory: &Portable) -> Result<Value, Problem> {
    let mut properties = serde_json::to_value(territory).map_err(Problem::unexpected)?;
    if let (Some(map), Some(area), false) =
        (properties.as_object_mut(), &territory.area, territory.is_drawn())
    {
        let area = serde_json::to_value(area::to_geojson(area)).map_err(Problem::unexpected)?;
        map.insert("area".into(), area);
    }
    Ok(properties)
}

/// A territory from properties and geometry, ours or another program's.
pub(super) fn portable(
    properties: &Value,
    geometry: Option<MultiPolygon<f64>>,
    number: usize,
) -> Result<Portable, Problem> {
    let empty = Map::new();
    let fields = properties.as_object().unwrap_or(&empty);
    // Another program's properties are its own: only those that fit are taken.
    let ours = fields.contains_key("blocks") && fields.contains_key("members");
    let mut territory = match ours {
        true => serde_json::from_value(properties.clone())
            .map_err(|e| unreadable(&format!("Territory {number}: {e}.")))?,
        false => Portable {
            name: NAMES
                .iter()
                .find_map(|name| fields.get(*name).and_then(Value::as_str))
                .unwrap_or_default()
                .to_owned(),
            ..Portable::default()
        },
    };
    if territory.name.trim().is_empty() {
        territory.name = format!("Territory {number}");
    }
    territory.set_geometry(geometry);
    if let Some(area) = fields.get("area").filter(|a| ours && a.is_object()) {
        territory.area =
            Some(polygons(area).map_err(|why| unreadable(&format!("{}: {why}", territory.name)))?);
    }
    Ok(territory)
}

fn polygons(geometry: &Value) -> Result<MultiPolygon<f64>, String> {
    area::polygons(geometry).map_err(|bad| bad.message)
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Portable>, Problem> {
    let parsed: Value = serde_json::from_str(text(bytes)?).map_err(|e| unreadable(&format!("{e}.")))?;
    let features: Vec<&Value> = match parsed["type"].as_str() {
        Some("FeatureCollection") => parsed["features"].as_array().into_iter().flatten().collect(),
        Some("Feature") => vec![&parsed],
        _ => return Err(unreadable("It is no GeoJSON feature collection.")),
    };
    let mut territories = Vec::new();
    for (i, feature) in features.into_iter().enumerate() {
        let geometry = match feature.get("geometry").filter(|g| !g.is_null()) {
            Some(geometry) => {
                Some(polygons(geometry).map_err(|why| unreadable(&format!("Feature {}: {why}", i + 1)))?)
            }
            None => None,
        };
        territories.push(portable(&feature["properties"], geometry, i + 1)?);
    }
    Ok(territories)
}
