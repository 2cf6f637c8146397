//! What does one change cost? Plans two weeks of five reps, then changes one thing at a time and plans again near the plan there is.
//!
//! ```text
//! cargo run --release -p plan --example replan -- [CUSTOMERS] [REPS] [DAYS] [CHANGES]
//! ```
//!
//! A change is a new promise with an hour to keep, a customer who cancels, or a visit that takes twice as long, in turn. Prints for each:
//! CPU milliseconds, how many of the visits that were not changed moved to another slot, and the cost beside that of a plan made afresh
//! with as many steps as the first.

use std::error::Error;
use std::ops::ControlFlow;

use plan::{
    ChangePrice, DenseTimes, Lunch, Options, PlaceId, Plan, Problem, Slot, Span, TimeOfDay, Visit, VisitId,
    Window, Windows, changes, resolve, solve,
};

/// Steps of a plan made afresh for each visit, and of one made again in all.
const FRESH_STEPS: u64 = 200;
const STEPS: u64 = 8_000;

/// A number below `n` from a counter (SplitMix64).
fn noise(seed: u64, n: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x1234_5678_9abc_def0);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % n
}

fn hours(from: i32, to: i32) -> Window {
    Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0))
}

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Result<Vec<u32>, _> = std::env::args().skip(1).map(|word| word.parse()).collect();
    let numbers = numbers?;
    let number = |at: usize, usual: u32| numbers.get(at).copied().unwrap_or(usual);
    let (customers, reps, days) = (number(0, 400), number(1, 5).max(1), number(2, 10).max(1));
    let at: Vec<(u64, u64)> = (0..=u64::from(customers))
        .map(|i| (noise(2 * i, 3_600), noise(2 * i + 1, 3_600)))
        .collect();
    let table: Vec<u32> = at
        .iter()
        .flat_map(|a| at.iter().map(|b| (a.0.abs_diff(b.0) + a.1.abs_diff(b.1)) as u32))
        .collect();
    let times = DenseTimes::new(at.len(), table.clone(), table)?;
    let slots: Vec<Slot> = (0..days * reps)
        .map(|index| Slot {
            lunch: Some(Lunch {
                length: Span::minutes(30),
                within: hours(11, 14),
            }),
            ..Slot::new(
                index % reps,
                (index / reps) as u16,
                PlaceId(index % reps),
                hours(8, 17),
            )
        })
        .collect();
    let mut visits: Vec<Visit> = (0..customers)
        .map(|c| Visit {
            windows: if noise(u64::from(c), 3) == 0 {
                Windows::Daily(vec![hours(9, 12)])
            } else {
                Windows::Any
            },
            tier: 2,
            prize: 1 + noise(u64::from(c) + 900, 20) as u32,
            ..Visit::new(PlaceId(c + 1), Span::minutes(30))
        })
        .collect();
    let fresh = |visits: &[Visit]| -> Result<Plan, Box<dyn Error>> {
        let problem = Problem::new(slots.clone(), visits.to_vec(), &times)?;
        let options = Options {
            steps: FRESH_STEPS * visits.len() as u64,
            reasons: false,
            ..Options::default()
        };
        Ok(solve(&problem, &options, &mut |_| ControlFlow::Continue(())))
    };
    let mut before = fresh(&visits)?;
    for change in 0..u64::from(number(3, 9)) {
        let chosen = noise(change + 77, u64::from(customers)) as usize;
        let what = match change % 3 {
            0 => {
                let place = visits[chosen].place.unwrap_or(PlaceId(0));
                let day = noise(change + 99, u64::from(days)) as u16;
                visits.push(Visit {
                    tier: 0,
                    windows: Windows::ByDay(vec![(day, vec![hours(10, 11)])]),
                    ..Visit::new(place, Span::minutes(30))
                });
                "a promise more"
            }
            1 => {
                visits[chosen].allowed = Some(Vec::new());
                "one cancels"
            }
            _ => {
                visits[chosen].service = Span::minutes(60);
                "one takes longer"
            }
        };
        let began = cpu_seconds()?;
        let problem = Problem::new(slots.clone(), visits.clone(), &times)?;
        let options = Options {
            steps: STEPS,
            change: ChangePrice { day: 300, rep: 300 },
            reasons: false,
            ..Options::default()
        };
        let after = resolve(&problem, &before.orders(), &options, &mut |_| {
            ControlFlow::Continue(())
        })?;
        let spent = cpu_seconds()? - began;
        let difference = changes(&before.orders(), &after.orders());
        let changed = if change % 3 == 0 { visits.len() - 1 } else { chosen };
        let moved = difference
            .moved
            .iter()
            .filter(|m| m.visit != VisitId(changed as u32))
            .count();
        let anew = fresh(&visits)?;
        let drive = |plan: &Plan| plan.parts.drive as f64 / 3600.0;
        println!(
            "{what:16}: {:.0} ms, {moved} of {} moved; left out {:?} (fresh {:?}), driving {:.2} h (fresh {:.2}, {:+.1} %)",
            1000.0 * spent,
            difference.stayed + difference.moved.len(),
            after.cost.unserved,
            anew.cost.unserved,
            drive(&after),
            drive(&anew),
            100.0 * (drive(&after) / drive(&anew) - 1.0)
        );
        before = after;
    }
    Ok(())
}

/// CPU seconds of this thread so far.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = line.split_whitespace().next().ok_or("empty schedstat")?.parse()?;
    Ok(nanoseconds as f64 / 1e9)
}
