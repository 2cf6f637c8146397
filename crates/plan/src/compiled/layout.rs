//! The parts of a problem's layout: rules, reps' slots, windows, loads.

use std::collections::HashMap;

use super::{NEVER, NOBODY, Problem, allowed, forbidden};
use crate::SlotId;

/// Windows with their lateness, and where each ends without.
type WindowSet = (Vec<(i32, i32)>, Vec<i32>);

impl Problem {
    pub(super) fn lay_out_rules(&mut self) {
        for conflict in &self.rules.conflicts {
            let (one, other) = (conflict.visits.0.0, conflict.visits.1.0);
            self.conflicts[one as usize].push((other, conflict.within));
            self.conflicts[other as usize].push((one, conflict.within));
        }
        for shipment in &self.rules.shipments {
            let (pickup, delivery) = (shipment.pickup, shipment.delivery);
            self.partner[pickup.at()] = delivery.0;
            self.partner[delivery.at()] = pickup.0;
            self.is_delivery[delivery.at()] = true;
        }
        self.has.conflicts = !self.rules.conflicts.is_empty();
        self.has.shipments = !self.rules.shipments.is_empty();
    }

    pub(super) fn lay_out_slots(&mut self) {
        let mut reps: Vec<u32> = self.slots.iter().map(|s| s.rep).collect();
        reps.sort_unstable();
        reps.dedup();
        self.reps = reps.len();
        let place = |rep: u32| reps.partition_point(|&r| r < rep) as u32;
        self.rep_of = self.slots.iter().map(|s| place(s.rep)).collect();
        // The next day of the same rep, among those that are worked.
        let mut by_rep: Vec<(u32, u16, u32)> = (0..self.slots.len())
            .filter(|&s| !self.slots[s].absent)
            .map(|s| (self.rep_of[s], self.slots[s].day, s as u32))
            .collect();
        by_rep.sort_unstable();
        self.next_of = vec![NOBODY; self.slots.len()];
        for pair in by_rep.windows(2) {
            if pair[0].0 == pair[1].0 && pair[0].1 < pair[1].1 {
                self.next_of[pair[0].2 as usize] = pair[1].2;
            }
        }
    }

    pub(super) fn lay_out_windows(&mut self) {
        let mut known: HashMap<WindowSet, u32> = HashMap::new();
        for visit in &self.visits {
            let late = match (visit.locks.start, visit.lateness) {
                (None, Some(lateness)) => lateness.at_most.0,
                _ => 0,
            };
            // Slots differ in rep and day, windows mostly by day alone.
            let mut last: Option<(u16, u32)> = None;
            for (index, slot) in self.slots.iter().enumerate() {
                if forbidden(visit, SlotId(index as u32), slot).is_some() {
                    self.set_of.push(0);
                    continue;
                }
                if let Some((_, set)) = last.filter(|(day, _)| *day == slot.day) {
                    self.set_of.push(set);
                    continue;
                }
                let open = allowed::starts(visit, slot);
                let mut spans: Vec<(i32, i32)> = open.iter().map(|w| (w.from.0, w.to.0 + late)).collect();
                for next in (1..spans.len()).rev() {
                    spans[next - 1].1 = spans[next - 1].1.min(spans[next].0 - 1);
                }
                let dues: Vec<i32> = open.iter().map(|w| w.to.0).collect();
                let set = *known.entry((spans, dues)).or_insert_with_key(|(spans, dues)| {
                    if spans.is_empty() {
                        return 0;
                    }
                    let from = self.windows.len() as u32;
                    self.windows.extend_from_slice(spans);
                    self.dues.extend_from_slice(dues);
                    self.sets.push((from, self.windows.len() as u32));
                    self.sets.len() as u32 - 1
                });
                last = Some((slot.day, set));
                self.set_of.push(set);
            }
        }
    }

    pub(super) fn lay_out_loads(&mut self) {
        let visits = self
            .visits
            .iter()
            .flat_map(|v| [v.loads.delivered.len(), v.loads.collected.len()]);
        let shipments = self.rules.shipments.iter().map(|s| s.amount.len());
        let limited = self.slots.iter().map(|s| s.capacity.len()).max().unwrap_or(0);
        // What no slot limits need not be counted.
        self.dimensions = visits.chain(shipments).max().unwrap_or(0).min(limited);
        let count = self.dimensions;
        let value = |list: &[u32], at: usize| list.get(at).map_or(0, |&v| v.min(NEVER as u32 / 64) as i32);
        for slot in &self.slots {
            for at in 0..count {
                self.capacity.push(
                    slot.capacity
                        .get(at)
                        .map_or(NEVER * 4, |&v| v.min(NEVER as u32 * 4) as i32),
                );
            }
        }
        self.from_start = vec![0; count * self.visit_of.len()];
        self.change = vec![0; count * self.visit_of.len()];
        let (mut brought, mut taken) = (false, self.has.shipments);
        for (call, &visit) in self.visit_of.iter().enumerate() {
            let loads = &self.visits[visit as usize].loads;
            for at in 0..count {
                let (delivered, collected) = (value(&loads.delivered, at), value(&loads.collected, at));
                brought |= delivered > 0;
                taken |= collected > 0;
                self.from_start[call * count + at] = delivered;
                self.change[call * count + at] = collected - delivered;
            }
        }
        for shipment in &self.rules.shipments {
            for at in 0..count {
                let amount = value(&shipment.amount, at);
                let (pickup, delivery) = (shipment.pickup.at(), shipment.delivery.at());
                self.change[self.first_call[pickup] as usize * count + at] += amount;
                self.change[self.first_call[delivery] as usize * count + at] -= amount;
            }
        }
        self.has.mixed_loads = count > 0 && (self.has.shipments || brought && taken);
    }
}
