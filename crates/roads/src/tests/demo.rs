//! The demo map: real tags, real mistakes.

use std::path::Path;
use std::sync::OnceLock;

use geo::{Contains, Validation};
use geom::{Meters, Seconds};

use super::*;
use crate::{AreaOptions, Matrix};

struct Demo {
    roads: RoadIndex,
    /// Every place with a house number, by id.
    addresses: Vec<LngLat>,
    extract: Extract,
}

fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf");
        let extract = osm::read(&[&path], &mut |_| ()).expect("the demo extract");
        let addresses = extract
            .tagged_nodes()
            .filter(|n| n.tags.get("addr:housenumber").is_some());
        let ways = extract
            .ways()
            .filter(|w| w.tags.get("addr:housenumber").is_some());
        let corners = ways.filter_map(|way| extract.line(&way).first().copied());
        let bounds = extract.bounds().expect("the extract has bounds");
        let addresses = addresses
            .map(|n| n.place)
            .chain(corners)
            .filter(|p| bounds.contains(*p))
            .collect();
        Demo {
            roads: open(&extract),
            addresses,
            extract,
        }
    })
}

/// Every n-th address, `count` in all, on roads.
fn sample(count: usize) -> Vec<Snap> {
    let demo = demo();
    let step = demo.addresses.len() / count;
    assert!(step > 0, "only {} addresses", demo.addresses.len());
    let places = demo.addresses.iter().step_by(step).take(count);
    places
        .filter_map(|p| demo.roads.snap(*p, &SnapOptions::default()).ok())
        .collect()
}

#[test]
fn addresses_reach_each_other_at_sane_speeds() {
    let demo = demo();
    let snaps = sample(60);
    assert!(
        snaps.len() >= 57,
        "only {} of 60 addresses have a road within a kilometre",
        snaps.len()
    );
    let matrix = demo.roads.matrix(&snaps, &snaps);
    let (mut reached, mut detours) = (0, Vec::new());
    for (i, from) in snaps.iter().enumerate() {
        for (j, to) in snaps.iter().enumerate() {
            let Some(trip) = matrix.trip(i, j) else { continue };
            reached += 1;
            let crow = from.point.distance(to.point);
            assert!(
                trip.distance.0 >= crow.0 - 1.0,
                "shorter than the crow flies: {trip:?}"
            );
            if crow > Meters(2000.0) {
                let kmh = trip.distance.0 / trip.duration.to_seconds().0 * 3.6;
                assert!(
                    (8.0..100.0).contains(&kmh),
                    "{kmh} km/h from {:?} to {:?}",
                    from.place,
                    to.place
                );
                detours.push(trip.distance / crow);
            }
        }
    }
    detours.sort_by(f64::total_cmp);
    // Some are long: across the lake, and where the extract's edge cuts the short way.
    let (median, longest) = (detours[detours.len() / 2], detours[detours.len() - 1]);
    assert!(
        median < 1.6 && longest < 15.0,
        "detours: median {median}, longest {longest}"
    );
    // Nearly all pairs; what is left are roads the extract's edge cuts off.
    let pairs = snaps.len() * snaps.len();
    assert!(reached * 100 >= pairs * 98, "{reached} of {pairs} pairs");
}

