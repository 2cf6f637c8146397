//! Parts of VROOM's input as the planner counts them: places, skills, times, amounts, priorities.

use std::collections::HashMap;

use ::plan::{PlaceId, Skills, Span, TimeOfDay, Window, Windows};
use geom::LngLat;

use super::Refusal;
use super::input::Input;

/// A vehicle without a time window may drive for so long, in seconds: nearly a year.
pub(super) const LONG: i64 = 31_000_000;
/// A place of the input.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub at: Option<LngLat>,
    /// Row of the matrices.
    pub index: Option<usize>,
}

/// Places by what names them.
#[derive(Default)]
pub(super) struct Places {
    known: HashMap<(u64, u64, Option<usize>), PlaceId>,
    pub all: Vec<Place>,
}

impl Places {
    pub fn get(
        &mut self,
        what: &str,
        at: Option<[f64; 2]>,
        index: Option<usize>,
    ) -> Result<PlaceId, Refusal> {
        let point = match at {
            Some([lng, lat]) => {
                Some(LngLat::new(lng, lat).map_err(|e| Refusal::input(format!("{what}: {e}.")))?)
            }
            None => None,
        };
        if point.is_none() && index.is_none() {
            return Err(Refusal::input(format!(
                "{what} has neither a location nor a location index."
            )));
        }
        let bits = at.unwrap_or_default().map(f64::to_bits);
        let key = match index {
            Some(index) => (0, 0, Some(index)),
            None => (bits[0], bits[1], None),
        };
        let next = PlaceId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        let place = *self.known.entry(key).or_insert(next);
        if place == next {
            self.all.push(Place { at: point, index });
        }
        Ok(place)
    }
}

/// Skills of the input as bits.
pub(super) struct SkillBits(Vec<u32>);

impl SkillBits {
    pub fn of(input: &Input) -> Result<Self, Refusal> {
        let jobs = input.jobs.iter().flat_map(|j| &j.skills);
        let shipments = input.shipments.iter().flat_map(|s| &s.skills);
        let mut all: Vec<u32> = jobs.chain(shipments).copied().collect();
        all.sort_unstable();
        all.dedup();
        if all.len() > 64 {
            return Err(Refusal::input(format!(
                "{} different skills; at most 64 are told apart.",
                all.len()
            )));
        }
        Ok(Self(all))
    }

    pub fn bits(&self, skills: &[u32]) -> Skills {
        let known = skills.iter().filter_map(|s| self.0.binary_search(s).ok());
        Skills(known.fold(0, |bits, at| bits | 1 << at))
    }
}

/// The input's times relative to the earliest of them, so that seconds since 1970 are taken too.
pub(super) struct Clock {
    pub base: i64,
}

impl Clock {
    pub fn of(input: &Input) -> Self {
        let jobs = input.jobs.iter().flat_map(|j| &j.time_windows);
        let ends = input.shipments.iter().flat_map(|s| [&s.pickup, &s.delivery]);
        let vehicles = input.vehicles.iter().filter_map(|v| v.time_window.as_ref());
        let breaks = input
            .vehicles
            .iter()
            .flat_map(|v| v.breaks.iter().flat_map(|b| &b.time_windows));
        let all = jobs
            .chain(ends.flat_map(|s| &s.time_windows))
            .chain(vehicles)
            .chain(breaks);
        Self {
            base: all.map(|w| w[0]).min().unwrap_or(0),
        }
    }

    pub fn at(&self, what: &str, time: i64) -> Result<TimeOfDay, Refusal> {
        let seconds = time - self.base;
        // What is later than a year is as good as never closed.
        i32::try_from(seconds.min(LONG))
            .ok()
            .filter(|s| *s >= 0)
            .map(TimeOfDay)
            .ok_or_else(|| Refusal::input(format!("{what}: {time} is no time that can be planned.")))
    }

    pub fn window(&self, what: &str, window: [i64; 2]) -> Result<Window, Refusal> {
        if window[1] < window[0] {
            return Err(Refusal::input(format!(
                "{what}: the time window [{}, {}] ends before it begins.",
                window[0], window[1]
            )));
        }
        Ok(Window::new(self.at(what, window[0])?, self.at(what, window[1])?))
    }

    pub fn windows(&self, what: &str, windows: &[[i64; 2]]) -> Result<Windows, Refusal> {
        if windows.is_empty() {
            return Ok(Windows::Any);
        }
        let windows: Result<Vec<Window>, Refusal> = windows.iter().map(|w| self.window(what, *w)).collect();
        Ok(Windows::Daily(windows?))
    }
}

pub(super) fn span(what: &str, seconds: i64) -> Result<Span, Refusal> {
    i32::try_from(seconds)
        .ok()
        .filter(|s| (0..=31_536_000).contains(s))
        .map(Span)
        .ok_or_else(|| Refusal::input(format!("{what}: {seconds} seconds cannot be planned.")))
}

/// A load with so many dimensions.
pub(super) fn amounts(what: &str, given: &[i64], dimensions: usize) -> Result<Vec<u32>, Refusal> {
    let mut all = vec![0; dimensions];
    for (to, amount) in all.iter_mut().zip(given) {
        *to = u32::try_from(*amount)
            .map_err(|_| Refusal::input(format!("{what}: the amount {amount} cannot be planned.")))?;
    }
    Ok(all)
}

/// A priority of 100 outweighs any number of lower ones only by their sum, as in VROOM; among equals more tasks win.
pub(super) fn prize(what: &str, priority: u32) -> Result<u32, Refusal> {
    if priority > 100 {
        return Err(Refusal::input(format!(
            "{what}: the priority {priority} is above 100."
        )));
    }
    Ok(priority * 9_999 + 1)
}
