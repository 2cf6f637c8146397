//! Fair areas, asked through the door: what every plan must be, and what each demand does.

mod world;

use geom::LngLat;
use territory::design::{
    Borders, Demands, DesignError, Home, Lock, Measure, Objection, Plan, Price, Problem, Seat, Settings,
    by_cost, curve, design, free_tolerance, join, leave, nest, why,
};
use world::{check, country, noise};

#[test]
fn balanced_connected_and_the_same_on_any_number_of_threads() {
    let problem = country(1, 3000, 12);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        pool.install(|| design(&problem, &Settings::default()).expect("a plan"))
    };
    let plan = run(1);
    check(&problem, &plan);
    assert_eq!(free_tolerance(3000, 12), 0.0035);
    assert!(plan.imbalance <= 0.0035 + 1e-9, "{}", plan.imbalance);
    assert!(plan.unmet.is_empty() && plan.exceptions.is_empty());
    assert_eq!(plan.assignment, run(3).assignment);
    let other = design(
        &problem,
        &Settings {
            seed: 2,
            ..Settings::default()
        },
    )
    .expect("a plan");
    assert!(
        (other.distance / plan.distance - 1.0).abs() < 0.05,
        "{} and {}",
        plan.distance,
        other.distance
    );
}

#[test]
fn capacity_homes_locks_together_apart_excluded() {
    let mut problem = country(2, 1500, 8);
    problem.seats[3].capacity = 0.5;
    let home = problem.places[10].expect("a place");
    problem.seats[5].home = Home::Pinned(home);
    problem.places[7] = None;
    problem.demands = Demands {
        locks: vec![Lock { unit: 7, seat: 0 }, Lock { unit: 100, seat: 6 }],
        together: vec![vec![200, 201, 202]],
        apart: vec![[300, 301], [300, 302]],
        excluded: vec![400, 401],
        ranges: vec![],
    };
    let plan = design(
        &problem,
        &Settings {
            tolerance: Some(0.03),
            ..Settings::default()
        },
    )
    .expect("a plan");
    check(&problem, &plan);
    assert!(plan.unmet.is_empty(), "{:?}", plan.unmet);
    let total: f64 = plan.loads[0].iter().sum();
    // Seven whole shares and a half.
    assert!((plan.loads[0][3] / (total * 0.5 / 7.5) - 1.0).abs() <= 0.03 + 1e-9);
    assert!((plan.loads[0][4] / (total / 7.5) - 1.0).abs() <= 0.03 + 1e-9);
    assert!(plan.centres[5].distance(home).0 < 1.0);
    assert_eq!((plan.assignment[7], plan.assignment[100]), (Some(0), Some(6)));
    assert!(plan.assignment[200] == plan.assignment[201] && plan.assignment[201] == plan.assignment[202]);
    assert!(plan.assignment[300] != plan.assignment[301] && plan.assignment[300] != plan.assignment[302]);
    assert_eq!((plan.assignment[400], plan.assignment[401]), (None, None));
}

#[test]
fn two_measures_are_balanced_at_once() {
    let mut problem = country(3, 2000, 8);
    problem.measures[0].tolerance = Some(0.03);
    problem.measures[1].tolerance = Some(0.05);
    let plan = design(&problem, &Settings::default()).expect("a plan");
    check(&problem, &plan);
    assert!(plan.unmet.is_empty(), "{:?}", plan.unmet);
    let mean = plan.loads[1].iter().sum::<f64>() / 8.0;
    assert!(
        plan.loads[1]
            .iter()
            .all(|l| (l / mean - 1.0).abs() <= 0.05 + 1e-9),
        "{:?}",
        plan.loads[1]
    );
}

#[test]
fn stickiness_is_a_price_or_a_bound() {
    let mut problem = country(4, 2000, 10);
    let old = design(
        &country(4, 2000, 10),
        &Settings {
            seed: 9,
            ..Settings::default()
        },
    )
    .expect("a plan");
    // An old plan: strays, and the last two seats' customers mixed up.
    problem.current = old
        .assignment
        .iter()
        .enumerate()
        .map(|(i, s)| {
            if noise(i as u64) < 0.08 {
                Some((i % 10) as u32)
            } else {
                *s
            }
        })
        .collect();
    let tolerance = Some(0.02);
    let moved = |price: Price| {
        let plan = design(
            &problem,
            &Settings {
                price,
                tolerance,
                ..Settings::default()
            },
        )
        .expect("a plan");
        check(&problem, &plan);
        assert!(plan.imbalance <= 0.02 + 1e-9, "{price:?}: {}", plan.imbalance);
        plan.moved
    };
    let (free, cheap, dear) = (
        moved(Price::Of(0.0)),
        moved(Price::Of(100.0)),
        moved(Price::Of(3000.0)),
    );
    assert!(
        dear < cheap && cheap < free.max(cheap + 1e-9),
        "{free} {cheap} {dear}"
    );
    assert!(moved(Price::AtMost(0.06)) <= 0.06);
}

