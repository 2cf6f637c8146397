//! Territories of whole blocks: who is beside whom, outlines that are refused, shapes dissolved from blocks.

mod world;

use std::collections::BTreeSet;

use geo::{Area as _, Contains, Coord, LineString, MultiPolygon, Point, Polygon};
use geom::LngLat;
use territory::design::{
    BlockError, Blocks, Demands, Lock, Measure, Problem, Range, Seat, Settings, design, nest,
};
use world::{check, country, noise};

/// Bricks of 1 by 0.5 hundredths of a degree, every second course shifted by half a brick, so that corners lie on the neighbours' edges.
fn brick(course: i32, at: i32) -> MultiPolygon {
    let west = 9.0 + 0.01 * f64::from(at) + if course % 2 == 0 { 0.0 } else { 0.005 };
    let south = 50.0 + 0.005 * f64::from(course);
    rectangle(west, south, west + 0.01, south + 0.005)
}

fn rectangle(west: f64, south: f64, east: f64, north: f64) -> MultiPolygon {
    let corners = [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
    ];
    let ring: LineString = corners.iter().map(|c| Coord { x: c[0], y: c[1] }).collect();
    MultiPolygon::new(vec![Polygon::new(ring, Vec::new())])
}

/// A wall of bricks, and an island of two bricks to its east.
fn wall() -> Vec<MultiPolygon> {
    let mut outlines: Vec<MultiPolygon> = (0..12)
        .flat_map(|course| (0..10).map(move |at| brick(course, at)))
        .collect();
    outlines.push(rectangle(9.13, 50.02, 9.14, 50.025));
    outlines.push(rectangle(9.14, 50.02, 9.15, 50.025));
    outlines
}

fn problem_of(blocks: &Blocks, seats: usize) -> Problem {
    let n = blocks.places().len();
    Problem {
        places: blocks.places().iter().copied().map(Some).collect(),
        measures: vec![Measure {
            name: "doors".into(),
            values: (0..n as u64).map(|i| 1.0 + noise(i)).collect(),
            tolerance: Some(0.1),
        }],
        seats: vec![Seat::default(); seats],
        neighbours: Some(blocks.neighbours().to_vec()),
        ..Problem::default()
    }
}

#[test]
fn bricks_know_their_neighbours() {
    let blocks = Blocks::parse(wall()).expect("blocks");
    let found: BTreeSet<[u32; 2]> = blocks.neighbours().iter().copied().collect();
    assert_eq!(found.len(), blocks.neighbours().len(), "each pair once");
    // By arithmetic: beside in a course, and the two above that reach over the half brick.
    let mut expected = BTreeSet::new();
    for course in 0..12u32 {
        for at in 0..10u32 {
            let me = course * 10 + at;
            if at < 9 {
                expected.insert([me, me + 1]);
            }
            if course < 11 {
                expected.insert([me, me + 10]);
                // An even course has the odd one above it shifted to the east.
                if course % 2 == 0 && at > 0 {
                    expected.insert([me, me + 9]);
                }
                if course % 2 == 1 && at < 9 {
                    expected.insert([me, me + 11]);
                }
            }
        }
    }
    expected.insert([120, 121]);
    let ways: Vec<&[u32; 2]> = found.difference(&expected).collect();
    assert!(expected.is_subset(&found), "{:?}", expected.difference(&found));
    // One way over the water, from the island's western brick to the nearest course (50.02 is the foot of course 4).
    assert_eq!(ways.len(), 1, "{ways:?}");
    assert!(
        ways[0][1] == 120 && [39, 49, 59].contains(&ways[0][0]),
        "{ways:?}"
    );
}

