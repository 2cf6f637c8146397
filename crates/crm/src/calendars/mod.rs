//! When and from where a rep works: shift per weekday, lunch, home, absences.

mod store;

pub(crate) use store::{absences, calendar_of, homes};

use geom::{LngLat, Timestamp};
use jiff::civil::{Date, Time, Weekday};
use plan::{Lunch, Span, TimeOfDay, Window};
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

use crate::time::Zone;
use crate::visits::hours::{has_holidays, is_public_holiday};

/// Keys of the weekdays in `shifts`, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];

/// Where a rep's days begin and end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Home {
    pub place: LngLat,
    pub label: String,
}

/// The pause as the rep wants it: so many minutes within these times of the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LunchRule {
    pub minutes: i32,
    pub from: Time,
    pub to: Time,
}

/// A rep's working time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Calendar {
    /// By weekday, Monday first; `None` is a day off.
    shifts: [Option<(Time, Time)>; 7],
    pub lunch: Option<LunchRule>,
    pub home: Option<Home>,
    /// At most this much driving a day, in minutes.
    pub max_drive_minutes: Option<i32>,
    /// The country whose public holidays are days off.
    holidays: Option<String>,
    /// What the times were read from; changes when the record does.
    pub version: String,
}

impl Calendar {
    /// From its record. What the write rules would refuse counts as missing.
    pub fn of(record: &Record) -> Self {
        let mut shifts = [None; 7];
        let declared = record.fields.get("shifts").and_then(Value::as_object);
        for (day, shift) in WEEKDAYS.iter().zip(&mut shifts) {
            *shift = declared
                .and_then(|all| all.get(*day))
                .and_then(|s| shift_of(s).ok().flatten());
        }
        let time = |name: &str| record.text(name).and_then(|t| clock_time(t).ok());
        let minutes = record.integer("lunch_minutes").filter(|m| (1..=240).contains(m));
        let lunch = minutes.map(|minutes| LunchRule {
            minutes: minutes as i32,
            from: time("lunch_from").unwrap_or(Time::constant(11, 30, 0, 0)),
            to: time("lunch_to").unwrap_or(Time::constant(14, 0, 0, 0)),
        });
        let label = || record.text("home_label").unwrap_or("Home").to_owned();
        Self {
            shifts,
            lunch,
            home: record.place().map(|place| Home {
                place,
                label: label(),
            }),
            max_drive_minutes: record
                .integer("max_drive_minutes")
                .filter(|m| (1..=1440).contains(m))
                .map(|m| m as i32),
            holidays: record.text("holidays").map(str::to_owned),
            version: format!("{} {}", record.id, record.version),
        }
    }

    /// The shift of a day as times of the clock.
    pub fn shift_on(&self, day: Date) -> Option<(Time, Time)> {
        self.shifts[weekday_index(day.weekday())].filter(|_| !self.is_holiday(day))
    }

    /// Whether the day is off as a public holiday.
    pub fn is_holiday(&self, day: Date) -> bool {
        let country = self.holidays.as_deref();
        country.is_some_and(|country| is_public_holiday(country, day))
    }

    /// Whether any day of the week has a shift.
    pub fn has_shifts(&self) -> bool {
        self.shifts.iter().any(Option::is_some)
    }

    /// The shift of a day in seconds after its midnight.
    pub fn window_on(&self, zone: &Zone, day: Date) -> Option<Window> {
        let (from, to) = self.shift_on(day)?;
        Some(Window::new(
            seconds_of(zone, day, from),
            seconds_of(zone, day, to),
        ))
    }

    /// The pause of a day that begins at `begin` and ends at `end`; `None` if there is none or no room for it.
    pub fn lunch_on(&self, zone: &Zone, day: Date, begin: TimeOfDay, end: TimeOfDay) -> Option<Lunch> {
        let rule = self.lunch?;
        let length = Span::minutes(rule.minutes);
        let within = Window::new(seconds_of(zone, day, rule.from), seconds_of(zone, day, rule.to));
        (within.from.max(begin) + length <= within.to.min(end)).then_some(Lunch { length, within })
    }
}

/// Seconds that really pass between a day's midnight and a time of its clock.
pub(crate) fn seconds_of(zone: &Zone, day: Date, time: Time) -> TimeOfDay {
    let millis = zone.at(day, time).0 - zone.start_of(day).0;
    TimeOfDay(i32::try_from(millis / 1000).unwrap_or(0))
}

