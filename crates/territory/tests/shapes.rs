//! What drawn areas are mended and what are refused, and how the refusal reads.

use geo::{Coord, LineString, MultiPolygon, Polygon};
use geom::LngLat;
use territory::Shape;

fn ring(points: &[(f64, f64)]) -> LineString {
    points
        .iter()
        .map(|&(x, y)| Coord { x, y })
        .collect::<Vec<_>>()
        .into()
}

fn polygon(outer: &[(f64, f64)], holes: &[&[(f64, f64)]]) -> Polygon {
    Polygon::new(ring(outer), holes.iter().map(|h| ring(h)).collect())
}

const SQUARE: [(f64, f64); 4] = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)];
const BOW: [(f64, f64); 4] = [(0.0, 0.0), (4.0, 4.0), (4.0, 0.0), (0.0, 4.0)];

/// What comes of a shape: `ok` with the points inside out of a row of probes, or the refusal.
fn check(polygons: Vec<Polygon>, expected: &str) {
    let found = match Shape::parse(MultiPolygon::new(polygons)) {
        Ok(shape) => probe(&shape),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected);
}

fn probe(shape: &Shape) -> String {
    [(1.0, 1.0), (2.0, 2.0), (3.0, 0.5), (5.0, 5.0)]
        .iter()
        .map(|&(x, y)| {
            if shape.contains(LngLat::new(x, y).unwrap()) {
                'x'
            } else {
                '.'
            }
        })
        .collect()
}

#[test]
fn good_and_mended() {
    check(vec![polygon(&SQUARE, &[])], "xxx.");
    let mut clockwise = SQUARE;
    clockwise.reverse();
    check(vec![polygon(&clockwise, &[])], "xxx.");
    check(
        vec![polygon(
            &[
                (0.0, 0.0),
                (0.0, 0.0),
                (4.0, 0.0),
                (4.0, 4.0),
                (4.0, 4.0),
                (0.0, 4.0),
            ],
            &[],
        )],
        "xxx.",
    );
    let hole = [(1.5, 1.5), (2.5, 1.5), (2.5, 2.5), (1.5, 2.5)];
    check(vec![polygon(&SQUARE, &[&hole])], "x.x.");
    // An island in the hole, and a second polygon that touches in a corner.
    let island = [(1.9, 1.9), (2.1, 1.9), (2.1, 2.1), (1.9, 2.1)];
    let beside = [(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0)];
    check(
        vec![
            polygon(&SQUARE, &[&hole]),
            polygon(&island, &[]),
            polygon(&beside, &[]),
        ],
        "xxxx",
    );
}

#[test]
fn windings_are_put_right() {
    let mut clockwise = SQUARE;
    clockwise.reverse();
    let shape = Shape::parse(MultiPolygon::new(vec![polygon(&clockwise, &[])])).unwrap();
    use geo::Winding;
    assert!(shape.polygons().0[0].exterior().is_ccw());
    // 4° by 4° at the equator of WGS 84: 4 · 111.32 km by 4 · 110.57 km, a little less for the latitude.
    assert!(
        (shape.square_meters() / 196_900e6 - 1.0).abs() < 0.002,
        "{}",
        shape.square_meters()
    );
}

#[test]
fn refused() {
    check(
        vec![],
        "the shape is empty; draw at least three corners that are not in one line",
    );
    check(
        vec![polygon(&[], &[])],
        "the shape is empty; draw at least three corners that are not in one line",
    );
    check(
        vec![polygon(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)], &[])],
        "the shape is empty; draw at least three corners that are not in one line",
    );
    check(
        vec![polygon(&[(0.0, 0.0), (1.0, 1.0), (1.0, 1.0)], &[])],
        "ring 0 of polygon 0 has 2 different corners; a ring needs three",
    );
    check(
        vec![polygon(&BOW, &[])],
        "the border crosses itself near 2.000000, 2.000000",
    );
    check(
        vec![polygon(&[(0.0, 0.0), (4.0, 0.0), (2.0, 0.0), (2.0, 3.0)], &[])],
        "the border crosses itself near 3.000000, 0.000000",
    );
    check(
        vec![polygon(&[(0.0, 0.0), (700.0, 0.0), (2.0, 3.0)], &[])],
        "the corner 700, 0 is not on the earth; coordinates are [longitude, latitude]",
    );
    check(
        vec![polygon(&[(0.0, 0.0), (f64::NAN, 0.0), (2.0, 3.0)], &[])],
        "the corner NaN, 0 is not on the earth; coordinates are [longitude, latitude]",
    );
    check(
        vec![polygon(
            &[(179.0, 0.0), (-179.0, 0.0), (-179.0, 2.0), (179.0, 2.0)],
            &[],
        )],
        "the border jumps from 179 to -179 degrees of longitude; cut areas across the antimeridian in two at 180",
    );
    check(
        vec![polygon(&SQUARE, &[&[(10.0, 10.0), (11.0, 10.0), (11.0, 11.0)]])],
        "hole 1 of polygon 0, near 10.000000, 10.000000, is not inside it",
    );
    check(
        vec![
            polygon(&SQUARE, &[]),
            polygon(&[(1.0, 1.0), (2.0, 1.0), (2.0, 2.0)], &[]),
        ],
        "polygons 0 and 1 of the shape lie one in the other; leave the inner one out, or cut it out as a hole",
    );
    check(
        vec![
            polygon(&SQUARE, &[]),
            polygon(&[(1.0, -1.0), (2.0, -1.0), (2.0, 5.0), (1.0, 5.0)], &[]),
        ],
        "the border crosses itself near 2.000000, 0.000000",
    );
}

#[test]
fn a_bow_is_mended_into_two_triangles() {
    let shape = Shape::mended(MultiPolygon::new(vec![polygon(&BOW, &[])])).unwrap();
    let inside = |x, y| shape.contains(LngLat::new(x, y).unwrap());
    assert!(inside(1.0, 2.0) && inside(3.0, 2.0));
    assert!(!inside(2.0, 1.0) && !inside(2.0, 3.0));
    assert!(Shape::parse(shape.polygons().clone()).is_ok());
    assert!(Shape::mended(MultiPolygon::new(vec![])).is_err());
}

#[test]
fn a_sliver_is_small_and_not_the_rest_of_the_earth() {
    // So narrow that the arithmetic of its area may come out on either side of nought.
    for wide in [1e-7, 1e-9, 1e-11, 1e-12] {
        let ring = vec![
            (13.26, 53.55),
            (13.26 + wide, 53.55),
            (13.26 + wide, 53.56),
            (13.26, 53.56),
        ];
        let drawn = MultiPolygon::new(vec![Polygon::new(ring.into(), Vec::new())]);
        match Shape::parse(drawn) {
            Ok(shape) => assert!(shape.square_meters() < 100.0, "{wide}: {}", shape.square_meters()),
            // Refused as nothing is as good.
            Err(error) => eprintln!("{wide}: {error}"),
        }
    }
}
