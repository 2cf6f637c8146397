//! One slot's day: every time, drive, pause and load, and whether an order can be driven at all.

use plan::{
    DriveTimes, Order, Route, Slot, SlotId, Span, TimeOfDay, UNREACHABLE, Visit, VisitId, Window, Windows,
};

use super::World;

pub fn windows_on(visit: &Visit, day: u16) -> Vec<Window> {
    match &visit.windows {
        Windows::Any => vec![Window::new(plan::TimeOfDay(-86_400), plan::TimeOfDay(3 * 86_400))],
        Windows::Daily(list) => list.clone(),
        Windows::ByDay(days) => days
            .iter()
            .filter(|(d, _)| *d == day)
            .flat_map(|(_, w)| w.clone())
            .collect(),
    }
}

pub fn check_route(world: &World, id: SlotId, slot: &Slot, route: &Route, faults: &mut Vec<String>) {
    let mut bad = |what: String| faults.push(format!("slot {}: {what}", id.0));
    if route.stops.is_empty() {
        if route.drive.time.0 != 0 || route.lunch.is_some() {
            bad("a drive or a pause on an empty day".to_owned());
        }
        return;
    }
    if slot.absent {
        bad("the rep is absent".to_owned());
        return;
    }
    let mut time = route.leave.0;
    let mut here = route.start;
    let mut pauses = 0;
    let (mut driven, mut meters) = (0, 0);
    if time < slot.shift.from.0 {
        bad(format!("leaves at {} before the shift", route.leave));
    }
    let count = route.stops.len();
    for index in 0..=count {
        let stop = route.stops.get(index);
        let pause_here = |on_arrival| {
            route
                .lunch
                .filter(|l| l.after_stops as usize == index && l.on_arrival == on_arrival)
        };
        if let Some(lunch) = pause_here(false) {
            pauses += 1;
            if index == 0 {
                // At the start, before driving off.
                if lunch.from < slot.shift.from || lunch.to > route.leave {
                    bad(format!(
                        "pause from {} to {}, off at {}",
                        lunch.from, lunch.to, route.leave
                    ));
                }
            } else {
                if lunch.from.0 < time {
                    bad(format!("pause from {} but busy until {time}", lunch.from));
                }
                time = lunch.to.0;
            }
        }
        let there = stop.map_or(route.end, |s| {
            world.visits[s.visit.0 as usize]
                .place
                .expect("a planned visit has a place")
        });
        let seconds = world.times.seconds(here, there);
        if seconds == UNREACHABLE {
            bad(format!("no way to stop {index}"));
            return;
        }
        let leg = stop.map_or(route.drive_back, |s| s.drive);
        if leg.time.0 != seconds as i32 || leg.meters != u64::from(world.times.meters(here, there)) {
            bad(format!("drive {index} is not that of the table"));
        }
        (driven, meters) = (
            driven + seconds as i32,
            meters + u64::from(world.times.meters(here, there)),
        );
        time += seconds as i32;
        here = there;
        if let Some(stop) = stop.filter(|s| s.arrive.0 != time) {
            bad(format!("stop {index} is reached at {time}, not {}", stop.arrive));
        }
        if let Some(lunch) = pause_here(true) {
            pauses += 1;
            if lunch.from.0 < time {
                bad(format!("pause from {} but busy until {time}", lunch.from));
            }
            time = lunch.to.0;
        }
        let Some(stop) = stop else { break };
        let visit = &world.visits[stop.visit.0 as usize];
        if stop.start.0 != time + stop.wait.0 || stop.wait.0 < 0 {
            bad(format!(
                "stop {index} starts at {}, ready at {time}, wait {}",
                stop.start, stop.wait
            ));
        }
        if stop.depart.0 != stop.start.0 + visit.service.0 {
            bad(format!("stop {index} departs at {}", stop.depart));
        }
        match visit.locks.start {
            Some(locked) if stop.start != locked => bad(format!("stop {index} is locked to {locked}")),
            None if !windows_on(visit, slot.day)
                .iter()
                .any(|w| w.from <= stop.start && stop.start <= w.to + late_by(visit)) =>
            {
                bad(format!(
                    "stop {index} starts at {} outside its windows",
                    stop.start
                ));
            }
            _ => {}
        }
        if visit.locks.not_before.is_some_and(|t| stop.start < t) {
            bad(format!("stop {index} starts too early"));
        }
        if visit.locks.slot.is_some_and(|s| s != id)
            || visit.allowed.as_ref().is_some_and(|a| !a.contains(&id))
            || visit.locks.rep.is_some_and(|r| r != slot.rep)
            || visit.locks.day.is_some_and(|d| d != slot.day)
            || visit.reps.as_ref().is_some_and(|r| !r.contains(&slot.rep))
        {
            bad(format!("stop {index} may not be here"));
        }
        if visit.skills.0 & !slot.skills.0 != 0 {
            bad(format!("stop {index} needs a skill"));
        }
        if stop.late != lateness(visit, slot.day, stop.start) {
            bad(format!("stop {index} is said to be {} late", stop.late));
        }
        if stop.label != visit.label {
            bad(format!("stop {index} lost its label"));
        }
        time = stop.depart.0;
    }
    if route.back.0 != time {
        bad(format!("back at {time}, not {}", route.back));
    }
    let latest = slot.shift.to.0 + slot.overtime.map_or(0, |o| o.at_most.0);
    if time > latest {
        bad(format!("back at {time}, after {latest}"));
    }
    if route.overtime.0 != (time - slot.shift.to.0).max(0) {
        bad("wrong overtime".to_owned());
    }
    if (route.drive.time.0, route.drive.meters) != (driven, meters) {
        bad("wrong sum of drives".to_owned());
    }
    if slot.max_drive.is_some_and(|limit| driven > limit.0) {
        bad(format!("{driven} s of driving"));
    }
    match (slot.lunch, route.lunch) {
        (None, None) => {}
        (Some(wanted), Some(taken)) => {
            if pauses != 1
                || taken.to.0 - taken.from.0 != wanted.length.0
                || taken.from < wanted.within.from
                || taken.to > wanted.within.to
            {
                bad(format!("pause {} to {}", taken.from, taken.to));
            }
        }
        _ => bad("a pause is missing or uncalled for".to_owned()),
    }
    let stops: Vec<VisitId> = route.stops.iter().map(|s| s.visit).collect();
    if !carries(world, slot, &stops) {
        bad("too much in the car".to_owned());
    }
    let orders: Vec<Option<Order>> = route
        .stops
        .iter()
        .map(|s| world.visits[s.visit.0 as usize].locks.order)
        .collect();
    let mut rank = 0;
    for (index, order) in orders.iter().enumerate() {
        match order {
            Some(Order::First) if index != 0 => bad("First is not first".to_owned()),
            Some(Order::Last) if index + 1 != count => bad("Last is not last".to_owned()),
            Some(Order::Rank(r)) if *r < rank => bad("ranks out of order".to_owned()),
            Some(Order::Rank(r)) => rank = *r,
            _ => {}
        }
    }
}

