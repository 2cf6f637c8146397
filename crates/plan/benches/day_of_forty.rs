//! How long does a rep wait for a day with 40 candidates, matrix check, search, times and reasons included?

use std::ops::ControlFlow;

use plan::{
    DenseTimes, Lunch, Options, PlaceId, Plan, Problem, Slot, Span, TimeOfDay, Visit, VisitId, Window,
    Windows, evaluate, insertions, resolve, solve,
};

const CANDIDATES: usize = 40;

fn main() {
    divan::main();
}

/// A number below `n` from a counter (SplitMix64).
fn noise(seed: u64, n: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x1234_5678_9abc_def0);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % n
}

/// A district of 40 by 40 km, shops with opening hours and midday breaks, a promise, important and other customers.
fn district() -> (Vec<Slot>, Vec<Visit>, DenseTimes) {
    let at: Vec<(f64, f64)> = (0..=CANDIDATES as u64)
        .map(|i| (noise(2 * i, 40_000) as f64, noise(2 * i + 1, 40_000) as f64))
        .collect();
    let meters: Vec<u32> = at
        .iter()
        .flat_map(|a| {
            at.iter()
                .map(|b| ((a.0 - b.0).hypot(a.1 - b.1) * 1.3).ceil() as u32)
        })
        .collect();
    // 60 km/h on the way.
    let seconds = meters.iter().map(|m| m.div_ceil(17)).collect();
    let times = DenseTimes::new(at.len(), seconds, meters).expect("square tables");
    let hours = |from, to| Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0));
    let slot = Slot {
        lunch: Some(Lunch {
            length: Span::minutes(30),
            within: hours(11, 14),
        }),
        ..Slot::new(1, 0, PlaceId(0), hours(8, 17))
    };
    let visits = (0..CANDIDATES as u64).map(|i| Visit {
        windows: match noise(1000 + i, 3) {
            0 => Windows::Daily(vec![hours(9, 12), hours(14, 17)]),
            1 => Windows::Daily(vec![hours(8, 13)]),
            _ => Windows::Any,
        },
        tier: if i == 0 {
            0
        } else {
            4 - u8::from(noise(2000 + i, 5) == 0)
        },
        prize: 1 + noise(3000 + i, 30) as u32,
        ..Visit::new(
            PlaceId(i as u32 + 1),
            Span::minutes(15 * (1 + noise(4000 + i, 3) as i32)),
        )
    });
    (vec![slot], visits.collect(), times)
}

fn problem() -> Problem {
    let (slots, visits, times) = district();
    Problem::new(slots, visits, &times).expect("a district that can be planned")
}

fn planned(problem: &Problem) -> Plan {
    solve(problem, &Options::default(), &mut |_| ControlFlow::Continue(()))
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn plan_a_day(bencher: divan::Bencher) {
    let (slots, visits, times) = district();
    // What five times the steps find with another seed. A quick plan may miss a little of it, never a promise.
    let long = solve(
        &problem(),
        &Options {
            seed: 99,
            steps: 50_000,
            ..Options::default()
        },
        &mut |_| ControlFlow::Continue(()),
    );
    bencher.bench_local(|| {
        let problem =
            Problem::new(slots.clone(), visits.clone(), &times).expect("a district that can be planned");
        let plan = planned(&problem);
        assert_eq!(plan.cost.unserved[0], 0);
        let all: i64 = problem.visits().iter().map(|v| i64::from(v.prize)).sum();
        let share = (all - plan.cost.prize_lost) as f64 / (all - long.cost.prize_lost) as f64;
        assert!(
            plan.cost.unserved[3] <= long.cost.unserved[3] + 1 && share > 0.9,
            "{:?} against {:?}",
            plan.cost,
            long.cost
        );
        assert_eq!(plan.routes[0].stops.len() + plan.left_out.len(), CANDIDATES);
        plan
    });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn plan_again_after_a_change(bencher: divan::Bencher) {
    let before = planned(&problem());
    // Forty minutes late from home.
    let (mut slots, visits, times) = district();
    slots[0].shift.from = slots[0].shift.from + Span::minutes(40);
    bencher.bench_local(|| {
        let problem =
            Problem::new(slots.clone(), visits.clone(), &times).expect("a district that can be planned");
        let plan = resolve(
            &problem,
            &before.orders(),
            &Options {
                seed: 1,
                steps: 1_000,
                ..Options::default()
            },
            &mut |_| ControlFlow::Continue(()),
        )
        .expect("orders of the same visits");
        assert!(plan.find(VisitId(0)).is_some(), "the promise is kept");
        plan
    });
}

#[divan::bench]
fn move_a_stop_by_hand(bencher: divan::Bencher) {
    let problem = problem();
    let mut order = planned(&problem).orders().remove(0);
    order.swap(0, 1);
    bencher.bench_local(|| {
        let day = evaluate(&problem, plan::SlotId(0), &order).expect("visits of this problem");
        assert_eq!(day.stops.len(), order.len());
        day
    });
}

#[divan::bench]
fn where_would_it_fit(bencher: divan::Bencher) {
    let problem = problem();
    let plan = planned(&problem);
    let out = plan.routes[0].stops[1].visit;
    bencher.bench_local(|| {
        let places = insertions(&problem, &plan.orders(), out).expect("a visit of this problem");
        assert_eq!(places.len(), 1, "it fitted, so it fits");
        places
    });
}
