//! How far does it go? 20,000 customers (36,000 visits) for 50 reps over 20 days, drive times in 50 overlapping blocks.
//!
//! ```text
//! cargo run --release -p plan --example large -- [CUSTOMERS] [REPS] [DAYS] [CPU-SECONDS]
//! ```
//!
//! Prints how much is left out as the search goes on, and checks the visits' days at the end.

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;

use plan::{
    BlockTimes, Lunch, Options, PlaceId, Problem, Recurrence, Rules, Slot, Span, TimeOfDay, Visit, Window,
    Windows, least_left_out, solve_within,
};

/// A number below `n` from a counter (SplitMix64).
fn noise(seed: u64, n: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x1234_5678_9abc_def0);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % n
}

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Result<Vec<u32>, _> = std::env::args().skip(1).map(|word| word.parse()).collect();
    let numbers = numbers?;
    let number = |at: usize, usual: u32| numbers.get(at).copied().unwrap_or(usual);
    let (customers, reps, days) = (number(0, 20_000), number(1, 50).max(1), number(2, 20) as u16);
    let seconds = f64::from(number(3, 600));
    let problem = problem(customers, reps, days)?;
    eprintln!("laid out after {:.1} s of CPU", cpu_seconds()?);
    let least = least_left_out(&problem) as i64;
    eprintln!(
        "no plan leaves out fewer than {least}, told after {:.1} s of CPU",
        cpu_seconds()?
    );
    let options = Options {
        reasons: false,
        ..Options::default()
    };
    let mut told = -1.0;
    let mut clock = || cpu_seconds().map_or(1.0, |now| now / seconds);
    let plan = solve_within(&problem, &options, &mut clock, &mut |progress| {
        if progress.fraction >= told + 0.05 || progress.step == 0 {
            told = progress.fraction;
            eprintln!(
                "{:5.1} % {:9} steps: {} customers left out, at most {:.2} % more than need be, {:.0} hours of driving",
                100.0 * progress.fraction,
                progress.step,
                progress.cost.unserved[2],
                100.0 * (progress.cost.unserved[2] - least) as f64 / f64::from(customers),
                progress.cost.travel as f64 / 3600.0
            );
        }
        ControlFlow::Continue(())
    });
    for (visit, details) in problem.visits().iter().enumerate() {
        let days = plan
            .routes
            .iter()
            .enumerate()
            .filter(|(_, r)| r.stops.iter().any(|s| s.visit.0 as usize == visit));
        let days: Vec<u16> = days.map(|(slot, _)| problem.slots()[slot].day).collect();
        if let Recurrence::Patterns(sets) = &details.recurrence {
            assert!(
                days.is_empty() || sets.contains(&days),
                "visit {visit} on days {days:?}"
            );
        }
    }
    println!(
        "{} of {customers} customers left out, {:.0} hours of driving, {:.1} s of CPU",
        plan.left_out.len(),
        plan.cost.travel as f64 / 3600.0,
        cpu_seconds()?
    );
    Ok(())
}

/// Reps live on a grid of cells; customers lie in the cells and may be seen by the reps of their cell and its neighbours.
fn problem(customers: u32, reps: u32, days: u16) -> Result<Problem, Box<dyn Error>> {
    let across = f64::from(reps).sqrt().ceil() as u32;
    let side = 40_000.0;
    let home = |rep: u32| {
        let (column, row) = (rep % across, rep / across);
        (side * (f64::from(column) + 0.5), side * (f64::from(row) + 0.5))
    };
    let mut places: Vec<(f64, f64)> = (0..reps).map(home).collect();
    let mut cell_of = Vec::new();
    for customer in 0..u64::from(customers) {
        let cell = noise(customer, u64::from(reps)) as u32;
        let (x, y) = home(cell);
        let off = |k: u64| noise(7 * customer + k, 2_000_000) as f64 / 2_000_000.0 * side - side / 2.0;
        places.push((x + off(1), y + off(2)));
        cell_of.push(cell);
    }
    let near = |rep: u32, cell: u32| {
        (rep % across).abs_diff(cell % across) <= 1 && (rep / across).abs_diff(cell / across) <= 1
    };
    let mut times = BlockTimes::new(places.len());
    for rep in 0..reps {
        let mut members = vec![PlaceId(rep)];
        let here = (0..customers).filter(|&c| near(rep, cell_of[c as usize]));
        members.extend(here.map(|c| PlaceId(reps + c)));
        let table = members.iter().flat_map(|a| {
            let a = places[a.0 as usize];
            let places = &places;
            members.iter().map(move |b| {
                let b = places[b.0 as usize];
                let meters = (a.0 - b.0).hypot(a.1 - b.1) * 1.3;
                ((meters / 16.0).ceil() as u32, meters as u32)
            })
        });
        let table = table.collect();
        times.add(members, table)?;
    }
    let hours = |from, to| Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0));
    let slots = (0..days)
        .flat_map(|day| (0..reps).map(move |rep| (day, rep)))
        .map(|(day, rep)| Slot {
            lunch: Some(Lunch {
                length: Span::minutes(45),
                within: hours(11, 14),
            }),
            ..Slot::new(rep, day, PlaceId(rep), hours(8, 17))
        });
    let weeks = (days / 5).max(1);
    let visits = (0..customers).map(|c| {
        let patterns: Vec<Vec<u16>> = match noise(u64::from(c) + 1_000_000, 20) {
            0..3 => (0..5).map(|d| (0..weeks).map(|w| w * 5 + d).collect()).collect(),
            3..10 => (0..10)
                .map(|d| (0..weeks / 2).map(|w| w * 10 + d).collect())
                .collect(),
            _ => (0..days).map(|d| vec![d]).collect(),
        };
        let patterns = patterns
            .into_iter()
            .filter(|set: &Vec<u16>| !set.is_empty())
            .collect();
        Visit {
            tier: 2,
            recurrence: Recurrence::Patterns(patterns),
            reps: Some((0..reps).filter(|&rep| near(rep, cell_of[c as usize])).collect()),
            windows: match noise(u64::from(c) + 2_000_000, 3) {
                0 => Windows::Daily(vec![hours(8, 12), hours(14, 17)]),
                _ => Windows::Any,
            },
            ..Visit::new(
                PlaceId(reps + c),
                Span::minutes(5 + 5 * noise(u64::from(c) + 3_000_000, 4) as i32),
            )
        }
    });
    Ok(Problem::with_shared_times(
        slots.collect(),
        visits.collect(),
        Rules::default(),
        Arc::new(times),
    )?)
}

/// CPU seconds of this process so far.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let line = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: u64 = line.split_whitespace().next().ok_or("empty schedstat")?.parse()?;
    Ok(nanoseconds as f64 / 1e9)
}
