//! Random cycles of several reps and days with everything the model knows: every plan stands up to the checker, nothing left out fits, a
//! price is true when it is paid, and threads do not matter.

mod checker;

use std::ops::ControlFlow;

use checker::{World, can_drive, faults, lost_on};
use plan::{
    ChangePrice, Conflict, DenseTimes, Gap, Lateness, Loads, Locks, Lunch, Options, Overnight, Overtime,
    PlaceId, Plan, Recurrence, Rules, Shipment, Slot, SlotId, Span, TimeOfDay, Urgency, Visit, VisitId,
    Window, Windows, Within, add_anyway, changes, least_left_out, offers, resolve, review, solve,
};

/// SplitMix64, so that a seed is a world.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

fn hours(from: i32, to: i32) -> Window {
    Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0))
}

fn recurrence(dice: &mut Dice, days: u16) -> Recurrence {
    match dice.below(5) {
        0 | 1 => Recurrence::Once,
        2 | 3 => {
            let half = (days / 2).max(1);
            let sets = (0..1 + dice.below(3)).map(|_| {
                let first = dice.below(u64::from(half)) as u16;
                if first + half < days && dice.one_in(2) {
                    vec![first, first + half]
                } else {
                    vec![first]
                }
            });
            Recurrence::Patterns(sets.collect())
        }
        _ => {
            let min = 1 + dice.below(2) as u16;
            let ideal = min + dice.below(2) as u16;
            Recurrence::Gap(Gap {
                min,
                ideal,
                max: ideal + dice.below(2) as u16,
                since_last: (!dice.one_in(3)).then(|| 1 + dice.below(5) as u16),
                price: dice.below(4) as u32,
            })
        }
    }
}

fn world(seed: u64) -> World {
    let mut dice = Dice(seed);
    let (reps, days) = (1 + dice.below(3) as u32, 1 + dice.below(5) as u16);
    let places = 12u32;
    let at: Vec<(u32, u32)> = (0..places)
        .map(|_| (dice.below(12) as u32, dice.below(12) as u32))
        .collect();
    let table = |unit: u32| -> Vec<u32> {
        let one = |a: &(u32, u32), b: &(u32, u32)| (a.0.abs_diff(b.0) + a.1.abs_diff(b.1)) * unit;
        at.iter()
            .flat_map(|a| at.iter().map(move |b| one(a, b)))
            .collect()
    };
    let times = DenseTimes::new(places as usize, table(240), table(3_000)).unwrap();
    let goods = dice.one_in(2);
    let mut slots = Vec::new();
    for day in 0..days {
        for rep in 0..reps {
            slots.push(Slot {
                lunch: dice.one_in(2).then(|| Lunch {
                    length: Span::minutes(30),
                    within: hours(11, 14),
                }),
                overtime: dice.one_in(3).then(|| Overtime {
                    at_most: Span::minutes(30),
                    price: dice.below(3) as u32,
                }),
                max_drive: dice.one_in(4).then(|| Span::minutes(150)),
                absent: dice.one_in(12),
                capacity: if goods {
                    vec![4 + dice.below(5) as u32, 6]
                } else {
                    Vec::new()
                },
                overnight: dice.one_in(4).then(|| Overnight {
                    places: vec![PlaceId(dice.below(u64::from(places)) as u32)],
                    price: 300,
                }),
                ..Slot::new(
                    rep,
                    day,
                    PlaceId(rep % places),
                    hours(8, 12 + dice.below(5) as i32),
                )
            });
        }
    }
    let count = 4 + dice.below(10) as u32;
    let mut visits = Vec::new();
    for index in 0..count {
        let windows = match dice.below(4) {
            0 => Windows::Daily(vec![hours(9, 10), hours(13, 15)]),
            1 => Windows::Daily(vec![hours(8, 11)]),
            _ => Windows::Any,
        };
        let recurrence = recurrence(&mut dice, days);
        visits.push(Visit {
            windows,
            tier: dice.below(5) as u8,
            prize: 1 + dice.below(30) as u32,
            urgency: dice.one_in(3).then(|| Urgency {
                due: dice.below(4) as i32 - 2,
                per_day: dice.below(6) as u32,
            }),
            lateness: dice.one_in(5).then(|| Lateness {
                at_most: Span::minutes(15),
                price: dice.below(3) as u32,
            }),
            reps: dice.one_in(6).then(|| vec![dice.below(u64::from(reps)) as u32]),
            locks: Locks {
                rep: dice.one_in(10).then(|| dice.below(u64::from(reps)) as u32),
                day: (recurrence == Recurrence::Once && dice.one_in(10))
                    .then(|| dice.below(u64::from(days)) as u16),
                ..Locks::default()
            },
            loads: Loads {
                delivered: vec![dice.below(3) as u32],
                collected: if dice.one_in(3) {
                    vec![0, dice.below(3) as u32]
                } else {
                    Vec::new()
                },
            },
            recurrence,
            label: Some(format!("customer {index}")),
            ..Visit::new(
                PlaceId(dice.below(u64::from(places)) as u32),
                Span::minutes(10 * dice.below(6) as i32),
            )
        });
    }
    let mut rules = Rules::default();
    for pair in 0..count / 2 {
        let (one, other) = (VisitId(2 * pair), VisitId(2 * pair + 1));
        if dice.one_in(6) {
            for visit in [one, other] {
                visits[visit.0 as usize].recurrence = Recurrence::Once;
            }
            rules.shipments.push(Shipment {
                pickup: one,
                delivery: other,
                amount: vec![1 + dice.below(4) as u32],
            });
        } else if dice.one_in(5) {
            rules.conflicts.push(Conflict {
                visits: (one, other),
                within: if dice.one_in(2) { Within::Slot } else { Within::Day },
            });
        }
    }
    if dice.one_in(3) {
        rules.balance = dice.below(50) as u32;
    }
    World {
        slots,
        visits,
        rules,
        times,
    }
}

