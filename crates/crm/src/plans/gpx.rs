//! A plan as GPX 1.1: stops as waypoints and as a route, the drive as a track.

use geojson::GeometryValue;
use geom::Timestamp;

use super::{DayPlan, Leg};
use crate::xml::escaped;

/// The file's text.
pub(super) fn gpx(plan: &DayPlan, person: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<gpx version=\"1.1\" creator=\"Bailiwick\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n");
    let title = escaped(&format!("{person}, {}", plan.date));
    out.push_str(&format!("  <metadata><name>{title}</name></metadata>\n"));
    let stops: Vec<String> = plan
        .stops
        .iter()
        .map(|stop| {
            format!(
                "lat=\"{:.6}\" lon=\"{:.6}\"><time>{}</time><name>{}. {}</name><desc>{}</desc>",
                stop.lat,
                stop.lng,
                time(stop.start),
                stop.seq,
                escaped(&stop.name),
                escaped(&stop.address)
            )
        })
        .collect();
    for stop in &stops {
        out.push_str(&format!("  <wpt {stop}</wpt>\n"));
    }
    out.push_str(&format!("  <rte>\n    <name>{title}</name>\n"));
    for stop in &stops {
        out.push_str(&format!("    <rtept {stop}</rtept>\n"));
    }
    out.push_str(&format!("  </rte>\n  <trk>\n    <name>{title}</name>\n"));
    for leg in plan.stops.iter().map(|s| &s.leg).chain(&plan.home_leg) {
        out.push_str("    <trkseg>");
        for [lng, lat] in points(leg) {
            out.push_str(&format!("<trkpt lat=\"{lat:.6}\" lon=\"{lng:.6}\"/>"));
        }
        out.push_str("</trkseg>\n");
    }
    out.push_str("  </trk>\n</gpx>\n");
    out
}

fn points(leg: &Leg) -> Vec<[f64; 2]> {
    match &leg.geometry.value {
        GeometryValue::LineString { coordinates } => coordinates
            .iter()
            .filter_map(|p| Some([*p.as_slice().first()?, *p.as_slice().get(1)?]))
            .collect(),
        _ => Vec::new(),
    }
}

/// RFC 3339 in UTC.
fn time(at: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(Timestamp(at).0 / 1000 * 1000).unwrap_or_default();
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_world_time() {
        assert_eq!(time(1_795_420_800_123), "2026-11-23T08:00:00Z");
    }
}
