//! When a place is due: from the visits seen there, the date agreed on, and the rhythm of its class.

use std::collections::HashMap;

use geom::Timestamp;

use super::rows::Moment;

pub(super) const DAY: i64 = 86_400_000;
/// A visit is due when its day is at most so many days away.
const DUE_WITHIN_DAYS: i64 = 7;
/// Visits in so many whole days are counted.
const RECENT_DAYS: i64 = 90;

/// What is known of the visits at a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// The last one that was done.
    pub last: Option<i64>,
    /// How many were done on the day and in the 90 days before it.
    pub recent: i64,
    /// One is promised for the day or later.
    pub appointment: bool,
    /// The day agreed on at the last visit, as an instant of it.
    pub next: Option<i64>,
}

impl Seen {
    /// From when on visits count as recent: whole days, so that the figure stays the same until midnight.
    pub fn recent_since(moment: Moment) -> i64 {
        moment.day_start.0 - RECENT_DAYS * DAY
    }

    /// One more visit that was done, unless it lies ahead.
    pub fn add_done(&mut self, at: i64, next: Option<i64>, moment: Moment) {
        if at > moment.now.0 {
            return;
        }
        self.recent += i64::from(at >= Self::recent_since(moment));
        match self.last {
            Some(last) if at < last => {}
            // Of two at the same moment the later date counts, so that it is always the same one.
            Some(last) if at == last => self.next = self.next.max(next),
            _ => (self.last, self.next) = (Some(at), next),
        }
    }
}

/// How often a place is to be visited, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frequency {
    /// At least 1.
    pub days: i64,
    pub minutes: i64,
}

/// Rhythms on record: those of a place go before those of its class.
#[derive(Clone, Debug, Default)]
pub(super) struct Frequencies {
    pub by_class: HashMap<String, Frequency>,
    /// By the place's id.
    pub by_place: HashMap<String, Frequency>,
}

/// What follows for a place.
pub(super) struct Due {
    /// When the next visit is due.
    pub at: Option<i64>,
    /// One of [`super::columns::DUE_STATES`].
    pub state: &'static str,
    pub minutes_year: Option<i64>,
    /// In ten years, so that a rhythm that is no part of a year is not rounded away.
    pub visits_10_years: Option<i64>,
}

impl Due {
    /// `visit_minutes` are the place's own.
    pub fn of(
        seen: &Seen,
        frequency: Option<Frequency>,
        visit_minutes: Option<i64>,
        day_start: Timestamp,
    ) -> Self {
        let by_rhythm = frequency.map(|f| seen.last.map_or(day_start.0, |last| last + f.days * DAY));
        let at = seen.next.or(by_rhythm);
        let state = match at {
            _ if seen.appointment => "appointment",
            None => "none",
            Some(due) if due < day_start.0 => "overdue",
            Some(due) if due < day_start.0 + DUE_WITHIN_DAYS * DAY => "due",
            Some(_) => "later",
        };
        Self {
            at,
            state,
            minutes_year: frequency.map(|f| visit_minutes.unwrap_or(f.minutes) * 365 / f.days),
            visits_10_years: frequency.map(|f| 3_650 / f.days),
        }
    }
}
