//! Where each call stands and what stands beside it, so that the price of a place next to it is known without looking at its route.

use super::State;

/// The nodes before and after a stop and the drives between. Worth something only while the call is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) before: u32,
    pub(crate) after: u32,
    pub(crate) leg_in: i32,
    pub(crate) leg_out: i32,
    /// At most this much time is there between the stop before and this one, and between this one and the next ([`crate::route::Node`]).
    pub(crate) room_in: i32,
    pub(crate) room_out: i32,
}

impl State<'_> {
    /// Notes the stops of a slot after it changed. One change moves the times of all of them.
    pub(super) fn seat(&mut self, slot: usize) {
        let route = &self.routes[slot];
        for (at, (&call, nodes)) in route.stops.iter().zip(route.nodes.windows(3)).enumerate() {
            let (before, here, after) = (&nodes[0], &nodes[1], &nodes[2]);
            self.slot_of[call as usize] = slot as u32;
            self.at_of[call as usize] = at as u32;
            self.seats[call as usize] = Seat {
                before: before.place,
                after: after.place,
                leg_in: before.leg,
                leg_out: here.leg,
                room_in: before.room,
                room_out: here.room,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::random::Random;
    use crate::state::{ABSENT, State};
    use crate::{DenseTimes, PlaceId, Problem, Slot, Span, TimeOfDay, Visit, Window};

    /// However stops come, go, change order and come back, each seat says what the routes say.
    #[test]
    fn seats_agree_with_routes() {
        let mut random = Random::new(5);
        let places = 20;
        let table: Vec<u32> = (0..places * places).map(|_| random.below(900) as u32).collect();
        let times = DenseTimes::new(places, table.clone(), table).expect("square tables");
        let shift = Window::new(TimeOfDay::hm(0, 0), TimeOfDay::hm(24, 0));
        let slots = (0..3).map(|rep| Slot::new(rep, 0, PlaceId(rep), shift)).collect();
        let visits = (3..places as u32).map(|place| Visit::new(PlaceId(place), Span(60)));
        let problem = Problem::new(slots, visits.collect(), &times).expect("a day that can be planned");
        let mut state = State::empty(&problem, None);
        for _ in 0..3_000 {
            state.begin();
            for _ in 0..3 {
                let call = random.below(places - 3) as u32;
                let slot = random.below(3);
                match state.slot_of[call as usize] {
                    ABSENT => {
                        let at = random.below(state.routes[slot].stops.len() + 1);
                        state.put_one(call, slot, at);
                    }
                    here if random.below(2) == 0 => {
                        let at = state.at_of[call as usize] as usize;
                        let to = (at + 1 + random.below(2)).min(state.routes[here as usize].stops.len());
                        state.remove(here as usize, at..to);
                    }
                    here => {
                        let mut order = state.routes[here as usize].stops.clone();
                        order.reverse();
                        state.reorder(here as usize, &order);
                    }
                }
            }
            if random.below(2) == 0 {
                state.undo();
            }
            let mut planned = 0;
            for (slot, route) in state.routes.iter().enumerate() {
                for (at, &call) in route.stops.iter().enumerate() {
                    let seat = state.seats[call as usize];
                    assert_eq!(state.slot_of[call as usize], slot as u32);
                    assert_eq!(state.at_of[call as usize], at as u32);
                    assert_eq!(seat.before, route.nodes[at].place);
                    assert_eq!(seat.after, route.nodes[at + 2].place);
                    assert_eq!(seat.leg_in, route.nodes[at].leg);
                    assert_eq!(seat.leg_out, route.nodes[at + 1].leg);
                    assert_eq!(seat.room_in, route.nodes[at].room);
                    assert_eq!(seat.room_out, route.nodes[at + 1].room);
                    planned += 1;
                }
            }
            assert_eq!(planned, state.planned);
        }
    }
}
