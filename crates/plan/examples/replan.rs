//! What does one change cost? Plans two weeks of five reps, then changes one thing at a time and plans again near the plan there is.
//!
//! ```text
//! cargo run --release -p plan --example replan -- [--customers 400] [--reps 5] [--days 10] [--changes 36] [--steps 14000] [--fresh 1000]
//!     [--seeds 3] [--price 50] [--rep-price 50] [--chain 0|1] [--seed 1] [--compare 1|0]
//! ```
//!
//! A change is a new promise with an hour to keep, an urgent visit within two days, a customer who cancels, a visit that takes twice as
//! long, a rep who is ill for a day, or one who starts two hours late, in turn. Each is made to the first plan; with `--chain 1`, to the
//! plan as the changes before left it. Prints for each: CPU milliseconds, how many of the visits that the change does not touch moved to
//! another slot or out, and the cost beside that of plans made afresh with as many steps as the first (`--fresh` for each visit), the
//! middle one of several seeds. What is left out is compared first, then prizes, then driving. With `--compare 0` nothing is made
//! afresh but the first plan, with one seed, and the driving is set beside that one's: much faster, to compare two ways of planning again.

use std::collections::BTreeSet;
use std::error::Error;
use std::ops::ControlFlow;

use plan::{
    ChangePrice, DenseTimes, Lunch, Options, PlaceId, Plan, Problem, Slot, SlotId, Span, TimeOfDay, Visit,
    VisitId, Window, Windows, changes, resolve, solve,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What was asked for on the command line.
struct Asked {
    customers: u32,
    reps: u32,
    days: u32,
    changes: u64,
    steps: u64,
    fresh: u64,
    seeds: u64,
    price: u32,
    rep_price: u32,
    chain: bool,
    compare: bool,
    seed: u64,
}

impl Asked {
    fn from_command_line() -> Result<Self> {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let number = |name: &str, usual: u64| -> Result<u64> {
            match words.iter().position(|word| word == name) {
                None => Ok(usual),
                Some(at) => Ok(words.get(at + 1).ok_or("a number is missing")?.parse()?),
            }
        };
        Ok(Self {
            customers: number("--customers", 400)? as u32,
            reps: number("--reps", 5)?.max(1) as u32,
            days: number("--days", 10)?.max(1) as u32,
            changes: number("--changes", 36)?,
            steps: number("--steps", 14_000)?,
            fresh: number("--fresh", 1_000)?,
            seeds: if number("--compare", 1)? > 0 {
                number("--seeds", 3)?.max(1)
            } else {
                1
            },
            price: number("--price", 50)? as u32,
            rep_price: number("--rep-price", number("--price", 50)?)? as u32,
            chain: number("--chain", 0)? > 0,
            compare: number("--compare", 1)? > 0,
            seed: number("--seed", 1)?,
        })
    }
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

fn hours(from: i32, to: i32) -> Window {
    Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0))
}

/// A team's weeks.
#[derive(Clone)]
struct World {
    slots: Vec<Slot>,
    visits: Vec<Visit>,
}

impl World {
    fn new(asked: &Asked) -> Self {
        let slots = (0..asked.days * asked.reps).map(|index| Slot {
            lunch: Some(Lunch {
                length: Span::minutes(30),
                within: hours(11, 14),
            }),
            ..Slot::new(
                index % asked.reps,
                (index / asked.reps) as u16,
                PlaceId(index % asked.reps),
                hours(8, 17),
            )
        });
        let visits = (0..asked.customers).map(|c| Visit {
            windows: if noise(u64::from(c), 3) == 0 {
                Windows::Daily(vec![hours(9, 12)])
            } else {
                Windows::Any
            },
            tier: 2,
            prize: 1 + noise(u64::from(c) + 900, 20) as u32,
            ..Visit::new(PlaceId(c + 1), Span::minutes(30))
        });
        Self {
            slots: slots.collect(),
            visits: visits.collect(),
        }
    }

    /// Makes one change; says what it was and which visits it is about.
    fn change(&mut self, number: u64, before: &Plan) -> (&'static str, BTreeSet<VisitId>) {
        let asked_slots = self.slots.len() as u64;
        let planned: Vec<VisitId> = before.orders().concat();
        let chosen = planned[noise(number + 77, planned.len() as u64) as usize];
        let slot = SlotId(noise(number + 177, asked_slots) as u32);
        let day = self.slots[slot.0 as usize].day;
        let place = self.visits[chosen.0 as usize].place.unwrap_or(PlaceId(0));
        let added = VisitId(self.visits.len() as u32);
        let visit = &mut self.visits[chosen.0 as usize];
        match number % 6 {
            0 => {
                let from = 9 + noise(number + 99, 7) as i32;
                self.visits.push(Visit {
                    tier: 0,
                    windows: Windows::ByDay(vec![(day, vec![hours(from, from + 1)])]),
                    ..Visit::new(place, Span::minutes(30))
                });
                ("a promise more", BTreeSet::from([added]))
            }
            1 => {
                self.visits.push(Visit {
                    tier: 1,
                    windows: Windows::ByDay((day..day + 2).map(|d| (d, vec![hours(8, 17)])).collect()),
                    ..Visit::new(place, Span::minutes(30))
                });
                ("an urgent one", BTreeSet::from([added]))
            }
            2 => {
                visit.allowed = Some(Vec::new());
                ("one cancels", BTreeSet::from([chosen]))
            }
            3 => {
                visit.service = Span::minutes(60);
                ("one takes longer", BTreeSet::from([chosen]))
            }
            4 => {
                self.slots[slot.0 as usize].absent = true;
                let touched = &before.orders()[slot.0 as usize];
                ("a rep is ill", touched.iter().copied().collect())
            }
            _ => {
                self.slots[slot.0 as usize].shift = hours(10, 17);
                let touched = &before.orders()[slot.0 as usize];
                ("a rep is late", touched.iter().copied().collect())
            }
        }
    }
}

