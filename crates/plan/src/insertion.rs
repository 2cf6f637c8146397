//! What one call more would cost a route, in O(1) a position where the drive is all it costs.

use crate::compiled::{NEVER, Problem, Rows};
use crate::day::{AHEAD, BEHIND, Day};
use crate::route::Route;
use crate::soft::soft_cost;

/// A visit that may be put into a route, unpacked.
pub(crate) struct Inserted<'p> {
    windows: &'p [(i32, i32)],
    service: i32,
    /// Drives to it and from it.
    rows: Rows<'p>,
}

impl<'p> Inserted<'p> {
    #[inline]
    pub(crate) fn new(problem: &'p Problem, day: &Day, visit: u32) -> Self {
        let place = problem.place(visit);
        Self {
            windows: problem.windows(visit, day.slot),
            service: problem.service(visit),
            rows: problem.rows(place),
        }
    }
}

impl Route {
    /// What `call` would add to the travel level before stop `at`, if that is less than `below`; `None` too if something would not fit.
    #[inline]
    pub(crate) fn insertion(
        &self,
        problem: &Problem,
        day: &Day,
        inserted: &Inserted,
        (call, at): (u32, usize),
        below: i64,
    ) -> Option<i64> {
        if day.slow {
            return self.insertion_in_full(problem, day, inserted, (call, at), below);
        }
        self.insertion_below(day, inserted, at, below).map(i64::from)
    }

    fn insertion_in_full(
        &self,
        problem: &Problem,
        day: &Day,
        inserted: &Inserted,
        (call, at): (u32, usize),
        below: i64,
    ) -> Option<i64> {
        // Lateness falls where a stop is skipped, so the drive alone is no lower bound where there is any.
        let most = if self.soft > 0 { i64::MAX } else { below };
        let extra = self.insertion_below(day, inserted, at, most)?;
        if problem.has().mixed_loads && !self.carries(problem, day, Some((call, at))) {
            return None;
        }
        let travel = if problem.has().lateness {
            let mut stops = self.stops.clone();
            stops.insert(at, call);
            i64::from(extra) + soft_cost(problem, day, &stops).0 - self.soft
        } else {
            let more = self.overtime_with(problem, day, call, at) - self.overtime;
            i64::from(extra) + i64::from(more) * day.overtime_price
        };
        (travel < below).then_some(travel)
    }

    /// The same if it is less than `below`. The cheap tests come first.
    #[inline]
    fn insertion_below(&self, day: &Day, visit: &Inserted, at: usize, below: i64) -> Option<i32> {
        let (before, after) = (&self.nodes[at], &self.nodes[at + 1]);
        let (to, from) = (
            visit.rows.drive_to(before.place as usize),
            visit.rows.drive_from(after.place as usize),
        );
        let extra = to + from - before.leg;
        // One branch that is nearly always taken is cheaper than three of which any may be.
        if (to + from + visit.service > before.room)
            | (i64::from(extra) >= below)
            | (self.drive + i64::from(extra) > day.max_drive)
        {
            return None;
        }
        let done = day.serve(day.arrive(before.ready, to), visit.windows, visit.service);
        (done[BEHIND] + from <= after.latest[BEHIND] || done[AHEAD] + from <= after.latest[AHEAD])
            .then_some(extra)
    }

    /// The cheapest position for a call that costs less than `below` in travel and that `may` does not overrule; `may` is asked only about
    /// positions that fit and are the cheapest so far.
    #[inline]
    pub(crate) fn cheapest(
        &self,
        problem: &Problem,
        day: &Day,
        call: u32,
        below: i64,
        mut may: impl FnMut(usize) -> bool,
    ) -> Option<(usize, i64)> {
        if problem.service(call) > self.most_room
            || !problem.has().mixed_loads && !self.has_room(problem, day, call)
        {
            return None;
        }
        let inserted = Inserted::new(problem, day, call);
        if !day.slow {
            return match inserted.rows {
                Rows::Table(to, from) => {
                    self.cheapest_by_drive(day, &inserted, (|p| to[p], |p| from[p]), below, may)
                }
                rows @ Rows::Shared(..) => {
                    let drives = (|p| rows.drive_to(p), |p| rows.drive_from(p));
                    self.cheapest_by_drive(day, &inserted, drives, below, may)
                }
            };
        }
        let (mut best, mut least) = (None, below);
        for at in 0..=self.stops.len() {
            if let Some(travel) = self.insertion(problem, day, &inserted, (call, at), least)
                && may(at)
            {
                least = travel;
                best = Some((at, travel));
            }
        }
        best
    }

