//! Random days and small cycles: every plan stands up to the checker, nothing left out fits, prices are true, small days are optimal.

mod checker;

use std::ops::ControlFlow;

use checker::{World, brute_force, can_drive, faults};
use plan::{
    DenseTimes, LeftOut, Locks, Lunch, Options, Order, Overtime, PlaceId, Plan, Reason, Skills, Slot, SlotId,
    Span, TimeOfDay, UNREACHABLE, Visit, VisitId, Window, Windows, add_anyway, evaluate, explain, insertions,
    least_left_out, resolve, solve,
};
use proptest::prelude::*;

fn window() -> impl Strategy<Value = Window> {
    // Whole quarters of an hour, so that times meet exactly now and then.
    (28..70i32, 0..24i32)
        .prop_map(|(from, length)| Window::new(TimeOfDay(from * 900), TimeOfDay((from + length) * 900)))
}

fn windows() -> impl Strategy<Value = Windows> {
    prop_oneof![
        2 => Just(Windows::Any),
        4 => prop::collection::vec(window(), 1..3).prop_map(Windows::Daily),
        1 => prop::collection::vec((0..3u16, prop::collection::vec(window(), 0..3)), 0..3).prop_map(Windows::ByDay),
    ]
}

fn order() -> impl Strategy<Value = Option<Order>> {
    prop_oneof![
        12 => Just(None),
        1 => Just(Some(Order::First)),
        1 => Just(Some(Order::Last)),
        2 => (0..3u16).prop_map(|r| Some(Order::Rank(r))),
    ]
}

fn visit(slots: usize, places: u32, orders: bool) -> impl Strategy<Value = Visit> {
    let locks = (
        prop::option::weighted(0.1, 0..slots as u32),
        prop::option::weighted(0.05, 30..66i32),
        if orders {
            order().boxed()
        } else {
            Just(None).boxed()
        },
        prop::option::weighted(0.1, 30..66i32),
    );
    let limits = (
        prop::option::weighted(0.2, prop::collection::vec(0..slots as u32, 0..3)),
        0..20u64,
    );
    (
        prop::option::weighted(0.97, 1..places),
        0..5i32,
        windows(),
        0..5u8,
        1..50u32,
        locks,
        limits,
    )
        .prop_map(
            |(place, service, windows, tier, prize, (slot, start, order, not_before), (allowed, skills))| {
                let allowed: Option<Vec<SlotId>> = allowed.map(|list| list.into_iter().map(SlotId).collect());
                let slot = slot
                    .map(SlotId)
                    .filter(|s| allowed.as_ref().is_none_or(|a| a.contains(s)));
                let not_before = not_before.filter(|t| start.is_none_or(|s| s >= *t));
                Visit {
                    place: place.map(PlaceId),
                    service: Span(service * 900),
                    windows,
                    tier,
                    prize,
                    locks: Locks {
                        slot,
                        start: start.map(|t| TimeOfDay(t * 900)),
                        order,
                        not_before: not_before.map(|t| TimeOfDay(t * 900)),
                        ..Locks::default()
                    },
                    allowed,
                    // Mostly none; now and then skill 0 or 1.
                    skills: Skills(if skills < 2 { 1 << skills } else { 0 }),
                    label: Some(format!("label {tier} {prize}")),
                    ..Visit::new(PlaceId(0), Span::ZERO)
                }
            },
        )
}

fn slot(day: u16, places: u32) -> impl Strategy<Value = Slot> {
    let rules = (
        prop::option::weighted(0.6, (2..5i32, 42..50i32, 4..10i32)),
        prop::option::weighted(0.3, 2..20i32),
        prop::option::weighted(0.3, (1..8i32, 0..4u32)),
    );
    (
        (0..places, 0..places),
        (28..36i32, 20..40i32),
        rules,
        prop::bool::weighted(0.08),
    )
        .prop_map(
            move |((start, end), (from, length), (lunch, max_drive, overtime), absent)| Slot {
                rep: 1,
                day,
                start: PlaceId(start),
                end: PlaceId(end),
                shift: Window::new(TimeOfDay(from * 900), TimeOfDay((from + length) * 900)),
                lunch: lunch.map(|(length, from, width)| Lunch {
                    length: Span(length * 900),
                    within: Window::new(TimeOfDay(from * 900), TimeOfDay((from + width.max(length)) * 900)),
                }),
                max_drive: max_drive.map(|m| Span(m * 900)),
                overtime: overtime.map(|(at_most, price)| Overtime {
                    at_most: Span(at_most * 900),
                    price,
                }),
                skills: Skills(0b01),
                absent,
                ..Slot::new(1, day, PlaceId(0), Window::new(TimeOfDay(0), TimeOfDay(0)))
            },
        )
}

