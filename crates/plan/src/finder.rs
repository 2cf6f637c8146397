//! Where a visit goes: the cheapest place of all for one that comes once, the cheapest set of days for one that comes again.

use crate::best::Best;
use crate::compiled::Problem;
use crate::insertion::Inserted;
use crate::neighbours::Neighbours;
use crate::pattern;
use crate::random::Random;
use crate::state::{ABSENT, Place, State};

/// Up to this many stops every position of every slot is looked at, which is as fast as picking positions and finds more; above it only
/// those next to near visits, starts and ends.
const FEW_STOPS: usize = 250;
/// The same for visits that come again and again, whose days make every place count.
const FEW_STOPS_AGAIN: usize = 400;

pub(crate) struct Finder<'n> {
    pub(crate) neighbours: &'n Neighbours,
    /// Seconds of driving that one point of prize is worth where they have to be compared.
    pub(crate) prize_price: i64,
    /// One position in this many is overlooked; 0 for none.
    pub(crate) blink: usize,
    /// Look everywhere, however many stops there are.
    pub(crate) thorough: bool,
    /// The days on which places are looked for.
    on: u128,
    /// What a place adds to the travel level is never less than the drive.
    drive_is_least: bool,
    by_day: Vec<Option<Place>>,
    /// One empty slot of each class.
    empty: Vec<u32>,
    seen: Vec<bool>,
    pub(crate) found: Vec<Place>,
}

impl<'n> Finder<'n> {
    pub(crate) fn new(problem: &Problem, neighbours: &'n Neighbours) -> Self {
        Self {
            neighbours,
            prize_price: 1,
            blink: 0,
            thorough: false,
            on: u128::MAX,
            drive_is_least: !problem.has().lateness
                && problem
                    .slots()
                    .iter()
                    .all(|s| s.overtime.is_none_or(|o| o.price == 0)),
            by_day: vec![None; problem.days()],
            empty: Vec::new(),
            seen: Vec::new(),
            found: Vec::new(),
        }
    }

    /// To be called when slots were filled or emptied.
    pub(crate) fn list_empty(&mut self, state: &State) {
        self.empty.clear();
        if state.driven == state.routes.len() {
            return;
        }
        self.seen.clear();
        self.seen.resize(state.routes.len(), false);
        for slot in 0..state.routes.len() {
            if state.open[slot] && state.routes[slot].stops.is_empty() {
                // With an earlier plan or a balance, slots that are alike cost differently.
                let alone = state.earlier.is_some() || state.problem.rules().balance > 0;
                let class = if alone {
                    slot
                } else {
                    self.neighbours.class_of(slot) as usize
                };
                if !std::mem::replace(&mut self.seen[class], true) {
                    self.empty.push(slot as u32);
                }
            }
        }
    }

    /// Whether the plan is too large to look everywhere for everyone in each step.
    pub(crate) fn is_large(state: &State) -> bool {
        state.planned > FEW_STOPS_AGAIN
    }

    /// Whether one who was absent before this step finds a place in the slots that it touched: elsewhere nothing changed.
    pub(crate) fn may_come(&self, state: &State, visit: u32) -> bool {
        let fits = |&slot: &usize| state.cheaper_in(slot, visit, i64::MAX, || true).is_some();
        state.problem.partner(visit).is_some() || state.touched().iter().any(fits)
    }

    /// Puts the visit, or what is missing of it, into the cheapest places; `false` if there are none.
    pub(crate) fn insert(&mut self, state: &mut State, visit: u32, random: &mut Random) -> bool {
        if !self.find(state, visit, random) {
            return false;
        }
        self.put_found(state, visit);
        true
    }

    /// Puts the visit into the cheapest places on all of these days; `false`, and nothing done, if it cannot be on one of them.
    pub(crate) fn insert_on(
        &mut self,
        state: &mut State,
        visit: u32,
        days: u128,
        random: &mut Random,
    ) -> bool {
        self.on = days;
        self.find(state, visit, random);
        self.on = u128::MAX;
        if self.found.len() != days.count_ones() as usize {
            return false;
        }
        self.put_found(state, visit);
        true
    }

    fn put_found(&mut self, state: &mut State, visit: u32) {
        let mut filled = false;
        for index in 0..self.found.len() {
            let place = self.found[index];
            filled |= state.routes[place.slot].stops.is_empty();
            state.put(visit, place);
        }
        if filled {
            self.list_empty(state);
        }
    }

