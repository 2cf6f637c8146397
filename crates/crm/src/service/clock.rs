//! Time that counts: the working hours of a service level, over weekends, holidays and clock changes.

use geom::Timestamp;
use jiff::civil::{Date, Time};

use crate::Zone;
use crate::visits::hours::{DayHours, open_on};

/// No promise is looked for further away.
const MOST_DAYS: i32 = 3_660;
const MINUTE: i64 = 60_000;

/// When work is done.
#[derive(Clone, Debug)]
pub(crate) struct WorkingTime {
    /// OpenStreetMap's syntax; around the clock where nothing is said or it cannot be read.
    pub hours: Option<String>,
    /// ISO code, for public holidays (`PH off` in the hours).
    pub country: Option<String>,
    pub zone: Zone,
}

impl WorkingTime {
    /// The stretches of a local day that count.
    fn of(&self, day: Date) -> Vec<(i64, i64)> {
        let at = |day: Date, time: Time| self.zone.at(day, time).0;
        let next = day.tomorrow().unwrap_or(day);
        match open_on(self.hours.as_deref(), self.country.as_deref(), day) {
            DayHours::NotGiven | DayHours::Unreadable(_) => {
                vec![(self.zone.start_of(day).0, self.zone.start_of(next).0)]
            }
            DayHours::Open(parts) => parts
                .into_iter()
                .map(|(from, to)| {
                    let end = if to == Time::midnight() {
                        self.zone.start_of(next).0
                    } else {
                        at(day, to)
                    };
                    (at(day, from), end)
                })
                .collect(),
        }
    }

    /// The moment by which so many minutes have counted; `None` if none count for ten years.
    pub fn after(&self, from: Timestamp, minutes: i64) -> Option<Timestamp> {
        let mut left = minutes.checked_mul(MINUTE)?;
        let mut day = self.zone.date(from);
        for _ in 0..MOST_DAYS {
            for (begin, end) in self.of(day) {
                let begin = begin.max(from.0);
                if end <= begin {
                    continue;
                }
                if left <= end - begin {
                    return Some(Timestamp(begin + left));
                }
                left -= end - begin;
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// How much counts between two moments, in milliseconds.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> i64 {
        let mut sum = 0;
        let mut day = self.zone.date(from);
        let last = self.zone.date(to);
        for _ in 0..MOST_DAYS {
            if day > last {
                break;
            }
            sum += self
                .of(day)
                .into_iter()
                .map(|(begin, end)| (end.min(to.0) - begin.max(from.0)).max(0))
                .sum::<i64>();
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        sum
    }

    /// A promise that was to be kept by `due`, when the clock stood still from `paused` to `resumed`.
    pub fn shifted(&self, due: Timestamp, paused: Timestamp, resumed: Timestamp) -> Timestamp {
        let left = self.between(paused, due);
        if left <= 0 {
            return due;
        }
        // Whole minutes count; what is over stays over.
        let minutes = (left + MINUTE - 1) / MINUTE;
        self.after(resumed, minutes)
            .map_or(due, |later| Timestamp(later.0 - (minutes * MINUTE - left)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office(hours: &str) -> WorkingTime {
        WorkingTime {
            hours: Some(hours.into()),
            country: Some("DE".into()),
            zone: Zone::named("Europe/Berlin").unwrap(),
        }
    }

    fn at(text: &str) -> Timestamp {
        let local: jiff::civil::DateTime = text.parse().unwrap();
        Zone::named("Europe/Berlin")
            .unwrap()
            .at(local.date(), local.time())
    }

    #[test]
    fn four_hours_from_friday_afternoon_are_monday_noon() {
        let nine_to_five = office("Mo-Fr 09:00-17:00; PH off");
        for (from, minutes, due) in [
            ("2026-11-20T16:50", 240, "2026-11-23T12:50"),
            ("2026-11-21T03:00", 1, "2026-11-23T09:01"),
            ("2026-11-20T16:50", 10, "2026-11-20T17:00"),
            // Christmas 2026: Friday and Saturday are holidays.
            ("2026-12-24T16:00", 120, "2026-12-28T10:00"),
            ("2026-11-23T09:00", 480, "2026-11-23T17:00"),
        ] {
            assert_eq!(
                nine_to_five.after(at(from), minutes),
                Some(at(due)),
                "{minutes} from {from}"
            );
        }
        // The night the clocks go back has an hour more.
        let always = WorkingTime {
            hours: None,
            ..office("24/7")
        };
        assert_eq!(
            always.after(at("2026-10-25T00:00"), 24 * 60),
            Some(Timestamp(at("2026-10-25T00:00").0 + 86_400_000))
        );
        assert_eq!(
            always.between(at("2026-10-25T00:00"), at("2026-10-26T00:00")),
            25 * 3_600_000
        );
        assert_eq!(office("Mo-Su off").after(at("2026-11-20T10:00"), 1), None);
    }

    #[test]
    fn counting_forward_and_measuring_agree() {
        let mut dice = testkit::Dice::seeded(20_261_122);
        let mut random = |below: i64| i64::try_from(dice.below(below.unsigned_abs())).unwrap();
        for hours in [
            "Mo-Fr 09:00-17:00; PH off",
            "Mo-Sa 08:00-12:00,13:00-18:00",
            "Mo-Su 22:00-06:00",
            "24/7",
        ] {
            let time = office(hours);
            for _ in 0..60 {
                let from = Timestamp(at("2026-01-01T00:00").0 + random(365 * 1_440) * MINUTE);
                let minutes = 1 + random(3_000);
                let due = time.after(from, minutes).unwrap();
                assert_eq!(
                    time.between(from, due),
                    minutes * MINUTE,
                    "{hours}: {minutes} from {from:?}"
                );
                // Standing still for a while moves the promise by what would have counted.
                let paused = Timestamp(from.0 + random((due.0 - from.0) / MINUTE + 1) * MINUTE);
                let resumed = Timestamp(paused.0 + random(5_000) * MINUTE);
                let later = time.shifted(due, paused, resumed);
                let counted = time.between(from, paused) + time.between(resumed, later);
                if time.between(paused, due) > 0 {
                    assert_eq!(
                        counted,
                        minutes * MINUTE,
                        "{hours}: {from:?} {paused:?} {resumed:?}"
                    );
                }
            }
        }
    }
}
