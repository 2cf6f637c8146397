//! What the search needs to know of a slot, unpacked, and how a pause, a drive and a visit move the time on.

use crate::compiled::{NEVER, Problem};

/// The pause is still to come.
pub(crate) const AHEAD: usize = 0;
/// The pause is behind, or there is none.
pub(crate) const BEHIND: usize = 1;

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
    /// Inserting costs more than the drive, or the load matters in its order: each place is then worked out in full.
    pub(crate) slow: bool,
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
            slow: problem.has().lateness
                || problem.has().mixed_loads
                || s.overtime.is_some_and(|o| o.price > 0 && o.at_most.0 > 0),
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
    pub(crate) fn uneat(&self, by: i32) -> i32 {
        if self.lunch_from + self.lunch <= by.min(self.lunch_to) {
            by.min(self.lunch_to) - self.lunch
        } else {
            -NEVER
        }
    }

    /// Times at the start, ready to leave.
    #[inline]
    pub(crate) fn leave(&self) -> [i32; 2] {
        if self.lunch == 0 {
            [NEVER, self.from]
        } else {
            [self.from, self.eat(self.from)]
        }
    }

    /// Times after a drive.
    #[inline]
    pub(crate) fn arrive(&self, ready: [i32; 2], drive: i32) -> [i32; 2] {
        let ahead = ready[AHEAD] + drive;
        [ahead, (ready[BEHIND] + drive).min(self.eat(ahead))]
    }

    /// Times after a visit.
    #[inline]
    pub(crate) fn serve(&self, arrive: [i32; 2], windows: &[(i32, i32)], service: i32) -> [i32; 2] {
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
pub(crate) fn last_start(windows: &[(i32, i32)], time: i32) -> i32 {
    for &(from, to) in windows.iter().rev() {
        if from <= time {
            return time.min(to);
        }
    }
    -NEVER
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
