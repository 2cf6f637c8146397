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
    /// Seconds of driving; 64 bits, as missing ways count `NEVER` each.
    pub(crate) drive: i64,
    /// Seconds past the shift's end.
    pub(crate) overtime: i32,
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

    fn place(&self, problem: &Problem, day: &Day, node: usize) -> usize {
        if node == 0 {
            day.start
        } else if node > self.stops.len() {
            day.end
        } else {
            problem.place(self.stops[node - 1])
        }
    }

    /// Works everything out again after `stops` changed.
    pub(crate) fn refresh(&mut self, problem: &Problem, day: &Day) {
        let n = self.stops.len();
        self.ready.clear();
        self.ready.push(day.leave());
        self.drive = 0;
        let mut here = day.start;
        for &visit in &self.stops {
            let there = problem.place(visit);
            let drive = problem.drive(here, there);
            self.drive += i64::from(drive);
            let arrive = day.arrive(self.ready[self.ready.len() - 1], drive);
            let service = problem.visits()[visit as usize].service.0;
            self.ready
                .push(day.serve(arrive, problem.windows(visit, day.slot), service));
            here = there;
        }
        let home = problem.drive(here, day.end);
        self.ready.push(day.arrive(self.ready[n], home));
        self.drive = if n == 0 { 0 } else { self.drive + i64::from(home) };
        self.overtime = if n == 0 {
            0
        } else {
            (self.ready[n + 1][BEHIND] - day.to).max(0)
        };

        self.latest.clear();
        self.latest.resize(n + 2, [0, 0]);
        self.latest[n + 1] = [day.uneat(day.last), day.last];
        let mut there = day.end;
        for node in (1..=n).rev() {
            let visit = self.stops[node - 1];
            let here = problem.place(visit);
            let drive = problem.drive(here, there);
            let windows = problem.windows(visit, day.slot);
            let service = problem.visits()[visit as usize].service.0;
            let done = self.latest[node + 1][BEHIND] - drive;
            let done_ahead = (self.latest[node + 1][AHEAD] - drive).max(day.uneat(done));
            let behind = last_start(windows, done - service);
            self.latest[node] = [
                last_start(windows, done_ahead - service).max(day.uneat(behind)),
                behind,
            ];
            there = here;
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
        let (before, after) = (self.place(problem, day, at), self.place(problem, day, at + 1));
        let here = problem.place(visit);
        let (to, from) = (problem.drive(before, here), problem.drive(here, after));
        let skipped = if self.stops.is_empty() {
            0
        } else {
            problem.drive(before, after)
        };
        let extra = to + from - skipped;
        if self.drive + i64::from(extra) > day.max_drive {
            return None;
        }
        let arrive = day.arrive(self.ready[at], to);
        let service = problem.visits()[visit as usize].service.0;
        let done = day.serve(arrive, problem.windows(visit, day.slot), service);
        let latest = self.latest[at + 1];
        (done[BEHIND] + from <= latest[BEHIND] || done[AHEAD] + from <= latest[AHEAD]).then_some(extra)
    }

    /// Overtime if `visit` were put before stop `at`, which must fit.
    pub(crate) fn overtime_with(&self, problem: &Problem, day: &Day, visit: u32, at: usize) -> i32 {
        let mut ready = self.ready[at];
        let mut here = self.place(problem, day, at);
        for &next in std::iter::once(&visit).chain(&self.stops[at..]) {
            let there = problem.place(next);
            let service = problem.visits()[next as usize].service.0;
            ready = day.serve(
                day.arrive(ready, problem.drive(here, there)),
                problem.windows(next, day.slot),
                service,
            );
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