/// Whether an order can be driven in a slot: every place of the pause is tried, each visit as early as it can be. The slow twin of the
/// solver's test.
pub fn can_drive(world: &World, slot_id: SlotId, order: &[VisitId]) -> bool {
    let slot = &world.slots[slot_id.0 as usize];
    if order.is_empty() {
        return true;
    }
    let legal = order.iter().enumerate().all(|(index, v)| {
        let visit = &world.visits[v.0 as usize];
        let ends = match visit.locks.order {
            Some(Order::First) => index == 0,
            Some(Order::Last) => index + 1 == order.len(),
            Some(Order::Rank(r)) => {
                order[..index]
                    .iter()
                    .all(|o| match world.visits[o.0 as usize].locks.order {
                        Some(Order::Rank(earlier)) => earlier <= r,
                        _ => true,
                    })
            }
            None => true,
        };
        ends && visit.place.is_some()
            && !slot.absent
            && visit.skills.0 & !slot.skills.0 == 0
            && visit.locks.slot.is_none_or(|s| s == slot_id)
            && visit.allowed.as_ref().is_none_or(|a| a.contains(&slot_id))
            && visit.locks.rep.is_none_or(|r| r == slot.rep)
            && visit.locks.day.is_none_or(|d| d == slot.day)
            && visit.reps.as_ref().is_none_or(|r| r.contains(&slot.rep))
    });
    if !legal || !carries(world, slot, order) {
        return false;
    }
    let choices: Vec<Option<(usize, bool)>> = match slot.lunch {
        None => vec![None],
        Some(_) => (0..=order.len())
            .flat_map(|i| [Some((i, false)), Some((i, true))])
            .collect(),
    };
    choices.into_iter().any(|pause| drives(world, slot, order, pause))
}

