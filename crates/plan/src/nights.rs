//! Nights away: for each rep, the cheapest choice of where to sleep between two days, given what is visited on each.

use crate::compiled::NEVER;
use crate::day::Day;
use crate::route::Route;
use crate::state::State;

/// A way through the days up to one night: cost, and the choice of each night before.
type Way = (i64, Vec<u32>);

/// Chooses all nights of all reps anew. Days that fit no choice keep their own start and end.
pub(crate) fn settle(state: &mut State) {
    if !state.problem.has().nights {
        return;
    }
    let slots = state.problem.slots().len();
    let mut is_next = vec![false; slots];
    (0..slots)
        .filter_map(|s| state.problem.next_of(s))
        .for_each(|s| is_next[s] = true);
    for first in (0..slots).filter(|&s| !is_next[s] && !state.problem.slots()[s].absent) {
        let mut chain = vec![first];
        while let Some(next) = state.problem.next_of(chain[chain.len() - 1]) {
            chain.push(next);
        }
        choose(state, &chain);
    }
}

fn choose(state: &mut State, chain: &[usize]) {
    // Ways by where the coming day starts: 0 for its own start, or a place of the night before.
    let mut ways: Vec<(u32, Way)> = vec![(0, (0, Vec::new()))];
    for (index, &slot) in chain.iter().enumerate() {
        let mut next: Vec<(u32, Way)> = Vec::new();
        for night in 0..=choices(state, chain, index) {
            let mut best: Option<Way> = None;
            for (start, (cost, before)) in &ways {
                let previous = index.checked_sub(1).map(|i| chain[i]);
                let Some(travel) = priced(state, slot, previous, *start, night) else {
                    continue;
                };
                if best.as_ref().is_none_or(|(least, _)| cost + travel < *least) {
                    let mut all = before.clone();
                    all.push(night);
                    best = Some((cost + travel, all));
                }
            }
            next.extend(best.map(|way| (night, way)));
        }
        ways = next;
    }
    let best = ways.into_iter().map(|(_, way)| way).min();
    let Some((_, nights)) = best else { return };
    for (index, &slot) in chain.iter().enumerate() {
        state.sleep(slot, nights[index]);
    }
}

/// Places to sleep at after a slot: none after the last day, or next to a day without visits.
fn choices(state: &State, chain: &[usize], index: usize) -> u32 {
    let slot = chain[index];
    let used = |s: usize| !state.routes[s].stops.is_empty();
    let possible = chain
        .get(index + 1)
        .is_some_and(|&next| used(slot) && used(next) && state.open[next]);
    let places = state.problem.slots()[slot]
        .overnight
        .as_ref()
        .map_or(0, |o| o.places.len());
    if possible && state.open[slot] {
        places as u32
    } else {
        0
    }
}

fn priced(state: &State, slot: usize, previous: Option<usize>, start: u32, night: u32) -> Option<i64> {
    let day = state.day_with(slot, previous, start, night);
    let route = Route::new(state.problem, &day, state.routes[slot].stops.clone());
    let price = if night > 0 { state.night_price(slot) } else { 0 };
    let broken = !route.fits(&day) || route.drive >= i64::from(NEVER);
    // A day that fits in no way is mended later; it must not keep the others from being chosen.
    let own = start == 0 && night == 0;
    (!broken || own).then(|| price + if broken { i64::from(NEVER) } else { route.travel() })
}

impl State<'_> {
    /// The slot with the start that the night before gives and the end that the night gives.
    fn day_with(&self, slot: usize, previous: Option<usize>, start: u32, night: u32) -> Day {
        let mut day = Day::new(self.problem, slot);
        if let (Some(previous), 1..) = (previous, start) {
            day.start = self.bed(previous, start);
        }
        if night > 0 {
            day.end = self.bed(slot, night);
        }
        day
    }

    fn bed(&self, slot: usize, night: u32) -> usize {
        let overnight = self.problem.slots()[slot].overnight.as_ref();
        overnight.map_or(self.days[slot].end, |o| o.places[night as usize - 1].0 as usize)
    }

    fn night_price(&self, slot: usize) -> i64 {
        self.problem.slots()[slot]
            .overnight
            .as_ref()
            .map_or(0, |o| i64::from(o.price))
    }

    /// Sleeps somewhere after a slot: moves its end and the next slot's start.
    pub(crate) fn sleep(&mut self, slot: usize, night: u32) {
        let was = self.nights[slot];
        if was == night {
            return;
        }
        let mut day = self.days[slot];
        day.end = Day::new(self.problem, slot).end;
        if night > 0 {
            day.end = self.bed(slot, night);
        }
        self.redraw(slot, day);
        self.nights[slot] = night;
        let price = self.night_price(slot);
        self.cost.travel += price * (i64::from(night > 0) - i64::from(was > 0));
        if let Some(next) = self.problem.next_of(slot) {
            let mut day = self.days[next];
            day.start = Day::new(self.problem, next).start;
            if night > 0 {
                day.start = self.bed(slot, night);
            }
            self.redraw(next, day);
        }
    }

    /// Nobody sleeps away before or after a day without visits.
    pub(crate) fn night_holds(&self, slot: usize) -> bool {
        !self.problem.has().nights
            || !self.routes[slot].stops.is_empty()
            || (self.nights[slot] == 0 && self.days[slot].start == Day::new(self.problem, slot).start)
    }
}