/// Places on a grid, drives by street blocks (so the triangle inequality holds), or any numbers with some ways missing.
fn times(places: usize, plain: bool) -> impl Strategy<Value = DenseTimes> {
    let on_grid = prop::collection::vec((0..12u32, 0..12u32), places).prop_map(move |at| {
        let table = |unit: u32| -> Vec<u32> {
            at.iter()
                .flat_map(|a| {
                    at.iter()
                        .map(move |b| (a.0.abs_diff(b.0) + a.1.abs_diff(b.1)) * unit)
                })
                .collect()
        };
        DenseTimes::new(places, table(300), table(4_000)).unwrap()
    });
    let any = prop::collection::vec(
        prop_oneof![15 => 0..5_000u32, 1 => Just(UNREACHABLE)],
        places * places,
    )
    .prop_map(move |seconds| {
        let meters = seconds.iter().map(|s| s.saturating_mul(15)).collect();
        DenseTimes::new(places, seconds, meters).unwrap()
    });
    if plain {
        on_grid.boxed()
    } else {
        prop_oneof![2 => on_grid, 1 => any].boxed()
    }
}

fn world(
    slots: usize,
    visits: std::ops::Range<usize>,
    orders: bool,
    plain: bool,
) -> impl Strategy<Value = World> {
    let places = 9;
    (
        (0..slots as u16).map(|day| slot(day, places)).collect::<Vec<_>>(),
        prop::collection::vec(visit(slots, places, orders), visits),
        times(places as usize, plain),
    )
        .prop_map(|(slots, mut visits, times)| {
            // Contradictions that `Problem::new` refuses are not the matter here.
            let mut ends = Vec::new();
            for visit in &mut visits {
                if let (Some(slot), Some(start)) = (visit.locks.slot, visit.locks.start) {
                    let at = &slots[slot.0 as usize];
                    let end = at.shift.to + at.overtime.map_or(Span::ZERO, |o| o.at_most);
                    if start < at.shift.from || start + visit.service > end {
                        visit.locks.start = None;
                    }
                }
                if let (Some(slot), Some(order @ (Order::First | Order::Last))) =
                    (visit.locks.slot, visit.locks.order)
                {
                    if ends.contains(&(slot, order)) {
                        visit.locks.order = None;
                    }
                    ends.push((slot, order));
                }
            }
            World {
                slots,
                visits,
                rules: plan::Rules::default(),
                times,
            }
        })
        .prop_filter("lunch must be possible", |world| {
            plan::Problem::new(world.slots.clone(), world.visits.clone(), &world.times).is_ok()
        })
}

fn planned(world: &World, seed: u64, steps: u64) -> Plan {
    solve(
        &world.problem(),
        &Options {
            seed,
            steps,
            ..Options::default()
        },
        &mut |_| ControlFlow::Continue(()),
    )
}

/// Every place in every slot where a visit that was left out could stand.
fn plain_insertion(world: &World, plan: &Plan, visit: VisitId) -> Option<(usize, usize)> {
    let orders = plan.orders();
    (0..orders.len()).find_map(|slot| {
        (0..=orders[slot].len()).find_map(|at| {
            let mut order = orders[slot].clone();
            order.insert(at, visit);
            can_drive(world, SlotId(slot as u32), &order).then_some((slot, at))
        })
    })
}

