//! The organisation's time zone: where a day begins, and what the clock on the wall says.

use geom::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::problem::Problem;

/// An IANA time zone.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// By its IANA name (`Europe/Berlin`), which has to be known.
    pub fn named(name: &str) -> Result<Self, jiff::Error> {
        Ok(Self {
            name: name.to_owned(),
            zone: TimeZone::get(name)?,
        })
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local day of an instant.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        self.zoned(at).date()
    }

    /// The local wall-clock time of an instant.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> Time {
        self.zoned(at).time()
    }

    /// When the local day of an instant began.
    #[must_use]
    pub fn day_start(&self, at: Timestamp) -> Timestamp {
        self.start_of(self.date(at))
    }

    /// When a local day begins (after a leap over midnight: the first moment that exists).
    #[must_use]
    pub fn start_of(&self, day: Date) -> Timestamp {
        self.at(day, Time::midnight())
    }

    /// The instant of a local day and time; a time that a clock change skips is the one after it.
    #[must_use]
    pub fn at(&self, day: Date, time: Time) -> Timestamp {
        match day.to_datetime(time).to_zoned(self.zone.clone()) {
            Ok(zoned) => Timestamp(zoned.timestamp().as_millisecond()),
            // Only the first and last days that the calendar knows can fail.
            Err(_) if day.year() < 1970 => Timestamp(jiff::Timestamp::MIN.as_millisecond()),
            Err(_) => Timestamp(jiff::Timestamp::MAX.as_millisecond()),
        }
    }

    fn zoned(&self, at: Timestamp) -> jiff::Zoned {
        let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        at.to_zoned(self.zone.clone())
    }
}

/// A local day like `2026-02-28`; `pointer` says where in the request it stands.
pub(crate) fn parse_day(text: &str, pointer: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| {
        Problem::bad(
            pointer,
            "not-a-day",
            format!("{text:?} is no day; write it like 2026-02-28."),
        )
    })
}
