//! Days change hands: visits near each other move from the days they have to other days that they may have, and those that stand there
//! come the other way.
//!
//! Ruin and recreate choose a visit's days while all others keep theirs, so a whole neighbourhood that comes on Monday and Thursday never
//! goes over to Tuesday and Friday, though each single step back would pay.

use crate::finder::Finder;
use crate::neighbours::Neighbours;
use crate::random::Random;
use crate::state::{ABSENT, State};

/// The most visits that go over together.
const MOST: usize = 12;

#[derive(Default)]
pub(crate) struct Trade {
    /// Days that change places, in pairs.
    pairs: Vec<(u32, u32)>,
    /// Who goes over, from which days to which.
    moved: Vec<(u32, u128, u128)>,
}

impl Trade {
    /// Moves some visits near a random one to other days; says near which visit that was, `None` if nothing was done. Who finds no place
    /// on the new days is planned anew or left out.
    pub(crate) fn run(
        &mut self,
        state: &mut State,
        finder: &mut Finder,
        neighbours: &Neighbours,
        seeds: &[u32],
        random: &mut Random,
    ) -> Option<u32> {
        let seed = *seeds.get(random.below(seeds.len().max(1)))?;
        let days = state.days_of[seed as usize];
        let other = other_days(state, seed, days, random)?;
        self.pair_up(days, other);
        let square = random.unit();
        let most = 1 + (square * square * MOST as f64) as usize;
        let both_ways = random.below(2) == 0;
        self.moved.clear();
        for &visit in neighbours.near(seed) {
            if self.moved.len() >= most {
                break;
            }
            let (from, to) = self.image(state, visit, days, other);
            // One way only, nobody comes to the days that the first one leaves.
            let against = !both_ways && from & other & !days != 0;
            if from != to
                && !against
                && may_move(state, visit, from, to)
                && state.problem.kind(visit).holds(to)
            {
                self.moved.push((visit, from, to));
            }
        }
        for index in 0..self.moved.len() {
            let (visit, from, to) = self.moved[index];
            take_days(state, visit, from & !to);
        }
        for last in (1..self.moved.len()).rev() {
            self.moved.swap(last, random.below(last + 1));
        }
        finder.list_empty(state);
        for index in 0..self.moved.len() {
            let (visit, from, to) = self.moved[index];
            if !finder.insert_on(state, visit, to & !from, random) {
                state.remove_visit(visit);
                finder.list_empty(state);
                finder.insert(state, visit, random);
            }
        }
        (!self.moved.is_empty()).then_some(seed)
    }

    /// The days of which only one of the two sets has some, in pairs; none where the sets differ in size.
    fn pair_up(&mut self, days: u128, other: u128) {
        self.pairs.clear();
        if days.count_ones() == other.count_ones() {
            let (leave, come) = (days & !other, other & !days);
            let pairs = crate::compiled::bits(leave).zip(crate::compiled::bits(come));
            self.pairs.extend(pairs);
        }
    }

    /// A visit's days and what becomes of them.
    fn image(&self, state: &State, visit: u32, days: u128, other: u128) -> (u128, u128) {
        let from = state.days_of[visit as usize];
        if from == days {
            return (from, other);
        }
        let mut to = from;
        for &(one, two) in &self.pairs {
            if (from >> one & 1) != (from >> two & 1) {
                to ^= 1 << one | 1 << two;
            }
        }
        (from, to)
    }
}

/// Days that the visit may have instead of those it has.
fn other_days(state: &State, visit: u32, days: u128, random: &mut Random) -> Option<u128> {
    if days == 0 {
        return None;
    }
    let problem = state.problem;
    if let Some(patterns) = problem.kind(visit).patterns() {
        let other = patterns[random.below(patterns.len())];
        return (other != days).then_some(other);
    }
    let leave = crate::compiled::bits(days).nth(random.below(days.count_ones() as usize))?;
    let come = random.below(problem.days());
    (days >> come & 1 == 0).then_some(days & !(1 << leave) | 1 << come)
}