#[test]
fn a_rep_leaves_and_another_joins() {
    let mut problem = country(5, 3000, 12);
    let old = design(&problem, &Settings::default()).expect("a plan");
    problem.current = old.assignment.clone();
    let plan = leave(&problem, 4, &Settings::default()).expect("a plan");
    check(&problem, &plan);
    assert_eq!(plan.loads[0][4], 0.0);
    for (i, (before, after)) in old.assignment.iter().zip(&plan.assignment).enumerate() {
        assert!(
            before == after || *before == Some(4),
            "unit {i} moved from {before:?} to {after:?}"
        );
    }
    let took: Vec<f64> = (0..12)
        .map(|s| plan.loads[0][s] - old.loads[0][s])
        .filter(|d| *d > 1e-9)
        .collect();
    assert!(took.len() >= 2, "{took:?}");

    problem.seats.push(Seat::default());
    let home = problem.places[50];
    let joined = join(
        &problem,
        home,
        &Settings {
            tolerance: Some(0.05),
            ..Settings::default()
        },
    )
    .expect("a plan");
    check(&problem, &joined);
    let share = joined.loads[0].iter().sum::<f64>() / 13.0;
    assert!(
        (joined.loads[0][12] / share - 1.0).abs() <= 0.05 + 1e-9,
        "{:?}",
        joined.loads[0]
    );
}

#[test]
fn why_here_how_many_and_which_region() {
    let problem = country(6, 1200, 9);
    let settings = Settings {
        tolerance: Some(0.02),
        ..Settings::default()
    };
    let plan = design(&problem, &settings).expect("a plan");
    let mut asked = 0;
    for unit in 0..1200 {
        let mine = plan.assignment[unit].expect("a seat") as usize;
        for other in why(&problem, &plan, &settings, unit as u32)
            .expect("an answer")
            .expect("a place")
        {
            asked += 1;
            let (from, to) = (plan.loads[0][mine], plan.loads[0][other.seat as usize]);
            let value = problem.measures[0].values[unit];
            assert!(
                (other.leaves[0] - (from - value)).abs() < 1e-9
                    && (other.arrives[0] - (to + value)).abs() < 1e-9
            );
            // Farther away is what speaks against a move, and what it costs.
            assert_eq!(
                other.cost > 0.0,
                other.against.contains(&Objection::Farther),
                "unit {unit}: {other:?}"
            );
        }
    }
    assert!(asked > 100, "{asked} units lie on borders");

    let points = curve(&problem, &[4, 8, 16], &settings).expect("a curve");
    assert!(
        points[0].distance > points[1].distance && points[1].distance > points[2].distance,
        "{points:?}"
    );

    let (upper, regions) = nest(&problem, &plan, 3, &settings).expect("regions");
    check(&upper, &regions);
    assert!(
        (0..3).all(|r| regions.assignment.iter().filter(|s| **s == Some(r)).count() == 3),
        "{regions:?}"
    );
}

#[test]
fn shapes_hold_their_customers() {
    use geo::Contains;
    for seed in [7, 8] {
        let problem = country(seed, 800, 7);
        let plan = design(&problem, &Settings::default()).expect("a plan");
        let raw = Borders::around(&problem, &plan);
        let river: Vec<LngLat> = (0..200)
            .map(|i| {
                LngLat::new(
                    9.0 + 0.015 * f64::from(i),
                    49.75 + 0.1 * (f64::from(i) / 9.0).sin(),
                )
                .expect("on the earth")
            })
            .collect();
        let laid = raw.snapped(&[river]);
        for (borders, what) in [
            (&raw, "raw"),
            (&raw.simplified(), "simplified"),
            (&laid, "laid"),
            (&laid.simplified(), "laid and simplified"),
        ] {
            let shapes = borders.shapes();
            assert_eq!(shapes.len(), 7, "{what}");
            for (place, seat) in problem.places.iter().zip(&plan.assignment) {
                let p = place.expect("a place");
                let point = geo::Point::new(p.lng(), p.lat());
                let in_shapes: Vec<u32> = shapes
                    .iter()
                    .filter(|(_, s)| s.contains(&point))
                    .map(|s| s.0)
                    .collect();
                assert_eq!(
                    in_shapes,
                    vec![seat.expect("a seat")],
                    "seed {seed}, {what}, {p:?}"
                );
            }
        }
        assert!(
            raw.simplified().len() * 3 < raw.len(),
            "{} of {}",
            raw.simplified().len(),
            raw.len()
        );
    }
}