#[test]
fn dissolved_blocks_keep_every_block_and_every_corner() {
    let outlines = wall();
    let blocks = Blocks::parse(outlines.clone()).expect("blocks");
    let problem = problem_of(&blocks, 6);
    let plan = design(&problem, &Settings::default()).expect("a plan");
    check(&problem, &plan);
    assert!(
        plan.exceptions.is_empty() && plan.unmet.is_empty(),
        "{:?}",
        plan.unmet
    );
    let borders = blocks.dissolved(&plan.assignment);
    let shapes = borders.shapes();
    assert_eq!(shapes.len(), 6);
    for (seat, shape) in &shapes {
        let own: f64 = (0..outlines.len())
            .filter(|b| plan.assignment[*b] == Some(*seat))
            .map(|b| outlines[b].unsigned_area())
            .sum();
        // Straight in degrees on both sides, so the areas in square degrees agree to rounding.
        assert!((shape.unsigned_area() - own).abs() < 1e-9 * own, "seat {seat}");
        for (block, place) in blocks.places().iter().enumerate() {
            let inside = shape.contains(&Point::new(place.lng(), place.lat()));
            assert_eq!(inside, plan.assignment[block] == Some(*seat), "block {block}");
        }
    }
    // A seat less: its blocks are left open, the others stay as they were.
    let without: Vec<Option<u32>> = plan.assignment.iter().map(|s| s.filter(|s| *s != 2)).collect();
    let fewer = blocks.dissolved(&without).shapes();
    assert_eq!(fewer.iter().map(|s| s.0).collect::<Vec<_>>(), [0, 1, 3, 4, 5]);
    let area = |all: &[(u32, MultiPolygon)]| -> f64 {
        all.iter().filter(|s| s.0 != 2).map(|s| s.1.unsigned_area()).sum()
    };
    assert!((area(&fewer) - area(&shapes)).abs() < 1e-12);
    // Straightened, each block's place is still with its own.
    for (seat, shape) in borders.simplified().shapes() {
        for (block, place) in blocks.places().iter().enumerate() {
            let inside = shape.contains(&Point::new(place.lng(), place.lat()));
            assert_eq!(inside, plan.assignment[block] == Some(seat), "block {block}");
        }
    }
}

#[test]
fn a_block_with_a_hole_and_the_block_in_it() {
    let ring = |r: f64| -> LineString {
        [[-r, -r], [r, -r], [r, r], [-r, r], [-r, -r]]
            .iter()
            .map(|c| Coord {
                x: 9.0 + c[0],
                y: 50.0 + c[1],
            })
            .collect()
    };
    let around = MultiPolygon::new(vec![Polygon::new(ring(0.1), vec![ring(0.05)])]);
    let inner = MultiPolygon::new(vec![Polygon::new(ring(0.05), Vec::new())]);
    let blocks = Blocks::parse(vec![around, inner]).expect("blocks");
    assert_eq!(blocks.neighbours(), [[0, 1]]);
    let apart = blocks.dissolved(&[Some(0), Some(1)]).shapes();
    assert_eq!(apart[0].1.0[0].interiors().len(), 1);
    let one = blocks.dissolved(&[Some(0), Some(0)]).shapes();
    assert_eq!(
        (one.len(), one[0].1.0.len(), one[0].1.0[0].interiors().len()),
        (1, 1, 0)
    );
    let place = |lng: f64| LngLat::new(lng, 50.0).ok();
    assert_eq!(
        blocks.members(&[place(9.0), place(9.08), place(9.5), None]),
        [Some(1), Some(0), None, None]
    );
}

#[test]
fn places_outside_all_blocks_have_a_nearest_one() {
    let outlines = wall();
    let blocks = Blocks::parse(outlines.clone()).expect("blocks");
    for i in 0..200 {
        let place =
            LngLat::new(8.95 + 0.25 * noise(2 * i), 49.97 + 0.12 * noise(2 * i + 1)).expect("on earth");
        let Some(found) = blocks.nearest(place) else {
            panic!("place {i}: no block")
        };
        // By walking along every side of every block.
        let squeeze = place.lat().to_radians().cos();
        let away = |outline: &MultiPolygon| {
            let sides = outline.0[0].exterior().lines();
            let points =
                sides.flat_map(|l| (0..=400).map(move |s| l.start + l.delta() * (f64::from(s) / 400.0)));
            points
                .map(|c| ((c.x - place.lng()) * squeeze).hypot(c.y - place.lat()))
                .fold(f64::INFINITY, f64::min)
        };
        let least = outlines.iter().map(away).fold(f64::INFINITY, f64::min);
        assert!(away(&outlines[found as usize]) <= least + 2e-5, "place {i}");
    }
}