fn planned(world: &World, seed: u64, steps: u64, threads: usize) -> Plan {
    let options = Options {
        seed,
        steps,
        threads,
        ..Options::default()
    };
    solve(&world.problem(), &options, &mut |_| ControlFlow::Continue(()))
}

fn accept(world: &World, plan: &Plan, what: &str) {
    let found = faults(world, plan);
    assert_eq!(found, Vec::<String>::new(), "{what}");
}

/// Whether `visit` could join a slot as the plan stands, by the slow test.
fn fits_in(world: &World, plan: &Plan, visit: VisitId, slot: usize) -> bool {
    let orders = plan.orders();
    let day = world.slots[slot].day;
    let meets = |other: VisitId, within: Within| match within {
        Within::Slot => orders[slot].contains(&other),
        Within::Day => (0..orders.len()).any(|s| world.slots[s].day == day && orders[s].contains(&other)),
    };
    let conflict = world.rules.conflicts.iter().any(|c| {
        (c.visits.0 == visit && meets(c.visits.1, c.within))
            || (c.visits.1 == visit && meets(c.visits.0, c.within))
    });
    let again = (0..orders.len()).any(|s| world.slots[s].day == day && orders[s].contains(&visit));
    // The solver chooses nights afterwards; only days from and to home are tried here.
    let at_home = plan.routes[slot].start == world.slots[slot].start && !plan.routes[slot].night_away;
    if conflict || again || !at_home || world.slots[slot].frozen {
        return false;
    }
    (0..=orders[slot].len()).any(|at| {
        let mut order = orders[slot].clone();
        order.insert(at, visit);
        can_drive(world, SlotId(slot as u32), &order)
    })
}

fn nothing_left_out_fits(world: &World, plan: &Plan, what: &str) {
    for left in &plan.left_out {
        let visit = left.visit;
        let shipped = world
            .rules
            .shipments
            .iter()
            .any(|s| s.pickup == visit || s.delivery == visit);
        if shipped {
            continue;
        }
        let room: Vec<usize> = (0..world.slots.len())
            .filter(|&s| fits_in(world, plan, visit, s))
            .collect();
        match &world.visits[visit.0 as usize].recurrence {
            Recurrence::Once => assert_eq!(room, Vec::<usize>::new(), "{what}: visit {} fits", visit.0),
            Recurrence::Patterns(sets) => {
                let fits =
                    |set: &Vec<u16>| set.iter().all(|d| room.iter().any(|&s| world.slots[s].day == *d));
                assert!(
                    !sets.iter().any(fits),
                    "{what}: visit {} fits on all days of a pattern",
                    visit.0
                );
            }
            Recurrence::Gap(_) => {
                for slot in room {
                    let mut days: Vec<u16> = left
                        .planned
                        .iter()
                        .map(|s| world.slots[s.0 as usize].day)
                        .collect();
                    let cost = |days: &[u16]| lost_on(world, visit, days);
                    let before = cost(&days);
                    days.push(world.slots[slot].day);
                    days.sort_unstable();
                    let after = cost(&days);
                    assert!(
                        after.is_none_or(|a| a >= before.unwrap()),
                        "{what}: visit {} in slot {slot}",
                        visit.0
                    );
                }
            }
        }
    }
}

