//! A country of customers by chance, and what holds of every plan for it.

use geom::LngLat;
use territory::design::{Measure, Plan, Problem, Seat};

/// A number in 0..1 from a counter (SplitMix64).
pub fn noise(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Towns and countryside of some 200 by 150 km; workload 1 to 9, and a second measure that has nothing to do with it.
pub fn country(seed: u64, customers: usize, seats: usize) -> Problem {
    let n = |i: usize, salt: u64| noise(seed * 7_919 + i as u64 * 31 + salt * 1_000_003);
    let towns: Vec<[f64; 2]> = (0..12)
        .map(|t| [9.0 + 3.0 * n(t, 90), 49.0 + 1.5 * n(t, 91)])
        .collect();
    let place = |i: usize| {
        let town = towns[(n(i, 1) * 12.0) as usize];
        let (r, a) = (n(i, 2).powi(3) * 0.3, n(i, 3) * std::f64::consts::TAU);
        let wild = n(i, 4) < 0.2;
        let (lng, lat) = if wild {
            (9.0 + 3.0 * n(i, 5), 49.0 + 1.5 * n(i, 6))
        } else {
            (town[0] + r * a.cos() * 1.5, town[1] + r * a.sin())
        };
        Some(LngLat::new(lng, lat).expect("on the earth"))
    };
    Problem {
        places: (0..customers).map(place).collect(),
        measures: vec![
            Measure {
                name: "workload".into(),
                values: (0..customers).map(|i| 1.0 + 8.0 * n(i, 7).powi(3)).collect(),
                tolerance: None,
            },
            Measure {
                name: "revenue".into(),
                values: (0..customers).map(|i| 100.0 * n(i, 8)).collect(),
                tolerance: None,
            },
        ],
        seats: vec![Seat::default(); seats],
        ..Problem::default()
    }
}

/// What holds of every plan: each unit has a seat, sums are true.
pub fn check(problem: &Problem, plan: &Plan) {
    assert_eq!(plan.assignment.len(), problem.places.len());
    let mut loads = vec![vec![0.0; problem.seats.len()]; problem.measures.len()];
    for (i, seat) in plan.assignment.iter().enumerate() {
        let excluded = problem.demands.excluded.contains(&(i as u32));
        assert_eq!(seat.is_none(), excluded, "unit {i}");
        if let Some(seat) = seat {
            for (c, m) in problem.measures.iter().enumerate() {
                loads[c][*seat as usize] += m.values[i];
            }
        }
    }
    for (sums, shown) in loads.iter().zip(&plan.loads) {
        for (a, b) in sums.iter().zip(shown) {
            assert!((a - b).abs() < 1e-6 * (1.0 + a), "{a} shown as {b}");
        }
    }
}
