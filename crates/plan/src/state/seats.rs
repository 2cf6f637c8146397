//! Where each call stands and what stands beside it, so that the price of a place next to it is known without looking at its route.

use super::State;

/// The nodes before and after a stop and the drives between. Worth something only while the call is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) before: u32,
    pub(crate) after: u32,
    pub(crate) leg_in: i32,
    pub(crate) leg_out: i32,
}

impl State<'_> {
    /// Notes the stops of a slot from `from` on, after stops `from..to` are new and nothing else changed but their numbers.
    pub(super) fn seat(&mut self, slot: usize, from: usize, to: usize) {
        let route = &self.routes[slot];
        for (at, &call) in route.stops.iter().enumerate().skip(from) {
            self.slot_of[call as usize] = slot as u32;
            self.at_of[call as usize] = at as u32;
        }
        let last = (to + 1).min(route.stops.len());
        for at in from.saturating_sub(1)..last {
            let call = route.stops[at];
            let [before, here, after] = [&route.nodes[at], &route.nodes[at + 1], &route.nodes[at + 2]];
            self.seats[call as usize] = Seat {
                before: before.place,
                after: after.place,
                leg_in: before.leg,
                leg_out: here.leg,
            };
        }
    }

    pub(super) fn seat_all(&mut self, slot: usize) {
        self.seat(slot, 0, self.routes[slot].stops.len());
    }
}
