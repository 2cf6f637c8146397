//! Reasons and sentences in words, English and German.

mod left_out;
mod planned;
mod sentences;

use jiff::civil::{Date, Time, Weekday};

use super::Reason;

pub(crate) use left_out::*;
pub(crate) use planned::*;
pub(crate) use sentences::*;

/// The language of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    /// By its code; English where there is none.
    pub fn of(code: Option<&str>) -> Self {
        if code == Some("de") {
            Self::German
        } else {
            Self::English
        }
    }

    pub fn pick<'a>(self, english: &'a str, german: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    fn weekday(self, day: Weekday) -> &'static str {
        let names = match day {
            Weekday::Monday => ("Monday", "Montag"),
            Weekday::Tuesday => ("Tuesday", "Dienstag"),
            Weekday::Wednesday => ("Wednesday", "Mittwoch"),
            Weekday::Thursday => ("Thursday", "Donnerstag"),
            Weekday::Friday => ("Friday", "Freitag"),
            Weekday::Saturday => ("Saturday", "Samstag"),
            Weekday::Sunday => ("Sunday", "Sonntag"),
        };
        if self == Self::English { names.0 } else { names.1 }
    }

    fn date(self, day: Date) -> String {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        match self {
            Self::English => format!(
                "{} {}",
                day.day(),
                MONTHS[usize::try_from(day.month() - 1).unwrap_or(0)]
            ),
            Self::German => format!("{}.{}.", day.day(), day.month()),
        }
    }

    fn days(self, n: i64) -> String {
        match (self, n) {
            (Self::English, 1) => "1 day".into(),
            (Self::English, n) => format!("{n} days"),
            (Self::German, 1) => "1 Tag".into(),
            (Self::German, n) => format!("{n} Tage"),
        }
    }
}

/// A time of the clock without seconds.
pub(crate) fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

fn reason(code: &str, text: String, amount: Option<i64>) -> Reason {
    Reason {
        code: code.to_owned(),
        text,
        amount,
    }
}
