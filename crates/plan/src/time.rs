//! Whole seconds: a time of day and a length of time.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};

/// A time of a slot's day: whole seconds since that day's local midnight, −86,400 to 31,536,000 (a year: a slot may be a tour of weeks).
///
/// On days on which clocks change, count the seconds that really pass after midnight. A shift past midnight goes on counting: 01:00
/// next day is 90,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeOfDay(pub i32);

/// A length of time in whole seconds. Sums are exact, so costs are the same in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i32);

impl TimeOfDay {
    /// Hours and minutes on the clock of an ordinary day.
    #[must_use]
    pub const fn hm(hours: i32, minutes: i32) -> Self {
        Self(hours * 3600 + minutes * 60)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Whole minutes.
    #[must_use]
    pub const fn minutes(minutes: i32) -> Self {
        Self(minutes * 60)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let t = self.0.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", t / 3600, t / 60 % 60)?;
        if t.is_multiple_of(60) {
            Ok(())
        } else {
            write!(f, ":{:02}", t % 60)
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 60 == 0 {
            write!(f, "{} min", self.0 / 60)
        } else {
            write!(f, "{} s", self.0)
        }
    }
}

impl Add<Span> for TimeOfDay {
    type Output = Self;
    fn add(self, o: Span) -> Self {
        Self(self.0 + o.0)
    }
}
impl Sub<Span> for TimeOfDay {
    type Output = Self;
    fn sub(self, o: Span) -> Self {
        Self(self.0 - o.0)
    }
}
impl Sub for TimeOfDay {
    type Output = Span;
    fn sub(self, o: Self) -> Span {
        Span(self.0 - o.0)
    }
}
impl Add for Span {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self(self.0 + o.0)
    }
}
impl Sub for Span {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self(self.0 - o.0)
    }
}
impl Neg for Span {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl AddAssign for Span {
    fn add_assign(&mut self, o: Self) {
        self.0 += o.0;
    }
}
impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        Self(iter.map(|v| v.0).sum())
    }
}
