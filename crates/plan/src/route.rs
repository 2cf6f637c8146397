//! One slot's order with what makes an insertion test O(1): earliest times forward and latest times backward, each with the pause
//! still to come and with the pause behind.
//!
//! Everything that can happen between two stops (drive, wait, pause, visit) turns an earlier time into an earlier or equal one, so
//! "as early as possible" is never wrong and one number a state is enough, several windows a visit included.

use crate::compiled::{NEVER, Problem};

/// The pause is still to come.
const AHEAD: usize = 0;
/// The pause is behind, or there is none.
const BEHIND: usize = 1;

/// An order of visits in one slot. Node 0 is the start, node `i` the stop `i - 1`, the last node the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    pub(crate) stops: Vec<u32>,
    /// Earliest time at which the work at the node is done; `NEVER` if it cannot be.
    ready: Vec<[i32; 2]>,
    /// Latest arrival at the node from which the rest still fits.
    latest: Vec<[i32; 2]>,
    /// The place of each node.
    places: Vec<u32>,
    /// The drive from each node to the next; none on an empty day.
    legs: Vec<i32>,
    /// Seconds of driving; 64 bits, as missing ways count `NEVER` each.
    pub(crate) drive: i64,
    /// Seconds past the shift's end.
    pub(crate) overtime: i32,
}

/// A visit that may be put into a route, unpacked.
struct Inserted<'p> {
    windows: &'p [(i32, i32)],
    service: i32,
    /// Drives to it by place, and from it.
    drive_to: &'p [i32],
    drive_from: &'p [i32],
}

impl<'p> Inserted<'p> {
    #[inline]
    fn new(problem: &'p Problem, day: &Day, visit: u32) -> Self {
        let place = problem.place(visit);
        Self {
            windows: problem.windows(visit, day.slot),
            service: problem.service(visit),
            drive_to: problem.drives_to(place),
            drive_from: problem.drives_from(place),
        }
    }
}

/// What the search needs to know of a slot, unpacked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    pub(crate) slot: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) from: i32,
    /// End of the shift.
    pub(crate) to: i32,
    /// End of the shift with all overtime.
    pub(crate) last: i32,
    pub(crate) overtime_price: i64,
    pub(crate) max_drive: i64,
    pub(crate) lunch: i32,
    lunch_from: i32,
    lunch_to: i32,
}

impl Day {
    pub(crate) fn new(problem: &Problem, slot: usize) -> Self {
        let s = &problem.slots()[slot];
        // A slot without a pause has one that can never be taken; its routes start with the pause behind them.
        let (lunch, lunch_from, lunch_to) = s
            .lunch
            .map_or((0, 0, -NEVER), |l| (l.length.0, l.within.from.0, l.within.to.0));
        Self {
            slot,
            start: s.start.0 as usize,
            end: s.end.0 as usize,
            from: s.shift.from.0,
            to: s.shift.to.0,
            last: s.shift.to.0 + s.overtime.map_or(0, |o| o.at_most.0),
            overtime_price: s.overtime.map_or(0, |o| i64::from(o.price)),
            max_drive: s.max_drive.map_or(i64::from(NEVER), |d| i64::from(d.0)),
            lunch,
            lunch_from,
            lunch_to,
        }
    }

    /// The same day with no end.
    pub(crate) fn endless(self) -> Self {
        Self {
            to: NEVER / 2,
            last: NEVER / 2,
            max_drive: i64::from(NEVER),
            ..self
        }
    }

    /// When a pause begun as soon as possible after `time` is over.
    #[inline]
    pub(crate) fn eat(&self, time: i32) -> i32 {
        let over = time.max(self.lunch_from) + self.lunch;
        if over <= self.lunch_to { over } else { NEVER }
    }

    /// The latest time from which the pause can be over by `by`.
    #[inline]
    fn uneat(&self, by: i32) -> i32 {
        if self.lunch_from + self.lunch <= by.min(self.lunch_to) {
            by.min(self.lunch_to) - self.lunch
        } else {
            -NEVER
        }
    }

