//! Territories as KML 2.2: a placemark each. What KML has no element for stands as JSON in its extended data.

use std::fmt::Write as _;

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use roxmltree::{Document, Node};
use serde_json::Value;

use super::geojson::{portable, properties};
use super::{Portable, text, unreadable};
use crate::problem::Problem;
use crate::xml::escaped;

/// The name of our extended data.
const DATA: &str = "bailiwick";

pub(super) fn write(territories: &[Portable]) -> Result<Vec<u8>, Problem> {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>\n",
    );
    for territory in territories {
        let data = properties(territory)?.to_string();
        let _ = write!(
            out,
            "<Placemark><name>{}</name><ExtendedData><Data name=\"{DATA}\"><value>{}</value></Data></ExtendedData>",
            escaped(&territory.name),
            escaped(&data)
        );
        if let Some(ground) = territory.geometry() {
            out.push_str("<MultiGeometry>");
            for polygon in ground {
                out.push_str("<Polygon>");
                ring(&mut out, "outerBoundaryIs", polygon.exterior());
                for hole in polygon.interiors() {
                    ring(&mut out, "innerBoundaryIs", hole);
                }
                out.push_str("</Polygon>");
            }
            out.push_str("</MultiGeometry>");
        }
        out.push_str("</Placemark>\n");
    }
    out.push_str("</Document></kml>\n");
    Ok(out.into_bytes())
}

fn ring(out: &mut String, element: &str, line: &LineString<f64>) {
    let _ = write!(out, "<{element}><LinearRing><coordinates>");
    for (i, corner) in line.coords().enumerate() {
        // Written so that reading gives the same number again.
        let _ = write!(out, "{}{},{}", if i > 0 { " " } else { "" }, corner.x, corner.y);
    }
    let _ = write!(out, "</coordinates></LinearRing></{element}>");
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Portable>, Problem> {
    let document = Document::parse(text(bytes)?).map_err(|e| unreadable(&format!("{e}.")))?;
    let placemarks = document
        .descendants()
        .filter(|n| n.tag_name().name() == "Placemark");
    let mut territories = Vec::new();
    for (i, placemark) in placemarks.enumerate() {
        let ours = placemark
            .descendants()
            .find(|n| n.tag_name().name() == "Data" && n.attribute("name") == Some(DATA))
            .and_then(|data| child(data, "value")?.text());
        let data: Value = match ours {
            Some(json) => {
                serde_json::from_str(json).map_err(|e| unreadable(&format!("Placemark {}: {e}.", i + 1)))?
            }
            None => {
                let name = child(placemark, "name")
                    .and_then(|n| n.text())
                    .unwrap_or_default();
                serde_json::json!({ "name": name.trim() })
            }
        };
        let mut parts = Vec::new();
        for polygon in placemark
            .descendants()
            .filter(|n| n.tag_name().name() == "Polygon")
        {
            parts.push(polygon_of(polygon).ok_or_else(|| {
                unreadable(&format!(
                    "Placemark {} has a polygon without readable coordinates.",
                    i + 1
                ))
            })?);
        }
        let geometry = (!parts.is_empty()).then_some(MultiPolygon(parts));
        territories.push(portable(&data, geometry, i + 1)?);
    }
    Ok(territories)
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|n| n.tag_name().name() == name)
}

fn polygon_of(polygon: Node<'_, '_>) -> Option<Polygon<f64>> {
    let line = |boundary: Node<'_, '_>| {
        let text = child(child(boundary, "LinearRing")?, "coordinates")?.text()?;
        let corners: Option<Vec<Coord<f64>>> = text.split_whitespace().map(corner).collect();
        corners.map(LineString)
    };
    let inner = polygon
        .children()
        .filter(|n| n.tag_name().name() == "innerBoundaryIs");
    Some(Polygon::new(
        line(child(polygon, "outerBoundaryIs")?)?,
        inner.map(line).collect::<Option<Vec<_>>>()?,
    ))
}

/// `lng,lat` or `lng,lat,height`.
fn corner(text: &str) -> Option<Coord<f64>> {
    let mut parts = text.split(',');
    let mut number = || parts.next()?.parse::<f64>().ok().filter(|n| n.is_finite());
    Some(Coord {
        x: number()?,
        y: number()?,
    })
}
