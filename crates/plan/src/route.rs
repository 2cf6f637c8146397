//! One slot's order with what makes an insertion test O(1): earliest times forward and latest times backward, each with the pause
//! still to come and with the pause behind.
//!
//! Everything that can happen between two stops (drive, wait, pause, visit) turns an earlier time into an earlier or equal one, so
//! "as early as possible" is never wrong and one number a state is enough, several windows a visit included.

use crate::compiled::{NEVER, Problem};
use crate::day::{AHEAD, BEHIND, Day, last_start};
use crate::soft::soft_cost;

/// An order of visits in one slot. Node 0 is the start, node `i` the stop `i - 1`, the last node the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Route {
    pub(crate) stops: Vec<u32>,
    pub(crate) nodes: Vec<Node>,
    /// The most `Node::room` there is.
    pub(crate) most_room: i32,
    /// Seconds of driving; 64 bits, as missing ways count `NEVER` each.
    pub(crate) drive: i64,
    /// Seconds past the shift's end.
    pub(crate) overtime: i32,
    /// Overtime and lateness at their prices.
    pub(crate) soft: i64,
    /// What is in the car at the start, by dimension.
    load: Vec<i32>,
    /// More than fits is in the car somewhere on the way.
    overloaded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: u32,
    /// The drive to the next node; none on an empty day.
    pub(crate) leg: i32,
    /// Earliest time at which the work here is done; `NEVER` if it cannot be.
    pub(crate) ready: [i32; 2],
    /// Latest arrival here from which the rest still fits.
    pub(crate) latest: [i32; 2],
    /// At most this much time is there for getting from here to the next node.
    pub(crate) room: i32,
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
        self.weigh(problem);
        self.finish_up(problem, day);
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
        for (load, more) in self.load.iter_mut().zip(problem.start_load(visit)) {
            *load += more;
        }
        self.finish_up(problem, day);
    }

    /// Takes a range of stops out.
    pub(crate) fn remove(&mut self, problem: &Problem, day: &Day, range: std::ops::Range<usize>) {
        for &call in &self.stops[range.clone()] {
            for (load, less) in self.load.iter_mut().zip(problem.start_load(call)) {
                *load -= less;
            }
        }
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
        self.finish_up(problem, day);
    }

    /// What is in the car at the start.
    fn weigh(&mut self, problem: &Problem) {
        self.load.clear();
        self.load.resize(problem.dimensions(), 0);
        for &call in &self.stops {
            for (load, more) in self.load.iter_mut().zip(problem.start_load(call)) {
                *load += more;
            }
        }
    }

    /// Whether the car never holds too much; `extra` is thought to stand before stop `at`.
    pub(crate) fn carries(&self, problem: &Problem, day: &Day, extra: Option<(u32, usize)>) -> bool {
        let capacity = problem.capacity(day.slot);
        (0..problem.dimensions()).all(|d| {
            let mut load = self.load[d] + extra.map_or(0, |(call, _)| problem.start_load(call)[d]);
            let mut most = load;
            for at in 0..=self.stops.len() {
                if let Some((call, _)) = extra.filter(|(_, before)| *before == at) {
                    load += problem.change(call)[d];
                    most = most.max(load);
                }
                if let Some(&call) = self.stops.get(at) {
                    load += problem.change(call)[d];
                    most = most.max(load);
                }
            }
            most <= capacity[d]
        })
    }

    /// Whether there is room for the call, where that does not depend on the order.
    #[inline]
    pub(crate) fn has_room(&self, problem: &Problem, day: &Day, call: u32) -> bool {
        let capacity = problem.capacity(day.slot);
        self.load
            .iter()
            .zip(problem.start_load(call))
            .zip(capacity)
            .all(|((load, more), most)| load + more <= *most)
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

    fn finish_up(&mut self, problem: &Problem, day: &Day) {
        let n = self.stops.len();
        self.most_room = -NEVER;
        for node in 0..=n {
            let ready = self.nodes[node].ready;
            let room = self.nodes[node + 1].latest[BEHIND] - ready[AHEAD].min(ready[BEHIND]);
            self.nodes[node].room = room;
            self.most_room = self.most_room.max(room);
        }
        let back = self.nodes[n + 1].ready[BEHIND];
        // A day that does not fit has no overtime to speak of; only frozen ones are ever kept that way.
        self.overtime = if n == 0 || back > day.last {
            0
        } else {
            (back - day.to).max(0)
        };
        self.soft = i64::from(self.overtime) * day.overtime_price;
        if problem.has().lateness && n > 0 && self.nodes[n + 1].ready[BEHIND] <= day.last {
            (self.soft, self.overtime) = soft_cost(problem, day, &self.stops);
        }
        self.overloaded = if problem.has().mixed_loads {
            !self.carries(problem, day, None)
        } else {
            self.load
                .iter()
                .zip(problem.capacity(day.slot))
                .any(|(l, c)| l > c)
        };
    }

    /// All windows, the pause, the shift and the driving limit hold (locked orders are not looked at).
    pub(crate) fn fits(&self, day: &Day) -> bool {
        self.fits_in_time(day) && (!self.overloaded || self.stops.is_empty())
    }

    /// The same but for what is in the car.
    pub(crate) fn fits_in_time(&self, day: &Day) -> bool {
        self.stops.is_empty()
            || (self.nodes[self.stops.len() + 1].ready[BEHIND] <= day.last && self.drive <= day.max_drive)
    }

    /// The dimension in which most is too much in the car, and how much.
    pub(crate) fn overload(&self, problem: &Problem, day: &Day) -> (u32, u32) {
        let capacity = problem.capacity(day.slot);
        let over = (0..problem.dimensions()).map(|d| {
            let mut load = self.load[d];
            let mut most = load;
            for &call in &self.stops {
                load += problem.change(call)[d];
                most = most.max(load);
            }
            ((most - capacity[d]).max(0) as u32, std::cmp::Reverse(d as u32))
        });
        over.max().map_or((0, 0), |(over, d)| (d.0, over))
    }

    /// When the day is over, `NEVER` if it cannot be driven.
    pub(crate) fn finish(&self) -> i32 {
        self.nodes[self.stops.len() + 1].ready[BEHIND].min(NEVER)
    }

    /// Latest arrival at stop `at` with the pause behind or still ahead.
    pub(crate) fn latest_start(&self, at: usize, pause_behind: bool) -> i32 {
        self.nodes[at + 1].latest[usize::from(pause_behind)]
    }

    /// What the slot adds to [`crate::Cost::travel`].
    pub(crate) fn travel(&self) -> i64 {
        self.drive + self.soft
    }
}

#[cfg(test)]
mod tests {
    use super::Route;
    use crate::day::Day;
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
