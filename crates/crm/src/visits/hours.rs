//! When a place is open on a day, from its opening hours in OpenStreetMap's syntax.

use chrono::{NaiveDate, NaiveDateTime, Timelike};
use jiff::civil::{Date, Time};
use opening_hours::localization::Country;
use opening_hours::{Context, OpeningHours, RuleKind};

/// The open times of one local day.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DayHours {
    /// None are on record: any time will do.
    NotGiven,
    /// What is on record cannot be read: any time is taken, and that is said.
    Unreadable(String),
    /// From and to; the end of the day is midnight again. Empty: closed.
    Open(Vec<(Time, Time)>),
}

fn country_of(code: &str) -> Option<Country> {
    code.trim().to_uppercase().parse().ok()
}

/// Whether there is a table of public holidays for a country, by its ISO code.
pub(crate) fn has_holidays(country: &str) -> bool {
    country_of(country).is_some()
}

/// Whether a day is a public holiday of the whole country, by the same table that `PH` in opening hours and the clocks
/// of service read.
pub(crate) fn is_public_holiday(country: &str, day: Date) -> bool {
    let month_and_day = u32::try_from(day.month()).ok().zip(u32::try_from(day.day()).ok());
    let date =
        month_and_day.and_then(|(month, of)| NaiveDate::from_ymd_opt(i32::from(day.year()), month, of));
    country_of(country)
        .zip(date)
        .is_some_and(|(country, date)| country.holidays().get_public().contains(date))
}

/// When a place with these hours is open on a day, what reaches over midnight from the day before included.
/// `country` is an ISO code, for public holidays. Hours that are only probable count as open.
pub(crate) fn open_on(text: Option<&str>, country: Option<&str>, day: Date) -> DayHours {
    let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else {
        return DayHours::NotGiven;
    };
    let hours: OpeningHours = match text.parse() {
        Ok(hours) => hours,
        Err(_) => return DayHours::Unreadable(text.to_owned()),
    };
    let hours = match country.and_then(country_of) {
        Some(country) => hours.with_context(Context::default().with_holidays(country.holidays())),
        None => hours,
    };
    let begin = |day: Date| {
        let (month, of_month) = (u32::try_from(day.month()).ok()?, u32::try_from(day.day()).ok()?);
        NaiveDate::from_ymd_opt(i32::from(day.year()), month, of_month)?.and_hms_opt(0, 0, 0)
    };
    let (Some(from), Some(to)) = (begin(day), day.tomorrow().ok().and_then(begin)) else {
        return DayHours::Open(Vec::new());
    };
    let mut open: Vec<(NaiveDateTime, NaiveDateTime)> = Vec::new();
    for part in hours
        .iter_range(from, to)
        .filter(|part| part.kind != RuleKind::Closed)
    {
        match open.last_mut() {
            Some(last) if last.1 == part.range.start => last.1 = part.range.end,
            _ => open.push((part.range.start, part.range.end)),
        }
    }
    let clock = |at: NaiveDateTime| {
        let parts = (i8::try_from(at.hour()), i8::try_from(at.minute()));
        let (Ok(hour), Ok(minute)) = parts else {
            return Time::midnight();
        };
        Time::new(hour, minute, 0, 0).unwrap_or(Time::midnight())
    };
    DayHours::Open(
        open.into_iter()
            .map(|(from, to)| (clock(from), clock(to)))
            .collect(),
    )
}

/// Hours that are on record and say nothing.
pub(crate) fn is_unreadable(text: &str) -> bool {
    !text.trim().is_empty() && text.parse::<OpeningHours>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, day: &str, expected: &[(i8, i8, i8, i8)]) {
        let time = |h, m| Time::new(h, m, 0, 0).unwrap();
        let expected = expected
            .iter()
            .map(|&(a, b, c, d)| (time(a, b), time(c, d)))
            .collect();
        assert_eq!(
            open_on(Some(text), Some("DE"), day.parse().unwrap()),
            DayHours::Open(expected),
            "{text} on {day}"
        );
    }

    #[test]
    fn hours_of_a_day() {
        let monday = "2026-11-23";
        check("Mo-Fr 09:00-18:00; Sa 09:00-13:00", monday, &[(9, 0, 18, 0)]);
        check(
            "Mo-Fr 09:00-18:00; Sa 09:00-13:00",
            "2026-11-28",
            &[(9, 0, 13, 0)],
        );
        check(
            "Mo,Tu,Th 08:00-12:00,14:00-18:00; We,Fr 08:00-12:00",
            monday,
            &[(8, 0, 12, 0), (14, 0, 18, 0)],
        );
        check("Tu-Su 11:30-14:30,17:00-22:00", monday, &[]);
        check("24/7", monday, &[(0, 0, 0, 0)]);
        // Sunday's night reaches into Monday.
        check("Mo-Su 18:00-03:00", monday, &[(0, 0, 3, 0), (18, 0, 0, 0)]);
        check("Mar-Oct: Tu-Su 11:00-18:00", "2026-11-24", &[]);
        // 25 December 2026 is a Friday and a holiday in Germany.
        check("Mo-Fr 09:00-18:00; PH off", "2026-12-25", &[]);
        check("Mo-Fr 09:00-18:00; PH off", "2026-12-18", &[(9, 0, 18, 0)]);
    }

    #[test]
    fn no_hours_and_hours_that_cannot_be_read() {
        let monday: Date = "2026-11-23".parse().unwrap();
        assert_eq!(open_on(None, None, monday), DayHours::NotGiven);
        assert_eq!(open_on(Some("  "), None, monday), DayHours::NotGiven);
        let text = "täglich außer montags";
        assert_eq!(
            open_on(Some(text), None, monday),
            DayHours::Unreadable(text.to_owned())
        );
    }
}