fn afresh(world: &World, times: &DenseTimes, asked: &Asked, seed: u64) -> Result<Plan> {
    let problem = Problem::new(world.slots.clone(), world.visits.clone(), times)?;
    let options = Options {
        seed,
        steps: asked.fresh * world.visits.len() as u64,
        reasons: false,
        ..Options::default()
    };
    Ok(solve(&problem, &options, &mut |_| ControlFlow::Continue(())))
}

fn main() -> Result<()> {
    let asked = Asked::from_command_line()?;
    let at: Vec<(u64, u64)> = (0..=u64::from(asked.customers))
        .map(|i| {
            let i = i + 1_000_000 * (asked.seed - 1);
            (noise(2 * i, 3_600), noise(2 * i + 1, 3_600))
        })
        .collect();
    let table: Vec<u32> = at
        .iter()
        .flat_map(|a| at.iter().map(|b| (a.0.abs_diff(b.0) + a.1.abs_diff(b.1)) as u32))
        .collect();
    let times = DenseTimes::new(at.len(), table.clone(), table)?;
    let mut world = World::new(&asked);
    let plans_of = |world: &World| -> Result<Vec<Plan>> {
        let seeds = asked.seed..asked.seed + asked.seeds;
        let mut plans = seeds
            .map(|seed| afresh(world, &times, &asked, seed))
            .collect::<Result<Vec<Plan>>>()?;
        plans.sort_by_key(|plan| plan.cost);
        Ok(plans)
    };
    let middle_of = |plans: &[Plan]| plans[(plans.len() - 1) / 2].clone();
    let mut before = middle_of(&plans_of(&world)?);
    let hours_of = |plan: &Plan| plan.parts.drive as f64 / 3600.0;
    println!(
        "first plan: left out {:?}, driving {:.2} h",
        before.cost.unserved,
        hours_of(&before)
    );
    let (mut worst, mut sum, mut most_moved, mut slowest, mut compared) = (f64::MIN, 0.0, 0.0f64, 0.0f64, 0);
    for change in 0..asked.changes {
        let mut changed = world.clone();
        let (what, touched) = changed.change(change + 1_000 * asked.seed * 6, &before);
        let began = cpu_seconds()?;
        let problem = Problem::new(changed.slots.clone(), changed.visits.clone(), &times)?;
        let options = Options {
            steps: asked.steps,
            change: ChangePrice {
                day: asked.price,
                rep: asked.rep_price,
            },
            reasons: false,
            ..Options::default()
        };
        let after = resolve(&problem, &before.orders(), &options, &mut |_| {
            ControlFlow::Continue(())
        })?;
        let spent = 1000.0 * (cpu_seconds()? - began);
        let difference = changes(&before.orders(), &after.orders());
        let moved = difference.moved.iter().map(|m| m.visit);
        let moved = moved.chain(difference.dropped.iter().map(|d| d.0));
        let moved = moved.filter(|visit| !touched.contains(visit)).count();
        let untouched = before.orders().concat().len() - touched.len();
        let anew = if asked.compare {
            plans_of(&changed)?
        } else {
            vec![before.clone()]
        };
        let middle = middle_of(&anew);
        let above = 100.0 * (hours_of(&after) / hours_of(&middle) - 1.0);
        let upper = |plan: &Plan| (plan.cost.unserved, plan.cost.prize_lost);
        println!(
            "{what:16}: {spent:.0} ms, {moved} of {untouched} moved; left out {:?} (fresh {:?}), prize lost {} ({}), driving {:.2} h (fresh {}, {above:+.1} %)",
            after.cost.unserved,
            middle.cost.unserved,
            after.cost.prize_lost,
            middle.cost.prize_lost,
            hours_of(&after),
            anew.iter()
                .map(|p| format!("{:.2}", hours_of(p)))
                .collect::<Vec<_>>()
                .join(" "),
        );
        slowest = slowest.max(spent);
        most_moved = most_moved.max(moved as f64 / untouched as f64);
        if upper(&after) == upper(&middle) || !asked.compare {
            worst = worst.max(above);
            sum += above;
            compared += 1;
        }
        if asked.chain {
            (world, before) = (changed, after);
        }
    }
    println!(
        "at most {slowest:.0} ms and {:.1} % moved; where as much is left out ({compared}), driving {:+.2} % on average, {worst:+.2} % at worst",
        100.0 * most_moved,
        sum / f64::from(compared.max(1)),
    );
    Ok(())
}

/// CPU seconds of this thread so far.
fn cpu_seconds() -> Result<f64> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = line.split_whitespace().next().ok_or("empty schedstat")?.parse()?;
    Ok(nanoseconds as f64 / 1e9)
}
