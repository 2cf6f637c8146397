//! The legs of a day on real roads.

use geojson::{Geometry, GeometryValue};
use geom::LngLat;
use roads::{Query, Route as RoadRoute, Snap, SnapOptions};

use super::stops::{frozen_stop, planned_stop};
use crate::plans::prepare::Prepared;
use crate::plans::run::Solved;
use crate::plans::{Leg, Stop};

/// Draws legs on the roads.
pub(super) struct Drawing<'a> {
    prepared: &'a Prepared<'a>,
    query: Query<'a>,
}

impl<'a> Drawing<'a> {
    pub fn of(prepared: &'a Prepared<'a>) -> Self {
        Self {
            prepared,
            query: prepared.task.atlas.roads().query(),
        }
    }

    /// A leg between two snapped places; a straight line where there is no road, which a plan never drives.
    fn leg(
        &mut self,
        from: Option<Snap>,
        to: Option<Snap>,
        seconds: Option<i64>,
        ends: (LngLat, LngLat),
    ) -> Leg {
        let route = from.zip(to).and_then(|(from, to)| self.query.route(&from, &to));
        match route {
            Some(route) => leg_of(&route, seconds),
            None => Leg {
                seconds: seconds.unwrap_or(0),
                meters: 0,
                geometry: line(&[ends.0, ends.1]),
                streets: Vec::new(),
            },
        }
    }

    fn snap(&self, place: LngLat) -> Option<Snap> {
        self.prepared
            .task
            .atlas
            .roads()
            .snap(place, &SnapOptions::default())
            .ok()
    }

    /// What is over: as it was.
    pub fn frozen_stops(&mut self) -> Vec<Stop> {
        let task = self.prepared.task;
        let home = task.home.place;
        let mut from = home;
        let mut stops = Vec::new();
        for (frozen, seq) in task.frozen.iter().zip(1..) {
            // A visit at an address that is on no map is shown where the rep was before.
            let place = frozen.candidate.place.unwrap_or(from);
            let (a, b) = (self.snap(from), self.snap(place));
            let leg = self.leg(a, b, None, (from, place));
            stops.push(frozen_stop(self.prepared, frozen, seq, place, leg));
            from = place;
        }
        stops
    }

    /// What is planned: as the solver timed it.
    pub fn planned_stops(&mut self, solved: &Solved, offset: u32) -> Vec<Stop> {
        let prepared = self.prepared;
        let task = prepared.task;
        let mut from = prepared.begin_place();
        let mut stops = Vec::new();
        for (at, timed) in solved.route.stops.iter().enumerate() {
            let to = prepared.place_of(timed.visit);
            let candidate = &task.candidates[timed.visit.0 as usize];
            let place = candidate.place.unwrap_or(task.home.place);
            let ends = (prepared.snaps[from].map_or(task.home.place, |s| s.place), place);
            let leg = self.leg(
                prepared.snaps[from],
                prepared.snaps[to],
                Some(i64::from(timed.drive.time.0)),
                ends,
            );
            let seq = offset + 1 + u32::try_from(at).unwrap_or(0);
            stops.push(planned_stop(prepared, solved, at, seq, place, leg));
            from = to;
        }
        stops
    }

    /// From the last stop home; none on a day at home.
    pub fn home_leg(&mut self, solved: &Solved, is_away: bool) -> Option<Leg> {
        let prepared = self.prepared;
        let task = prepared.task;
        let home = prepared.snaps[prepared.home_place()];
        if let Some(last) = solved.order.last() {
            let from = prepared.snaps[prepared.place_of(*last)];
            let ends = (from.map_or(task.home.place, |s| s.place), task.home.place);
            return Some(self.leg(from, home, Some(i64::from(solved.route.drive_back.time.0)), ends));
        }
        if !is_away {
            return None;
        }
        let begun = task.begin.as_ref().map(|b| b.place);
        let from = begun
            .or_else(|| task.frozen.last().and_then(|f| f.candidate.place))
            .unwrap_or(task.home.place);
        let snap = self.snap(from);
        Some(self.leg(snap, home, None, (from, task.home.place)))
    }
}

fn leg_of(route: &RoadRoute, seconds: Option<i64>) -> Leg {
    let mut streets: Vec<String> = Vec::new();
    for step in &route.steps {
        let name = step.name.as_ref().or(step.reference.as_ref());
        if let Some(name) = name.filter(|n| streets.last() != Some(*n)) {
            streets.push(name.clone());
        }
    }
    Leg {
        seconds: seconds.unwrap_or_else(|| (route.trip.duration.0 + 500) / 1000),
        meters: route.trip.distance.0.round() as i64,
        geometry: line(&route.line),
        streets,
    }
}

fn line(points: &[LngLat]) -> Geometry {
    // Six digits are a tenth of a metre.
    let digits = |v: f64| (v * 1e6).round() / 1e6;
    let coordinates = points
        .iter()
        .map(|p| vec![digits(p.lng()), digits(p.lat())].into());
    Geometry::new(GeometryValue::LineString {
        coordinates: coordinates.collect(),
    })
}