    /// Times at the start, ready to leave.
    #[inline]
    fn leave(&self) -> [i32; 2] {
        if self.lunch == 0 {
            [NEVER, self.from]
        } else {
            [self.from, self.eat(self.from)]
        }
    }

    /// Times after a drive.
    #[inline]
    fn arrive(&self, ready: [i32; 2], drive: i32) -> [i32; 2] {
        let ahead = ready[AHEAD] + drive;
        [ahead, (ready[BEHIND] + drive).min(self.eat(ahead))]
    }

    /// Times after a visit.
    #[inline]
    fn serve(&self, arrive: [i32; 2], windows: &[(i32, i32)], service: i32) -> [i32; 2] {
        let ahead = next_start(windows, arrive[AHEAD]) + service;
        [
            ahead,
            (next_start(windows, arrive[BEHIND]) + service).min(self.eat(ahead)),
        ]
    }
}

/// The first moment at or after `time` at which the visit may begin.
#[inline]
pub(crate) fn next_start(windows: &[(i32, i32)], time: i32) -> i32 {
    for &(from, to) in windows {
        if time <= to {
            return time.max(from);
        }
    }
    NEVER
}

/// The last moment at or before `time` at which the visit may begin.
#[inline]
fn last_start(windows: &[(i32, i32)], time: i32) -> i32 {
    for &(from, to) in windows.iter().rev() {
        if from <= time {
            return time.min(to);
        }
    }
    -NEVER
}

impl Route {
    pub(crate) fn new(problem: &Problem, day: &Day, stops: Vec<u32>) -> Self {
        let mut route = Self {
            stops,
            ..Self::default()
        };
        route.refresh(problem, day);
        route
    }

    /// Works everything out again after `stops` changed.
    pub(crate) fn refresh(&mut self, problem: &Problem, day: &Day) {
        let n = self.stops.len();
        self.places.clear();
        self.places.push(day.start as u32);
        self.places.extend(self.stops.iter().map(|&visit| problem.place(visit) as u32));
        self.places.push(day.end as u32);
        self.legs.clear();
        self.legs.extend(self.places.windows(2).map(|leg| problem.drive(leg[0] as usize, leg[1] as usize)));

        self.ready.clear();
        self.ready.push(day.leave());
        for (at, &visit) in self.stops.iter().enumerate() {
            let arrive = day.arrive(self.ready[at], self.legs[at]);
            self.ready.push(day.serve(arrive, problem.windows(visit, day.slot), problem.service(visit)));
        }
        self.ready.push(day.arrive(self.ready[n], self.legs[n]));

        self.latest.clear();
        self.latest.resize(n + 2, [0, 0]);
        self.latest[n + 1] = [day.uneat(day.last), day.last];
        for node in (1..=n).rev() {
            let visit = self.stops[node - 1];
            let windows = problem.windows(visit, day.slot);
            let service = problem.service(visit);
            let done = self.latest[node + 1][BEHIND] - self.legs[node];
            let done_ahead = (self.latest[node + 1][AHEAD] - self.legs[node]).max(day.uneat(done));
            let behind = last_start(windows, done - service);
            self.latest[node] = [last_start(windows, done_ahead - service).max(day.uneat(behind)), behind];
        }

        if n == 0 {
            // The rep stays at home.
            self.legs[0] = 0;
            (self.drive, self.overtime) = (0, 0);
        } else {
            self.drive = self.legs.iter().map(|&leg| i64::from(leg)).sum();
            self.overtime = (self.ready[n + 1][BEHIND] - day.to).max(0);
        }
    }

    /// All windows, the pause, the shift and the driving limit hold (locked orders are not looked at).
    pub(crate) fn fits(&self, day: &Day) -> bool {
        self.stops.is_empty()
            || (self.ready[self.stops.len() + 1][BEHIND] <= day.last && self.drive <= day.max_drive)
    }

    /// When the day is over, `NEVER` if it cannot be driven.
    pub(crate) fn finish(&self) -> i32 {
        self.ready[self.stops.len() + 1][BEHIND].min(NEVER)
    }