/// The time of a day at an instant: the other way of [`instant_of`].
pub(crate) fn time_of_day(zone: &Zone, day: Date, at: Timestamp) -> TimeOfDay {
    let millis = at.0 - zone.start_of(day).0;
    TimeOfDay(i32::try_from(millis.div_euclid(1000)).unwrap_or(i32::MAX / 8))
}

/// The instant of a time of a day.
pub(crate) fn instant_of(zone: &Zone, day: Date, time: TimeOfDay) -> Timestamp {
    Timestamp(zone.start_of(day).0 + i64::from(time.0) * 1000)
}

pub(crate) fn weekday_index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)
}

/// A time of the clock, `08:00`; `24:00` is the last minute.
fn clock_time(text: &str) -> Result<Time, String> {
    let wrong = || format!("{text:?} is no time of day; write it like 08:30");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    if hours.len() > 2 || minutes.len() != 2 {
        return Err(wrong());
    }
    if (hours, minutes) == ("24", "00") {
        return Ok(Time::constant(23, 59, 0, 0));
    }
    let (hours, minutes) = (
        hours.parse::<i8>().map_err(|_| wrong())?,
        minutes.parse::<i8>().map_err(|_| wrong())?,
    );
    Time::new(hours, minutes, 0, 0).map_err(|_| wrong())
}

/// `["08:00", "16:30"]`, or null for a day off.
fn shift_of(value: &Value) -> Result<Option<(Time, Time)>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let times: Vec<&str> = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let [from, to] = times[..] else {
        return Err("a shift is two times, like [\"08:00\", \"16:30\"], or null for a day off".to_owned());
    };
    let (from, to) = (clock_time(from)?, clock_time(to)?);
    if from >= to {
        return Err(format!("the shift ends at {to} before it begins at {from}"));
    }
    Ok(Some((from, to)))
}

/// Working hours and absences that cannot be meant are refused when they are written.
pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("rep_calendar", sound_hours).on("absence", sound_absence)
}

