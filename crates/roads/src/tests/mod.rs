//! Drawn maps, random maps and the demo map, checked against slow twins.

mod alternatives;
mod costs;
mod damaged;
mod demo;
mod drawn;
mod guided;
mod islands;
mod oracle;
mod random;
mod reach;
mod snapping;
mod times;
mod vehicles;

use std::sync::Arc;

use geom::LngLat;
use osm::Extract;
use testkit::Sketch;

use crate::{Profile, RoadIndex, Route, Snap, SnapOptions, build};

/// Builds, writes and opens a pack, as the program does.
pub(crate) fn open(extract: &Extract) -> RoadIndex {
    open_with(extract, &Profile::car())
}

fn open_with(extract: &Extract, profile: &Profile) -> RoadIndex {
    let pack = written(&build(extract, profile, &mut |_| ()));
    RoadIndex::open(pack).expect("the road sections are whole")
}

/// A pack of these sections.
fn written(sections: &[pack::Section]) -> Arc<pack::Pack> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("roads.pack");
    let mut writer = pack::Writer::create(&path).expect("a pack is begun");
    for section in sections {
        writer.section(section).expect("a section is written");
    }
    writer.finish().expect("a pack is finished");
    Arc::new(pack::Pack::open(&path).expect("a pack is opened"))
}

fn snap(roads: &RoadIndex, place: LngLat) -> Snap {
    roads
        .snap(place, &SnapOptions::default())
        .expect("a road is near")
}

/// Somewhere on a drawn road: a letter, or `ab` for halfway between two.
fn place(map: &Sketch, word: &str) -> LngLat {
    let mut letters = word.chars().map(|letter| map.place(letter));
    let first = letters.next().expect("a letter");
    let Some(second) = letters.next() else {
        return first;
    };
    let middle = |a: f64, b: f64| (a + b) / 2.0;
    LngLat::new(
        middle(first.lng(), second.lng()),
        middle(first.lat(), second.lat()),
    )
    .expect("on the earth")
}

/// The route between two words (`a -> cd`); `None` where no road leads there.
fn drive(roads: &RoadIndex, map: &Sketch, trip: &str) -> Option<Route> {
    let (from, to) = trip.split_once(" -> ").expect("`from -> to`");
    let (from, to) = (snap(roads, place(map, from)), snap(roads, place(map, to)));
    let mut query = roads.query();
    let route = query.route(&from, &to);
    assert_consistent(roads, &from, &to, route.as_ref());
    route
}

/// Every way of asking gives the same numbers.
fn assert_consistent(roads: &RoadIndex, from: &Snap, to: &Snap, route: Option<&Route>) {
    let mut query = roads.query();
    let trip = route.map(|r| r.trip);
    assert_eq!(query.trip(from, to), trip);
    assert_eq!(query.trips(from, &[*to]), [trip]);
    let matrix = roads.matrix(&[*from], &[*to, *from]);
    assert_eq!(matrix.trip(0, 0), trip);
    assert_eq!(matrix.trip(0, 1).map(|t| t.duration.0), Some(0));
    let Some(route) = route else { return };
    let trip = route.trip;
    assert_eq!(
        route.steps.iter().map(|s| s.duration).sum::<geom::Millis>(),
        trip.duration
    );
    let centimeters = |m: geom::Meters| (m.0 * 100.0).round() as i64;
    let stepped: i64 = route.steps.iter().map(|s| centimeters(s.distance)).sum();
    assert_eq!(stepped, centimeters(trip.distance));
    assert_eq!(
        (route.line[0], route.line[route.line.len() - 1]),
        (from.point, to.point)
    );
    let drawn: f64 = route.line.windows(2).map(|w| w[0].distance(w[1]).0).sum();
    // Each segment is rounded to a centimetre, and each end to the centimetre of its coordinates.
    let slack = 0.05 + 0.02 * route.line.len() as f64;
    assert!(
        (drawn - trip.distance.0).abs() < slack,
        "drawn {drawn} m, told {} m",
        trip.distance.0
    );
    let mut point = 0;
    for step in &route.steps {
        assert_eq!(step.points.start, point, "steps share their points");
        point = step.points.end - 1;
    }
    assert_eq!(point, route.line.len() - 1);
}

/// Which letters a trip passes and how far it is: `abc 400m`; `none` where no road leads there.
fn told(roads: &RoadIndex, map: &Sketch, trip: &str) -> String {
    passed(map, drive(roads, map, trip))
}

fn passed(map: &Sketch, route: Option<Route>) -> String {
    let Some(route) = route else {
        return "none".to_owned();
    };
    let letters = route
        .line
        .iter()
        .filter(|p| p.distance(map.place(map.letter_near(**p))).0 < 1.0);
    let mut letters: Vec<char> = letters.map(|p| map.letter_near(*p)).collect();
    letters.dedup();
    let letters: String = letters.into_iter().collect();
    format!("{letters} {:.0}m", route.trip.distance.0)
}

/// The only caller of the questions that drawn maps ask.
fn check(map: &Sketch, trip: &str, expected: &str) {
    check_with(map, &Profile::car(), trip, expected);
}

fn check_with(map: &Sketch, profile: &Profile, trip: &str, expected: &str) {
    let roads = open_with(&map.extract(), profile);
    assert_eq!(told(&roads, map, trip), expected, "{trip}");
}

/// Driving time of a trip in seconds.
fn seconds(map: &Sketch, trip: &str) -> f64 {
    let roads = open(&map.extract());
    drive(&roads, map, trip)
        .expect("a road leads there")
        .trip
        .duration
        .to_seconds()
        .0
}
