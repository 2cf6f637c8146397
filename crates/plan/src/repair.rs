//! What changed since an earlier plan, and the large moves that a search in small steps near that plan would not find: two slots change
//! all their stops, so that a promise falls on a day on which someone is near it anyway, or a short day gets fewer.

use std::ops::ControlFlow;

use crate::compiled::Problem;
use crate::finder::Finder;
use crate::plan::Cost;
use crate::random::Random;
use crate::search::{Options, Pace};
use crate::starts::{MOST_MOVED, Start};
use crate::state::{ABSENT, State};
use crate::walk::{Tools, Walk};
use crate::weights::upper;

/// With more visits left out than this, only promises and the most important ones among them are looked after apart.
const FEW_ABSENT: usize = 16;
/// So many exchanges, those that cost least at once, are searched from for a part of the steps each.
const TRIED: usize = 6;
const PART: u64 = 16;
/// Where more than one in this many planned visits changed, there is no plan to stay near.
const MOST_CHANGED: usize = 4;

/// What an earlier plan can no longer be.
pub(crate) struct Changed {
    /// Visits that came or lost a place, ascending.
    pub(crate) visits: Vec<u32>,
    /// Slots that lost a stop, ascending.
    pub(crate) slots: Vec<usize>,
    /// By call, the slot where it stood.
    before: Vec<u32>,
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
        let mut before = vec![ABSENT; state.slot_of.len()];
        for (slot, order) in earlier.iter().enumerate() {
            order.iter().for_each(|&call| before[call as usize] = slot as u32);
        }
        let place = |&v: &u32| problem.visits()[v as usize].place.is_some() && !problem.is_delivery(v);
        Self {
            visits: (0..is_changed.len() as u32)
                .filter(|&v| is_changed[v as usize])
                .filter(place)
                .collect(),
            slots,
            before,
        }
    }

    /// Whether it is little enough for the earlier plan to mean something.
    pub(crate) fn is_small(&self, state: &State) -> bool {
        self.visits.len() * MOST_CHANGED <= state.planned
    }

    /// Visits from which to ruin: those that changed, who shares a slot with them, and who is in these slots.
    fn seeds(&self, state: &State, also: &[usize]) -> Vec<u32> {
        let problem = state.problem;
        let mut slots = [&self.slots, also].concat();
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

    /// Lets pairs of slots change all their stops, or has a stop make room for a changed visit, where a short search from there ends better
    /// than one from here. Says how many steps that took; `tools` then ruin where something changed.
    pub(crate) fn exchange_slots(
        &self,
        state: &mut State,
        tools: &mut Tools,
        heat: f64,
        options: &Options,
        pace: &mut Pace,
    ) -> u64 {
        let all = tools.seeds.len();
        self.ruin_near(state, tools, all, &[]);
        let has = state.problem.has();
        if has.shipments || has.nights {
            return 0;
        }
        let mut random = Random::new(0);
        let finder = &mut tools.finder;
        let blink = std::mem::replace(&mut finder.blink, 0);
        let mut found: Vec<(Cost, Start)> = Vec::new();
        for start in self.starts(state, finder) {
            state.begin();
            if self.exchange(state, finder, start, &mut random) && state.fits() {
                found.push((state.cost, start));
            }
            state.undo();
        }
        found.sort_unstable();
        found.dedup_by_key(|(cost, _)| *cost);
        found.truncate(TRIED);
        let mut starts = vec![(state.clone(), Vec::new())];
        for (_, start) in found {
            let mut from = state.clone();
            from.begin();
            self.exchange(&mut from, finder, start, &mut random);
            starts.push((from, vec![start.one, start.other]));
        }
        finder.blink = blink;
        if starts.len() == 1 {
            return 0;
        }
        let mut taken = 0;
        let mut touched = Vec::new();
        for (from, slots) in starts {
            self.ruin_near(&from, tools, all, &slots);
            let mut walk = Walk::new(from, heat, options);
            walk.go(tools, &mut pace.part(PART), &mut |_| ControlFlow::Continue(()));
            taken += walk.step;
            let end = walk.into_best();
            let few = self.moved(&end) * MOST_MOVED <= end.planned;
            if end.cost < state.cost && (few || upper(&end.cost) < upper(&state.cost)) {
                *state = end;
                touched = slots;
            }
        }
        self.ruin_near(state, tools, all, &touched);
        taken
    }

    /// Half of the steps ruin where something changed: near the visits that did and in some slots.
    fn ruin_near(&self, state: &State, tools: &mut Tools, all: usize, slots: &[usize]) {
        let seeds = self.seeds(state, slots);
        tools.seeds.truncate(all);
        tools.seeds.extend(seeds.iter().copied().cycle().take(all));
    }

    /// Calls that stood in the earlier plan and stand elsewhere now, or nowhere.
    fn moved(&self, state: &State) -> usize {
        let both = self.before.iter().zip(&state.slot_of);
        both.filter(|(before, now)| **before != ABSENT && before != now)
            .count()
    }

    /// Two slots change their stops as far as they fit, and the visit that this is for joins one of them; who does not, and who was
    /// missing, goes to the cheapest place there is.
    pub(crate) fn exchange(
        &self,
        state: &mut State,
        finder: &mut Finder,
        Start { one, other, visit }: Start,
        random: &mut Random,
    ) -> bool {
        let problem = state.problem;
        if let Some(visit) = visit {
            state.remove_visit(visit);
        }
        let visits = |state: &State, slot: usize| -> Vec<u32> {
            let stops = state.routes[slot].stops.iter();
            stops.map(|&call| problem.visit_of(call)).collect()
        };
        let mut over: Vec<u32> = Vec::new();
        if one != other {
            let (mine, theirs) = (visits(state, one), visits(state, other));
            for slot in [one, other] {
                let count = state.routes[slot].stops.len();
                if count > 0 {
                    state.remove(slot, 0..count);
                }
            }
            for (slot, visits) in [(one, &theirs), (other, &mine)] {
                for &visit in visits {
                    let at = state.routes[slot].stops.len();
                    if state.forbids(visit, slot) || !state.mend_one(slot, visit, at) {
                        over.push(visit);
                    }
                }
            }
        }
        if let Some(visit) = visit {
            let slot = [one, other].into_iter().find(|&slot| problem.may_be(visit, slot));
            over.extend(slot.and_then(|slot| self.join(state, slot, visit)));
        }
        over.extend(self.visits.iter().copied().filter(|&v| state.is_missing(v)));
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
    use crate::search::{Options, Pace};
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
        let mut pace = Pace::Steps(0);
        changed.exchange_slots(&mut state, &mut tools, 0.3, &options, &mut pace);
        assert_eq!(state.cost.unserved, [0; 4]);
        let mut days: Vec<Vec<u32>> = state.orders();
        days.iter_mut().for_each(|order| order.sort_unstable());
        assert_eq!(days[0], [0, 7, 8, 9, 10, 11, 12]);
        assert_eq!(days[1], [1, 2, 3, 4, 5, 6]);
        assert_eq!(days[2..], orders[2..]);
    }
}