fn sound_hours(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let text = |name: &str| after.get(name).and_then(Value::as_str);
    match after.get("shifts") {
        None | Some(Value::Null) => {}
        Some(Value::Object(shifts)) => {
            for (day, shift) in shifts {
                if !WEEKDAYS.contains(&day.as_str()) {
                    let message = format!("{day:?} is no weekday; they are {}", WEEKDAYS.join(", "));
                    faults.push(Fault::of("shifts", "unknown-weekday", message));
                } else if let Err(message) = shift_of(shift) {
                    faults.push(Fault::of("shifts", "bad-shift", format!("{day}: {message}")));
                }
            }
        }
        Some(_) => faults.push(Fault::of(
            "shifts",
            "bad-shift",
            "Shifts are an object by weekday: {\"mo\": [\"08:00\", \"16:30\"]}",
        )),
    }
    if let Some(country) = text("holidays").filter(|c| !has_holidays(c)) {
        let message =
            format!("{country:?} is no country with a table of holidays; write its two letters, like DE");
        faults.push(Fault::of("holidays", "unknown-country", message));
    }
    for name in ["lunch_from", "lunch_to"] {
        if let Some(Err(message)) = text(name).map(clock_time) {
            faults.push(Fault::of(name, "bad-time", message));
        }
    }
    let minutes = after.get("lunch_minutes").and_then(Value::as_i64);
    if minutes.is_some_and(|m| !(0..=240).contains(&m)) {
        faults.push(Fault::of(
            "lunch_minutes",
            "out-of-range",
            "Lunch takes 0 to 240 minutes",
        ));
    }
    if let (Some(Ok(from)), Some(Ok(to))) = (
        text("lunch_from").map(clock_time),
        text("lunch_to").map(clock_time),
    ) && from
        .until(to)
        .is_ok_and(|span| span.total(jiff::Unit::Minute).unwrap_or(0.0) < minutes.unwrap_or(0) as f64)
    {
        faults.push(Fault::of(
            "lunch_to",
            "too-short",
            format!("There is no room for lunch between {from} and {to}"),
        ));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn sound_absence(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    let day = |name: &str| {
        after
            .get(name)
            .and_then(Value::as_str)
            .and_then(|d| d.parse::<Date>().ok())
    };
    match (day("first_day"), day("last_day")) {
        (Some(first), Some(last)) if last < first => Err(vec![Fault::of(
            "last_day",
            "before-first",
            format!("The absence ends on {last}, before it begins on {first}"),
        )]),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn calendar(value: Value) -> Calendar {
        Calendar::of(&Record {
            type_name: "rep_calendar".into(),
            id: "c".into(),
            version: 1,
            recorded_at: Timestamp(0),
            changed_by: None,
            change_set: "s".into(),
            fields: fields(value),
        })
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_shift_by_weekday_in_seconds_that_really_pass() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let c = calendar(json!({"shifts": {"mo": ["08:00", "16:30"], "su": ["08:00", "12:00"]}}));
        assert_eq!(
            c.window_on(&zone, day("2026-11-23")),
            Some(Window::new(TimeOfDay::hm(8, 0), TimeOfDay::hm(16, 30)))
        );
        assert_eq!(c.window_on(&zone, day("2026-11-24")), None);
        // Clocks went forward at 2 on 29 March 2026: eight o'clock is seven hours after midnight.
        assert_eq!(
            c.window_on(&zone, day("2026-03-29")).unwrap().from,
            TimeOfDay::hm(7, 0)
        );
    }

    #[test]
    fn public_holidays_are_days_off_where_a_country_is_given() {
        let shifts = json!({"mo": ["08:00", "16:30"], "fr": ["08:00", "16:30"]});
        let works = |holidays: Value, at: &str| {
            calendar(json!({"shifts": shifts, "holidays": holidays}))
                .shift_on(day(at))
                .is_some()
        };
        // Christmas Day 2026 is a Friday, Easter Monday 2027 the 29th of March.
        assert!(works(Value::Null, "2026-12-25"));
        assert!(!works(json!("DE"), "2026-12-25"));
        assert!(!works(json!("DE"), "2027-03-29"));
        assert!(!works(json!("fr"), "2026-12-25"));
        assert!(works(json!("DE"), "2026-12-18"));
    }

    #[test]
    fn lunch_only_where_there_is_room() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let c = calendar(json!({"lunch_minutes": 30, "lunch_from": "11:30", "lunch_to": "13:30"}));
        let on = |begin, end| c.lunch_on(&zone, day("2026-11-23"), begin, end);
        assert!(on(TimeOfDay::hm(8, 0), TimeOfDay::hm(16, 30)).is_some());
        assert!(on(TimeOfDay::hm(13, 0), TimeOfDay::hm(16, 30)).is_some());
        assert!(on(TimeOfDay::hm(13, 1), TimeOfDay::hm(16, 30)).is_none());
        assert!(on(TimeOfDay::hm(8, 0), TimeOfDay::hm(11, 45)).is_none());
    }

    #[test]
    fn hours_that_cannot_be_meant_are_refused_by_name() {
        let check = |value: Value| sound_hours(None, &mut fields(value), Timestamp(0));
        assert_eq!(
            check(json!({"shifts": {"mo": ["08:00", "16:30"], "tu": null}, "lunch_minutes": 30})),
            Ok(())
        );
        for (wrong, code) in [
            (json!({"shifts": {"mo": ["16:30", "08:00"]}}), "bad-shift"),
            (json!({"shifts": {"mo": ["25:00", "26:00"]}}), "bad-shift"),
            (json!({"shifts": {"mo": "08:00-16:30"}}), "bad-shift"),
            (
                json!({"shifts": {"monday": ["08:00", "16:30"]}}),
                "unknown-weekday",
            ),
            (json!({"shifts": []}), "bad-shift"),
            (json!({"lunch_from": "noon"}), "bad-time"),
            (json!({"holidays": "Germany"}), "unknown-country"),
            (
                json!({"lunch_minutes": 60, "lunch_from": "12:00", "lunch_to": "12:30"}),
                "too-short",
            ),
            (json!({"lunch_minutes": -1}), "out-of-range"),
        ] {
            let faults = check(wrong.clone()).expect_err(&wrong.to_string());
            assert_eq!(faults[0].code, code, "{wrong}");
        }
    }

    #[test]
    fn an_absence_does_not_end_before_it_begins() {
        let check = |first: &str, last: &str| {
            sound_absence(
                None,
                &mut fields(json!({"first_day": first, "last_day": last})),
                Timestamp(0),
            )
        };
        assert!(check("2026-11-23", "2026-11-23").is_ok());
        assert!(check("2026-11-23", "2026-11-20").is_err());
    }
}