fn drives(world: &World, slot: &Slot, order: &[VisitId], pause: Option<(usize, bool)>) -> bool {
    let mut time = slot.shift.from.0;
    let mut here = slot.start;
    let mut driven = 0;
    let eat = |time: i32| -> Option<i32> {
        let lunch = slot.lunch?;
        let over = time.max(lunch.within.from.0) + lunch.length.0;
        (over <= lunch.within.to.0).then_some(over)
    };
    for index in 0..=order.len() {
        if pause == Some((index, false)) {
            let Some(over) = eat(time) else { return false };
            time = over;
        }
        let there = order
            .get(index)
            .map_or(slot.end, |v| world.visits[v.0 as usize].place.unwrap());
        let seconds = world.times.seconds(here, there);
        if seconds == UNREACHABLE {
            return false;
        }
        (time, driven, here) = (time + seconds as i32, driven + seconds as i32, there);
        if pause == Some((index, true)) {
            let Some(over) = eat(time) else { return false };
            time = over;
        }
        if let Some(v) = order.get(index) {
            let visit = &world.visits[v.0 as usize];
            let windows = match visit.locks.start {
                Some(t) => vec![Window::new(t, t)],
                None => windows_on(visit, slot.day),
            };
            let floor = visit.locks.not_before.map_or(i32::MIN, |t| t.0);
            let start = windows
                .iter()
                .filter(|w| w.to.0 >= floor)
                .map(|w| (time.max(w.from.0).max(floor), w.to.0 + late_by(visit).0))
                .filter(|(s, to)| s <= to)
                .map(|(s, _)| s)
                .min();
            let Some(start) = start else { return false };
            time = start + visit.service.0;
        }
    }
    time <= slot.shift.to.0 + slot.overtime.map_or(0, |o| o.at_most.0)
        && slot.max_drive.is_none_or(|m| driven <= m.0)
}

/// How long a visit may begin after its window.
fn late_by(visit: &Visit) -> Span {
    match (visit.locks.start, visit.lateness) {
        (None, Some(lateness)) => lateness.at_most,
        _ => Span::ZERO,
    }
}

/// How long after the last window that opened before it a visit begins.
fn lateness(visit: &Visit, day: u16, start: TimeOfDay) -> Span {
    if visit.locks.start.is_some() {
        return Span::ZERO;
    }
    let floor = visit.locks.not_before.unwrap_or(TimeOfDay(i32::MIN));
    let windows = windows_on(visit, day);
    if windows.iter().any(|w| w.from <= start && start <= w.to) {
        return Span::ZERO;
    }
    let passed = windows
        .iter()
        .filter(|w| w.from <= start && w.to >= floor)
        .map(|w| start - w.to);
    passed.min_by_key(|late| late.0).unwrap_or(Span::ZERO)
}

/// Goods in the car at every moment of the day.
fn carries(world: &World, slot: &Slot, order: &[VisitId]) -> bool {
    slot.capacity.iter().enumerate().all(|(dimension, &most)| {
        let of = |list: &[u32]| i64::from(list.get(dimension).copied().unwrap_or(0));
        let mut load: i64 = order
            .iter()
            .map(|v| of(&world.visits[v.0 as usize].loads.delivered))
            .sum();
        let mut fine = load <= i64::from(most);
        for v in order {
            let loads = &world.visits[v.0 as usize].loads;
            load += of(&loads.collected) - of(&loads.delivered);
            for shipment in &world.rules.shipments {
                let shipped = of(&shipment.amount);
                load += shipped * (i64::from(shipment.pickup == *v) - i64::from(shipment.delivery == *v));
            }
            fine &= load <= i64::from(most);
        }
        fine
    })
}
