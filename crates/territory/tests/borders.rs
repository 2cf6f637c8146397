//! Tilings: of areas that share borders, each point has exactly one owner, corners and edges included.

use geo::{Contains, Coord, LineString, MultiPolygon, Point, Polygon};
use geom::LngLat;
use proptest::prelude::*;
use territory::Shape;

fn place(c: Coord) -> LngLat {
    LngLat::new(c.x, c.y).unwrap()
}

fn triangle(a: Coord, b: Coord, c: Coord) -> Shape {
    Shape::parse(MultiPolygon::new(vec![Polygon::new(
        LineString::new(vec![a, b, c]),
        vec![],
    )]))
    .unwrap()
}

/// A lattice whose inner corners are pushed about by sixty-fourths, so that the middles of edges are exact; every cell is cut into two
/// triangles along one diagonal or the other.
fn tiling(pushes: &[(i8, i8, bool)], side: usize) -> Vec<Shape> {
    let corner = |i: usize, j: usize| {
        let (dx, dy, _) = pushes[(j * (side + 1) + i) % pushes.len()];
        let inner = i > 0 && j > 0 && i < side && j < side;
        let push = |d: i8| if inner { f64::from(d) / 64.0 } else { 0.0 };
        Coord {
            x: i as f64 + push(dx),
            y: j as f64 + push(dy),
        }
    };
    let mut shapes = Vec::new();
    for j in 0..side {
        for i in 0..side {
            let (a, b, c, d) = (
                corner(i, j),
                corner(i + 1, j),
                corner(i + 1, j + 1),
                corner(i, j + 1),
            );
            let (_, _, rising) = pushes[(i * 7 + j * 13) % pushes.len()];
            let halves = if rising {
                [(a, b, c), (a, c, d)]
            } else {
                [(a, b, d), (b, c, d)]
            };
            shapes.extend(halves.map(|(p, q, r)| triangle(p, q, r)));
        }
    }
    shapes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_tiling_gives_each_point_one_owner(
        // At most 15/64 either way, so that no triangle turns over.
        pushes in prop::collection::vec((-15i8..=15, -15i8..=15, any::<bool>()), 49),
        random in prop::collection::vec((0.0..6.0f64, 0.0..6.0f64), 50),
    ) {
        let shapes = tiling(&pushes, 6);
        let owners = |p: Coord| shapes.iter().filter(|s| s.contains(place(p))).count();
        for (x, y) in random {
            prop_assert_eq!(owners(Coord { x, y }), 1, "{} {}", x, y);
        }
        for shape in &shapes {
            for line in shape.polygons().0[0].exterior().lines() {
                let middle = Coord { x: (line.start.x + line.end.x) / 2.0, y: (line.start.y + line.end.y) / 2.0 };
                for p in [line.start, middle] {
                    // The whole is half-open too: its right and upper border are nobody's.
                    let expected = usize::from(p.x < 6.0 && p.y < 6.0);
                    prop_assert_eq!(owners(p), expected, "{:?}", p);
                    prop_assert!(shape.on_border(place(p)));
                }
            }
        }
    }

    #[test]
    fn inside_and_outside_agree_with_geo(
        corners in prop::collection::vec(0.2..1.0f64, 3..40),
        hole in 0.02..0.15f64,
        points in prop::collection::vec((-1.1..1.1f64, -1.1..1.1f64), 100),
    ) {
        // A star around 0: whatever the radii, it does not cross itself.
        let n = corners.len();
        let ring = |radius: &dyn Fn(usize) -> f64| -> LineString {
            (0..n).map(|i| {
                let angle = i as f64 / n as f64 * std::f64::consts::TAU;
                Coord { x: radius(i) * angle.cos(), y: radius(i) * angle.sin() }
            }).collect::<Vec<_>>().into()
        };
        let polygon = Polygon::new(ring(&|i| corners[i]), vec![ring(&|_| hole * 0.4)]);
        let twin = MultiPolygon::new(vec![polygon]);
        let shape = Shape::parse(twin.clone()).unwrap();
        for (x, y) in points {
            let p = LngLat::new(x, y).unwrap();
            // Random points do not fall on borders, where the two differ on purpose.
            prop_assert_eq!(shape.contains(p), twin.contains(&Point::new(x, y)), "{} {}", x, y);
        }
    }
}
