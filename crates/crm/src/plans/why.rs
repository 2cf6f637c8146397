//! Rules of the solver's that a visit meets, in words.

use ::plan::{Reason as Why, Span, TimeOfDay, VisitId};
use jiff::civil::{Date, Time};

use super::present::minutes;
use super::{Language, Reason, words};

/// Who and when a rule speaks of.
pub(crate) struct Told<'a> {
    pub language: Language,
    /// The day of the slot.
    pub day: Date,
    /// The visit that the rule stands against.
    pub visit: VisitId,
    /// Names of visits.
    pub name: &'a dyn Fn(VisitId) -> String,
    /// Times of the day's clock.
    pub clock: &'a dyn Fn(TimeOfDay) -> Time,
    /// Dates of the horizon's days.
    pub date: &'a dyn Fn(u16) -> Option<Date>,
}

impl Told<'_> {
    fn names(&self, visits: &[VisitId]) -> Vec<String> {
        visits.iter().map(|v| (self.name)(*v)).collect()
    }

    /// The rule in words; `None` for one that says nothing to a person.
    pub fn why_not(&self, why: &Why) -> Option<Reason> {
        let lang = self.language;
        let of = |span: Span| minutes(i64::from(span.0));
        Some(match why {
            Why::NoCoordinates => words::no_coordinates(lang),
            Why::RepAbsent => words::rep_absent(lang),
            Why::ClosedThatDay => words::closed_that_day(lang, self.day),
            Why::NotBefore { time } => words::not_before(lang, (self.clock)(*time)),
            Why::Unreachable => words::unreachable(lang),
            Why::TooFar { over } => words::too_far(lang, of(*over)),
            Why::TooLong { over } => words::too_long(lang, of(*over)),
            Why::WindowMissed { of: whom, late } => {
                let other = (*whom != self.visit).then(|| (self.name)(*whom));
                words::window_missed(lang, other.as_deref(), of(*late))
            }
            Why::NoTimeLeft { short } => words::no_time_left(lang, of(*short)),
            Why::DriveLimit { over } => words::drive_limit(lang, of(*over)),
            Why::NoRoomForLunch => words::no_room_for_lunch(lang),
            Why::OrderLocked => words::blocked_by_lock(lang, &[]),
            Why::LowerPriorityThan { visits } => words::lower_priority(lang, &self.names(visits)),
            Why::BlockedByLock { visits } => words::blocked_by_lock(lang, &self.names(visits)),
            Why::Frozen => words::day_is_fixed(lang),
            Why::ComesThatDay => words::comes_that_day(lang),
            Why::ConflictsWith { visit } => words::not_with(lang, &(self.name)(*visit)),
            Why::CarFull { .. } => words::car_full(lang),
            Why::PatternIncomplete { days } => {
                let days: Vec<Date> = days.iter().filter_map(|d| (self.date)(*d)).collect();
                words::pattern_incomplete(lang, &days)
            }
            Why::GapBroken { min } => words::too_soon(lang, i64::from(*min)),
            Why::WithPickup { visit } => words::not_with(lang, &(self.name)(*visit)),
            Why::Clash { visits } => {
                let others: Vec<VisitId> = visits.iter().copied().filter(|v| *v != self.visit).collect();
                words::clash(lang, &self.names(&others))
            }
            Why::NeedsSkill { .. } => words::needs_skill(lang),
            // Left out by hand, or another rep's: told apart before.
            Why::NotAllowed => return None,
        })
    }
}
