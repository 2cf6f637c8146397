//! Plans from which a search near an earlier plan begins besides that one: two slots with each other's stops, and a changed visit in a
//! slot where a stop makes room for it.

use crate::finder::Finder;
use crate::repair::Changed;
use crate::state::{ABSENT, State};

/// So many changed visits are looked at apart, in so many slots each, with the contents of so many others.
const VISITS: usize = 8;
const SLOTS: usize = 12;
const OTHERS: usize = 24;
/// A slot that lost stops exchanges with at most so many others.
const ALL_OTHERS: usize = 80;
/// An exchange of days may move one in so many planned visits.
pub(crate) const MOST_MOVED: usize = 10;

/// Where to begin besides the earlier plan: two slots change their stops, or one is both and keeps them; and a visit is to be in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Start {
    pub(crate) one: usize,
    pub(crate) other: usize,
    pub(crate) visit: Option<u32>,
}

impl Start {
    fn new(one: usize, other: usize, visit: Option<u32>) -> Self {
        let (one, other) = (one.min(other), one.max(other));
        Self { one, other, visit }
    }
}

impl Changed {
    /// Slots that a changed visit may be in with slots of visits near it; slots that lost something with all others.
    pub(crate) fn starts(&self, state: &State, finder: &Finder) -> Vec<Start> {
        let problem = state.problem;
        let open = |slot: usize| state.open[slot] && !problem.slots()[slot].absent;
        // From another home the same stops are another drive.
        let ends = |slot: usize| (problem.slots()[slot].start, problem.slots()[slot].end);
        let mut starts = Vec::new();
        let mut visits = self.visits.clone();
        visits.sort_by_key(|&visit| problem.visits()[visit as usize].tier);
        for &visit in visits.iter().take(VISITS) {
            let mut others: Vec<usize> = Vec::new();
            for &near in finder.neighbours.near(visit).iter().skip(1) {
                for call in problem.calls_of(near) {
                    let slot = state.slot_of[call as usize];
                    if slot != ABSENT && !others.contains(&(slot as usize)) && open(slot as usize) {
                        others.push(slot as usize);
                    }
                }
            }
            let alone = problem.kind(visit).is_once() && problem.partner(visit).is_none();
            let mine = (0..state.routes.len()).filter(|&s| open(s) && problem.may_be(visit, s));
            for slot in mine.take(SLOTS) {
                let others = others.iter().filter(|&&other| ends(slot) == ends(other));
                starts.extend(others.take(OTHERS).map(|&other| Start::new(slot, other, None)));
                if alone {
                    let with = |start: &Start| {
                        (start.one == slot || start.other == slot) && start.one != start.other
                    };
                    let mut moved: Vec<Start> = starts.iter().copied().filter(with).collect();
                    moved.push(Start::new(slot, slot, None));
                    starts.extend(moved.into_iter().map(|start| Start {
                        visit: Some(visit),
                        ..start
                    }));
                }
            }
        }
        for &slot in self.slots.iter().filter(|&&slot| open(slot)).take(VISITS) {
            let others = (0..state.routes.len())
                .filter(|&other| open(other))
                .take(ALL_OTHERS);
            let others = others.filter(|&other| ends(slot) == ends(other));
            starts.extend(others.map(|other| Start::new(slot, other, None)));
        }
        starts.sort_unstable();
        starts.dedup();
        let stops = |slot: usize| state.routes[slot].stops.len();
        starts.retain(|start| {
            if start.one == start.other {
                return start.visit.is_some();
            }
            MOST_MOVED * (stops(start.one) + stops(start.other)) <= state.planned
        });
        starts
    }