#[test]
fn straightened_around_customers_leaves_them_in_their_blocks() {
    // Two columns of blocks whose common border is a saw: straightened it would cut the teeth off.
    let tooth = |row: i32, east: bool| {
        let (south, north) = (50.0 + 0.01 * f64::from(row), 50.01 + 0.01 * f64::from(row));
        let (near, far) = (9.05, if east { 9.1 } else { 9.0 });
        let tip = Coord {
            x: 9.052,
            y: f64::midpoint(south, north),
        };
        let at = |x: f64, y: f64| Coord { x, y };
        let ring = LineString::new(vec![
            at(far, south),
            at(near, south),
            tip,
            at(near, north),
            at(far, north),
            at(far, south),
        ]);
        MultiPolygon::new(vec![Polygon::new(ring, Vec::new())])
    };
    let outlines = (0..8)
        .flat_map(|row| [tooth(row, false), tooth(row, true)])
        .collect();
    let blocks = Blocks::parse(outlines).expect("blocks");
    let seats: Vec<Option<u32>> = (0..16).map(|b| Some(b % 2)).collect();
    // One of the west in the tip of each tooth, one of the east between two of them.
    let at = |lng: f64, lat: f64| LngLat::new(lng, lat).expect("on earth");
    let west = (0..8).map(|row| at(9.0515, 50.005 + 0.01 * f64::from(row)));
    let east = (1..8).map(|row| at(9.0505, 50.0 + 0.01 * f64::from(row)));
    let customers: Vec<LngLat> = west.chain(east).collect();
    let lost = |borders: &territory::design::Borders| {
        let shapes = borders.simplified().shapes();
        let outside = |(i, p): &(usize, &LngLat)| {
            let own = &shapes[usize::from(*i >= 8)].1;
            !own.contains(&Point::new(p.lng(), p.lat()))
        };
        customers.iter().enumerate().filter(outside).count()
    };
    assert!(
        lost(&blocks.dissolved(&seats)) > 0,
        "without them the border is straightened"
    );
    assert_eq!(lost(&blocks.dissolved_around(&seats, &customers)), 0);
}

#[test]
fn bad_outlines_are_named() {
    let bow = {
        let corners = [[9.0, 50.0], [9.1, 50.1], [9.1, 50.0], [9.0, 50.1], [9.0, 50.0]];
        let ring: LineString = corners.iter().map(|c| Coord { x: c[0], y: c[1] }).collect();
        MultiPolygon::new(vec![Polygon::new(ring, Vec::new())])
    };
    let words = Blocks::parse(vec![brick(0, 0), bow])
        .expect_err("refused")
        .to_string();
    assert!(
        words.starts_with("block 1: the border crosses itself near 9.05"),
        "{words}"
    );
    let base = rectangle(9.0, 50.0, 9.1, 50.1);
    let cases = [
        ("crossing", rectangle(9.05, 50.05, 9.15, 50.15)),
        ("inside", rectangle(9.04, 50.04, 9.06, 50.06)),
        ("around", rectangle(8.9, 49.9, 9.2, 50.2)),
        ("the same", base.clone()),
        (
            "sharing an edge from the same side",
            rectangle(9.0, 50.0, 9.1, 50.05),
        ),
        ("through corners only", {
            let corners = [
                [9.05, 49.95],
                [9.1, 50.0],
                [9.05, 50.05],
                [9.0, 50.0],
                [9.05, 49.95],
            ];
            let ring: LineString = corners.iter().map(|c| Coord { x: c[0], y: c[1] }).collect();
            MultiPolygon::new(vec![Polygon::new(ring, Vec::new())])
        }),
    ];
    for (case, other) in cases {
        let far = rectangle(10.0, 50.0, 10.1, 50.1);
        let refused = Blocks::parse(vec![far, base.clone(), other]);
        let Err(BlockError::Overlap {
            blocks,
            square_meters,
            lng,
            lat,
        }) = refused
        else {
            panic!("{case}: {refused:?}");
        };
        assert_eq!(blocks, [1, 2], "{case}");
        assert!(square_meters > 1e6, "{case}: {square_meters}");
        assert!(
            (9.0..=9.1).contains(&lng) && (50.0..=50.1).contains(&lat),
            "{case}"
        );
    }
    // Five centimetres of overlap along ten kilometres come from simplifying, not from a wrong block.
    assert!(Blocks::parse(vec![base, rectangle(9.1 - 5e-7, 50.0, 9.2, 50.1)]).is_ok());
}

