//! The best place for a visit among those offered so far.

use crate::state::{Place, State};

/// The cheapest place so far, or the cheapest on each day.
pub(crate) struct Best<'f, 'p> {
    state: &'f State<'p>,
    visit: u32,
    prize_price: i64,
    /// One place is looked for, not one on each day.
    one_day: bool,
    /// Places are compared by more than what they add to the travel level.
    biased: bool,
    pub(crate) once: Option<(i64, Place)>,
    by_day: &'f mut [Option<Place>],
}

impl<'f, 'p> Best<'f, 'p> {
    pub(crate) fn new(
        state: &'f State<'p>,
        visit: u32,
        one_day: bool,
        prize_price: i64,
        by_day: &'f mut [Option<Place>],
    ) -> Self {
        let urgent = one_day && state.problem.has().urgency;
        Self {
            state,
            visit,
            prize_price,
            one_day,
            biased: urgent || state.problem.rules().balance > 0,
            once: None,
            by_day,
        }
    }

    /// A place in that slot is of use only if it adds less than this.
    #[inline]
    pub(crate) fn below(&self, slot: usize) -> i64 {
        if self.biased {
            i64::MAX
        } else if self.one_day {
            self.once.map_or(i64::MAX, |(least, _)| least)
        } else {
            self.by_day[self.state.problem.day_of(slot)].map_or(i64::MAX, |place| place.travel)
        }
    }

    pub(crate) fn offer(&mut self, place: Place) {
        if self.one_day {
            let bias = if self.biased {
                bias(self.state, self.visit, place, self.prize_price)
            } else {
                0
            };
            if self.once.is_none_or(|(least, _)| place.travel + bias < least) {
                self.once = Some((place.travel + bias, place));
            }
            return;
        }
        let uneven = if self.biased {
            imbalance(self.state, self.visit, place)
        } else {
            0
        };
        let place = Place {
            travel: place.travel + uneven,
            ..place
        };
        let best = &mut self.by_day[self.state.problem.day_of(place.slot)];
        if best.is_none_or(|b| place.travel < b.travel) {
            *best = Some(place);
        }
    }
}

/// What a late day and an uneven share of work cost in seconds of driving.
fn bias(state: &State, visit: u32, place: Place, prize_price: i64) -> i64 {
    let day = state.problem.day_of(place.slot) as u32;
    state.problem.kind(visit).melted(day) * prize_price + imbalance(state, visit, place)
}

fn imbalance(state: &State, visit: u32, place: Place) -> i64 {
    let service = state.problem.service(state.problem.calls_of(visit).start);
    state.imbalance_with(place.slot, place.travel + i64::from(service))
}