/// Whether all that leaves may leave.
fn may_move(state: &State, visit: u32, from: u128, to: u128) -> bool {
    let problem = state.problem;
    if from == 0 || problem.partner(visit).is_some() || state.shared.get(visit as usize) == Some(&true) {
        return false;
    }
    // Who leaves nothing may belong to others who are at work on this plan.
    let leave = from & !to;
    leave != 0
        && problem.calls_of(visit).all(|call| {
            let slot = state.slot_of[call as usize];
            slot == ABSENT || leave >> problem.day_of(slot as usize) & 1 == 0 || state.open[slot as usize]
        })
}

fn take_days(state: &mut State, visit: u32, days: u128) {
    let problem = state.problem;
    for call in problem.calls_of(visit) {
        let slot = state.slot_of[call as usize];
        if slot != ABSENT && days >> problem.day_of(slot as usize) & 1 == 1 {
            let at = state.at_of[call as usize] as usize;
            state.remove(slot as usize, at..at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Trade;
    use crate::finder::Finder;
    use crate::neighbours::Neighbours;
    use crate::random::Random;
    use crate::state::State;
    use crate::walk::restored;
    use crate::{DenseTimes, Gap, PlaceId, Problem, Recurrence, Slot, Span, TimeOfDay, Visit, Window};

    fn problem(random: &mut Random, places: u32) -> Problem {
        let table: Vec<u32> = (0..places * places)
            .map(|_| 300 + random.below(900) as u32)
            .collect();
        let times = DenseTimes::new(places as usize, table.clone(), table).expect("square tables");
        let shift = Window::new(TimeOfDay::hm(8, 0), TimeOfDay::hm(12, 0));
        let slots = (0..8).map(|slot| Slot::new(slot % 2, (slot / 2) as u16, PlaceId(0), shift));
        let visits = (1..places).map(|place| Visit {
            recurrence: match place % 4 {
                0 => Recurrence::Once,
                1 => Recurrence::Gap(Gap {
                    min: 1,
                    ideal: 2,
                    max: 3,
                    since_last: None,
                    price: 1,
                }),
                2 => Recurrence::Patterns(vec![vec![0, 2], vec![1, 3]]),
                _ => Recurrence::Patterns(vec![vec![0, 1], vec![1, 2], vec![2, 3], vec![0]]),
            },
            prize: 10,
            ..Visit::new(PlaceId(place), Span::minutes(10))
        });
        Problem::new(slots.collect(), visits.collect(), &times).expect("a cycle that can be planned")
    }

    /// Whatever is traded, everyone's days are days that they may have, the cost is that of the plan, and undoing brings all of it back.
    #[test]
    fn days_hold_and_costs_are_true() {
        let mut random = Random::new(23);
        let problem = problem(&mut random, 36);
        let neighbours = Neighbours::new(&problem);
        let mut finder = Finder::new(&problem, &neighbours);
        let mut state = State::empty(&problem, None);
        let visits: Vec<u32> = (0..problem.visits().len() as u32).collect();
        finder.list_empty(&state);
        for &visit in &visits {
            finder.insert(&mut state, visit, &mut random);
        }
        let (mut trade, mut moved) = (Trade::default(), 0);
        for round in 0..400 {
            let (orders, days, cost) = (state.orders(), state.days_of.clone(), state.cost);
            state.begin();
            trade.run(&mut state, &mut finder, &neighbours, &visits, &mut random);
            assert!(visits.iter().all(|&v| state.days_hold(v)), "round {round}");
            assert!(state.fits(), "round {round}");
            let fresh = restored(&problem, None, &state.orders());
            assert_eq!(fresh.cost, state.cost, "round {round}");
            let both = |v: &&u32| days[**v as usize] != 0 && state.days_of[**v as usize] != 0;
            let other = |v: &&u32| days[**v as usize] != state.days_of[**v as usize];
            moved += visits.iter().filter(both).filter(other).count();
            if round % 2 == 0 {
                state.undo();
                assert_eq!((state.orders(), state.cost), (orders, cost), "round {round}");
                assert_eq!(state.days_of, days, "round {round}");
            }
        }
        assert!(moved > 400, "only {moved} visits went over to other days");
    }
}
