//! Where a visit goes: the cheapest place of all for one that comes once, the cheapest set of days for one that comes again.

use crate::compiled::Problem;
use crate::insertion::Inserted;
use crate::neighbours::Neighbours;
use crate::pattern;
use crate::random::Random;
use crate::route::Route;
use crate::state::{ABSENT, Place, State};

/// Up to this many stops every position of every slot is looked at, which is as fast as picking positions and finds more; above it only
/// those next to near visits, starts and ends.
const FEW_STOPS: usize = 400;

pub(crate) struct Finder<'n> {
    neighbours: &'n Neighbours,
    /// Seconds of driving that one point of prize is worth where they have to be compared.
    pub(crate) prize_price: i64,
    /// One position in this many is overlooked; 0 for none.
    pub(crate) blink: usize,
    /// Look everywhere, however many stops there are.
    pub(crate) thorough: bool,
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
            by_day: vec![None; problem.days()],
            empty: Vec::new(),
            seen: Vec::new(),
            found: Vec::new(),
        }
    }

    /// To be called when slots were filled or emptied.
    pub(crate) fn list_empty(&mut self, state: &State) {
        self.empty.clear();
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

    /// Puts the visit, or what is missing of it, into the cheapest places; `false` if there are none.
    pub(crate) fn insert(&mut self, state: &mut State, visit: u32, random: &mut Random) -> bool {
        if !self.find(state, visit, random) {
            return false;
        }
        let mut filled = false;
        for index in 0..self.found.len() {
            let place = self.found[index];
            filled |= state.routes[place.slot].stops.is_empty();
            state.put(visit, place);
        }
        if filled {
            self.list_empty(state);
        }
        true
    }

    /// Fills `found`.
    pub(crate) fn find(&mut self, state: &State, visit: u32, random: &mut Random) -> bool {
        self.found.clear();
        let problem = state.problem;
        if problem.is_delivery(visit) || problem.visits()[visit as usize].place.is_none() {
            return false;
        }
        let everywhere = self.thorough || state.planned <= FEW_STOPS || problem.partner(visit).is_some();
        if problem.kind(visit).is_once() {
            let mut best: Option<(i64, Place)> = None;
            let blink = self.blink;
            let prize_price = self.prize_price;
            let mut keep = |place: Place, bias: i64| best = Some((place.travel + bias, place));
            let mut least = i64::MAX;
            let biased = problem.has().urgency || problem.rules().balance > 0;
            let mut consider = |_: usize, place: Option<Place>| {
                if let Some(place) = place {
                    let bias = if biased {
                        bias(state, visit, place, prize_price)
                    } else {
                        0
                    };
                    if place.travel + bias < least {
                        least = place.travel + bias;
                        keep(place, bias);
                    }
                }
                // What the next slot may cost at most, its own bias not yet known.
                if biased { i64::MAX } else { least }
            };
            if everywhere {
                all_slots(state, visit, None, &mut consider, || {
                    blink == 0 || random.below(blink) != 0
                });
            } else {
                self.near_slots(state, visit, &mut consider, || {
                    blink == 0 || random.below(blink) != 0
                });
            }
            self.found.extend(best.map(|(_, place)| place));
            return !self.found.is_empty();
        }
        let mut by_day = std::mem::take(&mut self.by_day);
        by_day.iter_mut().for_each(|place| *place = None);
        let blink = self.blink;
        let balanced = problem.rules().balance > 0;
        let mut consider = |slot: usize, place: Option<Place>| {
            let best = &mut by_day[problem.day_of(slot)];
            let weighed = place.map(|place| Place {
                travel: place.travel
                    + if balanced {
                        imbalance(state, visit, place)
                    } else {
                        0
                    },
                ..place
            });
            if let Some(place) = weighed
                && best.is_none_or(|b| place.travel < b.travel)
            {
                *best = Some(place);
            }
            i64::MAX
        };
        if everywhere {
            all_slots(state, visit, None, &mut consider, || {
                blink == 0 || random.below(blink) != 0
            });
        } else {
            self.near_slots(state, visit, &mut consider, || {
                blink == 0 || random.below(blink) != 0
            });
        }
        let days = pattern::choose(
            problem,
            visit,
            state.days_of[visit as usize],
            &by_day,
            self.prize_price,
        );
        for day in crate::compiled::bits(days.unwrap_or(0)) {
            self.found.extend(by_day[day as usize]);
        }
        self.by_day = by_day;
        !self.found.is_empty()
    }

    /// Positions next to near visits, ends of slots near by, and one empty slot of each class.
    fn near_slots(
        &self,
        state: &State,
        visit: u32,
        consider: &mut impl FnMut(usize, Option<Place>) -> i64,
        mut look: impl FnMut() -> bool,
    ) {
        let problem = state.problem;
        let call = problem.calls_of(visit).start;
        let mut trial = Trial::new(state, visit, call);
        for &other in self.neighbours.beside(visit) {
            for other in problem.calls_of(other) {
                let slot = state.slot_of[other as usize];
                if slot == ABSENT || !trial.enter(slot as usize) {
                    continue;
                }
                let at = state.at_of[other as usize] as usize;
                trial.at(at, consider, &mut look);
                trial.at(at + 1, consider, &mut look);
            }
        }
        for slot in self.neighbours.slots_near(visit) {
            let stops = state.routes[slot as usize].stops.len();
            if stops > 0 && trial.enter(slot as usize) {
                trial.at(0, consider, &mut look);
                trial.at(stops, consider, &mut look);
            }
        }
        for &slot in &self.empty {
            if state.routes[slot as usize].stops.is_empty() && trial.enter(slot as usize) {
                trial.at(0, consider, &mut look);
            }
        }
    }
}

/// One visit tried at many positions, slot by slot.
struct Trial<'s, 'p> {
    state: &'s State<'p>,
    visit: u32,
    call: u32,
    inserted: Option<(usize, Inserted<'p>, i64)>,
    refused: usize,
    below: i64,
}

impl<'s, 'p> Trial<'s, 'p> {
    fn new(state: &'s State<'p>, visit: u32, call: u32) -> Self {
        Self {
            state,
            visit,
            call,
            inserted: None,
            refused: usize::MAX,
            below: i64::MAX,
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
    fn at(
        &mut self,
        at: usize,
        consider: &mut impl FnMut(usize, Option<Place>) -> i64,
        look: &mut impl FnMut() -> bool,
    ) {
        let Some((slot, inserted, change)) = &self.inserted else {
            return;
        };
        let (slot, change) = (*slot, *change);
        let (state, problem) = (self.state, self.state.problem);
        let route: &Route = &state.routes[slot];
        let below = self.below.saturating_sub(change);
        let found = route.insertion(problem, &state.days[slot], inserted, (self.call, at), below);
        if let Some(travel) = found
            && state.order_allows(slot, self.call, at)
            && look()
        {
            let place = Place {
                slot,
                at,
                travel: travel + change,
                second: None,
            };
            self.below = consider(slot, Some(place));
        }
    }
}

/// The cheapest place in every slot.
fn all_slots(
    state: &State,
    visit: u32,
    day: Option<usize>,
    consider: &mut impl FnMut(usize, Option<Place>) -> i64,
    mut look: impl FnMut() -> bool,
) {
    let mut below = i64::MAX;
    for slot in 0..state.routes.len() {
        if day.is_some_and(|d| state.problem.day_of(slot) != d) {
            continue;
        }
        below = consider(slot, state.cheaper_in(slot, visit, below, &mut look));
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
