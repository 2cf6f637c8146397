//! Steps of a route in OSRM's words: what to do, which way it turns, and in which directions the roads lead.

use geom::LngLat;
use roads::{Instruction, Language, Maneuver, RoadClass, Route, Step, Turn};
use serde_json::{Value, json};

/// Direction from a point to another, whole degrees clockwise from north, 0 to 359.
pub(super) fn bearing(from: LngLat, to: LngLat) -> i32 {
    let across = (to.lng() - from.lng()) * f64::midpoint(from.lat(), to.lat()).to_radians().cos();
    let degrees = across.atan2(to.lat() - from.lat()).to_degrees().round() as i32;
    degrees.rem_euclid(360)
}

/// OSRM's word for a change of direction.
fn modifier(turn: Turn) -> &'static str {
    match turn {
        Turn::Straight => "straight",
        Turn::SlightRight => "slight right",
        Turn::Right => "right",
        Turn::SharpRight => "sharp right",
        Turn::SlightLeft => "slight left",
        Turn::Left => "left",
        Turn::SharpLeft => "sharp left",
        Turn::Back => "uturn",
    }
}

/// OSRM's word for what one does, and whether a direction belongs to it.
fn kind(maneuver: Maneuver, named_alike: bool) -> (&'static str, bool) {
    match maneuver {
        Maneuver::Depart => ("depart", false),
        Maneuver::Arrive => ("arrive", false),
        Maneuver::Roundabout(_) | Maneuver::RoundaboutInside => ("roundabout", true),
        Maneuver::Motorway | Maneuver::Ramp(_) => ("on ramp", true),
        Maneuver::LeaveMotorway | Maneuver::Exit(_) => ("off ramp", true),
        Maneuver::Merge => ("merge", true),
        Maneuver::Fork(_) => ("fork", true),
        Maneuver::Turn(Turn::Straight) if named_alike => ("continue", true),
        Maneuver::Turn(Turn::Straight) => ("new name", true),
        Maneuver::Turn(_) => ("turn", true),
        Maneuver::Ferry => ("notification", true),
    }
}

/// How the steps of a leg are written.
pub(super) struct Steps<'a> {
    /// The side of the road one drives on: right or left.
    pub side: &'static str,
    /// The language of the instructions in words.
    pub language: &'a Language,
    /// Writes a line in the form asked for.
    pub draw: &'a dyn Fn(&[LngLat]) -> Value,
}

impl Steps<'_> {
    /// The steps of a leg, the arrival last.
    pub fn of(&self, route: &Route) -> Vec<Value> {
        let said = route.instructions(self.language);
        let mut before: Option<&Step> = None;
        let mut written = Vec::with_capacity(said.len());
        for instruction in &said {
            written.push(self.one(route, instruction, before));
            before = instruction
                .steps
                .clone()
                .next_back()
                .map(|last| &route.steps[last]);
        }
        written
    }

    fn one(&self, route: &Route, instruction: &Instruction, before: Option<&Step>) -> Value {
        let line = &route.line;
        // The step one begins with, and the one that is named: the first with a name, as an unnamed end of it is told together
        // with it; behind a roundabout it is the road one leaves by.
        let first = instruction.steps.clone().next().map(|at| &route.steps[at]);
        let last = instruction.steps.clone().next_back().map(|at| &route.steps[at]);
        let around = matches!(instruction.maneuver, Maneuver::Roundabout(_));
        let called = instruction
            .steps
            .clone()
            .map(|at| &route.steps[at])
            .find(|step| step.name.is_some() || step.reference.is_some())
            .filter(|_| !around);
        let named = called.or(last).or(before);
        let direction = |at: usize| match (line.get(at), line.get(at + 1)) {
            (Some(from), Some(to)) => bearing(*from, *to),
            _ => 0,
        };
        let (start, end) = match (first, last) {
            (Some(first), Some(last)) => (first.points.start, last.points.end),
            _ => (line.len().saturating_sub(1), line.len()),
        };
        let arrives = first.is_none();
        let after = if arrives { 0 } else { direction(start) };
        let came = if before.is_some() {
            direction(start.saturating_sub(1))
        } else {
            0
        };
        let place = place(instruction.place);
        let intersection = match (before.is_some(), arrives) {
            (false, _) => json!({ "location": place, "bearings": [after], "entry": [true], "out": 0 }),
            (true, true) => {
                json!({ "location": place, "bearings": [(came + 180) % 360], "entry": [true], "in": 0 })
            }
            (true, false) => json!({
                "location": place, "bearings": [(came + 180) % 360, after], "entry": [false, true], "in": 0, "out": 1,
            }),
        };
        let alike = before
            .zip(first)
            .is_some_and(|(before, first)| before.name == first.name);
        let (word, turns) = kind(instruction.maneuver, alike);
        let mut maneuver = json!({
            "type": word, "location": place, "bearing_before": came, "bearing_after": after,
            "instruction": instruction.text,
        });
        if let Some(first) = first.filter(|_| turns) {
            let turn = match instruction.maneuver {
                Maneuver::Fork(turn) | Maneuver::Ramp(turn) | Maneuver::Exit(turn) => turn,
                _ => Turn::of(first.turn),
            };
            maneuver["modifier"] = modifier(turn).into();
        }
        if let Maneuver::Roundabout(exit) = instruction.maneuver {
            maneuver["exit"] = exit.into();
        }
        let seconds = tenths(instruction.duration.to_seconds().0);
        let points = if arrives {
            vec![instruction.place; 2]
        } else {
            line[start..end].to_vec()
        };
        let on_water = named.is_some_and(|step| step.class == RoadClass::Ferry);
        let mut written = json!({
            "distance": tenths(instruction.distance.0),
            "duration": seconds,
            "weight": seconds,
            "geometry": (self.draw)(&points),
            "name": named.and_then(|step| step.name.as_deref()).unwrap_or_default(),
            "mode": if on_water { "ferry" } else { "driving" },
            "driving_side": self.side,
            "maneuver": maneuver,
            "intersections": [intersection],
        });
        if let Some(reference) = named.and_then(|step| step.reference.as_deref()) {
            written["ref"] = reference.into();
        }
        if let Some(destination) = named.and_then(|step| step.destination.as_deref()) {
            written["destinations"] = destination.into();
        }
        if let Some(exit) = named.and_then(|step| step.exit.as_deref()) {
            written["exits"] = exit.into();
        }
        written
    }
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
    }
}