    /// Puts a visit into a slot; where it does not fit, in place of the stop that makes room at least cost, and says who that was.
    pub(crate) fn join(&self, state: &mut State, slot: usize, visit: u32) -> Option<u32> {
        let problem = state.problem;
        if let Some(place) = state.cheapest_in(slot, visit) {
            state.put(visit, place);
            return None;
        }
        let mut best: Option<(i64, usize)> = None;
        for at in 0..state.routes[slot].stops.len() {
            let out = problem.visit_of(state.routes[slot].stops[at]);
            let stays = self.visits.contains(&out)
                || problem.partner(out).is_some()
                || !problem.kind(out).is_once()
                || problem.visits()[out as usize].tier < problem.visits()[visit as usize].tier;
            if stays {
                continue;
            }
            state.remove(slot, at..at + 1);
            if let Some(place) = state.cheapest_in(slot, visit) {
                let travel = state.cost.travel + place.travel;
                if best.is_none_or(|(least, _)| travel < least) {
                    best = Some((travel, at));
                }
            }
            state.put_one(out, slot, at);
        }
        let (_, at) = best?;
        let out = problem.visit_of(state.routes[slot].stops[at]);
        state.remove(slot, at..at + 1);
        if let Some(place) = state.cheapest_in(slot, visit) {
            state.put(visit, place);
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use crate::finder::Finder;
    use crate::near::ChangePrice;
    use crate::near::Earlier;
    use crate::neighbours::Neighbours;
    use crate::random::Random;
    use crate::repair::Changed;
    use crate::state::State;
    use crate::walk::restored;
    use crate::{DenseTimes, PlaceId, Problem, Slot, Span, TimeOfDay, Visit, Window, Windows};

    /// Five days of four reps, as full as they get, and then a promise with an hour to keep, in the last place of the list.
    fn problem(random: &mut Random) -> Problem {
        let at: Vec<(u32, u32)> = (0..300)
            .map(|_| (random.below(1_200) as u32, random.below(1_200) as u32))
            .collect();
        let drive = |a: &(u32, u32), b: &(u32, u32)| a.0.abs_diff(b.0) + a.1.abs_diff(b.1);
        let table: Vec<u32> = at
            .iter()
            .flat_map(|a| at.iter().map(move |b| drive(a, b)))
            .collect();
        let times = DenseTimes::new(at.len(), table.clone(), table).expect("square tables");
        let shift = Window::new(TimeOfDay::hm(8, 0), TimeOfDay::hm(17, 0));
        let slots = (0..20).map(|slot| Slot::new(slot % 4, (slot / 4) as u16, PlaceId(slot % 4), shift));
        let visits = (4..300).map(|place| Visit {
            tier: if place == 299 { 0 } else { 2 },
            windows: if place == 299 {
                let hour = Window::new(TimeOfDay::hm(10, 0), TimeOfDay::hm(11, 0));
                Windows::ByDay(vec![(3, vec![hour])])
            } else {
                Windows::Any
            },
            ..Visit::new(PlaceId(place), Span::minutes(if place == 299 { 15 } else { 30 }))
        });
        Problem::new(slots.collect(), visits.collect(), &times).expect("days that can be planned")
    }

    /// Wherever a search begins, the cost is that of the plan, undoing brings the plan before back, and the promise is where it is to be.
    #[test]
    fn starts_are_plans() {
        let mut random = Random::new(5);
        println!("seed 5");
        let problem = problem(&mut random);
        let neighbours = Neighbours::new(&problem);
        let mut finder = Finder::new(&problem, &neighbours);
        let mut state = State::empty(&problem, None);
        let promise = problem.visits().len() as u32 - 1;
        finder.list_empty(&state);
        for visit in 0..promise {
            finder.insert(&mut state, visit, &mut random);
        }
        let orders = state.orders();
        let price = ChangePrice { day: 50, rep: 50 };
        let earlier = Earlier::new(&problem, &orders, price).expect("changes have a price");
        let mut state = State::empty(&problem, Some(&earlier));
        state.load(&orders);
        let loaded = state.orders();
        finder.list_empty(&state);
        finder.insert(&mut state, promise, &mut random);
        let changed = Changed::new(&state, &orders, &loaded);
        let starts = changed.starts(&state, &finder);
        let (before, cost) = (state.orders(), state.cost);
        let (mut joined, mut made_room, mut exchanged) = (0, 0, 0);
        for start in starts {
            state.begin();
            let holds = changed.exchange(&mut state, &mut finder, start, &mut random);
            assert_eq!(
                restored(&problem, Some(&earlier), &state.orders()).cost,
                state.cost,
                "{start:?}"
            );
            assert!(holds && state.fits(), "{start:?}");
            let is_in = |state: &State, slot: usize| {
                state.routes[slot]
                    .stops
                    .iter()
                    .any(|&call| problem.visit_of(call) == promise)
            };
            if start.visit == Some(promise) && start.one == start.other {
                let stays = before[start.one]
                    .iter()
                    .filter(|call| state.routes[start.one].stops.contains(call));
                let others = before[start.one]
                    .iter()
                    .filter(|&&call| problem.visit_of(call) != promise);
                joined += usize::from(is_in(&state, start.one));
                made_room += usize::from(stays.count() < others.count());
            }
            exchanged += usize::from(start.one != start.other);
            state.undo();
            assert_eq!((state.orders(), state.cost), (before.clone(), cost), "{start:?}");
        }
        assert!(joined > 0, "nobody took the promise");
        assert!(made_room > 0, "nobody made room");
        assert!(exchanged > 20, "only {exchanged} days were exchanged");
    }
}
