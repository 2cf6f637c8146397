//! The best plan of one day by trying every subset in every order.

use plan::{Cost, DriveTimes, Slot, SlotId, VisitId};

use super::{World, can_drive};

/// The earliest end of an order that can be driven.
fn end_of(world: &World, slot: &Slot, order: &[VisitId]) -> i32 {
    // Bisection over the end of the shift is slow and shares nothing.
    let mut world = World {
        slots: vec![slot.clone()],
        visits: world.visits.clone(),
        rules: world.rules.clone(),
        times: world.times.clone(),
    };
    for visit in &mut world.visits {
        (visit.locks.slot, visit.allowed) = (None, None);
    }
    let (mut low, mut high) = (
        slot.shift.from.0,
        slot.shift.to.0 + slot.overtime.map_or(0, |o| o.at_most.0),
    );
    world.slots[0].overtime = None;
    while low < high {
        let middle = low + (high - low) / 2;
        world.slots[0].shift.to.0 = middle;
        if can_drive(&world, SlotId(0), order) {
            high = middle
        } else {
            low = middle + 1
        }
    }
    low
}

/// The least cost of all plans: every subset of the visits in every order in the one slot.
pub fn brute_force(world: &World) -> Cost {
    assert_eq!(world.slots.len(), 1, "the slow twin plans one day");
    let mut best = None;
    let mut order = Vec::new();
    extend(world, &mut order, &mut best);
    best.expect("the empty order can always be driven")
}

fn extend(world: &World, order: &mut Vec<VisitId>, best: &mut Option<Cost>) {
    if can_drive(world, SlotId(0), order) {
        let cost = cost_of(world, order);
        if best.is_none_or(|b| cost < b) {
            *best = Some(cost);
        }
    } else if !can_be_mended(world) {
        // With the triangle inequality, no locked order and no pause, longer orders fit even less.
        return;
    }
    for visit in 0..world.visits.len() as u32 {
        if !order.contains(&VisitId(visit)) {
            order.push(VisitId(visit));
            extend(world, order, best);
            order.pop();
        }
    }
}

/// Whether an order that does not fit may fit with more visits: one more stop may be the place for the pause, between two drives of which
/// the only one would be too long for it.
fn can_be_mended(world: &World) -> bool {
    world.slots[0].lunch.is_some() || world.visits.iter().any(|v| v.locks.order.is_some())
}

fn cost_of(world: &World, order: &[VisitId]) -> Cost {
    let slot = &world.slots[0];
    let mut cost = Cost::default();
    for (index, visit) in world.visits.iter().enumerate() {
        if !order.contains(&VisitId(index as u32)) {
            if visit.tier < 4 {
                cost.unserved[visit.tier as usize] += 1;
            }
            cost.prize_lost += i64::from(visit.prize);
        }
    }
    if order.is_empty() {
        return cost;
    }
    let mut here = slot.start;
    for place in order
        .iter()
        .map(|v| world.visits[v.0 as usize].place.unwrap())
        .chain([slot.end])
    {
        cost.travel += i64::from(world.times.seconds(here, place));
        here = place;
    }
    if let Some(overtime) = slot.overtime {
        cost.travel +=
            i64::from((end_of(world, slot, order) - slot.shift.to.0).max(0)) * i64::from(overtime.price);
    }
    cost
}