    /// Fills `found`.
    pub(crate) fn find(&mut self, state: &State, visit: u32, random: &mut Random) -> bool {
        self.found.clear();
        let problem = state.problem;
        if problem.is_delivery(visit) || problem.visits()[visit as usize].place.is_none() {
            return false;
        }
        let once = problem.kind(visit).is_once();
        let few = if once { FEW_STOPS } else { FEW_STOPS_AGAIN };
        let everywhere = self.thorough || state.planned <= few || problem.partner(visit).is_some();
        let fixed = state.days_of[visit as usize];
        // Other days are in no pattern with the days that stand; and where each pattern lacks one day, the cheapest place of all will do.
        let mut on = self.on;
        let mut one_day = once;
        if let Some(patterns) = problem.kind(visit).patterns().filter(|_| on == u128::MAX) {
            on = 0;
            one_day = !problem.has().urgency;
            for days in patterns.iter().filter(|&&days| days & fixed == fixed) {
                on |= days & !fixed;
                one_day &= (days & !fixed).count_ones() <= 1;
            }
            if on == 0 {
                return false;
            }
        }
        let mut by_day = std::mem::take(&mut self.by_day);
        if !one_day {
            by_day.iter_mut().for_each(|place| *place = None);
        }
        let mut best = Best::new(state, visit, one_day, self.prize_price, &mut by_day);
        let blink = self.blink;
        let mut look = || blink == 0 || random.below(blink) != 0;
        if everywhere {
            for slot in 0..state.routes.len() {
                if on >> problem.day_of(slot) & 1 == 0 {
                    continue;
                }
                let below = best.below(slot);
                let place = state.cheaper_in(slot, visit, below, &mut look);
                place.into_iter().for_each(|place| best.offer(place));
            }
        } else {
            self.near_slots(state, visit, on, &mut best, look);
        }
        if one_day {
            self.found.extend(best.once.map(|(_, place)| place));
        } else {
            let days = if self.on == u128::MAX {
                pattern::choose(problem, visit, fixed, &by_day, self.prize_price).unwrap_or(0)
            } else {
                self.on
            };
            for day in crate::compiled::bits(days) {
                self.found.extend(by_day[day as usize]);
            }
        }
        self.by_day = by_day;
        !self.found.is_empty()
    }

    /// Positions next to near visits, ends of slots near by, and one empty slot of each class.
    fn near_slots(&self, state: &State, visit: u32, on: u128, best: &mut Best, look: impl FnMut() -> bool) {
        let problem = state.problem;
        let call = problem.calls_of(visit).start;
        let rows = problem.rows(problem.place(call));
        let mut trial = Trial::new(state, visit, call, on, look);
        let service = problem.service(call);
        for (other, (to, from)) in self.neighbours.drives_beside(visit) {
            for other in problem.calls_of(other) {
                let slot = state.slot_of[other as usize];
                if slot == ABSENT || on >> problem.day_of(slot as usize) & 1 == 0 {
                    continue;
                }
                // In a full plan there is no time at most places, and in any plan most are too dear. Both can be told without a look at the
                // route, the first even without the drives.
                let seat = &state.seats[other as usize];
                let is_room_before = from + service <= seat.room_in;
                let is_room_after = to + service <= seat.room_out;
                if !is_room_before && !is_room_after {
                    continue;
                }
                let before = rows.drive_to(seat.before as usize) + from - seat.leg_in;
                let after = to + rows.drive_from(seat.after as usize) - seat.leg_out;
                let slot = slot as usize;
                let below = if self.drive_is_least {
                    best.below(slot)
                } else {
                    i64::MAX
                };
                if i64::from(before.min(after)) >= below || !trial.enter(slot) {
                    continue;
                }
                let at = state.at_of[other as usize] as usize;
                if is_room_before {
                    trial.at(at, best);
                }
                if is_room_after {
                    trial.at(at + 1, best);
                }
            }
        }
        for slot in self.neighbours.slots_near(visit) {
            let stops = state.routes[slot as usize].stops.len();
            if stops > 0 && trial.enter(slot as usize) {
                trial.at(0, best);
                trial.at(stops, best);
            }
        }
        for &slot in &self.empty {
            if state.routes[slot as usize].stops.is_empty() && trial.enter(slot as usize) {
                trial.at(0, best);
            }
        }
    }
}

/// One visit tried at many positions, slot by slot.
struct Trial<'s, 'p, L> {
    state: &'s State<'p>,
    visit: u32,
    call: u32,
    inserted: Option<(usize, Inserted<'p>, i64)>,
    refused: usize,
    on: u128,
    look: L,
    /// Positions are met twice, from both sides; one that was overlooked stays so.
    overlooked: Vec<(usize, usize)>,
}

impl<'s, 'p, L: FnMut() -> bool> Trial<'s, 'p, L> {
    fn new(state: &'s State<'p>, visit: u32, call: u32, on: u128, look: L) -> Self {
        Self {
            state,
            visit,
            call,
            inserted: None,
            refused: usize::MAX,
            on,
            look,
            overlooked: Vec::new(),
        }
    }

    /// Goes to a slot; `false` if the visit cannot be there.
    #[inline]
    fn enter(&mut self, slot: usize) -> bool {
        if self.inserted.as_ref().is_some_and(|(s, ..)| *s == slot) {
            return true;
        }
        let (state, problem) = (self.state, self.state.problem);
        let day = &state.days[slot];
        if self.refused == slot
            || self.on >> problem.day_of(slot) & 1 == 0
            || state.forbids(self.visit, slot)
            || !problem.has().mixed_loads && !state.routes[slot].has_room(problem, day, self.call)
        {
            self.refused = slot;
            return false;
        }
        let change = state.change_cost(self.visit, slot);
        self.inserted = Some((slot, Inserted::new(problem, day, self.call), change));
        true
    }

    #[inline]
    fn at(&mut self, at: usize, best: &mut Best) {
        let Some((slot, inserted, change)) = &self.inserted else {
            return;
        };
        let (slot, change) = (*slot, *change);
        let (state, problem) = (self.state, self.state.problem);
        let below = best.below(slot).saturating_sub(change);
        let found =
            state.routes[slot].insertion(problem, &state.days[slot], inserted, (self.call, at), below);
        let Some(travel) = found
            .filter(|_| state.order_allows(slot, self.call, at) && !self.overlooked.contains(&(slot, at)))
        else {
            return;
        };
        if !(self.look)() {
            return self.overlooked.push((slot, at));
        }
        best.offer(Place {
            slot,
            at,
            travel: travel + change,
            second: None,
        });
    }
}