#[test]
fn routes_trips_and_matrix_agree() {
    let demo = demo();
    let snaps = sample(12);
    let mut query = demo.roads.query();
    let matrix = demo.roads.matrix(&snaps, &snaps);
    for (i, from) in snaps.iter().enumerate() {
        for (j, to) in snaps.iter().enumerate().take(4) {
            let route = query.route(from, to);
            assert_consistent(&demo.roads, from, to, route.as_ref());
            assert_eq!(matrix.trip(i, j), route.map(|r| r.trip));
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_matrix_and_any_build_the_same_bytes() {
    let demo = demo();
    let snaps = sample(16);
    let with = |threads: usize| -> Matrix {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a thread pool");
        pool.install(|| demo.roads.matrix(&snaps, &snaps))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(4));
    let slower = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let change =
            |drive: crate::Drive<'_>| crate::Change::Times(0.5 + f64::from(drive.number() % 7) / 4.0);
        pool.expect("a thread pool")
            .install(|| demo.roads.customize(change).sections())
    };
    let alone = slower(1);
    assert!(
        alone == slower(2) && alone == slower(4),
        "customizing depends on threads"
    );
    let mut names = Vec::new();
    let first = build(&demo.extract, &Profile::car(), &mut |step| names.push(step.name));
    let second = build(&demo.extract, &Profile::car(), &mut |_| ());
    assert!(first == second, "two builds differ");
    assert_eq!(names.len(), 8);
}

#[test]
fn most_roads_hang_together() {
    let demo = demo();
    let roads = &demo.roads;
    let largest = roads.component_size(roads.largest_component());
    let nodes = roads.graph().nodes();
    assert!(
        largest * 100 >= nodes * 90,
        "only {largest} of {nodes} nodes in the largest component"
    );
}

#[test]
fn ten_minutes_hold_the_addresses_ten_minutes_away() {
    let demo = demo();
    let snaps = sample(300);
    let limit = Seconds(420.0);
    let from = snaps[0];
    let mut query = demo.roads.query();
    let reach = query.reach(&from, limit);
    let area = reach.area(&AreaOptions::default());
    area.check_validation().expect("a valid area");
    let trips = query.trips(&from, &snaps);
    let (mut within, mut wrong) = (0, 0);
    for (snap, trip) in snaps.iter().zip(trips) {
        let in_time = trip.is_some_and(|t| t.duration <= limit.to_millis());
        within += usize::from(in_time);
        assert_eq!(reach.contains(snap), in_time);
        let road_inside = area.contains(&geo_types::Point::from(snap.point));
        assert!(!in_time || road_inside, "a reached road lies outside the area");
        let place_inside = area.contains(&geo_types::Point::from(snap.place));
        wrong += usize::from(place_inside != in_time);
    }
    assert!(
        within > 20 && within < 280,
        "{within} of 300 in time: the limit says nothing"
    );
    // Addresses far from any road, and those within a grid square of the border.
    assert!(
        wrong * 100 <= snaps.len() * 2,
        "{wrong} of {} addresses on the wrong side",
        snaps.len()
    );
}

#[test]
fn many_trips_through_the_town_have_alternatives() {
    let demo = demo();
    let snaps = sample(24);
    let mut query = demo.roads.query();
    let (mut asked, mut with_others) = (0, 0);
    for from in &snaps {
        for to in snaps
            .iter()
            .filter(|to| to.point.distance(from.point) > Meters(2500.0))
        {
            let found = query.alternatives(from, to, &crate::AlternativeOptions::default());
            asked += usize::from(!found.is_empty());
            with_others += usize::from(found.len() > 1);
            let lengths: Vec<f64> = found.iter().map(|route| route.trip.distance.0).collect();
            // A weight a quarter larger may be a good deal more metres, on faster roads.
            assert!(
                lengths.iter().all(|length| *length < 2.5 * lengths[0]),
                "{lengths:?}"
            );
        }
    }
    eprintln!("{with_others} of {asked} trips of more than 2.5 km have alternatives");
    // The town is small, and its lake leaves few ways around.
    assert!(asked > 100 && with_others * 8 > asked, "{with_others} of {asked}");
}

#[test]
fn the_nearest_by_road_come_first() {
    let demo = demo();
    let snaps = sample(40);
    let nearest = demo.roads.query().nearest(&snaps[0], &snaps, 5, None);
    assert_eq!(nearest.len(), 5);
    assert_eq!((nearest[0].0, nearest[0].1.duration.0), (0, 0));
    assert!(nearest.windows(2).all(|w| w[0].1.duration <= w[1].1.duration));
    let trips = demo.roads.query().trips(&snaps[0], &snaps);
    let sooner = |limit: geom::Millis| trips.iter().flatten().filter(|t| t.duration < limit).count();
    assert!(sooner(nearest[4].1.duration) <= 4);
    let limit = nearest[2].1.duration.to_seconds();
    let within = demo.roads.query().nearest(&snaps[0], &snaps, 40, Some(limit));
    assert!(within.len() >= 3 && within.iter().all(|(_, t)| t.duration <= limit.to_millis()));
}

/// Nobody is told wrongly that a customer can be reached in time: of the addresses on the map all but a few lie on the
/// right side of the area's border, and those few take hardly longer or shorter than the limit.
#[test]
fn addresses_lie_on_the_right_side_of_an_areas_border() {
    let demo = demo();
    let starts = sample(6);
    let addresses = sample(1700);
    let (mut asked, mut wrong, mut far_off) = (0, 0, 0);
    for (from, minutes) in starts.iter().zip([2.0, 3.0, 4.0, 5.0, 6.0, 8.0]) {
        let mut query = demo.roads.query();
        let limit = Seconds(minutes * 60.0);
        let area = query.reach(from, limit).area(&AreaOptions::default());
        let trips = query.trips(from, &addresses);
        for (to, trip) in addresses.iter().zip(trips) {
            // Farther from the road than the area reaches, an address lies outside however soon one is there.
            if to.distance.0 > 100.0 {
                continue;
            }
            asked += 1;
            let seconds = trip.map_or(f64::INFINITY, |trip| trip.duration.to_seconds().0);
            let inside = area.contains(&geo_types::Point::from(to.place));
            if inside != (seconds <= limit.0) {
                wrong += 1;
                let off = (seconds - limit.0).abs() / limit.0;
                far_off += usize::from(off > 0.05);
            }
        }
    }
    assert!(asked > 9000, "{asked} addresses");
    assert!(
        wrong * 200 <= asked,
        "{wrong} of {asked} addresses lie on the wrong side"
    );
    assert_eq!(far_off, 0, "of {asked} addresses lie far on the wrong side");
    eprintln!("{wrong} of {asked} addresses on the wrong side, {far_off} by more than 5 %");
}