    /// Latest arrival at stop `at` with the pause behind or still ahead.
    pub(crate) fn latest_start(&self, at: usize, pause_behind: bool) -> i32 {
        self.latest[at + 1][usize::from(pause_behind)]
    }

    /// Extra driving if `visit` were put before stop `at`; `None` if something would not fit.
    #[inline]
    pub(crate) fn insertion(&self, problem: &Problem, day: &Day, visit: u32, at: usize) -> Option<i32> {
        self.insertion_of(day, &Inserted::new(problem, day, visit), at)
    }

    #[inline]
    fn insertion_of(&self, day: &Day, visit: &Inserted, at: usize) -> Option<i32> {
        let (before, after) = (self.places[at] as usize, self.places[at + 1] as usize);
        let (to, from) = (visit.drive_to[before], visit.drive_from[after]);
        let extra = to + from - self.legs[at];
        if self.drive + i64::from(extra) > day.max_drive {
            return None;
        }
        let arrive = day.arrive(self.ready[at], to);
        let done = day.serve(arrive, visit.windows, visit.service);
        let latest = self.latest[at + 1];
        (done[BEHIND] + from <= latest[BEHIND] || done[AHEAD] + from <= latest[AHEAD]).then_some(extra)
    }

    /// The positions at which the windows of a visit could possibly be kept: times rise along a route, forward and backward ones.
    #[inline]
    fn positions(&self, visit: &Inserted) -> std::ops::Range<usize> {
        let [.., (_, closes)] = visit.windows else { return 0..0 };
        let over = visit.windows[0].0 + visit.service;
        let n = self.stops.len();
        let mut first = 0;
        while first < n && self.latest[first + 1][BEHIND] < over {
            first += 1;
        }
        let mut end = n + 1;
        while end > first + 1 && self.ready[end - 1][AHEAD].min(self.ready[end - 1][BEHIND]) > *closes {
            end -= 1;
        }
        first..end
    }

    /// The cheapest position for a visit that costs less than `below` in travel and that `may` does not overrule; `may` is asked only about
    /// positions that fit and are the cheapest so far.
    #[inline]
    pub(crate) fn cheapest(
        &self,
        problem: &Problem,
        day: &Day,
        visit: u32,
        below: i64,
        mut may: impl FnMut(usize) -> bool,
    ) -> Option<(usize, i64)> {
        let inserted = Inserted::new(problem, day, visit);
        let mut best = None;
        let mut least = below;
        for at in self.positions(&inserted) {
            let Some(extra) = self.insertion_of(day, &inserted, at) else { continue };
            let mut travel = i64::from(extra);
            if day.overtime_price != 0 {
                let more = self.overtime_with(problem, day, visit, at) - self.overtime;
                travel += i64::from(more) * day.overtime_price;
            }
            if travel < least && may(at) {
                least = travel;
                best = Some((at, travel));
            }
        }
        best
    }

    /// Overtime if `visit` were put before stop `at`, which must fit.
    pub(crate) fn overtime_with(&self, problem: &Problem, day: &Day, visit: u32, at: usize) -> i32 {
        let mut ready = self.ready[at];
        let mut here = self.places[at] as usize;
        for &next in std::iter::once(&visit).chain(&self.stops[at..]) {
            let there = problem.place(next);
            let arrive = day.arrive(ready, problem.drive(here, there));
            ready = day.serve(arrive, problem.windows(next, day.slot), problem.service(next));
            here = there;
        }
        (day.arrive(ready, problem.drive(here, day.end))[BEHIND] - day.to).max(0)
    }

    /// What the slot adds to [`crate::Cost::travel`].
    pub(crate) fn travel(&self, day: &Day) -> i64 {
        self.drive + i64::from(self.overtime) * day.overtime_price
    }
}

impl Day {
    /// From when to when a pause is taken if it begins as soon as possible after `time`, in its window or too late.
    pub(crate) fn pause_from(&self, time: i32) -> (i32, i32) {
        let from = time.max(self.lunch_from);
        (from, from + self.lunch)
    }

    /// How long after its window a pause ends.
    pub(crate) fn pause_late(&self, end: i32) -> i32 {
        (end - self.lunch_to).max(0)
    }
}