#[test]
fn blocks_with_exceptions() {
    let blocks = Blocks::parse(
        (0..6)
            .flat_map(|x| (0..4).map(move |y| (x, y)))
            .map(|(x, y)| {
                let (w, s) = (9.0 + 0.5 * f64::from(x), 49.0 + 0.5 * f64::from(y));
                rectangle(w, s, w + 0.5, s + 0.5)
            })
            .collect(),
    )
    .expect("blocks");
    let mut problem = country(21, 900, 4);
    let block_of = blocks.members(&problem.places);
    assert!(block_of.iter().filter(|b| b.is_some()).count() > 800);
    let exception = block_of
        .iter()
        .position(Option::is_some)
        .expect("a customer in a block") as u32;
    problem.demands.locks = vec![Lock {
        unit: exception,
        seat: 3,
    }];
    problem.demands.keep_blocks_whole(&block_of);
    let plan = design(
        &problem,
        &Settings {
            tolerance: Some(0.4),
            ..Settings::default()
        },
    )
    .expect("a plan");
    check(&problem, &plan);
    assert_eq!(plan.assignment[exception as usize], Some(3));
    for (i, block) in block_of.iter().enumerate() {
        if block.is_none() || i as u32 == exception {
            continue;
        }
        let first = (0..block_of.len())
            .find(|j| block_of[*j] == *block && *j as u32 != exception)
            .expect("itself");
        assert_eq!(plan.assignment[i], plan.assignment[first], "customer {i}");
    }
    // Whoever is excluded leaves its block too.
    let mut demands = Demands {
        excluded: vec![0],
        ..Demands::default()
    };
    demands.keep_blocks_whole(&[Some(7), Some(7), Some(7), None]);
    assert_eq!(demands.together, [vec![1, 2]]);
}

#[test]
fn regions_of_blocks_nest_in_their_borders() {
    let blocks = Blocks::parse(wall()).expect("blocks");
    let problem = problem_of(&blocks, 6);
    let settings = Settings {
        tolerance: Some(0.2),
        ..Settings::default()
    };
    let plan = design(&problem, &settings).expect("a plan");
    let (_, regions) = nest(&problem, &plan, 2, &settings).expect("regions");
    let borders = blocks.dissolved(&plan.assignment);
    let (below, above) = (borders.shapes(), borders.grouped(&regions.assignment).shapes());
    assert_eq!(above.len(), 2);
    for (region, shape) in &above {
        let parts: f64 = below
            .iter()
            .filter(|(seat, _)| regions.assignment[*seat as usize] == Some(*region))
            .map(|(_, s)| s.unsigned_area())
            .sum();
        assert!((shape.unsigned_area() - parts).abs() < 1e-9 * parts);
        let corners: BTreeSet<[u64; 2]> = below
            .iter()
            .flat_map(|(_, s)| s.iter().flat_map(|p| p.exterior().coords()))
            .map(|c| [c.x.to_bits(), c.y.to_bits()])
            .collect();
        for c in shape.iter().flat_map(|p| p.exterior().coords()) {
            assert!(corners.contains(&[c.x.to_bits(), c.y.to_bits()]), "{c:?}");
        }
    }
    // A range on a region that it cannot meet is named, as for customers.
    let mut tight = problem.clone();
    tight.demands.ranges = vec![Range {
        measure: 0,
        seat: Some(1),
        low: 1e9,
        high: 2e9,
    }];
    let words = design(&tight, &settings).expect_err("refused").to_string();
    assert!(
        words.contains("doors from 1000000000 to 2000000000 for territory 1 cannot be met"),
        "{words}"
    );
}
