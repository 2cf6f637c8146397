//! Ruin: strings of consecutive stops near a random visit are taken out, one string a route; or, now and then, a few stops from anywhere.

use crate::compiled::{NEVER, Problem};
use crate::random::Random;
use crate::state::{ABSENT, State};

/// Stops taken out on average.
const MEAN_REMOVED: f64 = 10.0;
/// The longest string.
const LONGEST: f64 = 10.0;
/// One ruin in this many takes stops from anywhere, at most so many.
const SCATTERED: usize = 4;
const MOST_SCATTERED: usize = 4;
/// How many near visits are looked at.
const NEAR: usize = 100;

pub(crate) struct Ruin {
    /// By visit, the visits near it, itself first.
    near: Vec<Vec<u32>>,
    ruined: Vec<usize>,
}

impl Ruin {
    pub(crate) fn new(problem: &Problem) -> Self {
        let placed: Vec<u32> = (0..problem.visits().len() as u32)
            .filter(|&v| problem.visits()[v as usize].place.is_some())
            .collect();
        let mut near = vec![Vec::new(); problem.visits().len()];
        for &visit in &placed {
            let here = problem.place(visit);
            let mut others: Vec<(i64, u32)> = placed
                .iter()
                .map(|&other| {
                    let there = problem.place(other);
                    let both = i64::from(problem.drive(here, there)) + i64::from(problem.drive(there, here));
                    (if other == visit { -1 } else { both }, other)
                })
                .filter(|&(both, _)| both < i64::from(NEVER))
                .collect();
            let keep = NEAR.min(others.len());
            if keep < others.len() {
                others.select_nth_unstable(keep);
                others.truncate(keep);
            }
            others.sort_unstable();
            near[visit as usize] = others.into_iter().map(|(_, other)| other).collect();
        }
        Self {
            near,
            ruined: Vec::new(),
        }
    }

    /// Takes out; what was taken is then among the absent. Says near which visit it did.
    pub(crate) fn run(&mut self, state: &mut State, random: &mut Random) -> Option<u32> {
        let (mut planned, mut driven) = (0, 0);
        for route in &state.routes {
            planned += route.stops.len();
            driven += usize::from(!route.stops.is_empty());
        }
        if planned == 0 {
            return None;
        }
        if random.below(SCATTERED) == 0 {
            for left in (planned.saturating_sub(MOST_SCATTERED)..planned)
                .rev()
                .take(1 + random.below(MOST_SCATTERED))
            {
                remove_any(state, random.below(left + 1));
            }
            return Some(random.below(self.near.len()) as u32);
        }
        let longest = LONGEST.min(planned as f64 / driven as f64);
        let most_strings = (4.0 * MEAN_REMOVED / (1.0 + longest) - 1.0).max(1.0);
        let strings = ((random.unit() * most_strings) as usize + 1).min(driven);
        let seed = random.below(self.near.len());
        self.ruined.clear();
        for &visit in &self.near[seed] {
            if self.ruined.len() >= strings {
                break;
            }
            let slot = state.slot_of[visit as usize];
            if slot == ABSENT || self.ruined.contains(&(slot as usize)) {
                continue;
            }
            let slot = slot as usize;
            self.ruined.push(slot);
            let stops = &state.routes[slot].stops;
            let length = stops.len();
            let at = stops
                .iter()
                .position(|&v| v == visit)
                .expect("slot_of says the visit is in this route");
            let string = (random.unit() * longest.min(length as f64)) as usize + 1;
            let string = string.min(length);
            if string > 1 && string < length && random.below(2) == 0 {
                remove_split(state, random, slot, at, string);
            } else {
                let range = window(random, length, at, string);
                state.remove(slot, range);
            }
        }
        Some(seed as u32)
    }

    /// Visits near that one, itself first.
    pub(crate) fn near(&self, visit: u32) -> &[u32] {
        &self.near[visit as usize]
    }
}

/// Takes out the stop of that number, counted over all routes.
fn remove_any(state: &mut State, mut number: usize) {
    for slot in 0..state.routes.len() {
        let length = state.routes[slot].stops.len();
        if number < length {
            return state.remove(slot, number..number + 1);
        }
        number -= length;
    }
}

/// A range of that length within the route that holds `at`.
fn window(random: &mut Random, length: usize, at: usize, string: usize) -> std::ops::Range<usize> {
    let lowest = (at + 1).saturating_sub(string);
    let highest = at.min(length - string);
    let from = lowest + random.below(highest - lowest + 1);
    from..from + string
}

/// Takes out `string` stops around `at` but leaves a stretch in their middle standing.
fn remove_split(state: &mut State, random: &mut Random, slot: usize, at: usize, string: usize) {
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
    if gap + kept < range.end {
        state.remove(slot, gap + kept..range.end);
    }
    if range.start < gap {
        state.remove(slot, range.start..gap);
    }
}
