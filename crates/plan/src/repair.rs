//! What changed since an earlier plan, and the large moves that a search in small steps near that plan would not find: two slots change
//! all their stops, so that a promise falls on a day on which someone is near it anyway, or a short day gets fewer.

use std::ops::ControlFlow;

use crate::compiled::Problem;
use crate::finder::Finder;
use crate::plan::Cost;
use crate::random::Random;
use crate::search::{Options, Pace};
use crate::state::{ABSENT, State};
use crate::walk::{Tools, Walk};

/// With more visits left out than this, only promises and the most important ones among them are looked after apart.
const FEW_ABSENT: usize = 16;
/// So many changed visits are looked at apart, in so many slots each, with the contents of so many others.
const VISITS: usize = 8;
const SLOTS: usize = 12;
const OTHERS: usize = 24;
/// A slot that lost stops exchanges with at most so many others.
const ALL_OTHERS: usize = 80;
/// So many exchanges, those that cost least at once, are searched from for a part of the steps each.
const TRIED: usize = 6;
const PART: u64 = 16;
/// An exchange of days may move one in so many planned visits.
const MOST_MOVED: usize = 10;
/// Where more than one in this many planned visits changed, there is no plan to stay near.
const MOST_CHANGED: usize = 4;

/// What an earlier plan can no longer be.
pub(crate) struct Changed {
    /// Visits that came or lost a place, ascending.
    visits: Vec<u32>,
    /// Slots that lost a stop, ascending.
    slots: Vec<usize>,
}

impl Changed {
    /// `earlier` is the plan as it was, `loaded` what of it still fits, `state` the same with what else fits put in.
    pub(crate) fn new(state: &State, earlier: &[Vec<u32>], loaded: &[Vec<u32>]) -> Self {
        let problem = state.problem;
        let mut is_changed = vec![false; problem.visits().len()];
        let mut slots = Vec::new();
        for (slot, (was, is)) in earlier.iter().zip(loaded).enumerate() {
            let now = &state.routes[slot].stops;
            let mut differ = |one: &[u32], other: &[u32]| {
                let gone = one.iter().filter(|call| !other.contains(call));
                gone.map(|&call| is_changed[problem.visit_of(call) as usize] = true)
                    .count()
            };
            if differ(was, is) > 0 {
                slots.push(slot);
            }
            differ(now, is);
        }
        for &visit in &state.absent {
            if state.absent.len() <= FEW_ABSENT || problem.visits()[visit as usize].tier <= 1 {
                is_changed[visit as usize] = true;
            }
        }
        let place = |&v: &u32| problem.visits()[v as usize].place.is_some() && !problem.is_delivery(v);
        Self {
            visits: (0..is_changed.len() as u32)
                .filter(|&v| is_changed[v as usize])
                .filter(place)
                .collect(),
            slots,
        }
    }

    /// Whether it is little enough for the earlier plan to mean something.
    pub(crate) fn is_small(&self, state: &State) -> bool {
        self.visits.len() * MOST_CHANGED <= state.planned
    }

    /// Visits from which to ruin: those that changed and who shares a slot with them.
    pub(crate) fn seeds(&self, state: &State) -> Vec<u32> {
        let problem = state.problem;
        let mut slots = self.slots.clone();
        for &visit in &self.visits {
            let calls = problem.calls_of(visit);
            let planned = calls.map(|c| state.slot_of[c as usize]).filter(|&s| s != ABSENT);
            slots.extend(planned.map(|s| s as usize));
        }
        slots.sort_unstable();
        slots.dedup();
        let stops = slots.iter().flat_map(|&s| state.routes[s].stops.iter());
        let beside = stops.map(|&call| problem.visit_of(call));
        let mut seeds: Vec<u32> = self.visits.iter().copied().chain(beside).collect();
        seeds.retain(|&v| problem.visits()[v as usize].place.is_some() && !problem.is_delivery(v));
        seeds.sort_unstable();
        seeds.dedup();
        seeds
    }