#[test]
fn cycles_stand_up_and_nothing_left_out_fits() {
    for seed in 0..250 {
        let world = world(seed);
        let what = format!("world {seed}");
        let plan = planned(&world, seed, 60, 1);
        accept(&world, &plan, &what);
        nothing_left_out_fits(&world, &plan, &what);
        let least = least_left_out(&world.problem());
        assert!(
            plan.left_out.len() >= least,
            "{what}: fewer than {least} left out"
        );
        assert!(planned(&world, seed, 60, 2) == plan, "{what} on two threads");
        let again = review(&world.problem(), &plan.orders()).unwrap();
        assert!(again == plan, "{what} reviewed");
    }
}

#[test]
fn prices_are_true() {
    for seed in 1_000..1_150 {
        let world = world(seed);
        let problem = world.problem();
        let plan = planned(&world, seed, 40, 1);
        for left in &plan.left_out {
            for slot in &left.reasons {
                assert!(
                    !slot.reasons.is_empty(),
                    "world {seed}: no reason in slot {}",
                    slot.slot.0
                );
            }
            let Some(price) = &left.cheapest else { continue };
            let what = format!("world {seed}: visit {} by {price:?}", left.visit.0);
            let after = add_anyway(&problem, &plan.orders(), left.visit, price).expect(&what);
            accept(&world, &after, &what);
            let drive = |p: &Plan| p.routes.iter().map(|r| i64::from(r.drive.time.0)).sum::<i64>();
            let nights = |p: &Plan| p.routes.iter().any(|r| r.night_away);
            // Nights are chosen anew for the orders that come out.
            if !nights(&plan) && !nights(&after) {
                assert_eq!(
                    drive(&after) - drive(&plan),
                    i64::from(price.extra_drive.0),
                    "{what}"
                );
            }
            let gone: Vec<VisitId> = changes(&plan.orders(), &after.orders())
                .dropped
                .iter()
                .map(|d| d.0)
                .collect();
            assert!(
                gone.iter().all(|v| price.drops.contains(v)),
                "{what}: {gone:?} went"
            );
            assert!(after.find(left.visit).is_some(), "{what}");
        }
    }
}

#[test]
fn offers_hold_and_changes_stay_few() {
    for seed in 2_000..2_100 {
        let mut world = world(seed);
        let before = planned(&world, seed, 40, 1);
        world.visits.push(Visit {
            tier: 0,
            ..Visit::new(PlaceId(3), Span::minutes(10))
        });
        let new = VisitId(world.visits.len() as u32 - 1);
        let problem = world.problem();
        let found = offers(&problem, &before.orders(), new, 3).unwrap();
        for offer in &found {
            let after = add_anyway(&problem, &before.orders(), new, &offer.addition).unwrap();
            accept(&world, &after, &format!("world {seed}: {offer:?}"));
            let (slot, at) = after.find(new).unwrap();
            let nights = after.routes.iter().any(|r| r.night_away);
            assert!(
                nights || after.routes[slot.0 as usize].stops[at].start == offer.earliest,
                "world {seed}"
            );
        }
        // Leaving the earlier plan costs more than any drive here: what was planned stays in its slots unless it must go.
        let options = Options {
            steps: 40,
            change: ChangePrice {
                day: 50_000,
                rep: 50_000,
            },
            ..Options::default()
        };
        let after = resolve(&problem, &before.orders(), &options, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
        accept(&world, &after, &format!("world {seed} planned again"));
        assert!(
            after.cost.unserved <= before_with(&before, found.is_empty()),
            "world {seed}"
        );
    }
}

/// Visits left out before, the new promise counted if it could not come.
fn before_with(before: &Plan, new_is_left_out: bool) -> [i64; 4] {
    let mut unserved = before.cost.unserved;
    unserved[0] += i64::from(new_is_left_out);
    unserved
}

#[test]
fn the_past_is_frozen() {
    for seed in 3_000..3_060 {
        let mut world = world(seed);
        let before = planned(&world, seed, 30, 1);
        if before.routes.iter().any(|r| r.night_away) {
            continue;
        }
        for slot in &mut world.slots {
            slot.frozen = slot.day == 0;
        }
        let options = Options {
            steps: 30,
            ..Options::default()
        };
        let after = resolve(&world.problem(), &before.orders(), &options, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
        accept(&world, &after, &format!("world {seed} with the past frozen"));
        for (slot, order) in before.orders().iter().enumerate() {
            if world.slots[slot].frozen {
                assert_eq!(&after.orders()[slot], order, "world {seed}: slot {slot} is past");
            }
        }
    }
}
