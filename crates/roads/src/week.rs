//! Times of the week: when a condition on a road holds.

use std::str::FromStr;

/// Minutes of a week.
const MINUTES: usize = 7 * DAY;
const DAY: usize = 24 * 60;

/// How a week's days begin in OpenStreetMap's tags, Monday first.
pub(crate) const DAYS: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];

/// A minute of the week, local time, Monday 00:00 first. Read from text such as `Mo 07:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WeekTime(u16);

/// A text that is no time of the week.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no time of the week: it is a day (Mo, Tu, We, Th, Fr, Sa, Su) and a time, such as `Mo 07:30`"
)]
pub struct WeekTimeError(String);

impl WeekTime {
    /// By weekday (0 is Monday), hour and minute; `None` where one of them is out of range.
    #[must_use]
    pub fn new(weekday: u8, hour: u8, minute: u8) -> Option<Self> {
        let [weekday, hour, minute] = [weekday, hour, minute].map(usize::from);
        let fits = weekday < 7 && hour < 24 && minute < 60;
        fits.then_some(Self((weekday * DAY + hour * 60 + minute) as u16))
    }

    /// Minutes since Monday 00:00; below 10,080.
    #[must_use]
    pub fn minute(self) -> u16 {
        self.0
    }
}

impl FromStr for WeekTime {
    type Err = WeekTimeError;

    fn from_str(text: &str) -> Result<Self, WeekTimeError> {
        let read = || {
            let (day, time) = text.trim().split_once(' ')?;
            let (hour, minute) = time.trim().split_once(':')?;
            let day = day.to_lowercase();
            let weekday = DAYS.iter().position(|known| *known == day)?;
            Self::new(weekday as u8, hour.parse().ok()?, minute.parse().ok()?)
        };
        read().ok_or_else(|| WeekTimeError(text.to_owned()))
    }
}

impl std::fmt::Display for WeekTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let minute = usize::from(self.0);
        let day = DAYS[minute / DAY % 7];
        let (first, second) = day.split_at(1);
        let (hour, minute) = (minute % DAY / 60, minute % 60);
        write!(f, "{}{second} {hour:02}:{minute:02}", first.to_uppercase())
    }
}

/// A set of minutes of the week.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Week([u64; MINUTES.div_ceil(64)]);

impl Week {
    pub(crate) const NEVER: Self = Self([0; MINUTES.div_ceil(64)]);

    pub(crate) fn always() -> Self {
        let mut week = Self::NEVER;
        week.put(0, MINUTES, true);
        week
    }

    /// Enters or takes out the minutes from one to before another, counted from a Monday; what runs over the end of the
    /// week goes on at its beginning. Both must be less than two weeks.
    pub(crate) fn put(&mut self, from: usize, to: usize, is_in: bool) {
        for minute in from..to {
            let minute = minute % MINUTES;
            let bit = 1 << (minute % 64);
            match is_in {
                true => self.0[minute / 64] |= bit,
                false => self.0[minute / 64] &= !bit,
            }
        }
    }

    /// Enters a time of some days, in minutes since their midnight; it may end on the day after.
    pub(crate) fn put_daily(&mut self, days: [bool; 7], from: usize, to: usize) {
        for day in (0..7).filter(|day| days[*day]) {
            self.put(day * DAY + from, day * DAY + to, true);
        }
    }

    /// Takes out whole days.
    pub(crate) fn clear(&mut self, days: [bool; 7]) {
        for day in (0..7).filter(|day| days[*day]) {
            self.put(day * DAY, (day + 1) * DAY, false);
        }
    }

    pub(crate) fn holds(&self, minute: u16) -> bool {
        let minute = usize::from(minute);
        self.0
            .get(minute / 64)
            .is_some_and(|word| word & 1 << (minute % 64) != 0)
    }

    pub(crate) fn is_never(&self) -> bool {
        *self == Self::NEVER
    }

    fn merged(&self, other: &Self, merge: impl Fn(u64, u64) -> u64) -> Self {
        let mut merged = self.clone();
        for (word, other) in merged.0.iter_mut().zip(&other.0) {
            *word = merge(*word, *other);
        }
        merged
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        self.merged(other, |a, b| a & b)
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        self.merged(other, |a, b| a | b)
    }

    pub(crate) fn except(&self, other: &Self) -> Self {
        self.merged(other, |a, b| a & !b)
    }

    /// The times it holds, each from its first minute to before its last, in order.
    pub(crate) fn times(&self) -> Vec<[u16; 2]> {
        let mut times = Vec::new();
        let mut minute = 0;
        while minute < MINUTES {
            let from = minute;
            while minute < MINUTES && self.holds(minute as u16) {
                minute += 1;
            }
            if minute > from {
                times.push([from as u16, minute as u16]);
            }
            minute += 1;
        }
        times
    }
}

impl std::fmt::Debug for Week {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.times()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_week_are_read_and_written() {
        let time: WeekTime = "Tu 07:30".parse().expect("a time");
        // 24 × 60 + 7 × 60 + 30
        assert_eq!((time.minute(), time.to_string().as_str()), (1890, "Tu 07:30"));
        assert_eq!("su 23:59".parse::<WeekTime>().map(WeekTime::minute), Ok(10_079));
        for wrong in ["", "Mo", "Mo 24:00", "Mo 7", "Xx 07:00", "07:00", "Mo 07:60"] {
            assert!(wrong.parse::<WeekTime>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_runs_over_the_end_of_the_week_goes_on_at_its_beginning() {
        let mut night = Week::NEVER;
        night.put_daily([false, false, false, false, false, false, true], 22 * 60, 30 * 60);
        assert_eq!(night.times(), [[0, 360], [9960, 10_080]]);
        assert!(night.and(&Week::always()) == night && night.except(&night).is_never());
        assert_eq!(Week::always().times(), [[0, 10_080]]);
    }
}
