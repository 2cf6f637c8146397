//! Ruin: strings of consecutive stops near a random visit are taken out, one string a route; or, now and then, a few stops from anywhere.
//!
//! A visit that comes again and again leaves all its slots or, as often, only this one, so that a day can be improved while the days stay.

use crate::neighbours::Neighbours;
use crate::random::Random;
use crate::state::{ABSENT, State};

/// How much is taken out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strength {
    /// Stops taken out on average.
    pub(crate) mean: f64,
    /// The longest string.
    pub(crate) longest: f64,
    /// One ruin in this many takes stops from anywhere instead, 0 for none.
    pub(crate) scattered: usize,
}

/// At most so many stops are taken from anywhere.
const MOST_SCATTERED: usize = 4;

#[derive(Default)]
pub(crate) struct Ruin {
    ruined: Vec<usize>,
    /// Visits of which something was taken out, each once.
    pub(crate) taken: Vec<u32>,
    /// Only the call that was hit goes, not the visit's other days.
    keep_days: bool,
}

impl Ruin {
    /// Takes out; `taken` then says whom. `seeds` are the visits to choose from; says near which visit it was.
    pub(crate) fn run(
        &mut self,
        state: &mut State,
        neighbours: &Neighbours,
        seeds: &[u32],
        strength: &Strength,
        random: &mut Random,
    ) -> Option<u32> {
        self.taken.clear();
        if state.planned == 0 || seeds.is_empty() {
            return None;
        }
        self.keep_days = state.problem.has().recurrences && random.below(2) == 0;
        let seed = seeds[random.below(seeds.len())];
        if strength.scattered > 0 && random.below(strength.scattered) == 0 {
            for _ in 0..1 + random.below(MOST_SCATTERED) {
                let visit = seeds[random.below(seeds.len())];
                self.take_random_call(state, visit, random);
            }
            return Some(seed);
        }
        let mean_length = state.planned as f64 / state.driven as f64;
        let longest = strength.longest.min(mean_length);
        let most_strings = (4.0 * strength.mean / (1.0 + longest) - 1.0).max(1.0);
        let strings = ((random.unit() * most_strings) as usize + 1).min(state.driven);
        // Strings of one day can be put together anew; strings of many days give days to choose from.
        let one_day = self.day_of(state, seed, random);
        self.ruined.clear();
        for &visit in neighbours.near(seed) {
            if self.ruined.len() >= strings {
                break;
            }
            let Some((slot, at)) = self.call_of(state, visit, one_day, random) else {
                continue;
            };
            self.ruined.push(slot);
            let length = state.routes[slot].stops.len();
            let string = (random.unit() * longest.min(length as f64)) as usize + 1;
            let string = string.min(length);
            if string > 1 && string < length && random.below(2) == 0 {
                self.take_split(state, random, slot, at, string);
            } else {
                let range = window(random, length, at, string);
                self.take(state, slot, range);
            }
        }
        Some(seed)
    }

    /// The day to stay on, if any.
    fn day_of(&self, state: &State, seed: u32, random: &mut Random) -> Option<usize> {
        if state.problem.days() < 2 || (!self.keep_days && random.below(2) == 0) {
            return None;
        }
        let days = state.days_of[seed as usize];
        let count = days.count_ones() as usize;
        if count == 0 {
            return self.keep_days.then(|| random.below(state.problem.days()));
        }
        let day = crate::compiled::bits(days).nth(random.below(count))?;
        Some(day as usize)
    }

    /// A call of that visit in an open slot not yet ruined.
    fn call_of(
        &self,
        state: &State,
        visit: u32,
        day: Option<usize>,
        random: &mut Random,
    ) -> Option<(usize, usize)> {
        let calls = state.problem.calls_of(visit);
        let count = calls.len();
        let first = if count > 1 { random.below(count) } else { 0 };
        (0..count).find_map(|index| {
            let call = calls.start + ((first + index) % count) as u32;
            let slot = state.slot_of[call as usize];
            if slot == ABSENT {
                return None;
            }
            let slot = slot as usize;
            let fits = state.open[slot]
                && day.is_none_or(|d| state.problem.day_of(slot) == d)
                && !self.ruined.contains(&slot);
            fits.then(|| (slot, state.at_of[call as usize] as usize))
        })
    }

    fn take_random_call(&mut self, state: &mut State, visit: u32, random: &mut Random) {
        self.ruined.clear();
        if let Some((slot, at)) = self.call_of(state, visit, None, random) {
            self.take(state, slot, at..at + 1);
        }
    }

    /// Takes the stops of a range out, and what cannot stay without them.
    fn take(&mut self, state: &mut State, slot: usize, range: std::ops::Range<usize>) {
        let problem = state.problem;
        let from = self.taken.len();
        for at in range.clone() {
            let visit = problem.visit_of(state.routes[slot].stops[at]);
            let main = if problem.is_delivery(visit) {
                problem.partner(visit).unwrap_or(visit)
            } else {
                visit
            };
            if !self.taken.contains(&main) {
                self.taken.push(main);
            }
        }
        state.remove(slot, range);
        for index in from..self.taken.len() {
            let visit = self.taken[index];
            let shared = !state.shared.is_empty() && state.shared[visit as usize];
            let whole = !self.keep_days && !shared && !problem.kind(visit).is_once();
            if problem.partner(visit).is_some() || whole {
                state.remove_visit(visit);
            }
        }
    }

    /// Takes out `string` stops around `at` but leaves a stretch in their middle standing.
    fn take_split(&mut self, state: &mut State, random: &mut Random, slot: usize, at: usize, string: usize) {
        let length = state.routes[slot].stops.len();
        let mut kept = 1;
        while string + kept < length && random.unit() > 0.01 {
            kept += 1;
            // A stretch of geometric length with mean 2, as in the paper's split rate of one half.
            if random.below(2) == 0 {
                break;
            }
        }
        let range = window(random, length, at, string + kept);
        let gap = range.start + random.below(string + 1);
        let stops = &state.routes[slot].stops;
        // A shipment's other end may go with the first part and move the second.
        let second: Vec<u32> = stops[(gap + kept).min(range.end)..range.end].to_vec();
        if range.start < gap {
            self.take(state, slot, range.start..gap);
        }
        if let (Some(first), Some(last)) = (second.first(), second.last()) {
            let at = |call: u32| {
                (state.slot_of[call as usize] == slot as u32).then(|| state.at_of[call as usize] as usize)
            };
            if let (Some(from), Some(to)) = (at(*first), at(*last)) {
                self.take(state, slot, from..to + 1);
            }
        }
    }
}

/// A range of that length within the route that holds `at`.
fn window(random: &mut Random, length: usize, at: usize, string: usize) -> std::ops::Range<usize> {
    let lowest = (at + 1).saturating_sub(string);
    let highest = at.min(length - string);
    let from = lowest + random.below(highest - lowest + 1);
    from..from + string
}