#[test]
fn blocks_with_neighbours_of_their_own() {
    // A grid of 20 by 20 blocks.
    let number = |x: u32, y: u32| y * 20 + x;
    let mut neighbours = Vec::new();
    for y in 0..20 {
        for x in 0..20 {
            if x < 19 {
                neighbours.push([number(x, y), number(x + 1, y)]);
            }
            if y < 19 {
                neighbours.push([number(x, y), number(x, y + 1)]);
            }
        }
    }
    let problem = Problem {
        places: (0..400u32)
            .map(|i| LngLat::new(f64::from(i % 20) * 0.1, 50.0 + f64::from(i / 20) * 0.07).ok())
            .collect(),
        measures: vec![Measure {
            name: "doors".into(),
            values: (0..400).map(|i| 1.0 + 4.0 * noise(i)).collect(),
            tolerance: Some(0.03),
        }],
        seats: vec![Seat::default(); 8],
        neighbours: Some(neighbours.clone()),
        ..Problem::default()
    };
    let plan = design(&problem, &Settings::default()).expect("a plan");
    check(&problem, &plan);
    assert!(
        plan.unmet.is_empty() && plan.exceptions.is_empty(),
        "{:?}",
        plan.unmet
    );
    // Each territory in one piece, by a flood of its own.
    for seat in 0..8 {
        let mine: Vec<u32> = (0..400)
            .filter(|i| plan.assignment[*i as usize] == Some(seat))
            .collect();
        let mut reached = vec![mine[0]];
        let mut at = 0;
        while at < reached.len() {
            for [a, b] in &neighbours {
                for (p, q) in [(a, b), (b, a)] {
                    if *p == reached[at] && mine.contains(q) && !reached.contains(q) {
                        reached.push(*q);
                    }
                }
            }
            at += 1;
        }
        assert_eq!(reached.len(), mine.len(), "seat {seat}");
    }
}

#[test]
fn by_drive_time_rivers_part_territories() {
    let problem = country(16, 1200, 6);
    // A river along 50° N with one bridge at 10.5° E: whoever crosses it drives by the bridge, at 60 km/h.
    let at = |i: u32| problem.places[i as usize].expect("a place");
    let bridge = LngLat::new(10.5, 50.0).expect("on the earth");
    let time = |a: u32, b: u32| {
        let (p, q) = (at(a), at(b));
        let way = if (p.lat() < 50.0) == (q.lat() < 50.0) {
            p.distance(q).0
        } else {
            p.distance(bridge).0 + bridge.distance(q).0
        };
        (way / 16.7) as f32
    };
    let costs = |from: u32| (0..1200).map(|to| time(from, to)).collect::<Vec<f32>>();
    let settings = Settings {
        tolerance: Some(0.02),
        ..Settings::default()
    };
    let plan = by_cost(&problem, &settings, &costs).expect("a plan");
    check(&problem, &plan);
    assert!(plan.imbalance <= 0.02 + 1e-9, "{}", plan.imbalance);
    let straight = design(&problem, &settings).expect("a plan");
    // Total time from the best centre of each territory, its customers being the candidates.
    let total = |plan: &Plan| -> f64 {
        (0..6)
            .map(|s| {
                let mine: Vec<u32> = (0..1200)
                    .filter(|i| plan.assignment[*i as usize] == Some(s))
                    .collect();
                let from = |c: u32| -> f64 {
                    mine.iter()
                        .map(|i| problem.measures[0].values[*i as usize] * f64::from(time(c, *i)))
                        .sum()
                };
                mine.iter()
                    .step_by(5)
                    .map(|c| from(*c))
                    .fold(f64::INFINITY, f64::min)
            })
            .sum()
    };
    assert!(
        total(&plan) < 1.02 * total(&straight),
        "{} against {}",
        total(&plan),
        total(&straight)
    );
    let short = |_: u32| vec![0.0f32; 3];
    assert!(matches!(
        by_cost(&problem, &settings, &short),
        Err(DesignError::MeasureLength { .. })
    ));
}

#[test]
fn a_long_country_with_empty_stretches() {
    let mut problem = country(15, 2000, 12);
    for (i, place) in problem.places.iter_mut().enumerate() {
        let [south, length] =
            [[59.0, 0.5], [61.0, 0.2], [66.0, 0.3], [70.0, 0.2]][[0, 0, 0, 0, 1, 1, 2, 3][i % 8]];
        let n = |salt: u64| noise(i as u64 * 37 + salt);
        *place = LngLat::new(10.0 + 0.3 * n(1), south + length * n(2)).ok();
    }
    let plan = design(&problem, &Settings::default()).expect("a plan");
    check(&problem, &plan);
    // Nobody lies apart; what that costs in balance is named.
    assert!(plan.exceptions.is_empty());
    assert_eq!(
        plan.unmet.is_empty(),
        plan.imbalance <= 0.0035 + 1e-9,
        "{} {:?}",
        plan.imbalance,
        plan.unmet
    );
}
