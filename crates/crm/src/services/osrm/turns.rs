//! Steps of a route in OSRM's words: what to do, which way it turns, and in which directions the roads lead.

use geom::LngLat;
use roads::{Route, Step};
use serde_json::{Value, json};

/// Direction from a point to another, whole degrees clockwise from north, 0 to 359.
pub(super) fn bearing(from: LngLat, to: LngLat) -> i32 {
    let across = (to.lng() - from.lng()) * f64::midpoint(from.lat(), to.lat()).to_radians().cos();
    let degrees = across.atan2(to.lat() - from.lat()).to_degrees().round() as i32;
    degrees.rem_euclid(360)
}

/// OSRM's word for a change of direction, in degrees clockwise.
pub(super) fn modifier(turn: i32) -> &'static str {
    match turn.rem_euclid(360) {
        0..=20 | 340..=359 => "straight",
        21..=60 => "slight right",
        61..=120 => "right",
        121..=165 => "sharp right",
        166..=194 => "uturn",
        195..=239 => "sharp left",
        240..=299 => "left",
        _ => "slight left",
    }
}

/// What one does at the beginning of a step that is not the first.
fn kind(before: &Step, step: &Step, turn: i32) -> &'static str {
    let straight = modifier(turn) == "straight";
    if step.roundabout {
        "roundabout"
    } else if before.roundabout {
        "exit roundabout"
    } else if straight && before.name != step.name {
        "new name"
    } else if straight {
        "continue"
    } else {
        "turn"
    }
}

/// The steps of a leg, the arrival last. `draw` writes a line in the form asked for.
pub(super) fn steps(route: &Route, side: &str, draw: &dyn Fn(&[LngLat]) -> Value) -> Vec<Value> {
    let line = &route.line;
    let mut steps = Vec::new();
    let direction = |at: usize| match (line.get(at), line.get(at + 1)) {
        (Some(from), Some(to)) => bearing(*from, *to),
        _ => 0,
    };
    for (number, step) in route.steps.iter().enumerate() {
        let start = step.points.start;
        let after = direction(start);
        let before = if number == 0 {
            0
        } else {
            direction(start.saturating_sub(1))
        };
        let turn = after - before;
        let kind = match number.checked_sub(1).map(|n| &route.steps[n]) {
            None => "depart",
            Some(last) => kind(last, step, turn),
        };
        let here = line[start];
        let intersection = if number == 0 {
            json!({ "location": place(here), "bearings": [after], "entry": [true], "out": 0 })
        } else {
            json!({ "location": place(here), "bearings": [(before + 180) % 360, after], "entry": [false, true], "in": 0, "out": 1 })
        };
        let mut said = json!({
            "type": kind, "location": place(here), "bearing_before": before, "bearing_after": after,
        });
        if number > 0 {
            said["modifier"] = modifier(turn).into();
        }
        steps.push(written(
            step,
            side,
            &draw(&line[step.points.clone()]),
            said,
            intersection,
        ));
    }
    if let (Some(last), Some(step)) = (line.last(), route.steps.last()) {
        let before = direction(line.len().saturating_sub(2));
        let said = json!({
            "type": "arrive", "location": place(*last), "bearing_before": before, "bearing_after": 0,
        });
        let intersection =
            json!({ "location": place(*last), "bearings": [(before + 180) % 360], "entry": [true], "in": 0 });
        let arrival = Step {
            duration: geom::Millis(0),
            distance: geom::Meters(0.0),
            ..step.clone()
        };
        steps.push(written(
            &arrival,
            side,
            &draw(&[*last, *last]),
            said,
            intersection,
        ));
    }
    steps
}

fn written(step: &Step, side: &str, geometry: &Value, maneuver: Value, intersection: Value) -> Value {
    let mut written = json!({
        "distance": tenths(step.distance.0),
        "duration": tenths(step.duration.to_seconds().0),
        "weight": tenths(step.duration.to_seconds().0),
        "geometry": geometry,
        "name": step.name.as_deref().unwrap_or_default(),
        "mode": "driving",
        "driving_side": side,
        "maneuver": maneuver,
        "intersections": [intersection],
    });
    if let Some(reference) = &step.reference {
        written["ref"] = reference.as_str().into();
    }
    written
}

/// OSRM's summary of a leg: its two longest roads in the order they are driven.
pub(super) fn summary(route: &Route) -> String {
    let mut longest: Vec<(usize, &Step)> = route
        .steps
        .iter()
        .enumerate()
        .filter(|(_, s)| s.name.is_some())
        .collect();
    longest.sort_by(|a, b| b.1.distance.0.total_cmp(&a.1.distance.0).then(a.0.cmp(&b.0)));
    longest.truncate(2);
    longest.sort_by_key(|(number, _)| *number);
    let mut names: Vec<&str> = longest.iter().filter_map(|(_, s)| s.name.as_deref()).collect();
    names.dedup();
    names.join(", ")
}

/// A place as OSRM writes it.
pub(super) fn place(point: LngLat) -> [f64; 2] {
    [point.lng(), point.lat()].map(|degrees| (degrees * 1e6).round() / 1e6)
}

/// A tenth is as fine as OSRM tells seconds and metres.
pub(super) fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_and_turns() {
        let at = |lng: f64, lat: f64| LngLat::new(lng, lat).unwrap();
        assert_eq!(bearing(at(13.0, 53.0), at(13.0, 53.1)), 0);
        assert_eq!(bearing(at(13.0, 0.0), at(13.1, 0.0)), 90);
        assert_eq!(bearing(at(13.0, 53.0), at(13.0, 52.9)), 180);
        assert_eq!(bearing(at(13.0, 0.0), at(12.9, 0.0)), 270);
        for (turn, word) in [
            (0, "straight"),
            (45, "slight right"),
            (90, "right"),
            (-90, "left"),
            (180, "uturn"),
            (-45, "slight left"),
        ] {
            assert_eq!(modifier(turn), word);
        }
    }
}