    /// Lets pairs of slots change all their stops, where a short search from there ends better than one from here. Says how many steps
    /// that took; `tools` ruin where something changed.
    pub(crate) fn exchange_slots(
        &self,
        state: &mut State,
        tools: &mut Tools,
        heat: f64,
        options: &Options,
    ) -> u64 {
        let has = state.problem.has();
        if has.shipments || has.nights {
            return 0;
        }
        let mut random = Random::new(0);
        let finder = &mut tools.finder;
        let blink = std::mem::replace(&mut finder.blink, 0);
        let mut found: Vec<(Cost, (usize, usize))> = Vec::new();
        for pair in self.pairs(state, finder) {
            state.begin();
            if self.exchange(state, finder, pair, &mut random) && state.fits() {
                found.push((state.cost, pair));
            }
            state.undo();
        }
        found.sort_unstable();
        found.truncate(TRIED);
        let mut starts = vec![state.clone()];
        for (_, pair) in found {
            let mut start = state.clone();
            start.begin();
            self.exchange(&mut start, finder, pair, &mut random);
            starts.push(start);
        }
        finder.blink = blink;
        if starts.len() == 1 {
            return 0;
        }
        let steps = options.steps / PART;
        let mut taken = 0;
        for start in starts {
            let mut walk = Walk::new(start, heat, options);
            walk.go(tools, &mut Pace::Steps(steps), &mut |_| ControlFlow::Continue(()));
            taken += steps;
            let end = walk.into_best();
            if end.cost < state.cost {
                *state = end;
            }
        }
        taken
    }

    /// Slots that a changed visit may be in with slots of visits near it; slots that lost something with all others.
    fn pairs(&self, state: &State, finder: &Finder) -> Vec<(usize, usize)> {
        let problem = state.problem;
        let open = |slot: usize| state.open[slot] && !problem.slots()[slot].absent;
        let mut pairs = Vec::new();
        for &visit in self.visits.iter().take(VISITS) {
            let mut others: Vec<usize> = Vec::new();
            for &near in finder.neighbours.near(visit).iter().skip(1) {
                for call in problem.calls_of(near) {
                    let slot = state.slot_of[call as usize] as usize;
                    if others.len() < OTHERS
                        && slot != ABSENT as usize
                        && !others.contains(&slot)
                        && open(slot)
                    {
                        others.push(slot);
                    }
                }
            }
            let mine = (0..state.routes.len()).filter(|&s| open(s) && problem.may_be(visit, s));
            for slot in mine.take(SLOTS) {
                pairs.extend(others.iter().map(|&other| (slot.min(other), slot.max(other))));
            }
        }
        for &slot in self.slots.iter().filter(|&&slot| open(slot)).take(VISITS) {
            let others = (0..state.routes.len())
                .filter(|&other| open(other))
                .take(ALL_OTHERS);
            pairs.extend(others.map(|other| (slot.min(other), slot.max(other))));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let stops = |slot: usize| state.routes[slot].stops.len();
        pairs.retain(|&(one, other)| MOST_MOVED * (stops(one) + stops(other)) <= state.planned);
        // From another home the same stops are another drive.
        let ends = |slot: usize| (problem.slots()[slot].start, problem.slots()[slot].end);
        pairs.retain(|&(one, other)| one != other && ends(one) == ends(other));
        pairs
    }

    /// Two slots change their stops as far as they fit; who does not, and who was missing, goes to the cheapest place there is.
    fn exchange(
        &self,
        state: &mut State,
        finder: &mut Finder,
        (one, other): (usize, usize),
        random: &mut Random,
    ) -> bool {
        let problem = state.problem;
        let visits = |state: &State, slot: usize| -> Vec<u32> {
            let stops = state.routes[slot].stops.iter();
            stops.map(|&call| problem.visit_of(call)).collect()
        };
        let (mine, theirs) = (visits(state, one), visits(state, other));
        for slot in [one, other] {
            let count = state.routes[slot].stops.len();
            if count > 0 {
                state.remove(slot, 0..count);
            }
        }
        let mut over: Vec<u32> = self
            .visits
            .iter()
            .copied()
            .filter(|&v| state.is_missing(v))
            .collect();
        for (slot, visits) in [(one, &theirs), (other, &mine)] {
            for &visit in visits {
                let at = state.routes[slot].stops.len();
                if state.forbids(visit, slot) || !state.mend_one(slot, visit, at) {
                    over.push(visit);
                }
            }
        }
        over.sort_by_key(|&v| (problem.visits()[v as usize].tier, v));
        over.dedup();
        finder.list_empty(state);
        for visit in over {
            if state.is_missing(visit) {
                finder.insert(state, visit, random);
            }
            if !state.days_hold(visit) {
                return false;
            }
        }
        true
    }
}

/// Whether so many steps are too few to search more than what changed.
pub(crate) fn is_short(problem: &Problem, steps: u64) -> bool {
    steps < 50 * problem.visits().len() as u64
}

#[cfg(test)]
mod tests {
    use super::Changed;
    use crate::near::ChangePrice;
    use crate::neighbours::Neighbours;
    use crate::search::Options;
    use crate::state::State;
    use crate::walk::Tools;
    use crate::{DenseTimes, PlaceId, Problem, Slot, Span, TimeOfDay, Visit, Window, Windows};