    /// The same where the drive is all that an insertion costs: the loop in which most of a search's time is spent.
    #[inline]
    fn cheapest_by_drive(
        &self,
        day: &Day,
        visit: &Inserted,
        (to, from): (impl Fn(usize) -> i32, impl Fn(usize) -> i32),
        below: i64,
        mut may: impl FnMut(usize) -> bool,
    ) -> Option<(usize, i64)> {
        let (&(opens, _), &(_, closes)) = (visit.windows.first()?, visit.windows.last()?);
        let first_done = opens + visit.service;
        // No insertion adds more than two ways of `NEVER`.
        let most = below.min(day.max_drive - self.drive + 1);
        let mut least = most.clamp(i64::from(-NEVER), i64::from(3 * NEVER)) as i32;
        let mut best = None;
        for (at, nodes) in self.nodes.windows(2).enumerate() {
            let (before, after) = (&nodes[0], &nodes[1]);
            // Both times only grow along the route, so only a part of it lies within the visit's windows.
            if after.latest[BEHIND] < first_done {
                continue;
            }
            if before.ready[AHEAD].min(before.ready[BEHIND]) > closes {
                break;
            }
            let (to, from) = (to(before.place as usize), from(after.place as usize));
            let extra = to + from - before.leg;
            if (to + from + visit.service > before.room) | (extra >= least) {
                continue;
            }
            let done = day.serve(day.arrive(before.ready, to), visit.windows, visit.service);
            let fits =
                done[BEHIND] + from <= after.latest[BEHIND] || done[AHEAD] + from <= after.latest[AHEAD];
            if fits && may(at) {
                least = extra;
                best = Some((at, i64::from(extra)));
            }
        }
        best
    }

    /// Overtime if `visit` were put before stop `at`, which must fit.
    fn overtime_with(&self, problem: &Problem, day: &Day, visit: u32, at: usize) -> i32 {
        let mut ready = self.nodes[at].ready;
        let mut here = self.nodes[at].place as usize;
        for &next in std::iter::once(&visit).chain(&self.stops[at..]) {
            let there = problem.place(next);
            let arrive = day.arrive(ready, problem.drive(here, there));
            ready = day.serve(arrive, problem.windows(next, day.slot), problem.service(next));
            here = there;
        }
        (day.arrive(ready, problem.drive(here, day.end))[BEHIND] - day.to).max(0)
    }

    /// The cheapest positions for a pickup and, once it stands, its delivery, and what they add to the travel level, if that is less than
    /// `below`; `may` is asked about whole orders that fit and are the cheapest so far.
    pub(crate) fn cheapest_pair(
        &self,
        problem: &Problem,
        day: &Day,
        (pickup, delivery): (u32, u32),
        below: i64,
        mut may: impl FnMut(&[u32]) -> bool,
    ) -> Option<(usize, usize, i64)> {
        let (first, second) = (
            Inserted::new(problem, day, pickup),
            Inserted::new(problem, day, delivery),
        );
        let (mut best, mut least) = (None, below);
        for at in 0..=self.stops.len() {
            if self.insertion_below(day, &first, at, i64::MAX).is_none() {
                continue;
            }
            let mut with = self.clone();
            with.insert(problem, day, pickup, at);
            for then in at + 1..=with.stops.len() {
                if with.insertion_below(day, &second, then, i64::MAX).is_none() {
                    continue;
                }
                let mut both = with.clone();
                both.insert(problem, day, delivery, then);
                let travel = both.travel() - self.travel();
                if travel < least && both.fits(day) && may(&both.stops) {
                    least = travel;
                    best = Some((at, then, travel));
                }
            }
        }
        best
    }
}
