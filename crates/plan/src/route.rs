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
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Route {
    pub(crate) stops: Vec<u32>,
    nodes: Vec<Node>,
    /// The most `Node::room` there is.
    most_room: i32,
    /// Seconds of driving; 64 bits, as missing ways count `NEVER` each.
    pub(crate) drive: i64,
    /// Seconds past the shift's end.
    pub(crate) overtime: i32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Node {
    place: u32,
    /// The drive to the next node; none on an empty day.
    leg: i32,
    /// Earliest time at which the work here is done; `NEVER` if it cannot be.
    ready: [i32; 2],
    /// Latest arrival here from which the rest still fits.
    latest: [i32; 2],
    /// At most this much time is there for getting from here to the next node.
    room: i32,
}

impl Node {
    fn at(place: usize) -> Self {
        Self {
            place: place as u32,
            leg: 0,
            ready: [NEVER; 2],
            latest: [-NEVER; 2],
            room: -NEVER,
        }
    }
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
        self.nodes.clear();
        self.nodes.push(Node::at(day.start));
        self.nodes
            .extend(self.stops.iter().map(|&visit| Node::at(problem.place(visit))));
        self.nodes.push(Node::at(day.end));
        self.nodes[0].ready = day.leave();
        self.nodes[n + 1].latest = [day.uneat(day.last), day.last];
        if n > 0 {
            // Without a stop the rep stays at home.
            (0..=n).for_each(|node| self.set_leg(problem, node));
        }
        self.drive = self.nodes.iter().map(|node| i64::from(node.leg)).sum();
        self.forward(problem, day, 1, n + 1);
        self.backward(problem, day, n, 1);
        self.finish_up(day);
    }

    /// Puts a visit before stop `at`.
    pub(crate) fn insert(&mut self, problem: &Problem, day: &Day, visit: u32, at: usize) {
        self.stops.insert(at, visit);
        if self.stops.len() == 1 {
            return self.refresh(problem, day);
        }
        self.drive -= i64::from(self.nodes[at].leg);
        self.nodes.insert(at + 1, Node::at(problem.place(visit)));
        self.set_leg(problem, at);
        self.set_leg(problem, at + 1);
        self.drive += i64::from(self.nodes[at].leg) + i64::from(self.nodes[at + 1].leg);
        self.forward(problem, day, at + 1, at + 1);
        self.backward(problem, day, at + 1, at + 1);
        self.finish_up(day);
    }

    /// Takes a range of stops out.
    pub(crate) fn remove(&mut self, problem: &Problem, day: &Day, range: std::ops::Range<usize>) {
        self.stops.drain(range.clone());
        if self.stops.is_empty() {
            return self.refresh(problem, day);
        }
        self.drive -= self.nodes[range.start..=range.end]
            .iter()
            .map(|node| i64::from(node.leg))
            .sum::<i64>();
        self.nodes.drain(range.start + 1..=range.end);
        self.set_leg(problem, range.start);
        self.drive += i64::from(self.nodes[range.start].leg);
        self.forward(problem, day, range.start + 1, range.start + 1);
        self.backward(problem, day, range.start, range.start);
        self.finish_up(day);
    }

    fn set_leg(&mut self, problem: &Problem, node: usize) {
        self.nodes[node].leg = problem.drive(
            self.nodes[node].place as usize,
            self.nodes[node + 1].place as usize,
        );
    }

    /// Earliest times from that node on; may stop after `at_least` as soon as nothing changes.
    fn forward(&mut self, problem: &Problem, day: &Day, from: usize, at_least: usize) {
        let n = self.stops.len();
        for node in from..=n + 1 {
            let before = self.nodes[node - 1];
            let mut ready = day.arrive(before.ready, before.leg);
            if node <= n {
                let visit = self.stops[node - 1];
                ready = day.serve(ready, problem.windows(visit, day.slot), problem.service(visit));
            }
            if node > at_least && self.nodes[node].ready == ready {
                return;
            }
            self.nodes[node].ready = ready;
        }
    }

    /// Latest times from that node back; may stop before `at_most` as soon as nothing changes.
    fn backward(&mut self, problem: &Problem, day: &Day, from: usize, at_most: usize) {
        for node in (1..=from).rev() {
            let (visit, leg, after) = (
                self.stops[node - 1],
                self.nodes[node].leg,
                self.nodes[node + 1].latest,
            );
            let windows = problem.windows(visit, day.slot);
            let service = problem.service(visit);
            let done = after[BEHIND] - leg;
            let done_ahead = (after[AHEAD] - leg).max(day.uneat(done));
            let behind = last_start(windows, done - service);
            let latest = [
                last_start(windows, done_ahead - service).max(day.uneat(behind)),
                behind,
            ];
            if node < at_most && self.nodes[node].latest == latest {
                return;
            }
            self.nodes[node].latest = latest;
        }
    }

    fn finish_up(&mut self, day: &Day) {
        let n = self.stops.len();
        self.most_room = -NEVER;
        for node in 0..=n {
            let ready = self.nodes[node].ready;
            let room = self.nodes[node + 1].latest[BEHIND] - ready[AHEAD].min(ready[BEHIND]);
            self.nodes[node].room = room;
            self.most_room = self.most_room.max(room);
        }
        self.overtime = if n == 0 {
            0
        } else {
            (self.nodes[n + 1].ready[BEHIND] - day.to).max(0)
        };
    }

    /// All windows, the pause, the shift and the driving limit hold (locked orders are not looked at).
    pub(crate) fn fits(&self, day: &Day) -> bool {
        self.stops.is_empty()
            || (self.nodes[self.stops.len() + 1].ready[BEHIND] <= day.last && self.drive <= day.max_drive)
    }

    /// When the day is over, `NEVER` if it cannot be driven.
    pub(crate) fn finish(&self) -> i32 {
        self.nodes[self.stops.len() + 1].ready[BEHIND].min(NEVER)
    }

    /// Latest arrival at stop `at` with the pause behind or still ahead.
    pub(crate) fn latest_start(&self, at: usize, pause_behind: bool) -> i32 {
        self.nodes[at + 1].latest[usize::from(pause_behind)]
    }

    /// Extra driving if `visit` were put before stop `at`; `None` if something would not fit.
    pub(crate) fn insertion(&self, problem: &Problem, day: &Day, visit: u32, at: usize) -> Option<i32> {
        self.insertion_below(day, &Inserted::new(problem, day, visit), at, i64::MAX)
    }

    /// The same if it is less than `below`. The cheap tests come first.
    #[inline]
    fn insertion_below(&self, day: &Day, visit: &Inserted, at: usize, below: i64) -> Option<i32> {
        let (before, after) = (&self.nodes[at], &self.nodes[at + 1]);
        let (to, from) = (
            visit.drive_to[before.place as usize],
            visit.drive_from[after.place as usize],
        );
        let extra = to + from - before.leg;
        if to + from + visit.service > before.room
            || i64::from(extra) >= below
            || self.drive + i64::from(extra) > day.max_drive
        {
            return None;
        }
        let done = day.serve(day.arrive(before.ready, to), visit.windows, visit.service);
        (done[BEHIND] + from <= after.latest[BEHIND] || done[AHEAD] + from <= after.latest[AHEAD])
            .then_some(extra)
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
        let (mut best, mut least) = (None, below);
        if inserted.service > self.most_room {
            return None;
        }
        for at in 0..=self.stops.len() {
            let Some(extra) = self.insertion_below(day, &inserted, at, least) else {
                continue;
            };
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

#[cfg(test)]
mod tests {
    use super::{Day, Route};
    use crate::random::Random;
    use crate::{DenseTimes, Lunch, PlaceId, Problem, Slot, Span, TimeOfDay, Visit, Window, Windows};

    /// Single insertions and removals leave the same as working everything out again.
    #[test]
    fn small_changes_agree_with_a_fresh_start() {
        let mut random = Random::new(3);
        let places = 12;
        let mut table = || {
            (0..places * places)
                .map(|_| random.below(1800) as u32)
                .collect::<Vec<u32>>()
        };
        let times = DenseTimes::new(places, table(), table()).expect("square tables");
        let hours = |from, to| Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0));
        let mut slot = Slot::new(1, 0, PlaceId(0), hours(8, 17));
        slot.lunch = Some(Lunch {
            length: Span::minutes(30),
            within: hours(11, 14),
        });
        let visits: Vec<Visit> = (1..places as u32)
            .map(|place| Visit {
                windows: Windows::Daily(vec![hours(8, 11 + (place % 3) as i32), hours(14, 16)]),
                ..Visit::new(PlaceId(place), Span::minutes(10))
            })
            .collect();
        let problem = Problem::new(vec![slot], visits, &times).expect("a day that can be planned");
        let day = Day::new(&problem, 0);
        let mut route = Route::new(&problem, &day, Vec::new());
        for _ in 0..2_000 {
            let count = route.stops.len();
            if count == 0 || (count < 8 && random.below(2) == 0) {
                let absent: Vec<u32> = (0..places as u32 - 1)
                    .filter(|v| !route.stops.contains(v))
                    .collect();
                let visit = absent[random.below(absent.len())];
                route.insert(&problem, &day, visit, random.below(count + 1));
            } else {
                let from = random.below(count);
                let to = from + 1 + random.below((count - from).min(3));
                route.remove(&problem, &day, from..to);
            }
            let fresh = Route::new(&problem, &day, route.stops.clone());
            assert_eq!(route, fresh);
        }
    }
}