    /// The east on one day, the west on the other, and a promise in the west on the day of the east: the days change their places, and
    /// nobody else moves.
    #[test]
    fn days_change_their_places() {
        let mut at: Vec<i32> = vec![0, -7_800];
        at.extend((1..=6).map(|i| 7_000 + 100 * i));
        at.extend((1..=6).map(|i| -7_000 - 100 * i));
        let table: Vec<u32> = at
            .iter()
            .flat_map(|a| at.iter().map(|b| a.abs_diff(*b)))
            .collect();
        let times = DenseTimes::new(at.len(), table.clone(), table).expect("square tables");
        let shift = Window::new(TimeOfDay::hm(8, 0), TimeOfDay::hm(16, 0));
        let mut slots: Vec<Slot> = (0..2).map(|day| Slot::new(0, day, PlaceId(0), shift)).collect();
        slots.extend((0..10).map(|day| Slot::new(1, day, PlaceId(0), shift)));
        let visit = |place| Visit::new(PlaceId(place), Span::minutes(30));
        let mut visits = vec![Visit {
            tier: 0,
            windows: Windows::ByDay(vec![(0, vec![shift])]),
            ..visit(1)
        }];
        // A colleague's work at home, so that two days are little of it all.
        visits.extend((2..14).chain([0; 120]).map(|place| Visit {
            tier: 2,
            reps: Some(vec![u32::from(place == 0)]),
            ..visit(place)
        }));
        let problem = Problem::new(slots, visits, &times).expect("days that can be planned");
        let mut orders: Vec<Vec<u32>> = vec![(1..7).collect(), (7..13).collect()];
        orders.extend((0..10u32).map(|day| (13 + 12 * day..25 + 12 * day).collect()));
        let mut state = State::empty(&problem, None);
        state.load(&orders);
        let loaded = state.orders();
        assert_eq!((&loaded, state.cost.unserved), (&orders, [1, 0, 0, 0]));
        let changed = Changed::new(&state, &orders, &loaded);
        assert!(changed.is_small(&state));
        let neighbours = Neighbours::new(&problem);
        let mut tools = Tools::new(&problem, &neighbours);
        let options = Options {
            steps: 0,
            change: ChangePrice::default(),
            ..Options::default()
        };
        changed.exchange_slots(&mut state, &mut tools, 0.3, &options);
        assert_eq!(state.cost.unserved, [0; 4]);
        let mut days: Vec<Vec<u32>> = state.orders();
        days.iter_mut().for_each(|order| order.sort_unstable());
        assert_eq!(days[0], [0, 7, 8, 9, 10, 11, 12]);
        assert_eq!(days[1], [1, 2, 3, 4, 5, 6]);
        assert_eq!(days[2..], orders[2..]);
    }
}
