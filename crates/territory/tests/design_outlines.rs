//! Shapes cut to a service area, regions over territories, and the ground where customers are.

mod world;

use geo::{Area as _, BooleanOps, Contains, GeodesicArea, MultiPolygon, Point, Polygon, polygon};
use geom::LngLat;
use territory::Shape;
use territory::design::{Borders, Problem, Settings, design, nest, service_area};
use world::{check, country};

fn point(problem: &Problem, unit: usize) -> Point {
    let place = problem.places[unit].expect("a place");
    Point::new(place.lng(), place.lat())
}

#[test]
fn shapes_end_at_the_service_area() {
    let problem = country(31, 1500, 9);
    let plan = design(&problem, &Settings::default()).expect("a plan");
    check(&problem, &plan);
    let borders = Borders::around(&problem, &plan).simplified();
    // Inside the map, with a lake in the middle.
    let area = MultiPolygon::new(vec![Polygon::new(
        polygon![(x: 9.4, y: 49.2), (x: 11.8, y: 49.3), (x: 11.6, y: 50.4), (x: 9.3, y: 50.3)]
            .exterior()
            .clone(),
        vec![
            polygon![(x: 10.2, y: 49.6), (x: 10.2, y: 49.9), (x: 10.7, y: 49.9), (x: 10.7, y: 49.6)]
                .exterior()
                .clone(),
        ],
    )]);
    let whole = borders.shapes();
    let cut = borders.shapes_within(&area);
    assert!(cut.len() > 3);
    let mut sum = 0.0;
    for (seat, shape) in &cut {
        sum += shape.unsigned_area();
        let full = &whole.iter().find(|s| s.0 == *seat).expect("the whole shape").1;
        assert!(
            shape.difference(full).unsigned_area() < 1e-7 * full.unsigned_area(),
            "seat {seat}"
        );
        Shape::parse(shape.clone()).expect("a clean shape");
    }
    // Edges are straight in degrees, so areas are compared in square degrees: nothing of the area is left over and nothing is given twice.
    let covered = area.unsigned_area();
    assert!((sum - covered).abs() < 1e-6 * covered, "{sum} of {covered}");
    for unit in 0..problem.places.len() {
        if area.contains(&point(&problem, unit)) {
            let here: Vec<u32> = cut
                .iter()
                .filter(|s| s.1.contains(&point(&problem, unit)))
                .map(|s| s.0)
                .collect();
            assert_eq!(here, [plan.assignment[unit].expect("a seat")], "customer {unit}");
        }
    }
    // An area far away leaves nothing.
    let far = MultiPolygon::new(vec![
        polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0)],
    ]);
    assert!(borders.shapes_within(&far).is_empty());
}

#[test]
fn borders_of_regions_are_borders_of_territories() {
    let problem = country(32, 2400, 24);
    let settings = Settings::default();
    let plan = design(&problem, &settings).expect("a plan");
    let loose = Settings {
        tolerance: Some(0.2),
        ..settings
    };
    let (upper, regions) = nest(&problem, &plan, 6, &loose).expect("regions");
    let (_, divisions) = nest(&upper, &regions, 2, &loose).expect("divisions");
    let borders = Borders::around(&problem, &plan).simplified();
    let by_region = borders.grouped(&regions.assignment);
    let by_division = by_region.grouped(&divisions.assignment);
    for (below, above, parent) in [
        (borders.shapes(), by_region.shapes(), &regions.assignment),
        (by_region.shapes(), by_division.shapes(), &divisions.assignment),
    ] {
        assert!(above.len() > 1 && above.len() < below.len());
        for (region, shape) in &above {
            let parts: f64 = below
                .iter()
                .filter(|s| parent[s.0 as usize] == Some(*region))
                .map(|s| s.1.geodesic_area_unsigned())
                .sum();
            let size = shape.geodesic_area_unsigned();
            assert!(
                (size - parts).abs() < 1e-9 * size,
                "region {region}: {size}, its parts {parts}"
            );
        }
    }
}

#[test]
fn a_service_area_holds_every_customer() {
    for seed in 0..6 {
        let problem = country(40 + seed, 300, 3);
        let places: Vec<LngLat> = problem.places.iter().flatten().copied().collect();
        let near = service_area(&places, 1.0);
        let far = service_area(&places, 10.0);
        for unit in 0..places.len() {
            assert!(
                near.contains(&point(&problem, unit)),
                "seed {seed}, customer {unit}"
            );
            assert!(
                far.contains(&point(&problem, unit)),
                "seed {seed}, customer {unit}"
            );
        }
        assert!(near.unsigned_area() < far.unsigned_area());
    }
    let at = |lng: f64, lat: f64| LngLat::new(lng, lat).expect("on the earth");
    assert!(service_area(&[], 1.0).0.is_empty());
    for few in [
        vec![at(9.0, 50.0)],
        vec![at(9.0, 50.0), at(9.1, 50.0)],
        vec![at(9.0, 50.0), at(9.0, 50.1), at(9.0, 50.3)],
        vec![at(9.0, 50.0); 4],
    ] {
        let area = service_area(&few, 2.0);
        assert!(
            few.iter().all(|p| area.contains(&Point::new(p.lng(), p.lat()))),
            "{few:?}"
        );
    }
}