/// The price of adding is what the plan shows when it is done, and what is dropped is named.
fn check_price(world: &World, plan: &Plan, left: &LeftOut) -> Result<(), TestCaseError> {
    prop_assert_eq!(left.reasons.len(), world.slots.len());
    for slot in &left.reasons {
        prop_assert!(
            !slot.reasons.is_empty(),
            "visit {} has no reason in slot {}",
            left.visit.0,
            slot.slot.0
        );
        for reason in &slot.reasons {
            if let Reason::LowerPriorityThan { visits } | Reason::BlockedByLock { visits } = reason {
                // Without them it does fit somewhere in the slot.
                let mut order = plan.orders()[slot.slot.0 as usize].clone();
                order.retain(|v| !visits.contains(v));
                let fits = (0..=order.len()).any(|at| {
                    let mut with = order.clone();
                    with.insert(at, left.visit);
                    can_drive(world, slot.slot, &with)
                });
                prop_assert!(fits, "{:?}", reason);
            }
        }
    }
    let Some(price) = &left.cheapest else {
        return Ok(());
    };
    let after = add_anyway(&world.problem(), &plan.orders(), left.visit, price).unwrap();
    prop_assert_eq!(faults(world, &after), Vec::<String>::new());
    let slot = price.slot.0 as usize;
    prop_assert_eq!(
        after.routes[slot].drive.time - plan.routes[slot].drive.time,
        price.extra_drive
    );
    let length = |p: &Plan| p.routes[slot].back - p.routes[slot].leave;
    prop_assert_eq!(length(&after) - length(plan), price.extra_time);
    prop_assert!(after.find(left.visit).is_some());
    let gone: Vec<VisitId> = plan
        .orders()
        .concat()
        .into_iter()
        .filter(|v| after.find(*v).is_none())
        .collect();
    let mut drops = price.drops.clone();
    drops.sort();
    prop_assert_eq!(
        gone.iter().copied().collect::<std::collections::BTreeSet<_>>(),
        drops.into_iter().collect()
    );
    // Nobody is left out in favour of something worth less.
    prop_assert!(
        after.cost >= plan.cost,
        "adding visit {} makes the plan better",
        left.visit.0
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn plans_stand_up_and_prices_are_true(world in (1..4usize).prop_flat_map(|slots| world(slots, 0..14, true, false)), seed in any::<u64>()) {
        let plan = planned(&world, seed, 60);
        prop_assert_eq!(faults(&world, &plan), Vec::<String>::new());
        prop_assert!(plan.left_out.len() >= least_left_out(&world.problem()));
        for left in &plan.left_out {
            prop_assert_eq!(plain_insertion(&world, &plan, left.visit), None, "visit {}", left.visit.0);
            check_price(&world, &plan, left)?;
        }
        // Again gives the same bytes.
        prop_assert_eq!(&planned(&world, seed, 60), &plan);
    }

    #[test]
    fn small_days_are_optimal(world in world(1, 1..6, false, true), seed in any::<u64>()) {
        let plan = planned(&world, seed, 400);
        prop_assert_eq!(faults(&world, &plan), Vec::<String>::new());
        prop_assert_eq!(plan.cost, brute_force(&world));
    }

    #[test]
    fn planning_again_is_no_worse_and_answers_agree(world in (1..3usize).prop_flat_map(|slots| world(slots, 1..10, true, false)), seed in any::<u64>()) {
        let problem = world.problem();
        let first = planned(&world, seed, 30);
        let again = resolve(&problem, &first.orders(), &Options { seed, steps: 30, ..Options::default() }, &mut |_| ControlFlow::Continue(())).unwrap();
        prop_assert_eq!(faults(&world, &again), Vec::<String>::new());
        prop_assert!(again.cost <= first.cost);
        for (slot, route) in first.routes.iter().enumerate() {
            // A plan's order evaluated is the plan's day, reasons aside.
            let order: Vec<VisitId> = route.stops.iter().map(|s| s.visit).collect();
            let mut bare = route.clone();
            bare.stops.iter_mut().for_each(|s| s.why.clear());
            prop_assert_eq!(evaluate(&problem, SlotId(slot as u32), &order).unwrap(), bare);
        }
        for visit in (0..world.visits.len() as u32).map(VisitId) {
            let without: Vec<Vec<VisitId>> =
                first.orders().into_iter().map(|o| o.into_iter().filter(|v| *v != visit).collect()).collect();
            // Taking a stop out may break a day where drive times break the triangle inequality; then there is nothing to compare.
            if !(0..without.len()).all(|s| can_drive(&world, SlotId(s as u32), &without[s])) {
                continue;
            }
            for addition in insertions(&problem, &first.orders(), visit).unwrap() {
                prop_assert!(addition.drops.is_empty());
                let slot = addition.slot.0 as usize;
                let mut order = without[slot].clone();
                order.insert(addition.position as usize, visit);
                prop_assert!(can_drive(&world, addition.slot, &order));
            }
            let left = explain(&problem, &first.orders(), visit).unwrap();
            prop_assert_eq!(left.visit, visit);
        }
    }
}

proptest! {
    // Every order of up to eight visits is slow, so few days.
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn days_of_eight_are_optimal(world in world(1, 6..9, false, true), seed in any::<u64>()) {
        let plan = planned(&world, seed, 1_000);
        prop_assert_eq!(faults(&world, &plan), Vec::<String>::new());
        prop_assert_eq!(plan.cost, brute_force(&world));
    }
}
